//! `fivewhys rules pages`: a page per rule and an index, written or checked to be current.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueHint;
use fivewhys::report::rule_page;

use super::words::count;
use crate::catalog::RuleFolders;
use crate::exit_status::ExitStatus;
use crate::output;

/// What `fivewhys rules pages` takes.
#[derive(Debug, clap::Args)]
pub struct PagesArgs {
    /// The folder of the pages
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: PathBuf,

    /// Write nothing; say which pages are out of date
    #[arg(long)]
    check: bool,

    /// Where the rule files are, seen from the folder of the pages: each page then leads to its rule
    #[arg(long, value_name = "PATH")]
    link: Option<String>,

    #[command(flatten)]
    rules: RuleFolders,
}

/// Writes the pages that are new or changed and removes those of rules that are gone, or only names them.
///
/// # Errors
///
/// Where a folder is missing, or a page cannot be read or written.
pub fn run(args: &PagesArgs) -> anyhow::Result<(String, ExitStatus)> {
    let catalog = super::catalog(&args.rules)?;
    let pages = rule_page::all(&catalog, args.link.as_deref());
    let stale = stale(&args.out, &pages)?;
    if args.check {
        let lines: String = stale.iter().map(|(path, what)| format!("{}: {what}\n", args.out.join(path).display())).collect();
        let status = if stale.is_empty() { ExitStatus::Explained } else { ExitStatus::Unexplained };
        let verdict = match stale.len() {
            0 => "all are current".to_owned(),
            number => format!("{number} out of date; `fivewhys rules pages` writes them"),
        };
        return Ok((format!("{lines}{} checked, {verdict}.\n", count(pages.len(), "page", "pages")), status));
    }
    for path in stale.keys() {
        let file = args.out.join(path);
        match pages.get(path) {
            Some(text) => {
                let folder = file.parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
                output::write_whole(&file, text)?;
            }
            None => fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?,
        }
    }
    let made = count(pages.len(), "page", "pages");
    Ok((format!("{made} in {}, {} of them new or changed.\n", args.out.display(), stale.len()), ExitStatus::Explained))
}

/// The pages that are not as they should be, and what is wrong with each.
fn stale(folder: &Path, pages: &BTreeMap<String, String>) -> anyhow::Result<BTreeMap<String, &'static str>> {
    let mut stale = BTreeMap::new();
    for (path, text) in pages {
        match fs::read_to_string(folder.join(path)) {
            Ok(written) if written == *text => {}
            Ok(_) => drop(stale.insert(path.clone(), "is not what its rule says")),
            Err(_) => drop(stale.insert(path.clone(), "is missing")),
        }
    }
    let made_here = |path: &String| fs::read_to_string(folder.join(path)).is_ok_and(|text| text.contains(rule_page::MARK));
    for path in of_families(folder).into_iter().filter(|path| !pages.contains_key(path) && made_here(path)) {
        stale.insert(path, "is of a rule that there is not");
    }
    Ok(stale)
}

/// The Markdown files one folder down: those are where pages of rules lie, and nothing else does.
fn of_families(folder: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let families = names(folder).into_iter().filter(|family| folder.join(family).is_dir());
    let mut found: Vec<String> = families
        .flat_map(|family| {
            let pages = names(&folder.join(&family)).into_iter().filter(|name| name.ends_with(".md"));
            pages.map(|name| format!("{family}/{name}")).collect::<Vec<_>>()
        })
        .collect();
    found.sort();
    found
}
