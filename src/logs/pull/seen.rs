//! The identities of entries, by which duplicates are known.

use std::collections::VecDeque;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

/// How long the stretches of time are whose identities are kept together, in seconds.
const TOGETHER: i64 = 16;

/// How many stretches are kept as sets before the first of them is closed.
const OPEN: usize = 8;

/// The identities of all entries within reach, by when they happened: equal entries happened at the same time, and where entries are
/// nearly in order, a new one is looked for among a few that the processor still has at hand.
#[derive(Default)]
pub(super) struct Seen {
    open: FxHashMap<i64, FxHashSet<u64>>,
    /// Stretches to which nothing comes any more, most likely: half as large as sets.
    closed: FxHashMap<i64, Box<[u64]>>,
    /// Those that will be closed, the first one next.
    recent: VecDeque<i64>,
}

impl Seen {
    /// Whether it is there for the first time.
    pub(super) fn insert(&mut self, at: Timestamp, key: u64) -> bool {
        let stretch = at.as_second().div_euclid(TOGETHER);
        match self.open.get_mut(&stretch) {
            Some(set) => set.insert(key),
            None => self.reopened(stretch).insert(key),
        }
    }

    /// A stretch that is not open, opened. One that was closed once is not closed again, so that entries in any order cost no more than sets do.
    fn reopened(&mut self, stretch: i64) -> &mut FxHashSet<u64> {
        let set = match self.closed.remove(&stretch) {
            Some(closed) => closed.into_iter().collect(),
            None => {
                self.recent.push_back(stretch);
                FxHashSet::default()
            }
        };
        if self.recent.len() > OPEN
            && let Some(first) = self.recent.pop_front()
            && let Some(set) = self.open.remove(&first)
        {
            self.closed.insert(first, set.into_iter().collect());
        }
        self.open.entry(stretch).or_insert(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_there_for_the_first_time_once_whatever_the_order_of_time() {
        let shuffled: Vec<i64> = (0..5000).map(|second| second * 7_919 % 5000).collect();
        for order in [(0..5000).collect(), (0..5000).rev().collect(), shuffled] {
            let mut seen = Seen::default();
            for again in [false, true] {
                for second in &order {
                    for key in 0..3 {
                        let at = Timestamp::from_second(*second).unwrap();
                        assert_eq!(seen.insert(at, 3 * *second as u64 + key), !again, "{second}");
                    }
                }
            }
        }
    }
}
