//! Where in its sources which time stands, as it was met when they were read: what is wanted later is read there only.

use jiff::Timestamp;

use super::harvest::Part;
use super::source::Source;
use crate::window::Spans;

/// What was met where, file by file, in the order of reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeIndex(Vec<OfFile>);

/// A file, or what it was decoded to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OfFile {
    name: String,
    /// It was read from its beginning to its end.
    is_whole: bool,
    parts: Vec<Part>,
}

impl TimeIndex {
    /// What is noted next is met in this file.
    pub(super) fn begin(&mut self, file: &Source, is_whole: bool) {
        self.0.push(OfFile { name: file.name().to_owned(), is_whole, parts: Vec::new() });
    }

    /// Notes parts of the file begun last.
    pub(super) fn note(&mut self, parts: &[Part]) {
        if let Some(file) = self.0.last_mut() {
            file.parts.extend(parts);
        }
    }

    /// The parts of a file that hold what was logged at these times, in order; `None` where that is not known of all of it.
    pub(super) fn parts(&self, file: &Source, wanted: &Spans) -> Option<Vec<(u64, u64)>> {
        let known = self.0.iter().find(|known| known.name == file.name())?;
        if !known.is_whole && !wanted.iter().all(|span| known.covers(span)) {
            return None;
        }
        Some(known.parts.iter().filter(|part| wanted.meets(part.span)).map(|part| part.place).collect())
    }
}

impl OfFile {
    /// Whether parts that stand behind each other hold all of this time, in a file that is in order of time.
    fn covers(&self, (start, end): (Timestamp, Timestamp)) -> bool {
        let stands_behind = |one: &Part, other: &Part| one.place.1 == other.place.0;
        let mut stretches = self.parts.chunk_by(stands_behind);
        stretches.any(|stretch| {
            let earliest = stretch.iter().map(|part| part.span.0).min();
            let latest = stretch.iter().map(|part| part.span.1).max();
            earliest.is_some_and(|earliest| earliest < start) && latest.is_some_and(|latest| latest >= end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn index(is_whole: bool) -> (TimeIndex, Source) {
        let file = Source::path("logs.ndjson");
        let mut index = TimeIndex::default();
        index.begin(&file, is_whole);
        for (place, span) in [((0, 10), (0, 9)), ((10, 20), (5, 19)), ((40, 50), (50, 60)), ((50, 60), (60, 70))] {
            index.note(&[Part { place, span: (at(span.0), at(span.1)) }]);
        }
        (index, file)
    }

    #[test]
    fn the_parts_that_hold_a_time_are_found_also_where_entries_are_late() {
        let (index, file) = index(true);
        let parts = |from, to| index.parts(&file, &Spans::union([(at(from), at(to))])).unwrap();
        assert_eq!(parts(6, 8), [(0, 10), (10, 20)]);
        assert_eq!(parts(12, 13), [(10, 20)]);
        assert_eq!(parts(60, 61), [(40, 50), (50, 60)]);
        assert_eq!(parts(19, 50), [(10, 20)]);
        assert_eq!(parts(20, 50), []);
        assert_eq!(index.parts(&Source::path("other.ndjson"), &Spans::union([(at(0), at(9))])), None);
    }

    #[test]
    fn of_a_file_that_was_read_in_part_nothing_is_said_beyond_what_was_read() {
        let (index, file) = index(false);
        let parts = |from, to| index.parts(&file, &Spans::union([(at(from), at(to))]));
        assert_eq!(parts(55, 65), Some(vec![(40, 50), (50, 60)]));
        assert_eq!(parts(1, 19), Some(vec![(0, 10), (10, 20)]));
        for (from, to) in [(0, 19), (1, 20), (18, 55), (55, 71), (50, 65)] {
            assert_eq!(parts(from, to), None, "{from} to {to}");
        }
    }
}
