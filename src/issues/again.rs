//! Decisions taken once more, with an issue as it is at the moment of writing; and the report as a comment.

use super::budget::blank;
use super::decide::{Decision, decide, nothing};
use super::key::{Key, comment_line};
use super::{Action, MAX_BODY, Plan, Question, Tracker, quiet, slice, umbrella};
use crate::report::RenderError;
use crate::report::schema::Cause;

/// What to do about a key with the issues as they are now. What would be new is left to the next run.
pub(super) fn again(question: &Question<'_>, tracker: &Tracker, key: &Key, plan: &Plan) -> Result<Vec<Action>, RenderError> {
    if key.is_umbrella() {
        let gathered: Vec<&Cause> = plan.gathered.iter().filter_map(|place| question.report.causes.get(*place)).collect();
        return if gathered.is_empty() {
            umbrella::told(question, tracker)
        } else {
            umbrella::gather(question, tracker, &gathered)
        };
    }
    if let Some(cause) = question.report.causes.iter().find(|cause| Key::of(cause) == *key) {
        return Ok(match decide(question, tracker, cause)? {
            Decision::Act(actions) => actions,
            Decision::New { .. } => vec![nothing(key, None, "the issue changed meanwhile; the next run sees to it")],
        });
    }
    let issue = tracker.about(key).into_iter().find(|issue| issue.open);
    Ok(issue.map(|issue| quiet::unseen(question, key, issue)).unwrap_or_default())
}

/// Plans to attach the whole report to an issue or pull request: one comment a run, rewritten in its place.
///
/// # Errors
///
/// Where the report cannot be rendered, which is a fault of the program.
pub fn attach(question: &Question<'_>, tracker: &Tracker, number: u64) -> Result<Plan, RenderError> {
    let mut plan = blank(question, tracker);
    let key = format!("run {}", question.run.id);
    let nothing = |reason: String| Action::Nothing { key: key.clone(), issue: Some(number), reason };
    let line = comment_line(&key);
    let head = format!("{line}\n\n");
    let Some(target) = tracker.targets.get(&number) else {
        plan.actions.push(nothing("it could not be looked at".to_owned()));
        return Ok(plan);
    };
    let page = slice::markdown(question.report, MAX_BODY.saturating_sub(head.len()))?;
    let old = target.comment(&line);
    let body = page.map(|page| format!("{head}{}", page.trim_end()));
    plan.actions.push(match body {
        _ if target.issue.locked => nothing("its conversation is locked".to_owned()),
        _ if target.issue.has_label(&question.settings.ignore_label) => {
            nothing(format!("it has the label {}", question.settings.ignore_label))
        }
        None => nothing("what always stays of the report has no room in a comment".to_owned()),
        Some(body) if old.is_some_and(|old| old.body.trim_end() == body) => {
            nothing("the comment says all of this already".to_owned())
        }
        Some(body) => {
            let reason = if old.is_some() { "the comment of this run, once more" } else { "the report of this run" };
            Action::Comment { key, issue: number, comment: old.map(|old| old.id), body, reason: reason.to_owned() }
        }
    });
    Ok(plan)
}
