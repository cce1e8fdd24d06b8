//! Finds the quotes of a JSON text many bytes at a time, so that what stands between them need not be looked at again.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

/// How many bytes are judged at once: one bit each of a number.
const STEP: usize = 64;

/// More quotes than this stand in one of a hundred steps.
const MOSTLY: usize = 12;

/// So many steps get room for as many quotes as they have bytes; a long text gets no more than it needs beyond that.
const AT_ONCE: usize = 64;

/// Where the strings of a JSON text begin and end. Its memory is used again for the next text.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The places of the quotes; longer than what was found.
    places: Vec<u32>,
    found: usize,
    is_ascii: bool,
}

/// What 64 bytes hold, one bit a byte, the first one lowest.
#[derive(Default)]
struct Bits {
    quotes: u64,
    backslashes: u64,
    /// Below the space.
    control: u64,
    beyond_ascii: u64,
}

impl Bits {
    #[inline(always)]
    fn of<S: Simd>(simd: S, bytes: &[u8; STEP]) -> Bits {
        let all = u8x64::load_array_ref(simd, bytes);
        let (backslashes, control, beyond_ascii) = (all.simd_eq(b'\\'), all.simd_lt(b' '), all.simd_ge(0x80));
        let mut bits = Bits { quotes: all.simd_eq(b'"').to_bitmask(), ..Bits::default() };
        // Most steps hold nothing else that matters.
        if (backslashes | control | beyond_ascii).any_true() {
            bits.backslashes = backslashes.to_bitmask();
            bits.control = control.to_bitmask();
            bits.beyond_ascii = beyond_ascii.to_bitmask();
        }
        bits
    }
}

/// How the text before a step ended.
#[derive(Default)]
struct Before {
    /// Behind a backslash that escapes what comes next.
    escaping: bool,
    /// Within a string.
    inside: bool,
}

impl Marks {
    /// The places of the quotes that open and close the strings of a text, by turns; `None` where a string is not closed
    /// or holds what no string of JSON may: control characters, unknown escapes. Linear.
    pub(super) fn of(&mut self, text: &[u8]) -> Option<&[u32]> {
        dispatch!(Level::new(), simd => self.find(simd, text))?;
        Some(self.quotes())
    }

    #[inline(always)]
    fn find<S: Simd>(&mut self, simd: S, text: &[u8]) -> Option<()> {
        self.found = 0;
        self.is_ascii = true;
        let mut before = Before::default();
        let (steps, rest) = text.as_chunks::<STEP>();
        for (part, steps) in steps.chunks(AT_ONCE).enumerate() {
            self.make_room(steps.len());
            for (place, step) in steps.iter().enumerate() {
                self.step(simd, text, (part * AT_ONCE + place) * STEP, step, &mut before)?;
            }
        }
        self.make_room(1);
        let mut last = [b' '; STEP];
        last[..rest.len()].copy_from_slice(rest);
        self.step(simd, text, steps.len() * STEP, &last, &mut before)?;
        (!before.inside && u32::try_from(text.len()).is_ok()).then_some(())
    }

    fn make_room(&mut self, steps: usize) {
        let wanted = self.found + steps * STEP;
        if self.places.len() < wanted {
            self.places.resize(wanted.max(2 * self.found), 0);
        }
    }

    /// Those of the text looked at last.
    pub(super) fn quotes(&self) -> &[u32] {
        &self.places[..self.found]
    }

    /// Whether the text looked at last is all ASCII.
    pub(super) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    #[inline(always)]
    fn step<S: Simd>(&mut self, simd: S, text: &[u8], start: usize, step: &[u8; STEP], before: &mut Before) -> Option<()> {
        let bits = Bits::of(simd, step);
        self.is_ascii &= bits.beyond_ascii == 0;
        let mut quotes = bits.quotes;
        if bits.backslashes != 0 || before.escaping {
            quotes &= !escaped(text, start, bits.backslashes, &mut before.escaping)?;
        }
        if bits.control != 0 && bits.control & within(quotes, before.inside) != 0 {
            return None;
        }
        before.inside ^= quotes.count_ones() % 2 == 1;
        let room: &mut [u32; STEP] = self.places.get_mut(self.found..)?.first_chunk_mut()?;
        self.found += quotes.count_ones() as usize;
        // How many there are cannot be foretold, and to foretell it wrongly costs more than to write some in vain.
        for place in &mut room[..MOSTLY] {
            *place = start as u32 + quotes.trailing_zeros();
            quotes &= quotes.wrapping_sub(1);
        }
        for place in &mut room[MOSTLY..] {
            if quotes == 0 {
                break;
            }
            *place = start as u32 + quotes.trailing_zeros();
            quotes &= quotes - 1;
        }
        Some(())
    }
}

/// Which bytes of a step stand behind a backslash that is not escaped itself; `None` where one of them makes no escape.
fn escaped(text: &[u8], start: usize, backslashes: u64, escaping: &mut bool) -> Option<u64> {
    let mut escaped = u64::from(std::mem::take(escaping));
    let mut left = backslashes & !escaped;
    while left != 0 {
        let at = left.trailing_zeros();
        if !matches!(text.get(start + at as usize + 1)?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') {
            return None;
        }
        *escaping = at == u64::BITS - 1;
        let next = 2_u64.checked_shl(at).unwrap_or_default();
        escaped |= next;
        left &= left - 1;
        left &= !next;
    }
    Some(escaped)
}

/// Which bytes stand between an odd quote and the next one, the odd quote included.
fn within(quotes: u64, inside: bool) -> u64 {
    let parity = [1, 2, 4, 8, 16, 32].into_iter().fold(quotes, |parity, shift| parity ^ parity << shift);
    if inside { !parity } else { parity }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::cursor::{Cursor, Searched};

    /// The same one byte at a time.
    fn plainly(text: &[u8]) -> Option<Vec<u32>> {
        let mut quotes = Vec::new();
        let mut cursor = Cursor::new(text, Searched { strict: true });
        while cursor.at < text.len() {
            if text[cursor.at] == b'"' {
                quotes.push(cursor.at as u32);
                cursor.string()?;
                quotes.push(cursor.at as u32 - 1);
            } else {
                cursor.at += 1;
            }
        }
        Some(quotes)
    }

    fn any_text() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            12 => 0x20..0x80u8, 2 => any::<u8>(), 3 => Just(b'"'), 1 => Just(b'\n'), 2 => Just(b'\\'), 2 => Just(b'n'), 6 => Just(b'x'),
        ];
        prop::collection::vec(byte, 0..200)
    }

    /// A backslash outside of strings makes no JSON, and the two differ in what they say of it.
    fn escaped_in_strings_only(mut text: Vec<u8>) -> Vec<u8> {
        let (mut inside, mut escaped) = (false, false);
        for byte in &mut text {
            if *byte == b'\\' && !inside {
                *byte = b'x';
            }
            inside ^= *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn sixty_four_bytes_at_a_time_find_what_one_at_a_time_finds(text in any_text().prop_map(escaped_in_strings_only)) {
            let mut marks = Marks::default();
            prop_assert_eq!(marks.of(&text).map(<[u32]>::to_vec), plainly(&text));
        }
    }

    #[test]
    fn escapes_reach_over_the_end_of_a_step() {
        for length in 50..140 {
            let text = format!(r#"{{"{}\\\"\n\u0041":"b"}}"#, "x".repeat(length));
            assert_eq!(Marks::default().of(text.as_bytes()), plainly(text.as_bytes()).as_deref(), "{text}");
        }
    }
}
