//! Tells of most words that they do not stand in a text, at a look: which three bytes stand behind each other in it.

use memchr::memmem;

use super::words::grams;

/// How many numbers of 64 bits a signature has: few texts are so long that most of the bits are set.
const LENGTH: usize = 32;

/// How many of a word's grams are looked for.
const LOOKED_FOR: usize = 3;

/// The bits of all three bytes that stand behind each other in a text, ASCII case ignored, and the text.
#[derive(Debug)]
pub(super) struct Signature {
    bits: [u64; LENGTH],
    /// In small letters, once a word has to be looked for.
    lowered: Vec<u8>,
    is_lowered: bool,
}

impl Default for Signature {
    fn default() -> Self {
        Signature { bits: [0; LENGTH], lowered: Vec::new(), is_lowered: false }
    }
}

impl Signature {
    /// Becomes that of another text. Linear.
    pub(super) fn take(&mut self, text: &[u8]) {
        self.bits = [0; LENGTH];
        self.is_lowered = false;
        for gram in grams(text) {
            let bit = bit(gram);
            self.bits[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Whether the word stands in the text, which must be that of the signature.
    pub(super) fn holds(&mut self, text: &[u8], word: &Sought) -> bool {
        let is_set = |bit: &u16| self.bits[usize::from(bit / 64)] >> (bit % 64) & 1 == 1;
        if !word.bits.iter().all(is_set) {
            return false;
        }
        if !std::mem::replace(&mut self.is_lowered, true) {
            self.lowered.clear();
            self.lowered.extend_from_slice(text);
            self.lowered.make_ascii_lowercase();
        }
        let is_word = |at: usize| word.capitals.iter().all(|(place, capital)| text.get(at + place) == Some(capital));
        let mut from = 0;
        // Where it stands in small letters, it may stand again one letter further on with the right capitals.
        while let Some(at) = self.lowered.get(from..).and_then(|rest| word.finder.find(rest)) {
            if is_word(from + at) {
                return true;
            }
            from += at + 1;
        }
        false
    }
}

/// A word to look for.
#[derive(Debug)]
pub(super) struct Sought {
    /// The bits of some of its grams.
    bits: [u16; LOOKED_FOR],
    /// Looks for it in small letters.
    finder: memmem::Finder<'static>,
    /// The capital letters in it, which stand for themselves.
    capitals: Vec<(usize, u8)>,
}

impl Sought {
    /// A word of three bytes at least.
    pub(super) fn new(word: &[u8]) -> Sought {
        let all: Vec<u16> = grams(word).map(|gram| bit(gram) as u16).collect();
        let at = |part: usize| all.get(all.len().saturating_sub(1) * part / (LOOKED_FOR - 1)).copied().unwrap_or_default();
        let capitals = word.iter().copied().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase()).collect();
        Sought { bits: [0, 1, 2].map(at), finder: memmem::Finder::new(&word.to_ascii_lowercase()).into_owned(), capitals }
    }
}

/// Which bit stands for three bytes.
#[inline]
fn bit(gram: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b1) >> (26 - LENGTH.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_held_where_only_the_second_of_two_that_overlap_has_its_capitals() {
        let mut signature = Signature::default();
        signature.take(b"AAaA");
        assert!(signature.holds(b"AAaA", &Sought::new(b"AaA")));
        assert!(!signature.holds(b"AAaA", &Sought::new(b"AAA")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn a_word_is_held_where_it_stands(text in "[abAB é]{0,40}", word in "[abA é]{3,8}") {
            let mut signature = Signature::default();
            signature.take(b"another text, met before");
            signature.take(text.as_bytes());
            let same = |(there, own): (&u8, u8)| *there == own || there.to_ascii_lowercase() == own;
            let stands = text.as_bytes().windows(word.len()).any(|there| there.iter().zip(word.bytes()).all(same));
            prop_assert_eq!(signature.holds(text.as_bytes(), &Sought::new(word.as_bytes())), stands);
        }
    }
}
