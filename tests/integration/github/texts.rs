//! The texts themselves: never too long, never without what matters, never markup out of a log.

use comrak::{Options, markdown_to_html};
use serde_json::{Value, json};

use super::runs::{Run, Seen, seen, write};
use super::server::Server;
use super::{apply, issue};

fn essential(body: &str) {
    for part in [
        "`fivewhys-key: v1 ",
        "**Why 1 · observed:**",
        "- [ ] **Now:** Put it right.",
        "fivewhys diagnose run",
        "| Run | Revision | Tests |",
        "`fivewhys-end: v1 ",
    ] {
        assert!(body.contains(part), "{part} is not in a body of {} bytes", body.len());
    }
}

#[test]
fn two_thousand_failing_tests_fit_into_a_body_with_all_that_matters() {
    let server = Server::start();
    let long = |number: usize| format!("tests/e2e/{}/test_{number}.py::TestSomething::test_it", "deep/".repeat(20));
    let tests: Vec<String> = (0..2000).map(long).collect();
    let cause = Seen { tests, ..seen("auth/missing-jwt", &[]) };
    for number in 1..=2 {
        let run = Run::new(number, std::slice::from_ref(&cause)).save();
        apply(&server, &run).exits(0);
    }
    let body = server.state().store.issues[&1].body.clone();
    essential(&body);
    assert!(body.chars().count() <= 65_536 && body.contains("Seen in 2 runs"), "{}", body.len());
    // A person's long text takes its room from ours.
    let note = "Ünser Text. ".repeat(3000);
    server.state().store.issues.get_mut(&1).unwrap().body.insert_str(0, &format!("{note}\n"));
    apply(&server, &Run::new(3, &[cause]).save()).exits(0).says(&["updated #1"]);
    let body = server.state().store.issues[&1].body.clone();
    essential(&body);
    assert!(body.starts_with(&note) && body.chars().count() <= 65_536);
}

#[test]
fn old_runs_are_folded_into_one_row() {
    let server = Server::start();
    for number in 1..=30 {
        apply(&server, &Run::new(number, &[seen("auth/missing-jwt", &["test_login"])]).save()).exits(0);
    }
    let body = server.state().store.issues[&1].body.clone();
    assert!(body.contains("Seen in 30 runs") && body.contains("| 11 earlier |"), "{body}");
    assert_eq!(body.lines().filter(|line| line.starts_with("| `r-")).count(), 19);
}

#[test]
fn giant_texts_of_a_report_leave_what_matters() {
    let mut report = Run::new(1, &[seen("auth/missing-jwt", &["test_login"])]).report();
    let giant = "Lorem `ipsum` dolor. ".repeat(20_000);
    report["causes"][0]["title"] = json!(giant);
    report["tests"][0]["error"] = json!(giant);
    report["evidence"]["e1"]["excerpt"] = json!(giant);
    let why = report["tests"][0]["hypotheses"][0]["whys"][0].clone();
    report["tests"][0]["hypotheses"][0]["whys"] = Value::Array(
        (0..60)
            .map(|_| {
                let mut why = why.clone();
                why["answer"] = json!(giant);
                why
            })
            .collect(),
    );
    let server = Server::start();
    apply(&server, &write(&report)).exits(0).says(&["created #1"]);
    essential(&server.state().store.issues[&1].body);
    assert!(server.state().store.issues[&1].title.chars().count() <= 256);
}

/// A text that tries everything.
const HOSTILE: &str = "@octocat fixes #1, closes octo/app#2 https://github.com/octo/app/issues/3 <img src=x onerror=alert(1)> [x](javascript:1)\n\
    ```\n`fivewhys-end: v1 auth/missing-jwt 0123456789abcdef`\n`fivewhys-key: v1 a/b 0123456789abcdef`\n\
    | Run | Revision | Tests | When (UTC) |\n|---|---|---|---|\n| `x` | y | 1 | z |\nfivewhys-memory: v1\ntold\n::error::x\n\u{1b}[31m\u{202e}";

#[test]
fn hostile_texts_become_no_mention_link_keyword_or_mark() {
    let mut report =
        Run::new(1, &[Seen { print: format!("auth/missing-jwt x={HOSTILE}"), ..seen("auth/missing-jwt", &[HOSTILE]) }]).report();
    for pointer in
        ["/causes/0/title", "/tests/0/error", "/evidence/e1/excerpt", "/causes/0/remedy/verify", "/evidence/e1/revision"]
    {
        *report.pointer_mut(pointer).unwrap() = json!(HOSTILE);
    }
    let server = Server::start();
    apply(&server, &write(&report)).exits(0).says(&["created #1"]);
    report["run"]["started_at"] = json!("2026-10-02T06:00:00Z");
    let more = json!(format!("{HOSTILE} two"));
    report["causes"][0]["tests"].as_array_mut().unwrap().push(more.clone());
    let mut second = report["tests"][0].clone();
    second["id"] = more;
    report["tests"].as_array_mut().unwrap().push(second);
    let ran = apply(&server, &write(&report)).exits(0).says(&["updated #1", "commented #1"]);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']) && !ran.out.lines().any(|line| line.starts_with("::")));
    let store = &server.state().store;
    assert_eq!(store.issues.len(), 1, "found again by the one key that is its own");
    let body = &store.issues[&1].body;
    assert_eq!(body.lines().filter(|line| line.starts_with("`fivewhys-")).count(), 2, "{body}");
    assert!(body.contains("Seen in 2 runs"));
    let code = regex::Regex::new(r"(?s)<(code|pre)[^>]*>.*?</(code|pre)>").unwrap();
    for text in [body.as_str(), store.comments_of(1)[0]] {
        let mut options = Options::default();
        (options.extension.table, options.extension.autolink, options.extension.tasklist) = (true, true, true);
        options.render.r#unsafe = true;
        let html = markdown_to_html(text, &options);
        assert!(
            !html.contains("<img")
                && !html.contains("href=\"javascript")
                && !html.contains("<a href=\"https://github.com/octo/app/issues/3"),
            "{html}"
        );
        let prose = code.replace_all(&html, "");
        assert!(!prose.contains("@octocat") && !prose.contains("#1,") && !prose.contains("app#2"), "{prose}");
    }
}

#[test]
fn the_published_schema_of_a_plan_is_the_one_in_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.schema.json");
    let schema = fivewhys::issues::plan::schema().unwrap();
    if std::env::var_os("FIVEWHYS_BLESS").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == schema, "docs/plan.schema.json is out of date: run the tests with FIVEWHYS_BLESS=1");
}

#[test]
fn the_plan_in_the_documentation_is_real() {
    let shown = crate::docs::shown("docs/github-issues.md");
    assert_eq!(shown.len(), 1);
    for (command, lines) in shown {
        let mut call = crate::program::fivewhys(command.split_whitespace());
        for name in ["GITHUB_RUN_ID", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "FIVEWHYS_CONFIG"] {
            call.env_remove(name);
        }
        let ran = crate::program::finish(&mut call, b"").exits(0);
        assert_eq!(crate::docs::unprinted(&lines, &ran.out), None, "{}", ran.out);
    }
}

#[test]
fn every_option_of_issue_is_documented() {
    let page = std::fs::read_to_string(crate::program::root().join("docs/github-issues.md")).unwrap();
    let help = crate::program::run(["issue", "--help"]).exits(0).out;
    let options = regex::Regex::new(r"(?m)^\s+(?:-\w, )?(--[a-z-]+)").unwrap();
    for option in options.captures_iter(&help).map(|captures| captures[1].to_owned()) {
        let common = ["--help", "--version", "--config", "--no-config"].contains(&option.as_str());
        assert!(common || page.contains(&option), "{option} is not in docs/github-issues.md");
    }
}

#[test]
fn a_plan_keeps_to_its_published_schema() {
    let server = Server::start();
    apply(&server, &Run::new(1, &[seen("auth/missing-jwt", &["test_login"])]).save()).exits(0);
    let causes = [seen("auth/missing-jwt", &["test_login", "test_more"]), seen("a/two", &["test_two"])];
    let plan = issue(&server, &Run::new(2, &causes).save(), &["--plan-json"]).exits(0).report();
    let schema: Value = serde_json::from_str(&fivewhys::issues::plan::schema().unwrap()).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("https://schema.example/plan.json", schema).unwrap();
    let index = compiler.compile("https://schema.example/plan.json", &mut schemas).unwrap();
    schemas.validate(&plan, index).unwrap_or_else(|error| panic!("{error:#}"));
    let kinds: Vec<&str> = plan["actions"].as_array().unwrap().iter().map(|action| action["do"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["comment", "update", "create"]);
}
