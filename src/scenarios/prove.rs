//! All tests of rules run: examples, counter-examples, scenarios; what is still to do; and what no test reaches.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{Played, Stage, differences};
use crate::rules::examples::{self, examine};
use crate::rules::load::Loaded;
use crate::rules::scenario::{Trials, trials};
use crate::rules::{Catalog, Example, Matcher, Problem, Rule, RuleIx};

/// What a test of a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text, an entry or a failure that the rule must match.
    Example,
    /// One that it must not match.
    CounterExample,
    /// A scene that goes through a whole diagnosis.
    Scenario,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Held,
    /// Otherwise: what is different, one sentence each.
    Failed(Vec<String>),
    /// It is known not to hold yet, and counts as neither.
    Todo {
        /// Why, where the file says so.
        reason: String,
        /// It holds by now: it is no longer to do.
        holds: bool,
    },
}

/// A test of a rule and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What it is.
    pub kind: Kind,
    /// The scenario's name, or the example on one line; not redacted, it is the author's own text.
    pub name: String,
    /// Its line in the rule's file, from 1.
    pub line: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// The tests of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleProof {
    /// The rule.
    pub rule: RuleIx,
    /// Its tests: examples, counter-examples, scenarios, what is to do.
    pub trials: Vec<Trial>,
    /// Its `log` and `test` conditions.
    pub conditions: usize,
    /// Lines of those that no example and no scenario meets.
    pub conditions_unmet: Vec<u64>,
    /// Its edges.
    pub edges: usize,
    /// Effects of those that no scenario goes along.
    pub edges_unwalked: Vec<String>,
}

/// The tests of all rules that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// In order of rule.
    pub rules: Vec<RuleProof>,
    /// Scenarios that cannot be read.
    pub problems: Vec<Problem>,
}

/// Runs the tests of every rule whose file has a text in [`Loaded::texts`]. The answer does not depend on the number of threads.
pub fn prove(loaded: &Loaded) -> Proof {
    let catalog = &loaded.catalog;
    let matcher = Matcher::new(catalog);
    let stage = Stage::new(catalog, &matcher);
    let wanted: Vec<RuleIx> =
        (0..catalog.rules().len()).filter(|rule| loaded.texts.contains_key(&catalog.rule(*rule).path)).collect();
    let tested: Vec<Tested> = wanted.par_iter().map(|rule| test(loaded, &stage, *rule)).collect();
    let mut walked = BTreeSet::new();
    let mut met = BTreeSet::new();
    for played in tested.iter().flat_map(|tested| &tested.played) {
        walked.extend(played.walked.iter().copied());
        met.extend(played.met.iter().copied());
    }
    let mut wrong: BTreeMap<(RuleIx, bool, usize), String> = BTreeMap::new();
    for mismatch in examine(catalog, &matcher, |rule| loaded.texts.contains_key(&rule.path)).mismatches {
        wrong.insert((mismatch.rule, mismatch.should_match, mismatch.number), mismatch.hint);
    }
    let mut proof = Proof::default();
    for Tested { rule, trials, mut cases, problems, .. } in tested {
        let mut all = of_examples(catalog, rule, &trials, &wrong);
        all.append(&mut cases);
        met.extend(examples_meet(catalog, &matcher, rule));
        let (conditions_unmet, edges_unwalked) = unreached(catalog, rule, &trials, &met, &walked);
        let definition = catalog.rule(rule);
        proof.rules.push(RuleProof {
            rule,
            trials: all,
            conditions: definition.log_matchers.len() + definition.test_matchers.len(),
            conditions_unmet,
            edges: definition.explains.len(),
            edges_unwalked,
        });
        proof.problems.extend(problems);
    }
    proof
}

struct Tested {
    rule: RuleIx,
    trials: Trials,
    /// Scenarios and examples to do.
    cases: Vec<Trial>,
    played: Vec<Played>,
    problems: Vec<Problem>,
}

fn test(loaded: &Loaded, stage: &Stage<'_>, rule: RuleIx) -> Tested {
    let (trials, problems) = trials(loaded, loaded.catalog.rule(rule));
    let (mut cases, mut plays) = (Vec::new(), Vec::new());
    for scenario in &trials.scenarios {
        let wrong = match stage.play(rule, scenario) {
            Ok(played) => {
                let wrong = differences(&scenario.expect, &played);
                plays.push(played);
                wrong
            }
            Err(error) => vec![error],
        };
        let outcome = match &scenario.todo {
            Some(reason) => Outcome::Todo { reason: reason.clone(), holds: wrong.is_empty() },
            None if wrong.is_empty() => Outcome::Held,
            None => Outcome::Failed(wrong),
        };
        cases.push(Trial { kind: Kind::Scenario, name: scenario.name.clone(), line: scenario.place.line, outcome });
    }
    for (number, example) in trials.todo.iter().enumerate() {
        let holds = examples::matches(stage.catalog, stage.matcher, rule, example);
        let outcome = Outcome::Todo { reason: "it should match one day".to_owned(), holds };
        cases.push(trial(Kind::Example, example, trials.example_lines[2].get(number), outcome));
    }
    Tested { rule, trials, cases, played: plays, problems }
}

fn trial(kind: Kind, example: &Example, line: Option<&u64>, outcome: Outcome) -> Trial {
    Trial { kind, name: examples::one_line(example), line: line.copied().unwrap_or(1), outcome }
}

fn of_examples(catalog: &Catalog, rule: RuleIx, trials: &Trials, wrong: &BTreeMap<(RuleIx, bool, usize), String>) -> Vec<Trial> {
    let definition = catalog.rule(rule);
    let lists = [(true, Kind::Example, &definition.matching_examples), (false, Kind::CounterExample, &definition.other_examples)];
    let all = lists.into_iter().zip(&trials.example_lines).flat_map(|((should, kind, list), lines)| {
        list.iter().enumerate().map(move |(number, example)| {
            let outcome = match wrong.get(&(rule, should, number + 1)) {
                None => Outcome::Held,
                Some(hint) => {
                    let what = if should { "the rule does not match it" } else { "the rule matches it, and must not" };
                    Outcome::Failed(vec![what.to_owned(), hint.clone()])
                }
            };
            trial(kind, example, lines.get(number), outcome)
        })
    });
    all.collect()
}

fn examples_meet(catalog: &Catalog, matcher: &Matcher, rule: RuleIx) -> Vec<(RuleIx, bool, usize)> {
    let definition = catalog.rule(rule);
    // What an exception (`none`) is for is shown by a counter-example.
    let all = definition.matching_examples.iter().chain(&definition.other_examples);
    all.flat_map(|example| {
        let (logs, tests) = examples::met(catalog, matcher, rule, example);
        let logs = logs.into_iter().map(move |number| (rule, true, number));
        logs.chain(tests.into_iter().map(move |number| (rule, false, number)))
    })
    .collect()
}

fn unreached(
    catalog: &Catalog,
    rule: RuleIx,
    trials: &Trials,
    met: &BTreeSet<(RuleIx, bool, usize)>,
    walked: &BTreeSet<(RuleIx, RuleIx)>,
) -> (Vec<u64>, Vec<String>) {
    let definition: &Rule = catalog.rule(rule);
    let lines = |is_log: bool, count: usize, lines: &[u64]| -> Vec<u64> {
        let unmet = (0..count).filter(|number| !met.contains(&(rule, is_log, *number)));
        unmet.map(|number| lines.get(number).copied().unwrap_or(1)).collect()
    };
    let mut conditions = lines(true, definition.log_matchers.len(), &trials.log_lines);
    conditions.extend(lines(false, definition.test_matchers.len(), &trials.test_lines));
    conditions.sort_unstable();
    let edges = definition.explains.iter().filter(|edge| !walked.contains(&(rule, edge.effect)));
    let mut edges: Vec<String> = edges.map(|edge| catalog.rule(edge.effect).id.clone()).collect();
    edges.sort();
    edges.dedup();
    (conditions, edges)
}
