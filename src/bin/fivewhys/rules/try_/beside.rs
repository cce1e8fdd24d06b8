//! The catalog without a rule's file, and with it.

use std::fs;
use std::path::{Path, PathBuf};

use fivewhys::rules::{Catalog, Problem, RuleIx};

use crate::catalog::RuleFolders;

/// A catalog with a rule of a file in it.
pub struct Beside {
    /// The rules.
    pub catalog: Catalog,
    /// The rule, where it loads.
    pub rule: Option<RuleIx>,
    /// What is wrong with its file.
    pub problems: Vec<Problem>,
}

/// The catalog and the folders' rules, as they are without the file.
///
/// # Errors
///
/// Where a folder does not exist.
pub fn without(rule: &Path, folders: &RuleFolders) -> anyhow::Result<Catalog> {
    let whole = rule.canonicalize().unwrap_or_else(|_| rule.to_owned());
    let holds = |folder: &PathBuf| folder.canonicalize().is_ok_and(|folder| whole.starts_with(folder));
    if !folders.folders.iter().any(holds) {
        return Ok(folders.load()?.0);
    }
    // One by one, so that only the file itself is left out.
    let mut files = Vec::new();
    for folder in &folders.folders {
        if holds(folder) {
            collect(folder, &mut files);
        } else {
            files.push(folder.clone());
        }
    }
    files.retain(|file| file.canonicalize().is_ok_and(|file| file != whole));
    Ok(Catalog::load(&files).catalog)
}

/// The rule files below a folder, in order of their paths.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    if folder.is_file() {
        into.push(folder.to_owned());
        return;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            into.push(path);
        }
    }
}

/// The same with the file, which stands in the place of a rule with its id.
///
/// # Errors
///
/// Where a folder does not exist.
pub fn with(rule: &Path, folders: &RuleFolders) -> anyhow::Result<Beside> {
    folders.load()?;
    let files: Vec<PathBuf> = std::iter::once(rule.to_owned()).chain(folders.folders.iter().cloned()).collect();
    let loaded = Catalog::overlay(&files);
    let path = rule.display().to_string();
    let place = loaded.catalog.rules().iter().position(|rule| rule.path == path);
    let problems = loaded.problems.into_iter().filter(|problem| problem.path == path).collect();
    Ok(Beside { catalog: loaded.catalog, rule: place, problems })
}
