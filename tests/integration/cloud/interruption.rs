//! A pull that is killed at any moment goes on where it was.

use super::*;

/// A number that differs from run to run, below the limit.
fn random(below: u64) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0_u8) % below
}

/// `FIVEWHYS_KILLS` says how often.
#[test]
fn a_pull_killed_again_and_again_ends_with_the_same_entries() {
    let kills: u32 = std::env::var("FIVEWHYS_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let entries = ten_minutes(3_000);
    let latency = Duration::from_millis(15);
    let server = Server::start(Behaviour { entries: entries.clone(), page: 20, latency, ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f");
    let mut killed = 0;
    for _ in 0..kills {
        let mut child = pull_window(&server, &out, 10, &[]);
        let mut child = child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(random(700)));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    ran(&mut pull_window(&server, &out, 10, &[])).exits(0);
    holds(&out, &entries);
    assert!(killed > 0, "it was always done before it could be killed");
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_what_is_there() {
    let entries = ten_minutes(400);
    let latency = Duration::from_millis(100);
    let server = Server::start(Behaviour { entries: entries.clone(), page: 20, latency, ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f");
    let mut command = pull_window(&server, &out, 10, &[]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while server.seen().len() < 4 {
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the same command goes on"));
    let before = server.seen().len();
    server.change(|behaviour| behaviour.latency = Duration::ZERO);
    ran(&mut pull_window(&server, &out, 10, &[])).exits(0);
    holds(&out, &entries);
    assert!(server.seen().len() - before < 20, "nothing that was there is asked for again");
}
