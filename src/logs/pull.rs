//! Brings the blocks of all sources together: counts, drops duplicates, orders, stitches, parses.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read};

use jiff::Timestamp;

use self::seen::Seen;
use super::census::Tally;
use super::harvest::{Harvest, Loss};
use super::intake::Intake;
use super::mend::Fix;
use super::recognise::Layout;
use super::seek::{self, Direction, Outlook, Planned};
use super::source::Source;
use super::store::{BUDGET_BYTES, Store};
use super::{Admission, Error, Gap, Gate, Glimpse, InPart, Met, Pulled, Record, Repair, Selection, TimeIndex, Visitor};

mod seen;
mod visit;

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

    fn expect(&self, entries: u64) {
        self.0.expect(entries);
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
        let Outlook { planned, wanted } = seek::outlook(file, &layout, &selection.reach, self.smallest).unwrap_or_default();
        gate.expect(wanted);
        if let Some(in_part) = planned {
            self.index.begin(file, false);
            let broken = self.read_in_part(file, in_part, &intake).err();
            self.note_broken(file, broken);
            return Ok(());
        }
        self.index.begin(file, true);
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
                let (earliest, latest) = harvest.span().unzip();
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
        self.tally.add_entries(harvest.entries, harvest.span());
        self.index.note(&harvest.parts);
        let places: Vec<u32> = harvest.places.iter().map(|(service, revision)| self.tally.place(service, revision)).collect();
        for sighting in &harvest.sightings {
            let first = self.seen.insert(sighting.at, sighting.key);
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
