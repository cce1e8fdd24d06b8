//! Finds the few fields that decide whether an entry is worth parsing, without parsing it.
//!
//! Everything here is exact for valid JSON and gives up (`None`) on anything unusual; who calls it then
//! takes the slow road through a real parser. Costs are linear in the bytes looked at.

use memchr::{memchr2, memmem};

use super::glimpse::{Payloads, REQUEST_FIELDS};
use super::lines::Origin;
use super::names::is_foreign;

/// Fields of one entry as they stand in its JSON: the bytes between the quotes, escapes included; empty where missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outline<'a> {
    pub insert_id: &'a [u8],
    pub log_name: &'a [u8],
    pub service: &'a [u8],
    pub revision: &'a [u8],
    pub instance: &'a [u8],
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
    let mut end = raw.len();
    for _ in 0..4 {
        let at = memmem::rfind(&raw[..end], KEY)?;
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
    let mut cursor = Cursor { bytes: raw, at, strict: true };
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

/// The outline of one entry; `None` where it is no plain JSON object or uses the protocol's own field names (`log_name`).
pub(super) fn outline(raw: &[u8]) -> Option<Outline<'_>> {
    let mut found = Outline::default();
    let (mut job, mut pool, mut message) = (&raw[..0], &raw[..0], &raw[..0]);
    let mut cursor = Cursor { bytes: raw, at: 0, strict: true };
    cursor.white();
    cursor.members(|key, cursor| {
        match key {
            b"insertId" => found.insert_id = cursor.text()?,
            b"logName" => found.log_name = cursor.text()?,
            b"textPayload" => {
                found.payloads.text = cursor.span(|cursor| {
                    found.text = cursor.text()?;
                    Some(())
                })?;
            }
            b"severity" if !matches!(cursor.text()?, b"" | b"DEFAULT") => found.origin = Origin::Marked,
            b"severity" => {}
            b"split" if cursor.peek() == Some(b'{') => cursor.members(|key, cursor| {
                match key {
                    b"uid" => found.split = cursor.text()?,
                    _ => cursor.value()?,
                }
                Some(())
            })?,
            b"labels" if cursor.peek() == Some(b'{') => cursor.members(|key, cursor| {
                match key {
                    b"instanceId" => found.instance = cursor.text()?,
                    _ => cursor.value()?,
                }
                Some(())
            })?,
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
            b"resource" if cursor.peek() == Some(b'{') => cursor.members(|key, cursor| {
                if key != b"labels" || cursor.peek() != Some(b'{') {
                    return cursor.value();
                }
                cursor.members(|key, cursor| {
                    match key {
                        b"service_name" => found.service = cursor.text()?,
                        b"job_name" => job = cursor.text()?,
                        b"workerpool_name" => pool = cursor.text()?,
                        b"revision_name" => found.revision = cursor.text()?,
                        _ => cursor.value()?,
                    }
                    Some(())
                })
            })?,
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
    found.service = [found.service, job, pool].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    if found.text.is_empty() {
        found.text = message;
        found.origin = Origin::Payload;
    }
    Some(found)
}

/// The message of a JSON payload; empty where it has none.
fn json_message<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
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
fn request<'a>(cursor: &mut Cursor<'a>, fields: &mut [&'a [u8]; REQUEST_FIELDS.len()]) -> Option<()> {
    if cursor.peek() != Some(b'{') {
        return cursor.value();
    }
    cursor.members(|key, cursor| match REQUEST_FIELDS.iter().position(|field| field.as_bytes() == key) {
        Some(field) => {
            fields[field] = cursor.span(Cursor::value)?;
            Some(())
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
    let mut cursor = Cursor { bytes: raw, at: 0, strict: false };
    cursor.white();
    let end = cursor.members(|key, cursor| {
        keys.push(key);
        cursor.value()
    });
    (keys, end.is_some())
}

/// A place in a JSON text.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Strings must keep JSON's rules about control characters and escapes.
    strict: bool,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn white(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The bytes that `pass` passes over.
    fn span(&mut self, pass: impl FnOnce(&mut Cursor<'a>) -> Option<()>) -> Option<&'a [u8]> {
        let start = self.at;
        pass(self)?;
        Some(&self.bytes[start..self.at])
    }

    /// White space, then this byte if it is there.
    fn accept(&mut self, byte: u8) -> bool {
        self.white();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }

    /// A string from its opening quote; the bytes between the quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr2(b'"', b'\\', self.bytes.get(at..)?)?;
            if self.bytes[at] == b'"' {
                let text = &self.bytes[start..at];
                self.at = at + 1;
                return (!self.strict || text.iter().all(|byte| *byte >= b' ')).then_some(text);
            }
            let escaped = self.bytes.get(at + 1)?;
            if self.strict && !matches!(escaped, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') {
                return None;
            }
            at += 2;
        }
    }

    /// The bytes of a string; nothing for any other value, which is passed over.
    fn text(&mut self) -> Option<&'a [u8]> {
        if self.peek() == Some(b'"') {
            return self.string();
        }
        self.value()?;
        Some(&self.bytes[..0])
    }

    /// Passes over white space and one value of any kind, without looking whether it is well-formed inside.
    fn value(&mut self) -> Option<()> {
        self.white();
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => return None,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                    while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')) {
                        self.at += 1;
                    }
                }
                _ => return None,
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Calls `each` with the key of every member, the cursor at its value, which `each` must pass over.
    fn members(&mut self, mut each: impl FnMut(&'a [u8], &mut Cursor<'a>) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.accept(b'}') {
            return Some(());
        }
        loop {
            self.white();
            let key = self.string()?;
            self.expect(b':')?;
            self.white();
            each(key, self)?;
            if !self.accept(b',') {
                return self.expect(b'}');
            }
        }
    }
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
        let found = outline(raw).unwrap();
        assert_eq!((found.service, found.revision, found.instance), (&b"s"[..], &b"r"[..], &b"i"[..]));
        assert_eq!(found.text, br"x\ny");
    }

    #[test]
    fn what_is_unusual_is_left_to_the_parser() {
        assert_eq!(outline(br#"{"log_name":"l"}"#), None);
        assert_eq!(outline(br#"{"logName":"l"} {"#), None);
        assert_eq!(outline(br#"{"logName":"l""#), None);
    }
}
