//! What must hold before a diagnosis can be trusted, checked first and printed always.

use jiff::{SignedDuration, Timestamp};

use super::{Premise, Question, counted};
use crate::findings::Group;
use crate::results::Outcome;
use crate::window::Precision;

/// Checks the premises, in a fixed order.
pub fn premises(question: &Question) -> Vec<Premise> {
    let mut premises = Vec::new();
    if !question.run.sources.is_empty() {
        premises.extend([tests_ran(question), not_systemic(question), took_time(question), windows_are_exact(question)]);
    }
    premises.extend([
        control_group(question),
        entries_in_windows(question),
        clock(question),
        services_speak(question),
        one_revision(question),
    ]);
    premises.into_iter().flatten().chain(in_order(question)).collect()
}

fn premise(id: &'static str, holds: bool, statement: String) -> Option<Premise> {
    Some(Premise { id, statement, holds })
}

fn tests_ran(question: &Question) -> Option<Premise> {
    let cases = question.run.cases.len();
    let unread = question.run.unread.len();
    match (cases, unread) {
        (0, 1..) => premise(
            "report-complete",
            false,
            format!("No case could be read in the test results; {} could not be read.", counted(unread, "part")),
        ),
        (0, _) => premise(
            "report-complete",
            false,
            "The test results hold no case at all: the run died before or at collection.".into(),
        ),
        (_, 0) => premise("report-complete", true, format!("The test results were read whole: {}.", counted(cases, "case"))),
        _ => premise(
            "report-complete",
            false,
            format!("{} of the test results could not be read; {} could.", counted(unread, "part"), counted(cases, "case")),
        ),
    }
}

fn not_systemic(question: &Question) -> Option<Premise> {
    let count = |wanted: fn(&Outcome) -> bool| question.run.cases.iter().filter(|case| wanted(&case.outcome)).count();
    let failed = count(|outcome| outcome.failure().is_some());
    let passed = count(|outcome| matches!(outcome, Outcome::Passed | Outcome::Flaky(_)));
    match (failed, passed) {
        (0, _) | (1, 0) => None,
        (_, 0) => premise(
            "some-tests-passed",
            false,
            format!("All {failed} tests that ran failed: expect one cause that everything depends on."),
        ),
        _ => premise(
            "some-tests-passed",
            true,
            format!("{} passed beside {}.", counted(passed, "test"), counted(failed, "failure")),
        ),
    }
}

fn took_time(question: &Question) -> Option<Premise> {
    let passed = question.run.cases.iter().filter(|case| matches!(case.outcome, Outcome::Passed));
    let instant = passed.filter(|case| case.duration.is_some_and(|duration| duration.is_zero())).count();
    (instant > 0)
        .then(|| {
            premise(
                "tests-took-time",
                false,
                format!(
                    "{} passed in 0.00 s: it is doubtful that {} tested anything.",
                    counted(instant, "test"),
                    if instant == 1 { "it" } else { "they" }
                ),
            )
        })
        .flatten()
}

fn windows_are_exact(question: &Question) -> Option<Premise> {
    let worst = question.watch.group(Group::Failing).map(|(_, window)| window.window.precision).max()?;
    match worst {
        Precision::Exact | Precision::Given => premise("windows-exact", true, "Each case is dated by the test results.".into()),
        Precision::Summed => premise(
            "windows-exact",
            false,
            "Case times are the suite's start plus durations in file order, so windows may be off; a report-log dates each case."
                .into(),
        ),
        Precision::WholeRun => {
            premise("windows-exact", false, "Nothing dates the single cases: the window of each is the whole run.".into())
        }
    }
}

fn control_group(question: &Question) -> Option<Premise> {
    let controls = question.watch.group(Group::Control).count();
    let passed = question.run.cases.iter().filter(|case| matches!(case.outcome, Outcome::Passed)).count();
    match controls {
        0 if passed > 0 => premise(
            "control-group",
            false,
            format!(
                "{passed} tests passed, but too close to the failures to serve as a control group; `--control` takes the results of an earlier, better run in the same logs."
            ),
        ),
        0 => premise(
            "control-group",
            false,
            "No passing test to compare with; `--control` takes the results of an earlier, better run in the same logs.".into(),
        ),
        1..=2 => premise("control-group", false, format!("Only {} to compare with.", counted(controls, "passing window"))),
        _ => premise("control-group", true, format!("{controls} passing windows serve as the control group.")),
    }
}

fn entries_in_windows(question: &Question) -> Option<Premise> {
    let per_window = &question.pulled.census.per_window;
    let failing: Vec<_> = question.watch.group(Group::Failing).collect();
    let empty = failing.iter().filter(|&&(place, _)| per_window.get(place).copied().unwrap_or(0) == 0).count();
    match (failing.len(), empty) {
        (0, _) => None,
        (_, 0) => premise("entries-in-every-window", true, "There are log entries in every failing window.".into()),
        (all, empty) => premise(
            "entries-in-every-window",
            false,
            format!("{empty} of {all} failing windows hold no log entry: what happened there could not be seen."),
        ),
    }
}

/// Most hours that two clocks lie apart by a forgotten time zone.
const ZONES: i64 = 14;

/// Where no window holds an entry, a shift by whole hours may be all that is missing: a time zone was dropped.
fn clock(question: &Question) -> Option<Premise> {
    let census = &question.pulled.census;
    let windows = || question.watch.windows().iter().map(|window| window.core);
    let (first, last) = windows().map(|core| core.0).min().zip(windows().map(|core| core.1).max())?;
    let (start, end) = census.span?;
    if census.per_window.iter().any(|&entries| entries > 0) {
        return premise("clock", true, "The tests' times and the logs' times lie together.".into());
    }
    let meets = |hours: i64| {
        let shift = SignedDuration::from_hours(hours);
        let moved = |at: Timestamp| at.saturating_add(shift).unwrap_or(at);
        moved(first) < end && start < moved(last)
    };
    let shift = (1..=ZONES).flat_map(|hours| [hours, -hours]).find(|&hours| meets(hours));
    let statement = match shift {
        Some(hours) => format!(
            "No entry lies in any window, but {} h {} the tests' times there are entries: if the results state no time zone, `--results-offset {}{:02}:00` says which it was.",
            hours.abs(),
            if hours > 0 { "after" } else { "before" },
            if hours > 0 { '-' } else { '+' },
            hours.abs()
        ),
        None => {
            format!("No entry lies in any window: the logs reach from {start} to {end}, the tests ran from {first} to {last}.")
        }
    };
    premise("clock", false, statement)
}

/// A service that speaks around passing tests and is silent around all failures may not have been reached.
fn services_speak(question: &Question) -> Option<Premise> {
    let heard = |counts: &[u64], group| {
        question.watch.group(group).filter(|&(place, _)| counts.get(place).copied().unwrap_or(0) > 0).count()
    };
    let silent: Vec<&str> = question
        .pulled
        .census
        .services
        .iter()
        .filter(|(_, census)| heard(&census.per_window, Group::Failing) == 0 && heard(&census.per_window, Group::Control) > 0)
        .map(|(service, _)| service.as_str())
        .collect();
    let all = question.pulled.census.services.len();
    if all == 0 || question.watch.group(Group::Failing).next().is_none() {
        return None;
    }
    match silent.as_slice() {
        [] => premise("services-speak", true, format!("{} logged around the failures.", counted(all, "service"))),
        _ => premise(
            "services-speak",
            false,
            format!("Silent in every failing window, but not in passing ones: {}.", silent.join(", ")),
        ),
    }
}

/// Where only stretches of a file were read, the order of its entries is taken for granted.
fn in_order(question: &Question) -> Vec<Premise> {
    let read = question.pulled.in_part.iter();
    let told = read.filter_map(|file| {
        let percent = (file.read * 100).div_ceil(file.size.max(1));
        premise(
            "in-order-of-time",
            true,
            format!(
                "{} is in order of time in all {} entries that were sampled and wherever it was read; {percent} % of its {} MB were read.",
                file.path,
                file.sampled,
                file.size >> 20
            ),
        )
    });
    told.collect()
}

fn one_revision(question: &Question) -> Option<Premise> {
    let changed: Vec<String> = question
        .pulled
        .census
        .services
        .iter()
        .filter(|(_, census)| census.revisions.len() > 1)
        .map(|(service, census)| format!("{service} ({})", census.revisions.keys().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    if question.pulled.census.services.is_empty() {
        return None;
    }
    match changed.as_slice() {
        [] => premise("one-revision", true, "Each service was served by one revision.".into()),
        _ => premise("one-revision", false, format!("More than one revision logged: {}.", changed.join("; "))),
    }
}
