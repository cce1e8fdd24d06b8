//! The types of a comparison: schema 1, whose field names are stable.
//!
//! Fields may be added; none is renamed or removed without a new schema version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::redact::Redacted;
use crate::report::schema::Counts;

/// The version that a comparison carries in its field `schema`.
pub const SCHEMA: &str = "fivewhys/comparison/v1";

/// What changed from run to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The runs, in the order they were given: first the oldest.
    pub runs: Vec<RunSummary>,
    /// From each run to the next.
    pub steps: Vec<Step>,
}

/// A run in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// The report as it was named.
    pub report: String,
    /// The same for every report of the same run: its start, and a digest of what its tests said.
    pub key: String,
    /// Start of the run, RFC 3339 in UTC, where the results say so.
    pub started_at: Option<String>,
    /// How many of what.
    pub counts: Counts,
    /// Whether the report lists the tests that passed and were skipped; reports of earlier versions only count them.
    pub lists_all_tests: bool,
    /// The revisions that served during the run.
    pub revisions: Vec<Serving>,
}

/// The revisions of a service in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Serving {
    /// Service or job.
    pub service: Redacted,
    /// Its revisions by name.
    pub revisions: Vec<Redacted>,
}

/// What changed from one run to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The report of the earlier run, as it was named.
    pub before: String,
    /// The report of the later run, as it was named.
    pub after: String,
    /// Each service, before and after.
    pub revisions: Vec<RevisionChange>,
    /// Whether the fixes held, over all causes of the earlier run.
    pub verdict: StepVerdict,
    /// The verdict in sentences.
    pub statement: String,
    /// Whether anything got worse: a test regressed, one that had not run before fails, or a cause is new.
    pub worse: bool,
    /// How many tests changed in which way.
    pub totals: Totals,
    /// Every test that either report names, by id.
    pub tests: Vec<TestChange>,
    /// Every cause that either report names: those of the earlier run first, in its order.
    pub causes: Vec<CauseChange>,
    /// What to bear in mind, one sentence each.
    pub notes: Vec<String>,
}

/// How many tests changed in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Failed, and passes.
    pub fixed: usize,
    /// Failed, and fails.
    pub still_failing: usize,
    /// Passed, and fails.
    pub regressed: usize,
    /// Fails, and is not known to have passed before.
    pub newly_failing: usize,
    /// The same as before, and not failing.
    pub unchanged: usize,
    /// Did not run in one of the two runs.
    pub not_run: usize,
    /// A report does not say.
    pub cannot_be_told: usize,
}

/// A service before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionChange {
    /// Service or job.
    pub service: Redacted,
    /// Revisions that served the earlier run.
    pub before: Vec<Redacted>,
    /// Revisions that served the later run.
    pub after: Vec<Redacted>,
    /// What that means.
    pub change: Deployed,
}

/// How the revisions of a service changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deployed {
    /// A revision that the earlier run had not seen, and none from before beside it.
    Newer,
    /// A revision that the earlier run had not seen, with one from before still serving beside it.
    Both,
    /// No revision that the earlier run had not seen.
    Same,
    /// A revision with a lower number than those before: rolled back.
    Older,
    /// Only one of the two runs names a revision.
    Unknown,
}

/// A test before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestChange {
    /// The id that runs the test again. A renamed test is another test.
    pub id: Redacted,
    /// How it ended in the earlier run.
    pub before: State,
    /// How it ended in the later run.
    pub after: State,
    /// What that means.
    pub change: Change,
    /// Id of the rule at the root of its failure in the earlier run.
    pub cause_before: Option<Redacted>,
    /// Id of the rule at the root of its failure in the later run.
    pub cause_after: Option<Redacted>,
}

/// How a test ended in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The report lists all tests, and this one is not among them.
    Absent,
    /// Skipped, or failed as expected.
    Skipped,
    /// Not failed; the report does not say whether it passed, was skipped, or is not part of the run.
    NotFailed,
    /// Passed at the first attempt.
    Passed,
    /// Failed, then passed on a rerun.
    Flaky,
    /// Something around it broke.
    Errored,
    /// Its own check failed.
    Failed,
}

/// What became of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Passed, and fails.
    Regressed,
    /// Failed, and fails.
    StillFailing,
    /// Failed, and passes.
    Fixed,
    /// Did not run in one of the two runs.
    NotRun,
    /// A report of an earlier version does not say whether it passed or did not run.
    CannotBeTold,
    /// The same as before, and not failing.
    Unchanged,
}

/// A cause before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseChange {
    /// Id of the rule at the root.
    pub root: Redacted,
    /// What it saw.
    pub title: Redacted,
    /// Tells this occurrence from another of the same rule.
    pub fingerprint: Redacted,
    /// What became of it.
    pub change: Fate,
    /// Tests it explains: in the later run, or in the earlier where it is gone.
    pub tests: Vec<Redacted>,
    /// Causes of the earlier run that hid it from tests that it explains now.
    pub behind: Vec<Redacted>,
    /// Whether a fix of it held; `null` for causes that the earlier run does not name.
    pub verdict: Option<FixVerdict>,
    /// Why that is the verdict.
    pub because: Option<String>,
}

/// What became of a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The later report does not name it.
    Gone,
    /// Both reports name it.
    Stays,
    /// Only the later report names it.
    New,
    /// Only the later report names it, for a test that failed before for another root, which is gone: it lay behind it.
    Uncovered,
}

/// Whether the fix of a cause held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FixVerdict {
    /// The cause is gone, and that could have been seen otherwise.
    Held,
    /// The cause is still there.
    DidNotHold,
    /// The later run cannot show it.
    CannotBeTold,
}

/// Whether the fixes of a step held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepVerdict {
    /// All causes of the earlier run are gone.
    Held,
    /// Some are.
    PartlyHeld,
    /// None is, and at least one is still there.
    DidNotHold,
    /// The later run cannot show it.
    CannotBeTold,
    /// The earlier report names no cause.
    NothingToJudge,
}

impl State {
    /// Whether the test ran and failed.
    pub fn fails(self) -> bool {
        matches!(self, State::Failed | State::Errored)
    }

    /// Whether the test ran and passed, be it on a rerun.
    pub fn passes(self) -> bool {
        matches!(self, State::Passed | State::Flaky)
    }

    /// Whether the test is known not to have run.
    pub fn did_not_run(self) -> bool {
        matches!(self, State::Absent | State::Skipped)
    }

    /// One character for a table.
    pub fn sign(self) -> &'static str {
        match self {
            State::Passed => "✓",
            State::Failed | State::Errored => "✗",
            State::Flaky => "~",
            State::Skipped | State::Absent => "–",
            State::NotFailed => "?",
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Passed => "passed",
            State::Failed => "failed",
            State::Errored => "errored",
            State::Flaky => "flaky",
            State::Skipped => "skipped",
            State::Absent => "absent",
            State::NotFailed => "not failed",
        }
    }
}

impl Fate {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Gone => "gone",
            Fate::Stays => "stays",
            Fate::New => "new",
            Fate::Uncovered => "uncovered",
        }
    }
}

impl FixVerdict {
    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            FixVerdict::Held => "the fix held",
            FixVerdict::DidNotHold => "the fix did not hold",
            FixVerdict::CannotBeTold => "cannot be told",
        }
    }
}
