//! A regex that is compiled as far as it pays: most patterns are asked about a few short texts, some about all of a big log.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;

/// A pattern of the `regex` crate's syntax. What it finds is what that crate finds.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    ascii: Staged,
    any: Staged,
}

/// The two stages of a regex; `None` where the engine refuses the pattern.
#[derive(Debug, Default)]
struct Staged {
    /// How many bytes it was asked about, until it is compiled in full.
    asked: AtomicUsize,
    /// Without its literals and what searches backwards from them: a third of the work.
    first: OnceLock<Option<Regex>>,
    full: OnceLock<Option<Regex>>,
}

/// How many bytes a regex is asked about before the rest of compiling it is work that pays.
const WORTH_COMPILING: usize = 128 * 1024;

/// The same where it is asked about any text: until then it is only simulated, as automata of Unicode's classes are big, and
/// simulating costs ten times as much a byte.
const WORTH_COMPILING_ANY: usize = 16 * 1024;

/// What asking costs beyond the text, in bytes.
const ASKING: usize = 32;

/// As the `regex` crate has them.
const MOST_STEPS_BYTES: usize = 10 << 20;
const AUTOMATA_BYTES: usize = 2 << 20;

/// Which texts a regex is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    Ascii,
    Any,
}

impl Engine {
    /// The regex to ask about this text, always with the same pattern; `None` where the engine refuses that.
    pub(crate) fn regex(&self, pattern: &str, text: &str) -> Option<&Regex> {
        let ascii = text.is_ascii().then(|| self.for_ascii(pattern, text)).flatten();
        ascii.or_else(|| self.for_any(pattern, text))
    }

    /// The same for ASCII texts, which most are. `.` and `[^"]` take one step there instead of ten, so it is compiled in a fifth
    /// of the time; `None` also where a class of the pattern names what is not ASCII.
    pub(crate) fn for_ascii(&self, pattern: &str, text: &str) -> Option<&Regex> {
        self.ascii.regex(pattern, Texts::Ascii, text.len())
    }

    /// The same for any text.
    pub(crate) fn for_any(&self, pattern: &str, text: &str) -> Option<&Regex> {
        self.any.regex(pattern, Texts::Any, text.len())
    }
}

impl Texts {
    fn worth_compiling(self) -> usize {
        if self == Texts::Ascii { WORTH_COMPILING } else { WORTH_COMPILING_ANY }
    }

    fn first(self) -> Config {
        full().auto_prefilter(false).onepass(false).hybrid(self == Texts::Ascii)
    }
}

impl Staged {
    fn regex(&self, pattern: &str, texts: Texts, length: usize) -> Option<&Regex> {
        if let Some(full) = self.full.get() {
            return full.as_ref();
        }
        let (asked, worth) = (length.saturating_add(ASKING), texts.worth_compiling());
        // Threads that ask at once may each come a text further; what is found does not depend on it.
        if asked < worth && self.asked.fetch_add(asked, Ordering::Relaxed) < worth {
            return self.first.get_or_init(|| build(pattern, texts, texts.first())).as_ref();
        }
        self.full.get_or_init(|| build(pattern, texts, full())).as_ref()
    }
}

fn full() -> Config {
    Config::new().nfa_size_limit(Some(MOST_STEPS_BYTES)).hybrid_cache_capacity(AUTOMATA_BYTES)
}

fn build(pattern: &str, texts: Texts, config: Config) -> Option<Regex> {
    let unicode = texts == Texts::Any;
    let config = config.utf8_empty(unicode);
    let syntax = syntax::Config::new().unicode(unicode).utf8(unicode);
    Regex::builder().configure(config).syntax(syntax).build(pattern).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the groups of a match lie.
    type Groups = Vec<Option<(usize, usize)>>;

    /// What each of the four regexes finds.
    fn found(pattern: &str, text: &str) -> Vec<Option<Groups>> {
        let each = [Texts::Ascii, Texts::Any].into_iter().flat_map(|texts| [(texts, texts.first()), (texts, full())]);
        let built = each.filter_map(|(texts, config)| build(pattern, texts, config));
        let groups = built.map(|regex| {
            let mut groups = regex.create_captures();
            regex.captures(text, &mut groups);
            let all = groups.iter().map(|group| group.map(|group| (group.start, group.end)));
            groups.is_match().then(|| all.collect())
        });
        groups.collect()
    }

    #[test]
    fn each_stage_finds_the_same() {
        for (pattern, text, stages) in [
            (r"(?i)k.{0,9}(?<id>[^']s)'", "a kELVIN xs'", 4),
            (r"\bx\W(?<id>\w+)?", "ax x user7.", 4),
            (r"(?P<a>a*?)(?P<b>a*)|b", "aab", 4),
            (r"(?m)^[ \t]*(?P<secret>[A-Z]{2,3})[ \t]*\r?$", "a\n AB \nCDE", 4),
            (r"no jwt.*(?:headers|query)", "no jwt in the header, no jwt in the query or", 4),
            (r"[äö](?<id>x)?", "ox", 2),
        ] {
            let found = found(pattern, text);
            assert_eq!(found.len(), stages, "{pattern}");
            assert!(found.iter().all(|stage| *stage == found[0]), "{pattern}: {found:?}");
        }
    }

    #[test]
    fn what_is_asked_about_much_text_is_compiled_in_full() {
        for (letter, worth) in [("x", WORTH_COMPILING), ("é", WORTH_COMPILING_ANY)] {
            let text = letter.repeat(worth / 4 / letter.len());
            let engine = Engine::default();
            let staged = if text.is_ascii() { &engine.ascii } else { &engine.any };
            for asked in 0..5 {
                assert_eq!(staged.full.get().is_some(), asked > 4);
                assert!(engine.regex("[xé]+y", &text).is_some_and(|regex| !regex.is_match(&text)));
            }
            assert!(staged.first.get().is_some() && staged.full.get().is_some());
            let long = Engine::default();
            assert!(long.regex("x+y", &text.repeat(4)).is_some_and(|regex| !regex.is_match(&text)));
            assert!(long.ascii.first.get().is_none() && long.any.first.get().is_none());
        }
    }
}
