//! `rules check` as people and CI use it: fixes, machine formats, explanations.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fivewhys::rules::check::all_codes;
use serde_json::Value;
use tempfile::TempDir;

use super::super::program::{Ran, run};

const SLIPS: &str = "# A rule with slips of the pen.
title: The key server is down
class: infrastructure
severity: high
match:
  log:
    text: '[ERROR] (?<host>keys.example.internal) is down'  # the host
explains:
  - { rule: test/http-401, join: instance }
why: Nothing answers there.
remdy: { now: Start it. }
examples:
  match:
    - '[ERROR] keys.example.internal is down'
  no_match: [all is well]
";

fn pack(path: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
    folder
}

fn check(folder: &Path, options: &[&str]) -> Ran {
    run(["rules", "check", folder.to_str().unwrap()].iter().chain(options))
}

#[test]
fn fix_puts_right_what_is_sure_and_keeps_everything_else() {
    let folder = pack("acme/keys-down.yaml", SLIPS);
    check(folder.path(), &["--fix"]).exits(0).says(&["put right", "nothing is wrong"]);
    let fixed = fs::read_to_string(folder.path().join("acme/keys-down.yaml")).unwrap();
    let expected = SLIPS
        .replace("'[ERROR] (?<host>keys.example.internal)", r"'\[ERROR\] (?:keys\.example\.internal)")
        .replace("join: instance", "join: window")
        .replace("remdy", "remedy");
    assert_eq!(fixed, expected);
    check(folder.path(), &["--fix"]).exits(0);
    assert_eq!(fs::read_to_string(folder.path().join("acme/keys-down.yaml")).unwrap(), fixed, "a second time changes nothing");
}

#[test]
fn a_fix_that_would_break_an_example_is_left_to_the_author() {
    let text =
        SLIPS.replace("remdy", "remedy").replace("(?<host>keys.example.internal)", r"k[a-z]+").replace("instance", "window");
    let text = text.replace("- '[ERROR] keys.example.internal is down'", "- 'R keys is down'");
    let folder = pack("acme/keys-down.yaml", &text);
    check(folder.path(), &["--fix"]).exits(1).says(&["FW104", "matches one letter out of these"]);
    assert_eq!(fs::read_to_string(folder.path().join("acme/keys-down.yaml")).unwrap(), text);
}

#[test]
fn a_folder_without_rules_is_no_clean_folder() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["check", "test"] {
        run(["rules", command, folder.path().to_str().unwrap()]).exits(3).complains(&["no rule file in there"]);
    }
}

#[test]
fn fix_needs_files_to_write_into() {
    run(["rules", "check", "--fix", "--no-config"]).exits(2).complains(&["--fix writes into rule files", "name their folder"]);
}

#[test]
fn json_and_sarif_give_code_place_and_help() {
    let folder = pack("my rules/acme/keys-down.yaml", SLIPS);
    let path = folder.path().join("my rules");
    let json: Value = serde_json::from_str(&check(&path, &["-f", "json"]).exits(1).out).unwrap();
    assert_eq!(json["schema"], "fivewhys/check/v1");
    let problem = &json["problems"][0];
    assert_eq!((&problem["code"], &problem["line"], &problem["column"]), (&"FW002".into(), &11.into(), &1.into()));
    assert_eq!((&problem["level"], &problem["fixable"]), (&"error".into(), &true.into()));
    assert!(problem["help"].as_str().unwrap().contains("`remedy`"));

    let sarif: Value = serde_json::from_str(&check(&path, &["-f", "sarif"]).exits(1).out).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let codes: BTreeSet<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(codes, all_codes().map(|code| code.id).collect());
    let result = &run["results"][0];
    let number = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][number]["id"], result["ruleId"]);
    let place = &result["locations"][0]["physicalLocation"];
    assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with("my%20rules/acme/keys-down.yaml"));
    assert_eq!(place["region"]["endColumn"].as_u64().unwrap() - place["region"]["startColumn"].as_u64().unwrap(), 5);
}

#[test]
fn a_lint_is_drawn_as_a_warning_with_its_code_and_explained_on_request() {
    let folder = pack("acme/keys-down.yaml", &SLIPS.replace("remdy", "remedy"));
    check(folder.path(), &[]).exits(1).says(&["warning[FW103]", "^", r"write `\.` for a dot", "--explain FW"]);
    for name in ["FW103", "fw103", "unescaped-dot"] {
        run(["rules", "check", "--explain", name]).exits(0).says(&["## FW103 unescaped-dot", "Wrong:", "Right:"]);
    }
    run(["rules", "check", "--explain", "unescaped-dots"]).exits(2).complains(&["did you mean `unescaped-dot`?"]);
}

#[test]
fn every_embedded_rule_names_the_schema_and_the_schema_is_printed() {
    let root = super::super::program::root();
    let schema = fs::read_to_string(root.join("docs/rule.schema.json")).unwrap();
    assert!(run(["rules", "schema"]).exits(0).out == schema, "docs/rule.schema.json is out of date: FIVEWHYS_BLESS=1 cargo test");
    let rules = fivewhys::rules::Catalog::embedded();
    for (path, text) in &rules.texts {
        let first = text.lines().next().unwrap();
        let named = first.strip_prefix("# yaml-language-server: $schema=");
        let named = named.unwrap_or_else(|| panic!("{path} does not begin with the comment for language servers"));
        let file = root.join(path).parent().unwrap().join(named);
        assert!(file.canonicalize().is_ok_and(|file| file.ends_with("docs/rule.schema.json")), "{path} names {named}");
    }
}
