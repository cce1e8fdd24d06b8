//! Runs of an imagined mill, diagnosed by the real program: the reports that the tests compare.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// 2026-11-20T09:00:00Z, in seconds.
const FIRST_RUN: i64 = 1_795_165_200;

/// How a test ends.
#[derive(Clone, Copy)]
pub enum Ends {
    Passing,
    Skipped,
    /// With this line in the log of the service.
    Failing(&'static str),
}

pub const VALVE: Ends = Ends::Failing("valve number 7 does not move");
pub const BELT: Ends = Ends::Failing("belt number 3 is torn");
pub const RIDDLE: Ends = Ends::Failing("all is well");

/// A run of the tests against one revision.
pub struct Run<'a> {
    pub hour: i64,
    pub revision: &'a str,
    pub tests: &'a [(&'a str, Ends)],
    pub with_logs: bool,
}

/// A folder for the reports of a test, gone when it ends.
pub struct Mill {
    folder: tempfile::TempDir,
}

impl Mill {
    pub fn new() -> Self {
        Mill { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Diagnoses a run and returns the path of its report.json.
    pub fn report(&self, name: &str, run: &Run<'_>) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("results.json"), results(run)).unwrap();
        if run.with_logs {
            fs::write(folder.join("logs.ndjson"), logs(run)).unwrap();
        }
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compare/rules");
        let out = folder.join("out");
        let diagnosed = Command::new(env!("CARGO_BIN_EXE_fivewhys"))
            .args(["diagnose", "--exit-zero", "-f", "none"])
            .args([&folder, Path::new("-o"), &out, Path::new("--rules"), &rules])
            .output()
            .unwrap();
        assert!(diagnosed.status.success(), "{}", String::from_utf8_lossy(&diagnosed.stderr));
        out.join("report.json")
    }

    /// Changes a report as if something else had written it.
    pub fn edited(&self, report: &Path, name: &str, edit: impl FnOnce(&mut Value)) -> PathBuf {
        let mut value: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
        edit(&mut value);
        let path = self.path(name);
        fs::write(&path, value.to_string()).unwrap();
        path
    }
}

fn start(run: &Run<'_>, place: usize) -> i64 {
    FIRST_RUN + run.hour * 3600 + i64::try_from(place).unwrap() * 10
}

fn results(run: &Run<'_>) -> String {
    let tests: Vec<Value> = run
        .tests
        .iter()
        .enumerate()
        .map(|(place, (name, ends))| {
            let (status, message) = match ends {
                Ends::Passing => ("passed", ""),
                Ends::Skipped => ("skipped", ""),
                Ends::Failing(_) => ("failed", "AssertionError: batch lost"),
            };
            let start = start(run, place) * 1000;
            json!({ "name": name, "status": status, "duration": 2000, "start": start, "stop": start + 2000, "message": message })
        })
        .collect();
    let summary = json!({ "tests": tests.len(), "start": start(run, 0) * 1000, "stop": start(run, tests.len()) * 1000 });
    json!({ "reportFormat": "CTRF", "specVersion": "0.0.0", "results": { "tool": { "name": "mill" }, "summary": summary, "tests": tests } })
        .to_string()
}

fn logs(run: &Run<'_>) -> String {
    let entry = |(place, (_, ends)): (usize, &(&str, Ends))| {
        let text = match ends {
            Ends::Failing(line) => line,
            Ends::Passing | Ends::Skipped => "batch delivered",
        };
        let timestamp = jiff::Timestamp::from_second(start(run, place) + 1).unwrap().to_string();
        let labels = json!({ "service_name": "mill", "revision_name": run.revision, "project_id": "mill-works" });
        json!({
            "insertId": format!("entry-{}-{place}", run.hour),
            "logName": "projects/mill-works/logs/run.googleapis.com%2Fstderr",
            "resource": { "type": "cloud_run_revision", "labels": labels },
            "timestamp": timestamp,
            "textPayload": text,
        })
        .to_string()
            + "\n"
    };
    run.tests.iter().enumerate().map(entry).collect()
}

/// What a run of the program said.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs the program.
pub fn fivewhys(arguments: &[&str], paths: &[&Path]) -> Said {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_fivewhys")).args(arguments).args(paths).env_remove("NO_COLOR").output().unwrap();
    Said { status: status.code().unwrap_or(-1), out: String::from_utf8(stdout).unwrap(), err: String::from_utf8(stderr).unwrap() }
}
