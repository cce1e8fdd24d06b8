//! A run that is watched while it goes on.

use super::*;

#[test]
fn the_status_is_the_commands_own_and_what_the_stream_left_out_is_read_again() {
    let now = Timestamp::now();
    let soon = |milliseconds: i64| now + milliseconds.milliseconds();
    let all: Vec<Stored> = (0..6).map(|n| line("p", "api", soon(n * 100), n as usize)).collect();
    let earlier = line("p", "api", now - 60.seconds(), 100);
    let pause = Duration::from_millis(100);
    let behaviour = Behaviour {
        entries: all.iter().chain([&earlier]).cloned().collect(),
        stream: vec![
            (pause, Ok(server::burst(&all[..2], 0))),
            (pause, Err(Status::unavailable("the stream is closed"))),
            // The second stream leaves two out and says so.
            (pause, Ok(server::burst(&all[4..], 2))),
        ],
        ..Behaviour::default()
    };
    let server = Server::start(behaviour);
    let folder = tempfile::tempdir().unwrap();
    let (url, out) = (server.url(), folder.path().join("f"));
    let out_text = out.display().to_string();
    let asked = [
        "watch",
        "--project",
        "p",
        "--service",
        "api",
        "--endpoint",
        &url,
        "--settle",
        "1s",
        "--save",
        &out_text,
        "--as",
        "ndjson",
        "--keep-secrets",
    ];
    let command = ["--", "sh", "-c", "echo the tests; sleep 2; exit 7"];
    let said = ran(&mut bare(asked.iter().chain(&command).copied())).exits(7).says(&["the tests", "left out at least 2 entries"]);
    assert!(said.err.is_empty(), "{}", said.err);
    holds(&out, all.iter().chain([&earlier]));
}

#[test]
fn the_tests_run_even_where_the_logs_cannot_be_had() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    let asked = ["watch", "--project", "p", "--endpoint", &url, "--settle", "0s"];
    let run =
        |ending: &[&str], command: &[&str]| ran(&mut bare(asked.iter().chain(ending).chain(&["--"]).chain(command).copied()));
    run(&[], &["sh", "-c", "exit 3"]).exits(3).complains(&["cannot reach"]);
    run(&["--exit-with", "diagnosis"], &["true"]).exits(4);
    run(&[], &["no-such-command-at-all"]).exits(127).complains(&["no-such-command-at-all"]);
    ran(&mut bare(["watch", "--project", "p", "--endpoint", "http://example.com", "--", "true"])).exits(2);
}

#[test]
fn results_are_those_that_the_command_wrote() {
    let server = Server::start(Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    let (stale, fresh) = (folder.path().join("stale.xml"), folder.path().join("fresh.xml"));
    let time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S");
    let text = |name: &str| {
        format!(
            "<testsuite name=\"s\" timestamp=\"{time}\"><testcase classname=\"s\" name=\"{name}\" time=\"1\"><failure message=\"no\"/></testcase></testsuite>"
        )
    };
    std::fs::write(&stale, text("of_yesterday")).unwrap();
    let file = std::fs::File::options().write(true).open(&stale).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(86_400)).unwrap();
    let writes = format!("echo '{}' > {}", text("of_today"), fresh.display());
    let (url, stale, fresh) = (server.url(), stale.display().to_string(), fresh.display().to_string());
    let asked = ["watch", "-t", &stale, "-t", &fresh, "--project", "p", "--endpoint", &url, "--settle", "0s", "-f", "json"];
    let said = ran(&mut bare(asked.iter().chain(&["--exit-with", "diagnosis", "--", "sh", "-c", &writes]).copied())).exits(1);
    let report = said.report();
    assert!(report["tests"][0]["id"].as_str().unwrap().contains("of_today"), "{report}");
    assert_eq!(report["tests"].as_array().unwrap().len(), 1);
    assert!(said.out.contains("was not written by this run"), "{}", said.out);
    assert!(report["reproduce"].as_str().unwrap().contains("-t "), "{report}");
}

#[cfg(unix)]
#[test]
fn a_request_to_end_is_passed_on_to_the_command_and_what_was_logged_is_kept() {
    let server = Server::start(Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    let (url, out) = (server.url(), folder.path().join("f").display().to_string());
    let asked = ["watch", "--project", "p", "--endpoint", &url, "--settle", "0s", "--save", &out];
    let command = ["--", "sh", "-c", "trap 'echo told; exit 9' TERM; echo ready; for tick in $(seq 600); do sleep 0.05; done"];
    let mut watched = bare(asked.iter().chain(&command).copied())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = std::io::BufReader::new(watched.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut printed, &mut first).unwrap();
    assert_eq!(first, "ready\n");
    let told = std::process::Command::new("kill").args(["-TERM", &watched.id().to_string()]).status().unwrap();
    assert!(told.success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut printed, &mut rest).unwrap();
    assert_eq!(watched.wait().unwrap().code(), Some(9));
    assert!(rest.starts_with("told\n"), "{rest}");
    assert!(folder.path().join("f/manifest.json").is_file());
}

#[cfg(unix)]
#[test]
fn what_comes_as_soon_as_the_command_runs_does_not_leave_it_alone() {
    let server = Server::start(Behaviour::default());
    let url = server.url();
    let asked = ["watch", "--project", "p", "--endpoint", &url, "--settle", "0s"];
    for command in [
        // A request to end is passed on.
        "trap 'exit 9' TERM; kill -TERM $PPID; for tick in $(seq 100); do sleep 0.05; done",
        // Ctrl-C is the command's own affair.
        "kill -INT $PPID; sleep 0.2; exit 9",
    ] {
        let watched = bare(asked.iter().chain(&["--", "sh", "-c", command]).copied()).output().unwrap();
        assert_eq!(watched.status.code(), Some(9), "{command}: {}", String::from_utf8_lossy(&watched.stderr));
    }
}

#[cfg(unix)]
#[test]
fn what_comes_after_the_command_has_ended_ends_the_reading() {
    let server = Server::start(Behaviour { latency: Duration::from_secs(20), ..Behaviour::default() });
    let url = server.url();
    let asked = ["watch", "--project", "p", "--endpoint", &url, "--settle", "20s"];
    for (signal, status) in [("TERM", 143), ("INT", 130)] {
        // The first one ends the wait for late entries.
        let command = format!("(for tick in $(seq 100); do sleep 0.1; kill -{signal} $PPID || exit; done) >&- 2>&- & exit 5");
        let watched = bare(asked.iter().chain(&["--", "sh", "-c", &command]).copied()).output().unwrap();
        assert_eq!(watched.status.code(), Some(status), "{signal}: {}", String::from_utf8_lossy(&watched.stderr));
    }
}
