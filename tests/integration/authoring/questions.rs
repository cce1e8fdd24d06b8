//! `rules why-not`: what came nearest, what was never asked, and what became of a rule that did match.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CONTROL, SAMPLE};
use crate::program::{self, Ran};

const TEST: &str = "test_end_to_end_note_flow";

fn rule(folder: &Path, match_part: &str, more: &str) -> PathBuf {
    let path = folder.join("demo/asked.yaml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = format!(
        "title: asked\nclass: product\nseverity: high\nmatch:\n{match_part}\nwhy: because\nremedy: {{ now: look }}\n{more}"
    );
    fs::write(&path, text).unwrap();
    path
}

fn why_not(rule: &Path) -> Ran {
    program::run(["rules", "why-not", rule.to_str().unwrap(), SAMPLE, "--control", CONTROL, "--test", TEST])
}

fn asked(match_part: &str, more: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    why_not(&rule(folder.path(), match_part, more)).exits(0)
}

const EDGE: &str = "explains: [{ rule: test/timed-out-waiting, join: window }]\n";

#[test]
fn a_word_that_differs_is_named_with_the_entry() {
    asked("  log: { text: 'seat map checksum \\S+ contradicts ledger' }", EDGE).says(&[
        "log 1: nearly: 1 word off",
        "`contradicts`",
        "`disagrees with`",
        "6b001308000a4a5141b670b2",
        "It did not match; nearest came log 1",
    ]);
}

#[test]
fn a_severity_and_a_service_that_differ_are_named() {
    asked("  log: { filter: 'severity>=CRITICAL resource.labels.service_name=\"lumen-edge\"', text: 'seat map checksum' }", EDGE)
        .says(&[
            "the text is met, the filter is not",
            "severity is `",
            "`severity>=CRITICAL`",
            "resource.labels.service_name is `lumen-api-preprod`",
        ]);
}

#[test]
fn a_record_outside_the_window_is_named_with_its_distance() {
    asked("  log: { text: 'LUMEN_GITHUB_CLIENT missing' }", EDGE)
        .says(&["s before the window", "LUMEN_GITHUB_CLIENT missing, social login"]);
}

#[test]
fn counts_sequences_and_absence_say_what_is_lacking() {
    asked("  count: { log: { text: 'seat map checksum' }, at_least: 40 }", EDGE).says(&["of the 40 wanted are there"]);
    asked("  all: [{ log: { text: 'seat map checksum' } }, { absent: { text: 'seat map' } }]", EDGE)
        .says(&["absent: not met: it is there"]);
    asked("  sequence: { steps: [{ text: 'seat map checksum' }, { text: 'quorum of replicas vanished' }] }", EDGE)
        .says(&["step 2 of 2 is not there"]);
    asked("  test: { message: 'TimeoutError: no .assistant_gone. event' }", "symptom: true\n")
        .says(&["the test's message", "assistant_gone"]);
}

#[test]
fn what_is_missing_is_not_called_a_miss() {
    let folder = tempfile::tempdir().unwrap();
    let rule = rule(folder.path(), "  log: { text: 'seat map checksum' }", EDGE);
    let results = program::root().join(SAMPLE).join("junit.xml");
    let asked = ["rules", "why-not", rule.to_str().unwrap(), "-t", results.to_str().unwrap(), "--test", TEST];
    program::run(asked).exits(0).says(&["never asked", "there are no logs"]);
}

#[test]
fn a_rule_that_matched_and_is_not_the_root_says_why() {
    let line = "  log: { text: 'seat map checksum' }";
    asked(line, EDGE).says(&["log 1: met", "It is the root of this failure"]);
    asked(line, "explains: [{ rule: test/http-429, join: window }]\n").says(&[
        "nothing leads from it to what the test shows",
        "test/timed-out-waiting",
        "test/http-429",
    ]);
    asked(line, "symptom: true\n").says(&["is a symptom"]);
    asked("  log: { text: 'metering store down' }", EDGE).says(&["It matched"]);
    let other = "title: other\nclass: product\nseverity: high\nmatch: { log: { text: 'disagrees with ledger' } }\nwhy: w\nremedy: { now: n }\nrefines: [demo/asked]\n";
    let folder = tempfile::tempdir().unwrap();
    let rule = rule(folder.path(), line, EDGE);
    fs::write(folder.path().join("demo/other.yaml"), format!("{other}{EDGE}")).unwrap();
    let dir = folder.path().to_str().unwrap();
    program::run(["rules", "why-not", rule.to_str().unwrap(), SAMPLE, "--control", CONTROL, "--test", TEST, "--rules", dir])
        .exits(0)
        .says(&["demo/other refines it"]);
}

#[test]
fn a_report_stands_for_its_incident_and_a_wrong_name_brings_the_right_ones() {
    let folder = tempfile::tempdir().unwrap();
    let report = super::report(folder.path());
    let report = report.to_str().unwrap();
    program::run(["rules", "why-not", "auth/missing-jwt", report, "--test", TEST])
        .exits(0)
        .says(&["auth/missing-jwt for", "It did not match"]);
    program::run(["rules", "why-not", "auth/mising-jwt", report, "--test", TEST]).exits(2).complains(&["auth/missing-jwt"]);
    program::run(["rules", "why-not", "auth/missing-jwt", report, "--test", "test_nowhere"])
        .exits(2)
        .complains(&["test_nowhere"]);
    program::run(["rules", "why-not", "auth/missing-jwt", report]).exits(2).complains(&["which test?", TEST]);
    program::run(["rules", "why-not", "auth/missing-jwt"]).exits(2).complains(&["name the incident"]);
}
