//! Fetches the lines around cited records, in a second reading of small stretches.

use std::collections::BTreeSet;
use std::io;

use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::harvest::{Candidate, Harvest};
use super::identity::name_hash;
use super::intake::{Intake, Names};
use super::outline::Outliner;
use super::recognise::Layout;
use super::seek;
use super::source::Source;
use super::unparsed::unparsed;
use super::{Error, Everything, LogEntry, TimeIndex, payload};
use crate::window::Spans;

/// A record whose neighbours are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The insert ids of its own entries, which are no neighbours.
    pub insert_ids: Vec<String>,
    /// Timestamp of its first entry.
    pub timestamp: Timestamp,
    /// The container whose lines are wanted.
    pub instance: Option<String>,
    /// The service whose lines are wanted where the instance is not known.
    pub service: Option<String>,
}

/// The lines around a record, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// The entries before it.
    pub before: Vec<Line>,
    /// The entries after it.
    pub after: Vec<Line>,
}

/// The text of an entry, and who wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Equal for what one process wrote one behind the other, see [`stream`].
    pub stream: String,
    /// The text.
    pub text: String,
}

impl From<&str> for Line {
    fn from(text: &str) -> Line {
        Line { text: text.to_owned(), ..Line::default() }
    }
}

/// The stream of entries that an instance writes into a log.
pub fn stream(log_name: &str, instance: Option<&str>) -> String {
    format!("{log_name} {}", instance.unwrap_or_default())
}

/// How far they are looked for one after the other, where it is known what stands where: most lie closer than the first. In seconds.
const STEPS: [i64; 4] = [0, 10, 20, 30];

/// How far from a record its neighbours may lie.
const NEAR: SignedDuration = SignedDuration::from_secs(STEPS[3]);

/// Up to `lines` entries before and after each of the wanted records, from the same instance (else the same
/// service), not more than 30 s away. The answers are in the order of `wanted`. Reads the sources once more, only there
/// where the index of the first reading says that these times stand; memory is bounded by the number of wanted records
/// times `lines`.
///
/// # Errors
///
/// Where a source cannot be opened.
pub fn neighbours(sources: &[Source], wanted: &[Wanted], lines: usize, index: &TimeIndex) -> Result<Vec<Around>, Error> {
    let mut search = Search::new(wanted, lines);
    let names = search.names();
    let whole = Spans::union(wanted.iter().map(|wanted| near(wanted.timestamp, NEAR)));
    let (mut known, mut others) = (Vec::new(), Vec::new());
    for source in sources.iter().filter(|_| !wanted.is_empty()) {
        let open = |error| Error::Open { path: source.name().to_owned(), source: error };
        for file in source.files().map_err(open)? {
            let Ok(Some(layout)) = file.recognise() else { continue };
            // Of a packed file it is known what stands where, too, but it is read from its beginning all the same.
            let is_known = file.is_plain() && index.parts(&file, &whole).is_some();
            if is_known { known.push((file, layout)) } else { others.push((file, layout)) }
        }
    }
    for step in STEPS.windows(2) {
        let [from, to] = [step[0], step[1]].map(SignedDuration::from_secs);
        let reach = search.reach(from, to);
        for (file, layout) in &known {
            let parts = index.parts(file, &reach).unwrap_or_default();
            intake(&reach, layout, &names).read_parts(file, &parts, &mut |harvest, _| search.look_through(&harvest));
        }
        search.found_within(to);
    }
    for (file, layout) in &others {
        read(file, &intake(&whole, layout, &names), &mut search)
            .map_err(|error| Error::Open { path: file.name().to_owned(), source: error })?;
    }
    Ok(search.finish())
}

fn intake<'a>(reach: &'a Spans, layout: &'a Layout, names: &'a Names) -> Intake<'a> {
    Intake { reach, gate: &Everything, layout, rereadable: false, stitching: false, names: Some(names) }
}

/// Reads a file of which it is not known what stands where, in part where that can be told.
fn read(file: &Source, intake: &Intake<'_>, search: &mut Search) -> io::Result<()> {
    let mut look_through = |harvest: Harvest, _| search.look_through(&harvest);
    let outlook = seek::outlook(file, intake.layout, intake.reach, seek::SMALLEST_BYTES).unwrap_or_default();
    let Some(mut planned) = outlook.planned else {
        return intake.read_file(file, &mut look_through).map(|_| ());
    };
    for stretch in planned.plan.stretches {
        // What cannot be read was told as a gap when the file was read first.
        let _ = intake.read_stretch(&mut *planned.file, stretch, &mut look_through);
    }
    Ok(())
}

fn near(moment: Timestamp, distance: SignedDuration) -> (Timestamp, Timestamp) {
    // Half-open, so the end is one step beyond what may still be a neighbour.
    let end = distance + SignedDuration::from_nanos(1);
    (moment.saturating_sub(distance).unwrap_or(Timestamp::MIN), moment.saturating_add(end).unwrap_or(Timestamp::MAX))
}

/// Entries on one side of a record, as `(timestamp, insert id, key, JSON)`.
type Side = BTreeSet<(Timestamp, Vec<u8>, u64, Vec<u8>)>;

/// The neighbours of one record found so far.
#[derive(Default)]
struct Found {
    moment: Timestamp,
    /// Whether nobody nearer is to be found before it, and after it.
    is_done: [bool; 2],
    own: FxHashSet<Vec<u8>>,
    /// The first of the own insert ids: entries of one moment are in order of these.
    first: Vec<u8>,
    before: Side,
    after: Side,
}

struct Search {
    lines: usize,
    /// By hash of instance or service: moment and place of each wanted record, in order of time.
    by_name: FxHashMap<(bool, u64), Vec<(Timestamp, usize)>>,
    found: Vec<Found>,
}

impl Search {
    fn new(wanted: &[Wanted], lines: usize) -> Search {
        let mut by_name: FxHashMap<(bool, u64), Vec<(Timestamp, usize)>> = FxHashMap::default();
        let mut found = Vec::with_capacity(wanted.len());
        for (place, wanted) in wanted.iter().enumerate() {
            let own = wanted.insert_ids.iter().map(|id| id.as_bytes().to_vec()).collect();
            let first = wanted.insert_ids.iter().min().map(|id| id.as_bytes().to_vec()).unwrap_or_default();
            let name = wanted.instance.as_deref().or(wanted.service.as_deref());
            found.push(Found { moment: wanted.timestamp, is_done: [name.is_none(); 2], own, first, ..Found::default() });
            if let Some(name) = name {
                by_name
                    .entry((wanted.instance.is_some(), name_hash(name.as_bytes())))
                    .or_default()
                    .push((wanted.timestamp, place));
            }
        }
        by_name.values_mut().for_each(|moments| moments.sort_unstable());
        Search { lines, by_name, found }
    }

    /// Whose lines are wanted.
    fn names(&self) -> Names {
        let of = |is_instance| self.by_name.keys().filter(move |(kind, _)| *kind == is_instance).map(|(_, name)| *name).collect();
        Names { instances: of(true), services: of(false) }
    }

    /// Where neighbours are still to be found, so far from the records, where nearer ones were looked for already.
    fn reach(&self, from: SignedDuration, to: SignedDuration) -> Spans {
        let rings = self.found.iter().flat_map(|found| {
            let (outer, inner) = (near(found.moment, to), near(found.moment, from));
            let behind = found.moment.saturating_add(from).unwrap_or(Timestamp::MAX);
            let [before, after] = found.is_done;
            [(!before).then_some((outer.0, inner.0)), (!after).then_some((behind, outer.1))]
        });
        Spans::union(rings.flatten())
    }

    /// Everything that is closer to a record than this was looked at.
    fn found_within(&mut self, distance: SignedDuration) {
        for found in &mut self.found {
            let (from, to) = near(found.moment, distance);
            let is_full = |side: &Side| side.iter().filter(|(at, ..)| from <= *at && *at < to).count() >= self.lines;
            let full = [is_full(&found.before), is_full(&found.after)];
            found.is_done = [found.is_done[0] | full[0], found.is_done[1] | full[1]];
        }
    }

    fn look_through(&mut self, harvest: &Harvest) {
        for (candidate, (instance, service)) in harvest.candidates.iter().zip(&harvest.names) {
            for name in [(true, *instance), (false, *service)] {
                let Some(moments) = self.by_name.get(&name) else { continue };
                let (from, to) = near(candidate.at, NEAR);
                let first = moments.partition_point(|(moment, _)| *moment < from);
                for (moment, place) in moments[first..].iter().take_while(|(moment, _)| *moment < to) {
                    self.found[*place].offer(*moment, candidate, &harvest.held, self.lines);
                }
            }
        }
    }

    fn finish(self) -> Vec<Around> {
        let entries = self.found.iter().flat_map(|found| found.before.iter().chain(&found.after));
        // Records that lie near each other share neighbours.
        let raws: FxHashMap<&[u8], Timestamp> = entries.map(|(at, .., raw)| (raw.as_slice(), *at)).collect();
        let line = |outliner: &mut Outliner, raw: &[u8], at: Timestamp| {
            let (entry, text) = unparsed(outliner, raw, at).or_else(|| {
                let entry = LogEntry::from_fields(serde_json::from_slice(raw).ok()?)?;
                let text = payload::text(&entry);
                Some((entry, text))
            })?;
            Some(Line { stream: stream(entry.log_name(), entry.instance()), text })
        };
        let lines = raws.into_par_iter().map_init(Outliner::default, |outliner, (raw, at)| (raw, line(outliner, raw, at)));
        let lines: FxHashMap<&[u8], Option<Line>> = lines.collect();
        let texts = |side: &Side| side.iter().filter_map(|(.., raw)| lines.get(raw.as_slice())?.clone()).collect();
        self.found.iter().map(|found| Around { before: texts(&found.before), after: texts(&found.after) }).collect()
    }
}

impl Found {
    fn offer(&mut self, moment: Timestamp, candidate: &Candidate, held: &[u8], lines: usize) {
        let id = &held[candidate.insert_id.start as usize..candidate.insert_id.end as usize];
        if self.own.contains(id) {
            return;
        }
        let before = (candidate.at, id) < (moment, self.first.as_slice());
        let side = if before { &mut self.before } else { &mut self.after };
        let farthest = if before { side.first() } else { side.last() };
        let nearer = |(at, other, ..): &(Timestamp, Vec<u8>, u64, Vec<u8>)| {
            let order = (candidate.at, id).cmp(&(*at, other.as_slice()));
            if before { order.is_gt() } else { order.is_lt() }
        };
        let full = side.len() >= lines;
        if lines == 0 || (full && !farthest.is_some_and(nearer)) {
            return;
        }
        let entry =
            (candidate.at, id.to_vec(), candidate.key, held[candidate.raw.start as usize..candidate.raw.end as usize].to_vec());
        // Of duplicates, the one whose text is first stays.
        let twin = side.iter().find(|(at, _, key, _)| *at == candidate.at && *key == candidate.key).cloned();
        match twin {
            Some(twin) if twin <= entry => return,
            Some(twin) => side.remove(&twin),
            None => full && if before { side.pop_first().is_some() } else { side.pop_last().is_some() },
        };
        side.insert(entry);
    }
}
