//! Groups masked lines whose words differ only in parameters, after Drain.
//!
//! P. He, J. Zhu, Z. Zheng, M. R. Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017.
//! It was taken because it is linear in the lines, needs one reading and no training, its answer depends on
//! nothing but the order of the lines (which is that of time), and in the comparisons published since it is at or near the top for
//! logs without a known format. Lines are masked first ([`crate::logs::template`]), which is what its authors advise, so that
//! the tree only meets what no mask knows: names.
//!
//! Two things are added, because here two lines put together are two causes taken for one:
//! levels, exception types, names of enum values and statuses are never a parameter; and who reads the groups keeps
//! the masked lines beside them, so that a group is used only where it tells as much about the failures as its best member.

use rustc_hash::FxHashMap;

/// The place of a group in its [`Drain`].
pub type GroupIx = usize;

/// Stands for a parameter that no mask knows.
const PARAMETER: &str = "<*>";

/// Share of equal words from which on two lines are one kind (the paper's `st`; it uses 0.4 to 0.6 by data set).
const SIMILAR: f64 = 0.6;

/// Words at the head of a line that choose the leaf (the paper's depth, without root and length).
const HEAD_WORDS: usize = 2;

/// The parse tree, flattened: a leaf is found by author, number of words and head.
#[derive(Debug, Default)]
pub struct Drain {
    leaves: FxHashMap<(String, usize, [String; HEAD_WORDS]), Vec<GroupIx>>,
    groups: Vec<Vec<String>>,
}

impl Drain {
    /// The group of a masked line of this author (a service); linear in its words times the groups of its leaf.
    pub fn place(&mut self, author: &str, masked: &str) -> GroupIx {
        let words: Vec<&str> = masked.split_whitespace().collect();
        let head = std::array::from_fn(|place| words.get(place).map_or(String::new(), |word| head_word(word)));
        let leaf = self.leaves.entry((author.to_owned(), words.len(), head)).or_default();
        let groups = &mut self.groups;
        let alike = leaf.iter().copied().filter_map(|group| Some((likeness(&groups[group], &words)?, group)));
        // Of equally similar groups the first one stands.
        let best = alike.filter(|(alike, _)| *alike >= SIMILAR).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        if let Some((_, group)) = best {
            for (own, word) in groups[group].iter_mut().zip(&words) {
                if own != word {
                    *own = PARAMETER.to_owned();
                }
            }
            return group;
        }
        groups.push(words.iter().map(|word| (*word).to_owned()).collect());
        leaf.push(groups.len() - 1);
        groups.len() - 1
    }

    /// What the lines of a group have in common.
    pub fn template(&self, group: GroupIx) -> String {
        self.groups[group].join(" ")
    }
}

/// A word with a masked part does not choose the way through the tree.
fn head_word(word: &str) -> String {
    if word.contains('#') && !is_fixed(word) { PARAMETER.to_owned() } else { word.to_owned() }
}

/// The share of equal words; `None` where a word differs that must not.
fn likeness(group: &[String], words: &[&str]) -> Option<f64> {
    let mut same = 0;
    for (own, word) in group.iter().zip(words) {
        if own == word {
            same += 1;
        } else if is_fixed(own) || is_fixed(word) {
            return None;
        }
    }
    Some(f64::from(same) / words.len().max(1) as f64)
}

/// Levels (`ERROR`), exception types (`app.KeyError:`), names of enum values (`State.OPEN`, `NOT_FOUND`), statuses (`503`).
fn is_fixed(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let name = word.rsplit(['.', ':']).next().unwrap_or_default();
    let all_caps = name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let kind = name.starts_with(|c: char| c.is_ascii_uppercase())
        && ["Error", "Exception", "Exit", "Warning", "Interrupt", "Failure", "Timeout"].iter().any(|end| name.ends_with(end));
    // The mask leaves a number only where it is a status.
    let status = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    all_caps || kind || status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(lines: &[&str]) -> Vec<String> {
        let mut drain = Drain::default();
        let mut groups: Vec<GroupIx> = lines.iter().map(|line| drain.place("api", line)).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.into_iter().map(|group| drain.template(group)).collect()
    }

    #[test]
    fn names_that_no_mask_knows_become_parameters() {
        let lines = ["ERROR pool of orders has no free slot", "ERROR pool of billing has no free slot"];
        assert_eq!(templates(&lines), ["ERROR pool of <*> has no free slot"]);
    }

    #[test]
    fn levels_exceptions_enum_names_and_statuses_are_no_parameters() {
        for pair in [
            ["upstream answered status 403 for the request", "upstream answered status 404 for the request"],
            ["retry after KeyError: in the first step", "retry after ValueError: in the first step"],
            ["the seat map is State.OPEN for user #", "the seat map is State.SHUT for user #"],
            ["late INFO flush of the event queue", "late ERROR flush of the event queue"],
        ] {
            assert_eq!(templates(&pair), pair);
        }
    }

    #[test]
    fn the_same_words_of_two_services_are_two_kinds() {
        let mut drain = Drain::default();
        assert_ne!(drain.place("api", "queue is full"), drain.place("edge", "queue is full"));
    }
}
