//! `fivewhys compare`: what changed from run to run.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{ValueEnum, ValueHint};
use fivewhys::compare::{self, Comparison, Format, Named, worklog};
use fivewhys::report::redacted_again;

use crate::config::ConfigArgs;
use crate::exit_status::{ExitStatus, Fatal};
use crate::output::{self, LookArgs};
use crate::report;

/// How `fivewhys compare` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  nothing got worse
  1  something got worse: a test regressed, or fails and had not run before, or a cause is new
  2  wrong usage
  3  a report is missing or unreadable";

/// What `fivewhys compare` takes.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Two or more report.json files in order of time, or folders that hold one
    #[arg(value_name = "REPORT", required = true, num_args = 2.., value_hint = ValueHint::AnyPath)]
    reports: Vec<PathBuf>,

    /// What to print
    #[arg(short, long, value_enum, default_value_t = PrintFormat::Text)]
    format: PrintFormat,

    /// Append each run to this Markdown log, as a section dated by the run itself; a run that is there already is left out
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    worklog: Option<PathBuf>,

    #[command(flatten)]
    look: LookArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

/// What is printed to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrintFormat {
    /// For people at a terminal
    Text,
    /// For a GitHub issue or pull request
    Markdown,
    /// The machine view, schema fivewhys/comparison/v1
    Json,
    /// Nothing
    None,
}

/// Compares the reports, prints what changed, and appends it to the work log if one is named.
///
/// # Errors
///
/// Where a report is missing or none, or the log or standard output cannot be written.
pub fn run(args: &CompareArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let redact = args.config.read()?.redact;
    let read = |path: &PathBuf| anyhow::Ok(redacted_again(report::read(path)?, &redact.settings));
    let reports = args.reports.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let names: Vec<String> = args.reports.iter().map(|path| path.display().to_string()).collect();
    let named: Vec<Named<'_>> = names.iter().zip(&reports).map(|(name, report)| Named { name, report }).collect();
    let comparison = compare::compare(&named);
    if let Some(path) = &args.worklog {
        append(&comparison, path)?;
    }
    if let Some(format) = args.format.format() {
        output::print(&compare::render(&comparison, format, args.look.look())?, out)?;
    }
    let worse = comparison.steps.iter().any(|step| step.worse);
    Ok(if worse { ExitStatus::Unexplained } else { ExitStatus::Explained })
}

fn append(comparison: &Comparison, path: &Path) -> anyhow::Result<()> {
    let existing = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| Fatal {
            message: format!("--worklog {}: not text in UTF-8; expected a Markdown file, or none yet", path.display()),
            status: ExitStatus::Input,
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let addition = worklog::addition(comparison, &existing)?;
    if addition.is_empty() {
        return Ok(());
    }
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened
        .and_then(|mut file| file.write_all(addition.as_bytes()))
        .with_context(|| format!("cannot append to {}", path.display()))
}

impl PrintFormat {
    fn format(self) -> Option<Format> {
        match self {
            PrintFormat::Text => Some(Format::Text),
            PrintFormat::Markdown => Some(Format::Markdown),
            PrintFormat::Json => Some(Format::Json),
            PrintFormat::None => None,
        }
    }
}
