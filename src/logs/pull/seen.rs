//! The identities of entries, by which duplicates are known.

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

/// How long the stretches of time are whose identities are kept together, in seconds.
const TOGETHER: i64 = 16;

/// The identities of all entries within reach, by when they happened: equal entries happened at the same time, and where entries are
/// nearly in order, a new one is looked for among a few that the processor still has at hand.
#[derive(Default)]
pub(super) struct Seen(FxHashMap<i64, FxHashSet<u64>>);

impl Seen {
    /// Whether it is there for the first time.
    pub(super) fn insert(&mut self, at: Timestamp, key: u64) -> bool {
        self.0.entry(at.as_second().div_euclid(TOGETHER)).or_default().insert(key)
    }
}
