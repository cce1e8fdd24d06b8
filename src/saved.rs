//! A pull kept on disk: an incident folder with entries, results and a manifest, that survives being interrupted.
//!
//! While a window is under way its entries stand in a journal, one JSON entry a line, durable when
//! [`Folder::append`] returns. [`Folder::finish`] turns the journals into Parquet (or leaves NDJSON) and says so in
//! the manifest with one rename: whenever the program is killed, the manifest names files that are whole.
//!
//! ```text
//! FOLDER/manifest.json                  what was asked, and what was had (see [`Manifest`])
//! FOLDER/results/…                      the test results
//! FOLDER/logs/window-001.parquet        the entries of one window; `.ndjson` while it is under way
//! FOLDER/.pull/key                      only while under way, unless secrets are kept
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::logs::Gap;
use crate::rules::matching::Matcher;
use journal::Journal;

mod disk;
mod journal;
mod manifest;
mod reading;

pub use manifest::{Asked, FileForm, Manifest, SavedGap, SavedResult, SavedWindow, Secrecy, Stage, State};
pub use reading::{Saved, read};

/// How the folder is kept.
#[derive(Debug, Clone)]
pub struct Keeping {
    /// What the finished log files are.
    pub form: FileForm,
    /// What becomes of secrets on their way to disk.
    pub secrets: Secrets,
}

/// What becomes of secrets on their way to disk.
#[derive(Debug, Clone)]
pub enum Secrets {
    /// They are written as they are: for a private place.
    Kept,
    /// They become tokens before anything is written; what the rules of this matcher find in an entry stays the same.
    Masked(Arc<Matcher>),
}

/// What a window's entries on disk amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowState {
    /// Nothing is there.
    Missing,
    /// Interrupted: everything up to `last` is there, and perhaps not all that happened at that very moment. To go on,
    /// ask for the entries from `last` on, inclusive, in order of time; [`Folder::append`] drops what is there already.
    Partial {
        /// Timestamp of the latest entry.
        last: Timestamp,
        /// How many entries are there.
        entries: u64,
    },
    /// All that the source has.
    Complete,
}

/// Why a folder cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused.
    #[error("{path}: cannot be {done}")]
    Io {
        /// The file.
        path: String,
        /// `read`, `written`, …
        done: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// There are files in it already.
    #[error("{path}: this folder is not empty; name another one, or continue an interrupted pull with `--resume`")]
    Occupied {
        /// The folder.
        path: String,
    },
    /// It is no folder of a pull.
    #[error("{path}: no pull was begun here (there is no manifest.json)")]
    NothingToResume {
        /// The folder.
        path: String,
    },
    /// It holds the answer to another question.
    #[error("{path}: this folder holds another selection: {differences}; ask the same again, or name another folder")]
    AnotherQuestion {
        /// The folder.
        path: String,
        /// What differs, field by field.
        differences: String,
    },
    /// The manifest cannot be understood.
    #[error("{path}: {reason}")]
    Manifest {
        /// The manifest.
        path: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// Another program is writing into the folder.
    #[error("{path}: another pull is writing into this folder; wait for it to end")]
    Busy {
        /// The folder.
        path: String,
    },
    /// A window that was not asked for.
    #[error("there is no window number {window} in this folder")]
    NoSuchWindow {
        /// The place in [`Asked::windows`].
        window: usize,
    },
}

/// A folder that is being filled.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    manifest: Manifest,
    keeping: Keeping,
    /// The windows under way.
    journals: BTreeMap<usize, Journal>,
}

impl Folder {
    /// Begins a folder; it may exist if it is empty.
    ///
    /// # Errors
    ///
    /// Where there are files in it, or it cannot be written.
    pub fn create(path: &Path, asked: &Asked, keeping: Keeping) -> Result<Folder, Error> {
        disk::make_folder(path)?;
        if !disk::is_empty(path)? {
            return Err(Error::Occupied { path: path.display().to_string() });
        }
        disk::make_folder(&path.join("logs"))?;
        let manifest = Manifest::begun(asked, &keeping);
        manifest.write(path)?;
        Ok(Folder { root: path.to_owned(), manifest, keeping, journals: BTreeMap::new() })
    }

    /// Goes on with a folder that was interrupted; one that is finished is taken up too, with all windows complete. The
    /// results have to be added again.
    ///
    /// # Errors
    ///
    /// Where no pull was begun there, where it was asked something else ([`Asked::at`] and [`Asked::reproduce`] do not
    /// count), or where the folder cannot be read and written.
    pub fn resume(path: &Path, asked: &Asked, keeping: Keeping) -> Result<Folder, Error> {
        let manifest = Manifest::read(path)?.ok_or_else(|| Error::NothingToResume { path: path.display().to_string() })?;
        let differences = manifest.differences(asked, &keeping);
        if !differences.is_empty() {
            return Err(Error::AnotherQuestion { path: path.display().to_string(), differences: differences.join("; ") });
        }
        let mut folder = Folder { root: path.to_owned(), manifest, keeping, journals: BTreeMap::new() };
        for window in 0..folder.manifest.windows.len() {
            if folder.manifest.windows[window].state != State::Complete {
                folder.open_journal(window)?;
            }
        }
        Ok(folder)
    }

    /// What is there of a window, by its place in [`Asked::windows`].
    pub fn state(&self, window: usize) -> WindowState {
        if self.manifest.windows.get(window).is_some_and(|window| window.state == State::Complete) {
            return WindowState::Complete;
        }
        match self.journals.get(&window).and_then(|journal| Some((journal.last()?, journal.entries()))) {
            Some((last, entries)) => WindowState::Partial { last, entries },
            None => WindowState::Missing,
        }
    }

    /// Adds entries to a window, in Cloud Logging's JSON names; those that are there already (same log name, timestamp
    /// and insert id) are dropped. What was appended is durable when this returns. Returns how many were new.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written; then none of these entries counts as had.
    pub fn append(&mut self, window: usize, entries: &[Map<String, Value>]) -> Result<u64, Error> {
        self.open_journal(window)?.append(entries)
    }

    /// Says that the source has no more entries for a window, what it could not give, and how many requests it took.
    ///
    /// # Errors
    ///
    /// Where the manifest cannot be written.
    pub fn complete(&mut self, window: usize, gaps: Vec<Gap>, requests: u64) -> Result<(), Error> {
        let entries = self.open_journal(window)?.entries();
        let known = &mut self.manifest.windows[window];
        known.state = State::Complete;
        known.entries = entries;
        known.requests += requests;
        known.gaps = gaps.into_iter().map(SavedGap::from).collect();
        self.journals.remove(&window);
        self.manifest.write(&self.root)
    }

    /// Copies test results into the folder.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, or its copy cannot be written.
    pub fn add_results(&mut self, files: &[PathBuf]) -> Result<(), Error> {
        disk::make_folder(&self.root.join("results"))?;
        self.manifest.results.clear();
        for file in files {
            let name = self.manifest.free_result_name(file);
            let text = disk::read(file)?;
            disk::write_whole(&self.root.join(&name), &text)?;
            self.manifest.results.push(SavedResult { file: name, given: file.display().to_string() });
        }
        self.manifest.write(&self.root)
    }

    /// Brings the folder into its final form; windows that are not complete stay what they are, and are named as gaps
    /// when the folder is read.
    ///
    /// # Errors
    ///
    /// Where a file cannot be written; then the folder can still be resumed.
    pub fn finish(mut self, gaps: Vec<Gap>) -> Result<Manifest, Error> {
        self.manifest.gaps = gaps.into_iter().map(SavedGap::from).collect();
        for (window, journal) in std::mem::take(&mut self.journals) {
            let known = &mut self.manifest.windows[window];
            known.entries = journal.entries();
            known.state = if known.entries > 0 { State::Partial } else { State::Missing };
        }
        self.manifest.stage = Stage::Finished;
        self.manifest.write(&self.root)?;
        Ok(self.manifest)
    }

    /// What the folder says about itself so far.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn open_journal(&mut self, window: usize) -> Result<&mut Journal, Error> {
        let Some(known) = self.manifest.windows.get(window) else { return Err(Error::NoSuchWindow { window }) };
        match self.journals.entry(window) {
            std::collections::btree_map::Entry::Occupied(journal) => Ok(journal.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => Ok(place.insert(Journal::open(&self.root.join(&known.file))?)),
        }
    }
}
