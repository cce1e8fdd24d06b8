//! The table that teams keep by hand: a column a run, a row a test (or, where many failed, a cause).

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{Comparison, RunSummary, State, TestChange};
use crate::report::redact::Redacted;

/// Most tests that get a row each; beyond them causes do.
const TEST_ROWS: usize = 30;

/// A column a run.
pub(super) struct Table {
    /// Day and time at which each run started.
    pub(super) started: Vec<String>,
    /// The services whose revisions are not the same in all runs, and the revisions of each run.
    pub(super) services: Vec<(String, Vec<String>)>,
    /// Whether a row is a cause instead of a test.
    pub(super) of_causes: bool,
    pub(super) rows: Vec<(String, Vec<Cell>)>,
    /// Short names of causes, in the order they are met.
    pub(super) shorts: Vec<(String, String)>,
}

/// What a test, or a cause, was in a run.
#[derive(Clone)]
pub(super) struct Cell {
    pub(super) sign: &'static str,
    /// Short name of the cause, or how many tests.
    pub(super) word: String,
}

type Ended<'a> = (State, Option<&'a Redacted>);

/// The table of all tests that failed in any run; without a row where none did.
pub(super) fn table(comparison: &Comparison) -> Table {
    let ended: Vec<BTreeMap<&Redacted, Ended<'_>>> = (0..comparison.runs.len()).map(|run| ended(comparison, run)).collect();
    let failed: BTreeSet<&Redacted> =
        ended.iter().flatten().filter(|(_, (state, _))| state.fails()).map(|(test, _)| *test).collect();
    let mut roots: Vec<&Redacted> = Vec::new();
    for (_, (_, root)) in ended.iter().flatten() {
        roots.extend(root.filter(|root| !roots.contains(root)));
    }
    let shorts = shorts(&roots);
    let of_causes = failed.len() > TEST_ROWS && !roots.is_empty();
    let rows = if of_causes {
        roots.iter().map(|root| (root.to_string(), ended.iter().map(|run| cause_cell(root, run, &ended)).collect())).collect()
    } else {
        let runs = || ended.iter().zip(&comparison.runs);
        let cells = |test: &Redacted| runs().map(|(run, summary)| test_cell(test, run, summary, &shorts)).collect();
        failed.into_iter().map(|test| (test.to_string(), cells(test))).collect()
    };
    Table {
        started: comparison.runs.iter().map(|run| started(run, "%m-%d %H:%M")).collect(),
        services: services(comparison),
        of_causes,
        rows,
        shorts: if of_causes { Vec::new() } else { shorts.into_iter().map(|(root, short)| (short, root.to_string())).collect() },
    }
}

/// How the tests of a run ended: the later side of the step before it, or the earlier side of the step after it.
fn ended(comparison: &Comparison, run: usize) -> BTreeMap<&Redacted, Ended<'_>> {
    let later = run.checked_sub(1).and_then(|step| comparison.steps.get(step)).map(|step| step.tests.iter().map(is).collect());
    let earlier = comparison.steps.get(run).map(|step| step.tests.iter().map(was).collect::<BTreeMap<_, _>>());
    let mut ended: BTreeMap<_, _> = later.unwrap_or_default();
    ended.extend(earlier.unwrap_or_default());
    ended
}

fn was(test: &TestChange) -> (&Redacted, Ended<'_>) {
    (&test.id, (test.before, test.cause_before.as_ref()))
}

fn is(test: &TestChange) -> (&Redacted, Ended<'_>) {
    (&test.id, (test.after, test.cause_after.as_ref()))
}

/// The last part of each root's id, or all of it where two roots end alike.
fn shorts<'a>(roots: &[&'a Redacted]) -> Vec<(&'a Redacted, String)> {
    let last = |root: &str| root.rsplit('/').next().unwrap_or(root).to_owned();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for root in roots {
        *counts.entry(last(root)).or_default() += 1;
    }
    let short = |root: &'a Redacted| if counts.get(&last(root)) == Some(&1) { last(root) } else { root.to_string() };
    roots.iter().map(|root| (*root, short(root))).collect()
}

fn test_cell(
    test: &Redacted,
    run: &BTreeMap<&Redacted, Ended<'_>>,
    summary: &RunSummary,
    shorts: &[(&Redacted, String)],
) -> Cell {
    let unlisted = if summary.lists_all_tests { State::Absent } else { State::NotFailed };
    let (state, root) = run.get(test).copied().unwrap_or((unlisted, None));
    let short = root.and_then(|root| shorts.iter().find(|(other, _)| *other == root)).map(|(_, short)| short.clone());
    let word = match state {
        State::Failed | State::Errored => short.unwrap_or_else(|| "no cause found".to_owned()),
        _ => String::new(),
    };
    Cell { sign: state.sign(), word }
}

/// A cause in a run: how many tests it failed; else whether the tests that know it passed, did not run, or could not show it.
fn cause_cell(root: &Redacted, run: &BTreeMap<&Redacted, Ended<'_>>, all: &[BTreeMap<&Redacted, Ended<'_>>]) -> Cell {
    let failing = run.values().filter(|(_, cause)| *cause == Some(root)).count();
    if failing > 0 {
        let word = if failing == 1 { "1 test".to_owned() } else { format!("{failing} tests") };
        return Cell { sign: State::Failed.sign(), word };
    }
    let touched: BTreeSet<&Redacted> =
        all.iter().flatten().filter(|(_, (_, cause))| *cause == Some(root)).map(|(test, _)| *test).collect();
    let count =
        |wanted: fn(State) -> bool| touched.iter().filter(|test| run.get(*test).is_some_and(|(state, _)| wanted(*state))).count();
    let state = match (count(State::passes), count(State::fails)) {
        (passed, _) if passed > 0 => State::Passed,
        (_, failed) if failed > 0 => State::NotFailed,
        _ if count(|state| state == State::NotFailed) > 0 => State::NotFailed,
        _ => State::Absent,
    };
    Cell { sign: state.sign(), word: String::new() }
}

/// When the run started, in this format of strftime; `undated` where nothing that reads as a time says so.
pub(super) fn started(run: &RunSummary, format: &str) -> String {
    let start = run.started_at.as_deref().and_then(|start| start.parse::<jiff::Timestamp>().ok());
    start.map_or_else(|| "undated".to_owned(), |start| start.strftime(format).to_string())
}

fn services(comparison: &Comparison) -> Vec<(String, Vec<String>)> {
    let mut services: BTreeMap<&Redacted, Vec<String>> = BTreeMap::new();
    for (place, run) in comparison.runs.iter().enumerate() {
        for serving in &run.revisions {
            let cells = services.entry(&serving.service).or_insert_with(|| vec!["–".to_owned(); comparison.runs.len()]);
            if let Some(cell) = cells.get_mut(place) {
                *cell = revisions(&serving.service, &serving.revisions);
            }
        }
    }
    let moved = services.into_iter().filter(|(_, cells)| cells.iter().any(|cell| Some(cell) != cells.first()));
    moved.map(|(service, cells)| (service.to_string(), cells)).collect()
}

/// The newest revision without the name of its service, and how many others there are.
fn revisions(service: &str, revisions: &[Redacted]) -> String {
    let Some(last) = revisions.last() else { return "–".to_owned() };
    let short = last.strip_prefix(service).and_then(|rest| rest.strip_prefix('-')).unwrap_or(last);
    match revisions.len() - 1 {
        0 => short.to_owned(),
        more => format!("{short} +{more}"),
    }
}
