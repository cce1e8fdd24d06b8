//! What can be wrong with rules that load. A lint is one file here and one line in [`LINTS`]; docs/lints.md shows
//! each with an example that it finds and one that it leaves alone.

use super::problem::{Code, Level, Place, Sheet};
use super::yaml::{Kind, Node};
use super::{Condition, Pattern, Rule, RuleIx};

mod allow;
mod bench;
mod captures;
mod deprecated;
mod edges;
mod empty;
mod generic;
mod overlaid;
mod parts;
mod regex_slips;
mod shadowed;
mod twins;
mod wrapper;

pub(super) use allow::{UNUSED_ALLOW, allowed};
pub(super) use bench::Bench;

/// A kind of mistake in a rule that loads, and how it is found.
pub(super) struct Lint {
    pub(super) code: Code,
    look: fn(&Subject<'_>, &mut Sheet<'_>),
}

/// All lints, in order of their ids. A false lint is worse than none: each must be sure of what it says.
pub(super) static LINTS: &[&Lint] = &[
    &empty::MATCHES_EMPTY_TEXT,
    &generic::GENERIC_WORD,
    &regex_slips::UNESCAPED_DOT,
    &regex_slips::ACCIDENTAL_CLASS,
    &wrapper::WRAPPER_ONLY,
    &twins::SAME_MATCHER,
    &captures::UNUSED_CAPTURE,
    &edges::EDGE_CANNOT_JOIN,
    &edges::SAME_EDGE_TWICE,
    &edges::EDGE_TO_DEPRECATED,
    &shadowed::SHADOWED_RULE,
    &deprecated::NO_SUCCESSOR,
    &parts::NO_EXAMPLE,
    &parts::NO_COUNTER_EXAMPLE,
    &parts::EXAMPLE_FAILS,
    &parts::NO_WHY,
    &parts::NO_REMEDY,
    &overlaid::SILENT_COLLISION,
];

const fn lint(id: &'static str, name: &'static str, summary: &'static str, look: fn(&Subject<'_>, &mut Sheet<'_>)) -> Lint {
    Lint { code: Code { id, name, level: Level::Lint, summary }, look }
}

impl Lint {
    /// Notes on the sheet what it finds in the rule.
    pub(super) fn look(&self, subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
        (self.look)(subject, sheet);
    }
}

/// A rule under the eyes of the lints.
pub(super) struct Subject<'a> {
    bench: &'a Bench<'a>,
    place: RuleIx,
    rule: &'a Rule,
    root: &'a Node,
    /// The `log` and `test` parts of `match`, numbered as the rule's matchers are.
    logs: Vec<&'a Node>,
    tests: Vec<&'a Node>,
}

/// A pattern and where it is written.
struct Written<'a> {
    node: &'a Node,
    pattern: &'a Pattern,
    /// Its matcher alone makes the rule match.
    alone: bool,
}

/// A matcher of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaf {
    Log(usize),
    Test(usize),
}

impl<'a> Subject<'a> {
    pub(super) fn new(bench: &'a Bench<'a>, place: RuleIx, root: &'a Node) -> Subject<'a> {
        let (mut logs, mut tests) = (Vec::new(), Vec::new());
        if let Some(node) = root.get("match") {
            matchers(node, &mut logs, &mut tests);
        }
        Subject { bench, place, rule: bench.catalog.rule(place), root, logs, tests }
    }

    /// The rule's patterns in the order of the file.
    fn patterns(&self) -> Vec<Written<'a>> {
        let alone = self.rule.condition.as_ref().map(suffices).unwrap_or_default();
        let logs = self.rule.log_matchers.iter().zip(&self.logs).enumerate().filter_map(|(number, (matcher, node))| {
            let alone = alone.contains(&Leaf::Log(number));
            Some(Written { node: node.get("text")?, pattern: matcher.text.as_ref()?, alone })
        });
        let tests = self.rule.test_matchers.iter().zip(&self.tests).enumerate().flat_map(|(number, (matcher, node))| {
            let alone = alone.contains(&Leaf::Test(number));
            [("message", &matcher.message), ("details", &matcher.details), ("id", &matcher.id)]
                .into_iter()
                .filter_map(move |(key, pattern)| Some(Written { node: node.get(key)?, pattern: pattern.as_ref()?, alone }))
        });
        logs.chain(tests).collect()
    }

    /// Where a key of the rule stands; the start of the file where it has none.
    fn key(&self, key: &str) -> Place {
        self.root.pairs().iter().find(|(name, _)| name.text() == Some(key)).map_or(Place::START, |(name, _)| name.place)
    }
}

/// The `log` and `test` parts below a condition, in the order in which the reader numbers them.
pub(super) fn matchers<'a>(node: &'a Node, logs: &mut Vec<&'a Node>, tests: &mut Vec<&'a Node>) {
    if let Kind::List(items) = &node.kind {
        items.iter().for_each(|item| matchers(item, logs, tests));
    }
    for (key, value) in node.pairs() {
        match key.text().unwrap_or_default() {
            "all" | "any" | "none" => matchers(value, logs, tests),
            "log" => logs.push(value),
            "test" => tests.push(value),
            "count" => logs.extend(value.get("log")),
            "absent" => logs.push(value.get("log").unwrap_or(value)),
            "sequence" => {
                let steps = value.get("steps").map(Node::items).unwrap_or_default();
                logs.extend(steps.iter().map(|step| step.get("log").unwrap_or(step)));
            }
            _ => {}
        }
    }
}

/// The matchers any one of which is enough, exceptions aside.
fn suffices(condition: &Condition) -> Vec<Leaf> {
    match condition {
        Condition::Any(parts) => parts.iter().flat_map(suffices).collect(),
        Condition::All(parts) => {
            let mut asked = parts.iter().filter(|part| !matches!(part, Condition::None(_) | Condition::Absent(_)));
            match (asked.next(), asked.next()) {
                (Some(only), None) => suffices(only),
                _ => Vec::new(),
            }
        }
        Condition::Log(number) => vec![Leaf::Log(*number)],
        Condition::Test(number) => vec![Leaf::Test(*number)],
        _ => Vec::new(),
    }
}

/// Notes something about a part of a pattern, with a caret under that part where it can be told.
fn at_part(
    sheet: &mut Sheet<'_>,
    lint: &'static Lint,
    written: &Written<'_>,
    part: std::ops::Range<usize>,
    said: (String, &str),
) -> Option<std::ops::Range<usize>> {
    let bytes = written.node.bytes_of(sheet.source, part);
    let place = bytes.clone().map_or(written.node.place, |bytes| sheet.place_of(bytes));
    sheet.found(&lint.code, place, said.0, said.1.to_owned());
    bytes
}
