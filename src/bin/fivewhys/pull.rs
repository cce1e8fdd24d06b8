//! `fivewhys pull`: the entries around the failures, from Cloud Logging into an incident folder.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ValueEnum, ValueHint};
use fivewhys::logs::Gap;
use fivewhys::logs::cloud::{self, Order, Outcome, Tally};
use fivewhys::results::ResultInput;
use fivewhys::rules::matching::Matcher;
use fivewhys::saved::{self, Asked, FileForm, Folder, Keeping, Secrets, Stage, State, WindowState};
use jiff::Timestamp;
use tokio::runtime::Runtime;

mod bar;
mod cloud_args;
mod connection;
mod credentials;
mod filling;
mod plan;
mod remedy;

pub use cloud_args::CloudArgs;
pub use connection::{Connection, end_on_interrupt, runtime};
pub use plan::{Plan, covers};

use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};
use crate::incident::Incident;
use crate::output;
use crate::when::WhenArgs;
use bar::Bar;
use filling::Filling;

/// How `fivewhys pull` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  0    everything was pulled
  1    a part could not be had; the same command goes on
  2    wrong usage
  3    an input is missing or unreadable, or the folder cannot be written
  4    Cloud Logging gave nothing
  130  interrupted; the same command goes on";

/// What `fivewhys pull` takes.
#[derive(Debug, clap::Args)]
pub struct PullArgs {
    /// Folder with the test results, or one of their files
    #[arg(value_hint = ValueHint::AnyPath)]
    incident: Option<PathBuf>,

    #[command(flatten)]
    when: WhenArgs,

    /// Folder to write; `fivewhys diagnose` reads it [default: reports/pull-START]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,

    /// Go on with a pull that was interrupted; the same command does so without being told
    #[arg(long)]
    resume: bool,

    #[command(flatten)]
    keeping: KeepingArgs,

    #[command(flatten)]
    rules: RuleFolders,

    #[command(flatten)]
    cloud: CloudArgs,
}

/// How entries are kept.
#[derive(Debug, Clone, clap::Args)]
pub struct KeepingArgs {
    /// Write secrets as they are, for a private place; by default they become tokens
    #[arg(long)]
    keep_secrets: bool,

    /// What the log files are
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = Form::Parquet)]
    form: Form,
}

/// What the log files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Parquet, compressed with zstd
    Parquet,
    /// One JSON entry a line, for other tools
    Ndjson,
}

impl KeepingArgs {
    /// How a folder is to be kept.
    ///
    /// # Errors
    ///
    /// Where the rules cannot be loaded.
    pub fn keeping(&self, rules: &RuleFolders) -> anyhow::Result<Keeping> {
        let form = match self.form {
            Form::Parquet => FileForm::Parquet,
            Form::Ndjson => FileForm::Ndjson,
        };
        let secrets = match self.keep_secrets {
            true => Secrets::Kept,
            false => Secrets::Masked(Arc::new(Matcher::new(&rules.load()?.0))),
        };
        Ok(Keeping { form, secrets })
    }
}

/// A question with all that is needed to ask it and keep the answer.
#[derive(Debug)]
pub struct Pull<'a> {
    /// When.
    pub when: &'a WhenArgs,
    /// Whose entries.
    pub cloud: &'a CloudArgs,
    /// Rules whose matches must survive the masking of secrets.
    pub rules: &'a RuleFolders,
    /// How entries are kept.
    pub keeping: &'a KeepingArgs,
    /// The test results.
    pub results: &'a [ResultInput],
}

/// Pulls into a folder and says what came of it.
///
/// # Errors
///
/// Where nothing can be asked or kept, or nothing at all came.
pub fn run(args: &PullArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let incident = Incident::find(args.incident.as_deref(), &args.when.results, &args.when.control, &[])?;
    let pull =
        Pull { when: &args.when, cloud: &args.cloud, rules: &args.rules, keeping: &args.keeping, results: &incident.results };
    let plan = pull.plan()?;
    if args.cloud.dry_run {
        plan.print(out)?;
        return Ok(ExitStatus::Explained);
    }
    if plan.windows.is_empty() {
        output::print("No test failed, and none is dated: there is nothing to pull.\n", out)?;
        return Ok(ExitStatus::Explained);
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&plan));
    if args.resume && !is_begun(&folder) {
        // Nothing depends on it.
        let _ = writeln!(std::io::stderr(), "no pull was begun in {}; this one begins", folder.display());
    }
    let pulled = pull.fill_folder(&plan, &folder, false)?;
    output::print(&summary(&folder, &plan, &pulled), out)?;
    Ok(if pulled.outcome.missing.is_empty() { ExitStatus::Explained } else { ExitStatus::Unexplained })
}

/// What came of a pull into a folder.
#[derive(Debug)]
pub struct Pulled {
    /// Entries in the folder.
    pub entries: u64,
    /// What could not be had, one sentence each.
    pub gaps: Vec<String>,
    /// Why a part is missing, and what would help.
    pub advice: Option<String>,
    /// What the service gave.
    pub outcome: Outcome,
}

/// The same question has the same folder, so that it goes on where it stopped.
fn default_folder(plan: &Plan) -> PathBuf {
    let start = plan.windows.first().map(|window| window.0.strftime("%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default();
    Path::new("reports").join(format!("pull-{start}"))
}

impl Pull<'_> {
    /// What will be asked.
    ///
    /// # Errors
    ///
    /// See [`Plan::new`].
    pub fn plan(&self) -> anyhow::Result<Plan> {
        Plan::new(self.when, self.cloud, self.results)
    }

    /// Fills the folder, or goes on filling it. Where a part is missing it stays as it is, so that a later pull can go
    /// on; unless nobody will come back to it.
    ///
    /// # Errors
    ///
    /// Where the folder holds something else, or nothing at all came.
    pub fn fill_folder(&self, plan: &Plan, path: &Path, at_once: bool) -> anyhow::Result<Pulled> {
        let asked = self.asked(plan);
        let keeping = self.keeping.keeping(self.rules)?;
        // A folder with another question is refused before anybody is asked; a new one is made when somebody answers.
        let redacting = self.rules.configuration()?.redact.settings;
        let begun = self.begun(path, &asked, &keeping)?.map(|folder| folder.redacting(redacting.clone()));
        if let Some(folder) = begun.as_ref().filter(|folder| is_whole(folder)) {
            let manifest = folder.manifest();
            let entries = manifest.windows.iter().map(|window| window.entries).sum();
            let gaps = manifest.gaps.iter().chain(manifest.windows.iter().flat_map(|window| &window.gaps));
            let gaps = gaps.map(|gap| gap.statement.clone()).collect();
            return Ok(Pulled { entries, gaps, advice: None, outcome: Outcome::default() });
        }
        let runtime = runtime()?;
        let connection = Connection::open(self.cloud, runtime, &plan.scope)?;
        let mut folder = match begun {
            Some(folder) => folder,
            None => Folder::create(path, &asked, keeping).map_err(usage)?.redacting(redacting),
        };
        folder.add_results(&self.files())?;
        let outcome = self.fetch(&mut folder, plan, runtime, &connection, at_once)?;
        let entries = (0..plan.windows.len()).map(|window| entries(&folder, window)).sum();
        if let Some(fault) = outcome.fault.as_ref().filter(|_| outcome.missing.len() == plan.windows.len() && entries == 0) {
            return Err(connection.fatal(fault, &plan.scope).into());
        }
        let gaps: Vec<Gap> = outcome.gaps.iter().cloned().chain(missing(&outcome, plan)).collect();
        let fault = outcome.fault.as_ref().filter(|_| !outcome.missing.is_empty());
        let advice = fault.map(|fault| connection.fatal(fault, &plan.scope).message);
        let mut pulled = Pulled { entries, gaps: gaps.iter().map(|gap| gap.statement.clone()).collect(), advice, outcome };
        pulled.gaps.extend(folder.manifest().windows.iter().flat_map(|window| &window.gaps).map(|gap| gap.statement.clone()));
        if at_once || pulled.outcome.missing.is_empty() {
            folder.finish(gaps)?;
        }
        Ok(pulled)
    }

    /// The files with test results.
    pub fn files(&self) -> Vec<PathBuf> {
        self.results.iter().map(|input| PathBuf::from(input.name())).collect()
    }

    fn begun(&self, path: &Path, asked: &Asked, keeping: &Keeping) -> anyhow::Result<Option<Folder>> {
        // A pull that was killed before its folder was there is gone on with by beginning.
        is_begun(path).then(|| Folder::resume(path, asked, keeping.clone())).transpose().map_err(usage)
    }

    /// What the folder says was asked.
    pub fn asked(&self, plan: &Plan) -> Asked {
        let scope = plan.scope.clone();
        let names = scope.resource_names().unwrap_or_default();
        Asked {
            reproduce: output::command(["fivewhys".to_owned(), "diagnose".to_owned()].into_iter().chain(self.words(plan))),
            sources: names.iter().map(|name| format!("Cloud Logging of {name}")).collect(),
            projects: scope.projects,
            services: scope.services,
            locations: scope.locations,
            revisions: scope.revisions,
            jobs: scope.jobs,
            logs: scope.logs,
            views: scope.views,
            filter: scope.filter,
            windows: plan.windows.clone(),
            at: Timestamp::now(),
        }
    }

    fn words(&self, plan: &Plan) -> impl Iterator<Item = String> {
        let mut when = self.when.clone();
        when.results = self.files();
        when.file_words().into_iter().chain(when.time_words()).chain(self.cloud.words(&plan.scope))
    }

    /// Pulls what the folder lacks; Ctrl-C keeps what is there.
    fn fetch(
        &self,
        folder: &mut Folder,
        plan: &Plan,
        runtime: &Runtime,
        connection: &Connection,
        at_once: bool,
    ) -> anyhow::Result<Outcome> {
        let order =
            Order { scope: &plan.scope, windows: &plan.windows, settle: self.cloud.settle, patience: self.cloud.patience() };
        let bar = Bar::new(plan.windows.len());
        let mut sink = Filling(folder);
        let mut tell = |tally: &Tally| bar.show(tally);
        let pull = cloud::pull(&connection.client, &order, &Timestamp::now, &mut sink, &mut tell);
        let pulled = runtime.block_on(async {
            tokio::select! {
                outcome = pull => Some(outcome),
                _ = tokio::signal::ctrl_c() => None,
            }
        });
        end_on_interrupt(runtime);
        let interrupted = || Fatal {
            message: if at_once { "interrupted" } else { "interrupted; what was pulled is kept, and the same command goes on" }
                .to_owned(),
            status: ExitStatus::Interrupted,
        };
        Ok(pulled.ok_or_else(interrupted)??)
    }
}

fn is_begun(folder: &Path) -> bool {
    folder.join("manifest.json").is_file()
}

/// A folder that is meant for something else is a mistake in the command.
fn usage(error: saved::Error) -> anyhow::Error {
    use saved::Error::{AnotherQuestion, NothingToResume, Occupied, Sealed};
    match error {
        error @ (AnotherQuestion { .. } | NothingToResume { .. } | Occupied { .. } | Sealed { .. }) => {
            Fatal { message: error.to_string(), status: ExitStatus::Usage }.into()
        }
        error => error.into(),
    }
}

/// Whether there is nothing left to do.
fn is_whole(folder: &Folder) -> bool {
    let manifest = folder.manifest();
    manifest.stage == Stage::Finished && manifest.windows.iter().all(|window| window.state == State::Complete)
}

fn entries(folder: &Folder, window: usize) -> u64 {
    match folder.state(window) {
        WindowState::Missing => 0,
        WindowState::Partial { entries, .. } => entries,
        WindowState::Complete => folder.manifest().windows[window].entries,
    }
}

/// Why windows are missing; the folder itself names them.
fn missing(outcome: &Outcome, plan: &Plan) -> Option<Gap> {
    let fault = outcome.fault.as_ref()?;
    let statement = format!(
        "{} of {} windows could not be pulled whole: {}; `fivewhys pull` with the same selection goes on.",
        outcome.missing.len(),
        plan.windows.len(),
        fault.short()
    );
    (!outcome.missing.is_empty()).then_some(Gap { kind: "not-pulled", statement })
}

fn summary(folder: &Path, plan: &Plan, pulled: &Pulled) -> String {
    let requests = pulled.outcome.tally.requests;
    let counted = if requests == 1 { "1 request".to_owned() } else { format!("{requests} requests") };
    let mut text = format!("{} entries in {} ({counted})\n{}\n", pulled.entries, folder.display(), plan.sentence());
    for gap in &pulled.gaps {
        text.push_str(&format!("Gap: {}\n", fivewhys::report::visible(gap)));
    }
    if let Some(advice) = &pulled.advice {
        text.push_str(&format!("{advice}\n"));
    }
    text.push_str(&format!("Next: fivewhys diagnose {}\n", output::command([folder.display().to_string()])));
    text
}
