//! The only way into a report: [`Redacted`] text, from which a [`Redactor`] took every secret.
//!
//! A secret becomes a numbered token, `‹jwt:1›`: one number a distinct value, counted per kind in order
//! of first appearance, so that equal stays equal within a report and nothing can be guessed back.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use percent_encoding::percent_decode_str;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::Redaction;
use crate::findings::head_and_tail;
use detectors::Detectors;

pub(crate) use judge::is_telling;
pub use settings::{Settings, SettingsError};
pub(crate) use token::{Form, Token, tokens_in};

mod claims;
mod broken;
mod detectors;
mod judge;
mod settings;
mod token;
#[cfg(test)]
mod tests;

/// Text without secrets. Only a [`Redactor`] makes one, or reading a report that was written before.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(description = "Text from which every secret was taken out; a token such as `‹jwt:1›` stands in its place.")]
pub struct Redacted(String);

impl Redacted {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text cut at so many bytes at most, with `…` where something was cut off.
    pub fn cut_at(mut self, bytes: usize) -> Self {
        if self.0.len() > bytes {
            self.0.truncate(self.0.floor_char_boundary(bytes));
            self.0.push('…');
        }
        self
    }

    /// The head and the tail of the text where it is longer than so many bytes.
    pub(super) fn without_middle(self, bytes: usize) -> Self {
        Redacted(head_and_tail(&self.0, bytes).unwrap_or(self.0))
    }
}

impl Deref for Redacted {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Redacted {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a text that must not be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hit {
    range: Range<usize>,
    kind: &'static str,
    /// Addresses yield to what they lie in; anything else is masked together with it.
    yields: bool,
    /// Long and random enough to be looked for without the words around it.
    known: bool,
}

/// Takes secrets out of texts and remembers their numbers.
#[derive(Debug, Default)]
pub struct Redactor {
    numbers: FxHashMap<(&'static str, String), usize>,
    distinct: BTreeMap<&'static str, usize>,
    counts: BTreeMap<&'static str, usize>,
    /// Values to be found without the words around them, with their kinds; in order of appearance.
    values: Vec<(String, &'static str)>,
    recalled: Option<(AhoCorasick, Vec<&'static str>)>,
    settings: Arc<Settings>,
    /// The text before ended within a private key.
    in_key: bool,
}

/// So many values are looked for bare; more than this and a log is one great secret.
const MOST_RECALLED: usize = 10_000;

impl Redactor {
    /// One that also knows what the users of this place want.
    pub fn with(settings: Arc<Settings>) -> Redactor {
        Redactor { settings, ..Redactor::default() }
    }

    /// The text with a token in the place of every secret.
    pub fn clean(&mut self, text: &str) -> Redacted {
        self.cleaned(text).0
    }

    /// The same for texts that one process wrote one behind the other: what a secret begun in one of them leaves for the next
    /// is learnt, to be found bare after [`Redactor::recall`].
    pub fn clean_stream<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Vec<Redacted> {
        let mut before = ("", false);
        let mut clean = |text| {
            self.learn_between(before, text);
            let (clean, ends_secret) = self.cleaned(text);
            before = (text, ends_secret);
            clean
        };
        texts.into_iter().map(&mut clean).collect()
    }

    /// The text without its secrets, and whether it ended with one.
    fn cleaned(&mut self, text: &str) -> (Redacted, bool) {
        let recalled = self.recalled.as_ref().map(|(automaton, kinds)| {
            let hit = |found: aho_corasick::Match| Hit {
                range: found.range(),
                kind: kinds[found.pattern().as_usize()],
                yields: false,
                known: false,
            };
            automaton.find_iter(text).map(hit).collect()
        });
        let mut more: Vec<Hit> = recalled.unwrap_or_default();
        if goes_on_with_key(&mut self.in_key, text) {
            more.push(Hit { range: 0..text.len(), kind: "private-key", yields: false, known: false });
        }
        let hits = found(text, more, &self.settings);
        let Some(last) = hits.last() else { return (Redacted(text.to_owned()), false) };
        let ends_secret = !last.yields && last.range.end >= text.trim_end_matches(['\n', '\r']).len();
        let mut clean = String::with_capacity(text.len());
        let mut shown = 0;
        for hit in hits {
            clean.push_str(&text[shown..hit.range.start]);
            clean.push_str(&self.token(&text[hit.range.clone()], &hit));
            shown = hit.range.end;
        }
        clean.push_str(&text[shown..]);
        (Redacted(clean), ends_secret)
    }

    fn learn_between(&mut self, (before, ends_secret): (&str, bool), text: &str) {
        for (piece, kind) in broken::between(before, text, ends_secret) {
            if self.values.len() < MOST_RECALLED && !self.values.iter().any(|(known, _)| known == piece) {
                self.values.push((piece.to_owned(), kind));
            }
        }
    }

    /// From now on every long secret seen so far is also found bare; numbers and counts start again,
    /// so that they follow the order in which things appear, not that in which they were recognised.
    pub fn recall(&mut self) {
        self.counts.clear();
        self.numbers.clear();
        self.distinct.clear();
        let values = self.values.iter().take(MOST_RECALLED);
        let (texts, kinds): (Vec<&str>, Vec<&'static str>) = values.map(|(value, kind)| (value.as_str(), *kind)).unzip();
        // Leftmost-longest: of two secrets that begin alike, the whole longer one goes.
        let automaton = AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(texts);
        self.recalled = automaton.ok().filter(|automaton| automaton.patterns_len() > 0).map(|automaton| (automaton, kinds));
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

    fn token(&mut self, value: &str, hit: &Hit) -> String {
        *self.counts.entry(hit.kind).or_default() += 1;
        let plain = identity(value);
        let (distinct, kind) = (&mut self.distinct, hit.kind);
        let values = &mut self.values;
        let number = *self.numbers.entry((kind, plain)).or_insert_with_key(|(_, plain)| {
            if hit.known {
                values.push((plain.clone(), kind));
                if plain != value {
                    values.push((value.to_owned(), kind));
                }
            }
            let count = distinct.entry(kind).or_default();
            *count += 1;
            *count
        });
        format!("‹{kind}:{number}{}›", claims_of(kind, value))
    }
}

/// What a token says of the secret in whose place it stands, with a space in front.
pub(crate) fn claims_of(kind: &str, value: &str) -> String {
    match &tokens_in(value)[..] {
        _ if kind != "jwt" => String::new(),
        [token] if token.range == (0..value.len()) => token.claims.clone(),
        _ => claims::claims(value, |text| !found(text, Vec::new(), &Settings::default()).is_empty()),
    }
}

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// Its kind, as it stands in a token.
    pub(crate) kind: &'static str,
    /// Equal for equal secrets, however they are escaped.
    pub(crate) identity: String,
}

/// The secrets in a text, and the tokens that stand for some: in order, without overlap. Linear.
pub(crate) fn secrets_in(text: &str, settings: &Settings) -> Vec<Secret> {
    secrets(text, found(text, Vec::new(), settings))
}

/// As [`secrets_in`] for the value of a field, whose name may tell that it is a secret.
pub(crate) fn secrets_in_field(name: &str, value: &str, settings: &Settings) -> Vec<Secret> {
    let line = format!("{name}: {value}");
    let start = line.len() - value.len();
    let told = found(&line, Vec::new(), settings).into_iter().filter(|hit| hit.range.end > start);
    let told = told.map(|hit| Hit { range: hit.range.start.saturating_sub(start)..hit.range.end - start, ..hit }).collect();
    secrets(value, found(value, told, settings))
}

fn secrets(text: &str, hits: Vec<Hit>) -> Vec<Secret> {
    let secret = |hit: Hit| Secret { identity: identity(&text[hit.range.clone()]), range: hit.range, kind: hit.kind };
    hits.into_iter().map(secret).collect()
}

/// Every place of a text that must not be shown, `more` places included: in order, without overlap.
fn found(text: &str, more: Vec<Hit>, settings: &Settings) -> Vec<Hit> {
    let mut hits = Vec::new();
    let token = |token: Token| Hit { range: token.range, kind: token.kind, yields: false, known: false };
    hits.extend(tokens_in(text).into_iter().map(token));
    Detectors::shared().find(text, &mut hits);
    settings.find(text, &mut hits);
    hits.extend(more);
    broken::find(text, &mut hits);
    hits.retain(|hit| !settings.allows(text, &hit.range));
    if hits.is_empty() { hits } else { merged(hits) }
}

/// Equal for values that stand for the same secret, escaped or not; a token stands for the same in each of its forms.
pub(crate) fn identity(value: &str) -> String {
    match &tokens_in(value)[..] {
        [token] if token.range == (0..value.len()) => Form::Quoted.write(token.kind, &token.id),
        _ => unescaped(value),
    }
}

/// Whether a text of one line is the rest of a private key that arrived one line an entry; `in_key` says whether the text
/// before ended within one, and then whether this one does.
pub(crate) fn goes_on_with_key(in_key: &mut bool, text: &str) -> bool {
    let last = |part: &str| text.rmatch_indices(part).map(|(at, _)| at).find(|at| text[*at..].contains("PRIVATE KEY"));
    let line = text.trim();
    let is_key = *in_key && !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    *in_key = match (last("-----BEGIN "), last("-----END ")) {
        (None, None) => is_key,
        (begin, end) => begin > end,
    };
    is_key
}

/// The value as it was before JSON escaped it or a URL encoded it, so that equal secrets get equal numbers.
fn unescaped(value: &str) -> String {
    let unslashed = value.replace("\\/", "/").replace("\\u003d", "=").replace("\\u0026", "&").replace("\\u0040", "@");
    let bytes = percent_decode_str(&unslashed).collect();
    String::from_utf8(bytes).unwrap_or(unslashed)
}

/// Disjoint hits in order: those that overlap become one, of the kind that covers most.
fn merged(mut hits: Vec<Hit>) -> Vec<Hit> {
    // Stable: at one place the order of the detectors decides.
    hits.sort_by_key(|hit| (hit.yields, hit.range.start, usize::MAX - hit.range.end));
    let addresses = hits.split_off(hits.partition_point(|hit| !hit.yields));
    let mut disjoint: Vec<Hit> = Vec::with_capacity(hits.len() + addresses.len());
    for hit in hits {
        match disjoint.last_mut() {
            Some(last) if hit.range.start < last.range.end => {
                if hit.range.len() > last.range.len() {
                    (last.kind, last.known) = (hit.kind, hit.known);
                }
                last.range.end = last.range.end.max(hit.range.end);
            }
            _ => disjoint.push(hit),
        }
    }
    let mut free: Vec<Hit> = Vec::with_capacity(addresses.len());
    for address in addresses {
        let next = disjoint.partition_point(|hit| hit.range.end <= address.range.start);
        let taken = disjoint.get(next).is_some_and(|hit| hit.range.start < address.range.end);
        let again = free.last().is_some_and(|last| address.range.start < last.range.end);
        if !taken && !again {
            free.push(address);
        }
    }
    disjoint.append(&mut free);
    disjoint.sort_by_key(|hit| hit.range.start);
    disjoint
}
