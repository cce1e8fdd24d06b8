//! Finds thousands of words in a text at once, ASCII case ignored.
//!
//! Each word is looked for by its three bytes that are least common. Whether any word has the three
//! bytes at a place of the text is one look into a small table of bits, and no look waits for the one before it;
//! an automaton of so many words has a table that no processor keeps in its cache, and each step waits for the last.

use std::ops::Range;

/// How many numbers of 64 bits the table of bits has: 16 kB, half of what the fastest cache of a processor holds.
const TABLE: usize = 2048;

/// How many places of a text are looked at before it is asked whether any of them may hold a word.
const STRIDE: usize = 8;

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
}

/// How many bytes of a word are compared at once.
const HEAD: usize = 8;

/// The first bytes of a word as a number, and its bits.
fn head(word: &[u8]) -> (u64, u64) {
    let length = word.len().min(HEAD);
    let mut bytes = [0; HEAD];
    bytes[..length].copy_from_slice(&word[..length]);
    (u64::from_le_bytes(bytes), u64::MAX >> (64 - 8 * length))
}

/// The words to find.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// All words, in lower case, one behind the other.
    bytes: Vec<u8>,
    count: usize,
    anchors: Anchors,
}

/// The shortest word that can be found, in bytes: as long as an anchor.
const SHORTEST: usize = 3;

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

    /// 1 where a word with this anchor may be among them, else 0.
    #[inline]
    fn may_hold(&self, anchor: u32) -> u32 {
        let place = place(anchor);
        (self.bits[place / 64] >> (place % 64)) as u32 & 1
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

/// Which bit of the table stands for an anchor.
#[inline]
fn place(anchor: u32) -> usize {
    (hash(anchor) >> (26 - TABLE.ilog2())) as usize
}

#[inline]
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

/// A text in lower case, with room behind its end.
#[derive(Debug, Default)]
pub(super) struct Lowered(Vec<u8>);

/// Behind the end of a text stands nothing that a word could hold.
const BEHIND: [u8; HEAD + STRIDE] = [0xff; HEAD + STRIDE];

impl Lowered {
    /// Takes another text.
    pub(super) fn take(&mut self, text: &[u8]) {
        self.0.clear();
        self.0.extend_from_slice(text);
        self.0.make_ascii_lowercase();
        self.0.extend_from_slice(&BEHIND);
    }

    /// The text.
    pub(super) fn text(&self) -> &[u8] {
        &self.0[..self.0.len().saturating_sub(BEHIND.len())]
    }
}

impl Words {
    /// The words are known by their places. Shorter ones than [`SHORTEST`] are never found. Linear in their lengths.
    pub(super) fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Words {
        Words::in_texts_like(words, &[])
    }

    /// The same for texts like these, in lower case: what is common in them is looked at last.
    pub(super) fn in_texts_like<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>, sample: &[u8]) -> Words {
        let words: Vec<Vec<u8>> = words.into_iter().map(|word| word.as_ref().to_ascii_lowercase()).collect();
        let mut commonness = Commonness::default();
        words.iter().for_each(|word| commonness.add(word));
        commonness.add(sample);
        let (mut anchors, mut bytes) = (Vec::new(), Vec::new());
        for (place, word) in (0u32..).zip(&words) {
            let Some((offset, anchor)) = commonness.rarest(word) else { continue };
            let (start, length) = (bytes.len() as u32, word.len() as u32);
            let (head, mask) = head(word);
            anchors.push((anchor, Anchored { word: place, offset, start, length, head, mask }));
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
    pub(super) fn find(&self, lowered: &Lowered, mut visit: impl FnMut(usize, Range<usize>)) {
        let text = lowered.0.as_slice();
        for (start, bytes) in text.windows(STRIDE + SHORTEST - 1).enumerate().step_by(STRIDE) {
            let anchor = |at: usize| number(&[bytes[at], bytes[at + 1], bytes[at + 2]]);
            let mut met = (0..STRIDE).fold(0, |met, at| met | self.anchors.may_hold(anchor(at)) << at);
            while met != 0 {
                let at = met.trailing_zeros() as usize;
                self.verify(text, start + at, self.anchors.at(anchor(at)), &mut visit);
                met &= met - 1;
            }
        }
    }

    /// Visits those of the words that stand where the anchor at this place says.
    #[inline]
    fn verify(&self, text: &[u8], at: usize, anchored: &[Anchored], visit: &mut impl FnMut(usize, Range<usize>)) {
        for &Anchored { word, offset, start, length, head, mask } in anchored {
            let length = length as usize;
            if let Some(from) = at.checked_sub(offset as usize)
                && let Some(there) = text.get(from..).and_then(<[u8]>::first_chunk)
                && u64::from_le_bytes(*there) & mask == head
                && (length <= HEAD || text[from..].starts_with(&self.bytes[start as usize..][..length]))
            {
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
        for gram in text.windows(SHORTEST) {
            let count = &mut self.0[common_place(gram)];
            *count = count.saturating_add(1);
        }
    }

    /// The three bytes of a word that are least common, and where they stand in it; `None` where it has fewer.
    fn rarest(&self, word: &[u8]) -> Option<(u32, u32)> {
        let (offset, gram) = (0u32..).zip(word.windows(SHORTEST)).min_by_key(|(_, gram)| self.0[common_place(gram)])?;
        Some((offset, number(gram)))
    }
}

#[inline]
fn number(gram: &[u8]) -> u32 {
    gram.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Two grams may share a place; then both pass for more common than they are.
fn common_place(gram: &[u8]) -> usize {
    (hash(number(gram)) >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(words: &[String], text: &str) -> Vec<(usize, Range<usize>)> {
        let mut lowered = Lowered::default();
        lowered.take(text.as_bytes());
        let mut found = Vec::new();
        Words::new(words).find(&lowered, |word, place| found.push((word, place)));
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

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_found_is_what_a_plain_search_finds(
            words in prop::collection::vec("[abA ]{3,9}", 1..40),
            text in "[abAB ]{0,60}",
        ) {
            let mut expected = Vec::new();
            for (place, word) in words.iter().enumerate() {
                let (text, word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
                let starts = (0..text.len()).filter(|start| text[*start..].starts_with(&word));
                expected.extend(starts.map(|start| (place, start..start + word.len())));
            }
            expected.sort_by_key(|(word, place)| (place.start, *word));
            prop_assert_eq!(found(&words, &text), expected);
        }
    }
}
