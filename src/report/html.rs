//! The report as one self-contained page: no network, complete without scripts and better with them, light and dark.
//!
//! Style and script are files of their own under `page/`. The page names their hashes, so that a browser runs
//! these and no others: not even if hostile text became an element.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::schema::{Evidence, Test};
use super::timeline::Timeline;
use super::{RenderError, Report, graph, inert, story, text};

/// Neither may hold `</style` or a line that begins with `::`; a test looks.
const STYLE: &str = concat!(
    "\n",
    include_str!("page/base.css"),
    include_str!("page/parts.css"),
    include_str!("page/figures.css"),
    include_str!("page/print.css"),
);

/// One scope for all, so that nothing of it is visible from outside.
const SCRIPT: &str = concat!(
    "\n(() => {\n'use strict';\n",
    include_str!("page/model.js"),
    include_str!("page/state.js"),
    include_str!("page/filter.js"),
    include_str!("page/time.js"),
    include_str!("page/timeline.js"),
    include_str!("page/gestures.js"),
    include_str!("page/start.js"),
    "})();\n",
);

/// Beyond so many records each is one element and not a dozen: 50,000 stay fluid.
const COMPACT: usize = 2_000;

/// Renders the report as an HTML page.
///
/// # Errors
///
/// [`RenderError::Template`] where the template fails, which is a fault of the program.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let report = inert::visible_report(report)?;
    let story = story::tell(&report);
    let timeline = Timeline::of(&report);
    let view = context! {
        story => Value::from(Serde(&story)),
        // Numbers only, so that no text can end the element they stand in.
        numbers => Value::from_safe_string(serde_json::to_string(&timeline)?),
        services => Value::from(Serde(&timeline.services)),
        picture => Value::from(Serde(timeline.picture())),
        lines => Value::from(Serde(timeline.lines())),
        shown => !timeline.is_empty(),
        graph => Value::from(Serde(graph::draw(&report))),
        rows => Value::from(Serde(rows(&story, &timeline))),
        records => Value::from(Serde(records(&report, &timeline))),
        compact => report.evidence.len() > COMPACT,
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        style_hash => hash(STYLE),
        script_hash => hash(SCRIPT),
    };
    let page = environment()?.get_template("report.html")?.render(view)?;
    Ok(inert::disarmed(&page, "&#58;&#58;", "##&#91;"))
}

/// A failed test with the causes and records that belong to it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    number: usize,
    test: &'a Test,
    causes: &'a [usize],
}

/// A record of the list of all records.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    key: u32,
    at: String,
    line: &'a str,
    /// Whether the excerpt is more than the line.
    longer: bool,
    evidence: &'a Evidence,
    causes: &'a [usize],
}

/// The rows in the order of the story; a row keeps the number that its test has in the report.
fn rows<'a>(story: &story::Story<'a>, timeline: &'a Timeline) -> Vec<Row<'a>> {
    let numbers: BTreeMap<*const Test, usize> = story.report.tests.iter().map(std::ptr::from_ref).zip(0..).collect();
    let placed = story.rows.iter().filter_map(|row| Some((row.test, *numbers.get(&std::ptr::from_ref(row.test))?)));
    placed.filter_map(|(test, place)| Some(Row { number: place + 1, test, causes: &timeline.tests.get(place)?.causes })).collect()
}

fn records<'a>(report: &'a Report, timeline: &'a Timeline) -> Vec<Listed<'a>> {
    let records = report.evidence.iter().zip(&timeline.records);
    let listed = records.map(|((key, evidence), mark)| {
        let line = story::key_line(&evidence.excerpt);
        let longer = line != evidence.excerpt.as_str() || !evidence.before.is_empty() || !evidence.after.is_empty();
        Listed { key: key.0, at: story::at(&evidence.timestamp), line, longer, evidence, causes: &mark.causes }
    });
    listed.collect()
}

/// What a content policy calls a script or style by.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

fn environment() -> Result<&'static Environment<'static>, RenderError> {
    static SHARED: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(environment) = SHARED.get() {
        return Ok(environment);
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Every value is escaped; `prose` alone marks up, and escapes what it marks up.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("prose", |text: &str| Value::from_safe_string(inert::html_prose(text)));
    environment.add_filter("line", |text: &str| story::key_line(text).to_owned());
    environment.add_filter("at", |text: &str| story::at(text));
    environment.add_function("seen_in", text::seen_in);
    environment.add_template("parts.html", include_str!("templates/parts.html.j2"))?;
    environment.add_template("figures.html", include_str!("templates/figures.html.j2"))?;
    environment.add_template("report.html", include_str!("templates/report.html.j2"))?;
    Ok(SHARED.get_or_init(|| environment))
}
