//! `fivewhys diagnose`: the main job, one statement a stage.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueHint;
use fivewhys::diagnosis::leads::{self, LeadMiner};
use fivewhys::diagnosis::{self, Diagnosis, Question, Verdict};
use fivewhys::findings::{EvidenceIx, Finder, Findings, Group, Neighbours, Watch, WatchedWindow};
use fivewhys::logs::{self, Pulled, Selection};
use fivewhys::report::{self, Report, Subject};
use fivewhys::results::{self, Outcome, ResultInput, TestRun};
use fivewhys::rules::graph::CauseGraph;
use fivewhys::rules::matching::Matcher;
use fivewhys::rules::{Catalog, RuleIx};
use fivewhys::window::{self, CaseWindow, Margins, Spans, TimeWindow};
use jiff::SignedDuration;

use crate::exit_status::{ExitStatus, Fatal};
use crate::incident::Incident;
use crate::output::{self, OutputArgs};
use crate::rules::RuleFolders;

/// Lines shown before and after a piece of evidence.
const NEIGHBOURS: usize = 3;

/// What `fivewhys diagnose` takes.
#[derive(Debug, clap::Args)]
pub struct DiagnoseArgs {
    /// Folder with test results and logs in it, recognised by content
    #[arg(value_hint = ValueHint::AnyPath)]
    incident: Option<PathBuf>,

    /// Test results: JUnit XML, pytest report-log, pytest-json-report, `go test -json`, CTRF; several files of one run are one run
    #[arg(short = 't', long = "results", value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..)]
    results: Vec<PathBuf>,

    /// Results of an earlier, better run in the same logs: more passing tests to compare with
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..)]
    control: Vec<PathBuf>,

    /// Log entries: a file or a folder, NDJSON or JSON, also .gz and .zst; `-` is standard input
    #[arg(short = 'l', long = "logs", value_name = "PATH", value_hint = ValueHint::AnyPath, num_args = 1..)]
    logs: Vec<PathBuf>,

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

    /// How far before an effect its cause may lie, along one instance or revision
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    lookback: SignedDuration,

    /// Is it this rule? Say for each failure why it is, or is not
    #[arg(long, value_name = "RULE", num_args = 1..)]
    suspect: Vec<String>,

    #[command(flatten)]
    rules: RuleFolders,

    #[command(flatten)]
    output: OutputArgs,

    /// Exit with 0 even where a failure is left without a cause
    #[arg(long)]
    exit_zero: bool,
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let span: SignedDuration = text.parse().map_err(|_| format!("`{text}` is not a duration such as 500ms, 30s, 5m or 1h"))?;
    if span.is_negative() { Err("a duration cannot be negative".to_owned()) } else { Ok(span) }
}

/// Diagnoses an incident and prints (and writes) the report.
///
/// # Errors
///
/// Where an input is missing or unreadable as a whole, or a rule named as a suspect does not exist.
pub fn run(args: &DiagnoseArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let incident = Incident::find(args.incident.as_deref(), &args.results, &args.logs)?;
    let catalog = args.rules.catalog()?;
    let suspects = suspects(&catalog, &args.suspect)?;
    let run = read_results(&incident.results, args)?;
    let windows = window::around(&run, args.margins());
    let watch = Watch::new(watched(&run, &windows, args)?);
    let sighted = look(&incident, &catalog, &run, &watch, args)?;
    let graph = CauseGraph::new(&catalog);
    let mut diagnosis = diagnosis::diagnose(&Question {
        run: &run,
        watch: &watch,
        catalog: &catalog,
        graph: &graph,
        findings: &sighted.findings,
        pulled: &sighted.pulled,
        suspects: &suspects,
        lookback: args.lookback,
    });
    find_leads(&incident, &sighted.matcher, &catalog, &watch, args, &mut diagnosis)?;
    let neighbours = neighbours(&incident, &diagnosis)?;
    let windows: Vec<Option<TimeWindow>> = windows.iter().map(|window| window.as_ref().map(|window| window.window)).collect();
    let report = report::build(&Subject {
        run: &run,
        windows: &windows,
        catalog: &catalog,
        diagnosis: &diagnosis,
        pulled: &sighted.pulled,
        neighbours: &neighbours,
        log_sources: &incident.log_names,
        reproduce: &args.reproduce(),
    });
    output::deliver(&report, &args.output, out)?;
    Ok(args.exit_status(&run, &diagnosis))
}
