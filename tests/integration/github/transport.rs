//! How GitHub is talked to: tokens, addresses, pages, pace.

use std::time::Duration;

use super::runs::{Run, seen};
use super::server::{Server, Trouble};
use super::{TOKEN, apply, call, issue, writes};
use crate::program::finish;

fn run(number: u32) -> super::Saved {
    Run::new(number, &[seen("auth/missing-jwt", &["test_login"]), seen("a/two", &["test_two"])]).save()
}

#[test]
fn the_token_goes_into_one_header_and_nowhere_else() {
    let server = Server::start();
    let mut report = Run::new(1, &[seen("auth/missing-jwt", &["test_login"])]).report();
    report["evidence"]["e1"]["excerpt"] = serde_json::json!(format!("sent {TOKEN} to nobody"));
    let saved = super::runs::write(&report);
    for more in [&["--plan-json"][..], &[], &["--apply"]] {
        issue(&server, &saved, more).exits(0);
    }
    for seen in server.take_seen() {
        let with: Vec<&str> =
            seen.headers.iter().filter(|(_, value)| value.contains(TOKEN)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(with, ["authorization"]);
    }
    // A server that repeats it does not make us repeat it.
    server.misbehave(|_, _| Some(Trouble::Instead(401, vec![], "Bad credentials: ghp_ThisTokenMustNotTurnUpAnywhere123456")));
    issue(&server, &saved, &["--apply"]).exits(4).says(&["Bad credentials", "the token is wrong or has expired"]);
}

#[test]
fn without_a_token_a_plan_is_made_and_nothing_is_applied() {
    let server = Server::start();
    let report = run(1);
    let mut planned = call(&server, &report, &[]);
    finish(planned.env_remove("GITHUB_TOKEN").env("PATH", ""), b"").exits(0).says(&["2 to create"]);
    let mut applied = call(&server, &report, &["--apply"]);
    finish(applied.env_remove("GITHUB_TOKEN").env("PATH", ""), b"")
        .exits(2)
        .complains(&["--apply needs a token", "GITHUB_TOKEN"]);
    let mut other = call(&server, &report, &["--apply"]);
    finish(other.env_remove("GITHUB_TOKEN").env("GH_TOKEN", TOKEN), b"").exits(0);
}

#[test]
fn a_configuration_alone_does_not_send_the_token_of_github_to_another_host() {
    let server = Server::start();
    let report = run(1);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("fivewhys.toml");
    std::fs::write(&config, format!("[issues]\nrepo = \"octo/app\"\napi-url = \"{}\"\n", server.url)).unwrap();
    let named = ["issue", report.path.to_str().unwrap(), "--pace", "1ms", "--config", config.to_str().unwrap()];
    let told = |variables: &[(&str, &str)]| {
        let mut command = crate::program::fivewhys(named.iter().chain(&["--plan-json"]));
        for name in ["GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GITHUB_API_URL"] {
            command.env_remove(name);
        }
        finish(command.env("PATH", "").envs(variables.iter().copied()), b"").exits(0);
        let seen = server.take_seen();
        assert!(!seen.is_empty());
        seen.iter().any(|seen| seen.headers.iter().any(|(_, value)| value.contains(TOKEN)))
    };
    assert!(!told(&[("GITHUB_TOKEN", TOKEN), ("GH_TOKEN", TOKEN)]));
    assert!(told(&[("GH_ENTERPRISE_TOKEN", TOKEN)]));
    assert!(told(&[("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", &server.url)]), "the server of the workflow");
}

#[cfg(unix)]
#[test]
fn the_gh_command_is_asked_last() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let gh = folder.path().join("gh");
    std::fs::write(&gh, format!("#!/bin/sh\n[ \"$1 $2\" = 'auth token' ] && echo {TOKEN}\n")).unwrap();
    std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let report = run(1);
    let mut applied = call(&server, &report, &["--apply"]);
    finish(applied.env_remove("GITHUB_TOKEN").env("PATH", folder.path()), b"").exits(0).says(&["created #1"]);
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let server = Server::start();
    let report = run(1);
    let path = report.path.to_str().unwrap();
    for (arguments, complaint) in [
        (vec!["issue", path, "--repo", "octo"], "expected OWNER/NAME"),
        (vec!["issue", path, "--repo", "octo/app", "--api-url", "http://github.example"], "expected https"),
        (vec!["issue", path, "--repo", "octo/app", "--api-url", "nonsense"], "no address"),
        (vec!["issue", path], "which repository?"),
    ] {
        let mut command = crate::program::fivewhys(&arguments);
        finish(command.env("GITHUB_TOKEN", TOKEN).env_remove("GITHUB_REPOSITORY"), b"").exits(2).complains(&[complaint]);
    }
    let missing = super::Saved::missing();
    issue(&server, &missing, &[]).exits(3);
    finish(&mut crate::program::fivewhys(["issue", path, "--repo", "octo/app", "--offline"]), b"")
        .exits(0)
        .says(&["2 to create", "nobody was asked"]);
}

#[test]
fn an_issue_on_the_last_of_many_pages_is_found() {
    let server = Server::start();
    apply(&server, &run(1)).exits(0);
    {
        let store = &mut server.state().store;
        store.page = 3;
        for number in 0..20 {
            let other = store.put(&format!("Other {number}"), "text");
            store.issues.get_mut(&other).unwrap().labels.push("fivewhys".to_owned());
        }
        // The two of ours come last.
        for number in [1, 2] {
            let mut own = store.issues.remove(&number).unwrap();
            own.number = 100 + number;
            store.issues.insert(100 + number, own);
        }
    }
    server.take_seen();
    apply(&server, &run(2)).exits(0).says(&["updated #101", "updated #102"]);
    assert_eq!(writes(&server), ["PATCH /issues/101", "PATCH /issues/102"]);
}

#[test]
fn writes_are_a_second_apart() {
    let server = Server::start();
    let report = run(1);
    let mut command = crate::program::fivewhys(["issue", report.path.to_str().unwrap(), "--repo", "octo/app", "--apply"]);
    command.args(["--api-url", &server.url]).env("GITHUB_TOKEN", TOKEN).env_remove("GITHUB_RUN_ID");
    finish(&mut command, b"").exits(0);
    let at: Vec<_> = server.take_seen().into_iter().filter(|seen| seen.method != "GET").map(|seen| seen.at).collect();
    assert_eq!(at.len(), 4);
    assert!(at.windows(2).all(|pair| pair[1].duration_since(pair[0]) >= Duration::from_secs(1)));
}

#[test]
fn a_renamed_repository_is_followed() {
    let server = Server::start();
    let url = server.url.clone();
    server.misbehave(move |seen, _| {
        let rest = seen.path.strip_prefix("/repos/octo/old")?;
        Some(Trouble::Instead(301, vec![("location", format!("{url}/repos/octo/app{rest}"))], "Moved Permanently"))
    });
    let report = run(1);
    let mut command = crate::program::fivewhys(["issue", report.path.to_str().unwrap(), "--repo", "octo/old", "--apply"]);
    command.args(["--api-url", &server.url, "--pace", "1ms"]).env("GITHUB_TOKEN", TOKEN).env_remove("GITHUB_RUN_ID");
    finish(&mut command, b"").exits(0).says(&["created #1", "created #2"]);
    assert_eq!(server.state().store.issues.len(), 2);
}
