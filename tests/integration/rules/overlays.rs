//! Rules of one's own over the catalog: added, put in a rule's place, switched off, and always said.

use std::fs;
use std::path::Path;
use std::process::Command;

use fivewhys::rules::{Catalog, Change};
use tempfile::TempDir;

use super::super::program::{self, Ran};

const OWN: &str = "title: Our gateway's words for a missing token\nclass: config\nseverity: high\n\
                   match: { log: { text: 'edge: anonymous caller turned away' } }\n\
                   explains: [{ rule: test/http-401, join: window }]\n";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

/// Runs the program with this working directory.
fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fivewhys"));
    command.current_dir(folder).args(arguments).env_remove("FIVEWHYS_CONFIG");
    program::finish(&mut command, b"")
}

fn with(replaces: &str) -> String {
    format!("{OWN}replaces: {replaces}\n")
}

#[test]
fn a_rule_takes_the_place_of_another_and_inherits_its_edges() {
    let folder = folder(&[("acme/no-token.yaml", &with("auth/missing-jwt"))]);
    let loaded = Catalog::load(&[folder.path().to_owned()]);
    assert_eq!(loaded.problems, []);
    let catalog = &loaded.catalog;
    assert_eq!(catalog.find("auth/missing-jwt"), None);
    let own = catalog.find("acme/no-token").unwrap();
    let strips = catalog.rule(catalog.find("auth/gateway-strips-auth").unwrap());
    assert!(strips.explains.iter().any(|edge| edge.effect == own), "what explained the old rule explains the new one");
    assert!(strips.refines.contains(&own));
    let said: Vec<String> = loaded.changes.iter().map(Change::to_string).collect();
    assert!(said.len() == 1 && said[0].contains("`auth/missing-jwt` is replaced by `acme/no-token`"), "{said:?}");
}

#[test]
fn a_successor_that_was_replaced_is_the_rule_in_its_place() {
    let old = "title: t\nclass: data\nseverity: low\nstatus: deprecated\nreplaced_by: auth/missing-jwt\n";
    let folder = folder(&[("acme/no-token.yaml", &with("auth/missing-jwt")), ("acme/old.yaml", old)]);
    let catalog = Catalog::load(&[folder.path().to_owned()]).catalog;
    let old = catalog.rule(catalog.find("acme/old").unwrap());
    assert_eq!(old.replaced_by.as_deref(), Some("acme/no-token"));
}

#[test]
fn a_rule_of_the_same_id_replaces_only_if_it_says_so() {
    let loud = folder(&[("auth/missing-jwt.yaml", &with("auth/missing-jwt"))]);
    let loaded = Catalog::load(&[loud.path().to_owned()]);
    let rule = loaded.catalog.rule(loaded.catalog.find("auth/missing-jwt").unwrap());
    assert!(rule.title.contains("Our gateway's") && loaded.problems.is_empty() && loaded.changes.len() == 1);

    let silent = folder(&[("auth/missing-jwt.yaml", OWN)]);
    let loaded = Catalog::load(&[silent.path().to_owned()]);
    let rule = loaded.catalog.rule(loaded.catalog.find("auth/missing-jwt").unwrap());
    assert!(!rule.title.contains("Our gateway's"), "the first one stands");
    assert!(loaded.problems[0].help.as_ref().unwrap().contains("`replaces: auth/missing-jwt`"), "{:?}", loaded.problems);
}

#[test]
fn two_packs_cannot_collide_in_silence() {
    let one = folder(&[("acme/no-token.yaml", &with("auth/missing-jwt")), ("acme/same.yaml", OWN)]);
    let two = folder(&[("other/no-token.yaml", &with("auth/missing-jwt")), ("acme/same.yaml", OWN)]);
    let loaded = Catalog::load(&[one.path().to_owned(), two.path().to_owned()]);
    let said: Vec<&str> = loaded.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(said.iter().any(|message| message.contains("`acme/no-token` replaces `auth/missing-jwt` already")), "{said:?}");
    assert!(said.iter().any(|message| message.contains("`acme/same` is there already")), "{said:?}");
    assert_eq!(loaded.changes.len(), 1);
    assert!(loaded.catalog.find("other/no-token").is_some(), "the second one stands beside it");
}

#[test]
fn rules_that_replace_each_other_do_not_both_vanish() {
    let text = |other: &str| format!("title: t\nclass: data\nseverity: low\nreplaces: {other}\n");
    let ring = folder(&[("acme/a.yaml", &text("acme/b")), ("acme/b.yaml", &text("acme/a"))]);
    let loaded = Catalog::load(&[ring.path().to_owned()]);
    assert!(loaded.catalog.find("acme/a").is_some() || loaded.catalog.find("acme/b").is_some());
}

#[test]
fn a_replacement_that_is_wrong_itself_replaces_nothing() {
    let broken = folder(&[("acme/no-token.yaml", &with("auth/missing-jwt").replace("class: config", "class: konfig"))]);
    let loaded = Catalog::load(&[broken.path().to_owned()]);
    assert!(loaded.catalog.find("auth/missing-jwt").is_some() && loaded.changes.is_empty());
}

#[test]
fn the_configuration_is_found_upwards_and_adds_replaces_and_switches_off() {
    let project = folder(&[
        (
            "fivewhys.toml",
            "[rules]\ndirs = [\"rules-of-ours\"]\n\n[rules.disable]\n\"network/timeout\" = \"too loud here\"\n\"network/timeouts\" = \"x\"\n",
        ),
        ("rules-of-ours/acme/no-token.yaml", &with("auth/missing-jwt")),
        ("deep/down/junit.xml", "<testsuite><testcase name='t'><failure message='boom'/></testcase></testsuite>"),
    ]);
    let deep = project.path().join("deep/down");
    let listed = run_in(&deep, &["rules", "list"]).exits(0);
    assert!(
        listed.out.contains("\nacme/no-token")
            && !listed.out.contains("\nauth/missing-jwt ")
            && !listed.out.contains("\nnetwork/timeout ")
    );
    let listed = listed.complains(&[
        "The rule `auth/missing-jwt` is replaced by `acme/no-token`",
        "The rule `network/timeout` is switched off: too loud here.",
        "../../fivewhys.toml:6:22: there is no rule `network/timeouts` to switch off",
    ]);
    assert!(listed.err.contains("../../rules-of-ours"), "{}", listed.err);
    let report = run_in(&deep, &["diagnose", ".", "-f", "json", "--exit-zero"]).exits(0).report();
    let gaps = report["gaps"].as_array().unwrap();
    for kind in ["rule-replaced", "rule-disabled", "rule-not-disabled"] {
        assert!(gaps.iter().any(|gap| gap["kind"] == kind), "{kind} is not among {gaps:#?}");
    }
    let without = run_in(&deep, &["rules", "list", "--no-config"]).exits(0);
    assert!(without.out.contains("\nauth/missing-jwt ") && without.err.is_empty());
    let config = project.path().join("fivewhys.toml");
    let elsewhere = run_in(&std::env::temp_dir(), &["rules", "list", "--config", config.to_str().unwrap()]).exits(0);
    assert!(elsewhere.out.contains("\nacme/no-token"));
    run_in(&deep, &["rules", "test"]).exits(0).says(&["Covered: 0 of 1 conditions"]);
}

#[test]
fn options_do_what_the_configuration_does_and_win() {
    let project = folder(&[
        ("fivewhys.toml", "rules.disable = { \"network/timeout\" = \"from the file\" }"),
        ("pack/acme/no-token.yaml", OWN),
    ]);
    let run = |arguments: &[&str]| run_in(project.path(), arguments);
    let told = run(&["rules", "list", "--rules", "pack", "--rules", "./pack", "--disable", "network/timeout=from the option"]);
    let told = told.exits(0).complains(&["switched off: from the option"]);
    assert!(told.out.contains("\nacme/no-token") && !told.err.contains("from the file"));
    assert!(!told.err.contains("left out"), "a folder that is named twice is read once: {}", told.err);
    run(&["rules", "list", "--disable", "network/timeout"]).exits(2).complains(&["network/timeout=not our stack"]);
    run(&["diagnose", "nowhere", "--disable", "a/b="]).exits(2);
}

#[test]
fn a_wrong_configuration_stops_the_program_and_says_where() {
    let project = folder(&[("fivewhys.toml", "[rules]\ndirs = [\"no/such\"]\n")]);
    let told = run_in(project.path(), &["rules", "list"]).exits(3);
    told.complains(&["fivewhys.toml:2:9", "no/such", "there is no such folder or file"]);
    let project = folder(&[("fivewhys.toml", "[rules]\ndri = []\n[ruls]\n")]);
    let told = run_in(project.path(), &["rules", "list"]).exits(2);
    told.complains(&[
        "fivewhys.toml:2:1: unknown key `dri` in [rules]",
        "fivewhys.toml:3:2: unknown key `ruls`",
        "did you mean `rules`?",
    ]);
    run_in(project.path(), &["rules", "list", "--config", "nowhere.toml"])
        .exits(3)
        .complains(&["nowhere.toml", "cannot be read"]);
}

#[test]
fn a_switched_off_rule_leaves_no_edge_behind() {
    let catalog = Catalog::embedded().catalog;
    let before = catalog.rules().len();
    let disabled = [("auth/missing-jwt".to_owned(), "r".to_owned())].into();
    let (catalog, changes, unknown) = catalog.without(&disabled);
    assert_eq!((catalog.rules().len(), changes.len(), unknown.len()), (before - 1, 1, 0));
    let whole = Catalog::embedded().catalog;
    for rule in catalog.rules() {
        let was = whole.rule(whole.find(&rule.id).unwrap());
        let ids = |of: &Catalog, rule: &fivewhys::rules::Rule| {
            let edges = rule.explains.iter().map(|edge| of.rule(edge.effect).id.clone());
            edges.chain(rule.refines.iter().map(|less| of.rule(*less).id.clone())).collect::<Vec<_>>()
        };
        let mut expected = ids(&whole, was);
        expected.retain(|id| id != "auth/missing-jwt");
        assert_eq!(ids(&catalog, rule), expected, "{}", rule.id);
    }
}
