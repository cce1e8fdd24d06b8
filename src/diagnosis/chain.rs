//! Paths in the cause graph from an observed symptom of a case to what the evidence can carry.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::Footing;
use super::control::{Standing, StandingKind};
use crate::findings::{EvidenceIx, Exhibit, Finding, Findings, WatchedWindow, WindowIx};
use crate::logs::Ties;
use crate::rules::graph::CauseGraph;
use crate::rules::{Catalog, Edge, Join, RuleIx};

/// Longest chain, symptom and root included.
const LONGEST: usize = 8;

/// Most chains kept of one case; a catalog dense enough to pass this gives the same first ones every time.
const MOST: usize = 512;

/// Findings kept of one link.
const FINDINGS_PER_LINK: usize = 6;

/// A cause may be logged this much after its effect: request entries are dated at their start, and
/// clocks of two instances differ.
const SLACK: SignedDuration = SignedDuration::from_millis(1_500);

/// One step of a chain, from effect to cause.
#[derive(Debug, Clone)]
pub struct Link {
    /// The rule.
    pub rule: RuleIx,
    /// Whether it was seen.
    pub footing: Footing,
    /// What its sightings share with those of the link before it.
    pub join: Join,
    /// Places in [`Findings::in_logs`], best first; empty where inferred or seen in the test result.
    pub findings: Vec<usize>,
}

/// A path from a symptom (first) to a root (last).
#[derive(Debug, Clone)]
pub struct Chain {
    /// The links, the symptom first.
    pub links: Vec<Link>,
}

impl Chain {
    /// The last link.
    pub fn root(&self) -> Option<&Link> {
        self.links.last()
    }
}

/// All that chains are made from; the same for every case.
pub struct Scene<'a> {
    /// The rules.
    pub catalog: &'a Catalog,
    /// Their edges.
    pub graph: &'a CauseGraph,
    /// What was found.
    pub findings: &'a Findings,
    /// By variant.
    pub standings: &'a [Standing],
    /// How far before an effect its cause may lie.
    pub lookback: SignedDuration,
    /// By rule: places of its findings with evidence, in order of time.
    by_rule: Vec<Vec<usize>>,
    /// By rule: places of its findings that hold for one window only.
    by_window: Vec<Vec<usize>>,
}

/// Finds the paths of one case.
pub struct Search<'a> {
    scene: &'a Scene<'a>,
    place: WindowIx,
    window: &'a WatchedWindow,
    links: Vec<Link>,
    found: Vec<Chain>,
}

impl<'a> Scene<'a> {
    /// Sorts the findings by rule.
    pub fn new(
        catalog: &'a Catalog,
        graph: &'a CauseGraph,
        findings: &'a Findings,
        standings: &'a [Standing],
        lookback: SignedDuration,
    ) -> Scene<'a> {
        let mut by_rule = vec![Vec::new(); catalog.rules().len()];
        let mut by_window = vec![Vec::new(); catalog.rules().len()];
        for (place, finding) in findings.in_logs.iter().enumerate() {
            if finding.only_in.is_some() {
                by_window[finding.rule].push(place);
            } else if finding.evidence.is_some() {
                by_rule[finding.rule].push(place);
            }
        }
        Scene { catalog, graph, findings, standings, lookback, by_rule, by_window }
    }

    /// The chains of a case whose result shows these symptoms, each as deep as the evidence goes.
    pub fn chains(&self, place: WindowIx, window: &WatchedWindow, symptoms: &[RuleIx]) -> Vec<Chain> {
        let mut search = Search { scene: self, place, window, links: Vec::new(), found: Vec::new() };
        for &symptom in symptoms {
            search.links.push(Link { rule: symptom, footing: Footing::Observed, join: Join::Window, findings: Vec::new() });
            search.grow();
            search.links.pop();
        }
        search.found
    }

    /// The chains that start at what the logs show in a window for which there is no test result.
    pub fn chains_without_result(&self, place: WindowIx, window: &WatchedWindow) -> Vec<Chain> {
        let mut search = Search { scene: self, place, window, links: Vec::new(), found: Vec::new() };
        for rule in 0..self.catalog.rules().len() {
            let findings = search.in_window(rule);
            let is_seen_effect = |effect: &RuleIx| !search.in_window(*effect).is_empty();
            let explains_another = self.catalog.rule(rule).explains.iter().map(|edge| &edge.effect).any(is_seen_effect);
            if findings.is_empty() || explains_another {
                continue;
            }
            search.links.push(Link { rule, footing: Footing::Observed, join: Join::Window, findings });
            search.grow();
            search.links.pop();
        }
        search.found
    }

    /// Places of a rule's findings inside a window's margins, red herrings left out.
    pub fn seen_in(&self, rule: RuleIx, place: WindowIx, window: &WatchedWindow) -> Vec<usize> {
        let start = self.by_rule[rule].partition_point(|&finding| self.time(finding) < Some(window.window.start));
        let inside = self.by_rule[rule][start..].iter().take_while(|&&finding| self.time(finding) < Some(window.window.end));
        let only_here = self.by_window[rule].iter().filter(|&&finding| self.findings.in_logs[finding].only_in == Some(place));
        inside.chain(only_here).copied().filter(|&finding| !self.is_common(finding)).collect()
    }

    /// Whether two links rest on the same records: then they are two names for one event.
    pub fn same_records(&self, one: &Link, other: &Link) -> bool {
        let records =
            |link: &Link| link.findings.iter().filter_map(|&finding| self.findings.in_logs[finding].evidence).collect::<Vec<_>>();
        let other = records(other);
        records(one).iter().any(|record| other.contains(record))
    }

    /// The evidence of a finding.
    pub fn evidence(&self, finding: usize) -> Option<&'a Exhibit> {
        self.findings.in_logs[finding].evidence.map(|place| &self.findings.evidence[place])
    }

    /// Where a finding lies, seen from a case's window.
    pub fn place(&self, finding: usize, window: &WatchedWindow) -> Place {
        let (start, end) = window.core;
        match self.time(finding) {
            None => Place::Nowhere,
            Some(at) if at < start => Place::Before,
            Some(at) if at < end => Place::Inside,
            Some(_) => Place::After,
        }
    }

    fn finding(&self, place: usize) -> &'a Finding {
        &self.findings.in_logs[place]
    }

    fn time(&self, finding: usize) -> Option<Timestamp> {
        self.evidence(finding).map(|evidence| evidence.timestamp)
    }

    fn standing(&self, finding: usize) -> Option<Standing> {
        self.finding(finding).variant.map(|variant| self.standings[variant])
    }

    fn is_common(&self, finding: usize) -> bool {
        self.standing(finding).is_some_and(|standing| standing.kind == StandingKind::Common)
    }

    /// Exclusive kinds of lines first, and among them those that most failures show.
    fn rank(&self, finding: usize) -> (u8, Reverse<usize>) {
        let standing = self.standing(finding);
        let kind = match standing.map(|standing| standing.kind) {
            Some(StandingKind::Exclusive(_)) => 0,
            Some(StandingKind::Elevated(_)) => 1,
            _ => 2,
        };
        (kind, Reverse(standing.map_or(0, |standing| standing.failing.0)))
    }
}

impl Search<'_> {
    fn in_window(&self, rule: RuleIx) -> Vec<usize> {
        self.scene.seen_in(rule, self.place, self.window)
    }

    /// Extends the chain by every cause that the evidence carries; keeps it where there is none.
    fn grow(&mut self) -> bool {
        let Some(effect) = self.links.last() else { return false };
        let (rule, inferred) = (effect.rule, effect.footing == Footing::Inferred);
        let mut deeper = false;
        if self.links.len() < LONGEST {
            let scene = self.scene;
            for cause in scene.graph.causes_of(rule) {
                let edge = &scene.catalog.rule(cause.cause).explains[cause.edge];
                deeper |= self.step(cause.cause, edge, inferred);
            }
        }
        if !deeper && !inferred && self.found.len() < MOST {
            self.found.push(Chain { links: self.links.clone() });
        }
        deeper || !inferred
    }

    fn step(&mut self, cause: RuleIx, edge: &Edge, after_inferred: bool) -> bool {
        if self.links.iter().any(|link| link.rule == cause) {
            return false;
        }
        let (join, findings) = self.joined(cause, edge);
        let footing = if findings.is_empty() { Footing::Inferred } else { Footing::Observed };
        if footing == Footing::Inferred && (after_inferred || !self.may_be_unseen(cause)) {
            return false;
        }
        self.links.push(Link { rule: cause, footing, join, findings });
        let deeper = self.grow();
        self.links.pop();
        deeper
    }

    /// An effect that was not logged may be passed over, a cause may not: only what says "it broke", or
    /// has no way of being seen, is inferred, and only below something that is itself a symptom.
    fn may_be_unseen(&self, rule: RuleIx) -> bool {
        let below_symptom = self.links.last().is_some_and(|link| self.scene.catalog.rule(link.rule).symptom);
        let rule = self.scene.catalog.rule(rule);
        below_symptom && (rule.symptom || rule.condition.is_none())
    }

    /// The findings of a cause that share with the last observed link what the edge asks for, best first,
    /// and the strongest thing that they share.
    fn joined(&self, cause: RuleIx, edge: &Edge) -> (Join, Vec<usize>) {
        // So it is with most rules of a catalog.
        if self.scene.by_rule[cause].is_empty() && self.scene.by_window[cause].is_empty() {
            return (Join::Window, Vec::new());
        }
        let anchor = self.links.iter().rev().find(|link| link.footing == Footing::Observed);
        let anchors: Vec<EvidenceIx> = anchor
            .map(|link| link.findings.iter().filter_map(|&finding| self.scene.finding(finding).evidence).collect())
            .unwrap_or_default();
        let mut joined: Vec<(Join, usize)> = self
            .candidates(cause, edge, &anchors)
            .into_iter()
            .filter_map(|finding| Some((self.strongest(edge, finding, &anchors)?, finding)))
            .collect();
        joined.sort_by_key(|&(join, finding)| {
            let (place, nearest) = self.distance(finding);
            let (kind, widest) = self.scene.rank(finding);
            (kind, place != Place::Inside && join > Join::Request, join, widest, place, nearest, finding)
        });
        joined.truncate(FINDINGS_PER_LINK);
        let strongest = joined.iter().map(|&(join, _)| join).min().unwrap_or(Join::Window);
        (strongest, joined.into_iter().map(|(_, finding)| finding).collect())
    }

    fn candidates(&self, cause: RuleIx, edge: &Edge, anchors: &[EvidenceIx]) -> Vec<usize> {
        if edge.join == Join::Window || anchors.is_empty() {
            return if edge.join == Join::Window { self.in_window(cause) } else { Vec::new() };
        }
        let anchors = || anchors.iter().map(|anchor| &self.scene.findings.evidence[*anchor]);
        let earliest = anchors().map(|anchor| anchor.timestamp).min();
        let latest = anchors().map(Exhibit::until).max();
        let (Some(earliest), Some(latest)) = (earliest, latest) else { return Vec::new() };
        let reach = self.bound(edge);
        let from = earliest.saturating_sub(reach).unwrap_or(Timestamp::MIN);
        let to = latest.saturating_add(SLACK).unwrap_or(Timestamp::MAX);
        let all = &self.scene.by_rule[cause];
        let start = all.partition_point(|&finding| self.scene.time(finding) < Some(from));
        let inside = all[start..].iter().take_while(|&&finding| self.scene.time(finding) <= Some(to));
        inside.copied().filter(|&finding| !self.scene.is_common(finding)).collect()
    }

    /// The strongest thing that a finding shares with one of the anchors, if it is at least what the edge asks for.
    fn strongest(&self, edge: &Edge, finding: usize, anchors: &[EvidenceIx]) -> Option<Join> {
        if anchors.is_empty() {
            return (edge.join == Join::Window).then_some(Join::Window);
        }
        let Some(place) = self.scene.finding(finding).evidence else { return Some(Join::Window) };
        let (all, reach) = (&self.scene.findings.evidence, self.bound(edge));
        let evidence = &all[place];
        let timely = |anchor: &&Exhibit| {
            evidence.timestamp.duration_since(anchor.until()) <= SLACK
                && anchor.timestamp.duration_since(evidence.timestamp) <= reach
        };
        let anchors = anchors.iter().map(|anchor| &all[*anchor]).filter(timely);
        anchors.map(|anchor| shared(&evidence.ties, &anchor.ties)).min().filter(|&join| join <= edge.join)
    }

    /// How long before its effect a cause may lie: what the edge says, else the lookback.
    fn bound(&self, edge: &Edge) -> SignedDuration {
        edge.within.and_then(|within| SignedDuration::try_from(within).ok()).unwrap_or(self.scene.lookback)
    }

    /// How far a finding lies from the case: inside its bare interval first, then the nearest before or after.
    fn distance(&self, finding: usize) -> (Place, Reverse<Option<Timestamp>>) {
        let place = self.scene.place(finding, self.window);
        (place, Reverse(self.scene.time(finding).filter(|_| place == Place::Before)))
    }
}

/// Where a record lies, seen from a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the case's bare interval.
    Inside,
    /// Before it, in the margin or earlier.
    Before,
    /// After it, in the margin.
    After,
    /// It has no time: the absence of records is what was found.
    Nowhere,
}

/// The strongest field that two records share; a missing field never counts as equal.
fn shared(one: &Ties, other: &Ties) -> Join {
    if one.share_trace(other) {
        Join::Trace
    } else if one.share_instance(other) {
        Join::Instance
    } else if one.share_revision(other) {
        Join::Revision
    } else {
        Join::Window
    }
}
