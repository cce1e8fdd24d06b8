//! What the documentation shows is what the program prints.

use std::fs;

use crate::program;

/// Stands for lines that the documentation leaves out.
const LEFT_OUT: &str = "[…]";

/// The blocks of a page that show a command (`$ fivewhys …`) and what it prints, in order.
pub fn shown(page: &str) -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(program::root().join(page)).unwrap();
    let blocks = text.split("\n```\n$ fivewhys ").skip(1).filter_map(|rest| rest.split("\n```").next());
    let with_command = blocks.map(|block| {
        let (command, printed) = block.split_once('\n').unwrap_or((block, ""));
        (command.to_owned(), printed.lines().map(str::to_owned).collect())
    });
    with_command.collect()
}

/// The first line that is not printed where the page says; lines in a row must be printed in a row.
pub fn unprinted(shown: &[String], printed: &str) -> Option<String> {
    let printed: Vec<&str> = printed.lines().collect();
    let mut at = 0;
    for part in shown.split(|line| line == LEFT_OUT).filter(|part| !part.is_empty()) {
        match (at..printed.len())
            .find(|&start| printed[start..].iter().zip(part).filter(|(is, said)| *is == said).count() == part.len())
        {
            Some(start) => at = start + part.len(),
            None => return part.iter().find(|line| !printed.contains(&line.as_str())).or(part.first()).cloned(),
        }
    }
    None
}

#[test]
fn the_reports_in_the_documentation_are_real() {
    let mut count = 0;
    for page in ["README.md", "docs/guide.md", "docs/cloud-logging.md"] {
        for (command, lines) in shown(page) {
            let ran = program::run(command.split_whitespace().chain(["--width", "100"]));
            let wrong = unprinted(&lines, &ran.out);
            assert_eq!(wrong, None, "{page}: `fivewhys {command}` does not print this line; it prints\n{}", ran.out);
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} commands are shown");
}

#[test]
fn every_option_of_diagnose_is_in_the_readme() {
    let readme = fs::read_to_string(program::root().join("README.md")).unwrap();
    let help = program::run(["diagnose", "--help"]).exits(0).out;
    let options = regex::Regex::new(r"(?m)^\s+(?:-\w, )?(--[a-z-]+)").unwrap();
    for option in options.captures_iter(&help).map(|captures| captures[1].to_owned()) {
        let common = ["--help", "--version"].contains(&option.as_str());
        assert!(common || readme.contains(&option), "{option} is not in README.md");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#\s]+)").unwrap();
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/guide.md",
        "docs/cloud-logging.md",
        "docs/github-issues.md",
        "docs/configuration.md",
        "docs/lints.md",
        "docs/testing-rules.md",
        "docs/rules/README.md",
        "docs/writing-rules.md",
        "samples/README.md",
        "reports/README.md",
        "rules/README.md",
    ] {
        let text = fs::read_to_string(program::root().join(page)).unwrap();
        let folder = program::root().join(page).parent().unwrap().to_owned();
        for target in link.captures_iter(&text).map(|captures| captures[1].to_owned()) {
            assert!(target.contains("://") || folder.join(&target).exists(), "{page} links to {target}");
        }
    }
}
