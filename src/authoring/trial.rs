//! Counts what a rule meets in an incident: around failures, around passing tests, and between failures.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnosis::Diagnosis;
use crate::findings::{Evidence, Findings, Group, Watch, WindowIx};
use crate::rules::RuleIx;

/// Records shown of each side.
const SHOWN: usize = 3;

/// Values shown of one capture.
const VALUES: usize = 5;

/// What a rule met in one incident.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trial {
    /// Failing windows in which it was met, and how many there are.
    pub failing: (usize, usize),
    /// Passing windows in which it was met, and how many there are.
    pub passing: (usize, usize),
    /// Failing tests whose result alone meets it.
    pub results: usize,
    /// Records that meet it, within reach of all windows.
    pub records: u64,
    /// Records that meet it during the run while no failing test was at work.
    pub between_failures: u64,
    /// The first records in failing windows.
    pub around_failures: Vec<Evidence>,
    /// The first records in passing windows.
    pub around_passes: Vec<Evidence>,
    /// By capture: the values caught most often, with how often.
    pub captured: BTreeMap<String, Vec<(String, usize)>>,
}

impl Trial {
    /// What the rule at this place of the catalog met; linear in the findings.
    pub fn of(rule: RuleIx, watch: &Watch, findings: &Findings) -> Trial {
        let own: Vec<_> = findings.in_logs.iter().filter(|finding| finding.rule == rule).collect();
        let variants: Vec<_> = findings.variants.iter().filter(|variant| variant.rule == rule).collect();
        let whole_window: BTreeSet<WindowIx> = own.iter().filter_map(|finding| finding.only_in).collect();
        // A condition that speaks of whole windows holds only where it was found to hold.
        let speaks_of_windows = own.iter().any(|finding| finding.only_in.is_some());
        let windows: BTreeSet<WindowIx> = match speaks_of_windows {
            true => whole_window,
            false => variants.iter().flat_map(|variant| variant.windows.iter().copied()).collect(),
        };
        let seen = |group: Group| {
            let all: Vec<_> = watch.group(group).map(|(place, _)| place).collect();
            (all.iter().filter(|place| windows.contains(place)).count(), all.len())
        };
        let records = || own.iter().filter_map(|finding| findings.read(finding));
        let shown = |group: Group| {
            let inside = |record: &&Evidence| {
                let mut inside = false;
                watch.around(record.timestamp, |window| inside |= watch.windows()[window].group == group);
                inside
            };
            records().filter(inside).take(SHOWN).cloned().collect()
        };
        let results = findings.in_results.iter().filter(|case| case.iter().any(|finding| finding.rule == rule)).count();
        Trial {
            failing: seen(Group::Failing),
            passing: seen(Group::Control),
            results,
            records: variants.iter().map(|variant| variant.sightings).sum(),
            between_failures: variants.iter().map(|variant| variant.between_failures).sum(),
            around_failures: shown(Group::Failing),
            around_passes: shown(Group::Control),
            captured: captured(own.iter().map(|finding| &finding.captures)),
        }
    }

    /// How much more often failing windows show it than passing ones: the ratio of the two shares, with half a window
    /// added to each side, so that one window alone is no proof. `None` without passing windows.
    pub fn lift(&self) -> Option<f64> {
        let share = |(seen, all): (usize, usize)| (seen as f64 + 0.5) / (all as f64 + 1.0);
        (self.passing.1 > 0).then(|| share(self.failing) / share(self.passing))
    }
}

fn captured<'c>(all: impl Iterator<Item = &'c crate::rules::Captures>) -> BTreeMap<String, Vec<(String, usize)>> {
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (name, value) in all.flatten() {
        *counts.entry(name.clone()).or_default().entry(value.clone()).or_default() += 1;
    }
    let most = |values: BTreeMap<String, usize>| {
        let mut values: Vec<(String, usize)> = values.into_iter().collect();
        values.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        values.truncate(VALUES);
        values
    };
    counts.into_iter().map(|(name, values)| (name, most(values))).collect()
}

/// The first hypothesis of a case: its root's id and how sure.
pub type Answer = (Option<String>, crate::diagnosis::Verdict);

/// For each diagnosed case of the run (`None`: a window): what is said of it without and with the rule.
pub fn compared(
    before: (&Diagnosis, &crate::rules::Catalog),
    after: (&Diagnosis, &crate::rules::Catalog),
) -> Vec<(Option<usize>, Answer, Answer)> {
    let answer = |case: &crate::diagnosis::CaseDiagnosis, catalog: &crate::rules::Catalog| {
        (case.hypotheses.first().map(|first| catalog.rule(first.root).id.clone()), case.verdict)
    };
    let pairs = before.0.cases.iter().zip(&after.0.cases);
    pairs.map(|(one, other)| (one.case, answer(one, before.1), answer(other, after.1))).collect()
}
