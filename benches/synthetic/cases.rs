//! The tests of the invented run: when each ran, how it ended, and the JUnit file that says so.

use std::fmt::Write;

use super::entry::{Micros, timestamp};
use super::faults::{FAULTS, Fault};
use super::random::Random;

/// One test.
#[derive(Debug)]
pub struct Case {
    /// `test_flow_07`: unique within its run.
    pub name: String,
    /// When it started.
    pub start: Micros,
    /// When it ended.
    pub end: Micros,
    /// Why it failed, where it did.
    pub fault: Option<&'static Fault>,
}

/// Tests that run one after the other through the given stretches of time, with a breath between them; two of
/// five fail, each fault in turn.
pub fn plan(prefix: &str, count: usize, stretches: &[(Micros, Micros)], random: &mut Random) -> Vec<Case> {
    let total: Micros = stretches.iter().map(|(start, end)| end - start).sum();
    let share = total / count as Micros;
    let mut starts = Vec::with_capacity(count);
    for &(start, end) in stretches {
        let mut at = start;
        // What is left of a stretch and too short for a test stays empty.
        while at + share <= end + share / 100 && starts.len() < count {
            starts.push(at);
            at += share;
        }
    }
    let mut faults = FAULTS.iter().cycle();
    let case = |(place, start): (usize, Micros)| Case {
        name: format!("test_{prefix}_{place:03}"),
        start,
        end: start + share - share * random.between(20, 50) / 1000,
        fault: if matches!(place % 5, 1 | 3) { faults.next() } else { None },
    };
    starts.into_iter().enumerate().map(case).collect()
}

/// The moments at which a failing test meets its fault: a failure that was retried is in the logs more than once.
pub fn failures(case: &Case, random: &mut Random) -> Vec<Micros> {
    let length = case.end - case.start;
    let tries = 1 + random.below(3);
    // Not in the last tenth, so that the whole chain lies within the test.
    (0..tries).map(|_| case.start + random.between(length / 10, length * 9 / 10)).collect()
}

/// The tests as pytest writes them, with the property `start_time` that dates each.
pub fn junit(cases: &[Case]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_junit(&mut out, cases);
    out
}

fn write_junit(out: &mut String, cases: &[Case]) -> std::fmt::Result {
    let failed = cases.iter().filter(|case| case.fault.is_some()).count();
    let start = cases.iter().map(|case| case.start).min().unwrap_or_default();
    let end = cases.iter().map(|case| case.end).max().unwrap_or_default();
    let seconds = |length: Micros| length as f64 / 1e6;
    writeln!(out, r#"<?xml version="1.0" encoding="utf-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="{failed}" skipped="0" tests="{}" time="{:.3}" timestamp="{:.6}">"#,
        cases.len(),
        seconds(end - start),
        timestamp(start)
    )?;
    for case in cases {
        write!(
            out,
            r#"<testcase classname="tests.e2e.staging.test_flows.TestFlows" name="{}" time="{:.3}"><properties><property name="start_time" value="{:.6}"/></properties>"#,
            case.name,
            seconds(case.end - case.start),
            timestamp(case.start)
        )?;
        if let Some(fault) = case.fault {
            let message = escaped(fault.message);
            let name = &case.name;
            write!(
                out,
                "<failure message=\"{message}\">tests/e2e/staging/test_flows.py:38: in {name}\n    await flow.run()\nE   {message}</failure>"
            )?;
        }
        writeln!(out, "</testcase>")?;
    }
    writeln!(out, "</testsuite></testsuites>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
