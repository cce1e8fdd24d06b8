//! Which of many patterns a text may meet, in one pass over the text: a pattern is worth asking only where the
//! text holds one word of each set that its matches need.
//!
//! Of a long word only the stretch that tells most is looked for, so that one automaton of bounded size holds all
//! of them; that wakes a few patterns too many, never too few.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::literals::{FOLDS_TO_ASCII, MOST_CLAUSES};

/// Of each word, so many bytes are looked for.
const STRETCH: usize = 8;

/// Up to so many bytes of words, the automaton is a table that costs one look a byte.
const TABLE_WORDS_BYTES: usize = 64 << 10;

/// How many bytes make up what is counted to tell rare stretches from common ones.
const GRAM: usize = 4;

/// One bit for each set of a pattern.
type Sets = u8;
const _: () = assert!(MOST_CLAUSES <= Sets::BITS as usize);

/// Patterns by the words they need; a pattern is known by its number.
#[derive(Debug, Clone)]
pub(super) struct Sieve {
    /// `None` only where so many words do not fit one automaton; then every pattern is woken.
    words: Option<AhoCorasick>,
    /// By word: whose sets it is in.
    wanted_by: Vec<Vec<(u32, Sets)>>,
    /// By pattern: all of its sets; none for a pattern that is woken by every text.
    sets: Vec<Sets>,
    /// The patterns without a set.
    always: Vec<u32>,
}

thread_local! {
    /// By pattern the sets met by the text at hand, and the patterns of which any was; kept, so that no text costs
    /// an allocation.
    static MET: RefCell<(Vec<Sets>, Vec<u32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

impl Sieve {
    /// From the sets of each pattern, in order of their numbers; a pattern that is `None` is never woken. Linear in
    /// the length of all words.
    pub(super) fn new(patterns: impl Iterator<Item = Option<Vec<Vec<String>>>>) -> Sieve {
        let patterns: Vec<Option<Vec<Vec<String>>>> = patterns.collect();
        let commonness = Commonness::of(patterns.iter().flatten().flatten().flatten());
        let mut words: BTreeMap<Vec<u8>, BTreeMap<u32, Sets>> = BTreeMap::new();
        let (mut sets, mut always) = (Vec::new(), Vec::new());
        for (pattern, clauses) in (0u32..).zip(patterns) {
            if clauses.as_ref().is_some_and(Vec::is_empty) {
                always.push(pattern);
            }
            let clauses = clauses.unwrap_or_default();
            sets.push((0..clauses.len()).fold(0, |all, set| all | 1 << set));
            for (set, clause) in clauses.iter().enumerate() {
                for word in commonness.stretches(clause) {
                    *words.entry(word).or_default().entry(pattern).or_default() |= 1 << set;
                }
            }
        }
        let bytes: usize = words.keys().map(Vec::len).sum();
        let (words, wanted_by): (Vec<Vec<u8>>, Vec<_>) = words.into_iter().unzip();
        let wanted_by = wanted_by.into_iter().map(|by| by.into_iter().collect()).collect();
        let kind = (bytes <= TABLE_WORDS_BYTES).then_some(AhoCorasickKind::DFA);
        let automaton =
            AhoCorasick::builder().kind(kind).match_kind(MatchKind::Standard).ascii_case_insensitive(true).build(words);
        Sieve { words: automaton.ok(), wanted_by, sets, always }
    }

    /// Adds the patterns that the text may meet, in order of their numbers. Linear in the text.
    pub(super) fn wake(&self, text: &[u8], woken: &mut Vec<u32>) {
        let start = woken.len();
        if self.is_beyond(text) {
            woken.extend((0u32..).zip(&self.sets).filter(|(_, sets)| **sets != 0).map(|(pattern, _)| pattern));
        } else {
            MET.with_borrow_mut(|(met, touched)| {
                self.meet(text, met, touched);
                for pattern in touched.drain(..) {
                    if std::mem::take(&mut met[pattern as usize]) == self.sets[pattern as usize] {
                        woken.push(pattern);
                    }
                }
            });
        }
        woken.extend_from_slice(&self.always);
        woken[start..].sort_unstable();
    }

    /// Whether the text wakes any pattern.
    pub(super) fn wakes_any(&self, text: &[u8]) -> bool {
        if !self.always.is_empty() || self.is_beyond(text) {
            return true;
        }
        MET.with_borrow_mut(|(met, touched)| {
            self.meet(text, met, touched);
            let mut any = false;
            for pattern in touched.drain(..) {
                any |= std::mem::take(&mut met[pattern as usize]) == self.sets[pattern as usize];
            }
            any
        })
    }

    /// Whether the words cannot tell, for want of an automaton or because of a character that is no ASCII letter
    /// and matches one when case is ignored.
    fn is_beyond(&self, text: &[u8]) -> bool {
        let folds = |c: char| memchr::memmem::find(text, c.encode_utf8(&mut [0; 4]).as_bytes()).is_some();
        self.words.is_none() || (!text.is_ascii() && FOLDS_TO_ASCII.into_iter().any(folds))
    }

    fn meet(&self, text: &[u8], met: &mut Vec<Sets>, touched: &mut Vec<u32>) {
        let Some(words) = &self.words else { return };
        if met.len() < self.sets.len() {
            met.resize(self.sets.len(), 0);
        }
        let mut last = usize::MAX;
        for hit in words.find_overlapping_iter(text) {
            let word = hit.pattern().as_usize();
            // A line of dashes meets the same word at every place.
            if word == last {
                continue;
            }
            last = word;
            for (pattern, sets) in &self.wanted_by[word] {
                let met = &mut met[*pattern as usize];
                if *met == 0 {
                    touched.push(*pattern);
                }
                *met |= sets;
            }
        }
    }
}

/// How often stretches of text stand in the words of all patterns, which is about as often as they stand in logs.
struct Commonness(Vec<u16>);

impl Commonness {
    fn of<'w>(words: impl Iterator<Item = &'w String>) -> Commonness {
        let mut counts = vec![0u16; 1 << 16];
        for gram in words.flat_map(|word| word.as_bytes().windows(GRAM)) {
            let count = &mut counts[place(gram)];
            *count = count.saturating_add(1);
        }
        Commonness(counts)
    }

    /// The stretch of a word that is least common.
    fn rarest<'w>(&self, word: &'w [u8]) -> &'w [u8] {
        let common = |stretch: &&[u8]| stretch.windows(GRAM).map(|gram| u32::from(self.0[place(gram)])).sum::<u32>();
        word.windows(STRETCH).min_by_key(common).unwrap_or(word)
    }

    /// What to look for to find any word of a set: a stretch of each, without those that hold another.
    fn stretches(&self, set: &[String]) -> Vec<Vec<u8>> {
        let words = without_longer(set.iter().map(String::as_bytes).collect());
        let stretches = without_longer(words.into_iter().map(|word| self.rarest(word)).collect());
        stretches.into_iter().map(<[u8]>::to_vec).collect()
    }
}

/// Two grams may share a place; then both pass for more common than they are.
fn place(gram: &[u8]) -> usize {
    let number = gram.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
    (number.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// Without the words that hold another one.
fn without_longer(mut words: Vec<&[u8]>) -> Vec<&[u8]> {
    words.sort_unstable_by_key(|word| (word.len(), *word));
    words.dedup();
    let mut kept: Vec<&[u8]> = Vec::new();
    for word in words {
        if !kept.iter().any(|shorter| memchr::memmem::find(word, shorter).is_some()) {
            kept.push(word);
        }
    }
    kept
}
