//! A [`Report`] as it is told: headline, chains shared by many tests told once, lists that say what they leave out.
//!
//! What all formats for people have in common is decided here, so that no two of them tell it differently.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::logs::template::exception_line;

use super::schema::{Cause, Evidence, EvidenceKey, Footing, Hypothesis, Outcome, Premise, Report, RuledOut, Test, Verdict, Why};

/// Chains told per cause; tests whose chain differs beyond these are counted.
const CHAINS: usize = 3;

/// Records shown per step; more are counted.
const RECORDS: usize = 3;

/// A report, arranged for readers.
#[derive(Debug, Serialize)]
pub(super) struct Story<'a> {
    pub(super) headline: String,
    pub(super) summary: String,
    /// One line a fix, where there are several.
    pub(super) plan: Vec<String>,
    pub(super) causes: Vec<CauseStory<'a>>,
    /// Tests that no cause explains.
    pub(super) unexplained: Vec<Unexplained<'a>>,
    pub(super) ruled_out: Vec<Excluded<'a>>,
    pub(super) broken_premises: Vec<&'a Premise>,
    pub(super) kept_premises: Vec<&'a Premise>,
    pub(super) rows: Vec<Row<'a>>,
    pub(super) report: &'a Report,
}

/// A cause with its chains.
#[derive(Debug, Serialize)]
pub(super) struct CauseStory<'a> {
    pub(super) number: usize,
    pub(super) cause: &'a Cause,
    pub(super) chains: Vec<Chain<'a>>,
    /// Tests whose chain is not among those told.
    pub(super) tests_beyond: usize,
    /// First and last moment at which the root was seen.
    pub(super) seen: Option<(String, String)>,
    pub(super) services: Vec<&'a str>,
    pub(super) revisions: Vec<&'a str>,
}

/// A chain that one or more tests share.
#[derive(Debug, Serialize)]
pub(super) struct Chain<'a> {
    pub(super) tests: Vec<&'a str>,
    pub(super) steps: Vec<Step<'a>>,
    /// What the first of the tests said.
    pub(super) error: Option<&'a str>,
    pub(super) hypothesis: &'a Hypothesis,
}

/// A step of a chain.
#[derive(Debug, Serialize)]
pub(super) struct Step<'a> {
    pub(super) number: usize,
    pub(super) rule: &'a str,
    pub(super) answer: &'a str,
    pub(super) footing: Footing,
    /// Observed in the test's own result, not in a record.
    pub(super) in_result: bool,
    pub(super) before_window: bool,
    pub(super) cited: Vec<Cited<'a>>,
    /// Records that show the same and are not repeated here.
    pub(super) more: usize,
}

/// A record as a reader meets it.
#[derive(Debug, Serialize)]
pub(super) struct Cited<'a> {
    pub(super) key: EvidenceKey,
    pub(super) at: String,
    pub(super) line: &'a str,
    pub(super) evidence: &'a Evidence,
}

/// A test and that hypothesis of it which is told.
type Member<'a> = (&'a Test, &'a Hypothesis);

/// A test without a cause, and where to look.
#[derive(Debug, Serialize)]
pub(super) struct Unexplained<'a> {
    pub(super) test: &'a Test,
    /// Further tests of which the same is known.
    pub(super) also: Vec<&'a str>,
    /// What is possible, though not enough for a cause.
    pub(super) guess: Option<Chain<'a>>,
    pub(super) leads: Vec<Place<'a>>,
}

/// A lead with the records that show it.
#[derive(Debug, Serialize)]
pub(super) struct Place<'a> {
    pub(super) id: &'a str,
    pub(super) template: &'a str,
    pub(super) failing: u32,
    pub(super) passing: u32,
    pub(super) cited: Vec<Cited<'a>>,
}

/// A rule that is not the cause of so many tests.
#[derive(Debug, Serialize)]
pub(super) struct Excluded<'a> {
    pub(super) rule: &'a str,
    pub(super) reason: &'a str,
    pub(super) suspect: bool,
    pub(super) tests: usize,
}

/// A line of the table of tests.
#[derive(Debug, Serialize)]
pub(super) struct Row<'a> {
    pub(super) test: &'a Test,
    pub(super) causes: Vec<&'a str>,
}

/// Arranges a report.
pub(super) fn tell(report: &Report) -> Story<'_> {
    let by_id: BTreeMap<&str, &Test> = report.tests.iter().rev().map(|test| (test.id.as_str(), test)).collect();
    let mut causes_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for cause in &report.causes {
        for test in &cause.tests {
            causes_of.entry(test.as_str()).or_default().push(cause.root.as_str());
        }
    }
    let explained = |test: &Test| causes_of.contains_key(test.id.as_str());
    let unexplained: Vec<&Test> = report.tests.iter().filter(|test| !explained(test)).collect();
    let (kept_premises, broken_premises) = report.premises.iter().partition(|premise| premise.holds);
    Story {
        headline: headline(report, unexplained.len()),
        summary: summary(report),
        plan: plan(report),
        causes: report.causes.iter().zip(1..).map(|(cause, number)| cause_story(report, cause, number, &by_id)).collect(),
        unexplained: unexplained_stories(report, &unexplained),
        ruled_out: excluded(report),
        broken_premises,
        kept_premises,
        rows: report
            .tests
            .iter()
            .map(|test| Row { test, causes: causes_of.get(test.id.as_str()).cloned().unwrap_or_default() })
            .collect(),
        report,
    }
}

/// `14 failed · 2 root causes · fix auth/missing-jwt first, it clears 11`.
fn headline(report: &Report, unexplained: usize) -> String {
    let count = |outcome| report.tests.iter().filter(|test| test.outcome == outcome).count();
    let mut parts = Vec::new();
    for (outcome, word) in [(Outcome::Failed, "failed"), (Outcome::Errored, "errored"), (Outcome::Flaky, "flaky")] {
        if count(outcome) > 0 {
            parts.push(format!("{} {word}", count(outcome)));
        }
    }
    if count(Outcome::Window) > 0 {
        parts.push(counted(count(Outcome::Window), "window"));
    }
    if parts.is_empty() {
        parts.push("nothing failed".to_owned());
    }
    match report.causes.len() {
        0 if report.tests.is_empty() => {}
        0 => parts.push("no root cause found".to_owned()),
        causes => parts.push(counted(causes, "root cause")),
    }
    if let Some(step) = report.plan.first() {
        let sure =
            report.causes.iter().find(|cause| cause.root == step.root).is_none_or(|cause| cause.verdict <= Verdict::Likely);
        let first = if report.causes.len() > 1 { " first" } else { "" };
        let all = if step.clears == report.tests.len() && step.clears > 1 { "all " } else { "" };
        parts.push(match sure {
            true => format!("fix {}{first}, it clears {all}{}", step.root, step.clears),
            false => format!("look at {}{first}, it may explain {all}{}", step.root, step.clears),
        });
    }
    if unexplained > 0 && !report.causes.is_empty() {
        parts.push(format!("{unexplained} unexplained"));
    }
    parts.join(" · ")
}

fn summary(report: &Report) -> String {
    let counts = &report.run.counts;
    let mut parts = Vec::new();
    let named = [
        (counts.passed, "passed"),
        (counts.failed, "failed"),
        (counts.errored, "errored"),
        (counts.flaky, "flaky"),
        (counts.skipped, "skipped"),
    ];
    let named: Vec<String> =
        named.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if counts.tests > 0 {
        parts.push(format!("{}: {}", counted(counts.tests, "test"), named.join(", ")));
    }
    let entries = if counts.entries == 1 { "log entry" } else { "log entries" };
    parts.push(format!("{} {entries} read", counts.entries));
    match (&report.run.started_at, &report.run.ended_at) {
        (Some(start), Some(end)) => parts.push(format!("{} to {} UTC", at(start), time(end))),
        (Some(start), None) => parts.push(format!("started {} UTC", at(start))),
        _ => {}
    }
    parts.join(" · ")
}

/// `auth/missing-jwt clears 11 of 14`, `auth/invalid-user-id clears 2 more: 13 of 14`.
fn plan(report: &Report) -> Vec<String> {
    let all = report.tests.len();
    let first = report.plan.iter().take(1).map(|step| format!("{} clears {} of {all}", step.root, step.clears));
    let rest =
        report.plan.iter().skip(1).map(|step| format!("{} clears {} more: {} of {all}", step.root, step.clears, step.total));
    if report.plan.len() > 1 { first.chain(rest).collect() } else { Vec::new() }
}

/// `1 test`, `2 tests`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `2026-11-20 09:27:07.350` of `2026-11-20T09:27:07.35Z`: milliseconds are what a reader compares.
pub(crate) fn at(timestamp: &str) -> String {
    match timestamp.parse::<jiff::Timestamp>() {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        // Only a report that somebody else wrote has such a one: nothing of it is shown.
        Err(_) => "at an unreadable time".to_owned(),
    }
}

/// The same without the day.
pub(super) fn time(timestamp: &str) -> String {
    let at = at(timestamp);
    at.split_once(' ').map_or_else(|| at.clone(), |(_, time)| time.to_owned())
}

/// The line of a record that says most: the exception under a Python traceback, else the first line.
pub(super) fn key_line(excerpt: &str) -> &str {
    let first = excerpt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let traced = excerpt.contains("Traceback (most recent call last)");
    exception_line(excerpt).filter(|_| traced).map_or(first, str::trim)
}

fn cite<'a>(report: &'a Report, keys: &[EvidenceKey]) -> Vec<Cited<'a>> {
    let known = keys.iter().filter_map(|key| report.evidence.get_key_value(key));
    known
        .take(RECORDS)
        .map(|(key, evidence)| Cited { key: *key, at: at(&evidence.timestamp), line: key_line(&evidence.excerpt), evidence })
        .collect()
}

fn cause_story<'a>(report: &'a Report, cause: &'a Cause, number: usize, by_id: &BTreeMap<&str, &'a Test>) -> CauseStory<'a> {
    let mut groups: Vec<Vec<Member<'a>>> = Vec::new();
    let mut places = BTreeMap::new();
    for test in cause.tests.iter().filter_map(|id| by_id.get(id.as_str()).copied()) {
        let Some(hypothesis) = test.hypotheses.iter().find(|hypothesis| hypothesis.root == cause.root) else { continue };
        let shape: Vec<_> = hypothesis.whys.iter().map(|why| (&why.rule, why.footing == Footing::Observed)).collect();
        let place = *places.entry(shape).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(members) => members.push((test, hypothesis)),
            None => groups.push(vec![(test, hypothesis)]),
        }
    }
    // The chain of most tests first; among equals, the one met first.
    groups.sort_by_key(|members| usize::MAX - members.len());
    let told: usize = groups.iter().take(CHAINS).map(Vec::len).sum();
    let seen: Vec<&Evidence> = cause.evidence.iter().filter_map(|key| report.evidence.get(key)).collect();
    let sorted = |values: Vec<Option<&'a str>>| values.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
    CauseStory {
        number,
        cause,
        tests_beyond: cause.tests.len().saturating_sub(told),
        chains: groups.iter().take(CHAINS).filter_map(|members| chain(report, members)).collect(),
        seen: seen.first().zip(seen.last()).map(|(first, last)| (at(&first.timestamp), at(&last.timestamp))),
        services: sorted(seen.iter().map(|evidence| evidence.service.as_deref()).collect()),
        revisions: sorted(seen.iter().map(|evidence| evidence.revision.as_deref()).collect()),
    }
}

/// The chain of these tests, which take the same steps (one may name another user than the next): each step with the records of all of them.
fn chain<'a>(report: &'a Report, members: &[Member<'a>]) -> Option<Chain<'a>> {
    let (first, hypothesis) = members.first()?;
    let steps = hypothesis.whys.iter().enumerate().map(|(place, why)| {
        let mut keys: Vec<EvidenceKey> = Vec::new();
        let mut met = BTreeSet::new();
        for own in members.iter().filter_map(|(_, member)| member.whys.get(place)) {
            keys.extend(own.evidence.iter().filter(|key| met.insert(**key)));
        }
        let before = members.iter().any(|(_, member)| member.whys.get(place).is_some_and(|why| why.before_window));
        step(report, why, place + 1, &keys, before)
    });
    Some(Chain {
        tests: members.iter().map(|(test, _)| test.id.as_str()).collect(),
        steps: steps.collect(),
        error: first.error.as_deref(),
        hypothesis,
    })
}

pub(super) fn step<'a>(report: &'a Report, why: &'a Why, number: usize, keys: &[EvidenceKey], before_window: bool) -> Step<'a> {
    let cited = cite(report, keys);
    Step {
        number,
        rule: why.rule.as_str(),
        answer: why.answer.as_str(),
        footing: why.footing,
        in_result: why.footing == Footing::Observed && keys.is_empty(),
        before_window,
        more: keys.len() - cited.len(),
        cited,
    }
}

/// What is known of a test without a cause.
pub(super) fn as_far_as(guess: &Chain<'_>) -> String {
    let Hypothesis { verdict, title, root, .. } = guess.hypothesis;
    match verdict {
        Verdict::Inconclusive => {
            format!("inconclusive: the evidence goes as far as \u{201c}{title}\u{201d} ({root}); what caused that was not seen")
        }
        verdict => format!("not enough for a cause, but {}: {title} ({root})", verdict.word()),
    }
}

/// The tests without a cause; those whose evidence stops at one place and that have the same first lead are told once.
fn unexplained_stories<'a>(report: &'a Report, tests: &[&'a Test]) -> Vec<Unexplained<'a>> {
    let mut stories: Vec<Unexplained<'a>> = Vec::new();
    let mut places = BTreeMap::new();
    for &test in tests {
        let steps: Vec<&str> =
            test.hypotheses.iter().take(1).flat_map(|guess| &guess.whys).map(|why| why.rule.as_str()).collect();
        let lead = test.leads.first().map(|lead| lead.template.as_str());
        // Two tests of which nothing is known have nothing in common either.
        let known = !steps.is_empty() || lead.is_some();
        let place = *places.entry((steps, lead)).or_insert(stories.len());
        match stories.get_mut(place).filter(|_| known) {
            Some(story) => story.also.push(test.id.as_str()),
            None => stories.push(unexplained_story(report, test)),
        }
    }
    stories
}

fn unexplained_story<'a>(report: &'a Report, test: &'a Test) -> Unexplained<'a> {
    let leads = test.leads.iter().map(|lead| Place {
        id: lead.id.as_str(),
        template: lead.template.as_str(),
        failing: lead.failing,
        passing: lead.passing,
        cited: cite(report, &lead.evidence),
    });
    Unexplained {
        test,
        also: Vec::new(),
        guess: test.hypotheses.first().and_then(|hypothesis| chain(report, &[(test, hypothesis)])),
        leads: leads.collect(),
    }
}

/// What was ruled out, the same rule for the same reason once: suspects named by the user first, then what
/// matched and is innocent all the same, then the rest, widest first.
fn excluded(report: &Report) -> Vec<Excluded<'_>> {
    let mut counts: BTreeMap<(&str, &str, bool), usize> = BTreeMap::new();
    for RuledOut { rule, reason, suspect } in report.tests.iter().flat_map(|test| &test.ruled_out) {
        *counts.entry((rule.as_str(), reason.as_str(), *suspect)).or_default() += 1;
    }
    let mut excluded: Vec<Excluded<'_>> =
        counts.into_iter().map(|((rule, reason, suspect), tests)| Excluded { rule, reason, suspect, tests }).collect();
    excluded.sort_by_key(|item| (!item.suspect, !item.reason.contains("matched"), usize::MAX - item.tests, item.rule));
    excluded
}
