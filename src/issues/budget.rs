//! From decisions to a plan: what is new within the noise that a project bears, and what was not seen any more.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::decide::{Decision, decide, nothing};
use super::key::Key;
use super::region::Region;
use super::tracker::Issue;
use super::{Action, Plan, Question, Tracker, body, comments, plan as schema, quiet, umbrella};
use crate::report::RenderError;
use crate::report::schema::Cause;

/// Plans what to do after a run.
///
/// # Errors
///
/// Where the report cannot be rendered, which is a fault of the program.
pub fn plan(question: &Question<'_>, tracker: &Tracker) -> Result<Plan, RenderError> {
    let mut plan = blank(question, tracker);
    if is_inconclusive(question) {
        plan.notes.push("no cause of this run is sure enough: only the umbrella issue is kept up to date".to_owned());
        plan.actions = umbrella::told(question, tracker)?;
        return Ok(plan);
    }
    let mut new = Vec::new();
    let mut met = BTreeSet::new();
    for (place, cause) in question.report.causes.iter().enumerate() {
        if !met.insert(Key::of(cause)) {
            continue;
        }
        match decide(question, tracker, cause)? {
            Decision::Act(actions) => plan.actions.extend(actions),
            Decision::New { reason } => new.push((place, cause, reason)),
        }
    }
    opened(question, tracker, &mut plan, &new)?;
    for issue in tracker.issues.iter().filter(|issue| issue.open) {
        let Some(key) = issue.key().filter(|key| !met.contains(key) && !key.is_umbrella()) else { continue };
        // Of several about one cause the first stands for all.
        if tracker.about(&key).iter().find(|other| other.open).is_some_and(|first| first.number == issue.number) {
            plan.actions.extend(quiet::unseen(question, &key, issue));
        }
    }
    hold_back(question, &mut plan);
    let wanted = labels(question, tracker, &plan);
    plan.actions.splice(0..0, wanted);
    Ok(plan)
}

pub(super) fn blank(question: &Question<'_>, tracker: &Tracker) -> Plan {
    Plan {
        schema: schema::SCHEMA.to_owned(),
        repo: question.repo.to_owned(),
        run: question.run.id.clone(),
        complete: tracker.is_complete(),
        problems: tracker.problems.clone(),
        notes: tracker.notes.clone(),
        actions: Vec::new(),
        outcomes: Vec::new(),
        gathered: Vec::new(),
    }
}

/// Something failed, and no cause of it is sure enough.
fn is_inconclusive(question: &Question<'_>) -> bool {
    !question.report.tests.is_empty() && !question.report.causes.iter().any(|cause| question.settings.opens(cause.verdict))
}

/// What is new gets issues of its own, or all of it one umbrella.
fn opened(
    question: &Question<'_>,
    tracker: &Tracker,
    plan: &mut Plan,
    new: &[(usize, &Cause, String)],
) -> Result<(), RenderError> {
    let gathered = umbrella::open(tracker).map(umbrella::causes).unwrap_or_default();
    let (under, alone): (Vec<_>, Vec<_>) = new.iter().partition(|(_, cause, _)| gathered.contains(&Key::of(cause)));
    let too_many = alone.len() > question.settings.budget;
    plan.gathered = under.iter().chain(alone.iter().filter(|_| too_many)).map(|(place, ..)| *place).collect();
    if !plan.gathered.is_empty() {
        for (_, cause, _) in under.iter().chain(alone.iter().filter(|_| too_many)) {
            plan.actions.push(nothing(&Key::of(cause), umbrella::open(tracker), "it is gathered in the umbrella issue"));
        }
        let gathered: Vec<&Cause> = plan.gathered.iter().filter_map(|place| question.report.causes.get(*place)).collect();
        plan.actions.extend(umbrella::gather(question, tracker, &gathered)?);
    }
    if too_many {
        return Ok(());
    }
    let mut left = question.settings.per_day.saturating_sub(created_today(question, tracker));
    for (_, cause, reason) in alone {
        let key = Key::of(cause);
        let action = match tracker.is_complete() {
            false => nothing(&key, None, "it needs an issue, but not all could be looked at, so that it may have one"),
            true if left == 0 => nothing(
                &key,
                None,
                &format!("{} issues were opened within a day, as many as are allowed", question.settings.per_day),
            ),
            true => {
                left -= 1;
                create(question, tracker, cause, reason)?
            }
        };
        plan.actions.push(action);
    }
    Ok(())
}

fn create(question: &Question<'_>, tracker: &Tracker, cause: &Cause, reason: &str) -> Result<Action, RenderError> {
    let key = Key::of(cause);
    let route = question.settings.route(cause);
    let Some(body) = body::new(question, tracker, cause)? else {
        return Ok(nothing(&key, None, "what always stays of the report has no room in an issue"));
    };
    Ok(Action::Create {
        key: key.to_string(),
        title: body::title(cause),
        body,
        labels: question.settings.labels_of(cause),
        assignees: route.assignees,
        milestone: route.milestone.and_then(|title| tracker.milestones.get(&title).copied()),
        reason: reason.to_owned(),
    })
}

/// Issues of this program that were opened within the last day.
pub(super) fn created_today(question: &Question<'_>, tracker: &Tracker) -> usize {
    let day = SignedDuration::from_hours(24);
    let within_a_day = |at: jiff::Timestamp| question.run.now.duration_since(at) < day;
    let recent = |issue: &&Issue| issue.key().is_some() && issue.created_at.is_some_and(within_a_day);
    tracker.issues.iter().filter(recent).count()
}

/// Beyond the cap of a run nobody is notified any more.
fn hold_back(question: &Question<'_>, plan: &mut Plan) {
    let cap = question.settings.per_run;
    let mut loud = 0;
    for action in plan.actions.iter_mut().filter(|action| action.is_loud()) {
        loud += 1;
        if loud > cap {
            let reason = format!("{cap} issues and comments in one run are as many as are allowed");
            *action = Action::Nothing { key: action.key().to_owned(), issue: action.issue(), reason };
        }
    }
}

/// The labels that issues of this plan need and that there are not.
fn labels(question: &Question<'_>, tracker: &Tracker, plan: &Plan) -> Vec<Action> {
    let mut wanted: Vec<&String> = Vec::new();
    for action in &plan.actions {
        if let Action::Create { labels, .. } | Action::AddLabels { labels, .. } = action {
            wanted.extend(labels);
        }
    }
    if !wanted.is_empty() {
        wanted.push(&question.settings.ignore_label);
    }
    let mut made = BTreeSet::new();
    let there = |name: &str| tracker.labels.iter().flatten().any(|label| label.eq_ignore_ascii_case(name));
    wanted.retain(|name| !there(name) && made.insert(name.to_lowercase()));
    let action = |name: &String| {
        let look = question.settings.look(name);
        Action::Label { name: name.clone(), color: look.color, description: look.description }
    };
    wanted.into_iter().map(action).collect()
}

/// Closes what is open beside the oldest issue about a cause: two processes that ran at once, one of which was cut off.
pub(super) fn duplicates(question: &Question<'_>, tracker: &Tracker, key: &Key, kept: &Issue) -> Vec<Action> {
    let others = tracker.about(key).into_iter().filter(|other| other.open && other.number > kept.number);
    let action = |other: &Issue| {
        let foreign = other.author.is_some() && kept.author.is_some() && other.author != kept.author;
        let reason = match () {
            () if other.locked => "is locked",
            () if other.has_label(&question.settings.ignore_label) => "is to be left alone",
            () if foreign => "was opened by somebody else",
            () if other.state_reason.as_deref() == Some("reopened") => "was reopened by somebody",
            () => return close(key, other, kept.number),
        };
        let reason = format!("a second open issue about the same cause as #{}; it {reason}, so it stays open", kept.number);
        nothing(key, Some(other), &reason)
    };
    others.map(action).collect()
}

/// Closes an issue as a duplicate and takes the key out of its body, so that it never stands for the cause again.
pub(super) fn close(key: &Key, duplicate: &Issue, original: u64) -> Action {
    let note = comments::duplicate(original);
    let body = match Region::of(&duplicate.body, key) {
        Some(region) => region.with(&note),
        None => format!("{note}\n\n{}", super::key::without_marks(&duplicate.body)),
    };
    let reason = format!("a second open issue about the same cause as #{original}");
    Action::CloseDuplicate { key: key.to_string(), issue: duplicate.number, original, body, reason }
}
