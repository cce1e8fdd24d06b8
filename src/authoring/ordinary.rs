//! Gathers what is ordinary in an incident: lines around passing tests and between failures, one of each kind.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::diagnosis::{Control, StandingKind};
use crate::findings::{Group, Watch, WindowIx};
use crate::logs::Record;
use crate::logs::template;
use crate::rules::Pattern;

/// Kinds of ordinary lines that are kept.
const MOST_KINDS: usize = 20_000;

/// Longest ordinary text that is kept, in bytes.
const TEXT_BYTES: usize = 8 * 1024;

/// What is ordinary, seen from a line that is not.
pub struct Ordinary<'a> {
    watch: &'a Watch,
    /// The kind of the line that a rule is drafted for.
    own: String,
    kinds: FxHashSet<String>,
    texts: Vec<String>,
    windows: BTreeSet<WindowIx>,
    between_failures: u64,
}

/// In how many windows the line's own kind was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Failing windows that show it, and how many there are.
    pub failing: (usize, usize),
    /// Passing windows that show it, and how many there are.
    pub passing: (usize, usize),
}

impl<'a> Ordinary<'a> {
    /// Gathers for a line of this text.
    pub fn new(watch: &'a Watch, text: &str) -> Ordinary<'a> {
        let kinds = FxHashSet::default();
        Ordinary { watch, own: template::kind(text), kinds, texts: Vec::new(), windows: BTreeSet::new(), between_failures: 0 }
    }

    /// Takes up one record; those in failing windows are not ordinary.
    pub fn see(&mut self, record: &Record) {
        let kind = template::kind(&record.text);
        if kind == self.own {
            self.count(record);
        } else if self.is_ordinary(record) && self.texts.len() < MOST_KINDS && self.kinds.insert(kind) {
            self.texts.push(cut(&record.text));
        }
    }

    /// Begins to count anew what a draft matches.
    pub fn recount(&mut self) {
        self.windows.clear();
        self.between_failures = 0;
    }

    /// Counts a record that the draft matches; one that is ordinary and of another kind is taken up, and `true` answered.
    pub fn object(&mut self, record: &Record, pattern: &Pattern) -> bool {
        if !pattern.is_match(&record.text) {
            return false;
        }
        let confused = self.is_ordinary(record) && template::kind(&record.text) != self.own;
        self.count(record);
        if confused {
            self.texts.push(cut(&record.text));
        }
        confused
    }

    /// One text of each kind of ordinary line, in order of time.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Where the line's own kind was seen; after [`Ordinary::recount`], where the draft matched.
    pub fn seen(&self) -> Seen {
        let seen = |group| {
            let all: Vec<WindowIx> = self.watch.group(group).map(|(place, _)| place).collect();
            (all.iter().filter(|place| self.windows.contains(place)).count(), all.len())
        };
        Seen { failing: seen(Group::Failing), passing: seen(Group::Control) }
    }

    /// Whether it is just as common around passing tests, by the same reckoning as in a diagnosis.
    pub fn is_common(&self) -> bool {
        let windows: Vec<WindowIx> = self.windows.iter().copied().collect();
        Control::new(self.watch).standing_of(&windows, self.between_failures).kind == StandingKind::Common
    }

    fn count(&mut self, record: &Record) {
        let (watch, at) = (self.watch, record.entries[0].timestamp);
        let mut near_failure = false;
        watch.around(at, |window| {
            near_failure |= watch.windows()[window].group == Group::Failing;
            self.windows.insert(window);
        });
        self.between_failures += u64::from(!near_failure && watch.during_run(at));
    }

    /// During a passing test, or during the run while no failing test was at work, margins included.
    fn is_ordinary(&self, record: &Record) -> bool {
        let at = record.entries[0].timestamp;
        let (mut near_failure, mut controlled) = (false, false);
        self.watch.around(at, |window| match self.watch.windows()[window].group {
            Group::Failing => near_failure = true,
            Group::Control => controlled = true,
        });
        let in_margin = || self.watch.group(Group::Failing).any(|(_, window)| window.window.contains(at));
        !near_failure && (controlled || self.watch.during_run(at)) && !in_margin()
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_BYTES)].to_owned()
}
