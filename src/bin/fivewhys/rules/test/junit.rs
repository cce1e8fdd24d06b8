//! The outcome of rule tests as JUnit XML: a suite per rule, a case per example and scenario.

use anyhow::Context;
use fivewhys::rules::load::Loaded;
use fivewhys::scenarios::prove::{Kind, Outcome, Proof, RuleProof, Trial};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

type Page = Writer<Vec<u8>>;

/// What failed fails, what is to do is skipped.
pub fn of(rules: &Loaded, proof: &Proof) -> anyhow::Result<String> {
    let mut page = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut page, rules, proof).context("cannot write the outcome as XML")?;
    Ok(String::from_utf8(page.into_inner()).context("the outcome is no text")? + "\n")
}

fn write(page: &mut Page, rules: &Loaded, proof: &Proof) -> std::io::Result<()> {
    page.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    page.write_event(Event::Start(BytesStart::new("testsuites").with_attributes([("name", "fivewhys rules")])))?;
    if !proof.problems.is_empty() {
        open(page, "rule files", proof.problems.len(), proof.problems.len(), 0)?;
        for problem in &proof.problems {
            let place = format!("{}:{}:{}", problem.path, problem.line, problem.column);
            case(page, "rule files", &place, &problem.path, problem.line, Some(("failure", problem.message.clone())))?;
        }
        page.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    for rule in proof.rules.iter().filter(|rule| !rule.trials.is_empty()) {
        suite(page, rules, rule)?;
    }
    page.write_event(Event::End(BytesEnd::new("testsuites")))
}

fn open(page: &mut Page, name: &str, tests: usize, failures: usize, skipped: usize) -> std::io::Result<()> {
    let (tests, failures, skipped) = (tests.to_string(), failures.to_string(), skipped.to_string());
    let attributes = [("name", name), ("tests", &tests), ("failures", &failures), ("skipped", &skipped)];
    page.write_event(Event::Start(BytesStart::new("testsuite").with_attributes(attributes)))
}

fn suite(page: &mut Page, rules: &Loaded, rule: &RuleProof) -> std::io::Result<()> {
    let definition = rules.catalog.rule(rule.rule);
    let number = |wanted: fn(&Outcome) -> bool| rule.trials.iter().filter(|trial| wanted(&trial.outcome)).count();
    let failed = number(|outcome| matches!(outcome, Outcome::Failed(_)));
    let todo = number(|outcome| matches!(outcome, Outcome::Todo { .. }));
    open(page, &definition.id, rule.trials.len(), failed, todo)?;
    for trial in &rule.trials {
        let outcome = match &trial.outcome {
            Outcome::Held => None,
            Outcome::Failed(reasons) => Some(("failure", reasons.join("\n"))),
            Outcome::Todo { reason, .. } => Some(("skipped", format!("to do: {reason}"))),
        };
        case(page, &definition.id, &name(trial), &definition.path, trial.line, outcome)?;
    }
    page.write_event(Event::End(BytesEnd::new("testsuite")))
}

fn name(trial: &Trial) -> String {
    let kind = match trial.kind {
        Kind::Example => "match",
        Kind::CounterExample => "no_match",
        Kind::Scenario => "scenario",
    };
    format!("{kind}: {}", trial.name)
}

fn case(page: &mut Page, class: &str, name: &str, path: &str, line: u64, outcome: Option<(&str, String)>) -> std::io::Result<()> {
    let (name, line) = (allowed(name), line.to_string());
    let attributes = [("classname", class), ("name", &name), ("file", path), ("line", &line)];
    let start = BytesStart::new("testcase").with_attributes(attributes);
    let Some((element, said)) = outcome else { return page.write_event(Event::Empty(start)) };
    page.write_event(Event::Start(start))?;
    let said = allowed(&said);
    let first = said.lines().next().unwrap_or_default();
    page.write_event(Event::Start(BytesStart::new(element).with_attributes([("message", first)])))?;
    page.write_event(Event::Text(BytesText::new(&said)))?;
    page.write_event(Event::End(BytesEnd::new(element)))?;
    page.write_event(Event::End(BytesEnd::new("testcase")))
}

/// XML 1.0 has no place for control characters, not even escaped.
fn allowed(text: &str) -> String {
    let fits = |c: char| matches!(c, '\t' | '\n') || (c >= ' ' && !matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'));
    text.chars().map(|c| if fits(c) { c } else { '·' }).collect()
}
