//! What is known of an entry before it is parsed, and its text made from no more than that.

use super::payload;
use super::tree::Tree;

/// The fields of `httpRequest` that its text is made of, in the order of the text.
pub(super) const REQUEST_FIELDS: [&str; 5] = ["requestMethod", "requestUrl", "status", "latency", "userAgent"];

/// The place of the status among them.
pub(super) const STATUS: usize = 2;

/// The place of a field among the [`REQUEST_FIELDS`].
#[inline]
pub(super) fn request_field(key: &[u8]) -> Option<usize> {
    REQUEST_FIELDS.iter().position(|field| field.as_bytes() == key)
}

/// The values that the text of an entry is made of, as they stand in its JSON; empty where missing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Payloads<'a> {
    pub(super) text: &'a [u8],
    pub(super) json: &'a [u8],
    pub(super) proto: &'a [u8],
    pub(super) request: &'a [u8],
    /// The values of the [`REQUEST_FIELDS`] within `request`.
    pub(super) request_fields: [&'a [u8]; REQUEST_FIELDS.len()],
}

/// An entry that is a record of its own, not parsed yet.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse<'a> {
    raw: &'a [u8],
    quotes: &'a [u32],
    payloads: Payloads<'a>,
}

impl<'a> Glimpse<'a> {
    /// The quotes are those of the whole entry, the payloads parts of it.
    pub(super) fn new(raw: &'a [u8], quotes: &'a [u32], payloads: Payloads<'a>) -> Glimpse<'a> {
        Glimpse { raw, quotes, payloads }
    }

    /// The whole entry: one JSON object.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The text between the strings in a payload, which is JSON.
    pub(super) fn between_strings(&self, payload: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let start = self.offset(payload);
        let (raw, end) = (self.raw, start + payload.len());
        let quotes = self.quotes;
        let quotes = &quotes[quotes.partition_point(|quote| (*quote as usize) < start)..];
        let strings = quotes.as_chunks::<2>().0.iter().map(|[open, close]| (*open as usize, *close as usize + 1));
        let inside = strings.take_while(move |(open, _)| *open < end);
        let mut from = start;
        inside.chain([(end, end)]).map(move |(open, behind)| {
            let between = &raw[from.min(open)..open];
            from = behind;
            between
        })
    }

    /// The values that its text is made of.
    pub(super) fn payloads(&self) -> Payloads<'a> {
        self.payloads
    }

    /// The status of a request that was answered with 400 or more, written as a number or a text.
    pub(super) fn failed_status(&self) -> Option<u16> {
        let status = self.payloads.request_fields[STATUS];
        let status = status.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(status);
        matches!(status, [b'4'..=b'9', _, _]).then(|| std::str::from_utf8(status).ok()?.parse().ok()).flatten()
    }

    /// The text of the record that will be made of it, exactly; written into `room` unless it stands in the JSON
    /// as it is. `None`: only parsing the whole entry can tell. Linear in the length of the payload.
    pub fn text<'t>(&'t self, room: &'t mut String) -> Option<&'t str> {
        let Payloads { text, json, proto, request, .. } = self.payloads;
        room.clear();
        match [json, proto, text, request].map(<[u8]>::is_empty) {
            [true, true, false, true] => self.plain_text(room),
            [true, true, true, false] => self.request_line(room),
            _ => self.any_text(room),
        }
    }

    fn plain_text<'t>(&'t self, room: &'t mut String) -> Option<&'t str> {
        let inside = self.payloads.text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        match inside {
            Some(inside) if memchr::memchr(b'\\', inside).is_none() => Some(payload::whole(std::str::from_utf8(inside).ok()?)),
            Some(_) => {
                let text: String = serde_json::from_slice(self.payloads.text).ok()?;
                room.push_str(payload::whole(&text));
                Some(room)
            }
            None => Some(""),
        }
    }

    fn request_line<'t>(&'t self, room: &'t mut String) -> Option<&'t str> {
        for field in self.payloads.request_fields {
            // What stands in the JSON as it is shown is taken from there.
            let shown = match field {
                [b'"', inside @ .., b'"'] if memchr::memchr(b'\\', inside).is_none() => Some(inside),
                [b'1'..=b'9', rest @ ..] if rest.len() < 15 && rest.iter().all(u8::is_ascii_digit) => Some(field),
                [] => Some(field),
                _ => None,
            };
            match shown {
                Some(shown) => payload::push_part(std::str::from_utf8(shown).ok()?, room),
                None => payload::push_part(&payload::shown(&self.tree(field)?), room),
            }
        }
        Some(payload::whole(room))
    }

    fn any_text<'t>(&'t self, room: &'t mut String) -> Option<&'t str> {
        let Payloads { text, json, proto, request, .. } = self.payloads;
        payload::write(&self.tree(text)?, &self.tree(json)?, &self.tree(proto)?, &self.tree(request)?, room);
        Some(room)
    }

    /// The value of one of the payloads or their fields; null where it is missing.
    fn tree(&self, part: &'a [u8]) -> Option<Tree<'a>> {
        if part.is_empty() {
            return Some(Tree::Null);
        }
        let start = self.offset(part);
        Tree::read(self.raw, self.quotes, start..start + part.len())
    }

    /// Where one of the payloads begins in the entry.
    fn offset(&self, part: &[u8]) -> usize {
        part.as_ptr() as usize - self.raw.as_ptr() as usize
    }
}
