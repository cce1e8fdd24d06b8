//! Leads: kinds of lines that no rule explains and that are unusual to the failing windows.
//!
//! 1. A line becomes a kind: ids, numbers, times, hashes and addresses are masked, statuses, exception types and enum names are kept,
//!    a stack trace is named by its exception and innermost own frame ([`crate::logs::template::kind`]).
//! 2. Kinds that differ only in a name are put together (`drain`), but only where the group tells as much about the
//!    failures as its best member: `user <*> is unknown` is no lead if all but one user are unknown around passing tests, too.
//! 3. They are ranked by how exclusive they are to failing windows: by how many standard deviations the failing windows that show it
//!    exceed what its rate elsewhere lets one expect. The rate has half a sighting added (Jeffreys' prior), so that a
//!    line that was seen once is not "always and only around failures"; see [`Control::standing_of`]. The share of failing windows
//!    that show it, what the line says of itself, and whether the chain led to the instance that wrote it, add to that.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::control::{Control, StandingKind};
use super::{Diagnosis, Lead, Verdict};
use crate::findings::{Evidence, EvidenceIx, Group, Known, Watch, WindowIx};
use crate::logs::Record;
use crate::logs::template::kind;

mod drain;
mod weight;

use drain::{Drain, GroupIx};
use weight::weight;

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
    kinds: FxHashMap<Named, Kind>,
    groups: Drain,
}

/// The service that logs a kind of line, and the masked line.
type Named = (String, String);

/// One kind of line, or several that differ only in a name.
#[derive(Clone, Default)]
struct Kind {
    group: GroupIx,
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
        LeadMiner { watch, unexplained, kinds: FxHashMap::default(), groups: Drain::default() }
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
        let groups = &mut self.groups;
        let kind = self.kinds.entry(key).or_insert_with_key(|(service, masked)| Kind {
            group: groups.place(service, masked),
            weight: weight(record, known),
            ..Kind::default()
        });
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
        let families = families(self.kinds, &self.groups);
        for (place, case) in self.unexplained.iter().enumerate() {
            let mut ranked: Vec<(i32, &str, &Kind)> =
                families.iter().flat_map(|family| family.candidates(place, &control)).filter(|&(worth, ..)| worth > 0).collect();
            ranked.sort_by_key(|&(worth, template, _)| (-worth, template));
            for (_, template, kind) in ranked.into_iter().take(LEADS_PER_CASE) {
                let mut evidence = Vec::new();
                for record in kind.kept[&place].iter().take(KEPT_PER_WINDOW) {
                    evidence.push(cited.cite(record, &mut diagnosis.evidence));
                }
                diagnosis.cases[case.case].leads.push(Lead {
                    template: template.to_owned(),
                    failing: kind.failing.len() as u32,
                    passing: kind.passing.len() as u32,
                    evidence,
                });
            }
        }
    }
}

/// Kinds of lines that differ only in a name, apart and together.
struct Family {
    members: Vec<(String, Kind)>,
    /// Where there is more than one member.
    together: Option<(String, Kind)>,
}

/// The kinds that were seen in the windows of unexplained cases, by group, in order of their words.
fn families(kinds: FxHashMap<Named, Kind>, groups: &Drain) -> Vec<Family> {
    let mut by_group: BTreeMap<GroupIx, Vec<(Named, Kind)>> = BTreeMap::new();
    for (key, kind) in kinds {
        by_group.entry(kind.group).or_default().push((key, kind));
    }
    let mut families = Vec::new();
    for (group, mut members) in by_group {
        if members.iter().all(|(_, kind)| kind.kept.is_empty()) {
            continue;
        }
        members.sort_by(|a, b| a.0.cmp(&b.0));
        let together = (members.len() > 1).then(|| {
            let loudest = members.iter().map(|(_, kind)| kind.weight).max();
            let mut all = Kind { weight: loudest.unwrap_or_default(), ..Kind::default() };
            members.iter().for_each(|(_, kind)| all.join(kind));
            (format!("{}: {}", members[0].0.0, groups.template(group)), all)
        });
        let members = members.into_iter().map(|((service, masked), kind)| (format!("{service}: {masked}"), kind)).collect();
        families.push(Family { members, together });
    }
    families
}

impl Family {
    /// All members as one, where that tells as much about the failures as the best of them; else each of them.
    fn candidates<'f>(&'f self, place: usize, control: &Control) -> Vec<(i32, &'f str, &'f Kind)> {
        let worth = |(template, kind): &'f (String, Kind)| {
            kind.kept.contains_key(&place).then_some(())?;
            Some((kind.worth(control)? + kind.nearness(place), template.as_str(), kind))
        };
        let apart: Vec<_> = self.members.iter().filter_map(worth).collect();
        let best = apart.iter().map(|candidate| candidate.0).max();
        match self.together.as_ref().and_then(worth).filter(|together| Some(together.0) >= best) {
            Some(together) => vec![together],
            None => apart,
        }
    }
}

impl Kind {
    /// Takes up what was seen of another kind.
    fn join(&mut self, other: &Kind) {
        self.failing.extend(&other.failing);
        self.passing.extend(&other.passing);
        self.led_to.extend(&other.led_to);
        self.between_failures += other.between_failures;
        for (&place, records) in &other.kept {
            let inside = other.inside.contains(&place);
            if inside && self.inside.insert(place) {
                self.kept.remove(&place);
            }
            if inside || !self.inside.contains(&place) {
                let kept = self.kept.entry(place).or_default();
                kept.extend_from_slice(records);
                kept.sort_by(|a, b| (a.timestamp, &a.insert_ids).cmp(&(b.timestamp, &b.insert_ids)));
            }
        }
    }

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

/// The service and the kind of line: the same words from two services are two kinds of lines.
fn key(record: &Record) -> Named {
    (record.entries[0].service().unwrap_or_default().to_owned(), kind(&record.text))
}
