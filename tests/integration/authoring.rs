//! Rules drafted, tried and asked about, as a user does it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{self, Ran};

mod guide;
mod public_lines;
mod questions;
mod secrets;
mod watching;

const SAMPLE: &str = "samples/seat-map-disagrees";
const CONTROL: &str = "samples/seat-map-disagrees/baseline/junit.xml";

/// The only rule file below a folder.
fn only_rule(folder: &Path) -> PathBuf {
    let families = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = families
        .flat_map(|family| fs::read_dir(family).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// The report of the sample that no rule explains, written into a folder.
fn report(folder: &Path) -> PathBuf {
    let out = folder.join("report");
    program::run(["diagnose", SAMPLE, "--control", CONTROL, "-f", "none", "-o", out.to_str().unwrap()]).exits(1);
    out.join("report.json")
}

/// One Cloud Logging entry a line.
fn entries<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let entry = |(place, text): (usize, &str)| {
        let timestamp = format!("2026-11-20T09:{:02}:{:02}.{:03}Z", place / 60_000 % 60, place / 1000 % 60, place % 1000);
        let resource =
            serde_json::json!({"type": "cloud_run_revision", "labels": {"service_name": "orders", "revision_name": "orders-1"}});
        let entry = serde_json::json!({"insertId": format!("i{place}"), "timestamp": timestamp, "textPayload": text, "resource": resource,
            "logName": "projects/p/logs/run.googleapis.com%2Fstderr"});
        format!("{entry}\n")
    };
    texts.into_iter().enumerate().map(entry).collect()
}

fn new(arguments: &[&str], out: &Path) -> Ran {
    program::run(["rules", "new"].iter().chain(arguments).copied().chain(["--out", out.to_str().unwrap()]))
}

#[test]
fn five_commands_lead_from_an_unexplained_failure_to_a_tested_rule_that_explains_it() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let rules = folder.path().join("rules");
    new(&["--from", &format!("{}#lead-1", report.display())], &rules).exits(0).says(&[
        "pattern",
        "0 of 61 passing windows",
        "matches none",
    ]);
    let rule = only_rule(&rules);
    program::run(["rules", "try", rule.to_str().unwrap(), SAMPLE, "--control", CONTROL]).exits(0).says(&[
        "matches in 7 of 7 windows",
        "matches in 0 of 61 windows",
        "7 tests now explained by this rule",
    ]);
    let rules = rules.display().to_string();
    program::run(["rules", "check", &rules]).exits(0);
    program::run(["rules", "test", &rules]).exits(0);
    let after = program::run(["diagnose", SAMPLE, "--control", CONTROL, "--rules", &rules, "-f", "json"]).exits(0).report();
    let roots: Vec<&str> =
        after["tests"].as_array().unwrap().iter().map(|test| test["hypotheses"][0]["root"].as_str().unwrap()).collect();
    assert!(roots.len() == 7 && roots.iter().all(|root| root.contains("seat-map")), "{roots:?}");
}

#[test]
fn a_draft_can_be_made_from_an_entry_and_a_file_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let from = ["--from-entry", "6b001308000a4a5141b670b2", "--incident", SAMPLE, "--control", CONTROL];
    new(&from, folder.path()).exits(0).says(&["seat map checksum", "explains  test/timed-out-waiting (window"]);
    new(&from, folder.path()).exits(2).complains(&["is there already", "--force"]);
    new(&[&from[..], &["--force", "--any-service"]].concat(), folder.path()).exits(0);
    let text = fs::read_to_string(only_rule(folder.path())).unwrap();
    assert!(!text.contains("filter:"), "{text}");
    new(&["--from-entry", "nowhere", "--incident", SAMPLE], folder.path()).exits(3).complains(&["nowhere", "insertId"]);
    new(&["--from-entry", "6b001308000a4a5141b670b2"], folder.path()).exits(2).complains(&["--incident"]);
}

#[test]
fn a_line_that_passing_tests_show_as_often_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let logs = fs::read_to_string(program::root().join(SAMPLE).join("logs.ndjson")).unwrap();
    let loud = logs.lines().filter(|line| line.contains("metering store down")).nth(3).unwrap();
    let id = serde_json::from_str::<serde_json::Value>(loud).unwrap()["insertId"].as_str().unwrap().to_owned();
    new(&["--from-entry", &id, "--incident", SAMPLE, "--control", CONTROL], folder.path())
        .exits(1)
        .complains(&["no draft", "passing windows"]);
    new(&["--line", "ERROR request failed"], folder.path()).exits(1).complains(&["no draft", "too little"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
}

#[test]
fn an_anchor_that_leads_nowhere_brings_those_that_do() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path()).display().to_string();
    new(&["--from", &format!("{report}#lead-99")], folder.path()).exits(2).complains(&["lead-99", "#lead-1", "#e1"]);
    new(&["--from", &report], folder.path()).exits(2).complains(&["which lead?", "#lead-1  lumen-api-preprod"]);
    new(&[], folder.path()).exits(2).complains(&["--from", "--line", "terminal"]);
}

#[test]
fn a_report_without_its_incident_still_gives_a_draft_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = report(folder.path());
    let text = fs::read_to_string(&path).unwrap().replace("samples/seat-map-disagrees", "gone/away");
    fs::write(&path, text).unwrap();
    let from = format!("{}#lead-1", path.display());
    new(&["--from", &from], &folder.path().join("rules")).exits(0).says(&[
        "could not be read again",
        "--incident",
        "explains  test/timed-out-waiting",
    ]);
}

#[test]
fn leads_are_numbered_in_every_format_and_a_name_does_not_split_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = report(folder.path());
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let first = &report["tests"][0]["leads"][0];
    assert_eq!((first["id"].as_str(), first["failing"].as_u64()), (Some("lead-1"), Some(7)), "{first}");
    let template = first["template"].as_str().unwrap();
    assert!(template.contains("<*> seat map checksum # disagrees with ledger #") && template.contains("ERROR"), "{template}");
    for format in ["text", "markdown", "html"] {
        program::run(["report", path.to_str().unwrap(), "-f", format]).exits(0).says(&["lead-1", "lead-2"]);
    }
}
