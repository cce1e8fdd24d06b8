//! Remembers what the rules say to the forms of entries that come again and again: most of a log are a few hundred of them.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, TryLockError};

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::foresight::{Foreseen, Foresight};
use super::sieve::Sieve;
use super::words::SHORTEST;
use super::{Pattern, needs::Needs};
use crate::logs::mask::{example, masked};
use crate::logs::template::{alike, template};
use crate::logs::{Admission, form};

/// How many entries go by before forms are looked at: judging them costs as much as some ten thousand entries.
const BEFORE: u32 = 1 << 15;

/// How many go by where [`MANY`] are expected.
const BEFORE_MANY: u32 = 1 << 11;
const MANY: u64 = 1 << 18;

/// How often a form comes before it is judged: that costs as much as some two dozen entries.
const WORTH_JUDGING: u64 = 24;

/// How many forms can be remembered, and how many bytes of them.
const PLACES: usize = 1 << 14;
const MOST_BYTES: usize = 4 << 20;

/// How much memory the patterns' automata may take before all of them are made anew.
const MOST_FORESIGHT_BYTES: usize = 32 << 20;

/// How many places a form can have.
const PROBES: usize = 8;

/// How many forms are counted before they are judged.
const COUNTED: usize = 1 << 14;

/// The bits of a counter that count; the others tell which form it counts.
const COUNT: u64 = 0xff;

/// The matchers of all rules with a text, by their slots.
pub(super) trait Slots {
    /// By slot, the pattern to match.
    fn patterns(&self) -> Vec<Option<&Pattern>>;

    /// Whether a slot can do more than speak against its rule.
    fn speaks_for(&self, slot: u32) -> bool;

    /// Takes out the slots that change nothing where these are all that a text may meet, given in order.
    fn retain_relevant(&self, woken: &mut Vec<u32>);
}

/// What the rules say to every entry of a form.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The slots whose patterns match some of its texts, in order.
    pub(super) woken: Vec<u32>,
    /// Those among them whose patterns match all of its texts, in order.
    pub(super) certain: Vec<u32>,
    /// What becomes of all its entries is the same, but for those with a long word.
    is_same: bool,
    /// What that is, once one was looked at.
    settled: OnceLock<Admission>,
}

impl Verdict {
    /// What becomes of an entry, which `look` tells where the verdict alone does not.
    pub(super) fn admission(&self, has_long_word: bool, look: impl FnOnce() -> Admission) -> Admission {
        if self.woken.is_empty() {
            Admission::Refused
        } else if self.is_same && !has_long_word {
            *self.settled.get_or_init(look)
        } else {
            look()
        }
    }
}

/// The forms met so far.
#[derive(Debug, Default)]
pub(super) struct Forms {
    entries: AtomicU32,
    expected: AtomicU64,
    /// There once enough entries went by.
    table: OnceLock<Table>,
}

#[derive(Debug)]
struct Table {
    counters: Box<[AtomicU64]>,
    places: Box<[OnceLock<Box<Known>>]>,
    judge: Mutex<Judge>,
}

#[derive(Debug)]
struct Known {
    form: Box<[u8]>,
    /// `None` where its entries have to be looked at one by one.
    verdict: Option<Verdict>,
}

/// Judges forms.
#[derive(Debug)]
struct Judge {
    /// Which patterns a masked text may meet.
    sieve: Sieve,
    /// By slot, once it was asked.
    foresights: FxHashMap<u32, Option<Foresight>>,
    /// How much memory they take.
    foresight_bytes: usize,
    /// How many bytes of forms are remembered.
    bytes: usize,
}

impl Forms {
    /// Whether enough entries went by, this one counted.
    pub(super) fn are_looked_at(&self) -> bool {
        self.table.get().is_some() || self.entries.fetch_add(1, Ordering::Relaxed) >= self.before()
    }

    fn before(&self) -> u32 {
        if self.expected.load(Ordering::Relaxed) < MANY { BEFORE } else { BEFORE_MANY }
    }

    /// About so many entries more will come.
    pub(super) fn expect(&self, entries: u64) {
        self.expected.fetch_add(entries, Ordering::Relaxed);
    }

    /// What the rules say to every entry of this form, where that is known. Linear in the form, but for the few times when one
    /// is judged.
    pub(super) fn verdict(&self, form: &[u8], slots: &impl Slots) -> Option<&Verdict> {
        let table = self.table.get_or_init(|| Table::new(&slots.patterns()));
        let hash = FxBuildHasher.hash_one(form);
        match table.place(form, hash) {
            Ok(known) => known.verdict.as_ref(),
            Err(place) => {
                if table.is_worth_judging(hash) {
                    table.judge(form, place?, slots);
                }
                None
            }
        }
    }
}

impl Table {
    fn new(patterns: &[Option<&Pattern>]) -> Table {
        let needs: Vec<Option<Vec<Vec<String>>>> =
            patterns.iter().map(|pattern| pattern.map(|pattern| masked_needs(pattern.needs()))).collect();
        Table {
            counters: (0..COUNTED).map(|_| AtomicU64::new(0)).collect(),
            places: (0..PLACES).map(|_| OnceLock::new()).collect(),
            judge: Mutex::new(Judge {
                sieve: Sieve::new(needs.iter().map(|needs| needs.as_deref())),
                foresights: FxHashMap::default(),
                foresight_bytes: 0,
                bytes: 0,
            }),
        }
    }

    /// What is known of a form; else where it can be kept, if anywhere.
    fn place(&self, form: &[u8], hash: u64) -> Result<&Known, Option<&OnceLock<Box<Known>>>> {
        for probe in 0..PROBES {
            let place = &self.places[(hash as usize).wrapping_add(probe) % PLACES];
            match place.get() {
                Some(known) if *known.form == *form => return Ok(known),
                Some(_) => {}
                None => return Err(Some(place)),
            }
        }
        Err(None)
    }

    /// Counts a form; several may share a counter, and then the one that comes more often has it in the end.
    fn is_worth_judging(&self, hash: u64) -> bool {
        let counter = &self.counters[(hash >> 32) as usize % COUNTED];
        let before = counter.load(Ordering::Relaxed);
        let count = if before & !COUNT == hash & !COUNT { (before & COUNT) + 1 } else { 1 };
        counter.store(hash & !COUNT | count.min(COUNT), Ordering::Relaxed);
        count >= WORTH_JUDGING
    }

    fn judge(&self, form: &[u8], place: &OnceLock<Box<Known>>, slots: &impl Slots) {
        // Where another thread judges, this form is judged when it comes again.
        let mut judge = match self.judge.try_lock() {
            Ok(judge) => judge,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if judge.bytes < MOST_BYTES {
            judge.bytes += form.len();
            let verdict = judge.verdict(form, slots);
            // Another form may have taken the place; this one comes again.
            let _ = place.set(Box::new(Known { form: form.into(), verdict }));
        }
    }
}

impl Judge {
    fn verdict(&mut self, form: &[u8], slots: &impl Slots) -> Option<Verdict> {
        let mut by_slot: BTreeMap<u32, Foreseen> = BTreeMap::new();
        let texts = form::texts(form)?;
        for (place, text) in texts.iter().enumerate() {
            let foreseen = self.of_text(text, slots)?;
            // What is met by some texts only is open.
            by_slot.iter_mut().filter(|(slot, _)| !foreseen.contains_key(*slot)).for_each(|(_, all)| *all = Foreseen::Open);
            for (slot, one) in foreseen {
                let before = if place == 0 { one } else { Foreseen::Never };
                let all = by_slot.entry(slot).or_insert(before);
                *all = all.and(one);
            }
        }
        let mut woken: Vec<u32> = by_slot.keys().copied().collect();
        slots.retain_relevant(&mut woken);
        let certain: Vec<u32> = woken.iter().copied().filter(|slot| by_slot[slot] == Foreseen::Always).collect();
        let is_same = woken == certain && are_alike(&texts);
        Some(Verdict { woken, certain, is_same, settled: OnceLock::new() })
    }

    /// What the patterns say to all texts that look like this when they are masked; those that change nothing are left out.
    fn of_text(&mut self, text: &str, slots: &impl Slots) -> Option<BTreeMap<u32, Foreseen>> {
        // Numbers that are not masked in the form are masked in the words.
        let mut woken = Vec::new();
        self.sieve.wake(masked(&example(text))?.as_bytes(), &mut woken);
        let (patterns, mut foreseen) = (slots.patterns(), BTreeMap::new());
        // What can only speak against a rule is asked only where something speaks for it.
        for speaks_for in [true, false] {
            slots.retain_relevant(&mut woken);
            woken.retain(|slot| {
                if slots.speaks_for(*slot) != speaks_for {
                    return true;
                }
                let one = self.foreseen(*slot, &patterns, text);
                if one != Foreseen::Never {
                    foreseen.insert(*slot, one);
                }
                one != Foreseen::Never
            });
        }
        Some(foreseen)
    }

    fn foreseen(&mut self, slot: u32, patterns: &[Option<&Pattern>], text: &str) -> Foreseen {
        let Some(pattern) = patterns.get(slot as usize).copied().flatten() else { return Foreseen::Never };
        if self.foresight_bytes > MOST_FORESIGHT_BYTES {
            self.foresights.clear();
            self.foresight_bytes = 0;
        }
        let before = self.foresights.get(&slot).and_then(Option::as_ref).map_or(0, Foresight::bytes);
        let foresight = self.foresights.entry(slot).or_insert_with(|| Foresight::new(pattern.compiled()));
        let Some(foresight) = foresight else { return Foreseen::Open };
        let foreseen = foresight.of(text);
        self.foresight_bytes += foresight.bytes().saturating_sub(before);
        foreseen
    }
}

/// Whether all texts that look like these when they are masked have one template, see [`alike::are_alike`].
fn are_alike(texts: &[String]) -> bool {
    let mut templates = texts.iter().map(|text| alike::are_alike(text).then(|| template(&example(text))));
    let first = templates.next().flatten();
    first.is_some() && templates.all(|template| template == first)
}

/// The words that a pattern needs, as they stand in masked texts.
fn masked_needs(needs: &Needs) -> Vec<Vec<String>> {
    let sets = needs.text.iter().map(|set| set.iter().map(|word| masked_word(word)).collect::<Vec<_>>());
    // A set with a word that may stand anywhere says nothing.
    sets.filter(|set| set.iter().all(|word| word.len() >= SHORTEST)).collect()
}

/// A part of a word that stands in a masked text wherever the word stands in the text. The hexadecimal digits that it begins
/// and ends with are left out: they may be masked together with others.
fn masked_word(word: &str) -> String {
    let inner = word.trim_matches(|c: char| c.is_ascii_hexdigit());
    // What is not ASCII stands in no text that has a form.
    masked(inner).unwrap_or_else(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_left_of_a_word_stands_in_the_masked_text_wherever_the_word_stands_in_the_text(
            before in "[a1x]{0,5}",
            word in "[aAb2x =]{1,9}",
            after in "[f9x]{0,5}",
        ) {
            let text = masked(&format!("{before}{word}{after}")).unwrap();
            prop_assert!(text.contains(&masked_word(&word)));
        }
    }
}
