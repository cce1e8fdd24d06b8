//! Finds the inputs of a diagnosis: what is named, and what an incident folder holds, recognised by content.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use fivewhys::logs::{self, Gap, Source};
use fivewhys::results::{self, ResultInput};

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

    /// What was left alone, as gaps.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> + '_ {
        self.left_alone.iter().map(|statement| Gap { kind: "left-alone", statement: statement.clone() })
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
        for path in sorted(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
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
