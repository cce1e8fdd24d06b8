//! Reads pytest's report-log: JSON lines with start and stop of the phases of every test.

use std::io::{BufRead, Read};

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;

use super::attempt::Attempt;
use super::failure::{append, failure};
use super::identity::of_nodeid;
use super::input::TextReader;
use super::longrepr::render;
use super::merge::Reading;
use super::notes::Notes;
use super::{CaseStart, Failure, Outcome, StartSource, times};

/// One line, as far as it is used.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "$report_type")]
    kind: Option<String>,
    #[serde(default)]
    nodeid: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    when: String,
    #[serde(default)]
    longrepr: Value,
    #[serde(default)]
    sections: Vec<(String, String)>,
    #[serde(default)]
    start: Value,
    #[serde(default)]
    stop: Value,
}

/// A try at a test whose phases are still coming.
#[derive(Default)]
struct Open {
    nodeid: String,
    line: u64,
    start: Option<Timestamp>,
    stop: Option<Timestamp>,
    failed: Option<Failure>,
    errored: Option<Failure>,
    skipped: bool,
    called: bool,
    ended: bool,
    sections: Vec<(String, String)>,
}

pub(super) fn read<R: Read>(text: &mut TextReader<R>, notes: &mut Notes) -> Reading {
    let mut tries: Vec<Open> = Vec::new();
    let mut open: FxHashMap<String, usize> = FxHashMap::default();
    let mut collection = Vec::new();
    let mut buffer = String::new();
    loop {
        let number = text.line();
        buffer.clear();
        match text.read_line(&mut buffer) {
            Ok(0) => break,
            Ok(_) if buffer.trim().is_empty() => continue,
            Ok(_) => {}
            Err(error) => {
                notes.add(Some(number), format!("reading stopped here: {error}"));
                break;
            }
        }
        let line: Line = match serde_json::from_str(&buffer) {
            Ok(line) => line,
            Err(error) => {
                notes.add(Some(number), format!("not a line of a report-log: {error}; the line was left out"));
                continue;
            }
        };
        match line.kind.as_deref() {
            // Subtests report under the id of their test.
            Some("TestReport" | "SubTestReport" | "SubtestReport") => phase(line, number, &mut tries, &mut open, notes),
            Some("CollectReport") if line.outcome == "failed" => collection.push(collection_error(&line)),
            Some(_) => {}
            None => notes.add(Some(number), "the line has no `$report_type`; it was left out"),
        }
    }
    let mut reading = Reading::default();
    reading.attempts.extend(collection);
    reading.attempts.extend(tries.into_iter().map(|open| close(open, notes)));
    reading
}

fn collection_error(line: &Line) -> Attempt {
    let (message, details) = render(&line.longrepr);
    Attempt::new(of_nodeid(&line.nodeid), Outcome::Errored(failure(&message, &details, &captured(&line.sections))))
}

/// Adds one phase to the try it belongs to.
fn phase(line: Line, number: u64, tries: &mut Vec<Open>, open: &mut FxHashMap<String, usize>, notes: &mut Notes) {
    let known = open.get(&line.nodeid).copied().filter(|&place| !tries[place].ended && line.when != "setup");
    let place = known.unwrap_or_else(|| {
        open.insert(line.nodeid.clone(), tries.len());
        tries.push(Open { nodeid: line.nodeid.clone(), line: number, ..Open::default() });
        tries.len() - 1
    });
    let own = &mut tries[place];
    let mut moment = |name: &str, value: &Value| {
        // A crashed pytest-xdist worker is reported with start and stop 0.
        let seconds = value.as_f64().filter(|seconds| *seconds != 0.0)?;
        notes.ok(Some(number), name, times::epoch(seconds))
    };
    let (start, stop) = (moment("start", &line.start), moment("stop", &line.stop));
    own.start = own.start.into_iter().chain(start).min();
    own.stop = own.stop.max(stop);
    own.called |= line.when == "call";
    own.ended = !matches!(line.when.as_str(), "setup" | "call");
    let in_test = line.when == "call";
    match line.outcome.as_str() {
        "failed" | "rerun" => {
            let (message, details) = render(&line.longrepr);
            let found = failure(&message, &details, "");
            let slot = if in_test { &mut own.failed } else { &mut own.errored };
            match slot {
                Some(first) => append(first, &found),
                None => *slot = Some(found),
            }
        }
        // Also what failed as expected; a skipped subtest does not skip its test.
        "skipped" => own.skipped |= line.kind.as_deref() == Some("TestReport"),
        _ => {}
    }
    if !line.sections.is_empty() {
        own.sections = line.sections;
    }
    if own.ended && own.failed.is_none() && own.errored.is_none() {
        own.sections = Vec::new();
    }
}

fn close(open: Open, notes: &mut Notes) -> Attempt {
    let output = captured(&open.sections);
    let cut_off = open.failed.is_none() && open.errored.is_none() && !open.skipped && !open.called;
    let outcome = match (open.failed, open.errored) {
        (Some(mut failed), errored) => {
            if let Some(errored) = errored {
                append(&mut failed, &errored);
            }
            Outcome::Failed(Failure { output, ..failed })
        }
        (None, Some(errored)) => Outcome::Errored(Failure { output, ..errored }),
        (None, None) if open.skipped => Outcome::Skipped,
        (None, None) if open.called => Outcome::Passed,
        (None, None) => {
            notes.add(Some(open.line), format!("{} began and no result of it was written: the run was cut off", open.nodeid));
            let message = "the test began and never reported a result: the run was cut off".to_owned();
            Outcome::Errored(Failure { message, details: String::new(), output })
        }
    };
    let mut attempt = Attempt::new(of_nodeid(&open.nodeid), outcome);
    attempt.start = open.start.map(|at| CaseStart { at, source: StartSource::Stated });
    // How long a test took that never ended is not known.
    if let Some((start, stop)) = open.start.zip(open.stop).filter(|_| !cut_off) {
        attempt.duration = times::between(start, stop);
        if stop < start {
            notes.add(Some(open.line), format!("{}: stops before it starts; its duration was left out", open.nodeid));
        }
    }
    attempt
}

fn captured(sections: &[(String, String)]) -> String {
    let mut text = String::new();
    for (title, content) in sections {
        text.push_str(&format!("----- {title} -----\n{}\n", content.trim_end_matches('\n')));
    }
    failure("", "", &text).output
}
