//! Writes an invented failed run: `cargo bench --bench generate -- --bytes 600MB target/bench-data/try`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;

mod sizes;
#[allow(dead_code, reason = "each benchmark uses its own part of it")]
mod synthetic;

use sizes::bytes;

/// Writes log entries, test results and, if wanted, further rules.
#[derive(Debug, Parser)]
struct Args {
    /// Bytes of log entries: 600MB, 6GB, 20000000
    #[arg(long, default_value = "600MB", value_parser = bytes)]
    bytes: u64,
    /// Another seed, another run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Time that the entries span
    #[arg(long, default_value_t = 24)]
    hours: u32,
    /// Strictly in order of time, without late entries
    #[arg(long)]
    sorted: bool,
    /// Tests of each run of the suite
    #[arg(long, default_value_t = 60)]
    tests: usize,
    /// Also write a folder with this many further rules
    #[arg(long, default_value_t = 0)]
    rules: usize,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
    /// Where to
    folder: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let started = Instant::now();
    let options =
        synthetic::Options { bytes: args.bytes, seed: args.seed, hours: args.hours, sorted: args.sorted, tests: args.tests };
    let files = synthetic::generate(&args.folder, &options)?;
    if args.rules > 0 {
        synthetic::rules::generate(&files.rules(args.rules), args.rules, args.seed)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(io::stdout(), "{}: {} bytes in {seconds:.1} s", args.folder.display(), files.logs().metadata()?.len())?;
    Ok(())
}
