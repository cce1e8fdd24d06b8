//! Entries as `gcloud logging read --format=json` writes them: the protocol's JSON form, nothing lost.
//!
//! Field names are lowerCamelCase, defaults are left out, 64-bit integers are strings, times and durations have 0, 3,
//! 6 or 9 digits of a second, and a value of an enumeration that has no name stays a number.
//!
//! Source: "ProtoJSON Format", protobuf.dev.

use std::collections::HashMap;

use base64::Engine;
use gcloud_sdk::google::api::MonitoredResource;
use gcloud_sdk::google::logging::r#type::{HttpRequest, LogSeverity};
use gcloud_sdk::google::logging::v2::{LogEntry, LogEntryOperation, LogEntrySourceLocation, LogSplit, log_entry::Payload};
use gcloud_sdk::prost_types::{self, value::Kind};
use serde_json::{Map, Number, Value};

mod audit;

/// Writes the fields of one message, leaving out what is at its default.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, name: &str, value: impl Into<Option<Value>>) {
        if let Some(value) = value.into() {
            self.0.insert(name.to_owned(), value);
        }
    }

    fn text(&mut self, name: &str, value: String) {
        self.set(name, (!value.is_empty()).then_some(Value::String(value)));
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.set(name, value.then_some(Value::Bool(true)));
    }

    /// 32 bits.
    fn number(&mut self, name: &str, value: i32) {
        self.set(name, (value != 0).then(|| value.into()));
    }

    /// 64 bits, which are a string in JSON.
    fn long(&mut self, name: &str, value: i64) {
        self.set(name, (value != 0).then(|| value.to_string().into()));
    }

    fn texts(&mut self, name: &str, values: Vec<String>) {
        self.set(name, (!values.is_empty()).then(|| values.into()));
    }

    fn map(&mut self, name: &str, values: HashMap<String, String>) {
        let values: Map<_, _> = values.into_iter().map(|(key, value)| (key, Value::String(value))).collect();
        self.set(name, (!values.is_empty()).then_some(Value::Object(values)));
    }

    fn list<T>(&mut self, name: &str, values: Vec<T>, json: impl Fn(T) -> Value) {
        self.set(name, (!values.is_empty()).then(|| values.into_iter().map(json).collect()));
    }

    fn enumeration(&mut self, name: &str, value: i32, named: Option<&str>) {
        let value = if value == 0 { None } else { Some(named.map_or_else(|| value.into(), Value::from)) };
        self.set(name, value);
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// The fields of an entry.
pub(super) fn entry(entry: LogEntry) -> Map<String, Value> {
    let mut fields = Fields::default();
    fields.text("logName", entry.log_name);
    fields.set("resource", entry.resource.map(resource));
    fields.set("timestamp", entry.timestamp.map(timestamp));
    fields.set("receiveTimestamp", entry.receive_timestamp.map(timestamp));
    let severity = LogSeverity::try_from(entry.severity).ok();
    fields.enumeration("severity", entry.severity, severity.map(|severity| severity.as_str_name()));
    fields.text("insertId", entry.insert_id);
    fields.set("httpRequest", entry.http_request.map(http_request));
    fields.map("labels", entry.labels);
    fields.set("operation", entry.operation.map(operation));
    fields.text("trace", entry.trace);
    fields.text("spanId", entry.span_id);
    fields.flag("traceSampled", entry.trace_sampled);
    fields.set("sourceLocation", entry.source_location.map(source_location));
    fields.set("split", entry.split.map(split));
    match entry.payload {
        Some(Payload::TextPayload(text)) => fields.set("textPayload", Value::String(text)),
        Some(Payload::JsonPayload(payload)) => fields.set("jsonPayload", structure(payload)),
        Some(Payload::ProtoPayload(payload)) => fields.set("protoPayload", audit::any(payload)),
        None => {}
    }
    fields.0
}

fn resource(resource: MonitoredResource) -> Value {
    let mut fields = Fields::default();
    fields.text("type", resource.r#type);
    fields.map("labels", resource.labels);
    fields.done()
}

fn http_request(request: HttpRequest) -> Value {
    let mut fields = Fields::default();
    fields.text("requestMethod", request.request_method);
    fields.text("requestUrl", request.request_url);
    fields.long("requestSize", request.request_size);
    fields.number("status", request.status);
    fields.long("responseSize", request.response_size);
    fields.text("userAgent", request.user_agent);
    fields.text("remoteIp", request.remote_ip);
    fields.text("serverIp", request.server_ip);
    fields.text("referer", request.referer);
    fields.set("latency", request.latency.map(duration));
    fields.flag("cacheLookup", request.cache_lookup);
    fields.flag("cacheHit", request.cache_hit);
    fields.flag("cacheValidatedWithOriginServer", request.cache_validated_with_origin_server);
    fields.long("cacheFillBytes", request.cache_fill_bytes);
    fields.text("protocol", request.protocol);
    fields.done()
}

fn operation(operation: LogEntryOperation) -> Value {
    let mut fields = Fields::default();
    fields.text("id", operation.id);
    fields.text("producer", operation.producer);
    fields.flag("first", operation.first);
    fields.flag("last", operation.last);
    fields.done()
}

fn source_location(place: LogEntrySourceLocation) -> Value {
    let mut fields = Fields::default();
    fields.text("file", place.file);
    fields.long("line", place.line);
    fields.text("function", place.function);
    fields.done()
}

fn split(split: LogSplit) -> Value {
    let mut fields = Fields::default();
    fields.text("uid", split.uid);
    fields.number("index", split.index);
    fields.number("totalSplits", split.total_splits);
    fields.done()
}

/// A time outside the years 1 to 9999 has no text form; it stays seconds and nanoseconds.
fn timestamp(time: prost_types::Timestamp) -> Value {
    let whole = jiff::Timestamp::new(time.seconds, 0).ok().filter(|_| (0..1_000_000_000).contains(&time.nanos));
    match whole {
        Some(whole) => Value::String(format!("{}{}Z", whole.to_string().trim_end_matches('Z'), fraction(time.nanos))),
        None => serde_json::json!({ "seconds": time.seconds.to_string(), "nanos": time.nanos }),
    }
}

fn duration(duration: prost_types::Duration) -> Value {
    let sign = if duration.seconds < 0 || duration.nanos < 0 { "-" } else { "" };
    Value::String(format!("{sign}{}{}s", duration.seconds.unsigned_abs(), fraction(duration.nanos.saturating_abs())))
}

/// Nothing, `.123`, `.123456` or `.123456789`.
fn fraction(nanos: i32) -> String {
    match nanos {
        0 => String::new(),
        _ if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    }
}

fn structure(fields: prost_types::Struct) -> Value {
    Value::Object(fields.fields.into_iter().map(|(key, value)| (key, plain(value))).collect())
}

fn plain(value: prost_types::Value) -> Value {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => Value::Bool(value),
        Some(Kind::StringValue(value)) => Value::String(value),
        Some(Kind::StructValue(value)) => structure(value),
        Some(Kind::ListValue(value)) => value.values.into_iter().map(plain).collect(),
        Some(Kind::NumberValue(value)) => number(value),
    }
}

/// Whole numbers have no fraction, what is not finite is a word.
fn number(value: f64) -> Value {
    /// From here on a double does not hold every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT && !(value == 0.0 && value.is_sign_negative()) {
        return Value::from(value as i64);
    }
    let word = || {
        if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
    };
    Number::from_f64(value).map_or_else(|| word().into(), Value::Number)
}

/// Bytes, as JSON writes them.
pub(super) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests;
