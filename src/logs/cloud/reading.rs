//! One window while it is read: where the reading stands, and from where its tail is to be read again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::Scope;
use super::sink::Standing;
use crate::logs::entry;

/// A window that ended this long ago may have been read before all of it had arrived.
const UNSETTLED: SignedDuration = SignedDuration::from_mins(10);

/// So often a query is begun again without having got on.
const RESTARTS: usize = 3;

pub(super) struct Reading {
    pub(super) window: usize,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) requests: u64,
    /// Entries that were none.
    pub(super) damaged: u64,
    /// Entries that had not been there.
    pub(super) new: u64,
    /// Where the query begins.
    from: Timestamp,
    last: Option<Timestamp>,
    /// Whether entries came in order of time so far.
    ordered: bool,
    restarts: usize,
    /// Where the part begins that entries may still arrive for.
    tail: Option<Timestamp>,
}

impl Reading {
    pub(super) fn new(
        window: usize,
        (start, end): (Timestamp, Timestamp),
        standing: Standing,
        now: Timestamp,
        settle: SignedDuration,
    ) -> Reading {
        let before =
            |moment: Timestamp, length: SignedDuration| moment.saturating_sub(length).unwrap_or(Timestamp::MIN).max(start);
        let last = match standing {
            Standing::Partial { from } => Some(from),
            Standing::Missing | Standing::Complete => None,
        };
        let from = match last {
            // The earlier pull may have come before entries that lie before its last one.
            Some(last) if end > before(now, settle + UNSETTLED) => before(last, settle),
            Some(last) => last.max(start),
            None => start,
        };
        let tail = (end > before(now, settle)).then(|| before(end.min(now), settle));
        Reading { window, start, end, requests: 0, damaged: 0, new: 0, from, last, ordered: true, restarts: 0, tail }
    }

    /// The filter of the query for what is left.
    pub(super) fn filter(&self, scope: &Scope) -> String {
        scope.filter_within((self.from, self.end))
    }

    /// Whether the window ended so shortly ago that entries may still arrive.
    pub(super) fn is_recent(&self) -> bool {
        self.tail.is_some()
    }

    /// Notes what came.
    pub(super) fn note(&mut self, entries: &[Map<String, Value>]) {
        for at in entries.iter().filter_map(entry::moment) {
            match self.last {
                Some(last) if at < last => self.ordered = false,
                Some(last) if at == last => {}
                _ => {
                    self.last = Some(at);
                    self.restarts = 0;
                }
            }
        }
    }

    /// Lets the next query begin at the last entry, or, where entries came out of order, where this one did; whether
    /// that may help.
    pub(super) fn go_on_from_last(&mut self) -> bool {
        self.restarts += 1;
        if self.ordered {
            self.from = self.last.unwrap_or(self.from).max(self.from);
        }
        self.restarts <= RESTARTS
    }

    /// Lets the next query begin where the tail does.
    pub(super) fn read_tail_again(&mut self) {
        self.from = self.tail.unwrap_or(self.from);
        (self.last, self.ordered, self.restarts) = (None, true, 0);
    }
}
