//! One try at a test, and how the tries at one test become one case.

use jiff::SignedDuration;
use rustc_hash::FxHashMap;

use super::failure::append;
use super::identity::Identity;
use super::times::{between, plus};
use super::{CaseStart, Failure, Outcome, TestCase};

/// One try at a test, as a reader found it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attempt {
    pub(super) identity: Identity,
    pub(super) start: Option<CaseStart>,
    pub(super) duration: Option<SignedDuration>,
    pub(super) outcome: Outcome,
    /// How many tries this stands for; more than one where the format only counts them.
    pub(super) tries: u32,
    /// Part of the try before it: pytest's JUnit writer gives a broken teardown an element of its own.
    pub(super) continues: bool,
}

impl Attempt {
    pub(super) fn new(identity: Identity, outcome: Outcome) -> Attempt {
        Attempt { identity, start: None, duration: None, outcome, tries: 1, continues: false }
    }
}

/// A case and who it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KnownCase {
    pub(super) identity: Identity,
    pub(super) case: TestCase,
}

/// Folds the tries at one test into one case, in the order of the first tries. Linear.
pub(super) fn fold(attempts: Vec<Attempt>) -> Vec<KnownCase> {
    let mut places: FxHashMap<(String, String), usize> = FxHashMap::default();
    let mut groups: Vec<Vec<Attempt>> = Vec::new();
    for attempt in attempts {
        let who = (attempt.identity.key.clone(), attempt.identity.scope.clone());
        let place = *places.entry(who).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(attempt);
    }
    groups.into_iter().filter_map(fold_one).collect()
}

fn fold_one(mut group: Vec<Attempt>) -> Option<KnownCase> {
    if group.iter().all(|attempt| attempt.start.is_some()) {
        group.sort_by_key(|attempt| attempt.start.map(|start| start.at));
    }
    let counted = group.iter().filter(|attempt| !attempt.continues).map(|attempt| attempt.tries);
    let tries = counted.fold(0, u32::saturating_add).max(1);
    let (start, duration) = extent(&group);
    let identity = group.iter().find(|attempt| attempt.identity.stated).or(group.first())?.identity.clone();
    let outcome = outcome_of(group);
    let case = TestCase { id: identity.id.clone(), name: identity.name.clone(), start, duration, outcome, attempts: tries };
    Some(KnownCase { identity, case })
}

/// From the first start to the last stop where the tries are dated, else the sum of the durations.
fn extent(group: &[Attempt]) -> (Option<CaseStart>, Option<SignedDuration>) {
    let starts = || group.iter().filter_map(|attempt| attempt.start);
    let best = starts().map(|start| start.source).min();
    let start = starts().filter(|start| Some(start.source) == best).min_by_key(|start| start.at);
    let durations = || group.iter().filter_map(|attempt| attempt.duration);
    if durations().next().is_none() {
        return (start, None);
    }
    let sum = durations().fold(SignedDuration::ZERO, SignedDuration::saturating_add);
    let all_dated = group.iter().all(|attempt| attempt.start.is_some_and(|start| Some(start.source) == best));
    let stop = group.iter().filter_map(|attempt| Some(plus(attempt.start?.at, attempt.duration.unwrap_or_default()))).max();
    match (start, stop) {
        (Some(start), Some(stop)) if all_dated => (Some(start), between(start.at, stop)),
        _ => (start, Some(sum)),
    }
}

/// The first failure, as flaky where the last try passed; without a failure, how the last try ended that was not skipped.
fn outcome_of(group: Vec<Attempt>) -> Outcome {
    let mut first_failure: Option<Outcome> = None;
    let mut last = Outcome::Skipped;
    for attempt in group {
        match (&mut first_failure, attempt.outcome.failure()) {
            (Some(Outcome::Failed(first) | Outcome::Errored(first)), Some(failure)) if attempt.continues => {
                append(first, failure);
            }
            // Of a try that is known to have failed but not why, the next one that failed says why.
            (Some(first), Some(_)) if is_silent(first) => *first = attempt.outcome.clone(),
            (None, Some(_)) => first_failure = Some(attempt.outcome.clone()),
            _ => {}
        }
        if attempt.outcome != Outcome::Skipped {
            last = attempt.outcome;
        }
    }
    match (first_failure, last) {
        (Some(Outcome::Failed(failure) | Outcome::Errored(failure)), Outcome::Passed | Outcome::Flaky(_)) => {
            Outcome::Flaky(failure)
        }
        (Some(first), _) => first,
        (None, last) => last,
    }
}

fn is_silent(outcome: &Outcome) -> bool {
    outcome.failure() == Some(&Failure::default())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::StartSource;
    use super::super::identity::of_nodeid;
    use super::*;

    fn attempt(outcome: Outcome, second: i64) -> Attempt {
        let at = Timestamp::from_second(1_795_166_814 + second).unwrap();
        Attempt {
            start: Some(CaseStart { at, source: StartSource::Stated }),
            duration: Some(SignedDuration::from_secs(1)),
            ..Attempt::new(of_nodeid("test_x.py::test_y"), outcome)
        }
    }

    fn failed(message: &str) -> Outcome {
        Outcome::Failed(Failure { message: message.into(), ..Failure::default() })
    }

    fn folded(attempts: Vec<Attempt>) -> TestCase {
        let mut cases = fold(attempts);
        assert_eq!(cases.len(), 1);
        cases.remove(0).case
    }

    #[test]
    fn failed_then_passed_is_flaky_with_the_first_failure() {
        let case = folded(vec![attempt(failed("a"), 0), attempt(failed("b"), 2), attempt(Outcome::Passed, 4)]);
        assert!(matches!(&case.outcome, Outcome::Flaky(failure) if failure.message == "a"));
        assert_eq!((case.attempts, case.duration), (3, Some(SignedDuration::from_secs(5))));
    }

    #[test]
    fn passed_then_failed_is_failed() {
        let case = folded(vec![attempt(Outcome::Passed, 0), attempt(failed("b"), 2)]);
        assert_eq!((case.outcome, case.attempts), (failed("b"), 2));
    }

    #[test]
    fn tries_are_put_in_order_of_time() {
        let case = folded(vec![attempt(Outcome::Passed, 9), attempt(failed("b"), 2)]);
        assert_eq!(case.outcome.word(), "flaky");
    }

    #[test]
    fn a_try_that_failed_silently_leaves_the_word_to_the_next() {
        let case = folded(vec![attempt(failed(""), 0), attempt(failed("why"), 2)]);
        assert_eq!(case.outcome, failed("why"));
    }

    #[test]
    fn a_broken_teardown_adds_to_the_failure_and_is_no_attempt() {
        let mut teardown = attempt(Outcome::Errored(Failure { details: "OSError".into(), ..Failure::default() }), 1);
        teardown.continues = true;
        let case = folded(vec![attempt(failed("a"), 0), teardown]);
        assert!(matches!(&case.outcome, Outcome::Failed(failure) if failure.message == "a" && failure.details == "OSError"));
        assert_eq!(case.attempts, 1);
    }
}
