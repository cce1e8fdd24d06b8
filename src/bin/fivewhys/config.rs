//! `fivewhys.toml`: what a project sets once, found upwards from the working directory.
//!
//! A section is a type with a `read` in a file of its own, and one line in `sections!`; a key that no section knows is an error that
//! names the nearest one, for a setting that is silently ignored is worse than none.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use toml::de::DeTable;

use crate::exit_status::{ExitStatus, Fatal};

mod importance;
mod issues;
mod page;
mod redact;
mod rules;

use importance::TestsSection;
pub use issues::IssuesSection;
use page::Page;
pub use page::Placed;
use redact::RedactSection;
use rules::RulesSection;

/// The file's name.
const NAME: &str = "fivewhys.toml";

/// Which configuration a command uses.
#[derive(Debug, Default, clap::Args)]
pub struct ConfigArgs {
    /// Use this configuration instead of the fivewhys.toml found upwards from the working directory
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "FIVEWHYS_CONFIG")]
    config: Option<PathBuf>,

    /// Use no configuration, not even one that is named
    #[arg(long)]
    no_config: bool,
}

/// The sections: for each its name, which is also the name of the field, and its type.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident: $section:ty,)+) => {
        /// All that a configuration sets; empty where there is none.
        #[derive(Debug, Clone, Default)]
        pub struct Config {
            $($(#[$doc])* pub $name: $section,)+
        }

        impl Config {
            fn of(page: &mut Page<'_>, root: &DeTable<'_>) -> Config {
                let mut found = page.table(root, "the configuration", &[$(stringify!($name)),+]);
                Config { $($name: found.remove(stringify!($name)).map(|value| <$section>::read(page, value)).unwrap_or_default(),)+ }
            }
        }
    };
}

sections! {
    /// `[rules]`
    rules: RulesSection,
    /// `[[tests]]`
    tests: TestsSection,
    /// `[redact]`
    redact: RedactSection,
    /// `[issues]`
    issues: IssuesSection,
}

impl ConfigArgs {
    /// Reads the configuration that was named, else the one that is found upwards from the working directory.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or something in it is wrong: every mistake with line and column.
    pub fn read(&self) -> Result<Config, Fatal> {
        let found = if self.no_config { None } else { self.config.clone().or_else(found_upwards) };
        let Some(path) = found else { return Ok(Config::default()) };
        let text = fs::read_to_string(&path).map_err(|error| Fatal {
            message: format!("{}: cannot be read ({error}); expected a configuration in TOML", path.display()),
            status: ExitStatus::Input,
        })?;
        Config::read(&path, &text)
    }

    /// The options as arguments, for the command that makes a report again.
    pub fn words(&self) -> Vec<String> {
        let named = self.config.iter().flat_map(|path| ["--config".to_owned(), path.display().to_string()]);
        named.chain(self.no_config.then(|| "--no-config".to_owned())).collect()
    }
}

/// The nearest `fivewhys.toml`, seen from the working directory: `../../fivewhys.toml`.
fn found_upwards() -> Option<PathBuf> {
    let start = std::env::current_dir().ok()?;
    let mut way = PathBuf::new();
    for _ in start.ancestors() {
        let path = way.join(NAME);
        if path.is_file() {
            return Some(path);
        }
        way.push("..");
    }
    None
}

impl Config {
    /// Reads the text of a configuration; paths in it are seen from its own folder.
    ///
    /// # Errors
    ///
    /// Every mistake in it, one a line, with line and column.
    pub fn read(path: &Path, text: &str) -> Result<Config, Fatal> {
        let mut page = Page { path, text, wrong: Vec::new() };
        let mut config = Config::default();
        match DeTable::parse(text) {
            Ok(root) => config = Config::of(&mut page, root.get_ref()),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                page.note(at, &format!("this is not TOML: {}", error.message()));
            }
        }
        if page.wrong.is_empty() {
            return Ok(config);
        }
        Err(Fatal { message: page.wrong.join("\n"), status: ExitStatus::Usage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        Config::read(Path::new("../fivewhys.toml"), text).map_err(|fatal| fatal.message)
    }

    #[test]
    fn folders_are_seen_from_the_file_and_rules_are_switched_off_with_a_reason() {
        let config =
            read("[rules]\ndirs = [\"my-rules\"]\n[rules.disable]\n\"auth/missing-jwt\" = \"we have no tokens\"\n").unwrap();
        assert_eq!(config.rules.dirs[0].value, Path::new("../my-rules"));
        let disabled = &config.rules.disable["auth/missing-jwt"];
        assert_eq!((disabled.value.as_str(), disabled.place.as_str()), ("we have no tokens", "../fivewhys.toml:4:22"));
        assert_eq!(read("").unwrap().rules, RulesSection::default());
    }

    #[test]
    fn of_the_entries_that_match_a_test_the_first_that_says_something_counts() {
        let config = read(
            "[[tests]]\nmatch = \"*::test_pay*\"\npriority = 0\n\
             [[tests]]\nmatch = [\"tests/shop/*\", \"TestCart.adds[1-?]\"]\npriority = \"P2\"\nimpact = \"nobody can buy\"\n",
        )
        .unwrap();
        let said = |id| {
            let found = config.tests.of(id);
            (found.priority.unwrap_or_default(), found.impact.unwrap_or_default())
        };
        assert_eq!(said("tests/shop/test_till.py::TestTill::test_pays"), ("0".to_owned(), "nobody can buy".to_owned()));
        assert_eq!(said("TestCart.adds[1-2]"), ("P2".to_owned(), "nobody can buy".to_owned()), "brackets are no pattern");
        assert_eq!(said("TestCart.adds[1-20]"), Default::default());
    }

    #[test]
    fn an_entry_that_says_nothing_is_a_mistake() {
        let wrong = read("[[tests]]\npriority = \"P0\"\n[[tests]]\nmatch = \"a\"\n[[tests]]\nmatch = \"b\"\nimpcat = \"x\"\n")
            .unwrap_err();
        for expected in [
            "1:1: an entry of [[tests]] says with `match` which tests it is about",
            "3:1: an entry of [[tests]] sets a `priority`, an `impact`, or both",
            "7:1: unknown key `impcat` in [[tests]]; did you mean `impact`?",
        ] {
            assert!(wrong.contains(expected), "{expected} is not in\n{wrong}");
        }
        assert!(read("[tests]\nmatch = \"a\"\n").unwrap_err().contains("1:1: `tests` must be a list of entries"));
    }

    #[test]
    fn a_pattern_that_does_not_compile_is_named_with_its_place() {
        let wrong =
            read("[redact]\nallow = [\"ok\", \"a[\"]\n[redact.patterns]\ncustomer = 'K-(\\d+'\nempty = ''\n").unwrap_err();
        for expected in [
            "2:16: `allow` is no regular expression that can be used: unclosed character class",
            "4:12: `customer` is no regular expression that can be used: unclosed group",
            "5:9: `empty` is no regular expression that can be used: it is empty",
        ] {
            assert!(wrong.contains(expected), "{expected} is not in\n{wrong}");
        }
        assert!(!read("[redact.patterns]\ncustomer = 'K-\\d+'\n").unwrap().redact.settings.is_empty());
    }

    #[test]
    fn every_mistake_is_named_with_its_place_and_the_nearest_key() {
        let wrong = read("[rule]\nx = 1\n").unwrap_err();
        assert!(wrong.contains("../fivewhys.toml:1:2: unknown key `rule`") && wrong.contains("did you mean `rules`?"), "{wrong}");
        let wrong = read("[rules]\ndir = []\ndirs = 3\ndisable = { \"a/b\" = \"\", \"a/c\" = 1 }\n").unwrap_err();
        for expected in [
            "2:1: unknown key `dir` in [rules]; did you mean `dirs`?",
            "3:8: `dirs` must be a list of texts, this is a number",
            "4:21: `a/b` is switched off without a reason",
            "4:33: `a/c` must be a text in quotes, this is a number",
        ] {
            assert!(wrong.contains(expected), "{expected} is not in\n{wrong}");
        }
        assert!(read("rules = 5\n").unwrap_err().contains("[rules] must be a table"));
        assert!(read("[rules\n").unwrap_err().contains(":1:"), "not TOML");
    }
}
