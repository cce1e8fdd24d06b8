//! `fivewhys watch`: runs a test command, follows the services' logs meanwhile, and diagnoses when it ends.

mod end_requests;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::ExitStatus as ProcessStatus;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use clap::ValueEnum;
use fivewhys::logs::Gap;
use fivewhys::logs::cloud::{self, Order, Outcome, Scope, Sink, SinkError, Standing, Tailed};
use fivewhys::saved::Folder;
use fivewhys::window::Spans;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::process::{Child, Command};
use tokio::runtime::Runtime;

use crate::diagnose::{self, DiagnoseArgs};
use crate::exit_status::{ExitStatus, Fatal};
use crate::incident::Incident;
use crate::pull::{self, Connection, Plan, Pull};
use end_requests::EndRequests;

/// How `fivewhys watch` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  that of the command; with --exit-with diagnosis that of `fivewhys diagnose`
  2    wrong usage; the command was not run
  127  the command could not be started
  130  interrupted after the command had ended
  143  asked to end (SIGTERM) after the command had ended";

/// So many entries are put into the folder at once.
const BATCH: usize = 1000;

/// What `fivewhys watch` takes.
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    #[command(flatten)]
    diagnose: DiagnoseArgs,

    /// Whose exit status to end with
    #[arg(long, value_enum, value_name = "WHOSE", default_value_t = Ending::Command)]
    exit_with: Ending,

    /// The command that runs the tests
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Whose exit status counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ending {
    /// The command's own
    Command,
    /// That of `fivewhys diagnose`
    Diagnosis,
}

/// Runs the command to its end, then diagnoses.
///
/// # Errors
///
/// Where nothing can be asked, or the command cannot be started.
pub fn run(args: &WatchArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let scope = Plan::scope(&args.diagnose.cloud)?;
    args.diagnose.cloud.endpoint()?;
    if args.diagnose.cloud.dry_run {
        crate::output::print(&format!("From {}\n{}\n", scope.resource_names()?.join(", "), scope.filter()), out)?;
        return Ok(ExitStatus::Explained);
    }
    let runtime = pull::runtime()?;
    let connection = connect(args, runtime, &scope);
    let watched = follow(args, runtime, connection.as_ref(), &scope)?;
    pull::end_on_interrupt(runtime);
    let status = status_of(watched.status);
    match (report(args, runtime, connection, scope, watched, out), args.exit_with) {
        (Ok(diagnosed), Ending::Diagnosis) => Ok(diagnosed),
        (Err(error), Ending::Diagnosis) => Err(error),
        (Ok(_), Ending::Command) => Ok(status),
        (Err(error), Ending::Command) => {
            ExitStatus::of_error(&error);
            Ok(status)
        }
    }
}

/// What was seen while the command ran.
struct Watched {
    status: ProcessStatus,
    began: Timestamp,
    ended: Timestamp,
    /// Entries of the stream, one a line.
    spool: File,
    /// `None` where there was no stream.
    tailed: Option<Tailed>,
}

/// That the logs cannot be had is no reason not to run the tests.
fn connect(args: &WatchArgs, runtime: &Runtime, scope: &Scope) -> Option<Connection> {
    match Connection::open(&args.diagnose.cloud, runtime, scope) {
        Ok(connection) => Some(connection),
        Err(error) => {
            ExitStatus::of_error(&error);
            None
        }
    }
}

fn follow(args: &WatchArgs, runtime: &Runtime, connection: Option<&Connection>, scope: &Scope) -> anyhow::Result<Watched> {
    let mut spool = BufWriter::new(tempfile::tempfile().context("cannot make a temporary file")?);
    let settle = Duration::try_from(args.diagnose.cloud.settle).unwrap_or_default();
    let began = Timestamp::now();
    let (ended, status, tailed) = runtime.block_on(async {
        // Before the command starts: one that comes meanwhile would end us, and the command would go on by itself.
        let mut requests = EndRequests::new().context("cannot listen for requests to end")?;
        let mut child = start(&args.command)?;
        let mut ending = None;
        let until = async {
            let status = ended(&mut child, &mut requests).await;
            ending = Some((Timestamp::now(), status));
            if connection.is_some() {
                say_that_it_settles(settle);
                tokio::select! {
                    () = tokio::time::sleep(settle) => {}
                    _ = tokio::signal::ctrl_c() => {}
                    () = requests.next() => {}
                }
            }
        };
        let mut keep = |entries: Vec<Map<String, Value>>| -> Result<(), SinkError> { Ok(spool_entries(&mut spool, entries)?) };
        let tailed = match connection {
            Some(connection) => {
                let patience = args.diagnose.cloud.patience();
                Some(cloud::tail(&connection.client, scope, patience, &Timestamp::now, &mut keep, until).await?)
            }
            None => {
                until.await;
                None
            }
        };
        let (ended, status) = ending.context("the command did not end")?;
        tokio::spawn(requests.end_the_program());
        anyhow::Ok((ended, status?, tailed))
    })?;
    let spool = spool.into_inner().map_err(io::IntoInnerError::into_error).context("cannot write a temporary file")?;
    Ok(Watched { status, began, ended, spool, tailed })
}

/// Nobody should wonder why nothing happens.
fn say_that_it_settles(settle: Duration) {
    if io::stderr().is_terminal() && !settle.is_zero() {
        // Nothing depends on it.
        let _ = writeln!(io::stderr(), "fivewhys: the command has ended; waiting {} s for late entries", settle.as_secs());
    }
}

fn start(command: &[String]) -> Result<Child, Fatal> {
    let (program, arguments) = command.split_first().map_or(("", command), |(program, rest)| (program.as_str(), rest));
    Command::new(program)
        .args(arguments)
        .spawn()
        .map_err(|error| Fatal { message: format!("cannot start `{program}`: {error}"), status: ExitStatus::Command(127) })
}

/// Waits for the command. Ctrl-C reaches it by itself, and what it makes of that is its own affair; a request to end
/// that is for us alone, as a CI system sends it where a run is cancelled, is passed on.
async fn ended(child: &mut Child, requests: &mut EndRequests) -> io::Result<ProcessStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = tokio::signal::ctrl_c() => {}
            () = requests.next() => EndRequests::pass_on(child),
        }
    }
}

fn spool_entries(spool: &mut impl Write, entries: Vec<Map<String, Value>>) -> io::Result<()> {
    for entry in entries {
        serde_json::to_writer(&mut *spool, &entry)?;
        spool.write_all(b"\n")?;
    }
    Ok(())
}

/// As a shell says it: a signal counts from 128.
fn status_of(status: ProcessStatus) -> ExitStatus {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal.map(|signal: i32| 128 + signal)).unwrap_or(1);
    ExitStatus::Command(u8::try_from(code & 0xff).unwrap_or(1))
}

/// Puts everything into a folder, reads again what the stream does not cover, and diagnoses.
fn report(
    args: &WatchArgs,
    runtime: &Runtime,
    connection: Option<Connection>,
    scope: Scope,
    watched: Watched,
    out: &mut dyn Write,
) -> anyhow::Result<ExitStatus> {
    let diagnose = &args.diagnose;
    // The service may be there again.
    let connection = connection.map_or_else(|| Connection::open(&diagnose.cloud, runtime, &scope), Ok)?;
    let fresh: Vec<_> = diagnose.when.results.iter().filter(|file| is_fresh(file, watched.began)).cloned().collect();
    let incident = Incident::find(diagnose.incident.as_deref(), &fresh, &diagnose.when.control, &[])?;
    let pull = Pull {
        when: &diagnose.when,
        cloud: &diagnose.cloud,
        rules: &diagnose.rules,
        keeping: &diagnose.keeping,
        results: &incident.results,
    };
    let whole = (before(watched.began, diagnose.when.lookback()), watched.ended);
    let plan = Plan { scope, windows: vec![whole], failing: 0, controls: 0, passing: 0 };
    let unkept = tempfile::tempdir().context("cannot make a temporary folder")?;
    let path = diagnose.save.clone().unwrap_or_else(|| unkept.path().join("watch"));
    let mut asked = pull.asked(&plan);
    if incident.results.is_empty() && !diagnose.when.has_window() {
        asked.reproduce.push_str(&format!(" --window {}/{}", whole.0, whole.1));
    }
    let mut folder = Folder::create(&path, &asked, diagnose.keeping.keeping(&diagnose.rules)?)?
        .redacting(diagnose.rules.configuration()?.redact.settings);
    folder.add_results(&pull.files())?;
    unspool(&watched.spool, &mut folder)?;
    let holes = holes(&watched, whole);
    let outcome = reread(args, runtime, &connection, &plan.scope, &holes, &mut folder)?;
    let gaps = gaps(&watched, &outcome, &diagnose.when.results, &fresh);
    folder.complete(0, gaps, outcome.tally.requests)?;
    folder.finish(Vec::new())?;
    diagnose::diagnose(diagnose, Incident::find(Some(&path), &[], &diagnose.when.control, &diagnose.logs)?, out)
}

fn before(moment: Timestamp, length: SignedDuration) -> Timestamp {
    moment.saturating_sub(length).unwrap_or(Timestamp::MIN)
}

/// Results that the command did not write are those of another run.
fn is_fresh(file: &Path, began: Timestamp) -> bool {
    let written = file.metadata().and_then(|file| file.modified());
    // File systems round down.
    written.is_ok_and(|written| SystemTime::from(before(began, SignedDuration::from_secs(2))) <= written)
}

/// Stretches within the whole that the stream does not cover: what was before it, and what it left out.
fn holes(watched: &Watched, (start, end): (Timestamp, Timestamp)) -> Vec<(Timestamp, Timestamp)> {
    let streamed = match &watched.tailed {
        Some(tailed) => Spans::union(tailed.holes.iter().chain([(start, watched.began)])),
        None => Spans::union([(start, end)]),
    };
    let clipped = streamed.iter().map(|hole| (hole.0.max(start), hole.1.min(end))).filter(|hole| hole.0 < hole.1);
    cloud::merged(clipped, cloud::NEAR)
}

fn unspool(spool: &File, folder: &mut Folder) -> anyhow::Result<()> {
    let mut spool = spool;
    spool.seek(SeekFrom::Start(0))?;
    let mut batch = Vec::with_capacity(BATCH);
    for line in BufReader::new(spool).lines() {
        batch.push(serde_json::from_str(&line?)?);
        if batch.len() == BATCH {
            folder.append(0, &batch)?;
            batch.clear();
        }
    }
    folder.append(0, &batch)?;
    Ok(())
}

fn reread(
    args: &WatchArgs,
    runtime: &Runtime,
    connection: &Connection,
    scope: &Scope,
    holes: &[(Timestamp, Timestamp)],
    folder: &mut Folder,
) -> anyhow::Result<Outcome> {
    let cloud = &args.diagnose.cloud;
    let order = Order { scope, windows: holes, settle: cloud.settle, patience: cloud.patience() };
    let mut sink = Patching { folder, gaps: Vec::new() };
    let mut outcome = runtime.block_on(cloud::pull(&connection.client, &order, &Timestamp::now, &mut sink, &mut |_| {}))?;
    outcome.gaps.append(&mut sink.gaps);
    Ok(outcome)
}

/// All holes are in the one window of the folder.
struct Patching<'a> {
    folder: &'a mut Folder,
    gaps: Vec<Gap>,
}

impl Sink for Patching<'_> {
    fn standing(&self, _window: usize) -> Standing {
        Standing::Missing
    }

    fn append(&mut self, _window: usize, entries: Vec<Map<String, Value>>) -> Result<u64, SinkError> {
        Ok(self.folder.append(0, &entries)?)
    }

    fn complete(&mut self, _window: usize, _requests: u64, gaps: Vec<Gap>) -> Result<(), SinkError> {
        self.gaps.extend(gaps);
        Ok(())
    }
}

fn gaps(watched: &Watched, outcome: &Outcome, named: &[std::path::PathBuf], fresh: &[std::path::PathBuf]) -> Vec<Gap> {
    let mut gaps = outcome.gaps.clone();
    let again =
        if outcome.missing.is_empty() { "these stretches were read again afterwards" } else { "reading them again failed" };
    if let Some(tailed) = &watched.tailed {
        let lost = tailed.lost;
        for (count, why) in [(lost.rate_limited, "there were too many"), (lost.not_consumed, "they were not taken fast enough")] {
            if count > 0 {
                let statement = format!("The live stream left out at least {count} entries because {why}; {again}.");
                gaps.push(Gap { kind: "suppressed", statement });
            }
        }
        if let Some(fault) = &tailed.fault {
            gaps.push(Gap {
                kind: "suppressed",
                statement: format!("The live stream ended early ({}); {again}.", fault.short()),
            });
        }
    }
    if let Some(fault) = outcome.fault.as_ref().filter(|_| !outcome.missing.is_empty()) {
        let statement = format!("What the live stream did not cover could not be pulled: {}.", fault.short());
        gaps.push(Gap { kind: "not-pulled", statement });
    }
    let stale = named.iter().filter(|file| !fresh.contains(file));
    gaps.extend(stale.map(|file| Gap {
        kind: "left-alone",
        statement: format!("{} was not written by this run, so it was left alone.", file.display()),
    }));
    gaps
}
