//! What can tie a record to others: hashes of its trace, instance and revision, and how long it lasted. Most of it is told
//! without parsing, so that a diagnosis can follow its causes before the records themselves are read.

use std::num::NonZeroU64;

use jiff::{SignedDuration, Timestamp};

use super::brief::latency;
use super::identity::name_hash;
use super::outline::Outline;
use super::{LogEntry, Record};

/// What can tie a record to others. What it lacks is never equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ties {
    /// Nanoseconds from its timestamp until it was over, and one more.
    lasts: NonZeroU64,
    trace: Option<NonZeroU64>,
    instance: Option<NonZeroU64>,
    revision: Option<NonZeroU64>,
}

impl Default for Ties {
    /// Those of a record of one moment that names nothing.
    fn default() -> Ties {
        Ties { lasts: NonZeroU64::MIN, trace: None, instance: None, revision: None }
    }
}

impl Ties {
    /// Those of a record: trace of the first entry that has one, instance and revision of its first entry.
    pub fn of(record: &Record) -> Ties {
        let entries = &record.entries;
        let hash = |name: Option<&str>| name.map(|name| hash(name.as_bytes()));
        let over = entries.iter().map(LogEntry::until).max().unwrap_or(entries[0].timestamp);
        Ties {
            lasts: lasts(over.duration_since(entries[0].timestamp)).unwrap_or(NonZeroU64::MIN),
            trace: hash(entries.iter().find_map(LogEntry::trace)),
            instance: hash(entries[0].instance()),
            revision: hash(entries[0].revision()),
        }
    }

    /// Those of an entry with this outline; `None` where that cannot be told without parsing it.
    pub(super) fn told_by(found: &Outline<'_>) -> Option<Ties> {
        let name = |field: &[u8]| {
            let is_plain = memchr::memchr(b'\\', field).is_none() && std::str::from_utf8(field).is_ok();
            is_plain.then(|| (!field.is_empty()).then(|| hash(field)))
        };
        if found.trace.is_empty() && may_name_a_trace(found.payloads.json) {
            return None;
        }
        let id = found.trace.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let trace = name(id)?.or_else(|| (!found.trace.is_empty()).then(|| hash(b"")));
        let [.., took, _] = found.payloads.request_fields;
        Some(Ties {
            lasts: lasts(latency(took)?.unwrap_or(SignedDuration::ZERO))?,
            trace,
            instance: name(found.instance)?,
            revision: name(found.revision)?,
        })
    }

    /// When a record of this timestamp was over.
    pub fn until(&self, at: Timestamp) -> Timestamp {
        let lasted = i64::try_from(self.lasts.get() - 1).map_or(SignedDuration::MAX, SignedDuration::from_nanos);
        at.checked_add(lasted).unwrap_or(at)
    }

    /// Whether both are of one trace.
    pub fn share_trace(&self, other: &Ties) -> bool {
        self.trace.is_some() && self.trace == other.trace
    }

    /// Whether both are of one container instance.
    pub fn share_instance(&self, other: &Ties) -> bool {
        self.instance.is_some() && self.instance == other.instance
    }

    /// Whether both are of one revision.
    pub fn share_revision(&self, other: &Ties) -> bool {
        self.revision.is_some() && self.revision == other.revision
    }
}

/// Whether a JSON payload may hold the trace that an entry lacks: all keys it could stand under have this word in them.
fn may_name_a_trace(json: &[u8]) -> bool {
    memchr::memmem::find(json, b"trace").is_some() || memchr::memmem::find(json, br"\u").is_some()
}

fn lasts(duration: SignedDuration) -> Option<NonZeroU64> {
    let nanoseconds = i64::try_from(duration.as_nanos()).ok()?;
    NonZeroU64::MIN.checked_add(u64::try_from(nanoseconds).ok()?)
}

fn hash(name: &[u8]) -> NonZeroU64 {
    NonZeroU64::new(name_hash(name)).unwrap_or(NonZeroU64::MIN)
}
