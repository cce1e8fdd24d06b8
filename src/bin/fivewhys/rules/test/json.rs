//! The outcome of rule tests as JSON.

use anyhow::Context;
use fivewhys::rules::load::Loaded;
use fivewhys::scenarios::prove::{Kind, Outcome, Proof, Trial};
use serde_json::{Value, json};

/// One object, schema fivewhys/rule-tests/v1.
pub fn of(rules: &Loaded, proof: &Proof) -> anyhow::Result<String> {
    let all: Vec<Value> = proof
        .rules
        .iter()
        .map(|rule| {
            let definition = rules.catalog.rule(rule.rule);
            json!({
                "rule": definition.id,
                "path": definition.path,
                "tests": rule.trials.iter().map(trial).collect::<Vec<_>>(),
                "coverage": {
                    "conditions": rule.conditions,
                    "conditions_unmet_lines": rule.conditions_unmet,
                    "edges": rule.edges,
                    "edges_unwalked": rule.edges_unwalked,
                },
            })
        })
        .collect();
    let problems: Vec<Value> = proof
        .problems
        .iter()
        .map(|problem| {
            json!({ "code": problem.code.id, "path": problem.path, "line": problem.line, "column": problem.column, "message": problem.message })
        })
        .collect();
    let page = json!({ "schema": "fivewhys/rule-tests/v1", "rules": all, "problems": problems });
    Ok(serde_json::to_string_pretty(&page).context("cannot write the outcome as JSON")? + "\n")
}

fn trial(trial: &Trial) -> Value {
    let kind = match trial.kind {
        Kind::Example => "match",
        Kind::CounterExample => "no_match",
        Kind::Scenario => "scenario",
    };
    let (outcome, reasons): (&str, Vec<&str>) = match &trial.outcome {
        Outcome::Held => ("passed", Vec::new()),
        Outcome::Failed(reasons) => ("failed", reasons.iter().map(String::as_str).collect()),
        Outcome::Todo { reason, holds: false } => ("todo", vec![reason]),
        Outcome::Todo { reason, holds: true } => ("todo_holds", vec![reason]),
    };
    json!({ "kind": kind, "name": trial.name, "line": trial.line, "outcome": outcome, "reasons": reasons })
}
