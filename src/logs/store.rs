//! Keeps the entries that may be wanted until all sources are read, within bounds.
//!
//! Their JSON is kept in memory up to a budget; beyond it only their places are kept, and what is wanted in the
//! end is read again: from plain files, where reading one place costs nothing but that. From others it is kept
//! compressed; only when that, too, has become much, lines that are only here because they may belong to a stack trace
//! that is wanted are let go. Nothing of this shows in the result.

use std::cmp::Ordering;
use std::io;
use std::ops::Range;

use rayon::prelude::*;

use super::Gap;
use super::harvest::Candidate;
use super::identity::text_hash;
use super::source::Source;

/// How much JSON is kept in memory, in bytes, where it can be read again.
pub(super) const BUDGET_BYTES: usize = 8 << 20;

/// How hard JSON is compressed: entries repeat each other so much that the fastest way leaves a tenth.
const LEVEL: i32 = 1;

/// How many budgets are kept compressed before lines that may only belong to a stack trace are let go all the same.
const PACKED_BUDGETS: usize = 4;

/// How many candidates make a batch, about.
const BATCH: usize = 4096;

/// How much JSON it holds at most, if it is of more than one block.
const BATCH_BYTES: usize = 1 << 20;

/// A candidate's place in the [`Store`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    batch: u32,
    at: u32,
}

/// Candidates and their JSON.
pub(super) struct Store {
    batches: Vec<Batch>,
    /// The places of the batches that further candidates go into: those that stay as they are, those that will be compressed.
    under_way: [Option<usize>; 2],
    /// Each with whether it is plain.
    files: Vec<(Source, bool)>,
    /// JSON that was read again, from other files and from what is at hand.
    fetched: [Vec<u8>; 2],
    kept: usize,
    /// How much is kept compressed, in bytes.
    packed: usize,
    budget: usize,
}

struct Batch {
    file: u32,
    candidates: Vec<Candidate>,
    held: Vec<u8>,
    /// Where their JSON is neither in `held` nor in a file.
    packed: Option<Packed>,
}

/// Compressed JSON of several candidates, whose offsets are places in it.
struct Packed {
    bytes: Vec<u8>,
    /// Length of what was compressed.
    length: usize,
}

impl Batch {
    /// Compresses the JSON; what cannot be compressed stays.
    fn pack(&mut self) {
        let Ok(packed) = Packed::of(&self.held) else { return };
        for candidate in &mut self.candidates {
            candidate.offset = u64::from(candidate.raw.start);
            candidate.length = candidate.raw.len() as u32;
        }
        self.held = let_go(&mut self.candidates, &self.held);
        self.packed = Some(packed);
    }
}

impl Packed {
    fn of(text: &[u8]) -> io::Result<Packed> {
        let mut bytes = zstd::bulk::compress(text, LEVEL)?;
        // Room was made for what cannot be compressed.
        bytes.shrink_to_fit();
        Ok(Packed { bytes, length: text.len() })
    }

    fn text(&self) -> io::Result<Vec<u8>> {
        zstd::bulk::decompress(&self.bytes, self.length)
    }
}

impl Store {
    pub(super) fn new(budget: usize) -> Store {
        Store {
            batches: Vec::new(),
            under_way: [None; 2],
            files: Vec::new(),
            fetched: [Vec::new(), Vec::new()],
            kept: 0,
            packed: 0,
            budget,
        }
    }

    /// The batches that follow come from this file; says whether any place of it can be read again.
    pub(super) fn begin(&mut self, file: &Source) -> bool {
        let is_plain = file.is_plain();
        self.files.push((file.clone(), is_plain));
        is_plain
    }

    /// Takes candidates and their JSON from the file begun last.
    pub(super) fn add(&mut self, mut candidates: Vec<Candidate>, mut held: Vec<u8>) {
        let plain = self.files.last().is_some_and(|(_, plain)| *plain);
        self.kept += held.len();
        if self.kept > self.budget {
            if !plain {
                // To read others again costs to decode all of the file again.
                let all = self.packed < self.budget.saturating_mul(PACKED_BUDGETS);
                let (packed, others) = candidates.into_iter().partition(|candidate| all || candidate.admitted);
                self.push(packed, &held, true);
                candidates = others;
            }
            held = let_go(&mut candidates, &held);
        }
        self.push(candidates, &held, false);
    }

    /// Adds to the batch under way. Many blocks go into one: what is large is never moved, and what is small never kept.
    fn push(&mut self, mut candidates: Vec<Candidate>, held: &[u8], packed: bool) {
        if candidates.is_empty() {
            return;
        }
        let wanted: usize = candidates.iter().map(|candidate| candidate.raw.len().max(candidate.insert_id.len())).sum();
        let file = self.files.len().saturating_sub(1) as u32;
        let has_room = |batch: &Batch| {
            let room = batch.candidates.capacity() - batch.candidates.len();
            batch.file == file && candidates.len() <= room && batch.held.len() + wanted <= BATCH_BYTES
        };
        let place = self.under_way[usize::from(packed)].filter(|place| has_room(&self.batches[*place])).unwrap_or_else(|| {
            self.close(packed);
            let candidates = Vec::with_capacity(BATCH.max(candidates.len()));
            self.batches.push(Batch { file, candidates, held: Vec::new(), packed: None });
            self.batches.len() - 1
        });
        self.under_way[usize::from(packed)] = Some(place);
        let batch = &mut self.batches[place];
        for candidate in &mut candidates {
            move_over(candidate, held, &mut batch.held);
        }
        batch.candidates.append(&mut candidates);
    }

    /// Nothing more comes into the batch under way.
    fn close(&mut self, packed: bool) {
        let Some(place) = self.under_way[usize::from(packed)].take() else { return };
        let batch = &mut self.batches[place];
        if packed {
            batch.pack();
            self.packed += batch.packed.as_ref().map_or(0, |packed| packed.bytes.len());
        }
        batch.held.shrink_to_fit();
        batch.candidates.shrink_to_fit();
    }

    /// Whether reading one of its candidates again costs nothing but that.
    fn is_at_hand(&self, batch: &Batch) -> bool {
        batch.packed.is_some() || self.files[batch.file as usize].1
    }

    pub(super) fn candidate(&self, place: Place) -> &Candidate {
        &self.batches[place.batch as usize].candidates[place.at as usize]
    }

    /// The JSON of a candidate; empty if it is neither kept nor fetched.
    pub(super) fn raw(&self, place: Place) -> &[u8] {
        let candidate = self.candidate(place);
        let batch = &self.batches[place.batch as usize];
        let bytes = if candidate.fetched { &self.fetched[usize::from(self.is_at_hand(batch))] } else { &batch.held };
        slice(bytes, &candidate.raw)
    }

    fn insert_id(&self, place: Place) -> &[u8] {
        slice(&self.batches[place.batch as usize].held, &self.candidate(place).insert_id)
    }

    /// All candidates by time, then insert id. Of duplicates one stays, the same whatever the order of the
    /// input, and it is admitted if one of them is.
    pub(super) fn in_order(&mut self) -> Vec<Place> {
        let batches = self.batches.iter().enumerate();
        let places = batches
            .flat_map(|(batch, held)| (0..held.candidates.len()).map(move |at| Place { batch: batch as u32, at: at as u32 }));
        let mut places: Vec<Place> = places.collect();
        places.par_sort_unstable_by(|a, b| self.order(*a, *b));
        let mut admitted = Vec::new();
        places.dedup_by(|later, first| {
            let (one, two) = (self.candidate(*first), self.candidate(*later));
            let same = one.key == two.key && one.at == two.at;
            if same && two.admitted {
                admitted.push((*first, two.alone));
            }
            same
        });
        for (place, alone) in admitted {
            let candidate = &mut self.batches[place.batch as usize].candidates[place.at as usize];
            candidate.admitted = true;
            candidate.alone |= alone;
        }
        places
    }

    fn order(&self, a: Place, b: Place) -> Ordering {
        let (one, two) = (self.candidate(a), self.candidate(b));
        let ids = || self.insert_id(a).cmp(self.insert_id(b));
        one.at.cmp(&two.at).then_with(ids).then(one.key.cmp(&two.key)).then(one.text.cmp(&two.text))
    }

    /// Reads again what was let go, as far as these candidates are concerned and are at hand (or are not): one pass over
    /// each file. What was fetched from what is at hand before is forgotten.
    pub(super) fn fetch(&mut self, wanted: impl Iterator<Item = Place>, at_hand: bool) -> Vec<Gap> {
        self.fetched[usize::from(at_hand)].clear();
        let batch = |place: Place| &self.batches[place.batch as usize];
        let away: Vec<Place> =
            wanted.filter(|place| self.is_at_hand(batch(*place)) == at_hand && self.candidate(*place).raw.is_empty()).collect();
        let (packed, in_files): (Vec<Place>, Vec<Place>) = away.into_iter().partition(|place| batch(*place).packed.is_some());
        self.unpack(packed);
        self.read_again(in_files)
    }

    fn unpack(&mut self, mut wanted: Vec<Place>) {
        wanted.sort_unstable_by_key(|place| place.batch);
        for of_one_batch in wanted.chunk_by(|one, other| one.batch == other.batch) {
            let packed = self.batches[of_one_batch[0].batch as usize].packed.as_ref();
            let Some(text) = packed.and_then(|packed| packed.text().ok()) else { continue };
            for place in of_one_batch {
                let candidate = self.candidate(*place);
                let start = candidate.offset as usize;
                let part = text.get(start..start + candidate.length as usize).unwrap_or_default();
                self.bring_back(*place, part);
            }
        }
    }

    fn read_again(&mut self, wanted: Vec<Place>) -> Vec<Gap> {
        let mut away: Vec<(u32, u64, Place)> = wanted
            .into_iter()
            .filter(|place| self.candidate(*place).length > 0)
            .map(|place| (self.batches[place.batch as usize].file, self.candidate(place).offset, place))
            .collect();
        away.sort_unstable_by_key(|(file, offset, _)| (*file, *offset));
        let mut gaps = Vec::new();
        for of_one_file in away.chunk_by(|a, b| a.0 == b.0) {
            let (file, _) = self.files[of_one_file[0].0 as usize].clone();
            let ranges: Vec<(u64, usize)> =
                of_one_file.iter().map(|(_, offset, place)| (*offset, self.candidate(*place).length as usize)).collect();
            let mut places = of_one_file.iter();
            let read = file.read_again(&ranges, &mut |text| {
                if let Some((.., place)) = places.next() {
                    self.bring_back(*place, text);
                }
            });
            let missing = of_one_file.iter().filter(|(.., place)| self.raw(*place).is_empty()).count();
            if missing > 0 {
                let why = read.err().map(|error| format!(" ({error})")).unwrap_or_default();
                let statement = format!(
                    "{}: {missing} entries were gone when read again{why}; do not change the file meanwhile",
                    file.name()
                );
                gaps.push(Gap { kind: "changed-while-reading", statement });
            }
        }
        gaps
    }

    fn bring_back(&mut self, place: Place, text: &[u8]) {
        let at_hand = self.is_at_hand(&self.batches[place.batch as usize]);
        let batch = &mut self.batches[place.batch as usize];
        let fetched = &mut self.fetched[usize::from(at_hand)];
        let candidate = &mut batch.candidates[place.at as usize];
        if text_hash(text) == candidate.text {
            let start = fetched.len() as u32;
            fetched.extend_from_slice(text);
            candidate.raw = start..fetched.len() as u32;
            candidate.fetched = true;
        }
    }
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u32>) -> &'a [u8] {
    &bytes[range.start as usize..range.end as usize]
}

/// Keeps of what can be read again only the insert ids.
fn let_go(candidates: &mut [Candidate], held: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    for candidate in candidates {
        if candidate.length > 0 {
            candidate.raw = candidate.raw.start..candidate.raw.start;
        }
        move_over(candidate, held, &mut kept);
    }
    kept
}

/// Moves what is held of a candidate, its JSON with the insert id in it or the insert id alone, behind what is held already.
fn move_over(candidate: &mut Candidate, held: &[u8], kept: &mut Vec<u8>) {
    let start = kept.len() as u32;
    let keep = if candidate.raw.is_empty() { candidate.insert_id.clone() } else { candidate.raw.clone() };
    kept.extend_from_slice(slice(held, &keep));
    let moved = |range: &Range<u32>| range.start - keep.start + start..range.end - keep.start + start;
    candidate.insert_id = if candidate.insert_id.is_empty() { start..start } else { moved(&candidate.insert_id) };
    candidate.raw = if candidate.raw.is_empty() { start..start } else { moved(&candidate.raw) };
}
