//! A report as a comparison sees it: how each test ended, why it failed, and which revisions served.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Named;
use super::schema::{RunSummary, Serving, State};
use crate::report::Report;
use crate::report::redact::Redacted;
use crate::report::schema::{Cause, Outcome};

/// A run, looked up by test and by service.
pub(super) struct Sighting<'a> {
    pub(super) name: &'a str,
    pub(super) report: &'a Report,
    states: BTreeMap<&'a Redacted, State>,
    causes: BTreeMap<&'a Redacted, &'a Cause>,
    /// The revisions that logged after the run had started.
    pub(super) serving: BTreeMap<&'a Redacted, BTreeSet<&'a Redacted>>,
    pub(super) lists_all_tests: bool,
}

impl<'a> Sighting<'a> {
    pub(super) fn of(named: Named<'a>) -> Self {
        let Named { name, report } = named;
        let run = &report.run;
        let mut states: BTreeMap<&Redacted, State> = BTreeMap::new();
        // Of several cases with one id, the worst counts.
        let mut note = |id: &'a Redacted, state: State| {
            let known = states.entry(id).or_insert(state);
            *known = state.max(*known);
        };
        run.passed.iter().for_each(|id| note(id, State::Passed));
        run.skipped.iter().for_each(|id| note(id, State::Skipped));
        run.flaky.iter().for_each(|id| note(id, State::Flaky));
        for test in &report.tests {
            match test.outcome {
                Outcome::Failed => note(&test.id, State::Failed),
                Outcome::Errored => note(&test.id, State::Errored),
                Outcome::Flaky => note(&test.id, State::Flaky),
                Outcome::NotFailed => note(&test.id, State::NotFailed),
                Outcome::Window => {}
            }
        }
        let mut causes = BTreeMap::new();
        for cause in &report.causes {
            for test in &cause.tests {
                causes.entry(test).or_insert(cause);
            }
        }
        Sighting {
            name,
            report,
            states,
            causes,
            serving: serving(report),
            // Only counted, not listed: a report of an earlier version.
            lists_all_tests: run.passed.len() == run.counts.passed && run.skipped.len() == run.counts.skipped,
        }
    }

    /// The tests that the report names.
    pub(super) fn tests(&self) -> impl Iterator<Item = &'a Redacted> + '_ {
        self.states.keys().copied()
    }

    /// How the test ended, as far as the report says.
    pub(super) fn state(&self, test: &Redacted) -> State {
        let unlisted = if self.lists_all_tests { State::Absent } else { State::NotFailed };
        self.states.get(test).copied().unwrap_or(unlisted)
    }

    /// The cause of the test's failure.
    pub(super) fn cause(&self, test: &Redacted) -> Option<&'a Cause> {
        self.causes.get(test).copied()
    }

    pub(super) fn started_at(&self) -> Option<Timestamp> {
        self.report.run.started_at.as_deref()?.parse().ok()
    }

    /// The services and revisions on which a cause was seen.
    pub(super) fn seen_on(&self, cause: &Cause) -> BTreeMap<&'a Redacted, BTreeSet<&'a Redacted>> {
        let mut seen: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for evidence in cause.evidence.iter().filter_map(|key| self.report.evidence.get(key)) {
            if let Some(service) = &evidence.service {
                seen.entry(service).or_default().extend(&evidence.revision);
            }
        }
        seen
    }

    pub(super) fn summary(&self) -> RunSummary {
        let run = &self.report.run;
        RunSummary {
            report: self.name.to_owned(),
            key: self.key(),
            started_at: run.started_at.clone(),
            counts: run.counts,
            lists_all_tests: self.lists_all_tests,
            revisions: self
                .serving
                .iter()
                .map(|(service, revisions)| Serving {
                    service: (*service).clone(),
                    revisions: revisions.iter().map(|revision| (*revision).clone()).collect(),
                })
                .collect(),
        }
    }

    /// Names the run, whichever rules diagnosed it: its start and what its tests said.
    fn key(&self) -> String {
        let counts = &self.report.run.counts;
        let mut digest = Digest::default();
        for count in [counts.tests, counts.passed, counts.skipped, counts.failed, counts.errored, counts.flaky] {
            digest.take(count.to_string().as_bytes());
        }
        for test in &self.report.tests {
            digest.take(test.id.as_bytes());
            digest.take(test.error.as_deref().unwrap_or_default().as_bytes());
        }
        let start = self.started_at().map_or_else(|| "undated".to_owned(), |start| start.to_string());
        format!("{start}-{:016x}", digest.0)
    }
}

/// What was still logging when the run had started: a revision that went before it did not serve it.
fn serving(report: &Report) -> BTreeMap<&Redacted, BTreeSet<&Redacted>> {
    let start: Option<Timestamp> = report.run.started_at.as_deref().and_then(|start| start.parse().ok());
    let mut serving: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for revision in report.run.revisions.iter().filter(|revision| !revision.revision.is_empty()) {
        let last: Option<Timestamp> = revision.last.parse().ok();
        let before = start.zip(last).is_some_and(|(start, last)| last < start);
        if !before {
            serving.entry(&revision.service).or_default().insert(&revision.revision);
        }
    }
    serving
}

/// FNV-1a with 64 bits: stable over versions and machines, which the hashers of the standard library do not promise.
/// Source: Fowler, Noll, Vo, <http://www.isthe.com/chongo/tech/comp/fnv/>.
struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Takes a part; parts are kept apart by a byte that no text holds.
    fn take(&mut self, part: &[u8]) {
        for byte in part.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
