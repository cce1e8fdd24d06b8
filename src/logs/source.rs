//! Where entries are read from: files, folders of them, standard input; compressed or not, in UTF-8 or UTF-16.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs_io::DecodeReaderBytesBuilder;

use super::parquet;
use super::recognise::{HEAD_BYTES, Layout, recognise};

/// First bytes of compressed files.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A file, a folder, or what stands in for one.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Path(PathBuf),
    /// An open file that can be read again from its start.
    Opened(Arc<File>),
    Bytes(Arc<[u8]>),
}

impl Source {
    /// A file or a folder; a folder is walked recursively when it is read.
    pub fn path(path: impl Into<PathBuf>) -> Source {
        let path = path.into();
        Source { name: path.display().to_string(), place: Place::Path(path) }
    }

    /// A text that is already in memory, and what to call it.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Source {
        Source { name: name.into(), place: Place::Bytes(bytes.into()) }
    }

    /// A stream that can be read only once, such as standard input, copied into `spool`, an empty file that
    /// the caller opened for reading and writing: evidence is looked up in a second reading.
    pub fn spooled(name: impl Into<String>, mut stream: impl Read, mut spool: File) -> io::Result<Source> {
        io::copy(&mut stream, &mut spool)?;
        spool.flush()?;
        Ok(Source { name: name.into(), place: Place::Opened(Arc::new(spool)) })
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it holds log entries, and how; `None` for a folder and for everything else.
    pub fn recognise(&self) -> io::Result<Option<Layout>> {
        if self.is_folder() {
            return Ok(None);
        }
        let mut head = Vec::with_capacity(HEAD_BYTES);
        self.raw()?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        if head.starts_with(&parquet::MAGIC) && !parquet::is_ours(&self.opening())? {
            return Ok(None);
        }
        Ok(recognise(&head))
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(&self.place, Place::Path(path) if path.is_dir())
    }

    /// The files below a folder in order of their names, or the source itself.
    pub(super) fn files(&self) -> io::Result<Vec<Source>> {
        match &self.place {
            Place::Path(path) if path.is_dir() => {
                let mut found = Vec::new();
                walk(path, &mut found)?;
                Ok(found.into_iter().map(Source::path).collect())
            }
            _ => Ok(vec![self.clone()]),
        }
    }

    /// Its bytes as they are stored.
    fn raw(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(match &self.place {
            Place::Path(path) => Box::new(File::open(path)?),
            Place::Opened(file) => {
                let mut file = &**file;
                file.seek(SeekFrom::Start(0))?;
                Box::new(file)
            }
            Place::Bytes(bytes) => Box::new(&bytes[..]),
        })
    }

    /// Its text: decompressed, without byte order mark, UTF-16 as UTF-8, Parquet as NDJSON; and whether it was UTF-16.
    pub(super) fn text(&self) -> io::Result<Text<'_>> {
        let (head, raw) = peek(self.raw()?)?;
        if head == parquet::MAGIC {
            return Ok(Text { stream: Box::new(parquet::lines(self.opening())), wide: false });
        }
        decoded(raw)
    }

    /// Opens it for a reader that jumps about in it.
    fn opening(&self) -> parquet::Open<'_> {
        Box::new(|| {
            Ok(match &self.place {
                Place::Path(path) => Box::new(File::open(path)?),
                Place::Opened(file) => Box::new(file.try_clone()?),
                Place::Bytes(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            })
        })
    }
}

/// A file any place of which can be read.
pub(super) trait ReadSeek: Read + Seek + Send {}

impl<F: Read + Seek + Send> ReadSeek for F {}

/// Stretches of a file that lie closer than this are read in one go, in bytes.
const NEAR_BYTES: u64 = 16 << 10;

/// How much is read in one go at most, unless a single stretch is longer, in bytes.
const GO_BYTES: u64 = 1 << 20;

impl Source {
    /// Whether any place of the text can be read at once: neither compressed nor recoded.
    pub(super) fn is_plain(&self) -> bool {
        self.raw().and_then(peek).is_ok_and(|(head, _)| !is_packed(head) && !is_marked(head) && head != parquet::MAGIC)
    }

    /// The file itself and its size, where any place of the text can be read at once.
    pub(super) fn seekable(&self) -> io::Result<Option<(Box<dyn ReadSeek + '_>, u64)>> {
        if !self.is_plain() {
            return Ok(None);
        }
        Ok(match &self.place {
            Place::Path(path) => {
                let file = File::open(path)?;
                let size = file.metadata()?.len();
                Some((Box::new(file), size))
            }
            Place::Opened(file) => Some((Box::new(&**file), file.metadata()?.len())),
            Place::Bytes(bytes) => Some((Box::new(io::Cursor::new(&**bytes)), bytes.len() as u64)),
        })
    }

    /// Hands over stretches of the text, each an offset and a length, in ascending order, without overlap. Plain
    /// files are read at these places only, everything else once from its start.
    pub(super) fn read_again(&self, ranges: &[(u64, usize)], each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        if self.is_plain() {
            return match &self.place {
                Place::Path(path) => read_at(File::open(path)?, ranges, each),
                Place::Opened(file) => read_at(&**file, ranges, each),
                Place::Bytes(bytes) => read_at(io::Cursor::new(&**bytes), ranges, each),
            };
        }
        let mut text = self.text()?;
        let mut at = 0;
        let mut buffer = Vec::new();
        for (offset, length) in ranges {
            io::copy(&mut text.by_ref().take(offset.saturating_sub(at)), &mut io::sink())?;
            buffer.resize(*length, 0);
            text.read_exact(&mut buffer)?;
            at = offset + *length as u64;
            each(&buffer);
        }
        Ok(())
    }
}

fn read_at(mut file: impl Read + Seek, ranges: &[(u64, usize)], each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = Vec::new();
    let mut rest = ranges;
    while let Some((start, _)) = rest.first() {
        let end_of = |(offset, length): (u64, usize)| offset + length as u64;
        let close =
            |pair: &[(u64, usize)]| pair[1].0.saturating_sub(end_of(pair[0])) < NEAR_BYTES && end_of(pair[1]) - start < GO_BYTES;
        let count = 1 + rest.windows(2).take_while(|pair| close(pair)).count();
        let (together, behind) = rest.split_at(count);
        let length = together.last().map_or(0, |last| end_of(*last) - start);
        buffer.resize(length as usize, 0);
        file.seek(SeekFrom::Start(*start))?;
        file.read_exact(&mut buffer)?;
        for (offset, length) in together {
            let from = (offset - start) as usize;
            each(&buffer[from..from + length]);
        }
        rest = behind;
    }
    Ok(())
}

fn is_packed(head: [u8; 4]) -> bool {
    head.starts_with(&GZIP) || head == ZSTD
}

/// Whether a byte order mark stands first.
fn is_marked(head: [u8; 4]) -> bool {
    is_wide(head) || head.starts_with(&[0xef, 0xbb, 0xbf])
}

fn is_wide(head: [u8; 4]) -> bool {
    head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff])
}

/// Hidden files are left out: they belong to the tools that copied the folder.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        // A link to a folder could lead back up.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found)?;
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// The text of a source, as a stream.
pub(super) struct Text<'a> {
    stream: Box<dyn Read + Send + 'a>,
    /// It was UTF-16.
    pub(super) wide: bool,
}

impl Read for Text<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

/// Undoes compression (gzip and zstd, also of several members) and UTF-16, both told by their first bytes.
pub(super) fn decoded<'a>(raw: impl Read + Send + 'a) -> io::Result<Text<'a>> {
    let (head, raw) = peek(raw)?;
    let plain: Box<dyn Read + Send + 'a> = match head {
        head if head.starts_with(&GZIP) => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, raw))),
        ZSTD => Box::new(zstd::stream::read::Decoder::new(raw)?),
        _ => Box::new(raw),
    };
    let (head, plain) = peek(plain)?;
    let wide = is_wide(head);
    let stream: Box<dyn Read + Send + 'a> = match is_marked(head) {
        true => Box::new(DecodeReaderBytesBuilder::new().bom_override(true).strip_bom(true).utf8_passthru(true).build(plain)),
        false => Box::new(plain),
    };
    Ok(Text { stream, wide })
}

/// The first four bytes (zeros where there are fewer), and a stream that still begins with them.
fn peek<'a>(mut stream: impl Read + Send + 'a) -> io::Result<([u8; 4], impl Read + Send + 'a)> {
    let mut first = Vec::with_capacity(4);
    stream.by_ref().take(4).read_to_end(&mut first)?;
    let mut head = [0; 4];
    head[..first.len()].copy_from_slice(&first);
    Ok((head, io::Cursor::new(first).chain(stream)))
}
