//! The types of `report.json`: schema 1, whose field names are stable.
//!
//! Fields may be added; none is renamed or removed without a new schema version.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::redact::Redacted;

mod timeline;
pub(super) mod words;

pub use timeline::{RequestErrors, RequestStep, Span, Timeline};
pub use words::{EvidenceKey, Footing, Outcome, Precision, Verdict};

/// The version that a report carries in its field `schema`.
pub const SCHEMA: &str = "fivewhys/report/v1";

/// Why a test run failed, ready to be shown: redacted, free of clock time, complete in itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// What was read.
    pub run: Run,
    /// What was checked before anything was concluded.
    pub premises: Vec<Premise>,
    /// The tests that failed, in the order of the run. Of those that passed, `run` has the ids.
    pub tests: Vec<Test>,
    /// The root causes, the one that explains most first.
    pub causes: Vec<Cause>,
    /// The smallest set of fixes, the one that clears most first.
    pub plan: Vec<Step>,
    /// Matched, but just as often around passing tests.
    #[serde(default)]
    pub red_herrings: Vec<RuledOut>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
    /// The records cited above, in order of time.
    pub evidence: BTreeMap<EvidenceKey, Evidence>,
    /// What was taken out of the texts, by kind.
    pub redactions: Vec<Redaction>,
    /// The command that makes this report again.
    pub reproduce: Redacted,
    /// The run over time; missing in reports written before this field was.
    #[serde(default)]
    pub timeline: Option<Timeline>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Start of the test run, RFC 3339 in UTC, where the results say so.
    pub started_at: Option<String>,
    /// End of the test run.
    #[serde(default)]
    pub ended_at: Option<String>,
    /// The results files and their formats.
    pub results: Vec<ResultSource>,
    /// Where the log entries came from.
    pub sources: Vec<Redacted>,
    /// The revisions that logged, by service and name.
    pub revisions: Vec<Revision>,
    /// How many of what.
    pub counts: Counts,
    /// Ids of tests that failed, then passed on a rerun, and were not diagnosed.
    #[serde(default)]
    pub flaky: Vec<Redacted>,
    /// Ids of tests that passed at the first attempt: as many as `counts.passed`, except in reports written before this field was.
    #[serde(default)]
    pub passed: Vec<Redacted>,
    /// Ids of tests that were skipped, or failed as expected: as many as `counts.skipped`, except in reports written before this field was.
    #[serde(default)]
    pub skipped: Vec<Redacted>,
    /// How long the tests took, in the order of the run; those of which the results say so.
    #[serde(default)]
    pub durations: Vec<TestDuration>,
}

/// How long a test took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestDuration {
    /// Id of the test.
    pub id: Redacted,
    /// All attempts together, in seconds, to the millisecond.
    pub seconds: f64,
}

/// A results file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultSource {
    /// The path as it was given.
    pub path: Redacted,
    /// The format it was recognised as.
    pub format: String,
}

/// A revision and what it logged within reach of the windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Service or job.
    pub service: Redacted,
    /// Name of the revision.
    pub revision: Redacted,
    /// Timestamp of its first entry.
    pub first: String,
    /// Timestamp of its last entry.
    pub last: String,
    /// How many entries.
    pub entries: u64,
}

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Cases in the results.
    pub tests: usize,
    /// Passed at the first attempt.
    pub passed: usize,
    /// Skipped, or failed as expected.
    pub skipped: usize,
    /// The test's own check failed.
    pub failed: usize,
    /// Something around the test broke.
    pub errored: usize,
    /// Failed, then passed on a rerun.
    pub flaky: usize,
    /// Log entries within reach of the windows, duplicates left out.
    pub entries: u64,
    /// Log entries that came again and were dropped.
    pub duplicates: u64,
}

/// A condition for trusting the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Premise {
    /// A stable word.
    pub id: String,
    /// One sentence.
    pub statement: Redacted,
    /// Whether it holds.
    pub holds: bool,
}

/// A failed test (or a window named by the user) and its diagnosis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Test {
    /// The id that runs the test again; for a window, its start and end.
    pub id: Redacted,
    /// The last part of the id.
    pub name: Redacted,
    /// How it ended.
    pub outcome: Outcome,
    /// How often it ran.
    #[serde(default)]
    pub attempts: u32,
    /// What it said: the error line.
    #[serde(default)]
    pub error: Option<Redacted>,
    /// Where it was looked for; `null` where nothing dates the test.
    pub window: Option<Window>,
    /// Priority from the configuration.
    pub priority: Option<Redacted>,
    /// Business impact from the configuration.
    pub impact: Option<Redacted>,
    /// How sure the best hypothesis is.
    pub verdict: Verdict,
    /// Best first; empty where nothing was found.
    pub hypotheses: Vec<Hypothesis>,
    /// Rules that could explain the symptom and did not, and refuted suspects.
    pub ruled_out: Vec<RuledOut>,
    /// Places to look where no rule explains the failure.
    pub leads: Vec<Lead>,
}

/// A half-open UTC interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// First moment inside, RFC 3339.
    pub start: String,
    /// First moment after it, RFC 3339.
    pub end: String,
    /// How well it is known.
    pub precision: Precision,
}

/// A path from the symptom to one root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hypothesis {
    /// Id of the rule at the root.
    pub root: Redacted,
    /// What it saw.
    pub title: Redacted,
    /// How sure.
    pub verdict: Verdict,
    /// Sum of the parts.
    pub score: i32,
    /// Why the score is what it is.
    pub parts: Vec<Part>,
    /// From the symptom to the root: the last one is the root.
    pub whys: Vec<Why>,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// A stable word.
    pub name: String,
    /// What it adds or takes.
    pub points: i32,
    /// Why.
    pub reason: Redacted,
}

/// One step of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// Id of the rule that answers.
    pub rule: Redacted,
    /// The answer.
    pub answer: Redacted,
    /// Whether it was seen.
    pub footing: Footing,
    /// Keys of the records that show it, best first. Empty where it is inferred, or where the test result itself shows it.
    pub evidence: Vec<EvidenceKey>,
    /// The evidence lies before the window of the test.
    #[serde(default)]
    pub before_window: bool,
    /// The user asked for this rule by name.
    #[serde(default)]
    pub suspect: bool,
}

/// A rule that is not the cause, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuledOut {
    /// Id of the rule.
    pub rule: Redacted,
    /// What was searched and not found, or found everywhere.
    pub reason: Redacted,
    /// The user asked for it by name.
    #[serde(default)]
    pub suspect: bool,
}

/// An unmatched kind of line that is unusual to the failing windows: a place to look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lead {
    /// `lead-1`, `lead-2`, …: one for each kind of line, in the order in which the tests name them; what `rules new --from` takes.
    #[serde(default)]
    pub id: String,
    /// The line with its variable parts masked.
    pub template: Redacted,
    /// Failing windows it was seen in.
    pub failing: u32,
    /// Passing windows it was seen in.
    pub passing: u32,
    /// Keys of the records that show it.
    pub evidence: Vec<EvidenceKey>,
}

/// A root cause with the tests it explains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// Id of the rule at the root.
    pub root: Redacted,
    /// What it saw.
    pub title: Redacted,
    /// Whose business it is: `product`, `test`, `infrastructure`, `config`, `data`.
    pub class: String,
    /// How bad it is: `critical`, `high`, `medium`, `low`.
    pub severity: String,
    /// How far the rule is trusted: `experimental`, `stable`, `deprecated`.
    #[serde(default)]
    pub status: String,
    /// The best verdict among its tests.
    pub verdict: Verdict,
    /// Tells this occurrence from another of the same rule.
    pub fingerprint: Redacted,
    /// Ids of the tests it explains.
    pub tests: Vec<Redacted>,
    /// What to do.
    pub remedy: Remedy,
    /// Keys of the records that show the root, in order of time.
    pub evidence: Vec<EvidenceKey>,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<Redacted>,
    /// The user asked for the root by name.
    #[serde(default)]
    pub suspect: bool,
    /// Logs Explorer with the records that show the root and those like them, from the first to the last, where the project is known.
    #[serde(default)]
    pub link: Option<String>,
}

/// What to do about a cause; a part that the catalog does not name is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Remedy {
    /// What puts it right now.
    pub now: Redacted,
    /// How to see that it is right.
    pub verify: Redacted,
    /// What keeps it from coming back.
    pub prevent: Redacted,
}

/// One fix of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Id of the rule at the root.
    pub root: Redacted,
    /// Tests that this fix clears beyond those before it.
    pub clears: usize,
    /// Tests cleared by this fix and those before it.
    pub total: usize,
}

/// Something that could not be seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// A stable word.
    pub kind: String,
    /// One sentence.
    pub statement: Redacted,
}

/// A record that is cited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Insert ids of all entries it was made of, the matching one first.
    pub insert_id: Vec<Redacted>,
    /// When it happened, RFC 3339 in UTC.
    pub timestamp: String,
    /// Service or job.
    pub service: Option<Redacted>,
    /// Revision.
    pub revision: Option<Redacted>,
    /// Container instance.
    pub instance: Option<Redacted>,
    /// Worst severity of its entries, as Cloud Logging writes it.
    pub severity: String,
    /// `logName` of its first entry.
    pub log: Redacted,
    /// Its text, redacted.
    pub excerpt: Redacted,
    /// Lines before it from the same instance, oldest first.
    pub before: Vec<Redacted>,
    /// Lines after it from the same instance, oldest first.
    pub after: Vec<Redacted>,
    /// Logs Explorer at exactly this entry, where the project is known.
    pub link: Option<String>,
}

/// How often a kind of secret was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Redaction {
    /// The kind, as it stands in the tokens: `jwt` for `‹jwt:1›`.
    pub kind: String,
    /// How many places.
    pub count: usize,
    /// How many different values.
    #[serde(default)]
    pub distinct: usize,
}
