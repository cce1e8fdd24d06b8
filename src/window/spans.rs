//! Disjoint intervals in order of time.

use jiff::{SignedDuration, Timestamp};

use super::extended;

/// Disjoint half-open intervals in order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<(Timestamp, Timestamp)>);

impl Spans {
    /// Merges intervals that overlap or touch; empty and reversed ones are left out. O(n log n).
    pub fn union(intervals: impl IntoIterator<Item = (Timestamp, Timestamp)>) -> Spans {
        let mut sorted: Vec<_> = intervals.into_iter().filter(|(start, end)| start < end).collect();
        sorted.sort_unstable();
        let mut merged: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(sorted.len());
        for (start, end) in sorted {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        Spans(merged)
    }

    /// Whether the moment lies in one of the intervals. O(log n).
    pub fn contains(&self, at: Timestamp) -> bool {
        let after = self.0.partition_point(|(start, _)| *start <= at);
        after.checked_sub(1).is_some_and(|place| at < self.0[place].1)
    }

    /// Whether any moment from the one to the other, both included, lies in one of the intervals. O(log n).
    pub fn meets(&self, (first, last): (Timestamp, Timestamp)) -> bool {
        let next = self.0.partition_point(|(_, end)| *end <= first);
        self.0.get(next).is_some_and(|(start, _)| *start <= last)
    }

    /// The intervals, in order of time.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Timestamp, Timestamp)> + '_ {
        self.0.iter().copied()
    }

    /// Whether there is no interval.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From the start of the first interval to the end of the last.
    pub fn hull(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// Each interval made longer on both sides, held at the ends of time; those that then meet are merged.
    #[must_use]
    pub fn extended(&self, before: SignedDuration, after: SignedDuration) -> Spans {
        Spans::union(self.0.iter().map(|span| extended(*span, before, after)))
    }
}

impl FromIterator<(Timestamp, Timestamp)> for Spans {
    fn from_iter<I: IntoIterator<Item = (Timestamp, Timestamp)>>(intervals: I) -> Spans {
        Spans::union(intervals)
    }
}
