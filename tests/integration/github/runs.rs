//! Reports of runs that never were, as `fivewhys diagnose` would write them.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A report in a file.
pub struct Saved {
    pub path: PathBuf,
    _folder: TempDir,
}

impl Saved {
    /// One that is not there.
    pub fn missing() -> Saved {
        let folder = tempfile::tempdir().unwrap();
        Saved { path: folder.path().join("report.json"), _folder: folder }
    }
}

/// A cause of a made-up run: rule, what its fingerprint says, tests.
#[derive(Debug, Clone)]
pub struct Seen {
    pub rule: &'static str,
    pub print: String,
    pub tests: Vec<String>,
    pub verdict: &'static str,
    pub references: Vec<String>,
}

/// A made-up run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Decides the start: so many hours before now, in order.
    pub number: u32,
    pub revision: String,
    pub causes: Vec<Seen>,
    pub passed: Vec<String>,
    /// Tests that failed without a cause.
    pub unexplained: Vec<String>,
}

pub fn seen(rule: &'static str, tests: &[&str]) -> Seen {
    let tests = tests.iter().map(|test| (*test).to_owned()).collect();
    Seen { rule, print: rule.to_owned(), tests, verdict: "confirmed", references: Vec::new() }
}

impl Run {
    pub fn new(number: u32, causes: &[Seen]) -> Run {
        let revision = format!("api-{number:05}-abc");
        Run { number, revision, causes: causes.to_vec(), passed: Vec::new(), unexplained: Vec::new() }
    }

    pub fn passed(mut self, tests: &[&str]) -> Run {
        self.passed = tests.iter().map(|test| (*test).to_owned()).collect();
        self
    }

    pub fn on(mut self, revision: &str) -> Run {
        self.revision = revision.to_owned();
        self
    }

    pub fn save(&self) -> Saved {
        write(&self.report())
    }

    pub fn report(&self) -> Value {
        let start = format!("2026-10-{:02}T06:00:00Z", self.number.min(31));
        let mut tests = Vec::new();
        let mut evidence = serde_json::Map::new();
        let mut causes = Vec::new();
        for (place, cause) in self.causes.iter().enumerate() {
            let key = format!("e{}", place + 1);
            evidence.insert(key.clone(), self.record(&start, place));
            tests.extend(cause.tests.iter().map(|id| failed(id, Some(cause), &key, &start)));
            causes.push(json!({
                "root": cause.rule, "title": format!("What {} saw", cause.rule), "class": "config", "severity": "high", "status": "stable",
                "verdict": cause.verdict, "fingerprint": cause.print, "tests": cause.tests, "evidence": [key],
                "remedy": { "now": "Put it right.", "verify": "Run it again.", "prevent": "Check it early." },
                "references": cause.references
            }));
        }
        tests.extend(self.unexplained.iter().map(|id| failed(id, None, "", &start)));
        let failed = tests.len();
        json!({
            "schema": "fivewhys/report/v1",
            "run": {
                "started_at": start, "ended_at": null, "results": [{ "path": "junit.xml", "format": "JUnit XML" }], "sources": ["logs.json"],
                "revisions": [{ "service": "api", "revision": self.revision, "first": start, "last": start, "entries": 4 }],
                "counts": { "tests": failed + self.passed.len(), "passed": self.passed.len(), "skipped": 0, "failed": failed,
                            "errored": 0, "flaky": 0, "entries": 4, "duplicates": 0 },
                "flaky": [], "passed": self.passed, "skipped": []
            },
            "premises": [], "tests": tests, "causes": causes, "plan": [], "red_herrings": [], "gaps": [],
            "evidence": evidence, "redactions": [], "reproduce": "fivewhys diagnose run"
        })
    }

    fn record(&self, at: &str, place: usize) -> Value {
        json!({
            "insert_id": [format!("i{place}")], "timestamp": at, "service": "api", "revision": self.revision, "instance": "abc",
            "severity": "ERROR", "log": "projects/p/logs/stderr", "excerpt": format!("failure {place}"), "before": [], "after": [], "link": null
        })
    }
}

fn failed(id: &str, cause: Option<&Seen>, key: &str, at: &str) -> Value {
    let hypotheses: Vec<Value> = cause
        .iter()
        .map(|cause| {
            json!({
                "root": cause.rule, "title": format!("What {} saw", cause.rule), "verdict": cause.verdict, "score": 10, "parts": [],
                "whys": [{ "rule": cause.rule, "answer": "It was seen.", "footing": "observed", "evidence": [key], "before_window": false }]
            })
        })
        .collect();
    json!({
        "id": id, "name": id, "outcome": "failed", "attempts": 1, "error": "AssertionError: closed",
        "window": { "start": at, "end": at, "precision": "exact" }, "priority": null, "impact": null,
        "verdict": cause.map_or("inconclusive", |cause| cause.verdict), "hypotheses": hypotheses, "ruled_out": [], "leads": []
    })
}

pub fn write(report: &Value) -> Saved {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    fs::write(&path, report.to_string()).unwrap();
    Saved { path, _folder: folder }
}
