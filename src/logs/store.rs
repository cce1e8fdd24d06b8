//! Keeps the entries that may be wanted until all sources are read, within bounds.
//!
//! Their JSON is kept in memory up to a budget; beyond it only their places are kept, and what is wanted in the
//! end is read again. Lines that are only here because they may belong to a stack trace that is wanted are let
//! go from any source; what the gate admits only from plain files, where reading one place costs nothing
//! but that. Nothing of this shows in the result.

use std::cmp::Ordering;
use std::ops::Range;

use rayon::prelude::*;

use super::Gap;
use super::harvest::Candidate;
use super::intake::text_hash;
use super::source::Source;

/// How much JSON is kept in memory, in bytes, where it can be read again.
pub(super) const BUDGET_BYTES: usize = 8 << 20;

/// A candidate's place in the [`Store`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    batch: u32,
    at: u32,
}

/// Candidates and their JSON.
pub(super) struct Store {
    batches: Vec<Batch>,
    /// Each with whether it is plain.
    files: Vec<(Source, bool)>,
    /// JSON that was read again, from other files and from plain ones.
    fetched: [Vec<u8>; 2],
    kept: usize,
    budget: usize,
}

struct Batch {
    file: u32,
    candidates: Vec<Candidate>,
    held: Vec<u8>,
}

impl Store {
    pub(super) fn new(budget: usize) -> Store {
        Store { batches: Vec::new(), files: Vec::new(), fetched: [Vec::new(), Vec::new()], kept: 0, budget }
    }

    /// The batches that follow come from this file.
    pub(super) fn begin(&mut self, file: &Source) {
        self.files.push((file.clone(), file.is_plain()));
    }

    /// Takes candidates and their JSON from the file begun last.
    pub(super) fn add(&mut self, mut candidates: Vec<Candidate>, mut held: Vec<u8>) {
        if candidates.is_empty() {
            return;
        }
        let plain = self.files.last().is_some_and(|(_, plain)| *plain);
        self.kept += held.len();
        if self.kept > self.budget {
            held = let_go(&mut candidates, &held, plain);
        }
        held.shrink_to_fit();
        candidates.shrink_to_fit();
        let file = self.files.len().saturating_sub(1) as u32;
        self.batches.push(Batch { file, candidates, held });
    }

    pub(super) fn candidate(&self, place: Place) -> &Candidate {
        &self.batches[place.batch as usize].candidates[place.at as usize]
    }

    /// The JSON of a candidate; empty if it is neither kept nor fetched.
    pub(super) fn raw(&self, place: Place) -> &[u8] {
        let candidate = self.candidate(place);
        let batch = &self.batches[place.batch as usize];
        let bytes = if candidate.fetched { &self.fetched[usize::from(self.files[batch.file as usize].1)] } else { &batch.held };
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
                admitted.push(*first);
            }
            same
        });
        for place in admitted {
            self.batches[place.batch as usize].candidates[place.at as usize].admitted = true;
        }
        places
    }

    fn order(&self, a: Place, b: Place) -> Ordering {
        let (one, two) = (self.candidate(a), self.candidate(b));
        let ids = || self.insert_id(a).cmp(self.insert_id(b));
        one.at.cmp(&two.at).then_with(ids).then(one.key.cmp(&two.key)).then(one.text.cmp(&two.text))
    }

    /// Reads again what was let go, as far as these candidates are concerned and lie in plain files (or in all
    /// others): one pass over each file. What was fetched from plain files before is forgotten.
    pub(super) fn fetch(&mut self, wanted: impl Iterator<Item = Place>, plain: bool) -> Vec<Gap> {
        self.fetched[usize::from(plain)].clear();
        let mut away: Vec<(u32, u64, Place)> = wanted
            .map(|place| (self.batches[place.batch as usize].file, place))
            .filter(|(file, place)| self.files[*file as usize].1 == plain && self.candidate(*place).raw.is_empty())
            .filter_map(|(file, place)| Some((file, self.candidate(place).offset?, place)))
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
        let batch = &mut self.batches[place.batch as usize];
        let fetched = &mut self.fetched[usize::from(self.files[batch.file as usize].1)];
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
fn let_go(candidates: &mut [Candidate], held: &[u8], plain: bool) -> Vec<u8> {
    let mut kept = Vec::new();
    for candidate in candidates {
        let go = candidate.offset.is_some() && (plain || !candidate.admitted);
        let keep = if go { candidate.insert_id.clone() } else { candidate.raw.clone() };
        let start = kept.len() as u32;
        kept.extend_from_slice(slice(held, &keep));
        let moved = |range: &Range<u32>| range.start - keep.start + start..range.end - keep.start + start;
        let insert_id = if candidate.insert_id.is_empty() { start..start } else { moved(&candidate.insert_id) };
        candidate.raw = if go { start..start } else { moved(&candidate.raw) };
        candidate.insert_id = insert_id;
    }
    kept
}
