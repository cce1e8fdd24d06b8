//! The incidents that a rule is drafted from, tried on and asked about.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use fivewhys::report::Report;

use crate::pipeline::Scene;
use crate::report;
use crate::when::WhenArgs;

/// How an incident is read; as for `fivewhys diagnose`.
#[derive(Debug, Clone, clap::Args)]
pub struct InputArgs {
    #[command(flatten)]
    pub when: WhenArgs,

    /// Log entries, where they do not lie in the incident's folder
    #[arg(short = 'l', long = "logs", value_name = "PATH", value_hint = ValueHint::AnyPath, num_args = 1..)]
    logs: Vec<PathBuf>,
}

impl InputArgs {
    /// The incident, read as far as no rule is needed. Control results that lie below another incident are left out.
    ///
    /// # Errors
    ///
    /// Where an input is missing or unreadable as a whole.
    pub fn scene(&self, incident: Option<&Path>, others: &[PathBuf]) -> anyhow::Result<Scene> {
        let elsewhere = |file: &PathBuf| others.iter().any(|other| Some(other.as_path()) != incident && file.starts_with(other));
        let mut when = self.when.clone();
        when.control.retain(|file| !elsewhere(file));
        Scene::find(incident, &when, &self.logs)
    }

    /// Whether test results or a time to look at were named.
    pub fn says_when(&self) -> bool {
        !self.when.results.is_empty() || self.when.has_window()
    }

    /// Whether files were named that need no incident's folder.
    pub fn names_files(&self) -> bool {
        !self.when.results.is_empty() || !self.logs.is_empty()
    }
}

/// The incident that a report was made from, by the command that the report itself names; `Err` says why it cannot be read.
pub fn of_report(report: &Report) -> Result<Scene, String> {
    let words = split(&report.reproduce).ok_or_else(|| format!("`{}` cannot be read as a command", report.reproduce.as_str()))?;
    let ["fivewhys", "diagnose", ..] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        return Err("the report does not say how it was made".to_owned());
    };
    // Rules of one's own change what is found, not what is read.
    Scene::of(&words[2..]).map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
}

/// A command line as the report writes it: words, some in single quotes.
fn split(command: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut open, mut quoted) = (String::new(), false, false);
    let mut letters = command.chars();
    while let Some(c) = letters.next() {
        match c {
            '\'' => (quoted, open) = (!quoted, true),
            '\\' if !quoted => word.push(letters.next()?),
            ' ' if !quoted => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            c => {
                word.push(c);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    (!quoted).then_some(words)
}

/// Whether a path is a report rather than an incident.
pub fn is_report(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|ending| ending == "json") && report::read(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_command_of_a_report_is_split_as_a_shell_does() {
        let words = split(r"fivewhys diagnose 'my runs/it'\''s' --control a.xml").unwrap();
        assert_eq!(words, ["fivewhys", "diagnose", "my runs/it's", "--control", "a.xml"]);
        assert_eq!(split("fivewhys 'open"), None);
    }
}
