//! The embedded catalog as the build left it: the texts of its files, their trees, and what their patterns need.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::needs::{Needs, read_number, read_text, take};

/// One behind the other: a pattern, the length of its needs, its needs (see `build.rs`).
static PREPARED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/patterns.bin"));

/// One behind the other: a rule file's path below `rules/`, its text, the length of its tree, its tree; that is empty where
/// something is wrong with the file.
static CATALOG: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));

/// A file of the embedded catalog.
pub(super) struct RuleFile {
    /// Below `rules/`, with `/`.
    pub(super) path: &'static str,
    pub(super) text: &'static str,
    /// Its packed tree; empty where it has to be read.
    pub(super) tree: &'static [u8],
}

/// The files of the embedded catalog, in order of their paths.
pub(super) fn rule_files() -> impl Iterator<Item = RuleFile> {
    let mut bytes = CATALOG;
    std::iter::from_fn(move || {
        let (path, text) = (read_text(&mut bytes)?, read_text(&mut bytes)?);
        let length = read_number(&mut bytes)?;
        Some(RuleFile { path, text, tree: take(&mut bytes, length)? })
    })
}

/// The words that a pattern of the embedded catalog needs; `None` for any other.
pub(super) fn needs(pattern: &str) -> Option<Needs> {
    static INDEX: OnceLock<FxHashMap<&'static str, &'static [u8]>> = OnceLock::new();
    let mut found = *INDEX.get_or_init(index).get(pattern)?;
    Needs::read(&mut found)
}

fn index() -> FxHashMap<&'static str, &'static [u8]> {
    let mut bytes = PREPARED;
    let mut one = || {
        let pattern = read_text(&mut bytes)?;
        let length = read_number(&mut bytes)?;
        Some((pattern, take(&mut bytes, length)?))
    };
    std::iter::from_fn(&mut one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::classes::with_ascii_classes;
    use super::super::tree::{Node, compose};
    use super::super::{Catalog, LogMatcher};
    use super::*;

    #[test]
    fn what_the_build_worked_out_is_what_the_program_would() {
        let catalog = Catalog::embedded().catalog;
        let patterns =
            catalog.rules().iter().flat_map(|rule| &rule.log_matchers).filter_map(|LogMatcher { text, .. }| text.as_ref());
        let mut compared = 0;
        for pattern in patterns {
            let rewritten = with_ascii_classes(pattern.source()).unwrap();
            let hir = regex_syntax::parse(&rewritten.text).unwrap();
            let worked_out = Needs::of(rewritten, &hir);
            worked_out.raw();
            assert_eq!(needs(pattern.source()), Some(worked_out), "{}", pattern.source());
            compared += 1;
        }
        assert!(compared > 100);
    }

    #[test]
    fn the_trees_that_the_build_made_are_those_of_the_texts() {
        let mut compared = 0;
        for RuleFile { path, text, mut tree } in rule_files() {
            assert_eq!(Node::unpack(&mut tree), compose(text).root.unwrap(), "{path}");
            compared += 1;
        }
        assert!(compared > 100);
    }

    #[test]
    fn a_pattern_that_is_not_in_the_catalog_is_not_known() {
        assert_eq!(needs("no rule has this pattern"), None);
    }
}
