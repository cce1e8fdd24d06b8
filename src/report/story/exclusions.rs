//! What was ruled out, each rule for each reason once, and in few lines.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::schema::{Report, RuledOut};

/// A rule that is not the cause of so many tests.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Excluded<'a> {
    pub(in crate::report) rule: &'a str,
    pub(in crate::report) reason: &'a str,
    pub(in crate::report) suspect: bool,
    pub(in crate::report) tests: usize,
}

/// Rules that are out for one reason.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Exclusion<'a> {
    pub(in crate::report) rules: Vec<&'a str>,
    pub(in crate::report) reason: &'a str,
    pub(in crate::report) suspect: bool,
    /// For how many tests; of several rules for the one that is out for most.
    pub(in crate::report) tests: usize,
}

/// What was ruled out: suspects named by the user first, then what matched and is innocent all the same, then the
/// rest, widest first.
pub(super) fn excluded<'a>(ruled_out: impl Iterator<Item = &'a RuledOut>) -> Vec<Excluded<'a>> {
    let mut counts: BTreeMap<(&str, &str, bool), usize> = BTreeMap::new();
    for RuledOut { rule, reason, suspect } in ruled_out {
        *counts.entry((rule.as_str(), reason.as_str(), *suspect)).or_default() += 1;
    }
    let mut excluded: Vec<Excluded<'_>> =
        counts.into_iter().map(|((rule, reason, suspect), tests)| Excluded { rule, reason, suspect, tests }).collect();
    excluded.sort_by_key(|item| (!item.suspect, !item.reason.contains("matched"), usize::MAX - item.tests, item.rule));
    excluded
}

/// The same of a whole report.
pub(super) fn excluded_in(report: &Report) -> Vec<Excluded<'_>> {
    excluded(report.tests.iter().flat_map(|test| &test.ruled_out))
}

/// The same with one line for all rules that simply were not there; suspects and what did match keep lines of their own.
pub(super) fn gathered<'a>(excluded: &[Excluded<'a>]) -> Vec<Exclusion<'a>> {
    let mut gathered: Vec<Exclusion<'a>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for item in excluded {
        let own = item.suspect || item.reason.contains("matched");
        match places.get(item.reason).and_then(|place| gathered.get_mut(*place)).filter(|_| !own) {
            Some(line) => {
                line.tests = line.tests.max(item.tests);
                if !line.rules.contains(&item.rule) {
                    line.rules.push(item.rule);
                }
            }
            None => {
                if !own {
                    places.insert(item.reason, gathered.len());
                }
                gathered.push(Exclusion {
                    rules: vec![item.rule],
                    reason: item.reason,
                    suspect: item.suspect,
                    tests: item.tests,
                });
            }
        }
    }
    gathered
}
