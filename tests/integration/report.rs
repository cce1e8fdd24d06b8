//! From diagnosis to text: what a report says, what it never lets through, and that it is the same every time.

#![allow(clippy::unwrap_used)]

use fivewhys::diagnosis::{Cause, Diagnosis};
use fivewhys::report::{self, Format, Look, Report};
use fivewhys::results::TestRun;

mod again;
mod formats;
mod hostile;
mod html;
mod mermaid;
mod junit;
mod sarif;
mod scene;
mod secrets;
mod snapshots;

fn rendered(report: &Report, format: Format) -> String {
    report::render(report, format, Look::default()).unwrap()
}

#[test]
fn the_same_subject_gives_the_same_bytes() {
    let scene = scene::chat_outage();
    for &format in Format::ALL {
        assert_eq!(rendered(&scene.report(), format), rendered(&scene.report(), format));
    }
}

#[test]
fn a_report_read_back_renders_the_same() {
    let report = scene::chat_outage().report();
    let read: Report = serde_json::from_str(&rendered(&report, Format::Json)).unwrap();
    assert_eq!(read, report);
    assert_eq!(rendered(&read, Format::Markdown), rendered(&report, Format::Markdown));
}

#[test]
fn the_published_schema_is_the_one_in_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
    let schema = report::json::schema().unwrap();
    if std::env::var_os("FIVEWHYS_BLESS").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == schema, "docs/report.schema.json is out of date: run the tests with FIVEWHYS_BLESS=1");
}

#[test]
fn whys_run_from_the_symptom_to_the_root() {
    let report = scene::chat_outage().report();
    let best = &report.tests[0].hypotheses[0];
    assert_eq!(best.whys.first().unwrap().rule.as_str(), "test/websocket-closed-1011");
    assert_eq!(best.whys.last().unwrap().rule.as_str(), best.root.as_str());
}

#[test]
fn evidence_is_numbered_in_order_of_time_and_only_what_is_cited_is_kept() {
    let report = scene::chat_outage().report();
    let times: Vec<&str> = report.evidence.values().map(|evidence| evidence.timestamp.as_str()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(report.evidence.keys().next().unwrap().to_string(), "e1");
    assert!(!rendered(&report, Format::Json).contains("cited by nobody"));
}

#[test]
fn passed_tests_are_named_in_the_run_and_not_diagnosed() {
    let report = scene::chat_outage().report();
    assert_eq!(report.run.counts.passed, 2);
    assert_eq!(report.run.passed.iter().filter(|id| id.contains("test_health")).count(), 2);
    assert!(report.tests.iter().all(|test| !test.id.contains("test_health")));
}

#[test]
fn a_failure_that_the_diagnosis_left_out_is_listed_as_inconclusive() {
    let mut scene = scene::chat_outage();
    scene.diagnosis.cases.pop();
    let report = scene.report();
    let last = report.tests.last().unwrap();
    assert_eq!(last.verdict, report::schema::Verdict::Inconclusive);
    assert!(last.hypotheses.is_empty());
}

#[test]
fn a_window_without_test_results_is_named_by_its_start_and_end() {
    let mut scene = scene::chat_outage();
    scene.run = TestRun::default();
    scene.windows.clear();
    scene.diagnosis.cases.truncate(1);
    scene.diagnosis.cases[0].case = None;
    scene.diagnosis.causes.truncate(1);
    scene.diagnosis.causes[0].cases = vec![0];
    let report = scene.report();
    assert_eq!(report.tests[0].id.as_str(), "2026-11-20T09:27:07Z/2026-11-20T09:27:12Z");
    assert_eq!(report.causes[0].tests, [report.tests[0].id.clone()]);
    assert!(rendered(&report, Format::Text).starts_with("1 window · 1 root cause · "));
}

#[test]
fn an_empty_run_is_a_report_too() {
    let mut scene = scene::chat_outage();
    scene.run = TestRun::default();
    scene.diagnosis = Diagnosis::default();
    let report = scene.report();
    for &format in Format::ALL {
        assert!(!rendered(&report, format).is_empty());
    }
    assert!(rendered(&report, Format::Text).starts_with("nothing failed\n"));
}

#[test]
fn every_format_says_of_every_why_whether_it_is_observed_or_inferred() {
    let report = scene::chat_outage().report();
    let steps: Vec<_> = report.tests[0].hypotheses[0].whys.iter().collect();
    // JSON says it in a field of its own.
    for format in Format::ALL.iter().copied().filter(|format| *format != Format::Json) {
        let page = rendered(&report, format);
        for why in &steps {
            let answer = why.answer.split(['`', '\'', '"']).max_by_key(|part| part.len()).unwrap();
            let at = page.find(answer).unwrap_or_else(|| panic!("{format:?} leaves out {answer:?}"));
            let before = &page[page.floor_char_boundary(at.saturating_sub(60))..at];
            assert!(before.contains(why.footing.word()), "{format:?} hides the footing of {answer:?}: {before:?}");
        }
    }
}

#[test]
fn a_bare_secret_is_taken_out_wherever_it_was_named_once() {
    let report = scene::chat_outage().report();
    let json = rendered(&report, Format::Json);
    for secret in ["eyJhbGciOiJIUzI1NiJ9", "hunter2-Staging", "opaque-7f3a9c21d0", "ada@example.com", "10.128.0.7"] {
        assert!(!json.contains(secret), "{secret} leaks");
    }
    // Named as a bearer token in one entry, bare in the error line of a test.
    assert!(report.tests[1].error.as_ref().unwrap().contains("‹token:1›"), "{:?}", report.tests[1].error);
    assert!(json.contains("staging-e2e-user-001"), "an id that a rule caught stays readable");
}

#[test]
fn a_link_leads_to_exactly_one_entry() {
    let report = scene::chat_outage().report();
    let link = report.evidence.values().next().unwrap().link.as_ref().unwrap();
    assert!(
        link.starts_with("https://console.cloud.google.com/logs/query;query=timestamp%3D%222026-11-20T09%3A27%3A07.2Z%22"),
        "{link}"
    );
    assert!(link.contains("insertId%3D%22") && link.ends_with("?project=orbit-staging"), "{link}");
}

#[test]
fn lines_for_a_terminal_keep_within_its_width() {
    use unicode_width::UnicodeWidthStr;
    let report = scene::chat_outage().report();
    for width in [60, 80, 120, 200] {
        let page = report::render(&report, Format::Text, Look { width, colour: false }).unwrap();
        for line in page.lines().filter(|line| !line.starts_with("Again: ")) {
            assert!(line.width() <= width, "{width}: {line:?}");
        }
    }
}

#[test]
fn colour_adds_escapes_and_changes_no_word() {
    let report = scene::chat_outage().report();
    let plain = report::render(&report, Format::Text, Look { width: 80, colour: false }).unwrap();
    let coloured = report::render(&report, Format::Text, Look { width: 80, colour: true }).unwrap();
    assert!(!plain.contains('\x1b') && coloured.contains("\x1b[32m"));
    let bare = regex::Regex::new("\x1b\\[[0-9]+m").unwrap().replace_all(&coloured, "").into_owned();
    assert_eq!(bare, plain);
}

#[test]
fn a_report_of_thousands_of_tests_stays_within_the_limit_and_says_what_it_left_out() {
    let scene = scene::many_failures(3000);
    let page = rendered(&scene.report(), Format::Markdown);
    assert!(page.len() <= report::markdown::MAX_BYTES, "{}", page.len());
    for kept in ["# 3000 failed", "auth/missing-jwt", "Now:", "## Reproduce", "Left out here for length"] {
        assert!(page.contains(kept), "{kept} was dropped");
    }
}

#[test]
fn hundreds_of_causes_and_unexplained_tests_stay_within_the_limit() {
    let mut scene = scene::many_failures(600);
    let cause = scene.diagnosis.causes[0].clone();
    scene.diagnosis.causes = (0..300)
        .map(|place| Cause { cases: vec![place], evidence: vec![place], title: format!("Cause {place}"), ..cause.clone() })
        .collect();
    let page = rendered(&scene.report(), Format::Markdown);
    assert!(page.len() <= report::markdown::MAX_BYTES, "{}", page.len());
    for kept in ["# 600 failed · 300 root causes", "## 1. Cause 0", "further causes", "## Reproduce"] {
        assert!(page.contains(kept), "{kept} was dropped");
    }
}
