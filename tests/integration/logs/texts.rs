//! What an entry says, whatever shape its payload has.

use fivewhys::logs::{LogEntry, Severity, TimeIndex, Wanted, neighbours};
use jiff::SignedDuration;
use serde_json::json;

use super::*;

/// The record of an entry with this instead of a text payload.
fn record(payload: Value) -> Record {
    let mut entry = line(1, "");
    let fields = entry.as_object_mut().unwrap();
    fields.remove("textPayload");
    fields.extend(payload.as_object().unwrap().clone());
    let (mut records, pulled) = pull(format!("{entry}\n"));
    assert_eq!((records.len(), pulled.gaps), (1, vec![]), "{payload}");
    records.remove(0)
}

#[test]
fn the_message_is_found_wherever_loggers_put_it() {
    for payload in [
        json!({"message": "No JWT found"}),
        json!({"msg": "No JWT found", "level": "warn"}),
        json!({"event": "No JWT found", "logger": "auth"}),
        json!({"log": "No JWT found"}),
        json!({"error": {"message": "No JWT found"}}),
        json!({"err": {"message": "No JWT found", "type": "Error"}}),
        json!({"exception": "No JWT found"}),
        json!("No JWT found"),
    ] {
        assert_eq!(record(json!({"jsonPayload": payload})).text.lines().next(), Some("No JWT found"), "{payload}");
    }
}

#[test]
fn the_other_fields_of_a_payload_follow_the_message_and_what_is_about_the_line_does_not() {
    let payload = json!({"msg": "request rewritten", "lvl": "INF", "ts": "2026", "labels": {"hdr_deleted": ["authorization"]}, "error.message": "refused"});
    assert_eq!(record(json!({"jsonPayload": payload})).text, "request rewritten\nrefused\nlabels.hdr_deleted: authorization");
}

#[test]
fn exceptions_follow_the_message_and_nothing_is_said_twice() {
    let trace = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n";
    let expected = "Agent failed\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'";
    for payload in [
        json!({"message": "Agent failed", "exception": trace}),
        json!({"message": "Agent failed", "error": {"traceback": trace, "type": "KeyError", "value": "'x'"}}),
        json!({"message": "Agent failed", "stack_trace": trace, "exc_info": trace}),
        json!({"msg": "Agent failed", "err": {"message": "KeyError: 'x'", "stack": trace}}),
        json!({"message": format!("Agent failed\n{trace}"), "exception": trace}),
    ] {
        let found = record(json!({"jsonPayload": payload})).text;
        let told = found.split("\nerr").next().unwrap_or_default();
        assert!(told == expected || told == expected.replacen("failed\n", "failed\nKeyError: 'x'\n", 1), "{payload}: {found}");
    }
}

#[test]
fn a_payload_without_a_message_is_told_by_its_fields() {
    let found =
        record(json!({"jsonPayload": {"b": {"c": "deep"}, "a": "shallow", "n": 1, "has_token": false, "list": ["x", "y"]}}));
    assert_eq!(found.text, "a: shallow\nb.c: deep\nhas_token: false\nlist: x\nlist: y");
}

#[test]
fn audit_and_request_entries_have_a_text_too() {
    let audit = json!({"protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "/Services.ReplaceService",
        "resourceName": "namespaces/p/services/api", "status": {"code": 9, "message": "Ready condition status changed to False"}}});
    assert_eq!(record(audit).text, "Ready condition status changed to False\n/Services.ReplaceService namespaces/p/services/api");
    let request = json!({"requestMethod": "GET", "requestUrl": "https://a.example/ws", "status": 503, "latency": "0.002s", "userAgent": "python-httpx/0.28"});
    let found = record(json!({"httpRequest": request}));
    assert_eq!(found.text, "GET https://a.example/ws 503 0.002s python-httpx/0.28");
    let entry = &found.entries[0];
    assert_eq!((entry.http_status(), entry.request_url()), (Some(503), Some("https://a.example/ws")));
    assert_eq!(entry.latency(), Some(SignedDuration::from_millis(2)));
    let aborted = "The request was aborted because there was no available instance.";
    let found = record(json!({"httpRequest": request, "textPayload": aborted}));
    assert!(found.text.starts_with(&format!("{aborted}\nGET ")), "{}", found.text);
}

#[test]
fn a_severity_is_read_however_it_is_written() {
    for (written, expected) in [
        (json!("ERROR"), Severity::Error),
        (json!("error"), Severity::Error),
        (json!(500), Severity::Error),
        (json!("500"), Severity::Error),
        (json!("WARN"), Severity::Warning),
        (json!("FATAL"), Severity::Critical),
        (json!("notice"), Severity::Notice),
        (json!("quite bad"), Severity::Default),
        (json!(null), Severity::Default),
        (json!(-7), Severity::Default),
        (json!(9e99), Severity::Emergency),
    ] {
        let found = record(json!({"textPayload": "x", "severity": written}));
        assert_eq!(found.entries[0].severity(), expected, "{written}");
    }
}

#[test]
fn timestamps_are_ordered_by_time_and_not_by_their_letters() {
    let stamps =
        ["2026-11-20T09:00:00.5Z", "2026-11-20T10:00:00.500000001+01:00", "2026-11-20T09:00:00.500001Z", "2026-11-20T09:00:01Z"];
    let entries = stamps.iter().enumerate().rev().map(|(number, stamp)| {
        let mut entry = line(number as u32, &number.to_string());
        entry["timestamp"] = json!(stamp);
        entry
    });
    let (records, _) = pull(ndjson(&entries.collect::<Vec<_>>()));
    assert_eq!(texts(&records), ["0", "1", "2", "3"]);
}

#[test]
fn a_timestamp_in_the_payload_is_not_the_entrys() {
    let mut entry = line(5, "");
    entry["jsonPayload"] = json!({"message": "x", "timestamp": "1999-01-01T00:00:00Z"});
    let (records, _) = pull(format!("{entry}\n"));
    assert_eq!(records[0].entries[0].timestamp, time("2026-11-20T09:00:00.005Z"));
}

#[test]
fn the_place_in_the_program_is_known_where_the_logger_says_it() {
    let found = record(json!({"textPayload": "x", "sourceLocation": {"file": "/app/a.py", "line": "12", "function": "f"}}));
    let place = found.entries[0].source_location().unwrap();
    assert_eq!((place.file, place.line, place.function), (Some("/app/a.py"), Some(12), Some("f")));
    assert!(LogEntry::source_location(&record(json!({"textPayload": "x"})).entries[0]).is_none());
}

#[test]
fn neighbours_come_from_the_same_instance_and_exclude_the_record_itself() {
    let mut entries: Vec<Value> = (0..40).map(|number| at_microsecond(number * 1000, "a", &format!("a {number}"))).collect();
    entries.extend((0..40).map(|number| at_microsecond(number * 1000 + 500, "b", &format!("b {number}"))));
    entries.push(at_microsecond(19_000, "a", "a 19"));
    entries.reverse();
    let source = [Source::bytes("logs", ndjson(&entries).as_bytes())];
    let wanted = |instance: Option<&str>, service: Option<&str>| Wanted {
        insert_ids: vec!["a-000020000".into(), "a-000021000".into()],
        timestamp: time("2026-11-20T09:00:00.020Z"),
        instance: instance.map(str::to_owned),
        service: service.map(str::to_owned),
    };
    let wanted = [wanted(Some("a"), Some("api")), wanted(None, Some("api")), wanted(None, None)];
    let around = neighbours(&source, &wanted, 2, &TimeIndex::default()).unwrap();
    let texts = |place: usize| {
        let around = &around[place];
        [&around.before, &around.after].map(|lines| lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>())
    };
    assert_eq!(texts(0), [["a 18", "a 19"], ["a 22", "a 23"]]);
    assert_eq!(texts(1), [["a 19", "b 19"], ["b 20", "b 21"]]);
    assert!(around[2].before.is_empty() && around[2].after.is_empty());
}
