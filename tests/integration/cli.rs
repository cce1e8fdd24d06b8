//! The command line: help, formats, colours, widths, suspects and pipes.

use std::process::Stdio;

use crate::program::{finish, fivewhys, run};

const GOOD: [&str; 5] = ["diagnose", "-t", "tests/fixtures/cli/junit.xml", "-l", "tests/fixtures/cli/logs.ndjson"];

fn good(more: &[&'static str]) -> impl Iterator<Item = &'static str> {
    GOOD.into_iter().chain(more.to_vec())
}

#[test]
fn help_names_every_command_and_every_option() {
    run(["--help"]).exits(0).says(&["diagnose", "rules", "--version"]);
    run(["diagnose", "--help"]).exits(0).says(&[
        "[INCIDENT]",
        "-t, --results",
        "--control",
        "-l, --logs",
        "--window",
        "--around",
        "--results-offset",
        "--margin",
        "--lookback",
        "--suspect",
        "--rules",
        "-o, --out",
        "-f, --format",
        "--color",
        "--width",
        "--exit-zero",
        "Exit status:",
    ]);
    run(["rules", "--help"]).exits(0).says(&["list", "show", "check", "test"]);
    run(["pull", "--help"]).exits(0).says(&["--project", "--dry-run", "--resume", "--as", "Exit status:"]);
    run(["watch", "--help"]).exits(0).says(&["--exit-with", "--settle", "COMMAND", "Exit status:"]);
    run(["rules", "list", "--help"]).exits(0).says(&["--rules", "--format"]);
    run(["rules", "show", "--help"]).exits(0).says(&["<ID>", "--rules"]);
    run(["rules", "check", "--help"]).exits(0).says(&["[DIR]", "Exit status:"]);
    run(["rules", "test", "--help"]).exits(0).says(&["[DIR]", "Exit status:"]);
    run(["--version"]).exits(0).says(&["fivewhys ", env!("CARGO_PKG_VERSION")]);
}

#[test]
fn every_option_has_a_word_of_help() {
    let help = run(["diagnose", "-h"]).exits(0).out;
    for line in help.lines().filter(|line| line.trim_start().starts_with('-')) {
        let (_, explained) = line.trim_start().split_once("  ").unwrap_or_else(|| panic!("no help in {line:?}"));
        assert!(!explained.trim().is_empty(), "no help in {line:?}");
    }
}

#[test]
fn the_embedded_catalog_is_sound_and_can_be_listed_and_shown() {
    run(["rules", "check"]).exits(0).says(&["nothing is wrong"]);
    run(["rules", "test"]).exits(0).says(&["all as they should be"]);
    let list = run(["rules", "list"]).exits(0).says(&["auth/missing-jwt", "python/undefined-state-machine"]).out;
    let json: serde_json::Value = serde_json::from_str(&run(["rules", "list", "-f", "json"]).exits(0).out).unwrap();
    let rules = json.as_array().unwrap();
    assert!(rules.len() >= 60);
    for rule in rules {
        assert!(list.contains(rule["id"].as_str().unwrap()), "{rule} is not in the table");
    }
    run(["rules", "show", "auth/missing-jwt"]).exits(0).says(&["auth/missing-jwt", "websocket/authentication-failed"]);
}

#[test]
fn an_unknown_rule_brings_the_nearest() {
    run(["rules", "show", "auth/mising-jwt"]).exits(2).complains(&["auth/mising-jwt", "auth/missing-jwt"]);
    run(good(&["--suspect", "jwt-missing"])).exits(2).complains(&["jwt-missing", "fivewhys rules list"]);
}

#[test]
fn each_format_is_what_it_says() {
    run(good(&[])).exits(0).says(&["auth/missing-jwt", "Why 1"]);
    run(good(&["-f", "markdown"])).exits(0).says(&["# ", "auth/missing-jwt", "observed"]);
    let html = run(good(&["-f", "html"])).exits(0).says(&["No JWT found in WebSocket headers", "observed"]).out;
    assert!(html.trim_start().to_lowercase().starts_with("<!doctype html>"));
    let report = run(good(&["--format", "json"])).exits(0).report();
    assert_eq!(report["schema"], "fivewhys/report/v1");
    assert_eq!(run(good(&["-f", "none"])).exits(0).out, "");
}

#[test]
fn a_folder_gets_the_three_reports_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/folder");
    let ran = run(good(&["-f", "json", "-o"]).map(Into::into).chain([out.clone().into_os_string()])).exits(0);
    let mut names: Vec<_> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["report.html", "report.json", "report.md"]);
    assert_eq!(std::fs::read_to_string(out.join("report.json")).unwrap(), ran.out);
}

#[test]
fn colours_are_only_there_when_asked_for_or_on_a_terminal() {
    let escape = '\u{1b}';
    assert!(!run(good(&[])).exits(0).out.contains(escape), "a pipe is no terminal");
    let coloured = run(good(&["--color", "always"])).exits(0).out;
    assert!(coloured.contains(escape));
    assert!(!run(good(&["--color", "never"])).exits(0).out.contains(escape));
    let asked = finish(fivewhys(good(&["--color", "always"])).env("NO_COLOR", "1"), b"").exits(0);
    assert_eq!(asked.out, coloured, "an option is stronger than a variable");
    assert!(!finish(fivewhys(good(&[])).env("NO_COLOR", "1"), b"").exits(0).out.contains(escape));
}

#[test]
fn no_line_is_wider_than_asked_unless_it_is_a_command() {
    for width in ["60", "80", "200"] {
        let columns: usize = width.parse().unwrap();
        for sample in ["samples/crash-loop", "samples/seat-map-disagrees"] {
            let out = run(["diagnose", sample, "--exit-zero", "--width", width]).exits(0).out;
            let long: Vec<_> = out.lines().filter(|line| !line.starts_with("Again:") && line.chars().count() > columns).collect();
            assert!(long.is_empty(), "wider than {width}: {long:#?}");
        }
    }
}

#[test]
fn a_suspect_is_confirmed_or_refuted_in_words() {
    let refuted = run(good(&["--suspect", "serialization/enum-not-json-serializable", "-f", "json"])).exits(0).report();
    let about = |report: &serde_json::Value, rule: &str| -> Vec<serde_json::Value> {
        report["tests"][0]["ruled_out"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|ruled_out| ruled_out["rule"] == rule)
            .cloned()
            .collect()
    };
    let refuted = about(&refuted, "serialization/enum-not-json-serializable");
    assert_eq!(refuted.len(), 1);
    assert_eq!(refuted[0]["suspect"], true);
    assert!(refuted[0]["reason"].as_str().unwrap().contains("match"), "{refuted:?}");

    let confirmed = run(good(&["--suspect", "auth/missing-jwt", "-f", "json"])).exits(0).report();
    assert_eq!(about(&confirmed, "auth/missing-jwt"), Vec::<serde_json::Value>::new());
    assert_eq!(confirmed["tests"][0]["hypotheses"][0]["root"], "auth/missing-jwt");

    run(good(&["--suspect", "serialization/enum-not-json-serializable"]))
        .exits(0)
        .says(&["serialization/enum-not-json-serializable"]);
}

#[test]
fn the_command_in_a_report_makes_the_same_report_again() {
    let first = run(good(&["-f", "json", "--suspect", "auth/jwt-expired"])).exits(0);
    let again = first.report()["reproduce"].as_str().unwrap().to_owned();
    let words: Vec<&str> = again.split(' ').skip(1).chain(["-f", "json"]).collect();
    assert_eq!(run(words).exits(0).out, first.out);
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let commands: [&[&str]; 4] = [&GOOD, &["rules", "list"], &["rules", "check"], &["diagnose", "--help"]];
    for arguments in commands {
        let mut command = fivewhys(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}
