//! A JSON value whose texts stay where they stand: no more is needed to make the text of an entry.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

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

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree<'de>, D::Error> {
        deserializer.deserialize_any(Growing)
    }
}

/// A key, copied only where it is escaped.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key<'de>, D::Error> {
        match deserializer.deserialize_str(Growing)? {
            Tree::Text(text) => Ok(Key(text)),
            _ => Err(serde::de::Error::custom("a key that is no text")),
        }
    }
}

struct Growing;

impl<'de> Visitor<'de> for Growing {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree<'de>, E> {
        Ok(Number::from_f64(number).map_or(Tree::Null, Tree::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element()? {
            list.push(value);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some((Key(key), value)) = access.next_entry()? {
            members.push((key, value));
        }
        Ok(object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_in_place_is_what_a_map_holds(json in any_json()) {
            let value: Value = serde_json::from_str(&json).unwrap();
            let tree: Tree<'_> = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(tree, Tree::from(&value));
        }
    }
}
