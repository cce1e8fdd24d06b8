//! What people did to an issue is respected: labels, locks, moves, edits, references.

use super::runs::{Run, Seen, seen};
use super::server::Server;
use super::store::Store;
use super::{apply, writes};

fn login() -> Seen {
    seen("auth/missing-jwt", &["test_login"])
}

/// A repository with one issue, changed by people.
fn changed(change: impl FnOnce(&mut Store)) -> Server {
    let server = Server::start();
    apply(&server, &Run::new(1, &[login()]).save()).exits(0);
    change(&mut server.state().store);
    server.take_seen();
    server
}

fn second() -> super::Saved {
    Run::new(2, &[login()]).save()
}

#[test]
fn an_issue_to_be_left_alone_is_left_alone_and_not_replaced() {
    let server = changed(|store| store.issues.get_mut(&1).unwrap().labels.push("fivewhys-ignore".to_owned()));
    apply(&server, &second()).exits(0).says(&["nothing #1", "fivewhys-ignore"]);
    server.state().store.close(1, 0);
    apply(&server, &Run::new(3, &[login()]).save()).exits(0).says(&["nothing #1"]);
    assert!(writes(&server).is_empty());
}

#[test]
fn a_locked_issue_is_left_alone() {
    let server = changed(|store| store.issues.get_mut(&1).unwrap().locked = true);
    apply(&server, &second()).exits(0).says(&["nothing #1", "locked"]);
    assert!(writes(&server).is_empty());
}

#[test]
fn a_moved_issue_is_neither_followed_nor_replaced() {
    // It left while the list still shows it.
    let server = changed(|store| drop(store.moved.insert(1, "https://api.github.com/repositories/9/issues/4".to_owned())));
    apply(&server, &second()).exits(0).says(&["nothing", "moved to https://api.github.com/repositories/9/issues/4"]);
    assert!(writes(&server).is_empty());
    // It left long ago, and lives in another repository of the owner.
    let server = changed(|store| {
        let mut moved = store.issues.remove(&1).unwrap();
        moved.number = 4;
        store.elsewhere.push(moved);
    });
    apply(&server, &second()).exits(0).says(&["moved to https://github.com/octo/other/issues/4"]);
    assert!(writes(&server).is_empty());
}

#[test]
fn a_deleted_issue_is_told_and_the_others_get_their_turn() {
    let server = changed(|store| store.gone.push(1));
    let report = Run::new(2, &[login(), seen("a/two", &["test_two"])]).save();
    apply(&server, &report).exits(4).says(&["failed", "410", "created #2 a/two"]);
}

#[test]
fn an_issue_that_lost_its_label_is_found_and_labelled_again() {
    let server = changed(|store| store.issues.get_mut(&1).unwrap().labels.clear());
    apply(&server, &second()).exits(0).says(&["labelled #1", "updated #1"]);
    assert_eq!(server.state().store.issues.len(), 1);
    assert_eq!(server.state().store.issues[&1].labels, ["fivewhys"]);
}

#[test]
fn an_outsider_cannot_pass_an_issue_off_as_ours() {
    let server = changed(|store| {
        let body = store.issues[&1].body.replace("auth/missing-jwt", "a/two");
        let key = fivewhys_key(&body);
        let number = store.put("Mine now", &body.replace(&key, &key_of("a/two")));
        let issue = store.issues.get_mut(&number).unwrap();
        (issue.author, issue.association) = ("mallory".to_owned(), "NONE");
    });
    apply(&server, &Run::new(2, &[seen("a/two", &["test_two"])]).save()).exits(0).says(&["from outside", "created #3"]);
}

/// The digest in a body's key line.
fn fivewhys_key(body: &str) -> String {
    body.lines().next().unwrap().trim_end_matches('`').rsplit(' ').next().unwrap().to_owned()
}

/// The digest that a rule's issues carry, asked of the program.
fn key_of(rule: &'static str) -> String {
    let server = Server::start();
    apply(&server, &Run::new(1, &[seen(rule, &["t"])]).save()).exits(0);
    let body = server.state().store.issues[&1].body.clone();
    fivewhys_key(&body)
}

#[test]
fn what_people_wrote_and_ticked_survives_an_update() {
    let server = changed(|store| {
        let issue = store.issues.get_mut(&1).unwrap();
        let ticked = issue.body.replace("- [ ] **Now:** Put it right.", "- [x] **Now:** Put it right.");
        issue.body = format!("We look into it. @mona\n\n{ticked}\n\nSee also the wiki.").replace('\n', "\r\n");
    });
    apply(&server, &second()).exits(0).says(&["updated #1"]);
    let body = server.state().store.issues[&1].body.clone();
    assert!(
        body.starts_with("We look into it. @mona\n\n`fivewhys-key: v1 ") && body.ends_with("\n\nSee also the wiki."),
        "{body}"
    );
    assert!(body.contains("- [x] **Now:** Put it right.") && body.contains("Seen in 2 runs"), "{body}");
}

#[test]
fn a_body_whose_lines_are_gone_is_not_overwritten_but_commented_on() {
    let server = changed(|store| {
        let issue = store.issues.get_mut(&1).unwrap();
        issue.body = issue.body.lines().filter(|line| !line.contains("fivewhys-end")).collect::<Vec<_>>().join("\n");
    });
    let before = server.state().store.issues[&1].body.clone();
    apply(&server, &second()).exits(0).says(&["commented #1"]);
    apply(&server, &Run::new(3, &[login()]).save()).exits(0).says(&["commented #1"]);
    let store = &server.state().store;
    assert_eq!(store.issues[&1].body, before);
    let comments = store.comments_of(1);
    assert_eq!(comments.len(), 1, "one comment keeps the record of all runs");
    assert!(comments[0].contains("Seen in 2 runs") && comments[0].contains("It is left as it is"), "{}", comments[0]);
}

#[test]
fn an_issue_that_the_rule_refers_to_is_linked_and_not_duplicated() {
    let server = Server::start();
    let number = server.state().store.put("No token after sign-out", "Known.");
    let known = Seen { references: vec![format!("https://github.com/octo/app/issues/{number}")], ..login() };
    apply(&server, &Run::new(1, std::slice::from_ref(&known)).save()).exits(0).says(&["commented #1"]);
    apply(&server, &Run::new(2, std::slice::from_ref(&known)).save()).exits(0);
    {
        let store = &server.state().store;
        assert_eq!((store.issues.len(), store.comments.len()), (1, 1));
        assert!(store.comments[0].2.contains("Seen in 2 runs"));
        assert_eq!(store.issues[&1].body, "Known.");
    }
    server.state().store.close(number, 1);
    apply(&server, &Run::new(3, &[known]).save()).exits(0).says(&["created #2"]);
    assert!(server.state().store.issues[&2].body.contains("Related: #1"));
}

#[test]
fn of_two_open_issues_about_one_cause_the_younger_is_closed() {
    let server = changed(|store| {
        let body = store.issues[&1].body.clone();
        let number = store.put("What auth/missing-jwt saw (auth/missing-jwt)", &body);
        let twin = store.issues.get_mut(&number).unwrap();
        (twin.author, twin.association, twin.labels) = ("fivewhys-bot".to_owned(), "NONE", vec!["fivewhys".to_owned()]);
    });
    apply(&server, &second()).exits(0).says(&["closed #2", "a duplicate of #1", "updated #1"]);
    let store = &server.state().store;
    assert_eq!((store.issues[&2].open, store.issues[&2].state_reason.as_deref()), (false, Some("duplicate")));
    assert!(store.issues[&2].body.starts_with("Duplicate of #1") && !store.issues[&2].body.contains("fivewhys-key"));
}

#[test]
fn related_issues_of_one_rule_are_linked() {
    let server = changed(|_| {});
    let other = Seen { print: "auth/missing-jwt user=17".to_owned(), ..login() };
    apply(&server, &Run::new(2, &[other]).save()).exits(0).says(&["created #2"]);
    assert!(server.state().store.issues[&2].body.contains("Related: #1"));
}
