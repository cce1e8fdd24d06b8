//! The text of an entry, whatever shape its payload has.

use serde_json::{Map, Value};

use super::LogEntry;

/// Where loggers put the message, best first.
const MESSAGES: [&[&str]; 8] =
    [&["message"], &["msg"], &["event"], &["log"], &["error", "message"], &["err", "message"], &["text"], &["error"]];

/// Where loggers put exceptions and stack traces.
const STACKS: [&[&str]; 15] = [
    &["exception"],
    &["exc_info"],
    &["exc_text"],
    &["error", "message"],
    &["error", "traceback"],
    &["error", "stack"],
    &["error", "stack_trace"],
    &["exception", "message"],
    &["exception", "stacktrace"],
    &["err", "message"],
    &["err", "stack"],
    &["stack_trace"],
    &["stacktrace"],
    &["stack"],
    &["traceback"],
];

/// How many lines are made of a payload without a message, and how long they get, in bytes.
const LEAVES: usize = 60;
const LEAF_BYTES: usize = 2000;

/// The text of an entry: message first, then exception and stack trace as far as the message does not contain them.
pub(super) fn text(entry: &LogEntry) -> String {
    let mut parts = Parts::default();
    parts.push(entry.fields.get("textPayload").and_then(Value::as_str));
    match entry.fields.get("jsonPayload") {
        Some(Value::String(text)) => parts.push(Some(text)),
        Some(Value::Object(payload)) => json_payload(payload, &mut parts),
        _ => {}
    }
    if let Some(Value::Object(payload)) = entry.fields.get("protoPayload") {
        proto_payload(payload, &mut parts);
    }
    if let Some(request) = entry.http_request() {
        parts.push(Some(&request_line(request)));
    }
    parts.text
}

/// Texts one below the other, without repetition.
#[derive(Default)]
struct Parts {
    text: String,
}

impl Parts {
    fn push(&mut self, part: Option<&str>) {
        let part = part.unwrap_or_default().trim_end_matches(['\n', '\r']);
        if part.trim().is_empty() || self.text.contains(part.trim()) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(part);
    }
}

fn at<'a>(payload: &'a Map<String, Value>, path: &[&str]) -> Option<&'a str> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(payload.get(*first)?, |value, key| value.get(key))?.as_str()
}

fn json_payload(payload: &Map<String, Value>, parts: &mut Parts) {
    parts.push(MESSAGES.iter().find_map(|path| at(payload, path).filter(|text| !text.trim().is_empty())));
    for path in STACKS {
        parts.push(at(payload, path));
    }
    if parts.text.is_empty() {
        let mut leaves = Vec::new();
        for (key, value) in payload {
            collect(key, value, &mut leaves);
        }
        parts.push(Some(&leaves.join("\n")));
    }
}

/// The texts in a payload as lines `key: value`, in order of the keys.
fn collect(key: &str, value: &Value, leaves: &mut Vec<String>) {
    if leaves.len() >= LEAVES {
        return;
    }
    match value {
        Value::String(text) => leaves.push(format!("{key}: {}", &text[..text.floor_char_boundary(LEAF_BYTES)])),
        Value::Object(fields) => fields.iter().for_each(|(inner, value)| collect(&format!("{key}.{inner}"), value, leaves)),
        Value::Array(list) => list.iter().for_each(|value| collect(key, value, leaves)),
        _ => {}
    }
}

fn proto_payload(payload: &Map<String, Value>, parts: &mut Parts) {
    parts.push(at(payload, &["status", "message"]));
    let names = [&["methodName"][..], &["resourceName"]].map(|path| at(payload, path).unwrap_or_default());
    parts.push(Some(names.join(" ").trim()));
}

/// `GET https://… 503 0.002s python-httpx/0.28`
fn request_line(request: &Map<String, Value>) -> String {
    let parts = ["requestMethod", "requestUrl", "status", "latency", "userAgent"].map(|key| match request.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    });
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
