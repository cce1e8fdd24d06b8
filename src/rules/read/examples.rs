//! The `examples` part of a rule: texts, whole entries and test failures.

use serde_json::Value;

use super::super::problem::Sheet;
use super::super::yaml::{Kind, Node};
use super::super::{Example, TestExample};
use super::{duration, fields, list, text, wrong_kind};

/// Reads `examples`: those that must match, and those that must not.
pub(super) fn read(sheet: &mut Sheet<'_>, node: &Node) -> (Vec<Example>, Vec<Example>) {
    let Some(fields) = fields(sheet, node, "`examples`", &["match", "no_match", "todo"]) else { return Default::default() };
    (list(sheet, fields.get("match"), example), list(sheet, fields.get("no_match"), example))
}

/// One example, in any of its forms.
pub(in crate::rules) fn example(sheet: &mut Sheet<'_>, node: &Node) -> Option<Example> {
    match &node.kind {
        Kind::Scalar { .. } => text(sheet, node, "an example").map(Example::Text),
        Kind::Map(pairs) => match pairs.as_slice() {
            [(key, value)] if key.text() == Some("test") => test(sheet, value).map(Example::Test),
            _ => match node.to_json() {
                Value::Object(fields) => Some(Example::Entry(fields)),
                _ => None,
            },
        },
        _ => {
            wrong_kind(sheet, node, "an example", "a text, a log entry or `test: {message: …}`");
            None
        }
    }
}

fn test(sheet: &mut Sheet<'_>, node: &Node) -> Option<TestExample> {
    if let Some(message) = node.text() {
        return Some(TestExample { message: message.to_owned(), ..TestExample::default() });
    }
    let fields = fields(sheet, node, "a test example", &["id", "message", "details", "outcome", "duration"])?;
    let mut part = |key: &str| fields.get(key).and_then(|node| text(sheet, node, key)).unwrap_or_default();
    let (id, message, details, outcome) = (part("id"), part("message"), part("details"), part("outcome"));
    let duration = fields.get("duration").and_then(|node| duration(sheet, node, "duration"));
    Some(TestExample { id, message, details, outcome, duration })
}
