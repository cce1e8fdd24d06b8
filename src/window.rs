//! When to look: the [`TimeWindow`] of each case, and the [`Spans`] of time that a pull must cover.

use jiff::{SignedDuration, Timestamp};

use crate::results::{StartSource, TestCase, TestRun};

mod given;
mod spans;

pub use given::{WindowError, parse_around, parse_margin, parse_window};
pub use spans::Spans;

/// A half-open UTC interval around a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWindow {
    /// First moment inside.
    pub start: Timestamp,
    /// First moment after it.
    pub end: Timestamp,
    /// How well the interval is known.
    pub precision: Precision,
}

/// Where a window comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// The results date each case.
    Exact,
    /// Suite time plus the durations in file order.
    Summed,
    /// The span of the whole run: nothing dates the case.
    WholeRun,
    /// Named by the user, without test results.
    Given,
}

/// How far a window reaches beyond what it is around; negative lengths count as zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Margins {
    /// Before the start.
    pub before: SignedDuration,
    /// After the end.
    pub after: SignedDuration,
}

/// When a case ran, and the window to look at for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseWindow {
    /// The bare interval of the case, half-open; empty for a case that took no time. Statistics rest on it, for
    /// the margins of neighbours overlap.
    pub core: (Timestamp, Timestamp),
    /// The core with its margins.
    pub window: TimeWindow,
}

impl TimeWindow {
    /// Whether the moment lies inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether the two share at least one moment.
    pub fn overlaps(&self, other: &TimeWindow) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// From start to end.
    pub fn duration(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// The window of an interval, with margins around it; held at the ends of time.
    pub fn new(core: (Timestamp, Timestamp), margins: Margins, precision: Precision) -> TimeWindow {
        let (start, end) = extended(core, margins.before, margins.after);
        TimeWindow { start, end, precision }
    }
}

/// The window of each case of the run, in the order of the cases; none where nothing dates the run.
///
/// A case without a start of its own gets the span of the whole run. A start that is stated in whole seconds was
/// rounded down by its writer, so the case may have ended up to a second later: its core is that much longer.
pub fn around(run: &TestRun, margins: Margins) -> Vec<Option<CaseWindow>> {
    let whole = whole_run(run);
    run.cases.iter().map(|case| case_window(case, run, whole, margins)).collect()
}

fn case_window(case: &TestCase, run: &TestRun, whole: Option<(Timestamp, Timestamp)>, margins: Margins) -> Option<CaseWindow> {
    let Some(start) = case.start else {
        let core = whole?;
        return Some(CaseWindow { core, window: TimeWindow::new(core, margins, Precision::WholeRun) });
    };
    let (precision, rounding) = match start.source {
        StartSource::Stated if start.at.subsec_nanosecond() == 0 => (Precision::Exact, SignedDuration::from_secs(1)),
        StartSource::Stated => (Precision::Exact, SignedDuration::ZERO),
        StartSource::Summed => (Precision::Summed, SignedDuration::ZERO),
    };
    let end = match case.duration {
        Some(duration) => plus(plus(start.at, duration), rounding),
        None => run.ended_at.unwrap_or(start.at).max(start.at),
    };
    let core = (start.at, end);
    Some(CaseWindow { core, window: TimeWindow::new(core, margins, precision) })
}

/// From the start to the end of the run. Where one of them is missing, the durations of all cases stand in.
pub fn whole_run(run: &TestRun) -> Option<(Timestamp, Timestamp)> {
    let durations = run.cases.iter().filter_map(|case| case.duration);
    let sum = durations.fold(SignedDuration::ZERO, SignedDuration::saturating_add);
    match (run.started_at, run.ended_at) {
        (Some(start), Some(end)) => Some((start.min(end), start.max(end))),
        (Some(start), None) => Some((start, plus(start, sum))),
        (None, Some(end)) => Some((plus(end, -sum), end)),
        (None, None) => None,
    }
}

fn extended(core: (Timestamp, Timestamp), before: SignedDuration, after: SignedDuration) -> (Timestamp, Timestamp) {
    let positive = |length: SignedDuration| length.max(SignedDuration::ZERO);
    (plus(core.0, -positive(before)), plus(core.1, positive(after)))
}

/// A moment plus a length, held at the ends of time.
fn plus(at: Timestamp, length: SignedDuration) -> Timestamp {
    at.checked_add(length).unwrap_or(if length.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests;
