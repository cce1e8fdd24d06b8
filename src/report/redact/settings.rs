//! What the users of one place want taken out besides, and what they want to see: patterns of their own.

use regex::Regex;

use super::Hit;

/// The kind of what a pattern of the users takes out.
pub(super) const KIND: &str = "custom";

/// Patterns beside those of the program.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What they match is taken out: the group `secret`, else the whole match.
    patterns: Vec<Regex>,
    /// What they match whole is left alone, whoever wants it taken out.
    allowed: Vec<Regex>,
}

/// A pattern cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("redaction pattern `{pattern}`: {source}")]
pub struct SettingsError {
    /// The pattern.
    pattern: String,
    /// What is wrong with it.
    source: Box<regex::Error>,
}

impl Settings {
    /// Settings from regular expressions: what to take out (the group `secret`, else the whole match), and what to
    /// leave alone (where it matches the whole of what would be taken out).
    ///
    /// # Errors
    ///
    /// Where one of them is no regular expression.
    pub fn new(patterns: &[String], allowed: &[String]) -> Result<Settings, SettingsError> {
        let compiled = |pattern: &String, text: &str| {
            Regex::new(text).map_err(|error| SettingsError { pattern: pattern.clone(), source: Box::new(error) })
        };
        Ok(Settings {
            patterns: patterns.iter().map(|pattern| compiled(pattern, pattern)).collect::<Result<_, _>>()?,
            allowed: allowed.iter().map(|pattern| compiled(pattern, &format!(r"\A(?:{pattern})\z"))).collect::<Result<_, _>>()?,
        })
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.allowed.is_empty()
    }

    pub(super) fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        for found in self.patterns.iter().flat_map(|pattern| pattern.captures_iter(text)) {
            let range = found.name("secret").map_or_else(|| found.get_match().range(), |secret| secret.range());
            if !range.is_empty() {
                hits.push(Hit { from: found.get_match().start(), by_form: true, ..Hit::new(range, KIND) });
            }
        }
    }

    /// Whether there is anything in the text that these settings take out.
    pub(in crate::report) fn takes_out_of(&self, text: &str) -> bool {
        let mut hits = Vec::new();
        self.find(text, &mut hits);
        hits.iter().any(|hit| !self.allows(&text[hit.range.clone()]))
    }

    /// Whether this is to be left alone.
    pub(super) fn allows(&self, value: &str) -> bool {
        self.allowed.iter().any(|pattern| pattern.is_match(value))
    }
}
