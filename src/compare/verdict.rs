//! Whether the fix of a cause held, and why that can be said, or cannot.
//!
//! A fix is said to have held only where the later run would have shown the contrary: the same tests ran,
//! a newer revision served (unless the cause lies outside the services), and there were entries to look at.

use std::collections::BTreeSet;

use super::schema::{CauseChange, Deployed, FixVerdict, RevisionChange, State};
use super::sighting::Sighting;
use crate::report::redact::Redacted;
use crate::report::schema::Cause;
use crate::report::story::counted;

type Judged = (FixVerdict, String);

/// `The fix of X held: because.` for causes of the earlier run.
pub(super) fn sentence(cause: &CauseChange) -> Option<String> {
    let root = code(&cause.root);
    let because = cause.because.as_deref().unwrap_or_default();
    Some(match cause.verdict? {
        FixVerdict::Held => format!("The fix of {root} held: {because}."),
        FixVerdict::DidNotHold => format!("The fix of {root} did not hold: {because}."),
        FixVerdict::CannotBeTold => format!("Whether a fix of {root} holds cannot be told: {because}."),
    })
}

/// The text between backticks, as all prose of a report marks names.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

/// The verdict on a cause that the later report still names.
pub(super) fn of_staying(after: &Sighting<'_>, was: &Cause, cause: &Cause, revisions: &[RevisionChange]) -> Judged {
    let there = still_fails(was, cause);
    if !lies_in_a_service(cause) {
        return (FixVerdict::DidNotHold, there);
    }
    let seen = after.seen_on(cause);
    let mut old: Vec<String> = Vec::new();
    let mut newer: Vec<String> = Vec::new();
    for change in revisions {
        for revision in seen.get(&change.service).into_iter().flatten() {
            let known = change.before.contains(revision);
            if known || change.change == Deployed::Older { &mut old } else { &mut newer }.push(code(revision));
        }
    }
    if !newer.is_empty() {
        return (FixVerdict::DidNotHold, format!("{there}, and it was seen on the newer revision {}", newer.join(", ")));
    }
    if !old.is_empty() {
        return (
            FixVerdict::CannotBeTold,
            format!("{there}, but it was seen only on {}, which is no newer than before", old.join(", ")),
        );
    }
    match fresh(revisions).as_slice() {
        [] if revisions.iter().any(|change| change.change == Deployed::Same) => {
            (FixVerdict::CannotBeTold, format!("{there}, but no newer revision of any service served"))
        }
        [] => (FixVerdict::DidNotHold, there),
        fresh => (FixVerdict::DidNotHold, format!("{there}, though newer revisions served: {}", fresh.join(", "))),
    }
}

fn still_fails(was: &Cause, cause: &Cause) -> String {
    let again = in_common(was, cause);
    let others = match cause.tests.len() - again {
        0 => String::new(),
        others => format!(" and {others} that did not"),
    };
    format!("it fails {again} of the {} it failed before{others}", counted(was.tests.len(), "test"))
}

/// How many tests both explain.
pub(super) fn in_common(was: &Cause, is: &Cause) -> usize {
    let was: BTreeSet<&Redacted> = was.tests.iter().collect();
    is.tests.iter().filter(|test| was.contains(test)).count()
}

/// The verdict on a cause that the later report no longer names.
pub(super) fn of_gone(before: &Sighting<'_>, after: &Sighting<'_>, cause: &Cause, revisions: &[RevisionChange]) -> Judged {
    let doubt = tests_in_doubt(after, cause)
        .or_else(|| entries_in_doubt(before, after, cause))
        .or_else(|| lies_in_a_service(cause).then(|| revisions_in_doubt(revisions)).flatten());
    if let Some(doubt) = doubt {
        return (FixVerdict::CannotBeTold, doubt);
    }
    let mut reasons = vec![outcome(after, cause)];
    let fresh = fresh(revisions);
    match fresh.as_slice() {
        [] if revisions.is_empty() => reasons.push("no entry names a revision".to_owned()),
        [] => {}
        fresh => reasons.push(format!("newer revisions served: {}", fresh.join(", "))),
    }
    reasons.push(format!("nothing in {} shows it any more", entries(after)));
    (FixVerdict::Held, reasons.join("; "))
}

fn entries(sighting: &Sighting<'_>) -> String {
    match sighting.report.run.counts.entries {
        1 => "1 log entry".to_owned(),
        count => format!("{count} log entries"),
    }
}

/// Of a cause whose tests all ran again: how they ended.
fn outcome(after: &Sighting<'_>, cause: &Cause) -> String {
    let passed = cause.tests.iter().filter(|test| after.state(test).passes()).count();
    let others: BTreeSet<String> =
        cause.tests.iter().filter_map(|test| after.cause(test)).map(|other| code(&other.root)).collect();
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    match (passed, cause.tests.len() - passed) {
        (1, 0) => "its test passes".to_owned(),
        (passed, 0) => format!("its {passed} tests pass"),
        (0, failing) => format!("its {} now for another cause, {others}", fail(failing)),
        (passed, failing) => format!("{passed} of its tests pass, {} now for another cause, {others}", only_fail(failing)),
    }
}

fn fail(count: usize) -> String {
    if count == 1 { "1 test fails".to_owned() } else { format!("{count} tests fail") }
}

fn only_fail(count: usize) -> String {
    if count == 1 { "1 fails".to_owned() } else { format!("{count} fail") }
}

/// Did the same tests run, and is it known why they fail where they do?
fn tests_in_doubt(after: &Sighting<'_>, cause: &Cause) -> Option<String> {
    let all = cause.tests.len();
    let count = |wanted: &dyn Fn(&Redacted) -> bool| cause.tests.iter().filter(|test| wanted(test)).count();
    let in_state = |wanted: State| count(&|test| after.state(test) == wanted);
    let not_run = count(&|test| after.state(test).did_not_run());
    if all == not_run {
        return Some(match all {
            0 => "no test showed it".to_owned(),
            1 => "its test did not run again".to_owned(),
            all => format!("none of its {all} tests ran again"),
        });
    }
    if not_run > 0 {
        return Some(format!("{not_run} of its {all} tests did not run again"));
    }
    if in_state(State::NotFailed) > 0 {
        return Some(format!(
            "the later report does not say whether {} of its {all} tests passed or did not run",
            in_state(State::NotFailed)
        ));
    }
    let unexplained = count(&|test| after.state(test).fails() && after.cause(test).is_none());
    if unexplained > 0 {
        return Some(format!("{unexplained} of its {all} tests still fail, and no cause of that was found"));
    }
    (in_state(State::Flaky) > 0).then(|| format!("{} of its {all} tests passed only on a rerun", in_state(State::Flaky)))
}

/// Were there entries in which it would have been seen?
fn entries_in_doubt(before: &Sighting<'_>, after: &Sighting<'_>, cause: &Cause) -> Option<String> {
    let passes = cause.tests.iter().all(|test| after.state(test).passes());
    if after.report.run.counts.entries == 0 {
        let but = if passes {
            "its tests pass, but the later run was diagnosed without any log entry"
        } else {
            "the later run was diagnosed without any log entry"
        };
        return Some(but.to_owned());
    }
    let silent: Vec<String> = before
        .seen_on(cause)
        .keys()
        .filter(|service| before.serving.contains_key(*service) && !after.serving.contains_key(*service))
        .map(|service| code(service))
        .collect();
    (!silent.is_empty()).then(|| format!("{}, where it was seen, logged nothing in the later run", silent.join(", ")))
}

/// Did anything newer serve?
fn revisions_in_doubt(revisions: &[RevisionChange]) -> Option<String> {
    let known = revisions.iter().any(|change| matches!(change.change, Deployed::Same | Deployed::Older));
    if !known || !fresh(revisions).is_empty() {
        return None;
    }
    let older: Vec<String> = revisions
        .iter()
        .filter(|change| change.change == Deployed::Older)
        .flat_map(|change| &change.after)
        .map(|name| code(name))
        .collect();
    Some(match older.as_slice() {
        [] => "no newer revision of any service served, so what changed lies elsewhere or comes and goes".to_owned(),
        older => format!("an older revision served, {}", older.join(", ")),
    })
}

/// The revisions that the earlier run had not seen.
fn fresh(revisions: &[RevisionChange]) -> Vec<String> {
    let newer = revisions.iter().filter(|change| matches!(change.change, Deployed::Newer | Deployed::Both));
    newer
        .flat_map(|change| change.after.iter().filter(|revision| !change.before.contains(revision)))
        .map(|name| code(name))
        .collect()
}

/// Whether only another revision can put it right; tests, data and infrastructure change without one.
fn lies_in_a_service(cause: &Cause) -> bool {
    matches!(cause.class.as_str(), "product" | "config")
}
