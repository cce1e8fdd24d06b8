//! `fivewhys diagnose`: the main job, one statement a stage.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueHint;
use fivewhys::diagnosis::leads::{self, LeadMiner};
use fivewhys::diagnosis::{self, Diagnosis, Question, Verdict};
use fivewhys::findings::{Evidence, EvidenceIx, Finder, Group, Neighbours, Watch, WatchedWindow};
use fivewhys::logs::{self, Gap, Selection, TimeIndex, Wanted};
use fivewhys::report::{self, Importance, Subject};
use fivewhys::results::TestRun;
use fivewhys::rules::graph::CauseGraph;
use fivewhys::rules::matching::Matcher;
use fivewhys::rules::{Catalog, RuleIx};
use fivewhys::saved::{Saved, State};
use fivewhys::window::{self, Precision, Spans, TimeWindow};

use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};
use crate::incident::Incident;
use crate::output::{self, OutputArgs};
use crate::pipeline::{self, Scene};
use crate::pull::{self, CloudArgs, KeepingArgs, Pull};
use crate::when::WhenArgs;

/// Lines shown before and after a piece of evidence.
const NEIGHBOURS: usize = 3;

/// Lines read beyond those shown: other logs of the instance may stand between the halves of a torn secret.
const BEYOND: usize = 4;

/// What `fivewhys diagnose` takes.
#[derive(Debug, clap::Args)]
pub struct DiagnoseArgs {
    /// Folder with test results and logs in it, recognised by content
    #[arg(value_hint = ValueHint::AnyPath)]
    pub incident: Option<PathBuf>,

    #[command(flatten)]
    pub when: WhenArgs,

    /// Log entries: a file or a folder, NDJSON or JSON, also .gz and .zst; `-` is standard input
    #[arg(short = 'l', long = "logs", value_name = "PATH", value_hint = ValueHint::AnyPath, num_args = 1..)]
    pub logs: Vec<PathBuf>,

    /// Is it this rule? Say for each failure why it is, or is not
    #[arg(long, value_name = "RULE", num_args = 1..)]
    suspect: Vec<String>,

    #[command(flatten)]
    pub rules: RuleFolders,

    #[command(flatten)]
    output: OutputArgs,

    /// Exit with 0 even where a failure is left without a cause
    #[arg(long)]
    exit_zero: bool,

    #[command(flatten)]
    pub cloud: CloudArgs,

    /// Keep what is pulled in this folder, as `fivewhys pull` does
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Cloud Logging")]
    pub save: Option<PathBuf>,

    #[command(flatten)]
    pub keeping: KeepingArgs,
}

/// Diagnoses an incident and prints (and writes) the report.
///
/// # Errors
///
/// Where an input is missing or unreadable as a whole, or a rule named as a suspect does not exist.
pub fn run(args: &DiagnoseArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let find = |logs: &[PathBuf]| Incident::find(args.incident.as_deref(), &args.when.results, &args.when.control, logs);
    if !args.cloud.is_asked() {
        return diagnose(args, find(&args.logs)?, out);
    }
    let incident = find(&[])?;
    let pull =
        Pull { when: &args.when, cloud: &args.cloud, rules: &args.rules, keeping: &args.keeping, results: &incident.results };
    let plan = pull.plan()?;
    if args.cloud.dry_run {
        plan.print(out)?;
        return Ok(ExitStatus::Explained);
    }
    if plan.failing == 0 {
        // There is no question that logs would answer.
        return diagnose(args, find(&args.logs)?, out);
    }
    // What is not to be kept is gone with this function.
    let unkept = tempfile::tempdir().context("cannot make a temporary folder")?;
    let folder = args.save.clone().unwrap_or_else(|| unkept.path().join("pull"));
    // What is kept can be resumed as long as a part is missing.
    pull.fill_folder(&plan, &folder, args.save.is_none())?;
    let pulled = Incident::find(Some(&folder), &[], &args.when.control, &args.logs)?;
    diagnose(args, pulled.with_logs_of(incident), out)
}

/// Diagnoses what was found.
///
/// # Errors
///
/// As [`run`].
pub fn diagnose(args: &DiagnoseArgs, incident: Incident, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    incident.suffices(args.incident.as_deref(), args.when.has_window() || incident.saved.is_some())?;
    let (catalog, unloaded) = args.rules.load()?;
    let config = args.rules.configuration()?;
    let suspects = suspects(&catalog, &args.suspect)?;
    let run = args.when.read_results(&incident.results)?;
    let windows = window::around(&run, args.when.margins());
    let (watch, uncovered) = watch(args.when.watched(&run, &windows)?, incident.saved.as_ref());
    let graph = CauseGraph::new(&catalog);
    let mut sighted = pipeline::look_for_citable(&incident, &catalog, &graph, &run, &watch, args.when.lookback())?;
    sighted.pulled.gaps.extend(unloaded.into_iter().chain(uncovered).chain(config.tests.unmatched(&run)));
    let mut diagnosis = diagnosis::diagnose(&Question {
        run: &run,
        watch: &watch,
        catalog: &catalog,
        graph: &graph,
        findings: &sighted.findings,
        pulled: &sighted.pulled,
        suspects: &suspects,
        lookback: args.when.lookback(),
    });
    find_leads(&incident, &sighted.matcher, &catalog, &watch, args, &mut diagnosis)?;
    let neighbours = neighbours(&incident, &diagnosis, &sighted.pulled.index)?;
    let windows: Vec<Option<TimeWindow>> = windows.iter().map(|window| window.as_ref().map(|window| window.window)).collect();
    let importance: Vec<Importance> = run.cases.iter().map(|case| config.tests.of(&case.id)).collect();
    let subject = Subject {
        run: &run,
        windows: &windows,
        catalog: &catalog,
        diagnosis: &diagnosis,
        pulled: &sighted.pulled,
        neighbours: &neighbours,
        log_sources: &incident.log_names,
        suspects: &suspects,
        importance: &importance,
        reproduce: &args.reproduce(&incident),
    };
    let report = report::build_with(&subject, config.redact.settings);
    output::deliver(&report, &args.output, out)?;
    let status = args.exit_status(&run, &diagnosis);
    // The program ends here: to give back so many small pieces one by one would only take time.
    std::mem::forget((report, diagnosis, sighted, catalog));
    Ok(status)
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

/// The windows to watch. Of a pulled folder only those passing tests are controls whose logs were pulled: that nothing
/// is there of the others says nothing. Without results its own windows are looked into.
pub fn watch(mut watched: Vec<WatchedWindow>, saved: Option<&Saved>) -> (Watch, Option<Gap>) {
    let Some(saved) = saved else { return (Watch::new(watched), None) };
    let complete = saved.manifest.windows.iter().filter(|window| window.state == State::Complete);
    let pulled: Vec<_> = complete.map(|window| (window.start, window.end)).collect();
    let of_control = |watched: &[WatchedWindow]| watched.iter().filter(|window| window.group == Group::Control).count();
    let all = of_control(&watched);
    watched.retain(|window| window.group != Group::Control || pull::covers(&pulled, (window.window.start, window.window.end)));
    let kept = of_control(&watched);
    if watched.is_empty() && saved.results.is_empty() {
        let named = saved.manifest.asked.windows.iter().map(|&(start, end)| WatchedWindow {
            group: Group::Failing,
            case: None,
            core: (start, end),
            window: TimeWindow { start, end, precision: Precision::Given },
        });
        watched.extend(named);
    }
    let statement = format!(
        "{kept} of {all} passing tests serve as controls: the logs around the others were not pulled (`--controls` pulls more)."
    );
    (Watch::new(watched), (kept < all).then_some(Gap { kind: "controls", statement }))
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
    let unexplained = leads::unexplained(diagnosis, watch, args.when.lookback());
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
fn neighbours(incident: &Incident, diagnosis: &Diagnosis, index: &TimeIndex) -> anyhow::Result<BTreeMap<EvidenceIx, Neighbours>> {
    let cited: Vec<EvidenceIx> = diagnosis.cited().into_iter().collect();
    let wanted: Vec<Wanted> = cited.iter().map(|&place| wanted(&diagnosis.evidence[place])).collect();
    let around = logs::neighbours(&incident.logs, &wanted, NEIGHBOURS + BEYOND, index)?.into_iter();
    let neighbours = around.map(|around| Neighbours { before: around.before, after: around.after, shown: NEIGHBOURS });
    Ok(cited.into_iter().zip(neighbours).collect())
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
        Scene::find(self.incident.as_deref(), &self.when, &self.logs)
    }

    /// The command that makes this report again.
    fn reproduce(&self, incident: &Incident) -> String {
        // A pull notes the question as it was put to Cloud Logging, times and results included.
        let asked = incident.saved.as_ref().map(|saved| saved.manifest.asked.reproduce.clone());
        let asked = asked.filter(|asked| !asked.is_empty());
        let mut words = Vec::new();
        if asked.is_none() {
            words.extend(["fivewhys".to_owned(), "diagnose".to_owned()]);
            words.extend(self.incident.iter().map(|path| path.display().to_string()));
            words.extend(self.when.file_words());
        }
        if !self.logs.is_empty() {
            words.push("-l".to_owned());
            words.extend(self.logs.iter().map(|path| path.display().to_string()));
        }
        if asked.is_none() {
            words.extend(self.when.time_words());
        }
        words.extend(self.suspect.iter().flat_map(|suspect| ["--suspect".to_owned(), suspect.clone()]));
        words.extend(self.rules.words());
        asked.into_iter().chain((!words.is_empty()).then(|| output::command(words))).collect::<Vec<_>>().join(" ")
    }

    fn exit_status(&self, run: &TestRun, diagnosis: &Diagnosis) -> ExitStatus {
        let explained = |case: &diagnosis::CaseDiagnosis| matches!(case.verdict, Verdict::Confirmed | Verdict::Likely);
        // No failure among the cases that could be read does not mean that nothing failed.
        let unclear = !run.sources.is_empty() && diagnosis.cases.is_empty() && (run.cases.is_empty() || !run.unread.is_empty());
        let all = diagnosis.cases.iter().all(explained) && !unclear;
        if all || self.exit_zero { ExitStatus::Explained } else { ExitStatus::Unexplained }
    }
}
