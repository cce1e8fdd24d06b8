//! Measures `fivewhys diagnose` and the tools people would use instead, in one run on the same file, in turn:
//! `cargo bench --bench side_by_side -- --bytes 600MB --runs 5`.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use fivewhys::rules::{Catalog, Matcher};

mod planted;
mod rivals;
mod sizes;
mod stopwatch;
#[allow(dead_code, reason = "each benchmark uses its own part of it")]
mod synthetic;
mod table;

use rivals::Contender;
use sizes::bytes;
use stopwatch::{Outcome, Run};
use synthetic::{Folder, Options};

/// Measures fivewhys beside other tools.
#[derive(Debug, Parser)]
struct Args {
    /// Bytes of log entries
    #[arg(long, default_value = "600MB", value_parser = bytes)]
    bytes: u64,
    /// Rounds; in each, every program runs once
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Another seed, another run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Entries strictly in order of time; otherwise a few are late
    #[arg(long)]
    sorted: bool,
    /// How many further rules the run with more rules loads, so that it has 2,000 with the catalog; 0: leave it out
    #[arg(long, default_value_t = 1830)]
    rules: usize,
    /// Only these, by the beginning of their names
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// The fivewhys to measure
    #[arg(long, default_value = env!("CARGO_BIN_EXE_fivewhys"))]
    program: PathBuf,
    /// The Python that has the package duckdb
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Where generated entries are kept
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench-data"))]
    folder: PathBuf,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    if let Some(command) = stopwatch::asked_to_measure() {
        return stopwatch::measure(&command);
    }
    let args = Args::parse();
    let files = prepare(&args)?;
    let mut contenders = rivals::all(&files, &args.program, &args.python, args.rules)?;
    contenders.retain(|it| args.only.is_empty() || args.only.iter().any(|name| it.name.starts_with(name.as_str())));
    let out = &mut io::stdout().lock();
    let contenders = warm_up(contenders, out)?;
    if contenders.is_empty() {
        bail!("nothing to measure");
    }
    tell_what_opens_the_gate(out)?;
    planted::check(&args.program, &files, out)?;
    let runs = race(&contenders, args.runs, out)?;
    table::print(&contenders, &runs, files.logs().metadata()?.len(), out)?;
    Ok(())
}

/// A rule whose entries cannot be told from their raw JSON has every entry of its kind parsed: the first thing to look at.
fn tell_what_opens_the_gate(out: &mut dyn Write) -> io::Result<()> {
    let catalog = Catalog::embedded().catalog;
    let rules: Vec<&str> = Matcher::new(&catalog).ungated().into_iter().map(|rule| catalog.rule(rule).id.as_str()).collect();
    if rules.is_empty() { Ok(()) } else { writeln!(out, "the gate cannot tell for: {}", rules.join(", ")) }
}

fn prepare(args: &Args) -> anyhow::Result<Folder> {
    let order = if args.sorted { "-sorted" } else { "" };
    let folder = args.folder.join(format!("{}-seed{}{order}", args.bytes, args.seed));
    let options = Options { bytes: args.bytes, seed: args.seed, sorted: args.sorted, ..Options::default() };
    let files = synthetic::generate(&folder, &options).with_context(|| format!("cannot write {}", folder.display()))?;
    if args.rules > 0 {
        synthetic::rules::generate(&files.rules(args.rules), args.rules, args.seed)?;
    }
    Ok(files)
}

/// Runs each once, unmeasured, so that the file is in the page cache; leaves out what is not installed, and says so.
fn warm_up(contenders: Vec<Contender>, out: &mut dyn Write) -> anyhow::Result<Vec<Contender>> {
    let mut ready = Vec::new();
    for contender in contenders {
        match stopwatch::run(&contender.command)? {
            Outcome::Measured(_) => ready.push(contender),
            Outcome::Missing => writeln!(out, "{}: not installed, left out. {}", contender.name, contender.hint)?,
            Outcome::Failed(said) => {
                writeln!(out, "{}: failed, left out. {}\n  {}", contender.name, contender.hint, last_words(&said))?
            }
        }
    }
    Ok(ready)
}

/// The end of what a program said: some quote all patterns that they were given.
fn last_words(said: &str) -> &str {
    const BYTES: usize = 400;
    let said = said.trim();
    &said[said.ceil_char_boundary(said.len().saturating_sub(BYTES))..]
}

/// Every program once a round, in alternating order, so that neither heat nor a neighbour's load favours one.
fn race(contenders: &[Contender], rounds: usize, out: &mut dyn Write) -> anyhow::Result<Vec<Vec<Run>>> {
    let mut runs = vec![Vec::new(); contenders.len()];
    for round in 0..rounds {
        write!(out, "round {} of {rounds}:", round + 1)?;
        let order: Vec<usize> =
            if round % 2 == 0 { (0..contenders.len()).collect() } else { (0..contenders.len()).rev().collect() };
        for place in order {
            match stopwatch::run(&contenders[place].command)? {
                Outcome::Measured(run) => {
                    write!(out, " {} {:.2} s;", contenders[place].name, run.seconds)?;
                    runs[place].push(run);
                }
                Outcome::Missing | Outcome::Failed(_) => bail!("{} ran once and failed then", contenders[place].name),
            }
            out.flush()?;
        }
        writeln!(out)?;
    }
    Ok(runs)
}
