//! Entries as the stand-in holds them: the protocol's form, and the JSON that must come of it, made apart.

use gcloud_sdk::google::api::MonitoredResource;
use gcloud_sdk::google::logging::r#type::{HttpRequest, LogSeverity};
use gcloud_sdk::google::logging::v2 as api;
use gcloud_sdk::prost_types;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// An entry.
#[derive(Clone)]
pub struct Stored {
    pub proto: api::LogEntry,
    pub json: Map<String, Value>,
    /// It can be found after so many requests.
    pub arrives: usize,
}

impl Stored {
    /// Whether it belongs to a project, or to a view of one.
    pub fn is_below(&self, name: &str) -> bool {
        let project = name.split('/').take(2).collect::<Vec<_>>().join("/");
        self.proto.log_name.starts_with(&format!("{project}/logs/"))
    }

    pub fn project(&self) -> String {
        self.proto.log_name.split('/').nth(1).unwrap_or_default().to_owned()
    }

    /// Seconds and nanoseconds.
    pub fn at(&self) -> (i64, i32) {
        self.proto.timestamp.map_or((0, 0), |at| (at.seconds, at.nanos))
    }

    pub fn arriving(self, arrives: usize) -> Stored {
        Stored { arrives, ..self }
    }
}

/// A line on standard output of a service, a text of its own for each number.
pub fn line(project: &str, service: &str, at: Timestamp, number: usize) -> Stored {
    said(project, service, at, &format!("id-{number:07}"), &format!("line {number} of {service}"))
}

pub fn said(project: &str, service: &str, at: Timestamp, id: &str, text: &str) -> Stored {
    let log_name = format!("projects/{project}/logs/run.googleapis.com%2Fstdout");
    let labels = [("project_id", project), ("service_name", service), ("revision_name", "r-1"), ("location", "europe-west1")];
    let json = json!({
        "logName": log_name,
        "resource": {"type": "cloud_run_revision", "labels": {
            "project_id": project, "service_name": service, "revision_name": "r-1", "location": "europe-west1",
        }},
        "timestamp": written(at),
        "receiveTimestamp": written(at),
        "insertId": id,
        "labels": {"instanceId": "i-1"},
        "textPayload": text,
    });
    let time = prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() };
    let proto = api::LogEntry {
        log_name,
        resource: Some(MonitoredResource {
            r#type: "cloud_run_revision".to_owned(),
            labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        }),
        timestamp: Some(time),
        receive_timestamp: Some(time),
        insert_id: id.to_owned(),
        labels: [("instanceId".to_owned(), "i-1".to_owned())].into(),
        payload: Some(api::log_entry::Payload::TextPayload(text.to_owned())),
        ..api::LogEntry::default()
    };
    let Value::Object(json) = json else { unreachable!() };
    Stored { proto, json, arrives: 0 }
}

/// 0, 3, 6 or 9 digits.
fn written(at: Timestamp) -> String {
    let digits = match at.subsec_nanosecond() {
        0 => 0,
        nanos if nanos % 1_000_000 == 0 => 3,
        nanos if nanos % 1_000 == 0 => 6,
        _ => 9,
    };
    format!("{at:.digits$}")
}

/// `2024-05-01T09:00:00Z` and so many milliseconds.
pub fn at(milliseconds: i64) -> Timestamp {
    let start: Timestamp = "2024-05-01T09:00:00Z".parse().unwrap();
    Timestamp::from_millisecond(start.as_millisecond() + milliseconds).unwrap()
}

/// An entry as it was exported: what a line of text and a request need of it.
pub fn of_json(json: Map<String, Value>) -> Stored {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let whole = Value::Object(json.clone());
    let time = |key: &str| {
        let at: Timestamp = whole.get(key)?.as_str()?.parse().ok()?;
        Some(prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() })
    };
    let labels = |value: &Value| {
        let labels = value.get("labels").and_then(Value::as_object).into_iter().flatten();
        labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    };
    let resource = whole.get("resource").cloned().unwrap_or_default();
    let http_request = whole.get("httpRequest").map(|request| HttpRequest {
        request_method: text(request, "requestMethod"),
        request_url: text(request, "requestUrl"),
        status: request.get("status").and_then(Value::as_i64).unwrap_or(0) as i32,
        user_agent: text(request, "userAgent"),
        remote_ip: text(request, "remoteIp"),
        latency: text(request, "latency")
            .strip_suffix('s')
            .and_then(|text| text.parse().ok())
            .map(|seconds: f64| prost_types::Duration { seconds: seconds as i64, nanos: (seconds.fract() * 1e9).round() as i32 }),
        ..HttpRequest::default()
    });
    let payload = match (whole.get("textPayload"), whole.get("jsonPayload")) {
        (Some(text), _) => Some(api::log_entry::Payload::TextPayload(text.as_str().unwrap_or_default().to_owned())),
        (_, Some(Value::Object(fields))) => Some(api::log_entry::Payload::JsonPayload(structure(fields))),
        _ => None,
    };
    let proto = api::LogEntry {
        log_name: text(&whole, "logName"),
        resource: Some(MonitoredResource { r#type: text(&resource, "type"), labels: labels(&resource) }),
        timestamp: time("timestamp"),
        receive_timestamp: time("receiveTimestamp"),
        severity: LogSeverity::from_str_name(&text(&whole, "severity")).unwrap_or_default() as i32,
        insert_id: text(&whole, "insertId"),
        http_request,
        labels: labels(&whole),
        trace: text(&whole, "trace"),
        span_id: text(&whole, "spanId"),
        payload,
        ..api::LogEntry::default()
    };
    Stored { proto, json, arrives: 0 }
}

fn structure(fields: &Map<String, Value>) -> prost_types::Struct {
    prost_types::Struct { fields: fields.iter().map(|(key, value)| (key.clone(), plain(value))).collect() }
}

fn plain(value: &Value) -> prost_types::Value {
    use prost_types::value::Kind;
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(value) => Kind::NumberValue(value.as_f64().unwrap_or(0.0)),
        Value::String(value) => Kind::StringValue(value.clone()),
        Value::Array(values) => Kind::ListValue(prost_types::ListValue { values: values.iter().map(plain).collect() }),
        Value::Object(fields) => Kind::StructValue(structure(fields)),
    };
    prost_types::Value { kind: Some(kind) }
}
