//! Counts entries that are known by a number, and fills in what is kept of their records once these are there.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rayon::prelude::*;

use super::{Finder, Sighted, Unread};
use crate::findings::{Evidence, EvidenceIx, VariantIx};
use crate::logs::{Met, Record, Ties, Visitor};
use crate::rules::{Captures, RuleIx};

/// What a record says to a rule.
pub(super) struct Said {
    pub(super) rule: RuleIx,
    pub(super) matchers: Arc<[usize]>,
    variant: VariantIx,
}

/// What is kept of a record before it is there.
pub(super) struct Awaited {
    evidence: EvidenceIx,
    findings: Vec<Kept>,
}

/// A finding whose captures are still to be read from its record.
struct Kept {
    rule: RuleIx,
    matchers: Arc<[usize]>,
    /// Its place in [`Finder::in_logs`], or among those of its rule in [`Finder::unsettled`].
    place: usize,
}

impl Finder<'_> {
    /// Counts an entry that is known by a number; what is to be kept of its record, if anything is.
    fn note_known(&mut self, at: Timestamp, meaning: u32, ties: Option<Ties>, shown: usize) -> Option<Awaited> {
        let mut awaited: Option<Awaited> = None;
        for Said { rule, matchers, variant } in &*self.said_by(meaning) {
            let settled = self.is_settled(*rule);
            let mut evidence = None;
            if self.count(*variant, at) {
                let place = if settled { self.in_logs.len() } else { self.unsettled.get(rule).map_or(0, Vec::len) };
                let awaited = awaited.get_or_insert_with(|| Awaited { evidence: self.evidence.len(), findings: Vec::new() });
                awaited.findings.push(Kept { rule: *rule, matchers: Arc::clone(matchers), place });
                evidence = Some(awaited.evidence);
            }
            if evidence.is_some() || !settled {
                let (variant, matchers, captures) = (*variant, Arc::clone(matchers), Captures::new());
                self.keep(*rule, Sighted { at, matchers, evidence, variant, captures });
            }
        }
        if awaited.is_some() {
            let evidence = self.cite(at, ties.unwrap_or_default(), None);
            if self.choice.is_some() && ties.is_some() {
                self.unread.push(Unread { evidence, shown, meaning });
                return None;
            }
        }
        awaited
    }

    /// What a meaning says to each rule, in the order of the rules.
    pub(super) fn said_by(&mut self, number: u32) -> Arc<[Said]> {
        if let Some(said) = self.meanings.get(&number) {
            return Arc::clone(said);
        }
        let mut by_rule: BTreeMap<RuleIx, Vec<usize>> = BTreeMap::new();
        let meaning = self.matcher.meaning(number);
        for (rule, matcher) in meaning.iter().flat_map(|meaning| self.matcher.met_by(meaning)) {
            by_rule.entry(rule).or_default().push(matcher);
        }
        self.retain_standing(&mut by_rule, Vec::clone);
        let template = meaning.as_ref().map_or("", |meaning| &meaning.template);
        let said = by_rule.into_iter().map(|(rule, matchers)| Said {
            rule,
            matchers: matchers.into(),
            variant: self.variant(rule, template),
        });
        let said: Arc<[Said]> = said.collect();
        self.meanings.insert(number, Arc::clone(&said));
        said
    }

    /// Fills in what was awaited of a record; nothing of it stays where it is gone.
    fn fill(&mut self, awaited: Awaited, read: Option<(Evidence, Ties, Vec<Captures>)>) {
        let is_there = read.is_some();
        let mut captures = Vec::new();
        if let Some((evidence, ties, caught)) = read {
            let exhibit = &mut self.evidence[awaited.evidence];
            (exhibit.read, exhibit.ties) = (Some(Box::new(evidence)), ties);
            captures = caught;
        }
        let mut captures = captures.into_iter();
        for Kept { rule, place, .. } in awaited.findings {
            let caught = captures.next().unwrap_or_default();
            let (evidence, captures) = if self.is_settled(rule) {
                let Some(finding) = self.in_logs.get_mut(place) else { continue };
                (&mut finding.evidence, &mut finding.captures)
            } else {
                let Some(sighted) = self.unsettled.get_mut(&rule).and_then(|all| all.get_mut(place)) else { continue };
                (&mut sighted.evidence, &mut sighted.captures)
            };
            *captures = caught;
            *evidence = evidence.filter(|_| is_there);
        }
    }
}

impl Visitor for Finder<'_> {
    fn meet(&mut self, met: Vec<Met>) -> Vec<usize> {
        let said = |met: &Met| if let Met::Record(record) = met { self.rules_and_template(record) } else { None };
        let said: Vec<_> = met.par_iter().map(said).collect();
        let (mut wanted, mut awaited) = (Vec::new(), Vec::new());
        for (place, (met, said)) in met.iter().zip(said).enumerate() {
            match (met, said) {
                (Met::Record(record), Some((by_rule, masked))) => self.note(record, by_rule, &masked),
                (Met::Record(_), None) => {}
                (Met::Known { at, meaning, ties }, _) => {
                    if let Some(kept) = self.note_known(*at, *meaning, *ties, self.shown + place) {
                        wanted.push(place);
                        awaited.push(kept);
                    }
                }
            }
        }
        self.shown += met.len();
        met.into_par_iter().for_each(drop);
        if !awaited.is_empty() {
            self.awaited.push_back(awaited);
        }
        wanted
    }

    fn take(&mut self, records: Vec<Option<Record>>) {
        let Some(awaited) = self.awaited.pop_front() else { return self.take_chosen(records) };
        let read = |(awaited, record): (&Awaited, Option<Record>)| {
            let record = record?;
            let captures = |kept: &Kept| self.matcher.captures(self.catalog.rule(kept.rule), &kept.matchers, &record.text);
            Some((Evidence::of(&record, 0), Ties::of(&record), awaited.findings.iter().map(captures).collect()))
        };
        let read: Vec<_> = awaited.par_iter().zip(records).map(read).collect();
        for (awaited, read) in awaited.into_iter().zip(read) {
            self.fill(awaited, read);
        }
    }

    fn wants_at_last(&mut self) -> Vec<usize> {
        self.choose()
    }
}
