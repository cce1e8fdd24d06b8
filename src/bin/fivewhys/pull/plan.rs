//! What a pull will ask for: the scope, and the windows of failing tests and of passing ones to compare with.

use std::io::Write;

use fivewhys::findings::{Group, WatchedWindow};
use fivewhys::logs::cloud::{NEAR, PAGE, Scope, merged};
use fivewhys::results::ResultInput;
use fivewhys::rules::filter::Filter;
use fivewhys::window::{self, Spans};
use jiff::{SignedDuration, Timestamp};

use super::CloudArgs;
use super::credentials;
use crate::exit_status::{ExitStatus, Fatal};
use crate::output;
use crate::when::WhenArgs;

/// A stretch of time, half-open.
type Interval = (Timestamp, Timestamp);

/// What to ask for.
#[derive(Debug)]
pub struct Plan {
    /// Whose entries.
    pub scope: Scope,
    /// The merged windows, in order of time.
    pub windows: Vec<Interval>,
    /// Windows of failing tests, and those that the user named.
    pub failing: usize,
    /// Passing tests whose windows are covered.
    pub controls: usize,
    /// Passing tests that could serve as controls.
    pub passing: usize,
}

impl Plan {
    /// Makes the plan.
    ///
    /// # Errors
    ///
    /// Where a result cannot be read, there is neither a result nor a time, or nothing can be asked.
    pub fn new(when: &WhenArgs, cloud: &CloudArgs, results: &[ResultInput]) -> anyhow::Result<Plan> {
        let scope = Plan::scope(cloud)?;
        let run = when.read_results(results)?;
        let watched = when.watched(&run, &window::around(&run, when.margins()))?;
        let (failing, passing): (Vec<_>, Vec<_>) = watched.iter().partition(|window| window.group == Group::Failing);
        let reach = Spans::union(failing.iter().map(|window| before(window, when.lookback_of(window))));
        let passing: Vec<Interval> = passing.iter().map(|window| (window.window.start, window.window.end)).collect();
        let chosen = controls(&passing, &merged(reach.iter(), NEAR), cloud.controls);
        let windows = merged(reach.iter().chain(chosen), NEAR);
        if windows.is_empty() && results.is_empty() {
            let message =
                "say when to look: name test results with `-t RESULTS`, or a time with `--window FROM/TO` or `--around TIME`";
            return Err(Fatal { message: message.to_owned(), status: ExitStatus::Usage }.into());
        }
        let controls = passing.iter().filter(|&&window| covers(&windows, window)).count();
        Ok(Plan { scope, windows, failing: failing.len(), controls, passing: passing.len() })
    }

    /// Whose entries, with the project that the environment names where none was named.
    ///
    /// # Errors
    ///
    /// Where nothing can be asked.
    pub fn scope(cloud: &CloudArgs) -> anyhow::Result<Scope> {
        let mut scope = cloud.scope();
        let endpoint = cloud.endpoint()?;
        if scope.projects.is_empty() && scope.views.is_empty() {
            scope.projects.extend(credentials::project(endpoint.takes_credentials() && !cloud.dry_run));
        }
        let usage = |message: String| Fatal { message, status: ExitStatus::Usage };
        scope.check().map_err(|error| usage(error.to_string()))?;
        // What only the server can evaluate is no mistake.
        if let Some(Err(error)) = scope.filter.as_deref().map(Filter::parse)
            && !error.message.contains("only be evaluated by Cloud Logging")
        {
            let help = error.help.as_deref().map(|help| format!("\n  {help}")).unwrap_or_default();
            return Err(usage(format!("--filter: {error}{help}")).into());
        }
        Ok(scope)
    }

    /// How many windows, and of what.
    pub fn sentence(&self) -> String {
        let counted = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let of = format!(
            "{}, {} of {} as controls",
            counted(self.failing, "failing window"),
            self.controls,
            counted(self.passing, "passing test")
        );
        format!(
            "{} to pull ({of})",
            counted(self.windows.len(), "stretch of time").replace("stretch of times", "stretches of time")
        )
    }

    /// Prints what would be asked.
    ///
    /// # Errors
    ///
    /// Where standard output cannot be written.
    pub fn print(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut page = format!("{}\n", self.sentence());
        let names = self.scope.resource_names()?;
        page.push_str(&format!("From {}\n", names.join(", ")));
        page.push_str(&format!("At least {} request{}", self.windows.len(), if self.windows.len() == 1 { "" } else { "s" }));
        page.push_str(&format!(": one for each window, and one for each further {PAGE} entries in it\n"));
        for (number, &(start, end)) in (1..).zip(&self.windows) {
            let filter = self.scope.query((start, end))?.filter;
            page.push_str(&format!("\nWindow {number}: {start} to {end} ({:#})\n{filter}\n", end.duration_since(start)));
        }
        output::print(&page, out)
    }
}

fn before(window: &WatchedWindow, lookback: SignedDuration) -> Interval {
    (window.window.start.saturating_sub(lookback).unwrap_or(Timestamp::MIN), window.window.end)
}

/// Whether all of the window is covered.
pub fn covers(windows: &[Interval], (start, end): Interval) -> bool {
    windows.iter().any(|window| window.0 <= start && end <= window.1)
}

/// Of the passing windows that the reach does not cover anyway, as many as are wanted beside those it does, spread
/// evenly over the run.
fn controls(passing: &[Interval], reach: &[Interval], wanted: usize) -> Vec<Interval> {
    let (free, mut rest): (Vec<Interval>, Vec<Interval>) = passing.iter().partition(|&&window| covers(reach, window));
    let more = wanted.saturating_sub(free.len()).min(rest.len());
    rest.sort_unstable();
    (0..more).map(|place| rest[place * rest.len() / more]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_spread_and_those_at_hand_are_free() {
        let at = |second: i64| Timestamp::from_second(1_795_166_800 + second).unwrap();
        let passing: Vec<Interval> = (0..100).map(|n| (at(n * 60), at(n * 60 + 5))).collect();
        let reach = [(at(0), at(130))];
        let chosen = controls(&passing, &reach, 12);
        assert_eq!(chosen.len(), 9, "three lie in the reach");
        assert!(chosen.iter().all(|window| !covers(&reach, *window)));
        assert!(chosen.windows(2).all(|pair| pair[1].0.duration_since(pair[0].0) >= SignedDuration::from_mins(10)));
        assert!(controls(&passing, &reach, 3).is_empty());
        assert_eq!(controls(&passing, &reach, 1000).len(), 97);
    }
}
