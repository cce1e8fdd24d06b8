//! Across cases: one root with its list of tests, and the smallest set of fixes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{CaseDiagnosis, Cause, Hypothesis, PlanStep, Question, Verdict};
use crate::logs::template::template;
use crate::rules::{Captures, Catalog, Rule, RuleIx};

/// Records kept of one cause.
const EVIDENCE_PER_CAUSE: usize = 20;

/// The root causes of the cases' first hypotheses, the one that explains most first, ties by id.
pub fn causes(question: &Question, cases: &[CaseDiagnosis]) -> Vec<Cause> {
    let mut grouped: BTreeMap<(RuleIx, String), Vec<(usize, &Hypothesis)>> = BTreeMap::new();
    for (place, case) in cases.iter().enumerate() {
        if let Some(first) = case.hypotheses.first().filter(|first| first.verdict != Verdict::Inconclusive) {
            let fingerprint = fingerprint(question.catalog.rule(first.root), &first.captures);
            grouped.entry((first.root, fingerprint)).or_default().push((place, first));
        }
    }
    let mut causes: Vec<Cause> =
        grouped.into_iter().map(|((root, fingerprint), members)| cause(root, fingerprint, &members)).collect();
    causes
        .sort_by(|a, b| (Reverse(a.cases.len()), a.root, &a.fingerprint).cmp(&(Reverse(b.cases.len()), b.root, &b.fingerprint)));
    causes
}

fn cause(root: RuleIx, fingerprint: String, members: &[(usize, &Hypothesis)]) -> Cause {
    let first = members[0].1;
    let mut evidence: Vec<_> = members
        .iter()
        .filter_map(|(_, hypothesis)| hypothesis.whys.last())
        .flat_map(|why| why.evidence.iter().copied())
        .collect();
    evidence.sort_unstable();
    evidence.dedup();
    evidence.truncate(EVIDENCE_PER_CAUSE);
    Cause {
        root,
        title: first.title.clone(),
        verdict: members.iter().map(|(_, hypothesis)| hypothesis.verdict).min().unwrap_or(Verdict::Inconclusive),
        fingerprint,
        cases: members.iter().map(|&(place, _)| place).collect(),
        evidence,
        captures: first.captures.clone(),
    }
}

/// The rule's id and the captures that its author named, with ids and numbers masked: stable from run to run.
fn fingerprint(rule: &Rule, captures: &Captures) -> String {
    let parts = rule.fingerprint.iter().filter_map(|name| Some(format!("{name}={}", template(captures.get(name)?))));
    std::iter::once(rule.id.clone()).chain(parts).collect::<Vec<_>>().join(" ")
}

/// Every case has one first hypothesis, so the causes are disjoint and taking the largest first is the smallest cover.
pub fn plan(catalog: &Catalog, causes: &[Cause]) -> Vec<PlanStep> {
    let mut total = 0;
    causes
        .iter()
        .map(|cause| {
            total += cause.cases.len();
            PlanStep { root: catalog.rule(cause.root).id.clone(), clears: cause.cases.len(), total }
        })
        .collect()
}
