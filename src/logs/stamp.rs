//! Reads the timestamps that log entries carry: RFC 3339 and what exporters make of it.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;
use serde_json::Value;

/// A timestamp in RFC 3339 with 0 to 9 digits of a second, or as BigQuery prints it (`2026-01-02 03:04:05.1 UTC`).
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let text = text.trim();
    if let Ok(timestamp) = PARSER.parse_timestamp(text) {
        return Some(timestamp);
    }
    let bare = text.strip_suffix(" UTC").or_else(|| text.strip_suffix("UTC")).unwrap_or(text);
    PARSER.parse_timestamp(format!("{bare}Z")).ok()
}

/// A timestamp as a JSON value: a text, or the protocol's `{"seconds": …, "nanos": …}`.
pub(super) fn from_value(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse(text),
        Value::Object(parts) => {
            let whole = |key| parts.get(key).and_then(|v: &Value| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
            Timestamp::new(whole("seconds")?, i32::try_from(whole("nanos").unwrap_or(0)).ok()?).ok()
        }
        _ => None,
    }
}

/// Reads timestamps in bulk: remembers the last minute, because neighbours in a log share it.
#[derive(Debug, Default)]
pub(super) struct Clock {
    minute: [u8; 17],
    start: i64,
}

impl Clock {
    /// The timestamp written as these bytes, however it is written; constant time per call.
    pub(super) fn read(&mut self, text: &[u8]) -> Option<Timestamp> {
        self.read_common(text).or_else(|| parse(std::str::from_utf8(text).ok()?))
    }

    /// `YYYY-MM-DDTHH:MM:SS[.f…]Z`, by far the most common form.
    fn read_common(&mut self, text: &[u8]) -> Option<Timestamp> {
        let (minute, rest) = text.split_at_checked(17)?;
        if minute != self.minute {
            let start = format!("{}00Z", std::str::from_utf8(minute).ok()?);
            self.start = parse(&start)?.as_second();
            self.minute.copy_from_slice(minute);
        }
        let [tens, ones, fraction @ .., b'Z'] = rest else { return None };
        let second = two_digits(*tens, *ones)?;
        let nanosecond = match fraction {
            [] => 0,
            [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
                let mut value = 0i32;
                for digit in digits {
                    value = value * 10 + i32::from(digit.is_ascii_digit().then_some(digit - b'0')?);
                }
                value * 10i32.pow(9 - digits.len() as u32)
            }
            _ => return None,
        };
        // A leap second is written as :60; the slow parser knows what to do with it.
        (second < 60).then(|| Timestamp::new(self.start + second, nanosecond).ok())?
    }
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_reading_agrees_with_the_library() {
        let mut clock = Clock::default();
        for text in [
            "2026-11-20T09:26:49Z",
            "2026-11-20T09:26:49.7Z",
            "2026-11-20T09:26:49.741675Z",
            "2026-11-20T09:26:49.741675123Z",
            "2026-11-20T09:26:60Z",
            "2026-11-20T10:26:49+01:00",
            "2026-11-20 09:26:49Z",
        ] {
            assert_eq!(clock.read(text.as_bytes()), Some(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "soon",
            "2026-11-20T09:26:4xZ",
            "2026-13-20T09:26:49Z",
            "2026-11-20T09:26:49.Z",
            "2026-11-20T09:26:49.1234567890Z",
        ] {
            assert_eq!(Clock::default().read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn other_producers_are_understood() {
        let expected = "2026-11-20T09:26:49.5Z".parse().ok();
        assert_eq!(parse("2026-11-20 09:26:49.5 UTC"), expected);
        assert_eq!(from_value(&serde_json::json!({"seconds": "1795166809", "nanos": 500_000_000})), expected);
    }
}
