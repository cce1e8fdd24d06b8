//! What the tests said: one reading of test results as a [`TestRun`] of [`TestCase`]s.
//!
//! [`read`] takes the files of one run, recognises each by its content ([`recognise`]), folds reruns into
//! one case and puts the formats together.

use std::io::{self, Read};

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

mod attempt;
mod ctrf;
mod failure;
mod format;
mod go_test;
mod identity;
mod input;
mod json_stream;
mod junit;
mod longrepr;
mod merge;
mod notes;
mod pytest_json;
mod report_log;
mod times;

pub use format::{Format, HEAD_BYTES, recognise};
pub use input::ResultInput;

use input::TextReader;
use merge::Reading;
use notes::Notes;

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
    /// The suite's timestamp plus the durations of the cases before it, and an equal share of the time between them.
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

/// Why a file was not read at all.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is not there, or may not be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file as it was given.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing is in it.
    #[error("{path}: is empty; a test run that was cut off before it wrote its results leaves such a file")]
    Empty {
        /// The file as it was given.
        path: String,
    },
    /// It is something else.
    #[error("{path}: not test results of a known kind; accepted are {}", accepted())]
    UnknownKind {
        /// The file as it was given.
        path: String,
    },
}

/// The names of all formats, as a sentence lists them.
fn accepted() -> String {
    let names: Vec<&str> = Format::ALL.iter().rev().map(|format| format.name()).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Reads the files of one test run.
///
/// A timestamp without an offset is taken to be at `offset`. Files that cannot be read at all come back as
/// errors, in the order given; the run holds what the others said. What was damaged inside a readable file is in
/// [`TestRun::unread`]. Each file is streamed; time and memory are linear in the number of cases and the size of
/// the failure texts.
pub fn read(inputs: &[ResultInput], offset: Offset) -> (TestRun, Vec<ReadError>) {
    let mut readings = Vec::new();
    let mut sources = Vec::new();
    let mut refused = Vec::new();
    for input in inputs {
        match read_one(input, offset) {
            Ok((format, reading)) => {
                sources.push(ResultSource { path: input.name().to_owned(), format: format.name() });
                readings.push((format, reading));
            }
            Err(error) => refused.push(error),
        }
    }
    (TestRun { sources, ..merge::merge(readings) }, refused)
}

fn read_one(input: &ResultInput, offset: Offset) -> Result<(Format, Reading), ReadError> {
    let path = || input.name().to_owned();
    let unreadable = |source| ReadError::Unreadable { path: path(), source };
    let mut file = input.open().map_err(unreadable)?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(unreadable)?;
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { path: path() });
    }
    let format = recognise(&head).ok_or_else(|| ReadError::UnknownKind { path: path() })?;
    let mut text = TextReader::new(io::Cursor::new(head).chain(file));
    let mut notes = Notes::new(input.name());
    let mut reading = match format {
        Format::PytestReportLog => report_log::read(&mut text, &mut notes),
        Format::GoTestJson => go_test::read(&mut text, &mut notes),
        Format::PytestJsonReport => pytest_json::read(&mut text, &mut notes),
        Format::Ctrf => ctrf::read(&mut text, &mut notes),
        Format::JunitXml => junit::read(&mut text, &mut notes, offset),
    };
    if let Some((count, line)) = text.replaced() {
        notes.add(Some(line), format!("{count} invalid UTF-8 sequences were read as U+FFFD; this is the first"));
    }
    reading.path = path();
    reading.unread = notes.finish();
    Ok((format, reading))
}
