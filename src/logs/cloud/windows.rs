//! The stretches of time to ask for: windows that lie near one another are one request.

use jiff::{SignedDuration, Timestamp};

use crate::window::Spans;

/// Windows that lie this close are asked for together: each request of its own costs as much quota as a page of
/// a thousand entries.
pub const NEAR: SignedDuration = SignedDuration::from_secs(30);

/// The stretches that cover all the intervals, in order of time, those closer than `near` as one; empty and
/// reversed intervals are left out. O(n log n).
pub fn merged(intervals: impl IntoIterator<Item = (Timestamp, Timestamp)>, near: SignedDuration) -> Vec<(Timestamp, Timestamp)> {
    let mut together: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in Spans::union(intervals).iter() {
        match together.last_mut() {
            Some(last) if start.duration_since(last.1) <= near => last.1 = end,
            _ => together.push((start, end)),
        }
    }
    together
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_windows_become_one_and_far_ones_stay() {
        let at = |second: i64| Timestamp::from_second(1_795_166_800 + second).unwrap();
        let windows = [(at(100), at(110)), (at(0), at(10)), (at(40), at(60)), (at(5), at(10)), (at(91), at(90))];
        assert_eq!(merged(windows, NEAR), [(at(0), at(60)), (at(100), at(110))]);
        assert_eq!(merged(windows, SignedDuration::ZERO).len(), 3);
        assert_eq!(merged([], NEAR), []);
    }
}
