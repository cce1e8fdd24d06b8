//! The handbook of rules is what the rules say.

use std::fs;

use super::super::docs;
use super::super::program::run;

#[test]
fn the_published_pages_are_current() {
    if std::env::var_os("FIVEWHYS_BLESS").is_some() {
        run(["rules", "pages", "docs/rules", "--link", "../../rules", "--no-config"]).exits(0);
    }
    run(["rules", "pages", "docs/rules", "--link", "../../rules", "--check", "--no-config"]).exits(0).says(&["all are current"]);
}

#[test]
fn pages_are_written_checked_and_removed_with_their_rule_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("mine");
    let pages = folder.path().join("pages");
    fs::create_dir_all(rules.join("acme")).unwrap();
    fs::write(rules.join("acme/one.yaml"), "title: One\nclass: data\nseverity: low\n").unwrap();
    let arguments = |check: bool| {
        let mut arguments = vec!["rules".to_owned(), "pages".to_owned(), pages.display().to_string()];
        arguments.extend(["--rules".to_owned(), rules.display().to_string(), "--no-config".to_owned()]);
        arguments.extend(check.then(|| "--check".to_owned()));
        arguments
    };
    run(arguments(true)).exits(1).says(&["acme/one.md: is missing", "out of date"]);
    assert!(!pages.exists(), "--check writes nothing");
    run(arguments(false)).exits(0);
    assert!(fs::read_to_string(pages.join("acme/one.md")).unwrap().contains("One"));
    run(arguments(true)).exits(0);

    fs::write(pages.join("acme/notes.md"), "my own notes").unwrap();
    fs::write(pages.join("auth/missing-jwt.md"), "changed by hand").unwrap();
    fs::rename(rules.join("acme/one.yaml"), rules.join("acme/two.yaml")).unwrap();
    let told = run(arguments(true)).exits(1);
    let told =
        told.says(&["acme/one.md: is of a rule that there is not", "acme/two.md: is missing", "missing-jwt.md: is not what"]);
    assert!(!told.out.contains("notes.md"));
    // The index is the fourth.
    run(arguments(false)).exits(0).says(&["4 of them new or changed"]);
    assert!(!pages.join("acme/one.md").exists() && pages.join("acme/notes.md").exists());
}

#[test]
fn what_the_pages_about_rules_show_is_printed() {
    let mut count = 0;
    let word = regex::Regex::new(r"'([^']*)'|(\S+)").unwrap();
    for page in ["docs/testing-rules.md", "docs/configuration.md"] {
        for (command, lines) in docs::shown(page) {
            let words = word.captures_iter(&command).map(|found| found.get(1).or(found.get(2)).unwrap().as_str().to_owned());
            let ran = run(words);
            assert_eq!(docs::unprinted(&lines, &ran.out), None, "{page}: `fivewhys {command}` prints\n{}", ran.out);
            count += 1;
        }
    }
    assert!(count >= 2);
}

#[test]
fn the_example_pack_is_as_it_should_be() {
    run(["rules", "check", "docs/example-pack"]).exits(0);
    let text = fs::read_to_string(super::super::program::root().join("docs/example-pack/shop/ledger-mismatch.yaml")).unwrap();
    let schema = text.lines().next().unwrap().rsplit('=').next().unwrap();
    assert!(super::super::program::root().join("docs/example-pack/shop").join(schema).exists());
}
