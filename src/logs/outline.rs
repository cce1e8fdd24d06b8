//! Finds the few fields that decide whether an entry is worth parsing, without parsing it.
//!
//! Everything here is exact for valid JSON and gives up (`None`) on anything unusual; who calls it then
//! takes the slow road through a real parser. Costs are linear in the bytes looked at.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::FinderRev;

use super::cursor::{Cursor, Marked, Quotes, Searched};
use super::glimpse::{Payloads, REQUEST_FIELDS, request_field};
use super::lines::Origin;
use super::marks::Marks;
use super::names::is_foreign;

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
    resources: Resources,
}

/// The resources met last: entries of one revision write theirs alike.
#[derive(Debug, Default)]
struct Resources(Vec<Known>);

/// How many of them are kept.
const RESOURCES_KEPT: usize = 8;

/// A resource that was met.
#[derive(Debug)]
struct Known {
    text: Vec<u8>,
    /// How many quotes are in it.
    quotes: usize,
    written: Written,
}

/// Where the names stand in a resource.
#[derive(Debug, Clone, Default)]
struct Written {
    service: Range<usize>,
    revision: Range<usize>,
    project: Range<usize>,
}

impl Resources {
    /// Where the names stand in the resource at the cursor, which is passed over.
    fn read(&mut self, cursor: &mut Cursor<'_, Marked<'_>>) -> Option<Written> {
        let (start, quotes) = (cursor.at, cursor.quotes_passed());
        let here = &cursor.bytes[start..];
        // An object that has ended ends there in any text that begins with it.
        if let Some(place) = self.0.iter().position(|known| here.starts_with(&known.text)) {
            cursor.pass(self.0[place].text.len(), self.0[place].quotes);
            self.0.swap(0, place);
            return Some(self.0[0].written.clone());
        }
        let written = resource(cursor)?;
        self.0.truncate(RESOURCES_KEPT - 1);
        let quotes = cursor.quotes_passed() - quotes;
        self.0.push(Known { text: cursor.bytes[start..cursor.at].to_vec(), quotes, written: written.clone() });
        Some(written)
    }
}

/// Walks through a resource.
fn resource(cursor: &mut Cursor<'_, impl Quotes>) -> Option<Written> {
    let start = cursor.at;
    let mut written = Written::default();
    let mut names = [const { 0..0 }; 3];
    cursor.members(|key, cursor| {
        if key != b"labels" || cursor.peek() != Some(b'{') {
            return cursor.value();
        }
        cursor.members(|key, cursor| {
            let name = match key {
                b"service_name" => &mut names[0],
                b"job_name" => &mut names[1],
                b"workerpool_name" => &mut names[2],
                b"revision_name" => &mut written.revision,
                b"project_id" => &mut written.project,
                _ => return cursor.value(),
            };
            let length = cursor.text()?.len();
            // A string ends with a quote; of anything else nothing is named.
            *name = (cursor.at - start).saturating_sub(length + 1)..(cursor.at - start).saturating_sub(1);
            if length == 0 {
                *name = 0..0;
            }
            Some(())
        })
    })?;
    Some(Written { service: names.into_iter().find(|name| !name.is_empty()).unwrap_or_default(), ..written })
}

impl Outliner {
    /// The outline of one entry, and where the quotes stand in it; `None` where it is no plain JSON object in UTF-8 or uses
    /// the protocol's own field names (`log_name`). Linear.
    pub(super) fn outline<'a>(&mut self, raw: &'a [u8], found: &mut Outline<'a>) -> Option<&[u32]> {
        self.marks.of(raw)?;
        if !self.marks.is_ascii() {
            std::str::from_utf8(raw).ok()?;
        }
        outline(raw, self.marks.quotes(), &mut self.resources, found)?;
        Some(self.marks.quotes())
    }
}

fn outline<'a>(raw: &'a [u8], quotes: &[u32], resources: &mut Resources, found: &mut Outline<'a>) -> Option<()> {
    *found = Outline::default();
    let mut message = &raw[..0];
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
            b"severity" => {
                found.severity = cursor.span(Cursor::value)?;
                if found.severity.starts_with(b"\"") && !matches!(found.severity, b"\"\"" | b"\"DEFAULT\"") {
                    found.origin = Origin::Marked;
                }
            }
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
                    message = json_message(cursor)?;
                    Some(())
                })?;
            }
            b"protoPayload" => found.payloads.proto = cursor.span(Cursor::value)?,
            b"httpRequest" => {
                found.payloads.request_fields = Default::default();
                found.payloads.request = cursor.span(|cursor| request(cursor, &mut found.payloads.request_fields))?;
            }
            b"resource" if cursor.peek() == Some(b'{') => {
                let start = cursor.at;
                let Written { service, revision, project } = resources.read(cursor)?;
                let resource = &raw[start..];
                (found.service, found.revision, found.project) = (&resource[service], &resource[revision], &resource[project]);
            }
            b"receiveTimestamp" | b"spanId" | b"traceSampled" | b"sourceLocation" | b"operation" => cursor.value()?,
            // snake_case fields, and keys written with escapes: rare enough for the slow road.
            key if is_foreign(key) || key.contains(&b'\\') => return None,
            _ => cursor.value()?,
        }
        Some(())
    })?;
    cursor.white();
    if cursor.at != raw.len() {
        return None;
    }
    if found.text.is_empty() {
        found.text = message;
        found.origin = Origin::Payload;
    }
    Some(())
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
