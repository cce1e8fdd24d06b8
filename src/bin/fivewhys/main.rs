//! The program: a door that parses, runs and maps to an exit status.

use std::io;

use clap::Parser;

mod args;
mod catalog;
mod compare;
mod diagnose;
mod exit_status;
mod incident;
mod output;
mod pipeline;
mod report;
mod rules;

use args::{Args, Command};
use exit_status::ExitStatus;

fn main() -> ExitStatus {
    match run(Args::parse().command) {
        Ok(status) => status,
        Err(error) => ExitStatus::of_error(&error),
    }
}

fn run(command: Command) -> anyhow::Result<ExitStatus> {
    let out = &mut io::stdout().lock();
    match command {
        Command::Diagnose(args) => diagnose::run(&args, out),
        Command::Report(args) => report::run(&args, out),
        Command::Compare(args) => compare::run(&args, out),
        Command::Rules(command) => rules::run(&command, out),
    }
}
