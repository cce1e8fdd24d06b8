//! Tells by content whether a file holds log entries, and how they are laid out.

use std::io::Read;

use super::outline::top_level_keys;
use super::parquet;
use super::source::decoded;

/// How entries stand in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What stands before the opening brace of an entry on its line, where each entry starts a line of its own;
    /// `None` where several entries share a line.
    pub(super) indent: Option<Vec<u8>>,
    /// Entries stand in fenced blocks, with prose around them.
    pub(super) fenced: bool,
}

/// How many bytes of a file are enough for [`recognise`].
pub const HEAD_BYTES: usize = 64 * 1024;

/// How many openings of an object are looked at before a text is given up.
const TRIES: usize = 300;

/// The layout of the log entries in a file that starts with `head`, compressed or not, in UTF-8 or UTF-16;
/// `None` where no entry of Cloud Logging is in sight.
pub fn recognise(head: &[u8]) -> Option<Layout> {
    // The columns are listed at the end of the file; `Source::recognise` looks there.
    if head.starts_with(&parquet::MAGIC) {
        return Some(Layout { indent: Some(Vec::new()), fenced: false });
    }
    let text = decoded_head(head);
    let openings = memchr::memchr_iter(b'{', &text).filter(|at| may_open_an_entry(&text[..*at]));
    openings.take(TRIES).find_map(|at| is_entry(&text[at..]).then(|| layout(&text, at)))
}

/// As much of the text as these first bytes give.
fn decoded_head(head: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(reader) = decoded(head) {
        // The head is cut off, so a decoder may end in an error: what came before it counts.
        let _ = reader.take(4 * HEAD_BYTES as u64).read_to_end(&mut text);
    }
    text
}

/// Whether what stands before an opening brace lets it be an element of a list or the first thing on its line.
fn may_open_an_entry(before: &[u8]) -> bool {
    let blank = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    matches!(before[..before.len() - blank].last(), None | Some(b'\n' | b'\r' | b'[' | b','))
}

fn is_entry(object: &[u8]) -> bool {
    let (keys, whole) = top_level_keys(object);
    looks_like_an_entry(keys.iter().copied(), whole) || is_envelope(object, &keys)
}

/// A Pub/Sub message around an entry.
fn is_envelope(object: &[u8], keys: &[&[u8]]) -> bool {
    keys.contains(&&b"message"[..])
        && memchr::memmem::find(object, b"\"data\"").is_some()
        && (keys.contains(&&b"subscription"[..]) || keys.contains(&&b"ackId"[..]) || keys.len() == 1)
}

/// Whether an object with these keys is a log entry: one field that only Cloud Logging has, and a second one, unless
/// not all of it is there.
pub(super) fn looks_like_an_entry<'a>(keys: impl Iterator<Item = &'a [u8]>, whole: bool) -> bool {
    let (mut own, mut all) = (0, 0);
    for key in keys {
        match key {
            b"logName" | b"log_name" | b"textPayload" | b"text_payload" | b"jsonPayload" | b"json_payload" | b"protoPayload"
            | b"proto_payload" | b"receiveTimestamp" | b"receive_timestamp" | b"httpRequest" | b"http_request" => own += 1,
            b"insertId" | b"insert_id" | b"timestamp" | b"severity" | b"resource" | b"labels" | b"trace" => all += 1,
            _ => {}
        }
    }
    own > 0 && (own + all > 1 || !whole)
}

fn layout(text: &[u8], at: usize) -> Layout {
    let line_start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
    let indent = &text[line_start..at];
    let alone = indent.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    let fenced = text[..at].windows(4).any(|four| four == b"\n```") || text.starts_with(b"```");
    Layout { indent: alone.then(|| indent.to_vec()), fenced }
}
