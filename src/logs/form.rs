//! The form of an entry: what its text is made of, with numbers and ids masked. Of the texts that entries of one form can have much
//! can be said once for all of them.

use std::borrow::Cow;

use serde_json::Value;

use super::glimpse::{Glimpse, Payloads, STATUS};
use super::mask::{Mask, example, is_mask, masked};
use super::payload::{self, Repeats};
use super::tree::Tree;

/// Longest payload that is given a form, and longest form, in bytes: neither in an entry's text nor in those of its form is a value
/// cut.
const LONGEST: usize = payload::LEAF_BYTES;

/// Longest number in a JSON payload that is given a form, in bytes: beyond some 300 digits one is none that a parser takes.
const LONGEST_NUMBER: usize = 64;

/// Most texts that entries of one form can have, numbers and ids aside.
const MOST_TEXTS: usize = 8;

/// What a form is made of: its first byte.
const TEXT: u8 = b't';
const REQUEST: u8 = b'r';
const JSON: u8 = b'j';

/// Ends each field of a request, see [`Mask::add_lines`]; no JSON string holds it.
const END: char = '\n';

impl Glimpse<'_> {
    /// Writes the form of the entry; `None` for one that has none: its payloads are several, long, or hold what is not ASCII
    /// or written in escapes that hide a digit. Linear in the length of the payload.
    pub fn form<'m>(&self, mask: &'m mut Mask) -> Option<&'m [u8]> {
        let Payloads { text, json, proto, request, request_fields } = self.payloads();
        if text.len().max(json.len()).max(request.len()) > LONGEST {
            return None;
        }
        mask.clear();
        match [json, proto, text, request].map(<[u8]>::is_empty) {
            [true, true, false, true] => {
                mask.push(TEXT);
                mask.add(inside(text)?)?;
            }
            [true, true, true, false] => {
                mask.push(REQUEST);
                let mut shown = request_fields;
                for field in &mut shown {
                    *field = request_field(field)?;
                }
                // Requests with different statuses say different things.
                let is_status = matches!(shown[STATUS], [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9']);
                mask.add_lines(&shown, is_status.then_some(STATUS))?;
            }
            [false, true, true, true] if self.between_strings(json).all(numbers_are_plain) => {
                mask.push(JSON);
                mask.add_json(json)?;
            }
            _ => return None,
        }
        (mask.masked().len() <= LONGEST && escapes_are_plain(mask.masked())).then_some(mask.masked())
    }
}

fn inside(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// A field of a request as it is shown.
fn request_field(field: &[u8]) -> Option<&[u8]> {
    match field {
        [] => Some(field),
        [b'"', inside @ .., b'"'] if memchr::memchr(b'\\', inside).is_none() => Some(inside),
        // Other numbers may be shown otherwise than they are written.
        [b'1'..=b'9', rest @ ..] if rest.len() < 15 && rest.iter().all(u8::is_ascii_digit) => Some(field),
        _ => None,
    }
}

/// Whether all numbers in a part of a JSON text between strings are numbers surely: masked, they could not be told from others.
fn numbers_are_plain(between: &[u8]) -> bool {
    // Most of them are a colon or a comma.
    let mut tokens = between.split(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.'));
    between.len() < 2 || tokens.all(|token| !token.iter().any(u8::is_ascii_digit) || is_plain_number(token))
}

/// Without an exponent, and not so long that it could be larger than any number.
fn is_plain_number(token: &[u8]) -> bool {
    if token.len() > LONGEST_NUMBER {
        return false;
    }
    let mut parts = token.strip_prefix(b"-").unwrap_or(token).splitn(2, |byte| *byte == b'.');
    let whole = parts.next().is_some_and(|part| part == b"0" || !part.starts_with(b"0") && all_digits(part));
    whole && parts.next().is_none_or(all_digits)
}

fn all_digits(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(u8::is_ascii_digit)
}

/// Whether no escape can be taken for a hexadecimal digit, or makes one.
fn escapes_are_plain(masked: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = masked.get(from..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        if !matches!(masked.get(from + at + 1), Some(b'"' | b'\\' | b'/' | b'n' | b'r' | b't')) {
            return false;
        }
        from += at + 2;
    }
    true
}

/// All texts that entries of a form can have, masked as [`Mask`] does it. `None` where that cannot be said, or they are too many.
pub fn texts(form: &[u8]) -> Option<Vec<String>> {
    let (what, form) = form.split_first()?;
    let form = std::str::from_utf8(form).ok()?;
    match *what {
        TEXT => {
            let text: String = serde_json::from_str(&format!("\"{form}\"")).ok()?;
            Some(vec![payload::whole(&text).to_owned()])
        }
        REQUEST => {
            let mut line = String::new();
            form.split_terminator(END).for_each(|field| payload::push_part(field, &mut line));
            Some(vec![payload::whole(&line).to_owned()])
        }
        _ => texts_of_json(form),
    }
}

fn texts_of_json(form: &str) -> Option<Vec<String>> {
    let json: Value = serde_json::from_str(&with_numbers(form)).ok()?;
    // Such keys could come in any order.
    if has_masked_key(&json) {
        return None;
    }
    let tree = Tree::from(&json);
    let (mut texts, mut scripts) = (Vec::new(), vec![Vec::new()]);
    while let Some(script) = scripts.pop() {
        let mut repeats = Told { next: 0, before: script.len(), script, said: Vec::new() };
        let mut text = String::new();
        payload::write_json(&tree, &mut repeats, &mut text);
        texts.push(text);
        if texts.len() > MOST_TEXTS {
            return None;
        }
        for place in repeats.before..repeats.script.len() {
            let mut other = repeats.script[..place].to_vec();
            other.push(true);
            scripts.push(other);
        }
    }
    Some(texts)
}

/// The form with a number in the place of each that is masked: no text is made of them.
fn with_numbers(form: &str) -> String {
    let (mut is_inside, mut is_escaped) = (false, false);
    let number = |c: char| {
        is_inside ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        if is_mask(c) && !is_inside { '0' } else { c }
    };
    form.chars().map(number).collect()
}

/// The text with all of its numbers and ids masked: the digits of keys stay, but the same ones may be masked in a value.
fn masked_whole(text: &str) -> Cow<'_, str> {
    let has_digits = text.contains(|c: char| c.is_ascii_digit());
    has_digits.then(|| masked(&example(text))).flatten().map_or(Cow::from(text), Cow::from)
}

fn has_masked_key(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, value)| key.contains(is_mask) || has_masked_key(value)),
        Value::Array(list) => list.iter().any(has_masked_key),
        _ => false,
    }
}

/// Says of what is said already in some texts of a form and not in others what it was told to say, and "no" beyond that.
struct Told {
    script: Vec<bool>,
    next: usize,
    /// How much of the script there was before the first question.
    before: usize,
    /// Where those parts of the payload lie that were asked for: after that they are said.
    said: Vec<(*const u8, usize)>,
}

impl Repeats for Told {
    fn stands(&mut self, part: &str, so_far: &str) -> bool {
        if part.contains(is_mask) {
            // Then it is a value of the payload, which stays where it is: no key holds a mask.
            let place = (part.as_ptr(), part.len());
            if self.said.contains(&place) {
                return true;
            }
            self.said.push(place);
        } else if so_far.contains(part) {
            return true;
        }
        // What begins or ends with hexadecimal digits may stand within a longer run of them.
        let core = part.trim_matches(|c: char| is_mask(c) || c.is_ascii_hexdigit());
        if !masked_whole(so_far).contains(&*masked_whole(core)) {
            return false;
        }
        if self.next == self.script.len() {
            self.script.push(false);
        }
        self.next += 1;
        self.script[self.next - 1]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::logs::mask::NUMBER;
    use crate::logs::outline::{Outline, Outliner};

    /// The form of an entry, and its text masked.
    fn form_and_text(entry: &str) -> (Option<Vec<u8>>, Option<String>) {
        let (mut outliner, mut outline) = (Outliner::default(), Outline::default());
        let quotes = outliner.outline(entry.as_bytes(), &mut outline).unwrap();
        let glimpse = Glimpse::new(entry.as_bytes(), quotes, outline.payloads);
        let mut mask = Mask::default();
        let form = glimpse.form(&mut mask).map(<[u8]>::to_vec);
        (form, masked(glimpse.text(&mut String::new()).unwrap_or_default()))
    }

    fn form(entry: &str) -> Option<Vec<u8>> {
        form_and_text(entry).0
    }

    #[test]
    fn entries_that_differ_in_numbers_and_ids_have_one_form() {
        for (one, other) in [
            (r#"{"textPayload":"run 17 of 5d1b\n"}"#, r#"{"textPayload":"run 3 of 99ab0\n"}"#),
            (r#"{"jsonPayload":{"message":"took 17 ms","n":1.5}}"#, r#"{"jsonPayload":{"message":"took 3 ms","n":20.25}}"#),
            (r#"{"httpRequest":{"status":200,"latency":"0.1s"}}"#, r#"{"httpRequest":{"status":200,"latency":"12.75s"}}"#),
        ] {
            assert_eq!((form(one), form(one).is_some()), (form(other), true), "{one}");
        }
        assert_ne!(form(r#"{"httpRequest":{"status":200}}"#), form(r#"{"httpRequest":{"status":500}}"#));
        assert_ne!(form(r#"{"textPayload":"7"}"#), form(r#"{"jsonPayload":"7"}"#));
    }

    #[test]
    fn what_could_hide_a_digit_or_is_no_json_has_no_form() {
        let endless = format!(r#"{{"jsonPayload":{{"n":{}}}}}"#, "9".repeat(400));
        for entry in [
            &endless,
            r#"{"textPayload":"a\u0031b"}"#,
            r#"{"textPayload":"\b1"}"#,
            r#"{"textPayload":"é 1"}"#,
            r#"{"jsonPayload":{"n":01}}"#,
            r#"{"jsonPayload":{"n":1e}}"#,
            r#"{"jsonPayload":{"n":1a2b}}"#,
            r#"{"jsonPayload":{"a":1},"textPayload":"x"}"#,
            r#"{"httpRequest":{"status":2e2}}"#,
        ] {
            assert_eq!(form(entry), None, "{entry}");
        }
        assert!(texts(&form(r#"{"jsonPayload":{"k1" :"x","k2" :"y"}}"#).unwrap()).is_none());
    }

    #[test]
    fn the_keys_of_a_payload_stay_as_they_are() {
        let entry = r#"{"jsonPayload":{"p50":"17 ms","p99":"203 rows"}}"#;
        let (form, text) = form_and_text(entry);
        assert_eq!(texts(&form.unwrap()).unwrap(), [format!("p50: {NUMBER} ms\np99: {NUMBER} rows")]);
        assert_eq!(text.unwrap(), format!("p{NUMBER}: {NUMBER} ms\np{NUMBER}: {NUMBER} rows"));
    }

    #[test]
    fn no_form_is_longer_than_what_a_text_holds_of_a_value() {
        // A mask is longer than one digit.
        let entry = |times: usize| format!(r#"{{"jsonPayload":{{"message":"failed","reason":"{}"}}}}"#, "1 ".repeat(times));
        assert!(form(&entry(600)).is_some());
        assert_eq!(form(&entry(700)), None);
    }

    /// Words that repeat each other, in whole and in part.
    fn word() -> impl Strategy<Value = String> {
        let parts = ["a", "1", "b2", "12", "abad1dea", "run ", "x", ".", "\n", "\"", "true", "ab", " ", "17 ms", "p50: true"];
        prop::collection::vec(prop::sample::select(parts.to_vec()), 1..4).prop_map(|parts| parts.concat())
    }

    fn payload() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![8 => word().prop_map(Value::from), 1 => any::<bool>().prop_map(Value::from), 1 => (0..20).prop_map(Value::from)];
        let keys = ["message", "msg", "error", "stack", "level", "line", "run", "has_token", "p50", "b2b2", "1"];
        leaf.prop_recursive(2, 12, 5, move |inner| {
            prop_oneof![
                4 => prop::collection::btree_map(prop::sample::select(keys.to_vec()), inner.clone(), 0..6).prop_map(|all| json!(all)),
                1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn the_text_of_an_entry_is_among_those_of_its_form(payload in payload(), text in word(), which in 0..3) {
            let entry = match which {
                0 => json!({ "jsonPayload": payload }),
                1 => json!({ "textPayload": text }),
                _ => json!({ "httpRequest": { "requestUrl": text, "status": 404, "requestMethod": "GET", "userAgent": "a 1" } }),
            };
            let (form, text) = form_and_text(&entry.to_string());
            if let Some(texts) = form.and_then(|form| texts(&form)) {
                // Numbers that stay in the form, as those of keys, are masked in the text.
                prop_assert!(texts.iter().any(|one| masked(&example(one)) == text), "{} {:?}", entry, texts);
            }
        }
    }
}
