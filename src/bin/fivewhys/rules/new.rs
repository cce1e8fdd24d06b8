//! `fivewhys rules new`: a rule drafted from a lead, an entry or a line.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueHint;
use fivewhys::authoring::draft::{self, Draft, Seed};
use fivewhys::authoring::edges::{self, Proposed};
use fivewhys::authoring::file::{self, Sheet};
use fivewhys::authoring::naming;
use fivewhys::authoring::ordinary::{Ordinary, Seen};
use fivewhys::findings::{Evidence, Finder, Findings, Watch};
use fivewhys::results::TestRun;
use fivewhys::rules::{Catalog, Matcher, Pattern};

use super::inputs::InputArgs;
use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};
use crate::pipeline::Scene;

mod ask;
mod source;
mod summary;

use ask::Answers;
use source::Found;

/// Rounds in which ordinary lines that a draft matched are held against the next one.
const ROUNDS: usize = 6;

/// Records of the line that edges are proposed from.
const LINES: usize = 500;

/// How `fivewhys rules new` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  a draft was written: it matches its line, and no ordinary one
  1  no such draft could be made; the message says why
  2  wrong usage, or the file is there already
  3  an input is missing or unreadable";

/// What `fivewhys rules new` takes.
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// A lead or a record of a report: report.json#lead-2, report.json#e3
    #[arg(long, value_name = "REPORT#ANCHOR", value_hint = ValueHint::FilePath, group = "source")]
    from: Option<String>,

    /// An entry of the incident, by its insertId
    #[arg(long, value_name = "INSERT_ID", group = "source")]
    from_entry: Option<String>,

    /// A line as it was logged; `-` reads it from standard input
    #[arg(long, value_name = "TEXT", group = "source", allow_hyphen_values = true)]
    line: Option<String>,

    /// What the failing test said: its symptom is what the rule explains (with `--line`)
    #[arg(long, value_name = "TEXT", requires = "line", allow_hyphen_values = true)]
    test_said: Option<String>,

    /// The incident that the line is from: its other lines are what the draft must not match. A report names its own
    #[arg(long, value_name = "INCIDENT", value_hint = ValueHint::AnyPath)]
    incident: Option<PathBuf>,

    /// Call the rule so: FAMILY/NAME
    #[arg(long, value_name = "ID", value_parser = id)]
    name: Option<String>,

    /// Do not narrow the rule to the service that logged the line
    #[arg(long)]
    any_service: bool,

    /// Where to write: a folder of rules, a .yaml file, or `-` for standard output
    #[arg(short, long, value_name = "PATH", default_value = "rules", value_hint = ValueHint::AnyPath)]
    out: PathBuf,

    /// Write over a file that is there
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    inputs: InputArgs,

    #[command(flatten)]
    rules: RuleFolders,
}

fn id(text: &str) -> Result<String, String> {
    let well_formed = |part: &str| !part.is_empty() && naming::slug(part) == part;
    match text.split_once('/') {
        Some((family, name)) if well_formed(family) && well_formed(name) => Ok(text.to_owned()),
        _ => Err("a rule's id is FAMILY/NAME, both in lower case with `-`, such as database/pool-exhausted".to_owned()),
    }
}

/// Drafts a rule, writes its file, and says what was done.
///
/// # Errors
///
/// Where an input is missing, or the file cannot be written.
pub fn run(args: &NewArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let (catalog, _) = args.rules.load()?;
    let answers = if args.has_source() { Answers::default() } else { ask::on_terminal()? };
    let found = source::find(args, &answers)?;
    let made = match make(args, &found, &catalog)? {
        Ok(made) => made,
        Err(refusal) => return refused(&refusal),
    };
    let id = args.name.clone().unwrap_or_else(|| format!("{}/{}", made.draft.proposed.family, made.draft.proposed.name));
    let text = file::write(&Sheet {
        draft: &made.draft,
        explains: &made.explains,
        refines: &made.refines,
        origin: &found.origin,
        seen: made.seen,
        why: answers.why.as_deref(),
        remedy: answers.remedy.as_deref(),
    });
    if let Err(flaw) = file::verified(&id, &text, &catalog) {
        return refused(&flaw.to_string());
    }
    if args.out == Path::new("-") {
        return print(out, &text);
    }
    let path = args.path(&id);
    write(&path, &text, args.force)?;
    print(out, &summary::of(&path, &found, &made, &catalog))
}

fn print(out: &mut dyn Write, text: &str) -> anyhow::Result<ExitStatus> {
    crate::output::print(text, out)?;
    Ok(ExitStatus::Explained)
}

fn refused(why: &str) -> anyhow::Result<ExitStatus> {
    writeln!(io::stderr(), "no draft: {why}").context("cannot write to standard error")?;
    Ok(ExitStatus::Unexplained)
}

impl NewArgs {
    fn has_source(&self) -> bool {
        self.from.is_some() || self.from_entry.is_some() || self.line.is_some()
    }

    fn path(&self, id: &str) -> PathBuf {
        let is_file = self.out.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if is_file { self.out.clone() } else { self.out.join(format!("{id}.yaml")) }
    }
}

/// A draft with all that the incident adds to it.
struct Made {
    draft: Draft,
    explains: Vec<Proposed>,
    refines: Vec<String>,
    seen: Option<Seen>,
}

/// The draft, or why there is none.
fn make(args: &NewArgs, found: &Found, catalog: &Catalog) -> anyhow::Result<Result<Made, String>> {
    let service = found.service.as_deref().filter(|_| !args.any_service);
    let seed = Seed { text: &found.text, service, severity: found.severity, ordinary: &[] };
    let (draft, seen, common) = match &found.scene {
        None => (draft::draft(&seed).map_err(|refusal| refusal.to_string()), None, false),
        Some(scene) => {
            let mut ordinary = Ordinary::new(&scene.watch, &found.text);
            scene.read(&mut |record| ordinary.see(&record))?;
            (against(scene, &seed, &mut ordinary)?, Some(ordinary.seen()), ordinary.is_common())
        }
    };
    let draft = match draft {
        Ok(draft) => draft,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(seen) = seen.filter(|_| common) {
        return Ok(Err(too_common(seen)));
    }
    let matcher = Matcher::new(catalog);
    let refined = edges::refined(catalog, &matcher, &found.text);
    let refines: Vec<String> = refined.iter().map(|&rule| catalog.rule(rule).id.clone()).collect();
    let mut explains = explains(found, &draft, catalog, &matcher)?;
    explains.retain(|edge| !refines.contains(&edge.rule));
    Ok(Ok(Made { draft, explains, refines, seen }))
}

/// Drafts until no ordinary line of the incident is matched: a kind of line has more members than the one that was kept.
fn against(scene: &Scene, seed: &Seed<'_>, ordinary: &mut Ordinary<'_>) -> anyhow::Result<Result<Draft, String>> {
    for _ in 0..ROUNDS {
        let texts = ordinary.texts().to_vec();
        let drafted = match draft::draft(&Seed { ordinary: &texts, ..*seed }) {
            Ok(drafted) => drafted,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let pattern = Pattern::new(&drafted.pattern).with_context(|| format!("the draft's pattern: {}", drafted.pattern))?;
        let mut confused = false;
        ordinary.recount();
        scene.read(&mut |record| confused |= ordinary.object(&record, &pattern))?;
        if !confused {
            return Ok(Ok(drafted));
        }
    }
    Ok(Err(format!("after {ROUNDS} drafts ordinary lines are still matched; narrow the rule by hand with `none` or a `filter`")))
}

fn too_common(seen: Seen) -> String {
    format!(
        "the same kind of line is logged in {} of {} passing windows and in {} of {} failing ones: it is not what sets the failures apart.\n`fivewhys diagnose` lists other leads, and `--line` drafts from the line alone",
        seen.passing.0, seen.passing.1, seen.failing.0, seen.failing.1
    )
}

/// What the failing tests showed, and what was logged after the line.
fn explains(found: &Found, draft: &Draft, catalog: &Catalog, matcher: &Matcher) -> anyhow::Result<Vec<Proposed>> {
    let Some(scene) = &found.scene else {
        let findings = in_results(catalog, matcher, &found.tests);
        return Ok(edges::of_results(catalog, &findings, &(0..found.tests.cases.len()).collect::<Vec<_>>()));
    };
    let pattern = Pattern::new(&draft.pattern).with_context(|| format!("the draft's pattern: {}", draft.pattern))?;
    let mut line: Vec<Evidence> = Vec::new();
    scene.read(&mut |record| {
        if line.len() < LINES && pattern.is_match(&record.text) {
            line.push(Evidence::of(&record, 0));
        }
    })?;
    let findings = scene.look(catalog)?.findings;
    let mut explains = edges::of_logs(catalog, &findings, &line);
    explains.extend(edges::of_results(catalog, &findings, &edges::cases_around(&scene.watch, &line)));
    Ok(explains)
}

/// What the results alone show: a report without its incident still names the errors.
fn in_results(catalog: &Catalog, matcher: &Matcher, run: &TestRun) -> Findings {
    Finder::new(catalog, matcher, &Watch::default()).finish(run)
}

fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    if path.exists() && !force {
        let message =
            format!("{}: is there already; `--force` writes over it, `--name` calls the rule otherwise", path.display());
        return Err(Fatal { message, status: ExitStatus::Usage }.into());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
