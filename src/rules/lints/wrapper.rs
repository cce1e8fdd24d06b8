//! A cause that rests on lines which are written around every error, whatever it is.

use super::super::problem::Sheet;
use super::{Lint, Subject, lint};

pub(super) static WRAPPER_ONLY: Lint =
    lint("FW105", "wrapper-only", "a line that is written around any error makes a cause match", look);

/// Whole lines that say that there was an error and not which.
const WRAPPERS: &[&str] = &[
    "Traceback (most recent call last):",
    "During handling of the above exception, another exception occurred:",
    "Exception in ASGI application",
    "Unhandled exception",
    "An unexpected error occurred",
    "An error occurred",
    "Something went wrong",
    "Internal Server Error",
    "exit code 1",
    "exit status 1",
    "Process exited with code 1",
    "Process exited with status 1",
    "Command failed with exit code 1",
    "Container called exit(1).",
    "npm ERR! code 1",
    "Error: exit status 1",
    "panic:",
    "AssertionError",
];

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    // That a symptom or a link rests on nothing else is what it is there for.
    if subject.rule.symptom {
        return;
    }
    for written in subject.patterns().iter().filter(|written| written.alone && !written.pattern.matches_nothing()) {
        let Some(line) = WRAPPERS.iter().find(|line| written.pattern.is_match(line)) else { continue };
        let message = format!("`{line}` alone makes this cause match, and it is written around any error");
        let help = "match the error itself, or say `symptom: true` if the rule names no cause".to_owned();
        sheet.found(&WRAPPER_ONLY.code, written.node.place, message, help);
    }
}
