//! Rules from file to match: what loads, what is refused, and that nothing is missed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use fivewhys::logs::{Everything, Gate, Record, Selection, Source, pull};
use fivewhys::rules::check::check;
use fivewhys::rules::examples::examine;
use fivewhys::rules::graph::CauseGraph;
use fivewhys::rules::{Captures, Catalog, Example, Matcher, Problem, Sighting};
use fivewhys::window::Spans;

mod gate;
mod checking;
mod citing;
mod differential;
mod hostile;
mod lints;
mod overlays;
mod pages;
mod scenarios;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules").join(name)
}

/// The embedded catalog and the sample rules together.
static RULES: LazyLock<(Catalog, Matcher)> = LazyLock::new(|| {
    let catalog = Catalog::load(&[fixture("sound")]).catalog;
    let matcher = Matcher::new(&catalog);
    (catalog, matcher)
});

/// The records in a raw export, as the log reader makes them.
fn records(raw: &str) -> Vec<Record> {
    let reach = Spans::union([(jiff::Timestamp::MIN, jiff::Timestamp::MAX)]);
    let selection = Selection { windows: Vec::new(), reach };
    let mut records = Vec::new();
    pull(&[Source::bytes("test", raw.as_bytes())], &selection, &Everything, &mut |record| records.push(record)).unwrap();
    records
}

fn sightings(matcher: &Matcher, record: &Record) -> Vec<Sighting> {
    let mut found = Vec::new();
    matcher.in_record(record, &mut |sighting| found.push(sighting));
    found
}

fn fivewhys(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fivewhys")).args(arguments).output().unwrap()
}

#[test]
fn the_embedded_catalog_has_no_problem() {
    let loaded = Catalog::embedded();
    let problems: Vec<String> = check(&loaded).iter().map(Problem::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(!loaded.catalog.rules().is_empty());
}

#[test]
fn every_rule_matches_its_examples_and_no_counter_example() {
    let (catalog, matcher) = &*RULES;
    let examined = examine(catalog, matcher, |_| true);
    let wrong: Vec<String> = examined.mismatches.iter().map(|m| format!("{} {m:?}", catalog.rule(m.rule).id)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(examined.matching > 4 && examined.others > 4);
}

#[test]
fn a_wrong_example_is_found_in_each_of_its_three_forms() {
    let text = "title: t\nclass: data\nseverity: low\nmatch: {any: [{log: {text: abc}}, {test: {message: def}}]}\n\
                examples: {match: [abd, {textPayload: abd}, {test: {message: abc}}], no_match: [xdef, {textPayload: abc}, {test: {message: def}}]}\n";
    let loaded = Catalog::from_texts([("demo/a.yaml", text)]);
    let examined = examine(&loaded.catalog, &Matcher::new(&loaded.catalog), |_| true);
    assert_eq!(examined.mismatches.len(), 6, "{:?} {:?}", examined.mismatches, loaded.problems);
}

#[test]
fn all_mistakes_are_reported_at_once_and_spoil_no_other_rule() {
    let loaded = Catalog::overlay(&[fixture("wrong")]);
    let found: Vec<String> = loaded
        .problems
        .iter()
        .map(|problem| {
            let name = Path::new(&problem.path).file_name().unwrap().to_string_lossy().into_owned();
            format!(
                "{name}:{}:{} {} | {}",
                problem.line,
                problem.column,
                problem.message,
                problem.help.clone().unwrap_or_default()
            )
        })
        .collect();
    let expected = [
        ("everything.yaml:2:1", "tilte", "`title`"),
        ("everything.yaml:3:8", "konfig", "`config`"),
        ("everything.yaml:8:27", "EROR", "`ERROR`"),
        ("everything.yaml:9:18", "unclosed group", ""),
        ("everything.yaml:10:7", "tst", "`test`"),
        ("everything.yaml:11:46", "at_least", ""),
        ("everything.yaml:11:57", "`5`", "`5s`"),
        ("everything.yaml:12:12", "empty", ""),
        ("everything.yaml:14:13", "demo/nowhere", ""),
        ("everything.yaml:14:33", "instanc", "`instance`"),
        ("everything.yaml:15:13", "demo/harmles", "`demo/harmless`"),
        ("everything.yaml:16:11", "itself", ""),
        ("everything.yaml:18:1", "twice", ""),
        ("everything.yaml:19:19", "verfy", "`verify`"),
        ("everything.yaml:21:11", "an example", ""),
        ("captures.yaml:1:8", "user_id", "`userid`"),
        ("captures.yaml:5:14", "`id`", ""),
        ("cut.yaml:", "not YAML", ""),
        ("harmless.yaml:5:21", "circle", ""),
    ];
    for (place, message, help) in expected {
        let hit = |line: &&String| line.starts_with(place) && line.contains(message) && line.contains(help);
        assert!(found.iter().any(|line| hit(&line)), "{place} {message} {help} is not among\n{}", found.join("\n"));
    }
    assert_eq!(found.len(), expected.len(), "{}", found.join("\n"));
    for id in ["demo/harmless", "demo/twin", "demo/circle"] {
        assert!(loaded.catalog.find(id).is_some(), "{id} stands");
    }
    assert!(loaded.catalog.find("demo/everything").is_none());
}

#[test]
fn a_circle_is_broken_so_that_every_rule_has_a_root() {
    let catalog = Catalog::overlay(&[fixture("wrong")]).catalog;
    assert!(CauseGraph::new(&catalog).closing_edges().is_empty());
}

#[test]
fn the_check_also_names_what_loads_and_is_no_good() {
    let loaded = Catalog::overlay(&[fixture("wrong")]);
    let found: Vec<String> = check(&loaded).iter().map(Problem::to_string).collect();
    for expected in [
        "matches the empty text",
        "`demo/harmless` has the same matcher",
        "`why` is missing",
        "`remedy` is missing",
        "no example shows",
    ] {
        assert!(found.iter().any(|line| line.contains(expected)), "{expected} is not among\n{}", found.join("\n"));
    }
    assert!(check(&Catalog::overlay(&[fixture("sound")])).is_empty());
}

#[test]
fn a_double_id_and_a_missing_folder_are_problems() {
    let loaded = Catalog::load(&[fixture("sound"), fixture("sound"), fixture("nowhere")]);
    let count = |words: &str| loaded.problems.iter().filter(|problem| problem.message.contains(words)).count();
    assert_eq!(count("is there already"), 4);
    assert_eq!(count("cannot be read"), 1);
    assert!(loaded.catalog.find("demo/refused").is_some());
}

#[test]
fn a_single_file_is_a_rule_of_its_folders_family() {
    let loaded = Catalog::load(&[fixture("sound/demo/only-inferred.yaml")]);
    assert!(loaded.catalog.find("demo/only-inferred").is_some());
    assert!(loaded.problems[0].message.contains("demo/refused"), "{:?}", loaded.problems);
}

#[test]
fn captures_fill_title_why_and_remedy() {
    let (catalog, matcher) = &*RULES;
    let rule = catalog.find("demo/refused").unwrap();
    let entry = r#"{"timestamp":"2026-01-02T03:04:05Z","resource":{"type":"cloud_run_revision"},"textPayload":"oh: connect to db:5432: connection refused"}"#;
    let record = &records(entry)[0];
    let sighting = sightings(matcher, record).into_iter().find(|sighting| sighting.rule == rule).unwrap();
    assert_eq!(&record.text[sighting.span.clone()], "connect to db:5432: connection refused");
    assert_eq!(catalog.rule(rule).render_title(&sighting.captures), "db refused the connection");
    assert_eq!(catalog.rule(rule).render_why(&sighting.captures), "Nothing listens at db, port 5432.");
    assert_eq!(catalog.rule(rule).render_remedy(&sighting.captures).now, "Start db.");
    assert_eq!(catalog.rule(rule).render_why(&Captures::new()), "Nothing listens at ?.");
}

#[test]
fn sightings_come_in_order_of_rule_and_matcher_and_once_each() {
    let (catalog, matcher) = &*RULES;
    let texts = catalog.rules().iter().flat_map(|rule| &rule.matching_examples);
    let texts: Vec<&str> =
        texts.filter_map(|example| if let Example::Text(text) = example { Some(text.as_str()) } else { None }).collect();
    let mut found = Vec::new();
    matcher.in_text(&texts.join("\n"), &mut |sighting| found.push((sighting.rule, sighting.matcher)));
    assert!(found.len() >= texts.len() / 4 && found.is_sorted());
    let mut unique = found.clone();
    unique.dedup();
    assert_eq!(unique, found);
}

#[test]
fn check_and_test_exit_with_one_where_a_rule_is_wrong() {
    let wrong = fixture("wrong").display().to_string();
    let sound = fixture("sound").display().to_string();
    let output = fivewhys(&["rules", "check", &wrong]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("everything.yaml:8:27") && text.contains("^") && text.contains("did you mean `ERROR`?"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours where there is no terminal");
    assert_eq!(fivewhys(&["rules", "test", &wrong]).status.code(), Some(1));
    for command in ["check", "test"] {
        let output = fivewhys(&["rules", command, &sound]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(fivewhys(&["rules", command]).status.code(), Some(0));
    }
    assert_eq!(fivewhys(&["rules", "check", "no/such/folder"]).status.code(), Some(3));
}

#[test]
fn list_and_show_name_every_rule_and_offer_the_nearest_one() {
    let sound = fixture("sound").display().to_string();
    let list = String::from_utf8(fivewhys(&["rules", "list", "--rules", &sound]).stdout).unwrap();
    assert!(list.lines().any(|line| line.starts_with("demo/refused ") && line.contains("infrastructure")), "{list}");
    let json = fivewhys(&["rules", "list", "--format", "json", "--rules", &sound]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let rule = json.as_array().unwrap().iter().find(|rule| rule["id"] == "demo/refused").unwrap();
    assert_eq!(rule["explains"][0]["join"], "instance");
    let page = String::from_utf8(fivewhys(&["rules", "show", "demo/refused", "--rules", &sound]).stdout).unwrap();
    for expected in [
        "└─ demo/only-inferred  (revision)",
        "└─ demo/unavailable  (instance within 5s)",
        "connection refused",
        "Start {{ peer }}.",
    ] {
        assert!(page.contains(expected), "{expected} is not in\n{page}");
    }
    let unknown = fivewhys(&["rules", "show", "demo/refusd", "--rules", &sound]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("`demo/refused`"));
}
