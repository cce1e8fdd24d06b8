//! Masks the numbers and ids of a text, so that texts which differ in nothing else are the same.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

/// Stands for a run of decimal digits.
pub const NUMBER: char = '\u{80}';

/// Stands for a run of hexadecimal digits, some of them decimal and some letters.
pub const ID: char = '\u{81}';

/// Shorter runs of digits and letters are no ids but words, as in `e2e`, and stay.
pub const SHORTEST_ID: usize = 4;

/// Whether a character stands for something masked.
pub fn is_mask(c: char) -> bool {
    c == NUMBER || c == ID
}

/// A text masked, all of it; `None` where it is not all ASCII. Linear.
pub fn masked(text: &str) -> Option<String> {
    let mut mask = Mask::default();
    mask.add(text.as_bytes())?;
    String::from_utf8(mask.masked).ok()
}

/// One of the texts that look like this when they are masked.
pub fn example(masked: &str) -> String {
    masked.replace(NUMBER, "0").replace(ID, "0a0a")
}

/// How many bytes are judged at once: one bit each of a number.
const STEP: usize = 64;

/// A text that is masked bit by bit; its memory is used again for the next one.
#[derive(Debug, Default)]
pub struct Mask {
    /// One bit for each byte that is a decimal digit, the first one lowest.
    decimal: Vec<u64>,
    /// The same for hexadecimal digits.
    hexadecimal: Vec<u64>,
    /// The same for letters and digits.
    alphanumeric: Vec<u64>,
    /// The same for quotes.
    quotes: Vec<u64>,
    masked: Vec<u8>,
    longest_word: usize,
    /// Several texts as one.
    joined: Vec<u8>,
}

impl Mask {
    /// Begins with an empty text.
    pub fn clear(&mut self) {
        self.masked.clear();
        self.longest_word = 0;
    }

    /// How long the longest word is, in bytes, of which a part was masked, or all of it behind `_`.
    pub fn longest_word(&self) -> usize {
        self.longest_word
    }

    /// What was masked so far, in UTF-8.
    pub fn masked(&self) -> &[u8] {
        &self.masked
    }

    /// Adds a byte as it is.
    pub(super) fn push(&mut self, byte: u8) {
        self.masked.push(byte);
    }

    /// Adds a text masked: whole runs of hexadecimal digits, decimal ones among them, become a [`NUMBER`] or an [`ID`] each. `None`
    /// where the text is not all ASCII. Linear.
    pub fn add(&mut self, text: &[u8]) -> Option<()> {
        self.add_but(text, |_, _| false)
    }

    /// The same for a text in JSON, in which the keys stay as they are: two keys that look alike when they are masked could not be
    /// told apart.
    pub(super) fn add_json(&mut self, text: &[u8]) -> Option<()> {
        let ends_a_key = |mask: &Mask, end| next(&mask.quotes, end, 0).is_some_and(|quote| text.get(quote + 1) == Some(&b':'));
        self.add_but(text, ends_a_key)
    }

    /// Adds several texts with a line's end behind each: masked, but the one at this place stays as it is. `None` where they are not
    /// all ASCII. Linear.
    pub(super) fn add_lines(&mut self, lines: &[&[u8]], stays: Option<usize>) -> Option<()> {
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        let mut kept = 0..0;
        for (place, line) in lines.iter().enumerate() {
            let start = joined.len();
            joined.extend_from_slice(line);
            if stays == Some(place) {
                kept = start + 1..joined.len() + 1;
            }
            joined.push(b'\n');
        }
        // Judged at once, because judging a short text costs as much as judging a longer one.
        let added = self.add_but(&joined, |_, end| kept.contains(&end));
        self.joined = joined;
        added
    }

    /// Leaves out the runs before whose ends `stays` says so.
    fn add_but(&mut self, text: &[u8], stays: impl Fn(&Mask, usize) -> bool) -> Option<()> {
        let (steps, rest) = text.as_chunks::<STEP>();
        for bits in [&mut self.decimal, &mut self.hexadecimal, &mut self.alphanumeric, &mut self.quotes] {
            bits.resize(steps.len() + 1, 0);
        }
        let mut last = [0; STEP];
        last[..rest.len()].copy_from_slice(rest);
        if !dispatch!(Level::new(), simd => self.judge(simd, steps, &last)) {
            return None;
        }
        let (mut shown, mut from) = (0, 0);
        while let Some(digit) = next(&self.decimal, from, 0) {
            let start = first(&self.hexadecimal, digit);
            let end = next(&self.hexadecimal, digit, u64::MAX).unwrap_or(text.len());
            let is_number = start == digit && next(&self.decimal, digit, u64::MAX).is_none_or(|letter| letter >= end);
            if (is_number || end - start >= SHORTEST_ID) && !stays(self, end) {
                self.masked.extend_from_slice(&text[shown..start]);
                self.masked.extend_from_slice(if is_number { &NUMBER_BYTES } else { &ID_BYTES });
                self.note_word(text, start, end);
                shown = end;
            }
            from = end;
        }
        self.masked.extend_from_slice(&text[shown..]);
        Some(())
    }

    /// Notes the word that something masked stands in.
    fn note_word(&mut self, text: &[u8], start: usize, end: usize) {
        let word = first(&self.alphanumeric, start)..next(&self.alphanumeric, end, u64::MAX).unwrap_or(text.len());
        if word != (start..end) || start > 0 && text[start - 1] == b'_' {
            self.longest_word = self.longest_word.max(word.len());
        }
    }

    /// Notes what all steps hold; whether it is all ASCII.
    #[inline(always)]
    fn judge<S: Simd>(&mut self, simd: S, steps: &[[u8; STEP]], last: &[u8; STEP]) -> bool {
        // Neither in a closure, which would not be compiled for this level, nor with calls in between, across which the bits of a
        // vector would be kept one by one.
        let mut is_ascii = true;
        for place in 0..=steps.len() {
            let all = u8x64::load_array_ref(simd, steps.get(place).unwrap_or(last));
            let small = all | 0x20;
            let decimal = (all - b'0').simd_le(9).to_bitmask();
            self.decimal[place] = decimal;
            self.hexadecimal[place] = decimal | (small - b'a').simd_le(5).to_bitmask();
            self.alphanumeric[place] = decimal | (small - b'a').simd_le(25).to_bitmask();
            self.quotes[place] = all.simd_eq(b'"').to_bitmask();
            is_ascii &= all.simd_ge(0x80).to_bitmask() == 0;
        }
        is_ascii
    }
}

const NUMBER_BYTES: [u8; 2] = in_utf8(NUMBER);
const ID_BYTES: [u8; 2] = in_utf8(ID);

const fn in_utf8(c: char) -> [u8; 2] {
    let mut bytes = [0; 2];
    c.encode_utf8(&mut bytes);
    bytes
}

/// The first place from here on whose bit is set, once all bits are turned by `turn`.
#[inline]
fn next(bits: &[u64], from: usize, turn: u64) -> Option<usize> {
    let mut place = from / 64;
    let mut word = (bits.get(place)? ^ turn) & u64::MAX << (from % 64);
    while word == 0 {
        place += 1;
        word = bits.get(place)? ^ turn;
    }
    Some(place * 64 + word.trailing_zeros() as usize)
}

/// Where the run of set bits begins that ends before this place or goes on behind it.
#[inline]
fn first(bits: &[u64], at: usize) -> usize {
    let mut place = at / 64;
    let mut word = !bits[place] & !(u64::MAX << (at % 64));
    while word == 0 && place > 0 {
        place -= 1;
        word = !bits[place];
    }
    if word == 0 { 0 } else { place * 64 + 64 - word.leading_zeros() as usize }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::{Captures, Regex};

    use super::*;

    #[test]
    fn numbers_and_ids_are_masked_and_words_are_not() {
        let shown = |text| masked(text).map(|masked| masked.replace(NUMBER, "#").replace(ID, "@"));
        assert_eq!(shown("run 2d9892ea of e2e-user took 17ms").unwrap(), "run @ of e2e-user took #ms");
        assert_eq!(shown("5d1b0514-9f55-0805/x86_64 abad1dea").unwrap(), "@-@-#/x#_# @");
        assert_eq!(shown("deadbeef cafe").unwrap(), "deadbeef cafe");
        assert_eq!(shown("5 é"), None);
    }

    #[test]
    fn an_example_looks_as_it_should() {
        for text in ["run 2d9892ea of e2e-user took 17ms", "5d1b0514-9f55-0805/x86_64"] {
            let masked = masked(text).unwrap();
            assert_eq!(super::masked(&example(&masked)).unwrap(), masked);
        }
    }

    #[test]
    fn the_longest_word_with_something_masked_in_it_is_known() {
        for (text, longest) in
            [("run 0123456789", 0), ("id_0123456789", 10), ("a pq7rw5tz6a-uc of 0.5s words", 10), ("x_0a0b k9", 4)]
        {
            let mut mask = Mask::default();
            mask.add(text.as_bytes());
            assert_eq!(mask.longest_word(), longest, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn runs_are_found_wherever_they_begin_and_end(text in "([0-9]{0,70}|[0-9a-fA-F]{0,70}|[ -~]{0,9}){0,5}") {
            let run = Regex::new("[0-9a-fA-F]+").unwrap();
            let expected = run.replace_all(&text, |found: &Captures<'_>| {
                let (run, is_digit) = (&found[0], |c: char| c.is_ascii_digit());
                match (run.contains(is_digit), run.chars().all(is_digit)) {
                    (true, true) => NUMBER.to_string(),
                    (true, false) if run.len() >= SHORTEST_ID => ID.to_string(),
                    _ => run.to_owned(),
                }
            });
            let mut mask = Mask::default();
            mask.push(b'x');
            prop_assert_eq!(mask.add(text.as_bytes()), Some(()));
            prop_assert_eq!(&mask.masked()[1..], expected.as_bytes());
        }
    }
}
