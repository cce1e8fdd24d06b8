//! Finds the few fields that decide whether an entry is worth parsing, without parsing it.
//!
//! Everything here is exact for valid JSON and gives up (`None`) on anything unusual; who calls it then
//! takes the slow road through a real parser. Costs are linear in the bytes looked at.

use std::sync::LazyLock;

use memchr::memmem::FinderRev;

use super::cursor::{Cursor, Marked, Quotes, Searched};
use super::frame::Frames;
use super::glimpse::{Payloads, REQUEST_FIELDS, request_field};
use super::lines::Origin;
use super::marks::Marks;
use super::names::is_foreign;
use super::resource::{Resources, Written};

/// Fields of one entry as they stand in its JSON: the bytes between the quotes, escapes included; empty where missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outline<'a> {
    /// Its `timestamp`.
    pub timestamp: &'a [u8],
    pub insert_id: &'a [u8],
    pub log_name: &'a [u8],
    pub service: &'a [u8],
    pub revision: &'a [u8],
    pub instance: &'a [u8],
    /// `resource.labels.project_id`.
    pub project: &'a [u8],
    /// As it stands in the JSON, its quotes included.
    pub severity: &'a [u8],
    pub trace: &'a [u8],
    /// `textPayload`, else the `message` of `jsonPayload`, else a `jsonPayload` that is a string.
    pub text: &'a [u8],
    /// Where `text` comes from.
    pub origin: Origin,
    /// The `message` of `jsonPayload`, or that itself where it is a string.
    message: &'a [u8],
    resource: &'a [u8],
    /// `split.uid`, where it is one part of an entry that was too large.
    pub split: &'a [u8],
    /// What its text is made of.
    pub payloads: Payloads<'a>,
}

/// The text of the entry's own `timestamp`, found from the back; `None` where it is missing, is no string,
/// or only a nested object has one.
pub(super) fn timestamp(raw: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b"\"timestamp\"";
    static BACKWARDS: LazyLock<FinderRev<'_>> = LazyLock::new(|| FinderRev::new(KEY));
    let mut end = raw.len();
    for _ in 0..4 {
        let at = BACKWARDS.rfind(&raw[..end])?;
        if at > 0
            && raw[at - 1] != b'\\'
            && let Some(text) = value_on_top_level(raw, at + KEY.len())
        {
            return Some(text);
        }
        end = at;
    }
    None
}

/// The string after a key that ends at `at`, if nothing but further members and the entry's own closing
/// brace follow: only then does the key belong to the entry itself.
fn value_on_top_level(raw: &[u8], at: usize) -> Option<&[u8]> {
    let mut cursor = Cursor::new(raw, Searched { strict: true });
    cursor.at = at;
    cursor.expect(b':')?;
    cursor.white();
    let text = cursor.string()?;
    while cursor.accept(b',') {
        cursor.white();
        cursor.string()?;
        cursor.expect(b':')?;
        cursor.value()?;
    }
    cursor.expect(b'}')?;
    cursor.white();
    (cursor.at == raw.len()).then_some(text)
}

/// Makes outlines; its memory is used again from one to the next.
#[derive(Debug, Default)]
pub(super) struct Outliner {
    marks: Marks,
    frames: Frames,
    resources: Resources,
}

impl Outliner {
    /// Fills in the outline of one entry, which is empty so far, and says where the quotes stand in it; `None` where it is no plain
    /// JSON object in UTF-8 or uses the protocol's own field names (`log_name`). Linear.
    pub(super) fn outline<'a>(&mut self, raw: &'a [u8], found: &mut Outline<'a>) -> Option<&[u32]> {
        self.marks.of(raw)?;
        if !self.marks.is_ascii() {
            std::str::from_utf8(raw).ok()?;
        }
        let quotes = self.marks.quotes();
        let written = match self.frames.meet(raw, quotes, &mut self.resources, found.slots()) {
            Some(written) => written,
            None => {
                let written = walk(raw, quotes, &mut self.resources, found)?;
                let resource = found.resource;
                self.frames.learn(raw, quotes, resource, found.slots().map(|slot| &**slot));
                written
            }
        };
        found.finish(written);
        Some(quotes)
    }

    #[cfg(test)]
    pub(super) fn frames(&self) -> &Frames {
        &self.frames
    }
}

impl<'a> Outline<'a> {
    /// All that a walk finds.
    fn slots(&mut self) -> [&mut &'a [u8]; 14 + REQUEST_FIELDS.len()] {
        let Payloads { text, json, proto, request, request_fields: [method, url, status, latency, agent] } = &mut self.payloads;
        [
            &mut self.timestamp,
            &mut self.insert_id,
            &mut self.log_name,
            &mut self.instance,
            &mut self.severity,
            &mut self.trace,
            &mut self.text,
            &mut self.message,
            &mut self.split,
            &mut self.resource,
            text,
            json,
            proto,
            request,
            method,
            url,
            status,
            latency,
            agent,
        ]
    }

    /// What follows from it.
    fn finish(&mut self, written: Written) {
        let Written { service, revision, project } = written;
        [self.service, self.revision, self.project] = [service, revision, project].map(|name| &self.resource[name]);
        self.origin = match self.severity {
            _ if self.text.is_empty() => Origin::Payload,
            [b'"', ..] if !matches!(self.severity, b"\"\"" | b"\"DEFAULT\"") => Origin::Marked,
            _ => Origin::Unmarked,
        };
        if self.text.is_empty() {
            self.text = self.message;
        }
    }
}

/// Walks through an entry; the names in its resource.
fn walk<'a>(raw: &'a [u8], quotes: &[u32], resources: &mut Resources, found: &mut Outline<'a>) -> Option<Written> {
    let mut written = Written::default();
    let mut cursor = Cursor::new(raw, Marked::from(quotes, 0));
    cursor.white();
    cursor.members(|key, cursor| {
        match key {
            b"insertId" => found.insert_id = cursor.text()?,
            b"logName" => found.log_name = cursor.text()?,
            b"timestamp" => found.timestamp = cursor.text()?,
            b"textPayload" => {
                found.payloads.text = cursor.span(|cursor| {
                    found.text = cursor.text()?;
                    Some(())
                })?;
            }
            b"severity" => found.severity = cursor.span(Cursor::value)?,
            b"trace" => found.trace = cursor.text()?,
            b"split" if cursor.peek() == Some(b'{') => cursor.members(|key, cursor| {
                match key {
                    b"uid" => found.split = cursor.text()?,
                    _ => cursor.value()?,
                }
                Some(())
            })?,
            b"labels" if cursor.peek() == Some(b'{') => {
                found.instance = &raw[..0];
                cursor.members(|key, cursor| {
                    match key {
                        b"instanceId" => found.instance = cursor.text()?,
                        _ => cursor.value()?,
                    }
                    Some(())
                })?;
            }
            b"jsonPayload" => {
                found.payloads.json = cursor.span(|cursor| {
                    found.message = json_message(cursor)?;
                    Some(())
                })?;
            }
            b"protoPayload" => found.payloads.proto = cursor.span(Cursor::value)?,
            b"httpRequest" => {
                found.payloads.request_fields = Default::default();
                found.payloads.request = cursor.span(|cursor| request(cursor, &mut found.payloads.request_fields))?;
            }
            b"resource" if cursor.peek() == Some(b'{') => {
                found.resource = cursor.span(|cursor| {
                    written = resources.read(cursor)?;
                    Some(())
                })?;
            }
            b"receiveTimestamp" | b"spanId" | b"traceSampled" | b"sourceLocation" | b"operation" => cursor.value()?,
            // snake_case fields, and keys written with escapes: rare enough for the slow road.
            key if is_foreign(key) || key.contains(&b'\\') => return None,
            _ => cursor.value()?,
        }
        Some(())
    })?;
    cursor.white();
    (cursor.at == raw.len()).then_some(written)
}

/// The message of a JSON payload; empty where it has none.
fn json_message<'a>(cursor: &mut Cursor<'a, impl Quotes>) -> Option<&'a [u8]> {
    let mut message = &cursor.bytes[..0];
    match cursor.peek() {
        Some(b'"') => message = cursor.string()?,
        Some(b'{') => cursor.members(|key, cursor| {
            match key {
                b"message" => message = cursor.text()?,
                _ => cursor.value()?,
            }
            Some(())
        })?,
        _ => cursor.value()?,
    }
    Some(message)
}

/// Notes the values of the fields of a request that its text is made of.
fn request<'a>(cursor: &mut Cursor<'a, impl Quotes>, fields: &mut [&'a [u8]; REQUEST_FIELDS.len()]) -> Option<()> {
    if cursor.peek() != Some(b'{') {
        return cursor.value();
    }
    cursor.members(|key, cursor| match request_field(key) {
        Some(field) => {
            fields[field] = cursor.span(Cursor::value)?;
            Some(())
        }
        None if matches!(key, b"protocol" | b"remoteIp" | b"requestSize" | b"responseSize" | b"serverIp" | b"referer") => {
            cursor.value()
        }
        // Written with escapes, or in the protocol's own way: left to the parser.
        None if key.contains(&b'\\') || key.contains(&b'_') => None,
        None => cursor.value(),
    })
}

/// The keys on the top level of an object that may be damaged or cut off, in order, as far as they can be read,
/// and whether its end was reached.
pub(super) fn top_level_keys(raw: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut keys = Vec::new();
    let mut cursor = Cursor::new(raw, Searched { strict: false });
    cursor.white();
    let end = cursor.members(|key, cursor| {
        keys.push(key);
        cursor.value()
    });
    (keys, end.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_inside_the_payload_is_not_the_entrys_own() {
        let own: &[u8] = br#"{"jsonPayload":{"timestamp":"inner"},"timestamp":"outer"}"#;
        assert_eq!(timestamp(own), Some(&b"outer"[..]));
        let before = br#"{"timestamp":"outer","jsonPayload":{"a":[{"timestamp":"inner"}]},"trace":"x"}"#;
        assert_eq!(timestamp(before), Some(&b"outer"[..]));
        assert_eq!(timestamp(br#"{"jsonPayload":{"timestamp":"inner"}}"#), None);
        assert_eq!(timestamp(br#"{"textPayload":"{\"timestamp\":\"inner\"}"}"#), None);
        assert_eq!(timestamp(br#"{"textPayload":"timestamp","a":"timestamp"}"#), None);
    }

    #[test]
    fn braces_and_quotes_inside_strings_do_not_count() {
        let raw = br#"{"timestamp":"t","a":"}{\"","b":{"c":"]"}}"#;
        assert_eq!(timestamp(raw), Some(&b"t"[..]));
        assert_eq!(top_level_keys(raw), (vec![&b"timestamp"[..], b"a", b"b"], true));
    }

    #[test]
    fn an_outline_names_service_revision_and_instance() {
        let raw = br#"{"labels":{"instanceId":"i"},"logName":"l","resource":{"labels":{"revision_name":"r","service_name":"s"},"type":"t"},"textPayload":"x\ny"}"#;
        let mut found = Outline::default();
        assert!(Outliner::default().outline(raw, &mut found).is_some());
        assert_eq!((found.service, found.revision, found.instance), (&b"s"[..], &b"r"[..], &b"i"[..]));
        assert_eq!(found.text, br"x\ny");
    }

    #[test]
    fn what_is_unusual_is_left_to_the_parser() {
        for unusual in [r#"{"log_name":"l"}"#, r#"{"logName":"l"} {"#, r#"{"logName":"l""#] {
            assert!(Outliner::default().outline(unusual.as_bytes(), &mut Outline::default()).is_none(), "{unusual}");
        }
    }
}
