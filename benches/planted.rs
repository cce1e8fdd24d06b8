//! Whether the program finds the planted causes: a fast answer that is wrong is not worth measuring.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::synthetic::Folder;

/// Diagnoses with wide and with narrow windows, and compares the best root of each failing test with what was planted.
///
/// # Errors
///
/// Where a run gives no report, or fewer than 95 of 100 causes are found.
pub fn check(program: &Path, files: &Folder, out: &mut dyn Write) -> anyhow::Result<()> {
    let planted = fs::read_to_string(files.planted())?;
    let planted: BTreeMap<&str, &str> = planted.lines().filter_map(|line| line.split_once('\t')).collect();
    for windows in ["wide", "narrow"] {
        let wanted: Vec<_> = planted.iter().filter(|(test, _)| test.contains(windows)).collect();
        let found = roots(program, files, windows)?;
        let right = |(test, rule): &(&&str, &&str)| found.get(**test).is_some_and(|root| root == **rule);
        let (right, wrong): (Vec<_>, Vec<_>) = wanted.iter().partition(|it| right(it));
        writeln!(out, "{windows} windows: {} of {} planted causes found", right.len(), wanted.len())?;
        for (test, rule) in &wrong {
            writeln!(out, "  {test}: planted {rule}, named {}", found.get(**test).map_or("nothing", String::as_str))?;
        }
        if wrong.len() * 20 > wanted.len() {
            bail!("fewer than 95 of 100 planted causes were found: the measurement would mean nothing");
        }
    }
    Ok(())
}

/// By the name of each failing test, the root of its best hypothesis.
fn roots(program: &Path, files: &Folder, windows: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut command = Command::new(program);
    command.args(["diagnose", "-f", "json", "-t"]).arg(files.results(windows)).arg("-l").arg(files.logs());
    let report: Value =
        serde_json::from_slice(&command.output()?.stdout).with_context(|| format!("{command:?} gave no report"))?;
    let tests = report["tests"].as_array().map(Vec::as_slice).unwrap_or_default();
    let root = |test: &Value| Some((test["name"].as_str()?.to_owned(), test["hypotheses"].get(0)?["root"].as_str()?.to_owned()));
    Ok(tests.iter().filter_map(root).collect())
}
