//! Every lint finds what docs/lints.md calls wrong, and leaves alone what it calls right.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use fivewhys::rules::check::{all_codes, check};
use fivewhys::rules::load::Loaded;
use fivewhys::rules::problem::Level;
use fivewhys::rules::{Catalog, Problem};

use super::super::program;

/// What docs/lints.md leaves out of its examples.
const ALWAYS: [(&str, &str); 3] = [("title:", "title: A title"), ("class:", "class: data"), ("severity:", "severity: low")];

/// The files of a YAML block: `# path.yaml` begins each; a block without one is `demo/rule.yaml`.
fn files(block: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut path = "demo/rule.yaml".to_owned();
    for line in block.lines() {
        match line.strip_prefix("# ").filter(|rest| rest.ends_with(".yaml")) {
            Some(next) => path = next.to_owned(),
            None => *files.entry(path.clone()).or_default() += &format!("{line}\n"),
        }
    }
    for text in files.values_mut().filter(|text| !text.contains("title:") && !text.contains("tilte:")) {
        let missing: String = ALWAYS.iter().filter(|(key, _)| !text.contains(key)).map(|(_, line)| format!("{line}\n")).collect();
        *text = missing + text;
    }
    files
}

/// Files of a pack (`pack/family/name.yaml`) are loaded over the catalog, others by themselves.
fn load(files: &BTreeMap<String, String>) -> Loaded {
    if files.keys().all(|path| path.matches('/').count() == 1) {
        return Catalog::from_texts(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut packs: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        packs.push(folder.path().join(path.split('/').next().unwrap()));
    }
    packs.dedup();
    Catalog::overlay(&packs)
}

fn found(block: &str) -> Vec<Problem> {
    check(&load(&files(block)))
}

fn block<'a>(section: &'a str, word: &str) -> &'a str {
    let rest = section.split_once(&format!("\n{word}:\n")).unwrap_or_else(|| panic!("no {word} in {section}")).1;
    rest.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap()
}

#[test]
fn every_code_finds_its_wrong_example_and_leaves_its_right_one_alone() {
    let page = fs::read_to_string(program::root().join("docs/lints.md")).unwrap();
    for code in all_codes() {
        let heading = format!("\n## {} {}\n", code.id, code.name);
        let section = page.split_once(&heading).unwrap_or_else(|| panic!("docs/lints.md has no section{heading}")).1;
        let section = section.split("\n## ").next().unwrap();
        let (wrong, right) = (found(block(section, "Wrong")), found(block(section, "Right")));
        let own: Vec<&Problem> = wrong.iter().filter(|problem| problem.code.id == code.id).collect();
        assert!(!own.is_empty(), "{} is not found in its wrong example: {wrong:#?}", code.id);
        assert!(own.iter().all(|problem| problem.code.level == code.level && !problem.message.is_empty()));
        let bad = |problem: &&Problem| problem.code.id == code.id || problem.code.level == Level::Error;
        assert_eq!(right.iter().find(bad), None, "{} or an error is found in its right example", code.id);
    }
    let sections = page.lines().filter(|line| line.starts_with("## FW")).count();
    assert_eq!(sections, all_codes().count(), "docs/lints.md describes a code that there is not");
}

#[test]
fn codes_are_in_order_and_no_two_are_the_same() {
    let ids: Vec<&str> = all_codes().map(|code| code.id).collect();
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    assert!(all_codes().all(|code| (code.id < "FW100") == (code.level == Level::Error)));
}

fn codes(block: &str) -> Vec<(String, u64, u64)> {
    let sound = "why: w\nremedy: { now: n }\n";
    let text = format!("title: t\nclass: data\nseverity: low\n{sound}{block}");
    let loaded = Catalog::from_texts([("demo/rule.yaml", text.as_str())]);
    check(&loaded).iter().map(|problem| (problem.code.name.to_owned(), problem.line - 5, problem.column)).collect()
}

#[test]
fn the_caret_stands_under_the_part_of_the_pattern_that_is_meant() {
    let found = codes(
        "match:\n  log:\n    text: |-\n      (?x) one\\ thing\n      | db.internal\\ down\nexamples: { match: [one thing], no_match: [x] }\n",
    );
    assert_eq!(found, [("unescaped-dot".to_owned(), 5, 11)]);
    let found = codes("match: { log: { text: 'it''s [ERROR] now' } }\nexamples: { match: [\"it's E now\"], no_match: [x] }\n");
    assert_eq!(found, [("accidental-class".to_owned(), 1, 30)]);
}

#[test]
fn an_allow_is_about_the_item_below_it_and_nothing_else() {
    let rule = |above: &str, beside: &str| {
        codes(&format!(
            "match:\n  any:\n{above}    - log:\n        text: db.internal is down{beside}\n    - log: {{ text: 'kv.internal is down' }}\n\
             examples: {{ match: [db.internal is down, kv.internal is down], no_match: [x] }}\n"
        ))
    };
    let both = rule("", "");
    assert_eq!(both.len(), 2, "{both:?}");
    for one in [rule("    # allow(unescaped-dot): r\n", ""), rule("", "  # allow(FW103): r")] {
        assert_eq!(one.len(), 1, "{one:?}");
        assert!(one[0].0 == "unescaped-dot" && one[0].1 >= 5, "{one:?}");
    }
    let wrong = rule("    # allow(unescaped-dots): r\n", "");
    assert!(wrong.iter().any(|(name, ..)| name == "wrong-allow"), "{wrong:?}");
    assert_eq!(wrong.len(), 3);
}

#[test]
fn what_looks_like_an_allow_in_a_text_is_none() {
    let found = codes(
        "match: { log: { text: 'token [a-z]+ gone' } }\nexamples: { match: ['token x gone # allow(nothing)'], no_match: [x] }\n",
    );
    assert_eq!(found, []);
}

#[test]
fn a_good_use_of_a_dot_a_class_or_a_wrapper_is_no_mistake() {
    for sound in [
        "match: { log: { text: 'not.found: key' } }\nexamples: { match: ['not-found: key', 'not found: key'], no_match: [x] }\n",
        "match: { log: { text: 'can.t open key' } }\nexamples: { match: [\"can't open key\"], no_match: [x] }\n",
        "match: { log: { text: 'state [abcdef]+ lost' } }\nexamples: { match: [state fab lost], no_match: [x] }\n",
        "match: { all: [{ log: { text: '\\berror\\b' } }, { log: { text: 'key 42' } }] }\nexamples: { match: [error in key 42], no_match: [x] }\n",
        "match: { log: { text: 'Traceback[^$]+KeyError: .token' } }\nexamples: { match: [\"Traceback (most recent call last):\\nKeyError: 'token'\"], no_match: [x] }\n",
    ] {
        assert_eq!(codes(sound), [], "{sound}");
    }
}

#[test]
fn of_two_thousand_unknown_names_the_first_fifty_are_looked_for() {
    let edges: String =
        (0..2_000).map(|number| format!("  - {{ rule: demo/some-rule-or-othr-{number}, join: window }}\n")).collect();
    let texts: Vec<(String, String)> = (0..2_000)
        .map(|number| (format!("demo/some-rule-or-other-{number}.yaml"), "title: t\nclass: data\nseverity: low\n".to_owned()))
        .chain([("demo/all.yaml".to_owned(), format!("title: t\nclass: data\nseverity: low\nexplains:\n{edges}"))])
        .collect();
    let loaded = Catalog::from_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    assert_eq!(loaded.problems.len(), 2_000);
    // Nobody reads two thousand suggestions, and each search reads all names.
    assert_eq!(loaded.problems.iter().filter(|problem| problem.help.is_some()).count(), 50);
}
