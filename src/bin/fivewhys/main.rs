//! The program: a door that parses, runs and maps to an exit status.

use clap::Parser;

mod args;
mod exit_status;

use args::{Args, Command};
use exit_status::ExitStatus;

fn main() -> ExitStatus {
    let args = Args::parse();
    match run(args.command) {
        Ok(status) => status,
        Err(error) => ExitStatus::of_error(&error),
    }
}

fn run(command: Command) -> anyhow::Result<ExitStatus> {
    match command {}
}
