//! A checksum inside the Parquet file, for the reader trusts what a file says about itself: damage must be noticed before.
//!
//! It stands between the last row group and the footer, where the format allows for anything: `5WHY`, then the SHA-256
//! of all other bytes.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::MAGIC;

const MARK: [u8; 4] = *b"5WHY";

/// Mark and checksum.
const SEAL_BYTES: usize = MARK.len() + 32;

/// Length of the footer, and the magic bytes.
const END_BYTES: usize = 8;

/// A file that is being written; clones write into the same one.
pub(super) struct Sealing<W>(Arc<Mutex<Inner<W>>>);

struct Inner<W> {
    out: W,
    hash: Sha256,
    /// What ends the file, held back.
    end: Option<Vec<u8>>,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(out: W) -> Sealing<W> {
        Sealing(Arc::new(Mutex::new(Inner { out, hash: Sha256::new(), end: None })))
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Inner<W>) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is written from now on ends the file.
    pub(super) fn begin_end(&self) {
        self.with(|inner| inner.end = Some(Vec::new()));
    }

    /// Puts the seal in front of the footer.
    pub(super) fn close(&self) -> io::Result<()> {
        self.with(|inner| {
            let held = inner.end.take().unwrap_or_default();
            let footer = footer_length(&held).and_then(|length| held.len().checked_sub(length));
            let footer = footer.ok_or_else(|| io::Error::other("the Parquet footer is not where it is expected"))?;
            // Page indexes stand in front of the footer, at places that the footer names.
            let (indexes, footer) = held.split_at(footer);
            inner.hash.update(&held);
            let hash = inner.hash.finalize_reset();
            inner.out.write_all(&[indexes, &MARK, &hash, footer].concat())?;
            inner.out.flush()
        })
    }
}

impl<W> Clone for Sealing<W> {
    fn clone(&self) -> Self {
        Sealing(self.0.clone())
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|inner| {
            if let Some(end) = &mut inner.end {
                end.extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            let count = inner.out.write(bytes)?;
            inner.hash.update(&bytes[..count]);
            Ok(count)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(|inner| inner.out.flush())
    }
}

/// How long the footer is, its end included, by the last bytes of a file; `None` where they do not end a Parquet file.
fn footer_length(end: &[u8]) -> Option<usize> {
    let (length, magic) = end.get(end.len().checked_sub(END_BYTES)?..)?.split_at(4);
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    (magic == MAGIC).then_some(length + END_BYTES)
}

/// Where the seal stands in a file; `None` where it has none, an error where it is no whole Parquet file.
fn place(file: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let cut_off = || io::Error::new(io::ErrorKind::UnexpectedEof, "the file is cut off");
    let length = file.seek(SeekFrom::End(0))?;
    let mut end = [0; END_BYTES];
    file.seek(SeekFrom::Start(length.checked_sub(END_BYTES as u64).ok_or_else(cut_off)?))?;
    file.read_exact(&mut end)?;
    let footer = footer_length(&end).ok_or_else(cut_off)? as u64;
    let Some(at) = length.checked_sub(footer + SEAL_BYTES as u64) else { return Ok(None) };
    let mut mark = [0; MARK.len()];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut mark)?;
    Ok((mark == MARK).then_some(at))
}

/// Whether a Parquet file has a seal, or is damaged in a way that hides it.
pub(super) fn may_be_sealed(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    match place(file) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
        found => Ok(found?.is_some()),
    }
}

/// Reads a file once from its start to its end.
///
/// # Errors
///
/// Where a byte of it is not what was written.
pub(super) fn verify(file: &mut (impl Read + Seek)) -> io::Result<()> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the file is damaged: its checksum differs");
    let at = place(file)?.ok_or_else(damaged)?;
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    let mut update = |part: &mut dyn Read| -> io::Result<()> {
        loop {
            match part.read(&mut chunk)? {
                0 => return Ok(()),
                count => hash.update(&chunk[..count]),
            }
        }
    };
    update(&mut file.by_ref().take(at))?;
    let mut seal = [0; SEAL_BYTES];
    file.read_exact(&mut seal)?;
    update(file)?;
    if hash.finalize()[..] == seal[MARK.len()..] { Ok(()) } else { Err(damaged()) }
}
