//! How fast to ask when there is a quota: as fast as it goes, until refusals show that it only lets through so many
//! in any stretch of time. A refused request is one more that was sent in vain.

use std::time::{Duration, Instant};

/// Longest pause between two requests.
const SLOWEST: Duration = Duration::from_secs(5);

/// The pace, learnt from refusals.
#[derive(Debug)]
pub(super) struct Tempo {
    /// When the requests since the last refusal began.
    began: Instant,
    /// How many of them were answered.
    answered: u32,
    refused: bool,
    /// How many were answered between two refusals, and how much time each of them took with the wait behind them.
    run: Option<(u32, Duration)>,
    pace: Duration,
    last: Option<Instant>,
}

impl Tempo {
    pub(super) fn new(now: Instant) -> Tempo {
        Tempo { began: now, answered: 0, refused: false, run: None, pace: Duration::ZERO, last: None }
    }

    /// How long to wait before the next request.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        self.last.map_or(Duration::ZERO, |last| (last + self.pace).saturating_duration_since(now))
    }

    /// A request is sent.
    pub(super) fn sends(&mut self, now: Instant) {
        self.last = Some(now);
    }

    /// It was refused for want of quota.
    pub(super) fn refused(&mut self) {
        if !std::mem::replace(&mut self.refused, true) && !self.pace.is_zero() {
            self.pace = (self.pace * 5 / 4).min(SLOWEST);
        }
        // After a wait a quota of so many a minute lets as many through again; one of so many in any minute only as
        // many as have become a minute old.
        if let Some((_, each)) = self.run.filter(|(count, _)| self.pace.is_zero() && self.answered * 2 < *count) {
            self.pace = each.min(SLOWEST);
        }
    }

    /// It was answered.
    pub(super) fn answered(&mut self, now: Instant) {
        if std::mem::replace(&mut self.refused, false) {
            if self.answered > 0 && self.pace.is_zero() {
                self.run = Some((self.answered, now.duration_since(self.began) / self.answered));
            }
            (self.began, self.answered) = (now, 0);
        }
        self.answered += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends so many requests, each of which takes 10 ms, against a quota that answers with the time to wait;
    /// gives how many were refused, and how long it took.
    fn refusals(requests: u32, mut wait: impl FnMut(Duration) -> Option<Duration>) -> (u32, Duration) {
        let start = Instant::now();
        let mut tempo = Tempo::new(start);
        let (mut now, mut done, mut refused) = (start, 0, 0);
        while done < requests {
            now += tempo.pause(now);
            tempo.sends(now);
            let asked = wait(now - start);
            now += Duration::from_millis(10);
            match asked {
                Some(delay) => {
                    tempo.refused();
                    refused += 1;
                    now += delay;
                }
                None => {
                    tempo.answered(now);
                    done += 1;
                }
            }
        }
        (refused, now - start)
    }

    #[test]
    fn a_quota_for_any_minute_is_kept_after_a_few_refusals() {
        const MINUTE: Duration = Duration::from_secs(60);
        let mut recent: Vec<Duration> = Vec::new();
        let (refused, took) = refusals(400, |at| {
            recent.retain(|sent| at - *sent < MINUTE);
            if recent.len() >= 60 {
                return Some(MINUTE - (at - recent[0]));
            }
            recent.push(at);
            None
        });
        assert!(refused <= 6, "{refused}");
        assert!(took < MINUTE * 8, "{took:?}");
    }

    #[test]
    fn a_quota_for_each_minute_is_used_at_once() {
        const MINUTE: u64 = 60;
        let (mut minute, mut count) = (0, 0);
        let (refused, took) = refusals(150, |at| {
            if at.as_secs() / MINUTE != minute {
                (minute, count) = (at.as_secs() / MINUTE, 0);
            }
            count += 1;
            (count > 60).then(|| Duration::from_secs((minute + 1) * MINUTE).saturating_sub(at))
        });
        assert_eq!(refused, 2);
        assert!(took < Duration::from_secs(125), "{took:?}");
    }
}
