//! Walks through a JSON text without building anything.

/// A place in a JSON text.
pub(super) struct Cursor<'a, Q> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    quotes: Q,
}

/// Knows where strings end.
pub(super) trait Quotes {
    /// Where the quote stands that closes the string whose opening quote stands here; `None` where there is none.
    fn closing(&mut self, bytes: &[u8], open: usize) -> Option<usize>;
}

/// Looks for the ends of strings as they come.
pub(super) struct Searched {
    /// Strings must keep JSON's rules about control characters and escapes.
    pub(super) strict: bool,
}

/// Knows all quotes beforehand, see [`Marks`](super::marks::Marks).
pub(super) struct Marked<'m> {
    quotes: &'m [u32],
    next: usize,
}

impl<'m> Marked<'m> {
    /// The quotes of a text, of which it will be read from this byte on, where no string is open. Logarithmic.
    pub(super) fn from(quotes: &'m [u32], at: usize) -> Marked<'m> {
        Marked { quotes, next: quotes.partition_point(|quote| (*quote as usize) < at) }
    }
}

impl Quotes for Marked<'_> {
    #[inline]
    fn closing(&mut self, _bytes: &[u8], open: usize) -> Option<usize> {
        let [here, end] = self.quotes.get(self.next..)?.first_chunk()?;
        self.next += 2;
        (*here as usize == open).then_some(*end as usize)
    }
}

impl Quotes for Searched {
    fn closing(&mut self, bytes: &[u8], open: usize) -> Option<usize> {
        let mut at = open + 1;
        loop {
            at += first_special(bytes.get(at..)?)?;
            match bytes[at] {
                b'"' => return Some(at),
                b'\\' => {
                    let escaped = bytes.get(at + 1)?;
                    if self.strict && !matches!(escaped, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') {
                        return None;
                    }
                    at += 2;
                }
                _ if self.strict => return None,
                _ => at += 1,
            }
        }
    }
}

impl<'a> Cursor<'a, Marked<'_>> {
    /// Passes over text that was met before, with so many quotes in it.
    pub(super) fn pass(&mut self, length: usize, quotes: usize) {
        self.at += length;
        self.quotes.next += quotes;
    }

    /// How many quotes were passed so far.
    pub(super) fn quotes_passed(&self) -> usize {
        self.quotes.next
    }
}

impl<'a, Q: Quotes> Cursor<'a, Q> {
    /// At the beginning of a text.
    pub(super) fn new(bytes: &'a [u8], quotes: Q) -> Cursor<'a, Q> {
        Cursor { bytes, at: 0, quotes }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn white(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The bytes that `pass` passes over.
    pub(super) fn span(&mut self, pass: impl FnOnce(&mut Self) -> Option<()>) -> Option<&'a [u8]> {
        let start = self.at;
        pass(self)?;
        Some(&self.bytes[start..self.at])
    }

    /// White space, then this byte if it is there.
    #[inline]
    pub(super) fn accept(&mut self, byte: u8) -> bool {
        self.white();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }

    /// A string from its opening quote; the bytes between the quotes.
    #[inline]
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let end = self.quotes.closing(self.bytes, self.at)?;
        let inside = self.bytes.get(self.at + 1..end)?;
        self.at = end + 1;
        Some(inside)
    }

    /// The bytes of a string; nothing for any other value, which is passed over.
    #[inline]
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        if self.peek() == Some(b'"') {
            return self.string();
        }
        self.value()?;
        Some(&self.bytes[..0])
    }

    /// Passes over white space and one value of any kind, without looking whether it is well-formed inside.
    #[inline]
    pub(super) fn value(&mut self) -> Option<()> {
        self.white();
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            _ => self.no_string(),
        }
    }

    fn no_string(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => return None,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                byte if is_word(byte) => {
                    self.word();
                }
                _ => return None,
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// A number, `true`, `false` or `null`, or what takes the place of one.
    pub(super) fn word(&mut self) -> &'a [u8] {
        let start = self.at;
        self.at += word_length(&self.bytes[start..]);
        &self.bytes[start..self.at]
    }

    /// Calls `each` with the key of every member, the cursor at its value, which `each` must pass over.
    #[inline]
    pub(super) fn members(&mut self, mut each: impl FnMut(&'a [u8], &mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.accept(b'}') {
            return Some(());
        }
        loop {
            self.white();
            let key = self.string()?;
            self.expect(b':')?;
            self.white();
            each(key, self)?;
            if !self.accept(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// Calls `each` at every element of a list, which `each` must pass over.
    pub(super) fn elements(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.accept(b']') {
            return Some(());
        }
        loop {
            self.white();
            each(self)?;
            if !self.accept(b',') {
                return self.expect(b']');
            }
        }
    }
}

/// Whether a byte may stand in a number, `true`, `false` or `null`.
#[inline]
pub(super) fn is_word(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
}

/// How many bytes of a word a text begins with, see [`Cursor::word`].
#[inline]
pub(super) fn word_length(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_word(**byte)).count()
}

/// Where the first quote, backslash or control character stands. Eight bytes at a time: most strings of an entry are short,
/// and a call to a search made for long texts costs more than the search.
fn first_special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // The lowest byte that is marked is one of those looked for; above it, there may be others marked.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (place, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let marked = (is(b'"') | is(b'\\') | below(word, b' ')) & HIGH;
        if marked != 0 {
            return Some(8 * place + marked.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ')).map(|at| bytes.len() - rest.len() + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn eight_bytes_at_a_time_find_what_one_at_a_time_finds(
            bytes in prop::collection::vec(prop_oneof![3 => any::<u8>(), 9 => 0x20..0x80u8, 1 => Just(b'"'), 1 => Just(b'\\')], 0..40),
        ) {
            let plainly = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '));
            prop_assert_eq!(first_special(&bytes), plainly);
        }
    }

    #[test]
    fn a_strict_reader_refuses_what_is_no_json() {
        let read = |text: &'static [u8], strict| Cursor::new(text, Searched { strict }).string();
        assert_eq!(read(br#""a\"b" "#, true), Some(&br#"a\"b"#[..]));
        assert_eq!(read(b"\"a\tb\"", true), None);
        assert_eq!(read(b"\"a\tb\"", false), Some(&b"a\tb"[..]));
        assert_eq!(read(br#""a\q""#, true), None);
        assert_eq!(read(br#""a\""#, true), None);
    }
}
