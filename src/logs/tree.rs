//! A JSON value whose texts stay where they stand: no more is needed to make the text of an entry.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Number, Value};

use super::cursor::{Cursor, Marked};

/// A value; of a text only what is escaped in the JSON is copied.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree<'a> {
    Null,
    Flag(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Tree<'a>>),
    /// In order of the keys, each of them once.
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
}

/// Up to so many members are looked through one by one.
const FEW: usize = 16;

impl<'a> Tree<'a> {
    /// The text, where it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key. Logarithmic in their number.
    pub(super) fn get(&self, key: &str) -> Option<&Tree<'a>> {
        let members = self.members();
        // Most keys are told apart by their length.
        if members.len() <= FEW {
            return members.iter().find(|(other, _)| **other == *key).map(|(_, value)| value);
        }
        members.binary_search_by(|(other, _)| (**other).cmp(key)).ok().map(|place| &members[place].1)
    }

    /// The members of an object, in order of their keys; none for anything else.
    pub(super) fn members(&self) -> &[(Cow<'a, str>, Tree<'a>)] {
        match self {
            Tree::Object(members) => members,
            _ => &[],
        }
    }
}

/// The same value, which stays where it is.
impl<'a> From<&'a Value> for Tree<'a> {
    fn from(value: &'a Value) -> Tree<'a> {
        match value {
            Value::Null => Tree::Null,
            Value::Bool(flag) => Tree::Flag(*flag),
            Value::Number(number) => Tree::Number(number.clone()),
            Value::String(text) => Tree::Text(Cow::from(text)),
            Value::Array(list) => Tree::List(list.iter().map(Tree::from).collect()),
            Value::Object(members) => object(members.iter().map(|(key, value)| (Cow::from(key), value.into())).collect()),
        }
    }
}

/// Of two members with the same key the last one counts, as in a map.
fn object<'a>(mut members: Vec<(Cow<'a, str>, Tree<'a>)>) -> Tree<'a> {
    if !members.is_sorted_by(|(one, _), (other, _)| one < other) {
        members.reverse();
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        members.dedup_by(|(one, _), (other, _)| one == other);
    }
    Tree::Object(members)
}

/// As deep as `serde_json` reads.
const DEEPEST: usize = 127;

impl<'a> Tree<'a> {
    /// The value that stands in this part of a text whose quotes are known, with nothing but white space around it; `None`
    /// where it is no JSON. Linear in its length.
    pub(super) fn read(text: &'a [u8], quotes: &[u32], part: Range<usize>) -> Option<Tree<'a>> {
        let written = std::str::from_utf8(text.get(part.clone())?).ok()?;
        let texts = Texts { written, start: part.start, escaped: memchr::memchr(b'\\', written.as_bytes()).is_some() };
        let mut cursor = Cursor::new(&text[..part.end], Marked::from(quotes, part.start));
        cursor.at = part.start;
        cursor.white();
        let tree = texts.value(&mut cursor, DEEPEST)?;
        cursor.white();
        (cursor.at == part.end).then_some(tree)
    }
}

/// The texts in a part of a JSON text.
#[derive(Clone, Copy)]
struct Texts<'a> {
    written: &'a str,
    /// Where the part begins.
    start: usize,
    /// There are backslashes in it.
    escaped: bool,
}

impl<'a> Texts<'a> {
    fn value(self, cursor: &mut Cursor<'a, Marked<'_>>, deepest: usize) -> Option<Tree<'a>> {
        match cursor.peek()? {
            b'"' => {
                let at = cursor.at;
                let inside = cursor.string()?;
                self.text(at + 1, inside).map(Tree::Text)
            }
            b'{' => {
                let deepest = deepest.checked_sub(1)?;
                let mut members = Vec::with_capacity(8);
                cursor.members(|key, cursor| {
                    let at = key.as_ptr() as usize - cursor.bytes.as_ptr() as usize;
                    members.push((self.text(at, key)?, self.value(cursor, deepest)?));
                    Some(())
                })?;
                Some(object(members))
            }
            b'[' => {
                let deepest = deepest.checked_sub(1)?;
                let mut list = Vec::new();
                cursor.elements(|cursor| {
                    list.push(self.value(cursor, deepest)?);
                    Some(())
                })?;
                Some(Tree::List(list))
            }
            _ => match cursor.word() {
                b"null" => Some(Tree::Null),
                b"true" => Some(Tree::Flag(true)),
                b"false" => Some(Tree::Flag(false)),
                number => serde_json::from_slice(number).ok().map(Tree::Number),
            },
        }
    }

    /// What stands between two quotes as a text, copied only where it is escaped.
    fn text(self, at: usize, inside: &[u8]) -> Option<Cow<'a, str>> {
        let at = at - self.start;
        let inside = self.written.get(at..at + inside.len())?;
        if !self.escaped || memchr::memchr(b'\\', inside.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inside));
        }
        serde_json::from_str(&format!("\"{inside}\"")).ok().map(Cow::Owned)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::marks::Marks;

    fn any_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|flag| flag.to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| if number.is_finite() { format!("{number:e}") } else { "0.50".to_owned() }),
            "[a-z\"\\\\\n\u{e9}]{0,6}".prop_map(|text| Value::from(text).to_string()),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(|list| format!("[{}]", list.join(","))),
                prop::collection::vec(("[abc\"\u{e9}]{0,2}", inner), 0..6).prop_map(|members| {
                    let members = members.iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str())));
                    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
                }),
            ]
        })
    }

    fn read(json: &str) -> Option<Tree<'_>> {
        let mut marks = Marks::default();
        Tree::read(json.as_bytes(), marks.of(json.as_bytes())?, 0..json.len())
    }

    #[test]
    fn what_is_too_deep_for_a_parser_is_too_deep() {
        for depth in [126, 127, 128, 100_000] {
            let json = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(read(&json).is_some(), serde_json::from_str::<Value>(&json).is_ok(), "{depth}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_in_place_is_what_a_map_holds(json in any_json()) {
            let value: Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read(&json), Some(Tree::from(&value)));
        }

        #[test]
        fn what_a_parser_refuses_is_refused(json in any_json(), at in any::<prop::sample::Index>(), byte in "[ -~]") {
            let mut bent = json.clone();
            let ascii: Vec<usize> = (0..json.len()).filter(|at| json.as_bytes()[*at].is_ascii()).collect();
            let at = *at.get(&ascii);
            bent.replace_range(at..at + 1, &byte);
            let value: Option<Value> = serde_json::from_str(&bent).ok();
            prop_assert_eq!(read(&bent), value.as_ref().map(Tree::from), "{}", bent);
        }
    }
}
