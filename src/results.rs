//! What the tests said: one reading of test results as a [`TestRun`] of [`TestCase`]s.

use jiff::{SignedDuration, Timestamp};

/// One reading of the results of one test run, possibly folded together from several files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestRun {
    /// Start of the run, where a file gives one.
    pub started_at: Option<Timestamp>,
    /// End of the run: the latest stop of a case, or start plus the stated duration.
    pub ended_at: Option<Timestamp>,
    /// The cases, in the order in which they ran (or stand in the file).
    pub cases: Vec<TestCase>,
    /// The files that were read, in the order given, each with its format.
    pub sources: Vec<ResultSource>,
    /// Parts of the files that could not be used.
    pub unread: Vec<Unread>,
}

/// A results file and the format it was recognised as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultSource {
    /// The path as it was given.
    pub path: String,
    /// The format's name, as users know it: `JUnit XML`, `pytest report-log`, …
    pub format: &'static str,
}

/// One test, with its reruns folded in.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// The id that people use to run the test again: `path/test_x.py::TestX::test_y`.
    pub id: String,
    /// The last part of the id: `test_y`.
    pub name: String,
    /// When the case started, and how well that is known.
    pub start: Option<CaseStart>,
    /// How long it took, all attempts together; never negative.
    pub duration: Option<SignedDuration>,
    /// How it ended.
    pub outcome: Outcome,
    /// How often it ran (1 without reruns).
    pub attempts: u32,
}

/// The start of a case and where it was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseStart {
    /// The moment, in UTC.
    pub at: Timestamp,
    /// Whether the format dates each case, or the moment was worked out.
    pub source: StartSource,
}

/// Where the start of a case comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartSource {
    /// The file dates this case itself.
    Stated,
    /// The suite's timestamp plus the durations of the cases before it.
    Summed,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It passed at the first attempt.
    Passed,
    /// It was skipped, or failed as expected.
    Skipped,
    /// The test's own check failed.
    Failed(Failure),
    /// Something around the test broke: a fixture, the collection, the runner.
    Errored(Failure),
    /// It failed, then passed on a rerun; the failure is that of the first attempt.
    Flaky(Failure),
}

/// What a failing test said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The error line: `AssertionError: GET /health: 503`.
    pub message: String,
    /// Traceback or stack trace, as the runner printed it.
    pub details: String,
    /// What the test printed or logged, where the runner kept it.
    pub output: String,
}

/// A part of a results file that could not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The file as it was given.
    pub path: String,
    /// Line in the file, from 1, where known.
    pub line: Option<u64>,
    /// What was wrong, and what was done about it.
    pub reason: String,
}

impl Outcome {
    /// The failure, for a case that failed or errored and did not pass on a rerun.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Outcome::Failed(failure) | Outcome::Errored(failure) => Some(failure),
            Outcome::Passed | Outcome::Skipped | Outcome::Flaky(_) => None,
        }
    }

    /// The word for it: `passed`, `skipped`, `failed`, `errored`, `flaky`.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Skipped => "skipped",
            Outcome::Failed(_) => "failed",
            Outcome::Errored(_) => "errored",
            Outcome::Flaky(_) => "flaky",
        }
    }
}
