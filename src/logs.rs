//! What the services said: Cloud Logging entries around the windows, as [`Record`]s in order of time.
//!
//! [`pull`] reads every source once for a [`Selection`], asks a [`Gate`] which entries are worth
//! parsing, drops duplicates, puts the rest in order and stitches stack traces together. What it could
//! not read comes back as [`Gap`]s and counted [`Repair`]s, never as silence.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::window::Spans;

mod stamp;
mod names;
mod cursor;
mod marks;
mod tree;
pub mod glimpse;
mod identity;
mod brief;
mod ties;
pub mod entry;
pub mod template;
mod lines;
mod resource;
mod frame;
mod outline;
pub mod parquet;
mod source;
mod recognise;
mod blocks;
mod mend;
mod envelope;
mod payload;
pub mod mask;
pub mod form;
pub mod stack;
mod seek;
mod harvest;
mod unparsed;
pub mod index;
mod intake;
mod threads;
mod requests;
mod census;
mod store;
mod stitch;
mod pull;
mod around;
pub mod cloud;

pub use around::{Around, Line, Wanted, neighbours, stream};
pub use entry::{LogEntry, Severity, SourceLocation, Split};
pub use glimpse::Glimpse;
pub use index::TimeIndex;
pub use payload::message_fields;
pub use recognise::{HEAD_BYTES, Layout, recognise};
pub use requests::{RequestCensus, RequestCount};
pub use source::Source;
pub use ties::Ties;

/// One event: an entry, or several stitched together (a traceback that arrived one line per entry).
#[derive(Debug, Clone)]
pub struct Record {
    /// The entries it was made of, in order of time; never empty.
    pub entries: Vec<LogEntry>,
    /// All its text: the message first, then exception and stack fields, lines joined by `\n`.
    pub text: String,
}

/// Whether both versions of an entry take the same place in a stack trace that arrived one line per entry.
pub fn stitch_alike(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let look = |fields: &Map<String, Value>| {
        let raw = serde_json::to_vec(fields).unwrap_or_default();
        let mut found = outline::Outline::default();
        outline::Outliner::default().outline(&raw, &mut found)?;
        let several_lines = memchr::memmem::find(found.text, br"\n").is_some();
        Some((lines::shape(found.text, found.origin), several_lines))
    };
    look(one) == look(other)
}

impl Record {
    /// The record of one entry.
    pub fn of(entry: LogEntry) -> Record {
        Record { text: payload::text(&entry), entries: vec![entry] }
    }

    /// The place of the entry that holds this byte of [`Record::text`].
    pub fn entry_at(&self, offset: usize) -> usize {
        if self.entries.len() == 1 {
            return 0;
        }
        let mut end = 0;
        for (place, entry) in self.entries.iter().enumerate() {
            end += payload::text(entry).len() + 1;
            if offset < end {
                return place;
            }
        }
        self.entries.len() - 1
    }
}

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The windows that entries are counted for, half-open, in any order, possibly overlapping.
    pub windows: Vec<(Timestamp, Timestamp)>,
    /// Everything that must be read: the windows and the stretches before them.
    pub reach: Spans,
}

/// Decides from the raw JSON of one entry whether it must be parsed.
///
/// An implementation may admit too much, never too little.
pub trait Gate: Sync {
    /// Whether the entry written as `raw` (one JSON object, as it stands in the source) is wanted.
    fn admits(&self, raw: &[u8]) -> bool;

    /// The same for an entry that may be one line of a stack trace.
    fn admits_line(&self, entry: &Glimpse<'_>) -> bool {
        self.admits(entry.raw())
    }

    /// The same for an entry that is a record of its own: no line of a stack trace, no part of a larger entry.
    /// What its text will be can be asked, so the answer may be exact.
    fn admission(&self, entry: &Glimpse<'_>) -> Admission {
        if self.admits(entry.raw()) { Admission::Wanted } else { Admission::Refused }
    }

    /// Tells that about so many entries more will be asked about, so that what pays only with many of them is done at once.
    fn expect(&self, _entries: u64) {}
}

/// What a gate says of an entry that is a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is not wanted.
    Refused,
    /// Its record is wanted.
    Wanted,
    /// What matters of it is known by this number, and whether its record is wanted, too, is for the [`Visitor`] to say.
    Known(u32),
}

/// What was admitted.
#[derive(Debug, Clone)]
pub enum Met {
    /// A record.
    Record(Record),
    /// An entry of which the gate said [`Admission::Known`].
    Known {
        /// When it happened.
        at: Timestamp,
        /// The number that the gate gave.
        meaning: u32,
        /// What can tie it to others, where that is told without its record.
        ties: Option<Ties>,
    },
}

/// Looks at what was admitted: most records are only counted, and need not be made for that.
pub trait Visitor: Send {
    /// Looks at some of it, which comes in order of time, then insert id. Says of which [`Met::Known`] the record is wanted:
    /// their places in `met`, ascending.
    fn meet(&mut self, met: Vec<Met>) -> Vec<usize>;

    /// Takes the records that one call of [`Visitor::meet`] wanted, in order: after later calls perhaps, but in the order of the
    /// calls. `None` for one that could not be read again.
    fn take(&mut self, records: Vec<Option<Record>>);

    /// Says of which others the record is wanted, now that all was met and taken: their places among all that all calls of
    /// [`Visitor::meet`] showed, ascending. They come through [`Visitor::take`], as many at a time as is handy; then it is asked
    /// again, until it wants none.
    fn wants_at_last(&mut self) -> Vec<usize> {
        Vec::new()
    }
}

/// The gate that admits all entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everything;

impl Gate for Everything {
    fn admits(&self, _raw: &[u8]) -> bool {
        true
    }
}

/// What was there, counted while reading; independent of the gate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// Entries met in all sources, duplicates included.
    pub entries: u64,
    /// Entries that lie within the selection's reach, duplicates left out.
    pub in_reach: u64,
    /// Entries within reach that came again (same log name, timestamp and insert id).
    pub duplicates: u64,
    /// First and last timestamp met in any source.
    pub span: Option<(Timestamp, Timestamp)>,
    /// For each window of the selection, the entries in it.
    pub per_window: Vec<u64>,
    /// By service (or job) name.
    pub services: BTreeMap<String, ServiceCensus>,
    /// By service (or job) name, the requests within reach that were answered with an error, duplicates left out.
    pub requests: BTreeMap<String, RequestCensus>,
}

/// What one service logged within reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceCensus {
    /// For each window of the selection, the entries in it.
    pub per_window: Vec<u64>,
    /// By revision name: first and last entry, and how many.
    pub revisions: BTreeMap<String, RevisionCensus>,
}

/// What one revision logged within reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionCensus {
    /// Timestamp of its first entry.
    pub first: Timestamp,
    /// Timestamp of its last entry.
    pub last: Timestamp,
    /// How many entries.
    pub entries: u64,
}

/// A kind of damage that was mended while reading, and how often.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repair {
    /// The file as it was given, or `standard input`.
    pub path: String,
    /// What was mended: `raw newline inside a string`, `illegal escape`, `UTF-16`, …
    pub kind: &'static str,
    /// How many times.
    pub count: u64,
    /// Line of the first one, from 1, where known.
    pub line: Option<u64>,
}

/// Something that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// A stable word for it: `no-entries`, `unreadable-line`, `truncated`, …
    pub kind: &'static str,
    /// One sentence: what could not be seen, where (file, line), and what to do.
    pub statement: String,
}

/// What a pull brought beside the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// What was there.
    pub census: Census,
    /// What was mended.
    pub repairs: Vec<Repair>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
    /// Files of which only the wanted stretches were read.
    pub in_part: Vec<InPart>,
    /// Where in the sources which time stands.
    pub index: TimeIndex,
}

/// A file that is in order of time wherever it was looked at, so that only the wanted stretches of it were read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InPart {
    /// The file as it was given.
    pub path: String,
    /// How much of it was read, in bytes.
    pub read: u64,
    /// How large it is, in bytes.
    pub size: u64,
    /// How many of its entries were looked at to tell the order.
    pub sampled: u64,
}

/// Why nothing at all could be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder that was named cannot be opened.
    #[error("{path}: cannot be read")]
    Open {
        /// The file as it was given.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Reads all sources once and visits the wanted [`Record`]s in order of time, then insert id: without
/// duplicates, stack traces stitched together.
///
/// The order of the entries within a file and the number of threads change nothing in what is visited and
/// counted. Time is linear in the input (times the logarithm of the number of windows); memory holds what
/// the gate admits within reach, and a hash of every entry within reach.
///
/// # Errors
///
/// Only where a source that was named cannot be opened. Everything else that could not be read is a [`Gap`].
///
/// Of a large plain file of one entry a line that is in order of time, only the stretches within reach are read, see
/// [`Pulled::in_part`]; then [`Census::entries`] counts what was read.
pub fn pull(
    sources: &[Source],
    selection: &Selection,
    gate: &dyn Gate,
    visit: &mut (dyn FnMut(Record) + Send),
) -> Result<Pulled, Error> {
    pull::pull(sources, selection, &pull::RecordsOnly(gate), &mut pull::Each(visit))
}

/// As [`pull`], for those who need not see all records, or look at them on several threads.
///
/// # Errors
///
/// As [`pull`].
pub fn pull_for(sources: &[Source], selection: &Selection, gate: &dyn Gate, visitor: &mut dyn Visitor) -> Result<Pulled, Error> {
    pull::pull(sources, selection, gate, visitor)
}
