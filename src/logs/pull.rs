//! Brings the blocks of all sources together: counts, drops duplicates, orders, stitches, parses.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::census::Tally;
use super::intake::{Candidate, Harvest, Intake, Loss};
use super::mend::{Fix, mend};
use super::recognise::Layout;
use super::source::Source;
use super::store::{BUDGET_BYTES, Store};
use super::{Error, Gap, Gate, LogEntry, Pulled, Record, Repair, Selection, stitch};

/// How many records are parsed before they are visited.
const GROUPS_AT_A_TIME: usize = 4096;

/// How many line numbers a gap names.
const LINES_NAMED: usize = 5;

/// Reads all sources; see [`super::pull`].
pub(super) fn pull(
    sources: &[Source],
    selection: &Selection,
    gate: &dyn Gate,
    visit: &mut dyn FnMut(Vec<Record>),
) -> Result<Pulled, Error> {
    pull_within(BUDGET_BYTES, sources, selection, gate, visit)
}

fn pull_within(
    budget: usize,
    sources: &[Source],
    selection: &Selection,
    gate: &dyn Gate,
    visit: &mut dyn FnMut(Vec<Record>),
) -> Result<Pulled, Error> {
    let mut pull = Pull::new(selection, budget);
    for source in sources {
        pull.read_source(source, selection, gate)?;
    }
    pull.visit(visit);
    Ok(pull.finish())
}

/// What has been read so far.
struct Pull {
    tally: Tally,
    seen: FxHashSet<u64>,
    store: Store,
    repairs: BTreeMap<(String, Fix), (u64, Option<u64>)>,
    losses: BTreeMap<(String, Loss), (u64, Vec<u64>)>,
    gaps: BTreeSet<Gap>,
}

impl Pull {
    fn new(selection: &Selection, budget: usize) -> Pull {
        Pull {
            tally: Tally::new(&selection.windows),
            seen: FxHashSet::default(),
            store: Store::new(budget),
            repairs: BTreeMap::new(),
            losses: BTreeMap::new(),
            gaps: BTreeSet::new(),
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
        let intake = Intake { reach: &selection.reach, gate, layout: &layout, stitching: true, naming: false };
        self.store.begin(file);
        let end = intake.read_file(file, &mut |harvest, line| self.bring_in(harvest, file.name(), line));
        let end = end.map_err(|error| Error::Open { path: file.name().to_owned(), source: error })?;
        if end.wide {
            self.repairs.insert((file.name().to_owned(), Fix::Wide), (1, Some(1)));
        }
        self.note_broken(file, end.broken);
        Ok(())
    }

    fn note_broken(&mut self, file: &Source, broken: Option<std::io::Error>) {
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
        let places: Vec<u32> = harvest.places.iter().map(|(service, revision)| self.tally.place(service, revision)).collect();
        for sighting in &harvest.sightings {
            let first = self.seen.insert(sighting.key);
            self.tally.sight(sighting.at, places[sighting.place as usize], first);
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

    fn visit(&mut self, visit: &mut dyn FnMut(Vec<Record>)) {
        let order = self.store.in_order();
        let groups = stitch::groups(order.iter().map(|place| self.store.candidate(*place)));
        let wanted = groups.firsts.iter().flat_map(|first| groups.members(*first)).map(|at| order[at]);
        self.gaps.extend(self.store.fetch(wanted, false));
        for firsts in groups.firsts.chunks(GROUPS_AT_A_TIME) {
            let wanted = firsts.iter().flat_map(|first| groups.members(*first)).map(|at| order[at]);
            self.gaps.extend(self.store.fetch(wanted, true));
            let parse = |first: &u32| {
                let (mut entries, mut lost) = (Vec::new(), Vec::new());
                for place in groups.members(*first).map(|at| order[at]) {
                    match parsed(self.store.raw(place), self.store.candidate(place)) {
                        Ok(entry) => entries.push(entry),
                        Err(gap) => lost.push(gap),
                    }
                }
                (stitch::record(entries), lost)
            };
            let parsed: Vec<_> = firsts.par_iter().map(parse).collect();
            let (records, lost): (Vec<Option<Record>>, Vec<Vec<Gap>>) = parsed.into_iter().unzip();
            let records: Vec<Record> = records.into_iter().flatten().collect();
            self.gaps.extend(lost.into_iter().flatten().chain(records.iter().filter_map(stitch::missing_parts)));
            visit(records);
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
        Pulled { census: self.tally.finish(), repairs, gaps: self.gaps.into_iter().collect() }
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
mod tests {
    use std::io::Write;

    use super::*;
    use crate::logs::Everything;
    use crate::window::Spans;
    use jiff::Timestamp;

    struct Needle;

    impl Gate for Needle {
        fn admits(&self, raw: &[u8]) -> bool {
            memchr::memmem::find(raw, b"KeyError").is_some()
        }
    }

    fn lines() -> String {
        let entry = |number: usize, text: &str| {
            let time = format!("2026-11-20T09:00:{:02}.{:06}Z", number / 10, number % 10 * 10);
            format!("{{\"insertId\":\"{number}\",\"logName\":\"l\",\"textPayload\":\"{text}\",\"timestamp\":\"{time}\"}}\n")
        };
        let trace = ["2026 - INFO - \u{e9}", "Traceback (most recent call last):", "  File", "KeyError: 'x'"];
        (0..200).rev().map(|number| entry(number, trace[number % 10 % 4])).collect()
    }

    #[test]
    fn what_was_let_go_and_read_again_is_what_would_have_been_kept() {
        let text = lines();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let marked = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
        for bytes in [text.clone().into_bytes(), gzip.finish().unwrap(), marked] {
            let source = [Source::bytes("logs", bytes)];
            for gate in [&Needle as &dyn Gate, &Everything] {
                let all = (Timestamp::MIN, Timestamp::MAX);
                let selection = Selection { windows: vec![all], reach: Spans::union([all]) };
                let read = |budget| {
                    let mut seen = Vec::new();
                    let pulled = pull_within(budget, &source, &selection, gate, &mut |records| {
                        seen.extend(records.iter().map(|record| format!("{record:?}")));
                    });
                    (seen, pulled.unwrap())
                };
                let (kept, again) = (read(usize::MAX), read(0));
                assert!(kept.0.len() >= 40 && kept.1.gaps.is_empty());
                assert_eq!(kept, again);
            }
        }
    }
}
