//! Reads one block: counts its entries and keeps those that may be wanted, unparsed.

use std::borrow::Cow;
use std::num::{NonZeroU16, NonZeroU32};

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::blocks::{Block, Extent, extent};
use super::harvest::{Candidate, Harvest, Loss, Part, Sighting};
use super::identity::{hash_of, identity, name_hash, stream, text_hash};
use super::lines::{self, Shape};
use super::mend::{Fix, mend};
use super::outline::{Outline, Outliner, timestamp, top_level_keys};
use super::recognise::{Layout, looks_like_an_entry};
use super::stamp::Clock;
use super::ties::Ties;
use super::{Admission, Gate, Glimpse, LogEntry, entry, envelope, names};
use crate::window::Spans;

/// How long a part of a block is of which it is noted which time stands in it, in bytes.
const PART_BYTES: usize = 64 << 10;

/// How to read a block.
pub(super) struct Intake<'a> {
    pub(super) reach: &'a Spans,
    pub(super) gate: &'a dyn Gate,
    pub(super) layout: &'a Layout,
    /// What the gate knows can be read again at its place.
    pub(super) rereadable: bool,
    /// Keep lines that may belong to a stack trace even where the gate does not want them.
    pub(super) stitching: bool,
    /// Pass over all that is not of these instances and services, and say of each candidate whose it is.
    pub(super) names: Option<&'a Names>,
}

/// Instances and services, by the hashes of their names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) instances: FxHashSet<u64>,
    pub(super) services: FxHashSet<u64>,
}

impl Names {
    fn hold(&self, (instance, service): (u64, u64)) -> bool {
        self.instances.contains(&instance) || self.services.contains(&service)
    }
}

impl Intake<'_> {
    /// Reads a block; linear in its length. The memory of `outliner` is used again.
    pub(super) fn read(&self, block: &Block, outliner: &mut Outliner) -> Harvest {
        let mut reading = Reading {
            intake: self,
            bytes: block.bytes(),
            offset: block.offset,
            harvest: Harvest { in_order: [true; 2], ..Harvest::default() },
            before: None,
            part: 0,
            span: None,
            clock: Clock::default(),
            known: FxHashMap::default(),
            is_within: false,
            line: 0,
        };
        reading.walk(block.last, outliner);
        reading.harvest.lines = reading.line;
        reading.harvest
    }
}

struct Reading<'a> {
    intake: &'a Intake<'a>,
    bytes: &'a [u8],
    /// Where the block begins in its file.
    offset: u64,
    harvest: Harvest,
    clock: Clock,
    known: FxHashMap<u64, u32>,
    /// The entry before lies within reach: so does this one, most likely, and its outline says when it happened.
    is_within: bool,
    /// When the entry before happened.
    before: Option<Timestamp>,
    /// Where the part at hand begins.
    part: usize,
    /// The earliest and the latest timestamp in it.
    span: Option<(Timestamp, Timestamp)>,
    /// Line of the entry at hand.
    line: u64,
}

impl Reading<'_> {
    fn walk(&mut self, last: bool, outliner: &mut Outliner) {
        let bytes = self.bytes;
        let indent = self.intake.layout.indent.as_deref().unwrap_or_default();
        // A line may hold thousands of entries: its end is looked for once, and once only is it taken for a single one.
        let (mut at, mut line_end, mut several_up_to) = (0, 0, 0);
        while let Some(offset) = self.between(&bytes[at..]) {
            at += offset;
            // Where entries are told by their indentation, it must stand before them.
            if at >= self.part + PART_BYTES && indent.is_empty() {
                self.end_part(at);
            }
            if at >= line_end {
                line_end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |newline| at + newline);
            }
            if bytes[at] != b'{' {
                at += self.between_entries(&bytes[at..line_end], at);
                continue;
            }
            let line = trimmed(&bytes[at..line_end]);
            if at >= several_up_to && line.ends_with(b"}") && self.quick(line, outliner) {
                at = line_end;
                continue;
            }
            let end = self.object(at, indent, last, outliner);
            several_up_to = line_end;
            self.line += memchr::memchr_iter(b'\n', &bytes[at..end]).count() as u64;
            at = end;
        }
        self.end_part(bytes.len());
    }

    /// A part ends here; what holds no entries belongs to the part beside it.
    fn end_part(&mut self, at: usize) {
        let (start, end) = (self.offset + self.part as u64, self.offset + at as u64);
        let parts = &mut self.harvest.parts;
        match (self.span.take(), parts.last_mut()) {
            (Some(span), _) => parts.push(Part { place: (start, end), span }),
            (None, Some(last)) => last.place.1 = end,
            (None, None) => return,
        }
        self.part = at;
    }

    /// How many bytes stand before what may be the next entry; `None` where nothing follows them.
    fn between(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' | b',' | b'[' | b']' | b'}' => {}
                _ => return Some(at),
            }
        }
        None
    }

    /// Reads what opens here: an entry, or an object around entries of which only the beginning stands before them.
    /// Returns where to go on.
    fn object(&mut self, at: usize, indent: &[u8], last: bool, outliner: &mut Outliner) -> usize {
        let bytes = self.bytes;
        if let Some(inside) = envelope::opening(&bytes[at..]) {
            return at + inside;
        }
        match extent(bytes, at, indent) {
            Extent::Whole(end) => {
                if !self.quick(&bytes[at..end], outliner) {
                    self.thorough(&bytes[at..end], Loss::Unreadable, outliner);
                }
                end
            }
            Extent::Broken(end) if column(bytes, at) < indent.len() && end < bytes.len() => end,
            Extent::Broken(end) => {
                let cut_off = last && end == bytes.len();
                self.thorough(&bytes[at..end], if cut_off { Loss::CutOff } else { Loss::Unreadable }, outliner);
                end
            }
        }
    }

    /// Text that opens no object: the rest of a wrapper, fences, or garbage. Returns how much of the line it takes:
    /// all of it, unless an entry stands in it.
    fn between_entries(&mut self, line: &[u8], at: usize) -> usize {
        let open = memchr::memmem::find(line, b"{\"").filter(|open| {
            let (keys, whole) = top_level_keys(&line[*open..]);
            looks_like_an_entry(keys.into_iter(), whole) || envelope::opening(&line[*open..]).is_some()
        });
        let text = trimmed(&line[..open.unwrap_or(line.len())]);
        if text.starts_with(b"```") {
            self.harvest.fixes.push((Fix::Fence, self.line));
        } else if !self.belongs_to_a_wrapper(text, at) {
            match open {
                Some(_) => self.harvest.fixes.push((Fix::TextBeforeAnEntry, self.line)),
                None if self.intake.layout.fenced => {}
                None => self.harvest.lost.push((Loss::Unreadable, self.line)),
            }
        }
        open.unwrap_or(line.len())
    }

    /// Whether a line is the rest of an object around the entries: brackets, and members further out than entries.
    fn belongs_to_a_wrapper(&self, line: &[u8], at: usize) -> bool {
        let depth = self.intake.layout.indent.as_ref().map_or(0, Vec::len);
        envelope::closing(line) || (line.starts_with(b"\"") && column(self.bytes, at) < depth)
    }

    /// Reads an entry without parsing it; false where it is not plain enough for that.
    fn quick(&mut self, raw: &[u8], outliner: &mut Outliner) -> bool {
        if !self.is_within {
            let Some(at) = timestamp(raw).and_then(|text| self.clock.read(text)) else { return false };
            self.is_within = self.intake.reach.contains(at);
            if !self.is_within {
                if !is_single(raw) {
                    return false;
                }
                self.count(at);
                return true;
            }
        }
        // It lies within reach, or most likely does.
        let mut found = Outline::default();
        let Some(quotes) = outliner.outline(raw, &mut found) else { return self.is_beyond(raw) };
        let Some(at) = self.clock.read(found.timestamp) else { return self.is_beyond(raw) };
        self.is_within = self.intake.reach.contains(at);
        self.count(at);
        if self.is_within {
            let offset = self.offset + offset_in(self.bytes, raw) as u64;
            self.sight(at, raw, &found, Some(quotes), Some(offset));
        }
        true
    }

    /// Whether an entry in unusual writing lies beyond reach, and so is only counted.
    fn is_beyond(&mut self, raw: &[u8]) -> bool {
        let at = timestamp(raw).and_then(|text| self.clock.read(text));
        let Some(at) = at.filter(|at| is_single(raw) && !self.intake.reach.contains(*at)) else { return false };
        self.is_within = false;
        self.count(at);
        true
    }

    /// Reads with a real parser, after mending where that is needed.
    fn thorough(&mut self, raw: &[u8], otherwise: Loss, outliner: &mut Outliner) {
        let text = String::from_utf8_lossy(raw);
        if matches!(text, Cow::Owned(_)) {
            self.harvest.fixes.push((Fix::InvalidUtf8, self.line));
        }
        let value = match serde_json::from_str(&text) {
            Ok(value) => Some(value),
            Err(_) => mend(&text).map(|(value, fixes)| {
                self.harvest.fixes.extend(fixes.into_iter().map(|fix| (fix, self.line)));
                value
            }),
        };
        match value {
            Some(value) => self.accept(value, outliner),
            None => self.harvest.lost.push((otherwise, self.line)),
        }
    }

    fn accept(&mut self, value: Value, outliner: &mut Outliner) {
        let unwrapped = envelope::unwrap(value);
        if unwrapped.entries.is_empty() || unwrapped.foreign {
            self.harvest.lost.push((Loss::Foreign, self.line));
        }
        for fix in unwrapped.fixes {
            self.harvest.fixes.push((fix, self.line));
        }
        for fields in unwrapped.entries {
            self.take(names::own(fields), outliner);
        }
    }

    fn take(&mut self, fields: Map<String, Value>, outliner: &mut Outliner) {
        let Some(at) = entry::moment(&fields) else {
            self.harvest.lost.push((Loss::Undated, self.line));
            return;
        };
        self.count(at);
        if self.intake.reach.contains(at) {
            let raw = Value::Object(fields).to_string();
            let mut found = Outline::default();
            match outliner.outline(raw.as_bytes(), &mut found) {
                Some(quotes) => self.sight(at, raw.as_bytes(), &found, Some(quotes), None),
                None => self.sight(at, raw.as_bytes(), &Outline::default(), None, None),
            }
        }
    }

    fn count(&mut self, at: Timestamp) {
        let harvest = &mut self.harvest;
        let before = self.before.replace(at).unwrap_or(at);
        harvest.in_order[0] &= before <= at;
        harvest.in_order[1] &= before >= at;
        harvest.entries += 1;
        self.span = Some(self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }

    /// An entry within reach. Where its quotes are not known, nothing is known of it but its time.
    fn sight(&mut self, at: Timestamp, raw: &[u8], found: &Outline<'_>, quotes: Option<&[u32]>, offset: Option<u64>) {
        let whose = self.intake.names.map(|_| (name_hash(found.instance), name_hash(found.service)));
        if let Some((names, whose)) = self.intake.names.zip(whose)
            && !names.hold(whose)
        {
            return;
        }
        let glimpse = quotes.map(|quotes| Glimpse::new(raw, quotes, found.payloads));
        let key = identity(at, raw, found);
        let place = self.place(found);
        let failed = glimpse.as_ref().map_or_else(|| failed_status(raw), Glimpse::failed_status);
        let harvest = &mut self.harvest;
        harvest.sightings.push(Sighting { at, key, place, failed: failed.and_then(NonZeroU16::new) });
        let is_part = !found.split.is_empty();
        let shape = if self.intake.stitching { lines::shape(found.text, found.origin) } else { Shape::default() };
        let gate = self.intake.gate;
        let wanted = |is_wanted| if is_wanted { Admission::Wanted } else { Admission::Refused };
        // As one line of a trace, and by itself.
        let (in_trace, alone) = match glimpse {
            // What a gate looks for may stand across the border of two parts.
            _ if is_part => (true, Admission::Wanted),
            None => (false, wanted(gate.admits(raw))),
            Some(glimpse) if !shape.may_belong_to_a_trace() => (false, gate.admission(&glimpse)),
            Some(glimpse) if gate.admits_line(&glimpse) => (true, gate.admission(&glimpse)),
            Some(_) => (false, Admission::Refused),
        };
        let admitted = in_trace || alone != Admission::Refused;
        if !admitted && !shape.may_belong_to_a_trace() {
            return;
        }
        let meaning = if let Admission::Known(meaning) = alone { NonZeroU32::MIN.checked_add(meaning) } else { None };
        let id = found.insert_id;
        let is_let_go = meaning.is_some() && self.intake.rereadable && offset.is_some();
        let kept = if is_let_go { id } else { raw };
        let start = harvest.held.len();
        harvest.held.extend_from_slice(kept);
        let id_start = if id.is_empty() { start } else { start + offset_in(kept, id) };
        let raw_end = if is_let_go { start } else { harvest.held.len() };
        harvest.candidates.push(Candidate {
            at,
            key,
            stream: if is_part { hash_of([found.log_name, found.split]) } else { stream(found) },
            text: text_hash(raw),
            shape,
            several_lines: memchr::memmem::find(found.text, br"\n").is_some(),
            is_part,
            admitted,
            alone: alone != Admission::Refused,
            meaning,
            ties: meaning.and_then(|_| Ties::told_by(found)),
            raw: start as u32..raw_end as u32,
            insert_id: id_start as u32..(id_start + id.len()) as u32,
            fetched: false,
            offset: offset.unwrap_or_default(),
            length: offset.map_or(0, |_| u32::try_from(raw.len()).unwrap_or(u32::MAX)),
        });
        harvest.names.extend(whose);
    }

    fn place(&mut self, found: &Outline<'_>) -> u32 {
        let hash = hash_of([found.service, found.revision]);
        let places = &mut self.harvest.places;
        *self.known.entry(hash).or_insert_with(|| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            places.push((text(found.service), text(found.revision)));
            places.len() as u32 - 1
        })
    }
}

/// As [`Glimpse::failed_status`], for an entry in unusual writing.
fn failed_status(raw: &[u8]) -> Option<u16> {
    let entry = LogEntry::from_fields(serde_json::from_slice(raw).ok()?)?;
    entry.http_status().filter(|status| *status >= 400)
}

/// Where a part of a text begins in it.
fn offset_in(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

/// Whether a line holds no more than the one object it opens with. Only where a brace is closed and another
/// opened next is the object followed to its end.
fn is_single(line: &[u8]) -> bool {
    let next_opens = |close: usize| {
        let next = line[close + 1..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b','));
        next == Some(&b'{')
    };
    let suspicious = memchr::memchr_iter(b'}', line).any(next_opens);
    !suspicious || extent(line, 0, b"") == Extent::Whole(line.len())
}

/// How many bytes of its line stand before a place.
fn column(bytes: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[..at]).map_or(at, |newline| at - newline - 1)
}

/// Without white space and commas at the end.
fn trimmed(line: &[u8]) -> &[u8] {
    let rest = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b',')).count();
    &line[..line.len() - rest]
}
