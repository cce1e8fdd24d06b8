//! The scenarios of a rule file as types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Id, Moment, OneOrMore, OutcomeWord, Plain};

/// A scenario: what was logged and which tests failed, and what a diagnosis must make of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// What it shows, in a few words.
    pub name: String,
    /// The failed test.
    pub test: Option<SceneTest>,
    /// Several tests; those that passed are the control group.
    pub tests: Option<OneOrMore<SceneTest>>,
    /// What was logged.
    pub entries: Option<OneOrMore<SceneEntry>>,
    /// What must come of it; empty or left out: the rule must not fire.
    pub expect: Option<SceneExpectation>,
    /// It is known not to hold yet, and why; counted apart.
    pub todo: Option<String>,
}

/// A test of a scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SceneTest {
    /// The error line of a failed test that runs from 0s to 10s.
    Message(String),
    /// All of it.
    Whole(SceneTestKeys),
}

/// A test of a scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneTestKeys {
    /// Its id.
    pub id: Option<String>,
    /// The error line.
    pub message: Option<Plain>,
    /// Traceback, output.
    pub details: Option<Plain>,
    /// How it ended; failed unless stated.
    pub outcome: Option<OutcomeWord>,
    /// When it started; `0s` unless stated.
    pub at: Option<Moment>,
    /// How long it took; `10s` unless stated.
    pub duration: Option<Moment>,
}

/// An entry of a scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SceneEntry {
    /// The text of an entry at 0s.
    Text(String),
    /// All of it.
    Whole(Box<SceneEntryKeys>),
}

/// An entry of a scenario; what a Cloud Run service always states is filled in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneEntryKeys {
    /// When it was logged; `0s` unless stated.
    pub at: Option<Moment>,
    /// The Cloud Run service; `service` unless stated.
    pub service: Option<String>,
    /// The revision; one per service unless stated.
    pub revision: Option<String>,
    /// The container instance; one per service unless stated.
    pub instance: Option<String>,
    /// The trace, without its project.
    pub trace: Option<Plain>,
    /// The severity; none unless stated.
    pub severity: Option<String>,
    /// The log's id; `run.googleapis.com/stderr` unless stated, `run.googleapis.com/requests` with `http`.
    pub log: Option<String>,
    /// `textPayload`.
    pub text: Option<Plain>,
    /// `jsonPayload`.
    pub json: Option<Map<String, Value>>,
    /// `httpRequest`.
    pub http: Option<Map<String, Value>>,
    /// More `labels`.
    pub labels: Option<Map<String, Value>>,
    /// More `resource.labels`.
    pub resource: Option<Map<String, Value>>,
    /// Any fields of the entry, with Cloud Logging's names; they win.
    pub entry: Option<Map<String, Value>>,
}

/// What must come of a scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneExpectation {
    /// Whether the rule must be found.
    pub fires: Option<bool>,
    /// Captures that a finding of the rule must have.
    pub captures: Option<BTreeMap<String, Plain>>,
    /// The root of each failing test's best explanation.
    pub root: Option<Id>,
    /// Its chain from the symptom to the root; a step that is not observed is written `ID (inferred)`.
    pub chain: Option<OneOrMore<String>>,
    /// Its verdict.
    pub verdict: Option<VerdictWord>,
}

/// How sure a diagnosis is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerdictWord {
    /// Evidence on every hop, and more than the same window.
    Confirmed,
    /// Strong evidence with a hop missing or shared.
    Likely,
    /// Some evidence.
    Possible,
    /// None.
    Inconclusive,
}
