//! The script of `action.yml`, run as the runner runs it: inputs as variables, the runner's files as files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Ran, finish, root};

/// A runner's folder with its files.
struct Runner {
    home: tempfile::TempDir,
    inputs: Vec<(String, String)>,
}

impl Runner {
    fn new(inputs: &[(&str, &str)]) -> Runner {
        let home = tempfile::tempdir().unwrap();
        for name in ["output", "summary", "env"] {
            fs::write(home.path().join(name), "").unwrap();
        }
        let inputs = inputs.iter().map(|(name, value)| (format!("INPUT_{name}"), (*value).to_owned())).collect();
        Runner { home, inputs }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn run(&self, step: &str) -> Ran {
        let mut command = Command::new("bash");
        command.arg(root().join("action/run.sh")).arg(step).current_dir(root());
        command.env_remove("GITHUB_TOKEN").env("RUNNER_TEMP", self.home.path()).env("GITHUB_ACTION_PATH", root());
        command.env("GITHUB_OUTPUT", self.file("output")).env("GITHUB_STEP_SUMMARY", self.file("summary"));
        command.env("GITHUB_ENV", self.file("env")).env("GITHUB_REPOSITORY", "octo/orbit");
        command.env("INPUT_FIVEWHYS_PATH", env!("CARGO_BIN_EXE_fivewhys")).env("INPUT_OUT", self.file("report"));
        command.envs(self.inputs.iter().map(|(name, value)| (name, value)));
        finish(&mut command, b"")
    }

    /// The outputs as the runner reads them: `name<<end`, lines, `end`.
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = self.text("output");
        let mut lines = text.lines();
        let mut outputs = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, end) = line.split_once("<<").unwrap_or_else(|| panic!("no heredoc: {line:?}"));
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        }
        outputs
    }
}

/// The commands that the runner obeys: none of those between `::stop-commands::` and its word.
fn obeyed(log: &str) -> Vec<&str> {
    let mut stopped: Option<&str> = None;
    let mut commands = Vec::new();
    for line in log.lines() {
        match stopped {
            Some(word) if line == format!("::{word}::") => stopped = None,
            Some(_) => {}
            None => match line.strip_prefix("::stop-commands::") {
                Some(word) => stopped = Some(word),
                None if line.trim_start().starts_with("::") || line.contains("##[") => commands.push(line),
                None => {}
            },
        }
    }
    commands
}

#[test]
fn a_sample_gives_outputs_summary_annotations_and_files() {
    let runner = Runner::new(&[("INCIDENT", "samples/two-causes"), ("FORMATS", "junit\nsarif\n")]);
    let ran = runner.run("diagnose").exits(0);
    let outputs = runner.outputs();
    assert_eq!(outputs["verdict"], "confirmed");
    assert_eq!(outputs["root-causes"], "auth/invalid-user-id\nagent/missing-agent-handler");
    assert_eq!(outputs["status"], "0");
    assert_eq!(outputs["report-path"], runner.file("report").display().to_string());
    assert!(runner.text("summary").starts_with("# 12 failed"));
    let commands = obeyed(&ran.out);
    assert_eq!(commands.iter().filter(|line| line.starts_with("::error ")).count(), 2, "{commands:#?}");
    assert_eq!(runner.text("env"), "");
    for file in ["report.json", "report.md", "report.html", "junit.xml", "report.sarif"] {
        assert!(runner.file("report").join(file).is_file(), "{file}");
    }
}

#[test]
fn files_may_be_patterns_and_a_pattern_that_finds_nothing_is_named() {
    let inputs = [("RESULTS", "samples/missing-jwt/reportlog.j*\n"), ("LOGS", "  samples/missing-jwt/logs.json  ")];
    let runner = Runner::new(&inputs);
    runner.run("diagnose").exits(0);
    assert_eq!(runner.outputs()["root-causes"], "auth/missing-jwt");
    Runner::new(&[("RESULTS", "nowhere/*.xml")])
        .run("diagnose")
        .exits(3)
        .complains(&["input results: nothing is at nowhere/*.xml"]);
    Runner::new(&[("FORMATS", "pdf")]).run("diagnose").exits(2).complains(&["there is no format pdf"]);
}

#[test]
fn hostile_test_names_set_no_output_and_give_no_command() {
    let runner = Runner::new(&[]);
    let results = runner.file("junit.xml");
    let name = "test_x\n::error::zqx\nfivewhys_0\nverdict&lt;&lt;E\npassed\nE";
    let xml = format!(
        "<testsuite name='s'><testcase classname='c' name=\"{}\"><failure message=\"\n::add-mask::zqx&#10;##[error]zqx\"/></testcase></testsuite>",
        name.replace('\n', "&#10;")
    );
    fs::write(&results, xml).unwrap();
    let paths = [("RESULTS", results.to_str().unwrap()), ("INCIDENT", "")];
    let runner = Runner { home: runner.home, inputs: Runner::new(&paths).inputs };
    let ran = runner.run("diagnose").exits(0);
    let outputs = runner.outputs();
    assert_eq!(outputs.keys().map(String::as_str).collect::<Vec<_>>(), ["report-path", "root-causes", "status", "verdict"]);
    assert_eq!(outputs["verdict"], "inconclusive");
    for command in obeyed(&ran.out) {
        assert!(
            command.starts_with("::notice title=fivewhys::") || command.starts_with("::warning title=Unexplained%3A "),
            "{command}"
        );
    }
}

#[test]
fn a_summary_that_is_nearly_full_stays_within_its_limit() {
    let runner = Runner::new(&[("INCIDENT", "samples/missing-jwt")]);
    fs::write(runner.file("summary"), "x".repeat(1_048_576 - 10_000)).unwrap();
    runner.run("diagnose").exits(0);
    let length = runner.text("summary").len();
    assert!(length > 1_048_576 - 10_000 && length <= 1_048_576, "{length}");
    fs::write(runner.file("summary"), "x".repeat(1_048_576 - 100)).unwrap();
    runner.run("diagnose").exits(0).complains(&["the job summary has no room"]);
    assert_eq!(runner.text("summary").len(), 1_048_576 - 100);
}

#[test]
fn the_job_ends_as_the_diagnosis_did_unless_fail_on_says_otherwise() {
    for (fail_on, status, verdict, ends) in [
        ("", "0", "confirmed", 0),
        ("unexplained", "1", "inconclusive", 1),
        ("unexplained", "3", "none", 3),
        ("failed", "0", "confirmed", 1),
        ("failed", "0", "passed", 0),
        ("failed", "1", "inconclusive", 1),
        ("error", "1", "inconclusive", 0),
        ("error", "4", "none", 4),
        ("never", "3", "none", 0),
        ("sometimes", "0", "passed", 2),
    ] {
        let runner = Runner::new(&[("FAIL_ON", fail_on), ("STATUS", status), ("VERDICT", verdict)]);
        assert_eq!(runner.run("status").status, Some(ends), "{fail_on} {status} {verdict}");
    }
    // A diagnosis that never came to write its status is an error.
    Runner::new(&[("STATUS", ""), ("VERDICT", "")]).run("status").exits(3);
}

#[test]
fn nothing_to_diagnose_is_told_by_the_outputs() {
    let runner = Runner::new(&[("INCIDENT", "tests/fixtures/cli/rules-with-mistakes")]);
    runner.run("diagnose").exits(0);
    let outputs = runner.outputs();
    assert_eq!((outputs["verdict"].as_str(), outputs["status"].as_str()), ("none", "3"));
    runner.run("issues").exits(3).complains(&["there is no report at"]);
}

/// Stands for the program: writes down what it was called with.
fn recorder(runner: &Runner) -> PathBuf {
    let (path, calls) = (runner.file("recorder"), runner.file("calls"));
    fs::write(&path, format!("#!/bin/sh\necho \"$*\" >> '{}'\necho '::error::zqx'\n", calls.display())).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path
}

#[test]
fn issues_and_comments_are_written_only_where_they_were_asked_for() {
    let mut runner = Runner::new(&[("ISSUES", "true"), ("COMMENT", "17")]);
    let program = recorder(&runner);
    runner.inputs.push(("INPUT_FIVEWHYS_PATH".to_owned(), program.display().to_string()));
    fs::create_dir(runner.file("report")).unwrap();
    fs::write(runner.file("report/report.json"), "{}").unwrap();
    let ran = runner.run("issues").exits(0);
    let report = runner.file("report").display().to_string();
    let expected = format!("issue {report} --repo octo/orbit --apply\nissue {report} --repo octo/orbit --comment 17 --apply\n");
    assert_eq!(runner.text("calls"), expected);
    assert!(obeyed(&ran.out).is_empty(), "{}", ran.out);
    runner.inputs.push(("INPUT_COMMENT".to_owned(), "1; id".to_owned()));
    runner.run("issues").exits(2).complains(&["input comment"]);
}

#[test]
fn the_key_of_the_cache_depends_on_the_source() {
    let runner = Runner::new(&[]);
    runner.run("key").exits(0);
    let key = runner.outputs()["key"].clone();
    assert!(key.starts_with("fivewhys-") && key.rsplit('-').next().unwrap().len() == 64, "{key}");
}

#[test]
fn no_script_of_the_action_holds_an_expression_and_every_input_reaches_a_step() {
    let text = fs::read_to_string(Path::new(root()).join("action.yml")).unwrap();
    for line in text.lines().filter(|line| line.trim_start().starts_with("run:")) {
        assert!(!line.contains("${{"), "{line}");
    }
    let inputs = text.split("\noutputs:").next().unwrap();
    let names = regex::Regex::new(r"(?m)^  ([a-z-]+):$").unwrap();
    for name in names.captures_iter(inputs).map(|captures| captures[1].to_owned()) {
        let uses = text.matches(&format!("inputs.{name}")).count();
        assert!(uses > 0, "{name} is used nowhere");
    }
    let actions = regex::Regex::new(r"uses: [\w/-]+@([0-9a-f]{40}) # v[0-9.]+\n").unwrap();
    assert_eq!(actions.find_iter(&text).count(), text.matches("uses: ").count());
}
