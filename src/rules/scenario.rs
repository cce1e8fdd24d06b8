//! Scenario tests of a rule: what was logged and which tests failed, and what a diagnosis must make of it.
//!
//! They stand in the rule file under `scenarios` (and `examples.todo`) and are read only where they are asked for:
//! a diagnosis has no use for them. [`crate::scenarios`] plays them.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::lints::matchers;
use super::load::Loaded;
use super::problem::{Place, Problem, Sheet};
use super::read::{examples, fields, list, parse_duration, text, word, wrong_kind};
use super::yaml::{self, Kind, Node};
use super::{Captures, Example, Rule, RuleId};

/// The moment that the times of a scenario are counted from.
pub const START: &str = "2026-01-01T12:00:00Z";

/// What a rule file holds for `rules test` beside its examples.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// Its scenarios, in the order of the file.
    pub scenarios: Vec<Scenario>,
    /// Examples that it should match one day.
    pub todo: Vec<Example>,
    /// Lines of its log matchers, by their numbers.
    pub log_lines: Vec<u64>,
    /// Lines of its test matchers, by their numbers.
    pub test_lines: Vec<u64>,
    /// Lines of its examples: those that must match, those that must not, those to do.
    pub example_lines: [Vec<u64>; 3],
}

/// One scene with what is expected of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it shows, in a few words.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The tests of the run; at least one fails.
    pub tests: Vec<ScenarioTest>,
    /// What was logged: whole entries, dated from [`START`].
    pub entries: Vec<Map<String, Value>>,
    /// What must come of it.
    pub expect: Expectation,
    /// It is known not to hold yet, and why.
    pub todo: Option<String>,
    /// How its expectation is written.
    pub written: Written,
}

/// Where the expectation of a scenario stands, so that it can be written anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The bytes of `expect` from its key to its end; `None` where it has none.
    pub expect: Option<Range<usize>>,
    /// Where the scenario ends.
    pub end: usize,
    /// Blanks before its keys.
    pub indent: usize,
    /// It is written in one line of brackets.
    pub in_brackets: bool,
}

/// A test of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioTest {
    /// Its id.
    pub id: String,
    /// The error line.
    pub message: String,
    /// Traceback, output.
    pub details: String,
    /// Outcome word.
    pub outcome: &'static str,
    /// From [`START`].
    pub at: SignedDuration,
    /// How long it took.
    pub duration: SignedDuration,
}

/// What must come of a scenario; an empty one means that the rule must not fire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Whether the rule must be found; where nothing is said, it must as soon as anything else is expected.
    pub fires: Option<bool>,
    /// Captures that a finding of the rule must have.
    pub captures: Captures,
    /// The root of each failing test's best explanation.
    pub root: Option<RuleId>,
    /// Its chain from the symptom to the root; a step that is not observed is written `ID (inferred)`.
    pub chain: Vec<String>,
    /// Its verdict, in the words of the report.
    pub verdict: Option<String>,
}

impl Expectation {
    /// Whether the rule must be found. `None`: another rule's diagnosis is all that is asked for.
    pub fn must_fire(&self) -> Option<bool> {
        let asks_elsewhere = self.root.is_some() || !self.chain.is_empty() || self.verdict.is_some();
        match self.fires {
            None if !self.captures.is_empty() => Some(true),
            None if asks_elsewhere => None,
            None => Some(false),
            said => said,
        }
    }
}

/// The scenarios and examples to do of a rule, from the text of its file, and what is wrong with them.
pub fn trials(loaded: &Loaded, rule: &Rule) -> (Trials, Vec<Problem>) {
    let Some(source) = loaded.texts.get(&rule.path) else { return Default::default() };
    let mut sheet = Sheet::new(&rule.path, source);
    let Some(root) = yaml::parse(&mut sheet) else { return Default::default() };
    // What is wrong with the rest of the file was said when it was loaded.
    sheet.problems.clear();
    let trials = read(&mut sheet, &root);
    (trials, sheet.problems)
}

pub(super) fn read(sheet: &mut Sheet<'_>, root: &Node) -> Trials {
    let examples_of = |key: &str| root.get("examples").and_then(|node| node.get(key));
    let todo = list(sheet, examples_of("todo"), examples::example);
    let lines = |nodes: &[&Node]| nodes.iter().map(|node| node.place.line).collect();
    let (mut logs, mut tests) = (Vec::new(), Vec::new());
    if let Some(node) = root.get("match") {
        matchers(node, &mut logs, &mut tests);
    }
    Trials {
        scenarios: list(sheet, root.get("scenarios"), scenario),
        todo,
        log_lines: lines(&logs),
        test_lines: lines(&tests),
        example_lines: ["match", "no_match", "todo"].map(|key| {
            let items = examples_of(key).map(Node::items).unwrap_or_default();
            items.iter().map(|node| node.place.line).collect()
        }),
    }
}

pub(super) const SCENARIO_KEYS: &[&str] = &["name", "test", "tests", "entries", "expect", "todo"];
pub(super) const TEST_KEYS: &[&str] = &["id", "message", "details", "outcome", "at", "duration"];
pub(super) const ENTRY_KEYS: &[&str] =
    &["at", "service", "revision", "instance", "trace", "severity", "log", "text", "json", "http", "labels", "resource", "entry"];
pub(super) const EXPECT_KEYS: &[&str] = &["fires", "captures", "root", "chain", "verdict"];

const OUTCOMES: &[(&str, &str)] =
    &[("passed", "passed"), ("skipped", "skipped"), ("failed", "failed"), ("errored", "errored"), ("flaky", "flaky")];

const VERDICTS: &[(&str, &str)] =
    &[("confirmed", "confirmed"), ("likely", "likely"), ("possible", "possible"), ("inconclusive", "inconclusive")];

fn scenario(sheet: &mut Sheet<'_>, node: &Node) -> Option<Scenario> {
    let before = sheet.problems.len();
    let fields = fields(sheet, node, "a scenario", SCENARIO_KEYS)?;
    let name = fields.get("name").and_then(|node| text(sheet, node, "name"));
    if name.as_ref().is_none_or(|name| name.trim().is_empty()) {
        sheet.wrong(node.place, "the scenario has no `name`", "say in a few words what it shows".to_owned());
    }
    let mut tests = list(sheet, fields.get("test"), |sheet, node| test(sheet, node, 1));
    let mut number = 0;
    tests.extend(list(sheet, fields.get("tests"), |sheet, node| {
        number += 1;
        test(sheet, node, number)
    }));
    if tests.is_empty() {
        tests.push(ScenarioTest { message: String::new(), ..blank_test(1) });
    }
    if tests.iter().all(|test| !matches!(test.outcome, "failed" | "errored")) {
        sheet.wrong(node.place, "no test of the scenario fails", "a diagnosis begins with a failed test".to_owned());
    }
    let mut number = 0;
    let entries = list(sheet, fields.get("entries"), |sheet, node| {
        number += 1;
        entry(sheet, node, number)
    });
    let todo = fields.get("todo").and_then(|node| reason(sheet, node));
    let expect = fields.get("expect").and_then(|node| expectation(sheet, node)).unwrap_or_default();
    let sound = sheet.problems.len() == before;
    let written = written(sheet.source, node);
    sound.then(|| Scenario { name: name.unwrap_or_default(), place: node.place, tests, entries, expect, todo, written })
}

fn written(source: &str, node: &Node) -> Written {
    let expect = node.pairs().iter().find(|(key, _)| key.text() == Some("expect"));
    let column = node.pairs().first().map_or(1, |(key, _)| key.place.column);
    Written {
        expect: expect.map(|(key, value)| key.bytes.start..value.bytes.end.max(key.bytes.end)),
        end: node.bytes.end,
        indent: usize::try_from(column).unwrap_or(1).saturating_sub(1),
        in_brackets: source.get(node.bytes.start..).is_some_and(|text| text.starts_with('{')),
    }
}

fn reason(sheet: &mut Sheet<'_>, node: &Node) -> Option<String> {
    let reason = text(sheet, node, "todo")?;
    if matches!(reason.trim(), "" | "true" | "false") {
        sheet.wrong(node.place, "`todo` takes a reason", "say why it does not hold yet".to_owned());
        return None;
    }
    Some(reason)
}

fn blank_test(number: usize) -> ScenarioTest {
    ScenarioTest {
        id: format!("tests/test_scenario.py::test_{number}"),
        message: "AssertionError".to_owned(),
        details: String::new(),
        outcome: "failed",
        at: SignedDuration::ZERO,
        duration: SignedDuration::from_secs(10),
    }
}

fn test(sheet: &mut Sheet<'_>, node: &Node, number: usize) -> Option<ScenarioTest> {
    let mut test = blank_test(number);
    if let Some(message) = node.text() {
        return Some(ScenarioTest { message: message.to_owned(), ..test });
    }
    let fields = fields(sheet, node, "a test", TEST_KEYS)?;
    let mut part = |key: &str| fields.get(key).and_then(|node| text(sheet, node, key));
    if let Some(id) = part("id") {
        test.id = id;
    }
    test.message = part("message").unwrap_or_default();
    test.details = part("details").unwrap_or_default();
    if let Some(outcome) = fields.get("outcome").and_then(|node| word(sheet, node, "outcome", OUTCOMES)) {
        test.outcome = outcome;
    }
    if let Some(at) = fields.get("at").and_then(|node| moment(sheet, node, "at")) {
        test.at = at;
    }
    if let Some(duration) = fields.get("duration").and_then(|node| moment(sheet, node, "duration")) {
        test.duration = duration.max(SignedDuration::ZERO);
    }
    Some(test)
}

/// A length of time that may lie before the start: `1.5s`, `-3m`.
fn moment(sheet: &mut Sheet<'_>, node: &Node, key: &str) -> Option<SignedDuration> {
    let written = text(sheet, node, key)?;
    let (sign, length) = match written.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, written.strip_prefix('+').unwrap_or(&written)),
    };
    let parsed = parse_duration(length).and_then(|length| SignedDuration::try_from(length).ok());
    if parsed.is_none() {
        let help = "a number with its unit, counted from the start of the scenario: `800ms`, `1.5s`, `-3m`".to_owned();
        sheet.wrong(node.place, format!("`{written}` is no time for `{key}`"), help);
    }
    Some(parsed? * sign)
}

/// An entry in the words of a scenario as Cloud Logging would have it. What a Cloud Run service always states is filled in.
fn entry(sheet: &mut Sheet<'_>, node: &Node, number: usize) -> Option<Map<String, Value>> {
    if let Some(text) = node.text() {
        return Some(entry_of(&BTreeMap::from([("text", text.to_owned())]), &BTreeMap::new(), SignedDuration::ZERO, number));
    }
    let fields = fields(sheet, node, "an entry", ENTRY_KEYS)?;
    let at = match fields.get("at") {
        Some(node) => moment(sheet, node, "at")?,
        None => SignedDuration::ZERO,
    };
    let mut words = BTreeMap::new();
    for key in ["service", "revision", "instance", "trace", "severity", "log", "text"] {
        if let Some(word) = fields.get(key).and_then(|node| text(sheet, node, key)) {
            words.insert(key, word);
        }
    }
    let mut objects = BTreeMap::new();
    for key in ["json", "http", "labels", "resource", "entry"] {
        let Some(node) = fields.get(key) else { continue };
        match node.to_json() {
            Value::Object(object) => objects.insert(key, object),
            _ => {
                wrong_kind(sheet, node, &format!("`{key}`"), "a mapping");
                return None;
            }
        };
    }
    Some(entry_of(&words, &objects, at, number))
}

fn entry_of(
    words: &BTreeMap<&str, String>,
    objects: &BTreeMap<&str, Map<String, Value>>,
    at: SignedDuration,
    number: usize,
) -> Map<String, Value> {
    let word = |key: &str| words.get(key).map(String::as_str);
    let service = word("service").unwrap_or("service");
    let revision = word("revision").map_or_else(|| format!("{service}-00001-abc"), str::to_owned);
    let log = word("log").unwrap_or(if objects.contains_key("http") {
        "run.googleapis.com/requests"
    } else {
        "run.googleapis.com/stderr"
    });
    let mut labels = Map::from_iter([("instanceId".to_owned(), json!(word("instance").unwrap_or(&format!("{service}-1"))))]);
    labels.extend(objects.get("labels").cloned().unwrap_or_default());
    let mut resource = Map::from_iter([
        ("service_name".to_owned(), json!(service)),
        ("revision_name".to_owned(), json!(revision)),
        ("project_id".to_owned(), json!("scenario")),
    ]);
    resource.extend(objects.get("resource").cloned().unwrap_or_default());
    let mut entry = Map::from_iter([
        ("insertId".to_owned(), json!(format!("s{number}"))),
        ("timestamp".to_owned(), json!(time(at).to_string())),
        ("logName".to_owned(), json!(format!("projects/scenario/logs/{}", log.replace('/', "%2F")))),
        ("severity".to_owned(), json!(word("severity").unwrap_or("DEFAULT"))),
        ("resource".to_owned(), json!({ "type": "cloud_run_revision", "labels": resource })),
        ("labels".to_owned(), Value::Object(labels)),
    ]);
    if let Some(trace) = word("trace") {
        entry.insert("trace".to_owned(), json!(format!("projects/scenario/traces/{trace}")));
    }
    if let Some(text) = word("text") {
        entry.insert("textPayload".to_owned(), json!(text));
    }
    for (key, field) in [("json", "jsonPayload"), ("http", "httpRequest")] {
        if let Some(object) = objects.get(key) {
            entry.insert(field.to_owned(), Value::Object(object.clone()));
        }
    }
    entry.extend(objects.get("entry").cloned().unwrap_or_default());
    entry
}

/// A moment of a scenario; held at the ends of time.
pub fn time(at: SignedDuration) -> Timestamp {
    let start: Timestamp = START.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    start.saturating_add(at).unwrap_or(start)
}

fn expectation(sheet: &mut Sheet<'_>, node: &Node) -> Option<Expectation> {
    if node.describe() == "nothing" {
        return Some(Expectation::default());
    }
    let fields = fields(sheet, node, "`expect`", EXPECT_KEYS)?;
    let mut expect = Expectation {
        fires: fields.get("fires").and_then(|node| word(sheet, node, "fires", &[("true", true), ("false", false)])),
        root: fields.get("root").and_then(|node| text(sheet, node, "root")),
        chain: list(sheet, fields.get("chain"), |sheet, node| text(sheet, node, "a step")),
        verdict: fields.get("verdict").and_then(|node| word(sheet, node, "verdict", VERDICTS)).map(str::to_owned),
        ..Expectation::default()
    };
    if let Some(captures) = fields.get("captures") {
        match &captures.kind {
            Kind::Map(pairs) => {
                for (key, value) in pairs {
                    if let (Some(name), Some(value)) = (key.text(), text(sheet, value, "a capture")) {
                        expect.captures.insert(name.to_owned(), value);
                    }
                }
            }
            _ => wrong_kind(sheet, captures, "`captures`", "a mapping from names to texts"),
        }
    }
    Some(expect)
}
