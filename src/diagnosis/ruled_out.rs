//! What is not the cause: rules that could explain the symptom and did not match, refuted suspects, red herrings.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::chain::Scene;
use super::control::{Control, Standing, StandingKind};
use super::hypothesis::Explained;
use super::{CaseDiagnosis, Question, RuledOut};
use crate::findings::{Group, VariantIx, WatchedWindow};
use crate::rules::{Example, RuleIx};

/// Most rules listed beside the suspects.
const LISTED: usize = 8;

/// Steps from a symptom to a cause that is still worth naming.
const DEEPEST: usize = 4;

/// What could have explained the case and did not: suspects first, then what matched but is as common
/// around passing tests, then the nearest in the cause graph. What is the root of another case is not listed:
/// it is told there.
pub fn ruled_out(
    question: &Question,
    scene: &Scene,
    control: &Control,
    explained: &Explained,
    case: &CaseDiagnosis,
    roots: &BTreeSet<RuleIx>,
) -> Vec<RuledOut> {
    let Some((place, window)) = explained.window else { return Vec::new() };
    let entries = question.pulled.census.per_window.get(place).copied().unwrap_or(0);
    let on_a_chain = |rule: RuleIx| case.hypotheses.iter().any(|hypothesis| hypothesis.whys.iter().any(|why| why.rule == rule));
    let near = reachable(question, &explained.symptoms);
    let mut listed = Vec::new();
    for &suspect in question.suspects {
        if !on_a_chain(suspect) {
            let reason = reason(question, scene, control, suspect, place, window, entries);
            listed.push(RuledOut { rule: suspect, reason: refutation(question, suspect, reason), suspect: true });
        }
    }
    let mut others: Vec<(bool, usize, RuleIx)> = near
        .into_iter()
        .filter(|&(rule, _)| {
            !question.suspects.contains(&rule)
                && !roots.contains(&rule)
                && !on_a_chain(rule)
                && scene.seen_in(rule, place, window).is_empty()
        })
        .map(|(rule, depth)| (variants_in(question, rule, place).is_empty(), depth, rule))
        .collect();
    others.sort_by_key(|&(unseen, depth, rule)| (unseen, depth, question.catalog.rule(rule).severity, rule));
    listed.extend(others.into_iter().take(LISTED).map(|(_, _, rule)| RuledOut {
        rule,
        reason: reason(question, scene, control, rule, place, window, entries),
        suspect: false,
    }));
    listed
}

/// Why a suspect is not the cause: how much was searched in vain, and what would have matched.
fn refutation(question: &Question, suspect: RuleIx, reason: String) -> String {
    let census = &question.pulled.census;
    let windows: Vec<_> = question.watch.group(Group::Failing).map(|(place, _)| place).collect();
    let entries: u64 = windows.iter().filter_map(|&place| census.per_window.get(place)).sum();
    let seen = question.findings.variants.iter().any(|variant| variant.rule == suspect && variant.sightings > 0);
    if seen {
        return format!("it is in the logs, but nothing leads from it to this failure: {reason}");
    }
    let example = question.catalog.rule(suspect).matching_examples.iter().find_map(|example| match example {
        Example::Text(text) => text.lines().next_back(),
        _ => None,
    });
    let wanted = example.map(|example| format!("; it would have matched `{example}`")).unwrap_or_default();
    format!(
        "0 matching entries among the {entries} in {} failing window{}{wanted}",
        windows.len(),
        if windows.len() == 1 { "" } else { "s" }
    )
}

/// Causes in reach of the symptoms, with their distance.
fn reachable(question: &Question, symptoms: &[RuleIx]) -> BTreeMap<RuleIx, usize> {
    let mut depth: BTreeMap<RuleIx, usize> = symptoms.iter().map(|&symptom| (symptom, 0)).collect();
    let mut queue: VecDeque<RuleIx> = symptoms.iter().copied().collect();
    while let Some(effect) = queue.pop_front() {
        let next = depth[&effect] + 1;
        for cause in question.graph.causes_of(effect).iter().filter(|_| next <= DEEPEST) {
            depth.entry(cause.cause).or_insert_with(|| {
                queue.push_back(cause.cause);
                next
            });
        }
    }
    depth.retain(|&rule, _| {
        let rule = question.catalog.rule(rule);
        !rule.symptom && !rule.log_matchers.is_empty()
    });
    depth
}

fn variants_in(question: &Question, rule: RuleIx, place: usize) -> Vec<VariantIx> {
    let of_rule = question.findings.variants.iter().enumerate().filter(|(_, variant)| variant.rule == rule);
    of_rule.filter(|(_, variant)| variant.windows.binary_search(&place).is_ok()).map(|(variant, _)| variant).collect()
}

fn reason(
    question: &Question,
    scene: &Scene,
    control: &Control,
    rule: RuleIx,
    place: usize,
    window: &WatchedWindow,
    entries: u64,
) -> String {
    let variants = variants_in(question, rule, place);
    if variants.is_empty() && scene.seen_in(rule, place, window).is_empty() {
        return match entries {
            0 => "there are no entries in the window, so it could not be seen".to_owned(),
            _ => "no entry in the window matches".to_owned(),
        };
    }
    let standing = control.standing_together(&variants, question.findings);
    format!("it matched {}", standing.sentence())
}

/// Rules that matched around failures, but no more often than around passing tests; the loudest first.
pub fn red_herrings(question: &Question, control: &Control, standings: &[Standing]) -> Vec<RuledOut> {
    let mut by_rule: BTreeMap<RuleIx, Vec<VariantIx>> = BTreeMap::new();
    for (place, variant) in question.findings.variants.iter().enumerate() {
        if standings[place].kind == StandingKind::Common && standings[place].failing.0 > 0 {
            by_rule.entry(variant.rule).or_default().push(place);
        }
    }
    let mut herrings: Vec<(usize, RuledOut)> = by_rule
        .into_iter()
        .filter(|(rule, _)| !question.catalog.rule(*rule).symptom)
        .map(|(rule, variants)| {
            let standing = control.standing_together(&variants, question.findings);
            let reason = format!("just as common around passing tests: {}", standing.sentence());
            (standing.failing.0, RuledOut { rule, reason, suspect: question.suspects.contains(&rule) })
        })
        .collect();
    herrings.sort_by_key(|(failing, herring)| (usize::MAX - failing, herring.rule));
    herrings.into_iter().map(|(_, herring)| herring).collect()
}
