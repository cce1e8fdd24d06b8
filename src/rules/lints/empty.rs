//! A pattern that matches without any text.

use super::super::problem::Sheet;
use super::{Lint, Subject, lint};

pub(super) static MATCHES_EMPTY_TEXT: Lint =
    lint("FW101", "matches-empty-text", "a pattern matches the empty text, and so nearly everything", look);

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    for written in subject.patterns().iter().filter(|written| written.pattern.matches_nothing()) {
        let help = "a part that must be there is missing: `*` and `?` alone need nothing".to_owned();
        let message = "this pattern matches the empty text, and so nearly everything";
        sheet.found(&MATCHES_EMPTY_TEXT.code, written.node.place, message, help);
    }
}
