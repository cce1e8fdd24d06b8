//! The one issue that gathers what would be too many: new causes beyond the budget, and runs that found none.

use jiff::SignedDuration;

use super::budget::created_today;
use super::decide::nothing;
use super::key::Key;
use super::memory::Memory;
use super::region::Region;
use super::rows::{Row, Rows, short};
use super::tracker::Issue;
use super::{Action, MAX_BODY, Question, Tracker, body};
use crate::report::schema::Cause;
use crate::report::{RenderError, inert};

/// Causes in the table.
const NAMED: usize = 50;

/// The umbrella, where one is open.
pub(super) fn open(tracker: &Tracker) -> Option<&Issue> {
    tracker.about(&Key::umbrella()).into_iter().find(|issue| issue.open)
}

/// The causes that it stands for.
pub(super) fn causes(issue: &Issue) -> Vec<Key> {
    Region::of(&issue.body, &Key::umbrella())
        .and_then(|region| Memory::read(region.own))
        .map(|memory| memory.causes)
        .unwrap_or_default()
}

/// Puts these causes under the umbrella; opens it, or opens it again, where it is not open.
pub(super) fn gather(question: &Question<'_>, tracker: &Tracker, gathered: &[&Cause]) -> Result<Vec<Action>, RenderError> {
    let key = Key::umbrella();
    let found = tracker.about(&key);
    if let Some(issue) = found.iter().find(|issue| issue.has_label(&question.settings.ignore_label)) {
        let reason = format!("the umbrella issue has the label {}", question.settings.ignore_label);
        return Ok(vec![nothing(&key, Some(issue), &reason)]);
    }
    if let Some(issue) = open(tracker) {
        return updated(question, tracker, issue, gathered);
    }
    let recent = |issue: &&&Issue| {
        let limit = SignedDuration::from_hours(24 * i64::from(question.settings.reopen_days));
        issue.closed_at.is_none_or(|closed| question.run.now.duration_since(closed) <= limit)
    };
    if let Some(issue) = found.last().filter(recent) {
        return again(question, issue, gathered);
    }
    fresh(question, tracker, gathered)
}

/// A run without a sure cause: it is noted in the umbrella, where one is open.
pub(super) fn told(question: &Question<'_>, tracker: &Tracker) -> Result<Vec<Action>, RenderError> {
    match open(tracker) {
        Some(issue) if issue.has_label(&question.settings.ignore_label) => {
            Ok(vec![nothing(&Key::umbrella(), Some(issue), "the umbrella issue is to be left alone")])
        }
        Some(issue) => updated(question, tracker, issue, &[]),
        None => {
            Ok(vec![nothing(&Key::umbrella(), None, "no umbrella issue is open, and this run is not sure enough to open one")])
        }
    }
}

fn updated(question: &Question<'_>, tracker: &Tracker, issue: &Issue, gathered: &[&Cause]) -> Result<Vec<Action>, RenderError> {
    let key = Key::umbrella();
    let mut actions = super::budget::duplicates(question, tracker, &key, issue);
    if issue.locked {
        actions.push(nothing(&key, Some(issue), "the umbrella issue is locked"));
        return Ok(actions);
    }
    actions.push(match written(question, Some(issue), gathered)? {
        Some(body) if body == issue.body => nothing(&key, Some(issue), "the umbrella issue says all of this already"),
        Some(body) => {
            Action::Update { key: key.to_string(), issue: issue.number, body, reason: "what this run found".to_owned() }
        }
        None => nothing(&key, Some(issue), "the umbrella issue lost its key line or end line, or is full: it is left as it is"),
    });
    Ok(actions)
}

fn again(question: &Question<'_>, issue: &Issue, gathered: &[&Cause]) -> Result<Vec<Action>, RenderError> {
    let key = Key::umbrella();
    if issue.locked || issue.state_reason.as_deref() == Some("not_planned") {
        return Ok(vec![nothing(&key, Some(issue), "the umbrella issue was closed as not planned, or is locked")]);
    }
    Ok(vec![match written(question, Some(issue), gathered)? {
        Some(body) if body == issue.body => nothing(&key, Some(issue), "closed after this run"),
        Some(body) => {
            let reason = format!("again more than {} new causes in one run", question.settings.budget);
            Action::Reopen { key: key.to_string(), issue: issue.number, body, reason }
        }
        None => nothing(&key, Some(issue), "the umbrella issue lost its key line or end line, or is full: it is left as it is"),
    }])
}

fn fresh(question: &Question<'_>, tracker: &Tracker, gathered: &[&Cause]) -> Result<Vec<Action>, RenderError> {
    let key = Key::umbrella();
    if !tracker.is_complete() {
        return Ok(vec![nothing(&key, None, "it needs an issue, but not all could be looked at, so that it may have one")]);
    }
    if created_today(question, tracker) >= question.settings.per_day {
        let reason = format!("{} issues were opened within a day, as many as are allowed", question.settings.per_day);
        return Ok(vec![nothing(&key, None, &reason)]);
    }
    let Some(body) = written(question, None, gathered)? else {
        return Ok(vec![nothing(&key, None, "what always stays of the report has no room in an issue")]);
    };
    Ok(vec![Action::Create {
        key: key.to_string(),
        title: "Many new root causes at once".to_owned(),
        body,
        labels: vec![question.settings.label.clone()],
        assignees: question.settings.routes.get("*").map(|route| route.assignees.clone()).unwrap_or_default(),
        milestone: None,
        reason: format!("{} new causes in one run are more than the {} allowed", gathered.len(), question.settings.budget),
    }])
}

/// The body after this run; `None` where it is not the program's to write, or has no room.
fn written(question: &Question<'_>, issue: Option<&Issue>, gathered: &[&Cause]) -> Result<Option<String>, RenderError> {
    let key = Key::umbrella();
    let region = match issue {
        Some(issue) => match Region::of(&issue.body, &key) {
            Some(region) => Some(region),
            None => return Ok(None),
        },
        None => None,
    };
    let mut rows = region.map(|region| Rows::read(region.own)).unwrap_or_default();
    let mut memory = region.and_then(|region| Memory::read(region.own)).unwrap_or_default();
    memory.home = question.repo.to_owned();
    memory.gather(gathered.iter().map(|cause| Key::of(cause)));
    let names = question.report.run.revisions.iter().map(|revision| short(&revision.revision)).collect();
    rows.put(Row { revisions: names, ..body::run_row(question) });
    let lead = lead(&memory, gathered);
    let parts = body::Parts { key: &key, report: question.report, lead, rows: &rows, links: String::new(), memory: &memory };
    let own = body::own(&parts, MAX_BODY.saturating_sub(region.map_or(0, |region| region.others())))?;
    Ok(own.map(|own| region.map_or_else(|| own.clone(), |region| region.with(&own))))
}

fn lead(memory: &Memory, gathered: &[&Cause]) -> String {
    let mut out = format!(
        "This issue stands for {} root causes that came up together. While it is open they get no issues of their own; close it, and \
         each that is seen again gets one.\n\n",
        memory.causes.len()
    );
    if gathered.is_empty() {
        return out;
    }
    out.push_str("| Root cause | Verdict | Tests | Key |\n|---|---|---|---|\n");
    for cause in gathered.iter().take(NAMED) {
        let title = inert::cell(&body::title(cause));
        out.push_str(&format!(
            "| {title} | {} | {} | {} |\n",
            cause.verdict.word(),
            cause.tests.len(),
            inert::cell(&Key::of(cause).print)
        ));
    }
    if gathered.len() > NAMED {
        out.push_str(&format!("\nAnd {} more.\n", gathered.len() - NAMED));
    }
    out.push('\n');
    out
}
