//! Reads a Parquet file of entries as a stream of NDJSON, one row group at a time.

use std::io::{self, Read, Write};

use polars::io::SerReader;
use polars::io::mmap::MmapBytesReader;
use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, StringChunked};

use super::{OBJECTS, PAYLOAD, REST, TEXT, TEXTS, failed, seal};

/// What a file is read from: it is opened anew for each row group.
pub(crate) type Open<'a> = Box<dyn Fn() -> io::Result<Box<dyn MmapBytesReader>> + Send + 'a>;

/// The columns that an entry is rebuilt from.
fn wanted() -> impl Iterator<Item = &'static str> {
    TEXTS.into_iter().chain([PAYLOAD, TEXT]).chain(OBJECTS).chain([REST])
}

/// Whether a Parquet file holds entries as this program writes them.
///
/// # Errors
///
/// Where it cannot be read.
pub(in super::super) fn is_ours(open: &Open<'_>) -> io::Result<bool> {
    seal::may_be_sealed(&mut open()?)
}

/// The entries of a file, one JSON object a line. What is damaged is an error of the first reading.
pub(in super::super) fn lines(open: Open<'_>) -> Lines<'_> {
    Lines { open, groups: None, next: 0, row: 0, text: Vec::new(), at: 0 }
}

/// A stream of entries.
pub(in super::super) struct Lines<'a> {
    open: Open<'a>,
    /// Rows of each row group; `None` before the first reading.
    groups: Option<Vec<usize>>,
    next: usize,
    /// The first row of the next group.
    row: usize,
    text: Vec<u8>,
    at: usize,
}

impl Lines<'_> {
    /// Makes sure that the file is whole, and reads how it is laid out.
    fn begin(&self) -> io::Result<Vec<usize>> {
        seal::verify(&mut (self.open)()?)?;
        let mut reader = ParquetReader::new((self.open)()?);
        let groups = &reader.get_metadata().map_err(failed)?.row_groups;
        Ok(groups.iter().map(|group| group.num_rows()).collect())
    }

    fn read_group(&mut self, rows: usize) -> io::Result<()> {
        let columns = wanted().map(str::to_owned).collect();
        let frame = ParquetReader::new((self.open)()?)
            .with_columns(Some(columns))
            .with_slice(Some((self.row, rows)))
            .read_parallel(ParallelStrategy::None)
            .finish()
            .map_err(failed)?;
        self.next += 1;
        self.row += rows;
        self.text.clear();
        self.at = 0;
        write_entries(&frame, &mut self.text)
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            let groups = match self.groups.take() {
                Some(groups) => groups,
                None => self.begin()?,
            };
            let rows = groups.get(self.next).copied();
            self.groups = Some(groups);
            match rows {
                Some(rows) => self.read_group(rows)?,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn write_entries(frame: &DataFrame, out: &mut Vec<u8>) -> io::Result<()> {
    let column = |name: &str| frame.column(name).and_then(|column| column.str()).map_err(failed);
    let texts = TEXTS.iter().map(|name| Ok((*name, column(name)?))).collect::<io::Result<Vec<_>>>()?;
    let objects = OBJECTS.iter().map(|name| Ok((*name, column(name)?))).collect::<io::Result<Vec<_>>>()?;
    let (payload, text, rest) = (column(PAYLOAD)?, column(TEXT)?, column(REST)?);
    for row in 0..frame.height() {
        let start = out.len();
        for (name, values) in &texts {
            write_text(name, values.get(row), out)?;
        }
        if payload.get(row) == Some("textPayload") {
            write_text("textPayload", text.get(row), out)?;
        }
        for (name, values) in &objects {
            write_member(name, values, row, out)?;
        }
        write_rest(rest.get(row), start, out)?;
    }
    Ok(())
}

fn write_text(name: &str, value: Option<&str>, out: &mut Vec<u8>) -> io::Result<()> {
    let Some(value) = value else { return Ok(()) };
    write!(out, ",\"{name}\":")?;
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

fn write_member(name: &str, values: &StringChunked, row: usize, out: &mut Vec<u8>) -> io::Result<()> {
    values.get(row).map_or(Ok(()), |value| write!(out, ",\"{name}\":{value}"))
}

/// Ends the line: the members before stand there each with a comma in front.
fn write_rest(rest: Option<&str>, start: usize, out: &mut Vec<u8>) -> io::Result<()> {
    match rest {
        // What had no members came as a whole.
        Some(whole) if out.len() == start => return writeln!(out, "{whole}"),
        Some(rest) => {
            let inner = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
            write!(out, ",{inner}")?;
        }
        None if out.len() == start => return writeln!(out, "{{}}"),
        None => {}
    }
    out[start] = b'{';
    out.extend_from_slice(b"}\n");
    Ok(())
}
