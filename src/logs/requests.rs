//! Counts requests that were answered with an error, by service and over time.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Steps of time told apart for a service.
const STEPS: usize = 256;

/// Shortest step in milliseconds.
const SHORTEST_MS: i64 = 100;

/// How many requests of one step were answered with an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCount {
    /// Answered with a status from 400 to 499.
    pub client: u64,
    /// Answered with a status of 500 or more.
    pub server: u64,
}

/// The failed requests to one service over time, in at most 256 steps of equal length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCensus {
    step_ms: i64,
    /// By number of the step, counted from the epoch.
    counts: BTreeMap<i64, RequestCount>,
}

impl Default for RequestCensus {
    fn default() -> Self {
        RequestCensus { step_ms: SHORTEST_MS, counts: BTreeMap::new() }
    }
}

impl RequestCensus {
    /// Length of a step in milliseconds.
    pub fn step_ms(&self) -> u64 {
        self.step_ms.unsigned_abs()
    }

    /// The steps with errors in them, in order of time: where each begins, and how many there were.
    pub fn steps(&self) -> impl Iterator<Item = (Timestamp, RequestCount)> {
        let begin = |step: i64| Timestamp::from_millisecond(step.saturating_mul(self.step_ms)).unwrap_or(Timestamp::MIN);
        self.counts.iter().map(move |(step, count)| (begin(*step), *count))
    }

    pub(super) fn add(&mut self, at: Timestamp, status: u16) {
        let count = self.counts.entry(at.as_millisecond().div_euclid(self.step_ms)).or_default();
        match status {
            500.. => count.server += 1,
            _ => count.client += 1,
        }
        while self.span() >= STEPS as i64 {
            self.widen();
        }
    }

    fn span(&self) -> i64 {
        let ends = self.counts.first_key_value().zip(self.counts.last_key_value());
        ends.map_or(0, |((first, _), (last, _))| last - first)
    }

    /// Two steps become one. Steps are counted from the epoch, so that the order of the requests changes nothing.
    fn widen(&mut self) {
        self.step_ms *= 2;
        for (step, count) in std::mem::take(&mut self.counts) {
            let sum = self.counts.entry(step.div_euclid(2)).or_default();
            sum.client += count.client;
            sum.server += count.server;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_counted_in_longer_steps_whatever_the_order() {
        let start = 1_795_166_814_123;
        let moments: Vec<i64> = (0..4000).map(|number| start + number * 977).collect();
        let counted = |moments: &mut dyn Iterator<Item = &i64>| {
            let mut census = RequestCensus::default();
            for (at, status) in moments.zip([400, 503].into_iter().cycle()) {
                census.add(Timestamp::from_millisecond(*at).unwrap(), status);
            }
            census
        };
        let census = counted(&mut moments.iter());
        assert!(census.steps().count() <= STEPS, "{}", census.steps().count());
        assert_eq!(census.steps().map(|(_, count)| count.client + count.server).sum::<u64>(), 4000);
        assert_eq!(census.steps().map(|(_, count)| count.server).sum::<u64>(), 2000);
        assert_eq!(counted(&mut moments.iter().rev()).step_ms(), census.step_ms());
        assert!(census.steps().next().unwrap().0.as_millisecond() <= start);
    }
}
