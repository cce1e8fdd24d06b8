//! `fivewhys.toml`: priorities and impacts of tests, and what the users of one place want taken out.

use std::fs;
use std::path::PathBuf;

use crate::program::{fivewhys, fixture, run};

/// A folder with a configuration in it.
struct Place(tempfile::TempDir);

impl Place {
    fn with(configuration: &str) -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("fivewhys.toml"), configuration).unwrap();
        Place(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// `fivewhys diagnose` on a sample with this configuration.
    fn diagnose(&self, sample: &str, more: &[&str]) -> crate::program::Ran {
        let config = self.path("fivewhys.toml");
        run(["diagnose", sample, "--config", &config].iter().chain(more))
    }
}

#[test]
fn priorities_and_impacts_reach_headline_list_and_table_the_most_urgent_first() {
    let place = Place::with(
        "[[tests]]\nmatch = \"*TestCriticalUserExperience*\"\npriority = \"P0\"\nimpact = \"nobody can chat\"\n\
         [[tests]]\nmatch = \"*\"\npriority = \"P2\"\n",
    );
    let report = place.diagnose("samples/two-causes", &["-f", "json"]).exits(0).report();
    let said = |field: &str| {
        let tests = report["tests"].as_array().unwrap();
        tests.iter().filter_map(|test| test[field].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(said("priority").iter().filter(|priority| *priority == "P0").count(), 3);
    assert_eq!(said("priority").len(), report["tests"].as_array().unwrap().len());
    assert_eq!(said("impact"), ["nobody can chat"; 3]);
    place.diagnose("samples/two-causes", &["--width", "100"]).exits(0).says(&[
        "12 failed · 3 of priority P0 ·",
        "   Tests    P0 …",
        "   Impact   nobody can chat",
    ]);
    let page = place.diagnose("samples/two-causes", &["-f", "markdown"]).exits(0).out;
    let (_, table) = page.split_once("| Test | Priority | Impact | Outcome | Verdict | Cause |").unwrap();
    let order: Vec<&str> = table.lines().filter_map(|row| row.split(" | ").nth(1)).take(12).collect();
    assert_eq!(order.iter().filter(|priority| **priority == "P0").count(), 3);
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn entries_that_match_no_test_at_all_are_told() {
    let place = Place::with("[[tests]]\nmatch = \"test_pays\"\npriority = \"P0\"\n");
    let ran = place.diagnose("samples/two-causes", &[]).exits(0);
    ran.says(&["No entry of [[tests]] in the configuration matches a test of this run"]);
}

#[test]
fn what_a_pattern_matches_is_gone_from_every_format_and_what_is_allowed_stays() {
    let place = Place::with("[redact]\nallow = ['127\\.0\\.0\\.1']\n[redact.patterns]\nuser = 'staging-e2e-user-\\d+'\n");
    let out = place.path("out");
    let ran = place.diagnose("samples/two-causes", &["-o", &out]).exits(0);
    let files =
        ["report.json", "report.md", "report.html"].map(|name| fs::read_to_string(PathBuf::from(&out).join(name)).unwrap());
    for page in files.iter().chain([&ran.out]) {
        assert!(page.contains("‹custom:1›"), "nothing stands in its place");
        assert!(!page.contains("staging-e2e-user"), "it is still there");
    }
    assert!(files[0].contains("('127.0.0.1', 9440)"), "what is allowed was taken out");
}

#[test]
fn a_report_that_was_written_before_is_redacted_as_the_place_where_it_is_shown_wants_it() {
    let place = Place::with("[redact.patterns]\nuser = 'staging-e2e-user-\\d+'\n");
    let out = place.path("out");
    run(["diagnose", "samples/two-causes", "--no-config", "-f", "none", "-o", &out]).exits(0);
    let before = run(["report", &out, "--no-config", "-f", "json"]).exits(0).report();
    let again = run(["report", &out, "--config", &place.path("fivewhys.toml"), "-f", "json"]).exits(0);
    assert!(before.to_string().contains("staging-e2e-user") && !again.out.contains("staging-e2e-user"));
    let again = again.report();
    let count = |report: &serde_json::Value, kind: &str| {
        report["redactions"].as_array().unwrap().iter().find(|item| item["kind"] == kind).map(|item| item["distinct"].clone())
    };
    assert_eq!(count(&again, "ip"), count(&before, "ip"), "tokens still stand for what they stood for");
    let compared = run(["compare", &out, &out, "--config", &place.path("fivewhys.toml")]);
    assert!(compared.out.contains("‹custom:1›") && !compared.out.contains("staging-e2e-user"), "{}", compared.out);
    assert!(count(&again, "custom").is_some() && count(&before, "custom").is_none());
    assert_eq!(again["causes"][1]["link"], before["causes"][1]["link"], "an address without it stays");
}

#[test]
fn a_pattern_that_is_no_regular_expression_stops_the_program_with_its_place() {
    let place = Place::with("[redact.patterns]\nuser = 'staging-('\n");
    let ran = place.diagnose("samples/two-causes", &[]).exits(2);
    ran.complains(&["fivewhys.toml:2:8: `user` is no regular expression that can be used: unclosed group"]);
}

#[test]
fn a_suspect_that_is_the_cause_is_marked_as_the_users() {
    let diagnose = |format| {
        run([
            "diagnose",
            "samples/two-causes",
            "--no-config",
            "--suspect",
            "auth/invalid-user-id",
            "--width",
            "120",
            "-f",
            format,
        ])
        .exits(0)
    };
    diagnose("text").says(&["explains 11 tests · you suspected this", "(you suspected this)"]);
    diagnose("markdown").says(&[
        "· **you suspected this**",
        "ROOT CAUSE, as you suspected",
        "`auth/invalid-user-id`, you suspected this)",
    ]);
    let report = diagnose("json").report();
    assert_eq!([&report["causes"][0]["suspect"], &report["causes"][1]["suspect"]], [true, false]);
}

#[test]
fn results_that_could_not_be_read_are_not_headed_as_if_nothing_had_failed() {
    let whole = fs::read_to_string(crate::program::root().join(fixture("junit.xml"))).unwrap();
    let place = Place::with("");
    let damaged = place.path("damaged.xml");
    let say = |text: &str| {
        fs::write(&damaged, text).unwrap();
        let mut command = fivewhys(["diagnose", "--no-config", "--width", "200", "-t", &damaged]);
        String::from_utf8(command.output().unwrap().stdout).unwrap().lines().next().unwrap_or_default().to_owned()
    };
    let first = say(&whole[..whole.find("<testcase").unwrap() + 20]);
    assert!(first.starts_with("the results could not be read: ") && first.contains("damaged.xml:"), "{first}");
    let some =
        say("<testsuite name=\"s\" timestamp=\"2026-11-20T09:00:00\"><testcase name=\"a\" time=\"1\"/><testcase name=\"b\" ti");
    assert!(some.starts_with("no failure among 1 test, but not all results could be read: "), "{some}");
}
