//! `fivewhys rules try`: what a rule meets in incidents, and what it changes in their diagnosis.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use clap::ValueHint;
use fivewhys::authoring::trial::{self, Trial};
use fivewhys::diagnosis::Diagnosis;
use fivewhys::logs::{self, Everything, Selection};
use fivewhys::rules::{Catalog, Matcher, RuleIx};
use fivewhys::window::Spans;
use jiff::Timestamp;

use super::inputs::InputArgs;
use super::{colour, problems, width};
use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};
use crate::incident::Incident;
use crate::pipeline::{Scene, Sighted};

pub mod beside;
mod shown;

use beside::Beside;

/// How often a watched file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How `fivewhys rules try` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  the rule was tried
  1  the rule does not load
  2  wrong usage
  3  an input is missing or unreadable";

/// What `fivewhys rules try` takes.
#[derive(Debug, clap::Args)]
pub struct TryArgs {
    /// The rule's file
    #[arg(value_name = "RULE.yaml", value_hint = ValueHint::FilePath)]
    rule: PathBuf,

    /// Incidents: folders with test results and logs, or exports of logs alone
    #[arg(value_name = "INCIDENT", value_hint = ValueHint::AnyPath)]
    incidents: Vec<PathBuf>,

    /// Try again whenever the file is saved, until interrupted
    #[arg(long)]
    watch: bool,

    #[command(flatten)]
    inputs: InputArgs,

    #[command(flatten)]
    rules: RuleFolders,
}

/// One incident, with what is known of it without the rule.
struct Ground {
    name: String,
    kind: Kind,
}

enum Kind {
    /// Windows, and what was said of them without the rule.
    Windows { scene: Box<Scene>, before: Diagnosis },
    /// An export without a time to look at.
    Export(Box<Incident>),
}

/// Tries the rule, once or whenever it is saved.
///
/// # Errors
///
/// Where the rule or an incident is missing or unreadable as a whole.
pub fn run(args: &TryArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    if !args.rule.is_file() {
        let message = format!("{}: there is no such file; `fivewhys rules new` drafts one", args.rule.display());
        return Err(Fatal { message, status: ExitStatus::Input }.into());
    }
    if args.incidents.is_empty() && !args.inputs.names_files() {
        let message = "name an incident to try the rule on: a folder with test results and logs".to_owned();
        return Err(Fatal { message, status: ExitStatus::Usage }.into());
    }
    let before = beside::without(&args.rule, &args.rules)?;
    let grounds = grounds(args, &before)?;
    // Taken before the file is read: what is saved while it is tried is tried next.
    let mut last = state(&args.rule);
    let status = once(args, &before, &grounds, out)?;
    if !args.watch {
        return Ok(status);
    }
    loop {
        out.flush().context("cannot write to standard output")?;
        thread::sleep(LOOK_EVERY);
        let now = state(&args.rule);
        if now != last && now.is_some() {
            last = now;
            once(args, &before, &grounds, out)?;
        }
    }
}

/// When the file was written, and how long it is; `None` while an editor has taken it away.
fn state(path: &Path) -> Option<(SystemTime, u64)> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// Reads the incidents, and diagnoses them without the rule.
fn grounds(args: &TryArgs, before: &Catalog) -> anyhow::Result<Vec<Ground>> {
    let named = args.incidents.iter().map(|path| Some(path.as_path()));
    let alone = args.incidents.is_empty().then_some(None);
    named.chain(alone).map(|incident| ground(args, incident, before)).collect()
}

fn ground(args: &TryArgs, path: Option<&Path>, before: &Catalog) -> anyhow::Result<Ground> {
    let name = path.map_or("the files named".to_owned(), |path| path.display().to_string());
    if let Some(path) = path
        && !args.inputs.says_when()
    {
        let incident = Incident::find(Some(path), &[], &args.inputs.when.control, &[])?;
        if incident.results.is_empty() && !incident.logs.is_empty() {
            return Ok(Ground { name, kind: Kind::Export(Box::new(incident)) });
        }
    }
    let scene = args.inputs.scene(path, &args.incidents)?;
    let sighted = scene.look(before)?;
    let before = scene.diagnose(before, &sighted);
    Ok(Ground { name, kind: Kind::Windows { scene: Box::new(scene), before } })
}

/// Loads the rule and tries it on every incident; a rule that does not load is drawn with its mistakes.
fn once(args: &TryArgs, before: &Catalog, grounds: &[Ground], out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let Beside { catalog, rule, problems } = beside::with(&args.rule, &args.rules)?;
    let mut page = problems::drawn(&problems, width(), colour());
    let Some(rule) = rule else {
        page += &format!("{} does not load; nothing was tried.\n", args.rule.display());
        crate::output::print(&page, out)?;
        return Ok(ExitStatus::Unexplained);
    };
    for ground in grounds {
        page += &tried(ground, before, &catalog, rule)?;
    }
    crate::output::print(&page, out)?;
    Ok(ExitStatus::Explained)
}

fn tried(ground: &Ground, before: &Catalog, catalog: &Catalog, rule: RuleIx) -> anyhow::Result<String> {
    match &ground.kind {
        Kind::Windows { scene, before: diagnosis } => {
            let sighted = scene.look(catalog)?;
            let after = scene.diagnose(catalog, &sighted);
            let Sighted { findings, pulled, .. } = &sighted;
            let trial = Trial::of(rule, &scene.watch, findings);
            let changes = trial::compared((diagnosis, before), (&after, catalog));
            Ok(shown::incident(&ground.name, catalog.rule(rule), &trial, pulled.census.in_reach)
                + &shown::changes(&scene.run, &catalog.rule(rule).id, &changes))
        }
        Kind::Export(incident) => export(&ground.name, incident, catalog, rule),
    }
}

/// Logs without a time to look at: how many records the rule matches, and the first of them.
fn export(name: &str, incident: &Incident, catalog: &Catalog, rule: RuleIx) -> anyhow::Result<String> {
    let matcher = Matcher::new(catalog);
    let selection = Selection { windows: Vec::new(), reach: Spans::union([(Timestamp::MIN, Timestamp::MAX)]) };
    let (mut records, mut matched) = (0u64, Vec::new());
    let mut count = 0u64;
    logs::pull(&incident.logs, &selection, &Everything, &mut |record| {
        records += 1;
        let mut met = Vec::new();
        matcher.in_record(&record, &mut |sighting| met.extend((sighting.rule == rule).then_some(sighting.matcher)));
        let holds = catalog.rule(rule).condition.as_ref().is_some_and(|condition| condition.met_by_record(&met, &[]));
        if holds {
            count += 1;
            if matched.len() < shown::SHOWN {
                matched.push(fivewhys::findings::Evidence::of(&record, 0));
            }
        }
    })?;
    Ok(shown::export(name, count, records, &matched))
}
