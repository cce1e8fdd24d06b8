//! Edges that load and lead nowhere, or twice to the same place.

use std::collections::BTreeSet;

use super::super::problem::Sheet;
use super::super::yaml::Node;
use super::super::{Rule, Status};
use super::{Lint, Subject, lint};

pub(super) static EDGE_CANNOT_JOIN: Lint =
    lint("FW301", "edge-cannot-join", "an edge asks two sightings to share what one of them never has", cannot_join);

pub(super) static SAME_EDGE_TWICE: Lint = lint("FW302", "same-edge-twice", "an edge is written twice", twice);

pub(super) static EDGE_TO_DEPRECATED: Lint =
    lint("FW303", "edge-to-deprecated", "an edge leads to a rule that is on its way out", to_deprecated);

fn edges<'a>(subject: &Subject<'a>) -> &'a [Node] {
    subject.root.get("explains").map(Node::items).unwrap_or_default()
}

fn effect<'a>(subject: &Subject<'a>, edge: &Node) -> Option<&'a Rule> {
    let place = subject.bench.catalog.find(edge.get("rule")?.text()?)?;
    Some(subject.bench.catalog.rule(place))
}

/// A test result has no trace, instance or revision.
fn cannot_join(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    let only_in_results = |rule: &Rule| !rule.test_matchers.is_empty() && rule.log_matchers.is_empty();
    for edge in edges(subject) {
        let (Some(effect), Some(join)) = (effect(subject, edge), edge.get("join")) else { continue };
        let Some(word) = join.text().filter(|word| *word != "window" && only_in_results(effect)) else { continue };
        let message = format!("`{}` is only seen in test results, which have no {word} to share", effect.id);
        sheet.found(&EDGE_CANNOT_JOIN.code, join.place, message, "write `join: window`".to_owned());
        sheet.fix(join.bytes.clone(), "window");
    }
}

fn twice(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    let mut seen = BTreeSet::new();
    for edge in edges(subject) {
        let (Some(rule), Some(join)) = (edge.get("rule"), edge.get("join").and_then(Node::text)) else { continue };
        let Some(id) = rule.text() else { continue };
        if !seen.insert((id, join)) {
            let message = format!("`{id}` is explained twice with the same join");
            sheet.found(&SAME_EDGE_TWICE.code, rule.place, message, "remove one of the two".to_owned());
        }
    }
}

fn to_deprecated(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    for edge in edges(subject) {
        let Some(effect) = effect(subject, edge).filter(|effect| effect.status == Status::Deprecated) else { continue };
        let Some(place) = edge.get("rule").map(|node| node.place) else { continue };
        let help = effect.replaced_by.as_ref().map(|by| format!("lead it to `{by}`"));
        sheet.found(&EDGE_TO_DEPRECATED.code, place, format!("`{}` is deprecated", effect.id), help);
    }
}
