//! Which root cause explains which failures: a [`Diagnosis`] from findings, windows and the cause graph.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::findings::{Evidence, EvidenceIx, Findings, Watch};
use crate::logs::Pulled;
use crate::results::TestRun;
use crate::rules::graph::CauseGraph;
use crate::rules::{Captures, Catalog, RuleId, RuleIx};
use crate::window::TimeWindow;

mod across;
mod chain;
mod control;
mod hypothesis;
pub mod leads;
mod premises;
mod ruled_out;
mod score;

use chain::Scene;
pub use control::{Control, Standing, StandingKind};

/// What a diagnosis is made from.
pub struct Question<'a> {
    /// The run.
    pub run: &'a TestRun,
    /// The failing windows and the control group.
    pub watch: &'a Watch,
    /// The rules.
    pub catalog: &'a Catalog,
    /// Their edges.
    pub graph: &'a CauseGraph,
    /// What the rules found.
    pub findings: &'a Findings,
    /// What was there.
    pub pulled: &'a Pulled,
    /// Rules the user asked about.
    pub suspects: &'a [RuleIx],
    /// How far before an effect its cause may lie where the edge sets no bound.
    pub lookback: SignedDuration,
}

/// All evidence that [`diagnose`] may cite, ascending, whatever its text turns out to be: to be asked before the records
/// themselves are read, with [`Finder::choosing`](crate::findings::Finder::choosing).
pub fn citable(question: &Question) -> Vec<EvidenceIx> {
    let standings = Control::new(question.watch).standings(question.findings);
    let scene = Scene::new(question.catalog, question.graph, question.findings, &standings, question.lookback);
    let explained = hypothesis::explain(question, &scene);
    let findings = explained.iter().flat_map(hypothesis::Explained::findings);
    let citable: BTreeSet<EvidenceIx> = findings.filter_map(|finding| question.findings.in_logs[finding].evidence).collect();
    citable.into_iter().collect()
}

/// Works out which root cause explains which failures. Pure: the same question has the same answer.
pub fn diagnose(question: &Question) -> Diagnosis {
    let control = Control::new(question.watch);
    let standings = control.standings(question.findings);
    let scene = Scene::new(question.catalog, question.graph, question.findings, &standings, question.lookback);
    let explained = hypothesis::explain(question, &scene);
    let mut cases = hypothesis::weigh(question, &scene, &control, &explained);
    let roots = cases.iter().filter_map(|case| Some(case.hypotheses.first()?.root)).collect();
    for (case, explained) in cases.iter_mut().zip(&explained) {
        case.ruled_out = ruled_out::ruled_out(question, &scene, &control, explained, case, &roots);
    }
    let mut causes = across::causes(question, &cases);
    let evidence = cite(question.findings, &mut cases, &mut causes);
    Diagnosis {
        premises: premises::premises(question),
        plan: across::plan(question.catalog, &causes),
        red_herrings: ruled_out::red_herrings(question, &control, &standings),
        causes,
        cases,
        evidence,
    }
}

/// Takes what is cited out of all that was found; the places in cases and causes are those of the evidence taken.
fn cite(findings: &Findings, cases: &mut [CaseDiagnosis], causes: &mut [Cause]) -> Vec<Evidence> {
    let whys = cases.iter_mut().flat_map(|case| &mut case.hypotheses).flat_map(|hypothesis| &mut hypothesis.whys);
    let of_whys = whys.map(|why| &mut why.evidence);
    let mut citing: Vec<&mut Vec<EvidenceIx>> = of_whys.chain(causes.iter_mut().map(|cause| &mut cause.evidence)).collect();
    let cited: BTreeSet<EvidenceIx> = citing.iter().flat_map(|places| places.iter().copied()).collect();
    let read = cited.into_iter().filter_map(|place| Some((place, findings.evidence[place].read.as_deref()?)));
    let (places, evidence): (Vec<EvidenceIx>, Vec<Evidence>) = read.map(|(place, read)| (place, read.clone())).unzip();
    for cited in &mut citing {
        **cited = cited.iter().filter_map(|place| places.binary_search(place).ok()).collect();
    }
    evidence
}

/// The answer, for a whole run.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    /// What was checked before anything was concluded.
    pub premises: Vec<Premise>,
    /// One per failed or errored case, in the order of the run.
    pub cases: Vec<CaseDiagnosis>,
    /// The root causes, the one that explains most first.
    pub causes: Vec<Cause>,
    /// The smallest set of fixes, the one that clears most first.
    pub plan: Vec<PlanStep>,
    /// Matched, but just as often around passing tests.
    pub red_herrings: Vec<RuledOut>,
    /// The records cited anywhere, in order of time; [`EvidenceIx`] points here.
    pub evidence: Vec<Evidence>,
}

impl Diagnosis {
    /// The places of all records that a cause, a why or a lead refers to.
    pub fn cited(&self) -> BTreeSet<EvidenceIx> {
        let of_causes = self.causes.iter().flat_map(|cause| &cause.evidence);
        let of_whys = self
            .cases
            .iter()
            .flat_map(|case| &case.hypotheses)
            .flat_map(|hypothesis| &hypothesis.whys)
            .flat_map(|why| &why.evidence);
        let of_leads = self.cases.iter().flat_map(|case| &case.leads).flat_map(|lead| &lead.evidence);
        of_causes.chain(of_whys).chain(of_leads).copied().collect()
    }
}

/// A condition for trusting the diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Premise {
    /// A stable word: `report-complete`, `entries-in-every-window`, …
    pub id: &'static str,
    /// One sentence.
    pub statement: String,
    /// Whether it holds.
    pub holds: bool,
}

/// The answer for one case (or, without test results, for one window).
#[derive(Debug, Clone)]
pub struct CaseDiagnosis {
    /// The case's place in the run; `None` for a window named by the user.
    pub case: Option<usize>,
    /// Where it was looked for.
    pub window: Option<TimeWindow>,
    /// How sure the best hypothesis is.
    pub verdict: Verdict,
    /// Best first; empty where nothing was found.
    pub hypotheses: Vec<Hypothesis>,
    /// Rules that could explain the symptom and did not, and suspects that were refuted.
    pub ruled_out: Vec<RuledOut>,
    /// Places to look, where no rule explains the failure.
    pub leads: Vec<Lead>,
}

/// How sure a diagnosis is; computed from the parts of the score, before any prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Evidence on every hop, and a join better than the window or exclusive to failing windows.
    Confirmed,
    /// Strong evidence with a hop missing or shared.
    Likely,
    /// Some evidence.
    Possible,
    /// None.
    Inconclusive,
}

/// A path from an observed symptom of the case to one root.
#[derive(Debug, Clone)]
pub struct Hypothesis {
    /// The rule at the root.
    pub root: RuleIx,
    /// Its title with the captures filled in.
    pub title: String,
    /// How sure.
    pub verdict: Verdict,
    /// Sum of the parts.
    pub score: i32,
    /// Why the score is what it is.
    pub parts: Vec<ScorePart>,
    /// From the symptom to the root.
    pub whys: Vec<Why>,
    /// What the root's matchers caught.
    pub captures: Captures,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorePart {
    /// A stable word: `join`, `observed`, `lift`, `order`, `specificity`, `reach`.
    pub name: &'static str,
    /// What it adds or takes.
    pub points: i32,
    /// Why.
    pub reason: String,
}

/// One step of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The rule that answers.
    pub rule: RuleIx,
    /// The answer, captures filled in.
    pub answer: String,
    /// Whether it was seen.
    pub footing: Footing,
    /// The records that show it, best first; empty where inferred, or where the test result shows it.
    pub evidence: Vec<EvidenceIx>,
    /// The evidence lies before the case's window.
    pub before_window: bool,
}

/// Whether a step was seen or follows from the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Footing {
    /// Records or the test result show it.
    Observed,
    /// Nothing shows it; the catalog says it follows.
    Inferred,
}

/// A rule that is not the cause here, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuledOut {
    /// The rule.
    pub rule: RuleIx,
    /// What was searched and not found, or found everywhere.
    pub reason: String,
    /// The user asked for it by name.
    pub suspect: bool,
}

/// An unmatched kind of line that is unusual to the failing windows: not a cause, a place to look.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    /// The masked line.
    pub template: String,
    /// Failing windows it was seen in.
    pub failing: u32,
    /// Passing windows it was seen in.
    pub passing: u32,
    /// Records that show it.
    pub evidence: Vec<EvidenceIx>,
}

/// A root cause with the cases it explains.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The rule at the root.
    pub root: RuleIx,
    /// Its title with the captures filled in.
    pub title: String,
    /// The best verdict among its cases.
    pub verdict: Verdict,
    /// Tells this occurrence from another of the same rule: rule id and the fingerprint's captures.
    pub fingerprint: String,
    /// Places in [`Diagnosis::cases`].
    pub cases: Vec<usize>,
    /// The records that show the root, in order of time.
    pub evidence: Vec<EvidenceIx>,
    /// What the root's matchers caught.
    pub captures: Captures,
}

/// One fix, and what it clears beyond the fixes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// The rule at the root.
    pub root: RuleId,
    /// Cases that this fix clears beyond those before it.
    pub clears: usize,
    /// Cases cleared by this fix and those before it.
    pub total: usize,
}

/// `1 test`, `2 tests`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
