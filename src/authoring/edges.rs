//! Proposes what a new rule explains: the symptoms of the tests that failed, and what was logged after it along one trace, instance or revision.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::SignedDuration;

use crate::findings::{Evidence, Findings, Watch, WatchedWindow};
use crate::rules::{Catalog, Join, Matcher, RuleId, RuleIx};

/// An effect may be dated this much before its cause: clocks differ, and requests are dated at their start.
const SLACK: SignedDuration = SignedDuration::from_millis(1_500);

/// What comes later than this after the line is not proposed as its effect.
const LATEST: SignedDuration = SignedDuration::from_mins(1);

/// A proposed edge, with what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The effect.
    pub rule: RuleId,
    /// What the two really shared.
    pub join: Join,
    /// A bound for how much later it came, rounded up.
    pub within: Option<Duration>,
    /// How often it was so.
    pub seen: String,
}

/// What the tests showed: each symptom in the results of these cases, the one that most show first.
pub fn of_results(catalog: &Catalog, findings: &Findings, cases: &[usize]) -> Vec<Proposed> {
    let mut counts: BTreeMap<RuleIx, usize> = BTreeMap::new();
    for &case in cases {
        let shown = findings.in_results.get(case).into_iter().flatten().map(|finding| finding.rule);
        let symptoms: BTreeSet<RuleIx> = shown.filter(|&rule| catalog.rule(rule).symptom).collect();
        symptoms.into_iter().for_each(|rule| *counts.entry(rule).or_default() += 1);
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(rule, count)| (usize::MAX - count, rule));
    let seen = |count| format!("{count} of {} failing tests around the line showed it", cases.len());
    counts
        .into_iter()
        .map(|(rule, count)| Proposed {
            rule: catalog.rule(rule).id.clone(),
            join: Join::Window,
            within: None,
            seen: seen(count),
        })
        .collect()
}

/// The failing cases in whose windows the line was logged.
pub fn cases_around(watch: &Watch, line: &[Evidence]) -> Vec<usize> {
    let holds = |window: &WatchedWindow| line.iter().any(|record| window.window.contains(record.timestamp));
    watch
        .group(crate::findings::Group::Failing)
        .filter(|(_, window)| holds(window))
        .filter_map(|(_, window)| window.case)
        .collect()
}

/// What was logged after the line and shared a trace, an instance or a revision with it, in at least half of the cases.
pub fn of_logs(catalog: &Catalog, findings: &Findings, line: &[Evidence]) -> Vec<Proposed> {
    let mut effects: BTreeMap<RuleIx, Vec<&Evidence>> = BTreeMap::new();
    for finding in &findings.in_logs {
        if let Some(evidence) = findings.read(finding).filter(|_| catalog.rule(finding.rule).symptom) {
            effects.entry(finding.rule).or_default().push(evidence);
        }
    }
    let mut proposed = Vec::new();
    for (rule, records) in effects {
        let joined: Vec<(Join, SignedDuration)> = line.iter().filter_map(|cause| first_effect(cause, &records)).collect();
        if joined.is_empty() || joined.len() * 2 < line.len() {
            continue;
        }
        // The weakest of what was shared holds for all of them.
        let join = joined.iter().map(|(join, _)| *join).max().unwrap_or(Join::Revision);
        let delay = joined.iter().map(|(_, delay)| *delay).max().unwrap_or_default();
        let seen = format!("after {} of {} lines", joined.len(), line.len());
        proposed.push(Proposed { rule: catalog.rule(rule).id.clone(), join, within: Some(rounded_up(delay)), seen });
    }
    proposed
}

/// The nearest record after the line that shares something with it.
fn first_effect(cause: &Evidence, records: &[&Evidence]) -> Option<(Join, SignedDuration)> {
    let after = |effect: &&&Evidence| {
        let delay = effect.until.duration_since(cause.timestamp);
        delay >= -SLACK && effect.timestamp.duration_since(cause.timestamp) <= LATEST && effect.insert_ids != cause.insert_ids
    };
    let shared = records.iter().filter(after).filter_map(|effect| {
        Some((shared(cause, effect)?, effect.timestamp.duration_since(cause.timestamp).max(SignedDuration::ZERO)))
    });
    shared.min_by_key(|&(join, delay)| (join, delay))
}

fn shared(one: &Evidence, other: &Evidence) -> Option<Join> {
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    match () {
        () if same(&one.trace, &other.trace) => Some(Join::Trace),
        () if same(&one.instance, &other.instance) => Some(Join::Instance),
        () if same(&one.revision, &other.revision) => Some(Join::Revision),
        () => None,
    }
}

fn rounded_up(delay: SignedDuration) -> Duration {
    let steps = [1, 5, 10, 30, 60].map(Duration::from_secs);
    steps.into_iter().find(|step| *step >= delay.unsigned_abs()).unwrap_or(Duration::from_secs(60))
}

/// The rules that match the line itself: less specific ones, which the new rule stands for from now on.
pub fn refined(catalog: &Catalog, matcher: &Matcher, text: &str) -> Vec<RuleIx> {
    let mut met: BTreeMap<RuleIx, Vec<usize>> = BTreeMap::new();
    matcher.in_text(text, &mut |sighting| met.entry(sighting.rule).or_default().push(sighting.matcher));
    let holds = |rule: &RuleIx, matchers: &[usize]| {
        catalog.rule(*rule).condition.as_ref().is_some_and(|condition| condition.met_by_record(matchers, &[]))
    };
    met.into_iter().filter(|(rule, matchers)| holds(rule, matchers)).map(|(rule, _)| rule).collect()
}
