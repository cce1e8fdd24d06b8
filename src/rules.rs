//! The catalog: named causes and symptoms, how to notice them, and what explains what.
//!
//! A rule is data: one YAML file whose path is its id. [`Catalog`] holds the rules and the cause graph,
//! [`matching::Matcher`] finds which of their matchers a record or a failure meets.

use std::collections::BTreeMap;
use std::time::Duration;

mod codes;
mod place;
pub mod problem;
mod names;
mod classes;
mod literals;
mod pieces;
mod needs;
mod tree;
mod yaml;
mod prepared;
pub(crate) mod engine;
pub mod pattern;
pub mod filter;
pub mod graph;
pub mod template;
pub mod condition;
mod words;
mod signature;
mod rare;
mod sieve;
mod gate;
mod meanings;
mod foresight;
mod forms;
pub mod matching;
mod read;
mod overlay;
pub mod load;
pub mod examples;
pub mod scenario;
mod lints;
pub mod check;
pub mod fix;
pub mod schema;

pub use filter::Filter;
pub use matching::{Matcher, Sighting};
pub use meanings::Meaning;
pub use overlay::Change;
pub use pattern::Pattern;
pub use problem::Problem;

/// A rule's id: `<family>/<name>`.
pub type RuleId = String;

/// A rule's place in its [`Catalog`].
pub type RuleIx = usize;

/// A named cause or symptom and how to notice it.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `<family>/<name>`, from the file's path.
    pub id: RuleId,
    /// The file it was read from, as people find it again.
    pub path: String,
    /// One line: what it saw. May use captures.
    pub title: String,
    /// Whose business it is.
    pub class: Class,
    /// How bad it is where it is the cause.
    pub severity: Severity,
    /// How far it is trusted.
    pub status: Status,
    /// It says what broke, not why: it is never a root.
    pub symptom: bool,
    /// The rule that stands in its place, for a deprecated one.
    pub replaced_by: Option<RuleId>,
    /// How it is noticed; a cause without one is only ever inferred.
    pub condition: Option<Condition>,
    /// The log matchers of the condition, numbered as [`Condition::Log`] refers to them.
    pub log_matchers: Vec<LogMatcher>,
    /// The test matchers of the condition, numbered as [`Condition::Test`] refers to them.
    pub test_matchers: Vec<TestMatcher>,
    /// Less specific rules: where both match one record, this one stands.
    pub refines: Vec<RuleIx>,
    /// What it causes.
    pub explains: Vec<Edge>,
    /// The answer to "why?". May use captures.
    pub why: String,
    /// What to do about it.
    pub remedy: Remedy,
    /// Captures that tell two occurrences apart.
    pub fingerprint: Vec<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// Texts it must match.
    pub matching_examples: Vec<Example>,
    /// Texts it must not match.
    pub other_examples: Vec<Example>,
}

/// Whose business a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The code under test.
    Product,
    /// The test itself.
    Test,
    /// The platform, the network, the dependencies.
    Infrastructure,
    /// A setting.
    Config,
    /// What is stored.
    Data,
}

/// How bad a cause is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing works.
    Critical,
    /// A main function does not work.
    High,
    /// Something does not work.
    Medium,
    /// A nuisance.
    Low,
}

/// How far a rule is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// New: shown, and marked so.
    Experimental,
    /// Tested.
    Stable,
    /// On its way out.
    Deprecated,
}

/// When a rule is met. `all`, `any` and `none` speak of one record (and the case's result); `count`,
/// `absent` and `sequence` speak of all records of a window.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Every part is met.
    All(Vec<Condition>),
    /// At least one part is met.
    Any(Vec<Condition>),
    /// No part is met by the record at hand.
    None(Vec<Condition>),
    /// A log matcher of the rule, by its number.
    Log(usize),
    /// A test matcher of the rule, by its number.
    Test(usize),
    /// At least so many records meet the log matcher, within so long of each other where stated.
    Count {
        /// The log matcher, by its number.
        log: usize,
        /// How many at least.
        at_least: usize,
        /// All of them within this long.
        within: Option<Duration>,
    },
    /// No record of the window meets the log matcher.
    Absent(usize),
    /// Records meet the log matchers in this order.
    Sequence {
        /// The log matchers, by their numbers.
        steps: Vec<usize>,
        /// From first to last at most this long.
        within: Option<Duration>,
    },
}

/// How a record is noticed: every part that is there must be met.
#[derive(Debug, Clone, Default)]
pub struct LogMatcher {
    /// Logging query language; met by at least one entry of the record.
    pub filter: Option<Filter>,
    /// Regex over the record's text; its named captures feed title, why, remedy and fingerprint.
    pub text: Option<Pattern>,
}

/// How a failing case is noticed: every part that is there must be met.
#[derive(Debug, Clone, Default)]
pub struct TestMatcher {
    /// Regex over the failure's error line.
    pub message: Option<Pattern>,
    /// Regex over the error line, the traceback and the output together.
    pub details: Option<Pattern>,
    /// Regex over the case's id.
    pub id: Option<Pattern>,
    /// Outcome words, any of them (`failed`, `errored`, `passed`, …); empty: failed or errored.
    pub outcome: Vec<String>,
    /// The case took less than this.
    pub shorter_than: Option<Duration>,
}

/// Cause → effect, written on the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The effect.
    pub effect: RuleIx,
    /// What the two sightings must share.
    pub join: Join,
    /// The effect comes at most this long after the cause.
    pub within: Option<Duration>,
}

/// What two sightings must share to be cause and effect, strongest first. A missing field never counts as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Join {
    /// The same trace.
    Trace,
    /// The same request (trace, or request id in the payload).
    Request,
    /// The same container instance.
    Instance,
    /// The same revision.
    Revision,
    /// Nothing but the window.
    Window,
}

/// What to do about a cause. May use captures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    /// What puts it right now.
    pub now: String,
    /// How to see that it is right.
    pub verify: String,
    /// What keeps it from coming back.
    pub prevent: String,
}

/// A text that a rule must or must not match.
#[derive(Debug, Clone, PartialEq)]
pub enum Example {
    /// The text of a record (or, for a rule with only test matchers, of a failure).
    Text(String),
    /// A whole entry.
    Entry(serde_json::Map<String, serde_json::Value>),
    /// What a failing test said.
    Test(TestExample),
}

/// A failing test, as far as an example needs it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestExample {
    /// The case's id.
    pub id: String,
    /// The error line.
    pub message: String,
    /// Traceback, output.
    pub details: String,
    /// Outcome word; empty: failed.
    pub outcome: String,
    /// How long it took, where the rule asks.
    pub duration: Option<Duration>,
}

/// What a matcher's named groups caught, by name.
pub type Captures = BTreeMap<String, String>;

/// The rules and the cause graph they form.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    rules: Vec<Rule>,
}

impl Catalog {
    /// The rules, in order of their ids; a [`RuleIx`] is a place in it.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule at a place of this catalog.
    pub fn rule(&self, place: RuleIx) -> &Rule {
        &self.rules[place]
    }

    /// The place of the rule with this id; logarithmic in the number of rules.
    pub fn find(&self, id: &str) -> Option<RuleIx> {
        self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()
    }
}

/// A catalog of rules made elsewhere. Their places are those in order of ids, whatever order they come in.
impl FromIterator<Rule> for Catalog {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        let mut rules: Vec<Rule> = rules.into_iter().collect();
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        Catalog { rules }
    }
}
