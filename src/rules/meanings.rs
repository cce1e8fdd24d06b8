//! Numbers what texts say to the rules: most records say what others said before.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::logs::template::template;

/// How many are told apart.
const MOST: usize = 1 << 16;

/// What the text of a record says to the rules by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Meaning {
    /// The log matchers it meets, by their places among all of the catalog, ascending.
    pub(super) slots: Vec<u32>,
    /// The text with all that varies masked.
    pub template: String,
}

/// Those met so far.
#[derive(Debug, Default)]
pub(super) struct Meanings(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    numbers: FxHashMap<Arc<Meaning>, u32>,
    all: Vec<Arc<Meaning>>,
}

impl Meanings {
    /// The number of what a text says that meets these matchers; `None` where there are too many different ones.
    pub(super) fn number(&self, text: &str, slots: &[u32]) -> Option<u32> {
        let meaning = Meaning { slots: slots.to_vec(), template: template(text) };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(&meaning) {
            return Some(*number);
        }
        let number = u32::try_from(known.all.len()).ok().filter(|number| (*number as usize) < MOST)?;
        let meaning = Arc::new(meaning);
        known.all.push(Arc::clone(&meaning));
        known.numbers.insert(meaning, number);
        Some(number)
    }

    /// What has this number.
    pub(super) fn get(&self, number: u32) -> Option<Arc<Meaning>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).all.get(number as usize).cloned()
    }
}
