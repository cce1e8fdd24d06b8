//! A rule with the id of a catalog rule that does not say that it takes its place.

use super::super::problem::Sheet;
use super::{Lint, Subject, lint};

pub(super) static SILENT_COLLISION: Lint =
    lint("FW501", "silent-collision", "a rule has the id of a catalog rule and does not say `replaces`", look);

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    let id = subject.rule.id.as_str();
    let loaded = subject.bench.loaded;
    let says_so = subject.root.get("replaces").and_then(super::Node::text) == Some(id);
    // Whoever works on the catalog itself has all of its rules.
    if loaded.covered.contains(id) && !loaded.is_checkout && !says_so {
        let help = format!("write `replaces: {id}` if it is to stand in its place, else give it another file name");
        sheet.found(&SILENT_COLLISION.code, subject.key("title"), format!("the catalog has a rule `{id}` already"), help);
    }
}
