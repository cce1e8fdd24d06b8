//! Bad input, as it arrives: nothing panics, what was wrong is named, what was good beside it is used.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::program::{self, Ran, finish, fivewhys, fixture, run};

/// A folder for the files of one test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn sub(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

/// The good entries: enough to find the cause of the one failure in the good results.
fn good_logs() -> String {
    fs::read_to_string(program::root().join(fixture("logs.ndjson"))).unwrap()
}

fn good_results() -> String {
    fs::read_to_string(program::root().join(fixture("junit.xml"))).unwrap()
}

fn diagnose(results: PathBuf, logs: PathBuf) -> Ran {
    run(["diagnose".into(), "-f".into(), "json".into(), "-t".into(), results, "-l".into(), logs])
}

fn with_logs(logs: PathBuf) -> Ran {
    diagnose(fixture("junit.xml"), logs)
}

fn root(report: &Value) -> Option<&str> {
    report["tests"][0]["hypotheses"][0]["root"].as_str()
}

/// The good entries beside the bad ones still gave the cause.
fn still_finds_the_cause(ran: Ran) -> Value {
    let report = ran.exits(0).report();
    assert_eq!(root(&report), Some("auth/missing-jwt"));
    report
}

/// Fails unless one gap says all these words.
fn a_gap_says(report: &Value, words: &[&str]) {
    let gaps = report["gaps"].as_array().unwrap();
    let told = |gap: &Value| words.iter().all(|word| gap["statement"].as_str().unwrap().contains(word));
    assert!(gaps.iter().any(told), "no gap says {words:?}: {gaps:#?}");
}

fn a_premise_fails(report: &Value, id: &str) {
    let premises = report["premises"].as_array().unwrap();
    let broken = premises.iter().any(|premise| premise["id"] == id && premise["holds"] == false);
    assert!(broken, "{id} does not fail in {premises:#?}");
}

#[test]
fn a_line_cut_off_at_the_end_of_the_file_is_named() {
    let folder = Folder::new();
    let logs = folder.file("cut.ndjson", good_logs() + r#"{"insertId":"zz","timest"#);
    a_gap_says(&still_finds_the_cause(with_logs(logs)), &["cut.ndjson:6"]);
}

#[test]
fn garbage_between_entries_is_named_with_its_lines() {
    let folder = Folder::new();
    let lines: Vec<String> = good_logs().lines().map(str::to_owned).collect();
    let text = format!("%% garbage %%\n{}\nhalf an entry\"}}\n{}\n", lines[..2].join("\n"), lines[2..].join("\n"));
    a_gap_says(&still_finds_the_cause(with_logs(folder.file("garbage.ndjson", text))), &["garbage.ndjson", "lines 1, 4"]);
}

#[test]
fn a_very_long_line_is_one_entry_among_others() {
    let folder = Folder::new();
    let long = good_logs().lines().next().unwrap().replace("GET /health 200", &"x".repeat(300_000)).replace("a1", "long");
    let report = still_finds_the_cause(with_logs(folder.file("long.ndjson", long + "\n" + &good_logs())));
    assert_eq!(report["run"]["counts"]["entries"], 6);
    assert_eq!(report["gaps"], serde_json::json!([]));
}

#[test]
fn invalid_utf_8_is_mended_and_counted() {
    let folder = Folder::new();
    let mut bytes = b"\xfa\xfb nothing\n".to_vec();
    for line in good_logs().lines() {
        bytes.extend(line.replace("is full", "caf\u{1}").bytes().map(|byte| if byte == 1 { 0xe9 } else { byte }));
        bytes.push(b'\n');
    }
    let report = still_finds_the_cause(with_logs(folder.file("latin.ndjson", bytes)));
    a_gap_says(&report, &["latin.ndjson", "invalid UTF-8", "line 6"]);
    a_gap_says(&report, &["latin.ndjson:1", "skipped"]);
    assert_eq!(report["run"]["counts"]["entries"], 5);
}

#[test]
fn deep_nesting_in_a_log_line_is_survived() {
    let folder = Folder::new();
    let deep = format!("{}1{}\n", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    a_gap_says(&still_finds_the_cause(with_logs(folder.file("deep.ndjson", deep + &good_logs()))), &["deep.ndjson:1"]);
}

#[test]
fn no_logs_never_reads_as_no_cause() {
    let folder = Folder::new();
    let empty = with_logs(folder.file("empty.ndjson", "")).exits(1).report();
    a_gap_says(&empty, &["empty.ndjson", "no log entries"]);
    a_premise_fails(&empty, "entries-in-every-window");

    let no_file = with_logs(folder.sub("void")).exits(1).report();
    a_gap_says(&no_file, &["void", "no file in this folder holds log entries"]);

    let other = with_logs(folder.file("table.csv", "name,result\n")).exits(1).report();
    a_gap_says(&other, &["table.csv", "no log entries"]);

    folder.file("run/junit.xml", good_results());
    let without = run(["diagnose".into(), folder.0.path().join("run"), "-f".into(), "json".into()]).exits(1).report();
    a_gap_says(&without, &["No logs were named or found", "-l"]);
}

#[test]
fn an_empty_results_file_or_one_of_an_unknown_kind_is_refused() {
    let folder = Folder::new();
    let logs = fixture("logs.ndjson");
    let empty = folder.file("empty.xml", "");
    diagnose(empty, logs.clone()).exits(3).complains(&["empty.xml", "is empty"]);
    let table = folder.file("results.csv", "name,result\n");
    diagnose(table, logs.clone()).exits(3).complains(&["results.csv", "not test results of a known kind", "JUnit XML"]);
    let brackets = folder.file("deep.json", "[".repeat(10_000));
    diagnose(brackets, logs).exits(3).complains(&["deep.json", "not test results of a known kind"]);
}

#[test]
fn what_is_missing_is_named() {
    let nowhere = || PathBuf::from("no/such/file");
    diagnose(nowhere(), fixture("logs.ndjson")).exits(3).complains(&["no/such/file", "No such file"]);
    with_logs(nowhere()).exits(3).complains(&["no/such/file", "No such file"]);
    run(["diagnose", "no/such/file"]).exits(3).complains(&["no/such/file", "No such file"]);
    run(["rules", "check", "no/such/file"]).exits(3).complains(&["no/such/file", "no such folder or file"]);
    run(["diagnose", "samples/missing-jwt", "--rules", "no/such/file"]).exits(3).complains(&["--rules no/such/file"]);
}

#[test]
fn entities_in_xml_are_not_expanded() {
    let folder = Folder::new();
    let bomb = concat!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">",
        "<!ENTITY file SYSTEM \"file:///etc/passwd\">]>\n",
    );
    let results = good_results()
        .replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", bomb)
        .replace("ConnectionClosedError:", "&b; &file; ConnectionClosedError:");
    let report = still_finds_the_cause(diagnose(folder.file("bomb.xml", results), fixture("logs.ndjson")));
    let text = report.to_string();
    assert!(!text.contains("aaaaaaaaaaaa") && !text.contains("root:"), "{text}");
    a_gap_says(&report, &["bomb.xml", "entit"]);
}

#[test]
fn deep_nesting_in_xml_is_survived() {
    let folder = Folder::new();
    let empty = format!("<testsuites>{}{}</testsuites>", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let report = diagnose(folder.file("deep.xml", empty), fixture("logs.ndjson")).exits(1).report();
    assert_eq!(report["run"]["counts"]["tests"], 0);

    let (open, close) = ("<testsuite name=\"s\">".repeat(10_000), "</testsuite>".repeat(10_000));
    let results = good_results()
        .replace("<testsuites>", &format!("<testsuites>{open}"))
        .replace("</testsuites>", &format!("{close}</testsuites>"));
    still_finds_the_cause(diagnose(folder.file("suites.xml", results), fixture("logs.ndjson")));
}

#[test]
fn results_cut_off_before_the_failure_do_not_read_as_a_good_run() {
    let folder = Folder::new();
    let whole = good_results();
    let cut = &whole[..whole.find("test_socket").unwrap()];
    let report = diagnose(folder.file("cut.xml", cut), fixture("logs.ndjson")).exits(1).report();
    assert_eq!(report["run"]["counts"]["passed"], 2);
    a_gap_says(&report, &["cut.xml:6", "damaged XML", "2 cases"]);
    a_premise_fails(&report, "report-complete");
}

#[test]
fn mistakes_in_rules_are_named_with_their_places_and_the_other_rules_work() {
    let folder = fixture("rules-with-mistakes");
    let arguments = ["-t".into(), fixture("junit.xml"), "-l".into(), fixture("logs.ndjson"), "--rules".into(), folder.clone()];
    let ran = run(["diagnose".into(), "-f".into(), "json".into()].into_iter().chain(arguments));
    let report = still_finds_the_cause(ran);
    a_gap_says(&report, &["misspelt-key.yaml:10:1", "`remdy`", "did you mean `remedy`"]);
    a_gap_says(&report, &["open-group.yaml:6:26", "no regex", "unclosed group"]);
    let roots: Vec<_> =
        report["tests"][0]["hypotheses"].as_array().unwrap().iter().map(|hypothesis| &hypothesis["root"]).collect();
    assert!(roots.iter().any(|root| **root == "room/full"), "the sound rule of the folder is not among {roots:?}");

    let check = [PathBuf::from("rules"), "check".into(), folder];
    run(check).exits(1).says(&["misspelt-key.yaml:10:1", "open-group.yaml:6:26", "3 rules checked: 2 problems, 1 of them"]);
}

#[test]
fn a_window_in_which_no_entry_lies_is_named() {
    let ran = run([
        "diagnose",
        "-f",
        "json",
        "-l",
        "tests/fixtures/cli/logs.ndjson",
        "--window",
        "2026-02-01T00:00:00Z/2026-02-01T00:01:00Z",
    ]);
    let report = ran.exits(1).report();
    a_premise_fails(&report, "entries-in-every-window");
    assert_eq!(report["tests"][0]["verdict"], "inconclusive");
    assert_eq!(report["tests"][0]["hypotheses"], serde_json::json!([]));
}

#[test]
fn a_window_without_results_finds_the_cause_in_it() {
    let logs = "tests/fixtures/cli/logs.ndjson";
    for when in [["--window", "2026-01-01T00:01:50Z/2026-01-01T00:02:10Z"], ["--around", "2026-01-01T00:02:00Z"]] {
        let ran = run(["diagnose", "-f", "json", "-l", logs].into_iter().chain(when));
        still_finds_the_cause(ran);
    }
}

#[test]
fn the_crash_loop_is_explained_from_a_window_alone() {
    let window = "2026-11-20T09:43:43Z/2026-11-20T09:43:53Z";
    let report = run(["diagnose", "-f", "json", "-l", "samples/crash-loop/logs.ndjson", "--window", window]).exits(0).report();
    assert_eq!(root(&report), Some("python/module-not-found"));
}

#[test]
fn logs_on_standard_input_are_read_like_a_file() {
    let mut command = fivewhys(["diagnose", "-f", "json", "-t", "tests/fixtures/cli/junit.xml", "-l", "-"]);
    let report = still_finds_the_cause(finish(&mut command, good_logs().as_bytes()));
    assert_eq!(report["run"]["sources"], serde_json::json!(["standard input"]));
    finish(&mut command, b"").exits(1).says(&["standard input", "no log entries"]);
}

#[test]
fn wrong_usage_says_what_to_write() {
    run(["diagnose"]).exits(2).complains(&["nothing to diagnose", "-t RESULTS", "-l LOGS"]);
    run(["diagnose", "-l", "samples/missing-jwt/logs.json"]).exits(2).complains(&["--window FROM/TO", "--around TIME"]);
    run(["diagnose", "--no-such-option"]).exits(2).complains(&["--no-such-option", "--help"]);
    run(["diagnose", "samples/missing-jwt", "-f", "pdf"]).exits(2).complains(&["pdf", "markdown", "json"]);
    run(["diagnose", "samples/missing-jwt", "--margin", "soon"]).exits(2).complains(&["`soon`", "500ms"]);
    run(["diagnose", "samples/missing-jwt", "--results-offset", "99"]).exits(2).complains(&["99", "+02:00"]);
    run(["diagnose", "samples/missing-jwt", "--width", "10"]).exits(2).complains(&["40..=400"]);
    run(["diagnose", "samples/missing-jwt", "--window", "today"]).exits(2).complains(&["`today`", "FROM/TO"]);
    let backwards = "2026-01-01T00:01:00Z/2026-01-01T00:00:00Z";
    run(["diagnose", "samples/missing-jwt", "--window", backwards]).exits(2).complains(&["not after its start"]);
    run(["diagnose", "samples/missing-jwt", "--suspect", "auth/mising-jwt"])
        .exits(2)
        .complains(&["Did you mean `auth/missing-jwt`"]);
}

#[test]
fn a_folder_with_nothing_to_read_is_an_error_and_strangers_in_a_good_one_are_named() {
    let folder = Folder::new();
    let void = folder.sub("void");
    run(["diagnose".into(), void]).exits(3).complains(&["void", "test results or log entries"]);

    folder.file("run/junit.xml", good_results());
    folder.file("run/logs.ndjson", good_logs());
    folder.file("run/shopping.txt", "milk\n");
    folder.file("run/incident.yaml", "happened: something\n");
    let report = still_finds_the_cause(run(["diagnose".into(), folder.0.path().join("run"), "-f".into(), "json".into()]));
    a_gap_says(&report, &["shopping.txt", "neither test results nor log entries"]);
    assert_eq!(report["gaps"].as_array().unwrap().len(), 1);
}

#[test]
fn the_exit_status_tells_how_it_went() {
    let folder = Folder::new();
    diagnose(fixture("all-passed.xml"), fixture("logs.ndjson")).exits(0);
    let empty = folder.file("empty.ndjson", "");
    with_logs(empty.clone()).exits(1);
    run(["diagnose".into(), "--exit-zero".into(), "-t".into(), fixture("junit.xml"), "-l".into(), empty]).exits(0);
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let folder = Folder::new();
    let file = folder.file("file", "");
    let ran = run([
        "diagnose".into(),
        "-t".into(),
        fixture("junit.xml"),
        "-l".into(),
        fixture("logs.ndjson"),
        "-o".into(),
        file.join("below"),
    ]);
    ran.exits(3).complains(&["cannot create the folder"]);
}
