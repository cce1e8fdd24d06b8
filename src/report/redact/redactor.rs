//! Takes secrets out of the texts of one report, and remembers their numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;

use super::super::schema::Redaction;
use super::{Hit, Redacted, Settings, claims_of, found, goes_on_with_key, torn};
use crate::logs::template::template;

/// Takes secrets out of texts and remembers their numbers.
#[derive(Debug, Default)]
pub struct Redactor {
    numbers: FxHashMap<(&'static str, String), usize>,
    distinct: BTreeMap<&'static str, usize>,
    counts: BTreeMap<&'static str, usize>,
    /// Values to be found without the words around them; in order of appearance.
    values: Vec<Piece>,
    recalled: Option<(AhoCorasick, Vec<Piece>)>,
    settings: Arc<Settings>,
    /// What short texts show by themselves: a report says most of them several times, and is put together twice.
    found: FxHashMap<String, Vec<Hit>>,
    /// The text before ended within a private key.
    in_key: bool,
}

/// A secret or a part of one, as it may stand somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// As it is written.
    text: String,
    kind: &'static str,
    /// Tells the whole secret from others.
    whole: Option<String>,
}

impl Piece {
    /// Where it stands in a text as a word of its own, as it is or with its numbers masked.
    fn in_text(&self, text: &str) -> Vec<Hit> {
        let masked = template(&self.text);
        let forms = [self.text.as_str(), masked.as_str()];
        let telling = |form: &&str| form.bytes().filter(u8::is_ascii_alphanumeric).count() >= SHORTEST_HALF;
        let mut hits = Vec::new();
        for form in forms.into_iter().filter(telling) {
            for (at, _) in text.match_indices(form) {
                let range = at..at + form.len();
                let is_letter = |letter: char| letter.is_alphanumeric();
                let inside = text[..at].ends_with(is_letter) && form.starts_with(is_letter)
                    || text[range.end..].starts_with(is_letter) && form.ends_with(is_letter);
                if !inside {
                    hits.push(Hit { whole: self.whole.clone(), ..Hit::new(range, self.kind) });
                }
            }
        }
        hits
    }
}

/// So many values are looked for bare; more than this and a log is one great secret.
const MOST_RECALLED: usize = 10_000;

/// What longer texts show is not remembered, in bytes.
const MOST_REMEMBERED_BYTES: usize = 4096;

/// Shortest piece of a key that is taken out wherever it stands.
const SHORTEST_PIECE: usize = 6;

/// Shortest piece that is taken out of what was made of its text: less gives nothing away.
const SHORTEST_HALF: usize = 4;

/// What is found in a text and in those of its stream around it, whatever the rest of the report holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looked {
    /// The pieces of secrets that are torn between the text and others.
    torn: Vec<Hit>,
    /// Every place that must not be shown, these included.
    hits: Vec<Hit>,
}

/// Looks at texts of several streams, each with the name of its own, of which only some are shown; only what is found in
/// these is given. It depends on nothing else, so many can be looked at side by side.
pub(crate) fn look(lines: &[(&str, &str)], shown: Range<usize>, settings: &Settings) -> Vec<Looked> {
    let mut torn = vec![Vec::new(); lines.len()];
    let streams: BTreeSet<&str> = lines.iter().map(|(stream, _)| *stream).collect();
    for stream in streams {
        let own: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].0 == stream).collect();
        let texts: Vec<&str> = own.iter().map(|place| lines[*place].1).collect();
        for (place, hits) in own.into_iter().zip(torn::across(&texts, settings)) {
            torn[place] = hits;
        }
    }
    let lines = lines.iter().zip(torn).skip(shown.start).take(shown.len());
    lines.map(|((_, text), torn)| Looked { hits: found(text, torn.clone(), settings), torn }).collect()
}

impl Redactor {
    /// One that also knows what the users of this place want.
    pub fn with(settings: Arc<Settings>) -> Redactor {
        Redactor { settings, ..Redactor::default() }
    }

    /// The text with a token in the place of every secret.
    pub fn clean(&mut self, text: &str) -> Redacted {
        let hits = self.hits(text, Vec::new());
        self.shown(text, 0..text.len(), hits)
    }

    /// A part of a text with a token in the place of every secret, those included that only the whole text shows.
    pub fn clean_part(&mut self, text: &str, part: Range<usize>) -> Redacted {
        let hits = self.hits(text, Vec::new());
        self.shown(text, part, hits)
    }

    /// As [`Redactor::clean`] for texts that one process wrote one behind the other: a secret that begins in one of them
    /// and goes on in the next is gone from both.
    pub fn clean_stream(&mut self, texts: &[&str]) -> Vec<Redacted> {
        let lines: Vec<(&str, &str)> = texts.iter().map(|text| ("", *text)).collect();
        let looked = look(&lines, 0..lines.len(), &self.settings);
        texts.iter().zip(&looked).map(|(text, looked)| self.clean_looked(text, looked).0).collect()
    }

    /// The same for a text that was looked at before; and the pieces of torn secrets in it, to be taken out of what was made
    /// of the text.
    pub(crate) fn clean_looked(&mut self, text: &str, looked: &Looked) -> (Redacted, Vec<Piece>) {
        let remembered = self.remembered(text);
        let hits = if remembered.is_empty() {
            looked.hits.clone()
        } else {
            found(text, [looked.torn.as_slice(), &remembered].concat(), &self.settings)
        };
        let piece = |hit: &Hit| Piece { text: text[hit.range.clone()].to_owned(), kind: hit.kind, whole: hit.whole.clone() };
        let pieces = hits.iter().filter(|hit| hit.whole.is_some()).map(piece).collect();
        (self.shown(text, 0..text.len(), hits), pieces)
    }

    /// The text of something that was made of texts with these pieces of secrets in them.
    pub(crate) fn clean_made_of(&mut self, text: &str, pieces: &[&Piece]) -> Redacted {
        let standing = pieces.iter().flat_map(|piece| piece.in_text(text)).collect();
        let hits = self.hits(text, standing);
        self.shown(text, 0..text.len(), hits)
    }

    /// Every place of a text that must not be shown.
    fn hits(&mut self, text: &str, mut more: Vec<Hit>) -> Vec<Hit> {
        more.extend(self.remembered(text));
        if !more.is_empty() || text.len() > MOST_REMEMBERED_BYTES {
            return found(text, more, &self.settings);
        }
        if let Some(hits) = self.found.get(text) {
            return hits.clone();
        }
        let hits = found(text, more, &self.settings);
        self.found.insert(text.to_owned(), hits.clone());
        hits
    }

    /// What must not be shown because of the texts before.
    fn remembered(&mut self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        if let Some((automaton, pieces)) = &self.recalled {
            hits.extend(automaton.find_iter(text).map(|found| {
                let piece = &pieces[found.pattern().as_usize()];
                Hit { whole: piece.whole.clone(), ..Hit::new(found.range(), piece.kind) }
            }));
        }
        if goes_on_with_key(&mut self.in_key, text) {
            hits.push(Hit::new(0..text.len(), "private-key"));
        }
        hits
    }

    fn shown(&mut self, text: &str, part: Range<usize>, hits: Vec<Hit>) -> Redacted {
        let mut clean = String::with_capacity(part.len());
        let mut shown = part.start;
        for hit in hits.into_iter().filter(|hit| hit.range.start < part.end && hit.range.end > part.start) {
            clean.push_str(&text[shown..hit.range.start.max(part.start)]);
            clean.push_str(&self.token(text, &hit));
            shown = hit.range.end.min(part.end);
        }
        clean.push_str(&text[shown..part.end]);
        Redacted(clean)
    }

    /// From now on every long secret seen so far is also found bare; numbers and counts start again,
    /// so that they follow the order in which things appear, not that in which they were recognised.
    pub fn recall(&mut self) {
        self.counts.clear();
        self.numbers.clear();
        self.distinct.clear();
        let pieces: Vec<Piece> = self.values.iter().take(MOST_RECALLED).cloned().collect();
        let texts = pieces.iter().map(|piece| piece.text.as_str());
        // Leftmost-longest: of two secrets that begin alike, the whole longer one goes.
        let automaton = AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(texts);
        self.recalled = automaton.ok().filter(|automaton| automaton.patterns_len() > 0).map(|automaton| (automaton, pieces));
    }

    /// What was taken out since [`Redactor::recall`], by kind.
    pub fn counts(&self) -> Vec<Redaction> {
        let counts = self.counts.iter();
        counts
            .map(|(kind, count)| Redaction {
                kind: (*kind).to_owned(),
                count: *count,
                distinct: self.distinct.get(kind).copied().unwrap_or_default(),
            })
            .collect()
    }

    fn token(&mut self, text: &str, hit: &Hit) -> String {
        *self.counts.entry(hit.kind).or_default() += 1;
        let (value, whole, kind) = (&text[hit.range.clone()], hit.identity(text), hit.kind);
        let claims = claims_of(kind, value, &whole);
        if hit.whole.is_some() && !hit.yields && value.len() >= SHORTEST_PIECE && torn::is_key(value) {
            self.learn(value, hit);
        }
        if !self.numbers.contains_key(&(kind, whole.clone())) {
            if hit.known {
                self.values.push(Piece { text: whole.clone(), kind, whole: None });
                if hit.whole.is_none() && whole != value {
                    self.values.push(Piece { text: value.to_owned(), kind, whole: None });
                }
            }
            let count = self.distinct.entry(kind).or_default();
            *count += 1;
            self.numbers.insert((kind, whole.clone()), *count);
        }
        let number = self.numbers[&(kind, whole)];
        format!("‹{kind}:{number}{claims}›")
    }

    fn learn(&mut self, piece: &str, hit: &Hit) {
        if self.values.len() < MOST_RECALLED && !self.values.iter().any(|known| known.text == piece) {
            self.values.push(Piece { text: piece.to_owned(), kind: hit.kind, whole: hit.whole.clone() });
        }
    }
}
