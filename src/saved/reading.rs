//! Recognises a saved folder and says what in it is to be read, and what is missing.

use std::path::{Path, PathBuf};

use super::{Error, Manifest, SavedGap, Stage, State};
use crate::logs::Gap;

/// A saved folder as a diagnosis takes it.
#[derive(Debug, Clone)]
pub struct Saved {
    /// What the folder says about itself.
    pub manifest: Manifest,
    /// The test results: the copy, and how people call it.
    pub results: Vec<(PathBuf, String)>,
    /// The files with log entries.
    pub logs: Vec<PathBuf>,
    /// What was not had.
    pub gaps: Vec<Gap>,
}

/// Reads what a folder says about itself; `None` for a folder that no pull wrote.
///
/// # Errors
///
/// Where there is a manifest of a pull that cannot be understood.
pub fn read(folder: &Path) -> Result<Option<Saved>, Error> {
    let Some(manifest) = Manifest::read(folder)? else { return Ok(None) };
    let results = manifest.results.iter().map(|result| (folder.join(&result.file), result.given.clone())).collect();
    let present = manifest.windows.iter().map(|window| folder.join(&window.file)).filter(|path| path.is_file());
    Ok(Some(Saved { results, logs: present.collect(), gaps: gaps(folder, &manifest), manifest }))
}

fn gaps(folder: &Path, manifest: &Manifest) -> Vec<Gap> {
    let resume = match manifest.stage {
        Stage::UnderWay => "; `fivewhys pull --resume` with the same selection continues",
        Stage::Finished => "",
    };
    let mut gaps: Vec<Gap> = manifest.gaps.iter().map(said).collect();
    for window in &manifest.windows {
        gaps.extend(window.gaps.iter().map(said));
        let span = format!("{} to {}", window.start, window.end);
        let there = folder.join(&window.file).metadata().is_ok_and(|file| file.len() > 0);
        match window.state {
            State::Complete if there || window.entries == 0 => {}
            State::Complete => gaps.push(Gap {
                kind: "not-pulled",
                statement: format!("The entries of {span} were pulled, but {} is missing; pull them again.", window.file),
            }),
            _ if there => gaps.push(Gap {
                kind: "pull-interrupted",
                statement: format!("The pull of {span} was interrupted: only its first entries are there{resume}."),
            }),
            _ => gaps.push(Gap { kind: "not-pulled", statement: format!("The entries of {span} were not pulled{resume}.") }),
        }
    }
    gaps
}

/// The kinds of gaps that a pull writes; one that is not among them comes back as `pull`.
const KINDS: &[&str] = &[
    "controls",
    "late-entries",
    "left-alone",
    "no-entries",
    "not-allowed",
    "not-pulled",
    "pull-interrupted",
    "suppressed",
    "truncated",
    "unreadable-entry",
    "unreadable-file",
    "window-not-over",
];

fn said(gap: &SavedGap) -> Gap {
    let kind = KINDS.iter().find(|kind| **kind == gap.kind).copied().unwrap_or("pull");
    Gap { kind, statement: gap.statement.clone() }
}
