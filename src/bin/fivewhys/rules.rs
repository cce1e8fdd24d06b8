//! `fivewhys rules`: the catalog listed, shown, checked and tested.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Subcommand, ValueEnum, ValueHint};
use fivewhys::rules::check::check;
use fivewhys::rules::examples::{Examined, examine};
use fivewhys::rules::load::Loaded;
use fivewhys::rules::{Catalog, Matcher, Problem};

use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};

mod inputs;
mod listing;
mod new;
mod page;
mod problems;
mod try_;
mod why_not;
mod words;

/// Columns used where there is no terminal to ask.
const PLAIN_WIDTH: usize = 120;

/// What to do with the rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules
    List {
        #[command(flatten)]
        rules: RuleFolders,
        /// How to print them
        #[arg(short, long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Show one rule: what it matches, what it causes and what causes it
    Show {
        /// The rule's id, such as auth/missing-jwt
        id: String,
        #[command(flatten)]
        rules: RuleFolders,
    },
    /// Find mistakes in rules: file, line, column and what to write instead
    #[command(after_help = EXIT_STATUS)]
    Check {
        /// Folders (or files) with rules; without one, the embedded catalog
        #[arg(value_name = "DIR", value_hint = ValueHint::AnyPath)]
        folders: Vec<PathBuf>,
    },
    /// Draft a rule from a lead of a report, an entry or a line
    #[command(after_help = new::EXIT_STATUS)]
    New(Box<new::NewArgs>),
    /// Try a rule on incidents: what it meets around failures and around passing tests, and what it changes
    #[command(after_help = try_::EXIT_STATUS)]
    Try(Box<try_::TryArgs>),
    /// Why does a rule not match, or why is it not the cause, for one test?
    #[command(after_help = why_not::EXIT_STATUS)]
    WhyNot(Box<why_not::WhyNotArgs>),
    /// Match every rule against its own examples and counter-examples
    #[command(after_help = EXIT_STATUS)]
    Test {
        /// Folders (or files) with rules; without one, the embedded catalog
        #[arg(value_name = "DIR", value_hint = ValueHint::AnyPath)]
        folders: Vec<PathBuf>,
    },
}

const EXIT_STATUS: &str = "\
Exit status:
  0  nothing is wrong
  1  a rule is wrong
  2  wrong usage
  3  a folder is missing";

/// How to print a list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A table
    Text,
    /// One JSON array
    Json,
}

/// Runs a command; a reader that stops reading (`| head`) is no failure.
///
/// # Errors
///
/// Where a folder or a rule does not exist, or standard output cannot be written.
pub fn run(command: &RulesCommand, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let (text, status) = match command {
        RulesCommand::List { rules, format } => {
            let catalog = catalog(rules)?;
            let text = match format {
                ListFormat::Text => listing::table(&catalog, width()),
                ListFormat::Json => listing::json(&catalog)?,
            };
            (text, ExitStatus::Explained)
        }
        RulesCommand::Show { id, rules } => {
            let catalog = catalog(rules)?;
            let place = catalog.find(id).ok_or_else(|| no_such_rule(&catalog, id))?;
            (page::of(&catalog, place, width()), ExitStatus::Explained)
        }
        RulesCommand::New(args) => return new::run(args, out),
        RulesCommand::Try(args) => return try_::run(args, out),
        RulesCommand::WhyNot(args) => return why_not::run(args, out),
        RulesCommand::Check { folders } => checked(&loaded(folders)?),
        RulesCommand::Test { folders } => tested(&loaded(folders)?),
    };
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(status),
        written => written.map(|()| status).context("cannot write to standard output"),
    }
}

/// The rules of a command that only reads them; those that do not load are named on standard error.
fn catalog(folders: &RuleFolders) -> anyhow::Result<Catalog> {
    let (catalog, gaps) = folders.load()?;
    for gap in gaps {
        // Nothing is left to be done when standard error itself is gone.
        let _ = writeln!(io::stderr(), "{}", gap.statement);
    }
    Ok(catalog)
}

fn loaded(folders: &[PathBuf]) -> anyhow::Result<Loaded> {
    if let Some(missing) = folders.iter().find(|folder| !folder.exists()) {
        let message = format!("{}: there is no such folder or file", missing.display());
        return Err(Fatal { message, status: ExitStatus::Input }.into());
    }
    Ok(if folders.is_empty() { Catalog::embedded() } else { Catalog::overlay(folders) })
}

fn no_such_rule(catalog: &Catalog, id: &str) -> anyhow::Error {
    let near = fivewhys::rules::problem::nearest_few(id, catalog.rules().iter().map(|rule| rule.id.as_str()), 3);
    let help = match near.as_slice() {
        [] => "`fivewhys rules list` names them all".to_owned(),
        near => format!("did you mean {}?", near.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")),
    };
    Fatal { message: format!("there is no rule `{id}`; {help}"), status: ExitStatus::Usage }.into()
}

fn checked(loaded: &Loaded) -> (String, ExitStatus) {
    let problems = check(loaded);
    let files = loaded.texts.len();
    let verdict = match problems.len() {
        0 => format!("{} checked, nothing is wrong.\n", words::count(files, "rule", "rules")),
        wrong => format!("{} checked: {}.\n", words::count(files, "rule", "rules"), words::count(wrong, "problem", "problems")),
    };
    (problems::drawn(&problems, width(), colour()) + &verdict, status(&problems))
}

fn status(problems: &[Problem]) -> ExitStatus {
    if problems.is_empty() { ExitStatus::Explained } else { ExitStatus::Unexplained }
}

fn tested(loaded: &Loaded) -> (String, ExitStatus) {
    let matcher = Matcher::new(&loaded.catalog);
    let examined = examine(&loaded.catalog, &matcher, |rule| loaded.texts.contains_key(&rule.path));
    let mut text = problems::drawn(&loaded.problems, width(), colour());
    for mismatch in &examined.mismatches {
        let rule = loaded.catalog.rule(mismatch.rule);
        let (list, verb) = if mismatch.should_match { ("match", "does not match") } else { ("no_match", "matches") };
        let example = words::shortened(&mismatch.text, width().saturating_sub(4));
        text += &format!(
            "{}: examples.{list}[{}] {verb} ({})\n    {example}\n    {}\n",
            rule.id, mismatch.number, rule.path, mismatch.hint
        );
    }
    text += &summary(&examined, loaded.problems.len());
    let good = examined.mismatches.is_empty() && loaded.problems.is_empty();
    (text, if good { ExitStatus::Explained } else { ExitStatus::Unexplained })
}

fn summary(examined: &Examined, problems: usize) -> String {
    let judged = format!(
        "{} tested with {} and {}",
        words::count(examined.rules, "rule", "rules"),
        words::count(examined.matching, "example", "examples"),
        words::count(examined.others, "counter-example", "counter-examples"),
    );
    match (examined.mismatches.len(), problems) {
        (0, 0) => format!("{judged}: all as they should be.\n"),
        (wrong, 0) => format!("{judged}: {wrong} wrong.\n"),
        (wrong, problems) => {
            format!("{judged}: {wrong} wrong; {} while loading.\n", words::count(problems, "problem", "problems"))
        }
    }
}

/// Columns to write in: the terminal's, else a width that suits a file.
fn width() -> usize {
    let terminal = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    terminal.map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0).max(40))
}

fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
