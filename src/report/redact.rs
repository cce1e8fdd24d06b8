//! The only way into a report: [`Redacted`] text, from which a [`Redactor`] took every secret.
//!
//! A secret becomes a numbered token, `‹jwt:1›`: one number a distinct value, counted per kind in order
//! of first appearance, so that equal stays equal within a report and nothing can be guessed back.

use std::fmt;
use std::ops::{Deref, Range};

use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::findings::head_and_tail;
use detectors::Detectors;

pub(crate) use judge::is_telling;
pub use redactor::Redactor;
pub(crate) use redactor::{Looked, Piece, look};
pub use settings::{Settings, SettingsError};
pub(crate) use token::{Form, Token, tokens_in};

mod claims;
mod detectors;
mod judge;
mod redactor;
mod settings;
mod token;
mod torn;
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
    /// Where the words begin that gave it away.
    from: usize,
    kind: &'static str,
    /// Addresses yield to what they lie in; anything else is masked together with it.
    yields: bool,
    /// Long and random enough to be looked for without the words around it.
    known: bool,
    /// It was known by its own form, not by the words around it.
    by_form: bool,
    /// Of a piece of a torn secret: what tells the whole one from others.
    whole: Option<String>,
}

impl Hit {
    fn new(range: Range<usize>, kind: &'static str) -> Hit {
        Hit { from: range.start, range, kind, yields: false, known: false, by_form: false, whole: None }
    }

    /// Equal for equal secrets, torn or whole.
    fn identity(&self, text: &str) -> String {
        self.whole.clone().unwrap_or_else(|| identity(&text[self.range.clone()]))
    }
}

/// What a token says of the secret in whose place it stands, with a space in front.
pub(crate) fn claims_of(kind: &str, value: &str, identity: &str) -> String {
    match &tokens_in(value)[..] {
        _ if kind != "jwt" => String::new(),
        [token] if token.range == (0..value.len()) => token.claims.clone(),
        _ => claims::claims(identity, |text| !found(text, Vec::new(), &Settings::default()).is_empty()),
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

/// For each of the texts, which one process wrote one behind the other, the pieces of secrets that are torn between
/// them. Linear; next to nothing where no line goes on in the next text.
pub(crate) fn torn_between(texts: &[&str], settings: &Settings) -> Vec<Vec<Secret>> {
    let found = torn::across(texts, settings).into_iter();
    found.zip(texts).map(|(hits, text)| secrets(text, hits)).collect()
}

/// The secrets of a text, `more` included, in order and without overlap.
pub(crate) fn with_more(text: &str, mut secrets: Vec<Secret>, more: &[Secret]) -> Vec<Secret> {
    secrets.extend(more.iter().filter(|secret| secret.range.end <= text.len()).cloned());
    let hit = |secret: Secret| {
        let is_whole = secret.identity == identity(&text[secret.range.clone()]);
        Hit { whole: (!is_whole).then_some(secret.identity), ..Hit::new(secret.range, secret.kind) }
    };
    self::secrets(text, merged(secrets.into_iter().map(hit).collect()))
}

/// As [`secrets_in`] for the value of a field, whose name may tell that it is a secret.
pub(crate) fn secrets_in_field(name: &str, value: &str, settings: &Settings) -> Vec<Secret> {
    let line = format!("{name}: {value}");
    let start = line.len() - value.len();
    let told = found(&line, Vec::new(), settings).into_iter().filter(|hit| hit.range.end > start);
    let told =
        told.map(|hit| Hit { range: hit.range.start.saturating_sub(start)..hit.range.end - start, from: 0, ..hit }).collect();
    secrets(value, found(value, told, settings))
}

fn secrets(text: &str, hits: Vec<Hit>) -> Vec<Secret> {
    let secret = |hit: Hit| Secret { identity: hit.identity(text), range: hit.range, kind: hit.kind };
    hits.into_iter().map(secret).collect()
}

/// Every place of a text that must not be shown, `more` places included: in order, without overlap.
fn found(text: &str, more: Vec<Hit>, settings: &Settings) -> Vec<Hit> {
    let mut hits = Vec::new();
    let token = |token: Token| Hit::new(token.range, token.kind);
    hits.extend(tokens_in(text).into_iter().map(token));
    Detectors::shared().find(text, &mut hits);
    settings.find(text, &mut hits);
    hits.extend(more);
    torn::find(text, &mut hits, settings);
    hits.retain(|hit| !settings.allows(hit.whole.as_deref().unwrap_or(&text[hit.range.clone()])));
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
    let unbroken = torn::without_breaks(value);
    let unslashed = unbroken.replace("\\/", "/").replace("\\u003d", "=").replace("\\u0026", "&").replace("\\u0040", "@");
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
                if hit.range.len() > last.range.len() || last.whole.is_none() && hit.whole.is_some() {
                    (last.kind, last.known) = (hit.kind, hit.known);
                    last.whole = hit.whole.or(last.whole.take());
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
