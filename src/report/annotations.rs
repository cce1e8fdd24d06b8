//! The report as workflow commands of GitHub Actions: an annotation for each root cause, then for what is unexplained.
//!
//! The commands are written as `@actions/core` writes them (`command.ts`) and read back by the runner's
//! `ActionCommand.TryParseV2`: in the message `%`, CR and LF are escaped, in properties `:` and `,` too.

use super::location::{self, Location};
use super::schema::{Cause, Report, Verdict};
use super::story::{self, Story};
use super::{RenderError, inert, telling};

/// GitHub keeps so many errors, so many warnings and so many notices of a step.
const PER_LEVEL: usize = 10;

/// Longest title and message, in bytes before they are escaped: GitHub takes 255 characters and 64 KiB.
const TITLE_BYTES: usize = 200;
const MESSAGE_BYTES: usize = 8 * 1024;

/// Renders at most ten errors, ten warnings and one notice; the notice, which comes first, has the headline and what was left out.
///
/// # Errors
///
/// [`RenderError::Json`] where serde refuses a value; no report made by [`super::build`] holds one.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let report = inert::visible_report(report)?;
    let story = story::tell(&report);
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for cause in &story.causes {
        let sure = cause.cause.verdict <= Verdict::Likely;
        let list = if sure { &mut errors } else { &mut warnings };
        list.push(of_cause(&report, cause, if sure { "error" } else { "warning" }));
    }
    warnings.extend(story.unexplained.iter().map(|unexplained| of_unexplained(&report, unexplained)));
    let left_out = errors.len().saturating_sub(PER_LEVEL) + warnings.len().saturating_sub(PER_LEVEL);
    let mut out = notice(&story, left_out);
    for annotation in errors.iter().take(PER_LEVEL).chain(warnings.iter().take(PER_LEVEL)) {
        out.push_str(annotation);
    }
    Ok(out)
}

fn notice(story: &Story<'_>, left_out: usize) -> String {
    let mut lines = vec![story.headline.clone(), story.summary.clone()];
    lines.extend(story.plan.iter().take(10).cloned());
    if left_out > 0 {
        let annotations = story::counted(left_out, "annotation");
        lines.push(format!("{annotations} more than GitHub shows of a step left out; the report has all of it."));
    }
    if !story.report.reproduce.is_empty() {
        lines.push(format!("Again: {}", telling::cut(&story.report.reproduce)));
    }
    command("notice", "fivewhys", None, &lines)
}

fn of_cause(report: &Report, story: &story::CauseStory<'_>, level: &str) -> String {
    let cause = story.cause;
    let tests = story::counted(cause.tests.len(), "test");
    let mut lines = vec![format!("{} · {} · {} · explains {tests}", cause.root, cause.verdict.word(), cause.severity)];
    lines.extend(story.chains.first().iter().flat_map(|chain| telling::chain_lines(chain)));
    lines.extend(telling::remedy(cause));
    lines.extend(cause.tests.iter().take(5).map(|test| format!("Test: {}", telling::cut(test))));
    if cause.tests.len() > 5 {
        lines.push(format!("and {} more", cause.tests.len() - 5));
    }
    command(level, &cause.title, place(report, cause), &lines)
}

/// The line that broke, else the first test that it broke.
fn place(report: &Report, cause: &Cause) -> Option<Location> {
    location::of_cause(report, cause).or_else(|| cause.tests.iter().find_map(|test| location::of_test(test)))
}

fn of_unexplained(report: &Report, story: &story::Unexplained<'_>) -> String {
    let test = story.test;
    let known = telling::Known { test, causes: Vec::new() };
    let mut lines = Vec::new();
    lines.extend(test.error.as_deref().map(|error| telling::cut(story::key_line(error))));
    lines.extend(known.lines(report));
    if !story.also.is_empty() {
        lines.push(format!("{} more of which the same is known", story::counted(story.also.len(), "test")));
    }
    command("warning", &format!("Unexplained: {}", test.id), location::of_test(&test.id), &lines)
}

/// One line that is one command, whatever the texts are.
fn command(level: &str, title: &str, place: Option<Location>, lines: &[String]) -> String {
    let mut properties = vec![format!("title={}", property(&telling::cut_at(title, TITLE_BYTES)))];
    if let Some(place) = place {
        properties.push(format!("file={}", property(&place.path)));
        properties.extend(place.line.map(|line| format!("line={line}")));
    }
    let mut message = lines.join("\n");
    if message.len() > MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
        message.push('…');
    }
    format!("::{level} {}::{}\n", properties.join(","), data(&message))
}

/// A message as `escapeData` of `@actions/core` writes it. `##[` is a command too, of the kind before this one.
fn data(text: &str) -> String {
    text.replace("##[", "##⟦").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property as `escapeProperty` of `@actions/core` writes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
