//! Which of many patterns a text may meet, in one pass over the text: a pattern is worth asking only where the
//! text holds one word of each set that its matches need.

use std::cell::RefCell;
use std::sync::Arc;

use super::literals::FOLDS_TO_ASCII;
use super::rare::{Chosen, Rare, Sets, WantedBy};
use super::signature::{Signature, Sought};
use super::words::Words;

/// Patterns by the words they need; a pattern is known by its number.
#[derive(Debug, Clone)]
pub(super) struct Sieve {
    words: Words,
    /// By word: whose sets it is in.
    wanted_by: WantedBy,
    /// By pattern: all of its sets; none for a pattern that is woken by every text.
    sets: Vec<Sets>,
    /// The patterns without a set.
    always: Vec<u32>,
    /// Words of which most texts hold none.
    rare: Arc<Rare>,
}

thread_local! {
    /// Kept, so that no text costs an allocation.
    static MET: RefCell<Met> = RefCell::default();
}

/// What a text meets.
#[derive(Default)]
struct Met {
    signature: Signature,
    /// By pattern: the sets of which the text holds a word.
    sets: Vec<Sets>,
    /// The patterns of which it holds any.
    touched: Vec<u32>,
}

impl Sieve {
    /// From the sets of each pattern, in order of their numbers; a pattern that is `None` is never woken. Linear in
    /// the length of all words.
    pub(super) fn new<'p>(patterns: impl Iterator<Item = Option<&'p [Vec<String>]>>) -> Sieve {
        let mut wanted: Vec<(&str, u32, Sets)> = Vec::new();
        let (mut sets, mut always) = (Vec::new(), Vec::new());
        for (pattern, clauses) in (0u32..).zip(patterns) {
            if clauses.is_some_and(<[_]>::is_empty) {
                always.push(pattern);
            }
            let clauses = clauses.unwrap_or_default();
            sets.push((0..clauses.len()).fold(0, |all, set| all | 1 << set));
            for (set, clause) in clauses.iter().enumerate() {
                wanted.extend(clause.iter().map(|word| (word.as_str(), pattern, 1 << set)));
            }
        }
        wanted.sort_unstable();
        let mut words = Vec::new();
        let mut wanted_by = Vec::new();
        for of_one_word in wanted.chunk_by(|one, other| one.0 == other.0) {
            words.push(of_one_word[0].0);
            wanted_by.push(of_one_word.iter().map(|(_, pattern, set)| (*pattern, *set)).collect());
        }
        let rare = Arc::new(Rare::of(words.len()));
        Sieve { words: Words::new(words), wanted_by, sets, always, rare }
    }

    /// The patterns that every text wakes.
    pub(super) fn always(&self) -> &[u32] {
        &self.always
    }

    /// Adds the patterns that the text may meet, in order of their numbers. Linear in the text.
    pub(super) fn wake(&self, text: &[u8], woken: &mut Vec<u32>) {
        let start = woken.len();
        if self.is_beyond(text) {
            woken.extend((0u32..).zip(&self.sets).filter(|(_, sets)| **sets != 0).map(|(pattern, _)| pattern));
        } else {
            self.meet(text, |pattern| woken.push(pattern));
        }
        woken.extend_from_slice(&self.always);
        woken[start..].sort_unstable();
    }

    /// Whether the text wakes any pattern.
    pub(super) fn wakes_any(&self, text: &[u8]) -> bool {
        if !self.always.is_empty() || self.is_beyond(text) {
            return true;
        }
        let mut any = false;
        self.meet(text, |_| any = true);
        any
    }

    /// Whether the words cannot tell, because of a character that is no ASCII letter and matches one when case is ignored.
    fn is_beyond(&self, text: &[u8]) -> bool {
        let folds = |c: char| memchr::memmem::find(text, c.encode_utf8(&mut [0; 4]).as_bytes()).is_some();
        !text.is_ascii() && FOLDS_TO_ASCII.into_iter().any(folds)
    }

    /// Calls `each` for the patterns of whose every set the text holds a word.
    fn meet(&self, text: &[u8], each: impl FnMut(u32)) {
        MET.with_borrow_mut(|met| {
            met.sets.resize(met.sets.len().max(self.sets.len()), 0);
            match self.rare.chosen() {
                Some(chosen) => meet_by_the_rarest(text, chosen, met, each),
                None => self.meet_by_all(text, met, each),
            }
        });
    }

    /// Looks for all words, and learns which are rare.
    fn meet_by_all(&self, text: &[u8], met: &mut Met, mut each: impl FnMut(u32)) {
        let Met { sets, touched, .. } = met;
        let mut last = usize::MAX;
        self.words.find(text, |word, _| {
            // A line of dashes meets the same word at every place.
            if word == last {
                return;
            }
            last = word;
            self.rare.note(word);
            for (pattern, met) in &self.wanted_by[word] {
                let known = &mut sets[*pattern as usize];
                if *known == 0 {
                    touched.push(*pattern);
                }
                *known |= met;
            }
        });
        self.rare.learn(text, || self.rare.choose(&self.words.all(), &self.wanted_by, self.sets.len()));
        for pattern in touched.drain(..) {
            if std::mem::take(&mut sets[pattern as usize]) == self.sets[pattern as usize] {
                each(pattern);
            }
        }
    }
}

/// Looks for the rarest words, and for the others of the patterns that need those which are there.
fn meet_by_the_rarest(text: &[u8], chosen: &Chosen, met: &mut Met, mut each: impl FnMut(u32)) {
    let Met { signature, sets, touched } = met;
    chosen.words.find(text, |word, _| {
        for pattern in &chosen.wanted_by[word] {
            let known = &mut sets[*pattern as usize];
            if *known == 0 {
                *known = 1;
                touched.push(*pattern);
            }
        }
    });
    let mut is_signed = false;
    for pattern in touched.drain(..) {
        sets[pattern as usize] = 0;
        let others = chosen.others(pattern);
        if !others.is_empty() && !std::mem::replace(&mut is_signed, true) {
            signature.take(text);
        }
        let mut stands = |set: &Vec<Sought>| set.iter().any(|word| signature.holds(text, word));
        if others.iter().all(&mut stands) {
            each(pattern);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of a few letters, each from the one before.
    fn texts(count: usize) -> Vec<String> {
        let mut state = 7u64;
        let mut next = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut text = || (0..4 + next(24)).map(|_| char::from(b"aabbbcdA "[next(9) as usize])).collect();
        (0..count).map(|_| text()).collect()
    }

    fn woken(sieve: &Sieve, text: &str) -> Vec<u32> {
        let mut woken = Vec::new();
        sieve.wake(text.as_bytes(), &mut woken);
        woken
    }

    #[test]
    fn what_is_woken_is_the_same_before_and_after_it_is_known_which_words_are_rare() {
        let sets = |words: &[&[&str]]| words.iter().map(|set| set.iter().map(|word| (*word).to_owned()).collect()).collect();
        let patterns: [Vec<Vec<String>>; 7] = [
            sets(&[&["abb"]]),
            sets(&[&["bbb", "ccc"], &["aab"]]),
            sets(&[&["abb"], &["dab", "dad"], &["b c"]]),
            sets(&[&["cab"], &["bac"]]),
            sets(&[&["aabb", "bbaa"]]),
            sets(&[]),
            sets(&[&["bab"], &["bab", "bcb"]]),
        ];
        let sieve = Sieve::new(patterns.iter().map(|sets| Some(sets.as_slice())));
        let plainly = |text: &str| -> Vec<u32> {
            let text = text.to_ascii_lowercase();
            let met = |sets: &[Vec<String>]| sets.iter().all(|set| set.iter().any(|word| text.contains(word.as_str())));
            (0u32..).zip(&patterns).filter(|(_, sets)| met(sets)).map(|(pattern, _)| pattern).collect()
        };
        let (mut learning, mut known) = (0, 0);
        for text in texts(6000) {
            *(if sieve.rare.chosen().is_some() { &mut known } else { &mut learning }) += 1;
            assert_eq!(woken(&sieve, &text), plainly(&text), "{text}");
        }
        assert!(learning > 1000 && known > 1000, "{learning} {known}");
    }
}
