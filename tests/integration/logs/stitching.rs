//! A stack trace that arrives one line per entry is one record, and nothing else is pulled into it.

use fivewhys::logs::{Record, Selection, Source, stack};
use fivewhys::window::Spans;
use serde_json::{Value, json};

use super::*;

const STACKS: [&str; 11] = [
    "python-3.11-chain",
    "python-3.11-group",
    "python-3.11-logging_error",
    "python-3.11-notes",
    "python-3.13-chain",
    "python-3.13-group",
    "python-3.13-logging_error",
    "python-3.13-notes",
    "java",
    "node",
    "go",
];

/// The lines of a stack trace as Cloud Run brings them: blank ones left out, microseconds apart.
fn one_entry_a_line(text: &str, start: u64, instance: &str) -> Vec<Value> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.enumerate().map(|(number, line)| at_microsecond(start + 11 * number as u64, instance, line)).collect()
}

fn without_blank_lines(text: &str) -> String {
    text.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

fn pull_entries(entries: &[Value]) -> Vec<Record> {
    let (records, pulled) = pull(ndjson(entries));
    assert_eq!(pulled.gaps, []);
    records
}

#[test]
fn a_stack_trace_of_each_runtime_is_one_record() {
    for name in STACKS {
        let text = fixture(&format!("stacks/{name}.txt"));
        let mut entries = vec![at_microsecond(0, "a", "2026-11-20 09:00:00,000 - app - ERROR - Exception in application")];
        entries.extend(one_entry_a_line(&text, 30, "a"));
        entries.push(at_microsecond(900, "a", "2026-11-20 09:00:00,001 - app - INFO - next request"));
        let records = pull_entries(&entries);
        let expected = without_blank_lines(&text);
        let mut stitched: Vec<&str> = texts(&records);
        stitched.sort_unstable_by_key(|text| !text.starts_with("2026"));
        assert_eq!(stitched.len(), 3 + opening_lines(name), "{name}: {stitched:#?}");
        let whole = stitched.last().unwrap();
        assert!(expected.ends_with(whole), "{name}: {whole}");
    }
}

/// Node prints the place it threw at before the trace, in a line that could be anything.
fn opening_lines(name: &str) -> usize {
    usize::from(name == "node")
}

#[test]
fn interleaved_instances_are_kept_apart() {
    for name in STACKS.into_iter().filter(|name| *name != "node") {
        let text = fixture(&format!("stacks/{name}.txt"));
        let entries =
            [one_entry_a_line(&text, 0, "a"), one_entry_a_line(&text, 3, "b"), one_entry_a_line(&text, 7, "c")].concat();
        let records = pull_entries(&entries);
        assert_eq!(records.len(), 3, "{name}");
        for record in records {
            let instance = record.entries[0].instance();
            assert!(record.entries.iter().all(|entry| entry.instance() == instance), "{name}");
            assert_eq!(record.text, without_blank_lines(&text), "{name}");
        }
    }
}

#[test]
fn a_gate_that_admits_one_line_brings_the_whole_trace_and_no_other() {
    struct Needle;
    impl Gate for Needle {
        fn admits(&self, raw: &[u8]) -> bool {
            String::from_utf8_lossy(raw).contains("KeyError: 'user'")
        }
    }
    let text = fixture("stacks/python-3.13-chain.txt");
    let other = fixture("stacks/python-3.13-notes.txt");
    let entries =
        [one_entry_a_line(&text, 0, "a"), one_entry_a_line(&other, 3, "b"), one_entry_a_line(&other, 400_000, "a")].concat();
    let (records, _) = pull_with(&[Source::bytes("logs", ndjson(&entries).as_bytes())], &all_time(), &Needle);
    assert_eq!(texts(&records), [without_blank_lines(&text)]);
}

#[test]
fn a_traceback_that_the_platform_tore_apart_is_whole_again() {
    // Python 3.13: the platform merges up to the first line it does not know, the exception comes milliseconds later.
    let lines: Vec<String> = without_blank_lines(&fixture("stacks/python-3.13-notes.txt")).lines().map(str::to_owned).collect();
    let mut entries = vec![at_microsecond(0, "a", &lines[..3].join("\n"))];
    entries[0]["severity"] = json!("ERROR");
    entries[0]["errorGroups"] = json!([{"id": "CKjV"}]);
    for (number, line) in lines[3..6].iter().enumerate() {
        entries.push(at_microsecond(20 + number as u64, "a", line));
    }
    entries.push(at_microsecond(8_000, "a", &lines[6]));
    let records = pull_entries(&entries);
    assert_eq!(texts(&records), [lines[..7].join("\n")]);
    assert_eq!(records[0].entries.len(), 5);
}

#[test]
fn two_tracebacks_in_a_row_are_two_records_and_so_are_two_far_apart() {
    let text = fixture("stacks/python-3.11-notes.txt");
    for start in [200, 60_000, 5_000_000] {
        let entries = [one_entry_a_line(&text, 0, "a"), one_entry_a_line(&text, start, "a")].concat();
        assert_eq!(pull_entries(&entries).len(), 2, "{start}");
    }
}

#[test]
fn a_frame_after_a_long_pause_belongs_to_nothing() {
    let entries = [
        at_microsecond(0, "a", "Traceback (most recent call last):"),
        at_microsecond(10, "a", "  File \"/app/a.py\", line 1, in f"),
        at_microsecond(900_000, "a", "KeyError: 'late'"),
    ];
    assert_eq!(pull_entries(&entries).len(), 2);
}

#[test]
fn a_trace_that_begins_before_the_reach_keeps_what_lies_within() {
    let entries = one_entry_a_line(&fixture("stacks/java.txt"), 0, "a");
    let from = time("2026-11-20T09:00:00.000020Z");
    let selection = Selection { windows: vec![], reach: Spans::union([(from, time("2026-11-20T09:01:00Z"))]) };
    let (records, _) = pull_with(&[Source::bytes("logs", ndjson(&entries).as_bytes())], &selection, &Everything);
    assert!(texts(&records).join("\n").starts_with("\tat Main.main(Main.java:6)\nCaused by: "));
}

#[test]
fn the_parts_of_an_entry_that_was_too_large_are_joined() {
    let part = |index: u32, text: &str| {
        let mut entry = line(7, text);
        entry["insertId"] = json!(format!("part-{}", 9 - index));
        entry["split"] = json!({"uid": "u", "index": index, "totalSplits": 3});
        entry
    };
    let whole = [part(2, " again"), part(0, "No JWT fo"), part(1, "und")];
    let (records, pulled) = pull(ndjson(&whole));
    assert_eq!(texts(&records), ["No JWT found again"]);
    assert_eq!(pulled.gaps, []);
    let (records, pulled) = pull(ndjson(&[part(0, "No JWT fo"), part(2, " again")]));
    assert_eq!(texts(&records), ["No JWT fo again"]);
    assert_eq!(pulled.gaps[0].kind, "split-incomplete");
}

#[test]
fn an_exception_is_read_from_the_trace_of_each_runtime() {
    let read = |name: &str| stack::exception(&fixture(&format!("stacks/{name}.txt"))).unwrap();
    let told = |name: &str| {
        let found = read(name);
        (found.kind, found.message, found.frame.unwrap_or_default(), found.first_cause.map(|(kind, _)| kind))
    };
    let expected = |kind: &str, message: &str, frame: &str, cause: Option<&str>| {
        (kind.to_owned(), message.to_owned(), frame.to_owned(), cause.map(str::to_owned))
    };
    for version in ["python-3.11", "python-3.13"] {
        let invalid = "invalid literal for int() with base 10: 'xxx'";
        assert_eq!(
            told(&format!("{version}-chain")),
            expected("ValueError", invalid, "/app/chain.py:14 in main", Some("KeyError"))
        );
        assert_eq!(told(&format!("{version}-notes")), expected("ValueError", "no such region", "/app/notes.py:4 in main", None));
        let group =
            expected("ExceptionGroup", "shutdown failed (2 sub-exceptions)", "/app/group.py:11 in main", Some("ValueError"));
        assert_eq!(told(&format!("{version}-group")), group);
    }
    assert_eq!(
        told("java"),
        expected(
            "java.lang.RuntimeException",
            "request failed",
            "Main.java:4 in Main.handle",
            Some("java.lang.IllegalStateException")
        )
    );
    assert_eq!(told("node"), expected("Error", "settings cannot be loaded", "/app/server.js:6:11 in load", Some("Error")));
    assert_eq!(told("go"), expected("panic", "assignment to entry in nil map", "/app/main.go:7 in main.(*Store).Put", None));
    let order = "order 7 has no customer";
    assert_eq!(
        told("dotnet"),
        expected(
            "System.InvalidOperationException",
            order,
            "/src/Shop/Customers.cs:18 in Shop.Customers.Find",
            Some("System.Collections.Generic.KeyNotFoundException")
        )
    );
    assert_eq!(stack::exception("2026-11-20 - app - INFO - ready"), None);
}
