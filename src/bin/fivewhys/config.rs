//! `fivewhys.toml`: what a project sets once, found upwards from the working directory.
//!
//! A section is a type with a `read`, and one line in [`Config::read`]; a key that no section knows is an error that
//! names the nearest one, for a setting that is silently ignored is worse than none.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use fivewhys::rules::problem::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::exit_status::{ExitStatus, Fatal};

mod issues;

pub use issues::IssuesSection;

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

/// All that a configuration sets; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `[rules]`
    pub rules: RulesSection,
    /// `[issues]`
    pub issues: IssuesSection,
}

/// `[rules]`: rules of one's own over the catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesSection {
    /// `dirs`: folders with rules, seen from the working directory.
    pub dirs: Vec<Placed<PathBuf>>,
    /// `[rules.disable]`: rules that are switched off, each with its reason.
    pub disable: BTreeMap<String, Placed<String>>,
}

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// `fivewhys.toml:3:5`
    pub place: String,
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
            Ok(root) => {
                let mut root = page.table(root.get_ref(), "the configuration", &["rules", "issues"]);
                if let Some(table) = root.remove("rules").and_then(|value| page.inner(value, "[rules]")) {
                    config.rules = RulesSection::read(&mut page, table);
                }
                if let Some(table) = root.remove("issues").and_then(|value| page.inner(value, "[issues]")) {
                    config.issues = IssuesSection::read(&mut page, table);
                }
            }
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

impl RulesSection {
    fn read(page: &mut Page<'_>, table: &DeTable<'_>) -> RulesSection {
        let mut keys = page.table(table, "[rules]", &["dirs", "disable"]);
        let mut section = RulesSection::default();
        if let Some(dirs) = keys.remove("dirs") {
            let dirs = page.texts(dirs, "dirs");
            let folder = page.path.parent().unwrap_or(Path::new(""));
            section.dirs = dirs.into_iter().map(|dir| Placed { value: folder.join(dir.value), place: dir.place }).collect();
        }
        if let Some(table) = keys.remove("disable").and_then(|value| page.inner(value, "[rules.disable]")) {
            for (id, value) in table.iter() {
                let id = id.get_ref().to_string();
                let reason = page.text(value, &id).filter(|reason| !reason.value.trim().is_empty());
                match reason {
                    Some(reason) => drop(section.disable.insert(id, reason)),
                    None if value.get_ref().is_str() => {
                        page.note(
                            value.span().start,
                            &format!("`{id}` is switched off without a reason; write `\"{id}\" = \"why\"`"),
                        );
                    }
                    None => {}
                }
            }
        }
        section
    }
}

/// The text of a configuration and the mistakes found in it so far.
struct Page<'t> {
    path: &'t Path,
    text: &'t str,
    wrong: Vec<String>,
}

impl Page<'_> {
    fn place(&self, byte: usize) -> String {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.path.display())
    }

    fn note(&mut self, byte: usize, message: &str) {
        self.wrong.push(format!("{}: {message}", self.place(byte)));
    }

    /// The values of the known keys; unknown ones are noted.
    fn table<'d>(&mut self, table: &'d DeTable<'d>, name: &str, known: &[&str]) -> BTreeMap<&'d str, &'d Spanned<DeValue<'d>>> {
        let mut values = BTreeMap::new();
        for (key, value) in table.iter() {
            let written = key.get_ref().as_ref();
            if known.contains(&written) {
                values.insert(written, value);
                continue;
            }
            let help = match nearest(written, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{name} knows {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
            };
            self.note(key.span().start, &format!("unknown key `{written}` in {name}; {help}"));
        }
        values
    }

    fn inner<'d>(&mut self, value: &'d Spanned<DeValue<'d>>, name: &str) -> Option<&'d DeTable<'d>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.note(value.span().start, &format!("{name} must be a table, this is {}", kind(value)));
        }
        table
    }

    fn text(&mut self, value: &Spanned<DeValue<'_>>, name: &str) -> Option<Placed<String>> {
        let text = value.get_ref().as_str().map(|text| Placed { value: text.to_owned(), place: self.place(value.span().start) });
        if text.is_none() {
            self.note(value.span().start, &format!("`{name}` must be a text in quotes, this is {}", kind(value)));
        }
        text
    }

    /// A list of texts, or a single one.
    fn texts(&mut self, value: &Spanned<DeValue<'_>>, name: &str) -> Vec<Placed<String>> {
        match value.get_ref().as_array() {
            Some(items) => items.iter().filter_map(|item| self.text(item, name)).collect(),
            None if value.get_ref().is_str() => self.text(value, name).into_iter().collect(),
            None => {
                self.note(value.span().start, &format!("`{name}` must be a list of texts, this is {}", kind(value)));
                Vec::new()
            }
        }
    }
}

fn kind(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref().type_str() {
        "string" => "a text",
        "integer" | "float" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "table" => "a table",
        _ => "a date",
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
        assert_eq!(read("").unwrap(), Config::default());
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
