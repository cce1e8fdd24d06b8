//! The command line: clap types and their help text, nothing else.

use clap::{Parser, Subcommand};

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
pub enum Command {}
