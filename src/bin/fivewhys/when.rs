//! When to look: the test results and the windows that a command is given, and the cases that make them.

use std::path::PathBuf;

use clap::ValueHint;
use fivewhys::findings::{Group, WatchedWindow};
use fivewhys::results::{self, Outcome, ResultInput, TestRun};
use fivewhys::window::{self, CaseWindow, Margins, Precision};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::exit_status::{ExitStatus, Fatal};

const HALF_MINUTE: SignedDuration = SignedDuration::from_secs(30);

/// How far before an effect its cause may lie, unless somebody says otherwise.
const LOOKBACK: SignedDuration = SignedDuration::from_mins(15);

/// Test results, and times without them.
#[derive(Debug, Clone, clap::Args)]
pub struct WhenArgs {
    /// Test results: JUnit XML, pytest report-log, pytest-json-report, `go test -json`, CTRF; several files of one run are one run
    #[arg(short = 't', long = "results", value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..)]
    pub results: Vec<PathBuf>,

    /// Results of an earlier, better run in the same logs: more passing tests to compare with
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..)]
    pub control: Vec<PathBuf>,

    /// Look into this time, without or beside test results: FROM/TO, both RFC 3339
    #[arg(long, value_name = "FROM/TO", conflicts_with = "around")]
    window: Option<String>,

    /// Look around this moment (RFC 3339), half a minute to each side
    #[arg(long, value_name = "TIME")]
    around: Option<String>,

    /// UTC offset of test result times that state none, such as +02:00
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    results_offset: Option<String>,

    /// How far before and after a test its evidence may lie
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    margin: SignedDuration,

    /// How far before an effect its cause may lie, along one instance or revision [default: 15m]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    lookback: Option<SignedDuration>,
}

/// A length of time as an argument.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let span: SignedDuration = text.parse().map_err(|_| format!("`{text}` is not a duration such as 500ms, 30s, 5m or 1h"))?;
    if span.is_negative() { Err("a duration cannot be negative".to_owned()) } else { Ok(span) }
}

impl WhenArgs {
    /// How far evidence may lie from a test.
    pub fn margins(&self) -> Margins {
        Margins { before: self.margin, after: self.margin }
    }

    /// How far a cause may lie from its effect.
    pub fn lookback(&self) -> SignedDuration {
        self.lookback.unwrap_or(LOOKBACK)
    }

    /// How far before a window its causes are to be had: not before one that the user gave both ends of, unless
    /// the user says how far.
    pub fn lookback_of(&self, window: &WatchedWindow) -> SignedDuration {
        let named = window.window.precision == Precision::Given && self.window.is_some();
        if named { self.lookback.unwrap_or(SignedDuration::ZERO) } else { self.lookback() }
    }

    /// Whether a time was named without test results.
    pub fn has_window(&self) -> bool {
        self.window.is_some() || self.around.is_some()
    }

    /// The run that these inputs tell of; empty where there are none.
    ///
    /// # Errors
    ///
    /// Where one of them cannot be read.
    pub fn read_results(&self, inputs: &[ResultInput]) -> anyhow::Result<TestRun> {
        if inputs.is_empty() {
            return Ok(TestRun::default());
        }
        let (run, refused) = results::read(inputs, self.offset()?);
        match refused.into_iter().next() {
            Some(error) => Err(error.into()),
            None => Ok(run),
        }
    }

    /// The failing windows in the order of the run, those named by the user, then the control group: cases of
    /// this run and of the control runs that passed, and that no failing case overlaps.
    ///
    /// # Errors
    ///
    /// Where a time cannot be understood, or the results of a control run cannot be read.
    pub fn watched(&self, run: &TestRun, windows: &[Option<CaseWindow>]) -> anyhow::Result<Vec<WatchedWindow>> {
        let mut failing = Vec::new();
        let mut passing = Vec::new();
        for (place, (case, window)) in run.cases.iter().zip(windows).enumerate() {
            let Some(window) = window else { continue };
            match case.outcome {
                Outcome::Failed(_) | Outcome::Errored(_) => failing.push(watch(Group::Failing, Some(place), window)),
                Outcome::Passed => passing.push(watch(Group::Control, Some(place), window)),
                Outcome::Skipped | Outcome::Flaky(_) => {}
            }
        }
        for window in self.given()? {
            failing.push(watch(Group::Failing, None, &window));
        }
        for path in &self.control {
            let control = self.read_results(&[ResultInput::file(path)])?;
            let windows = window::around(&control, self.margins());
            let passed = control.cases.iter().zip(&windows).filter(|(case, _)| matches!(case.outcome, Outcome::Passed));
            passing.extend(passed.filter_map(|(_, window)| Some(watch(Group::Control, None, window.as_ref()?))));
        }
        let beside_failure = |window: &WatchedWindow| failing.iter().any(|failure| overlap(failure.core, window.core));
        passing.retain(|window| !beside_failure(window));
        failing.append(&mut passing);
        Ok(failing)
    }

    /// The offset of result times that state none; UTC unless the user says otherwise.
    fn offset(&self) -> anyhow::Result<Offset> {
        let Some(text) = &self.results_offset else { return Ok(Offset::UTC) };
        let wrong = || Fatal {
            message: format!("--results-offset {text}: not an offset such as +02:00, -05:30 or Z"),
            status: ExitStatus::Usage,
        };
        parse_offset(text).ok_or_else(|| wrong().into())
    }

    /// The windows that the user named.
    fn given(&self) -> anyhow::Result<Vec<CaseWindow>> {
        let window = self.window.as_deref().map(window::parse_window);
        let half_minute = Margins { before: HALF_MINUTE, after: HALF_MINUTE };
        let around = self.around.as_deref().map(|time| window::parse_around(time, half_minute));
        let usage = |error: window::WindowError| Fatal { message: error.to_string(), status: ExitStatus::Usage };
        let windows: Result<Vec<_>, _> = window.into_iter().chain(around).collect();
        Ok(windows.map_err(usage)?.into_iter().map(|window| CaseWindow { core: (window.start, window.end), window }).collect())
    }

    /// The files with results, as arguments.
    pub fn file_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (flag, paths) in [("-t", &self.results), ("--control", &self.control)] {
            if !paths.is_empty() {
                words.push(flag.to_owned());
                words.extend(paths.iter().map(|path| path.display().to_string()));
            }
        }
        words
    }

    /// The times, as arguments.
    pub fn time_words(&self) -> Vec<String> {
        let named = [("--window", &self.window), ("--around", &self.around), ("--results-offset", &self.results_offset)];
        let given = named.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value.clone()?]));
        given.flatten().collect()
    }
}

/// Where a case's times were only summed up, its lines may lie in the margin as well as in the bare interval.
fn watch(group: Group, case: Option<usize>, window: &CaseWindow) -> WatchedWindow {
    let exact = group == Group::Control || matches!(window.window.precision, Precision::Exact | Precision::Given);
    let core = if exact { window.core } else { (window.window.start, window.window.end) };
    WatchedWindow { group, case, core, window: window.window }
}

fn overlap(a: (Timestamp, Timestamp), b: (Timestamp, Timestamp)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// `Z`, `+02:00`, `-0530`, `+2`.
fn parse_offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = if digits.len() <= 2 { (digits.as_str(), "0") } else { digits.split_at_checked(digits.len() - 2)? };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60).then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()).flatten()
}
