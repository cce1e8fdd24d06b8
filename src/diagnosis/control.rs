//! The control group: whether a kind of line belongs to the failures, or is just as common around passing tests.

use crate::findings::{Findings, Group, Variant, VariantIx, Watch, WindowIx};

/// How a kind of line stands between failing and passing windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Failing windows it was seen in, and how many there are.
    pub failing: (usize, usize),
    /// Passing windows it was seen in, and how many there are.
    pub passing: (usize, usize),
    /// What follows.
    pub kind: StandingKind,
}

/// What the comparison says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StandingKind {
    /// Never in a passing window, and in so many more failing ones than chance would put it, in standard deviations.
    Exclusive(f64),
    /// In passing windows too, but in more failing ones than chance would put it: by so many standard deviations.
    Elevated(f64),
    /// No more often around failures than around passing tests: a red herring.
    Common,
    /// There are no passing windows to compare with.
    Uncontrolled,
}

/// Compares every variant with the control group once.
pub struct Control<'a> {
    watch: &'a Watch,
    failing: Vec<WindowIx>,
    passing: Vec<WindowIx>,
    passing_seconds: f64,
}

impl<'a> Control<'a> {
    /// Measures both groups.
    pub fn new(watch: &'a Watch) -> Control<'a> {
        let of = |group| watch.group(group).map(|(place, _)| place).collect::<Vec<_>>();
        let passing = of(Group::Control);
        let passing_seconds = passing.iter().map(|&window| watch.seconds(window)).sum();
        Control { watch, failing: of(Group::Failing), passing, passing_seconds }
    }

    /// The standing of each variant, by its place.
    pub fn standings(&self, findings: &Findings) -> Vec<Standing> {
        findings.variants.iter().map(|variant| self.standing(variant)).collect()
    }

    /// The standing of several variants taken as one.
    pub fn standing_together(&self, variants: &[VariantIx], findings: &Findings) -> Standing {
        let mut windows: Vec<WindowIx> =
            variants.iter().flat_map(|&variant| findings.variants[variant].windows.iter().copied()).collect();
        windows.sort_unstable();
        windows.dedup();
        let between = variants.iter().map(|&variant| findings.variants[variant].between_failures).sum();
        self.standing_of(&windows, between)
    }

    fn standing(&self, variant: &Variant) -> Standing {
        self.standing_of(&variant.windows, variant.between_failures)
    }

    /// The standing of something that was seen in these windows (ascending), and so often while no failing
    /// case was at work.
    ///
    /// Passing tests are often much shorter than failing ones, so window counts alone would call any
    /// background noise "typical of failures". So the rate per second is taken as that of a Poisson process, with
    /// half a sighting added (Jeffreys' prior for a rate), and the number of failing windows it would reach by
    /// chance is compared with the number it did reach. For what is in passing windows the rate is that of
    /// the passing windows; for what is not, that of all the time between failures.
    pub fn standing_of(&self, windows: &[WindowIx], between_failures: u64) -> Standing {
        let seen = |group: &[WindowIx]| group.iter().filter(|window| windows.binary_search(window).is_ok()).count();
        let (failing, passing) = (seen(&self.failing), seen(&self.passing));
        let kind = match (self.passing.len(), passing) {
            (0, _) => StandingKind::Uncontrolled,
            (_, 0) => {
                let seconds = self.watch.seconds_between_failures().max(self.passing_seconds);
                StandingKind::Exclusive(self.above_chance(failing, between_failures as f64, seconds).max(0.0))
            }
            _ => self.elevation(failing, passing),
        };
        Standing { failing: (failing, self.failing.len()), passing: (passing, self.passing.len()), kind }
    }

    fn elevation(&self, failing: usize, passing: usize) -> StandingKind {
        let deviations = self.above_chance(failing, passing as f64, self.passing_seconds);
        // One passing window may hold the late lines of the failure before it, and its rate is a guess.
        let stray = passing == 1 && failing * 2 >= self.failing.len() && failing > 1;
        if deviations > 1.0 || stray { StandingKind::Elevated(deviations.max(0.0)) } else { StandingKind::Common }
    }

    /// By how many standard deviations the number of failing windows lies above what so many sightings in so
    /// many seconds elsewhere let one expect.
    fn above_chance(&self, failing: usize, sightings: f64, seconds: f64) -> f64 {
        let rate = (sightings + 0.5) / seconds.max(0.001);
        let (mut expected, mut variance) = (0.0, 0.0);
        for &window in &self.failing {
            let chance = 1.0 - (-rate * self.watch.seconds(window)).exp();
            expected += chance;
            variance += chance * (1.0 - chance);
        }
        (failing as f64 - expected) / variance.sqrt().max(0.5)
    }
}

impl Standing {
    /// `in 12 of 15 failing and 0 of 19 passing windows`.
    pub fn sentence(&self) -> String {
        let (failing, failing_all) = self.failing;
        match self.kind {
            StandingKind::Uncontrolled => {
                format!("in {failing} of {failing_all} failing windows; there are no passing windows to compare with")
            }
            _ => format!("in {failing} of {failing_all} failing and {} of {} passing windows", self.passing.0, self.passing.1),
        }
    }
}
