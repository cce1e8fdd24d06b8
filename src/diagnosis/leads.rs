//! Leads: kinds of lines that no rule explains and that are unusual to the failing windows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::control::{Control, StandingKind};
use super::{Diagnosis, Lead, Verdict};
use crate::findings::{Evidence, EvidenceIx, Group, Known, Watch, WindowIx};
use crate::logs::template::template;
use crate::logs::{Record, Severity};

/// Leads given for one case.
const LEADS_PER_CASE: usize = 5;

/// Records kept of one kind of line in one window.
const KEPT_PER_WINDOW: usize = 2;

/// Points of a kind of line that no passing window shows.
const EXCLUSIVE: i32 = 30;

/// Points of a kind of line that all failing windows show.
const WIDE: i32 = 20;

/// Points of what was logged by the instance that the chain led to before it stopped.
const LED_TO: i32 = 25;

/// So many standard deviations above chance give an exclusive kind of line all its points.
const SURE: f64 = 3.0;

/// Points for each standard deviation above chance.
const PER_DEVIATION: f64 = 5.0;

/// Kinds of lines held at once; beyond it, new kinds are not taken up.
const MOST_KINDS: usize = 200_000;

/// A place to look for leads of one unexplained case.
#[derive(Debug, Clone)]
pub struct Unexplained {
    /// The case's place in [`Diagnosis::cases`].
    pub case: usize,
    /// Its window.
    pub window: WindowIx,
    /// Instances that the chain led to before it stopped: what they logged before the window counts too.
    pub instances: BTreeSet<String>,
    /// From when on those instances are of interest.
    pub from: Timestamp,
}

/// Counts kinds of lines while records stream by.
pub struct LeadMiner<'a> {
    watch: &'a Watch,
    unexplained: Vec<Unexplained>,
    kinds: FxHashMap<String, Kind>,
}

/// One kind of line.
#[derive(Default)]
struct Kind {
    failing: BTreeSet<WindowIx>,
    passing: BTreeSet<WindowIx>,
    /// By place in `unexplained`: the records kept.
    kept: BTreeMap<usize, Vec<Evidence>>,
    /// Places in `unexplained` whose records kept are from the bare interval.
    inside: BTreeSet<usize>,
    /// Places in `unexplained` whose chain led to the instance that logged it.
    led_to: BTreeSet<usize>,
    weight: i32,
    between_failures: u64,
}

/// The cases without a cause that have a window to look in.
pub fn unexplained(diagnosis: &Diagnosis, watch: &Watch, lookback: jiff::SignedDuration) -> Vec<Unexplained> {
    let windows: Vec<_> = watch.group(Group::Failing).collect();
    let mut found = Vec::new();
    for (place, case) in diagnosis.cases.iter().enumerate() {
        let own = |window: &crate::findings::WatchedWindow| window.case == case.case && Some(window.window) == case.window;
        let Some(&(window, watched)) = windows.iter().find(|(_, window)| own(window)) else { continue };
        if case.verdict != Verdict::Inconclusive {
            continue;
        }
        let cited = case.hypotheses.iter().flat_map(|hypothesis| &hypothesis.whys).flat_map(|why| &why.evidence);
        let instances = cited.filter_map(|&evidence| diagnosis.evidence[evidence].instance.clone()).collect();
        let from = watched.window.start.saturating_sub(lookback).unwrap_or(Timestamp::MIN);
        found.push(Unexplained { case: place, window, instances, from });
    }
    found
}

impl<'a> LeadMiner<'a> {
    /// Looks for leads of these cases.
    pub fn new(watch: &'a Watch, unexplained: Vec<Unexplained>) -> LeadMiner<'a> {
        LeadMiner { watch, unexplained, kinds: FxHashMap::default() }
    }

    /// Takes up one record, unless a rule names it as a cause or a bystander.
    pub fn see(&mut self, record: &Record, known: Known) {
        if known == Known::Cause {
            return;
        }
        let at = record.entries[0].timestamp;
        let mut failing = Vec::new();
        let mut passing = Vec::new();
        self.watch.around(at, |window| match self.watch.windows()[window].group {
            Group::Failing => failing.push(window),
            Group::Control => passing.push(window),
        });
        let instance = record.entries[0].instance();
        let wanted: Vec<usize> = (0..self.unexplained.len()).filter(|&place| self.wants(place, at, instance)).collect();
        if failing.is_empty() && passing.is_empty() && wanted.is_empty() {
            return;
        }
        let key = key(record);
        if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&key) {
            return;
        }
        let kind = self.kinds.entry(key).or_insert_with(|| Kind { weight: weight(record, known), ..Kind::default() });
        kind.between_failures += u64::from(failing.is_empty() && self.watch.during_run(at));
        kind.failing.extend(failing);
        kind.passing.extend(passing);
        for place in wanted {
            let core = self.watch.windows()[self.unexplained[place].window].core;
            kind.keep(place, core.0 <= at && at < core.1, record);
            if instance.is_some_and(|instance| self.unexplained[place].instances.contains(instance)) {
                kind.led_to.insert(place);
            }
        }
    }

    fn wants(&self, place: usize, at: Timestamp, instance: Option<&str>) -> bool {
        let case = &self.unexplained[place];
        let window = &self.watch.windows()[case.window].window;
        let inside = window.start <= at && at < window.end;
        let before = case.from <= at && at < window.start && instance.is_some_and(|instance| case.instances.contains(instance));
        inside || before
    }

    /// Puts the best leads into their cases, and their records into the evidence, in order of time.
    pub fn finish(self, diagnosis: &mut Diagnosis) {
        let control = Control::new(self.watch);
        let mut cited = Cited::of(&diagnosis.evidence);
        let mut kinds: Vec<(String, Kind)> = self.kinds.into_iter().filter(|(_, kind)| !kind.kept.is_empty()).collect();
        kinds.sort_by(|a, b| a.0.cmp(&b.0));
        for (place, case) in self.unexplained.iter().enumerate() {
            let mut ranked: Vec<(i32, &String, &Kind)> = kinds
                .iter()
                .filter(|(_, kind)| kind.kept.contains_key(&place))
                .filter_map(|(template, kind)| Some((kind.worth(&control)? + kind.nearness(place), template, kind)))
                .filter(|&(worth, _, _)| worth > 0)
                .collect();
            ranked.sort_by_key(|&(worth, template, _)| (-worth, template));
            for (_, template, kind) in ranked.into_iter().take(LEADS_PER_CASE) {
                let mut evidence = Vec::new();
                for record in &kind.kept[&place] {
                    evidence.push(cited.cite(record, &mut diagnosis.evidence));
                }
                diagnosis.cases[case.case].leads.push(Lead {
                    template: template.clone(),
                    failing: kind.failing.len() as u32,
                    passing: kind.passing.len() as u32,
                    evidence,
                });
            }
        }
    }
}

impl Kind {
    /// Keeps the first records from the bare interval, and until there is one, the latest from around it.
    fn keep(&mut self, place: usize, inside: bool, record: &Record) {
        let kept = self.kept.entry(place).or_default();
        if inside && !self.inside.contains(&place) {
            self.inside.insert(place);
            kept.clear();
        } else if !inside && self.inside.contains(&place) || inside && kept.len() >= KEPT_PER_WINDOW {
            return;
        }
        if kept.len() >= KEPT_PER_WINDOW {
            kept.remove(0);
        }
        // A stack trace says what happened in its last line.
        kept.push(Evidence::of(record, record.text.rfind('\n').map_or(0, |line| line + 1)));
    }

    /// A line from the instance where the chain stopped is where its next why would stand.
    fn nearness(&self, place: usize) -> i32 {
        if self.led_to.contains(&place) { LED_TO } else { 0 }
    }

    /// How unusual to the failures, plus how much the line looks like trouble; `None` for what is just as
    /// common around passing tests.
    fn worth(&self, control: &Control) -> Option<i32> {
        let seen: Vec<WindowIx> =
            self.failing.iter().chain(&self.passing).copied().collect::<BTreeSet<_>>().into_iter().collect();
        let standing = control.standing_of(&seen, self.between_failures);
        let share = WIDE * standing.failing.0 as i32 / standing.failing.1.max(1) as i32;
        let lift = match standing.kind {
            StandingKind::Exclusive(deviations) => (EXCLUSIVE as f64 * (deviations / SURE).min(1.0)) as i32 + share,
            StandingKind::Elevated(deviations) => ((deviations * PER_DEVIATION) as i32).min(EXCLUSIVE) + share / 2,
            StandingKind::Uncontrolled => share,
            StandingKind::Common => return None,
        };
        Some(lift + self.weight)
    }
}

/// The records that are evidence already, by time and first insert id.
struct Cited(FxHashMap<(Timestamp, String), EvidenceIx>);

impl Cited {
    fn key(record: &Evidence) -> (Timestamp, String) {
        (record.timestamp, record.insert_ids.iter().min().cloned().unwrap_or_default())
    }

    fn of(evidence: &[Evidence]) -> Cited {
        Cited(evidence.iter().enumerate().map(|(place, record)| (Cited::key(record), place)).collect())
    }

    /// The record's place in the evidence, where it is added unless it is there.
    fn cite(&mut self, record: &Evidence, evidence: &mut Vec<Evidence>) -> EvidenceIx {
        *self.0.entry(Cited::key(record)).or_insert_with(|| {
            evidence.push(record.clone());
            evidence.len() - 1
        })
    }
}

/// The service and the masked line: the same words from two services are two kinds of lines.
fn key(record: &Record) -> String {
    let service = record.entries[0].service().unwrap_or_default();
    format!("{service}: {}", template(&record.text))
}

/// How much a line looks like trouble, whatever it says.
fn weight(record: &Record, known: Known) -> i32 {
    let severity = record.entries.iter().map(|entry| entry.severity).max().unwrap_or_default().max(stated_level(&record.text));
    let by_severity = match severity {
        Severity::Default | Severity::Debug => -5,
        Severity::Info => -8,
        Severity::Notice => -3,
        Severity::Warning => 14,
        _ => 22,
    };
    let is_request = record.entries.iter().all(|entry| entry.http_request().is_some());
    let traced =
        if record.text.contains("Traceback (most recent call last)") || record.text.contains("\n    at ") { 8 } else { 0 };
    let trouble = if TROUBLE.iter().any(|word| contains_word_start(&record.text, word)) { 10 } else { 0 };
    by_severity + traced + trouble - if is_request { 25 } else { 0 } - if known == Known::Symptom { 12 } else { 0 }
}

/// Beginnings of words that say that something was not as it should be.
const TROUBLE: &[&str] = &[
    "refus",
    "reject",
    "fail",
    "missing",
    "unable",
    "cannot",
    "can't",
    "denied",
    "timed out",
    "timeout",
    "stale",
    "lost",
    "invalid",
    "mismatch",
    "disagree",
    "abort",
    "drop",
    "expired",
    "exceed",
    "corrupt",
    "unknown",
    "unexpected",
    "not found",
    "no such",
    "error",
    "exception",
    "violat",
    "inconsisten",
    "diverge",
    "quorum",
    "skew",
    "drift",
    "halt",
    "panic",
    "unavailable",
];

fn contains_word_start(text: &str, word: &str) -> bool {
    let text = text.as_bytes();
    let word = word.as_bytes();
    let starts = |at: usize| at == 0 || !text[at - 1].is_ascii_alphabetic();
    (0..text.len().saturating_sub(word.len() - 1))
        .any(|at| text[at].eq_ignore_ascii_case(&word[0]) && starts(at) && text[at..at + word.len()].eq_ignore_ascii_case(word))
}

/// The level that a plain text line states for itself: stderr text arrives without a severity.
fn stated_level(text: &str) -> Severity {
    let head: String = text.lines().next().unwrap_or_default().chars().take(120).collect();
    let words = head.split(|c: char| !c.is_ascii_alphabetic());
    words
        .filter_map(|word| match word {
            "CRITICAL" | "FATAL" | "PANIC" | "critical" | "fatal" => Some(Severity::Critical),
            "ERROR" | "ERR" | "error" => Some(Severity::Error),
            "WARNING" | "WARN" | "warning" | "warn" => Some(Severity::Warning),
            "INFO" | "info" => Some(Severity::Info),
            "DEBUG" | "debug" => Some(Severity::Debug),
            _ => None,
        })
        .next()
        .unwrap_or_default()
}
