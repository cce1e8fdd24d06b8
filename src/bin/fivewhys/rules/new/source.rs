//! Where a draft begins: the record behind a report's anchor, an entry of an incident, a line.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context;
use fivewhys::authoring::{anchor, shown};
use fivewhys::findings::Evidence;
use fivewhys::logs::{Record, Severity};
use fivewhys::report::Report;
use fivewhys::report::redact::Redactor;
use fivewhys::results::{Failure, Outcome, TestCase, TestRun};

use super::NewArgs;
use super::ask::Answers;
use crate::exit_status::{ExitStatus, Fatal};
use crate::pipeline::Scene;
use crate::report;
use crate::rules::inputs;

/// Longest line taken from standard input, in bytes.
const LINE_BYTES: u64 = 64 * 1024;

/// The record that a rule is drafted from.
pub struct Found {
    /// Its text.
    pub text: String,
    /// The service that logged it.
    pub service: Option<String>,
    /// How bad it says it is.
    pub severity: Severity,
    /// Where it came from, in words.
    pub origin: String,
    /// The incident, where it could be read.
    pub scene: Option<Scene>,
    /// Why it could not be read, where somebody would expect it.
    pub unread: Option<String>,
    /// The failing tests that a report shows it for.
    pub tests: TestRun,
}

/// Finds the record that was named.
///
/// # Errors
///
/// Where it is not there, or an input cannot be read.
pub fn find(args: &NewArgs, answers: &Answers) -> anyhow::Result<Found> {
    let scene = match &args.incident {
        Some(incident) => Some(args.inputs.scene(Some(incident), &[])?),
        None if args.inputs.names_files() => Some(args.inputs.scene(None, &[])?),
        None => None,
    };
    match (&args.from, &args.from_entry, &args.line) {
        (Some(from), ..) => of_report(from, scene),
        (_, Some(insert_id), _) => of_entry(insert_id, scene),
        (_, _, Some(line)) => {
            let text = if line == "-" { from_standard_input()? } else { line.clone() };
            Ok(of_line(text, None, scene, args.test_said.as_deref()))
        }
        _ => Ok(of_line(answers.line.clone(), answers.service.clone(), scene, answers.test_said.as_deref())),
    }
}

fn of_line(text: String, service: Option<String>, scene: Option<Scene>, said: Option<&str>) -> Found {
    let failed = |message: &str| {
        let failure = Failure { message: message.to_owned(), details: message.to_owned(), output: String::new() };
        let (id, outcome) = ("the test".to_owned(), Outcome::Failed(failure));
        TestCase { name: id.clone(), id, start: None, duration: None, outcome, attempts: 1 }
    };
    let tests = TestRun { cases: said.map(failed).into_iter().collect(), ..TestRun::default() };
    let origin = "a line".to_owned();
    Found { text, service, severity: Severity::Error, origin, scene, unread: None, tests }
}

fn from_standard_input() -> anyhow::Result<String> {
    let mut text = String::new();
    io::stdin().take(LINE_BYTES).read_to_string(&mut text).context("cannot read standard input")?;
    Ok(text)
}

/// `report.json#lead-2`: the record as the incident has it, else as the report shows it.
fn of_report(from: &str, scene: Option<Scene>) -> anyhow::Result<Found> {
    let (path, name) = from.rsplit_once('#').unwrap_or((from, ""));
    let report = report::read(Path::new(path))?;
    let name = only_lead(&report, path, name)?;
    let pointed =
        anchor::find(&report, &name).map_err(|error| Fatal { message: format!("{path}: {error}"), status: ExitStatus::Usage })?;
    let (scene, unread) = match scene {
        Some(scene) => (Some(scene), None),
        None => match inputs::of_report(&report) {
            Ok(scene) => (Some(scene), None),
            Err(why) => (
                None,
                Some(format!(
                    "the incident of the report could not be read again ({why}), so the draft was held against no ordinary line; `--incident` names it"
                )),
            ),
        },
    };
    let ids: Vec<&str> = pointed.evidence.insert_id.iter().map(|id| id.as_str()).collect();
    let record = scene.as_ref().map(|scene| record(scene, &ids)).transpose()?.flatten();
    let service = pointed.evidence.service.as_ref().map(|service| service.as_str().to_owned());
    Ok(Found {
        text: record.map_or_else(|| pointed.evidence.excerpt.as_str().to_owned(), |record| record.text),
        service,
        severity: pointed.severity(),
        origin: format!("{name} of a report, logged {}", pointed.evidence.timestamp),
        scene,
        unread,
        tests: pointed.as_run(),
    })
}

/// Without an anchor the only lead is meant.
fn only_lead(report: &Report, path: &str, name: &str) -> anyhow::Result<String> {
    if !name.is_empty() {
        return Ok(name.to_owned());
    }
    let leads = anchor::leads(report);
    if let [(only, _)] = leads.as_slice() {
        return Ok(only.clone());
    }
    let mut redactor = Redactor::default();
    let listed: Vec<String> = leads
        .iter()
        .take(20)
        .map(|(id, lead)| format!("\n  {path}#{id}  {}", shown(&mut redactor, &lead.template, 200)))
        .collect();
    let message = match listed.is_empty() {
        true => format!("{path}: the report has no leads; name a record such as `{path}#e1`"),
        false => format!("{path}: which lead?{}", listed.concat()),
    };
    Err(Fatal { message, status: ExitStatus::Usage }.into())
}

fn of_entry(insert_id: &str, scene: Option<Scene>) -> anyhow::Result<Found> {
    let Some(scene) = scene else {
        let message = "--from-entry needs to know where the entry is; `--incident` names the folder".to_owned();
        return Err(Fatal { message, status: ExitStatus::Usage }.into());
    };
    let Some(record) = record(&scene, &[insert_id])? else {
        let message = format!(
            "--from-entry {insert_id}: no entry with this insertId lies in the windows, between them, or within reach before them"
        );
        return Err(Fatal { message, status: ExitStatus::Input }.into());
    };
    let evidence = Evidence::of(&record, 0);
    Ok(Found {
        text: record.text,
        service: evidence.service,
        severity: evidence.severity,
        origin: format!("entry {insert_id}, logged {}", evidence.timestamp),
        scene: Some(scene),
        unread: None,
        tests: TestRun::default(),
    })
}

/// The first record made of an entry with one of these insert ids.
fn record(scene: &Scene, insert_ids: &[&str]) -> anyhow::Result<Option<Record>> {
    let mut found = None;
    scene.read(&mut |record| {
        if found.is_none() && record.entries.iter().any(|entry| insert_ids.contains(&entry.insert_id())) {
            found = Some(record);
        }
    })?;
    Ok(found)
}
