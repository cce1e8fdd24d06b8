//! Carries a plan out: one write at a time, each decided once more on what is there at that moment.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::GitHub;
use super::create::of_key;
use super::wire::{Fault, Request};
use crate::issues::again::again;
use crate::issues::budget::close;
use crate::issues::key::Key;
use crate::issues::plan::Outcome;
use crate::issues::tracker::{Issue, Tracker};
use crate::issues::{Action, Plan, Question};
use crate::report::RenderError;

/// Times that a body is written anew where somebody else writes it too.
const ROUNDS: usize = 3;

/// A plan could not be carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum CarryOutError {
    /// GitHub failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The report could not be rendered, which is a fault of the program.
    #[error(transparent)]
    Render(#[from] RenderError),
}

impl GitHub {
    /// Carries a plan out, and writes into it what became of each action; `said` hears of it at once.
    ///
    /// A fault that concerns one issue leaves the others their turn; one that concerns everything ends it. In both cases
    /// the plan's outcomes say `failed`.
    pub async fn carry_out(
        &self,
        question: &Question<'_>,
        tracker: &mut Tracker,
        plan: &mut Plan,
        mut said: impl FnMut(&Outcome),
    ) {
        let actions = plan.actions.clone();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        let mut stopped: Option<String> = None;
        let known: BTreeSet<u64> =
            tracker.issues.iter().map(|issue| issue.number).chain(tracker.foreign.iter().copied()).collect();
        for action in &actions {
            let outcomes = match (&stopped, action) {
                (Some(_), Action::Nothing { .. }) => vec![nothing(action)],
                (Some(_), _) if done.contains(action.key()) => continue,
                (Some(why), _) => vec![failed(action, why)],
                (None, Action::Label { .. }) => self.made_label(action).await,
                (None, _) if !done.insert(action.key()) => continue,
                (None, _) => {
                    let group: Vec<&Action> = actions.iter().filter(|other| other.key() == action.key()).collect();
                    self.group(question, tracker, plan, &group).await
                }
            };
            for mut outcome in outcomes {
                let there = tracker.issues.iter().find(|issue| Some(issue.number) == outcome.issue);
                outcome.url = outcome.url.or_else(|| there.and_then(|issue| issue.url.clone()));
                if outcome.done == STOP {
                    outcome.done = FAILED.to_owned();
                    stopped = Some(outcome.note.clone().unwrap_or_default());
                }
                said(&outcome);
                plan.outcomes.push(outcome);
            }
        }
        if stopped.is_none() {
            for outcome in self.twins(plan, &actions, &known).await {
                said(&outcome);
                plan.outcomes.push(outcome);
            }
        }
    }

    /// Looks once more at what was opened: lists may lag behind, so that two processes did not see each other's issues at first.
    async fn twins(&self, plan: &Plan, actions: &[Action], known: &BTreeSet<u64>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let created: Vec<&Outcome> = plan.outcomes.iter().filter(|outcome| outcome.done == "created").collect();
        let Some(first) = created.first().and_then(|made| actions.iter().find(|action| action.key() == made.key)) else {
            return outcomes;
        };
        self.pace.due().await;
        let looked = async {
            let youngest = self.youngest().await?;
            for made in created {
                let Some(key) = Key::read(&made.key) else { continue };
                let mut open = of_key(&youngest, &key, known);
                open.retain(|issue| issue.open);
                self.settle_rivals(&key, &open, made.issue, &mut outcomes).await?;
            }
            Ok(())
        };
        if let Err(fault) = looked.await {
            let why = "whether somebody opened a second issue at the same moment could not be seen";
            let fault: Fault = fault;
            outcomes.push(outcome(first, FAILED, Some(format!("{why}: {fault}"))));
        }
        outcomes
    }

    /// Of several open issues about one cause the oldest stays.
    async fn settle_rivals(&self, key: &Key, open: &[Issue], own: Option<u64>, outcomes: &mut Vec<Outcome>) -> Result<(), Fault> {
        let Some(kept) = open.first() else { return Ok(()) };
        for rival in open.iter().skip(1) {
            // That of somebody else is left to them; the same author is most likely this program at the same moment.
            if own == Some(rival.number) || (rival.author.is_some() && rival.author == kept.author) {
                self.close(&close(key, rival, kept.number), outcomes).await?;
            }
        }
        Ok(())
    }

    async fn made_label(&self, action: &Action) -> Vec<Outcome> {
        let Action::Label { name, color, description } = action else { return Vec::new() };
        let request =
            Request::new(Method::POST, "/labels").body(json!({ "name": name, "color": color, "description": description }));
        vec![match self.ask(&request).await {
            Ok(_) => outcome(action, "labelled", None),
            // Somebody else was faster, or this very request was, and its answer was lost.
            Err(Fault::Refused { status: 422, .. }) => outcome(action, "nothing", Some("the label is there".to_owned())),
            Err(fault) if fault.is_of_one_issue() => outcome(
                action,
                "nothing",
                Some(format!("the label could not be made ({fault}); GitHub makes it with the first issue")),
            ),
            Err(fault) => end(action, &fault),
        }]
    }

    /// All that is planned about one cause.
    async fn group(&self, question: &Question<'_>, tracker: &mut Tracker, plan: &Plan, group: &[&Action]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let Some(first) = group.first() else { return outcomes };
        let carried = match (Key::read(first.key()), group.iter().find(|action| matches!(action, Action::Create { .. }))) {
            (Some(key), Some(create)) => self.created(question, tracker, plan, create, &key, &mut outcomes).await,
            (Some(key), None) => self.kept(question, tracker, plan, &key, group, &mut outcomes).await,
            (None, _) => self.attached(group, &mut outcomes).await,
        };
        if let Err(error) = carried {
            outcomes.push(match error {
                CarryOutError::Fault(fault @ Fault::Moved(_)) => outcome(first, "nothing", Some(fault.to_string())),
                CarryOutError::Fault(fault) => end(first, &fault),
                CarryOutError::Render(error) => outcome(first, FAILED, Some(error.to_string())),
            });
        }
        outcomes
    }

    /// Opens an issue. Of two that were opened at once the older stays.
    async fn created(
        &self,
        question: &Question<'_>,
        tracker: &mut Tracker,
        plan: &Plan,
        create: &Action,
        key: &Key,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), CarryOutError> {
        let known: BTreeSet<u64> =
            tracker.issues.iter().map(|issue| issue.number).chain(tracker.foreign.iter().copied()).collect();
        let Some(opened) = self.open(create, key, &known).await? else { return Ok(()) };
        let own = opened.own.then_some(opened.issue.number);
        if opened.own {
            let mut made = outcome(create, "created", opened.note);
            (made.issue, made.url) = (Some(opened.issue.number), opened.issue.url.clone());
            outcomes.push(made);
        }
        tracker.renew(opened.issue.clone());
        let open: Vec<Issue> = self.newest(key, &known).await?.into_iter().filter(|issue| issue.open).collect();
        let Some(kept) = open.first() else { return Ok(()) };
        self.settle_rivals(key, &open, own, outcomes).await?;
        if own == Some(kept.number) {
            return Ok(());
        }
        // The other run's issue is to hear of this run too.
        tracker.issues.retain(|issue| Some(issue.number) != own);
        tracker.renew(kept.clone());
        let update = Action::Update { key: key.to_string(), issue: kept.number, body: String::new(), reason: String::new() };
        let comment = super::super::decide::comment(key, kept, String::new(), "");
        self.kept(question, tracker, plan, key, &[&comment, &update], outcomes).await
    }

    /// Brings issues that are there up to date.
    async fn kept(
        &self,
        question: &Question<'_>,
        tracker: &mut Tracker,
        plan: &Plan,
        key: &Key,
        group: &[&Action],
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), CarryOutError> {
        let writes: Vec<&&Action> = group.iter().filter(|action| !matches!(action, Action::Nothing { .. })).collect();
        if writes.is_empty() {
            outcomes.extend(group.iter().map(|action| nothing(action)));
            return Ok(());
        }
        let numbers: BTreeSet<u64> = writes.iter().filter_map(|action| action.issue()).collect();
        let kinds: Vec<_> = writes.iter().map(|action| std::mem::discriminant(**action)).collect();
        for round in 0..ROUNDS {
            self.pace.due().await;
            for number in &numbers {
                self.renew(tracker, *number).await?;
            }
            let mut wrote = false;
            for action in again(question, tracker, key, plan)? {
                if matches!(action, Action::Nothing { .. }) {
                    if round == 0 {
                        outcomes.push(nothing(&action));
                    }
                } else if kinds.contains(&std::mem::discriminant(&action)) {
                    wrote |= matches!(action, Action::Update { .. } | Action::Reopen { .. });
                    self.write(&action, outcomes).await?;
                } else if round == 0 {
                    outcomes.push(outcome(&action, "nothing", Some(left_out(group))));
                }
            }
            // Nothing on GitHub compares and sets: whoever else wrote at this moment is noticed by looking again.
            if !wrote {
                break;
            }
        }
        Ok(())
    }

    async fn renew(&self, tracker: &mut Tracker, number: u64) -> Result<(), Fault> {
        if tracker.targets.contains_key(&number) {
            let target = self.target(number).await?;
            tracker.renew(target.issue.clone());
            tracker.targets.insert(number, target);
        } else {
            let issue = self.issue(number).await?;
            tracker.renew(issue);
        }
        Ok(())
    }

    async fn write(&self, action: &Action, outcomes: &mut Vec<Outcome>) -> Result<(), CarryOutError> {
        let patch = |issue: &u64, body| Request::new(Method::PATCH, format!("/issues/{issue}")).body(body);
        let done = match action {
            Action::Update { issue, body, .. } => {
                self.ask(&patch(issue, json!({ "body": body }))).await?;
                "updated"
            }
            Action::Reopen { issue, body, .. } => {
                self.ask(&patch(issue, json!({ "state": "open", "body": body }))).await?;
                "reopened"
            }
            Action::Comment { issue, body, .. } => match self.comment_once(*issue, body).await? {
                true => "commented",
                false => return Ok(()),
            },
            Action::AddLabels { issue, labels, .. } => {
                let request = Request::new(Method::POST, format!("/issues/{issue}/labels")).body(json!({ "labels": labels }));
                self.ask(&request).await?;
                "labelled"
            }
            Action::CloseDuplicate { .. } => return Ok(self.close(action, outcomes).await?),
            Action::Label { .. } | Action::Create { .. } | Action::Nothing { .. } => return Ok(()),
        };
        // The same once more, as somebody else wrote in between, is no second thing done.
        let made = outcome(action, done, None);
        if !outcomes.contains(&made) {
            outcomes.push(made);
        }
        Ok(())
    }

    async fn close(&self, action: &Action, outcomes: &mut Vec<Outcome>) -> Result<(), Fault> {
        let Action::CloseDuplicate { issue, body, original, .. } = action else { return Ok(()) };
        let closed = |reason: &str| {
            let body = json!({ "state": "closed", "state_reason": reason, "body": body });
            Request::new(Method::PATCH, format!("/issues/{issue}")).body(body)
        };
        match self.ask(&closed("duplicate")).await {
            // GitHub Enterprise Server learnt this reason late.
            Err(Fault::Refused { status: 422, .. }) => drop(self.ask(&closed("not_planned")).await?),
            answered => drop(answered?),
        }
        outcomes.push(outcome(action, "closed", Some(format!("a duplicate of #{original}"))));
        Ok(())
    }

    /// The report as a comment.
    async fn attached(&self, group: &[&Action], outcomes: &mut Vec<Outcome>) -> Result<(), CarryOutError> {
        for action in group {
            match action {
                Action::Comment { .. } => self.write(action, outcomes).await?,
                action => outcomes.push(nothing(action)),
            }
        }
        Ok(())
    }
}

/// Why something is not done that follows from how things are now, but is not in the plan.
fn left_out(group: &[&Action]) -> String {
    let planned = group.iter().find_map(|action| match action {
        Action::Nothing { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    planned.unwrap_or_else(|| "the issue changed meanwhile; the next run sees to it".to_owned())
}

const FAILED: &str = "failed";
/// A failure after which nothing else is tried.
const STOP: &str = "stop";

fn outcome(action: &Action, done: &str, note: Option<String>) -> Outcome {
    Outcome { key: action.key().to_owned(), done: done.to_owned(), issue: action.issue(), url: None, note }
}

fn nothing(action: &Action) -> Outcome {
    let reason = match action {
        Action::Nothing { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    outcome(action, "nothing", reason)
}

fn failed(action: &Action, why: &str) -> Outcome {
    outcome(action, FAILED, Some(format!("not tried: {why}")))
}

fn end(action: &Action, fault: &Fault) -> Outcome {
    let note = match fault.remedy() {
        Some(remedy) => format!("{fault}; {remedy}"),
        None => fault.to_string(),
    };
    outcome(action, if fault.is_of_one_issue() { FAILED } else { STOP }, Some(note))
}
