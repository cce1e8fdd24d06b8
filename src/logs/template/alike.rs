//! Tells whether all texts that look alike once they are masked have one template.

use super::announces_a_status;
use crate::logs::mask::{ID, Mask, NUMBER, is_mask};

/// What makes a template depend on more than words: addresses, tokens, and what could be taken for a mask.
const UNSURE: [&str; 5] = ["#", "@", "‹", "eyJ", "masked_"];

/// A word as long as this may be a key.
const LONG_WORD: usize = 20;

/// Whether all texts that look like this when they are masked have one [`template`](super::template), but for those of which
/// [`has_long_word`] says yes. Linear.
pub fn are_alike(masked: &str) -> bool {
    let named_by_id = |before: &str| masked.contains(&format!("{before}{ID}"));
    // A name with a capital letter in front may be that of an exception.
    if UNSURE.iter().any(|unsure| masked.contains(unsure)) || masked.contains('\n') && (named_by_id("\n") || named_by_id(".")) {
        return false;
    }
    let mut announced = false;
    let mut words = masked.split(|c| !is_part(c)).filter(|word| !word.is_empty());
    words.all(|word| {
        let is_alike = is_alike(word, announced);
        if !word.contains(|c: char| is_mask(c) || c.is_ascii_digit()) {
            announced = announces_a_status(word);
        }
        is_alike
    })
}

/// Whether a text that was masked is one that [`are_alike`] cannot speak of.
pub fn has_long_word(mask: &Mask) -> bool {
    mask.longest_word() >= LONG_WORD
}

/// Whether what becomes of a word does not depend on its numbers and ids.
fn is_alike(word: &str, announced: bool) -> bool {
    let is_whole = word.chars().count() == 1;
    match word.chars().next() {
        Some(NUMBER) if is_whole => !announced,
        Some(ID) if is_whole => true,
        // The letters of such an id stay. `0x` makes one of a number.
        _ => !word.contains(ID) && !word.strip_prefix(NUMBER).is_some_and(|rest| rest.starts_with('x')),
    }
}

fn is_part(c: char) -> bool {
    is_mask(c) || c.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::template::template;

    fn masked(text: &str) -> (String, bool) {
        let mut mask = Mask::default();
        mask.add(text.as_bytes()).unwrap();
        (String::from_utf8(mask.masked().to_vec()).unwrap(), has_long_word(&mask))
    }

    #[test]
    fn a_status_or_a_letter_of_an_id_makes_templates_differ() {
        for (text, alike) in [
            ("2026-11-20 00:00:01,350 - api - INFO - took 17 ms", true),
            ("run 5d1b0514-9f55 of ws_17_0a0b", true),
            ("closed with code 1011", false),
            ("host pq7ra0b1", false),
            ("5 @home", false),
            ("x\n1a2bError: y", false),
        ] {
            assert_eq!(are_alike(&masked(text).0), alike, "{text}");
        }
    }

    const PARTS: [&str; 28] = [
        " ",
        " ",
        "_",
        "-",
        ":",
        ".",
        "\n",
        "code ",
        "x",
        "0x",
        "gh",
        "ab",
        "Err",
        "Error",
        "Error: ",
        "ghp_",
        "http/",
        "e2e",
        "e",
        "#",
        "N",
        "N",
        "N",
        "N",
        "I",
        "I",
        "I",
        "Traceback (most recent call last)",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn texts_said_to_be_alike_have_one_template(
            parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 1..14),
            numbers in prop::collection::vec(("[0-9]{1,6}|[0-9]{18,22}", "[0-9]{1,4}"), 14),
            ids in prop::collection::vec(("[A-F0-9a-f]{4,6}|[A-F0-9a-f]{18,22}", "[0-9a-f]{4,5}"), 14),
        ) {
            let told = |which: fn(&(String, String)) -> String| -> String {
                let (mut numbers, mut ids) = (numbers.iter(), ids.iter());
                let tell = |part: &&str| match *part {
                    "N" => numbers.next().map(which).unwrap_or_default(),
                    "I" => ids.next().map(which).unwrap_or_default(),
                    part => part.to_owned(),
                };
                parts.iter().map(tell).collect()
            };
            let (one, other) = (told(|both| both.0.clone()), told(|both| both.1.clone()));
            let (one_masked, other_masked) = (masked(&one), masked(&other));
            if one_masked == other_masked && !one_masked.1 && are_alike(&one_masked.0) {
                prop_assert_eq!(template(&one), template(&other), "{:?} {:?}", one, other);
            }
        }
    }
}
