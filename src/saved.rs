//! A pull kept on disk: an incident folder with entries, results and a manifest, that survives being interrupted.
//!
//! While a window is under way its entries stand in a journal, one JSON entry a line, durable when
//! [`Folder::append`] returns. [`Folder::finish`] turns the journals into Parquet (or leaves NDJSON) and says so in
//! the manifest with one rename: whenever the program is killed, the manifest names files that are whole.
//!
//! ```text
//! FOLDER/manifest.json                  what was asked, and what was had (see [`Manifest`])
//! FOLDER/results/…                      the test results
//! FOLDER/logs/window-001.parquet        the entries of one window; `.part.ndjson` while it is under way
//! FOLDER/.pull/key                      makes the tokens of secrets; only while under way, for nobody else to read
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::logs::Gap;
use crate::report::redact::Settings;
use crate::rules::matching::Matcher;
use finishing::Numbers;
use journal::Journal;
use masking::Mask;

mod disk;
mod finishing;
mod journal;
mod keys;
mod manifest;
mod masking;
mod reading;
mod streams;

pub use manifest::{Asked, FileForm, Manifest, SavedGap, SavedRedaction, SavedResult, SavedWindow, Secrecy, Stage, State};
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

/// How much of what is there already is asked for again after an interruption: the rest of a secret that is torn over
/// entries is known by its beginning, of which the folder holds only a token.
pub const SEEN_AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// What a window's entries on disk amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowState {
    /// Nothing is there.
    Missing,
    /// Interrupted: everything before `from` is there, and perhaps more. To go on, ask for the entries from `from` on,
    /// inclusive, in order of time; [`Folder::append`] drops what is there already.
    Partial {
        /// Timestamp of the latest entry; where secrets are taken out, [`SEEN_AGAIN`] before it.
        from: Timestamp,
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
    /// It is in its final form, and not all that was asked for is in it.
    #[error("{path}: this folder was finished without all of its windows, and cannot be added to; pull into a new folder")]
    Sealed {
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
    /// `None` where secrets are kept.
    mask: Option<Mask>,
    /// The windows under way.
    journals: BTreeMap<usize, Journal>,
    /// Keeps other programs out.
    _lock: keys::Lock,
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
        let manifest = Manifest::begun(asked, &keeping);
        let folder = Folder::open(path, manifest, keeping)?;
        disk::make_folder(&path.join("logs"))?;
        folder.manifest.write(path)?;
        Ok(folder)
    }

    /// Goes on with a folder that was interrupted. One that is finished is taken up too: all its windows are complete,
    /// and [`Folder::finish`] does nothing. The results have to be added again.
    ///
    /// # Errors
    ///
    /// Where no pull was begun there, where it was asked something else ([`Asked::at`] and [`Asked::reproduce`] do not
    /// count), where it was finished without all windows, or where the folder cannot be read and written.
    pub fn resume(path: &Path, asked: &Asked, keeping: Keeping) -> Result<Folder, Error> {
        let name = || path.display().to_string();
        let manifest = Manifest::read(path)?.ok_or_else(|| Error::NothingToResume { path: name() })?;
        let differences = manifest.differences(asked, &keeping);
        if !differences.is_empty() {
            return Err(Error::AnotherQuestion { path: name(), differences: differences.join("; ") });
        }
        let finished = manifest.stage == Stage::Finished;
        if finished && manifest.windows.iter().any(|window| window.state != State::Complete) {
            return Err(Error::Sealed { path: name() });
        }
        let mut folder = Folder::open(path, manifest, keeping)?;
        if finished {
            folder.clear()?;
            return Ok(folder);
        }
        for window in 0..folder.manifest.windows.len() {
            if folder.manifest.windows[window].state != State::Complete {
                folder.journal(window)?;
            }
        }
        Ok(folder)
    }

    fn open(path: &Path, manifest: Manifest, keeping: Keeping) -> Result<Folder, Error> {
        let lock = keys::lock(path)?;
        let mask = match keeping.secrets {
            Secrets::Masked(matcher) if manifest.stage == Stage::UnderWay => Some(Mask::new(&keys::key(path)?, matcher)),
            _ => None,
        };
        Ok(Folder { root: path.to_owned(), manifest, mask, journals: BTreeMap::new(), _lock: lock })
    }

    /// From now on also takes out, or leaves alone, what the users of this place want so.
    pub fn redacting(mut self, settings: Arc<Settings>) -> Folder {
        if let Some(mask) = &mut self.mask {
            mask.set(settings);
        }
        self
    }

    /// What is there of a window, by its place in [`Asked::windows`].
    pub fn state(&self, window: usize) -> WindowState {
        if self.manifest.windows.get(window).is_some_and(|window| window.state == State::Complete) {
            return WindowState::Complete;
        }
        let seen_again = if self.mask.is_some() { SEEN_AGAIN } else { SignedDuration::ZERO };
        match self.journals.get(&window).and_then(|journal| Some((journal.last()?, journal.entries()))) {
            Some((last, entries)) => {
                WindowState::Partial { from: last.saturating_sub(seen_again).unwrap_or(Timestamp::MIN), entries }
            }
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
        self.journal(window)?;
        let Some(journal) = self.journals.get_mut(&window) else { return Err(Error::NoSuchWindow { window }) };
        let Some(mask) = &mut self.mask else { return journal.append(entries) };
        let page = mask.page(window, entries, &|entry| journal.holds(entry));
        journal.append_and_replace(&page.entries, &page.again)
    }

    /// Says that the source has no more entries for a window, what it could not give, and how many requests it took.
    ///
    /// # Errors
    ///
    /// Where the manifest cannot be written.
    pub fn complete(&mut self, window: usize, gaps: Vec<Gap>, requests: u64) -> Result<(), Error> {
        let entries = self.journal(window)?.entries();
        let known = &mut self.manifest.windows[window];
        known.state = State::Complete;
        known.entries = entries;
        known.requests += requests;
        known.gaps = gaps.into_iter().map(SavedGap::from).collect();
        self.journals.remove(&window);
        self.mask.iter_mut().for_each(|mask| mask.forget(window));
        self.manifest.write(&self.root)
    }

    /// Copies test results into the folder, in the place of those that were added before.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, or its copy cannot be written.
    pub fn add_results(&mut self, files: &[PathBuf]) -> Result<(), Error> {
        if self.manifest.stage == Stage::Finished {
            return Ok(());
        }
        disk::make_folder(&self.root.join("results"))?;
        self.manifest.results.clear();
        for file in files {
            let name = self.manifest.free_result_name(file);
            let copy = self.root.join(&name);
            match &self.mask {
                Some(mask) => disk::write_whole(&copy, finishing::masked_text(mask, &disk::read_text(file)?).as_bytes())?,
                None => disk::write_whole(&copy, &disk::read(file)?)?,
            }
            self.manifest.results.push(SavedResult { file: name, given: file.display().to_string() });
        }
        self.manifest.write(&self.root)
    }

    /// Brings the folder into its final form and forgets the key of its tokens: it cannot be added to any more. Windows
    /// that are not complete are named as gaps when the folder is read. To be able to resume, drop the folder instead.
    ///
    /// # Errors
    ///
    /// Where a file cannot be written; then the folder can still be resumed.
    pub fn finish(mut self, gaps: Vec<Gap>) -> Result<Manifest, Error> {
        if self.manifest.stage == Stage::Finished {
            return Ok(self.manifest);
        }
        let mut manifest = self.manifest.clone();
        manifest.gaps = gaps.into_iter().map(SavedGap::from).collect();
        for (window, journal) in std::mem::take(&mut self.journals) {
            let known = &mut manifest.windows[window];
            known.entries = journal.entries();
            known.state = if known.entries > 0 { State::Partial } else { State::Missing };
        }
        self.write_final(&mut manifest)?;
        manifest.stage = Stage::Finished;
        manifest.write(&self.root)?;
        self.manifest = manifest;
        self.clear()?;
        Ok(self.manifest)
    }

    /// Writes all files beside those of the folder under way; only the manifest makes them count.
    fn write_final(&self, manifest: &mut Manifest) -> Result<(), Error> {
        let there: Vec<usize> = (0..manifest.windows.len()).filter(|window| manifest.windows[*window].entries > 0).collect();
        let journals: Vec<PathBuf> = there.iter().map(|window| self.root.join(&manifest.windows[*window].file)).collect();
        let results: Vec<PathBuf> = manifest.results.iter().map(|result| self.root.join(&result.file)).collect();
        let numbers = match &self.mask {
            None => None,
            Some(mask) => {
                let texts = results.iter().map(|path| disk::read_text(path)).collect::<Result<Vec<_>, _>>()?;
                let paths: Vec<&Path> = journals.iter().map(PathBuf::as_path).collect();
                let numbers = Numbers::new(mask, &paths, &texts)?;
                for (path, text) in results.iter().zip(&texts) {
                    disk::write_whole(path, numbers.text(text).as_bytes())?;
                }
                manifest.redactions = numbers.counts();
                Some(numbers)
            }
        };
        for (window, journal) in there.into_iter().zip(&journals) {
            let name = manifest.final_name(window);
            finishing::write_log(journal, &self.root.join(&name), manifest.form, numbers.as_ref())?;
        }
        for window in 0..manifest.windows.len() {
            manifest.windows[window].file = manifest.final_name(window);
        }
        Ok(())
    }

    /// Removes what was only needed while the folder was under way.
    fn clear(&self) -> Result<(), Error> {
        for window in 0..self.manifest.windows.len() {
            disk::remove(&self.root.join(manifest::journal_name(window)))?;
        }
        keys::discard(&self.root)
    }

    /// What the folder says about itself so far.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The journal of a window, opened when it is first called for.
    fn journal(&mut self, window: usize) -> Result<&mut Journal, Error> {
        if self.manifest.stage == Stage::Finished {
            return Err(Error::Sealed { path: self.root.display().to_string() });
        }
        let Some(known) = self.manifest.windows.get(window) else { return Err(Error::NoSuchWindow { window }) };
        match self.journals.entry(window) {
            Entry::Occupied(journal) => Ok(journal.into_mut()),
            Entry::Vacant(place) => {
                let mut remember = |entry| {
                    if let Some(mask) = &mut self.mask {
                        mask.remember(window, entry);
                    }
                };
                Ok(place.insert(Journal::open(&self.root.join(&known.file), &mut remember)?))
            }
        }
    }
}
