//! Prints what a rule met, and what it changes.

use std::collections::BTreeMap;

use fivewhys::authoring::shown;
use fivewhys::authoring::trial::{Answer, Trial};
use fivewhys::diagnosis::Verdict;
use fivewhys::findings::Evidence;
use fivewhys::report::redact::Redactor;
use fivewhys::results::TestRun;
use fivewhys::rules::Rule;

use crate::rules::words;

/// Records shown of each side.
pub const SHOWN: usize = 3;

/// Tests listed; the rest is counted.
const TESTS: usize = 40;

/// Columns of a line of log text.
const LINE: usize = 150;

/// What the rule met in one incident.
pub fn incident(name: &str, rule: &Rule, trial: &Trial, entries: u64) -> String {
    let mut out = format!("{name}: {} failing and {} passing windows, {entries} log entries\n", trial.failing.1, trial.passing.1);
    let mut redactor = Redactor::default();
    out += &format!("  failing   matches in {} of {} windows\n", trial.failing.0, trial.failing.1);
    out += &records(&trial.around_failures, &mut redactor);
    out += &match trial.passing.1 {
        0 => "  passing   there are no passing windows to compare with; `--control` names some\n".to_owned(),
        all => format!("  passing   matches in {} of {all} windows\n", trial.passing.0),
    };
    out += &records(&trial.around_passes, &mut redactor);
    if trial.results > 0 {
        out += &format!("  results   {} themselves meet it\n", words::count(trial.results, "test result", "test results"));
    }
    let lift = trial.lift().map(|lift| format!("lift {lift:.1}; ")).unwrap_or_default();
    out += &format!(
        "  in all    {lift}{}, {} of them while no failing test was at work\n",
        words::count(usize::try_from(trial.records).unwrap_or(usize::MAX), "record", "records"),
        trial.between_failures
    );
    for capture in names(rule) {
        let values = trial.captured.get(&capture).map(Vec::as_slice).unwrap_or_default();
        let values: Vec<String> =
            values.iter().map(|(value, times)| format!("{} ({times})", shown(&mut redactor, value, 40))).collect();
        let values = if values.is_empty() { "caught nothing".to_owned() } else { values.join(", ") };
        out += &format!("  capture   {capture}: {values}\n");
    }
    out
}

/// The names of the groups of all log patterns, each once.
fn names(rule: &Rule) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in rule.log_matchers.iter().filter_map(|matcher| matcher.text.as_ref()).flat_map(|pattern| pattern.names()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn records(records: &[Evidence], redactor: &mut Redactor) -> String {
    let line = |record: &Evidence| {
        let service = record.service.as_deref().unwrap_or("?");
        let time = record.timestamp.strftime("%H:%M:%S%.3f");
        format!("            {time} {}: {}\n", shown(redactor, service, 60), shown(redactor, &record.text, LINE))
    };
    records.iter().take(SHOWN).map(line).collect()
}

/// The diagnosis before and after, one row for each test; rows that say the same of several tests are one.
pub fn changes(run: &TestRun, rule: &str, changes: &[(Option<usize>, Answer, Answer)]) -> String {
    if changes.is_empty() {
        return "  tests     none failed\n\n".to_owned();
    }
    let mut redactor = Redactor::default();
    let mut rows: Vec<[String; 3]> = vec![["test".to_owned(), "before".to_owned(), "after".to_owned()]];
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (case, before, after) in changes {
        *kinds.entry(kind(before, after, rule)).or_default() += 1;
        let name = case.and_then(|case| run.cases.get(case)).map_or("the window", |case| case.name.as_str());
        rows.push([shown(&mut redactor, name, 60), answer(before), answer(after)]);
    }
    let listed = rows.len().min(TESTS + 1);
    let wide = |column: usize| rows[..listed].iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (wide(0), wide(1));
    let mut out = String::new();
    for row in &rows[..listed] {
        out += &format!("  {:<first$}  {:<second$}  {}\n", row[0], row[1], row[2]);
    }
    if rows.len() > listed {
        out += &format!("  … and {}\n", words::count(rows.len() - listed, "test more", "tests more"));
    }
    let told: Vec<String> =
        kinds.iter().map(|(kind, tests)| format!("{} {kind}", words::count(*tests, "test", "tests"))).collect();
    out + &format!("  {}\n\n", told.join("; "))
}

/// What became of one test.
fn kind(before: &Answer, after: &Answer, rule: &str) -> &'static str {
    let named = |answer: &Answer| answer.0.as_deref().filter(|_| answer.1 != Verdict::Inconclusive).map(str::to_owned);
    match (named(before), named(after)) {
        (one, other) if one == other && before.1 == after.1 => "unchanged",
        (one, other) if one == other => "with another verdict",
        (None, Some(root)) if root == rule => "now explained by this rule",
        (Some(_), Some(root)) if root == rule => "now explained by this rule instead of another",
        (Some(_), None) => "no longer explained",
        _ => "now explained by another rule",
    }
}

fn answer((root, verdict): &Answer) -> String {
    let verdict = match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Likely => "likely",
        Verdict::Possible => "possible",
        Verdict::Inconclusive => return "no cause".to_owned(),
    };
    root.as_ref().map_or_else(|| "no cause".to_owned(), |root| format!("{root} ({verdict})"))
}

/// Logs without a time to look at.
pub fn export(name: &str, matched: u64, records: u64, first: &[Evidence]) -> String {
    let mut out = format!("{name}: logs without test results\n  in all    matches {matched} of {records} records\n");
    out += &self::records(first, &mut Redactor::default());
    out + "  windows   none: name test results with `-t`, or a time with `--window` or `--around`, to compare failures with the rest\n\n"
}
