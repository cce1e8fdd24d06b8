//! Log text in every field of a report that would like to be more than text.
//!
//! The texts are in `tests/fixtures/report/hostile.json`. Each is put in every place at once, in two ways: through a
//! diagnosis, as the program does it, and into a report.json that somebody else wrote.

use std::sync::OnceLock;

use fivewhys::diagnosis::{Lead, Premise, RuledOut};
use fivewhys::findings::Neighbours;
use fivewhys::logs::{Gap, Severity};
use fivewhys::report::{self, Format, Look, Report};
use fivewhys::rules::Catalog;
use rayon::prelude::*;
use serde_json::Value;

use super::scene::{self, Scene, case, evidence, failed};

mod commands;
mod machines;
mod markup;
mod page;

/// Marks what came from outside, so that what is born from it can be told from our own.
const MARK: &str = "zqx";

/// A hostile text with the report of the outage that has it everywhere.
struct Attack {
    text: String,
    /// As the program makes it, then as somebody else might have written it.
    reports: [Report; 2],
}

/// All texts, once for all tests.
fn attacks() -> &'static [Attack] {
    static SHARED: OnceLock<Vec<Attack>> = OnceLock::new();
    SHARED.get_or_init(|| texts().par_iter().map(|text| attack(text)).collect())
}

fn attack(text: &str) -> Attack {
    let report = hostile_everywhere(text).report();
    let forged = forged(&report, text);
    Attack { text: text.to_owned(), reports: [report, forged] }
}

fn texts() -> Vec<String> {
    let all: Vec<Value> = serde_json::from_str(include_str!("../../fixtures/report/hostile.json")).unwrap();
    all.iter().map(|entry| entry["text"].as_str().unwrap().to_owned()).collect()
}

/// Runs a check on each report of each attack, side by side; a failure names the text.
fn each(check: impl Fn(&Report) -> Result<(), String> + Sync) {
    let wrong: Vec<String> = attacks()
        .par_iter()
        .flat_map_iter(|attack| {
            let failed = attack.reports.iter().zip(["built", "forged"]);
            let failed =
                failed.filter_map(|(report, way)| check(report).err().map(|why| format!("{:?} ({way}): {why}", attack.text)));
            failed.collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), 2 * attacks().len(), wrong[..wrong.len().min(12)].join("\n"));
}

fn rendered(report: &Report, format: Format) -> String {
    report::render(report, format, Look { width: 60, colour: false }).unwrap()
}

/// The same report with the text in the place of every other, except words and numbers that the schema fixes and links,
/// which only this program makes.
fn forged(report: &Report, text: &str) -> Report {
    let mut value = serde_json::to_value(report).unwrap();
    forge(&mut value, text);
    serde_json::from_value(value).unwrap()
}

fn forge(value: &mut Value, text: &str) {
    const FIXED: [&str; 7] = ["schema", "outcome", "precision", "verdict", "footing", "link", "evidence"];
    match value {
        Value::String(own) => *own = text.to_owned(),
        Value::Array(values) => values.iter_mut().for_each(|value| forge(value, text)),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                // The keys of records are fixed, the records themselves are not.
                if !FIXED.contains(&name.as_str()) || value.is_object() {
                    forge(value, text);
                }
            }
        }
        _ => {}
    }
}

/// The outage with one hostile text in every field that comes from outside.
pub(super) fn hostile_everywhere(text: &str) -> Scene {
    let mut scene = scene::chat_outage();
    for case in &mut scene.run.cases {
        case.id = format!("{} {text}", case.id);
        case.name = text.to_owned();
    }
    scene.run.cases[1] = case(text, failed(text));
    scene.run.cases[4].outcome = failed(text);
    scene.run.sources[0].path = text.to_owned();
    scene.run.unread[0].reason = text.to_owned();
    for record in &mut scene.diagnosis.evidence {
        *record = fivewhys::findings::Evidence {
            insert_ids: vec![text.to_owned(), text.to_owned()],
            log_name: text.to_owned(),
            service: Some(text.to_owned()),
            revision: Some(text.to_owned()),
            instance: Some(text.to_owned()),
            project: Some(text.to_owned()),
            text: format!("{text}\n{text}"),
            ..record.clone()
        };
    }
    let near = Neighbours { before: vec![text.into(); 2], after: vec![text.into(); 2], shown: 2 };
    scene.neighbours = (0..5).map(|place| (place, near.clone())).collect();
    for found in &mut scene.diagnosis.cases {
        found.leads = vec![Lead { template: text.to_owned(), failing: 1, passing: 0, evidence: vec![3] }];
        found.ruled_out = vec![RuledOut { rule: 0, reason: text.to_owned(), suspect: true }];
        for hypothesis in &mut found.hypotheses {
            hypothesis.title = text.to_owned();
            hypothesis.parts[0].reason = text.to_owned();
            for why in &mut hypothesis.whys {
                why.answer = text.to_owned();
            }
        }
    }
    for cause in &mut scene.diagnosis.causes {
        cause.title = text.to_owned();
        cause.fingerprint = text.to_owned();
        cause.captures.insert("user_id".to_owned(), text.to_owned());
    }
    scene.diagnosis.red_herrings[0].reason = text.to_owned();
    scene.diagnosis.premises.push(Premise { id: "hostile", statement: text.to_owned(), holds: false });
    scene.diagnosis.premises.push(Premise { id: "hostile", statement: text.to_owned(), holds: true });
    scene.pulled.gaps.push(Gap { kind: "hostile", statement: text.to_owned() });
    let services = std::mem::take(&mut scene.pulled.census.services);
    scene.pulled.census.services = services.into_values().map(|census| (text.to_owned(), census)).collect();
    scene.log_sources = vec![text.to_owned()];
    scene.reproduce = format!("fivewhys diagnose '{text}'");
    scene.catalog = hostile_rules(scene.catalog, text);
    let revisions = scene.pulled.census.services.values_mut();
    revisions.for_each(|service| {
        service.revisions =
            std::mem::take(&mut service.revisions).into_values().map(|census| (text.to_owned(), census)).collect();
    });
    scene
}

/// The texts of an overlay, as hostile as the log; braces would be a template's there, and fail when the rule is loaded.
fn hostile_rules(catalog: Catalog, text: &str) -> Catalog {
    let plain = text.replace(['{', '}'], "?");
    let rules = catalog.rules().iter().map(|rule| {
        let mut rule = rule.clone();
        rule.title.clone_from(&plain);
        rule.why.clone_from(&plain);
        (rule.remedy.now, rule.remedy.verify, rule.remedy.prevent) = (plain.clone(), plain.clone(), plain.clone());
        rule.references = vec![text.to_owned(); 2];
        rule
    });
    rules.collect()
}

#[test]
fn the_corpus_is_large_and_varied() {
    let texts: std::collections::BTreeSet<String> = texts().into_iter().collect();
    assert!(texts.len() >= 300, "{}", texts.len());
    assert!(texts.iter().filter(|text| text.contains(MARK)).count() * 10 >= texts.len() * 7);
}

#[test]
fn a_long_line_and_a_long_name_break_nothing() {
    let mut scene = hostile_everywhere(&"zqx-".repeat(20_000));
    scene.diagnosis.evidence.push(evidence("12", "long", Severity::Error, &"`".repeat(5000)));
    let report = scene.report();
    assert!(rendered(&report, Format::Markdown).len() <= report::markdown::MAX_BYTES);
    for format in Format::ALL {
        assert!(!rendered(&report, *format).is_empty());
    }
}
