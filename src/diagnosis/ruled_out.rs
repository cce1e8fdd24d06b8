//! What is not the cause: rules that could explain the symptom and did not match, refuted suspects, red herrings.

use std::collections::{BTreeMap, VecDeque};

use super::chain::Scene;
use super::control::{Control, Standing, StandingKind};
use super::hypothesis::Explained;
use super::{CaseDiagnosis, Question, RuledOut};
use crate::findings::VariantIx;
use crate::rules::RuleIx;

/// Most rules listed beside the suspects.
const LISTED: usize = 8;

/// Steps from a symptom to a cause that is still worth naming.
const DEEPEST: usize = 4;

/// What could have explained the case and did not: suspects first, then what matched but is as common
/// around passing tests, then the nearest in the cause graph.
pub fn ruled_out(
    question: &Question,
    scene: &Scene,
    control: &Control,
    explained: &Explained,
    case: &CaseDiagnosis,
) -> Vec<RuledOut> {
    let Some((place, window)) = explained.window else { return Vec::new() };
    let entries = question.pulled.census.per_window.get(place).copied().unwrap_or(0);
    let on_a_chain = |rule: RuleIx| case.hypotheses.iter().any(|hypothesis| hypothesis.whys.iter().any(|why| why.rule == rule));
    let near = reachable(question, &explained.symptoms);
    let mut listed = Vec::new();
    for &suspect in question.suspects {
        if !on_a_chain(suspect) {
            let reason = reason(question, scene, control, suspect, place, window, entries);
            let seen = !scene.seen_in(suspect, place, window).is_empty();
            let reason = if seen { format!("it matched, but nothing leads from it to this failure: {reason}") } else { reason };
            listed.push(RuledOut { rule: suspect, reason, suspect: true });
        }
    }
    let mut others: Vec<(bool, usize, RuleIx)> = near
        .into_iter()
        .filter(|&(rule, _)| {
            !question.suspects.contains(&rule) && !on_a_chain(rule) && scene.seen_in(rule, place, window).is_empty()
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
    window: &crate::findings::WatchedWindow,
    entries: u64,
) -> String {
    let variants = variants_in(question, rule, place);
    if variants.is_empty() && scene.seen_in(rule, place, window).is_empty() {
        return match entries {
            0 => "there are no entries in the window, so it could not be seen".to_owned(),
            1 => "the 1 entry in the window does not match".to_owned(),
            _ => format!("none of the {entries} entries in the window match"),
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
