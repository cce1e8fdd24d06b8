//! Why a rule is silent: condition by condition met, nearly met, or never asked because what it needs is not there.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::near::{Apart, Miss};
use super::query::{self, Unmet};
use crate::findings::{Evidence, WatchedWindow};
use crate::logs::Record;
use crate::results::TestCase;
use crate::rules::{Condition, Rule, TestMatcher};

pub mod fate;

/// Records of a window that are asked how near they came, chosen by the words they share with the pattern.
const CANDIDATES: usize = 24;

/// What became of one condition, and of those within it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How deep it lies in the rule's `match`.
    pub depth: usize,
    /// The condition: `any of`, `log 1`, `count`.
    pub name: String,
    /// What it asks for, as the rule writes it.
    pub asks: Vec<String>,
    /// What came of it.
    pub state: State,
}

/// What came of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It holds.
    Met(Option<Sighted>),
    /// It does not hold, and something came near.
    Near(Near),
    /// It does not hold, and among so many records nothing came near.
    Far(u64),
    /// It was never asked, because what it needs is not there.
    Unasked(String),
    /// It does not hold, for a reason that is no near miss.
    Unmet(String),
}

/// Records that met a matcher.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighted {
    /// How many.
    pub records: u64,
    /// The first.
    pub first: Evidence,
}

/// What came nearest.
#[derive(Debug, Clone, PartialEq)]
pub enum Near {
    /// A record's text met the pattern but for some words.
    Text(Evidence, Miss),
    /// A record's text met the pattern, its fields did not meet the filter.
    Field(Evidence, Vec<Unmet>),
    /// A record met the matcher outside the window: so long before (negative) or after it.
    Time(Evidence, SignedDuration),
    /// A test's text met the pattern but for some words.
    Failure(&'static str, Miss),
}

/// Gathers while records stream by what a rule's log matchers make of them.
pub struct Inquiry<'a> {
    rule: &'a Rule,
    window: Option<WatchedWindow>,
    apart: Vec<Option<Apart>>,
    seen: Vec<Seen>,
    /// Records in the window.
    inside: u64,
    /// Records anywhere.
    all: u64,
}

/// What one log matcher saw.
#[derive(Default)]
struct Seen {
    times: Vec<Timestamp>,
    first: Option<Evidence>,
    outside: Option<(SignedDuration, Evidence)>,
    wrong_field: Option<(Evidence, Vec<Unmet>)>,
    /// By shared words: the records worth asking, each kind of text once.
    candidates: BTreeMap<(usize, String), Evidence>,
}

impl<'a> Inquiry<'a> {
    /// Asks about this rule and this window; without a window nothing in the logs can be asked.
    pub fn new(rule: &'a Rule, window: Option<&WatchedWindow>) -> Inquiry<'a> {
        let apart = rule.log_matchers.iter().map(|matcher| matcher.text.as_ref().map(Apart::new)).collect();
        let seen = rule.log_matchers.iter().map(|_| Seen::default()).collect();
        Inquiry { rule, window: window.cloned(), apart, seen, inside: 0, all: 0 }
    }

    /// Takes up one record.
    pub fn see(&mut self, record: &Record) {
        self.all += 1;
        let Some(window) = &self.window else { return };
        let at = record.entries[0].timestamp;
        let inside = window.window.contains(at);
        self.inside += u64::from(inside);
        for (place, matcher) in self.rule.log_matchers.iter().enumerate() {
            let text = matcher.text.as_ref().is_none_or(|pattern| pattern.is_match(&record.text));
            let field = || matcher.filter.as_ref().is_none_or(|filter| record.entries.iter().any(|entry| filter.matches(entry)));
            let seen = &mut self.seen[place];
            match (text, inside) {
                (true, true) if field() => seen.met(at, record),
                (true, true) => seen.wrong_field(record, matcher.filter.as_ref()),
                (true, false) if field() => seen.elsewhere(distance(window, at), record),
                (false, true) => seen.candidate(self.apart[place].as_ref(), record),
                _ => {}
            }
        }
    }

    /// Whether any record in the window met a log matcher.
    pub fn met_any(&self) -> bool {
        self.seen.iter().any(|seen| !seen.times.is_empty())
    }

    /// Records in the window.
    pub fn inside(&self) -> u64 {
        self.inside
    }

    /// What became of each condition of the rule, outermost first.
    pub fn answers(&self, case: Option<&TestCase>) -> Vec<Answer> {
        let mut answers = Vec::new();
        match &self.rule.condition {
            Some(condition) => {
                self.ask(condition, case, 0, &mut answers);
            }
            None => answers.push(Answer {
                depth: 0,
                name: "match".to_owned(),
                asks: Vec::new(),
                state: State::Unasked("the rule has no `match`: it is only ever inferred, from what it explains".to_owned()),
            }),
        }
        answers
    }

    /// Answers for a condition and those within it; says whether it holds.
    fn ask(&self, condition: &Condition, case: Option<&TestCase>, depth: usize, answers: &mut Vec<Answer>) -> bool {
        let place = answers.len();
        answers.push(Answer { depth, name: String::new(), asks: Vec::new(), state: State::Met(None) });
        let mut group =
            |parts: &[Condition]| -> Vec<bool> { parts.iter().map(|part| self.ask(part, case, depth + 1, answers)).collect() };
        let (name, asks, state) = match condition {
            Condition::All(parts) => {
                ("all of".to_owned(), Vec::new(), held(group(parts).into_iter().all(|met| met), "not all of them hold"))
            }
            Condition::Any(parts) => {
                ("any of".to_owned(), Vec::new(), held(group(parts).into_iter().any(|met| met), "none of them holds"))
            }
            Condition::None(parts) => {
                let met = group(parts).into_iter().any(|met| met);
                // That what must not be there came near is no miss.
                for answer in answers[place + 1..].iter_mut().filter(|answer| matches!(answer.state, State::Near(_))) {
                    answer.state = State::Far(self.inside);
                }
                (
                    "none of".to_owned(),
                    Vec::new(),
                    held(!met, "one of them holds; it only stands in the way where it is met by the same record"),
                )
            }
            Condition::Log(matcher) => (format!("log {}", matcher + 1), self.log_asks(*matcher), self.log(*matcher)),
            Condition::Test(matcher) => {
                let test = &self.rule.test_matchers[*matcher];
                (format!("test {}", matcher + 1), test_asks(test), self.test(test, case))
            }
            Condition::Count { log, at_least, within } => {
                let within = within.map(|within| format!(" within {within:?}")).unwrap_or_default();
                let seen = self.seen[*log].times.len();
                let state = match self.log(*log) {
                    State::Met(first) if self.holds(condition) => State::Met(first),
                    State::Met(_) => State::Unmet(format!("{seen} of the {at_least} wanted{within} are there")),
                    other => other,
                };
                (format!("count of at least {at_least}{within}"), self.log_asks(*log), state)
            }
            Condition::Absent(log) => {
                let state = match self.log(*log) {
                    State::Met(Some(sighted)) => State::Unmet(format!("it is there, {} times", sighted.records)),
                    State::Unasked(why) => State::Unasked(why),
                    _ => State::Met(None),
                };
                ("absent".to_owned(), self.log_asks(*log), state)
            }
            Condition::Sequence { steps, .. } => {
                let asks = steps.iter().flat_map(|step| self.log_asks(*step)).collect();
                let missing = steps.iter().position(|step| self.seen[*step].times.is_empty());
                let state = match missing {
                    _ if self.inside == 0 => self.log(steps[0]),
                    Some(step) => match self.log(steps[step]) {
                        State::Near(near) => State::Near(near),
                        _ => State::Unmet(format!("step {} of {} is not there", step + 1, steps.len())),
                    },
                    None => held(
                        self.holds(condition),
                        "all steps are there, but not in this order, or not soon enough after each other",
                    ),
                };
                ("sequence".to_owned(), asks, state)
            }
        };
        let met = matches!(state, State::Met(_));
        answers[place] = Answer { depth, name, asks, state };
        met
    }

    /// Whether a condition of the whole window holds.
    fn holds(&self, condition: &Condition) -> bool {
        let times: Vec<Vec<Timestamp>> = self.seen.iter().map(|seen| seen.times.clone()).collect();
        condition.met_in_window(&[], &[], &times).is_some()
    }

    fn log_asks(&self, matcher: usize) -> Vec<String> {
        let matcher = &self.rule.log_matchers[matcher];
        let filter = matcher.filter.as_ref().map(|filter| format!("filter {}", filter.text()));
        let text = matcher.text.as_ref().map(|pattern| format!("text {}", pattern.source()));
        filter.into_iter().chain(text).collect()
    }

    fn log(&self, matcher: usize) -> State {
        let seen = &self.seen[matcher];
        if self.window.is_none() {
            return State::Unasked(
                "nothing dates the test, so there is no window to look into; name one with `--window`".to_owned(),
            );
        }
        if let Some(first) = &seen.first {
            return State::Met(Some(Sighted { records: seen.times.len() as u64, first: first.clone() }));
        }
        if let Some((evidence, unmet)) = &seen.wrong_field {
            return State::Near(Near::Field(evidence.clone(), unmet.clone()));
        }
        if let Some((distance, evidence)) = &seen.outside {
            return State::Near(Near::Time(evidence.clone(), *distance));
        }
        if self.inside == 0 {
            return State::Unasked("there are no entries in the window".to_owned());
        }
        match self.apart[matcher].as_ref().and_then(|apart| seen.nearest(apart)) {
            Some((evidence, miss)) => State::Near(Near::Text(evidence, miss)),
            None => State::Far(self.inside),
        }
    }

    fn test(&self, test: &TestMatcher, case: Option<&TestCase>) -> State {
        let Some(case) = case else {
            return State::Unasked("there is no test result, only a window".to_owned());
        };
        if test.met_by(case).is_some() {
            return State::Met(None);
        }
        let failure = case.outcome.failure();
        let texts = [
            ("message", &test.message, failure.map(|failure| failure.message.clone())),
            (
                "details",
                &test.details,
                failure.map(|failure| [&failure.message, &failure.details, &failure.output].map(String::as_str).join("\n")),
            ),
            ("id", &test.id, Some(case.id.clone())),
        ];
        for (name, pattern, text) in texts {
            let Some(pattern) = pattern else { continue };
            match text {
                None => return State::Unasked(format!("the test did not fail, so it has no {name}")),
                Some(text) if text.is_empty() => return State::Unasked(format!("the result holds no {name}")),
                Some(text) if !pattern.is_match(&text) => {
                    let miss = Apart::new(pattern).miss(&text);
                    return miss.map_or_else(
                        || State::Unmet(format!("its {name} says something else")),
                        |miss| State::Near(Near::Failure(name, miss)),
                    );
                }
                Some(_) => {}
            }
        }
        State::Unmet(format!("the test {}, or took longer than the rule asks", case.outcome.word()))
    }
}

fn held(met: bool, otherwise: &str) -> State {
    if met { State::Met(None) } else { State::Unmet(otherwise.to_owned()) }
}

fn test_asks(test: &TestMatcher) -> Vec<String> {
    let patterns = [("message", &test.message), ("details", &test.details), ("id", &test.id)];
    patterns.into_iter().filter_map(|(name, pattern)| Some(format!("{name} {}", pattern.as_ref()?.source()))).collect()
}

/// How long before (negative) or after the window.
fn distance(window: &WatchedWindow, at: Timestamp) -> SignedDuration {
    if at < window.window.start { at.duration_since(window.window.start) } else { at.duration_since(window.window.end) }
}

impl Seen {
    fn met(&mut self, at: Timestamp, record: &Record) {
        self.times.push(at);
        self.first.get_or_insert_with(|| Evidence::of(record, 0));
    }

    fn wrong_field(&mut self, record: &Record, filter: Option<&crate::rules::Filter>) {
        let Some(filter) = filter else { return };
        let unmet = query::unmet(filter, &record.entries[0]);
        if self.wrong_field.as_ref().is_none_or(|(_, before)| unmet.len() < before.len()) {
            self.wrong_field = Some((Evidence::of(record, 0), unmet));
        }
    }

    fn elsewhere(&mut self, distance: SignedDuration, record: &Record) {
        if self.outside.as_ref().is_none_or(|(before, _)| distance.abs() < before.abs()) {
            self.outside = Some((distance, Evidence::of(record, 0)));
        }
    }

    fn candidate(&mut self, apart: Option<&Apart>, record: &Record) {
        let shared = apart.map_or(0, |apart| apart.overlap(&record.text));
        let worst = self.candidates.first_key_value().map(|(key, _)| key.0);
        if shared == 0 || self.candidates.len() >= CANDIDATES && worst.is_some_and(|worst| shared <= worst) {
            return;
        }
        let key = (shared, crate::logs::template::kind(&record.text));
        self.candidates.entry(key).or_insert_with(|| Evidence::of(record, 0));
        if self.candidates.len() > CANDIDATES {
            self.candidates.pop_first();
        }
    }

    fn nearest(&self, apart: &Apart) -> Option<(Evidence, Miss)> {
        let misses = self.candidates.values().rev().filter_map(|evidence| Some((evidence, apart.miss(&evidence.text)?)));
        let best = misses.reduce(|best, next| if next.1.share > best.1.share { next } else { best })?;
        Some((best.0.clone(), best.1))
    }
}
