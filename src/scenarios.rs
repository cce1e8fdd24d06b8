//! Rules proven as a whole: each scenario of a rule file is played through windows, logs, findings and diagnosis.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::diagnosis::{self, CaseDiagnosis, Diagnosis, Footing, Hypothesis, Question, Verdict};
use crate::findings::{Finder, Findings, Group, Watch, WatchedWindow};
use crate::logs::{self, Pulled, Selection, Source};
use crate::results::{CaseStart, Failure, Outcome, StartSource, TestCase, TestRun};
use crate::rules::graph::CauseGraph;
use crate::rules::scenario::{Expectation, Scenario, ScenarioTest, time};
use crate::rules::{Captures, Catalog, Matcher, RuleIx};
use crate::window::{self, Margins, Spans};

pub mod prove;
mod bless;

pub use bless::{Blessed, bless};

/// The margin and the lookback of a diagnosis where the user says nothing.
const MARGIN: SignedDuration = SignedDuration::from_secs(1);
const LOOKBACK: SignedDuration = SignedDuration::from_mins(15);

/// What came of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Played {
    /// The rule was found in the logs, or in the result of a failing test.
    pub fired: bool,
    /// The captures of each of its findings.
    pub captures: Vec<Captures>,
    /// For each failing test: what the diagnosis says.
    pub cases: Vec<PlayedCase>,
    /// The edges that an explanation went along, as (cause, effect).
    pub walked: BTreeSet<(RuleIx, RuleIx)>,
    /// The matchers that something met: the rule, whether it is a log matcher, and its number.
    pub met: BTreeSet<(RuleIx, bool, usize)>,
    /// What could not be read of it, one sentence each.
    pub gaps: Vec<String>,
}

/// The diagnosis of one failing test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedCase {
    /// The test's id.
    pub test: String,
    /// The root of the best explanation.
    pub root: Option<String>,
    /// From the symptom to the root; what is not observed has ` (inferred)` behind it.
    pub chain: Vec<String>,
    /// The verdict, in the words of the report.
    pub verdict: &'static str,
}

/// Plays scenarios against one catalog.
pub struct Stage<'a> {
    catalog: &'a Catalog,
    matcher: &'a Matcher,
    graph: CauseGraph,
}

impl<'a> Stage<'a> {
    /// A stage for the rules of `catalog`, which `matcher` was compiled from.
    pub fn new(catalog: &'a Catalog, matcher: &'a Matcher) -> Stage<'a> {
        Stage { catalog, matcher, graph: CauseGraph::new(catalog) }
    }

    /// Plays one scenario of a rule, as a diagnosis of it would run.
    ///
    /// # Errors
    ///
    /// Where the log reader cannot read the entries at all; the text says why.
    pub fn play(&self, rule: RuleIx, scenario: &Scenario) -> Result<Played, String> {
        let run = run_of(&scenario.tests);
        let windows = window::around(&run, Margins { before: MARGIN, after: MARGIN });
        let watch = Watch::new(watched(&run, &windows));
        let (findings, pulled, met) = self.look(scenario, &run, &watch)?;
        let diagnosis = diagnosis::diagnose(&Question {
            run: &run,
            watch: &watch,
            catalog: self.catalog,
            graph: &self.graph,
            findings: &findings,
            pulled: &pulled,
            suspects: &[],
            lookback: LOOKBACK,
        });
        let captures = of_rule(rule, &run, &findings);
        let played = Played { fired: !captures.is_empty(), captures, met, ..Played::default() };
        Ok(self.told(played, &run, &diagnosis, pulled))
    }

    fn look(&self, scenario: &Scenario, run: &TestRun, watch: &Watch) -> Result<(Findings, Pulled, Met), String> {
        let windows: Vec<_> = watch.windows().iter().map(|window| (window.window.start, window.window.end)).collect();
        let before = |start: jiff::Timestamp| start.saturating_sub(LOOKBACK).unwrap_or(jiff::Timestamp::MIN);
        let reach = Spans::union(windows.iter().map(|&(start, end)| (before(start), end)));
        let lines: Vec<String> =
            scenario.entries.iter().map(|entry| serde_json::Value::Object(entry.clone()).to_string()).collect();
        let sources: Vec<Source> =
            if lines.is_empty() { Vec::new() } else { vec![Source::bytes("the scenario", lines.join("\n").into_bytes())] };
        let mut finder = Finder::new(self.catalog, self.matcher, watch);
        let mut met = Met::new();
        let mut visit = |record: logs::Record| {
            self.matcher.in_record(&record, &mut |sighting| met.extend([(sighting.rule, true, sighting.matcher)]));
            finder.see(&record);
        };
        let pulled =
            logs::pull(&sources, &Selection { windows, reach }, self.matcher, &mut visit).map_err(|error| error.to_string())?;
        for case in &run.cases {
            self.matcher.in_case(case, &mut |sighting| met.extend([(sighting.rule, false, sighting.matcher)]));
        }
        Ok((finder.finish(run), pulled, met))
    }

    fn told(&self, mut played: Played, run: &TestRun, diagnosis: &Diagnosis, pulled: Pulled) -> Played {
        for case in &diagnosis.cases {
            if let Some(best) = case.hypotheses.first() {
                let hops = best.whys.windows(2).map(|hop| (hop[1].rule, hop[0].rule));
                played.walked.extend(hops);
            }
            played.cases.push(self.case(case, run));
        }
        played.gaps = pulled.gaps.into_iter().map(|gap| gap.statement).collect();
        played
    }

    fn case(&self, case: &CaseDiagnosis, run: &TestRun) -> PlayedCase {
        let best = case.hypotheses.first();
        let id = |rule: RuleIx| self.catalog.rule(rule).id.clone();
        let step = |why: &diagnosis::Why| match why.footing {
            Footing::Observed => id(why.rule),
            Footing::Inferred => format!("{} (inferred)", id(why.rule)),
        };
        PlayedCase {
            test: case.case.map(|place| run.cases[place].id.clone()).unwrap_or_default(),
            root: best.map(|best: &Hypothesis| id(best.root)),
            chain: best.map(|best| best.whys.iter().map(step).collect()).unwrap_or_default(),
            verdict: verdict(case.verdict),
        }
    }
}

type Met = BTreeSet<(RuleIx, bool, usize)>;

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Likely => "likely",
        Verdict::Possible => "possible",
        Verdict::Inconclusive => "inconclusive",
    }
}

fn run_of(tests: &[ScenarioTest]) -> TestRun {
    let cases: Vec<TestCase> = tests.iter().map(case_of).collect();
    let ends = tests.iter().map(|test| time(test.at.saturating_add(test.duration)));
    TestRun { started_at: tests.iter().map(|test| time(test.at)).min(), ended_at: ends.max(), cases, ..TestRun::default() }
}

fn case_of(test: &ScenarioTest) -> TestCase {
    let failure = || Failure { message: test.message.clone(), details: test.details.clone(), output: String::new() };
    let outcome = match test.outcome {
        "passed" => Outcome::Passed,
        "skipped" => Outcome::Skipped,
        "errored" => Outcome::Errored(failure()),
        "flaky" => Outcome::Flaky(failure()),
        _ => Outcome::Failed(failure()),
    };
    TestCase {
        id: test.id.clone(),
        name: test.id.rsplit("::").next().unwrap_or_default().to_owned(),
        start: Some(CaseStart { at: time(test.at), source: StartSource::Stated }),
        duration: Some(test.duration),
        outcome,
        attempts: 1,
    }
}

/// The windows of failing tests, then those of passing ones that no failing one overlaps.
fn watched(run: &TestRun, windows: &[Option<window::CaseWindow>]) -> Vec<WatchedWindow> {
    let of = |group: Group| {
        let wanted = move |outcome: &Outcome| match outcome {
            Outcome::Failed(_) | Outcome::Errored(_) => group == Group::Failing,
            Outcome::Passed => group == Group::Control,
            Outcome::Skipped | Outcome::Flaky(_) => false,
        };
        let cases = run.cases.iter().zip(windows).enumerate().filter(move |(_, (case, _))| wanted(&case.outcome));
        cases.filter_map(move |(place, (_, window))| {
            let window = (*window)?;
            Some(WatchedWindow { group, case: Some(place), core: window.core, window: window.window })
        })
    };
    let failing: Vec<WatchedWindow> = of(Group::Failing).collect();
    let apart =
        |window: &WatchedWindow| !failing.iter().any(|other| other.core.0 < window.core.1 && window.core.0 < other.core.1);
    let passing: Vec<WatchedWindow> = of(Group::Control).filter(apart).collect();
    failing.into_iter().chain(passing).collect()
}

/// What each finding of the rule caught.
fn of_rule(rule: RuleIx, run: &TestRun, findings: &Findings) -> Vec<Captures> {
    let failed = |place: usize| matches!(run.cases[place].outcome, Outcome::Failed(_) | Outcome::Errored(_));
    let in_results = findings.in_results.iter().enumerate().filter(|(place, _)| failed(*place)).flat_map(|(_, found)| found);
    let all = findings.in_logs.iter().chain(in_results);
    all.filter(|finding| finding.rule == rule).map(|finding| finding.captures.clone()).collect()
}

/// What differs from the expectation, one sentence each; empty where all is as expected.
pub fn differences(expect: &Expectation, played: &Played) -> Vec<String> {
    let mut wrong: Vec<String> = played.gaps.iter().map(|gap| format!("the entries cannot be read whole: {gap}")).collect();
    match (expect.must_fire(), played.fired) {
        (Some(true), false) => wrong.push("the rule does not fire".to_owned()),
        (Some(false), true) => wrong.push("the rule fires, and must not".to_owned()),
        _ => {}
    }
    for (name, value) in &expect.captures {
        let caught: BTreeSet<&str> = played.captures.iter().filter_map(|caught| caught.get(name)).map(String::as_str).collect();
        if !caught.contains(value.as_str()) && played.fired {
            let caught = if caught.is_empty() { "nothing".to_owned() } else { format!("{caught:?}") };
            wrong.push(format!("`{name}` catches {caught}, expected is {value:?}"));
        }
    }
    for case in &played.cases {
        let of = if played.cases.len() > 1 { format!(" of {}", case.test) } else { String::new() };
        let root = case.root.as_deref().unwrap_or("nothing");
        if expect.root.as_deref().is_some_and(|expected| expected != root) {
            wrong.push(format!("the root{of} is {root}, expected is {}", expect.root.as_deref().unwrap_or_default()));
        }
        if !expect.chain.is_empty() && expect.chain != case.chain {
            let told = if case.chain.is_empty() { "empty".to_owned() } else { case.chain.join(" ← ") };
            wrong.push(format!("the chain{of} is {told}, expected is {}", expect.chain.join(" ← ")));
        }
        if expect.verdict.as_deref().is_some_and(|expected| expected != case.verdict) {
            wrong.push(format!(
                "the verdict{of} is {}, expected is {}",
                case.verdict,
                expect.verdict.as_deref().unwrap_or_default()
            ));
        }
    }
    wrong
}
