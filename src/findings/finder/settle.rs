//! Settles the conditions that also speak of cases or whole windows.

use super::{Finder, Sighted};
use crate::findings::Finding;
use crate::results::{TestCase, TestRun};
use crate::rules::{Condition, RuleIx};

impl Finder<'_> {
    /// For each window in which the condition holds, the records that make it hold become findings of that window.
    pub(super) fn settle(&mut self, rule: RuleIx, condition: &Condition, met: &[Sighted], run: &TestRun) {
        let watch = self.watch;
        for (place, window) in watch.windows().iter().enumerate() {
            let start = met.partition_point(|met| met.at < window.window.start);
            let end = met.partition_point(|met| met.at < window.window.end);
            let inside = &met[start..end];
            let case = window.case.map(|case| self.test_matchers_met(rule, &run.cases[case])).unwrap_or_default();
            let Some(records) = records_that_settle(condition, inside, &case, self.catalog.rule(rule).log_matchers.len()) else {
                continue;
            };
            let finding = |met: Option<&Sighted>| Finding {
                rule,
                captures: met.map(|met| met.captures.clone()).unwrap_or_default(),
                evidence: met.and_then(|met| met.evidence),
                variant: met.map(|met| met.variant),
                only_in: Some(place),
            };
            let kept: Vec<Finding> = records
                .into_iter()
                .map(|record| finding(Some(&inside[record])))
                .filter(|finding| finding.evidence.is_some())
                .collect();
            if kept.is_empty() { self.in_logs.push(finding(None)) } else { self.in_logs.extend(kept) }
        }
    }

    fn test_matchers_met(&self, rule: RuleIx, case: &TestCase) -> Vec<usize> {
        let matchers = self.catalog.rule(rule).test_matchers.iter().enumerate();
        matchers.filter(|(_, matcher)| matcher.met_by(case).is_some()).map(|(place, _)| place).collect()
    }
}

/// Whether a record alone decides the condition.
pub(super) fn settled_by_record(condition: &Condition) -> bool {
    let scope = condition.scope();
    !(scope.window || scope.record && scope.case)
}

/// The records of a window that make the condition hold (none for what holds because of their absence);
/// `None` where it does not hold.
fn records_that_settle(condition: &Condition, inside: &[Sighted], case: &[usize], matchers: usize) -> Option<Vec<usize>> {
    let mut times = vec![Vec::new(); matchers];
    let mut who = vec![Vec::new(); matchers];
    for (place, met) in inside.iter().enumerate() {
        for &matcher in &*met.matchers {
            times[matcher].push(met.at);
            who[matcher].push(place);
        }
    }
    if condition.scope().record {
        let holds = |met: &Sighted| condition.met_in_window(&met.matchers, case, &times).is_some();
        let records: Vec<usize> = (0..inside.len()).filter(|&place| holds(&inside[place])).collect();
        return (!records.is_empty()).then_some(records);
    }
    let witnesses = condition.met_in_window(&[], case, &times)?;
    let mut records: Vec<usize> = witnesses.iter().map(|witness| who[witness.matcher][witness.sighting]).collect();
    records.sort_unstable();
    records.dedup();
    Some(records)
}
