//! A [`Report`] as it is told: headline, chains shared by many tests told once, lists that say what they leave out.
//!
//! What all formats for people have in common is decided here, so that no two of them tell it differently.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::logs::stack;
use crate::logs::template::{exception_line, template};

use super::mermaid;
use super::schema::{Cause, Evidence, EvidenceKey, Footing, Hypothesis, Premise, Report, Test, Verdict, Why};

pub(crate) use crate::diagnosis::counted;

mod exclusions;
mod headline;
mod importance;

pub(super) use exclusions::{Excluded, Exclusion};
use importance::rank_of;

/// Chains told per cause; tests whose chain differs beyond these are counted.
const CHAINS: usize = 3;

/// Records shown per step; more are counted.
const RECORDS: usize = 3;

/// Records among which those are looked for.
const LOOKED_AT: usize = 64;

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
    /// The same, with one line for all rules that simply were not there.
    pub(super) exclusions: Vec<Exclusion<'a>>,
    pub(super) broken_premises: Vec<&'a Premise>,
    pub(super) kept_premises: Vec<&'a Premise>,
    /// The most urgent tests first; among equals in the order of the run.
    pub(super) rows: Vec<Row<'a>>,
    /// Whether any test has a priority, or an impact.
    pub(super) has_priorities: bool,
    pub(super) has_impacts: bool,
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
    /// `file:line in function`: the innermost frame in one's own code, of the first record that has one.
    pub(super) frame: Option<String>,
    /// The tests it explains, the most urgent first.
    pub(super) tests: Vec<Affected<'a>>,
    /// The chains as a Mermaid flowchart.
    pub(super) diagram: String,
}

/// A test that a cause explains.
#[derive(Debug, Serialize)]
pub(super) struct Affected<'a> {
    pub(super) id: &'a str,
    pub(super) priority: Option<&'a str>,
    pub(super) impact: Option<&'a str>,
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
    /// The user asked for this rule by name.
    pub(super) suspect: bool,
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
    let mut unexplained: Vec<&Test> = report.tests.iter().filter(|test| !explained(test)).collect();
    unexplained.sort_by_key(|test| rank_of(test));
    let (kept_premises, broken_premises) = report.premises.iter().partition(|premise| premise.holds);
    let ruled_out = exclusions::excluded_in(report);
    let roots = |test: &Test| causes_of.get(test.id.as_str()).cloned().unwrap_or_default();
    let mut rows: Vec<Row<'_>> = report.tests.iter().map(|test| Row { test, causes: roots(test) }).collect();
    rows.sort_by_key(|row| rank_of(row.test));
    Story {
        headline: headline::headline(report, unexplained.len()),
        summary: headline::summary(report),
        plan: headline::plan(report),
        causes: report.causes.iter().zip(1..).map(|(cause, number)| cause_story(report, cause, number, &by_id)).collect(),
        unexplained: unexplained_stories(report, &unexplained),
        exclusions: exclusions::gathered(&ruled_out),
        ruled_out,
        broken_premises,
        kept_premises,
        rows,
        has_priorities: report.tests.iter().any(|test| test.priority.is_some()),
        has_impacts: report.tests.iter().any(|test| test.impact.is_some()),
        report,
    }
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

/// A record in few lines: its first, how many are left out, and the exception it ends with.
pub(super) fn brief(text: &str) -> Vec<Cow<'_, str>> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let [first, .., _] = lines[..] else { return lines.into_iter().map(Cow::Borrowed).collect() };
    let last = exception_line(text).filter(|line| *line != first);
    let left_out = lines.len() - 1 - usize::from(last.is_some());
    let mut shown = vec![Cow::Borrowed(first)];
    if left_out > 0 {
        shown.push(Cow::Owned(format!("… {}", counted(left_out, "line"))));
    }
    shown.extend(last.map(Cow::Borrowed));
    shown
}

/// The first records that tell something new; two whose text differs in ids and numbers only tell the same.
fn cite<'a>(report: &'a Report, keys: &[EvidenceKey]) -> Vec<Cited<'a>> {
    let mut met = BTreeSet::new();
    let known = keys.iter().take(LOOKED_AT).filter_map(|key| report.evidence.get_key_value(key));
    known
        .filter(|(_, evidence)| met.insert((evidence.service.as_deref(), template(&evidence.excerpt))))
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
    let own = || cause.tests.iter().filter_map(|id| by_id.get(id.as_str()).copied());
    let mut tests: Vec<&Test> = own().collect();
    tests.sort_by_key(|test| rank_of(test));
    let chains: Vec<Chain<'_>> = groups.iter().take(CHAINS).filter_map(|members| chain(report, members)).collect();
    let excluded = exclusions::gathered(&exclusions::excluded(own().flat_map(|test| &test.ruled_out)));
    CauseStory {
        number,
        cause,
        tests_beyond: cause.tests.len().saturating_sub(told),
        diagram: mermaid::diagram(cause, &chains, &excluded),
        chains,
        frame: seen.iter().take(LOOKED_AT).find_map(|evidence| stack::exception(&evidence.excerpt)?.frame),
        tests: tests.into_iter().map(affected).collect(),
        seen: seen.first().zip(seen.last()).map(|(first, last)| (at(&first.timestamp), at(&last.timestamp))),
        services: sorted(seen.iter().map(|evidence| evidence.service.as_deref()).collect()),
        revisions: sorted(seen.iter().map(|evidence| evidence.revision.as_deref()).collect()),
    }
}

fn affected(test: &Test) -> Affected<'_> {
    Affected { id: &test.id, priority: test.priority.as_deref(), impact: test.impact.as_deref() }
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
        suspect: why.suspect,
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
