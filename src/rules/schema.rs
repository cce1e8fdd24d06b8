//! The rule format as types, for the JSON Schema that editors complete and check rule files with.
//!
//! The reader itself ([`super::load`]) goes over the tree, so that it can report every mistake with its place; tests
//! hold that the two know the same keys and that every rule of the catalog fits these types.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Map, Value};

mod scene;

pub use scene::*;

/// The schema as it is published: JSON Schema draft 7, which editors' YAML support reads.
///
/// # Errors
///
/// Where the schema cannot be written as JSON.
pub fn schema() -> Result<String, serde_json::Error> {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<RuleFile>();
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}

/// A fivewhys rule: a named cause or symptom and how to notice it. One file is one rule, and its path is its id:
/// `<family>/<name>.yaml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "fivewhys rule")]
pub struct RuleFile {
    /// One line: what it saw. May use captures: `{{ name }}`.
    #[schemars(length(min = 1))]
    pub title: String,
    /// Whose business it is.
    pub class: ClassWord,
    /// How bad it is where it is the cause.
    pub severity: SeverityWord,
    /// How far it is trusted; `experimental` unless stated.
    #[serde(default)]
    pub status: StatusWord,
    /// `true` for what always has something behind it: it says what broke, not why, and is never a root.
    #[serde(default)]
    pub symptom: bool,
    /// The rule that comes after this deprecated one.
    pub replaced_by: Option<Id>,
    /// The catalog rule in whose place this one is put.
    pub replaces: Option<Id>,
    /// How it is noticed. Left out for a cause that is only ever inferred.
    #[serde(rename = "match")]
    pub condition: Option<Conditions>,
    /// Less specific rules: where both match one record, this one stands.
    pub refines: Option<OneOrMore<Id>>,
    /// What it causes. There must be no circle.
    pub explains: Option<OneOrMore<EdgeToEffect>>,
    /// The answer to "why?" in one plain sentence. May use captures.
    pub why: Option<String>,
    /// What to do about it. May use captures.
    pub remedy: Option<RemedyTexts>,
    /// Captures that tell two occurrences apart.
    pub fingerprint: Option<OneOrMore<String>>,
    /// Where to read more.
    pub references: Option<OneOrMore<String>>,
    /// Texts it must match and texts it must not.
    pub examples: Option<Examples>,
    /// Scenes that `fivewhys rules test` plays through a whole diagnosis.
    pub scenarios: Option<OneOrMore<Scene>>,
}

/// A rule's id: `<family>/<name>`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("pattern" = "^[a-z0-9-]+/[a-z0-9-]+$"))]
pub struct Id(pub String);

/// A length of time: a number with its unit, `500ms`, `5s`, `10m`, `1h`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("pattern" = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$"))]
pub struct Length(pub String);

/// A time counted from the start of the scenario: `800ms`, `1.5s`, `-3m`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("pattern" = "^[+-]?[0-9]+(\\.[0-9]+)?(ms|s|m|h)$"))]
pub struct Moment(pub String);

/// A regex that runs in linear time: no look-around, no back references. Named groups `(?<name>…)` are captures.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("format" = "regex"))]
pub struct Regex(pub String);

/// A plain value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Plain {
    /// As most are.
    Text(String),
    /// Read as its digits.
    Number(serde_json::Number),
    /// Read as the word.
    Truth(bool),
}

/// A list, or its only item.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum OneOrMore<T> {
    /// Several.
    More(Vec<T>),
    /// One.
    One(Box<T>),
}

/// Whose business a cause is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClassWord {
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

/// How bad a cause is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SeverityWord {
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
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusWord {
    /// New: shown, and marked so.
    #[default]
    Experimental,
    /// Tested.
    Stable,
    /// On its way out; then `replaced_by` says what comes after it.
    Deprecated,
}

/// Conditions that must all be met, or one condition.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Conditions {
    /// All of them.
    All(Vec<Conditions>),
    /// Several keys mean all of them.
    One(Box<ConditionKeys>),
}

/// A condition. `all`, `any`, `none` and `log` speak of one record, `test` of the failed test, the others of all records
/// of a window.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct ConditionKeys {
    /// Every one is met.
    pub all: Option<Conditions>,
    /// At least one is met.
    pub any: Option<Conditions>,
    /// None is met by the record at hand.
    pub none: Option<Conditions>,
    /// A log record.
    pub log: Option<LogKeys>,
    /// A failed test.
    pub test: Option<TestKeys>,
    /// At least so many records of the window.
    pub count: Option<CountKeys>,
    /// No record of the window.
    pub absent: Option<LogStep>,
    /// Records of the window in this order.
    pub sequence: Option<SequenceKeys>,
}

/// How a record is noticed: every part that is there must be met.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct LogKeys {
    /// Logging query language: `severity>=ERROR resource.type="cloud_run_revision"`.
    pub filter: Option<String>,
    /// Regex over the record's text.
    pub text: Option<Regex>,
}

/// A log matcher, with or without `log:` before it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LogStep {
    /// `log: {…}`
    Named {
        /// The matcher.
        log: LogKeys,
    },
    /// The matcher itself.
    Bare(LogKeys),
}

/// How a failed test is noticed: every part that is there must be met.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct TestKeys {
    /// Regex over the failure's error line.
    pub message: Option<Regex>,
    /// Regex over the error line, the traceback and the output together.
    pub details: Option<Regex>,
    /// Regex over the test's id.
    pub id: Option<Regex>,
    /// Outcomes, any of them; failed or errored unless stated.
    pub outcome: Option<OneOrMore<OutcomeWord>>,
    /// The test took less than this.
    pub shorter_than: Option<Length>,
}

/// How a test ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeWord {
    /// At the first attempt.
    Passed,
    /// Not run, or failed as expected.
    Skipped,
    /// Its own check failed.
    Failed,
    /// Something around it broke.
    Errored,
    /// Failed, then passed on a rerun.
    Flaky,
}

/// So many records within so long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountKeys {
    /// Which records.
    pub log: LogKeys,
    /// How many at least.
    #[schemars(range(min = 1))]
    pub at_least: u32,
    /// All of them within this long.
    pub within: Option<Length>,
}

/// Records in this order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SequenceKeys {
    /// The log matchers, in order.
    #[schemars(length(min = 2))]
    pub steps: Vec<LogStep>,
    /// From first to last at most this long.
    pub within: Option<Length>,
}

/// An effect of the rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeToEffect {
    /// The effect.
    pub rule: Id,
    /// What the two sightings must share.
    pub join: JoinWord,
    /// The effect comes at most this long after the cause.
    pub within: Option<Length>,
}

/// What two sightings share, strongest first. A missing field never counts as equal.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JoinWord {
    /// The same trace.
    Trace,
    /// The same request.
    Request,
    /// The same container instance.
    Instance,
    /// The same revision.
    Revision,
    /// Nothing but the window; the only one that a test result can have.
    Window,
}

/// What to do about a cause.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemedyTexts {
    /// What puts it right now.
    pub now: Option<String>,
    /// How to see that it is right.
    pub verify: Option<String>,
    /// What keeps it from coming back.
    pub prevent: Option<String>,
}

/// The rule's own tests.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// What it must match.
    #[serde(rename = "match")]
    pub matching: Option<OneOrMore<ExampleForm>>,
    /// What it must leave alone.
    pub no_match: Option<OneOrMore<ExampleForm>>,
    /// What it should match one day; counted apart.
    pub todo: Option<OneOrMore<ExampleForm>>,
}

/// An example.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ExampleForm {
    /// The text of a record, or of a failure.
    Text(Plain),
    /// What a failing test said.
    Test {
        /// The error line, or all of it.
        test: FailureForm,
    },
    /// A whole log entry with Cloud Logging's field names.
    Entry(Map<String, Value>),
}

/// What a failing test said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FailureForm {
    /// The error line.
    Message(Plain),
    /// All of it.
    Whole(FailureKeys),
}

/// What a failing test said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureKeys {
    /// The test's id.
    pub id: Option<String>,
    /// The error line.
    pub message: Option<Plain>,
    /// Traceback, output.
    pub details: Option<Plain>,
    /// How it ended; failed unless stated.
    pub outcome: Option<OutcomeWord>,
    /// How long it took.
    pub duration: Option<Length>,
}

#[cfg(test)]
mod tests;
