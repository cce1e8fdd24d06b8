//! Collects what could not be used of one file, without letting a ruined file flood the report.

use jiff::SignedDuration;

use super::Unread;

/// Notes of one file beyond this many are only counted.
const MOST: usize = 40;

/// The notes about one file.
pub(super) struct Notes {
    path: String,
    list: Vec<Unread>,
    further: u64,
}

impl Notes {
    pub(super) fn new(path: &str) -> Notes {
        Notes { path: path.to_owned(), list: Vec::new(), further: 0 }
    }

    pub(super) fn add(&mut self, line: Option<u64>, reason: impl Into<String>) {
        if self.list.len() < MOST {
            self.list.push(Unread { path: self.path.clone(), line, reason: reason.into() });
        } else {
            self.further += 1;
        }
    }

    /// Notes the reason of an error and goes on without the value.
    pub(super) fn ok<T>(&mut self, line: Option<u64>, place: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|reason| self.add(line, format!("{place}: {reason}; left out"))).ok()
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Adds the notes that were taken apart.
    pub(super) fn take(&mut self, other: Notes) {
        for note in other.list {
            self.add(note.line, note.reason);
        }
        self.further += other.further;
    }

    /// Notes that the cases cannot be dated by adding durations up.
    pub(super) fn side_by_side(&mut self, cases: usize, sum: SignedDuration, total: SignedDuration) {
        let (sum, total) = (sum.as_secs_f64(), total.as_secs_f64());
        self.add(
            None,
            format!(
                "the {cases} cases took {sum:.3} s together within {total:.3} s: they ran side by side, so the file does \
                 not say when each one ran; add a report that dates every test (pytest --report-log, go test -json)"
            ),
        );
    }

    pub(super) fn finish(mut self) -> Vec<Unread> {
        if self.further > 0 {
            let reason = format!("{} further parts of the file could not be used", self.further);
            self.list.push(Unread { path: self.path, line: None, reason });
        }
        self.list
    }
}
