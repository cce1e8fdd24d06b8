//! Lines that databases, brokers, runtimes and cloud services really log, of causes that the catalog does not know.

use std::fs;

use fivewhys::authoring::draft::{Seed, draft};
use fivewhys::authoring::file::{Sheet, verified, write};
use fivewhys::logs::Severity;
use fivewhys::rules::{Catalog, Pattern, Rule};
use serde_json::Value;

use super::{entries, new, only_rule};
use crate::program;

fn fixture(name: &str) -> String {
    fs::read_to_string(program::root().join("tests/fixtures/authoring").join(name)).unwrap()
}

fn pattern(rule: &Rule) -> &Pattern {
    rule.log_matchers[0].text.as_ref().unwrap()
}

#[test]
fn each_gives_a_rule_that_meets_two_more_phrasings_and_no_ordinary_line() {
    let cases: Vec<Value> = serde_json::from_str(&fixture("public_lines.json")).unwrap();
    let ordinary = fixture("ordinary.txt");
    assert!(cases.len() >= 20 && ordinary.lines().count() >= 200);
    let mut wrong = Vec::new();
    for case in &cases {
        let line = case["line"].as_str().unwrap();
        let draft = match draft(&Seed { text: line, severity: Severity::Error, ..Seed::default() }) {
            Ok(draft) => draft,
            Err(refusal) => {
                wrong.push(format!("{line}\n  gives no draft: {refusal}"));
                continue;
            }
        };
        let sheet = Sheet { draft: &draft, explains: &[], refines: &[], origin: "a line", seen: None, why: None, remedy: None };
        let (id, text) = (format!("{}/{}", draft.proposed.family, draft.proposed.name), write(&sheet));
        verified(&id, &text, &Catalog::default()).unwrap_or_else(|flaw| panic!("{flaw}\n{text}"));
        let catalog = Catalog::from_texts([(format!("{id}.yaml").as_str(), text.as_str())]).catalog;
        let pattern = pattern(catalog.rule(0));
        let others: Vec<&str> = case["others"].as_array().unwrap().iter().map(|other| other.as_str().unwrap()).collect();
        assert_eq!(others.len(), 2);
        let missed = std::iter::once(line).chain(others).filter(|other| !pattern.is_match(other));
        wrong.extend(missed.map(|other| format!("{}\n  does not match {other}", pattern.source())));
        let met = ordinary.lines().filter(|ordinary| pattern.is_match(ordinary));
        wrong.extend(met.map(|ordinary| format!("{}\n  matches the ordinary line {ordinary}", pattern.source())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn none_of_them_has_a_cause_in_the_catalog() {
    let cases: Vec<Value> = serde_json::from_str(&fixture("public_lines.json")).unwrap();
    let catalog = Catalog::embedded().catalog;
    let matcher = fivewhys::rules::Matcher::new(&catalog);
    let mut known = Vec::new();
    for line in cases.iter().map(|case| case["line"].as_str().unwrap()) {
        let found = fivewhys::authoring::edges::refined(&catalog, &matcher, line);
        // That a program ended in a panic is known; of which kind, is not.
        let causes = found.iter().map(|&rule| catalog.rule(rule)).filter(|rule| !rule.symptom && rule.id != "go/panic");
        known.extend(causes.map(|rule| format!("{}: {line}", rule.id)));
    }
    assert!(known.is_empty(), "{}", known.join("\n"));
}

#[test]
fn a_draft_can_be_tried_on_an_export_without_test_results() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    new(&["--line", "etcdserver: mvcc: database space exceeded"], &rules).exits(0);
    let export = folder.path().join("export.ndjson");
    fs::write(&export, entries(["mvcc: database space exceeded (1)", "mvcc: database space is fine"])).unwrap();
    program::run(["rules", "try", only_rule(&rules).to_str().unwrap(), export.to_str().unwrap()]).exits(0).says(&[
        "matches 1 of 2 records",
        "space exceeded (1)",
        "-t",
    ]);
}
