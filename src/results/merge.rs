//! Puts what several files say about one run together.

use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::attempt::{Attempt, KnownCase, fold};
use super::{Failure, Format, Outcome, TestCase, TestRun, Unread};

/// What one file said.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The file, as it was given.
    pub(super) path: String,
    pub(super) started_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) unread: Vec<Unread>,
}

/// One run out of the readings of all its files.
///
/// Files of one format are read as one after the other (shards of a run, reruns of some tests; the same
/// file twice counts once). Then cases of different formats that have the same identity become one case:
/// the format that tells most (the order of [`Format`]) goes first, the best dated start wins, the fuller
/// text wins. Linear in the number of attempts.
pub(super) fn merge(readings: Vec<(Format, Reading)>) -> TestRun {
    let mut run = TestRun { unread: strangers(&readings), ..TestRun::default() };
    let mut by_format: Vec<(Format, Vec<Attempt>)> = Vec::new();
    for (format, reading) in readings {
        run.started_at = earliest(run.started_at, reading.started_at);
        run.ended_at = run.ended_at.max(reading.ended_at);
        run.unread.extend(reading.unread);
        match by_format.iter_mut().find(|(known, _)| *known == format) {
            Some((_, attempts)) => add_new(attempts, reading.attempts),
            None => by_format.push((format, reading.attempts)),
        }
    }
    by_format.sort_by_key(|(format, _)| *format);
    let mut cases: Vec<KnownCase> = Vec::new();
    for (_, attempts) in by_format {
        let folded = fold(attempts);
        if cases.is_empty() {
            cases = folded;
        } else {
            join(&mut cases, folded);
        }
    }
    run.cases = cases.into_iter().map(|known| known.case).collect();
    for case in &run.cases {
        let Some(start) = case.start else { continue };
        run.started_at = earliest(run.started_at, Some(start.at));
        run.ended_at = run.ended_at.max(Some(super::times::plus(start.at, case.duration.unwrap_or_default())));
    }
    run
}

/// Files further apart than this are hardly of one run.
const APART: SignedDuration = SignedDuration::from_hours(1);

/// Notes for files whose times lie far from those of the first dated file.
fn strangers(readings: &[(Format, Reading)]) -> Vec<Unread> {
    let mut dated = readings.iter().filter_map(|(_, reading)| Some((reading, extent(reading)?)));
    let Some((first, (start, end))) = dated.next() else { return Vec::new() };
    let apart = dated.filter(|(_, (other_start, other_end))| {
        other_start.duration_since(end) > APART || start.duration_since(*other_end) > APART
    });
    let note = |(reading, (other_start, _)): (&Reading, (Timestamp, Timestamp))| Unread {
        path: reading.path.clone(),
        line: None,
        reason: format!(
            "starts at {other_start:.0}, {} at {start:.0}: read as one run, but these look like two; name the results of \
             another run with --control, or the offset of timestamps without one with --results-offset",
            first.path
        ),
    };
    apart.map(note).collect()
}

/// First and last moment a file tells of.
fn extent(reading: &Reading) -> Option<(Timestamp, Timestamp)> {
    let starts = || reading.attempts.iter().filter_map(|attempt| attempt.start).map(|start| start.at);
    let start = reading.started_at.into_iter().chain(starts()).min()?;
    let end = reading.ended_at.into_iter().chain(starts()).max()?;
    Some((start, end.max(start)))
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Adds the attempts of a further file of the same format, but for those that are there already.
fn add_new(attempts: &mut Vec<Attempt>, more: Vec<Attempt>) {
    let print = |attempt: &Attempt| {
        let who = (attempt.identity.key.clone(), attempt.identity.scope.clone());
        (who, attempt.start.map(|start| start.at), attempt.duration, attempt.outcome.word())
    };
    let known: FxHashSet<_> = attempts.iter().map(print).collect();
    attempts.extend(more.into_iter().filter(|attempt| !known.contains(&print(attempt))));
}

/// Joins the cases of one more format; the nth case of a key meets the nth case of that key.
fn join(cases: &mut Vec<KnownCase>, more: Vec<KnownCase>) {
    let mut places: FxHashMap<String, std::collections::VecDeque<usize>> = FxHashMap::default();
    for (place, known) in cases.iter().enumerate() {
        places.entry(known.identity.key.clone()).or_default().push_back(place);
    }
    for other in more {
        match places.get_mut(&other.identity.key).and_then(|places| places.pop_front()) {
            Some(place) => enrich(&mut cases[place], other),
            None => cases.push(other),
        }
    }
}

/// Adds to a case what another format knows better.
fn enrich(known: &mut KnownCase, other: KnownCase) {
    if !known.identity.stated && other.identity.stated {
        known.case.id.clone_from(&other.case.id);
        known.case.name.clone_from(&other.case.name);
        known.identity = other.identity;
    }
    let (own, other) = (&mut known.case, other.case);
    take_better_times(own, &other);
    own.attempts = own.attempts.max(other.attempts);
    let (own_weight, other_weight) = (weight(&own.outcome), weight(&other.outcome));
    if other_weight > own_weight {
        let mine = std::mem::replace(&mut own.outcome, other.outcome);
        take_fuller_texts(&mut own.outcome, &mine);
    } else {
        take_fuller_texts(&mut own.outcome, &other.outcome);
    }
}

fn take_better_times(own: &mut TestCase, other: &TestCase) {
    let better = match (own.start, other.start) {
        (None, Some(_)) => true,
        (Some(own), Some(other)) => other.source < own.source,
        _ => false,
    };
    if better {
        own.start = other.start;
        own.duration = other.duration.or(own.duration);
    } else {
        own.duration = own.duration.or(other.duration);
    }
}

/// A failure is never lost to a format that does not know of it.
fn weight(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Skipped => 0,
        Outcome::Passed => 1,
        Outcome::Flaky(_) => 2,
        Outcome::Failed(_) | Outcome::Errored(_) => 3,
    }
}

fn take_fuller_texts(own: &mut Outcome, other: &Outcome) {
    let (Outcome::Failed(own) | Outcome::Errored(own) | Outcome::Flaky(own)) = own else { return };
    let (Outcome::Failed(other) | Outcome::Errored(other) | Outcome::Flaky(other)) = other else { return };
    let Failure { message, details, output } = other;
    if own.message.is_empty() {
        own.message.clone_from(message);
    }
    for (own, other) in [(&mut own.details, details), (&mut own.output, output)] {
        if other.len() > own.len() {
            own.clone_from(other);
        }
    }
}
