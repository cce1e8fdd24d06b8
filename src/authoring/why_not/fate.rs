//! What the diagnosis made of a rule that did match: the root, a step on the way, or put aside, and why.

use std::collections::BTreeSet;

use crate::diagnosis::{CaseDiagnosis, Diagnosis, ScorePart, Verdict};
use crate::findings::{Evidence, Finding, Findings, WatchedWindow, WindowIx};
use crate::rules::graph::{CauseGraph, DEEPEST};
use crate::rules::{Catalog, Join, RuleId, RuleIx};

/// What became of a rule in one case.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// It is the root.
    Root(Verdict),
    /// It could be the root, but another one scores better; the parts of both.
    Outscored {
        /// The root that stands first.
        by: RuleId,
        /// Sum and parts of the first.
        best: (i32, Vec<ScorePart>),
        /// Sum and parts of the rule.
        own: (i32, Vec<ScorePart>),
        /// How sure the rule would be.
        verdict: Verdict,
    },
    /// It stands on the chain, and another rule explains it.
    Step {
        /// The rule behind it.
        cause: RuleId,
    },
    /// It is a symptom: something is always behind it.
    Symptom,
    /// A more specific rule stands for the same record.
    Beaten(RuleId),
    /// It is as common around passing tests.
    Common(String),
    /// The test shows none of what it explains.
    NoWay {
        /// What the test shows.
        shown: Vec<RuleId>,
        /// What the rule explains.
        explains: Vec<RuleId>,
    },
    /// It explains what the test shows, but shares with it too little, or comes at the wrong time.
    NotJoined(Vec<String>),
    /// It did not match.
    Silent,
}

/// All that the question is about.
#[derive(Clone, Copy)]
pub struct Court<'a> {
    /// The rules.
    pub catalog: &'a Catalog,
    /// What they found.
    pub findings: &'a Findings,
    /// What was made of it.
    pub diagnosis: &'a Diagnosis,
    /// The case.
    pub case: &'a CaseDiagnosis,
    /// Its window.
    pub window: Option<(WindowIx, &'a WatchedWindow)>,
}

impl Court<'_> {
    /// What became of the rule; `raw` says whether its matchers were met in the window at all.
    pub fn fate(&self, rule: RuleIx, raw: bool) -> Fate {
        let first = self.case.hypotheses.first();
        if let Some(first) = first.filter(|first| first.root == rule && first.verdict != Verdict::Inconclusive) {
            return Fate::Root(first.verdict);
        }
        let found = self.found(rule);
        if found.is_empty() && !self.shown_by_result(rule) {
            let stands = if raw { self.beaten(rule) } else { None };
            return stands.map_or(Fate::Silent, Fate::Beaten);
        }
        if let Some(own) = self.case.hypotheses.iter().find(|hypothesis| hypothesis.root == rule)
            && let Some(best) = first.filter(|best| best.root != rule)
        {
            let by = self.catalog.rule(best.root).id.clone();
            return Fate::Outscored {
                by,
                best: (best.score, best.parts.clone()),
                own: (own.score, own.parts.clone()),
                verdict: own.verdict,
            };
        }
        if let Some(cause) = first.and_then(|first| first.whys.iter().skip_while(|why| why.rule != rule).nth(1)) {
            return Fate::Step { cause: self.catalog.rule(cause.rule).id.clone() };
        }
        if self.catalog.rule(rule).symptom {
            return Fate::Symptom;
        }
        if let Some(herring) = self.diagnosis.red_herrings.iter().find(|herring| herring.rule == rule) {
            return Fate::Common(herring.reason.clone());
        }
        self.unlinked(rule, &found)
    }

    /// The rule's findings in the window.
    fn found(&self, rule: RuleIx) -> Vec<&Finding> {
        let Some((place, window)) = self.window else { return Vec::new() };
        let inside = |finding: &&Finding| match (finding.only_in, finding.evidence) {
            (Some(only), _) => only == place,
            (None, Some(evidence)) => window.window.contains(self.findings.evidence[evidence].timestamp),
            (None, None) => false,
        };
        self.findings.in_logs.iter().filter(|finding| finding.rule == rule).filter(inside).collect()
    }

    fn shown_by_result(&self, rule: RuleIx) -> bool {
        self.in_result().any(|shown| shown == rule)
    }

    fn in_result(&self) -> impl Iterator<Item = RuleIx> + '_ {
        let findings = self.case.case.and_then(|case| self.findings.in_results.get(case));
        findings.into_iter().flatten().map(|finding| finding.rule)
    }

    /// A rule that refines this one and was found in the window.
    fn beaten(&self, rule: RuleIx) -> Option<RuleId> {
        let refines = |other: &RuleIx| {
            let mut open = self.catalog.rule(*other).refines.clone();
            let mut seen = BTreeSet::new();
            while let Some(next) = open.pop() {
                if next == rule {
                    return true;
                }
                if seen.insert(next) {
                    open.extend(&self.catalog.rule(next).refines);
                }
            }
            false
        };
        (0..self.catalog.rules().len())
            .filter(refines)
            .find(|&other| !self.found(other).is_empty() || self.shown_by_result(other))
            .map(|other| self.catalog.rule(other).id.clone())
    }

    /// No chain leads from the symptom to the rule: there is no edge, or none that holds.
    fn unlinked(&self, rule: RuleIx, found: &[&Finding]) -> Fate {
        let graph = CauseGraph::new(self.catalog);
        let shown: Vec<RuleIx> = self.in_result().filter(|&shown| self.catalog.rule(shown).symptom).collect();
        let reach = effects(&graph, rule);
        let names = |rules: &mut dyn Iterator<Item = RuleIx>| rules.map(|rule| self.catalog.rule(rule).id.clone()).collect();
        if !shown.iter().any(|symptom| reach.contains(symptom)) {
            let explains = names(&mut graph.effects_of(rule).iter().map(|edge| edge.effect));
            return Fate::NoWay { shown: names(&mut shown.into_iter()), explains };
        }
        let evidence: Vec<&Evidence> = found.iter().filter_map(|finding| self.findings.read(finding)).collect();
        let mut reasons = Vec::new();
        for edge in graph
            .effects_of(rule)
            .iter()
            .filter(|edge| shown.iter().any(|symptom| effects(&graph, edge.effect).contains(symptom) || *symptom == edge.effect))
        {
            let effect = &self.catalog.rule(edge.effect).id;
            let seen: Vec<&Evidence> = self.found(edge.effect).iter().filter_map(|finding| self.findings.read(finding)).collect();
            reasons.push(match (edge.join, seen.is_empty()) {
                (_, true) if !shown.contains(&edge.effect) => format!("{effect} was not seen in the window"),
                (Join::Window, _) => format!("{effect}: the window is shared, but what was seen there is no better than chance"),
                _ => format!("{effect}: {}", unshared(edge.join, &evidence, &seen)),
            });
        }
        Fate::NotJoined(reasons)
    }
}

/// What the two would have to share and do not.
fn unshared(join: Join, causes: &[&Evidence], effects: &[&Evidence]) -> String {
    let (name, field): (&str, fn(&Evidence) -> Option<&String>) = match join {
        Join::Trace | Join::Request => ("trace", |evidence| evidence.trace.as_ref()),
        Join::Instance => ("instance", |evidence| evidence.instance.as_ref()),
        _ => ("revision", |evidence| evidence.revision.as_ref()),
    };
    let value = |evidence: &[&Evidence]| {
        evidence.iter().find_map(|evidence| field(evidence)).map(|value| value.chars().take(40).collect::<String>())
    };
    match (value(causes), value(effects)) {
        (Some(own), Some(other)) if own == other => format!("the {name} is shared, but it came too late or too early"),
        (Some(own), Some(other)) => format!("the edge wants the same {name}; the cause has {own}, the effect {other}"),
        (None, _) => format!("the edge wants the same {name}, and the cause's record has none"),
        (_, None) => format!("the edge wants the same {name}, and the effect's record has none"),
    }
}

/// All that follows from a rule, directly or through others.
fn effects(graph: &CauseGraph, rule: RuleIx) -> BTreeSet<RuleIx> {
    let mut seen = BTreeSet::new();
    let mut open = vec![(rule, 0)];
    while let Some((rule, depth)) = open.pop() {
        for edge in graph.effects_of(rule) {
            if depth < DEEPEST && seen.insert(edge.effect) {
                open.push((edge.effect, depth + 1));
            }
        }
    }
    seen
}
