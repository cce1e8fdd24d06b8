//! Reads big JSON objects member by member, so that what stands before damage is kept.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::input::TextReader;
use super::notes::Notes;

/// Takes the members of an object as they come.
pub(super) trait Members {
    /// Must consume the value of `key` from `map`.
    fn member<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads the one object of a file; damage is noted, and everything before it has reached `members`.
pub(super) fn read_object<R: Read, M: Members>(text: &mut TextReader<R>, notes: &mut Notes, members: &mut M) {
    let mut json = serde_json::Deserializer::from_reader(text);
    let damage = ObjectOf(members).deserialize(&mut json).and_then(|()| json.end());
    if let Err(error) = damage {
        let line = u64::try_from(error.line()).ok();
        notes.add(line, format!("damaged JSON: {error}; what stands before it was used"));
    }
}

/// Hands the members of an object to `.0`.
pub(super) struct ObjectOf<'a, M>(pub(super) &'a mut M);

impl<'de, M: Members> DeserializeSeed<'de> for ObjectOf<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: Members> Visitor<'de> for ObjectOf<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.0.member(&key, &mut map)?;
        }
        Ok(())
    }
}

/// Hands the items of an array to a function, one at a time.
pub(super) struct EachItem<F>(pub(super) F);

impl<'de, F: FnMut(Value)> DeserializeSeed<'de> for EachItem<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Value)> Visitor<'de> for EachItem<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Value>()? {
            (self.0)(item);
        }
        Ok(())
    }
}

/// A text member, empty where there is none.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A number member.
pub(super) fn number(value: &Value, key: &str) -> Option<f64> {
    value.get(key).and_then(Value::as_f64)
}
