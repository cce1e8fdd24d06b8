//! Takes secrets out of entries and texts before they reach the disk, so that what the rules find in them stays the same.
//!
//! A token is a keyed hash of the secret (HMAC-SHA-256, the key in a private file beside the journals): equal secrets
//! get equal tokens across an interruption, and nothing can be guessed back once the key is gone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use rustc_hash::FxHashSet;
use serde_json::{Map, Value};
use sha2::Sha256;

use super::streams::{self, Said, Streams};
use crate::logs::{self, LogEntry, Record};
use crate::report::redact::{
    Form, Secret, Settings, claims_of, goes_on_with_key, secrets_in, secrets_in_field, torn_between, with_more,
};
use crate::rules::matching::{Matcher, Sighting};

/// How many bytes a key has: a block of the hash.
pub(super) const KEY_BYTES: usize = 64;

/// What makes tokens.
#[derive(Debug)]
pub(super) struct Mask {
    key: Hmac<Sha256>,
    matcher: Arc<Matcher>,
    settings: Arc<Settings>,
    /// The streams whose last line ended within a private key.
    in_key: FxHashSet<String>,
    streams: Streams,
}

/// Entries on their way into the journal.
#[derive(Debug)]
pub(super) struct Page {
    /// As they came, without their secrets.
    pub(super) entries: Vec<Map<String, Value>>,
    /// Entries that stand in the journal already, and in which the new ones show a part of a secret.
    pub(super) again: Vec<Map<String, Value>>,
}

/// How secrets of one entry are written, best first: the first way that leaves the findings alone is taken.
const WAYS: [Way; 4] = [Way::Quoted, Way::Word, Way::Address, Way::Scrambled];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Quoted,
    Word,
    /// IP addresses become addresses, everything else words.
    Address,
    /// IP addresses become addresses, of everything else each character becomes another one of its class.
    Scrambled,
}

/// Fields that say which entry it is: they hold no text of a program.
const IDENTITY: [&str; 7] = ["insertId", "timestamp", "receiveTimestamp", "severity", "spanId", "logName", "traceSampled"];

/// Finds the secrets in the value of a field, by its name and its text.
pub(super) type Find<'a> = &'a dyn Fn(&str, &str) -> Vec<Secret>;

impl Mask {
    pub(super) fn new(key: &[u8; KEY_BYTES], matcher: Arc<Matcher>) -> Mask {
        Mask {
            key: Hmac::new(&(*key).into()),
            matcher,
            settings: Arc::default(),
            in_key: FxHashSet::default(),
            streams: Streams::default(),
        }
    }

    pub(super) fn set(&mut self, settings: Arc<Settings>) {
        self.settings = settings;
    }

    /// The secrets that a text shows by itself or by the name of its field.
    pub(super) fn plain_secrets(&self, field: &str, text: &str) -> Vec<Secret> {
        match field {
            // A record shows these without their names.
            "" | "textPayload" | "message" => secrets_in(text, &self.settings),
            _ if tells(field) || !self.settings.is_empty() => secrets_in_field(field, text, &self.settings),
            _ => secrets_in(text, &self.settings),
        }
    }

    /// Takes up an entry that stands in the journal of a window.
    pub(super) fn remember(&mut self, window: usize, entry: Map<String, Value>) {
        self.streams.remember(window, entry);
    }

    /// Forgets the entries of a window that is over.
    pub(super) fn forget(&mut self, window: usize) {
        self.streams.forget(window);
    }

    /// Entries of a window that come in, without their secrets; entries of one stream come in order of time. `is_there` says
    /// which are in the journal already.
    pub(super) fn page(
        &mut self,
        window: usize,
        entries: &[Map<String, Value>],
        is_there: &dyn Fn(&Map<String, Value>) -> bool,
    ) -> Page {
        let mut by_stream: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, entry) in entries.iter().enumerate() {
            by_stream.entry(streams::name_of(entry)).or_default().push(place);
        }
        let mut page = Page { entries: vec![Map::new(); entries.len()], again: Vec::new() };
        for (stream, places) in by_stream {
            let own: Vec<&Map<String, Value>> = places.iter().map(|place| &entries[*place]).collect();
            let mut said: Vec<Said<'_>> = self.streams.take(window, &stream, &own);
            let before = said.len();
            for entry in own {
                let in_key = self.goes_on_with_key(&stream, entry);
                said.push(Said::new(Cow::Borrowed(entry), false, in_key));
            }
            let texts: Vec<&str> = said.iter().map(Said::text).collect();
            let torn = torn_between(&texts, &self.settings);
            let is_new: Vec<bool> = torn.iter().map(|pieces| !pieces.is_empty()).collect();
            said.iter_mut().zip(torn).for_each(|(said, pieces)| said.pieces.extend(pieces));
            for (number, (said, is_torn)) in said.iter().zip(is_new).enumerate() {
                let there = number < before;
                if there && !is_torn {
                    continue;
                }
                let masked = self.masked(said);
                if is_torn && (there || is_there(&said.entry)) {
                    page.again.push(masked.clone());
                }
                if !there {
                    page.entries[places[number - before]] = masked;
                }
            }
            self.streams.keep(window, stream, said);
        }
        page
    }

    /// The entry without its secrets. A word that a rule looks for is no piece of one.
    fn masked(&self, said: &Said<'_>) -> Map<String, Value> {
        let (masked, is_alike) = self.masked_with(said, &said.pieces);
        if is_alike || said.pieces.is_empty() {
            return masked;
        }
        let text = said.text();
        let is_no_word =
            |piece: &&Secret| !text[piece.range.clone()].bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let sure: Vec<Secret> = said.pieces.iter().filter(is_no_word).cloned().collect();
        let (without_words, is_alike) = self.masked_with(said, &sure);
        if is_alike { without_words } else { masked }
    }

    /// The entry without its secrets and these pieces, and whether the rules find the same in it.
    fn masked_with(&self, said: &Said<'_>, pieces: &[Secret]) -> (Map<String, Value>, bool) {
        let own = streams::text_of(&said.entry);
        let find = |field: &str, text: &str| {
            let is_own = own == Some((field, text)) || own.is_some_and(|own| own.1 == text && field.ends_with(own.0));
            if said.in_key && is_own {
                return vec![Secret { range: 0..text.len(), kind: "private-key", identity: text.to_owned() }];
            }
            let plain = if said.is_masked { Vec::new() } else { self.plain_secrets(field, text) };
            if is_own && !pieces.is_empty() { with_more(text, plain, pieces) } else { plain }
        };
        let (masked, is_alike) = self.entry_alike(&said.entry, &find);
        (masked.unwrap_or_else(|| said.entry.clone().into_owned()), is_alike)
    }

    /// Whether the entry is one line of a private key whose beginning came before it.
    fn goes_on_with_key(&mut self, stream: &str, entry: &Map<String, Value>) -> bool {
        let text = streams::text_of(entry).map(|(_, text)| text);
        let Some(text) = text.filter(|text| !self.in_key.is_empty() || text.contains("PRIVATE KEY")) else { return false };
        let mut in_key = self.in_key.remove(stream);
        let goes_on = goes_on_with_key(&mut in_key, text);
        if in_key {
            self.in_key.insert(stream.to_owned());
        }
        goes_on
    }

    /// The text with a token in the place of every secret that `find` finds in it.
    pub(super) fn text(&self, text: &str, find: Find<'_>) -> String {
        let mut swapping = Swapping { mask: self, find, way: Way::Quoted, swaps: Vec::new() };
        swapping.text("", text).unwrap_or_else(|| text.to_owned())
    }

    /// The entry with a token in the place of every secret; `None` where it has none.
    pub(super) fn entry(&self, entry: &Map<String, Value>, find: Find<'_>) -> Option<Map<String, Value>> {
        self.entry_alike(entry, find).0
    }

    /// The same, and whether the rules find the same in it.
    fn entry_alike(&self, entry: &Map<String, Value>, find: Find<'_>) -> (Option<Map<String, Value>>, bool) {
        let mut last = None;
        for way in WAYS {
            let mut swapping = Swapping { mask: self, find, way, swaps: Vec::new() };
            let Some(masked) = swapping.object("", entry) else { return (None, true) };
            let is_alike = self.reads_alike(entry, &masked, &swapping.swaps);
            last = Some(masked);
            if is_alike {
                return (last, true);
            }
        }
        (last, false)
    }

    fn token(&self, kind: &str, identity: &str, written: &str, way: Way) -> String {
        let id = self.id(identity);
        match way {
            Way::Quoted => Form::Quoted.write(kind, &(id + &claims_of(kind, written, identity))),
            Way::Scrambled if kind == "ip" && written.contains(':') => scrambled(written, &self.hash(identity), HEX_LETTERS),
            Way::Address if kind == "ip" && written.contains(':') => Form::Ipv6.write(kind, &id),
            Way::Address | Way::Scrambled if kind == "ip" => Form::Ipv4.write(kind, &id),
            Way::Word | Way::Address => Form::Word.write(kind, &id),
            // By how they begin, such keys are known for what they are.
            Way::Scrambled if matches!(kind, "api-key" | "jwt") => {
                let start = written.floor_char_boundary(4);
                format!("{}{}", &written[..start], scrambled(&written[start..], &self.hash(identity), LETTERS))
            }
            Way::Scrambled => scrambled(written, &self.hash(identity), LETTERS),
        }
    }

    /// What tells a secret from others while the folder is under way.
    pub(super) fn id(&self, identity: &str) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.hash(identity);
        format!("~{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The keyed hash of a secret.
    fn hash(&self, identity: &str) -> [u8; 32] {
        let mut mac = self.key.clone();
        mac.update(identity.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whether the rules find the same in both, and both have the same place in a stack trace.
    pub(super) fn reads_alike(
        &self,
        entry: &Map<String, Value>,
        masked: &Map<String, Value>,
        swaps: &[(String, String)],
    ) -> bool {
        if !logs::stitch_alike(entry, masked) {
            return false;
        }
        let (before, after) = (self.sightings(entry), self.sightings(masked));
        before.len() == after.len()
            && before.iter().zip(&after).all(|(before, after)| {
                (before.rule, before.matcher) == (after.rule, after.matcher)
                    && before.captures.len() == after.captures.len()
                    && before.captures.iter().zip(&after.captures).all(|(before, after)| {
                        before.0 == after.0 && (before.1 == after.1 || swapped(before.1, swaps) == *after.1)
                    })
            })
    }

    fn sightings(&self, entry: &Map<String, Value>) -> Vec<Sighting> {
        let mut sightings = Vec::new();
        if let Some(entry) = LogEntry::from_fields(entry.clone()) {
            self.matcher.in_record(&Record::of(entry), &mut |sighting| sightings.push(sighting));
        }
        sightings
    }
}

/// Secrets on their way out of one entry.
struct Swapping<'a> {
    mask: &'a Mask,
    find: Find<'a>,
    way: Way,
    /// What was taken out, and what was put in its place.
    swaps: Vec<(String, String)>,
}

impl Swapping<'_> {
    /// The object under this path with its secrets taken out; `None` where it has none.
    fn object(&mut self, path: &str, object: &Map<String, Value>) -> Option<Map<String, Value>> {
        let mut masked: Option<Map<String, Value>> = None;
        for (key, value) in object.iter().filter(|(key, _)| !path.is_empty() || !IDENTITY.contains(&key.as_str())) {
            let inner = if is_outer(path) { key.clone() } else { format!("{path}.{key}") };
            let shown_key = self.text("", key);
            let shown = self.value(&inner, value);
            if shown_key.is_none() && shown.is_none() {
                continue;
            }
            let masked = masked.get_or_insert_with(|| object.clone());
            masked.remove(key);
            masked.insert(shown_key.unwrap_or_else(|| key.clone()), shown.unwrap_or_else(|| value.clone()));
        }
        masked
    }

    fn value(&mut self, path: &str, value: &Value) -> Option<Value> {
        match value {
            Value::String(text) => self.text(path, text).map(Value::String),
            // `"otp": 493021`: the key says that it is a secret.
            Value::Number(number) => self.text(path, &number.to_string()).map(Value::String),
            Value::Object(object) => self.object(path, object).map(Value::Object),
            Value::Array(list) => {
                let mut masked: Option<Vec<Value>> = None;
                for (place, element) in list.iter().enumerate() {
                    if let Some(shown) = self.value(path, element) {
                        masked.get_or_insert_with(|| list.clone())[place] = shown;
                    }
                }
                masked.map(Value::Array)
            }
            Value::Null | Value::Bool(_) => None,
        }
    }

    /// The text of a field with its secrets taken out; `None` where it has none.
    fn text(&mut self, path: &str, text: &str) -> Option<String> {
        let mut masked = String::new();
        let mut shown = 0;
        for secret in (self.find)(path, text) {
            let written = &text[secret.range.clone()];
            let token = self.mask.token(secret.kind, &secret.identity, written, self.way);
            masked.push_str(&text[shown..secret.range.start]);
            masked.push_str(&token);
            self.swaps.push((written.to_owned(), token));
            shown = secret.range.end;
        }
        (shown > 0).then(|| masked + &text[shown..])
    }
}

/// Whether the name of a field may tell that its value is a secret.
fn tells(field: &str) -> bool {
    const WORDS: [&str; 13] =
        ["pass", "pwd", "secret", "token", "key", "cred", "jwt", "otp", "session", "auth", "cookie", "bearer", "sig"];
    let field = field.to_ascii_lowercase();
    WORDS.iter().any(|word| field.contains(word))
}

/// Whether paths begin anew below it: a record shows the fields of a payload without the payload's name.
fn is_outer(path: &str) -> bool {
    matches!(path, "" | "jsonPayload")
}

fn swapped(text: &str, swaps: &[(String, String)]) -> String {
    swaps.iter().fold(text.to_owned(), |text, (secret, token)| text.replace(secret, token))
}

/// Letters that make no word which a rule could look for: neither `key` nor `tls`.
const LETTERS: &[u8] = b"bfgjkqvxz";

/// Those of a hexadecimal number.
const HEX_LETTERS: &[u8] = b"abcdef";

/// Each letter and digit becomes another one of its class; letters one of these, which are small.
fn scrambled(text: &str, hash: &[u8; 32], letters: &[u8]) -> String {
    let mut keys = hash.iter().cycle().enumerate().map(|(place, byte)| byte.wrapping_mul(31).wrapping_add(place as u8));
    let mut one_of = |those: &[u8]| those[usize::from(keys.next().unwrap_or_default()) % those.len()];
    let mut other = |letter: char| match letter {
        'a'..='z' => char::from(one_of(letters)),
        'A'..='Z' => char::from(one_of(letters).to_ascii_uppercase()),
        '0'..='9' => char::from(one_of(b"0123456789")),
        other => other,
    };
    text.chars().map(&mut other).collect()
}
