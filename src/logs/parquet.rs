//! Log entries as Parquet: columns that other tools can query, from which every entry comes back as it was.
//!
//! | column | |
//! |---|---|
//! | `timestamp` | when it happened: nanoseconds, UTC |
//! | `severity`, `logName`, `insertId`, `trace`, `spanId` | the fields of these names, where they are texts |
//! | `service`, `revision`, `instance` | the Cloud Run service or job, its revision, the container |
//! | `payload` | which field the payload stands in: `textPayload`, `jsonPayload`, `protoPayload` |
//! | `text` | the `textPayload`, else the message of the `jsonPayload` |
//! | `jsonPayload`, `httpRequest`, `resource`, `labels` | the fields of these names, as JSON |
//! | `rest` | all other members of the entry, as one JSON object; `timestamp` as it was written is one of them |
//!
//! An entry is rebuilt from its members' own text, so numbers keep their digits and unknown fields stay. polars is
//! behind this file alone.

use std::io::{self, Write};

use polars::prelude::{
    BatchedWriter, Column, DataFrame, DataType, Field, ParquetCompression, ParquetWriter, PolarsError, Schema, TimeUnit, TimeZone,
};

use super::LogEntry;
use super::payload;
use members::members;
use seal::Sealing;

mod members;
mod reading;
mod seal;

pub(super) use reading::{Open, is_ours, lines};

/// First bytes of every Parquet file.
pub(super) const MAGIC: [u8; 4] = *b"PAR1";

/// Fields that are texts and have a column of their own.
const TEXTS: [&str; 5] = ["severity", "logName", "insertId", "trace", "spanId"];

/// Fields that are objects and have a column of their own.
const OBJECTS: [&str; 4] = ["jsonPayload", "httpRequest", "resource", "labels"];

/// What is only there for other tools.
const DERIVED: [&str; 3] = ["service", "revision", "instance"];

/// The columns that are read again.
const PAYLOAD: &str = "payload";
const TEXT: &str = "text";
const REST: &str = "rest";

/// A row group ends after so many entries, or so many bytes of JSON: it is what is held in memory.
const GROUP_ROWS: usize = 16 * 1024;
const GROUP_BYTES: usize = 8 << 20;

/// Writes entries into a Parquet file, one row group at a time.
pub struct Writer<W: Write + Send> {
    file: BatchedWriter<Sealing<W>>,
    sealing: Sealing<W>,
    group: Group,
}

/// The rows that are not written yet, by column.
#[derive(Default)]
struct Group {
    bytes: usize,
    timestamps: Vec<Option<i64>>,
    texts: [Vec<Option<String>>; TEXTS.len()],
    derived: [Vec<Option<String>>; DERIVED.len()],
    payload: Vec<Option<&'static str>>,
    text: Vec<Option<String>>,
    objects: [Vec<Option<String>>; OBJECTS.len()],
    rest: Vec<Option<String>>,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a file, compressed with zstd.
    ///
    /// # Errors
    ///
    /// Where `file` cannot be written.
    pub fn new(file: W) -> io::Result<Writer<W>> {
        let sealing = Sealing::new(file);
        let writer = ParquetWriter::new(sealing.clone()).with_compression(ParquetCompression::Zstd(None)).set_parallel(false);
        Ok(Writer { file: writer.batched(&schema()).map_err(failed)?, sealing, group: Group::default() })
    }

    /// Adds an entry, written as one JSON object.
    ///
    /// # Errors
    ///
    /// Where the file cannot be written.
    pub fn push(&mut self, entry: &str) -> io::Result<()> {
        self.group.push(entry);
        if self.group.rest.len() >= GROUP_ROWS || self.group.bytes >= GROUP_BYTES { self.write_group() } else { Ok(()) }
    }

    /// Ends the file; without this it cannot be read.
    ///
    /// # Errors
    ///
    /// Where the file cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.write_group()?;
        self.sealing.begin_end();
        self.file.finish().map_err(failed)?;
        self.sealing.close()
    }

    fn write_group(&mut self) -> io::Result<()> {
        let group = std::mem::take(&mut self.group);
        if group.rest.is_empty() {
            return Ok(());
        }
        self.file.write_batch(&group.into_frame().map_err(failed)?).map_err(failed)
    }
}

fn failed(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        error => io::Error::other(error.to_string()),
    }
}

/// The file's columns. A frame holds the timestamps as plain integers, which is what they are in the file too:
/// so neither polars' temporal features nor what they need have to be compiled.
fn schema() -> Schema {
    let timestamp = Field::new("timestamp".into(), DataType::Datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC)));
    let texts = TEXTS.iter().chain(&DERIVED).chain(&[PAYLOAD, TEXT]).chain(&OBJECTS).chain(&[REST]);
    std::iter::once(timestamp).chain(texts.map(|name| Field::new((*name).into(), DataType::String))).collect()
}

impl Group {
    fn push(&mut self, raw: &str) {
        self.bytes += raw.len();
        let parsed = serde_json::from_str(raw).ok().and_then(LogEntry::from_fields);
        let mut row = members(raw).unwrap_or_default();
        let whole = row.is_empty().then(|| raw.to_owned());
        let at = parsed.as_ref().and_then(|entry| i64::try_from(entry.timestamp.as_nanosecond()).ok());
        self.timestamps.push(at);
        for (column, name) in self.texts.iter_mut().zip(TEXTS) {
            column.push(row.take_text(name));
        }
        let derived = parsed.as_ref().map(|entry| [entry.service(), entry.revision(), entry.instance()]).unwrap_or_default();
        for (column, value) in self.derived.iter_mut().zip(derived) {
            column.push(value.map(str::to_owned));
        }
        let text = row.take_text("textPayload");
        let payload = if text.is_some() { Some("textPayload") } else { row.first_of(["jsonPayload", "protoPayload"]) };
        self.payload.push(payload);
        self.text.push(text.or_else(|| payload::message(parsed.as_ref()?)));
        for (column, name) in self.objects.iter_mut().zip(OBJECTS) {
            column.push(row.take_object(name));
        }
        self.rest.push(whole.or_else(|| row.rest()));
    }

    fn into_frame(self) -> Result<DataFrame, PolarsError> {
        let height = self.rest.len();
        let mut columns = vec![Column::new("timestamp".into(), self.timestamps)];
        let mut add = |name: &str, values: Vec<Option<String>>| columns.push(Column::new(name.into(), values));
        TEXTS.iter().zip(self.texts).for_each(|(name, values)| add(name, values));
        DERIVED.iter().zip(self.derived).for_each(|(name, values)| add(name, values));
        add(PAYLOAD, self.payload.into_iter().map(|name| name.map(str::to_owned)).collect());
        add(TEXT, self.text);
        OBJECTS.iter().zip(self.objects).for_each(|(name, values)| add(name, values));
        add(REST, self.rest);
        DataFrame::new(height, columns)
    }
}
