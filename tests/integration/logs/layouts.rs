//! Every layout in which exports come, told by content.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use fivewhys::logs::recognise;
use serde_json::json;

use super::*;

fn three() -> [Value; 3] {
    [line(1, "first"), line(2, "second"), line(3, "third")]
}

fn assert_three(text: impl AsRef<[u8]>) -> Pulled {
    let (records, pulled) = pull(&text);
    assert_eq!(texts(&records), ["first", "second", "third"], "{}", String::from_utf8_lossy(text.as_ref()));
    assert_eq!(pulled.gaps, [], "{}", String::from_utf8_lossy(text.as_ref()));
    pulled
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn objects_one_after_the_other_need_no_array() {
    let entries = three();
    let newest_first: Vec<Value> = entries.iter().rev().cloned().collect();
    assert_three(newest_first.iter().map(pretty).collect::<Vec<_>>().join("\n"));
    assert_three(entries.iter().map(Value::to_string).collect::<String>());
    assert_three(entries.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n"));
    assert_three(format!("[\n{}\n]\n", entries.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n")));
}

#[test]
fn an_array_that_is_still_open_is_read() {
    let text = pretty(&json!(three()));
    assert_three(text.trim_end_matches(['\n', ']']));
}

#[test]
fn entries_in_another_objects_list_are_taken_out() {
    for value in [
        json!({"entries": three(), "nextPageToken": "EAA4"}),
        json!({"count": 3, "result": {"entries": three()}}),
        json!([{"logs": three()}]),
    ] {
        assert_three(value.to_string());
        assert_three(pretty(&value));
    }
    let [first, second, third] = three();
    let pages = [json!({"entries": [first, second], "nextPageToken": "EAA4"}), json!({"entries": [third]})];
    assert_three(pages.iter().map(|page| format!("{page}\n")).collect::<String>());
    assert_three(pages.iter().map(pretty).collect::<String>());
}

#[test]
fn fenced_blocks_are_read_and_the_prose_around_them_is_not() {
    let [first, second, third] = three();
    let text = format!(
        "# Incident\n\nThis is what we saw:\n\n```json\n{}\n```\n\nand then\n\n```\n{second}\n{third}\n```\nNobody was {{hurt}}.\n",
        pretty(&first)
    );
    let (records, pulled) = pull(&text);
    assert_eq!(texts(&records), ["first", "second", "third"]);
    assert!(pulled.repairs.iter().any(|repair| repair.kind == "fenced block"), "{pulled:?}");
}

#[test]
fn pubsub_envelopes_are_opened() {
    use base64::Engine;
    let envelope = |entry: &Value| {
        let payload = base64::engine::general_purpose::STANDARD.encode(entry.to_string());
        json!({"message": {"attributes": {}, "data": payload, "messageId": "1"}, "subscription": "projects/p/subscriptions/s"})
    };
    let entries = three();
    let pulled = assert_three(entries.iter().map(|entry| format!("{}\n", envelope(entry))).collect::<String>());
    assert_eq!((pulled.repairs[0].kind, pulled.repairs[0].count), ("Pub/Sub envelope", 3));
    assert_three(pretty(&Value::Array(entries.iter().map(envelope).collect())));
}

#[test]
fn the_protocols_field_names_are_understood() {
    let entry = json!({
        "log_name": "projects/p/logs/run.googleapis.com%2Frequests",
        "insert_id": "x",
        "timestamp": "2026-11-20 09:00:00.5 UTC",
        "http_request": {"request_method": "GET", "request_url": "https://a.example/b", "status": 503, "user_agent": "curl/8"},
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api", "revision_name": "api-1"}},
        "json_payload": null,
    });
    let (records, pulled) = pull(format!("{entry}\n"));
    assert_eq!(texts(&records), ["GET https://a.example/b 503 curl/8"]);
    let entry = &records[0].entries[0];
    assert_eq!((entry.insert_id(), entry.http_status(), entry.user_agent()), ("x", Some(503), Some("curl/8")));
    assert_eq!(entry.timestamp, time("2026-11-20T09:00:00.5Z"));
    assert!(pulled.census.services.contains_key("api"));
}

#[test]
fn compressed_files_are_told_by_their_first_bytes() {
    let [first, second, third] = three().map(|entry| format!("{entry}\n"));
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zst = |text: &str| zstd::encode_all(text.as_bytes(), 0).unwrap();
    let parts = [format!("{first}{second}"), third];
    assert_three(parts.iter().flat_map(|part| gzip(part)).collect::<Vec<u8>>());
    assert_three(parts.iter().flat_map(|part| zst(part)).collect::<Vec<u8>>());
    assert_three(gzip(&pretty(&json!(three()))));
}

#[test]
fn a_bucket_folder_is_walked_and_what_is_no_log_is_named_and_left_alone() {
    let folder = folder("bucket");
    let [first, second, third] = three();
    for (name, text) in [
        ("run.googleapis.com/stderr/2026/11/20/09:00:00_09:59:59_S0.json", ndjson(&[second])),
        ("run.googleapis.com/stderr/2026/11/20/09_00_00_09_59_59_A0_1795166809.json", ndjson(&[third])),
        ("run.googleapis.com/requests/2026/11/20/08:00:00_08:59:59_S0.json", ndjson(&[first.clone(), first])),
        ("notes.txt", "to whom it may concern\n".to_owned()),
        (".cache/old.json", "{}".to_owned()),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (records, pulled) = pull_with(&[Source::path(&folder)], &all_time(), &Everything);
    assert_eq!(texts(&records), ["first", "second", "third"]);
    assert_eq!((pulled.census.duplicates, pulled.gaps.len()), (1, 1));
    assert!(pulled.gaps[0].kind == "not-logs" && pulled.gaps[0].statement.contains("notes.txt"), "{:?}", pulled.gaps);
}

#[test]
fn a_folder_without_logs_is_a_gap() {
    let folder = folder("bare");
    let (records, pulled) = pull_with(&[Source::path(&folder)], &all_time(), &Everything);
    assert_eq!((records.len(), pulled.gaps.len(), pulled.gaps[0].kind), (0, 1, "no-entries"));
}

#[test]
fn a_stream_can_be_read_twice_through_its_spool() {
    let spool = folder("spool").join("spool");
    let file = fs::File::options().read(true).write(true).create(true).truncate(true).open(spool).unwrap();
    let source = Source::spooled("standard input", ndjson(&three()).as_bytes(), file).unwrap();
    for _ in 0..2 {
        let (records, _) = pull_with(std::slice::from_ref(&source), &all_time(), &Everything);
        assert_eq!(texts(&records), ["first", "second", "third"]);
    }
}

#[test]
fn results_and_answers_are_not_taken_for_logs() {
    for text in [
        r#"{"$report_type":"TestReport","nodeid":"a","outcome":"failed","start":1.5,"stop":1.7,"sections":[["log","x"]]}"#,
        r#"{"created":1.5,"duration":2.0,"tests":[{"nodeid":"a","outcome":"passed"}],"summary":{"total":1}}"#,
        r#"{"evidence":{"e1":{"insert_id":"x","timestamp":"2026-11-20T09:00:00Z","severity":"ERROR","log":"stderr"}}}"#,
        r#"<testsuites><testsuite name="a" timestamp="2026-11-20T09:00:00"/></testsuites>"#,
        r#"{"Time":"2026-11-20T09:00:00Z","Action":"run","Package":"p"}"#,
        r#"{"time":"2026-11-20T09:00:00Z","severity":"INFO","message":"not an entry"}"#,
    ] {
        assert_eq!(recognise(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_large_array_is_cut_between_its_entries() {
    let entries: Vec<Value> = (0..12_000).map(|number| line(number, &format!("{} {{\"brace", "x".repeat(400)))).collect();
    let array = Value::Array(entries);
    for text in [array.to_string(), pretty(&array)] {
        assert!(text.len() > 6 << 20);
        let (records, pulled) = pull(&text);
        assert_eq!((records.len(), pulled.census.entries, pulled.gaps.len()), (12_000, 12_000, 0));
    }
}

#[test]
fn entries_that_share_a_line_are_each_judged_by_their_own_time() {
    let [first, second, third] = three();
    let window = (time("2026-11-20T09:00:00.001Z"), time("2026-11-20T09:00:00.002Z"));
    let selection = Selection { windows: vec![window], reach: Spans::union([window]) };
    for text in [
        format!("{first}{second}{third}\n"),
        format!("{second}\n{first}, {third}\n{second}\n"),
        format!("[{first},{second},{third}]"),
        format!("{{\"entries\":[{second},{first}],\"nextPageToken\":\"x\"}}{{\"entries\":[{third}]}}"),
        format!("{second}\ncontainer-1 | {first}{third}\n"),
    ] {
        let (records, pulled) = pull_with(&[Source::bytes("logs", text.as_bytes())], &selection, &Everything);
        assert_eq!(texts(&records), ["first"], "{text}");
        assert_eq!((pulled.census.in_reach, pulled.gaps), (1, vec![]), "{text}");
        assert!(pulled.census.entries >= 3, "{text}");
    }
}

#[test]
fn thousands_of_entries_on_one_line_are_all_read() {
    let text: String = (0..20_000).map(|number| line(number, "x").to_string()).collect();
    let (records, _) = pull(&text);
    assert_eq!(records.len(), 20_000);
}
