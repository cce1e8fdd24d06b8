//! The body of an issue: key line, report, table of runs, links, memory, end line.

use super::key::{Key, comment_line};
use super::memory::Memory;
use super::region::{Region, with_ticks};
use super::rows::{Row, Rows, short};
use super::run::{revisions, started};
use super::tracker::Issue;
use super::{MAX_BODY, Question, Tracker, slice};
use crate::report::schema::Cause;
use crate::report::{RenderError, Report, inert, story};

/// Longest title; GitHub takes 256 characters.
const TITLE: usize = 200;

/// What stands in a body, whoever it is about.
pub(super) struct Parts<'a> {
    pub(super) key: &'a Key,
    pub(super) report: &'a Report,
    /// Above the report.
    pub(super) lead: String,
    pub(super) rows: &'a Rows,
    /// Between table and memory.
    pub(super) links: String,
    pub(super) memory: &'a Memory,
}

/// The title of an issue about this cause: one line, as GitHub takes it.
pub(super) fn title(cause: &Cause) -> String {
    let title = inert::visible(&format!("{} ({})", cause.title, cause.root)).split_whitespace().collect::<Vec<_>>().join(" ");
    if title.chars().count() <= TITLE { title } else { title.chars().take(TITLE - 1).chain(['…']).collect() }
}

/// The row of this run.
pub(super) fn row(question: &Question<'_>, cause: &Cause) -> Row {
    let revisions = revisions(question.report, cause).iter().map(|name| short(name)).collect();
    Row { revisions, tests: cause.tests.len(), ..run_row(question) }
}

/// The row of this run, whatever it saw.
pub(super) fn run_row(question: &Question<'_>) -> Row {
    let Question { run, report, .. } = question;
    let when = started(report);
    let when = if when.is_empty() { "not known".to_owned() } else { story::at(&when) };
    Row { run: run.id.clone(), url: run.url.clone(), when, tests: report.tests.len(), ..Row::default() }
}

/// The body of a new issue about a cause.
pub(super) fn new(question: &Question<'_>, tracker: &Tracker, cause: &Cause) -> Result<Option<String>, RenderError> {
    let mut memory = Memory { home: question.repo.to_owned(), ..Memory::default() };
    memory.saw(cause);
    let mut rows = Rows::default();
    rows.put(row(question, cause));
    about(question, tracker, cause, None, &rows, &memory)
}

/// The body of an issue after this run; `None` where it is not the program's to write, or has no room left.
pub(super) fn updated(
    question: &Question<'_>,
    tracker: &Tracker,
    cause: &Cause,
    issue: &Issue,
) -> Result<Option<String>, RenderError> {
    let Some(region) = Region::of(&issue.body, &Key::of(cause)) else { return Ok(None) };
    let mut rows = Rows::read(region.own);
    let mut memory = Memory::read(region.own).unwrap_or_default();
    if memory.home.is_empty() {
        memory.home = question.repo.to_owned();
    }
    // A run that is written down late does not say how things are now.
    let row = row(question, cause);
    let late = rows.is_late(&row);
    rows.put(row);
    if late {
        return Ok(Some(region.with(&with_table(region.own, &rows))).filter(|body| body.chars().count() <= MAX_BODY));
    }
    memory.saw(cause);
    let Some(own) = about(question, tracker, cause, Some((issue, region)), &rows, &memory)? else { return Ok(None) };
    let own = if issue.open { with_ticks(&own, region.own) } else { own };
    Ok(Some(region.with(&own)))
}

fn about(
    question: &Question<'_>,
    tracker: &Tracker,
    cause: &Cause,
    there: Option<(&Issue, Region<'_>)>,
    rows: &Rows,
    memory: &Memory,
) -> Result<Option<String>, RenderError> {
    let key = Key::of(cause);
    let report = slice::of_cause(question.report, cause);
    let own_number = there.map(|(issue, _)| issue.number);
    let links = links(question, tracker, cause, &key, own_number);
    let others = there.map_or(0, |(_, region)| region.others());
    own(
        &Parts { key: &key, report: &report, lead: owners(question, cause), rows, links, memory },
        MAX_BODY.saturating_sub(others),
    )
}

/// The program's part of a body within so many bytes.
pub(super) fn own(parts: &Parts<'_>, max_bytes: usize) -> Result<Option<String>, RenderError> {
    let Parts { key, report, lead, rows, links, memory } = parts;
    let head = format!("{}\n\n{lead}", key.line());
    let foot = format!(
        "\n### Seen in {}\n\n{}\n{links}{}\nfivewhys keeps the text between its two lines up to date. Write above the first or below the last.\n{}",
        story::counted(rows.runs(), "run"),
        rows.table(),
        memory.block(),
        key.end_line()
    );
    let room = max_bytes.saturating_sub(head.len() + foot.len());
    Ok(slice::markdown(report, room)?.map(|page| format!("{head}{page}{foot}")))
}

/// The same text with another table in it.
fn with_table(own: &str, rows: &Rows) -> String {
    let old = Rows::read(own).table();
    own.replacen(&old, &rows.table(), 1)
}

fn owners(question: &Question<'_>, cause: &Cause) -> String {
    let owners = question.settings.route(cause).owners;
    if owners.is_empty() { String::new() } else { format!("**Owners:** {}\n\n", owners.join(", ")) }
}

/// Other issues of the same rule, and older ones about the same cause.
fn links(question: &Question<'_>, tracker: &Tracker, cause: &Cause, key: &Key, own: Option<u64>) -> String {
    let mut out = String::new();
    let other = |issue: &&Issue| own.is_none_or(|own| issue.number < own);
    let earlier: Vec<String> =
        tracker.about(key).into_iter().filter(other).filter(|issue| !issue.open).rev().take(3).map(numbered).collect();
    if !earlier.is_empty() {
        out.push_str(&format!("Earlier about the same cause: {}\n\n", earlier.join(", ")));
    }
    let same_rule = |issue: &&Issue| issue.open && issue.key().is_some_and(|other| other.rule == key.rule && other != *key);
    let mut related: Vec<String> = tracker.issues.iter().filter(same_rule).map(numbered).collect();
    let named = super::decide::referenced(question, cause).into_iter();
    related.extend(named.filter(|number| tracker.targets.contains_key(number)).map(|number| format!("#{number}")));
    related.sort();
    related.dedup();
    related.truncate(8);
    if !related.is_empty() {
        out.push_str(&format!("Related: {}\n\n", related.join(", ")));
    }
    out
}

fn numbered(issue: &Issue) -> String {
    format!("#{}", issue.number)
}

/// The comment that keeps the record of a cause on an issue whose body is not the program's to write.
pub(super) fn record(question: &Question<'_>, cause: &Cause, old: Option<&str>, why: &str) -> Result<String, RenderError> {
    let mut rows = old.map(Rows::read).unwrap_or_default();
    rows.put(row(question, cause));
    let head = format!("{}\n\n{why}\n\n", record_line(cause));
    let foot = format!("\n### Seen in {}\n\n{}", story::counted(rows.runs(), "run"), rows.table());
    let room = MAX_BODY.saturating_sub(head.len() + foot.len());
    let page = slice::markdown(&slice::of_cause(question.report, cause), room)?;
    Ok(format!("{head}{}{foot}", page.unwrap_or_else(|| inert::prose(&title(cause)))))
}

/// The key line of that comment.
pub(super) fn record_line(cause: &Cause) -> String {
    comment_line(&format!("{} record", Key::of(cause)))
}
