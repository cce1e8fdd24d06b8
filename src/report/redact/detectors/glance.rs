//! Tells at a glance that a detector cannot find anything: most texts hold a dot and a colon, and few an address.

use super::Verify;

/// The shortest run of a key's characters in the matches of detectors that are judged by these characters alone.
const SHORTEST_RUN: usize = 27;

impl Verify {
    /// Whether a text may hold a match of a detector that is judged so. Linear, and much less for most texts.
    pub(super) fn may_be_met_in(self, text: &[u8]) -> bool {
        match self {
            Verify::Mixed | Verify::Random => runs(text).any(|run| {
                let holds = |kind: fn(&u8) -> bool| run.iter().any(kind);
                holds(u8::is_ascii_digit) && holds(u8::is_ascii_uppercase) && holds(u8::is_ascii_lowercase)
            }),
            Verify::Run => runs(text).next().is_some(),
            Verify::Ipv4 => {
                memchr::memchr_iter(b'.', text).any(|at| at > 0 && is_digit(text[at - 1]) && has_three_numbers(&text[at..]))
            }
            Verify::Ipv6 => memchr::memchr_iter(b':', text).any(|at| {
                let group = text[at + 1..].iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
                text.get(at + 1 + group) == Some(&b':')
            }),
            _ => true,
        }
    }
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// Whether three numbers follow, each behind its dot.
fn has_three_numbers(mut text: &[u8]) -> bool {
    (0..3).all(|_| {
        let digits = text.iter().skip(1).take_while(|byte| is_digit(**byte)).count();
        let is_number = text.first() == Some(&b'.') && digits > 0;
        text = &text[(digits + 1).min(text.len())..];
        is_number
    })
}

/// The long runs of a key's characters, dots among them: of most stretches of that length one character is looked at.
fn runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-.".contains(byte);
    let mut start = 0;
    std::iter::from_fn(move || {
        loop {
            let stretch = text.get(start..start + SHORTEST_RUN)?;
            if let Some(other) = stretch.iter().rposition(|byte| !is_of_key(byte)) {
                start += other + 1;
                continue;
            }
            let run = &text[start..][..text[start..].iter().take_while(|byte| is_of_key(byte)).count()];
            start += run.len();
            return Some(run);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::table::DETECTORS;
    use super::*;
    use crate::report::redact::judge;
    use proptest::prelude::*;
    use regex::Regex;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_match_is_passed_over(text in "[ é]?([0-9]{1,3}[.:]?|[a-f0-9:]{1,9}|M[a-zA-Z0-9]{22,24}|(SK|AC)[a-f0-9]{31,33}|[.][a-zA-Z0-9_-]{6,28}|[A-Z/+a-z0-9]{20,70}){1,6}[ .é]?") {
            for detector in DETECTORS {
                // Without digits, capitals and small letters these are judged to be none.
                let by_characters = matches!(detector.verify, Verify::Mixed | Verify::Random);
                let counts = |found: regex::Match<'_>| !by_characters || judge::is_mixed(found.as_str());
                let found = Regex::new(detector.pattern).unwrap().find_iter(&text).any(counts);
                prop_assert!(!found || detector.verify.may_be_met_in(text.as_bytes()), "{} in {text}", detector.pattern);
            }
        }
    }

    #[test]
    fn what_is_asked_of_few_texts_is_found_in_them() {
        assert!(Verify::Ipv4.may_be_met_in(b"at 10.0.0.1") && !Verify::Ipv4.may_be_met_in(b"a.b, 1. 2 .3 4.5.6"));
        assert!(Verify::Ipv6.may_be_met_in(b"fe80::1") && !Verify::Ipv6.may_be_met_in(b"a: 12:30 b:cdefa:"));
        let words = "word ".repeat(20) + "Ab1" + &"x".repeat(SHORTEST_RUN - 4) + " " + &"y".repeat(2 * SHORTEST_RUN);
        assert!(!Verify::Random.may_be_met_in(words.as_bytes()) && Verify::Run.may_be_met_in(words.as_bytes()));
        assert!(Verify::Random.may_be_met_in(format!("{words} x{}", &words[100..]).as_bytes()));
    }
}
