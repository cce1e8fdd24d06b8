//! All that is wrong with rules: what was found while loading, and what the lints find. Never part of a diagnosis.

use rayon::prelude::*;

use super::lints::{Bench, LINTS, Subject, UNUSED_ALLOW, allowed};
use super::load::Loaded;
use super::problem::{Code, Problem, Sheet};
use super::{codes, scenario, yaml};

/// All problems of a catalog: those found while loading, and those of rules that load. In order of file
/// and place. Only rules whose file has a text in [`Loaded::texts`] are looked at.
pub fn check(loaded: &Loaded) -> Vec<Problem> {
    let bench = Bench::new(loaded);
    let rules = loaded.catalog.rules().par_iter().enumerate();
    let found = rules.filter_map(|(place, rule)| {
        let mut sheet = Sheet::new(&rule.path, loaded.texts.get(&rule.path)?);
        let root = yaml::parse(&mut sheet)?;
        // What is no YAML was said when the file was loaded.
        sheet.problems.clear();
        scenario::read(&mut sheet, &root);
        let subject = Subject::new(&bench, place, &root);
        LINTS.iter().for_each(|lint| lint.look(&subject, &mut sheet));
        allowed(&mut sheet, &root);
        Some(sheet.problems)
    });
    let mut problems: Vec<Problem> = found.flatten().collect();
    problems.extend(loaded.problems.iter().cloned());
    problems.sort();
    problems
}

/// All kinds of mistakes that [`check`] knows, in order of their ids.
pub fn all_codes() -> impl Iterator<Item = &'static Code> {
    codes::ERRORS.iter().copied().chain(LINTS.iter().map(|lint| &lint.code)).chain([&UNUSED_ALLOW.code])
}
