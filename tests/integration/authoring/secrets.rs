//! What a log line holds that nobody may see never reaches a rule file or the terminal.

use std::fs;

use super::{SAMPLE, entries, new, only_rule};
use crate::program;

const SECRETS: [&str; 4] = [
    "hunter2swordfish77",
    "anna.bell@example.com",
    "203.0.113.77",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJlc2lnbmF0dXJl",
];

fn line() -> String {
    let [password, email, address, token] = SECRETS;
    format!("ERROR seat ledger mirror refused password={password} for owner {email} at {address} with token {token} of shard 12")
}

#[test]
fn a_secret_in_a_line_never_lands_in_a_rule_file_or_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    let ran = new(&["--line", &line()], &rules).exits(0);
    let text = fs::read_to_string(only_rule(&rules)).unwrap();
    let export = folder.path().join("export.ndjson");
    fs::write(&export, entries([line().as_str()])).unwrap();
    let tried = program::run(["rules", "try", only_rule(&rules).to_str().unwrap(), export.to_str().unwrap()])
        .exits(0)
        .says(&["matches 1 of 1"]);
    for secret in SECRETS {
        for shown in [&ran.out, &ran.err, &text, &tried.out] {
            assert!(!shown.contains(secret), "{secret} is in\n{shown}");
        }
    }
    program::run(["rules", "test", rules.to_str().unwrap()]).exits(0);
}

#[test]
fn what_the_failing_test_said_gives_a_line_its_edge() {
    let folder = tempfile::tempdir().unwrap();
    let said =
        ["--line", "seat ledger mirror refused the shard", "--test-said", "TimeoutError: timed out waiting for 'seat_taken'"];
    new(&said, folder.path()).exits(0).says(&["explains  test/timed-out-waiting (window"]);
}

#[test]
fn hostile_text_is_neither_markup_nor_a_command_in_what_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "seat ledger mirror \u{1b}[2J\u{202e} ::error::gotcha ##[group] {{ config }} refused";
    let rules = folder.path().join("rules");
    let ran = new(&["--line", hostile], &rules).exits(0);
    let export = folder.path().join("export.ndjson");
    fs::write(&export, entries([hostile])).unwrap();
    let tried = program::run(["rules", "try", only_rule(&rules).to_str().unwrap(), export.to_str().unwrap()]).exits(0);
    for shown in [ran.out, tried.out] {
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
    }
    program::run(["rules", "check", rules.to_str().unwrap()]).exits(0);
    assert!(program::root().join(SAMPLE).exists());
}
