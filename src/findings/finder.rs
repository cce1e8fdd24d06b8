//! Meets records and failures with the rules, one at a time, and keeps what a diagnosis needs of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use self::choice::Choice;
pub use self::choice::Choose;
use self::known::{Awaited, Said};
use self::settle::settled_by_record;
use super::{Evidence, EvidenceIx, Exhibit, Finding, Findings, Group, Variant, VariantIx, Watch, WindowIx};
use crate::logs::template::template;
use crate::logs::{Record, Ties};
use crate::results::{TestCase, TestRun};
use crate::rules::matching::{Matcher, Sighting};
use crate::rules::{Captures, Catalog, RuleIx};

mod choice;
mod known;
mod settle;

/// Records kept of one kind of line in one place (a window, or a minute between windows); the rest is counted.
const KEPT_PER_PLACE: u32 = 8;

/// Kinds of lines told apart for one rule; a pattern that meets more is too wide for it to matter.
const VARIANTS_PER_RULE: usize = 256;

/// What the catalog makes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// No rule matches it.
    No,
    /// Only rules that say what broke match it.
    Symptom,
    /// A rule that names a cause (or an innocent bystander) matches it.
    Cause,
}

/// Where a record lies, for deciding how many of its kind are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Window(WindowIx),
    Minute(i64),
}

/// Collects findings while records stream by; memory grows with windows and kinds of lines, not with records.
pub struct Finder<'a> {
    catalog: &'a Catalog,
    matcher: &'a Matcher,
    watch: &'a Watch,
    /// By rule: all less specific rules, directly or through others.
    beaten: Vec<Vec<RuleIx>>,
    evidence: Vec<Exhibit>,
    in_logs: Vec<Finding>,
    variants: Vec<Variant>,
    variant_of: FxHashMap<(RuleIx, String), VariantIx>,
    variants_of_rule: Vec<usize>,
    kept: FxHashMap<(VariantIx, Place), u32>,
    /// Empty; memory that is used again.
    places: Vec<Place>,
    /// By rule whose condition also speaks of the window or the case: the records that met its matchers.
    unsettled: BTreeMap<RuleIx, Vec<Sighted>>,
    /// By the number of a meaning: what it says to each rule.
    meanings: FxHashMap<u32, Arc<[Said]>>,
    /// What is kept of records that are still to come, one list for each call.
    awaited: VecDeque<Vec<Awaited>>,
    choice: Option<Choice<'a>>,
    /// How many were met through [`Visitor::meet`](crate::logs::Visitor::meet).
    shown: usize,
    /// The evidence whose records are read only if they are chosen, ascending.
    unread: Vec<Unread>,
    /// That of which the records are still to come, ascending.
    chosen: Vec<Unread>,
    /// All that was found, once everything was met.
    findings: Option<Findings>,
}

/// Evidence whose record was not read.
struct Unread {
    evidence: EvidenceIx,
    /// Its place among all that was met.
    shown: usize,
    meaning: u32,
}

/// A record met matchers of a rule.
struct Sighted {
    at: Timestamp,
    matchers: Arc<[usize]>,
    evidence: Option<EvidenceIx>,
    variant: VariantIx,
    captures: Captures,
}

impl<'a> Finder<'a> {
    /// Prepares for the rules of `catalog`, which `matcher` was compiled from, and the windows of `watch`.
    pub fn new(catalog: &'a Catalog, matcher: &'a Matcher, watch: &'a Watch) -> Finder<'a> {
        Finder {
            catalog,
            matcher,
            watch,
            beaten: (0..catalog.rules().len()).map(|rule| less_specific(catalog, rule)).collect(),
            evidence: Vec::new(),
            in_logs: Vec::new(),
            variants: Vec::new(),
            variant_of: FxHashMap::default(),
            variants_of_rule: vec![0; catalog.rules().len()],
            kept: FxHashMap::default(),
            places: Vec::new(),
            unsettled: BTreeMap::new(),
            meanings: FxHashMap::default(),
            awaited: VecDeque::new(),
            choice: None,
            shown: 0,
            unread: Vec::new(),
            chosen: Vec::new(),
            findings: None,
        }
    }

    /// Meets one record; records must come in order of time.
    pub fn see(&mut self, record: &Record) {
        if let Some((by_rule, masked)) = self.rules_and_template(record) {
            self.note(record, by_rule, &masked);
        }
    }

    /// The rules that a record meets, and its text with all that varies masked.
    fn rules_and_template(&self, record: &Record) -> Option<(BTreeMap<RuleIx, Vec<Sighting>>, String)> {
        let by_rule = self.rules_met(record);
        (!by_rule.is_empty()).then(|| (by_rule, template(&record.text)))
    }

    fn note(&mut self, record: &Record, by_rule: BTreeMap<RuleIx, Vec<Sighting>>, masked: &str) {
        let mut evidence = None;
        for (rule, sightings) in by_rule {
            self.sight(rule, sightings, record, masked, &mut evidence);
        }
    }

    fn is_settled(&self, rule: RuleIx) -> bool {
        self.catalog.rule(rule).condition.as_ref().is_some_and(settled_by_record)
    }

    /// The rules whose condition the record meets, or may meet together with others; less specific ones
    /// give way to those that refine them.
    fn rules_met(&self, record: &Record) -> BTreeMap<RuleIx, Vec<Sighting>> {
        let mut by_rule: BTreeMap<RuleIx, Vec<Sighting>> = BTreeMap::new();
        self.matcher.in_record(record, &mut |sighting| by_rule.entry(sighting.rule).or_default().push(sighting));
        self.retain_standing(&mut by_rule, |sightings| sightings.iter().map(|sighting| sighting.matcher).collect());
        by_rule
    }

    /// Leaves the rules that stand, given which of their matchers a record meets.
    fn retain_standing<M>(&self, by_rule: &mut BTreeMap<RuleIx, M>, matchers: impl Fn(&M) -> Vec<usize>) {
        by_rule.retain(|&rule, met| {
            let condition = self.catalog.rule(rule).condition.as_ref();
            condition.is_some_and(|condition| !settled_by_record(condition) || condition.met_by_record(&matchers(met), &[]))
        });
        let beaten: Vec<RuleIx> = by_rule.keys().flat_map(|&rule| self.beaten[rule].iter().copied()).collect();
        by_rule.retain(|rule, _| !beaten.contains(rule));
    }

    /// What the catalog makes of a record, without keeping anything.
    pub fn standing_of(&self, record: &Record) -> Known {
        let mut met: BTreeMap<RuleIx, Vec<usize>> = BTreeMap::new();
        self.matcher.matchers_met(record, &mut |rule, matcher| met.entry(rule).or_default().push(matcher));
        self.retain_standing(&mut met, Vec::clone);
        if met.keys().any(|&rule| !self.catalog.rule(rule).symptom) {
            Known::Cause
        } else if met.is_empty() {
            Known::No
        } else {
            Known::Symptom
        }
    }

    fn sight(
        &mut self,
        rule: RuleIx,
        sightings: Vec<Sighting>,
        record: &Record,
        masked: &str,
        evidence: &mut Option<EvidenceIx>,
    ) {
        let matchers = sightings.iter().map(|sighting| sighting.matcher).collect();
        let variant = self.variant(rule, masked);
        let at = record.entries[0].timestamp;
        let wanted = self.count(variant, at);
        let offset = sightings.first().map_or(0, |sighting| sighting.span.start);
        let place = wanted.then(|| {
            *evidence.get_or_insert_with(|| {
                self.cite(record.entries[0].timestamp, Ties::of(record), Some(Evidence::of(record, offset)))
            })
        });
        let mut captures = Captures::new();
        for (name, value) in sightings.into_iter().flat_map(|sighting| sighting.captures) {
            captures.entry(name).or_insert(value);
        }
        self.keep(rule, Sighted { at, matchers, evidence: place, variant, captures });
    }

    /// Keeps a sighting that has evidence, or may become a finding together with others.
    fn keep(&mut self, rule: RuleIx, sighted: Sighted) {
        if !self.is_settled(rule) {
            self.unsettled.entry(rule).or_default().push(sighted);
        } else if sighted.evidence.is_some() {
            let Sighted { captures, evidence, variant, .. } = sighted;
            self.in_logs.push(Finding { rule, captures, evidence, variant: Some(variant), only_in: None });
        }
    }

    fn variant(&mut self, rule: RuleIx, masked: &str) -> VariantIx {
        let mut key = (rule, masked.to_owned());
        if self.variants_of_rule[rule] >= VARIANTS_PER_RULE && !self.variant_of.contains_key(&key) {
            // All kinds that come after so many others are one.
            key.1 = "…".to_owned();
        }
        if let Some(&variant) = self.variant_of.get(&key) {
            return variant;
        }
        self.variants_of_rule[rule] += 1;
        self.variants.push(Variant { rule, template: key.1.clone(), windows: Vec::new(), sightings: 0, between_failures: 0 });
        self.variant_of.insert(key, self.variants.len() - 1);
        self.variants.len() - 1
    }

    /// Counts a sighting in the windows around it; says whether its record is worth keeping.
    fn count(&mut self, variant: VariantIx, at: Timestamp) -> bool {
        let seen = &mut self.variants[variant];
        seen.sightings += 1;
        let mut places = std::mem::take(&mut self.places);
        self.watch.around(at, |window| {
            if let Err(place) = seen.windows.binary_search(&window) {
                seen.windows.insert(place, window);
            }
            places.push(Place::Window(window));
        });
        let failing =
            |place: &Place| matches!(place, Place::Window(window) if self.watch.windows()[*window].group == Group::Failing);
        if self.watch.during_run(at) && !places.iter().any(failing) {
            seen.between_failures += 1;
        }
        if places.is_empty() {
            places.push(Place::Minute(at.as_second().div_euclid(60)));
        }
        let mut wanted = false;
        for place in places.drain(..) {
            let kept = self.kept.entry((variant, place)).or_default();
            *kept += 1;
            wanted |= *kept <= KEPT_PER_PLACE;
        }
        self.places = places;
        wanted
    }

    /// Meets the failures of the run, settles the conditions that also speak of cases or whole windows, and gives all findings.
    pub fn finish(mut self, run: &TestRun) -> Findings {
        self.findings.take().unwrap_or_else(|| self.settle_all(run))
    }

    fn settle_all(&mut self, run: &TestRun) -> Findings {
        let in_results = run.cases.iter().map(|case| self.in_result(case)).collect();
        let unsettled = std::mem::take(&mut self.unsettled);
        self.in_logs.retain(|finding| finding.evidence.is_some());
        for (rule, definition) in self.catalog.rules().iter().enumerate() {
            if let Some(condition) = definition.condition.as_ref().filter(|condition| !settled_by_record(condition)) {
                self.settle(rule, condition, unsettled.get(&rule).map_or(&[], Vec::as_slice), run);
            }
        }
        self.in_logs.sort_by_key(|finding| (finding.evidence.is_none(), finding.evidence, finding.rule, finding.only_in));
        let (in_logs, variants) = (std::mem::take(&mut self.in_logs), std::mem::take(&mut self.variants));
        Findings { evidence: std::mem::take(&mut self.evidence), in_logs, in_results, variants }
    }

    fn cite(&mut self, timestamp: Timestamp, ties: Ties, read: Option<Evidence>) -> EvidenceIx {
        self.evidence.push(Exhibit { timestamp, ties, read: read.map(Box::new) });
        self.evidence.len() - 1
    }

    fn in_result(&self, case: &TestCase) -> Vec<Finding> {
        let mut found: BTreeMap<RuleIx, (Vec<usize>, Captures)> = BTreeMap::new();
        self.matcher.in_case(case, &mut |sighting| {
            let (met, captures) = found.entry(sighting.rule).or_default();
            met.push(sighting.matcher);
            captures.extend(sighting.captures);
        });
        found.retain(|&rule, (met, _)| {
            self.catalog.rule(rule).condition.as_ref().is_some_and(|condition| condition.met_by_case(met))
        });
        let beaten: Vec<RuleIx> = found.keys().flat_map(|&rule| self.beaten[rule].iter().copied()).collect();
        let stands = found.into_iter().filter(|(rule, _)| !beaten.contains(rule));
        stands.map(|(rule, (_, captures))| Finding { rule, captures, evidence: None, variant: None, only_in: None }).collect()
    }
}

/// All rules that a rule refines, directly or through others.
fn less_specific(catalog: &Catalog, rule: RuleIx) -> Vec<RuleIx> {
    let mut found: Vec<RuleIx> = Vec::new();
    let mut open = catalog.rule(rule).refines.clone();
    while let Some(next) = open.pop() {
        if next != rule && !found.contains(&next) {
            found.push(next);
            open.extend(&catalog.rule(next).refines);
        }
    }
    found
}
