//! The comparison in GitHub-flavoured Markdown: for an issue, a pull request or a work log.

use super::Comparison;
use super::schema::{Step, TestChange};
use super::table::{Table, table};
use super::text;
use crate::report::inert::{self, cell, code, prose};
use crate::report::markdown::MAX_BYTES;
use crate::report::story::counted;

/// Rows of the table and tests listed per change, the others being counted: the most that the limit allows.
const LISTED: [usize; 4] = [100, 30, 10, 3];

/// Renders the comparison as Markdown of at most [`MAX_BYTES`], unless there are hundreds of causes or runs; text
/// of the reports stays text.
///
/// # Errors
///
/// Where serde refuses a value; no comparison made by [`super::compare`] holds one.
pub fn render(comparison: &Comparison) -> Result<String, serde_json::Error> {
    let comparison = inert::made_visible(comparison)?;
    let mut page = String::new();
    for most in LISTED {
        page = page_with(&comparison, most);
        if page.len() <= MAX_BYTES {
            break;
        }
    }
    Ok(page)
}

fn page_with(comparison: &Comparison, most: usize) -> String {
    let mut out = format!("# {}\n\n", prose(&text::headline(comparison)));
    push_table(&mut out, &table(comparison), most);
    for (step, number) in comparison.steps.iter().zip(1..) {
        if comparison.steps.len() > 1 {
            out.push_str(&format!("## Run {number} → run {}: {}\n\n", number + 1, prose(&text::of_step(step))));
        }
        push_step(&mut out, step, most);
    }
    let reports: Vec<String> = comparison.runs.iter().map(|run| code(&run.report)).collect();
    out.push_str(&format!("Compared: {}\n", reports.join(" → ")));
    inert::disarmed(&out, "∷", "##⟦")
}

fn push_table(out: &mut String, table: &Table, most: usize) {
    if table.rows.is_empty() {
        return;
    }
    let mut row = |label: &str, cells: Vec<String>| out.push_str(&format!("| {label} | {} |\n", cells.join(" | ")));
    let heads = table.started.iter().zip(1..).map(|(started, number)| format!("Run {number}, {started}"));
    row(if table.of_causes { "Cause" } else { "Test" }, heads.collect());
    row("---", vec!["---".to_owned(); table.started.len()]);
    for (service, revisions) in &table.services {
        row(&cell(service), revisions.iter().map(|revision| cell(revision)).collect());
    }
    for (name, cells) in table.rows.iter().take(most) {
        let shown = cells.iter().map(|shown| format!("{} {}", shown.sign, word(&shown.word)).trim_end().to_owned());
        row(&cell(name), shown.collect());
    }
    if table.rows.len() > most {
        out.push_str(&format!("\nand {} more rows\n", table.rows.len() - most));
    }
    out.push_str("\n✓ passed, ✗ failed, ~ passed on a rerun, – did not run, ? cannot be told. Times are UTC.\n\n");
}

fn word(word: &str) -> String {
    if word.is_empty() { String::new() } else { cell(word) }
}

/// The causes, the tests and the notes of a step, without a heading; so many tests listed per change.
pub(super) fn push_step(out: &mut String, step: &Step, most: usize) {
    out.push_str(&format!("{}\n\n", prose(&step.statement)));
    if !step.causes.is_empty() {
        out.push_str("| Cause | It saw | | Tests | Verdict |\n|---|---|---|---|---|\n");
        for cause in &step.causes {
            let verdict = cause.verdict.map_or("", |verdict| verdict.words());
            let (root, title) = (cell(&cause.root), cell(&cause.title));
            out.push_str(&format!("| {root} | {title} | {} | {} | {verdict} |\n", cause.change.word(), cause.tests.len()));
        }
        out.push('\n');
    }
    for (label, tests) in text::groups(step) {
        push_tests(out, label, &tests, most);
    }
    if step.totals.unchanged > 0 {
        out.push_str(&format!("Unchanged: {}.\n\n", counted(step.totals.unchanged, "test")));
    }
    for note in &step.notes {
        out.push_str(&format!("> {}\n\n", prose(note)));
    }
}

fn push_tests(out: &mut String, label: &str, tests: &[&TestChange], most: usize) {
    out.push_str(&format!("**{label}: {}**\n\n", counted(tests.len(), "test")));
    for test in tests.iter().take(most) {
        let why = text::why(test).map(|why| format!(" ({})", prose(&why))).unwrap_or_default();
        out.push_str(&format!("- {}{why}\n", code(&test.id)));
    }
    if tests.len() > most {
        out.push_str(&format!("- and {} more\n", tests.len() - most));
    }
    out.push('\n');
}
