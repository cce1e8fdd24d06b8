//! A rule that never stands, because others that refine it match all that it matches.

use super::super::examples::matches;
use super::super::problem::Sheet;
use super::{Lint, Subject, lint};

pub(super) static SHADOWED_RULE: Lint =
    lint("FW304", "shadowed-rule", "rules that refine this one match all of its examples, so it never stands", look);

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    let bench = subject.bench;
    let examples = &subject.rule.matching_examples;
    let finer = &bench.refined_by[subject.place];
    if examples.is_empty() || finer.is_empty() {
        return;
    }
    let by: Option<Vec<&str>> = examples
        .iter()
        .map(|example| {
            let taken = finer.iter().find(|finer| matches(bench.catalog, &bench.matcher, **finer, example));
            taken.map(|finer| bench.catalog.rule(*finer).id.as_str())
        })
        .collect();
    let Some(mut by) = by else { return };
    by.sort_unstable();
    by.dedup();
    let message = format!("every example of this rule is taken by a rule that refines it: {}", by.join(", "));
    let help = "give an example that only this rule matches, or remove the rule".to_owned();
    sheet.found(&SHADOWED_RULE.code, subject.key("match"), message, help);
}
