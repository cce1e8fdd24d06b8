//! `rules test`: scenarios through the whole pipeline, what is to do, what is covered, and blessing.

use std::fs;
use std::path::PathBuf;

use fivewhys::rules::Catalog;
use fivewhys::scenarios::prove::{Kind, Outcome, prove};
use serde_json::Value;
use tempfile::TempDir;

use super::super::program::{Ran, run};

const RULE: &str = "title: The key server is down
class: infrastructure
severity: high
status: stable
match:
  any:
    - log: { text: 'key server (?<host>[\\w.]+) is down' }
    - log: { text: 'never met by a test' }
explains:
  - { rule: test/http-401, join: window }
  - { rule: test/http-403, join: window }
why: Nothing answers at {{ host }}.
remedy: { now: Start it. }
examples:
  match: ['key server k1 is down']
  no_match: [all is well]
";

const SCENE: &str = "scenarios:
  - name: keys cannot be read
    test: { message: 'AssertionError: GET /me: expected 200, got 401', duration: 3s }
    entries:
      - { at: 1s, service: api, severity: ERROR, text: 'key server k1.internal is down' }
";

const RIGHT: &str = "    expect:
      captures:
        host: \"k1.internal\"
      root: acme/keys-down
      chain:
        - test/http-401
        - acme/keys-down
";

fn pack(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme/keys-down.yaml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn test(folder: &TempDir, options: &[&str]) -> Ran {
    run(["rules", "test", folder.path().to_str().unwrap()].iter().chain(options))
}

fn with(expect: &str) -> String {
    format!("{RULE}{SCENE}{expect}")
}

#[test]
fn a_scenario_goes_through_the_whole_diagnosis() {
    let (folder, _) = pack(&with(RIGHT));
    test(&folder, &[]).exits(0).says(&["1 scenario: all as they should be", "Covered: 1 of 2 conditions, 1 of 2 edges."]);
    let covered = test(&folder, &["--coverage"]).exits(0);
    covered.says(&["no test meets the conditions in lines 8", "no scenario goes along the edges to test/http-403"]);
}

#[test]
fn each_part_of_an_expectation_can_fail() {
    for (from, to, said) in [
        ("k1.internal\"", "k2\"", "`host` catches {\"k1.internal\"}, expected is \"k2\""),
        ("root: acme/keys-down", "root: auth/missing-jwt", "the root is acme/keys-down, expected is auth/missing-jwt"),
        ("- test/http-401", "- test/http-401 (inferred)", "the chain is test/http-401 ← acme/keys-down, expected is"),
        ("root: acme/keys-down", "verdict: inconclusive", "expected is inconclusive"),
        ("root: acme/keys-down", "fires: false", "the rule fires, and must not"),
    ] {
        let (folder, _) = pack(&with(&RIGHT.replace(from, to)));
        test(&folder, &[]).exits(1).says(&["scenario failed", "keys cannot be read", said, "1 failed"]);
    }
}

#[test]
fn an_empty_expectation_means_that_the_rule_must_not_fire() {
    let (folder, _) = pack(&with(""));
    test(&folder, &[]).exits(1).says(&["the rule fires, and must not"]);
    let (folder, _) = pack(&with("").replace("text: 'key server k1.internal is down'", "text: 'key server k1 is up'"));
    test(&folder, &[]).exits(0);
    let (folder, _) = pack(&with("    expect: {}\n").replace("at: 1s", "at: 5m"));
    test(&folder, &[]).exits(0);
}

#[test]
fn time_service_and_trace_of_an_entry_count() {
    let rule =
        RULE.replace("{ rule: test/http-401, join: window }", "{ rule: cloud-run/container-exited, join: instance, within: 5s }");
    let scene = |at: &str, instance: &str| {
        format!(
            "{rule}scenarios:\n  - name: n\n    test: {{ message: 'AssertionError: expected 200, got 503' }}\n    entries:\n\
             \x20     - {{ at: {at}, service: api, instance: i1, text: 'key server k1 is down' }}\n\
             \x20     - {{ at: 2s, service: api, instance: {instance}, log: run.googleapis.com/varlog/system, severity: WARNING, text: 'Container called exit(1).' }}\n\
             \x20   expect: {{ root: acme/keys-down }}\n"
        )
    };
    let holds = |text: String| {
        let (folder, _) = pack(&text);
        test(&folder, &[]).status == Some(0)
    };
    assert!(holds(scene("1s", "i1")));
    assert!(!holds(scene("1s", "i2")), "another instance");
    assert!(!holds(scene("-1m", "i1")), "longer before than the edge says");
}

#[test]
fn what_is_to_do_counts_apart_and_is_named_once_it_holds() {
    let text = with(&RIGHT.replace("root: acme/keys-down", "root: auth/missing-jwt")) + "    todo: the chain is not drawn yet\n";
    let text = text.replace("  no_match:", "  todo: ['keys: server k1 gone']\n  no_match:");
    let (folder, _) = pack(&text);
    test(&folder, &[]).exits(0).says(&["1 example and 1 counter-example: all as they should be, 2 to do"]);
    let (folder, _) = pack(&(with(RIGHT) + "    todo: the chain is not drawn yet\n"));
    test(&folder, &[]).exits(0).says(&["is to do, and holds by now"]);
    let (folder, _) = pack(&(with(RIGHT) + "    todo: true\n"));
    test(&folder, &[]).exits(1).says(&["`todo` takes a reason"]);
}

#[test]
fn blessing_shows_a_diff_and_writes_only_when_told_to() {
    let (folder, file) = pack(&with(""));
    let asked = test(&folder, &["--bless"]).exits(1).says(&["+      root: acme/keys-down", "Nothing was written"]);
    assert!(asked.out.contains("---") && asked.out.contains("@@"));
    assert_eq!(fs::read_to_string(&file).unwrap(), with(""));
    test(&folder, &["--bless", "--yes"]).exits(0).says(&["+      root: acme/keys-down", "all as they should be"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), with(RIGHT));
    test(&folder, &["--bless", "--yes"]).exits(0).says(&["No expectation is to be written anew"]);

    let (folder, file) = pack(&with(&RIGHT.replace("root: acme/keys-down", "root: auth/missing-jwt")));
    test(&folder, &["--bless", "--yes"]).exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), with(RIGHT), "an old expectation is written anew in its place");
    let (folder, file) = pack(&with("").replace('\n', "\r\n"));
    let shown = test(&folder, &["--bless", "--yes"]).exits(0).out;
    assert!(!shown.contains('\r') && fs::read_to_string(&file).unwrap() == with(RIGHT).replace('\n', "\r\n"), "{shown}");
    run(["rules", "test", "--bless", "--no-config"]).exits(2).complains(&["--bless writes into rule files"]);
}

#[test]
fn junit_and_json_tell_ci_what_failed() {
    let text = with(&RIGHT.replace("root: acme/keys-down", "root: auth/missing-jwt"))
        .replace("all is well", "key server k1 is down <&>");
    let (folder, file) = pack(&text);
    let xml = test(&folder, &["-f", "junit"]).exits(1).out;
    assert!(xml.contains("<testsuite name=\"acme/keys-down\" tests=\"3\" failures=\"2\" skipped=\"0\">"), "{xml}");
    assert!(xml.contains("&lt;&amp;&gt;") && xml.contains("the root is acme/keys-down, expected is auth/missing-jwt"), "{xml}");
    let results = folder.path().join("results.xml");
    fs::write(&results, &xml).unwrap();
    let (read, refused) = fivewhys::results::read(&[fivewhys::results::ResultInput::file(&results)], jiff::tz::Offset::UTC);
    assert!(refused.is_empty() && read.cases.len() == 3, "our own reader reads it");

    let json: Value = serde_json::from_str(&test(&folder, &["-f", "json"]).exits(1).out).unwrap();
    assert_eq!(json["schema"], "fivewhys/rule-tests/v1");
    let rule = &json["rules"][0];
    assert_eq!(rule["path"].as_str().unwrap(), file.display().to_string());
    let outcomes: Vec<&str> = rule["tests"].as_array().unwrap().iter().map(|test| test["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "failed", "failed"]);
    assert_eq!(rule["coverage"]["conditions_unmet_lines"][0], 8);
}

#[test]
fn a_wrong_scenario_is_a_problem_with_its_place_and_spoils_no_diagnosis() {
    let (folder, _) = pack(&with("    expct: {}\n"));
    test(&folder, &[]).exits(1).says(&["unknown key `expct` in a scenario", "did you mean `expect`?", "keys-down.yaml:22:5"]);
    let loaded = Catalog::load(&[folder.path().to_owned()]);
    assert!(loaded.problems.is_empty() && loaded.catalog.find("acme/keys-down").is_some());
}

#[test]
fn the_catalogs_most_important_rules_are_proven_by_scenarios() {
    let proof = prove(&Catalog::embedded());
    assert_eq!(proof.problems, []);
    let scenarios = |rule: &&fivewhys::scenarios::prove::RuleProof| rule.trials.iter().any(|trial| trial.kind == Kind::Scenario);
    assert!(proof.rules.iter().filter(scenarios).count() >= 12);
    let failed: Vec<_> =
        proof.rules.iter().flat_map(|rule| &rule.trials).filter(|trial| matches!(trial.outcome, Outcome::Failed(_))).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
