//! A plan for people at a terminal: what would be done, why, and the exact text.

use super::plan::Outcome;
use super::{Action, Plan};
use crate::report::inert;

/// The plan with all texts.
pub fn render(plan: &Plan) -> String {
    let mut out = format!("{}: {}, run {}\n", plan.repo, summary(plan), plan.run);
    out.push_str(&head(plan));
    for action in &plan.actions {
        out.push_str(&described(action));
    }
    shown(&out)
}

/// What could not be looked at, and what else a person should know before anything is done.
pub fn head(plan: &Plan) -> String {
    let problems = plan.problems.iter().map(|problem| format!("could not look: {problem}\n"));
    let withheld = (!plan.complete).then(|| "nothing is created, for an issue may be there that could not be seen\n".to_owned());
    let notes = plan.notes.iter().map(|note| format!("note: {note}\n"));
    shown(&problems.chain(withheld).chain(notes).collect::<String>())
}

/// What became of an action, on one line.
pub fn outcome(outcome: &Outcome) -> String {
    let Outcome { key, done, issue, url, note } = outcome;
    let issue = issue.map(|number| format!(" #{number}")).unwrap_or_default();
    let url = url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
    let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    shown(&format!("{done}{issue} {key}{url}{note}\n"))
}

fn summary(plan: &Plan) -> String {
    let counts = [
        ("create", count(plan, |action| matches!(action, Action::Create { .. }))),
        ("update", count(plan, |action| matches!(action, Action::Update { .. }))),
        ("reopen", count(plan, |action| matches!(action, Action::Reopen { .. }))),
        ("comment", count(plan, |action| matches!(action, Action::Comment { .. }))),
        ("close", count(plan, |action| matches!(action, Action::CloseDuplicate { .. }))),
        ("label", count(plan, |action| matches!(action, Action::Label { .. } | Action::AddLabels { .. }))),
    ];
    let named: Vec<String> =
        counts.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} to {word}")).collect();
    if named.is_empty() { "nothing to do".to_owned() } else { named.join(", ") }
}

fn count(plan: &Plan, is: impl Fn(&Action) -> bool) -> usize {
    plan.actions.iter().filter(|action| is(action)).count()
}

fn described(action: &Action) -> String {
    match action {
        Action::Label { name, color, description } => format!("\nlabel {name}\n  colour {color}  {description}\n"),
        Action::Create { key, title, body, labels, assignees, milestone, reason } => {
            let mut out = format!("\ncreate {key}\n  why: {reason}\n  title: {title}\n  labels: {}\n", labels.join(", "));
            if !assignees.is_empty() {
                out.push_str(&format!("  assignees: {}\n", assignees.join(", ")));
            }
            if let Some(milestone) = milestone {
                out.push_str(&format!("  milestone: {milestone}\n"));
            }
            out + &quoted(body)
        }
        Action::Update { key, issue, body, reason } => format!("\nupdate #{issue} {key}\n  why: {reason}\n{}", quoted(body)),
        Action::Reopen { key, issue, body, reason } => format!("\nreopen #{issue} {key}\n  why: {reason}\n{}", quoted(body)),
        Action::Comment { key, issue, comment, body, reason } => {
            let place = if comment.is_some() { " (in place)" } else { "" };
            format!("\ncomment #{issue} {key}{place}\n  why: {reason}\n{}", quoted(body))
        }
        Action::AddLabels { key, issue, labels, reason } => {
            format!("\nlabel #{issue} {key}: {}\n  why: {reason}\n", labels.join(", "))
        }
        Action::CloseDuplicate { key, issue, original, body, reason } => {
            format!("\nclose #{issue} {key} as a duplicate of #{original}\n  why: {reason}\n{}", quoted(body))
        }
        Action::Nothing { key, issue, reason } => {
            let issue = issue.map(|number| format!(" #{number}")).unwrap_or_default();
            format!("\nnothing{issue} {key}\n  why: {reason}\n")
        }
    }
}

/// A text beside a bar, so that it is clear where it ends.
fn quoted(body: &str) -> String {
    body.lines().map(|line| format!("  │ {line}").trim_end().to_owned() + "\n").collect()
}

/// Titles of other people's issues and answers of a server end up here too.
fn shown(text: &str) -> String {
    inert::disarmed(&inert::visible(text), "∷", "##⟦")
}
