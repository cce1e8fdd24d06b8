//! Damaged and hostile results files: no panic, a clear note, and nothing lost of what was good.

use super::*;

fn unread(run: &TestRun) -> Vec<(Option<u64>, &str)> {
    run.unread.iter().map(|unread| (unread.line, unread.reason.as_str())).collect()
}

fn refusal(bytes: &[u8]) -> String {
    let (run, refused) = read(&[ResultInput::bytes("results.bin", bytes)], Offset::UTC);
    assert!(run.cases.is_empty() && refused.len() == 1);
    refused[0].to_string()
}

#[test]
fn an_unknown_kind_of_file_is_refused_with_what_is_accepted() {
    for text in ["hello", "{\"a\": 1}", "[1, 2]", "<html></html>", "\u{0}\u{1}\u{2}", "{{{{", "<"] {
        let message = refusal(text.as_bytes());
        for part in ["results.bin", "JUnit XML", "CTRF JSON", "pytest-json-report", "go test -json", "pytest report-log"] {
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}

#[test]
fn log_entries_are_not_test_results() {
    let entry = r#"{"insertId":"1","logName":"projects/p/logs/run.googleapis.com%2Fstderr","timestamp":"2026-11-20T10:00:00Z","textPayload":"<testsuites>"}"#;
    assert_eq!(recognise(entry.as_bytes()), None);
    assert_eq!(recognise(format!("[\n  {entry}\n]").as_bytes()), None);
}

#[test]
fn an_empty_file_and_a_missing_file_are_named() {
    assert!(refusal(b" \n").contains("is empty"));
    let missing = ResultInput::file(fixture("nowhere.xml"));
    let good = ResultInput::file(fixture("surefire/junit.xml"));
    let (run, refused) = read(&[missing, good], Offset::UTC);
    assert_eq!(run.cases.len(), 5, "the other file is read all the same");
    assert!(matches!(&refused[..], [ReadError::Unreadable { path, .. }] if path.ends_with("nowhere.xml")));
}

#[test]
fn every_truncation_of_every_fixture_keeps_what_stands_before_it() {
    for path in [
        "pytest/junit.xml",
        "pytest/report.json",
        "pytest/xdist-reportlog.jsonl",
        "go/test.jsonl",
        "jest/ctrf.json",
        "nextest/junit.xml",
    ] {
        let bytes = std::fs::read(fixture(path)).unwrap();
        let whole = run(&[path]);
        let mut most = 0;
        for end in (64..bytes.len()).step_by(97) {
            let (cut, _) = read(&[ResultInput::bytes("cut", &bytes[..end])], Offset::UTC);
            assert!(cut.cases.len() <= whole.cases.len(), "{path} at {end}");
            for case in &cut.cases {
                assert!(whole.cases.iter().any(|known| known.id == case.id), "{path} at {end}: {}", case.id);
            }
            most = most.max(cut.cases.len());
        }
        assert!(most + 1 >= whole.cases.len(), "{path}: {most} of {}", whole.cases.len());
    }
}

#[test]
fn a_truncated_junit_file_says_where_and_what_was_lost() {
    let good = "<testsuites>\n<testsuite name='s'>\n<testcase classname='a' name='one'/>\n";
    let mid_case = run_of(&format!("{good}<testcase classname='a' name='two'>"));
    assert_eq!(endings(&mid_case), ["a.one passed"]);
    assert_eq!(unread(&mid_case).len(), 1);
    assert_eq!(unread(&mid_case)[0].0, Some(4));
    assert!(unread(&mid_case)[0].1.contains("how test case `two` ended is not known"), "{:?}", unread(&mid_case));
    let mid_failure = run_of(&format!("{good}<testcase classname='a' name='two'><failure message='503'>Trace"));
    assert_eq!(endings(&mid_failure), ["a.one passed", "a.two failed"]);
    assert_eq!(said(&mid_failure.cases[1]), ("503", "Trace", ""));
    let mid_tag = run_of(&format!("{good}<testcase classname='a' na"));
    assert_eq!(endings(&mid_tag), ["a.one passed"]);
    assert!(unread(&mid_tag)[0].1.contains("damaged XML"), "{:?}", unread(&mid_tag));
}

#[test]
fn declared_entities_are_not_expanded() {
    let mut laughs = String::from("<?xml version='1.0'?>\n<!DOCTYPE x [<!ENTITY a0 'ha'>");
    for level in 1..30 {
        laughs.push_str(&format!("<!ENTITY a{level} '{}'>", format!("&a{};", level - 1).repeat(10)));
    }
    laughs.push_str("<!ENTITY file SYSTEM 'file:///etc/passwd'>]>\n<testsuite name='s'><testcase classname='a' name='b &a29;'>");
    laughs.push_str("<failure message='&file;'>&a29; &lt;ok&gt; &#65;</failure></testcase></testsuite>");
    let run = run_of(&laughs);
    assert_eq!(run.cases.len(), 1);
    assert_eq!(said(&run.cases[0]), ("&file;", "&a29; <ok> A", ""));
    assert!(unread(&run).iter().any(|(line, reason)| *line == Some(2) && reason.contains("declares entities")));
    assert!(unread(&run).iter().any(|(_, reason)| reason.contains("`&a29;` is not expanded")), "{:?}", unread(&run));
}

#[test]
fn nesting_of_any_depth_is_harmless() {
    let (open, close) = ("<deep>".repeat(10_000), "</deep>".repeat(10_000));
    let xml = format!(
        "<testsuite name='s'><testcase classname='a' name='b'>{open}x{close}<failure message='m'/></testcase></testsuite>"
    );
    assert_eq!(endings(&run_of(&xml)), ["a.b failed"]);
    let suites = format!("{}<testcase classname='a' name='b'/>{}", "<testsuite>".repeat(10_000), "</testsuite>".repeat(10_000));
    assert_eq!(endings(&run_of(&suites)), ["a.b passed"]);
    let json = format!(
        r#"{{"results": {{"tool": {{"name": "t"}}, "summary": {{}}, "tests": [{{"name": "one", "status": "passed"}}, {}"#,
        "[".repeat(100_000)
    );
    let run = run_of(&json);
    assert_eq!(endings(&run), ["one passed"]);
    assert!(unread(&run)[0].1.contains("damaged JSON"), "{:?}", unread(&run));
}

#[test]
fn invalid_utf_8_is_read_and_said() {
    let mut bytes = b"<testsuite name='s'>\n<testcase classname='a' name='b'><failure message='caf\xe9'/></testcase>\n".to_vec();
    bytes.extend_from_slice(b"<testcase classname='a' name='c'/></testsuite>");
    let (run, refused) = read(&[ResultInput::bytes("latin1.xml", bytes)], Offset::UTC);
    assert!(refused.is_empty());
    assert_eq!(endings(&run), ["a.b failed", "a.c passed"]);
    assert_eq!(said(&run.cases[0]).0, "caf\u{fffd}");
    assert_eq!(unread(&run)[0].0, Some(2));
    assert!(unread(&run)[0].1.contains("1 invalid UTF-8"));
}

#[test]
fn a_bad_line_of_a_report_log_costs_only_itself() {
    let text = std::fs::read_to_string(fixture("pytest/xdist-reportlog.jsonl")).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(1, "{\"broken");
    lines.insert(2, "garbage \u{0} from a terminal");
    lines.insert(3, "{\"no\": \"type\"}");
    let damaged = run_of(&lines.join("\n"));
    assert_eq!(damaged.cases, run(&["pytest/xdist-reportlog.jsonl"]).cases);
    assert_eq!(unread(&damaged).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [Some(2), Some(3), Some(4)]);
}

#[test]
fn a_ruined_file_does_not_flood_the_notes() {
    let mut text = String::from("{\"$report_type\": \"SessionStart\"}\n");
    text.push_str(&"garbage\n".repeat(5_000));
    let run = run_of(&text);
    assert!(run.unread.len() < 100);
    assert!(run.unread.last().unwrap().reason.contains("further parts"));
}

#[test]
fn absurd_times_are_left_out_and_said() {
    let run = run_of(
        "<testsuite name='s' timestamp='2026-11-20T09:00:00' time='-3'>\n<testcase classname='a' name='one' time='-1'/>\n\
         <testcase classname='a' name='two' time='NaN'/>\n<testcase classname='a' name='three' time='1e300'/>\n\
         <testcase classname='a' name='four' time='1,000.5' timestamp='soon'/></testsuite>",
    );
    assert_eq!(
        run.cases.iter().map(|case| case.duration).collect::<Vec<_>>(),
        [None, None, None, Some(SignedDuration::from_millis(1_000_500))]
    );
    assert_eq!(unread(&run).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3, 4, 5].map(Some));
    let log = run_of(
        r#"{"$report_type": "TestReport", "nodeid": "t.py::x", "when": "setup", "outcome": "passed", "start": 1e300, "stop": -7}
{"$report_type": "TestReport", "nodeid": "t.py::x", "when": "call", "outcome": "failed", "start": 1795166814.5, "stop": 1795166814.0}
"#,
    );
    assert_eq!((log.cases[0].start.unwrap().at, log.cases[0].duration), (at("2026-11-20T09:26:54.5Z"), None));
    assert_eq!(log.unread.len(), 3, "{:?}", unread(&log));
}

#[test]
fn cases_without_any_time_have_no_window() {
    let run = run_of("<testsuites><testsuite name='s'><testcase classname='a' name='b'/></testsuite></testsuites>");
    assert_eq!(around(&run, Margins::default()), [None]);
}

#[test]
fn a_timestamp_without_offset_is_at_the_offset_the_caller_names() {
    let xml = "<testsuite name='s' timestamp='2026-11-20T09:00:00'><testcase classname='a' name='b' time='1'/></testsuite>";
    let (run, _) = read(&[ResultInput::bytes("x", xml)], Offset::constant(2));
    assert_eq!(run.cases[0].start.unwrap().at, at("2026-11-20T07:00:00Z"));
    let (run, _) = read(&[ResultInput::bytes("x", xml.replace("09:00:00", "09:00:00+01:00"))], Offset::constant(2));
    assert_eq!(run.cases[0].start.unwrap().at, at("2026-11-20T08:00:00Z"));
}

#[test]
fn suites_that_share_a_timestamp_follow_one_another() {
    let run = run_of(
        "<testsuites time='10'><testsuite name='s' timestamp='2026-11-20T09:00:00Z' time='4'><testcase classname='a' name='b' time='4'/>\
         </testsuite><testsuite name='t' timestamp='2026-11-20T09:00:00Z' time='6'><testcase classname='c' name='d' time='6'/>\
         </testsuite></testsuites>",
    );
    assert_eq!(run.cases[1].start.unwrap().at, at("2026-11-20T09:00:04Z"));
}

#[test]
fn broken_members_of_a_json_report_cost_only_themselves() {
    let run = run_of(
        r#"{"created": "late", "duration": -1, "exitcode": 1, "root": "/app", "tests": [
            {"outcome": "failed"}, 7, null,
            {"nodeid": "t.py::a", "outcome": "exploded", "call": {"duration": "long"}},
            {"nodeid": "t.py::b", "outcome": "passed", "call": {"duration": -0.5, "outcome": "passed"}}]}"#,
    );
    assert_eq!(endings(&run), ["t.py::a errored", "t.py::b passed"]);
    let notes = unread(&run);
    assert!(notes.iter().any(|(_, reason)| reason.contains("tests[0]")), "{notes:?}");
    assert!(notes.iter().any(|(_, reason)| reason.contains("`exploded`")), "{notes:?}");
    assert!(notes.iter().any(|(_, reason)| reason.contains("t.py::b: duration")), "{notes:?}");
}

#[test]
fn a_case_inside_cdata_or_comments_is_no_case() {
    let run = run_of(
        "<!-- <testsuites> --><testsuite name='s'><!-- <testcase name='no'/> --><testcase classname='a' name='b'>\
         <system-out><![CDATA[<testcase name='no'><failure/>]]></system-out></testcase></testsuite>",
    );
    assert_eq!(endings(&run), ["a.b passed"]);
}

#[test]
fn results_of_two_days_are_read_and_questioned() {
    let day = |day| {
        let xml = format!(
            "<testsuite name='s' timestamp='2026-11-{day}T09:00:00Z' time='1'><testcase classname='a' name='b' time='1'/></testsuite>"
        );
        ResultInput::bytes(format!("{day}.xml"), xml)
    };
    let (run, _) = read(&[day(19), day(20)], Offset::UTC);
    assert_eq!(run.cases.len(), 1);
    assert_eq!(run.unread[0].path, "20.xml");
    assert!(run.unread[0].reason.contains("19.xml at 2026-11-19T09:00:00Z") && run.unread[0].reason.contains("--control"));
}

#[test]
fn a_skipped_subtest_does_not_skip_its_test() {
    let line = |kind: &str, outcome: &str| {
        format!(
            r#"{{"$report_type": "{kind}", "nodeid": "t.py::x", "when": "call", "outcome": "{outcome}", "start": 1795166814.5, "stop": 1795166815}}"#
        )
    };
    let run = run_of(&format!("{}\n{}", line("SubTestReport", "skipped"), line("TestReport", "passed")));
    assert_eq!(endings(&run), ["t.py::x passed"]);
}

#[test]
fn broken_tests_of_a_ctrf_report_cost_only_themselves() {
    let run = run_of(
        r#"{"results": {"tool": {"name": "t"}, "summary": {"start": -1}, "tests": [7, {"status": "failed"},
            {"name": "one", "status": "failed", "retries": 4294967295, "start": "soon", "duration": -4},
            {"name": "one", "status": "failed", "retries": 4294967294}, {"name": "two", "status": "passed", "retries": -1}]}}"#,
    );
    assert_eq!(run.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    let notes = unread(&run);
    for part in ["summary.start", "results.tests[0]", "results.tests[1]", "one: duration"] {
        assert!(notes.iter().any(|(_, reason)| reason.contains(part)), "{part}: {notes:?}");
    }
}
