//! What can be wrong with rules that load: patterns that match everything, twins, and what is missing.

use std::collections::BTreeMap;

use super::load::Loaded;
use super::problem::{Place, Problem, Sheet};
use super::{Condition, Pattern, Rule};

/// All problems of a catalog: those found while loading, and those of rules that load. In order of file
/// and place. Only rules whose file has a text in [`Loaded::texts`] are looked at.
pub fn check(loaded: &Loaded) -> Vec<Problem> {
    let mut problems = loaded.problems.clone();
    let rules: Vec<(&Rule, &str)> =
        loaded.catalog.rules().iter().filter_map(|rule| Some((rule, loaded.texts.get(&rule.path)?.as_str()))).collect();
    for (rule, text) in &rules {
        let mut sheet = Sheet::new(&rule.path, text);
        empty_matches(rule, &mut sheet);
        missing_parts(rule, &mut sheet);
        problems.append(&mut sheet.problems);
    }
    problems.extend(twins(&rules));
    problems.sort();
    problems
}

fn patterns(rule: &Rule) -> impl Iterator<Item = &Pattern> {
    let tests = rule.test_matchers.iter().flat_map(|matcher| [&matcher.message, &matcher.details, &matcher.id]);
    rule.log_matchers.iter().map(|matcher| &matcher.text).chain(tests).filter_map(Option::as_ref)
}

fn empty_matches(rule: &Rule, sheet: &mut Sheet<'_>) {
    for pattern in patterns(rule).filter(|pattern| pattern.matches_nothing()) {
        let place = place_of_pattern(sheet.source, pattern);
        let help = "a part that must be there is missing: `*` and `?` alone need nothing".to_owned();
        sheet.wrong(place, "this pattern matches the empty text, and so nearly everything", help);
    }
}

fn missing_parts(rule: &Rule, sheet: &mut Sheet<'_>) {
    let place = place_of_key(sheet.source, "title");
    if rule.why.trim().is_empty() {
        sheet.wrong(place, "`why` is missing", "answer in one sentence why the effects come about".to_owned());
    }
    if rule.remedy.now.trim().is_empty() {
        sheet.wrong(place, "`remedy` is missing", "add `remedy: {now: …, verify: …, prevent: …}`".to_owned());
    }
    if rule.condition.is_some() && rule.matching_examples.is_empty() {
        let place = place_of_key(sheet.source, "match");
        let help = "add a real line under `examples: {match: […]}`".to_owned();
        sheet.wrong(place, "no example shows what this rule matches", help);
    }
}

/// Matchers that alone make two rules match.
fn twins(rules: &[(&Rule, &str)]) -> Vec<Problem> {
    let mut first: BTreeMap<String, &Rule> = BTreeMap::new();
    let mut problems = Vec::new();
    for (rule, text) in rules {
        let mut sheet = Sheet::new(&rule.path, text);
        for (key, pattern) in rule.condition.iter().flat_map(|condition| alternatives(rule, condition)) {
            match first.get(&key) {
                None => {
                    first.insert(key, rule);
                }
                Some(other) => {
                    let place =
                        pattern.map_or(place_of_key(sheet.source, "match"), |pattern| place_of_pattern(sheet.source, pattern));
                    let message = match other.id == rule.id {
                        true => "this matcher is in the rule twice".to_owned(),
                        false => format!("`{}` has the same matcher", other.id),
                    };
                    sheet.wrong(place, message, "keep one of the two, or tell them apart".to_owned());
                }
            }
        }
        problems.append(&mut sheet.problems);
    }
    problems
}

/// The single matchers of which any one is enough, each as a key that is equal for equal matchers.
fn alternatives<'r>(rule: &'r Rule, condition: &Condition) -> Vec<(String, Option<&'r Pattern>)> {
    match condition {
        Condition::Any(parts) => parts.iter().flat_map(|part| alternatives(rule, part)).collect(),
        Condition::All(parts) if parts.len() == 1 => alternatives(rule, &parts[0]),
        Condition::Log(number) => {
            let matcher = &rule.log_matchers[*number];
            let filter = matcher.filter.as_ref().map(super::Filter::text);
            let text = matcher.text.as_ref();
            vec![(format!("log {filter:?} {:?}", text.map(Pattern::source)), text)]
        }
        Condition::Test(number) => {
            let matcher = &rule.test_matchers[*number];
            let source = |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| pattern.source().to_owned());
            let sources = [&matcher.message, &matcher.details, &matcher.id].map(source);
            let key = format!("test {sources:?} {:?} {:?}", matcher.outcome, matcher.shorter_than);
            vec![(key, matcher.message.as_ref().or(matcher.details.as_ref()))]
        }
        _ => Vec::new(),
    }
}

/// Where a key of the rule stands; the start of the file where it is not to be found.
fn place_of_key(source: &str, key: &str) -> Place {
    let found = source.lines().position(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')));
    found.map_or(Place::START, |line| Place { line: line as u64 + 1, column: 1, width: key.chars().count() as u64 })
}

/// Where the pattern stands as it is; `match` where YAML writes it in another way.
fn place_of_pattern(source: &str, pattern: &Pattern) -> Place {
    let written = pattern.source().replace('\'', "''");
    for (number, line) in source.lines().enumerate() {
        if let Some(at) = line.find(&written).filter(|_| !written.is_empty()) {
            let column = line[..at].chars().count() as u64 + 1;
            return Place { line: number as u64 + 1, column, width: written.chars().count() as u64 };
        }
    }
    place_of_key(source, "match")
}
