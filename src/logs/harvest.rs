//! What is taken out of one block: its counts, and the entries that may be wanted, unparsed.

use std::num::{NonZeroU16, NonZeroU32};
use std::ops::Range;

use jiff::Timestamp;

use super::lines::Shape;
use super::mend::Fix;
use super::ties::Ties;

/// What one block holds. Lines are numbered from 0 within the block.
#[derive(Default)]
pub(super) struct Harvest {
    /// The parts of it that hold entries, in order.
    pub(super) parts: Vec<Part>,
    pub(super) entries: u64,
    /// Its entries are in order of time, oldest first, newest first.
    pub(super) in_order: [bool; 2],
    /// Newlines in the block.
    pub(super) lines: u64,
    /// Service and revision of the sightings, without repetition.
    pub(super) places: Vec<(String, String)>,
    /// The entries within reach.
    pub(super) sightings: Vec<Sighting>,
    pub(super) candidates: Vec<Candidate>,
    /// The JSON of the candidates, less than 4 GiB because a block is.
    pub(super) held: Vec<u8>,
    /// For each candidate the hashes of its instance and its service, see [`name_hash`](super::identity::name_hash); only where asked for.
    pub(super) names: Vec<(u64, u64)>,
    pub(super) fixes: Vec<(Fix, u64)>,
    pub(super) lost: Vec<(Loss, u64)>,
}

impl Harvest {
    /// The earliest and the latest timestamp.
    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let both = |one: (Timestamp, Timestamp), other: (Timestamp, Timestamp)| (one.0.min(other.0), one.1.max(other.1));
        self.parts.iter().map(|part| part.span).reduce(both)
    }
}

/// A part of a text that begins and ends between entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// From which byte of the text to which.
    pub(super) place: (u64, u64),
    /// The earliest and the latest timestamp in it.
    pub(super) span: (Timestamp, Timestamp),
}

/// An entry within reach.
pub(super) struct Sighting {
    pub(super) at: Timestamp,
    /// Hash of log name, timestamp and insert id.
    pub(super) key: u64,
    /// Its service and revision, as a place in [`Harvest::places`].
    pub(super) place: u32,
    /// The status of a request that was answered with 400 or more.
    pub(super) failed: Option<NonZeroU16>,
}

/// An entry that may be wanted.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) at: Timestamp,
    pub(super) key: u64,
    /// Hash of the instance (else service and revision) and the log name: entries of one stream share it. Of a part of an
    /// entry that was too large, hash of the log name and `split.uid`.
    pub(super) stream: u64,
    pub(super) is_part: bool,
    /// Hash of its JSON, see [`text_hash`].
    pub(super) text: u64,
    pub(super) shape: Shape,
    pub(super) several_lines: bool,
    /// The gate wants it; otherwise it is only here because it may belong to one that is wanted.
    pub(super) admitted: bool,
    /// The gate wants it if it is a record of its own.
    pub(super) alone: bool,
    /// What the gate knows it by then, from 1 on.
    pub(super) meaning: Option<NonZeroU32>,
    /// What can tie it to others, where it is known and that is told.
    pub(super) ties: Option<Ties>,
    /// Its JSON in [`Harvest::held`]; empty where it is read again if it is wanted.
    pub(super) raw: Range<u32>,
    /// `raw` is a place among what was read again.
    pub(super) fetched: bool,
    /// Where its JSON begins in the decoded text of its file, or in what is kept compressed.
    pub(super) offset: u64,
    /// How long it is there; 0 where it does not stand there as it is.
    pub(super) length: u32,
    /// Its insert id in [`Harvest::held`].
    pub(super) insert_id: Range<u32>,
}

/// Why an entry is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loss {
    /// It is no JSON, and could not be mended.
    Unreadable,
    /// It ends in the middle.
    CutOff,
    /// JSON, but no log entry.
    Foreign,
    /// No timestamp of any kind.
    Undated,
}
