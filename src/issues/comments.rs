//! What is worth a comment: each is one that somebody is notified of.

use super::Question;
use super::key::{Key, comment_line};
use super::run::revisions;
use super::tracker::Issue;
use crate::report::schema::Cause;
use crate::report::{inert, story};

/// Names listed.
const NAMED: usize = 20;

/// The key line of what this run has to say about a cause.
fn line(question: &Question<'_>, key: &Key) -> String {
    comment_line(&format!("{key} run {}", question.run.mark(question.report)))
}

/// The cause is back, or explains tests that it did not explain before; `None` where there is nothing to say.
pub(super) fn changed(question: &Question<'_>, cause: &Cause, back: Option<&str>, new_tests: &[&str]) -> Option<String> {
    let mut text = String::new();
    if let Some(back) = back {
        text.push_str(&format!("**Back:** {back} {}\n\n", sighting(question, cause)));
    }
    if !new_tests.is_empty() {
        let tests = story::counted(new_tests.len(), "test");
        text.push_str(&format!("**New:** it now explains {tests} that it did not explain before:\n\n"));
        for test in new_tests.iter().take(NAMED) {
            text.push_str(&format!("- {}\n", inert::code(&cut(test))));
        }
        if new_tests.len() > NAMED {
            text.push_str(&format!("- and {} more\n", new_tests.len() - NAMED));
        }
    }
    if text.is_empty() { None } else { Some(format!("{}\n\n{}", line(question, &Key::of(cause)), text.trim_end())) }
}

/// The cause was not seen for a while although its tests ran.
pub(super) fn quiet(question: &Question<'_>, key: &Key, runs: usize) -> String {
    format!(
        "{}\n\n**No longer seen:** in the last {runs} runs all of its tests ran and passed, the last of them {}. \
         If that is the fix, close this issue: it is opened again if the cause comes back on a later revision.",
        line(question, key),
        run(question)
    )
}

/// What the body of a closed duplicate says.
pub(super) fn duplicate(original: u64) -> String {
    format!("Duplicate of #{original}: there were two issues about one root cause, and the older one is kept.")
}

/// Says when and why an issue was closed.
pub(super) fn closed(issue: &Issue) -> String {
    match issue.closed_at {
        Some(at) => format!("closed {}, and seen again", at.strftime("%Y-%m-%d")),
        None => "closed, and seen again".to_owned(),
    }
}

fn sighting(question: &Question<'_>, cause: &Cause) -> String {
    let names: Vec<String> = revisions(question.report, cause).iter().take(4).map(|name| inert::code(&cut(name))).collect();
    let on = if names.is_empty() { String::new() } else { format!(" on {}", names.join(", ")) };
    format!("in {} with {}{on}.", run(question), story::counted(cause.tests.len(), "test"))
}

fn run(question: &Question<'_>) -> String {
    match &question.run.url {
        Some(url) if !url.contains([' ', ')', '(', '`']) => format!("[{}]({url})", inert::code(&question.run.id)),
        _ => inert::code(&question.run.id),
    }
}

fn cut(text: &str) -> String {
    let mut text = inert::visible(text);
    if text.len() > 300 {
        text.truncate(text.floor_char_boundary(300));
        text.push('…');
    }
    text
}
