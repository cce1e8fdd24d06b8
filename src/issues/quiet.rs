//! An open issue whose cause this run did not see: whether the run could tell, and for how many runs that has been so.

use std::collections::BTreeSet;

use super::key::Key;
use super::memory::{Memory, mark};
use super::region::Region;
use super::rows::Rows;
use super::tracker::Issue;
use super::{Action, Question, body, comments, decide};

/// What a run means for an issue whose cause it does not name. Where it cannot tell, nothing, and not a word of it.
pub(super) fn unseen(question: &Question<'_>, key: &Key, issue: &Issue) -> Vec<Action> {
    let Some(region) = Region::of(&issue.body, key) else { return Vec::new() };
    let Some(mut memory) = Memory::read(region.own) else { return Vec::new() };
    let settings = question.settings;
    let ours = issue.has_label(&settings.label) && !issue.has_label(&settings.ignore_label) && !issue.locked;
    if !ours || memory.told || !ran_and_passed(question, &memory) {
        return Vec::new();
    }
    let rows = Rows::read(region.own);
    let late = rows.is_late(&body::run_row(question));
    let run = question.run.mark(question.report);
    if late || memory.quiet.contains(&run) {
        return Vec::new();
    }
    memory.quiet.push(run);
    let runs = memory.quiet.len();
    let mut actions = Vec::new();
    if runs >= settings.quiet_runs as usize {
        memory.told = true;
        let reason = format!("no longer seen in {runs} runs");
        actions.push(decide::comment(key, issue, comments::quiet(question, key, runs), &reason));
    }
    let Some(own) = memory.replaced_in(region.own) else { return Vec::new() };
    let reason = format!("its tests ran and passed, for the {} time in a row", ordinal(runs));
    actions.push(Action::Update { key: key.to_string(), issue: issue.number, body: region.with(&own), reason });
    actions
}

/// Whether all tests in which the cause was last seen ran and passed at the first attempt.
fn ran_and_passed(question: &Question<'_>, memory: &Memory) -> bool {
    let passed: BTreeSet<String> = question.report.run.passed.iter().map(|test| mark(test)).collect();
    let mut last = memory.tests.iter().filter(|(_, last)| *last).peekable();
    last.peek().is_some() && last.all(|(test, _)| passed.contains(test))
}

fn ordinal(number: usize) -> String {
    match (number % 10, number % 100) {
        (1, rest) if rest != 11 => format!("{number}st"),
        (2, rest) if rest != 12 => format!("{number}nd"),
        (3, rest) if rest != 13 => format!("{number}rd"),
        _ => format!("{number}th"),
    }
}
