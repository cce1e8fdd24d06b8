//! `fivewhys rules check`: mistakes drawn, as JSON or as SARIF, explained, and put right where that is sure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use fivewhys::rules::check::{all_codes, check};
use fivewhys::rules::fix::fixed;
use fivewhys::rules::load::Loaded;
use fivewhys::rules::problem::{Code, Level, nearest};
use fivewhys::rules::{Change, Problem};
use serde_json::json;

use super::files::{RuleFiles, loaded};
use super::words::count;
use super::{colour, problems, width};
use crate::exit_status::{ExitStatus, Fatal};
use crate::output;

mod sarif;

/// The page that describes each lint.
const LINTS: &str = include_str!("../../../../docs/lints.md");

/// Rounds of fixing: one fix may lay open the next mistake.
const ROUNDS: usize = 4;

/// What `fivewhys rules check` takes.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    files: RuleFiles,

    /// Put right what can be put right for sure, in the files themselves
    #[arg(long)]
    fix: bool,

    /// How to print the mistakes
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Describe a lint, with an example, such as FW103 or unescaped-dot
    #[arg(long, value_name = "LINT", conflicts_with_all = ["folders", "fix", "format"])]
    explain: Option<String>,
}

/// How to print mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the line with a caret under the place
    Text,
    /// One JSON object, schema fivewhys/check/v1
    Json,
    /// SARIF 2.1.0, as code scanning of GitHub and editors read it
    Sarif,
}

/// Checks the rules (and mends them, if asked to).
///
/// # Errors
///
/// Where a folder is missing, a file cannot be written, or there is no such lint.
pub fn run(args: &CheckArgs) -> anyhow::Result<(String, ExitStatus)> {
    if let Some(lint) = &args.explain {
        return explained(lint);
    }
    let folders = if args.fix { args.files.writable("--fix")? } else { args.files.folders()? };
    let mut rules = loaded(&folders)?;
    let mended = if args.fix { mend(&folders, &mut rules)? } else { BTreeMap::new() };
    let found = check(&rules);
    let status = if found.is_empty() { ExitStatus::Explained } else { ExitStatus::Unexplained };
    let text = match args.format {
        Format::Text => told(&rules, &found, &mended),
        Format::Json => as_json(&rules, &found, &mended)?,
        Format::Sarif => sarif::of(&found)?,
    };
    Ok((text, status))
}

/// Writes the fixed files; answers how many mistakes were put right in each.
fn mend(folders: &[PathBuf], rules: &mut Loaded) -> anyhow::Result<BTreeMap<String, usize>> {
    let mut mended: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let found = check(rules);
        let mut changed = false;
        for (path, text) in &rules.texts {
            let own: Vec<Problem> = found.iter().filter(|problem| problem.path == *path).cloned().collect();
            let Some(fixed) = fixed(text, &own) else { continue };
            output::write_whole(Path::new(path), &fixed.text)?;
            *mended.entry(path.clone()).or_default() += fixed.count;
            changed = true;
        }
        if !changed {
            break;
        }
        *rules = loaded(folders)?;
    }
    Ok(mended)
}

fn told(rules: &Loaded, found: &[Problem], mended: &BTreeMap<String, usize>) -> String {
    let mut text = problems::drawn(found, width(), colour());
    for (path, number) in mended {
        text += &format!("{path}: {} put right.\n", count(*number, "mistake", "mistakes"));
    }
    let replaced = rules.changes.iter().filter(|change| matches!(change, Change::Replaced { .. }));
    replaced.for_each(|change| text += &format!("Note: {change}.\n"));
    let checked = format!("{} checked", count(rules.texts.len(), "rule", "rules"));
    if found.is_empty() {
        return text + &format!("{checked}, nothing is wrong.\n");
    }
    text += &format!("{checked}: {}", count(found.len(), "problem", "problems"));
    let fixable = found.iter().filter(|problem| problem.fix.is_some()).count();
    if fixable > 0 && mended.is_empty() {
        text += &format!(", {fixable} of them may be put right with `--fix`");
    }
    let first = found.iter().find(|problem| problem.code.level == Level::Lint);
    let hint = first.map(|problem| format!(" `fivewhys rules check --explain {}` says more.", problem.code.id));
    text + "." + &hint.unwrap_or_default() + "\n"
}

fn as_json(rules: &Loaded, found: &[Problem], mended: &BTreeMap<String, usize>) -> anyhow::Result<String> {
    let problems: Vec<_> = found
        .iter()
        .map(|problem| {
            json!({
                "code": problem.code.id,
                "name": problem.code.name,
                "level": level(problem.code),
                "path": problem.path,
                "line": problem.line,
                "column": problem.column,
                "width": problem.width,
                "message": problem.message,
                "help": problem.help,
                "fixable": problem.fix.is_some(),
            })
        })
        .collect();
    let page = json!({
        "schema": "fivewhys/check/v1",
        "rules": rules.texts.len(),
        "fixed": mended.values().sum::<usize>(),
        "problems": problems,
    });
    Ok(serde_json::to_string_pretty(&page).context("cannot write the mistakes as JSON")? + "\n")
}

fn level(code: &Code) -> &'static str {
    match code.level {
        Level::Error => "error",
        Level::Lint => "warning",
    }
}

/// The section of docs/lints.md about a code.
fn explained(lint: &str) -> anyhow::Result<(String, ExitStatus)> {
    let Some(code) = all_codes().find(|code| code.id.eq_ignore_ascii_case(lint) || code.name == lint) else {
        let near = nearest(lint, all_codes().flat_map(|code| [code.id, code.name]));
        let help = near.map_or("docs/lints.md lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        let message = format!("there is no lint `{lint}`; {help}");
        return Err(Fatal { message, status: ExitStatus::Usage }.into());
    };
    let heading = format!("## {} {}", code.id, code.name);
    let section = LINTS.split_once(&format!("{heading}\n")).map(|(_, rest)| rest.split("\n## ").next().unwrap_or(rest));
    Ok((format!("{heading}\n{}\n", section.unwrap_or(code.summary).trim_end()), ExitStatus::Explained))
}
