//! The rule files that `rules check`, `rules test` and `rules pages` are about.

use std::path::PathBuf;

use clap::ValueHint;
use fivewhys::rules::Catalog;
use fivewhys::rules::load::Loaded;

use crate::catalog::exists;
use crate::config::ConfigArgs;
use crate::exit_status::{ExitStatus, Fatal};

/// Which rules.
#[derive(Debug, clap::Args)]
pub struct RuleFiles {
    /// Folders (or files) with rules; without one those of `[rules] dirs` in the configuration, else the embedded catalog
    #[arg(value_name = "DIR", value_hint = ValueHint::AnyPath)]
    folders: Vec<PathBuf>,

    #[command(flatten)]
    config: ConfigArgs,
}

impl RuleFiles {
    /// The folders; none where it is the embedded catalog.
    ///
    /// # Errors
    ///
    /// Where a folder does not exist, or the configuration is wrong.
    pub fn folders(&self) -> anyhow::Result<Vec<PathBuf>> {
        if !self.folders.is_empty() {
            self.folders.iter().try_for_each(|folder| exists(folder, ""))?;
            return Ok(self.folders.clone());
        }
        let dirs = self.config.read()?.rules.dirs;
        dirs.iter().try_for_each(|dir| exists(&dir.value, &format!("{}:", dir.place)))?;
        Ok(dirs.into_iter().map(|dir| dir.value).collect())
    }

    /// The folders, for a command that writes into them.
    ///
    /// # Errors
    ///
    /// As [`Self::folders`]; and where only the embedded catalog is meant.
    pub fn writable(&self, option: &str) -> anyhow::Result<Vec<PathBuf>> {
        let folders = self.folders()?;
        if folders.is_empty() {
            let message =
                format!("{option} writes into rule files; name their folder, as in `fivewhys rules … my-rules {option}`");
            return Err(Fatal { message, status: ExitStatus::Usage }.into());
        }
        Ok(folders)
    }
}

/// The rules of these folders, or of the embedded catalog where there is none.
///
/// # Errors
///
/// Where the folders hold no rule file: a check of nothing would find nothing wrong.
pub fn loaded(folders: &[PathBuf]) -> Result<Loaded, Fatal> {
    if folders.is_empty() {
        return Ok(Catalog::embedded());
    }
    let rules = Catalog::overlay(folders);
    if rules.texts.is_empty() && rules.problems.is_empty() {
        let named: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let message = format!("{}: no rule file in there; a rule lives in `<family>/<name>.yaml`", named.join(", "));
        return Err(Fatal { message, status: ExitStatus::Input });
    }
    Ok(rules)
}
