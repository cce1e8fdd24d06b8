//! Finds what looks like a secret: a table of detectors, gated by the literals that each of them needs.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::{Hit, judge};
use table::{DETECTORS, Detector, Verify};

mod table;

pub(super) use table::KINDS;

/// The table, compiled.
pub struct Detectors {
    /// A bit for each detector that needs no literal.
    always: u32,
    gate: Option<AhoCorasick>,
    /// The detector that each literal of the gate stands for.
    owners: Vec<usize>,
    /// Compiled when first called for; `None` where a pattern does not compile, and a test holds that all do.
    patterns: Vec<OnceLock<Option<Regex>>>,
}

impl Detectors {
    /// The one compiled table of the program.
    pub fn shared() -> &'static Detectors {
        static SHARED: OnceLock<Detectors> = OnceLock::new();
        SHARED.get_or_init(Detectors::compiled)
    }

    fn compiled() -> Detectors {
        let mut literals: Vec<&str> = Vec::new();
        let mut owners = Vec::new();
        for (place, detector) in DETECTORS.iter().enumerate() {
            literals.extend(detector.literals);
            owners.extend(detector.literals.iter().map(|_| place));
        }
        let always = DETECTORS.iter().enumerate().filter(|(_, detector)| detector.literals.is_empty());
        Detectors {
            always: always.map(|(place, _)| 1 << place).sum(),
            gate: AhoCorasick::builder().ascii_case_insensitive(true).build(literals).ok(),
            owners,
            patterns: DETECTORS.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// Adds every place that must not be shown, in order of the table. Linear in the length of the text.
    pub(super) fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        let wanted = self.wanted(text);
        for (place, detector) in DETECTORS.iter().enumerate() {
            if wanted & (1 << place) == 0 {
                continue;
            }
            let pattern = self.patterns[place].get_or_init(|| Regex::new(detector.pattern).ok());
            let Some(pattern) = pattern else { continue };
            let mut from = 0;
            while let Some(found) = pattern.captures_at(text, from) {
                let whole = found.get_match();
                let hit = detector.judged(text, &found);
                // After a rejected match the search goes on inside it; the patterns bound how far it reached.
                let next = hit.as_ref().map_or_else(|| inner_start(&found), |hit| hit.range.end.max(whole.end()));
                from = next.max(whole.start() + 1);
                while !text.is_char_boundary(from) {
                    from += 1;
                }
                hits.extend(hit);
                if from >= text.len() {
                    break;
                }
            }
        }
    }

    /// A bit for each detector that one of its literals calls for.
    fn wanted(&self, text: &str) -> u32 {
        let all = (1 << DETECTORS.len()) - 1;
        let Some(gate) = &self.gate else { return all };
        let mut wanted = self.always;
        for found in gate.find_overlapping_iter(text) {
            wanted |= 1 << self.owners[found.pattern().as_usize()];
            if wanted == all {
                break;
            }
        }
        wanted
    }
}

/// Where to go on after a rejected match: at the value, which may hold a secret of its own.
fn inner_start(found: &Captures<'_>) -> usize {
    let value = found.name("secret").or_else(|| found.name("quoted"));
    value.map_or(found.get_match().end(), |value| value.start())
}

impl Detector {
    fn judged(&self, text: &str, found: &Captures<'_>) -> Option<Hit> {
        let value = found.name("secret").or_else(|| found.name("quoted")).unwrap_or(found.get_match());
        let mut range = value.range();
        let mut kind = self.kind;
        match self.verify {
            Verify::Exact => {}
            Verify::Mixed => judge::is_mixed(value.as_str()).then_some(())?,
            Verify::Digit => judge::has_digit(value.as_str()).then_some(())?,
            Verify::Credentials => {
                judge::is_credential(value.as_str(), found.name("scheme").is_some()).then_some(())?;
                range.end = judge::end_of_token(text, range.end);
            }
            Verify::Password => (!judge::is_masked(value.as_str())).then_some(())?,
            Verify::Assignment => {
                kind = judge::assigned(text, found)?;
                if found.name("quoted").is_none() {
                    range.end = judge::end_of_value(text, range.end);
                }
            }
            Verify::Signature => judge::is_signature(value.as_str()).then_some(())?,
            Verify::Random => judge::is_random(text, &range).then_some(())?,
            Verify::Email => judge::is_email(value.as_str()).then_some(())?,
            Verify::Ipv4 => judge::is_private_ipv4(text, &range).then_some(())?,
            Verify::Ipv6 => range = judge::private_ipv6(text, range)?,
        }
        let yields = matches!(self.verify, Verify::Email | Verify::Ipv4 | Verify::Ipv6);
        let known = !yields && judge::is_telling(&text[range.clone()]);
        let by_words = matches!(self.verify, Verify::Credentials | Verify::Assignment | Verify::Signature) || kind == "cookie";
        Some(Hit { from: found.get_match().start(), yields, known, by_form: !by_words, ..Hit::new(range, kind) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for detector in DETECTORS {
            assert!(Regex::new(detector.pattern).is_ok(), "{}", detector.pattern);
            assert!(KINDS.contains(&detector.kind), "{}", detector.kind);
        }
        assert!(Detectors::shared().gate.is_some());
    }
}
