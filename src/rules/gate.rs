//! Which entries are worth parsing, told from their raw JSON: a test that admits too much, never too little.
//!
//! The longest piece of a pattern's words that JSON writes in one way only is looked for, see [`super::pieces`].
//!
//! Any character may also be written `\u0041`; an entry in which a printable ASCII character that is not
//! usually escaped is written so is admitted. Numbers are taken to be written as they are shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use crate::logs::{Admission, Gate, Glimpse};

use super::filter::outlook::{Outlook, Probe};
use super::literals::FOLDS_TO_ASCII;
use super::matching::Matcher;
use super::pieces::{CUTS, EVERY, JSON, PLAIN, REQUEST, is_cut_in_plain};
use super::words::Words;
use super::{Filter, Pattern, RuleIx};

/// How JSON escapes the [`FOLDS_TO_ASCII`].
const FOLDED: [&[u8]; 2] = [b"212a", b"017f"];

/// Keys that tell how an entry becomes text.
const PAYLOADS: [(&str, u8); 6] = [
    ("jsonPayload", JSON),
    ("json_payload", JSON),
    ("httpRequest", REQUEST),
    ("http_request", REQUEST),
    ("protoPayload", REQUEST),
    ("proto_payload", REQUEST),
];

/// What it means that a word stands in the raw entry.
#[derive(Debug, Clone, Default)]
struct Meaning {
    /// It admits entries that become text in these ways.
    admits: u8,
    /// It tells how the entry becomes text.
    payload: u8,
    /// Probes of the value behind it.
    probes: Vec<usize>,
    /// It is a key: upper and lower case count.
    exact: Option<Vec<u8>>,
    /// It begins an escape; what follows decides.
    escape: bool,
}

impl Meaning {
    /// Whether the word at this place is the one that is meant, where upper and lower case count.
    fn stands_at(&self, raw: &[u8], place: Range<usize>) -> bool {
        self.exact.as_ref().is_none_or(|exact| exact.is_empty() || raw[place] == **exact)
    }
}

/// All that is looked for in raw entries.
#[derive(Debug, Clone)]
pub(super) struct RawGate {
    words: Words,
    meanings: Vec<Meaning>,
    probes: Vec<Probe>,
    /// What matchers without a text ask for.
    outlooks: Vec<Needs>,
    /// Ways of becoming text in which some matcher cannot tell.
    open: u8,
    /// Rules with a matcher that has neither a text nor a filter that raw JSON can tell.
    pub(super) untold: Vec<RuleIx>,
}

/// An [`Outlook`] with its probes numbered.
#[derive(Debug, Clone)]
enum Needs {
    And(Vec<Needs>),
    Or(Vec<Needs>),
    Probe(usize),
    Nothing,
}

impl RawGate {
    pub(super) fn new<'r>(slots: impl Iterator<Item = (RuleIx, Option<&'r Filter>, Option<&'r Pattern>)>) -> Self {
        let mut gate = RawGate {
            words: Words::new::<&str>([]),
            meanings: Vec::new(),
            probes: Vec::new(),
            outlooks: Vec::new(),
            open: 0,
            untold: Vec::new(),
        };
        let mut words: BTreeMap<String, Meaning> = BTreeMap::new();
        for (rule, filter, text) in slots {
            let covered = text.map_or(0, |pattern| add_pieces(pattern, &mut words));
            if covered == EVERY {
                continue;
            }
            // What the text cannot tell, the filter may.
            match filter.map(Filter::outlook).filter(|outlook| !can_be_anything(outlook)) {
                Some(outlook) => {
                    let needs = gate.number(outlook);
                    gate.outlooks.push(needs);
                }
                None => {
                    gate.open |= EVERY & !covered;
                    if text.is_none() {
                        gate.untold.push(rule);
                    }
                }
            }
        }
        gate.add_keys(&mut words);
        words.entry("\\u00".to_owned()).or_default().escape = true;
        let (texts, meanings): (Vec<String>, Vec<Meaning>) = words.into_iter().unzip();
        gate.words = Words::new(texts);
        gate.meanings = meanings;
        gate
    }

    fn number(&mut self, outlook: Outlook) -> Needs {
        match outlook {
            Outlook::Anything => Needs::Nothing,
            Outlook::And(parts) => Needs::And(parts.into_iter().map(|part| self.number(part)).collect()),
            Outlook::Or(parts) => Needs::Or(parts.into_iter().map(|part| self.number(part)).collect()),
            Outlook::Key(probe) => {
                self.probes.push(probe);
                Needs::Probe(self.probes.len() - 1)
            }
        }
    }

    fn add_keys(&self, words: &mut BTreeMap<String, Meaning>) {
        for (number, probe) in self.probes.iter().enumerate() {
            for name in &probe.names {
                key_word(words, name).probes.push(number);
            }
        }
        for (name, payload) in PAYLOADS {
            key_word(words, name).payload |= payload;
        }
    }

    /// Whether the entry may meet a filter, for a gate of matchers that have nothing else.
    fn may_be_met(&self, raw: &[u8]) -> bool {
        if self.outlooks.is_empty() || !self.untold.is_empty() {
            return !self.untold.is_empty();
        }
        let (mut fitting, mut escaped) = (Vec::new(), folds(raw));
        self.meanings_in(raw, |meaning, behind| {
            escaped |= meaning.escape && writes_plain_character(behind);
            if !meaning.probes.is_empty() {
                self.probe(meaning, behind, &mut fitting);
            }
        });
        escaped || self.outlooks.iter().any(|needs| needs.met_by(&fitting))
    }

    /// Calls `each` with what every word that stands in the entry means, and what stands behind it.
    fn meanings_in<'e>(&self, raw: &'e [u8], mut each: impl FnMut(&Meaning, &'e [u8])) {
        self.words.find(raw, |word, place| {
            let meaning = &self.meanings[word];
            if meaning.stands_at(raw, place.clone()) {
                each(meaning, &raw[place.end..]);
            }
        });
    }

    /// Adds the probes that the value behind a key fits.
    fn probe(&self, meaning: &Meaning, behind: &[u8], fitting: &mut Vec<usize>) {
        if meaning.probes.iter().any(|probe| !fitting.contains(probe)) {
            let value = value_at(behind);
            let fits = |probe: &&usize| value.as_ref().is_none_or(|value| self.probes[**probe].fits(value));
            fitting.extend(meaning.probes.iter().filter(fits));
        }
    }

    fn admits(&self, raw: &[u8]) -> bool {
        if self.open == EVERY || folds(raw) {
            return true;
        }
        let (mut admitted, mut payload, mut escaped) = (self.open, 0, false);
        let mut fitting: Vec<usize> = Vec::new();
        self.meanings_in(raw, |meaning, behind| {
            escaped |= meaning.escape && writes_plain_character(behind);
            admitted |= meaning.admits;
            payload |= meaning.payload;
            self.probe(meaning, behind, &mut fitting);
        });
        let way = match payload {
            payload if payload & REQUEST != 0 => REQUEST,
            payload if payload & JSON != 0 => JSON,
            _ => PLAIN,
        };
        escaped || admitted & way != 0 || self.outlooks.iter().any(|needs| needs.met_by(&fitting))
    }
}

/// The meaning of a key in quotes.
fn key_word<'w>(words: &'w mut BTreeMap<String, Meaning>, name: &str) -> &'w mut Meaning {
    let quoted = format!("\"{name}\"");
    let meaning = words.entry(quoted.to_lowercase()).or_default();
    // Where two keys differ in case only, case is not asked, which admits more.
    let same = meaning.exact.as_ref().is_none_or(|exact| exact == quoted.as_bytes());
    meaning.exact = Some(if same { quoted.into_bytes() } else { Vec::new() });
    meaning
}

/// Adds what to look for to find a pattern; answers for which ways of becoming text that is enough.
fn add_pieces(pattern: &Pattern, words: &mut BTreeMap<String, Meaning>) -> u8 {
    let mut covered = 0;
    for ((way, ..), pieces) in CUTS.iter().zip(pattern.needs().raw()) {
        if !pieces.is_empty() {
            covered |= way;
        }
        for piece in pieces {
            words.entry(piece.clone()).or_default().admits |= way;
        }
    }
    covered
}

fn can_be_anything(outlook: &Outlook) -> bool {
    match outlook {
        Outlook::Anything => true,
        Outlook::And(parts) => parts.iter().all(can_be_anything),
        Outlook::Or(parts) => parts.iter().any(can_be_anything),
        Outlook::Key(_) => false,
    }
}

impl Needs {
    fn met_by(&self, fitting: &[usize]) -> bool {
        match self {
            Needs::Nothing => true,
            Needs::Probe(number) => fitting.contains(number),
            Needs::And(parts) => parts.iter().all(|part| part.met_by(fitting)),
            Needs::Or(parts) => parts.iter().any(|part| part.met_by(fitting)),
        }
    }
}

/// Whether what follows `\u00` makes it a printable ASCII character that encoders usually write as itself.
fn writes_plain_character(after: &[u8]) -> bool {
    let code =
        after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    code.is_none_or(|byte| !is_cut_in_plain(byte))
}

/// Whether a character that is no ASCII letter but matches one stands in the entry, as it is or escaped.
fn folds(raw: &[u8]) -> bool {
    let stands = |c: char| memchr::memmem::find(raw, c.encode_utf8(&mut [0; 4]).as_bytes()).is_some();
    !raw.is_ascii() && FOLDS_TO_ASCII.into_iter().any(stands)
        || memchr::memmem::find_iter(raw, br"\u").any(|at| {
            let code = raw.get(at + 2..at + 6).unwrap_or_default();
            FOLDED.iter().any(|folded| code.eq_ignore_ascii_case(folded))
        })
}

/// The value after a key, where it is a scalar; `None`: it is something else, or cannot be told.
fn value_at(after: &[u8]) -> Option<Value> {
    let blank = |byte: &&u8| byte.is_ascii_whitespace();
    let after = &after[after.iter().take_while(blank).count()..];
    let after = after.strip_prefix(b":")?;
    let after = &after[after.iter().take_while(blank).count()..];
    let length = match after.first()? {
        b'"' => {
            let mut at = 1;
            loop {
                at += memchr::memchr2(b'"', b'\\', after.get(at..)?)?;
                if after[at] == b'"' {
                    break at + 1;
                }
                at += 2;
            }
        }
        b'{' | b'[' => return None,
        _ => after.iter().take_while(|byte| !matches!(byte, b',' | b'}' | b']') && !byte.is_ascii_whitespace()).count(),
    };
    serde_json::from_slice(&after[..length]).ok()
}

/// Admits every entry that may meet a log matcher: where [`Matcher::in_record`] sees something in the
/// record of this one entry, or in a record stitched together from several lines of which this one holds
/// the words, the answer is yes. An entry that was mended must be given as it was mended. Linear in the
/// length of the entry, whatever the number of rules.
impl Gate for Matcher {
    fn admits(&self, raw: &[u8]) -> bool {
        self.gate().admits(raw)
    }

    /// A trace is wanted for the words of any of its lines.
    fn admits_line(&self, entry: &Glimpse<'_>) -> bool {
        self.filters.may_be_met(entry.raw())
            || with_text(entry, |text| text.is_none_or(|text| self.lines.wakes_any(text.as_bytes())))
    }

    /// Exact but for filters: the record's own text is met with the patterns. What only a filter asks for is
    /// looked for in the raw entry.
    fn admission(&self, entry: &Glimpse<'_>) -> Admission {
        if self.filters.may_be_met(entry.raw()) {
            return Admission::Wanted;
        }
        let of_text = |verdict| with_text(entry, |text| text.map_or(Admission::Wanted, |text| self.admission_of(text, verdict)));
        match self.verdict(entry) {
            Some((verdict, has_long_word)) => verdict.admission(has_long_word, || of_text(Some(verdict))),
            None => of_text(None),
        }
    }

    fn expect(&self, entries: u64) {
        self.expect_entries(entries);
    }
}

/// Asks something of an entry's text; `None` where only parsing it can tell the text.
fn with_text<A>(entry: &Glimpse<'_>, ask: impl FnOnce(Option<&str>) -> A) -> A {
    thread_local! {
        /// Kept, so that no text costs an allocation.
        static ROOM: RefCell<String> = const { RefCell::new(String::new()) };
    }
    let mut room = ROOM.with(RefCell::take);
    let answer = ask(entry.text(&mut room));
    ROOM.with(|kept| kept.replace(room));
    answer
}
