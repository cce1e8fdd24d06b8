//! One write at a time, and never too soon after the last.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep_until};

/// When the last write ended.
#[derive(Debug)]
pub(super) struct Pace {
    spacing: Duration,
    start: Instant,
    last: Mutex<Option<Instant>>,
}

/// Leave to write; the spacing counts from where it is given back.
pub(super) struct Turn<'a>(MutexGuard<'a, Option<Instant>>);

impl Pace {
    pub(super) fn new(spacing: Duration) -> Pace {
        Pace { spacing, start: Instant::now(), last: Mutex::new(None) }
    }

    /// Waits until a write is due.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let last = self.last.lock().await;
        if let Some(last) = *last {
            sleep_until(last + self.spacing).await;
        }
        Turn(last)
    }

    /// Waits until a write is due: what it depends on is read after this, so that little can change in between.
    pub(super) async fn due(&self) {
        let last = self.last.lock().await;
        if let Some(last) = *last {
            sleep_until(last + self.spacing).await;
        }
    }

    /// How long after the start this moment is.
    pub(super) fn age(&self, moment: Instant) -> Duration {
        moment.duration_since(self.start)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0 = Some(Instant::now());
    }
}
