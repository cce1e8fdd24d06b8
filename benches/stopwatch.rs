//! Runs a program and says how long it took and how much memory it held.
//!
//! The system tells the peak memory only for all finished children together, so each program is run by a process
//! of its own: this one again, asked through [`ASKED`].

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

/// The first argument that asks this program to measure the rest.
const ASKED: &str = "--measure-this";

/// What a program needed.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// From start to exit, on the clock.
    pub seconds: f64,
    /// What all its threads computed, and the system for them. On a busy machine this says more than the clock.
    pub processor: f64,
    /// Peak resident memory in bytes.
    pub peak: u64,
}

/// What came of running a program.
#[derive(Debug)]
pub enum Outcome {
    /// It did its work.
    Measured(Run),
    /// It is not installed.
    Missing,
    /// It failed, and said this.
    Failed(String),
}

/// A program, its arguments, and what it reads from standard input.
#[derive(Debug, Clone)]
pub struct Line(pub Vec<OsString>);

/// The command to measure, if this process was started for that.
pub fn asked_to_measure() -> Option<Vec<OsString>> {
    let mut args = env::args_os().skip(1);
    (args.next()? == ASKED).then(|| args.collect())
}

/// Runs the command and prints seconds, processor seconds and bytes for [`run`] to read.
pub fn measure(command: &[OsString]) -> anyhow::Result<()> {
    let started = Instant::now();
    let status = Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).stdout(File::create("/dev/null")?).status();
    let seconds = started.elapsed().as_secs_f64();
    let status = match status {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(writeln!(io::stdout(), "missing")?),
        status => status?,
    };
    if !status.success() {
        return Ok(writeln!(io::stdout(), "failed")?);
    }
    // Kilobytes on Linux, bytes on macOS.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let peak = u64::try_from(usage.max_rss()).unwrap_or(0) * unit;
    let spent = |time: TimeVal| time.num_microseconds() as f64 / 1e6;
    let processor = spent(usage.user_time()) + spent(usage.system_time());
    Ok(writeln!(io::stdout(), "{seconds} {processor} {peak}")?)
}

/// Runs a command in a process of its own; its output is thrown away.
///
/// # Errors
///
/// Where this program cannot be started again.
pub fn run(command: &Line) -> anyhow::Result<Outcome> {
    let output = Command::new(env::current_exe()?).arg(ASKED).args(&command.0).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = said.split_whitespace().collect();
    Ok(match words[..] {
        [seconds, processor, peak] => {
            Outcome::Measured(Run { seconds: seconds.parse()?, processor: processor.parse()?, peak: peak.parse()? })
        }
        ["missing"] => Outcome::Missing,
        _ => Outcome::Failed(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}
