//! The text of an entry, whatever shape its payload has.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::LogEntry;
use super::glimpse::REQUEST_FIELDS;

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

/// Fields that say when, where and how loud a line was written, not what it says.
const ABOUT_THE_LINE: [&str; 30] = [
    "timestamp",
    "@timestamp",
    "time",
    "ts",
    "asctime",
    "date",
    "level",
    "lvl",
    "levelname",
    "severity",
    "log.level",
    "logger",
    "log.logger",
    "logger_name",
    "name",
    "module",
    "pid",
    "process",
    "thread",
    "hostname",
    "host",
    "v",
    "ecs.version",
    "trace",
    "traceId",
    "trace_id",
    "span_id",
    "spanId",
    "service",
    "filename",
];

/// How many lines are made of the other fields of a payload, and how long they get, in bytes.
const LEAVES: usize = 60;
const LEAF_BYTES: usize = 2000;

/// The text of an entry: message first, then exception and stack trace as far as the message does not contain
/// them, then the other texts of a structured payload as `key: value`, for loggers put the reason there.
pub(super) fn text(entry: &LogEntry) -> String {
    let field = |key| entry.fields().get(key).unwrap_or(&Value::Null);
    of(field("textPayload").as_str(), field("jsonPayload"), field("protoPayload"), entry.http_request())
}

/// The text that is made of these fields of an entry.
pub(super) fn of(text: Option<&str>, json: &Value, proto: &Value, request: Option<&Map<String, Value>>) -> String {
    let mut parts = Parts::default();
    parts.push(text);
    match json {
        Value::String(text) => parts.push(Some(text)),
        Value::Object(payload) => json_payload(payload, &mut parts),
        _ => {}
    }
    if let Value::Object(payload) = proto {
        proto_payload(payload, &mut parts);
    }
    if let Some(request) = request {
        parts.push(Some(&request_line(request)));
    }
    parts.text
}

/// A text as a record has it: without line ends behind it, nothing where it is blank.
pub(super) fn whole(text: &str) -> &str {
    let text = text.trim_end_matches(['\n', '\r']);
    if text.trim().is_empty() { "" } else { text }
}

/// The message of a structured payload.
pub(super) fn message(entry: &LogEntry) -> Option<&str> {
    message_in(entry.fields().get("jsonPayload")?.as_object()?)
}

fn message_in(payload: &Map<String, Value>) -> Option<&str> {
    MESSAGES.iter().find_map(|path| at(payload, path).filter(|text| !text.trim().is_empty()))
}

/// Texts one below the other, without repetition.
#[derive(Default)]
struct Parts {
    text: String,
}

impl Parts {
    fn push(&mut self, part: Option<&str>) {
        let part = whole(part.unwrap_or_default());
        if part.is_empty() || self.text.contains(part.trim()) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(part);
    }
}

/// The text under a path, or under the path written as one key with dots, as ECS loggers do.
fn at<'a>(payload: &'a Map<String, Value>, path: &[&str]) -> Option<&'a str> {
    let (first, rest) = path.split_first()?;
    let nested = payload.get(*first).and_then(|value| rest.iter().try_fold(value, |value, key| value.get(key)));
    nested.and_then(Value::as_str).or_else(|| payload.get(&path.join("."))?.as_str())
}

fn json_payload(payload: &Map<String, Value>, parts: &mut Parts) {
    parts.push(message_in(payload));
    for path in STACKS {
        parts.push(at(payload, path));
    }
    let mut leaves = Vec::new();
    for (key, value) in payload.iter().filter(|(key, _)| !ABOUT_THE_LINE.contains(&key.as_str())) {
        collect(key, value, &mut leaves);
    }
    for (key, value) in leaves {
        // What the message or the trace holds already is not said twice.
        if matches!(value, "true" | "false") || !parts.text.contains(value.trim()) {
            parts.push(Some(&format!("{key}: {value}")));
        }
    }
}

/// The texts in a payload as lines `key: value`, in order of the keys.
fn collect<'a>(key: &str, value: &'a Value, leaves: &mut Vec<(String, &'a str)>) {
    if leaves.len() >= LEAVES {
        return;
    }
    match value {
        Value::String(text) => leaves.push((key.to_owned(), &text[..text.floor_char_boundary(LEAF_BYTES)])),
        // `has_token: false` is a reason; most numbers are not.
        Value::Bool(flag) => leaves.push((key.to_owned(), if *flag { "true" } else { "false" })),
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
    let mut line = String::new();
    for key in REQUEST_FIELDS {
        push_part(&shown(request.get(key).unwrap_or(&Value::Null)), &mut line);
    }
    line
}

/// Adds a part to a line, unless it is empty.
pub(super) fn push_part(part: &str, line: &mut String) {
    if !line.is_empty() && !part.is_empty() {
        line.push(' ');
    }
    line.push_str(part);
}

/// A text or a number as it is shown; nothing for anything else.
pub(super) fn shown(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::from(text),
        Value::Number(number) => Cow::from(number.to_string()),
        _ => Cow::from(""),
    }
}
