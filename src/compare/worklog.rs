//! A Markdown log of runs: each step as a dated section, once.

use std::collections::BTreeSet;

use super::Comparison;
use super::markdown;
use super::schema::{RunSummary, Step};
use super::table::started;
use super::text;
use crate::report::inert::{self, code, prose};

/// What a new log begins with.
const OPENING: &str = "# Work log\n";

/// Tests listed per change.
const TESTS: usize = 30;

/// The text to append to a log that holds `existing`: a section for each run (but the first, which is only
/// compared with) that has none yet, dated by the run itself. Empty where there is nothing new.
///
/// # Errors
///
/// Where serde refuses a value; no comparison made by [`super::compare`] holds one.
pub fn addition(comparison: &Comparison, existing: &str) -> Result<String, serde_json::Error> {
    let comparison = inert::made_visible(comparison)?;
    let mut known: BTreeSet<String> = existing.lines().map(|line| line.trim_end().to_owned()).collect();
    let mut out = String::new();
    for (step, runs) in comparison.steps.iter().zip(comparison.runs.windows(2)) {
        let [before, after] = runs else { continue };
        let key = key_line(after);
        if known.insert(key.clone()) {
            out.push_str(&section(step, before, after, &key));
        }
    }
    if out.is_empty() {
        return Ok(out);
    }
    let lead = match existing {
        "" => OPENING,
        text if text.ends_with('\n') => "",
        _ => "\n",
    };
    Ok(inert::disarmed(&format!("{lead}{out}"), "∷", "##⟦"))
}

/// The line by which a run is known to be in the log.
fn key_line(run: &RunSummary) -> String {
    format!("Run key: {}", code(&run.key))
}

fn section(step: &Step, before: &RunSummary, after: &RunSummary, key: &str) -> String {
    let date = started(after, "%Y-%m-%d %H:%M");
    let mut out = format!("\n## {date}: {}\n\n{key}\n\n", prose(&text::of_step(step)));
    out.push_str(&format!("Compared with the run of {} (UTC).\n\n", started(before, "%Y-%m-%d %H:%M:%S")));
    let moved: Vec<_> = step.revisions.iter().filter(|service| service.before != service.after).collect();
    for service in moved {
        let names = |revisions: &[crate::report::redact::Redacted]| match revisions {
            [] => "none seen".to_owned(),
            revisions => revisions.iter().map(|revision| code(revision)).collect::<Vec<_>>().join(", "),
        };
        out.push_str(&format!("- {}: {} → {}\n", code(&service.service), names(&service.before), names(&service.after)));
    }
    out.push('\n');
    markdown::push_step(&mut out, step, TESTS);
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    out.push('\n');
    out
}
