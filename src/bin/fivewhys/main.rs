//! The program: a door that parses, runs and maps to an exit status.

use std::io;

use clap::Parser;

mod args;
mod catalog;
mod compare;
mod config;
mod diagnose;
mod exit_status;
mod incident;
mod issue;
mod output;
mod pull;
mod pipeline;
mod report;
mod rules;
mod watch;
mod when;

use args::{Args, Command};
use exit_status::ExitStatus;

// Entries and findings are many small pieces, made on several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitStatus {
    // Two libraries may each bring a provider of their own, and then the first TLS connection would not know which.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // This thread works along: it would wait for others to wake up each time, which of a small run is a good part.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    match run(Args::parse().command) {
        Ok(status) => status,
        Err(error) => ExitStatus::of_error(&error),
    }
}

fn run(command: Command) -> anyhow::Result<ExitStatus> {
    let out = &mut io::stdout().lock();
    match command {
        Command::Diagnose(args) => diagnose::run(&args, out),
        Command::Pull(args) => pull::run(&args, out),
        Command::Watch(args) => watch::run(&args, out),
        Command::Report(args) => report::run(&args, out),
        Command::Compare(args) => compare::run(&args, out),
        Command::Issue(args) => issue::run(&args, out),
        Command::Rules(command) => rules::run(&command, out),
    }
}
