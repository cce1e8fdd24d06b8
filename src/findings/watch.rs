//! The windows that are watched: those of failing cases, and those of passing ones as the control group.

use jiff::{SignedDuration, Timestamp};

use crate::window::{Spans, TimeWindow};

/// The place of a [`WatchedWindow`] in its [`Watch`].
pub type WindowIx = usize;

/// Which side of the comparison a window is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Around a failure (or named by the user).
    Failing,
    /// Around a case that passed: the control group.
    Control,
}

/// One watched window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedWindow {
    /// Which side it is on.
    pub group: Group,
    /// The case's place in the run; `None` for windows without a case of this run.
    pub case: Option<usize>,
    /// The bare interval of the case, half-open: what is counted.
    pub core: (Timestamp, Timestamp),
    /// The interval with its margins: where evidence is taken from.
    pub window: TimeWindow,
}

/// All watched windows, found by time.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    windows: Vec<WatchedWindow>,
    /// Places in `windows`, by start of the core.
    by_start: Vec<WindowIx>,
    /// For each place of `by_start`, the latest end of a core up to there.
    latest_end: Vec<Timestamp>,
    /// From the first to the last bare interval of a case of the run.
    run: Option<(Timestamp, Timestamp)>,
    /// How many seconds of the run no failing case was at work.
    between_failures: f64,
}

impl Watch {
    /// Watches these windows; the order given is kept.
    pub fn new(windows: Vec<WatchedWindow>) -> Watch {
        let mut by_start: Vec<WindowIx> = (0..windows.len()).collect();
        by_start.sort_by_key(|&place| (windows[place].core, place));
        let mut latest_end = Vec::with_capacity(windows.len());
        for &place in &by_start {
            let end = windows[place].core.1;
            latest_end.push(latest_end.last().map_or(end, |&before: &Timestamp| before.max(end)));
        }
        let of_run = || windows.iter().filter(|window| window.case.is_some()).map(|window| window.core);
        let run = of_run().map(|core| core.0).min().zip(of_run().map(|core| core.1).max());
        let failing = Spans::union(windows.iter().filter(|window| window.group == Group::Failing).map(|window| window.core));
        let length = |(start, end): (Timestamp, Timestamp)| end.duration_since(start).as_secs_f64();
        let between_failures = run.map_or(0.0, length) - failing.iter().map(length).sum::<f64>();
        Watch { windows, by_start, latest_end, run, between_failures: between_failures.max(0.0) }
    }

    /// The windows, in the order given.
    pub fn windows(&self) -> &[WatchedWindow] {
        &self.windows
    }

    /// Calls `visit` for every window whose bare interval holds the moment; logarithmic, plus the overlaps.
    pub fn around(&self, at: Timestamp, mut visit: impl FnMut(WindowIx)) {
        let mut place = self.by_start.partition_point(|&window| self.windows[window].core.0 <= at);
        while place > 0 && self.latest_end[place - 1] > at {
            place -= 1;
            let window = self.by_start[place];
            if self.windows[window].core.1 > at {
                visit(window);
            }
        }
    }

    /// Whether the moment lies between the first and the last case of the run.
    pub fn during_run(&self, at: Timestamp) -> bool {
        self.run.is_some_and(|(start, end)| start <= at && at < end)
    }

    /// How many seconds of the run no failing case was at work: passing cases, and the time between cases.
    pub fn seconds_between_failures(&self) -> f64 {
        self.between_failures
    }

    /// The windows of a group, with their places.
    pub fn group(&self, group: Group) -> impl Iterator<Item = (WindowIx, &WatchedWindow)> {
        self.windows.iter().enumerate().filter(move |(_, window)| window.group == group)
    }

    /// How long the bare interval of a window is, in seconds; at least a millisecond.
    pub fn seconds(&self, window: WindowIx) -> f64 {
        let (start, end) = self.windows[window].core;
        end.duration_since(start).max(SignedDuration::from_millis(1)).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Precision;

    fn watched(start: i64, end: i64) -> WatchedWindow {
        let at = |second| Timestamp::from_second(second).unwrap();
        let window = TimeWindow { start: at(start), end: at(end), precision: Precision::Exact };
        WatchedWindow { group: Group::Failing, case: None, core: (window.start, window.end), window }
    }

    #[test]
    fn a_moment_finds_every_window_around_it_and_no_other() {
        let watch = Watch::new(vec![watched(0, 100), watched(10, 20), watched(15, 30), watched(40, 50)]);
        let found = |second| {
            let mut found = Vec::new();
            watch.around(Timestamp::from_second(second).unwrap(), |window| found.push(window));
            found.sort();
            found
        };
        assert_eq!(found(16), [0, 1, 2]);
        assert_eq!(found(20), [0, 2]);
        assert_eq!(found(45), [0, 3]);
        assert_eq!(found(100), Vec::<usize>::new());
        assert_eq!(found(-1), Vec::<usize>::new());
    }
}
