//! The words and keys of `report.json`: outcome, precision, verdict, footing, evidence key.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Window;
use crate::diagnosis;
use crate::results;
use crate::rules;
use crate::window;

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its own check failed.
    Failed,
    /// Something around it broke.
    Errored,
    /// It failed, then passed on a rerun.
    Flaky,
    /// It passed or was skipped, and was asked about all the same.
    NotFailed,
    /// Not a test: a window named by the user.
    Window,
}

/// Where a window comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// The results date each case.
    Exact,
    /// Suite time plus the durations in file order.
    Summed,
    /// The span of the whole run.
    WholeRun,
    /// Named by the user.
    Given,
}

/// How sure a diagnosis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Evidence on every hop, joined by more than time.
    Confirmed,
    /// Strong evidence with a hop missing or shared.
    Likely,
    /// Some evidence.
    Possible,
    /// None.
    Inconclusive,
}

/// Whether a step was seen or follows from the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Footing {
    /// Log entries or the test result show it.
    Observed,
    /// Nothing shows it; the catalog says that it follows.
    Inferred,
}

/// Names a record within its report: `e1`, `e2`, … in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct EvidenceKey(pub u32);

impl fmt::Display for EvidenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

impl From<EvidenceKey> for String {
    fn from(key: EvidenceKey) -> String {
        key.to_string()
    }
}

impl TryFrom<String> for EvidenceKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = text.strip_prefix('e').and_then(|digits| digits.parse().ok());
        number.map(EvidenceKey).ok_or_else(|| format!("evidence key {text:?} is not `e` and a number"))
    }
}

impl Outcome {
    /// The word for it, as readers know it.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Failed => "failed",
            Outcome::Errored => "errored",
            Outcome::Flaky => "flaky",
            Outcome::NotFailed => "did not fail",
            Outcome::Window => "window",
        }
    }
}

impl Precision {
    /// Says in a few words how well the window is known.
    pub fn words(self) -> &'static str {
        match self {
            Precision::Exact => "exact",
            Precision::Summed => "summed from durations",
            Precision::WholeRun => "the whole run",
            Precision::Given => "as given",
        }
    }
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Confirmed => "confirmed",
            Verdict::Likely => "likely",
            Verdict::Possible => "possible",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

impl Footing {
    /// The word that every format prints beside the step.
    pub fn word(self) -> &'static str {
        match self {
            Footing::Observed => "observed",
            Footing::Inferred => "inferred",
        }
    }
}

impl From<&results::Outcome> for Outcome {
    fn from(outcome: &results::Outcome) -> Self {
        match outcome {
            results::Outcome::Failed(_) => Outcome::Failed,
            results::Outcome::Errored(_) => Outcome::Errored,
            results::Outcome::Flaky(_) => Outcome::Flaky,
            results::Outcome::Passed | results::Outcome::Skipped => Outcome::NotFailed,
        }
    }
}

impl From<window::TimeWindow> for Window {
    fn from(window: window::TimeWindow) -> Self {
        Window {
            start: window.start.to_string(),
            end: window.end.to_string(),
            precision: match window.precision {
                window::Precision::Exact => Precision::Exact,
                window::Precision::Summed => Precision::Summed,
                window::Precision::WholeRun => Precision::WholeRun,
                window::Precision::Given => Precision::Given,
            },
        }
    }
}

impl From<diagnosis::Verdict> for Verdict {
    fn from(verdict: diagnosis::Verdict) -> Self {
        match verdict {
            diagnosis::Verdict::Confirmed => Verdict::Confirmed,
            diagnosis::Verdict::Likely => Verdict::Likely,
            diagnosis::Verdict::Possible => Verdict::Possible,
            diagnosis::Verdict::Inconclusive => Verdict::Inconclusive,
        }
    }
}

impl From<diagnosis::Footing> for Footing {
    fn from(footing: diagnosis::Footing) -> Self {
        match footing {
            diagnosis::Footing::Observed => Footing::Observed,
            diagnosis::Footing::Inferred => Footing::Inferred,
        }
    }
}

/// Whose business a cause is.
pub(in crate::report) fn class(class: rules::Class) -> &'static str {
    match class {
        rules::Class::Product => "product",
        rules::Class::Test => "test",
        rules::Class::Infrastructure => "infrastructure",
        rules::Class::Config => "config",
        rules::Class::Data => "data",
    }
}

/// How bad a cause is.
pub(in crate::report) fn severity(severity: rules::Severity) -> &'static str {
    match severity {
        rules::Severity::Critical => "critical",
        rules::Severity::High => "high",
        rules::Severity::Medium => "medium",
        rules::Severity::Low => "low",
    }
}

/// How far a rule is trusted.
pub(in crate::report) fn status(status: rules::Status) -> &'static str {
    match status {
        rules::Status::Experimental => "experimental",
        rules::Status::Stable => "stable",
        rules::Status::Deprecated => "deprecated",
    }
}
