//! The report as an issue on GitHub shows it: GitHub-flavoured Markdown within GitHub's limit.

use std::borrow::Cow;
use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use super::budget::{self, Cuts};
use super::story::{self, Story};
use super::{RenderError, Report, explorer, inert, text};

/// GitHub takes bodies of 65,536 characters; bytes are never fewer than characters.
pub const MAX_BYTES: usize = 65_000;

/// What is left out where a report is too long, first things first. Headline, roots, answers, error lines,
/// remedies and the command to reproduce always stay.
const DROP_ORDER: [(&str, &str); 12] = [
    ("neighbours", "lines around the evidence"),
    ("score", "score parts"),
    ("revisions", "revisions"),
    ("herrings", "red herrings"),
    ("excluded", "what was ruled out"),
    ("kept_premises", "premises that hold"),
    ("records", "log excerpts"),
    ("diagrams", "diagrams"),
    ("technical", "services, places in the code and links"),
    ("table", "the table of failed tests"),
    ("test_lists", "lists of tests per cause"),
    ("gaps", "all gaps but the first five"),
];

/// Longest text kept in a line, in a code span, and in a fence: one giant text must not crowd out the others.
const PROSE_BYTES: usize = 1000;
const CODE_BYTES: usize = 500;
const FENCE_BYTES: usize = 8 * 1024;

/// Renders the report as Markdown of at most [`MAX_BYTES`]. What had to be left out is named in it.
///
/// # Errors
///
/// [`RenderError::Template`] where the template fails, which is a fault of the program.
pub fn render(report: &Report) -> Result<String, RenderError> {
    render_within(report, MAX_BYTES)
}

/// The same with a limit of the caller's; where even what always stays is longer, the page is longer than the limit.
pub(super) fn render_within(report: &Report, max_bytes: usize) -> Result<String, RenderError> {
    let report = inert::visible_report(report)?;
    budget::within(story::tell(&report), DROP_ORDER.len(), max_bytes, page_without)
}

fn page_without(story: &Story<'_>, cuts: &Cuts) -> Result<String, RenderError> {
    let shown: Vec<&str> = DROP_ORDER.iter().skip(cuts.sections).map(|(section, _)| *section).collect();
    let story = Value::from(Serde(story));
    let page =
        environment()?.get_template("report.md")?.render(context! { story, shown, left_out => cuts.names(&DROP_ORDER) })?;
    Ok(inert::disarmed(&tidy(&page), "∷", "##⟦"))
}

/// A record among its neighbours, its own lines marked; of a neighbour only the lines that say something.
fn among(before: Vec<String>, excerpt: &str, after: Vec<String>) -> String {
    if before.is_empty() && after.is_empty() {
        return excerpt.to_owned();
    }
    let near =
        |texts: &[String]| texts.iter().flat_map(|text| story::brief(text)).map(|line| format!("  {line}")).collect::<Vec<_>>();
    let own = excerpt.lines().map(|line| format!("> {line}")).collect();
    [near(&before), own, near(&after)].concat().join("\n")
}

fn cut(text: &str, bytes: usize) -> Cow<'_, str> {
    if text.len() <= bytes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(bytes)]))
}

/// One blank line at most between blocks; fences keep theirs.
fn tidy(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut fence: Option<&str> = None;
    let mut blank = true;
    for line in page.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if line == open => fence = None,
            None if ticks.len() >= 3 => fence = Some(ticks),
            _ => {}
        }
        let line = if fence.is_none() { line.trim_end() } else { line };
        if fence.is_none() && line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn environment() -> Result<&'static Environment<'static>, RenderError> {
    static SHARED: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(environment) = SHARED.get() {
        return Ok(environment);
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    add_filters(&mut environment);
    environment.add_template("report.md", include_str!("templates/report.md.j2"))?;
    Ok(SHARED.get_or_init(|| environment))
}

/// The filters and functions of Markdown templates. What a filter has made inert is marked as safe.
pub(super) fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("prose", |text: &str| Value::from_safe_string(inert::prose(&cut(text, PROSE_BYTES))));
    environment.add_filter("code", |text: &str| Value::from_safe_string(inert::code(&cut(text, CODE_BYTES))));
    environment.add_filter("cell", |text: &str| Value::from_safe_string(inert::cell(&cut(text, CODE_BYTES))));
    environment.add_filter("fence", |text: &str| Value::from_safe_string(inert::fence(&cut(text, FENCE_BYTES))));
    environment
        .add_filter("cellprose", |text: &str| Value::from_safe_string(inert::prose(&cut(text, PROSE_BYTES)).replace('|', "∣")));
    environment.add_filter("mermaid", |chart: &str| Value::from_safe_string(inert::fence_of("mermaid", chart)));
    environment.add_filter("ours", |link: Option<&str>| link.is_some_and(explorer::is_ours));
    environment.add_filter("html", |text: &str| Value::from_safe_string(inert::html(text)));
    environment.add_filter("line", |text: &str| story::key_line(text).to_owned());
    environment.add_filter("at", |text: &str| story::at(text));
    environment.add_function("seen_in", text::seen_in);
    environment.add_function("among", among);
}
