//! How long to wait before asking again, and when to give up.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::Fault;

/// Limits of the waiting. The first wait is `first`, each next one twice as long up to `longest`, and each is cut
/// short by chance by up to half, so that many that wait do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// First wait after a fault.
    pub first: Duration,
    /// First wait where the quota is used up and the service does not say for how long.
    pub quota: Duration,
    /// Longest single wait, unless the service asks for a longer one.
    pub longest: Duration,
    /// All waiting and all vain calls together, from one answer to the next.
    pub budget: Duration,
    /// How long a single call may take.
    pub call: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            first: Duration::from_millis(250),
            quota: Duration::from_secs(2),
            longest: Duration::from_secs(32),
            budget: Duration::from_secs(180),
            call: Duration::from_secs(60),
        }
    }
}

/// What is left of the patience since the last answer.
#[derive(Debug)]
pub(super) struct Waiting {
    limits: Patience,
    spent: Duration,
    turns: u32,
}

impl Waiting {
    pub(super) fn new(limits: Patience) -> Waiting {
        Waiting { limits, spent: Duration::ZERO, turns: 0 }
    }

    /// An answer came.
    pub(super) fn answered(&mut self) {
        (self.spent, self.turns) = (Duration::ZERO, 0);
    }

    /// Whether nothing is left.
    pub(super) fn is_over(&self) -> bool {
        self.spent >= self.limits.budget
    }

    /// How long to wait before the next attempt after one that took so long; `None` where the budget does not
    /// allow it.
    pub(super) fn next(&mut self, fault: &Fault, took: Duration) -> Option<Duration> {
        let Fault::Passing { wait, .. } = fault else { return None };
        self.spent += took;
        let first = if fault.is_quota() { self.limits.quota } else { self.limits.first };
        let grown = first.saturating_mul(1 << self.turns.min(16)).min(self.limits.longest);
        let delay = match wait {
            // Never sooner than asked for.
            Some(asked) => *asked + self.limits.first.mul_f64(chance()),
            None => grown.mul_f64(1.0 - chance() / 2.0),
        };
        self.turns += 1;
        let left = self.limits.budget.saturating_sub(self.spent);
        if delay > left {
            self.spent = self.limits.budget;
            return None;
        }
        // A wait of nothing would never use the budget up.
        self.spent += delay.max(Duration::from_millis(1));
        Some(delay)
    }
}

/// A number from 0 to 1 that differs from process to process and from call to call.
fn chance() -> f64 {
    (RandomState::new().hash_one(0_u8) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(code: i32, wait: Option<Duration>) -> Fault {
        Fault::Passing { code, message: String::new(), wait }
    }

    #[test]
    fn waits_grow_to_the_longest_and_end_with_the_budget() {
        let limits = Patience::default();
        let mut waiting = Waiting::new(limits);
        let waits: Vec<Duration> = std::iter::from_fn(|| waiting.next(&passing(14, None), Duration::ZERO)).collect();
        assert!(waits[0] <= limits.first && waits[0] * 2 >= limits.first, "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= limits.longest));
        assert!(waits.iter().sum::<Duration>() <= limits.budget);
        assert!(waits.len() > 8 && waiting.is_over());
        waiting.answered();
        assert!(waiting.next(&passing(14, None), Duration::ZERO).is_some());
    }

    #[test]
    fn the_service_is_never_asked_sooner_than_it_says() {
        let mut waiting = Waiting::new(Patience::default());
        let asked = Duration::from_secs(40);
        assert!(waiting.next(&passing(8, Some(asked)), Duration::ZERO).unwrap() >= asked);
        assert_eq!(waiting.next(&Fault::TooLarge, Duration::ZERO), None);
        assert_eq!(waiting.next(&passing(8, Some(Duration::from_secs(1_000))), Duration::ZERO), None);
    }
}
