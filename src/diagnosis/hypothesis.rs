//! From a case's chains to its [`Hypothesis`] list, best first.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, Link, Place, Scene};
use super::control::Control;
use super::score::{self, Reach};
use super::{CaseDiagnosis, Footing, Hypothesis, Question, Verdict, Why};
use crate::findings::{Finding, Group, VariantIx, WatchedWindow, WindowIx};
use crate::rules::{Captures, Join, RuleIx};

/// Most hypotheses kept of one case.
const HYPOTHESES: usize = 5;

/// Records cited for one step.
const EVIDENCE_PER_WHY: usize = 5;

/// A failing case with all that could explain it.
pub struct Explained<'a> {
    /// Its place in the run; `None` for a window named by the user.
    pub case: Option<usize>,
    /// Its window, where anything dates it.
    pub window: Option<(WindowIx, &'a WatchedWindow)>,
    /// What the test result shows, symptoms and causes alike.
    pub in_result: &'a [Finding],
    /// The symptoms it starts from.
    pub symptoms: Vec<RuleIx>,
    chains: Vec<Chain>,
}

/// How many failures show a symptom, and how many of them each root explains.
struct Tally {
    symptoms: BTreeMap<RuleIx, usize>,
    roots: BTreeMap<(RuleIx, RuleIx), usize>,
}

/// Finds the chains of every failing case, in the order of the run; windows named by the user follow.
pub fn explain<'a>(question: &'a Question, scene: &Scene) -> Vec<Explained<'a>> {
    let windows: Vec<_> = question.watch.group(Group::Failing).collect();
    let by_case: BTreeMap<usize, _> =
        windows.iter().filter_map(|&(place, window)| Some((window.case?, (place, window)))).collect();
    let failing = question.run.cases.iter().enumerate().filter(|(_, case)| case.outcome.failure().is_some());
    let of_run = failing.map(|(case, _)| of_case(question, scene, case, by_case.get(&case).copied()));
    let given = windows.iter().filter(|(_, window)| window.case.is_none()).map(|&(place, window)| Explained {
        case: None,
        window: Some((place, window)),
        in_result: &[],
        symptoms: Vec::new(),
        chains: scene.chains_without_result(place, window),
    });
    of_run.chain(given).collect()
}

fn of_case<'a>(
    question: &'a Question,
    scene: &Scene,
    case: usize,
    window: Option<(WindowIx, &'a WatchedWindow)>,
) -> Explained<'a> {
    let in_result: &[Finding] = question.findings.in_results.get(case).map_or(&[], Vec::as_slice);
    let is_symptom = |rule: &RuleIx| question.catalog.rule(*rule).symptom;
    let symptoms: Vec<RuleIx> = in_result.iter().map(|finding| finding.rule).filter(is_symptom).collect();
    let chains = window.map(|(place, window)| scene.chains(place, window, &symptoms)).unwrap_or_default();
    Explained { case: Some(case), window, in_result, symptoms, chains }
}

/// Scores the chains of every case, now that it is known how many failures each root explains.
pub fn weigh(question: &Question, scene: &Scene, control: &Control, explained: &[Explained]) -> Vec<CaseDiagnosis> {
    let tally = Tally::of(scene, explained);
    explained
        .iter()
        .map(|case| {
            let hypotheses = case.hypotheses(question, scene, control, &tally);
            CaseDiagnosis {
                case: case.case,
                window: case.window.map(|(_, window)| window.window),
                verdict: hypotheses.first().map_or(Verdict::Inconclusive, |first| first.verdict),
                hypotheses,
                ruled_out: Vec::new(),
                leads: Vec::new(),
            }
        })
        .collect()
}

impl Explained<'_> {
    /// The findings of all its chains, in the logs.
    pub fn findings(&self) -> impl Iterator<Item = usize> + '_ {
        self.chains.iter().flat_map(|chain| &chain.links).flat_map(|link| &link.findings).copied()
    }

    fn hypotheses(&self, question: &Question, scene: &Scene, control: &Control, tally: &Tally) -> Vec<Hypothesis> {
        let mut best: BTreeMap<RuleIx, Hypothesis> = BTreeMap::new();
        for chain in self.all_chains(scene) {
            let Some(root) = chain.root().map(|link| link.rule) else { continue };
            let hypothesis = self.hypothesis(&chain, root, question, scene, control, tally);
            let better = |before: &Hypothesis| (hypothesis.score, before.whys.len()) > (before.score, hypothesis.whys.len());
            if best.get(&root).is_none_or(better) {
                best.insert(root, hypothesis);
            }
        }
        let (mut named, mut stopped): (Vec<_>, Vec<_>) =
            best.into_values().partition(|hypothesis| hypothesis.verdict != Verdict::Inconclusive);
        named.sort_by_key(|hypothesis| (-hypothesis.score, hypothesis.root));
        named.truncate(HYPOTHESES);
        if named.is_empty() {
            // Where no cause was found, the longest chain still shows how far the evidence goes.
            stopped.sort_by_key(|hypothesis| (usize::MAX - hypothesis.whys.len(), -hypothesis.score, hypothesis.root));
            named.extend(stopped.into_iter().take(1));
        }
        named
    }

    /// Whether the root's records belong to this case rather than to a neighbour whose lines lie in the margin:
    /// one lies in its bare interval, or is tied to its effect by more than the window.
    fn owns(&self, chain: &Chain, scene: &Scene) -> bool {
        let (Some(root), Some((_, window))) = (chain.root(), self.window) else { return true };
        let in_records = !root.findings.is_empty();
        let tied = root.join < Join::Window
            && chain.links.len() > 2
            && root.findings.iter().any(|&finding| scene.place(finding, window) == Place::Before);
        !in_records
            || tied
            || root.findings.iter().any(|&finding| matches!(scene.place(finding, window), Place::Inside | Place::Nowhere))
    }

    /// The chains found in the logs, and one for each cause that the test result shows by itself.
    fn all_chains(&self, scene: &Scene) -> Vec<Chain> {
        let shown = self.in_result.iter().filter(|finding| !scene.catalog.rule(finding.rule).symptom).map(|finding| Chain {
            links: vec![Link { rule: finding.rule, footing: Footing::Observed, join: Join::Window, findings: Vec::new() }],
        });
        self.chains.iter().filter(|chain| chain.links.len() > 1 || self.case.is_none()).cloned().chain(shown).collect()
    }

    fn hypothesis(
        &self,
        chain: &Chain,
        root: RuleIx,
        question: &Question,
        scene: &Scene,
        control: &Control,
        tally: &Tally,
    ) -> Hypothesis {
        let rule = question.catalog.rule(root);
        let root_findings = chain.root().map_or(&[][..], |link| &link.findings);
        let shown = root_findings.is_empty() && chain.links.len() == 1 && self.case.is_some();
        let variants: Vec<VariantIx> =
            root_findings.iter().filter_map(|&finding| question.findings.in_logs[finding].variant).collect();
        let standing = (!variants.is_empty()).then(|| control.standing_together(&variants, question.findings));
        let window = self.window.map(|(_, window)| window);
        let scored = score::score(chain, scene, window, standing, tally.reach(chain), shown);
        let captures = self.captures(chain.root(), question);
        Hypothesis {
            root,
            title: rule.render_title(&captures),
            verdict: if rule.symptom { Verdict::Inconclusive } else { scored.verdict },
            score: scored.parts.iter().map(|part| part.points).sum(),
            parts: scored.parts,
            whys: chain.links.iter().map(|link| self.why(link, question, scene)).collect(),
            captures,
        }
    }

    fn why(&self, link: &Link, question: &Question, scene: &Scene) -> Why {
        let mut evidence: Vec<_> =
            link.findings.iter().filter_map(|&finding| question.findings.in_logs[finding].evidence).collect();
        evidence.truncate(EVIDENCE_PER_WHY);
        let start = self.window.map(|(_, window)| window.window.start);
        let mut records = link.findings.iter().filter_map(|&finding| scene.evidence(finding)).peekable();
        let before_window = records.peek().is_some() && records.all(|record| Some(record.timestamp) < start);
        let answer = question.catalog.rule(link.rule).render_why(&self.captures(Some(link), question));
        Why { rule: link.rule, answer, footing: link.footing, evidence, before_window }
    }

    /// What was caught by the best finding of a link, in the logs or in the result.
    fn captures(&self, link: Option<&Link>, question: &Question) -> Captures {
        let Some(link) = link else { return Captures::new() };
        match link.findings.first() {
            Some(&finding) => question.findings.in_logs[finding].captures.clone(),
            None => self
                .in_result
                .iter()
                .find(|finding| finding.rule == link.rule)
                .map(|finding| finding.captures.clone())
                .unwrap_or_default(),
        }
    }
}

impl Tally {
    fn of(scene: &Scene, explained: &[Explained]) -> Tally {
        let mut tally = Tally { symptoms: BTreeMap::new(), roots: BTreeMap::new() };
        for case in explained {
            let chains = case.all_chains(scene);
            let ends = |chain: &Chain| Some((chain.links.first()?.rule, chain.root()?.rule));
            let symptoms: BTreeSet<RuleIx> =
                chains.iter().filter_map(ends).map(|(symptom, _)| symptom).chain(case.symptoms.iter().copied()).collect();
            for symptom in symptoms {
                *tally.symptoms.entry(symptom).or_default() += 1;
            }
            let own: BTreeSet<(RuleIx, RuleIx)> =
                chains.iter().filter(|chain| case.owns(chain, scene)).filter_map(ends).collect();
            for pair in own {
                *tally.roots.entry(pair).or_default() += 1;
            }
        }
        tally
    }

    fn reach(&self, chain: &Chain) -> Reach {
        let (Some(symptom), Some(root)) = (chain.links.first(), chain.root()) else { return Reach { explained: 0, all: 0 } };
        Reach {
            explained: self.roots.get(&(symptom.rule, root.rule)).copied().unwrap_or(0),
            all: self.symptoms.get(&symptom.rule).copied().unwrap_or(0),
        }
    }
}
