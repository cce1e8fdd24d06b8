//! How far a pull is, on standard error, where that is a terminal.

use std::time::Duration;

use fivewhys::logs::cloud::{Tally, Wait};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that is drawn again and again, and gone in the end.
pub struct Bar(ProgressBar);

impl Bar {
    /// Nothing is drawn where standard error is no terminal.
    pub fn new(windows: usize) -> Bar {
        let bar = ProgressBar::with_draw_target(Some(windows as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} windows · {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Bar(bar)
    }

    /// Shows the counts.
    pub fn show(&self, tally: &Tally) {
        self.0.set_position(tally.windows as u64);
        let waiting = tally.waiting.map(|(what, delay)| {
            let what = match what {
                Wait::Quota => "waiting for quota",
                Wait::Answer => "no answer, trying again",
                Wait::Settling => "waiting for late entries",
            };
            format!(" · {what}, {:.0} s", delay.as_secs_f64().ceil())
        });
        self.0.set_message(format!("{} entries · {} requests{}", tally.entries, tally.requests, waiting.unwrap_or_default()));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
