//! Learns from the first texts which words are rare. Every pattern needs a word of each of its sets; once it is known which
//! of them is rarest, only that one is looked for everywhere, and the others only where it was found.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::literals::MOST_CLAUSES;
use super::signature::Sought;
use super::words::Words;

/// One bit for each set of a pattern.
pub(super) type Sets = u8;
const _: () = assert!(MOST_CLAUSES <= Sets::BITS as usize);

/// By word: whose sets it is in.
pub(super) type WantedBy = Vec<Vec<(u32, Sets)>>;

/// How many texts are learnt from.
const LEARNT_FROM: u32 = 2048;

/// How much of them is kept to see which letters are common, in bytes.
const SAMPLE_BYTES: usize = 128 << 10;

/// What is known of how rare words are. It never changes what is found, only how soon.
#[derive(Debug)]
pub(super) struct Rare {
    texts: AtomicU32,
    /// By word: how often it stands in these texts.
    counts: Vec<AtomicU32>,
    /// Some of the texts.
    sample: Mutex<Vec<u8>>,
    /// There when enough was learnt.
    chosen: OnceLock<Chosen>,
}

/// What to look for first, and then.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The words of the rarest set of each pattern.
    pub(super) words: Words,
    /// By such a word: the patterns.
    pub(super) wanted_by: Vec<Vec<u32>>,
    /// By pattern: its other sets, rarest first.
    others: Vec<Vec<Vec<Sought>>>,
}

impl Rare {
    /// Nothing is known yet of so many words.
    pub(super) fn of(words: usize) -> Rare {
        Rare {
            texts: AtomicU32::new(0),
            counts: (0..words).map(|_| AtomicU32::new(0)).collect(),
            sample: Mutex::default(),
            chosen: OnceLock::new(),
        }
    }

    /// What to look for, when enough was learnt.
    pub(super) fn chosen(&self) -> Option<&Chosen> {
        self.chosen.get()
    }

    /// A word stands in a text.
    pub(super) fn note(&self, word: usize) {
        self.counts[word].fetch_add(1, Ordering::Relaxed);
    }

    /// All words of a text were noted; `choose` is asked for all words and who wants them when enough was learnt.
    pub(super) fn learn(&self, text: &[u8], choose: impl FnOnce() -> Chosen) {
        let mut sample = self.sample.lock().unwrap_or_else(PoisonError::into_inner);
        if sample.len() + text.len() < SAMPLE_BYTES {
            sample.extend_from_slice(text);
        }
        drop(sample);
        if self.texts.fetch_add(1, Ordering::Relaxed) + 1 == LEARNT_FROM {
            let _ = self.chosen.set(choose());
        }
    }

    /// Chooses by what was learnt: given all words, who wants each, and how many patterns there are.
    pub(super) fn choose(&self, words: &[&[u8]], wanted_by: &WantedBy, patterns: usize) -> Chosen {
        let mut sets = vec![[const { Vec::new() }; Sets::BITS as usize]; patterns];
        for (word, by) in wanted_by.iter().enumerate() {
            for (pattern, set) in by {
                sets[*pattern as usize][set.trailing_zeros() as usize].push(word);
            }
        }
        let cost = |set: &Vec<usize>| {
            let texts = set.iter().map(|word| u64::from(self.counts[*word].load(Ordering::Relaxed))).sum::<u64>();
            (texts, set.len())
        };
        let mut wants: Vec<Vec<u32>> = vec![Vec::new(); words.len()];
        let mut others = Vec::with_capacity(patterns);
        for (pattern, sets) in (0u32..).zip(sets) {
            let mut sets: Vec<Vec<usize>> = sets.into_iter().filter(|set| !set.is_empty()).collect();
            sets.sort_by_key(cost);
            let mut sets = sets.into_iter();
            sets.next().unwrap_or_default().into_iter().for_each(|word| wants[word].push(pattern));
            others.push(sets.map(|set| set.into_iter().map(|word| Sought::new(words[word])).collect()).collect());
        }
        let (chosen, wanted_by): (Vec<&[u8]>, Vec<Vec<u32>>) = words.iter().zip(wants).filter(|(_, by)| !by.is_empty()).unzip();
        let sample = std::mem::take(&mut *self.sample.lock().unwrap_or_else(PoisonError::into_inner));
        Chosen { words: Words::in_texts_like(chosen, &sample), wanted_by, others }
    }
}

impl Chosen {
    /// The other sets of a pattern: its matches hold a word of each.
    pub(super) fn others(&self, pattern: u32) -> &[Vec<Sought>] {
        &self.others[pattern as usize]
    }
}
