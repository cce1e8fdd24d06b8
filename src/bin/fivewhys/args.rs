//! The command line: clap types and their help text, nothing else.

use clap::{Parser, Subcommand};

use crate::compare::{self, CompareArgs};
use crate::diagnose::DiagnoseArgs;
use crate::issue::{self, IssueArgs};
use crate::pull::{self, PullArgs};
use crate::report::{self, ReportArgs};
use crate::rules::RulesCommand;
use crate::watch::{self, WatchArgs};

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
    /// Pull the entries around the failures from Cloud Logging into a folder that `diagnose` reads
    #[command(after_help = pull::EXIT_STATUS)]
    Pull(Box<PullArgs>),
    /// Run a test command, follow the services' logs meanwhile, and diagnose when it ends
    #[command(after_help = watch::EXIT_STATUS)]
    Watch(Box<WatchArgs>),
    /// Render a report.json again, in another format or with a template of your own
    #[command(after_help = report::EXIT_STATUS)]
    Report(Box<ReportArgs>),
    /// Tell what changed from run to run: tests fixed and regressed, causes gone, and whether a fix held
    #[command(after_help = compare::EXIT_STATUS)]
    Compare(CompareArgs),
    /// Keep one GitHub issue per root cause, or attach a report to an issue; only a plan without --apply
    #[command(after_help = issue::EXIT_STATUS)]
    Issue(Box<IssueArgs>),
    /// List, show, check and test the rules
    #[command(subcommand)]
    Rules(RulesCommand),
}

const EXIT_STATUS: &str = "\
Exit status:
  0  nothing failed, or every failure has a cause (confirmed or likely)
  1  some failure is left without a cause, or incomplete results show no failure
  2  wrong usage
  3  an input is missing or unreadable
  4  Cloud Logging gave nothing";
