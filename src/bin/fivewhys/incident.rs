//! Finds the inputs of a diagnosis: what is named, and what an incident folder holds, recognised by content.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use fivewhys::logs::{self, Gap, Source};
use fivewhys::results::{self, ResultInput};
use fivewhys::saved::{self, Saved};

use crate::exit_status::{ExitStatus, Fatal};

/// The files of one incident.
#[derive(Debug, Default)]
pub struct Incident {
    /// Files with test results of the run.
    pub results: Vec<ResultInput>,
    /// Files and folders with log entries.
    pub logs: Vec<Source>,
    /// What people call the log sources.
    pub log_names: Vec<String>,
    /// What was met and left alone, one sentence each.
    pub left_alone: Vec<String>,
    /// The folder that a pull wrote, where the incident is one.
    pub saved: Option<Saved>,
}

/// What a file holds.
enum Kind {
    Results,
    Logs,
    Neither,
}

impl Incident {
    /// Takes the files that were named, then those of the incident folder (or file) that are results or logs.
    ///
    /// # Errors
    ///
    /// Where something that was named cannot be read.
    pub fn find(folder: Option<&Path>, results: &[PathBuf], control: &[PathBuf], logs: &[PathBuf]) -> anyhow::Result<Incident> {
        let mut incident = Incident::default();
        for path in results {
            incident.results.push(ResultInput::file(path));
        }
        for path in logs {
            incident.add_logs(path)?;
        }
        if let Some(folder) = folder {
            incident.look_into(folder, control)?;
        }
        Ok(incident)
    }

    /// Whether there is something to diagnose: test results, or logs and a time to look at.
    ///
    /// # Errors
    ///
    /// Where nothing was named, where the folder holds nothing to read, or where nobody said when to look.
    pub fn suffices(&self, folder: Option<&Path>, has_window: bool) -> Result<(), Fatal> {
        let wrong = |message: &str, status| Err(Fatal { message: message.to_owned(), status });
        match (self.results.is_empty(), self.logs.is_empty(), folder) {
            (false, ..) => Ok(()),
            (true, true, Some(folder)) => {
                let message = format!("{}: no file in this folder holds test results or log entries", folder.display());
                wrong(&message, ExitStatus::Input)
            }
            (true, true, None) => wrong(
                "nothing to diagnose; name a folder with test results and logs, or files with `-t RESULTS` and `-l LOGS`",
                ExitStatus::Usage,
            ),
            (true, false, _) if !has_window => wrong(
                "there are logs but no test results; say when to look with `--window FROM/TO` or `--around TIME`, or name results with `-t`",
                ExitStatus::Usage,
            ),
            (true, false, _) => Ok(()),
        }
    }

    /// The same with the logs of another incident beside its own.
    #[must_use]
    pub fn with_logs_of(mut self, other: Incident) -> Incident {
        self.logs.extend(other.logs);
        self.log_names.extend(other.log_names);
        self.left_alone.extend(other.left_alone);
        self
    }

    /// What was left alone or is missing, as gaps.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> + '_ {
        let no_logs = (self.logs.is_empty() && self.saved.is_none()).then(|| Gap {
            kind: "no-logs",
            statement: "No logs were named or found, so only the test results were looked at; `-l` names logs.".to_owned(),
        });
        let left_alone = self.left_alone.iter().map(|statement| Gap { kind: "left-alone", statement: statement.clone() });
        let not_pulled = self.saved.iter().flat_map(|saved| saved.gaps.iter().cloned());
        no_logs.into_iter().chain(left_alone).chain(not_pulled)
    }

    fn look_into(&mut self, folder: &Path, control: &[PathBuf]) -> anyhow::Result<()> {
        if !folder.is_dir() {
            match kind(folder).with_context(|| format!("cannot read {}", folder.display()))? {
                Kind::Results => self.results.push(ResultInput::file(folder)),
                Kind::Logs => self.add_logs(folder)?,
                Kind::Neither => return Err(neither(folder).into()),
            }
            return Ok(());
        }
        if let Some(saved) = saved::read(folder)? {
            self.take(saved);
            return Ok(());
        }
        for path in sorted(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if is_note(&name) {
                continue;
            }
            if path.is_dir() {
                if !control.iter().any(|file| file.starts_with(&path)) {
                    self.look_into_subfolder(&path, &name)?;
                }
                continue;
            }
            match kind(&path) {
                Ok(Kind::Results) => self.results.push(ResultInput::file(&path)),
                Ok(Kind::Logs) => self.add_logs(&path)?,
                Ok(Kind::Neither) => self.left_alone.push(format!("{name} holds neither test results nor log entries.")),
                Err(error) => self.left_alone.push(format!("{name} could not be read: {error}.")),
            }
        }
        Ok(())
    }

    /// What a pull saved is called what it was when it was pulled.
    fn take(&mut self, saved: Saved) {
        self.results.extend(saved.results.iter().map(|(path, name)| ResultInput::copy(name, path)));
        self.logs.extend(saved.logs.iter().map(Source::path));
        match &saved.manifest.asked.sources[..] {
            [] => self.log_names.extend(saved.logs.iter().map(|path| path.display().to_string())),
            sources => self.log_names.extend_from_slice(sources),
        }
        self.saved = Some(saved);
    }

    /// A folder of logs belongs to the incident; one with results is another run.
    fn look_into_subfolder(&mut self, path: &Path, name: &str) -> anyhow::Result<()> {
        let (mut has_results, mut has_logs) = (None, false);
        for file in files_below(path)? {
            match kind(&file) {
                Ok(Kind::Results) => has_results = has_results.or(Some(file)),
                Ok(Kind::Logs) => has_logs = true,
                Ok(Kind::Neither) | Err(_) => {}
            }
        }
        match (has_results, has_logs) {
            (Some(file), _) => {
                self.left_alone
                    .push(format!("{name}/ holds the results of another run; `--control {}` compares with it.", file.display()));
            }
            (None, true) => self.add_logs(path)?,
            (None, false) => self.left_alone.push(format!("{name}/ holds neither test results nor log entries.")),
        }
        Ok(())
    }

    fn add_logs(&mut self, path: &Path) -> anyhow::Result<()> {
        if path == Path::new("-") {
            let spool = spool().context("cannot keep standard input in a temporary file")?;
            self.logs.push(Source::spooled("standard input", io::stdin().lock(), spool).context("cannot read standard input")?);
            self.log_names.push("standard input".to_owned());
            return Ok(());
        }
        self.logs.push(Source::path(path));
        self.log_names.push(path.display().to_string());
        Ok(())
    }
}

fn neither(path: &Path) -> Fatal {
    Fatal {
        message: format!(
            "{}: neither test results nor log entries.\n  Test results may be JUnit XML, pytest report-log, pytest-json-report, `go test -json` or CTRF;\n  logs may be NDJSON or JSON as `gcloud logging read --format=json` prints it.",
            path.display()
        ),
        status: ExitStatus::Input,
    }
}

/// Notes people keep beside an incident; to name them in each report would only be noise.
fn is_note(name: &str) -> bool {
    matches!(name, "incident.yaml" | "incident.yml" | "README.md" | "README.txt" | "README")
}

fn kind(path: &Path) -> io::Result<Kind> {
    let mut head = Vec::new();
    File::open(path)?.take(logs::HEAD_BYTES.max(results::HEAD_BYTES) as u64).read_to_end(&mut head)?;
    Ok(if results::recognise(&head).is_some() {
        Kind::Results
    } else if logs::recognise(&head).is_some() {
        Kind::Logs
    } else {
        Kind::Neither
    })
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in sorted(folder)? {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

/// An unnamed file for reading and writing: standard input cannot be read twice.
fn spool() -> io::Result<File> {
    tempfile::tempfile()
}
