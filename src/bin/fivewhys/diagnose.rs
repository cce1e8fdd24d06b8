//! `fivewhys diagnose`: the main job, one statement a stage.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::ValueHint;
use fivewhys::diagnosis::leads::{self, LeadMiner};
use fivewhys::diagnosis::{self, Diagnosis, Question, Verdict};
use fivewhys::findings::{Evidence, EvidenceIx, Finder, Group, Neighbours, Watch, WatchedWindow};
use fivewhys::logs::{self, Selection, Wanted};
use fivewhys::report::{self, Subject};
use fivewhys::results::{self, Outcome, ResultInput, TestRun};
use fivewhys::rules::graph::CauseGraph;
use fivewhys::rules::matching::Matcher;
use fivewhys::rules::{Catalog, RuleIx};
use fivewhys::window::{self, CaseWindow, Margins, Precision, Spans, TimeWindow};
use jiff::SignedDuration;
use jiff::tz::Offset;

use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};
use crate::incident::Incident;
use crate::output::{self, OutputArgs};
use crate::pipeline::{self, Scene};

/// Lines shown before and after a piece of evidence.
const NEIGHBOURS: usize = 3;

const HALF_MINUTE: SignedDuration = SignedDuration::from_secs(30);

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
    let incident = Incident::find(args.incident.as_deref(), &args.results, &args.control, &args.logs)?;
    incident.suffices(args.incident.as_deref(), args.window.is_some() || args.around.is_some())?;
    let (catalog, unloaded) = args.rules.load()?;
    let suspects = suspects(&catalog, &args.suspect)?;
    let run = read_results(&incident.results, args)?;
    let windows = window::around(&run, args.margins());
    let watch = Watch::new(watched(&run, &windows, args)?);
    let mut sighted = pipeline::look(&incident, &catalog, &run, &watch, args.lookback)?;
    sighted.pulled.gaps.extend(unloaded);
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

fn suspects(catalog: &Catalog, ids: &[String]) -> anyhow::Result<Vec<RuleIx>> {
    let find = |id: &String| {
        catalog.find(id).ok_or_else(|| {
            let nearest = fivewhys::rules::problem::nearest(id, catalog.rules().iter().map(|rule| rule.id.as_str()));
            let hint = nearest.map(|nearest| format!(" Did you mean `{nearest}`?")).unwrap_or_default();
            let message = format!("--suspect {id}: there is no such rule.{hint} `fivewhys rules list` shows all.");
            anyhow::Error::from(Fatal { message, status: ExitStatus::Usage })
        })
    };
    ids.iter().map(find).collect()
}

fn read_results(inputs: &[ResultInput], args: &DiagnoseArgs) -> anyhow::Result<TestRun> {
    if inputs.is_empty() {
        return Ok(TestRun::default());
    }
    let (run, refused) = results::read(inputs, args.offset()?);
    match refused.into_iter().next() {
        Some(error) => Err(error.into()),
        None => Ok(run),
    }
}

/// The failing windows in the order of the run, those named by the user, then the control group: cases of
/// this run and of the control runs that passed, and that no failing case overlaps.
fn watched(run: &TestRun, windows: &[Option<CaseWindow>], args: &DiagnoseArgs) -> anyhow::Result<Vec<WatchedWindow>> {
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
    for window in args.given()? {
        failing.push(watch(Group::Failing, None, &window));
    }
    for path in &args.control {
        let control = read_results(&[ResultInput::file(path)], args)?;
        let windows = window::around(&control, args.margins());
        let passed = control.cases.iter().zip(&windows).filter(|(case, _)| matches!(case.outcome, Outcome::Passed));
        passing.extend(passed.filter_map(|(_, window)| Some(watch(Group::Control, None, window.as_ref()?))));
    }
    let beside_failure = |window: &WatchedWindow| failing.iter().any(|failure| overlap(failure.core, window.core));
    passing.retain(|window| !beside_failure(window));
    failing.append(&mut passing);
    Ok(failing)
}

/// Where a case's times were only summed up, its lines may lie in the margin as well as in the bare interval.
fn watch(group: Group, case: Option<usize>, window: &CaseWindow) -> WatchedWindow {
    let exact = group == Group::Control || matches!(window.window.precision, Precision::Exact | Precision::Given);
    let core = if exact { window.core } else { (window.window.start, window.window.end) };
    WatchedWindow { group, case, core, window: window.window }
}

fn overlap(a: (jiff::Timestamp, jiff::Timestamp), b: (jiff::Timestamp, jiff::Timestamp)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// Reads the windows of unexplained cases and the control group again, now for all that was logged.
fn find_leads(
    incident: &Incident,
    matcher: &Matcher,
    catalog: &Catalog,
    watch: &Watch,
    args: &DiagnoseArgs,
    diagnosis: &mut Diagnosis,
) -> anyhow::Result<()> {
    let unexplained = leads::unexplained(diagnosis, watch, args.lookback);
    if unexplained.is_empty() || incident.logs.is_empty() {
        return Ok(());
    }
    let before = unexplained
        .iter()
        .filter(|case| !case.instances.is_empty())
        .map(|case| (case.from, watch.windows()[case.window].window.end));
    let windows: Vec<_> = watch.windows().iter().map(|window| (window.window.start, window.window.end)).collect();
    let reach = Spans::union(windows.iter().copied().chain(before));
    let mut miner = LeadMiner::new(watch, unexplained);
    let finder = Finder::new(catalog, matcher, watch);
    logs::pull(&incident.logs, &Selection { windows, reach }, &logs::Everything, &mut |record| {
        miner.see(&record, finder.standing_of(&record));
    })?;
    miner.finish(diagnosis);
    Ok(())
}

/// The lines around each cited record.
fn neighbours(incident: &Incident, diagnosis: &Diagnosis) -> anyhow::Result<BTreeMap<EvidenceIx, Neighbours>> {
    let cited: Vec<EvidenceIx> = diagnosis.cited().into_iter().collect();
    let wanted: Vec<Wanted> = cited.iter().map(|&place| wanted(&diagnosis.evidence[place])).collect();
    let around = logs::neighbours(&incident.logs, &wanted, NEIGHBOURS)?.into_iter();
    Ok(cited.into_iter().zip(around.map(|around| Neighbours { before: around.before, after: around.after })).collect())
}

fn wanted(evidence: &Evidence) -> Wanted {
    Wanted {
        insert_ids: evidence.insert_ids.clone(),
        timestamp: evidence.timestamp,
        instance: evidence.instance.clone(),
        service: evidence.service.clone(),
    }
}

impl DiagnoseArgs {
    /// What is to be diagnosed, read as far as no rule is needed for it.
    ///
    /// # Errors
    ///
    /// Where an input is missing or unreadable as a whole.
    pub fn scene(&self) -> anyhow::Result<Scene> {
        let incident = Incident::find(self.incident.as_deref(), &self.results, &self.control, &self.logs)?;
        incident.suffices(self.incident.as_deref(), self.window.is_some() || self.around.is_some())?;
        let run = read_results(&incident.results, self)?;
        let windows = window::around(&run, self.margins());
        let watch = Watch::new(watched(&run, &windows, self)?);
        Ok(Scene { incident, run, watch, lookback: self.lookback })
    }

    fn margins(&self) -> Margins {
        Margins { before: self.margin, after: self.margin }
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

    /// The command that makes this report again.
    fn reproduce(&self) -> String {
        let mut words = vec!["fivewhys".to_owned(), "diagnose".to_owned()];
        words.extend(self.incident.iter().map(|path| path.display().to_string()));
        let mut paths = |flag: &str, paths: &[PathBuf]| {
            if !paths.is_empty() {
                words.push(flag.to_owned());
                words.extend(paths.iter().map(|path| path.display().to_string()));
            }
        };
        paths("-t", &self.results);
        paths("--control", &self.control);
        paths("-l", &self.logs);
        let mut named = |flag: &str, value: &Option<String>| {
            words.extend(value.iter().flat_map(|value| [flag.to_owned(), value.clone()]));
        };
        named("--window", &self.window);
        named("--around", &self.around);
        named("--results-offset", &self.results_offset);
        words.extend(self.suspect.iter().flat_map(|suspect| ["--suspect".to_owned(), suspect.clone()]));
        words.extend(self.rules.words());
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    fn exit_status(&self, run: &TestRun, diagnosis: &Diagnosis) -> ExitStatus {
        let explained = |case: &diagnosis::CaseDiagnosis| matches!(case.verdict, Verdict::Confirmed | Verdict::Likely);
        // No failure among the cases that could be read does not mean that nothing failed.
        let unclear = !run.sources.is_empty() && diagnosis.cases.is_empty() && (run.cases.is_empty() || !run.unread.is_empty());
        let all = diagnosis.cases.iter().all(explained) && !unclear;
        if all || self.exit_zero { ExitStatus::Explained } else { ExitStatus::Unexplained }
    }
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

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
