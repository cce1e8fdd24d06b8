//! What a reader sees first: what failed, of what, and what to fix first.

use super::super::schema::{Outcome, Report, Verdict};
use super::importance::rank;
use super::{at, counted, time};

/// `14 failed · 2 root causes · fix auth/missing-jwt first, it clears 11`.
pub(super) fn headline(report: &Report, unexplained: usize) -> String {
    let count = |outcome| report.tests.iter().filter(|test| test.outcome == outcome).count();
    let mut parts = Vec::new();
    for (outcome, word) in [(Outcome::Failed, "failed"), (Outcome::Errored, "errored"), (Outcome::Flaky, "flaky")] {
        if count(outcome) > 0 {
            parts.push(format!("{} {word}", count(outcome)));
        }
    }
    if let Some(urgent) = most_urgent(report) {
        parts.push(urgent);
    }
    if count(Outcome::Window) > 0 {
        parts.push(counted(count(Outcome::Window), "window"));
    }
    if parts.is_empty() {
        parts.push(no_failure(report));
    }
    match report.causes.len() {
        0 if report.tests.is_empty() => {}
        0 => parts.push("no root cause found".to_owned()),
        causes => parts.push(counted(causes, "root cause")),
    }
    if let Some(step) = report.plan.first() {
        let sure =
            report.causes.iter().find(|cause| cause.root == step.root).is_none_or(|cause| cause.verdict <= Verdict::Likely);
        let first = if report.causes.len() > 1 { " first" } else { "" };
        let all = if step.clears == report.tests.len() && step.clears > 1 { "all " } else { "" };
        parts.push(match sure {
            true => format!("fix {}{first}, it clears {all}{}", step.root, step.clears),
            false => format!("look at {}{first}, it may explain {all}{}", step.root, step.clears),
        });
    }
    if unexplained > 0 && !report.causes.is_empty() {
        parts.push(format!("{unexplained} unexplained"));
    }
    parts.join(" · ")
}

pub(super) fn summary(report: &Report) -> String {
    let counts = &report.run.counts;
    let mut parts = Vec::new();
    let named = [
        (counts.passed, "passed"),
        (counts.failed, "failed"),
        (counts.errored, "errored"),
        (counts.flaky, "flaky"),
        (counts.skipped, "skipped"),
    ];
    let named: Vec<String> =
        named.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if counts.tests > 0 {
        parts.push(format!("{}: {}", counted(counts.tests, "test"), named.join(", ")));
    }
    let entries = if counts.entries == 1 { "log entry" } else { "log entries" };
    parts.push(format!("{} {entries} read", counts.entries));
    match (&report.run.started_at, &report.run.ended_at) {
        (Some(start), Some(end)) => parts.push(format!("{} to {} UTC", at(start), time(end))),
        (Some(start), None) => parts.push(format!("started {} UTC", at(start))),
        _ => {}
    }
    parts.join(" · ")
}

/// `auth/missing-jwt clears 11 of 14`, `auth/invalid-user-id clears 2 more: 13 of 14`.
pub(super) fn plan(report: &Report) -> Vec<String> {
    let all = report.tests.len();
    let first = report.plan.iter().take(1).map(|step| format!("{} clears {} of {all}", step.root, step.clears));
    let rest =
        report.plan.iter().skip(1).map(|step| format!("{} clears {} more: {} of {all}", step.root, step.clears, step.total));
    if report.plan.len() > 1 { first.chain(rest).collect() } else { Vec::new() }
}

/// Without a failure: whether that says that all is well.
fn no_failure(report: &Report) -> String {
    let unread: Vec<&str> =
        report.gaps.iter().filter(|gap| gap.kind == "unread-results").map(|gap| gap.statement.as_str()).collect();
    let tests = counted(report.run.counts.tests, "test");
    match unread[..] {
        [] if report.run.counts.tests == 0 && !report.run.results.is_empty() => "no test ran: the results hold none".to_owned(),
        [] => "nothing failed".to_owned(),
        [only] if report.run.counts.tests == 0 => format!("the results could not be read: {only}"),
        [first, ..] if report.run.counts.tests == 0 => {
            format!("the results could not be read: {first} (and {} more)", unread.len() - 1)
        }
        [only] => format!("no failure among {tests}, but not all results could be read: {only}"),
        [first, ..] => {
            format!("no failure among {tests}, but not all results could be read: {first} (and {} more)", unread.len() - 1)
        }
    }
}

/// `3 of priority P0`, where some tests have another priority or none.
fn most_urgent(report: &Report) -> Option<String> {
    let most = report.tests.iter().filter_map(|test| test.priority.as_deref()).min_by_key(|priority| rank(Some(priority)))?;
    let count = report.tests.iter().filter(|test| test.priority.as_deref() == Some(most)).count();
    let all = if count == report.tests.len() && count > 1 { "all " } else { "" };
    Some(format!("{all}{count} of priority {most}"))
}
