//! The hashes by which entries, their streams and names are known.

use std::hash::Hasher;

use jiff::Timestamp;
use rustc_hash::FxHasher;

use super::names;
use super::outline::Outline;

/// A hash of several texts.
pub(super) fn hash_of<const N: usize>(parts: [&[u8]; N]) -> u64 {
    let mut hasher = FxHasher::default();
    for part in parts {
        hasher.write(part);
        hasher.write_usize(part.len());
    }
    hasher.finish()
}

/// The hash by which candidates name instances and services.
pub(super) fn name_hash(name: &[u8]) -> u64 {
    hash_of([name])
}

/// Tells whether two texts are the same.
pub(super) fn text_hash(raw: &[u8]) -> u64 {
    hash_of([raw])
}

/// Equal for entries with the same log name, timestamp and insert id; without an insert id, for entries
/// that are equal as JSON.
pub(super) fn identity(at: Timestamp, raw: &[u8], found: &Outline<'_>) -> u64 {
    if found.insert_id.is_empty() {
        return names::fingerprint(raw);
    }
    let mut hasher = FxHasher::default();
    hasher.write_i64(at.as_second());
    hasher.write_i32(at.subsec_nanosecond());
    hasher.write_u64(hash_of([found.log_name, found.insert_id]));
    hasher.finish()
}

/// Equal for entries that one instance wrote into one log; where the instance is not known, one revision.
pub(super) fn stream(found: &Outline<'_>) -> u64 {
    match found.instance {
        b"" => hash_of([found.log_name, found.service, found.revision]),
        instance => hash_of([found.log_name, instance]),
    }
}
