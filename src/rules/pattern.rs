//! A [`Pattern`]: a linear-time regex with named groups whose `\d \w \s \b` are ASCII.
//!
//! Rust's Unicode classes cost memory and speed and match what no log means (Arabic digits in a port
//! number), and every engine a rule may be sent to reads them as ASCII. So they are rewritten before
//! compiling. Everything else is the syntax of the `regex` crate: `.` stops at a line end, `^` and `$`
//! are the ends of the whole text unless `(?m)` says otherwise.

use std::ops::Range;
use std::sync::Arc;

use regex::Regex;
use regex_automata::meta;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::Captures;
use super::classes::with_ascii_classes;
use super::engine::Engine;
use super::needs::Needs;
use super::prepared;

/// A pattern: checked when it is made, compiled when it is first asked. Cloning is cheap.
///
/// Most runs ask few patterns of a large catalog, and compiling is most of what loading one would cost.
#[derive(Debug, Clone)]
pub struct Pattern(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    source: String,
    needs: Needs,
    engine: Engine,
}

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// Byte in the pattern where it goes wrong.
    pub offset: usize,
    /// The regex engine's own words.
    pub message: String,
}

/// A pattern of more steps than this is compiled to see whether it is more than the engine takes.
const MANY_STEPS: usize = 20_000;

impl Pattern {
    /// Checks a pattern; linear in its length, unless it is so big that only compiling can tell.
    ///
    /// # Errors
    /// The pattern is no regex, uses what linear time cannot have (look-around, back-references), or
    /// is too big once compiled.
    pub fn new(source: &str) -> Result<Pattern, PatternError> {
        if let Some(needs) = prepared::needs(source) {
            return Ok(Pattern::of(source, needs));
        }
        let rewritten = with_ascii_classes(source)?;
        let hir = parse(&rewritten.text)?;
        if steps(&hir) > MANY_STEPS {
            compile(&rewritten.text)?;
        }
        Ok(Pattern::of(source, Needs::of(rewritten, &hir)))
    }

    fn of(source: &str, needs: Needs) -> Pattern {
        Pattern(Arc::new(Parts { source: source.to_owned(), needs, engine: Engine::default() }))
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The pattern as it is compiled, ASCII classes written out.
    pub fn compiled(&self) -> &str {
        &self.0.needs.translated
    }

    /// The names of its groups.
    pub fn names(&self) -> &[String] {
        &self.0.needs.names
    }

    /// Whether it can match without any text, and so nearly everywhere.
    pub fn matches_nothing(&self) -> bool {
        self.0.needs.may_be_empty
    }

    /// The words that its matches need.
    pub(super) fn needs(&self) -> &Needs {
        &self.0.needs
    }

    /// `None` only for a pattern that the engine refuses after it was checked; it matches nothing.
    fn regex(&self, text: &str) -> Option<&meta::Regex> {
        self.0.engine.regex(&self.0.needs.translated, text)
    }

    /// Whether it matches anywhere in the text; linear in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex(text).is_some_and(|regex| regex.is_match(text))
    }

    /// Where it matches first.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        self.regex(text)?.find(text).map(|found| found.range())
    }

    /// What its named groups caught at its first match; groups that took no part are left out.
    pub fn captures(&self, text: &str) -> Option<Captures> {
        let mut caught = Captures::new();
        self.capture_into(text, &mut caught).map(|_| caught)
    }

    /// As [`Self::captures`], added to what is there; a name already caught keeps its value.
    /// Answers where in the text the match lies.
    pub(super) fn capture_into(&self, text: &str, caught: &mut Captures) -> Option<Range<usize>> {
        if self.names().is_empty() {
            return self.find(text);
        }
        let regex = self.regex(text)?;
        let mut groups = regex.create_captures();
        regex.captures(text, &mut groups);
        let span = groups.get_match()?.range();
        for name in self.names() {
            if let Some(value) = groups.get_group_by_name(name).and_then(|group| text.get(group.range())) {
                caught.entry(name.clone()).or_insert_with(|| value.to_owned());
            }
        }
        Some(span)
    }
}

fn parse(translated: &str) -> Result<Hir, PatternError> {
    let parsed = regex_syntax::Parser::new().parse(translated);
    parsed.map_err(|error| PatternError { offset: 0, message: last_line(&error.to_string()) })
}

impl From<(usize, String)> for PatternError {
    fn from((offset, message): (usize, String)) -> PatternError {
        PatternError { offset, message }
    }
}

/// About how many states the pattern takes once compiled.
fn steps(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => 6 * class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Capture(capture) => steps(&capture.sub) + 2,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            steps(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(steps).fold(1, usize::saturating_add),
    }
}

pub(super) fn compile(translated: &str) -> Result<Regex, PatternError> {
    Regex::new(translated).map_err(|error| {
        let message = match error {
            regex::Error::CompiledTooBig(limit) => format!("compiled it would need more than {limit} bytes"),
            error => last_line(&error.to_string()),
        };
        PatternError { offset: 0, message }
    })
}

/// The engine draws a caret over several lines; its last line says what is wrong.
fn last_line(drawn: &str) -> String {
    let line = drawn.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_words_blanks_and_word_ends_are_ascii() {
        assert!(Pattern::new(r"^\d+$").unwrap().is_match("123"));
        assert!(!Pattern::new(r"^\d+$").unwrap().is_match("١٢٣"));
        assert!(!Pattern::new(r"^\w$").unwrap().is_match("é"));
        assert!(Pattern::new(r"^[^\w]$").unwrap().is_match("é"));
        assert!(Pattern::new(r"^\W$").unwrap().is_match("é"));
        assert!(Pattern::new(r"a\bé").unwrap().is_match("aé"));
        assert!(Pattern::new(r"a\Bb").unwrap().is_match("ab"));
        assert!(Pattern::new(r"(?x) a [\s,] b").unwrap().is_match("a b"));
        assert!(Pattern::new(r"'[^']*'").unwrap().is_match("'é'"));
    }

    #[test]
    fn a_broken_pattern_says_where_in_the_engines_words() {
        let error = Pattern::new("ab(c").unwrap_err();
        assert_eq!((error.offset, error.message.as_str()), (2, "unclosed group"));
        assert!(Pattern::new("(?<=a)b").unwrap_err().message.contains("look"));
        assert!(Pattern::new(r"\pZZZ{1,5}\p{Nope}").is_err());
        assert!(Pattern::new(r"((a{1000}){1000}){10}").unwrap_err().message.contains("bytes"));
    }

    #[test]
    fn a_text_is_met_alike_whether_or_not_all_of_it_is_ascii() {
        let words = ["", "é ", " ‹"];
        for (source, text) in [
            (r"(?i)K.{0,9}(?<id>[^']s)'", "a kELVIN xs'"),
            (r"\bx\W(?<id>\w+)[^\w]", "x user7."),
            (r"[[:alpha:]]+\s(?<id>\S*)$", "ab \t7f"),
            (r"(?s)(?<id>.+)(?-s).\n", "a\nb\n"),
            (r"(?x) (?<id> [^a-z\n]{2,} ) # twice", "abAB9"),
            (r"(?<id>ö|o)p", "stop"),
        ] {
            let pattern = Pattern::new(source).unwrap();
            let regex = Regex::new(pattern.compiled()).unwrap();
            for (before, after) in words.iter().flat_map(|before| words.map(|after| (before, after))) {
                let text = format!("{before}{text}{after}");
                let expected = regex.captures(&text);
                let id = |found: &regex::Captures<'_>| found.name("id").map(|id| id.as_str().to_owned());
                assert_eq!(pattern.find(&text), expected.as_ref().map(|found| found.get_match().range()), "{source} in {text:?}");
                assert_eq!(pattern.is_match(&text), expected.is_some(), "{source} in {text:?}");
                let caught = pattern.captures(&text).map(|caught| caught.get("id").cloned());
                assert_eq!(caught, expected.as_ref().map(id), "{source} in {text:?}");
            }
        }
    }

    #[test]
    fn groups_that_took_no_part_are_left_out() {
        let pattern = Pattern::new(r"user (?<id>\d+)(?: of (?<org>\w+))?").unwrap();
        assert_eq!(pattern.names(), ["id", "org"]);
        let caught = pattern.captures("user 42").unwrap();
        assert_eq!(caught.get("id").map(String::as_str), Some("42"));
        assert!(!caught.contains_key("org"));
    }
}
