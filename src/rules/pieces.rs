//! The pieces of a word that stand in raw JSON as they stand in the text that is made of it.
//!
//! A pattern's words are cut at everything that JSON may write in another way than the text has it. Three things make
//! up a record's text, and each joins other pieces of the raw entry, so each has its own cut:
//!
//! - a text payload stands in the raw entry as it is, escapes aside;
//! - a JSON payload becomes its message and lines `key: value`, so a piece may not hold `:` or `.`, nor the blank beside it;
//! - a request or audit entry becomes a line of its fields, so a piece may not hold a blank either.

use super::literals::Weigh;

/// A piece shorter than this is in nearly every entry.
const SHORTEST_PIECE: usize = 3;

/// What stands in nearly every entry that Cloud Run writes, in lower case: a piece of it tells nothing.
const EVERYWHERE: &str = "\
    \"insertid\": \"labels\": \"instanceid\": \"logname\": \"projects/logs/run.googleapis.com%2fstdout %2fstderr %2frequests \
    \"receivetimestamp\": \"resource\": \"configuration_name\": \"location\": \"project_id\": \"revision_name\": \
    \"service_name\": \"type\": \"cloud_run_revision\": \"severity\": \"default info warning error timestamp\": \
    \"textpayload\": \"jsonpayload\": \"message\": \"trace\": \"traces\": \"spanid\": \"tracesampled\": \
    \"httprequest\": \"requestmethod\": \"get post requesturl\": \"https \"requestsize\": \"responsesize\": \"status\": \
    \"useragent\": \"remoteip\": \"serverip\": \"latency\": \"protocol\": \"http/1.1 \"sourcelocation\": \"file\": \
    \"line\": \"function\": \"commit-sha gcb-build-id managed-by cloudfunctions us-central1";

/// The three ways in which an entry becomes text, as bits.
pub(super) const PLAIN: u8 = 1;
pub(super) const JSON: u8 = 2;
pub(super) const REQUEST: u8 = 4;
pub(super) const EVERY: u8 = PLAIN | JSON | REQUEST;

/// One of the ways, where its literals are cut, and what they are worth then.
pub(super) type Cut = (u8, fn(u8) -> bool, Weigh);

/// How to cut literals for each of them.
pub(super) const CUTS: [Cut; 3] = [
    (PLAIN, is_cut_in_plain, |text| piece(text, is_cut_in_plain).len()),
    (JSON, is_cut_in_json, |text| piece(text, is_cut_in_json).len()),
    (REQUEST, is_cut_in_request, |text| piece(text, is_cut_in_request).len()),
];

/// Whether JSON encoders write the character as an escape, always or to be safe in HTML.
pub(super) fn is_often_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'/' | b'<' | b'>' | b'&' | b'\'')
}

pub(super) fn is_cut_in_plain(byte: u8) -> bool {
    !(0x20..0x7f).contains(&byte) || is_often_escaped(byte)
}

fn is_cut_in_json(byte: u8) -> bool {
    is_cut_in_plain(byte) || matches!(byte, b':' | b'.')
}

fn is_cut_in_request(byte: u8) -> bool {
    is_cut_in_json(byte) || byte == b' '
}

/// The longest piece of a literal between cuts; empty where none is of use.
pub(super) fn piece(literal: &str, is_cut: fn(u8) -> bool) -> &str {
    pieces(literal, is_cut)
        .filter(|piece| !EVERYWHERE.contains(&piece.to_ascii_lowercase()))
        .max_by_key(|piece| piece.len())
        .unwrap_or_default()
}

/// The pieces of a literal between cuts that are long enough to tell anything.
fn pieces(literal: &str, is_cut: fn(u8) -> bool) -> impl Iterator<Item = &str> {
    let cut = move |c: char| u8::try_from(c).map_or(true, is_cut);
    let trimmed = move |piece| if is_cut(b':') { str::trim(piece) } else { piece };
    literal.split(cut).map(trimmed).filter(|piece| piece.len() >= SHORTEST_PIECE)
}
