//! The labelled incidents: each is diagnosed as its label says, and its reports are the golden ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fivewhys::report::Format;
use serde_json::Value;

use crate::program::{self, Ran};

mod label;

use label::{Expected, Label};

fn names() -> Vec<String> {
    let folders = fs::read_dir(program::root().join("samples")).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<_> = folders
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs the README's command on a sample, with the folder for the reports elsewhere.
fn diagnose(name: &str, label: &Label, out: &Path) -> Ran {
    let mut arguments = vec!["diagnose".to_owned(), format!("samples/{name}")];
    if let Some(control) = &label.control {
        arguments.extend(["--control".to_owned(), format!("samples/{name}/{control}")]);
    }
    arguments.extend(["-f", "none", "-o"].map(str::to_owned));
    arguments.push(out.display().to_string());
    program::run(arguments)
}

/// What is wrong with the diagnosis of a sample, one sentence each.
fn faults(label: &Label, report: &Value) -> Vec<String> {
    let tests = report["tests"].as_array().unwrap();
    let mut faults: Vec<String> = Vec::new();
    for test in tests {
        let id = test["id"].as_str().unwrap();
        match label.expected.iter().filter(|expected| expected.is_about(id)).collect::<Vec<_>>()[..] {
            [expected] => faults.extend(expected.faults(test)),
            [] => faults.push(format!("{id}: failed, but the label does not mention it")),
            _ => faults.push(format!("{id}: the label mentions it twice")),
        }
    }
    for expected in &label.expected {
        faults.extend(expected.unmet(tests));
    }
    faults
}

#[test]
fn every_sample_is_diagnosed_as_its_label_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut faults_of_all = Vec::new();
    for name in names() {
        let label = Label::read(&name);
        let out = folder.path().join(&name);
        let ran = diagnose(&name, &label, &out).exits(label.exit_status);
        assert!(ran.err.is_empty(), "{name} complains: {}", ran.err);
        let report = serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
        faults_of_all.extend(faults(&label, &report).into_iter().map(|fault| format!("{name}: {fault}")));
        faults_of_all.extend(against_golden(&name, &out));
    }
    assert!(faults_of_all.is_empty(), "{}", faults_of_all.join("\n"));
}

/// Compares the sample in every format (of those with one file name, in the first) with the golden reports; `BLESS=1` makes them the golden ones.
fn against_golden(name: &str, out: &Path) -> Vec<String> {
    let golden = program::root().join("reports").join(name);
    let mut faults = Vec::new();
    let mut files = BTreeSet::new();
    for (file, format) in Format::ALL.iter().map(|format| (format.file(), format.name())) {
        if !files.insert(file) {
            continue;
        }
        let new = program::run(["report", &out.display().to_string(), "-f", format]).exits(0).out;
        if let Ok(written) = fs::read_to_string(out.join(file)) {
            assert_eq!(first_difference(&written, &new), None, "{file} of {name} is not what `report -f {format}` makes of it");
        }
        if blessing() {
            fs::create_dir_all(&golden).unwrap();
            fs::write(golden.join(file), &new).unwrap();
            continue;
        }
        match fs::read_to_string(golden.join(file)) {
            Ok(old) => faults.extend(first_difference(&old, &new).map(|difference| {
                format!("reports/{name}/{file} differs, {difference}\n  (if that is meant: BLESS=1 cargo test samples)")
            })),
            Err(error) => faults.push(format!("reports/{name}/{file}: {error}; BLESS=1 cargo test samples writes it")),
        }
    }
    faults
}

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn first_difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let mut pairs = old.split('\n').zip(new.split('\n')).enumerate();
    let (number, (old_line, new_line)) = match pairs.find(|(_, (old, new))| old != new) {
        Some(found) => found,
        None => (old.split('\n').count().min(new.split('\n').count()), ("(the shorter one ends)", "(the shorter one ends)")),
    };
    Some(format!("first in line {}:\n  was {old_line}\n  now {new_line}", number + 1))
}

#[test]
fn no_report_is_left_without_its_sample() {
    if blessing() {
        return;
    }
    let mut reports: Vec<_> = fs::read_dir(program::root().join("reports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    reports.retain(|name| name != "README.md");
    reports.sort();
    assert_eq!(reports, names());
}

#[test]
fn the_notes_beside_an_incident_are_not_named_in_its_report() {
    let ran = program::run(["diagnose", "samples/collection-error", "-f", "json"]).exits(0);
    assert_eq!(ran.report()["gaps"], serde_json::json!([]));
}

#[test]
fn samples_hold_nothing_that_looks_like_a_secret() {
    let secret = regex::bytes::Regex::new(
        r"eyJ[A-Za-z0-9_-]{16,}|AIza[0-9A-Za-z_-]{20,}|PRIVATE KEY|ya29\.|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|(?i:bearer) [A-Za-z0-9._~+/-]{16,}|://[^/\s:@]+:[^@\s/]+@",
    )
    .unwrap();
    for name in names() {
        for (path, bytes) in texts(&program::root().join("samples").join(name)) {
            let found = secret.find(&bytes).map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
            assert_eq!(found, None, "in {path}");
        }
    }
}

/// All files below a folder, unpacked.
fn texts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut unpacked = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut unpacked).unwrap();
            bytes = unpacked;
        }
        texts.push((path.display().to_string(), bytes));
    }
    texts
}

impl Expected {
    /// What is wrong with the diagnosis of one test.
    fn faults(&self, test: &Value) -> Vec<String> {
        let id = test["id"].as_str().unwrap();
        let mut faults = Vec::new();
        let root = test["hypotheses"][0]["root"].as_str();
        if root != self.root.as_deref() {
            faults.push(format!("{id}: the first root is {root:?}, not {:?}", self.root));
        }
        if let Some(verdict) = &self.verdict
            && test["verdict"] != **verdict
        {
            faults.push(format!("{id}: the verdict is {}, not {verdict}", test["verdict"]));
        }
        if let Some(lead) = &self.lead {
            let leads: Vec<_> =
                test["leads"].as_array().unwrap().iter().take(3).map(|lead| lead["template"].to_string()).collect();
            if !leads.iter().any(|template| template.contains(lead)) {
                faults.push(format!("{id}: {lead:?} is not among the first leads {leads:?}"));
            }
        }
        faults
    }

    /// What no test shows.
    fn unmet(&self, tests: &[Value]) -> Option<String> {
        let mine: Vec<_> = tests.iter().filter(|test| self.is_about(test["id"].as_str().unwrap())).collect();
        if let Some(names) = &self.tests
            && mine.len() != names.len()
        {
            return Some(format!("the label names {} tests, of which {} failed", names.len(), mine.len()));
        }
        let told = |test: &&Value| {
            let whys = test["hypotheses"][0]["whys"].as_array().unwrap();
            let mut rules = whys.iter().map(|why| why["rule"].as_str().unwrap());
            self.whys.iter().all(|wanted| rules.any(|rule| rule == wanted))
        };
        (!self.whys.is_empty() && !mine.iter().any(told)).then(|| format!("no test tells the whys {:?} in this order", self.whys))
    }
}
