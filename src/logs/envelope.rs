//! Takes entries out of what other tools wrap around them: lists inside an object, Pub/Sub messages.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::mend::Fix;
use super::recognise::looks_like_an_entry;

/// How deep wrappers are opened.
const DEPTH: usize = 8;

/// Names under which tools put a list of entries.
const LISTS: [&[u8]; 8] = [b"entries", b"logEntries", b"log_entries", b"logs", b"items", b"results", b"records", b"data"];

/// Entries found in one JSON value.
#[derive(Default)]
pub(super) struct Unwrapped {
    pub(super) entries: Vec<Map<String, Value>>,
    pub(super) fixes: Vec<Fix>,
    /// Something in a list of entries was none.
    pub(super) foreign: bool,
}

/// Where the first element of a list of entries begins, if the text opens with an object around such a list.
pub(super) fn opening(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut next = |expected: u8| {
        at += text[at..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        (text[at] == expected).then(|| at += 1)?;
        Some(at)
    };
    next(b'{')?;
    let start = next(b'"')?;
    let key = LISTS.iter().find(|key| text[start..].starts_with(key) && text[start + key.len()..].starts_with(b"\""))?;
    let rest = &text[start + key.len() + 1..];
    let list: Vec<usize> =
        rest.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace()).take(3).map(|(at, _)| at).collect();
    let [colon, bracket, brace] = list[..] else { return None };
    (rest[colon] == b':' && rest[bracket] == b'[' && rest[brace] == b'{').then_some(start + key.len() + 1 + brace)
}

/// Whether a line only closes a wrapper, such as `],"nextPageToken":"x"}` without its bracket.
pub(super) fn closing(line: &[u8]) -> bool {
    let rest = line.iter().rev().take_while(|byte| matches!(byte, b'}' | b']' | b',' | b' ')).count();
    let line = &line[..line.len() - rest];
    line.is_empty() || line == b"---" || line.starts_with(b"\"nextPageToken\"") || line.starts_with(b"\"next_page_token\"")
}

/// The entries in a value, however they are wrapped.
pub(super) fn unwrap(value: Value) -> Unwrapped {
    let mut found = Unwrapped::default();
    open(value, DEPTH, &mut found);
    found.foreign |= found.entries.is_empty();
    found
}

fn open(value: Value, depth: usize, found: &mut Unwrapped) {
    match value {
        Value::Object(fields) if looks_like_an_entry(fields.keys().map(String::as_bytes), true) => found.entries.push(fields),
        Value::Object(fields) if depth > 0 => {
            let message = fields.get("message").and_then(|message| message.get("data")).or_else(|| fields.get("data"));
            if let Some(inner) = message.and_then(Value::as_str).and_then(from_base64) {
                found.fixes.push(Fix::PubSub);
                return open(inner, depth - 1, found);
            }
            fields.into_iter().for_each(|(_, value)| open(value, depth - 1, found));
        }
        Value::Array(list) if depth > 0 => {
            let (before, length) = (found.entries.len(), list.len());
            list.into_iter().for_each(|value| open(value, depth - 1, found));
            let here = found.entries.len() - before;
            // A list of entries with something else in it; a list of anything else is none of ours.
            found.foreign |= here > 0 && here < length;
        }
        _ => {}
    }
}

fn from_base64(text: &str) -> Option<Value> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let bytes = GeneralPurpose::new(&base64::alphabet::STANDARD, lenient).decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}
