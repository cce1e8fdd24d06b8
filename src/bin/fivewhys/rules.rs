//! `fivewhys rules`: the catalog listed, shown, checked, tested and described.

use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use fivewhys::rules::{Catalog, schema};

use crate::catalog::RuleFolders;
use crate::exit_status::{ExitStatus, Fatal};

mod check;
mod files;
mod inputs;
mod listing;
mod new;
mod page;
mod pages;
mod problems;
mod test;
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
    Check(check::CheckArgs),
    /// Draft a rule from a lead of a report, an entry or a line
    #[command(after_help = new::EXIT_STATUS)]
    New(Box<new::NewArgs>),
    /// Try a rule on incidents: what it meets around failures and around passing tests, and what it changes
    #[command(after_help = try_::EXIT_STATUS)]
    Try(Box<try_::TryArgs>),
    /// Why does a rule not match, or why is it not the cause, for one test?
    #[command(after_help = why_not::EXIT_STATUS)]
    WhyNot(Box<why_not::WhyNotArgs>),
    /// Run the tests that stand in the rule files: examples, counter-examples and scenarios
    #[command(after_help = EXIT_STATUS)]
    Test(test::TestArgs),
    /// Write a page for each rule, and an index
    #[command(after_help = EXIT_STATUS)]
    Pages(pages::PagesArgs),
    /// Print the JSON Schema of rule files, for editors
    Schema,
}

const EXIT_STATUS: &str = "\
Exit status:
  0  nothing is wrong
  1  a rule is wrong, or a page is out of date
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
        RulesCommand::Check(args) => check::run(args)?,
        RulesCommand::Test(args) => test::run(args)?,
        RulesCommand::Pages(args) => pages::run(args)?,
        RulesCommand::Schema => (schema::schema().context("cannot write the schema")?, ExitStatus::Explained),
        RulesCommand::New(args) => return new::run(args, out),
        RulesCommand::Try(args) => return try_::run(args, out),
        RulesCommand::WhyNot(args) => return why_not::run(args, out),
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

fn no_such_rule(catalog: &Catalog, id: &str) -> anyhow::Error {
    let near = fivewhys::rules::problem::nearest_few(id, catalog.rules().iter().map(|rule| rule.id.as_str()), 3);
    let help = match near.as_slice() {
        [] => "`fivewhys rules list` names them all".to_owned(),
        near => format!("did you mean {}?", near.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")),
    };
    Fatal { message: format!("there is no rule `{id}`; {help}"), status: ExitStatus::Usage }.into()
}

/// Columns to write in: the terminal's, else a width that suits a file.
fn width() -> usize {
    let terminal = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    terminal.map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0).max(40))
}

fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
