//! What is asked for: resource names, filters, windows, and the plan that is printed instead.

use super::*;

fn dry(more: &[&str]) -> Ran {
    ran(&mut bare(["pull", "--dry-run"].iter().chain(more).copied()))
}

#[test]
fn a_dry_run_prints_windows_and_filters_and_asks_nobody() {
    let window = "2024-05-01T09:00:00Z/2024-05-01T09:05:00Z";
    let out = dry(&["--project", "p", "--service", "api,web", "--job", "batch", "--log", "stderr", "--window", window])
        .exits(0)
        .says(&["At least 1 request", "projects/p", "2024-05-01T09:00:00Z to 2024-05-01T09:05:00Z"])
        .out;
    let filter = out.split_once("(5m)\n").unwrap().1;
    assert_eq!(grammar::check(filter), Ok(()), "{filter}");
    assert_eq!(
        filter,
        "((resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"api\" OR \"web\")) OR (resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"batch\"))\n\
         AND log_id(\"run.googleapis.com/stderr\")\n\
         AND timestamp>=\"2024-05-01T09:00:00Z\"\nAND timestamp<\"2024-05-01T09:05:00Z\"\n"
    );
}

#[test]
fn failing_tests_are_looked_back_from_and_passing_ones_are_controls() {
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("junit.xml");
    let mut cases = String::new();
    for minute in 0..100 {
        let time = at(minute * 120_000).strftime("%Y-%m-%dT%H:%M:%S");
        let failure = if minute == 50 { "<failure message=\"no\"/>" } else { "" };
        cases.push_str(&format!("<testsuite name=\"s{minute}\" timestamp=\"{time}\" time=\"2\"><testcase classname=\"s\" name=\"t{minute}\" time=\"2\">{failure}</testcase></testsuite>"));
    }
    std::fs::write(&junit, format!("<testsuites>{cases}</testsuites>")).unwrap();
    let junit = junit.display().to_string();
    // The failing test begins at 10:40, and seven passing ones lie in the quarter of an hour before.
    let asked = ["-t", &junit, "--project", "p", "--service", "api"];
    dry(&asked)
        .exits(0)
        .says(&["1 failing window, 20 of 99 passing tests as controls", "14 stretches of time"])
        .says(&["2024-05-01T10:24:59Z to 2024-05-01T10:40:03Z"]);
    dry(&[&asked[..], &["--controls", "2", "--lookback", "5m"]].concat()).exits(0).says(&[
        "2 of 99 passing tests",
        "1 stretch of time",
        "2024-05-01T10:34:59Z to 2024-05-01T10:40:03Z",
    ]);
}

#[test]
fn what_cannot_be_asked_is_refused_at_home() {
    let window = ["--window", "2024-05-01T09:00:00Z/1m"];
    let refused = |more: &[&str], words: &[&str]| {
        dry(&[&window[..], more].concat()).exits(2).complains(words);
    };
    refused(&[], &["--project", "GOOGLE_CLOUD_PROJECT"]);
    refused(&["--project", "p", "--service", "a\" OR \"b"], &["a\" OR \"b", "service"]);
    refused(&["--project", "p", "--filter", "a=1) OR (b=2"], &["filter"]);
    refused(&["--project", "p", "--filter", "nosuchfield=1"], &["--filter", "nosuchfield"]);
    refused(&["--project", "p", "--view", "v"], &["projects/P/locations/L/buckets/B"]);
    refused(&["--project", "p", "--endpoint", "http://example.com"], &["plain text", "https://"]);
    dry(&["--project", "p"]).exits(2).complains(&["-t RESULTS", "--window"]);
    dry(&[&window[..], &["--project", "p", "--filter", "sample(insertId, 0.5)"]].concat())
        .exits(0)
        .says(&["sample(insertId, 0.5)"]);
}

#[test]
fn the_project_comes_from_the_environment_where_none_is_named() {
    let window = ["pull", "--dry-run", "--window", "2024-05-01T09:00:00Z/1m"];
    ran(bare(window).env("GOOGLE_CLOUD_PROJECT", "from-env")).exits(0).says(&["projects/from-env"]);
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.json");
    std::fs::write(&key, r#"{"type":"service_account","project_id":"from-key","client_email":"a@b.c","private_key":"SECRET"}"#)
        .unwrap();
    ran(bare(window).env("GOOGLE_APPLICATION_CREDENTIALS", &key)).exits(0).says(&["projects/from-key"]);
}

#[test]
fn an_expression_a_view_and_several_projects_reach_the_server() {
    let mut entries = ten_minutes(30);
    entries.extend((0..5).map(|n| said("q", "api", at(n), &format!("q{n}"), "other (project) \"quoted\"")));
    let server = Server::start(Behaviour { entries: entries.clone(), ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    let narrowed =
        ["--project", "q", "--filter", "textPayload:\"(project) \\\"quoted\\\"\" OR textPayload=~\"line 7 \" -- (only these"];
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &narrowed)).exits(0).says(&["6 entries"]);
    assert_eq!(server.seen()[0].names, ["projects/p", "projects/q"]);
    let view = ["--view", "projects/q/locations/global/buckets/_Default/views/_AllLogs"];
    ran(&mut pull_window(&server, &folder.path().join("g"), 10, &view)).exits(0).says(&["5 entries"]);
    holds(&folder.path().join("g"), &entries[30..]);
}
