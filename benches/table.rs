//! The table of a side-by-side measurement.

use std::io::{self, Write};

use crate::rivals::Contender;
use crate::stopwatch::Run;

/// Least, median and most.
struct Range {
    least: f64,
    median: f64,
    most: f64,
}

impl Range {
    /// Of at least one number.
    fn of(numbers: impl Iterator<Item = f64>) -> Range {
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_by(f64::total_cmp);
        let (least, most) = (numbers.first().copied().unwrap_or(f64::NAN), numbers.last().copied().unwrap_or(f64::NAN));
        let middle = numbers.len() / 2;
        let median = match numbers.len() {
            0 => f64::NAN,
            count if count % 2 == 1 => numbers[middle],
            _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
        };
        Range { least, median, most }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} {:.2} {:.2}", self.least, self.median, self.most)
    }
}

/// Prints seconds, bytes per second, the ratio to the first contender (of the same round), processor seconds, and peak memory.
///
/// # Errors
///
/// Where `out` cannot be written.
pub fn print(contenders: &[Contender], runs: &[Vec<Run>], bytes: u64, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{bytes} bytes of log entries; least, median, most of {} rounds\n", runs.first().map_or(0, Vec::len))?;
    let head = ["", "seconds", "MB/s", "times the first's", "processor seconds", "peak MB"];
    writeln!(out, "| {:<20} | {:>18} | {:>6} | {:>18} | {:>18} | {:>7} |", head[0], head[1], head[2], head[3], head[4], head[5])?;
    writeln!(out, "|{:-<22}|{:->19}:|{:->7}:|{:->19}:|{:->19}:|{:->8}:|", "", "", "", "", "", "")?;
    for (contender, own) in contenders.iter().zip(runs) {
        let seconds = Range::of(own.iter().map(|run| run.seconds));
        let ratio = Range::of(own.iter().zip(&runs[0]).map(|(run, first)| run.seconds / first.seconds));
        let processor = Range::of(own.iter().map(|run| run.processor));
        let peak = own.iter().map(|run| run.peak).max().unwrap_or(0);
        writeln!(
            out,
            "| {:<20} | {:>18} | {:>6.0} | {:>18} | {:>18} | {:>7.0} |",
            contender.name,
            seconds.to_string(),
            bytes as f64 / 1e6 / seconds.median,
            ratio.to_string(),
            processor.to_string(),
            peak as f64 / 1e6,
        )?;
    }
    Ok(())
}
