//! How much noise a project bears: budget, caps, verdicts, labels and who looks after what.

use std::fs;

use super::runs::{Run, Seen, seen};
use super::server::Server;
use super::{apply, issue, writes};

const RULES: [&str; 8] = ["a/one", "a/two", "a/three", "a/four", "b/five", "b/six", "b/seven", "b/eight"];

fn many(count: usize) -> Vec<Seen> {
    RULES.iter().take(count).map(|rule| seen(rule, &[rule])).collect()
}

fn configured(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fivewhys.toml");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn too_many_new_causes_make_one_umbrella_issue() {
    let server = Server::start();
    apply(&server, &Run::new(1, &many(6)).save()).exits(0).says(&["created #1 umbrella"]);
    assert_eq!(server.state().store.issues.len(), 1);
    let body = server.state().store.issues[&1].body.clone();
    assert!(RULES[..6].iter().all(|rule| body.contains(rule)) && body.contains("stands for 6 root causes"), "{body}");
    // While it is open its causes stay there, and a further one gets an issue.
    let mut causes = many(2);
    causes.push(seen("c/nine", &["test_nine"]));
    apply(&server, &Run::new(2, &causes).save()).exits(0).says(&["updated #1", "created #2 c/nine"]);
    server.state().store.close(1, 0);
    apply(&server, &Run::new(3, &causes).save()).exits(0).says(&["created #3 a/one", "created #4 a/two"]);
}

#[test]
fn an_inconclusive_run_updates_only_the_umbrella() {
    let server = Server::start();
    let mut unsure = Run::new(1, &[]);
    unsure.unexplained = vec!["test_riddle".to_owned()];
    apply(&server, &unsure.save()).exits(0).says(&["nothing umbrella"]);
    assert!(writes(&server).is_empty());
    apply(&server, &Run::new(2, &many(6)).save()).exits(0);
    apply(&server, &Run::new(3, &[seen("c/nine", &["test_nine"])]).save()).exits(0).says(&["created #2"]);
    server.take_seen();
    let mut unsure = Run::new(4, &[]).passed(&["test_nine"]);
    unsure.unexplained = vec!["test_riddle".to_owned()];
    apply(&server, &unsure.save()).exits(0).says(&["updated #1"]);
    assert_eq!(writes(&server), ["PATCH /issues/1"]);
}

#[test]
fn a_possible_cause_opens_no_issue_unless_the_project_wants_it() {
    let server = Server::start();
    let possible = Seen { verdict: "possible", ..seen("a/one", &["test_one"]) };
    let report = Run::new(1, &[possible, seen("a/two", &["test_two"])]).save();
    apply(&server, &report).exits(0).says(&["possible is not enough to open an issue", "created #1 a/two"]);
    let (_folder, config) = configured("[issues]\nverdict = \"possible\"\n");
    issue(&server, &report, &["--apply", "--config", &config]).exits(0).says(&["created #2 a/one"]);
}

#[test]
fn caps_of_a_run_and_of_a_day_hold() {
    let server = Server::start();
    let (_folder, config) = configured("[issues]\nper-day = 3\nper-run = 2\n");
    let applied = |number| issue(&server, &Run::new(number, &many(5)).save(), &["--apply", "--config", &config]).exits(0);
    applied(1).says(&["2 issues and comments in one run are as many as are allowed"]);
    assert_eq!(server.state().store.issues.len(), 2);
    applied(2).says(&["3 issues were opened within a day"]);
    assert_eq!(server.state().store.issues.len(), 3);
    applied(3);
    assert_eq!(server.state().store.issues.len(), 3);
}

#[test]
fn an_issue_gets_the_labels_people_and_milestone_of_its_rule_family_and_class() {
    let server = Server::start();
    let (_folder, config) = configured(
        "[issues]\nlabel = \"root cause\"\n\
         [issues.route.\"*\"]\nlabels = [\"triage\"]\n\
         [issues.route.config]\nassignees = [\"mona\"]\n\
         [issues.route.\"a/*\"]\nlabels = [\"Bug\", \"team-a\"]\nmilestone = \"Q4\"\nowners = [\"@octo/a-team\"]\n\
         [issues.route.\"a/two\"]\nassignees = [\"nobody\"]\n\
         [issues.labels.team-a]\ncolor = \"d4c5f9\"\ndescription = \"Looked after by team A\"\n",
    );
    let report = Run::new(1, &many(2)).save();
    let ran = issue(&server, &report, &["--apply", "--config", &config]).exits(0);
    let ran = ran.says(&["created #1", "created #2", "without assignees and milestone, as GitHub refused them"]);
    assert!(!ran.out.contains("failed"), "{}", ran.out);
    let store = &server.state().store;
    let first = &store.issues[&1];
    assert_eq!(first.labels, ["root cause", "triage", "Bug", "team-a"]);
    assert_eq!((first.assignees.as_slice(), first.milestone), (["mona".to_owned()].as_slice(), Some(1)));
    assert!(first.body.contains("**Owners:** @octo/a-team"));
    let made: Vec<&str> = store.labels.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(made, ["bug", "root cause", "triage", "team-a", "fivewhys-ignore"], "`Bug` is there as `bug`");
    assert!(store.labels.contains(&("team-a".to_owned(), "d4c5f9".to_owned(), "Looked after by team A".to_owned())));
}
