//! One name for each field: Cloud Logging's JSON names, whichever of its two spellings a tool wrote.

use std::fmt;
use std::hash::Hasher;

use rustc_hash::FxHasher;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The fields of an entry that the protocol writes with underscores.
const FIELDS: [&str; 13] = [
    "log_name",
    "insert_id",
    "text_payload",
    "json_payload",
    "proto_payload",
    "http_request",
    "receive_timestamp",
    "span_id",
    "trace_sampled",
    "source_location",
    "error_groups",
    "apphub_destination",
    "apphub_source",
];

/// Whether a key is the protocol's spelling of a field.
pub(super) fn is_foreign(key: &[u8]) -> bool {
    key.contains(&b'_') && FIELDS.iter().any(|field| field.as_bytes() == key)
}

/// The same fields under the names of the JSON format; what is inside payloads and labels stays as it is.
pub(super) fn own(fields: Map<String, Value>) -> Map<String, Value> {
    let foreign = |key: &String| is_foreign(key.as_bytes());
    let nested = |key: &str| matches!(key, "httpRequest" | "sourceLocation" | "split" | "operation");
    let inner = |value: &Value| value.as_object().is_some_and(|inner| inner.keys().any(|key| key.contains('_')));
    if !fields.iter().any(|(key, value)| foreign(key) || (nested(key) && inner(value))) {
        return fields;
    }
    let mut renamed = Map::new();
    for (key, mut value) in fields {
        let name = if foreign(&key) { camel(&key) } else { key };
        if nested(&name)
            && let Value::Object(inner) = &mut value
        {
            *inner = std::mem::take(inner).into_iter().map(|(key, value)| (camel(&key), value)).collect();
        }
        // BigQuery writes all columns, empty ones as null.
        if !value.is_null() {
            renamed.insert(name, value);
        }
    }
    renamed
}

fn camel(key: &str) -> String {
    let mut parts = key.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let mut letters = part.chars();
        name + &letters.next().map(|letter| letter.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    })
}

/// A hash that is equal for texts that are equal as JSON, whatever the order of keys and the white space;
/// for what is no JSON, for equal bytes. Linear, allocates only for keys with escapes.
pub(super) fn fingerprint(raw: &[u8]) -> u64 {
    let mut reader = serde_json::Deserializer::from_slice(raw);
    Fingerprint.deserialize(&mut reader).unwrap_or_else(|_| hash_of(b'r', raw))
}

struct Fingerprint;

fn hash_of(kind: u8, bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u8(kind);
    hasher.write(bytes);
    hasher.finish()
}

impl<'de> DeserializeSeed<'de> for Fingerprint {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fingerprint {
    type Value = u64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<u64, E> {
        Ok(hash_of(b'b', &[u8::from(value)]))
    }

    fn visit_i64<E>(self, value: i64) -> Result<u64, E> {
        Ok(hash_of(b'i', &value.to_le_bytes()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<u64, E> {
        Ok(hash_of(b'i', &value.to_le_bytes()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<u64, E> {
        Ok(hash_of(b'f', &value.to_bits().to_le_bytes()))
    }

    fn visit_str<E>(self, value: &str) -> Result<u64, E> {
        Ok(hash_of(b's', value.as_bytes()))
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(hash_of(b'n', b""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u64, A::Error> {
        let mut hasher = FxHasher::default();
        while let Some(element) = list.next_element_seed(Fingerprint)? {
            hasher.write_u64(element);
        }
        Ok(hash_of(b'l', &hasher.finish().to_le_bytes()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut sum = 0u64;
        while let Some(key) = map.next_key_seed(Fingerprint)? {
            let value = map.next_value_seed(Fingerprint)?;
            // A sum does not depend on the order of the members.
            sum = sum.wrapping_add(hash_of(b'm', &[key.to_le_bytes(), value.to_le_bytes()].concat()));
        }
        Ok(hash_of(b'o', &sum.to_le_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_change_a_fingerprint_and_anything_else_does() {
        let print = |text: &str| fingerprint(text.as_bytes());
        assert_eq!(print(r#"{"a":1,"b":[true,null]}"#), print(r#"{ "b" : [true, null], "a": 1 }"#));
        assert_ne!(print(r#"{"a":1,"b":2}"#), print(r#"{"a":2,"b":1}"#));
        assert_ne!(print(r#"["a","b"]"#), print(r#"["b","a"]"#));
    }

    #[test]
    fn the_protocols_names_become_the_formats() {
        let fields = serde_json::json!({"log_name": "l", "http_request": {"request_method": "GET"}, "jsonPayload": {"user_id": 1}, "trace": null});
        let Value::Object(fields) = fields else { panic!() };
        let expected =
            serde_json::json!({"logName": "l", "httpRequest": {"requestMethod": "GET"}, "jsonPayload": {"user_id": 1}});
        assert_eq!(Value::Object(own(fields)), expected);
    }
}
