//! Reads the report of the pytest plugin `pytest-json-report`.

use std::io::Read;

use jiff::SignedDuration;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::Value;

use super::attempt::Attempt;
use super::failure::{append, failure};
use super::identity::of_nodeid;
use super::input::TextReader;
use super::json_stream::{EachItem, Members, number, read_object, text};
use super::longrepr::render;
use super::merge::Reading;
use super::notes::Notes;
use super::{Failure, Outcome, times};

struct Report<'n> {
    notes: &'n mut Notes,
    created: Option<f64>,
    duration: Option<f64>,
    collection: Vec<Attempt>,
    tests: Vec<Attempt>,
}

/// The file states when it was written (`created`, the end of the run) and how long the run and each phase took;
/// starts are worked out from that.
pub(super) fn read<R: Read>(input: &mut TextReader<R>, notes: &mut Notes) -> Reading {
    let mut inner = Notes::new(notes.path());
    let mut report = Report { notes: &mut inner, created: None, duration: None, collection: Vec::new(), tests: Vec::new() };
    read_object(input, notes, &mut report);
    let Report { created, duration, collection, tests, .. } = report;
    notes.take(inner);
    let mut reading = Reading { attempts: collection, ..Reading::default() };
    reading.attempts.extend(tests);
    reading.ended_at = created.and_then(|created| notes.ok(None, "created", times::epoch(created)));
    let total = duration.and_then(|duration| notes.ok(None, "duration", times::seconds(duration)));
    if let (Some(end), Some(total)) = (reading.ended_at, total) {
        let start = times::plus(end, -total);
        reading.started_at = Some(start);
        let count = reading.attempts.len();
        if let Err(sum) = times::date_by_sum(&mut reading.attempts, 0..count, start, Some(total)) {
            notes.side_by_side(count, sum, total);
        }
    }
    reading
}

impl Members for Report<'_> {
    fn member<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "created" => self.created = map.next_value::<Value>()?.as_f64(),
            "duration" => self.duration = map.next_value::<Value>()?.as_f64(),
            "tests" => map.next_value_seed(EachItem(|value| {
                let place = self.tests.len();
                self.tests.extend(test(&value, place, self.notes));
            }))?,
            "collectors" => map.next_value_seed(EachItem(|value| self.collection.extend(collector(&value))))?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

fn collector(value: &Value) -> Option<Attempt> {
    (text(value, "outcome") == "failed").then(|| {
        let (message, details) = render(value.get("longrepr").unwrap_or(&Value::Null));
        Attempt::new(of_nodeid(text(value, "nodeid")), Outcome::Errored(failure(&message, &details, "")))
    })
}

fn test(value: &Value, place: usize, notes: &mut Notes) -> Option<Attempt> {
    let nodeid = text(value, "nodeid");
    if nodeid.is_empty() {
        notes.add(None, format!("tests[{place}] has no nodeid; it was left out"));
        return None;
    }
    let mut attempt = Attempt::new(of_nodeid(nodeid), outcome(value, nodeid, notes));
    if text(value, "outcome") == "rerun" {
        attempt.tries = 2;
    }
    let phases = ["setup", "call", "teardown"].iter().filter_map(|phase| value.get(phase));
    for seconds in phases.filter_map(|phase| number(phase, "duration")) {
        if let Some(duration) = notes.ok(None, &format!("{nodeid}: duration"), times::seconds(seconds)) {
            attempt.duration = Some(attempt.duration.unwrap_or(SignedDuration::ZERO).saturating_add(duration));
        }
    }
    Some(attempt)
}

fn outcome(value: &Value, nodeid: &str, notes: &mut Notes) -> Outcome {
    let output = captured(value);
    let mut found: Option<(bool, Failure)> = None;
    for phase in ["setup", "call", "teardown"] {
        let Some(failed) = value.get(phase).filter(|report| text(report, "outcome") == "failed") else { continue };
        let message = failed.get("crash").map(|crash| text(crash, "message")).unwrap_or_default();
        let said = failure(message, text(failed, "longrepr"), "");
        match &mut found {
            Some((_, first)) => append(first, &said),
            None => found = Some((phase == "call", said)),
        }
    }
    let (in_test, failure) = found.unwrap_or((text(value, "outcome") == "failed", Failure::default()));
    let failure = Failure { output, ..failure };
    match text(value, "outcome") {
        "passed" | "xpassed" => Outcome::Passed,
        "skipped" | "xfailed" => Outcome::Skipped,
        // The plugin keeps the phases of the last try only, which passed.
        "rerun" => Outcome::Flaky(Failure::default()),
        "failed" | "error" if in_test => Outcome::Failed(failure),
        "failed" | "error" => Outcome::Errored(failure),
        other => {
            notes.add(None, format!("{nodeid}: outcome `{other}` is not known; taken for an error"));
            Outcome::Errored(failure)
        }
    }
}

fn captured(value: &Value) -> String {
    let mut output = String::new();
    for phase in ["setup", "call", "teardown"] {
        let Some(report) = value.get(phase) else { continue };
        for stream in ["stdout", "stderr"] {
            let content = text(report, stream).trim_end_matches('\n');
            if !content.is_empty() {
                output.push_str(&format!("----- Captured {stream} {phase} -----\n{content}\n"));
            }
        }
        let log: Vec<&str> =
            report.get("log").and_then(Value::as_array).into_iter().flatten().map(|line| text(line, "msg")).collect();
        if !log.is_empty() {
            output.push_str(&format!("----- Captured log {phase} -----\n{}\n", log.join("\n")));
        }
    }
    failure("", "", &output).output
}
