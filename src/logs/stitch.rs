//! Puts entries together that belong together: stack traces that arrived one line per entry, and entries
//! that were split because they were too large.

use jiff::SignedDuration;
use rustc_hash::FxHashMap;

use super::harvest::Candidate;
use super::lines::{Expects, Kind, follow, open};
use super::{Gap, LogEntry, Record, payload};

/// Lines of one stack trace follow each other at least this closely. One write of a runtime arrives as
/// lines some 10 µs apart; the last line of a Python 3.13 traceback may come milliseconds later.
const TRACE_GAP: SignedDuration = SignedDuration::from_millis(50);

/// Text that could be the rest of a message, but could also be something else, must follow much more closely.
const MESSAGE_GAP: SignedDuration = SignedDuration::from_millis(2);

/// Which candidates make up a record, as chains.
pub(super) struct Groups {
    /// The first candidate of each wanted group, in order.
    pub(super) firsts: Vec<u32>,
    /// For each candidate the next one of its group, or [`END`].
    next: Vec<u32>,
}

const END: u32 = u32::MAX;

impl Groups {
    /// Whether the first one of a group is the only one.
    pub(super) fn is_alone(&self, first: u32) -> bool {
        self.next[first as usize] == END
    }

    /// The candidates of a group from its first one.
    pub(super) fn members(&self, first: u32) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(first), |at| Some(self.next[*at as usize]).filter(|next| *next != END)).map(|at| at as usize)
    }
}

/// What is under way in one stream.
struct Trace {
    group: u32,
    last: u32,
    expects: Expects,
}

/// The groups among candidates that are in order of time; a group is wanted if the gate admits one of its members.
pub(super) fn groups<'a>(candidates: impl ExactSizeIterator<Item = &'a Candidate> + Clone) -> Groups {
    let mut next = vec![END; candidates.len()];
    let mut group_of: Vec<u32> = (0..candidates.len() as u32).collect();
    let mut traces: FxHashMap<u64, (Trace, jiff::Timestamp)> = FxHashMap::default();
    let mut parts: FxHashMap<u64, u32> = FxHashMap::default();
    for (at, candidate) in candidates.clone().enumerate() {
        let at = at as u32;
        if candidate.is_part {
            if let Some(before) = parts.insert(candidate.stream, at) {
                next[before as usize] = at;
                group_of[at as usize] = group_of[before as usize];
            }
            continue;
        }
        if !candidate.shape.may_belong_to_a_trace() {
            continue;
        }
        let under_way = traces.get_mut(&candidate.stream).and_then(|(trace, time)| {
            let gap = candidate.at.duration_since(*time);
            let expects = continued(trace.expects, candidate, gap)?;
            Some((trace, time, expects))
        });
        if let Some((trace, time, expects)) = under_way {
            next[trace.last as usize] = at;
            group_of[at as usize] = trace.group;
            (trace.last, trace.expects, *time) = (at, expects, candidate.at);
        } else if let Some(expects) = candidate.shape.expects.or_else(|| open(candidate.shape.first)) {
            traces.insert(candidate.stream, (Trace { group: at, last: at, expects }, candidate.at));
        }
    }
    let mut wanted = vec![false; candidates.len()];
    for (at, (candidate, group)) in candidates.zip(&group_of).enumerate() {
        let is_alone = *group as usize == at && next[at] == END;
        wanted[*group as usize] |= if is_alone { candidate.alone } else { candidate.admitted };
    }
    let firsts = (0..group_of.len() as u32).filter(|at| group_of[*at as usize] == *at && wanted[*at as usize]).collect();
    Groups { firsts, next }
}

fn continued(expects: Expects, candidate: &Candidate, gap: SignedDuration) -> Option<Expects> {
    let limit = if candidate.shape.first == Kind::Bare { MESSAGE_GAP } else { TRACE_GAP };
    if gap > limit {
        return None;
    }
    let next = follow(expects, candidate.shape.first)?;
    // An entry of several lines leaves open what its last line leaves open.
    Some(if candidate.several_lines { candidate.shape.expects.unwrap_or(next) } else { next })
}

/// One record out of the entries of a group; `None` for no entries.
pub(super) fn record(mut entries: Vec<LogEntry>) -> Option<Record> {
    let split = entries.iter().all(|entry| entry.split().is_some());
    if split {
        entries.sort_by_key(|entry| entry.split().map(|split| split.index));
    }
    let texts: Vec<String> = entries.iter().map(payload::text).collect();
    let text = texts.join(if split { "" } else { "\n" });
    (!entries.is_empty()).then_some(Record { text, entries })
}

/// The parts of a large entry that are not there.
pub(super) fn missing_parts(record: &Record) -> Option<Gap> {
    let split = record.entries.first()?.split()?;
    let (there, total) = (record.entries.len() as u64, split.total);
    (there < total).then(|| Gap {
        kind: "split-incomplete",
        statement: format!(
            "the entry of {} was split into {total} parts, {there} of which are here; widen the export by some seconds",
            record.entries[0].timestamp
        ),
    })
}
