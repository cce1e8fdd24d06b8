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
