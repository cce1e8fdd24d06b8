//! Windows that a user names, without test results.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::{Margins, Precision, TimeWindow, plus};

/// Why a window could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WindowError {
    /// There is no `/` between two times.
    #[error("`{0}` is not a window; write FROM/TO, for example 2026-11-20T09:26:00Z/2026-11-20T09:31:00Z")]
    NotTwoTimes(String),
    /// Not a time.
    #[error(
        "`{0}` is not a time; write it as 2026-11-20T09:26:54Z or with an offset, 2026-11-20T11:26:54+02:00 (without one it is UTC)"
    )]
    NotATime(String),
    /// Not a length of time.
    #[error("`{0}` is not a length of time; write it as 90s, 5m, 1h30m or PT5M")]
    NotALength(String),
    /// It ends before it starts.
    #[error("the window ends at {end}, which is not after its start at {start}")]
    Reversed {
        /// The first time.
        start: Timestamp,
        /// The second time.
        end: Timestamp,
    },
}

/// Reads `FROM/TO` (RFC 3339; without an offset UTC). Either end may be a length of time instead
/// (`2026-11-20T09:26:00Z/5m`), as in ISO 8601.
pub fn parse_window(text: &str) -> Result<TimeWindow, WindowError> {
    let (from, to) = text.split_once('/').ok_or_else(|| WindowError::NotTwoTimes(text.trim().to_owned()))?;
    let (start, end) = match (time(from), time(to)) {
        (Ok(start), Ok(end)) => (start, end),
        (Ok(start), Err(error)) => (start, plus(start, parse_margin(to).map_err(|_| error)?)),
        (Err(error), Ok(end)) => (plus(end, -parse_margin(from).map_err(|_| error)?), end),
        (Err(error), Err(_)) => return Err(error),
    };
    if end <= start {
        return Err(WindowError::Reversed { start, end });
    }
    Ok(TimeWindow { start, end, precision: Precision::Given })
}

/// Reads `TIME`, to which `margins` are added on both sides, or `TIME±LENGTH` (`TIME+-LENGTH`), which says its own.
pub fn parse_around(text: &str, margins: Margins) -> Result<TimeWindow, WindowError> {
    let parts = text.split_once('±').or_else(|| text.split_once("+-"));
    let (at, margins) = match parts {
        Some((at, length)) => {
            let length = parse_margin(length)?;
            (time(at)?, Margins { before: length, after: length })
        }
        None => (time(text)?, margins),
    };
    // The moment itself is inside even without a margin.
    Ok(TimeWindow::new((at, plus(at, SignedDuration::from_nanos(1))), margins, Precision::Given))
}

/// Reads a length of time that is not negative: `90s`, `5m`, `1h30m`, `PT5M`, or a plain number of seconds.
pub fn parse_margin(text: &str) -> Result<SignedDuration, WindowError> {
    let text = text.trim();
    let wrong = || WindowError::NotALength(text.to_owned());
    let length: SignedDuration = match text.parse::<f64>() {
        Ok(seconds) => SignedDuration::try_from_secs_f64(seconds).map_err(|_| wrong())?,
        Err(_) => text.parse().map_err(|_| wrong())?,
    };
    if length.is_negative() { Err(wrong()) } else { Ok(length) }
}

fn time(text: &str) -> Result<Timestamp, WindowError> {
    let text = text.trim();
    let wrong = || WindowError::NotATime(text.to_owned());
    text.parse::<Timestamp>().or_else(|_| {
        let civil: DateTime = text.parse().map_err(|_| wrong())?;
        // What carries a zone name only would lose it here.
        if text.contains('[') { Err(wrong()) } else { Offset::UTC.to_timestamp(civil).map_err(|_| wrong()) }
    })
}
