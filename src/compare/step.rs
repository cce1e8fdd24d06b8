//! One run against the next: tests, causes, revisions and the verdict over them.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{CauseChange, Change, Deployed, Fate, FixVerdict, State, Step, StepVerdict, TestChange, Totals};
use super::sighting::Sighting;
use super::{causes, revisions, verdict};
use crate::report::redact::Redacted;
use crate::report::story::counted;

/// Compares a run with the one before it.
pub(super) fn step(before: &Sighting<'_>, after: &Sighting<'_>) -> Step {
    let tests = tests(before, after);
    let totals = totals(&tests);
    let revisions = revisions::changes(before, after);
    let causes = causes::changes(before, after, &revisions);
    Step {
        before: before.name.to_owned(),
        after: after.name.to_owned(),
        verdict: overall(&causes),
        statement: statement(&causes),
        worse: totals.regressed + totals.newly_failing > 0 || causes.iter().any(|cause| cause.change == Fate::New),
        notes: notes(before, after, &tests, &revisions),
        revisions,
        totals,
        tests,
        causes,
    }
}

fn tests(before: &Sighting<'_>, after: &Sighting<'_>) -> Vec<TestChange> {
    let ids: BTreeSet<&Redacted> = before.tests().chain(after.tests()).collect();
    let change_of = |id: &Redacted| {
        let (was, is) = (before.state(id), after.state(id));
        let root = |sighting: &Sighting<'_>| sighting.cause(id).map(|cause| cause.root.clone());
        TestChange {
            id: id.clone(),
            before: was,
            after: is,
            change: change(was, is),
            cause_before: root(before),
            cause_after: root(after),
        }
    };
    ids.into_iter().map(change_of).collect()
}

fn change(was: State, is: State) -> Change {
    match (was, is) {
        _ if was.fails() && is.fails() => Change::StillFailing,
        _ if was.fails() && is.passes() => Change::Fixed,
        _ if was.passes() && is.fails() => Change::Regressed,
        _ if was == is && was != State::NotFailed => Change::Unchanged,
        _ if was.passes() && is.passes() => Change::Unchanged,
        _ if was.did_not_run() || is.did_not_run() => Change::NotRun,
        _ => Change::CannotBeTold,
    }
}

fn totals(tests: &[TestChange]) -> Totals {
    let mut totals = Totals::default();
    for test in tests {
        if test.after.fails() && !test.before.fails() && !test.before.passes() {
            totals.newly_failing += 1;
        }
        let total = match test.change {
            Change::Fixed => &mut totals.fixed,
            Change::StillFailing => &mut totals.still_failing,
            Change::Regressed => &mut totals.regressed,
            Change::Unchanged => &mut totals.unchanged,
            Change::NotRun => &mut totals.not_run,
            Change::CannotBeTold => &mut totals.cannot_be_told,
        };
        *total += 1;
    }
    totals
}

fn overall(causes: &[CauseChange]) -> StepVerdict {
    let count = |wanted| causes.iter().filter(|cause| cause.verdict == Some(wanted)).count();
    let judged = causes.iter().filter(|cause| cause.verdict.is_some()).count();
    match (judged, count(FixVerdict::Held), count(FixVerdict::DidNotHold)) {
        (0, _, _) => StepVerdict::NothingToJudge,
        (all, held, _) if held == all => StepVerdict::Held,
        (_, 0, 0) => StepVerdict::CannotBeTold,
        (_, 0, _) => StepVerdict::DidNotHold,
        _ => StepVerdict::PartlyHeld,
    }
}

fn statement(causes: &[CauseChange]) -> String {
    let mut sentences: Vec<String> = causes.iter().filter_map(verdict::sentence).collect();
    // Occurrences of one rule that only their fingerprints tell apart often fare alike.
    sentences.dedup();
    if sentences.is_empty() {
        sentences.push("The earlier report names no cause, so there is no fix to judge.".to_owned());
    }
    let mut came: BTreeMap<(Fate, &Redacted, &[Redacted]), usize> = BTreeMap::new();
    for cause in causes.iter().filter(|cause| cause.verdict.is_none()) {
        *came.entry((cause.change, &cause.root, &cause.behind)).or_default() += cause.tests.len();
    }
    for ((_, root, behind), tests) in came {
        let hidden = behind.iter().map(|root| verdict::code(root)).collect::<Vec<_>>().join(", ");
        let came = if hidden.is_empty() { "is new".to_owned() } else { format!("lay behind {hidden}") };
        sentences.push(format!("{} {came}: {}.", verdict::code(root), counted(tests, "test")));
    }
    sentences.join(" ")
}

fn notes(
    before: &Sighting<'_>,
    after: &Sighting<'_>,
    tests: &[TestChange],
    revisions: &[super::schema::RevisionChange],
) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Some(earlier), Some(later)) = (before.started_at(), after.started_at()) {
        if later < earlier {
            notes.push("The later run started before the earlier one: reports are compared in the order given.".to_owned());
        } else if later == earlier && before.summary().key == after.summary().key {
            notes.push("Both reports are of the same run.".to_owned());
        }
    }
    for (sighting, which) in [(before, "earlier"), (after, "later")] {
        if !sighting.lists_all_tests {
            notes.push(format!(
                "The {which} report does not list the tests that passed or were skipped: it was made by an earlier version of fivewhys."
            ));
        }
        if sighting.report.run.counts.entries == 0 {
            notes.push(format!("The {which} run was diagnosed without any log entry."));
        }
    }
    let gone = tests.iter().filter(|test| test.after.did_not_run() && !test.before.did_not_run()).count();
    let came = tests.iter().filter(|test| test.before.did_not_run() && !test.after.did_not_run()).count();
    if gone + came > 0 {
        notes.push(format!(
            "Not the same tests ran: {} of the earlier run did not run in the later, {} ran in the later only.",
            counted(gone, "test"),
            came
        ));
    }
    for service in revisions.iter().filter(|service| matches!(service.change, Deployed::Both | Deployed::Older)) {
        let service_name = verdict::code(&service.service);
        notes.push(match service.change {
            Deployed::Both => format!("A revision of {service_name} from before still logged beside the new one."),
            _ => format!("{service_name} was rolled back: an older revision served."),
        });
    }
    notes
}
