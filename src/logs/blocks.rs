//! Cuts a text into blocks that begin and end between entries, so that each can be read on its own.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::{memchr2, memchr3, memmem};

use super::recognise::Layout;

/// How much is read before a cut is looked for, in bytes: so little that a processor's own cache holds it.
const BLOCK_BYTES: usize = 256 << 10;

/// Where no cut between lines is found in so many bytes, entries are counted through one by one.
const PATIENCE_BYTES: usize = 8 << 20;

/// The most that one entry can take before the text is cut in the middle of it, in bytes.
const LONGEST_ENTRY_BYTES: usize = 64 << 20;

/// What was read, in memory that is used again: what is asked for anew has to be filled with zeros first.
#[derive(Default)]
struct Buffer {
    room: Vec<u8>,
    filled: usize,
}

impl Buffer {
    fn text(&self) -> &[u8] {
        &self.room[..self.filled]
    }

    /// Reads so many bytes more, fewer at the end of the text; says how many.
    fn fill(&mut self, text: &mut impl Read, wanted: usize) -> io::Result<usize> {
        let before = self.filled;
        let end = before + wanted;
        if self.room.len() < end {
            self.room.resize(end, 0);
        }
        while self.filled < end {
            match text.read(&mut self.room[self.filled..end]) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled - before)
    }

    fn take(&mut self, text: &[u8]) {
        if self.room.len() < text.len() {
            self.room.resize(text.len(), 0);
        }
        self.room[..text.len()].copy_from_slice(text);
        self.filled = text.len();
    }
}

/// A stretch of text that begins where an entry may begin.
#[derive(Default)]
pub(super) struct Block {
    buffer: Buffer,
    /// Where it begins in the text, in bytes.
    pub(super) offset: u64,
    /// Nothing follows.
    pub(super) last: bool,
}

impl Block {
    /// Reads a stretch of a file, from one byte to another, that is known to begin and end between entries.
    pub(super) fn read(&mut self, file: &mut (impl Read + Seek + ?Sized), (from, to): (u64, u64)) -> io::Result<()> {
        file.seek(SeekFrom::Start(from))?;
        self.buffer.filled = 0;
        (self.offset, self.last) = (from, true);
        self.buffer.fill(&mut file.take(to - from), usize::try_from(to - from).unwrap_or(usize::MAX)).map(|_| ())
    }

    /// The text.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.text()
    }
}

/// A text as a sequence of [`Block`]s.
pub(super) struct Blocks<R> {
    text: R,
    layout: Layout,
    /// What was read but lies behind the last cut.
    rest: Buffer,
    /// Where the next block begins.
    offset: u64,
    ended: bool,
    /// Of blocks that are not needed any more.
    spare: Vec<Buffer>,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(text: R, layout: Layout) -> Blocks<R> {
        Blocks { text, layout, rest: Buffer::default(), offset: 0, ended: false, spare: Vec::new() }
    }

    /// The same for a text that is a stretch of another, from this byte on.
    pub(super) fn from(offset: u64, text: R, layout: Layout) -> Blocks<R> {
        Blocks { offset, ..Blocks::new(text, layout) }
    }

    /// The next block; `None` at the end. After an error, what was read before it comes as the last block.
    pub(super) fn next(&mut self) -> Option<(Block, Option<io::Error>)> {
        let mut buffer = std::mem::take(&mut self.rest);
        while !self.ended {
            let before = buffer.filled;
            match buffer.fill(&mut self.text, BLOCK_BYTES) {
                Ok(count) if count < BLOCK_BYTES => self.ended = true,
                Ok(_) => {}
                Err(error) => {
                    self.ended = true;
                    return Some((self.block(buffer, true), Some(error)));
                }
            }
            if !self.ended
                && let Some(cut) = self.cut(buffer.text(), before)
            {
                self.rest = self.spare.pop().unwrap_or_default();
                self.rest.take(&buffer.text()[cut..]);
                buffer.filled = cut;
                return Some((self.block(buffer, false), None));
            }
        }
        (buffer.filled > 0).then(|| (self.block(buffer, true), None))
    }

    /// Takes back a block that is not needed any more.
    pub(super) fn reuse(&mut self, block: Block) {
        self.spare.push(block.buffer);
    }

    fn block(&mut self, buffer: Buffer, last: bool) -> Block {
        let offset = self.offset;
        self.offset += buffer.filled as u64;
        Block { buffer, offset, last }
    }

    /// The last place in `bytes` where an entry begins; only what lies behind `searched` is new.
    fn cut(&self, bytes: &[u8], searched: usize) -> Option<usize> {
        let indent = self.layout.indent.as_deref();
        let between_lines = indent.and_then(|indent| last_opening(bytes, searched.saturating_sub(1 + indent.len()), indent));
        if between_lines.is_some() || (indent.is_some() && bytes.len() < PATIENCE_BYTES) {
            return between_lines;
        }
        let mut at = 0;
        let mut cut = None;
        while let Some(open) = memchr::memchr(b'{', &bytes[at..]) {
            let Extent::Whole(end) = extent(bytes, at + open, b"") else { break };
            at = end;
            cut = Some(end);
        }
        cut.or((bytes.len() >= LONGEST_ENTRY_BYTES).then_some(bytes.len()))
    }
}

/// The last line from `from` on that opens an object at this indentation, after a line that closes one.
fn last_opening(bytes: &[u8], from: usize, indent: &[u8]) -> Option<usize> {
    let needle = [b"\n", indent, b"{"].concat();
    let finder = memmem::FinderRev::new(&needle);
    let mut end = bytes.len();
    loop {
        let newline = from + finder.rfind(&bytes[from..end])?;
        let before = bytes[..newline].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b',' | b'\n'));
        if before == Some(&b'}') {
            return Some(newline + 1);
        }
        end = newline;
    }
}

/// How far an object reaches.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Up to its closing brace.
    Whole(usize),
    /// It has none: the text ends there, or another entry begins.
    Broken(usize),
}

/// How far the object that opens at `at` reaches, strings respected, raw newlines inside them tolerated.
/// A line that opens an object at the given indentation ends it: there the next entry begins.
pub(super) fn extent(bytes: &[u8], at: usize, indent: &[u8]) -> Extent {
    let mut depth = 0usize;
    let mut at = at;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Extent::Whole(at);
                }
            }
            b'\n' if opens_an_entry(&bytes[at..], indent) => return Extent::Broken(at),
            b'"' => match string_end(bytes, at, indent) {
                Extent::Whole(end) => at = end,
                broken => return broken,
            },
            _ => {}
        }
    }
    Extent::Broken(bytes.len())
}

fn string_end(bytes: &[u8], mut at: usize, indent: &[u8]) -> Extent {
    while let Some(offset) = bytes.get(at..).and_then(|rest| memchr3(b'"', b'\\', b'\n', rest)) {
        at += offset + 1;
        match bytes[at - 1] {
            b'"' => return Extent::Whole(at),
            b'\\' => at += 1,
            _ if opens_an_entry(&bytes[at..], indent) => return Extent::Broken(at),
            _ => {}
        }
    }
    Extent::Broken(bytes.len())
}

/// Whether a line opens an object at this indentation: a brace, then a key or the end of the line.
fn opens_an_entry(line: &[u8], indent: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(indent).and_then(|line| line.strip_prefix(b"{")) else { return false };
    match rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) {
        Some(b'\n') => true,
        Some(b'"') => memchr2(b':', b'\n', rest).is_some_and(|at| rest[at] == b':'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_ends_at_its_own_brace() {
        assert_eq!(extent(br#"{"a":"}\"","b":[{}]} {"#, 0, b""), Extent::Whole(20));
        assert_eq!(extent(b"{\"a\":\"x\ny\"}", 0, b""), Extent::Whole(11));
    }

    #[test]
    fn a_cut_off_object_ends_where_the_next_begins() {
        assert_eq!(extent(b"{\"a\":\"x\n{\"b\":1}\n", 0, b""), Extent::Broken(8));
        assert_eq!(extent(b"{\"a\":[1,\n  {\n\"b\":1}", 0, b"  "), Extent::Broken(9));
        assert_eq!(extent(b"{\"a\":[1,", 0, b""), Extent::Broken(8));
    }

    #[test]
    fn blocks_end_between_entries() {
        let line = format!("{{\"textPayload\":\"{}\"}}\n", "x".repeat(1000));
        let text = line.repeat(6000);
        let mut blocks = Blocks::new(text.as_bytes(), Layout { indent: Some(Vec::new()), fenced: false });
        let mut lines = 0;
        let mut count = 0;
        while let Some((block, error)) = blocks.next() {
            assert!(error.is_none() && block.bytes().starts_with(b"{") && block.bytes().ends_with(b"}\n"));
            lines += block.bytes().iter().filter(|byte| **byte == b'\n').count();
            count += 1;
        }
        assert_eq!((lines, count), (6000, 6_150_000_usize.div_ceil(BLOCK_BYTES)));
    }
}
