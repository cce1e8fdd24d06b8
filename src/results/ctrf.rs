//! Reads Common Test Report Format (CTRF) JSON, <https://ctrf.io>.

use std::io::Read;

use jiff::Timestamp;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::Value;

use super::attempt::Attempt;
use super::failure::failure;
use super::identity::{Identity, of_ctrf};
use super::input::TextReader;
use super::json_stream::{EachItem, Members, ObjectOf, number, read_object, text};
use super::merge::Reading;
use super::notes::Notes;
use super::{CaseStart, Failure, Outcome, StartSource, times};

#[derive(Default)]
struct Report {
    tool: String,
    start: Option<f64>,
    stop: Option<f64>,
    /// Kept until the tool is known, which decides how its names are read.
    tests: Vec<Test>,
}

/// One test, as far as it is used.
struct Test {
    name: String,
    suite: Vec<String>,
    file: String,
    tries: Vec<Try>,
    counted: u32,
}

struct Try {
    outcome: Outcome,
    start: Option<f64>,
    stop: Option<f64>,
    milliseconds: Option<f64>,
}

pub(super) fn read<R: Read>(input: &mut TextReader<R>, notes: &mut Notes) -> Reading {
    let mut report = Report::default();
    read_object(input, notes, &mut report);
    let mut reading = Reading::default();
    let mut moment = |name: &str, value: Option<f64>| {
        let value = value.filter(|value| *value != 0.0)?;
        notes.ok(None, name, times::epoch(value))
    };
    reading.started_at = moment("results.summary.start", report.start);
    reading.ended_at = moment("results.summary.stop", report.stop);
    for (place, test) in report.tests.into_iter().enumerate() {
        if test.name.is_empty() {
            notes.add(None, format!("results.tests[{place}] has no name; it was left out"));
            continue;
        }
        reading.attempts.extend(attempts(&report.tool, test, notes));
    }
    if let Some(start) = reading.started_at {
        let total = reading.ended_at.and_then(|end| times::between(start, end));
        let count = reading.attempts.len();
        if let Err(sum) = times::date_by_sum(&mut reading.attempts, 0..count, start, total) {
            notes.side_by_side(count, sum, total.unwrap_or_default());
        }
    }
    reading
}

impl Members for Report {
    fn member<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "results" => map.next_value_seed(ObjectOf(self)),
            "tool" => {
                let tool: Value = map.next_value()?;
                text(&tool, "name").clone_into(&mut self.tool);
                Ok(())
            }
            "summary" => {
                let summary: Value = map.next_value()?;
                (self.start, self.stop) = (number(&summary, "start"), number(&summary, "stop"));
                Ok(())
            }
            "tests" => map.next_value_seed(EachItem(|value| self.tests.push(Test::from_json(&value)))),
            _ => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

impl Test {
    fn from_json(value: &Value) -> Test {
        let suite = match value.get("suite") {
            Some(Value::String(path)) => path.split(" > ").map(str::to_owned).collect(),
            Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let earlier = value.get("retryAttempts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut tries: Vec<Try> = earlier.iter().map(Try::from_json).collect();
        let last = Try::from_json(value);
        if value.get("flaky").and_then(Value::as_bool) == Some(true) && tries.is_empty() && last.outcome == Outcome::Passed {
            tries.push(Try { outcome: Outcome::Flaky(Failure::default()), ..last });
        } else {
            tries.push(last);
        }
        // A whole small number; what does not fit is damage and counts nothing.
        let retries = value.get("retries").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        let counted = retries.saturating_add(1);
        Test { name: text(value, "name").to_owned(), suite, file: text(value, "filePath").to_owned(), tries, counted }
    }
}

impl Try {
    fn from_json(value: &Value) -> Try {
        let joined = |key: &str| {
            let lines = value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            lines.collect::<Vec<_>>().join("")
        };
        let outcome = match text(value, "status") {
            "passed" => Outcome::Passed,
            "failed" => {
                let output = [joined("stdout"), joined("stderr")].join("\n");
                Outcome::Failed(failure(text(value, "message"), text(value, "trace"), &output))
            }
            _ => Outcome::Skipped,
        };
        Try { outcome, start: number(value, "start"), stop: number(value, "stop"), milliseconds: number(value, "duration") }
    }
}

fn attempts(tool: &str, test: Test, notes: &mut Notes) -> Vec<Attempt> {
    let identity = of_ctrf(tool, &test.suite, &test.name, &test.file);
    let uncounted = test.counted.saturating_sub(u32::try_from(test.tries.len()).unwrap_or(u32::MAX));
    let mut made: Vec<Attempt> = test.tries.into_iter().map(|one| attempt(&identity, one, notes)).collect();
    if let Some(first) = made.first_mut() {
        first.tries = first.tries.saturating_add(uncounted);
    }
    made
}

fn attempt(identity: &Identity, one: Try, notes: &mut Notes) -> Attempt {
    let id = &identity.id;
    let mut attempt = Attempt::new(identity.clone(), one.outcome);
    let mut moment = |name: &str, value: Option<f64>| -> Option<Timestamp> {
        let value = value.filter(|value| *value != 0.0)?;
        notes.ok(None, &format!("{id}: {name}"), times::epoch(value))
    };
    let (start, stop) = (moment("start", one.start), moment("stop", one.stop));
    attempt.start = start.map(|at| CaseStart { at, source: StartSource::Stated });
    let stated = one.milliseconds.and_then(|value| notes.ok(None, &format!("{id}: duration"), times::seconds(value / 1000.0)));
    attempt.duration = stated.or(start.zip(stop).and_then(|(start, stop)| times::between(start, stop)));
    attempt
}
