//! How much a line looks like trouble, by its severity and its words.

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
    let trouble = if TROUBLE.iter().any(|word| contains_word_start(&record.text, word)) { 10 } else { 0 };
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

fn contains_word_start(text: &str, word: &str) -> bool {
    let text = text.as_bytes();
    let word = word.as_bytes();
    let starts = |at: usize| at == 0 || !text[at - 1].is_ascii_alphabetic();
    (0..text.len().saturating_sub(word.len() - 1))
        .any(|at| text[at].eq_ignore_ascii_case(&word[0]) && starts(at) && text[at..at + word.len()].eq_ignore_ascii_case(word))
}

/// The level that a plain text line states for itself: stderr text arrives without a severity.
fn stated_level(text: &str) -> Severity {
    let head: String = text.lines().next().unwrap_or_default().chars().take(120).collect();
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
