//! Secrets in every field that a report is made of: ids, names, paths, errors, rule texts, captures, log fields.

use fivewhys::report::Format;
use rayon::prelude::*;

use super::{hostile, rendered};
use crate::saved::corpus;

/// What must not be found: the secret, and of a long one its end.
fn is_left(page: &str, secret: &str) -> bool {
    page.contains(secret) || secret.len() >= 20 && page.contains(&secret[secret.len() - 10..])
}

/// Formats of one secret in which it is left. A line break in a name would be none of a service's: there it is a blank.
fn left(secret: &str, context: &str) -> Vec<String> {
    let report = hostile::hostile_everywhere(context).report();
    let leaking = Format::ALL.iter().filter(|format| is_left(&rendered(&report, **format), secret));
    leaking.map(|format| format!("{} has {context:?}", format.name())).collect()
}

#[test]
fn a_secret_in_any_field_is_gone_from_every_format() {
    let all = corpus::secrets(3);
    assert!(all.len() >= 150 && corpus::SHAPES.len() >= 40);
    let leaks: Vec<String> = all.par_iter().flat_map_iter(|(secret, context)| left(secret, context)).collect();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks[..leaks.len().min(20)].join("\n"));
}

#[test]
fn what_only_looks_like_a_secret_stays_in_every_format_for_people() {
    let all = corpus::innocents();
    let masked: Vec<&String> = all
        .par_iter()
        .filter(|text| {
            let mut scene = super::scene::chat_outage();
            scene.diagnosis.evidence[3].text = (*text).clone();
            let report = scene.report();
            let calm = super::scene::chat_outage().report();
            report.redactions != calm.redactions
        })
        .collect();
    assert!(masked.len() * 100 < all.len(), "{} of {}: {masked:#?}", masked.len(), all.len());
}
