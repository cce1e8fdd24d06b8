//! What all lints share: the catalog, how its examples are judged, and who refines whom.

use std::collections::BTreeMap;

use super::super::examples::{Mismatch, examine};
use super::super::load::Loaded;
use super::super::{Catalog, Matcher, RuleIx};
use super::twins::{self, Twin};

/// Made once for a catalog.
pub(in crate::rules) struct Bench<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) catalog: &'a Catalog,
    pub(super) matcher: Matcher,
    /// By rule: its examples that are not as they should be.
    pub(super) mismatches: BTreeMap<RuleIx, Vec<Mismatch>>,
    /// By rule: all that refine it, directly or through others.
    pub(super) refined_by: Vec<Vec<RuleIx>>,
    /// By rule: its matchers that another rule, or itself, has too.
    pub(super) twins: BTreeMap<RuleIx, Vec<Twin>>,
}

impl<'a> Bench<'a> {
    /// Judges the examples of the rules whose file is at hand; linear in rules, patterns and examples.
    pub(in crate::rules) fn new(loaded: &'a Loaded) -> Bench<'a> {
        let catalog = &loaded.catalog;
        let matcher = Matcher::new(catalog);
        let mut mismatches: BTreeMap<RuleIx, Vec<Mismatch>> = BTreeMap::new();
        for mismatch in examine(catalog, &matcher, |rule| loaded.texts.contains_key(&rule.path)).mismatches {
            mismatches.entry(mismatch.rule).or_default().push(mismatch);
        }
        let twins = twins::of(loaded);
        Bench { loaded, catalog, matcher, mismatches, refined_by: refined_by(catalog), twins }
    }
}

fn refined_by(catalog: &Catalog) -> Vec<Vec<RuleIx>> {
    let mut directly = vec![Vec::new(); catalog.rules().len()];
    for (place, rule) in catalog.rules().iter().enumerate() {
        rule.refines.iter().for_each(|less| directly[*less].push(place));
    }
    let all = |rule: RuleIx| {
        let mut found: Vec<RuleIx> = Vec::new();
        let mut open: Vec<RuleIx> = directly[rule].clone();
        while let Some(next) = open.pop() {
            if next != rule && !found.contains(&next) {
                found.push(next);
                open.extend(&directly[next]);
            }
        }
        found.sort_unstable();
        found
    };
    (0..catalog.rules().len()).map(all).collect()
}
