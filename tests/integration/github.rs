//! `fivewhys issue` against a server that keeps issues as GitHub does, every request and answer checked against
//! GitHub's published description.

mod faults;
mod lifecycle;
mod noise;
mod openapi;
mod respect;
mod runs;
mod server;
mod store;
mod texts;
mod transport;

use std::process::Command;

use serde_json::Value;

use crate::program::{Ran, finish, fivewhys};
use runs::Saved;
use server::Server;

/// The token of these tests: it must not turn up anywhere.
const TOKEN: &str = "ghp_ThisTokenMustNotTurnUpAnywhere123456";

/// A call of `fivewhys issue` for a report on this server.
fn call(server: &Server, report: &Saved, more: &[&str]) -> Command {
    let report = report.path.to_str().unwrap();
    let base = ["issue", report, "--repo", "octo/app", "--api-url", &server.url, "--pace", "1ms"];
    let mut command = fivewhys(base.iter().chain(more));
    for name in ["GH_TOKEN", "GITHUB_RUN_ID", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_API_URL", "FIVEWHYS_CONFIG"] {
        command.env_remove(name);
    }
    command.env("GITHUB_TOKEN", TOKEN);
    command
}

/// Runs it, and checks what holds for every run: valid requests, bodies within GitHub's limit, the token nowhere.
fn issue(server: &Server, report: &Saved, more: &[&str]) -> Ran {
    let ran = finish(&mut call(server, report, more), b"");
    check(server);
    assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "the token is in the output:\n{}\n{}", ran.out, ran.err);
    ran
}

fn apply(server: &Server, report: &Saved) -> Ran {
    issue(server, report, &["--apply"])
}

fn check(server: &Server) {
    let state = server.state();
    assert!(state.wrong.is_empty(), "{}", state.wrong.join("\n"));
    for seen in &state.seen {
        let body = seen.body.as_ref().map(Value::to_string).unwrap_or_default();
        assert!(!body.contains(TOKEN) && !seen.path.contains(TOKEN), "the token is in a request's text");
        let text = seen.body.as_ref().and_then(|body| body["body"].as_str()).unwrap_or_default();
        assert!(
            text.chars().count() <= 65_536,
            "{} {} has a body of {} characters",
            seen.method,
            seen.path,
            text.chars().count()
        );
    }
    let mut open = std::collections::BTreeMap::new();
    // What an outsider copied is not ours.
    for issue in state.store.issues.values().filter(|issue| issue.open && issue.author != "mallory") {
        for line in issue.body.lines().filter(|line| line.starts_with("`fivewhys-key: v1 ")) {
            *open.entry(line.to_owned()).or_insert(0) += 1;
        }
    }
    assert!(open.values().all(|count| *count == 1), "two open issues with one key: {open:?}");
}

/// Requests that write, as `POST /issues`.
fn writes(server: &Server) -> Vec<String> {
    let seen = server.take_seen();
    let writes = seen.iter().filter(|seen| seen.method != "GET");
    writes.map(|seen| format!("{} {}", seen.method, seen.path.trim_start_matches("/repos/octo/app"))).collect()
}
