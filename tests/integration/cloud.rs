//! Pulling from Cloud Logging: the program as a process against a stand-in that is strict where the service is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};
use tonic::Status;

use crate::program::{Ran, finish, fivewhys};

mod entries;
mod faults;
mod grammar;
mod interruption;
mod selection;
mod server;
mod service;
mod watching;

use entries::{Stored, at, line, said};
use server::{Behaviour, Server, sorted};

/// The program without any credentials around it.
pub fn bare<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = fivewhys(arguments);
    for variable in ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCP_PROJECT", "PROJECT_ID", "GCP_PROJECT_ID"] {
        command.env_remove(variable);
    }
    // Nothing listens there.
    command.env("HOME", "tests/fixtures/cli").env("APPDATA", "tests/fixtures/cli").env("GCE_METADATA_HOST", "127.0.0.1:1");
    command
}

/// `pull` of one window of the service `api` of the project `p`, as NDJSON with secrets, into the folder.
pub fn pull_window(server: &Server, folder: &Path, minutes: i64, more: &[&str]) -> Command {
    let window = format!("{}/{}", at(0), at(minutes * 60_000));
    let url = server.url();
    let folder = folder.display().to_string();
    let always =
        ["pull", "--project", "p", "--service", "api", "--endpoint", &url, "--as", "ndjson", "--keep-secrets", "-o", &folder];
    bare(always.iter().chain(["--window", &window].iter()).chain(more).copied())
}

pub fn ran(command: &mut Command) -> Ran {
    finish(command, b"")
}

/// All entries of a pulled folder, in the order of the files.
pub fn pulled(folder: &Path) -> Vec<Map<String, Value>> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("logs")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts.flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()).collect()
}

/// Fails unless the folder holds exactly these entries, each once.
pub fn holds<'a>(folder: &Path, expected: impl IntoIterator<Item = &'a Stored>) {
    let (pulled, expected) = (sorted(pulled(folder)), sorted(expected.into_iter().map(|entry| entry.json.clone())));
    assert_eq!(pulled.len(), expected.len(), "so many entries");
    assert!(pulled == expected, "the entries differ, first {:?}", pulled.iter().zip(&expected).find(|(a, b)| a != b));
}

/// So many lines of `api`, spread over ten minutes, some of them at the same moment.
pub fn ten_minutes(count: usize) -> Vec<Stored> {
    (0..count).map(|number| line("p", "api", at((number / 3 * 3) as i64 * 600_000 / count as i64), number)).collect()
}

/// How many requests so many entries need at least.
pub fn least(entries: usize) -> usize {
    entries.div_ceil(1000).max(1)
}

#[test]
fn every_entry_comes_once_in_as_few_requests_as_it_takes() {
    let entries = ten_minutes(2_345);
    let server = Server::start(Behaviour { entries: entries.clone(), ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0).says(&["2345 entries", "3 requests"]);
    holds(&folder.path().join("f"), &entries);
    assert_eq!(server.seen().len(), least(2_345));
}

#[test]
fn what_is_beside_the_window_or_the_service_stays_where_it_is() {
    let mut all = ten_minutes(30);
    let inside = all.clone();
    all.push(line("p", "api", at(-1), 1_000));
    all.push(line("p", "api", at(600_000), 1_001));
    all.push(line("p", "web", at(5_000), 1_002));
    all.push(line("q", "api", at(5_000), 1_003));
    let server = Server::start(Behaviour { entries: all, ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0);
    holds(&folder.path().join("f"), &inside);
}

#[test]
fn untidy_pages_and_empty_pages_lose_and_repeat_nothing() {
    let entries = ten_minutes(900);
    let behaviour = Behaviour { entries: entries.clone(), page: 100, empty_pages: true, untidy: true, ..Behaviour::default() };
    let server = Server::start(behaviour);
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0).says(&["900 entries"]);
    holds(&folder.path().join("f"), &entries);
}

#[test]
fn pages_that_are_too_large_are_asked_for_in_smaller_ones() {
    let long = "x".repeat(240_000);
    let entries: Vec<Stored> = (0..300).map(|n| said("p", "api", at(n), &format!("id-{n:03}"), &long)).collect();
    let server = Server::start(Behaviour { entries: entries.clone(), ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0).says(&["300 entries", "3 requests"]);
    holds(&folder.path().join("f"), &entries);
}

#[test]
fn a_run_in_which_nothing_failed_asks_nobody() {
    let server = Server::start(Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("junit.xml");
    std::fs::write(&junit, "<testsuites><testsuite name=\"s\" timestamp=\"2024-05-01T09:00:00\"><testcase classname=\"s\" name=\"t\" time=\"1\"/></testsuite></testsuites>").unwrap();
    let (url, junit) = (server.url(), junit.display().to_string());
    ran(&mut bare(["diagnose", "-t", &junit, "--project", "p", "--endpoint", &url])).exits(0);
    assert!(server.seen().is_empty());
}

#[test]
fn nothing_logged_is_a_result_and_no_failure() {
    let server = Server::start(Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0).says(&["0 entries"]);
}

/// Windows of a minute, an hour apart, so that none of them merge.
fn sixty_windows(count: usize) -> (Vec<Stored>, String) {
    let mut entries = Vec::with_capacity(count);
    let mut cases = String::new();
    for window in 0..60 {
        let start = window as i64 * 3_600_000;
        // Uneven: the later windows hold more.
        let here = count * (window + 1) * 2 / (60 * 61)
            + usize::from(window == 59) * (count - (0..60).map(|w| count * (w + 1) * 2 / (60 * 61)).sum::<usize>());
        entries.extend(
            (0..here).map(|n| line("p", "api", at(start + (n * 9_000 / here) as i64), entries.len() + n)).collect::<Vec<_>>(),
        );
        let time = at(start).strftime("%Y-%m-%dT%H:%M:%S");
        cases.push_str(&format!("<testsuite name=\"s{window}\" timestamp=\"{time}\" time=\"9\"><testcase classname=\"s\" name=\"t{window}\" time=\"9\"><failure message=\"no\"/></testcase></testsuite>\n"));
    }
    (entries, format!("<testsuites>\n{cases}</testsuites>\n"))
}

/// 100,000 entries take a minute in a debug build: `FIVEWHYS_LARGE=1` asks for them.
#[test]
fn sixty_windows_through_latency_and_quota_stay_within_the_bound() {
    let large = std::env::var_os("FIVEWHYS_LARGE").is_some();
    let (count, latency, quota) =
        if large { (100_000, 50, (30, Duration::from_secs(10))) } else { (6_000, 2, (30, Duration::from_millis(300))) };
    let (entries, results) = sixty_windows(count);
    assert_eq!(entries.len(), count);
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("junit.xml");
    std::fs::write(&junit, results).unwrap();
    let server = Server::start(Behaviour {
        entries: entries.clone(),
        latency: Duration::from_millis(latency),
        quota: Some(quota),
        ..Behaviour::default()
    });
    let (url, out, junit) = (server.url(), folder.path().join("f"), junit.display().to_string());
    let began = Instant::now();
    let out_text = out.display().to_string();
    let asked = [
        "pull",
        "-t",
        &junit,
        "--project",
        "p",
        "--service",
        "api",
        "--endpoint",
        &url,
        "--as",
        "ndjson",
        "--keep-secrets",
        "-o",
    ];
    let peak = peak_of(&mut bare(asked.iter().chain([&out_text.as_str()])));
    let took = began.elapsed();
    holds(&out, &entries);
    let answered = server.seen().iter().filter(|seen| seen.answered).count();
    let filters: BTreeSet<String> = server.seen().into_iter().map(|seen| seen.filter).collect();
    assert_eq!(filters.len(), 60, "one query for each window");
    assert!(answered <= count.div_ceil(1000) + 60, "{answered} requests");
    assert!(peak < 300, "{peak} MiB");
    let refused = server.seen().len() - answered;
    assert!(refused <= answered / 4, "{refused} requests were sent in vain");
    if large {
        // As it is usually done: Parquet, without secrets.
        let out = folder.path().join("g").display().to_string();
        let began = Instant::now();
        let peak =
            peak_of(&mut bare(["pull", "-t", &junit, "--project", "p", "--service", "api", "--endpoint", &url, "-o", &out]));
        println!("as Parquet {:?}, {peak} MiB", began.elapsed());
        assert!(peak < 300, "{peak} MiB");
    }
    println!("{count} entries, {answered} requests and {refused} refused, {took:?}, {peak} MiB");
}

/// Runs the program to its good end and gives the most memory it had, in MiB; 0 where the system does not tell. (What
/// the system counts for children would hold this process too, out of which they came.)
fn peak_of(command: &mut Command) -> usize {
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
        peak = peak.max(line.unwrap_or(0) / 1024);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(0));
    peak
}

#[test]
fn late_entries_are_merged_once() {
    let now = Timestamp::now();
    let back = |seconds: i64| now - seconds.seconds();
    let mut entries: Vec<Stored> = (0..20).map(|n| line("p", "api", back(50 - n), n as usize)).collect();
    entries.extend((0..3).map(|n| line("p", "api", back(30 - n), 100 + n as usize).arriving(1)));
    let server = Server::start(Behaviour { entries: entries.clone(), ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    let (url, out) = (server.url(), folder.path().join("f"));
    let window = format!("{}/{}", back(60), back(22));
    let out_text = out.display().to_string();
    ran(&mut bare([
        "pull",
        "--project",
        "p",
        "--service",
        "api",
        "--window",
        &window,
        "--settle",
        "30s",
        "--endpoint",
        &url,
        "--as",
        "ndjson",
        "--keep-secrets",
        "-o",
        &out_text,
    ]))
    .exits(0)
    .says(&["23 entries"]);
    holds(&out, &entries);
    assert!(server.seen().len() >= 2);
}

/// The logs of a sample as the stand-in holds them.
fn sample_entries(name: &str) -> Vec<Stored> {
    let text = std::fs::read_to_string(crate::program::root().join("samples").join(name).join("logs.json")).unwrap();
    let entries: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
    entries.into_iter().map(entries::of_json).collect()
}

#[test]
fn diagnosing_at_once_and_from_the_folder_is_the_same() {
    let entries = sample_entries("missing-jwt");
    let project = entries[0].project();
    let server = Server::start(Behaviour { entries, ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    let (url, out) = (server.url(), folder.path().join("f").display().to_string());
    let asked =
        ["-t", "samples/missing-jwt/junit.xml", "samples/missing-jwt/reportlog.jsonl", "--project", &project, "--endpoint", &url];
    let report = |words: &[&str]| ran(&mut bare(words.iter().chain(&["-f", "json"]).copied()));
    let at_once = report(&[&["diagnose"], &asked[..]].concat()).exits(0);
    let causes = at_once.report()["causes"].clone();
    assert_eq!(causes[0]["root"], "auth/missing-jwt");
    assert_eq!(causes[0]["verdict"], "confirmed");
    ran(&mut bare([&["pull", "-o", &out], &asked[..]].concat())).exits(0);
    // The folder can go elsewhere, and the files it was made of can be gone.
    let elsewhere = folder.path().join("elsewhere");
    std::fs::rename(&out, &elsewhere).unwrap();
    drop(server);
    assert_eq!(report(&["diagnose", &elsewhere.display().to_string()]).exits(0).out, at_once.out);
    let saved = folder.path().join("saved").display().to_string();
    assert!(at_once.report()["reproduce"].as_str().unwrap().starts_with("fivewhys diagnose -t samples/missing-jwt/junit.xml"));
    let server = Server::start(Behaviour { entries: sample_entries("missing-jwt"), ..Behaviour::default() });
    let url = server.url();
    let again = ["diagnose", "-t", asked[1], asked[2], "--project", &project, "--endpoint", &url, "--save", &saved];
    assert_eq!(report(&again).exits(0).out, at_once.out);
    assert!(Path::new(&saved).join("manifest.json").is_file());
}

#[test]
fn what_the_configuration_takes_out_is_not_written_into_the_folder() {
    let server = Server::start(Behaviour { entries: ten_minutes(30), ..Behaviour::default() });
    let place = tempfile::tempdir().unwrap();
    let (config, folder) = (place.path().join("fivewhys.toml"), place.path().join("pulled"));
    std::fs::write(&config, "[redact.patterns]\nline = 'line \\d+ of api'\n").unwrap();
    let window = format!("{}/{}", at(0), at(600_000));
    let (url, folder_word, config_word) = (server.url(), folder.display().to_string(), config.display().to_string());
    let words = [
        "pull",
        "--project",
        "p",
        "--service",
        "api",
        "--endpoint",
        &url,
        "--as",
        "ndjson",
        "-o",
        &folder_word,
        "--window",
        &window,
        "--config",
        &config_word,
    ];
    ran(&mut bare(words)).exits(0);
    let texts: Vec<String> = pulled(&folder).iter().map(|entry| Value::Object(entry.clone()).to_string()).collect();
    assert_eq!(texts.len(), 30);
    assert!(texts.iter().all(|text| text.contains("‹custom:")), "{}", texts[0]);
}
