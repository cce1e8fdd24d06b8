//! The life of issues over many runs.

use super::runs::{Run, Seen, seen};
use super::server::Server;
use super::{apply, issue, writes};

const LOGIN: [&str; 2] = ["test_login", "test_logout"];

fn login() -> Seen {
    seen("auth/missing-jwt", &LOGIN)
}

fn timeout() -> Seen {
    seen("network/timeout", &["test_slow"])
}

fn crash() -> Seen {
    seen("cloud-run/crash", &["test_start"])
}

#[test]
fn ten_runs_with_one_cause_fixed_one_returning_and_one_new_leave_three_well_kept_issues() {
    let server = Server::start();
    let all_pass = ["test_login", "test_logout", "test_slow", "test_start"];

    apply(&server, &Run::new(1, &[login(), timeout()]).passed(&["test_start"]).save())
        .exits(0)
        .says(&["created #1", "created #2"]);
    assert_eq!(writes(&server), ["POST /labels", "POST /labels", "POST /issues", "POST /issues"]);
    apply(&server, &Run::new(2, &[login(), timeout()]).save()).exits(0).says(&["updated #1", "updated #2"]);
    assert_eq!(writes(&server), ["PATCH /issues/1", "PATCH /issues/2"], "seen again: no comment, no label");

    // The first is fixed: three runs of its tests later its issue hears of it, once.
    for (number, quiet) in [(3, 1), (4, 2)] {
        apply(&server, &Run::new(number, &[timeout()]).passed(&LOGIN).save()).exits(0);
        assert_eq!(writes(&server).len(), 2, "the counts of #1 and the table of #2");
        assert!(server.state().store.issues[&1].body.contains(if quiet == 1 {
            "in the last run of its"
        } else {
            "the last 2 runs"
        }));
    }
    apply(&server, &Run::new(5, &[timeout()]).passed(&LOGIN).save()).exits(0).says(&["commented #1"]);
    assert!(server.state().store.comments_of(1)[0].contains("**No longer seen:** in the last 3 runs"));
    server.state().store.close(1, 0);
    server.take_seen();

    // The second is closed, and comes back on a later revision with one test more; a third is new.
    server.state().store.close(2, 0);
    apply(&server, &Run::new(6, &[]).passed(&all_pass).save()).exits(0);
    assert!(writes(&server).is_empty(), "closed issues are left alone");
    let worse = seen("network/timeout", &["test_slow", "test_slower"]);
    let back = Run::new(7, &[worse.clone(), crash()]).passed(&LOGIN);
    apply(&server, &back.save()).exits(0).says(&["reopened #2", "commented #2", "created #3"]);
    {
        let store = &server.state().store;
        assert!(store.issues[&2].open && !store.issues[&1].open && store.issues[&3].open);
        let comment = store.comments_of(2)[0];
        assert!(
            comment.contains("**Back:**") && comment.contains("api-00007-abc") && comment.contains("`test_slower`"),
            "{comment}"
        );
    }
    apply(&server, &back.save()).exits(0);
    server.take_seen();
    apply(&server, &back.save()).exits(0).says(&["nothing"]);
    assert!(writes(&server).is_empty(), "the same report once more changes nothing");

    for number in 8..=10 {
        apply(&server, &Run::new(number, &[worse.clone(), crash()]).save()).exits(0);
    }
    let store = &server.state().store;
    assert_eq!((store.issues.len(), store.comments.len()), (3, 2), "three causes, and two things worth a comment");
    assert_eq!(store.issues[&2].body.matches("| [").count() + store.issues[&2].body.matches("| `r-").count(), 9);
    for (number, title) in
        [(1, "What auth/missing-jwt saw (auth/missing-jwt)"), (3, "What cloud-run/crash saw (cloud-run/crash)")]
    {
        assert_eq!(store.issues[&number].title, title);
        assert_eq!(store.issues[&number].labels, ["fivewhys"]);
    }
}

#[test]
fn without_apply_nothing_is_written_and_the_exact_text_is_shown() {
    let server = Server::start();
    let report = Run::new(1, &[login()]).save();
    let planned =
        issue(&server, &report, &[]).exits(0).says(&["1 to create", "create auth/missing-jwt", "why: no issue has this key"]);
    assert!(writes(&server).is_empty());
    let json = issue(&server, &report, &["--plan-json"]).exits(0).report();
    let create = json["actions"].as_array().unwrap().iter().find(|action| action["do"] == "create").unwrap();
    apply(&server, &report).exits(0);
    let store = &server.state().store;
    assert_eq!(create["body"], store.issues[&1].body.as_str());
    for line in store.issues[&1].body.lines().filter(|line| !line.is_empty()) {
        assert!(planned.out.contains(&format!("│ {line}").trim_end().to_owned()), "{line}");
    }
}

#[test]
fn a_fix_that_is_not_served_yet_reopens_nothing() {
    let server = Server::start();
    apply(&server, &Run::new(1, &[login()]).save()).exits(0);
    server.state().store.close(1, 0);
    apply(&server, &Run::new(2, &[login()]).on("api-00001-abc").save()).exits(0).says(&["updated #1"]);
    assert!(!server.state().store.issues[&1].open, "the revision is the one before the fix");
    assert!(server.state().store.comments.is_empty());
    apply(&server, &Run::new(3, &[login()]).on("api-00002-abc").save()).exits(0).says(&["reopened #1"]);
}

#[test]
fn long_after_the_fix_a_new_issue_links_the_old_one() {
    let server = Server::start();
    apply(&server, &Run::new(1, &[login()]).save()).exits(0);
    server.state().store.close(1, 31);
    apply(&server, &Run::new(2, &[login()]).save()).exits(0).says(&["created #2"]);
    let store = &server.state().store;
    assert!(!store.issues[&1].open && store.issues[&2].body.contains("Earlier about the same cause: #1"));
}

#[test]
fn what_was_closed_as_not_planned_stays_closed() {
    let server = Server::start();
    apply(&server, &Run::new(1, &[login()]).save()).exits(0);
    server.state().store.close(1, 0);
    server.state().store.issues.get_mut(&1).unwrap().state_reason = Some("not_planned".to_owned());
    apply(&server, &Run::new(2, &[login()]).save()).exits(0).says(&["nothing #1"]);
    assert_eq!(server.state().store.issues.len(), 1);
}

#[test]
fn a_run_that_could_not_tell_is_not_counted_as_quiet() {
    let server = Server::start();
    apply(&server, &Run::new(1, &[login()]).save()).exits(0);
    server.take_seen();
    for run in [Run::new(2, &[]).passed(&["test_login"]), Run::new(3, &[]), Run::new(4, &[timeout()]).passed(&["test_logout"])] {
        apply(&server, &run.save()).exits(0);
    }
    assert!(!writes(&server).contains(&"PATCH /issues/1".to_owned()), "one of its tests did not run");
}

#[test]
fn one_comment_a_run_is_rewritten_in_place() {
    let server = Server::start();
    let pull = server.state().store.put("A pull request", "text");
    server.state().store.issues.get_mut(&pull).unwrap().pull_request = true;
    let (first, better) = (Run::new(1, &[login()]).save(), Run::new(1, &[login(), crash()]).save());
    issue(&server, &first, &["--comment", "1", "--apply", "--run", "77"]).exits(0).says(&["commented #1"]);
    issue(&server, &first, &["--comment", "1", "--apply", "--run", "77"]).exits(0).says(&["nothing #1"]);
    issue(&server, &better, &["--comment", "1", "--apply", "--run", "77"]).exits(0);
    assert_eq!(server.state().store.comments.len(), 1);
    assert!(server.state().store.comments[0].2.contains("cloud-run/crash"));
    issue(&server, &first, &["--comment", "1", "--apply", "--run", "78"]).exits(0);
    assert_eq!(server.state().store.comments.len(), 2);
    issue(&server, &first, &["--comment", "9", "--apply"]).exits(4).says(&["could not look: #9", "404"]);
}
