//! A mistake in a rule file: where it is, what is wrong, what to write instead.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

use super::codes;
pub use super::place::Place;

/// A kind of mistake. Neither id nor name ever changes its meaning.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// `FW` and three digits: below 100 the rule is not read as it was meant, from 100 on it loads and is no good.
    pub id: &'static str,
    /// The same in words: `unescaped-dot`.
    pub name: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What it is about, in half a sentence.
    pub summary: &'static str,
}

/// How bad a mistake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The rule, or a part of it, is left out.
    Error,
    /// The rule loads, and a lint found something; it can be allowed with a reason.
    Lint,
}

/// A change of the file that puts a mistake right: these bytes become this text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    /// First byte that is replaced.
    pub start: usize,
    /// First byte that stays.
    pub end: usize,
    /// What stands there instead.
    pub text: String,
}

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
    /// What kind of mistake.
    pub code: &'static Code,
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
    /// The line itself, for a caret under the place; empty where the file could not be read.
    pub source_line: String,
    /// What would put it right, where that is sure.
    pub fix: Option<Fix>,
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

/// The text of one rule file, and the mistakes found in it so far.
#[derive(Debug)]
pub(super) struct Sheet<'s> {
    pub(super) path: &'s str,
    pub(super) source: &'s str,
    pub(super) problems: Vec<Problem>,
    /// Where each line begins; made at the first mistake, so that a thousand of them do not read the file a thousand times.
    lines: OnceCell<Vec<usize>>,
}

impl<'s> Sheet<'s> {
    pub(super) fn new(path: &'s str, source: &'s str) -> Self {
        Sheet { path, source, problems: Vec::new(), lines: OnceCell::new() }
    }

    /// Notes a value that is not what it should be.
    pub(super) fn wrong(&mut self, place: Place, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.found(&codes::WRONG_VALUE, place, message, help);
    }

    /// Notes a mistake of this kind.
    pub(super) fn found(
        &mut self,
        code: &'static Code,
        place: Place,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.problems.push(Problem {
            path: self.path.to_owned(),
            line: place.line,
            column: place.column,
            width: place.width.max(1),
            code,
            message: message.into(),
            help: help.into(),
            source_line: self.line(place.line).to_owned(),
            fix: None,
        });
    }

    /// Says what would put the mistake right that was noted last.
    pub(super) fn fix(&mut self, bytes: Range<usize>, text: impl Into<String>) {
        if let Some(problem) = self.problems.last_mut() {
            problem.fix = Some(Fix { start: bytes.start, end: bytes.end, text: text.into() });
        }
    }

    fn starts(&self) -> &[usize] {
        let breaks = || self.source.match_indices('\n').map(|(at, _)| at + 1);
        self.lines.get_or_init(|| std::iter::once(0).chain(breaks()).collect())
    }

    fn line(&self, number: u64) -> &'s str {
        let starts = self.starts();
        let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(&start) = starts.get(index) else { return "" };
        let end = starts.get(index + 1).map_or(self.source.len(), |next| next - 1);
        self.source[start..end].trim_end()
    }

    /// The number of the line that holds a byte, from 1.
    pub(super) fn line_of(&self, byte: usize) -> u64 {
        self.starts().partition_point(|&start| start <= byte) as u64
    }

    /// The place of bytes of the file; what runs over a line's end is cut there.
    pub(super) fn place_of(&self, bytes: Range<usize>) -> Place {
        let line = self.line_of(bytes.start);
        let start = self.starts().get(line as usize - 1).copied().unwrap_or_default();
        let characters = |range: Range<usize>| self.source.get(range).map_or(0, |text| text.chars().count()) as u64;
        let meant = self.source.get(bytes.clone()).and_then(|text| text.lines().next()).map_or(0, |text| text.chars().count());
        Place { line, column: characters(start..bytes.start) + 1, width: (meant as u64).max(1) }
    }
}

/// The candidate nearest to what was written, if it is near enough to be meant: at most a third of
/// the letters differ (optimal string alignment), or one contains the other.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    nearest_few(written, candidates, 1).pop()
}

/// As [`nearest`]: up to so many candidates, the nearest first. Linear in the candidates; an alignment is worked
/// out only for those whose letters alone do not rule them out.
pub fn nearest_few<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>, most: usize) -> Vec<&'c str> {
    let written: String = written.to_lowercase().chars().take(LONGEST_NAME).collect();
    let allowed = (written.chars().count() / 3).max(2);
    let letters = Letters::of(&written);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 4 * LONGEST_NAME)
        .filter_map(|candidate| {
            let part = written.len() >= 4 && (candidate.contains(&written) || written.contains(candidate));
            let close = part || letters.at_least_apart(&Letters::of(candidate)) <= allowed;
            let distance = || strsim::osa_distance(&written, candidate);
            close.then(distance).filter(|distance| part || *distance <= allowed).map(|distance| (distance, candidate))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, candidate)| candidate).collect()
}

/// Nobody means a longer name.
const LONGEST_NAME: usize = 120;

/// How often each letter stands in a name, letters folded into 64 kinds.
struct Letters([i16; 64]);

impl Letters {
    fn of(name: &str) -> Letters {
        let mut counts = [0; 64];
        name.chars().for_each(|letter| counts[letter as usize % 64] += 1);
        Letters(counts)
    }

    /// Edits that are needed whatever the order of the letters is: a lower bound of the distance.
    fn at_least_apart(&self, other: &Letters) -> usize {
        let differences = || self.0.iter().zip(&other.0).map(|(one, other)| i32::from(one - other));
        let sum = |sign: i32| differences().map(|difference| (sign * difference).max(0)).sum::<i32>();
        usize::try_from(sum(1).max(sum(-1))).unwrap_or_default()
    }
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

    #[test]
    fn a_line_is_the_files_own_and_a_place_counts_characters() {
        let mut sheet = Sheet::new("r.yaml", "a: é\nb: xyz\n");
        sheet.wrong(Place { line: 2, ..Place::START }, "m", None);
        sheet.wrong(Place { line: 9, ..Place::START }, "m", None);
        assert_eq!((sheet.problems[0].source_line.as_str(), sheet.problems[1].source_line.as_str()), ("b: xyz", ""));
        assert_eq!(sheet.place_of(3..5), Place { line: 1, column: 4, width: 1 });
        assert_eq!(sheet.place_of(9..12), Place { line: 2, column: 4, width: 3 });
    }

    #[test]
    fn letters_alone_never_rule_out_a_near_name() {
        for (one, other) in [("auth/missing-jwt", "auth/jwt-missing"), ("abc", "abd"), ("tilte", "title"), ("é", "e")] {
            assert!(Letters::of(one).at_least_apart(&Letters::of(other)) <= strsim::osa_distance(one, other), "{one} {other}");
        }
    }
}
