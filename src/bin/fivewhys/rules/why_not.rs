//! `fivewhys rules why-not`: condition by condition, how near a rule came for one test.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueHint;
use fivewhys::authoring::why_not::Inquiry;
use fivewhys::authoring::why_not::fate::{Court, Fate};
use fivewhys::diagnosis::{CaseDiagnosis, Diagnosis};
use fivewhys::findings::{WatchedWindow, WindowIx};
use fivewhys::report::redact::Redactor;
use fivewhys::rules::problem::nearest_few;
use fivewhys::rules::{Catalog, RuleIx};

use super::inputs::{self, InputArgs};
use super::try_::beside;
use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};
use crate::pipeline::Scene;
use crate::report;

mod shown;

/// How `fivewhys rules why-not` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  the question was answered
  1  the rule does not load
  2  wrong usage: there is no such rule or test
  3  an input is missing or unreadable";

/// What `fivewhys rules why-not` takes.
#[derive(Debug, clap::Args)]
pub struct WhyNotArgs {
    /// The rule: its id, or its file
    #[arg(value_name = "RULE")]
    rule: String,

    /// The incident, or a report.json that was made from it
    #[arg(value_name = "INCIDENT", value_hint = ValueHint::AnyPath)]
    input: Option<PathBuf>,

    /// The test: its id, its name or a part of them; may be left out where only one failed
    #[arg(long, value_name = "TEST")]
    test: Option<String>,

    #[command(flatten)]
    inputs: InputArgs,

    #[command(flatten)]
    rules: RuleFolders,
}

/// Answers for one rule and one test.
///
/// # Errors
///
/// Where there is no such rule or test, or an input cannot be read.
pub fn run(args: &WhyNotArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let file = PathBuf::from(&args.rule);
    let (catalog, rule) = if file.is_file() {
        let beside = beside::with(&file, &args.rules)?;
        let Some(rule) = beside.rule else {
            let page = super::problems::drawn(&beside.problems, super::width(), super::colour());
            crate::output::print(&format!("{page}{} does not load, so it never matches.\n", file.display()), out)?;
            return Ok(ExitStatus::Unexplained);
        };
        (beside.catalog, rule)
    } else {
        let catalog = super::catalog(&args.rules)?;
        let rule = catalog.find(&args.rule).ok_or_else(|| super::no_such_rule(&catalog, &args.rule))?;
        (catalog, rule)
    };
    let scene = scene(args)?;
    let page = answered(args, &scene, &catalog, rule)?;
    crate::output::print(&page, out)?;
    Ok(ExitStatus::Explained)
}

fn scene(args: &WhyNotArgs) -> anyhow::Result<Scene> {
    match &args.input {
        Some(path) if inputs::is_report(path) => inputs::of_report(&report::read(path)?).map_err(|why| {
            let message = format!(
                "{}: the incident that the report was made from cannot be read again ({why}); name it in the report's place",
                path.display()
            );
            Fatal { message, status: ExitStatus::Input }.into()
        }),
        Some(path) => args.inputs.scene(Some(path), &[]),
        None if args.inputs.names_files() => args.inputs.scene(None, &[]),
        None => {
            let message = "name the incident, or a report.json that was made from it".to_owned();
            Err(Fatal { message, status: ExitStatus::Usage }.into())
        }
    }
}

fn answered(args: &WhyNotArgs, scene: &Scene, catalog: &Catalog, rule: RuleIx) -> anyhow::Result<String> {
    let sighted = scene.look(catalog)?;
    let diagnosis = scene.diagnose(catalog, &sighted);
    let case = pick(args.test.as_deref(), scene, &diagnosis)?;
    let window = window(scene, case);
    let mut inquiry = Inquiry::new(catalog.rule(rule), window.map(|(_, window)| window));
    let pulled = scene.read(&mut |record| inquiry.see(&record))?;
    let test = case.case.and_then(|case| scene.run.cases.get(case));
    let answers = inquiry.answers(test);
    let court = Court { catalog, findings: &sighted.findings, diagnosis: &diagnosis, case, window };
    let fate: Fate = court.fate(rule, inquiry.met_any());
    let no_logs = scene.incident.logs.is_empty();
    Ok(shown::page(
        &shown::Question {
            catalog,
            rule,
            test,
            window: window.map(|(_, window)| window),
            entries: inquiry.inside(),
            no_logs,
            read: pulled.census.in_reach,
        },
        &answers,
        &fate,
    ))
}

/// The diagnosed case that the words mean.
fn pick<'d>(wanted: Option<&str>, scene: &Scene, diagnosis: &'d Diagnosis) -> anyhow::Result<&'d CaseDiagnosis> {
    let cases: Vec<(&str, &str, &CaseDiagnosis)> = diagnosis
        .cases
        .iter()
        .map(|case| match case.case.and_then(|place| scene.run.cases.get(place)) {
            Some(test) => (test.id.as_str(), test.name.as_str(), case),
            None => ("window", "window", case),
        })
        .collect();
    let usage = |message: String| anyhow::Error::from(Fatal { message, status: ExitStatus::Usage });
    let line = |id: &str| format!("\n  {}", fivewhys::authoring::shown(&mut Redactor::default(), id, 200));
    let listed = || cases.iter().take(12).map(|(id, ..)| line(id)).collect::<String>();
    let Some(wanted) = wanted else {
        return match cases.as_slice() {
            [(.., only)] => Ok(only),
            [] => Err(usage("no test failed, so there is nothing to ask about".to_owned())),
            _ => Err(usage(format!("which test? `--test` names one of these:{}", listed()))),
        };
    };
    let exact: Vec<_> = cases.iter().filter(|(id, name, _)| *id == wanted || *name == wanted).collect();
    let part: Vec<_> = cases.iter().filter(|(id, ..)| id.contains(wanted)).collect();
    match (exact.as_slice(), part.as_slice()) {
        ([(.., one), ..], _) | ([], [(.., one)]) => Ok(one),
        ([], []) => {
            if let Some(test) =
                scene.run.cases.iter().find(|test| test.id == wanted || test.name == wanted || test.id.contains(wanted))
            {
                return Err(usage(format!(
                    "{}: it did not fail ({}), so no rule is asked about it",
                    test.id,
                    test.outcome.word()
                )));
            }
            let near = nearest_few(wanted, cases.iter().map(|(_, name, _)| *name), 3);
            let hint = if near.is_empty() { listed() } else { format!(" did you mean {}?", near.join(" or ")) };
            Err(usage(format!("--test {wanted}: no failed test is called so;{hint}")))
        }
        _ => Err(usage(format!("--test {wanted}: several failed tests are called so:{}", listed()))),
    }
}

fn window<'s>(scene: &'s Scene, case: &CaseDiagnosis) -> Option<(WindowIx, &'s WatchedWindow)> {
    let failing = scene.watch.group(fivewhys::findings::Group::Failing);
    { failing }.find(|(_, window)| window.case == case.case && Some(window.window) == case.window)
}
