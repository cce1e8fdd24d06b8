//! From run to run: what was fixed, what stayed, what came, and whether a fix may be said to have held.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

mod mill;
mod rendering;
mod rerendering;

use mill::{BELT, Ends, Mill, RIDDLE, Run, Said, VALVE, fivewhys};

const OLD: &str = "mill-00007-abc";
const NEW: &str = "mill-00008-def";

fn run<'a>(hour: i64, revision: &'a str, tests: &'a [(&'a str, Ends)]) -> Run<'a> {
    Run { hour, revision, tests, with_logs: true }
}

fn compared(reports: &[&Path]) -> Said {
    fivewhys(&["compare", "-f", "json"], reports)
}

fn step(said: &Said) -> Value {
    said.json()["steps"][0].clone()
}

fn change<'a>(step: &'a Value, test: &str) -> &'a str {
    let tests = step["tests"].as_array().unwrap();
    tests.iter().find(|entry| entry["id"] == test).unwrap_or_else(|| panic!("{test} is not in {tests:?}"))["change"]
        .as_str()
        .unwrap()
}

fn cause<'a>(step: &'a Value, root: &str) -> &'a Value {
    let causes = step["causes"].as_array().unwrap();
    causes.iter().find(|entry| entry["root"] == root).unwrap_or_else(|| panic!("{root} is not in {causes:?}"))
}

const BEFORE: [(&str, Ends); 4] = [("grinds", VALVE), ("sifts", VALVE), ("packs", Ends::Passing), ("weighs", Ends::Passing)];
const AFTER: [(&str, Ends); 4] =
    [("grinds", Ends::Passing), ("sifts", Ends::Passing), ("packs", Ends::Passing), ("weighs", Ends::Passing)];

#[test]
fn a_fix_held_where_the_same_tests_pass_on_a_newer_revision() {
    let mill = Mill::new();
    let said = compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &AFTER))]);
    let step = step(&said);
    assert_eq!(said.status, 0);
    assert_eq!([change(&step, "grinds"), change(&step, "sifts"), change(&step, "packs")], ["fixed", "fixed", "unchanged"]);
    let valve = cause(&step, "mill/valve-stuck");
    assert_eq!((&valve["change"], &valve["verdict"], &step["verdict"]), (&json!("gone"), &json!("held"), &json!("held")));
    assert_eq!(valve["tests"], json!(["grinds", "sifts"]));
    assert_eq!(step["revisions"], json!([{ "service": "mill", "before": [OLD], "after": [NEW], "change": "newer" }]));
    assert!(valve["because"].as_str().unwrap().contains(NEW), "{valve}");
}

#[test]
fn a_cause_that_lay_behind_another_is_uncovered_and_nothing_got_worse() {
    let mill = Mill::new();
    let after = [("grinds", BELT), ("sifts", Ends::Passing), ("packs", Ends::Passing), ("weighs", Ends::Passing)];
    let said = compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &after))]);
    let step = step(&said);
    assert_eq!(said.status, 0, "{}", said.out);
    assert_eq!([change(&step, "grinds"), change(&step, "sifts")], ["still_failing", "fixed"]);
    let belt = cause(&step, "mill/belt-torn");
    assert_eq!((&belt["change"], &belt["behind"]), (&json!("uncovered"), &json!(["mill/valve-stuck"])));
    assert_eq!(cause(&step, "mill/valve-stuck")["verdict"], "held");
}

#[test]
fn a_test_that_passed_and_fails_has_regressed_and_its_cause_is_new() {
    let mill = Mill::new();
    let after = [("grinds", Ends::Passing), ("sifts", Ends::Passing), ("packs", BELT), ("weighs", Ends::Passing)];
    let said = compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &after))]);
    let step = step(&said);
    assert_eq!(said.status, 1);
    assert_eq!(change(&step, "packs"), "regressed");
    assert_eq!(cause(&step, "mill/belt-torn")["change"], "new");
    assert_eq!(step["worse"], true);
}

#[test]
fn what_breaks_a_test_that_passed_did_not_lie_behind_another_cause() {
    let mill = Mill::new();
    let after = [("grinds", BELT), ("sifts", BELT), ("packs", BELT), ("weighs", Ends::Passing)];
    let step = step(&compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &after))]));
    assert_eq!(cause(&step, "mill/belt-torn")["change"], "new");
}

#[test]
fn a_cause_that_stays_on_a_newer_revision_was_not_fixed() {
    let mill = Mill::new();
    let after = [("grinds", VALVE), ("sifts", Ends::Passing), ("packs", Ends::Passing), ("weighs", Ends::Passing)];
    let step = step(&compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &after))]));
    let valve = cause(&step, "mill/valve-stuck");
    assert_eq!((&valve["change"], &valve["verdict"]), (&json!("stays"), &json!("did_not_hold")));
    assert!(valve["because"].as_str().unwrap().starts_with("it fails 1 of the 2 tests it failed before"), "{valve}");
}

#[test]
fn without_a_newer_revision_no_fix_was_tried() {
    let mill = Mill::new();
    let before = mill.report("before", &run(0, OLD, &BEFORE));
    let stays = step(&compared(&[&before, &mill.report("again", &run(1, OLD, &BEFORE))]));
    assert_eq!(cause(&stays, "mill/valve-stuck")["verdict"], "cannot_be_told");
    let gone = step(&compared(&[&before, &mill.report("after", &run(2, OLD, &AFTER))]));
    let valve = cause(&gone, "mill/valve-stuck");
    assert_eq!((&valve["change"], &valve["verdict"]), (&json!("gone"), &json!("cannot_be_told")));
    assert!(valve["because"].as_str().unwrap().contains("no newer revision"), "{valve}");
    let rolled_back = step(&compared(&[&before, &mill.report("rolled-back", &run(3, "mill-00006-zzz", &AFTER))]));
    assert_eq!(rolled_back["revisions"][0]["change"], "older");
    assert_eq!(cause(&rolled_back, "mill/valve-stuck")["verdict"], "cannot_be_told");
}

#[test]
fn a_test_that_did_not_run_again_is_not_fixed() {
    let mill = Mill::new();
    let after = [("grinds", Ends::Skipped), ("packs", Ends::Passing), ("weighs", Ends::Passing)];
    let step = step(&compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &after))]));
    assert_eq!([change(&step, "grinds"), change(&step, "sifts")], ["not_run", "not_run"]);
    assert_eq!(step["totals"]["fixed"], 0);
    let valve = cause(&step, "mill/valve-stuck");
    assert_eq!(valve["verdict"], "cannot_be_told");
    assert_eq!(valve["because"], "none of its 2 tests ran again");
}

#[test]
fn a_renamed_test_is_another_test() {
    let mill = Mill::new();
    let after = [("grinds finely", VALVE), ("sifts", Ends::Passing), ("packs", Ends::Passing), ("weighs", Ends::Passing)];
    let said = compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &after))]);
    let step = step(&said);
    assert_eq!([change(&step, "grinds"), change(&step, "grinds finely")], ["not_run", "not_run"]);
    assert_eq!((step["totals"]["newly_failing"].as_u64(), said.status), (Some(1), 1));
}

#[test]
fn without_entries_in_the_later_run_nothing_shows_that_a_cause_is_gone() {
    let mill = Mill::new();
    let after = Run { with_logs: false, ..run(1, NEW, &AFTER) };
    let step = step(&compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &after)]));
    assert_eq!(change(&step, "grinds"), "fixed");
    let valve = cause(&step, "mill/valve-stuck");
    assert_eq!(valve["verdict"], "cannot_be_told");
    assert!(valve["because"].as_str().unwrap().contains("without any log entry"), "{valve}");
}

#[test]
fn a_test_that_fails_for_no_known_cause_leaves_the_fix_in_doubt() {
    let mill = Mill::new();
    let after = [("grinds", RIDDLE), ("sifts", Ends::Passing), ("packs", Ends::Passing), ("weighs", Ends::Passing)];
    let step = step(&compared(&[&mill.report("before", &run(0, OLD, &BEFORE)), &mill.report("after", &run(1, NEW, &after))]));
    let valve = cause(&step, "mill/valve-stuck");
    assert_eq!(valve["because"], "1 of its 2 tests still fail, and no cause of that was found");
}

#[test]
fn a_report_that_only_counts_passed_tests_cannot_tell_passed_from_not_run() {
    let mill = Mill::new();
    let before = mill.report("before", &run(0, OLD, &BEFORE));
    let after = mill.report("after", &run(1, NEW, &AFTER));
    let after = mill.edited(&after, "old.json", |report| {
        let run = report["run"].as_object_mut().unwrap();
        run.remove("passed");
        run.remove("skipped");
    });
    let step = step(&compared(&[&before, &after]));
    assert_eq!([change(&step, "grinds"), change(&step, "packs")], ["cannot_be_told", "cannot_be_told"]);
    assert_eq!((&step["verdict"], step["totals"]["fixed"].as_u64()), (&json!("cannot_be_told"), Some(0)));
    assert!(step["notes"].to_string().contains("earlier version"), "{}", step["notes"]);
}

#[test]
fn three_runs_are_two_steps_and_one_that_got_worse_is_enough() {
    let mill = Mill::new();
    let worse = [("grinds", Ends::Passing), ("sifts", Ends::Passing), ("packs", BELT), ("weighs", Ends::Passing)];
    let runs = [
        mill.report("one", &run(0, OLD, &BEFORE)),
        mill.report("two", &run(1, NEW, &worse)),
        mill.report("three", &run(2, "mill-00009-ghi", &AFTER)),
    ];
    let said = compared(&[&runs[0], &runs[1], &runs[2]]);
    let steps = said.json()["steps"].clone();
    assert_eq!(steps.as_array().unwrap().len(), 2);
    assert_eq!((change(&steps[0], "packs"), change(&steps[1], "packs"), said.status), ("regressed", "fixed", 1));
    assert_eq!(steps[0]["after"], steps[1]["before"]);
}

#[test]
fn the_same_reports_give_the_same_bytes() {
    let mill = Mill::new();
    let runs = [mill.report("before", &run(0, OLD, &BEFORE)), mill.report("after", &run(1, NEW, &AFTER))];
    for format in ["json", "text", "markdown"] {
        let say = || fivewhys(&["compare", "-f", format], &[&runs[0], &runs[1]]).out;
        assert_eq!(say(), say());
    }
}

#[test]
fn what_is_no_report_is_named_with_what_was_expected() {
    let mill = Mill::new();
    let good = mill.report("good", &run(0, OLD, &AFTER));
    let whole = fs::read(&good).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        fs::write(mill.path(name), bytes).unwrap();
        mill.path(name)
    };
    let newer = mill.edited(&good, "newer.json", |report| report["schema"] = json!("fivewhys/report/v2"));
    let gap = mill.edited(&good, "gap.json", |report| drop(report.as_object_mut().unwrap().remove("causes")));
    for (path, expected) in [
        (write("cut.json", &whole[..whole.len() / 2]), "damaged or not JSON"),
        (write("empty.json", b""), "damaged or not JSON"),
        (write("noise.json", b"\xff\xfe\0\x01"), "damaged or not JSON"),
        (write("list.json", b"[1, 2]"), "not a report"),
        (write("other.json", br#"{"schema": "fivewhys/comparison/v1"}"#), "fivewhys/comparison/v1"),
        (write("bare.json", br#"{"tests": []}"#), "it has no schema"),
        (newer, "newer than this program reads"),
        (gap, "missing field `causes`"),
        (mill.path("absent.json"), "cannot be read"),
    ] {
        let said = compared(&[&good, &path]);
        assert_eq!(said.status, 3, "{}: {}", path.display(), said.err);
        assert!(said.err.contains(expected) && said.err.contains(&path.display().to_string()), "{}", said.err);
        assert!(said.err.contains("report.json") || said.err.contains("fivewhys/report/v1"), "{}", said.err);
        assert!(said.out.is_empty());
    }
}

#[test]
fn one_report_alone_is_wrong_usage() {
    let mill = Mill::new();
    assert_eq!(compared(&[&mill.report("good", &run(0, OLD, &AFTER))]).status, 2);
}

#[test]
fn the_published_schema_of_a_comparison_is_the_one_in_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/comparison.schema.json");
    let schema = fivewhys::compare::json::schema().unwrap();
    if std::env::var_os("FIVEWHYS_BLESS").is_some() {
        fs::write(path, &schema).unwrap();
    }
    let published = fs::read_to_string(path).unwrap_or_default();
    assert!(published == schema, "docs/comparison.schema.json is out of date: run the tests with FIVEWHYS_BLESS=1");
}
