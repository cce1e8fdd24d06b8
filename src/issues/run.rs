//! Which run a report is of, and when and where it saw a cause.

use jiff::Timestamp;

use super::key::digest;
use crate::report::Report;
use crate::report::schema::Cause;

/// The run that a report describes, as the table of an issue names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Names it; the same from one attempt to write it down to the next.
    pub id: String,
    /// Where it can be looked at.
    pub url: Option<String>,
    /// What time it is.
    pub now: Timestamp,
}

impl Run {
    /// The run of a report: under the name that was given, else one that is derived from when it ran and what failed, so that
    /// the same run diagnosed twice is one run.
    pub fn of(report: &Report, named: Option<&str>, url: Option<String>, now: Timestamp) -> Run {
        let id = named.map(tidy).filter(|id| !id.is_empty());
        Run { id: id.unwrap_or_else(|| derived(report)), url, now }
    }

    /// Tells it from other runs of the same name, such as two jobs of one workflow.
    pub(super) fn mark(&self, report: &Report) -> String {
        digest(&format!("{}\n{}", self.id, started(report)), 8)
    }

    /// The moment of a sighting: the start of the run, but never later than now.
    pub(super) fn moment(&self, report: &Report) -> Option<Timestamp> {
        started(report).parse::<Timestamp>().ok().map(|start| start.min(self.now))
    }
}

/// A name in one short line without what a table or code span would trip over.
fn tidy(id: &str) -> String {
    id.trim().chars().map(|c| if c.is_control() || "`|∣\\".contains(c) { '-' } else { c }).take(60).collect()
}

fn derived(report: &Report) -> String {
    let mut parts = vec![started(report), report.run.ended_at.clone().unwrap_or_default()];
    parts.push(format!("{} {} {}", report.run.counts.tests, report.run.counts.passed, report.run.counts.skipped));
    parts.extend(report.run.revisions.iter().map(|revision| revision.revision.to_string()));
    parts.extend(report.tests.iter().map(|test| test.id.to_string()));
    format!("r-{}", digest(&parts.join("\n"), 8))
}

/// When the run started: as the results say, else the first moment that the report knows of; empty where it knows none.
pub(super) fn started(report: &Report) -> String {
    let stated = report.run.started_at.clone();
    let windows = report.tests.iter().filter_map(|test| test.window.as_ref().map(|window| window.start.clone())).min();
    let evidence = report.evidence.values().map(|evidence| evidence.timestamp.clone()).min();
    stated.or(windows).or(evidence).unwrap_or_default()
}

/// The revisions on which a cause was seen; where its records name none, all that logged.
pub(super) fn revisions(report: &Report, cause: &Cause) -> Vec<String> {
    let seen = cause.evidence.iter().filter_map(|key| report.evidence.get(key)?.revision.as_ref());
    let mut names: Vec<String> = seen.map(|name| name.to_string()).collect();
    if names.is_empty() {
        names = report.run.revisions.iter().map(|revision| revision.revision.to_string()).collect();
    }
    names.sort();
    names.dedup();
    names
}

/// Whether one of these revisions is later than all that were met before: Cloud Run counts them (`api-00042-abc`), and of others
/// one that is new is taken for later. `None` where one side is not known.
pub(super) fn is_later(now: &[String], before: &[String]) -> Option<bool> {
    if now.is_empty() || before.is_empty() {
        return None;
    }
    let later = |name: &String| {
        let Some((service, number)) = numbered(name) else { return !before.contains(name) };
        let known =
            before.iter().filter_map(|old| numbered(old)).filter(|(other, _)| *other == service).map(|(_, number)| number);
        known.max().map_or(!before.contains(name), |newest| number > newest)
    };
    Some(now.iter().any(later))
}

/// `api-00042-abc` as (`api`, 42).
fn numbered(name: &str) -> Option<(&str, u64)> {
    let (rest, _) = name.rsplit_once('-')?;
    let (service, number) = rest.rsplit_once('-')?;
    let counted = number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    if counted { Some((service, number.parse().ok()?)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_later_by_its_number_and_an_old_one_that_still_serves_is_not() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let before = names(&["api-00041-abc", "api-00042-xyz"]);
        assert_eq!(is_later(&names(&["api-00043-qqq"]), &before), Some(true));
        assert_eq!(is_later(&names(&["api-00040-qqq"]), &before), Some(false), "rolled back");
        assert_eq!(is_later(&names(&["api-00042-xyz"]), &before), Some(false));
        assert_eq!(is_later(&names(&["release-b"]), &names(&["release-a"])), Some(true));
        assert_eq!(is_later(&[], &before), None);
    }
}
