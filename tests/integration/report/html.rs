//! The page: what it lets in, what it holds without scripts, and that it stays small. `tests/browser/` opens it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fivewhys::report::{Format, Report, json};
use regex::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{rendered, scene};
use crate::program;

fn page() -> String {
    rendered(&scene::chat_outage().report(), Format::Html)
}

fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap().0
}

/// The part of the page that holds this.
fn part(page: &str, pattern: &str) -> String {
    Regex::new(pattern).unwrap().find(page).unwrap_or_else(|| panic!("no {pattern}")).as_str().to_owned()
}

#[test]
fn the_content_policy_allows_exactly_the_script_and_the_style_of_the_page() {
    let page = page();
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let style = hash(between(&page, "<style>", "</style>"));
    let script = hash(between(&page, "<script>", "</script>"));
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\">");
    assert_eq!(
        policy,
        format!("default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'")
    );
}

#[test]
fn nothing_on_the_page_needs_more_than_the_policy_allows() {
    let page = page();
    let tags = page.replace(between(&page, "<script>", "</script>"), "").replace(between(&page, "<style>", "</style>"), "");
    assert!(
        !Regex::new(r#"<[^>]*\s(style|on[a-z]+|src)=""#).unwrap().is_match(&tags),
        "a style attribute, a handler or a source"
    );
    assert!(!Regex::new(r"url\([^#]|@import|@font-face").unwrap().is_match(&page), "something to be fetched");
    for escape in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(", "XMLHttpRequest"]
    {
        assert!(!page.contains(escape), "{escape}");
    }
}

#[test]
fn what_scripts_read_as_data_is_numbers_and_names_of_our_own() {
    let numbers = part(&page(), r#"<script type="application/json" id="numbers">[^<]*"#);
    let (_, numbers) = numbers.split_once('>').unwrap();
    fn no_text(value: &Value) {
        match value {
            Value::String(text) => panic!("{text:?}"),
            Value::Array(values) => values.iter().for_each(no_text),
            Value::Object(fields) => fields.values().for_each(no_text),
            _ => {}
        }
    }
    no_text(&serde_json::from_str(numbers).unwrap());
}

#[test]
fn every_record_test_and_cause_has_an_address() {
    let report = scene::chat_outage().report();
    let page = rendered(&report, Format::Html);
    let mut ids: Vec<String> = report.evidence.keys().map(ToString::to_string).collect();
    ids.extend((1..=report.tests.len()).map(|number| format!("t{number}")));
    ids.extend((1..=report.causes.len()).map(|number| format!("cause-{number}")));
    for id in ids {
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn a_report_written_before_there_was_a_timeline_is_shown_too() {
    let mut value: Value = serde_json::from_str(&rendered(&scene::chat_outage().report(), Format::Json)).unwrap();
    value.as_object_mut().unwrap().remove("timeline").unwrap();
    let report: Report = json::read(value.to_string().as_bytes()).unwrap();
    assert_eq!(report.timeline, None);
    assert!(rendered(&report, Format::Html).contains("<svg id=\"plot\""));
}

#[test]
fn the_pictures_stay_small_however_many_tests_failed() {
    let page = rendered(&scene::many_failures(2_000).report(), Format::Html);
    let plot = between(&page, "<svg id=\"plot\"", "</svg>");
    assert!(plot.len() < 100_000, "{} bytes", plot.len());
    assert!(plot.contains("window many"), "so many overlap that they are counted");
    assert!(between(&page, "<svg class=\"graph\"", "</svg>").len() < 20_000);
}

#[test]
fn the_cause_graph_shows_the_chain_and_greys_what_was_ruled_out() {
    let page = page();
    let graph = between(&page, "<svg class=\"graph\"", "</svg>");
    let boxes = Regex::new(r#"class="box ([a-z -]+)""#).unwrap();
    let kinds: Vec<&str> = boxes.captures_iter(graph).map(|found| found.get(1).unwrap().as_str()).collect();
    assert_eq!(kinds, ["observed", "inferred", "observed root", "observed root", "ruled-out"]);
    assert!(graph.contains("root cause 2"));
}

#[test]
fn scripts_and_styles_are_files_that_fit_a_room() {
    for entry in std::fs::read_dir(program::root().join("src/report/page")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() <= 400, "{}", path.display());
        assert!(!text.contains("</") && !text.lines().any(|line| line.trim_start().starts_with("::")), "{}", path.display());
    }
}

#[test]
fn failed_requests_are_counted_once_by_service_and_moment() {
    let folder = tempfile::tempdir().unwrap();
    let entry = |id: &str, second: &str, service: &str, status: u16| {
        format!(
            r#"{{"insertId":"{id}","logName":"projects/p/logs/run.googleapis.com%2Frequests","timestamp":"2026-11-20T09:00:{second}Z","resource":{{"type":"cloud_run_revision","labels":{{"service_name":"{service}","revision_name":"r-1"}}}},"httpRequest":{{"requestMethod":"GET","requestUrl":"https://shop.example/cart","status":{status}}}}}"#
        )
    };
    let lines = [
        entry("a", "01", "shop", 503),
        entry("b", "01.010", "shop", 404),
        entry("a", "01", "shop", 503),
        entry("c", "07", "shop", 500),
        entry("d", "07", "shop", 200),
        entry("e", "08", "stock", 429),
    ];
    let logs = folder.path().join("logs.ndjson");
    std::fs::write(&logs, lines.join("\n")).unwrap();
    let window = "2026-11-20T09:00:00Z/2026-11-20T09:00:20Z";
    let ran = program::run(["diagnose", "-l", logs.to_str().unwrap(), "--window", window, "-f", "json", "--exit-zero"]).exits(0);
    let report: Report = serde_json::from_str(&ran.out).unwrap();
    let errors = report.timeline.unwrap().request_errors;
    let told: Vec<(&str, u64, u64)> =
        errors.iter().flat_map(|of| of.steps.iter().map(|step| (of.service.as_str(), step.client, step.server))).collect();
    assert_eq!(told, [("shop", 1, 1), ("shop", 0, 1), ("stock", 1, 0)]);
    assert_eq!(errors[0].steps[0].at, "2026-11-20T09:00:01Z");
}
