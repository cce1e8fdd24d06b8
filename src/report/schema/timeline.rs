//! The part of `report.json` that pictures of the run over time need beyond the tests and the evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::redact::Redacted;

/// The run over time: bounded, whatever the length of run and logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// The windows of the tests that passed, in order of time. Of more than 500, those that overlap or follow closest are one.
    #[serde(default)]
    pub passed: Vec<Span>,
    /// Requests that were answered with an error, by service; of at most 100 services.
    #[serde(default)]
    pub request_errors: Vec<RequestErrors>,
}

/// A half-open UTC interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First moment inside, RFC 3339.
    pub start: String,
    /// First moment after it, RFC 3339.
    pub end: String,
}

/// The requests to one service that were answered with an error, counted per step of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestErrors {
    /// Service or job.
    pub service: Redacted,
    /// Length of a step in milliseconds; at least 100, and so long that there are at most 256 steps.
    pub step_ms: u64,
    /// The steps in which there were any, in order of time.
    pub steps: Vec<RequestStep>,
}

/// The requests of one step that were answered with an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestStep {
    /// Start of the step, RFC 3339.
    pub at: String,
    /// Answered with a status from 400 to 499: the client was at fault.
    pub client: u64,
    /// Answered with a status of 500 or more.
    pub server: u64,
}
