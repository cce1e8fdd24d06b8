//! One comparison of a field's value with what the query says.

use jiff::{Timestamp, civil, tz};
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;

use super::field::Type;
use super::lexer::Op;
use crate::logs::Severity;

/// The right side of a comparison, converted to every type it can be.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    folded: String,
    number: Option<f64>,
    truth: Option<bool>,
    severity: Option<f64>,
    /// Nanoseconds.
    length: Option<i128>,
    time: Option<Timestamp>,
    is_null: bool,
    regex: Option<Regex>,
}

impl Operand {
    pub(super) fn new(text: &str, quoted: bool) -> Operand {
        Operand {
            folded: fold(text).into_owned(),
            number: number(text),
            truth: truth(text),
            severity: severity(text),
            length: length(text),
            time: time(text),
            is_null: !quoted && text == "NULL_VALUE",
            regex: None,
        }
    }

    pub(super) fn with_regex(regex: Regex) -> Operand {
        Operand { regex: Some(regex), ..Operand::new("", true) }
    }

    pub(super) fn is_severity(&self) -> bool {
        self.severity.is_some()
    }
}

/// Whether `value op operand` holds for a field declared so. A side that cannot be converted makes it false.
pub(super) fn holds(value: &Value, op: Op, operand: &Operand, declared: Type) -> bool {
    if operand.is_null || value.is_null() {
        return match op {
            Op::Equal | Op::Has => operand.is_null && value.is_null(),
            Op::NotEqual => operand.is_null != value.is_null(),
            _ => false,
        };
    }
    if let Op::Matches | Op::NotMatches = op {
        let (Some(regex), Value::String(text)) = (&operand.regex, value) else { return false };
        return regex.is_match(text) == (op == Op::Matches);
    }
    let order = match declared {
        Type::Text => return texts(&as_text(value), op, operand),
        Type::Severity => order(severity_of(value), operand.severity),
        Type::Integer => order(number_of(value), operand.number),
        Type::Truth => order(truth_of(value), operand.truth),
        Type::Length => order(value.as_str().and_then(length), operand.length),
        Type::Time => order(value.as_str().and_then(time), operand.time),
        _ => match value {
            Value::String(text) => return texts(text, op, operand),
            Value::Number(number) => order(number.as_f64(), operand.number),
            Value::Bool(truth) => order(Some(*truth), operand.truth),
            _ => None,
        },
    };
    order.is_some_and(|order| fits(order, op))
}

fn fits(order: Ordering, op: Op) -> bool {
    match op {
        // For what is no text, to have a value is to be it.
        Op::Equal | Op::Has => order.is_eq(),
        Op::NotEqual => order.is_ne(),
        Op::Greater => order.is_gt(),
        Op::Less => order.is_lt(),
        Op::GreaterOrEqual => order.is_ge(),
        Op::LessOrEqual => order.is_le(),
        Op::Matches | Op::NotMatches => false,
    }
}

fn order<T: PartialOrd>(left: Option<T>, right: Option<T>) -> Option<Ordering> {
    left?.partial_cmp(&right?)
}

fn texts(text: &str, op: Op, operand: &Operand) -> bool {
    let folded = fold(text);
    match op {
        Op::Has => memchr::memmem::find(folded.as_bytes(), operand.folded.as_bytes()).is_some(),
        _ => fits(folded.as_ref().cmp(operand.folded.as_str()), op),
    }
}

/// A declared text that came as another scalar is compared as it is written.
fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(_) | Value::Bool(_) => Cow::Owned(value.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// Normalised (NFKC) and without case: upper and then lower case is Unicode's full folding in all but
/// a few letters.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let upper = text.nfkc().flat_map(char::to_uppercase);
    Cow::Owned(upper.flat_map(char::to_lowercase).nfkc().collect())
}

fn number(text: &str) -> Option<f64> {
    // What is no JSON number (`inf`, `nan`, `1_000`) is no number here either.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    plain.then(|| text.parse().ok()).flatten()
}

fn number_of(value: &Value) -> Option<f64> {
    // 64-bit integers come as texts.
    value.as_f64().or_else(|| number(value.as_str()?))
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn truth_of(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| truth(value.as_str()?))
}

const SEVERITIES: &[(&str, f64)] = &[
    ("DEFAULT", 0.0),
    ("DEBUG", 100.0),
    ("INFO", 200.0),
    ("NOTICE", 300.0),
    ("WARNING", 400.0),
    ("ERROR", 500.0),
    ("CRITICAL", 600.0),
    ("ALERT", 700.0),
    ("EMERGENCY", 800.0),
];

/// The names of the severities, least first.
pub(super) fn severity_names() -> impl Iterator<Item = &'static str> {
    SEVERITIES.iter().map(|(name, _)| *name)
}

fn severity(text: &str) -> Option<f64> {
    SEVERITIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| *number).or_else(|| number(text))
}

fn severity_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        // The names that other libraries write (`WARN`, `FATAL`) mean here what they mean to the log reader.
        Value::String(_) => Some(100.0 * f64::from(Severity::from_value(value) as u8)),
        _ => None,
    }
}

/// `3.2s`, `250ms`, `1h`: in nanoseconds.
pub(super) fn length(text: &str) -> Option<i128> {
    let split = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (written, unit) = text.split_at(split);
    let scale = match unit {
        "ns" => 1.0,
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    };
    Some((number(written)? * scale).round() as i128)
}

/// RFC 3339, or a date: midnight UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let date: civil::Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
    date.to_zoned(tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
