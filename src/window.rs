//! When to look: the [`TimeWindow`] of each case, and the [`Spans`] of time that a pull must cover.

use jiff::{SignedDuration, Timestamp};

use crate::results::TestRun;

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

/// Disjoint half-open intervals in order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<(Timestamp, Timestamp)>);

impl Spans {
    /// The least set of intervals that covers all of these; empty ones are left out. O(n log n).
    pub fn union(intervals: impl IntoIterator<Item = (Timestamp, Timestamp)>) -> Spans {
        let mut intervals: Vec<_> = intervals.into_iter().filter(|(start, end)| start < end).collect();
        intervals.sort_unstable();
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (start, end) in intervals {
            match spans.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => spans.push((start, end)),
            }
        }
        Spans(spans)
    }

    /// Whether a moment lies in one of the intervals; logarithmic.
    pub fn contains(&self, moment: Timestamp) -> bool {
        let after = self.0.partition_point(|(start, _)| *start <= moment);
        after > 0 && moment < self.0[after - 1].1
    }

    /// The intervals in order of time.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        self.0.iter().copied()
    }

    /// From the first start to the last end.
    pub fn hull(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// Whether there is no interval.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
