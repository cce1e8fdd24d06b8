//! The incidents that a rule is drafted from, tried on and asked about.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use fivewhys::report::Report;

use crate::exit_status::{ExitStatus, Fatal};
use crate::pipeline::Scene;
use crate::report;

/// How an incident is read; as for `fivewhys diagnose`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct InputArgs {
    /// Test results, where they do not lie in the incident's folder
    #[arg(short = 't', long = "results", value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..)]
    results: Vec<PathBuf>,

    /// Log entries, where they do not lie in the incident's folder
    #[arg(short = 'l', long = "logs", value_name = "PATH", value_hint = ValueHint::AnyPath, num_args = 1..)]
    logs: Vec<PathBuf>,

    /// Results of an earlier, better run in the same logs: more passing tests to compare with
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..)]
    pub control: Vec<PathBuf>,

    /// Look into this time, without or beside test results: FROM/TO, both RFC 3339
    #[arg(long, value_name = "FROM/TO", conflicts_with = "around")]
    window: Option<String>,

    /// Look around this moment (RFC 3339), half a minute to each side
    #[arg(long, value_name = "TIME")]
    around: Option<String>,

    /// UTC offset of test result times that state none, such as +02:00
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    results_offset: Option<String>,

    /// How far before and after a test its evidence may lie [default: 1s]
    #[arg(long, value_name = "DURATION")]
    margin: Option<String>,

    /// How far before an effect its cause may lie, along one instance or revision [default: 15m]
    #[arg(long, value_name = "DURATION")]
    lookback: Option<String>,
}

impl InputArgs {
    /// The incident, read as far as no rule is needed. Control results that lie below another incident are left out.
    ///
    /// # Errors
    ///
    /// Where an option is wrong, or an input is missing or unreadable as a whole.
    pub fn scene(&self, incident: Option<&Path>, others: &[PathBuf]) -> anyhow::Result<Scene> {
        let elsewhere = |file: &PathBuf| others.iter().any(|other| Some(other.as_path()) != incident && file.starts_with(other));
        let control = self.control.iter().filter(|file| !elsewhere(file)).collect();
        let mut words: Vec<String> = incident.iter().map(|path| path.display().to_string()).collect();
        for (option, files) in [("-t", self.results.iter().collect()), ("-l", self.logs.iter().collect()), ("--control", control)] {
            let files: Vec<&PathBuf> = files;
            words.extend((!files.is_empty()).then(|| option.to_owned()));
            words.extend(files.iter().map(|file| file.display().to_string()));
        }
        for (option, value) in [
            ("--window", &self.window),
            ("--around", &self.around),
            ("--results-offset", &self.results_offset),
            ("--margin", &self.margin),
            ("--lookback", &self.lookback),
        ] {
            words.extend(value.iter().flat_map(|value| [option.to_owned(), value.clone()]));
        }
        Scene::of(&words).map_err(as_usage)
    }
}

impl InputArgs {
    /// Whether test results or a time to look at were named.
    pub fn says_when(&self) -> bool {
        !self.results.is_empty() || self.window.is_some() || self.around.is_some()
    }

    /// Whether files were named that need no incident's folder.
    pub fn names_files(&self) -> bool {
        !self.results.is_empty() || !self.logs.is_empty()
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

/// An option that `diagnose` would refuse is wrong usage here, too.
fn as_usage(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<clap::Error>() {
        Ok(error) => {
            let text = error.to_string();
            let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Fatal { message, status: ExitStatus::Usage }.into()
        }
        Err(error) => error,
    }
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
