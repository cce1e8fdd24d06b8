//! The `<testsuite>` elements: who wrote the file, and the clocks its cases are dated by.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::super::attempt::Attempt;
use super::super::failure::failure;
use super::super::identity::Writer;
use super::super::merge::Reading;
use super::super::notes::Notes;
use super::super::{Outcome, times};
use super::Attrs;
use super::cases::Case;

/// Start and length of the whole file or of one suite.
#[derive(Clone, Default)]
struct Span {
    name: String,
    start: Option<Timestamp>,
    total: Option<SignedDuration>,
}

/// The suites of a file and the attempts in them.
#[derive(Default)]
pub(super) struct Suites {
    writer: Writer,
    root: Span,
    suites: Vec<Span>,
    /// The suites that are open, innermost last.
    open: Vec<usize>,
    attempts: Vec<Attempt>,
    /// For each attempt the place of the suite that dates it: the innermost with a timestamp.
    clocks: Vec<Option<usize>>,
    cases: usize,
}

impl Suites {
    pub(super) fn enter_root(&mut self, attrs: &Attrs, line: u64, offset: Offset, notes: &mut Notes) {
        self.root = span(attrs, "testsuites", line, offset, notes);
        self.writer = match attrs.text("name") {
            "nextest-run" => Writer::Nextest,
            "pytest tests" => Writer::Pytest,
            "jest tests" => Writer::Jest,
            _ => self.writer,
        };
    }

    pub(super) fn enter(&mut self, attrs: &Attrs, line: u64, offset: Offset, notes: &mut Notes) {
        if attrs.text("name") == "pytest" {
            self.writer = Writer::Pytest;
        }
        let place = format!("test suite `{}`", attrs.text("name").chars().take(120).collect::<String>());
        self.open.push(self.suites.len());
        self.suites.push(span(attrs, &place, line, offset, notes));
    }

    /// A property of a suite. Both Go writers state `go.version`; of them gotestsum states how long the run took.
    pub(super) fn property(&mut self, name: &str) {
        if name == "go.version" && self.root.total.is_some() {
            self.writer = Writer::Gotestsum;
        }
    }

    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    pub(super) fn add(&mut self, case: Case) {
        let number = self.open.last().copied();
        let name = number.map(|number| self.suites[number].name.clone()).unwrap_or_default();
        let clock = self.open.iter().rev().copied().find(|&number| self.suites[number].start.is_some());
        let made = case.attempts(self.writer, (&name, number.unwrap_or_default()));
        self.clocks.extend(made.iter().map(|_| clock));
        self.attempts.extend(made);
        self.cases += 1;
    }

    pub(super) fn count(&self) -> usize {
        self.cases
    }

    pub(super) fn finish(mut self, notes: &mut Notes) -> Reading {
        if self.writer == Writer::Gotestsum {
            let reason = "gotestsum puts failed tests first, so the file does not say when each test ran; add the output of \
                          go test -json (gotestsum --jsonfile)";
            notes.add(None, reason);
        } else {
            self.date(notes);
        }
        if self.writer == Writer::Pytest {
            mark_reruns(&mut self.attempts);
        }
        let spans = || std::iter::once(&self.root).chain(&self.suites);
        let started_at = spans().filter_map(|span| span.start).min();
        // Where the root states only a length, it is that of the whole run.
        let whole = started_at.zip(self.root.total);
        let ends = spans().filter_map(|span| span.start.zip(span.total)).chain(whole);
        Reading {
            started_at,
            ended_at: ends.map(|(start, total)| times::plus(start, total)).max(),
            attempts: self.attempts,
            ..Reading::default()
        }
    }

    /// Dates the cases by the timestamp of their suite and the durations before them.
    ///
    /// Suites that share one timestamp (Playwright writes the start of the run on each) are one stretch of time, as
    /// long as the whole run.
    fn date(&mut self, notes: &mut Notes) {
        let start_of = |clock: Option<usize>| clock.map_or(self.root.start, |number| self.suites[number].start);
        let mut stretches: Vec<(Timestamp, Vec<usize>)> = Vec::new();
        let mut known = rustc_hash::FxHashMap::default();
        for (place, clock) in self.clocks.iter().enumerate() {
            let Some(start) = start_of(*clock) else { continue };
            let at = *known.entry(start).or_insert(stretches.len());
            if at == stretches.len() {
                stretches.push((start, Vec::new()));
            }
            stretches[at].1.push(place);
        }
        let alone = stretches.len() == 1;
        for (start, places) in stretches {
            let total = self.length_of(&places, alone);
            if let Err(sum) = times::date_by_sum(&mut self.attempts, places.iter().copied(), start, total) {
                notes.side_by_side(places.len(), sum, total.unwrap_or_default());
            }
        }
    }

    /// How long the stretch of time took in which these attempts ran.
    fn length_of(&self, places: &[usize], is_whole_file: bool) -> Option<SignedDuration> {
        let first = self.clocks.get(*places.first()?).copied().flatten();
        let one_clock = places.iter().all(|&place| self.clocks[place] == first);
        let own = first.filter(|_| one_clock).map_or(self.root.total, |number| self.suites[number].total);
        let durations = places.iter().filter_map(|&place| self.attempts[place].duration);
        let sum = durations.fold(SignedDuration::ZERO, SignedDuration::saturating_add);
        // Playwright states the sum of its tests as the time of a suite; only the root tells how long the run took.
        let is_bare_sum = own.is_none_or(|own| own <= sum.saturating_add(SignedDuration::from_millis(1)));
        if is_whole_file && is_bare_sum { own.max(self.root.total) } else { own }
    }
}

fn span(attrs: &Attrs, place: &str, line: u64, offset: Offset, notes: &mut Notes) -> Span {
    let stated = |name: &str| attrs.get(name).filter(|text| !text.is_empty());
    let start = stated("timestamp");
    let start = start.and_then(|text| notes.ok(Some(line), &format!("{place}: timestamp"), times::moment(text, offset)));
    let total = stated("time");
    let total = total.and_then(|text| notes.ok(Some(line), &format!("{place}: time"), times::duration(text)));
    Span { name: attrs.text("name").to_owned(), start, total }
}

/// pytest runs a test once, unless pytest-rerunfailures runs it again because it failed; pytest's JUnit writer then
/// leaves a bare element for each try but the last. So a bare element with another one after it is a failure.
fn mark_reruns(attempts: &mut [Attempt]) {
    let mut seen = rustc_hash::FxHashSet::default();
    for attempt in attempts.iter_mut().rev() {
        let first_from_behind = seen.insert(attempt.identity.key.clone());
        if !first_from_behind && attempt.outcome == Outcome::Passed {
            attempt.outcome = Outcome::Failed(failure("", "", ""));
        } else if attempt.continues {
            // The try itself comes before its teardown and is not a rerun.
            seen.remove(&attempt.identity.key);
        }
    }
}
