//! The rules that a command works with: the embedded catalog and the user's own folders.

use std::path::PathBuf;

use clap::ValueHint;
use fivewhys::logs::Gap;
use fivewhys::rules::Catalog;
use fivewhys::rules::load::Loaded;

use crate::exit_status::{ExitStatus, Fatal};

/// Where rules come from.
#[derive(Debug, clap::Args)]
pub struct RuleFolders {
    /// Folders (or single files) with rules of your own, added to the catalog
    #[arg(long = "rules", value_name = "DIR", value_hint = ValueHint::AnyPath)]
    pub folders: Vec<PathBuf>,
}

impl RuleFolders {
    /// The embedded catalog with the folders' rules; what could not be loaded comes back as gaps.
    ///
    /// # Errors
    ///
    /// Where a folder does not exist.
    pub fn load(&self) -> anyhow::Result<(Catalog, Vec<Gap>)> {
        if let Some(missing) = self.folders.iter().find(|folder| !folder.exists()) {
            let message = format!("--rules {}: there is no such folder or file", missing.display());
            return Err(Fatal { message, status: ExitStatus::Input }.into());
        }
        let Loaded { catalog, problems, .. } = Catalog::load(&self.folders);
        let gaps = problems.iter().map(|problem| Gap {
            kind: "rule-not-loaded",
            statement: format!("A rule was left out (`fivewhys rules check` shows the place): {problem}"),
        });
        Ok((catalog, gaps.collect()))
    }

    /// The folders as arguments, for the command that makes a report again.
    pub fn words(&self) -> Vec<String> {
        self.folders.iter().flat_map(|folder| ["--rules".to_owned(), folder.display().to_string()]).collect()
    }
}
