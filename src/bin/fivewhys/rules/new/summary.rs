//! Says what a draft rests on, and what is left to do.

use std::path::Path;

use fivewhys::authoring::file::join;
use fivewhys::authoring::ordinary::Seen;
use fivewhys::rules::Catalog;

use super::Made;
use super::source::Found;
use crate::rules::words;

/// The summary: one line for each thing that the draft rests on.
pub fn of(path: &Path, found: &Found, made: &Made, catalog: &Catalog) -> String {
    let mut out = format!("{}\n", path.display());
    let mut row = |name: &str, text: String| out.push_str(&format!("  {name:<9} {text}\n"));
    let draft = &made.draft;
    row("drafted", format!("from {}", found.origin));
    row("pattern", words::shortened(&draft.pattern, 400));
    let names: Vec<&str> = draft.captures.iter().map(|capture| capture.name.as_str()).collect();
    if !names.is_empty() {
        row("captures", names.join(", "));
    }
    if draft.by_name {
        row("beware", "only a name tells it from an ordinary line, so the name stands in the pattern".to_owned());
    }
    if let Some(filter) = &draft.filter {
        row("filter", format!("{filter}; --any-service leaves it out"));
    }
    if let Some(seen) = made.seen {
        row("seen", sentence(seen));
    }
    row("held", held(found, made));
    for edge in &made.explains {
        row("explains", format!("{} ({}; {})", edge.rule, join(edge.join), edge.seen));
    }
    if made.explains.is_empty() {
        row("explains", "nothing yet: the file says how to add an edge".to_owned());
    }
    for id in &made.refines {
        let is_cause = catalog.find(id).is_some_and(|rule| !catalog.rule(rule).symptom);
        let note = if is_cause { "matches the line already; this one is more specific" } else { "which matches the line, too" };
        row("refines", format!("{id}, {note}"));
    }
    row("to do", "the places in the file that say todo: class, why, remedy".to_owned());
    out + &format!("Next: fivewhys rules try {} INCIDENT\n", path.display())
}

fn sentence(seen: Seen) -> String {
    let (failing, passing) = (seen.failing, seen.passing);
    match passing.1 {
        0 => format!("in {} of {} failing windows; there are no passing windows to compare with", failing.0, failing.1),
        _ => format!("in {} of {} failing and {} of {} passing windows", failing.0, failing.1, passing.0, passing.1),
    }
}

fn held(found: &Found, made: &Made) -> String {
    match (&found.unread, made.draft.held_against) {
        (Some(unread), _) => unread.clone(),
        (None, 0) if found.scene.is_none() => {
            "against no ordinary line; `--incident` names an incident to take them from".to_owned()
        }
        (None, kinds) => format!("against {} of ordinary lines, matches none", words::count(kinds, "kind", "kinds")),
    }
}
