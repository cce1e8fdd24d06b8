//! A mistake in a rule file: where it is, what is wrong, what to write instead.

use std::fmt;

/// One mistake in one rule file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as it was given (`rules/auth/missing-jwt.yaml`).
    pub path: String,
    /// Line in the file, from 1.
    pub line: u64,
    /// Column in the line, in characters, from 1.
    pub column: u64,
    /// How many characters of the line are meant; at least 1.
    pub width: u64,
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
    /// The line itself, for a caret under the place; empty where the file could not be read.
    pub source_line: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)?;
        match &self.help {
            Some(help) => write!(out, "; {help}"),
            None => Ok(()),
        }
    }
}

/// A place in a rule file: line and column from 1, width in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
    /// In characters, at least 1.
    pub width: u64,
}

impl Place {
    /// The first character of a file.
    pub const START: Place = Place { line: 1, column: 1, width: 1 };
}

/// The text of one rule file, and the mistakes found in it so far.
#[derive(Debug)]
pub(super) struct Sheet<'s> {
    pub(super) path: &'s str,
    pub(super) source: &'s str,
    pub(super) problems: Vec<Problem>,
}

impl<'s> Sheet<'s> {
    pub(super) fn new(path: &'s str, source: &'s str) -> Self {
        Sheet { path, source, problems: Vec::new() }
    }

    /// Notes a mistake.
    pub(super) fn wrong(&mut self, place: Place, message: impl Into<String>, help: impl Into<Option<String>>) {
        let index = usize::try_from(place.line).unwrap_or(usize::MAX).saturating_sub(1);
        let source_line = self.source.lines().nth(index).unwrap_or_default().trim_end().to_owned();
        self.problems.push(Problem {
            path: self.path.to_owned(),
            line: place.line,
            column: place.column,
            width: place.width.max(1),
            message: message.into(),
            help: help.into(),
            source_line,
        });
    }
}

/// The candidate nearest to what was written, if it is near enough to be meant: at most a third of
/// the letters differ (optimal string alignment), or one contains the other.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    nearest_few(written, candidates, 1).pop()
}

/// As [`nearest`]: up to so many candidates, the nearest first.
pub fn nearest_few<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>, most: usize) -> Vec<&'c str> {
    let written = written.to_lowercase();
    let allowed = (written.chars().count() / 3).max(2);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let part = written.len() >= 4 && (candidate.contains(&written) || written.contains(candidate));
            // Lengths alone settle most of a large catalog.
            let close = written.len().abs_diff(candidate.len()) <= 4 * allowed;
            let distance = || strsim::osa_distance(&written, candidate);
            (part || close).then(distance).filter(|distance| part || *distance <= allowed).map(|distance| (distance, candidate))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_word_is_not() {
        let keys = ["title", "severity", "explains", "refines"];
        assert_eq!(nearest("tilte", keys), Some("title"));
        assert_eq!(nearest("explain", keys), Some("explains"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("missing-jwt", ["auth/missing-jwt", "auth/expired-jwt"]), Some("auth/missing-jwt"));
    }
}
