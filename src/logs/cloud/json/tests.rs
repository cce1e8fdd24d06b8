use gcloud_sdk::google::cloud::audit::{AuditLog, AuthenticationInfo};
use gcloud_sdk::google::rpc;
use gcloud_sdk::prost::Message;
use gcloud_sdk::prost::bytes::Bytes;
use gcloud_sdk::prost_types::{Any, Duration, ListValue, Struct, Timestamp, Value as ProtoValue};
use serde_json::json;

use super::super::wire;
use super::*;

fn of(kind: Kind) -> ProtoValue {
    ProtoValue { kind: Some(kind) }
}

fn structure_of(fields: &[(&str, Kind)]) -> Struct {
    Struct { fields: fields.iter().map(|(key, kind)| ((*key).to_owned(), of(kind.clone()))).collect() }
}

/// As it comes off the wire.
fn read(entry: &LogEntry) -> Value {
    Value::Object(wire::entry(&Bytes::from(entry.encode_to_vec())).unwrap())
}

#[test]
fn a_request_entry_reads_as_gcloud_prints_it() {
    let entry = LogEntry {
        log_name: "projects/p/logs/run.googleapis.com%2Frequests".to_owned(),
        resource: Some(MonitoredResource {
            r#type: "cloud_run_revision".to_owned(),
            labels: [("service_name".to_owned(), "api".to_owned())].into(),
        }),
        timestamp: Some(Timestamp { seconds: 1_795_166_809, nanos: 741_675_001 }),
        receive_timestamp: Some(Timestamp { seconds: 1_795_166_810, nanos: 500_000_000 }),
        severity: 400,
        insert_id: "abc".to_owned(),
        http_request: Some(HttpRequest {
            request_method: "GET".to_owned(),
            request_size: 1_234,
            status: 404,
            latency: Some(Duration { seconds: 0, nanos: 299_710_749 }),
            ..HttpRequest::default()
        }),
        labels: [("instanceId".to_owned(), "i".to_owned())].into(),
        operation: Some(LogEntryOperation { id: "o".to_owned(), first: true, ..LogEntryOperation::default() }),
        trace: "projects/p/traces/1".to_owned(),
        span_id: "2".to_owned(),
        trace_sampled: true,
        source_location: Some(LogEntrySourceLocation { file: "a.py".to_owned(), line: 7, function: "f".to_owned() }),
        split: Some(LogSplit { uid: "u".to_owned(), index: 0, total_splits: 2 }),
        payload: None,
    };
    assert_eq!(
        read(&entry),
        json!({
            "logName": "projects/p/logs/run.googleapis.com%2Frequests",
            "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api"}},
            "timestamp": "2026-11-20T09:26:49.741675001Z",
            "receiveTimestamp": "2026-11-20T09:26:50.500Z",
            "severity": "WARNING",
            "insertId": "abc",
            "httpRequest": {"requestMethod": "GET", "requestSize": "1234", "status": 404, "latency": "0.299710749s"},
            "labels": {"instanceId": "i"},
            "operation": {"id": "o", "first": true},
            "trace": "projects/p/traces/1",
            "spanId": "2",
            "traceSampled": true,
            "sourceLocation": {"file": "a.py", "line": "7", "function": "f"},
            "split": {"uid": "u", "totalSplits": 2},
        })
    );
}

#[test]
fn numbers_of_a_json_payload_keep_their_value() {
    let numbers: Vec<_> = [3.0, -0.5, 1e300, 9_007_199_254_740_993.0, f64::NAN].map(|n| of(Kind::NumberValue(n))).into();
    let payload = structure_of(&[
        ("numbers", Kind::ListValue(ListValue { values: numbers })),
        ("none", Kind::NullValue(0)),
        ("yes", Kind::BoolValue(true)),
        ("inner", Kind::StructValue(structure_of(&[("a b", Kind::StringValue(String::new()))]))),
    ]);
    let entry = LogEntry { payload: Some(Payload::JsonPayload(payload)), ..LogEntry::default() };
    assert_eq!(
        read(&entry)["jsonPayload"],
        json!({"numbers": [3, -0.5, 1e300, 9_007_199_254_740_992_i64, "NaN"], "none": null, "yes": true, "inner": {"a b": ""}})
    );
}

#[test]
fn an_audit_log_is_decoded_and_another_message_keeps_its_bytes() {
    let log = AuditLog {
        service_name: "run.googleapis.com".to_owned(),
        method_name: "/Services.ReplaceService".to_owned(),
        num_response_items: 2,
        status: Some(rpc::Status { code: 9, message: "Ready condition status changed to False".to_owned(), details: vec![] }),
        authentication_info: Some(AuthenticationInfo {
            principal_email: "a@example.com".to_owned(),
            ..AuthenticationInfo::default()
        }),
        response: Some(structure_of(&[("kind", Kind::StringValue("Service".to_owned()))])),
        ..AuditLog::default()
    };
    let any = |type_url: &str, value| LogEntry {
        payload: Some(Payload::ProtoPayload(Any { type_url: type_url.to_owned(), value })),
        ..LogEntry::default()
    };
    assert_eq!(
        read(&any("type.googleapis.com/google.cloud.audit.AuditLog", log.encode_to_vec()))["protoPayload"],
        json!({
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "run.googleapis.com",
            "methodName": "/Services.ReplaceService",
            "numResponseItems": "2",
            "status": {"code": 9, "message": "Ready condition status changed to False"},
            "authenticationInfo": {"principalEmail": "a@example.com"},
            "response": {"kind": "Service"},
        })
    );
    let other = json!({"@type": "type.googleapis.com/a.B", "value": "AQID"});
    assert_eq!(read(&any("type.googleapis.com/a.B", vec![1, 2, 3]))["protoPayload"], other);
}

#[test]
fn what_has_no_name_stays_a_number_and_what_is_unset_stays_away() {
    assert_eq!(read(&LogEntry::default()), json!({}));
    assert_eq!(read(&LogEntry { severity: 450, ..LogEntry::default() }), json!({"severity": 450}));
    let odd = LogEntry { timestamp: Some(Timestamp { seconds: i64::MAX, nanos: 5 }), ..LogEntry::default() };
    assert_eq!(read(&odd), json!({"timestamp": {"seconds": i64::MAX.to_string(), "nanos": 5}}));
}

#[test]
fn a_field_that_is_not_known_yet_is_kept() {
    let mut bytes = LogEntry { insert_id: "a".to_owned(), ..LogEntry::default() }.encode_to_vec();
    bytes.extend([0xa2, 0x02, 3, 0x0a, 1, b'g']);
    let entry = wire::entry(&Bytes::from(bytes)).unwrap();
    assert_eq!(
        Value::Object(entry),
        json!({"insertId": "a", "unknownFields": [{"number": 36, "wireType": 2, "value": "AwoBZw=="}]})
    );
    assert_eq!(wire::entry(&Bytes::from_static(b"\xff\xff")), None);
}
