//! The entries of a window under way: one JSON entry a line, appended a page at a time.

use std::fs::{File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::{Error, disk};

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Hashes of the entries that are in it.
    seen: FxHashSet<u64>,
    last: Option<Timestamp>,
}

impl Journal {
    /// Opens or begins a journal, and visits what is in it. What is not whole at its end (the program was killed while it
    /// wrote) is cut off.
    pub(super) fn open(path: &Path, visit: &mut dyn FnMut(Map<String, Value>)) -> Result<Journal, Error> {
        let mut open = || {
            let file = appending(path)?;
            let mut journal = Journal { path: path.to_owned(), file, seen: FxHashSet::default(), last: None };
            let whole = journal.read_whole_lines(visit)?;
            if whole < journal.file.metadata()?.len() {
                journal.file.set_len(whole)?;
                journal.file.sync_all()?;
            }
            disk::sync_folder(path.parent().unwrap_or(Path::new(".")))?;
            Ok(journal)
        };
        open().map_err(disk::failed(path, "opened for writing"))
    }

    /// Remembers the entries up to the first line that is not whole, and says where that begins.
    fn read_whole_lines(&mut self, visit: &mut dyn FnMut(Map<String, Value>)) -> io::Result<u64> {
        let mut reader = BufReader::new(&self.file);
        reader.seek(SeekFrom::Start(0))?;
        let (mut whole, mut line) = (0, Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                return Ok(whole);
            }
            let Ok(entry) = serde_json::from_slice::<Map<String, Value>>(&line) else { return Ok(whole) };
            self.seen.insert(identity(&entry));
            self.last = self.last.max(moment(&entry));
            whole += length as u64;
            visit(entry);
        }
    }

    /// Timestamp of the latest entry.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// How many entries are in it.
    pub(super) fn entries(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Whether an entry is in it.
    pub(super) fn holds(&self, entry: &Map<String, Value>) -> bool {
        self.seen.contains(&identity(entry))
    }

    /// As [`Journal::append`], with other versions of entries that are in it already: all of it, or none. The journal is
    /// written anew.
    pub(super) fn append_and_replace(
        &mut self,
        entries: &[Map<String, Value>],
        again: &[Map<String, Value>],
    ) -> Result<u64, Error> {
        let again: FxHashMap<u64, &Map<String, Value>> = again.iter().map(|entry| (identity(entry), entry)).collect();
        if again.is_empty() {
            return self.append(entries);
        }
        let mut fresh = FxHashSet::default();
        let fresh_entries = entries.iter().filter(|entry| !self.holds(entry) && fresh.insert(identity(entry)));
        let lines: Vec<String> = fresh_entries.filter_map(|entry| serde_json::to_string(entry).ok()).collect();
        disk::write_with(&self.path, |file| {
            let mut writer = BufWriter::with_capacity(1 << 16, file);
            for line in BufReader::with_capacity(1 << 16, File::open(&self.path)?).lines() {
                let line = line?;
                let entry: Option<Map<String, Value>> = serde_json::from_str(&line).ok();
                let other = entry.and_then(|entry| serde_json::to_string(again.get(&identity(&entry))?).ok());
                writeln!(writer, "{}", other.unwrap_or(line))?;
            }
            lines.iter().try_for_each(|line| writeln!(writer, "{line}"))?;
            writer.flush()
        })?;
        self.file = appending(&self.path).map_err(disk::failed(&self.path, "opened for writing"))?;
        self.last = entries.iter().map(moment).fold(self.last, Option::max);
        self.seen.extend(&fresh);
        Ok(fresh.len() as u64)
    }

    /// Adds those that are not in it yet; durable when it returns.
    pub(super) fn append(&mut self, entries: &[Map<String, Value>]) -> Result<u64, Error> {
        let (mut lines, mut fresh, mut last) = (Vec::new(), Vec::new(), self.last);
        for entry in entries {
            let identity = identity(entry);
            if !self.seen.insert(identity) {
                continue;
            }
            fresh.push(identity);
            last = last.max(moment(entry));
            // A map of JSON values can always be written as JSON.
            let _ = serde_json::to_writer(&mut lines, entry);
            lines.push(b'\n');
        }
        if let Err(error) = self.write(&lines) {
            fresh.iter().for_each(|identity| {
                self.seen.remove(identity);
            });
            return Err(disk::failed(&self.path, "written")(error));
        }
        self.last = last;
        Ok(fresh.len() as u64)
    }

    /// All of the lines, or none.
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let before = self.file.metadata()?.len();
        self.file.write_all(lines).and_then(|()| self.file.sync_data()).inspect_err(|_| {
            // If even that fails, the next opening cuts the torn line off.
            let _ = self.file.set_len(before);
        })
    }
}

fn appending(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

/// When an entry happened.
pub(super) fn moment(entry: &Map<String, Value>) -> Option<Timestamp> {
    ["timestamp", "receiveTimestamp"].iter().find_map(|key| entry.get(*key)?.as_str()?.parse().ok())
}

/// Equal for entries with the same log name, timestamp and insert id; without an insert id, for equal entries.
pub(super) fn identity(entry: &Map<String, Value>) -> u64 {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let hasher = FxBuildHasher;
    match text("insertId") {
        "" => hasher.hash_one(entry),
        insert_id => hasher.hash_one((text("logName"), moment(entry), insert_id)),
    }
}
