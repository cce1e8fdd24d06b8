//! Reads of the records that a finder knows by a number only those that a diagnosis may cite: all is found and counted
//! first, then the choice is made, then the records chosen are read.

use rayon::prelude::*;

use super::known::Said;
use super::{Finder, Unread};
use crate::findings::{Evidence, EvidenceIx, Findings};
use crate::logs::Record;
use crate::results::TestRun;
use crate::rules::Captures;

/// Says of which evidence the records are wanted, given all findings. The findings of evidence that was not read yet
/// have no captures.
pub type Choose<'a> = dyn Fn(&Findings) -> Vec<EvidenceIx> + Sync + 'a;

/// How a finder chooses.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) run: &'a TestRun,
    pub(super) choose: &'a Choose<'a>,
}

impl<'a> Finder<'a> {
    /// Reads no more records than `choose` names. What is not named stays what it was when the choice was made. Conditions are
    /// settled for this run, which must be that of [`Finder::finish`], too.
    pub fn choosing(mut self, run: &'a TestRun, choose: &'a Choose<'a>) -> Finder<'a> {
        self.choice = Some(Choice { run, choose });
        self
    }

    /// The places, among all that was met, of the records chosen.
    pub(super) fn choose(&mut self) -> Vec<usize> {
        let Some(Choice { run, choose }) = self.choice else { return Vec::new() };
        let findings = self.findings.take().unwrap_or_else(|| self.settle_all(run));
        let mut wanted = choose(&findings);
        wanted.sort_unstable();
        let is_wanted = |unread: &Unread| wanted.binary_search(&unread.evidence).is_ok();
        let (chosen, others) = std::mem::take(&mut self.unread).into_iter().partition(is_wanted);
        (self.chosen, self.unread, self.findings) = (chosen, others, Some(findings));
        self.chosen.iter().map(|unread| unread.shown).collect()
    }

    /// Takes the next records of those chosen. One that is gone is no evidence.
    pub(super) fn take_chosen(&mut self, records: Vec<Option<Record>>) {
        let Some(mut findings) = self.findings.take() else { return };
        let chosen: Vec<Unread> = self.chosen.drain(..records.len().min(self.chosen.len())).collect();
        let said: Vec<_> = chosen.iter().map(|unread| self.said_by(unread.meaning)).collect();
        let captures = |said: &Said, record: &Record| {
            (said.rule, self.matcher.captures(self.catalog.rule(said.rule), &said.matchers, &record.text))
        };
        let read = |(said, record): (&std::sync::Arc<[Said]>, Option<Record>)| {
            let record = record?;
            Some((Evidence::of(&record, 0), said.iter().map(|said| captures(said, &record)).collect::<Vec<_>>()))
        };
        let read: Vec<_> = said.par_iter().zip(records).map(read).collect();
        let mut gone = Vec::new();
        for (unread, read) in chosen.into_iter().zip(read) {
            match read {
                Some((evidence, captures)) => findings.fill(unread.evidence, evidence, captures),
                None => gone.push(unread.evidence),
            }
        }
        findings.in_logs.retain(|finding| finding.evidence.is_none_or(|evidence| gone.binary_search(&evidence).is_err()));
        self.findings = Some(findings);
    }
}

impl Findings {
    fn fill(&mut self, place: EvidenceIx, evidence: Evidence, captures: Vec<(usize, Captures)>) {
        self.evidence[place].read = Some(Box::new(evidence));
        // Those without evidence come last.
        let key = |evidence: Option<EvidenceIx>| (evidence.is_none(), evidence);
        let start = self.in_logs.partition_point(|finding| key(finding.evidence) < key(Some(place)));
        for finding in self.in_logs[start..].iter_mut().take_while(|finding| finding.evidence == Some(place)) {
            let of_rule = captures.iter().find(|(rule, _)| *rule == finding.rule);
            finding.captures = of_rule.map(|(_, captures)| captures.clone()).unwrap_or_default();
        }
    }
}
