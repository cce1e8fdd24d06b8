//! The comparison for a terminal: the table first, then what changed from run to run, and why it is said to.

use unicode_width::UnicodeWidthStr;

use super::Comparison;
use super::schema::{CauseChange, Change, Fate, FixVerdict, State, Step, StepVerdict, TestChange};
use super::table::{Cell, Table, started, table};
use crate::report::columns::{Style, ending, wrapped};
use crate::report::story::counted;
use crate::report::{Look, inert};

/// Tests named per change; the others are counted.
const TESTS: usize = 8;

/// Columns of a name that are never given up for one more run.
const NAME: usize = 24;

/// Most columns that a run takes.
const RUN: usize = 26;

/// Renders the comparison for a terminal of 60 to 200 columns; other widths are brought into that range.
///
/// # Errors
///
/// Where serde refuses a value; no comparison made by [`super::compare`] holds one.
pub fn render(comparison: &Comparison, look: Look) -> Result<String, serde_json::Error> {
    let comparison = inert::made_visible(comparison)?;
    let mut page = Page { out: String::new(), width: look.width.clamp(60, 200), colour: look.colour };
    page.entry("", 0, Style::Strong, &headline(&comparison));
    for (run, number) in comparison.runs.iter().zip(1..) {
        let start = started(run, "%Y-%m-%d %H:%M:%S");
        let counts = &run.counts;
        let failing = counts.failed + counts.errored;
        page.entry(
            &format!("{number}  "),
            3,
            Style::Faint,
            &format!("{start} · {} of {} failed · {}", failing, counted(counts.tests, "test"), run.report),
        );
    }
    page.table(&table(&comparison));
    for (step, number) in comparison.steps.iter().zip(1..) {
        page.step(step, number);
    }
    Ok(inert::disarmed(&page.out, "∷", "##⟦"))
}

/// What a reader must know first.
pub(super) fn headline(comparison: &Comparison) -> String {
    match comparison.steps.as_slice() {
        [step] => of_step(step),
        _ => {
            let failing: Vec<String> =
                comparison.runs.iter().map(|run| (run.counts.failed + run.counts.errored).to_string()).collect();
            format!("{} · {} failing", counted(comparison.runs.len(), "run"), failing.join(" → "))
        }
    }
}

/// `10 fixed · 5 still failing · 1 cause gone, 1 uncovered · the fix held`.
pub(super) fn of_step(step: &Step) -> String {
    let totals = &step.totals;
    let mut parts: Vec<String> = [
        (totals.regressed, "regressed"),
        (totals.newly_failing, "failing that had not passed before"),
        (totals.fixed, "fixed"),
        (totals.still_failing, "still failing"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    if parts.is_empty() {
        parts.push("no test changed".to_owned());
    }
    let fates = [Fate::Gone, Fate::Stays, Fate::Uncovered, Fate::New];
    let causes: Vec<String> = fates
        .iter()
        .map(|fate| (step.causes.iter().filter(|cause| cause.change == *fate).count(), fate))
        .filter(|(count, _)| *count > 0)
        .map(|(count, fate)| format!("{} {}", counted(count, "cause"), fate.word()))
        .collect();
    parts.extend(causes);
    parts.extend(verdict(step.verdict).map(str::to_owned));
    parts.join(" · ")
}

fn verdict(verdict: StepVerdict) -> Option<&'static str> {
    match verdict {
        StepVerdict::Held => Some("the fix held"),
        StepVerdict::PartlyHeld => Some("the fix held in part"),
        StepVerdict::DidNotHold => Some("the fix did not hold"),
        StepVerdict::CannotBeTold => Some("whether the fix held cannot be told"),
        StepVerdict::NothingToJudge => None,
    }
}

struct Page {
    out: String,
    width: usize,
    colour: bool,
}

impl Page {
    /// A label in its column, then the text, wrapped and aligned behind it.
    fn entry(&mut self, label: &str, column: usize, style: Style, text: &str) {
        for (place, line) in wrapped(text, self.width.saturating_sub(column)).iter().enumerate() {
            let shown = if place == 0 { label } else { "" };
            let gap = " ".repeat(column.saturating_sub(shown.width()));
            self.out.push_str(&format!("{shown}{gap}{}\n", style.on(line, self.colour)));
        }
    }

    fn table(&mut self, table: &Table) {
        if table.rows.is_empty() {
            return;
        }
        let (letters, columns, first) = self.plan(table);
        let name = self.width.saturating_sub((columns + 2) * (table.started.len() - first));
        let number = (first + 1..=table.started.len()).map(|number| format!("run {number}"));
        self.out.push('\n');
        self.row(if table.of_causes { "Cause" } else { "Test" }, name, columns, &plain(number), Style::Strong);
        self.row("started (UTC)", name, columns, &plain(table.started.iter().skip(first).cloned()), Style::Faint);
        for (service, cells) in &table.services {
            self.row(service, name, columns, &plain(cells.iter().skip(first).cloned()), Style::Faint);
        }
        for (test, cells) in &table.rows {
            let cells: Vec<(String, Style)> = cells.iter().skip(first).map(|cell| self.cell(cell, table, letters)).collect();
            self.row(test, name, columns, &cells, Style::Plain);
        }
        if letters {
            let legend: Vec<String> =
                table.shorts.iter().enumerate().map(|(place, (_, root))| format!("{} {root}", letter(place))).collect();
            self.entry("", 0, Style::Faint, &legend.join(", "));
        }
        self.entry("", 0, Style::Faint, "✓ passed, ✗ failed, ~ passed on a rerun, – did not run, ? cannot be told");
        if first > 0 {
            self.entry("", 0, Style::Faint, &format!("Left out for width: the first {}.", counted(first, "run")));
        }
    }

    /// Whether causes are letters, how wide a run is, and which run is the first shown: names where there is room
    /// for them, else letters, else only the last runs.
    fn plan(&self, table: &Table) -> (bool, usize, usize) {
        let heads = table.started.iter().chain(table.services.iter().flat_map(|(_, cells)| cells)).map(|text| text.width());
        let heads = heads.max().unwrap_or(0).clamp(6, 12);
        let cells = table.rows.iter().flat_map(|(_, cells)| cells).map(|cell| cell.word.width() + 2).max().unwrap_or(0);
        let runs = table.started.len();
        let room = self.width.saturating_sub(NAME);
        let full = heads.max(cells.min(RUN));
        if (full + 2) * runs <= room {
            return (false, full, 0);
        }
        let letters = !table.of_causes;
        let narrow = if letters { heads } else { full };
        (letters, narrow, runs.saturating_sub((room / (narrow + 2)).max(1)))
    }

    fn cell(&self, cell: &Cell, table: &Table, letters: bool) -> (String, Style) {
        let place = table.shorts.iter().position(|(short, _)| *short == cell.word).filter(|_| letters);
        let word = place.map_or_else(|| cell.word.clone(), letter);
        let style = match cell.sign {
            "✓" => Style::Good,
            "✗" => Style::Bad,
            _ => Style::Caution,
        };
        (format!("{} {word}", cell.sign).trim_end().to_owned(), style)
    }

    fn row(&mut self, label: &str, name: usize, columns: usize, cells: &[(String, Style)], style: Style) {
        let label = ending(label, name.saturating_sub(1));
        let mut line = format!("{}{}", style.on(&label, self.colour), " ".repeat(name.saturating_sub(label.width())));
        for (place, (text, style)) in cells.iter().enumerate() {
            let text = ending(text, columns);
            let gap = if place + 1 < cells.len() { (columns + 2).saturating_sub(text.width()) } else { 0 };
            line.push_str(&style.on(&text, self.colour));
            line.push_str(&" ".repeat(gap));
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn step(&mut self, step: &Step, number: usize) {
        self.out.push('\n');
        self.entry("", 0, Style::Strong, &format!("Run {number} → run {}: {}", number + 1, of_step(step)));
        for cause in &step.causes {
            self.cause(cause);
        }
        for (label, tests) in groups(step) {
            self.tests(label, &tests);
        }
        if step.totals.unchanged > 0 {
            self.entry("   ", 3, Style::Faint, &format!("Unchanged: {}", counted(step.totals.unchanged, "test")));
        }
        for note in &step.notes {
            self.entry("   ! ", 5, Style::Caution, note);
        }
    }

    fn cause(&mut self, cause: &CauseChange) {
        let style = match (cause.change, cause.verdict) {
            (_, Some(FixVerdict::Held)) => Style::Good,
            (Fate::New, _) | (_, Some(FixVerdict::DidNotHold)) => Style::Bad,
            _ => Style::Caution,
        };
        let behind: Vec<&str> = cause.behind.iter().map(|root| root.as_str()).collect();
        let behind = if behind.is_empty() { String::new() } else { format!(", lay behind {}", behind.join(", ")) };
        let said = format!("{} ({}{behind})", cause.root, counted(cause.tests.len(), "test"));
        self.entry(&format!("   {}", cause.change.word()), 14, style, &said);
        self.entry("", 14, Style::Plain, &cause.title);
        if let (Some(verdict), Some(because)) = (cause.verdict, &cause.because) {
            self.entry("", 14, Style::Plain, &format!("{}: {because}", verdict.words()));
        }
    }

    fn tests(&mut self, label: &str, tests: &[&TestChange]) {
        self.entry("   ", 3, Style::Plain, &format!("{label}: {}", counted(tests.len(), "test")));
        for test in tests.iter().take(TESTS) {
            let id = ending(&test.id, self.width.saturating_sub(5));
            self.entry("     ", 5, Style::Plain, &id);
            if let Some(why) = why(test) {
                self.entry("       ", 7, Style::Faint, &why);
            }
        }
        if tests.len() > TESTS {
            self.entry("     ", 5, Style::Faint, &format!("and {} more", tests.len() - TESTS));
        }
    }
}

/// The tests that changed or fail, what matters most first; no group is empty.
pub(super) fn groups(step: &Step) -> Vec<(&'static str, Vec<&TestChange>)> {
    const LABELS: [&str; 7] = [
        "Regressed",
        "Failing now, not known to have passed before",
        "Still failing",
        "Failed before, did not run now",
        "Fixed",
        "Cannot be told",
        "Ran in one of the two only",
    ];
    let group = |test: &TestChange| match test.change {
        Change::Regressed => Some(LABELS[0]),
        Change::StillFailing => Some(LABELS[2]),
        Change::Fixed => Some(LABELS[4]),
        Change::Unchanged => None,
        Change::NotRun | Change::CannotBeTold if test.after.fails() => Some(LABELS[1]),
        Change::NotRun if test.before.fails() => Some(LABELS[3]),
        Change::CannotBeTold => Some(LABELS[5]),
        Change::NotRun => Some(LABELS[6]),
    };
    let members = |label| (label, step.tests.iter().filter(|test| group(test) == Some(label)).collect::<Vec<_>>());
    LABELS.into_iter().map(members).filter(|(_, tests)| !tests.is_empty()).collect()
}

/// What a change of state does not say by itself.
pub(super) fn why(test: &TestChange) -> Option<String> {
    let name = |root: &Option<crate::report::redact::Redacted>| {
        root.as_ref().map_or("no cause found".to_owned(), |root| root.to_string())
    };
    match test.change {
        Change::StillFailing if test.cause_before == test.cause_after => None,
        Change::StillFailing => Some(format!("before: {}; now: {}", name(&test.cause_before), name(&test.cause_after))),
        Change::Regressed => Some(name(&test.cause_after)),
        Change::Fixed if test.after == State::Flaky => Some("passed only on a rerun".to_owned()),
        Change::NotRun | Change::CannotBeTold => Some(format!("{} before, now {}", test.before.word(), test.after.word())),
        Change::Fixed | Change::Unchanged => None,
    }
}

fn plain(texts: impl Iterator<Item = String>) -> Vec<(String, Style)> {
    texts.map(|text| (text, Style::Faint)).collect()
}

/// A, B, … Z, then numbers.
fn letter(place: usize) -> String {
    u8::try_from(place)
        .ok()
        .filter(|place| *place < 26)
        .map_or_else(|| (place + 1).to_string(), |place| char::from(b'A' + place).to_string())
}
