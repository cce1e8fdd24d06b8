//! Finds where in a large file the wanted time stands, where its lines are in order of time.
//!
//! The file is sampled at many places. If all that was sampled is in order, the wanted stretches are searched by
//! halving, read with room to spare on both sides, and their order is checked while they are read; if it is broken
//! anywhere, the whole file is read after all.

use std::io::{self, Read, Seek, SeekFrom};

use jiff::Timestamp;

use super::outline::timestamp;
use super::recognise::Layout;
use super::source::{ReadSeek, Source};
use super::stamp::Clock;
use crate::window::Spans;

/// A smaller file is read sooner than it is sampled.
pub(super) const SMALLEST_BYTES: u64 = 32 << 20;

/// How many places of the file are sampled.
const PLACES: u64 = 64;

/// How much is read to see the order of entries at a place, at least, in bytes.
const SAMPLE_BYTES: usize = 32 << 10;

/// How much is read to see a single entry, at least, in bytes.
const GLANCE_BYTES: usize = 4 << 10;

/// An entry longer than this makes the file one that is read as a whole.
const LONGEST_SAMPLE_BYTES: usize = 4 << 20;

/// How much is read on both sides of what is wanted, in bytes.
const SPARE_BYTES: u64 = 256 << 10;

/// If more than this share of a file is wanted, in percent, it is read as a whole.
const MOST_PERCENT: u64 = 60;

/// What is to be read of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// From where to where, in bytes, in order; each begins and ends between lines.
    pub(super) stretches: Vec<(u64, u64)>,
    /// How many entries were sampled.
    pub(super) sampled: u64,
    /// The file's first and last timestamps, the earlier one first.
    pub(super) span: (Timestamp, Timestamp),
    pub(super) direction: Direction,
}

/// Which way time runs through a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    OldestFirst,
    NewestFirst,
}

impl Direction {
    /// Whether the second of two timestamps may stand behind the first.
    pub(super) fn allows(self, first: Timestamp, second: Timestamp) -> bool {
        match self {
            Direction::OldestFirst => first <= second,
            Direction::NewestFirst => first >= second,
        }
    }
}

/// What stands at a place of the file.
struct Sample {
    /// Where its first whole line begins.
    start: u64,
    /// The timestamps of its whole lines in order, or of the first one.
    times: Vec<Timestamp>,
}

/// A file that is to be read in part, open, and its size in bytes.
pub(super) struct Planned<'f> {
    pub(super) file: Box<dyn ReadSeek + 'f>,
    pub(super) size: u64,
    pub(super) plan: Plan,
}

/// What a look at some places of a file tells.
#[derive(Default)]
pub(super) struct Outlook<'f> {
    /// What is to be read of it; `None` where that is all of it.
    pub(super) planned: Option<Planned<'f>>,
    /// About how many entries of the wanted time it has, where that can be told.
    pub(super) wanted: u64,
}

/// Looks at some places of a file. One smaller than `smallest` bytes is read as a whole.
pub(super) fn outlook<'f>(source: &'f Source, layout: &Layout, wanted: &Spans, smallest: u64) -> io::Result<Outlook<'f>> {
    let in_lines = layout.indent.as_ref().is_some_and(Vec::is_empty) && !layout.fenced;
    let Some((mut file, size)) = (if in_lines { source.seekable()? } else { None }) else { return Ok(Outlook::default()) };
    if size < smallest || wanted.is_empty() {
        return Ok(Outlook::default());
    }
    let Some(times) = sampled(&mut file, size)? else { return Ok(Outlook::default()) };
    let within = times.iter().filter(|time| wanted.contains(**time)).count() as u64;
    let planned = plan(&mut file, size, &times, wanted)?.map(|plan| Planned { file, size, plan });
    Ok(Outlook { planned, wanted: within * (size / (PLACES * SAMPLE_BYTES as u64)) })
}

/// When entries happened all over a file, in its order; `None` where some cannot be dated.
fn sampled(mut file: impl Read + Seek, size: u64) -> io::Result<Option<Vec<Timestamp>>> {
    let mut times = Vec::new();
    for place in 0..PLACES {
        let Some(sample) = sample(&mut file, size / PLACES * place, size, Look::AtAll)? else { return Ok(None) };
        times.extend(sample.times);
    }
    let Some(last) = last_time(&mut file, size)? else { return Ok(None) };
    times.push(last);
    Ok(Some(times))
}

/// Says what to read of a file of one entry a line, given what was sampled; `None` where all of it must be read: it is out of order,
/// or most of it is wanted. Logarithmic in the size of the file for each stretch of time.
fn plan(file: impl Read + Seek, size: u64, times: &[Timestamp], wanted: &Spans) -> io::Result<Option<Plan>> {
    let (Some(direction), &[first, .., last]) = (direction(times), times) else { return Ok(None) };
    let mut search = Search { file, size, direction };
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for (start, end) in wanted.iter() {
        let Some(stretch) = search.stretch(start, end)? else { return Ok(None) };
        stretches.push(stretch);
    }
    let stretches = merged(stretches);
    let read: u64 = stretches.iter().map(|(from, to)| to - from).sum();
    let plan = Plan { stretches, sampled: times.len() as u64, span: (first.min(last), first.max(last)), direction };
    Ok((read * 100 <= size * MOST_PERCENT).then_some(plan))
}

/// Stretches in order of place, those that meet as one.
fn merged(mut stretches: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    stretches.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(stretches.len());
    for (from, to) in stretches {
        match merged.last_mut() {
            Some(before) if from <= before.1 => before.1 = before.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The direction in which all of these run; `None` where they run in none, or are all the same.
fn direction(times: &[Timestamp]) -> Option<Direction> {
    let runs = |direction: &Direction| times.windows(2).all(|pair| direction.allows(pair[0], pair[1]));
    let direction = [Direction::OldestFirst, Direction::NewestFirst].into_iter().find(runs)?;
    (times.first() != times.last()).then_some(direction)
}

struct Search<F> {
    file: F,
    size: u64,
    direction: Direction,
}

impl<F: Read + Seek> Search<F> {
    /// Where the entries of an interval stand, with room to spare, cut between lines.
    fn stretch(&mut self, start: Timestamp, end: Timestamp) -> io::Result<Option<(u64, u64)>> {
        let places = match self.direction {
            Direction::OldestFirst => (self.first(|time| time >= start)?, self.first(|time| time >= end)?),
            Direction::NewestFirst => (self.first(|time| time < end)?, self.first(|time| time < start)?),
        };
        let (Some(from), Some(to)) = places else { return Ok(None) };
        let from = self.line_start(from.saturating_sub(2 * SPARE_BYTES))?;
        let to = self.line_start((to + SPARE_BYTES).min(self.size))?;
        Ok(from.zip(to).map(|(from, to)| (from, to.max(from))))
    }

    /// About where the first entry stands for which this is so: at most [`SPARE_BYTES`] and a line before the place that
    /// is given. `None` where an entry on the way there cannot be dated.
    fn first(&mut self, is_behind: impl Fn(Timestamp) -> bool) -> io::Result<Option<u64>> {
        let (mut low, mut high) = (0, self.size);
        while high - low > SPARE_BYTES {
            let middle = low + (high - low) / 2;
            let Some(sample) = sample(&mut self.file, middle, self.size, Look::AtOne)? else { return Ok(None) };
            match sample.times.first() {
                Some(time) if !is_behind(*time) => low = middle,
                _ => high = middle,
            }
        }
        Ok(Some(high))
    }

    /// The start of the first line that begins at or behind a place.
    fn line_start(&mut self, place: u64) -> io::Result<Option<u64>> {
        if place == 0 || place >= self.size {
            return Ok(Some(place.min(self.size)));
        }
        Ok(sample(&mut self.file, place, self.size, Look::AtOne)?.map(|sample| sample.start))
    }
}

/// How closely to look at a place.
#[derive(Clone, Copy)]
enum Look {
    /// Every line that was read there is dated.
    AtAll,
    /// The first one.
    AtOne,
}

/// The whole lines at a place, at least one unless the file ends before; `None` where no line there is an entry that
/// can be dated, or lines are too long.
fn sample(file: &mut (impl Read + Seek), place: u64, size: u64, look: Look) -> io::Result<Option<Sample>> {
    let (mut length, most) = match look {
        Look::AtAll => (SAMPLE_BYTES, usize::MAX),
        Look::AtOne => (GLANCE_BYTES, 1),
    };
    loop {
        file.seek(SeekFrom::Start(place))?;
        let mut bytes = Vec::with_capacity(length);
        file.by_ref().take(length as u64).read_to_end(&mut bytes)?;
        let at_end = place + bytes.len() as u64 >= size;
        let skipped = if place == 0 { Some(0) } else { memchr::memchr(b'\n', &bytes).map(|newline| newline + 1) };
        let whole = memchr::memrchr(b'\n', &bytes).map(|newline| newline + 1);
        let end = if at_end { Some(bytes.len()) } else { whole };
        if let (Some(start), Some(end)) = (skipped, end)
            && start < end
        {
            let Some(times) = times(&bytes[start..end], most) else { return Ok(None) };
            return Ok(Some(Sample { start: place + start as u64, times }));
        }
        if at_end {
            return Ok(Some(Sample { start: size, times: Vec::new() }));
        }
        length *= 4;
        if length > LONGEST_SAMPLE_BYTES {
            return Ok(None);
        }
    }
}

/// When the last entry of the file happened.
fn last_time(file: &mut (impl Read + Seek), size: u64) -> io::Result<Option<Timestamp>> {
    let sample = sample(file, size.saturating_sub(SAMPLE_BYTES as u64), size, Look::AtAll)?;
    Ok(sample.and_then(|sample| sample.times.last().copied()))
}

/// When the first entries of these lines happened; `None` where one is no entry of its own, or cannot be dated.
fn times(lines: &[u8], most: usize) -> Option<Vec<Timestamp>> {
    let mut clock = Clock::default();
    let lines = lines.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_end()).filter(|line| !line.is_empty());
    lines.take(most).map(|line| if line.starts_with(b"{") { clock.read(timestamp(line)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::io::Cursor;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn file(seconds: impl Iterator<Item = i64>) -> Vec<u8> {
        let mut text = String::new();
        for second in seconds {
            writeln!(text, "{{\"textPayload\":\"{}\",\"timestamp\":\"{}\"}}", "x".repeat(900), at(second)).unwrap();
        }
        text.into_bytes()
    }

    fn found(bytes: &[u8], from: i64, to: i64) -> Option<Plan> {
        let size = bytes.len() as u64;
        let times = sampled(Cursor::new(bytes), size).unwrap()?;
        plan(Cursor::new(bytes), size, &times, &Spans::union([(at(from), at(to))])).unwrap()
    }

    #[test]
    fn what_is_wanted_is_in_the_stretches_whichever_way_time_runs() {
        for backwards in [false, true] {
            let seconds: Vec<i64> = if backwards { (0..20_000).rev().collect() } else { (0..20_000).collect() };
            let bytes = file(seconds.into_iter());
            for (from, to) in [(0, 1), (5_000, 5_100), (19_999, 20_000), (-10, 3), (12_345, 12_346)] {
                let plan = found(&bytes, from, to).unwrap();
                assert_eq!(plan.span, (at(0), at(19_999)));
                let mut seen = Vec::new();
                for (start, end) in &plan.stretches {
                    let text = &bytes[*start as usize..*end as usize];
                    assert!(text.starts_with(b"{") && text.ends_with(b"}\n"));
                    seen.extend(times(text, usize::MAX).unwrap());
                }
                let there = (from.max(0)..to.min(20_000)).all(|second| seen.contains(&at(second)));
                assert!(there, "{from}..{to}, backwards: {backwards}");
                assert!(plan.stretches.iter().map(|(from, to)| to - from).sum::<u64>() < bytes.len() as u64 / 10);
            }
        }
    }

    #[test]
    fn what_is_out_of_order_is_read_as_a_whole() {
        let shuffled = file((0..20_000).map(|second| (second * 7_919) % 20_000));
        assert_eq!(found(&shuffled, 5_000, 5_100), None);
        assert_eq!(found(&file((0..20_000).map(|_| 7)), 0, 100), None);
    }

    #[test]
    fn what_is_mostly_wanted_or_no_log_is_read_as_a_whole() {
        let bytes = file(0..20_000);
        assert_eq!(found(&bytes, 0, 19_000), None);
        assert_eq!(found("no log at all\n".repeat(100_000).as_bytes(), 0, 10), None);
        assert_eq!(found(b"", 0, 10), None);
    }
}
