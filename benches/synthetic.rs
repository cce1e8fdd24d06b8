//! An invented failed run: any number of bytes of Cloud Run entries of realistic shape and mix, with known faults
//! planted where the failing tests ran, and the test results beside them. The same seed gives the same bytes.
//!
//! Nothing is held but the entries of the next few seconds, so the size is bounded by the disk alone.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

mod act;
mod cases;
mod cast;
mod entry;
mod faults;
mod lines;
mod random;
pub mod rules;
mod services;

use act::Stage;
use cases::Case;
use entry::Micros;
use random::Random;

/// 2026-11-20T00:00:00Z.
const START: Micros = 1_795_132_800 * 1_000_000;

/// Of a thousand entries, those that are written down again later: what at-least-once delivery looks like.
const DUPLICATES_PER_MILLE: u64 = 2;

/// Of a thousand entries, those that reach the file after younger ones.
const LATE_PER_MILLE: u64 = 4;

/// What to invent.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of log entries, about (a few entries more).
    pub bytes: u64,
    /// Another seed, another run.
    pub seed: u64,
    /// Time that the entries span.
    pub hours: u32,
    /// Strictly in order of time; otherwise a few entries are late, as in life.
    pub sorted: bool,
    /// Tests of each run of the suite.
    pub tests: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { bytes: 600_000_000, seed: 1, hours: 24, sorted: false, tests: 60 }
    }
}

/// Two runs of the suite in the same logs: one whose windows cover nearly all of the time, one within 2 % of it.
#[derive(Debug)]
pub struct Plan {
    wide: Vec<Case>,
    narrow: Vec<Case>,
}

impl Plan {
    fn new(options: &Options, random: &mut Random) -> Plan {
        let span = Micros::from(options.hours) * 3_600_000_000;
        // The narrow run has a hole of 4 % to itself, so that its failures are not in a window of the other.
        let share = span * 96 / 100 / options.tests as Micros;
        let before = (options.tests * 3 / 5) as Micros;
        let hole = START + before * share;
        let after = hole + span * 4 / 100;
        let wide = cases::plan(
            "wide",
            options.tests,
            &[(START, hole), (after, after + (options.tests as Micros - before) * share)],
            random,
        );
        let narrow = cases::plan("narrow", options.tests, &[(hole + span / 100, hole + span * 3 / 100)], random);
        Plan { wide, narrow }
    }

    fn cases(&self) -> impl Iterator<Item = &Case> {
        self.wide.iter().chain(&self.narrow)
    }

    /// JUnit XML of the suite whose windows are `wide` or `narrow`.
    pub fn junit(&self, windows: &str) -> String {
        cases::junit(if windows == "wide" { &self.wide } else { &self.narrow })
    }

    /// Name and planted rule of each failing test.
    fn planted(&self) -> String {
        let failing = self.cases().filter_map(|case| Some(format!("{}\t{}\n", case.name, case.fault?.rule)));
        failing.collect()
    }
}

/// The files of an invented run.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The log entries, one a line.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs.ndjson")
    }

    /// JUnit XML of the suite whose windows are `wide` or `narrow`.
    pub fn results(&self, windows: &str) -> PathBuf {
        self.0.join(format!("{windows}.xml"))
    }

    /// Each failing test's name and the rule of its planted cause, separated by a tab.
    pub fn planted(&self) -> PathBuf {
        self.0.join("planted.tsv")
    }

    /// A folder of this many further rules.
    pub fn rules(&self, count: usize) -> PathBuf {
        self.0.join(format!("rules-{count}"))
    }
}

/// Writes the run into a folder; leaves it alone where it is there already.
///
/// # Errors
///
/// Where something cannot be written.
pub fn generate(folder: &Path, options: &Options) -> io::Result<Folder> {
    let files = Folder(folder.to_owned());
    if files.planted().exists() {
        return Ok(files);
    }
    fs::create_dir_all(folder)?;
    let mut logs = BufWriter::with_capacity(1 << 20, File::create(files.logs())?);
    let plan = write_logs(&mut logs, options)?;
    logs.flush()?;
    for windows in ["wide", "narrow"] {
        fs::write(files.results(windows), plan.junit(windows))?;
    }
    // The last one, so that its being there means that all is there.
    fs::write(files.planted(), plan.planted())?;
    Ok(files)
}

/// Writes the entries of the run.
///
/// # Errors
///
/// Where `out` cannot be written.
pub fn write_logs(out: &mut dyn Write, options: &Options) -> io::Result<Plan> {
    let mut random = Random::new(options.seed);
    let plan = Plan::new(options, &mut random);
    let mut queue = Queue { waiting: BinaryHeap::new(), bytes: 0, count: 0, sorted: options.sorted };
    let span = Micros::from(options.hours) * 3_600_000_000;
    let mut stage = Stage::new(START, span, Random::new(options.seed ^ 0x5eed));
    let mut failures: Vec<(Micros, &Case)> = plan
        .cases()
        .filter(|case| case.fault.is_some())
        .flat_map(|case| cases::failures(case, &mut random).into_iter().map(move |at| (at, case)))
        .collect();
    failures.sort_by_key(|(at, _)| Reverse(*at));
    while queue.bytes < options.bytes {
        // Time goes on with the bytes, so that they fill the span whatever their number.
        let now = START + (i128::from(span) * i128::from(queue.bytes) / i128::from(options.bytes)) as Micros;
        while let Some((at, case)) = failures.pop_if(|(at, _)| *at <= now) {
            if let Some(fault) = case.fault {
                stage.fail(fault, at, &mut |at, line| queue.add(at, line, &mut random));
            }
        }
        queue.write_until(now, out)?;
        stage.act(now, &mut |at, line| queue.add(at, line, &mut random));
    }
    queue.write_until(Micros::MAX, out)?;
    Ok(plan)
}

/// Writes nothing but stack traces that came one line an entry: what stitching has to bear.
///
/// # Errors
///
/// Where `out` cannot be written.
pub fn write_stack_traces(out: &mut dyn Write, bytes: u64, seed: u64) -> io::Result<()> {
    let mut random = Random::new(seed);
    let mut queue = Queue { waiting: BinaryHeap::new(), bytes: 0, count: 0, sorted: true };
    let mut stage = Stage::new(START, 3_600_000_000, Random::new(seed ^ 0x5eed));
    let mut now = START;
    while queue.bytes < bytes {
        queue.write_until(now, out)?;
        stage.trace(now, &mut |at, line| queue.add(at, line, &mut random));
        now += 300;
    }
    queue.write_until(Micros::MAX, out)
}

/// Entries on their way to the file, in order of the moment they reach it.
struct Queue {
    waiting: BinaryHeap<Reverse<(Micros, u64, String)>>,
    bytes: u64,
    count: u64,
    sorted: bool,
}

impl Queue {
    fn add(&mut self, at: Micros, line: String, random: &mut Random) {
        self.bytes += line.len() as u64;
        self.count += 1;
        let late = if random.per_mille(LATE_PER_MILLE) { random.between(100_000, 8_000_000) } else { 0 };
        let again = if random.per_mille(DUPLICATES_PER_MILLE) { Some(random.between(10_000, 3_000_000)) } else { None };
        let (late, again) = if self.sorted { (0, again.map(|_| 0)) } else { (late, again) };
        if let Some(again) = again {
            self.bytes += line.len() as u64;
            self.waiting.push(Reverse((at + again, self.count, line.clone())));
        }
        self.waiting.push(Reverse((at + late, self.count, line)));
    }

    fn write_until(&mut self, now: Micros, out: &mut dyn Write) -> io::Result<()> {
        while self.waiting.peek().is_some_and(|Reverse((at, ..))| *at < now) {
            if let Some(Reverse((_, _, line))) = self.waiting.pop() {
                out.write_all(line.as_bytes())?;
            }
        }
        Ok(())
    }
}
