//! How much a line looks like trouble, by its severity and its words.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::findings::Known;
use crate::logs::{LogEntry, Record, Severity};

/// Points of a line by itself; below zero for what is ordinary.
pub(super) fn weight(record: &Record, known: Known) -> i32 {
    let severity = record.entries.iter().map(LogEntry::severity).max().unwrap_or_default().max(stated_level(&record.text));
    let by_severity = match severity {
        Severity::Default | Severity::Debug => -5,
        Severity::Info => -8,
        Severity::Notice => -3,
        Severity::Warning => 14,
        _ => 22,
    };
    let is_request = record.entries.iter().all(|entry| entry.http_request().is_some());
    let traced =
        if record.text.contains("Traceback (most recent call last)") || record.text.contains("\n    at ") { 8 } else { 0 };
    let trouble = if speaks_of_trouble(&record.text) { 10 } else { 0 };
    by_severity + traced + trouble - if is_request { 25 } else { 0 } - if known == Known::Symptom { 12 } else { 0 }
}

/// Beginnings of words that say that something was not as it should be.
const TROUBLE: &[&str] = &[
    "refus",
    "reject",
    "fail",
    "missing",
    "unable",
    "cannot",
    "can't",
    "denied",
    "timed out",
    "timeout",
    "stale",
    "lost",
    "invalid",
    "mismatch",
    "disagree",
    "abort",
    "drop",
    "expired",
    "exceed",
    "corrupt",
    "unknown",
    "unexpected",
    "not found",
    "no such",
    "error",
    "exception",
    "violat",
    "inconsisten",
    "diverge",
    "quorum",
    "skew",
    "drift",
    "halt",
    "panic",
    "unavailable",
];

/// Whether a word begins in one of these ways. Linear.
fn speaks_of_trouble(text: &str) -> bool {
    static BEGINNINGS: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(TROUBLE).ok());
    let starts = |at: usize| at == 0 || !text.as_bytes()[at - 1].is_ascii_alphabetic();
    BEGINNINGS.as_ref().is_some_and(|words| words.find_overlapping_iter(text).any(|found| starts(found.start())))
}

/// The level that a plain text line states for itself: stderr text arrives without a severity.
fn stated_level(text: &str) -> Severity {
    let line = text.lines().next().unwrap_or_default();
    let head = line.char_indices().nth(120).map_or(line, |(end, _)| &line[..end]);
    let words = head.split(|c: char| !c.is_ascii_alphabetic());
    words
        .filter_map(|word| match word {
            "CRITICAL" | "FATAL" | "PANIC" | "critical" | "fatal" => Some(Severity::Critical),
            "ERROR" | "ERR" | "error" => Some(Severity::Error),
            "WARNING" | "WARN" | "warning" | "warn" => Some(Severity::Warning),
            "INFO" | "info" => Some(Severity::Info),
            "DEBUG" | "debug" => Some(Severity::Debug),
            _ => None,
        })
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_by_how_words_begin() {
        for (text, trouble) in [
            ("Refused by peer", true),
            ("2 ERRORS", true),
            ("it was not found", true),
            ("a terror of mirrors", false),
            ("errno, failsafe", true),
            ("terrorfail unerror dropped", true),
            ("all is well", false),
        ] {
            assert_eq!(speaks_of_trouble(text), trouble, "{text}");
        }
    }
}
