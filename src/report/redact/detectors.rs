//! Finds what looks like a secret: a table of detectors, gated by the literals that each of them needs.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::captures;

use super::{Hit, judge};
use crate::rules::engine::Engine;
use table::{DETECTORS, Detector, Verify};

mod glance;
mod table;

pub(super) use table::KINDS;

/// The table, compiled.
pub struct Detectors {
    /// A bit for each detector that needs no literal.
    always: u32,
    gate: Option<AhoCorasick>,
    /// The detector that each literal of the gate stands for.
    owners: Vec<usize>,
    /// Literals of one byte, with the detector they stand for: they are in most texts, often.
    bytes: Vec<(u8, usize)>,
    /// One a detector. A test holds that all of their patterns compile.
    engines: Vec<Engine>,
    /// Their patterns for ASCII texts, in which no bracket of a token stands.
    ascii: Vec<String>,
}

impl Detectors {
    /// The one compiled table of the program.
    pub fn shared() -> &'static Detectors {
        static SHARED: OnceLock<Detectors> = OnceLock::new();
        SHARED.get_or_init(Detectors::compiled)
    }

    fn compiled() -> Detectors {
        let mut literals: Vec<&str> = Vec::new();
        let (mut owners, mut bytes) = (Vec::new(), Vec::new());
        for (place, detector) in DETECTORS.iter().enumerate() {
            for literal in detector.literals {
                if let [byte] = literal.as_bytes() {
                    bytes.push((*byte, place));
                } else {
                    literals.push(literal);
                    owners.push(place);
                }
            }
        }
        let always = DETECTORS.iter().enumerate().filter(|(_, detector)| detector.literals.is_empty());
        Detectors {
            always: always.map(|(place, _)| 1 << place).sum(),
            gate: AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(literals).ok(),
            owners,
            bytes,
            engines: DETECTORS.iter().map(|_| Engine::default()).collect(),
            ascii: DETECTORS.iter().map(|detector| detector.pattern.replace('‹', "")).collect(),
        }
    }

    /// Adds every place that must not be shown, in order of the table. Linear in the length of the text.
    pub(super) fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        let wanted = self.wanted(text);
        for (place, detector) in DETECTORS.iter().enumerate() {
            if wanted & (1 << place) == 0 || !detector.verify.may_be_met_in(text.as_bytes()) {
                continue;
            }
            let Some(regex) = self.regex(place, text) else { continue };
            let mut found = Captures { text, groups: regex.create_captures() };
            let mut from = 0;
            while let Some(whole) = found.next(regex, from) {
                let hit = detector.judged(text, &found, &whole);
                // After a rejected match the search goes on inside it; the patterns bound how far it reached.
                let next = hit.as_ref().map_or_else(|| inner_start(&found, &whole), |hit| hit.range.end.max(whole.end));
                from = next.max(whole.start + 1);
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

    fn regex(&self, place: usize, text: &str) -> Option<&Regex> {
        match text.is_ascii() {
            true => self.engines[place].for_ascii(&self.ascii[place], text),
            false => self.engines[place].for_any(DETECTORS[place].pattern, text),
        }
    }

    /// A bit for each detector that one of its literals calls for.
    fn wanted(&self, text: &str) -> u32 {
        let all = (1 << DETECTORS.len()) - 1;
        let Some(gate) = &self.gate else { return all };
        let held = self.bytes.iter().filter(|(byte, _)| memchr::memchr(*byte, text.as_bytes()).is_some());
        let mut wanted = held.fold(self.always, |wanted, (_, place)| wanted | 1 << place);
        for found in gate.find_overlapping_iter(text) {
            wanted |= 1 << self.owners[found.pattern().as_usize()];
            if wanted == all {
                break;
            }
        }
        wanted
    }
}

/// What a detector's pattern caught.
pub(super) struct Captures<'t> {
    text: &'t str,
    groups: captures::Captures,
}

/// A part of a text.
#[derive(Clone, Copy)]
pub(super) struct Part<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

impl<'t> Captures<'t> {
    /// Catches the first match from this place on; where it lies.
    fn next(&mut self, regex: &Regex, from: usize) -> Option<Range<usize>> {
        regex.search_captures(&Input::new(self.text).range(from..), &mut self.groups);
        self.groups.get_match().map(|found| found.range())
    }

    /// What the group with this name caught.
    pub(super) fn name(&self, name: &str) -> Option<Part<'t>> {
        let group = self.groups.get_group_by_name(name)?;
        Some(Part { text: self.text, start: group.start, end: group.end })
    }
}

impl<'t> Part<'t> {
    pub(super) fn as_str(&self) -> &'t str {
        &self.text[self.range()]
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn end(&self) -> usize {
        self.end
    }
}

/// Where to go on after a rejected match: at the value, which may hold a secret of its own.
fn inner_start(found: &Captures<'_>, whole: &Range<usize>) -> usize {
    let value = found.name("secret").or_else(|| found.name("quoted"));
    value.map_or(whole.end, |value| value.start())
}

impl Detector {
    fn judged(&self, text: &str, found: &Captures<'_>, whole: &Range<usize>) -> Option<Hit> {
        let value =
            found.name("secret").or_else(|| found.name("quoted")).unwrap_or(Part { text, start: whole.start, end: whole.end });
        let mut range = value.range();
        let mut kind = self.kind;
        match self.verify {
            Verify::Exact | Verify::Run => {}
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
                    let key = found.name("key").map_or(range.start, |key| key.start());
                    range.end = match kind {
                        "password" => judge::end_of_password(text, key, range.end),
                        _ => judge::end_of_value(text, range.end),
                    };
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
        Some(Hit { from: whole.start, yields, known, by_form: !by_words, ..Hit::new(range, kind) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for detector in DETECTORS {
            assert!(KINDS.contains(&detector.kind), "{}", detector.kind);
        }
        for (place, detector) in DETECTORS.iter().enumerate() {
            let compiled = ["", "é"].map(|text| Detectors::shared().regex(place, text).is_some());
            assert_eq!(compiled, [true, true], "{}", detector.pattern);
            // Only in a class that excludes: there it makes no difference to an ASCII text.
            let brackets = detector.pattern.matches('‹').count();
            assert_eq!(brackets, detector.pattern.matches("'<>‹]").count(), "{}", detector.pattern);
        }
        assert!(Detectors::shared().gate.is_some());
    }
}
