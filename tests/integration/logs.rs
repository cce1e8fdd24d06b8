//! Exported entries as they really arrive: every layout, every kind of damage, nothing good lost.

#![allow(clippy::unwrap_used)]

use fivewhys::logs::{self, Everything, Gate, Pulled, Record, Selection, Source, TimeIndex};
use fivewhys::window::Spans;
use jiff::Timestamp;
use serde_json::{Value, json};

mod damage;
mod layouts;
mod orders;
mod requests;
mod stitching;
mod texts;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn all_time() -> Selection {
    let all = (Timestamp::MIN, Timestamp::MAX);
    Selection { windows: vec![all], reach: Spans::union([all]) }
}

fn pull_with(sources: &[Source], selection: &Selection, gate: &dyn Gate) -> (Vec<Record>, Pulled) {
    let mut records = Vec::new();
    let pulled = logs::pull(sources, selection, gate, &mut |record| records.push(record)).unwrap();
    (records, pulled)
}

fn pull(text: impl AsRef<[u8]>) -> (Vec<Record>, Pulled) {
    pull_with(&[Source::bytes("logs", text.as_ref())], &all_time(), &Everything)
}

fn texts(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.text.as_str()).collect()
}

/// An entry of a service's standard error, `milliseconds` after a fixed moment.
fn line(milliseconds: u32, text: &str) -> Value {
    json!({
        "insertId": format!("id-{milliseconds:06}"),
        "labels": {"instanceId": "0087599d42"},
        "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "resource": {"labels": {"revision_name": "api-00001-abc", "service_name": "api"}, "type": "cloud_run_revision"},
        "textPayload": text,
        "timestamp": format!("2026-11-20T09:{:02}:{:02}.{:03}Z", milliseconds / 60_000, milliseconds / 1000 % 60, milliseconds % 1000),
    })
}

/// The same entry, `microseconds` after a fixed moment, from another instance if asked for.
fn at_microsecond(microseconds: u64, instance: &str, text: &str) -> Value {
    let mut entry = line(0, text);
    entry["insertId"] = json!(format!("{instance}-{microseconds:09}"));
    entry["labels"]["instanceId"] = json!(instance);
    entry["timestamp"] = json!(format!("2026-11-20T09:00:{:02}.{:06}Z", microseconds / 1_000_000, microseconds % 1_000_000));
    entry
}

fn fixture(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn ndjson(entries: &[Value]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

#[test]
fn one_entry_a_line_and_an_array_give_the_same_records_in_order_of_time() {
    let entries = [line(2, "second"), line(1, "first"), line(3, "third")];
    let expected = ["first", "second", "third"];
    let array = Value::Array(entries.to_vec());
    for text in [ndjson(&entries), array.to_string(), serde_json::to_string_pretty(&array).unwrap()] {
        let (records, pulled) = pull(&text);
        assert_eq!(texts(&records), expected, "{text}");
        assert_eq!((pulled.census.entries, pulled.repairs, pulled.gaps), (3, vec![], vec![]), "{text}");
    }
}

#[test]
fn an_entry_that_comes_again_is_counted_once() {
    let again = serde_json::to_string_pretty(&line(1, "first")).unwrap();
    let (records, pulled) = pull(format!("{}{again}\n", ndjson(&[line(1, "first"), line(2, "second")])));
    assert_eq!(texts(&records), ["first", "second"]);
    assert_eq!((pulled.census.entries, pulled.census.in_reach, pulled.census.duplicates), (3, 2, 1));
    assert_eq!(pulled.census.services["api"].revisions["api-00001-abc"].entries, 2);
}

#[test]
fn only_what_lies_within_reach_is_visited_and_windows_are_half_open() {
    let window = (time("2026-11-20T09:00:00.002Z"), time("2026-11-20T09:00:00.004Z"));
    let selection = Selection { windows: vec![window, window], reach: Spans::union([window]) };
    let entries: Vec<Value> = (1..=5).map(|at| line(at, &format!("line {at}"))).collect();
    let (records, pulled) = pull_with(&[Source::bytes("logs", ndjson(&entries).as_bytes())], &selection, &Everything);
    assert_eq!(texts(&records), ["line 2", "line 3"]);
    assert_eq!((pulled.census.entries, pulled.census.in_reach), (5, 2));
    assert_eq!(pulled.census.per_window, [2, 2]);
    assert_eq!(pulled.census.span, Some((time("2026-11-20T09:00:00.001Z"), time("2026-11-20T09:00:00.005Z"))));
}
