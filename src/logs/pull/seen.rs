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
pub(super) struct Expected<'a> {
    file: &'a Source,
    /// How much must be read before anything is told by it, in bytes; `None` where nothing more is to be done.
    enough: Option<u64>,
    before: usize,
}

/// Tables of smaller files are quickly moved.
const WORTH_IT_BYTES: u64 = 8 << 20;

impl<'a> Expected<'a> {
    pub(super) fn of(file: &'a Source, seen: &Seen) -> Expected<'a> {
        Expected { file, enough: Some(WORTH_IT_BYTES), before: seen.len() }
    }

    /// Makes room once a good part of the file was read, up to this byte: rather too little than too much. Nothing is expected
    /// of a file whose size says nothing.
    pub(super) fn make_room(&mut self, read: Option<u64>, seen: &mut Seen) {
        let Some(read) = self.enough.zip(read).and_then(|(enough, read)| (read >= enough).then_some(read)) else { return };
        let size = self.file.seekable().ok().flatten().map(|(_, size)| size);
        self.enough = size.map(|size| size / 16).filter(|enough| read < *enough);
        if let (Some(size), None) = (size, self.enough) {
            let rest = size.saturating_sub(read) as f64 / read.max(1) as f64;
            seen.reserve(((seen.len() - self.before) as f64 * rest * 0.9) as usize);
        }
    }
}
