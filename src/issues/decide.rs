//! What one cause of a run means for the issue about it.

use jiff::{SignedDuration, Timestamp};

use super::key::Key;
use super::memory::Memory;
use super::region::Region;
use super::rows::Rows;
use super::run::is_later;
use super::tracker::{Issue, Target};
use super::{Action, Question, Tracker, body, comments};
use crate::report::RenderError;
use crate::report::schema::Cause;

/// What follows for a cause.
pub(super) enum Decision {
    /// These actions.
    Act(Vec<Action>),
    /// It needs an issue of its own.
    New {
        /// Why.
        reason: String,
    },
}

/// Decides about a cause of the report.
pub(super) fn decide(question: &Question<'_>, tracker: &Tracker, cause: &Cause) -> Result<Decision, RenderError> {
    let key = Key::of(cause);
    let found = tracker.about(&key);
    if let Some(ignored) = found.iter().find(|issue| issue.has_label(&question.settings.ignore_label)) {
        let reason = format!("#{} has the label {}", ignored.number, question.settings.ignore_label);
        return Ok(act(nothing(&key, Some(ignored), &reason)));
    }
    if let Some(issue) = found.iter().find(|issue| issue.open) {
        return Ok(Decision::Act(kept(question, tracker, cause, issue)?));
    }
    match found.last() {
        Some(issue) => closed(question, tracker, cause, issue),
        None => missing(question, tracker, cause),
    }
}

fn act(action: Action) -> Decision {
    Decision::Act(vec![action])
}

pub(super) fn nothing(key: &Key, issue: Option<&Issue>, reason: &str) -> Action {
    Action::Nothing { key: key.to_string(), issue: issue.map(|issue| issue.number), reason: reason.to_owned() }
}

/// There is an open issue.
fn kept(question: &Question<'_>, tracker: &Tracker, cause: &Cause, issue: &Issue) -> Result<Vec<Action>, RenderError> {
    let key = Key::of(cause);
    let mut actions = super::budget::duplicates(question, tracker, &key, issue);
    if issue.locked {
        actions.push(nothing(&key, Some(issue), "the issue is locked"));
        return Ok(actions);
    }
    if !issue.has_label(&question.settings.label) {
        let reason = "it lost the label by which it is found".to_owned();
        let labels = vec![question.settings.label.clone()];
        actions.push(Action::AddLabels { key: key.to_string(), issue: issue.number, labels, reason });
    }
    let Some(new) = body::updated(question, tracker, cause, issue)? else {
        actions.extend(recorded(question, tracker, cause, issue)?);
        return Ok(actions);
    };
    let own = Region::of(&issue.body, &key).map_or("", |region| region.own);
    let memory = Memory::read(own).unwrap_or_default();
    // A run that is there already was told of; one that is older than what is there says nothing new.
    let row = body::row(question, cause);
    let rows = Rows::read(own);
    if !rows.holds(&row) && !rows.is_late(&row) {
        let quiet = format!("it was not seen in {} runs in a row, and now it was,", memory.quiet.len());
        let back = memory.told.then_some(quiet.as_str());
        if let Some(text) = comments::changed(question, cause, back, &memory.new_tests(cause)) {
            let reason =
                if back.is_some() { "back after it was no longer seen" } else { "it explains tests that it did not before" };
            actions.push(comment(&key, issue, text, reason));
        }
    }
    if new == issue.body {
        actions.push(nothing(&key, Some(issue), "the issue says all of this already"));
    } else {
        let reason = "seen in this run".to_owned();
        actions.push(Action::Update { key: key.to_string(), issue: issue.number, body: new, reason });
    }
    Ok(actions)
}

pub(super) fn comment(key: &Key, issue: &Issue, body: String, reason: &str) -> Action {
    Action::Comment { key: key.to_string(), issue: issue.number, comment: None, body, reason: reason.to_owned() }
}

/// The body is not the program's to write any more: its record is a comment, one for all runs.
fn recorded(question: &Question<'_>, tracker: &Tracker, cause: &Cause, issue: &Issue) -> Result<Vec<Action>, RenderError> {
    let why = "The body of this issue was edited so that fivewhys can no longer tell its own text from that of people, or it is full. \
               It is left as it is; this comment is kept up to date instead.";
    let empty = Target::default();
    let target = tracker.targets.get(&issue.number).unwrap_or(&empty);
    let reason = "the body's key line or end line is gone, or the body is full: a comment keeps the record";
    Ok(vec![record(question, cause, issue, target, why, reason)?])
}

fn record(
    question: &Question<'_>,
    cause: &Cause,
    issue: &Issue,
    target: &Target,
    why: &str,
    reason: &str,
) -> Result<Action, RenderError> {
    let key = Key::of(cause);
    let old = target.comment(&body::record_line(cause));
    let body = body::record(question, cause, old.map(|comment| comment.body.as_str()), why)?;
    if old.is_some_and(|old| old.body == body) {
        return Ok(nothing(&key, Some(issue), "the comment says all of this already"));
    }
    let comment = old.map(|comment| comment.id);
    Ok(Action::Comment { key: key.to_string(), issue: issue.number, comment, body, reason: reason.to_owned() })
}

/// There is none that is open, and this is the youngest of those that are closed.
fn closed(question: &Question<'_>, tracker: &Tracker, cause: &Cause, issue: &Issue) -> Result<Decision, RenderError> {
    let key = Key::of(cause);
    if issue.locked {
        return Ok(act(nothing(&key, Some(issue), "the issue is closed and locked")));
    }
    if issue.state_reason.as_deref() == Some("not_planned") {
        return Ok(act(nothing(
            &key,
            Some(issue),
            "the issue was closed as not planned: that is a decision, and it stays closed",
        )));
    }
    if let Some(why) = not_back(question, cause, issue) {
        return Ok(match body::updated(question, tracker, cause, issue)? {
            Some(body) if body != issue.body => {
                let reason = format!("{why}; it stays closed");
                act(Action::Update { key: key.to_string(), issue: issue.number, body, reason })
            }
            _ => act(nothing(&key, Some(issue), &format!("{why}; it stays closed"))),
        });
    }
    if !question.settings.opens(cause.verdict) {
        return Ok(act(nothing(&key, Some(issue), &unsure(question, cause))));
    }
    let closed_on = comments::closed(issue);
    let age = age(question, issue);
    let limit = question.settings.reopen_days;
    if age.is_some_and(|age| age > SignedDuration::from_hours(24 * i64::from(limit))) {
        return Ok(Decision::New { reason: format!("#{} was {closed_on}, more than {limit} days later", issue.number) });
    }
    let Some(new) = body::updated(question, tracker, cause, issue)? else {
        let reason = format!("#{} was {closed_on}, and its body is not ours to write any more", issue.number);
        return Ok(Decision::New { reason });
    };
    let own = Region::of(&issue.body, &key).map_or("", |region| region.own);
    let memory = Memory::read(own).unwrap_or_default();
    let said = format!("this was {closed_on}");
    let text = comments::changed(question, cause, Some(&said), &memory.new_tests(cause));
    let mut actions: Vec<Action> = text.map(|text| comment(&key, issue, text, "back after a fix")).into_iter().collect();
    let reason = format!("{closed_on} on a later revision");
    actions.push(Action::Reopen { key: key.to_string(), issue: issue.number, body: new, reason });
    Ok(Decision::Act(actions))
}

/// Why a sighting does not mean that the cause is back: the fix was not served yet, or the run is older than the fix.
fn not_back(question: &Question<'_>, cause: &Cause, issue: &Issue) -> Option<String> {
    let rows = Region::of(&issue.body, &Key::of(cause)).map(|region| Rows::read(region.own)).unwrap_or_default();
    let row = body::row(question, cause);
    if rows.holds(&row) {
        return Some("closed after this run".to_owned());
    }
    match is_later(&row.revisions, &rows.revisions()) {
        Some(true) => None,
        Some(false) => Some("closed, and seen on no later revision than before".to_owned()),
        None => {
            let before = question.run.moment(question.report)? <= issue.closed_at?;
            before.then(|| "closed after this run began".to_owned())
        }
    }
}

/// How long the issue had been closed when the cause was seen.
fn age(question: &Question<'_>, issue: &Issue) -> Option<SignedDuration> {
    let closed = issue.closed_at?;
    let now = question.run.now;
    let seen: Timestamp = question.run.moment(question.report).filter(|seen| *seen >= closed).unwrap_or(now);
    Some(seen.duration_since(closed))
}

/// There is none.
fn missing(question: &Question<'_>, tracker: &Tracker, cause: &Cause) -> Result<Decision, RenderError> {
    let key = Key::of(cause);
    if let Some(url) = tracker.moved(&key) {
        return Ok(act(nothing(&key, None, &format!("the issue was moved to {url}, and is looked after there"))));
    }
    let named = referenced(question, cause).into_iter().filter_map(|number| tracker.targets.get(&number));
    if let Some(target) = named.filter(|target| target.issue.open && !target.issue.pull_request).min_by_key(|t| t.issue.number) {
        return linked(question, cause, target);
    }
    if !question.settings.opens(cause.verdict) {
        return Ok(act(nothing(&key, None, &unsure(question, cause))));
    }
    Ok(Decision::New { reason: "no issue has this key".to_owned() })
}

/// The rule itself names an open issue: that one is told, and no other is opened.
fn linked(question: &Question<'_>, cause: &Cause, target: &Target) -> Result<Decision, RenderError> {
    let (key, issue) = (Key::of(cause), &target.issue);
    if issue.locked || issue.has_label(&question.settings.ignore_label) {
        let why = if issue.locked { "is locked" } else { "is to be left alone" };
        return Ok(act(nothing(&key, Some(issue), &format!("the rule refers to #{}, which {why}", issue.number))));
    }
    let why = "fivewhys found the cause that this issue is about: its rule refers here. This comment is kept up to date.";
    let reason = format!("the rule refers to #{}: it is linked, not duplicated", issue.number);
    Ok(act(record(question, cause, issue, target, why, &reason)?))
}

fn unsure(question: &Question<'_>, cause: &Cause) -> String {
    format!("{} is not enough to open an issue; {} is", cause.verdict.word(), question.settings.verdict.word())
}

/// Numbers of issues of this repository that a cause's rule refers to.
pub(super) fn referenced(question: &Question<'_>, cause: &Cause) -> Vec<u64> {
    let marker = format!("/{}/issues/", question.repo.to_lowercase());
    let numbers = cause.references.iter().filter_map(|reference| {
        let reference = reference.trim();
        let lower = reference.to_lowercase();
        let rest = match lower.find(&marker) {
            Some(at) if lower.starts_with("http") => lower.get(at + marker.len()..)?,
            _ => lower.strip_prefix(&format!("{}#", question.repo.to_lowercase()))?,
        };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    numbers.collect()
}
