//! The rules that a command works with: the embedded catalog, the user's own folders, and what is switched off.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use fivewhys::logs::Gap;
use fivewhys::rules::load::Loaded;
use fivewhys::rules::problem::nearest;
use fivewhys::rules::{Catalog, Change};

use crate::config::{Config, ConfigArgs, Placed};
use crate::exit_status::{ExitStatus, Fatal};

/// Where rules come from.
#[derive(Debug, clap::Args)]
pub struct RuleFolders {
    /// Folders (or single files) with rules of your own, added to the catalog and to `[rules] dirs` of the configuration
    #[arg(long = "rules", value_name = "DIR", value_hint = ValueHint::AnyPath)]
    pub folders: Vec<PathBuf>,

    /// Switch a rule off, and say why
    #[arg(long, value_name = "RULE=REASON", value_parser = disabled)]
    disable: Vec<(String, String)>,

    #[command(flatten)]
    config: ConfigArgs,
}

fn disabled(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(id, reason)| (id.trim(), reason.trim())) {
        Some((id, reason)) if !id.is_empty() && !reason.is_empty() => Ok((id.to_owned(), reason.to_owned())),
        _ => Err(format!("write the rule and the reason, such as '{}=not our stack'", text.split('=').next().unwrap_or(text))),
    }
}

impl RuleFolders {
    /// The configuration that goes with the rules.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or something in it is wrong.
    pub fn configuration(&self) -> Result<Config, Fatal> {
        self.config.read()
    }

    /// The embedded catalog with the folders' rules. What could not be loaded, and what is not as the catalog has it
    /// because the user wants it so, comes back as gaps.
    ///
    /// # Errors
    ///
    /// Where a folder does not exist, or the configuration is wrong.
    pub fn load(&self) -> anyhow::Result<(Catalog, Vec<Gap>)> {
        let config = self.config.read()?;
        let Loaded { catalog, problems, changes, .. } = Catalog::load(&self.all(&config)?);
        let mut gaps: Vec<Gap> = problems
            .iter()
            .map(|problem| Gap {
                kind: "rule-not-loaded",
                statement: format!("A rule was left out (`fivewhys rules check` shows the place): {problem}"),
            })
            .collect();
        let (catalog, switched_off, mut unknown) = self.without(catalog, &config);
        gaps.extend(changes.iter().chain(&switched_off).map(said));
        gaps.append(&mut unknown);
        Ok((catalog, gaps))
    }

    /// The folders of the configuration, then those that were named; each once.
    fn all(&self, config: &Config) -> anyhow::Result<Vec<PathBuf>> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for Placed { value, place } in &config.rules.dirs {
            exists(value, place)?;
            folders.push(value.clone());
        }
        for folder in &self.folders {
            exists(folder, "--rules")?;
            folders.push(folder.clone());
        }
        let mut seen = Vec::new();
        folders.retain(|folder| {
            let whole = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            let first = !seen.contains(&whole);
            seen.push(whole);
            first
        });
        Ok(folders)
    }

    /// Takes out what is switched off; the reason of the option wins.
    fn without(&self, catalog: Catalog, config: &Config) -> (Catalog, Vec<Change>, Vec<Gap>) {
        let mut disabled: BTreeMap<String, Placed<String>> = config.rules.disable.clone();
        for (id, reason) in &self.disable {
            disabled.insert(id.clone(), Placed { value: reason.clone(), place: "--disable".to_owned() });
        }
        if disabled.is_empty() {
            return (catalog, Vec::new(), Vec::new());
        }
        let reasons = disabled.iter().map(|(id, reason)| (id.clone(), reason.value.clone())).collect();
        let (catalog, changes, unknown) = catalog.without(&reasons);
        let gaps = unknown.iter().map(|id| {
            let near = nearest(id, catalog.rules().iter().map(|rule| rule.id.as_str()));
            let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let place = disabled.get(id).map_or("", |reason| reason.place.as_str());
            Gap { kind: "rule-not-disabled", statement: format!("{place}: there is no rule `{id}` to switch off{help}") }
        });
        let gaps = gaps.collect();
        (catalog, changes, gaps)
    }

    /// The folders and switches as arguments, for the command that makes a report again.
    pub fn words(&self) -> Vec<String> {
        let folders = self.folders.iter().flat_map(|folder| ["--rules".to_owned(), folder.display().to_string()]);
        let disabled = self.disable.iter().flat_map(|(id, reason)| ["--disable".to_owned(), format!("{id}={reason}")]);
        folders.chain(disabled).chain(self.config.words()).collect()
    }
}

/// A change of the catalog as a sentence of the report.
fn said(change: &Change) -> Gap {
    let kind = match change {
        Change::Replaced { .. } => "rule-replaced",
        Change::Disabled { .. } => "rule-disabled",
    };
    let sentence = change.to_string();
    let mut letters = sentence.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    Gap { kind, statement: format!("{first}{}.", letters.as_str().trim_end_matches('.')) }
}

/// # Errors
///
/// Names who asked for the folder, where there is none.
pub fn exists(folder: &Path, asked_by: &str) -> Result<(), Fatal> {
    if folder.exists() {
        return Ok(());
    }
    let asked_by = if asked_by.is_empty() { String::new() } else { format!("{asked_by} ") };
    let message = format!("{asked_by}{}: there is no such folder or file", folder.display());
    Err(Fatal { message, status: ExitStatus::Input })
}
