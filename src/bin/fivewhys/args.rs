//! The command line: clap types and their help text, nothing else.

use clap::{Parser, Subcommand};

use crate::compare::{self, CompareArgs};
use crate::diagnose::DiagnoseArgs;
use crate::report::{self, ReportArgs};
use crate::rules::RulesCommand;

/// Finds out why an end-to-end run against Cloud Run failed.
#[derive(Debug, Parser)]
#[command(name = "fivewhys", version, propagate_version = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the root causes of a failed run
    #[command(after_help = EXIT_STATUS)]
    Diagnose(Box<DiagnoseArgs>),
    /// Render a report.json again, in another format or with a template of your own
    #[command(after_help = report::EXIT_STATUS)]
    Report(Box<ReportArgs>),
    /// Tell what changed from run to run: tests fixed and regressed, causes gone, and whether a fix held
    #[command(after_help = compare::EXIT_STATUS)]
    Compare(CompareArgs),
    /// List, show, check and test the rules
    #[command(subcommand)]
    Rules(RulesCommand),
}

const EXIT_STATUS: &str = "\
Exit status:
  0  nothing failed, or every failure has a cause (confirmed or likely)
  1  some failure is left without a cause, or incomplete results show no failure
  2  wrong usage
  3  an input is missing or unreadable";
