//! Whatever goes wrong at whatever call: never two open issues with one key, and what could not be done is said.

use std::sync::OnceLock;
use std::time::Duration;

use super::runs::{Run, Saved, seen};
use super::server::{Seen, Server, Trouble};
use super::store::Store;
use super::{apply, call, check};
use crate::program::Ran;

/// What a repository looks like from outside: issues by title with state and text, comments.
type EndState = (Vec<(String, bool, String)>, usize);

fn end_state(server: &Server) -> EndState {
    let store = &server.state().store;
    let issues = store.issues.values().map(|issue| (issue.title.clone(), issue.open, issue.body.clone()));
    (issues.collect(), store.comments.len())
}

/// A repository with one issue that is closed and one that is open, and a run that reopens, comments, updates and creates.
fn scene() -> (Server, &'static Saved) {
    static PREPARED: OnceLock<(Store, Saved)> = OnceLock::new();
    let (store, report) = PREPARED.get_or_init(|| {
        let server = Server::start();
        let before = [seen("auth/missing-jwt", &["test_login"]), seen("network/timeout", &["test_slow"])];
        apply(&server, &Run::new(1, &before).save()).exits(0);
        server.state().store.close(1, 0);
        let worse = seen("network/timeout", &["test_slow", "test_slower"]);
        let after = Run::new(2, &[seen("auth/missing-jwt", &["test_login"]), worse, seen("cloud-run/crash", &["test_start"])]);
        let store = server.state().store.clone();
        (store, after.save())
    });
    let server = Server::start();
    server.state().store = store.clone();
    (server, report)
}

fn faultless() -> (EndState, usize) {
    let (server, report) = scene();
    apply(&server, report).exits(0).says(&["reopened #1", "commented #1", "commented #2", "updated #2", "created #3"]);
    let calls = server.take_seen().len();
    (end_state(&server), calls)
}

#[test]
fn a_fault_at_any_call_leaves_what_a_run_without_faults_leaves() {
    let (wanted, calls) = faultless();
    assert!(calls > 15, "{calls} calls");
    let kinds = [
        Trouble::DroppedBefore,
        Trouble::DroppedAfter,
        Trouble::FailedAfter,
        Trouble::CutAfter,
        Trouble::Instead(503, vec![], "Service Unavailable"),
        Trouble::Instead(429, vec![("retry-after", "0".to_owned())], "You have exceeded a secondary rate limit"),
    ];
    for kind in kinds {
        for place in 0..calls {
            let (server, report) = scene();
            let trouble = kind.clone();
            server.misbehave(move |_, number| (number == place).then(|| trouble.clone()));
            let ran = apply(&server, report);
            assert_eq!(ran.status, Some(0), "{kind:?} at call {place}:\n{}\n{}", ran.out, ran.err);
            assert_eq!(end_state(&server), wanted, "{kind:?} at call {place}");
        }
    }
}

#[test]
fn faults_that_last_are_said_and_the_next_run_does_what_is_left() {
    let (wanted, calls) = faultless();
    for place in 0..calls {
        let (server, report) = scene();
        server.misbehave(move |_, number| (number >= place).then_some(Trouble::FailedAfter));
        apply(&server, report).exits(4);
        server.behave();
        apply(&server, report).exits(0);
        assert_eq!(end_state(&server), wanted, "from call {place} on");
    }
}

#[test]
fn nothing_is_created_where_the_look_fails_or_is_cut_short() {
    let report = Run::new(1, &[seen("auth/missing-jwt", &["test_login"])]).save();
    type Which = fn(&Seen) -> bool;
    let looks: [(&str, Which); 3] = [
        ("search", |seen| seen.path == "/search/issues"),
        ("list", |seen| seen.path.ends_with("/issues")),
        ("labels", |seen| seen.path.ends_with("/labels")),
    ];
    for (name, which) in looks {
        let server = Server::start();
        server.misbehave(move |seen, _| which(seen).then_some(Trouble::Instead(500, vec![], "x")));
        apply(&server, &report).exits(4).says(&["could not look", "nothing is created"]);
        assert!(server.state().store.issues.is_empty(), "{name}");
    }
    let server = Server::start();
    server.state().store.incomplete = true;
    apply(&server, &report).exits(4).says(&["could not look", "incomplete_results"]);
    assert!(server.state().store.issues.is_empty());
    server.state().store.incomplete = false;
    for status in [401, 403, 404, 410] {
        server.misbehave(move |_, _| Some(Trouble::Instead(status, vec![], "No")));
        apply(&server, &report).exits(4).says(&["could not look", &status.to_string()]);
    }
}

#[test]
fn two_processes_at_once_leave_one_open_issue_for_each_cause() {
    for round in 0..6_u64 {
        let server = Server::start();
        let causes = [seen("auth/missing-jwt", &["test_login"]), seen("network/timeout", &["test_slow"])];
        let (one, other) = (Run::new(1, &causes).save(), Run::new(2, &causes).save());
        // Both look before either has written, and what each writes takes its time.
        server.misbehave(move |seen, number| {
            let millis =
                if seen.method == "POST" { 40 + (number as u64 * 7 + round * 11) % 60 } else { (number as u64 * 5 + round) % 20 };
            Some(Trouble::Slow(Duration::from_millis(millis)))
        });
        let spawn = |report: &Saved| call(&server, report, &["--apply"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let running = [spawn(&one), spawn(&other)];
        let ended = running.map(|child| child.wait_with_output().unwrap());
        for output in &ended {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        check(&server);
        server.behave();
        let store = &server.state().store;
        let open: Vec<_> = store.issues.values().filter(|issue| issue.open).collect();
        assert_eq!(open.len(), 2, "round {round}: {:?}", store.issues.keys());
        for issue in open {
            let rows = issue.body.lines().filter(|line| line.starts_with("| `r-")).count();
            assert_eq!(rows, 2, "round {round}: both runs are in the table of #{}\n{}", issue.number, issue.body);
        }
    }
}

fn last_for(status: u16, headers: Vec<(&'static str, String)>, message: &'static str) -> (Server, Ran, Duration) {
    let server = Server::start();
    let mut times = 0;
    server.misbehave(move |seen, _| {
        times += usize::from(seen.method == "POST" && seen.path.ends_with("/issues"));
        let first = times == 1 && seen.method == "POST" && seen.path.ends_with("/issues");
        first.then(|| Trouble::Instead(status, headers.clone(), message))
    });
    let started = std::time::Instant::now();
    let ran = apply(&server, &Run::new(1, &[seen("auth/missing-jwt", &["test_login"])]).save());
    (server, ran, started.elapsed())
}

#[test]
fn limits_are_waited_for_as_long_as_github_asks() {
    let (server, ran, took) = last_for(403, vec![("retry-after", "2".to_owned())], "You have exceeded a secondary rate limit");
    ran.exits(0).says(&["created #1"]);
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert_eq!(server.state().store.issues.len(), 1);
    let reset = jiff::Timestamp::now().as_second() + 1;
    let headers = vec![("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", reset.to_string())];
    last_for(403, headers, "API rate limit exceeded").1.exits(0).says(&["created #1"]);
    let far = (jiff::Timestamp::now().as_second() + 3000).to_string();
    let headers = vec![("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", far)];
    let (server, ran, took) = last_for(429, headers, "API rate limit exceeded");
    ran.exits(4).says(&["failed", "rate limit", "goes on later"]);
    assert!(took < Duration::from_secs(60) && server.state().store.issues.is_empty());
}
