//! The identities of entries, by which duplicates are known.

use rustc_hash::FxHashSet;

use crate::logs::source::Source;

/// In how many parts they are kept.
const PARTS: usize = 16;

/// The identities of all entries within reach. In parts, because a table that grows is there twice for a moment.
#[derive(Default)]
pub(super) struct Seen([FxHashSet<u64>; PARTS]);

impl Seen {
    /// Whether it is there for the first time.
    pub(super) fn insert(&mut self, key: u64) -> bool {
        // The table itself uses the highest and the lowest bits.
        self.0[(key >> 32) as usize % self.0.len()].insert(key)
    }

    fn len(&self) -> usize {
        self.0.iter().map(FxHashSet::len).sum()
    }

    fn reserve(&mut self, more: usize) {
        self.0.iter_mut().for_each(|part| part.reserve(more / PARTS));
    }
}

/// How many identities the rest of a file will bring, told by its beginning: a table that grows moves all that it holds.
pub(super) struct Expected {
    /// How large the file is, until room was made.
    size: Option<u64>,
    before: usize,
}

impl Expected {
    /// Nothing is expected of a file whose size says nothing.
    pub(super) fn of(file: &Source, seen: &Seen) -> Expected {
        Expected { size: file.seekable().ok().flatten().map(|(_, size)| size), before: seen.len() }
    }

    /// Makes room once a good part of the file was read, up to this byte: rather too little than too much.
    pub(super) fn make_room(&mut self, read: Option<u64>, seen: &mut Seen) {
        let Some((size, read)) = self.size.zip(read).filter(|(size, read)| *read >= size / 16) else { return };
        self.size = None;
        let rest = size.saturating_sub(read) as f64 / read.max(1) as f64;
        seen.reserve(((seen.len() - self.before) as f64 * rest * 0.9) as usize);
    }
}
