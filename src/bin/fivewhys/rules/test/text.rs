//! The outcome of rule tests for people.

use fivewhys::rules::load::Loaded;
use fivewhys::scenarios::prove::{Kind, Outcome, Proof, Trial};

use super::super::words::{count, shortened};
use super::super::{colour, problems, width};

/// What failed, what no longer is to do, what is not covered if asked for, and the sums.
pub fn of(rules: &Loaded, proof: &Proof, coverage: bool) -> String {
    let mut out = problems::drawn(&proof.problems, width(), colour());
    for rule in &proof.rules {
        let path = &rules.catalog.rule(rule.rule).path;
        for trial in &rule.trials {
            out += &told(path, trial);
        }
    }
    if coverage {
        out += &uncovered(rules, proof);
    }
    out + &sums(proof)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Example => "example",
        Kind::CounterExample => "counter-example",
        Kind::Scenario => "scenario",
    }
}

fn told(path: &str, trial: &Trial) -> String {
    let name = shortened(&trial.name, width().saturating_sub(4));
    let head = |verb: &str| format!("{path}:{}: {} {verb}\n    {name}\n", trial.line, kind(trial.kind));
    match &trial.outcome {
        Outcome::Held | Outcome::Todo { holds: false, .. } => String::new(),
        Outcome::Todo { holds: true, .. } => head("is to do, and holds by now: take `todo` away"),
        Outcome::Failed(reasons) => {
            let lines: String = reasons.iter().map(|reason| format!("    {}\n", shortened(reason, 400))).collect();
            head("failed") + &lines
        }
    }
}

fn uncovered(rules: &Loaded, proof: &Proof) -> String {
    let mut out = String::new();
    for rule in &proof.rules {
        let definition = rules.catalog.rule(rule.rule);
        let mut parts = Vec::new();
        if !rule.conditions_unmet.is_empty() {
            let lines: Vec<String> = rule.conditions_unmet.iter().map(u64::to_string).collect();
            parts.push(format!("no test meets the conditions in lines {}", lines.join(", ")));
        }
        if !rule.edges_unwalked.is_empty() {
            parts.push(format!("no scenario goes along the edges to {}", rule.edges_unwalked.join(", ")));
        }
        if !parts.is_empty() {
            out += &format!("{}: {}\n", definition.path, parts.join("; "));
        }
    }
    out
}

fn sums(proof: &Proof) -> String {
    let trials = || proof.rules.iter().flat_map(|rule| &rule.trials);
    let of_kind =
        |wanted: Kind| trials().filter(|trial| trial.kind == wanted && !matches!(trial.outcome, Outcome::Todo { .. })).count();
    let todo = trials().filter(|trial| matches!(trial.outcome, Outcome::Todo { .. })).count();
    let failed = trials().filter(|trial| matches!(trial.outcome, Outcome::Failed(_))).count();
    let rules = count(proof.rules.iter().filter(|rule| !rule.trials.is_empty()).count(), "rule", "rules");
    let examples = count(of_kind(Kind::Example), "example", "examples");
    let others = count(of_kind(Kind::CounterExample), "counter-example", "counter-examples");
    let mut out = match of_kind(Kind::Scenario) {
        0 => format!("{rules} tested with {examples} and {others}"),
        scenes => format!("{rules} tested with {examples}, {others} and {}", count(scenes, "scenario", "scenarios")),
    };
    out += &match (failed, proof.problems.len()) {
        (0, 0) => ": all as they should be".to_owned(),
        (failed, 0) => format!(": {failed} failed"),
        (failed, problems) => format!(": {failed} failed, {} in the files", count(problems, "problem", "problems")),
    };
    if todo > 0 {
        out += &format!(", {todo} to do");
    }
    let sum = |number: fn(&fivewhys::scenarios::prove::RuleProof) -> usize| proof.rules.iter().map(number).sum::<usize>();
    let (conditions, unmet) = (sum(|rule| rule.conditions), sum(|rule| rule.conditions_unmet.len()));
    let (edges, unwalked) = (sum(|rule| rule.edges), sum(|rule| rule.edges_unwalked.len()));
    out + &format!(
        ".\nCovered: {} of {conditions} conditions, {} of {edges} edges.\n",
        conditions - unmet,
        edges.saturating_sub(unwalked)
    )
}
