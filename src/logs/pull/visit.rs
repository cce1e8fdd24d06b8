//! Makes the records of what was admitted, and shows them to a visitor.

use rayon::prelude::*;

use super::{Pull, Seen};
use crate::logs::harvest::Candidate;
use crate::logs::mend::mend;
use crate::logs::outline::Outliner;
use crate::logs::stitch::{self, Groups};
use crate::logs::store::Place;
use crate::logs::unparsed::unparsed;
use crate::logs::{Gap, LogEntry, Met, Record, Visitor};

/// How many records are parsed before they are visited.
const GROUPS_AT_A_TIME: usize = 1024;

impl Pull {
    /// Shows all records in order of time, or what the gate knows them by.
    pub(super) fn visit(&mut self, visitor: &mut dyn Visitor) {
        // All is read: what comes now needs the room.
        self.seen = Seen::default();
        let order = self.store.in_order();
        let groups = stitch::groups(order.iter().map(|place| self.store.candidate(*place)));
        let all = Admitted { order: &order, groups: &groups };
        let made = groups.firsts.iter().copied().filter(|first| self.known(&all, *first).is_none());
        let members: Vec<Place> = made.flat_map(|first| all.members(first)).collect();
        self.gaps.extend(self.store.fetch(members.into_iter(), false));
        let mut chunks = groups.firsts.chunks(GROUPS_AT_A_TIME);
        // What the visitor wanted when it looked last.
        let mut wanted = Vec::new();
        // The first ones of all groups that it was shown.
        let mut shown: Vec<u32> = Vec::with_capacity(groups.firsts.len());
        let mut step = self.step(&all, chunks.next().unwrap_or_default(), &wanted);
        while chunks.len() > 0 || !wanted.is_empty() || !step.is_over() {
            let Step { firsts, met, taken } = step;
            // The next records are made while these are looked at.
            let (next, places) = rayon::join(
                || self.step(&all, chunks.next().unwrap_or_default(), &wanted),
                || {
                    if !taken.is_empty() {
                        visitor.take(taken);
                    }
                    visitor.meet(met)
                },
            );
            wanted = places.into_iter().filter_map(|place| firsts.get(place).copied()).collect();
            shown.extend(firsts);
            step = next;
        }
        self.visit_at_last(&all, &shown, visitor);
    }

    /// Fetches what the visitor wants once it has seen all.
    fn visit_at_last(&mut self, all: &Admitted<'_>, shown: &[u32], visitor: &mut dyn Visitor) {
        loop {
            let wanted: Vec<u32> = visitor.wants_at_last().into_iter().filter_map(|place| shown.get(place).copied()).collect();
            if wanted.is_empty() {
                return;
            }
            for some in wanted.chunks(GROUPS_AT_A_TIME) {
                let step = self.step(all, &[], some);
                visitor.take(step.taken);
            }
        }
    }

    /// What the gate knows a group by; `None` where its record must be made.
    fn known(&self, all: &Admitted<'_>, first: u32) -> Option<Met> {
        let candidate = self.store.candidate(all.order[first as usize]);
        let meaning = candidate.meaning.filter(|_| all.groups.is_alone(first))?;
        Some(Met::Known { at: candidate.at, meaning: meaning.get() - 1, ties: candidate.ties })
    }

    /// What is admitted of some groups, and the records of others.
    fn step(&mut self, all: &Admitted<'_>, firsts: &[u32], wanted: &[u32]) -> Step {
        let made = firsts.iter().copied().filter(|first| self.known(all, *first).is_none());
        let members: Vec<Place> = made.chain(wanted.iter().copied()).flat_map(|first| all.members(first)).collect();
        self.gaps.extend(self.store.fetch(members.into_iter(), true));
        let record = |outliner: &mut Outliner, first: u32| self.record(outliner, &all.members(first).collect::<Vec<_>>());
        let met = |outliner: &mut Outliner, first: &u32| match self.known(all, *first) {
            Some(known) => (Some(known), Vec::new()),
            None => {
                let (record, lost) = record(outliner, *first);
                (record.map(Met::Record), lost)
            }
        };
        let (met, lost): (Vec<Option<Met>>, Vec<Vec<Gap>>) = firsts.par_iter().map_init(Outliner::default, met).unzip();
        let taken = wanted.par_iter().map_init(Outliner::default, |outliner, first| record(outliner, *first));
        let (taken, lost_again): (Vec<Option<Record>>, Vec<Vec<Gap>>) = taken.unzip();
        self.gaps.extend(lost.into_iter().chain(lost_again).flatten());
        let there = firsts.iter().zip(met).filter_map(|(first, met)| Some((*first, met?)));
        let (firsts, met) = there.unzip();
        Step { firsts, met, taken }
    }

    /// The record of a group, and what is lost of it.
    fn record(&self, outliner: &mut Outliner, members: &[Place]) -> (Option<Record>, Vec<Gap>) {
        let unparsed = |place: &Place| unparsed(outliner, self.store.raw(*place), self.store.candidate(*place).at);
        if let Some(read) = members.iter().map(unparsed).collect::<Option<Vec<_>>>() {
            let (entries, texts): (Vec<LogEntry>, Vec<String>) = read.into_iter().unzip();
            return (Some(Record { text: texts.join("\n"), entries }), Vec::new());
        }
        let (mut entries, mut lost) = (Vec::new(), Vec::new());
        for place in members {
            match parsed(self.store.raw(*place), self.store.candidate(*place)) {
                Ok(entry) => entries.push(entry),
                Err(gap) => lost.push(gap),
            }
        }
        let record = stitch::record(entries);
        lost.extend(record.as_ref().and_then(stitch::missing_parts));
        (record, lost)
    }
}

/// The candidates in order of time, and which of them belong together.
struct Admitted<'a> {
    order: &'a [Place],
    groups: &'a Groups,
}

impl Admitted<'_> {
    fn members(&self, first: u32) -> impl Iterator<Item = Place> + '_ {
        self.groups.members(first).map(|at| self.order[at])
    }
}

/// What the visitor is shown at once.
struct Step {
    /// The first ones of the groups.
    firsts: Vec<u32>,
    met: Vec<Met>,
    /// Records that it wanted before.
    taken: Vec<Option<Record>>,
}

impl Step {
    fn is_over(&self) -> bool {
        self.met.is_empty() && self.taken.is_empty()
    }
}

/// The entry, or what is lost of it.
fn parsed(raw: &[u8], candidate: &Candidate) -> Result<LogEntry, Gap> {
    let fields = serde_json::from_slice(raw).ok().or_else(|| match mend(&String::from_utf8_lossy(raw))? {
        (serde_json::Value::Object(fields), _) => Some(fields),
        _ => None,
    });
    fields.and_then(LogEntry::from_fields).ok_or_else(|| {
        let statement = format!("the entry of {} is no JSON and could not be mended; export it again", candidate.at);
        Gap { kind: "unreadable-line", statement }
    })
}
