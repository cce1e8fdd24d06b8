//! Finds thousands of words in a text at once. A capital ASCII letter in a word stands for itself, a small one for both.
//!
//! Each word is looked for by its three bytes that are least common. Whether any word has the three
//! bytes at a place of the text is one look into a small table of bits, and no look waits for the one before it;
//! an automaton of so many words has a table that no processor keeps in its cache, and each step waits for the last.
//! The text is read as it is: the bit that tells small letters from capital ones is set on both sides, so a few other
//! bytes pass for each other too, until all of the word is compared.

use std::ops::Range;

/// How many numbers of 64 bits the table of bits has: 32 kB, as much as the fastest cache of a processor holds.
const TABLE: usize = 4096;

/// The three bytes of an anchor in capital letters differ from those in small ones in these bits only.
const SMALL: u64 = u64::MAX / 255 * 0x20;

/// A word and where its anchor stands in it.
#[derive(Debug, Clone, Copy)]
struct Anchored {
    word: u32,
    offset: u32,
    /// Its bytes among those of all words.
    start: u32,
    length: u32,
    /// Its first bytes, and which bits of eight bytes they are: most words that are not there differ in these.
    head: u64,
    mask: u64,
    /// The bit that is not set in capital letters, for each that stands for itself.
    capitals: u64,
}

/// How many bytes of a word are compared at once.
const HEAD: usize = 8;

/// The first bytes of a word in small letters as a number, its bits, and those that capital letters lack.
fn head(word: &[u8]) -> (u64, u64, u64) {
    let length = word.len().min(HEAD);
    let mut bytes = [[0; HEAD]; 2];
    for (place, byte) in word.iter().take(HEAD).enumerate() {
        bytes[0][place] = byte.to_ascii_lowercase();
        bytes[1][place] = if byte.is_ascii_uppercase() { 0x20 } else { 0 };
    }
    (u64::from_le_bytes(bytes[0]), u64::MAX >> (64 - 8 * length), u64::from_le_bytes(bytes[1]))
}

/// Whether a text of the same length is this word.
fn is_word(there: &[u8], word: &[u8]) -> bool {
    there.eq_ignore_ascii_case(word) && there.iter().zip(word).all(|(there, own)| !own.is_ascii_uppercase() || there == own)
}

/// Eight bytes with their ASCII capitals as small letters.
fn lowered(eight: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // No sum carries over to the next byte.
    let low = eight & !HIGH;
    let from = |letter: u8| low + ONES * u64::from(0x80 - letter);
    let capitals = (from(b'A') & !from(b'Z' + 1)) & !eight & HIGH;
    eight | capitals >> 2
}

/// The words to find.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// All words, one behind the other.
    bytes: Vec<u8>,
    count: usize,
    anchors: Anchors,
}

/// The shortest word that can be found, in bytes: as long as an anchor.
pub(super) const SHORTEST: usize = 3;

/// Words by their anchors.
#[derive(Debug, Clone)]
struct Anchors {
    bits: Box<[u64; TABLE]>,
    /// A hash table: each anchor with where its words begin and end in `words`; empty where they do.
    slots: Vec<(u32, u32, u32)>,
    words: Vec<Anchored>,
}

impl Anchors {
    fn new(mut words: Vec<(u32, Anchored)>) -> Self {
        words.sort_unstable_by_key(|(anchor, anchored)| (*anchor, anchored.word));
        let room = (2 * words.len()).next_power_of_two().max(2);
        let mut anchors = Anchors { bits: Box::new([0; TABLE]), slots: vec![(0, 0, 0); room], words: Vec::new() };
        for group in words.chunk_by(|one, other| one.0 == other.0) {
            let (anchor, start) = (group[0].0, anchors.words.len() as u32);
            let place = place(anchor);
            anchors.bits[place / 64] |= 1 << (place % 64);
            let slot = anchors.slot(anchor);
            anchors.slots[slot] = (anchor, start, start + group.len() as u32);
            anchors.words.extend(group.iter().map(|(_, anchored)| *anchored));
        }
        anchors
    }

    /// 1 where a word with this anchor may be among them, else 0. The highest byte of the number does not count.
    #[inline]
    fn may_hold(&self, anchor: u32) -> u64 {
        let place = place(anchor);
        self.bits[place / 64] >> (place % 64) & 1
    }

    /// Where the anchor is in the table, or would be: at least half of the slots are empty.
    fn slot(&self, anchor: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(anchor) as usize & mask;
        while self.slots[slot].1 < self.slots[slot].2 && self.slots[slot].0 != anchor {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn at(&self, anchor: u32) -> &[Anchored] {
        let (_, start, end) = self.slots[self.slot(anchor)];
        &self.words[start as usize..end as usize]
    }
}

/// Which bit of the table stands for an anchor, whose highest byte does not count.
#[inline]
fn place(anchor: u32) -> usize {
    (hash(anchor << 8) >> (26 - TABLE.ilog2())) as usize
}

#[inline]
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

/// Three bytes as the number by which words are found.
#[inline]
pub(super) fn anchor(gram: &[u8; SHORTEST]) -> u32 {
    u32::from_le_bytes([gram[0], gram[1], gram[2], 0]) | SMALL as u32 >> 8
}

impl Words {
    /// The words are known by their places. Shorter ones than [`SHORTEST`] are never found. Linear in their lengths.
    pub(super) fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Words {
        Words::in_texts_like(words, &[])
    }

    /// The same for texts like these: what is common in them is looked at last.
    pub(super) fn in_texts_like<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>, sample: &[u8]) -> Words {
        let words: Vec<W> = words.into_iter().collect();
        let mut commonness = Commonness::default();
        words.iter().for_each(|word| commonness.add(word.as_ref()));
        commonness.add(sample);
        let (mut anchors, mut bytes) = (Vec::new(), Vec::new());
        for (place, word) in (0u32..).zip(words.iter().map(AsRef::as_ref)) {
            let Some((offset, anchor)) = commonness.rarest(word) else { continue };
            let (start, length) = (bytes.len() as u32, word.len() as u32);
            let (head, mask, capitals) = head(word);
            anchors.push((anchor, Anchored { word: place, offset, start, length, head, mask, capitals }));
            bytes.extend_from_slice(word);
        }
        Words { bytes, count: words.len(), anchors: Anchors::new(anchors) }
    }

    /// All words, by their places; empty where a word is too short to be found.
    pub(super) fn all(&self) -> Vec<&[u8]> {
        let mut all = vec![&self.bytes[..0]; self.count];
        for Anchored { word, start, length, .. } in &self.anchors.words {
            all[*word as usize] = &self.bytes[*start as usize..][..*length as usize];
        }
        all
    }

    /// Calls `visit` with every word in the text and where it stands, also where words overlap. Linear in the text,
    /// times the words with the same anchor.
    pub(super) fn find(&self, text: &[u8], mut visit: impl FnMut(usize, Range<usize>)) {
        /// How many anchors begin and end within eight bytes.
        const STRIDE: usize = 8 - SHORTEST + 1;
        let mut at = 0;
        while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let eight = u64::from_le_bytes(*eight) | SMALL;
            let anchor = |place: usize| (eight >> (8 * place)) as u32;
            let mut met = (0..STRIDE).fold(0, |met, place| met | self.anchors.may_hold(anchor(place)) << place);
            while met != 0 {
                let place = met.trailing_zeros() as usize;
                self.verify(text, at + place, anchor(place) & 0x00ff_ffff, &mut visit);
                met &= met - 1;
            }
            at += STRIDE;
        }
        for (place, gram) in text[at..].windows(SHORTEST).enumerate() {
            let anchor = anchor(&[gram[0], gram[1], gram[2]]);
            if self.anchors.may_hold(anchor) != 0 {
                self.verify(text, at + place, anchor, &mut visit);
            }
        }
    }

    /// Visits those of the words that stand where the anchor at this place says.
    #[inline(never)]
    fn verify(&self, text: &[u8], at: usize, anchor: u32, visit: &mut impl FnMut(usize, Range<usize>)) {
        for &Anchored { word, offset, start, length, head, mask, capitals } in self.anchors.at(anchor) {
            let length = length as usize;
            let Some(from) = at.checked_sub(offset as usize) else { continue };
            let there = text[from..].first_chunk().map(|there| u64::from_le_bytes(*there));
            if there.is_some_and(|there| lowered(there) & mask != head || there & capitals != 0) {
                continue;
            }
            let is_whole = length <= HEAD && there.is_some();
            let stands = |there: &[u8]| is_word(there, &self.bytes[start as usize..][..length]);
            if is_whole || text.get(from..from + length).is_some_and(stands) {
                visit(word as usize, from..from + length);
            }
        }
    }
}

/// How often three bytes stand in the words, which is about as often as they stand in texts about the same things, and in
/// a sample of the texts.
struct Commonness(Vec<u16>);

impl Default for Commonness {
    fn default() -> Commonness {
        Commonness(vec![0; 1 << 16])
    }
}

impl Commonness {
    fn add(&mut self, text: &[u8]) {
        for gram in grams(text) {
            let count = &mut self.0[common_place(gram)];
            *count = count.saturating_add(1);
        }
    }

    /// The three bytes of a word that are least common, and where they stand in it; `None` where it has fewer.
    fn rarest(&self, word: &[u8]) -> Option<(u32, u32)> {
        (0u32..).zip(grams(word)).min_by_key(|(_, gram)| self.0[common_place(*gram)])
    }
}

/// All three bytes that stand behind each other in a text, as anchors.
pub(super) fn grams(text: &[u8]) -> impl Iterator<Item = u32> + '_ {
    text.windows(SHORTEST).filter_map(<[u8]>::first_chunk).map(anchor)
}

/// Two grams may share a place; then both pass for more common than they are.
fn common_place(gram: u32) -> usize {
    (hash(gram) >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(words: &[String], text: &str) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        Words::new(words).find(text.as_bytes(), |word, place| found.push((word, place)));
        found.sort_by_key(|(word, place)| (place.start, *word));
        found
    }

    #[test]
    fn words_are_found_wherever_they_stand_in_any_case() {
        let words = ["jwt", "connection", "nect", "\u{e9}t\u{e9}"].map(str::to_owned);
        assert_eq!(found(&words, "JWT Connection jw"), [(0, 0..3), (1, 4..14), (2, 7..11)]);
        assert_eq!(found(&words, "l'\u{e9}t\u{e9} jwt"), [(3, 2..7), (0, 8..11)]);
        assert_eq!(found(&words, "jw"), []);
    }

    #[test]
    fn eight_bytes_are_lowered_as_one_is() {
        for byte in 0..=u8::MAX {
            let eight = [byte, b'A', byte, b'Z', b'[', b'@', 0xff, byte];
            assert_eq!(lowered(u64::from_le_bytes(eight)).to_le_bytes(), eight.map(|byte| byte.to_ascii_lowercase()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_found_is_what_a_plain_search_finds(
            words in prop::collection::vec("[abAB @_]{3,12}", 1..40),
            text in "[abAB @_`\u{7f}é]{0,60}",
        ) {
            let mut expected = Vec::new();
            for (place, word) in words.iter().enumerate() {
                let stands = |start: &usize| text.as_bytes()[*start..].get(..word.len()).is_some_and(|there| {
                    there.iter().zip(word.bytes()).all(|(there, own)| *there == own || there.to_ascii_lowercase() == own)
                });
                let starts = (0..text.len()).filter(stands);
                expected.extend(starts.map(|start| (place, start..start + word.len())));
            }
            expected.sort_by_key(|(word, place)| (place.start, *word));
            prop_assert_eq!(found(&words, &text), expected);
        }
    }
}
