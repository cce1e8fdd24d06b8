//! The order of priorities, in the words that teams use for them.

use super::super::schema::Test;

/// Words for urgency, the most urgent first; some mean the same.
const WORDS: [(&str, u32); 12] = [
    ("blocker", 0),
    ("critical", 0),
    ("highest", 0),
    ("urgent", 0),
    ("major", 1),
    ("high", 1),
    ("medium", 2),
    ("normal", 2),
    ("low", 3),
    ("minor", 3),
    ("lowest", 4),
    ("trivial", 4),
];

/// Sorts priorities: the most urgent is the smallest, none the greatest. Words count as they say, `P0`, `p1`, `2` by
/// their number; what is neither comes behind them, by its letters.
pub(super) fn rank(priority: Option<&str>) -> (u32, String) {
    let Some(priority) = priority else { return (u32::MAX, String::new()) };
    let lower = priority.trim().to_lowercase();
    let digits: String = lower.chars().skip_while(|letter| !letter.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let word = WORDS.iter().find(|(word, _)| *word == lower).map(|(_, rank)| *rank);
    let number = || digits.parse().ok().map(|number: u32| number.min(u32::MAX - 2));
    (word.or_else(number).unwrap_or(u32::MAX - 1), lower)
}

/// The same of a test.
pub(super) fn rank_of(test: &Test) -> (u32, String) {
    rank(test.priority.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_comes_first_and_what_has_no_priority_last() {
        let mut priorities = [None, Some("later"), Some("P10"), Some("low"), Some("P2"), Some("Critical"), Some("p1")];
        priorities.sort_by_key(|priority| rank(*priority));
        assert_eq!(priorities, [Some("Critical"), Some("p1"), Some("P2"), Some("low"), Some("P10"), Some("later"), None]);
    }
}
