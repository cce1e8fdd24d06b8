//! Brings the blocks of all sources together: counts, drops duplicates, orders, stitches, parses.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read};

use jiff::Timestamp;
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde::de::IgnoredAny;

use super::census::Tally;
use super::harvest::{Candidate, Harvest, Loss};
use super::intake::Intake;
use super::mend::{Fix, mend};
use super::outline::{Outline, Outliner};
use super::recognise::Layout;
use super::seek::{self, Direction, Planned};
use super::source::Source;
use super::stitch::{self, Groups};
use super::store::{BUDGET_BYTES, Place, Store};
use super::{Admission, Error, Gap, Gate, Glimpse, InPart, LogEntry, Met, Pulled, Record, Repair, Selection, TimeIndex, Visitor};

/// How many records are parsed before they are visited.
const GROUPS_AT_A_TIME: usize = 1024;

/// How many line numbers a gap names.
const LINES_NAMED: usize = 5;

/// Reads all sources; see [`super::pull`].
pub(super) fn pull(
    sources: &[Source],
    selection: &Selection,
    gate: &dyn Gate,
    visitor: &mut dyn Visitor,
) -> Result<Pulled, Error> {
    pull_within(Bounds { budget: BUDGET_BYTES, smallest: seek::SMALLEST_BYTES }, sources, selection, gate, visitor)
}

/// A gate that wants all records that the other one knows.
pub(super) struct RecordsOnly<'a>(pub(super) &'a dyn Gate);

impl Gate for RecordsOnly<'_> {
    fn admits(&self, raw: &[u8]) -> bool {
        self.0.admits(raw)
    }

    fn admits_line(&self, entry: &Glimpse<'_>) -> bool {
        self.0.admits_line(entry)
    }

    fn admission(&self, entry: &Glimpse<'_>) -> Admission {
        match self.0.admission(entry) {
            Admission::Known(_) => Admission::Wanted,
            admission => admission,
        }
    }
}

/// Visits one record after the other.
pub(super) struct Each<'a>(pub(super) &'a mut (dyn FnMut(Record) + Send));

impl Visitor for Each<'_> {
    fn meet(&mut self, met: Vec<Met>) -> Vec<usize> {
        for met in met {
            if let Met::Record(record) = met {
                (self.0)(record);
            }
        }
        Vec::new()
    }

    fn take(&mut self, _records: Vec<Option<Record>>) {}
}

/// What is decided by size.
#[derive(Clone, Copy)]
struct Bounds {
    /// How much JSON is kept in memory.
    budget: usize,
    /// From which size on a file is read in part, if it can be.
    smallest: u64,
}

fn pull_within(
    bounds: Bounds,
    sources: &[Source],
    selection: &Selection,
    gate: &dyn Gate,
    visitor: &mut dyn Visitor,
) -> Result<Pulled, Error> {
    let mut pull = Pull::new(selection, bounds);
    for source in sources {
        pull.read_source(source, selection, gate)?;
        if pull.out_of_order {
            let all = Bounds { smallest: u64::MAX, ..bounds };
            return pull_within(all, sources, selection, gate, visitor);
        }
    }
    pull.visit(visitor);
    Ok(pull.finish())
}

/// The identities of all entries within reach. In parts, because a table that grows is there twice for a moment.
#[derive(Default)]
struct Seen([FxHashSet<u64>; 16]);

impl Seen {
    /// Whether it is there for the first time.
    fn insert(&mut self, key: u64) -> bool {
        // The table itself uses the highest and the lowest bits.
        self.0[(key >> 32) as usize % self.0.len()].insert(key)
    }
}

/// What has been read so far.
struct Pull {
    tally: Tally,
    seen: Seen,
    store: Store,
    repairs: BTreeMap<(String, Fix), (u64, Option<u64>)>,
    losses: BTreeMap<(String, Loss), (u64, Vec<u64>)>,
    gaps: BTreeSet<Gap>,
    in_part: Vec<InPart>,
    index: TimeIndex,
    /// What is read now goes into the index.
    is_indexed: bool,
    smallest: u64,
    /// A file that was thought to be in order is not: all must be read.
    out_of_order: bool,
}

impl Pull {
    fn new(selection: &Selection, Bounds { budget, smallest }: Bounds) -> Pull {
        Pull {
            tally: Tally::new(&selection.windows),
            seen: Seen::default(),
            store: Store::new(budget),
            repairs: BTreeMap::new(),
            losses: BTreeMap::new(),
            gaps: BTreeSet::new(),
            in_part: Vec::new(),
            index: TimeIndex::default(),
            is_indexed: false,
            smallest,
            out_of_order: false,
        }
    }

    fn gap(&mut self, kind: &'static str, statement: String) {
        self.gaps.insert(Gap { kind, statement });
    }

    fn read_source(&mut self, source: &Source, selection: &Selection, gate: &dyn Gate) -> Result<(), Error> {
        let open = |source: &Source, error| Error::Open { path: source.name().to_owned(), source: error };
        let files = source.files().map_err(|error| open(source, error))?;
        let mut others = Vec::new();
        let mut logs = 0;
        for file in &files {
            match file.recognise() {
                Ok(Some(layout)) => {
                    logs += 1;
                    self.read_file(file, layout, selection, gate)?;
                }
                Ok(None) => others.push(file.name().to_owned()),
                Err(error) if source.is_folder() => {
                    self.gap("unreadable-file", format!("{}: {error}; make it readable or leave it out", file.name()));
                }
                Err(error) => return Err(open(file, error)),
            }
        }
        self.tell_what_is_missing(source, &others, logs)
    }

    fn tell_what_is_missing(&mut self, source: &Source, others: &[String], logs: usize) -> Result<(), Error> {
        let name = source.name();
        if source.is_folder() {
            if logs == 0 {
                self.gap(
                    "no-entries",
                    format!("{name}: no file in this folder holds log entries; name the folder of the export"),
                );
            }
            if !others.is_empty() {
                let named = others.iter().take(LINES_NAMED).cloned().collect::<Vec<_>>().join(", ");
                let more = others.len().saturating_sub(LINES_NAMED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                self.gap("not-logs", format!("{name}: no log entries were found in {named}{more}; left alone"));
            }
        } else if !others.is_empty() {
            let hint = "expected Cloud Logging entries as JSON, such as `gcloud logging read --format=json` prints";
            self.gap("no-entries", format!("{name}: empty, or no log entries at its beginning; {hint}"));
        }
        Ok(())
    }

    fn read_file(&mut self, file: &Source, layout: Layout, selection: &Selection, gate: &dyn Gate) -> Result<(), Error> {
        let rereadable = self.store.begin(file);
        let intake = Intake { reach: &selection.reach, gate, layout: &layout, rereadable, stitching: true, names: None };
        if let Ok(Some(in_part)) = seek::planned(file, &layout, &selection.reach, self.smallest) {
            self.index.begin(file, false);
            self.is_indexed = true;
            let broken = self.read_in_part(file, in_part, &intake).err();
            self.note_broken(file, broken);
            return Ok(());
        }
        self.is_indexed = rereadable;
        if rereadable {
            self.index.begin(file, true);
        }
        let end = intake.read_file(file, &mut |harvest, line| self.bring_in(harvest, file.name(), line));
        let end = end.map_err(|error| Error::Open { path: file.name().to_owned(), source: error })?;
        if end.wide {
            self.repairs.insert((file.name().to_owned(), Fix::Wide), (1, Some(1)));
        }
        self.note_broken(file, end.broken);
        Ok(())
    }

    /// Reads the wanted stretches of a file, as long as they are in order of time.
    fn read_in_part(&mut self, file: &Source, in_part: Planned<'_>, intake: &Intake<'_>) -> io::Result<()> {
        let Planned { file: mut text, size, plan } = in_part;
        let read = plan.stretches.iter().map(|(from, to)| to - from).sum();
        self.tally.add_entries(0, Some(plan.span));
        self.in_part.push(InPart { path: file.name().to_owned(), read, size, sampled: plan.sampled });
        let mut before: Option<Timestamp> = None;
        for &stretch in &plan.stretches {
            let mut lines_before = None;
            intake.read_stretch(&mut *text, stretch, &mut |harvest, line| {
                let (earliest, latest) = harvest.span.unzip();
                let (first, last) = match plan.direction {
                    Direction::OldestFirst => (earliest, latest),
                    Direction::NewestFirst => (latest, earliest),
                };
                let follows = before.zip(first).is_none_or(|(before, first)| plan.direction.allows(before, first));
                self.out_of_order |= !follows || !harvest.in_order[usize::from(plan.direction == Direction::NewestFirst)];
                before = last.or(before);
                let mut line = line;
                if !harvest.fixes.is_empty() || !harvest.lost.is_empty() {
                    // Only what is damaged needs to be found again by its line.
                    line += *lines_before.get_or_insert_with(|| lines_up_to(file, stretch.0).unwrap_or(0));
                }
                if !self.out_of_order {
                    self.bring_in(harvest, file.name(), line);
                }
            })?;
            if self.out_of_order {
                return Ok(());
            }
        }
        Ok(())
    }

    fn note_broken(&mut self, file: &Source, broken: Option<io::Error>) {
        if let Some(error) = broken {
            let name = file.name();
            self.gap(
                "truncated",
                format!("{name}: cannot be read to its end ({error}); what came before is used, fetch the file again"),
            );
        }
    }

    fn bring_in(&mut self, harvest: Harvest, path: &str, first_line: u64) {
        self.tally.add_entries(harvest.entries, harvest.span);
        if let Some(span) = harvest.span.filter(|_| self.is_indexed) {
            self.index.note(harvest.place, span);
        }
        let places: Vec<u32> = harvest.places.iter().map(|(service, revision)| self.tally.place(service, revision)).collect();
        for sighting in &harvest.sightings {
            let first = self.seen.insert(sighting.key);
            self.tally.sight(sighting.at, places[sighting.place as usize], first);
            if let Some(status) = sighting.failed.filter(|_| first) {
                self.tally.fail(sighting.at, places[sighting.place as usize], status.get());
            }
        }
        self.store.add(harvest.candidates, harvest.held);
        for (fix, line) in harvest.fixes {
            let repair = self.repairs.entry((path.to_owned(), fix)).or_insert((0, Some(first_line + line)));
            repair.0 += 1;
        }
        for (loss, line) in harvest.lost {
            let lost = self.losses.entry((path.to_owned(), loss)).or_default();
            lost.0 += 1;
            if lost.1.len() < LINES_NAMED {
                lost.1.push(first_line + line);
            }
        }
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let order = self.store.in_order();
        let groups = stitch::groups(order.iter().map(|place| self.store.candidate(*place)));
        let all = Admitted { order: &order, groups: &groups };
        let made = groups.firsts.iter().copied().filter(|first| self.meaning(&all, *first).is_none());
        let members: Vec<Place> = made.flat_map(|first| all.members(first)).collect();
        self.gaps.extend(self.store.fetch(members.into_iter(), false));
        let mut chunks = groups.firsts.chunks(GROUPS_AT_A_TIME);
        // What the visitor wanted when it looked last.
        let mut wanted = Vec::new();
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
            step = next;
        }
    }

    /// What the gate knows a group by; `None` where its record must be made.
    fn meaning(&self, all: &Admitted<'_>, first: u32) -> Option<u32> {
        let candidate = self.store.candidate(all.order[first as usize]);
        let meaning = candidate.meaning.filter(|_| all.groups.is_alone(first))?;
        Some(meaning.get() - 1)
    }

    /// What is admitted of some groups, and the records of others.
    fn step(&mut self, all: &Admitted<'_>, firsts: &[u32], wanted: &[u32]) -> Step {
        let made = firsts.iter().copied().filter(|first| self.meaning(all, *first).is_none());
        let members: Vec<Place> = made.chain(wanted.iter().copied()).flat_map(|first| all.members(first)).collect();
        self.gaps.extend(self.store.fetch(members.into_iter(), true));
        let record = |first: u32| self.record(&all.members(first).collect::<Vec<_>>());
        let met = |first: &u32| match self.meaning(all, *first) {
            Some(meaning) => {
                let at = self.store.candidate(all.order[*first as usize]).at;
                (Some((*first, Met::Known { at, meaning })), Vec::new())
            }
            None => {
                let (record, lost) = record(*first);
                (record.map(|record| (*first, Met::Record(record))), lost)
            }
        };
        let (met, lost): (Vec<Option<(u32, Met)>>, Vec<Vec<Gap>>) = firsts.par_iter().map(met).unzip();
        let (taken, lost_again): (Vec<Option<Record>>, Vec<Vec<Gap>>) = wanted.par_iter().map(|first| record(*first)).unzip();
        self.gaps.extend(lost.into_iter().chain(lost_again).flatten());
        let (firsts, met) = met.into_iter().flatten().unzip();
        Step { firsts, met, taken }
    }

    /// The record of a group, and what is lost of it.
    fn record(&self, members: &[Place]) -> (Option<Record>, Vec<Gap>) {
        if let [alone] = members
            && let Some(record) = unparsed(self.store.raw(*alone), self.store.candidate(*alone))
        {
            return (Some(record), Vec::new());
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

    fn finish(mut self) -> Pulled {
        for ((path, loss), (count, lines)) in std::mem::take(&mut self.losses) {
            let (kind, statement) = lost(&path, loss, count, &lines);
            self.gap(kind, statement);
        }
        let repairs = self.repairs.into_iter();
        let repairs = repairs.map(|((path, fix), (count, line))| Repair { path, kind: fix.name(), count, line });
        let mut repairs: Vec<Repair> = repairs.collect();
        repairs.sort();
        let gaps = self.gaps.into_iter().collect();
        Pulled { census: self.tally.finish(), repairs, gaps, in_part: self.in_part, index: self.index }
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

/// How many lines end before a place of a file.
fn lines_up_to(file: &Source, place: u64) -> io::Result<u64> {
    let mut text = BufReader::with_capacity(1 << 20, file.text()?.take(place));
    let mut lines = 0;
    loop {
        let read = text.fill_buf()?;
        if read.is_empty() {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', read).count() as u64;
        let length = read.len();
        text.consume(length);
    }
}

/// The record of an entry that stands alone, with its text and nothing else read: most records are only counted.
/// `None` where the entry is not plain enough for that.
fn unparsed(raw: &[u8], candidate: &Candidate) -> Option<Record> {
    let plain = candidate.part_of.is_none() && memmem::find(raw, b"\"split\"").is_none();
    if !plain {
        return None;
    }
    let (mut outliner, mut found) = (Outliner::default(), Outline::default());
    let quotes = outliner.outline(raw, &mut found)?;
    serde_json::from_slice::<IgnoredAny>(raw).ok()?;
    let mut room = String::new();
    let text = Glimpse::new(raw, quotes, found.payloads).text(&mut room)?.to_owned();
    Some(Record { text, entries: vec![LogEntry::unparsed(candidate.at, std::str::from_utf8(raw).ok()?, &found)] })
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

fn lost(path: &str, loss: Loss, count: u64, lines: &[u64]) -> (&'static str, String) {
    let named = lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let more = if count > lines.len() as u64 { ", …" } else { "" };
    let place = if count == 1 { format!("{path}:{named}") } else { format!("{path}: lines {named}{more} ({count} in all)") };
    match loss {
        Loss::Unreadable => ("unreadable-line", format!("{place}: not JSON, and it could not be mended; skipped")),
        Loss::CutOff => ("truncated", format!("{place}: the last entry is cut off; export it again")),
        Loss::Foreign => ("not-an-entry", format!("{place}: JSON, but no log entry; skipped")),
        Loss::Undated => ("no-timestamp", format!("{place}: neither timestamp nor receiveTimestamp; skipped")),
    }
}

#[cfg(test)]
mod tests;
