//! Opens a results file as clean UTF-8 text and counts its lines.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use memchr::memchr_iter;

use super::format::{Format, HEAD_BYTES, recognise};

/// Test results that are to be read.
#[derive(Debug, Clone)]
pub struct ResultInput {
    name: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl ResultInput {
    /// A file, named in messages as it is given here.
    pub fn file(path: impl Into<PathBuf>) -> ResultInput {
        let path = path.into();
        ResultInput { name: path.display().to_string(), content: Content::File(path) }
    }

    /// A copy of a file, named in messages as the original was.
    pub fn copy(name: impl Into<String>, path: impl Into<PathBuf>) -> ResultInput {
        ResultInput { name: name.into(), content: Content::File(path.into()) }
    }

    /// What was read already, under the name it has in messages.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> ResultInput {
        ResultInput { name: name.into(), content: Content::Bytes(bytes.into()) }
    }

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the input is, by its first bytes; `None` where it is not test results.
    pub fn format(&self) -> io::Result<Option<Format>> {
        let mut head = Vec::new();
        self.open()?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        Ok(recognise(&head))
    }

    pub(super) fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match &self.content {
            Content::File(path) => Box::new(File::open(path)?),
            Content::Bytes(bytes) => Box::new(bytes.as_slice()),
        })
    }
}

/// How many raw bytes are decoded at once.
const CHUNK: usize = 64 * 1024;

/// A reader that yields valid UTF-8 whatever it is given: byte order marks are taken off, UTF-16 is
/// decoded, invalid bytes become U+FFFD and are counted.
pub(super) struct TextReader<R> {
    inner: R,
    encoding: Option<Encoding>,
    /// Raw bytes that are not decoded yet: the start of a character whose rest was not read.
    carry: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    lines_consumed: u64,
    lines_decoded: u64,
    replaced: u64,
    first_replaced: Option<u64>,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Encoding {
    Utf8,
    Utf16 { big_endian: bool },
}

impl<R: Read> TextReader<R> {
    pub(super) fn new(inner: R) -> TextReader<R> {
        TextReader {
            inner,
            encoding: None,
            carry: Vec::new(),
            text: Vec::new(),
            at: 0,
            lines_consumed: 0,
            lines_decoded: 0,
            replaced: 0,
            first_replaced: None,
            ended: false,
        }
    }

    /// The line that is being read, from 1.
    pub(super) fn line(&self) -> u64 {
        self.lines_consumed + 1
    }

    /// How many invalid sequences were replaced so far, and the line of the first.
    pub(super) fn replaced(&self) -> Option<(u64, u64)> {
        self.first_replaced.map(|line| (self.replaced, line))
    }

    fn refill(&mut self) -> io::Result<()> {
        let carried = self.carry.len();
        self.carry.resize(carried + CHUNK, 0);
        let read = loop {
            match self.inner.read(&mut self.carry[carried..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => break other,
            }
        };
        self.carry.truncate(carried + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        self.text.clear();
        self.at = 0;
        if self.encoding.is_none() && (self.carry.len() >= 3 || self.ended) {
            self.encoding = Some(self.take_mark());
        }
        match self.encoding {
            Some(Encoding::Utf8) => self.decode_utf8(),
            Some(Encoding::Utf16 { big_endian }) => self.decode_utf16(big_endian),
            None => {}
        }
        self.lines_decoded += memchr_iter(b'\n', &self.text).count() as u64;
        Ok(())
    }

    fn take_mark(&mut self) -> Encoding {
        let (encoding, length) = match self.carry.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::Utf16 { big_endian: false }, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16 { big_endian: true }, 2),
            _ => (Encoding::Utf8, 0),
        };
        self.carry.drain(..length);
        encoding
    }

    fn replace(&mut self) {
        self.replaced += 1;
        if self.first_replaced.is_none() {
            self.first_replaced = Some(self.lines_decoded + memchr_iter(b'\n', &self.text).count() as u64 + 1);
        }
        self.text.extend_from_slice("\u{fffd}".as_bytes());
    }

    fn decode_utf8(&mut self) {
        let raw = std::mem::take(&mut self.carry);
        let mut rest = raw.as_slice();
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(_) => {
                    self.text.extend_from_slice(rest);
                    break;
                }
                Err(error) => {
                    self.text.extend_from_slice(&rest[..error.valid_up_to()]);
                    rest = &rest[error.valid_up_to()..];
                    match error.error_len() {
                        Some(length) => {
                            self.replace();
                            rest = &rest[length..];
                        }
                        None if self.ended => {
                            self.replace();
                            break;
                        }
                        None => {
                            self.carry = rest.to_vec();
                            break;
                        }
                    }
                }
            }
        }
    }

    fn decode_utf16(&mut self, big_endian: bool) {
        let raw = std::mem::take(&mut self.carry);
        let unit = |pair: &[u8]| if big_endian { [pair[0], pair[1]] } else { [pair[1], pair[0]] };
        let units: Vec<u16> = raw.chunks_exact(2).map(|pair| u16::from_be_bytes(unit(pair))).collect();
        let mut used = units.len() * 2;
        let mut whole = units.as_slice();
        if let Some((0xd800..=0xdbff, before)) = units.split_last()
            && !self.ended
        {
            whole = before;
            used -= 2;
        }
        for character in char::decode_utf16(whole.iter().copied()) {
            match character {
                Ok(character) => self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(_) => self.replace(),
            }
        }
        if self.ended && used < raw.len() {
            self.replace();
        } else {
            self.carry = raw[used..].to_vec();
        }
    }
}

impl<R: Read> BufRead for TextReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.text.len() && !self.ended {
            self.refill()?;
        }
        Ok(&self.text[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        let end = (self.at + amount).min(self.text.len());
        self.lines_consumed += memchr_iter(b'\n', &self.text[self.at..end]).count() as u64;
        self.at = end;
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let amount = available.len().min(into.len());
        into[..amount].copy_from_slice(&available[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time, the hardest case for a decoder.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            into[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn read(bytes: &[u8]) -> (String, Option<(u64, u64)>, u64) {
        let mut reader = TextReader::new(Drip(bytes));
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        let line = reader.line();
        (text, reader.replaced(), line)
    }

    #[test]
    fn invalid_bytes_are_replaced_and_counted_with_the_line() {
        assert_eq!(read(b"a\nb\xffc\n\xc3"), ("a\nb\u{fffd}c\n\u{fffd}".into(), Some((2, 2)), 3));
        assert_eq!(read("größe\n".as_bytes()), ("größe\n".into(), None, 2));
    }

    #[test]
    fn byte_order_marks_are_taken_off_and_utf_16_is_decoded() {
        assert_eq!(read("\u{feff}x".as_bytes()).0, "x");
        let little: Vec<u8> = "\u{feff}a😀\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&little), ("a😀\n".into(), None, 2));
        let mut big: Vec<u8> = "\u{feff}aß".encode_utf16().flat_map(u16::to_be_bytes).collect();
        big.push(0);
        assert_eq!(read(&big), ("aß\u{fffd}".into(), Some((1, 1)), 1));
    }
}
