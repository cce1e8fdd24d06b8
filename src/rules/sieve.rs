//! Which of many patterns a text may meet, in one pass over the text: a pattern is worth asking only where the
//! text holds one word of each set that its matches need.
//!
//! Words are looked for by their beginnings only, so that one small automaton holds all of them and stays in the
//! processor's cache; that wakes a few patterns too many, never too few.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::literals::{FOLDS_TO_ASCII, MOST_CLAUSES};

/// Of each word, so many bytes are looked for.
const BEGINNING: usize = 7;

/// Up to so many bytes of words, the automaton is a table that costs one look a byte.
const TABLE_WORDS_BYTES: usize = 100 << 10;

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
        let mut words: BTreeMap<String, BTreeMap<u32, Sets>> = BTreeMap::new();
        let (mut sets, mut always) = (Vec::new(), Vec::new());
        for (pattern, clauses) in (0u32..).zip(patterns) {
            if clauses.as_ref().is_some_and(Vec::is_empty) {
                always.push(pattern);
            }
            let clauses = clauses.unwrap_or_default();
            sets.push((0..clauses.len()).fold(0, |all, set| all | 1 << set));
            for (set, clause) in clauses.iter().enumerate() {
                for word in beginnings(clause) {
                    *words.entry(word).or_default().entry(pattern).or_default() |= 1 << set;
                }
            }
        }
        let bytes: usize = words.keys().map(String::len).sum();
        let (words, wanted_by): (Vec<String>, Vec<_>) = words.into_iter().unzip();
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

/// What to look for to find any word of a set: beginnings, without those that hold another.
fn beginnings(set: &[String]) -> Vec<String> {
    let mut short: Vec<&str> = set.iter().map(|word| &word[..word.floor_char_boundary(BEGINNING)]).collect();
    short.sort_by_key(|word| (word.len(), *word));
    short.dedup();
    let mut kept: Vec<&str> = Vec::new();
    for word in short {
        if !kept.iter().any(|shorter| word.contains(shorter)) {
            kept.push(word);
        }
    }
    kept.into_iter().map(str::to_owned).collect()
}
