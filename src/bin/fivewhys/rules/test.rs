//! `fivewhys rules test`: examples and scenarios run, told to people and to CI, and blessed.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use fivewhys::rules::Matcher;
use fivewhys::rules::load::Loaded;
use fivewhys::scenarios::prove::{Outcome, Proof, prove};
use fivewhys::scenarios::{Blessed, Stage, bless};
use similar::TextDiff;

use super::files::{RuleFiles, loaded};
use crate::exit_status::ExitStatus;
use crate::output;

mod json;
mod junit;
mod text;

/// What `fivewhys rules test` takes.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    #[command(flatten)]
    files: RuleFiles,

    /// How to print the outcome
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Name the conditions and edges that no test reaches
    #[arg(long)]
    coverage: bool,

    /// Write the expectations of scenarios that do not hold as they come out now; the diff is shown first
    #[arg(long)]
    bless: bool,

    /// With --bless: write without asking
    #[arg(long, requires = "bless")]
    yes: bool,
}

/// How to print the outcome of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// JUnit XML, for CI
    Junit,
    /// One JSON object, schema fivewhys/rule-tests/v1
    Json,
}

/// Runs the tests of the rules.
///
/// # Errors
///
/// Where a folder is missing, or a file cannot be written.
pub fn run(args: &TestArgs) -> anyhow::Result<(String, ExitStatus)> {
    if args.bless {
        return blessed(args);
    }
    let rules = loaded(&args.files.folders()?)?;
    let proof = whole(&rules);
    let text = match args.format {
        Format::Text => text::of(&rules, &proof, args.coverage),
        Format::Junit => junit::of(&rules, &proof)?,
        Format::Json => json::of(&rules, &proof)?,
    };
    Ok((text, if failures(&proof) == 0 { ExitStatus::Explained } else { ExitStatus::Unexplained }))
}

/// The proof, and with it what could not be loaded.
fn whole(rules: &Loaded) -> Proof {
    let mut proof = prove(rules);
    proof.problems.extend(rules.problems.iter().cloned());
    proof.problems.sort();
    proof
}

fn failures(proof: &Proof) -> usize {
    let trials = proof.rules.iter().flat_map(|rule| &rule.trials);
    trials.filter(|trial| matches!(trial.outcome, Outcome::Failed(_))).count() + proof.problems.len()
}

/// Shows what would be written, asks, and writes.
fn blessed(args: &TestArgs) -> anyhow::Result<(String, ExitStatus)> {
    let folders = args.files.writable("--bless")?;
    let rules = loaded(&folders)?;
    let changes = changes(&rules);
    let mut shown = String::new();
    for (path, blessed) in &changes {
        let old = rules.texts.get(path).map(String::as_str).unwrap_or_default();
        let diff = TextDiff::from_lines(old, &blessed.text).unified_diff().header(path, path).to_string();
        shown += &diff.replace("\r\n", "\n").replace(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\t'), "·");
        blessed.left.iter().for_each(|left| shown += &format!("{path}: left as it is: {left}\n"));
    }
    let new: usize = changes.iter().map(|(_, blessed)| blessed.count).sum();
    let left = changes.iter().any(|(_, blessed)| !blessed.left.is_empty());
    if new == 0 {
        let status = if left { ExitStatus::Unexplained } else { ExitStatus::Explained };
        return Ok((shown + "No expectation is to be written anew.\n", status));
    }
    if !args.yes && !agreed(&shown)? {
        let prefix = if io::stdin().is_terminal() { String::new() } else { shown };
        return Ok((prefix + "Nothing was written; `--yes` writes without asking.\n", ExitStatus::Unexplained));
    }
    for (path, blessed) in changes.iter().filter(|(_, blessed)| blessed.count > 0) {
        output::write_whole(Path::new(path), &blessed.text)?;
    }
    let (after, status) = told_after(&folders)?;
    Ok((shown + &after, status))
}

fn changes(rules: &Loaded) -> Vec<(String, Blessed)> {
    let matcher = Matcher::new(&rules.catalog);
    let stage = Stage::new(&rules.catalog, &matcher);
    let all = rules.catalog.rules().iter().enumerate().filter(|(_, rule)| rules.texts.contains_key(&rule.path));
    all.filter_map(|(place, rule)| Some((rule.path.clone(), bless(rules, &stage, place)?))).collect()
}

/// What the tests say after the files were written.
fn told_after(folders: &[PathBuf]) -> anyhow::Result<(String, ExitStatus)> {
    let rules = loaded(folders)?;
    let proof = whole(&rules);
    let good = failures(&proof) == 0;
    Ok((text::of(&rules, &proof, false), if good { ExitStatus::Explained } else { ExitStatus::Unexplained }))
}

/// Asks at a terminal; nobody who cannot be asked agrees.
fn agreed(shown: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    let mut out = io::stderr();
    out.write_all(format!("{shown}Write this? [y/N] ").as_bytes()).and_then(|()| out.flush())?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
