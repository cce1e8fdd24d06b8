//! The report as an issue on GitHub shows it: GitHub-flavoured Markdown within GitHub's limit.

use std::borrow::Cow;
use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use super::story::{self, Story};
use super::{RenderError, Report, inert, text};

/// GitHub takes bodies of 65,536 characters; bytes are never fewer than characters.
pub const MAX_BYTES: usize = 65_000;

/// What is left out where a report is too long, first things first. Headline, roots, answers, error lines,
/// remedies and the command to reproduce always stay.
const DROP_ORDER: [(&str, &str); 10] = [
    ("neighbours", "lines around the evidence"),
    ("score", "score parts"),
    ("revisions", "revisions"),
    ("herrings", "red herrings"),
    ("excluded", "what was ruled out"),
    ("kept_premises", "premises that hold"),
    ("records", "log excerpts"),
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
    let report = inert::visible_report(report)?;
    let mut story = story::tell(&report);
    let mut page = String::new();
    for dropped in 0..=DROP_ORDER.len() {
        page = page_without(&story, dropped, 0, 0)?;
        if page.len() <= MAX_BYTES {
            return Ok(page);
        }
    }
    // Hundreds of causes or unexplained tests: tell the first of each, count the rest.
    let (causes, tests) = (story.causes.len(), story.unexplained.len());
    while page.len() > MAX_BYTES && story.causes.len() + story.unexplained.len() > 1 {
        if story.unexplained.len() >= story.causes.len() {
            story.unexplained.truncate(story.unexplained.len() / 2);
        } else {
            story.causes.truncate(story.causes.len().div_ceil(2));
        }
        page = page_without(&story, DROP_ORDER.len(), causes - story.causes.len(), tests - story.unexplained.len())?;
    }
    Ok(page)
}

fn page_without(story: &Story<'_>, dropped: usize, causes: usize, tests: usize) -> Result<String, RenderError> {
    let (left_out, shown) = DROP_ORDER.split_at(dropped);
    let shown: Vec<&str> = shown.iter().map(|(section, _)| *section).collect();
    let mut names: Vec<String> = left_out.iter().map(|(_, name)| (*name).to_owned()).collect();
    if causes > 0 {
        names.push(story::counted(causes, "further cause"));
    }
    if tests > 0 {
        names.push(story::counted(tests, "further unexplained test"));
    }
    let story = Value::from(Serde(story));
    let page = environment()?.get_template("report.md")?.render(context! { story, shown, left_out => names })?;
    Ok(inert::disarmed(&tidy(&page), "∷", "##⟦"))
}

/// A record among its neighbours, its own lines marked.
fn among(before: Vec<String>, excerpt: &str, after: Vec<String>) -> String {
    if before.is_empty() && after.is_empty() {
        return excerpt.to_owned();
    }
    let near = |lines: &[String]| lines.iter().flat_map(|line| line.lines()).map(|line| format!("  {line}")).collect::<Vec<_>>();
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
    environment.add_filter("prose", |text: &str| inert::prose(&cut(text, PROSE_BYTES)));
    environment.add_filter("code", |text: &str| inert::code(&cut(text, CODE_BYTES)));
    environment.add_filter("cell", |text: &str| inert::cell(&cut(text, CODE_BYTES)));
    environment.add_filter("fence", |text: &str| inert::fence(&cut(text, FENCE_BYTES)));
    environment.add_filter("html", |text: &str| inert::html(text));
    environment.add_filter("line", |text: &str| story::key_line(text).to_owned());
    environment.add_filter("at", |text: &str| story::at(text));
    environment.add_function("seen_in", text::seen_in);
    environment.add_function("among", among);
    environment.add_template("report.md", include_str!("templates/report.md.j2"))?;
    Ok(SHARED.get_or_init(|| environment))
}
