//! Test results are read as their producers really write them (`tests/fixtures/results/README.md`).
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use fivewhys::results::{Format, HEAD_BYTES, Outcome, ReadError, ResultInput, StartSource, TestCase, TestRun, read, recognise};
use fivewhys::window::{Margins, Precision, around};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

mod damage;

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/results").join(path)
}

fn run(paths: &[&str]) -> TestRun {
    let inputs: Vec<ResultInput> = paths.iter().map(|path| ResultInput::file(fixture(path))).collect();
    let (run, refused) = read(&inputs, Offset::UTC);
    assert!(refused.is_empty(), "{refused:?}");
    run
}

fn run_of(text: &str) -> TestRun {
    let (run, refused) = read(&[ResultInput::bytes("given", text)], Offset::UTC);
    assert!(refused.is_empty(), "{refused:?}");
    run
}

/// Id and outcome of each case, and how many attempts where there were several.
fn endings(run: &TestRun) -> Vec<String> {
    let ending = |case: &TestCase| match case.attempts {
        1 => format!("{} {}", case.id, case.outcome.word()),
        count => format!("{} {} x{count}", case.id, case.outcome.word()),
    };
    run.cases.iter().map(ending).collect()
}

fn case<'r>(run: &'r TestRun, id: &str) -> &'r TestCase {
    run.cases.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no {id} in {:?}", endings(run)))
}

/// Message, details and output, also of a flaky case.
fn said(case: &TestCase) -> (&str, &str, &str) {
    match &case.outcome {
        Outcome::Failed(failure) | Outcome::Errored(failure) | Outcome::Flaky(failure) => {
            (&failure.message, &failure.details, &failure.output)
        }
        other => panic!("{} is {}", case.id, other.word()),
    }
}

fn sources(run: &TestRun) -> Vec<Option<StartSource>> {
    run.cases.iter().map(|case| case.start.map(|start| start.source)).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const SHOP: [&str; 18] = [
    "tests/e2e/test_shop.py::TestCart::test_add passed",
    "tests/e2e/test_shop.py::TestCart::test_price[apple] passed",
    "tests/e2e/test_shop.py::TestCart::test_price[a::b[c]] failed",
    r"tests/e2e/test_shop.py::TestCart::test_price[gr\xf6\xdfe] passed",
    "tests/e2e/test_shop.py::TestCart::test_checkout failed",
    "tests/e2e/test_shop.py::test_needs_login errored",
    "tests/e2e/test_shop.py::test_cleans_up errored",
    "tests/e2e/test_shop.py::test_fails_and_cleans_up_badly failed",
    "tests/e2e/test_shop.py::test_skipped skipped",
    "tests/e2e/test_shop.py::test_known_bug skipped",
    "tests/e2e/test_shop.py::test_fixed_meanwhile passed",
    "tests/e2e/test_shop.py::test_fixed_meanwhile_strictly failed",
    "tests/e2e/test_shop.py::test_chained failed",
    "tests/e2e/test_flaky.py::test_second_time_lucky flaky x2",
    "tests/e2e/test_flaky.py::test_never_lucky failed x3",
    "tests/e2e/test_dated.py::test_dated failed",
    "tests/e2e/test_dated.py::test_undated passed",
    "tests/readme.txt::readme.txt failed",
];

#[test]
fn each_fixture_is_recognised_by_its_content() {
    for (path, format) in [
        ("pytest/junit.xml", Format::JunitXml),
        ("pytest/reportlog.jsonl", Format::PytestReportLog),
        ("pytest/report.json", Format::PytestJsonReport),
        ("surefire/junit.xml", Format::JunitXml),
        ("playwright/ctrf.json", Format::Ctrf),
        ("go/test.jsonl", Format::GoTestJson),
        ("go/with-compiler-output.txt", Format::GoTestJson),
    ] {
        let bytes = std::fs::read(fixture(path)).unwrap();
        assert_eq!(recognise(&bytes[..bytes.len().min(HEAD_BYTES)]), Some(format), "{path}");
    }
}

#[test]
fn a_pytest_run_ends_the_same_way_in_all_its_formats() {
    assert_eq!(endings(&run(&["pytest/reportlog.jsonl"])), SHOP);
    // JUnit XML does not give the id of a test outside of Python modules, the JSON report does not count tries.
    let junit = SHOP.map(|line| line.replace("tests/readme.txt::", "tests.readme.txt::"));
    assert_eq!(endings(&run(&["pytest/junit.xml"])), junit);
    let report = SHOP.map(|line| line.replace(" x3", ""));
    assert_eq!(endings(&run(&["pytest/report.json"])), report);
}

#[test]
fn a_pytest_run_in_three_formats_is_one_run_whatever_their_order() {
    let all = run(&["pytest/junit.xml", "pytest/reportlog.jsonl", "pytest/report.json"]);
    assert_eq!(endings(&all), SHOP);
    assert!(sources(&all).iter().all(|source| *source == Some(StartSource::Stated)));
    assert_eq!(
        all.sources.iter().map(|source| source.format).collect::<Vec<_>>(),
        ["JUnit XML", "pytest report-log", "pytest-json-report"]
    );
    let other_order = run(&["pytest/report.json", "pytest/reportlog.jsonl", "pytest/junit.xml"]);
    assert_eq!(all.cases, other_order.cases);
    assert_eq!((all.started_at, all.ended_at), (other_order.started_at, other_order.ended_at));
    assert_eq!(all.started_at, Some(at("2026-11-20T10:04:40.280752Z")), "the session, not the first test");
    // Only the report-log says why the first try failed, only the JUnit file has the headings of pytest's output.
    let flaky = said(case(&all, "tests/e2e/test_flaky.py::test_second_time_lucky"));
    assert_eq!(flaky.0, "AssertionError: first time: 502");
}

#[test]
fn the_same_file_twice_is_read_once() {
    let twice = run(&["pytest/junit.xml", "pytest/junit.xml"]);
    assert_eq!(twice.cases, run(&["pytest/junit.xml"]).cases);
    let twice = run(&["pytest/reportlog.jsonl", "pytest/reportlog.jsonl"]);
    assert_eq!(endings(&twice), SHOP);
}

#[test]
fn files_of_one_format_add_up() {
    let both = run(&["pytest/xunit1-junit.xml", "surefire/junit.xml"]);
    assert_eq!(both.cases.len(), 7 + 5);
}

#[test]
fn a_report_log_case_lasts_from_setup_to_teardown() {
    let run = run(&["pytest/reportlog.jsonl"]);
    let checkout = case(&run, "tests/e2e/test_shop.py::TestCart::test_checkout");
    assert_eq!(checkout.start.unwrap().source, StartSource::Stated);
    assert_eq!(checkout.start.unwrap().at.to_string(), "2026-11-20T10:04:40.43333Z");
    assert_eq!(checkout.duration, Some(SignedDuration::from_micros(103_278)));
    let retried = case(&run, "tests/e2e/test_flaky.py::test_never_lucky");
    assert_eq!(retried.start.unwrap().at.to_string(), "2026-11-20T10:04:40.61462Z", "the first of three tries");
    assert_eq!(retried.duration, Some(SignedDuration::from_micros(65_378)), "up to the end of the last");
}

#[test]
fn a_failure_has_an_error_line_a_traceback_and_what_was_printed() {
    for path in ["pytest/reportlog.jsonl", "pytest/junit.xml", "pytest/report.json"] {
        let run = run(&[path]);
        let (message, details, output) = said(case(&run, "tests/e2e/test_shop.py::TestCart::test_checkout"));
        assert_eq!(message, "RuntimeError: received 1011 (internal error)", "{path}");
        assert!(details.starts_with("tests/e2e/test_shop.py:34: in test_checkout\n    raise RuntimeError"), "{path}: {details}");
        assert!(output.contains("connecting to wss://shop.example/ws") && output.contains("no token sent"), "{path}: {output}");
        let setup = said(case(&run, "tests/e2e/test_shop.py::test_needs_login"));
        assert_eq!(setup.0, "ConnectionError: auth.example: connection refused", "{path}");
        let both = said(case(&run, "tests/e2e/test_shop.py::test_fails_and_cleans_up_badly"));
        assert_eq!(both.0, "assert 1 == 2", "{path}");
        assert!(both.1.contains("E   OSError: cannot remove the session"), "{path}: {}", both.1);
    }
}

#[test]
fn the_report_log_prints_tracebacks_as_pytest_does() {
    let (log, junit) = (run(&["pytest/reportlog.jsonl"]), run(&["pytest/junit.xml"]));
    let chained = |run: &TestRun| said(case(run, "tests/e2e/test_shop.py::test_chained")).1.to_owned();
    assert_eq!(chained(&log), chained(&junit));
    assert!(chained(&log).contains("\nThe above exception was the direct cause of the following exception:\n"));
}

#[test]
fn an_xdist_run_has_exact_times_in_its_report_log() {
    let (log, junit) = (run(&["pytest/xdist-reportlog.jsonl"]), run(&["pytest/xdist-junit.xml"]));
    assert!(sources(&log).iter().all(|source| *source == Some(StartSource::Stated)));
    assert_eq!(endings(&log), endings(&junit));
}

#[test]
fn tests_that_ran_side_by_side_are_not_dated_by_adding_up() {
    for path in ["pytest/parallel-junit.xml", "pytest/parallel-report.json"] {
        let run = run(&[path]);
        assert_eq!(sources(&run), [None; 4], "{path}");
        assert!(run.unread[0].reason.contains("side by side"), "{path}: {:?}", run.unread);
        let windows = around(&run, Margins::default());
        for window in windows {
            let window = window.unwrap();
            assert_eq!(window.window.precision, Precision::WholeRun);
            assert_eq!((Some(window.core.0), Some(window.core.1)), (run.started_at, run.ended_at));
        }
    }
    let with_log = run(&["pytest/parallel-junit.xml", "pytest/parallel-reportlog.jsonl"]);
    assert_eq!(sources(&with_log), [Some(StartSource::Stated); 4]);
}

#[test]
fn summed_starts_come_close_to_the_true_ones() {
    let exact = run(&["pytest/reportlog.jsonl"]);
    for path in ["pytest/junit.xml", "pytest/report.json"] {
        let summed = run(&[path]);
        for (summed, exact) in summed.cases.iter().zip(&exact.cases) {
            let off = summed.start.unwrap().at.duration_since(exact.start.unwrap().at).abs();
            assert!(off < SignedDuration::from_millis(50), "{}: {off:?}", exact.id);
        }
    }
}

#[test]
fn a_start_given_as_a_property_is_stated() {
    let run = run(&["pytest/junit.xml"]);
    let dated = case(&run, "tests/e2e/test_dated.py::test_dated");
    assert_eq!(dated.start.unwrap().source, StartSource::Stated);
    assert_eq!(dated.start.unwrap().at, at("2026-11-20T10:04:40.680964Z"));
    assert_eq!(dated.duration, Some(SignedDuration::from_micros(50_283)));
    let next = case(&run, "tests/e2e/test_dated.py::test_undated");
    let gap = next.start.unwrap().at.duration_since(at("2026-11-20T10:04:40.731247Z"));
    assert!(gap < SignedDuration::from_millis(3), "the clock goes on from there: {gap:?}");
}

#[test]
fn a_module_that_cannot_be_collected_is_an_errored_case() {
    for path in ["pytest/collection-junit.xml", "pytest/collection-reportlog.jsonl", "pytest/collection-report.json"] {
        let run = run(&[path]);
        assert_eq!(endings(&run), ["tests/test_broken.py errored"], "{path}");
        let (message, details, _) = said(&run.cases[0]);
        assert_eq!(message, "ModuleNotFoundError: No module named 'module_that_is_not_there'", "{path}");
        assert!(details.contains("import module_that_is_not_there"), "{path}");
    }
    let together = run(&["pytest/collection-reportlog.jsonl", "pytest/collection-junit.xml"]);
    assert_eq!(endings(&together), ["tests/test_broken.py errored"]);
    assert!(together.cases[0].start.is_some(), "the JUnit file dates it");
}

#[test]
fn xunit1_names_the_file_whatever_the_suite_is_called() {
    let run = run(&["pytest/xunit1-junit.xml"]);
    let shop: Vec<&str> = SHOP.iter().copied().filter(|line| line.contains("TestCart") || line.contains("lucky")).collect();
    assert_eq!(endings(&run), shop);
}

#[test]
fn subtests_speak_through_their_test() {
    for path in ["pytest/subtests-junit.xml", "pytest/subtests-reportlog.jsonl"] {
        let run = run(&[path]);
        assert_eq!(endings(&run), ["tests/e2e/test_sub.py::test_sub failed"], "{path}");
        assert_eq!(said(&run.cases[0]).0, "AssertionError: GET /item: 500", "{path}");
    }
}

#[test]
fn a_crashed_worker_and_a_killed_run_leave_errored_cases() {
    for path in ["pytest/crash-junit.xml", "pytest/crash-reportlog.jsonl"] {
        let run = run(&[path]);
        let crashed = case(&run, "tests/e2e/test_crash.py::test_crash");
        assert_eq!((crashed.outcome.word(), crashed.attempts), ("errored", 1), "{path}");
        assert!(said(crashed).0.starts_with("worker 'gw0' crashed"), "{path}");
    }
    let killed = run(&["pytest/killed-reportlog.jsonl"]);
    assert_eq!(endings(&killed), ["tests/e2e/test_crash.py::test_crash errored"]);
    assert_eq!(killed.cases[0].duration, None);
    assert_eq!(killed.unread[0].line, Some(4));
}

#[test]
fn nextest_dates_every_try() {
    let run = run(&["nextest/junit.xml"]);
    assert_eq!(
        endings(&run),
        ["shop cart::pays failed x2", "shop cart::adds_an_item passed", "shop cart::second_time_lucky flaky x2"]
    );
    assert!(sources(&run).iter().all(|source| *source == Some(StartSource::Stated)));
    assert_eq!(said(&run.cases[2]).0, "assertion `left != right` failed: first time: 502");
    let (message, _, output) = said(&run.cases[0]);
    assert_eq!(message, "POST /pay: 503 Service Unavailable");
    assert!(output.contains("connecting to shop.example"));
    assert_eq!(run.cases[0].name, "pays");
}

#[test]
fn jest_is_one_run_in_junit_and_ctrf() {
    let both = run(&["jest/junit.xml", "jest/ctrf.json"]);
    assert_eq!(
        endings(&both),
        [
            "cart.test.js › cart adds an item passed",
            "cart.test.js › cart checkout pays failed x3",
            "cart.test.js › cart not on staging skipped",
            "cart.test.js › cart refunds passed",
            "cart.test.js › second time lucky flaky x2",
            "jt/broken.test.js errored",
        ]
    );
    let message = said(case(&both, "jt/broken.test.js")).0;
    assert_eq!(message, "Cannot find module './module-that-is-not-there' from 'broken.test.js'");
    assert!(both.unread.iter().any(|unread| unread.reason.contains("1970-01-01")), "{:?}", both.unread);
}

#[test]
fn playwright_retries_fold_into_one_case() {
    let expected = [
        "shop.spec.ts › shop › health passed",
        "shop.spec.ts › shop › second time lucky flaky x2",
        "shop.spec.ts › shop › never lucky failed x2",
        "shop.spec.ts › shop › not on staging skipped",
    ];
    assert_eq!(endings(&run(&["playwright/ctrf.json"])), expected);
    let both = run(&["playwright/junit-with-retries.xml", "playwright/ctrf.json"]);
    assert_eq!(endings(&both), expected);
    let (message, details, output) = said(&both.cases[2]);
    assert_eq!(message, "Error: received 1011 (internal error)", "without terminal colours");
    assert!(details.contains("Retry #1") && output.contains("connecting to wss://shop.example/ws"));
    let plain = run(&["playwright/junit.xml"]);
    assert_eq!(endings(&plain)[1], "shop.spec.ts › shop › second time lucky passed", "the plain reporter does not tell");
}

#[test]
fn starts_in_whole_seconds_make_the_window_a_second_longer() {
    let run = run(&["playwright/ctrf.json"]);
    let health = around(&run, Margins::default())[0].unwrap();
    assert_eq!(health.core, (at("2026-11-20T10:04:49Z"), at("2026-11-20T10:04:50.032Z")));
    assert_eq!(health.window.precision, Precision::Exact);
}

#[test]
fn go_test_has_exact_times_subtests_panics_and_packages_that_do_not_build() {
    let run = run(&["go/test.jsonl"]);
    assert_eq!(
        endings(&run),
        [
            "example.com/shop/broken errored",
            "example.com/shop/shop.TestPrice failed",
            "example.com/shop/shop.TestPrice/apple passed",
            "example.com/shop/panics.TestBefore passed",
            "example.com/shop/panics.TestPanics failed",
            "example.com/shop/shop.TestPrice/pear_tart failed",
            "example.com/shop/shop.TestAdd passed",
            "example.com/shop/shop.TestSkipped skipped",
            "example.com/shop/shop.TestSecondTimeLucky failed",
            "example.com/shop/shop.TestParallelA passed",
            "example.com/shop/shop.TestParallelB failed",
        ]
    );
    assert_eq!(said(case(&run, "example.com/shop/shop.TestPrice")).0, "a subtest failed");
    assert_eq!(said(case(&run, "example.com/shop/shop.TestPrice/pear_tart")).0, "GET /price: status 503");
    assert!(said(case(&run, "example.com/shop/panics.TestPanics")).0.starts_with("panic: assignment to entry in nil map"));
    let parallel = case(&run, "example.com/shop/shop.TestParallelB");
    assert_eq!(parallel.start.unwrap().at, at("2026-11-20T10:04:42.8668824Z"), "when it went on, not when it was put off");
    assert_eq!(said(case(&run, "example.com/shop/broken")).0, "build failed");
}

#[test]
fn what_the_go_compiler_said_explains_the_package() {
    let run = run(&["go/with-compiler-output.txt"]);
    assert_eq!(said(case(&run, "example.com/shop/broken")).0, "undefined: undefinedFunction");
}

#[test]
fn newer_go_reports_a_failed_build_as_events() {
    let run = run_of(
        r##"{"ImportPath":"example.com/b [example.com/b.test]","Action":"build-output","Output":"# example.com/b\n"}
{"ImportPath":"example.com/b [example.com/b.test]","Action":"build-output","Output":"b_test.go:5:34: undefined: x\n"}
{"ImportPath":"example.com/b [example.com/b.test]","Action":"build-fail"}
{"Time":"2026-11-20T10:04:42Z","Action":"start","Package":"example.com/b"}
{"Time":"2026-11-20T10:04:42Z","Action":"output","Package":"example.com/b","Output":"FAIL\texample.com/b [build failed]\n"}
{"Time":"2026-11-20T10:04:43Z","Action":"fail","Package":"example.com/b","Elapsed":0,"FailedBuild":"example.com/b [example.com/b.test]"}
"##,
    );
    assert_eq!(endings(&run), ["example.com/b errored"]);
    assert_eq!(said(&run.cases[0]).0, "undefined: x");
    assert_eq!(run.cases[0].start.unwrap().at, at("2026-11-20T10:04:42Z"));
}

#[test]
fn go_test_count_folds_the_runs_of_a_test() {
    let run = run(&["go/count.jsonl"]);
    assert_eq!(
        endings(&run)[4..6],
        ["example.com/shop/shop.TestSkipped skipped x2", "example.com/shop/shop.TestSecondTimeLucky flaky x2"]
    );
}

#[test]
fn go_in_junit_has_the_ids_of_go_test() {
    let events = run(&["go/test.jsonl"]);
    for path in ["go/gotestsum.xml", "go/go-junit-report.xml"] {
        for from_junit in &run(&[path]).cases {
            let from_events = case(&events, &from_junit.id);
            assert_eq!(from_junit.outcome.word(), from_events.outcome.word(), "{path}: {}", from_junit.id);
        }
    }
    // gotestsum sorts by outcome, so adding durations up would date its tests wrongly.
    assert_eq!(sources(&run(&["go/gotestsum.xml"])), [None; 10]);
    assert_eq!(sources(&run(&["go/go-junit-report.xml"])), [Some(StartSource::Summed); 5]);
}

#[test]
fn surefire_reruns_fold_and_nothing_is_dated() {
    let run = run(&["surefire/junit.xml"]);
    assert_eq!(
        endings(&run),
        [
            "shop.CartTest.notOnStaging skipped",
            "shop.CartTest.secondTimeLucky flaky x2",
            "shop.CartTest.neverLucky errored x2",
            "shop.CartTest.pays failed x2",
            "shop.CartTest.addsAnItem passed",
        ]
    );
    assert_eq!(said(&run.cases[3]).0, "POST /pay expected:<200> but was:<503>");
    assert_eq!(around(&run, Margins::default()), [None; 5], "Surefire 2 writes no timestamp");
}
