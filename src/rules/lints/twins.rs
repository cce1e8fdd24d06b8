//! Matchers that alone make two rules match.

use std::collections::BTreeMap;

use super::super::load::Loaded;
use super::super::problem::Sheet;
use super::super::{Condition, Filter, Pattern, Rule, RuleId, RuleIx};
use super::{Leaf, Lint, Subject, lint};

pub(super) static SAME_MATCHER: Lint = lint("FW106", "same-matcher", "two rules, or one rule twice, have the same matcher", look);

/// A matcher that was met before.
pub(super) struct Twin {
    leaf: Leaf,
    other: RuleId,
}

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    for Twin { leaf, other } in subject.bench.twins.get(&subject.place).map(Vec::as_slice).unwrap_or_default() {
        let node = match leaf {
            Leaf::Log(number) => subject.logs.get(*number),
            Leaf::Test(number) => subject.tests.get(*number),
        };
        let written = node.map(|node| ["text", "message", "details", "id"].iter().find_map(|key| node.get(key)).unwrap_or(node));
        let place = written.map_or(subject.key("match"), |node| node.place);
        let message = match *other == subject.rule.id {
            true => "this matcher is in the rule twice".to_owned(),
            false => format!("`{other}` has the same matcher"),
        };
        sheet.found(&SAME_MATCHER.code, place, message, "keep one of the two, or tell them apart".to_owned());
    }
}

/// By rule whose file is at hand: the matchers that it shares with itself, a rule before it, or a rule of the catalog that it
/// is laid over.
pub(super) fn of(loaded: &Loaded) -> BTreeMap<RuleIx, Vec<Twin>> {
    let mut first: BTreeMap<String, &Rule> = BTreeMap::new();
    let mut twins: BTreeMap<RuleIx, Vec<Twin>> = BTreeMap::new();
    let at_hand = |rule: &Rule| loaded.texts.contains_key(&rule.path);
    let mut rules: Vec<(RuleIx, &Rule)> = loaded.catalog.rules().iter().enumerate().collect();
    rules.sort_by_key(|(_, rule)| at_hand(rule));
    for (place, rule) in rules {
        for leaf in rule.condition.iter().flat_map(alternatives) {
            match first.get(&key(rule, leaf)) {
                Some(_) if !at_hand(rule) => {}
                Some(other) => twins.entry(place).or_default().push(Twin { leaf, other: other.id.clone() }),
                None => drop(first.insert(key(rule, leaf), rule)),
            }
        }
    }
    twins
}

/// The matchers of which any one is enough. What has exceptions beside it is another condition than without.
fn alternatives(condition: &Condition) -> Vec<Leaf> {
    match condition {
        Condition::Any(parts) => parts.iter().flat_map(alternatives).collect(),
        Condition::All(parts) if parts.len() == 1 => alternatives(&parts[0]),
        Condition::Log(number) => vec![Leaf::Log(*number)],
        Condition::Test(number) => vec![Leaf::Test(*number)],
        _ => Vec::new(),
    }
}

/// Equal for equal matchers.
fn key(rule: &Rule, leaf: Leaf) -> String {
    match leaf {
        Leaf::Log(number) => {
            let matcher = &rule.log_matchers[number];
            format!("log {:?} {:?}", matcher.filter.as_ref().map(Filter::text), matcher.text.as_ref().map(Pattern::source))
        }
        Leaf::Test(number) => {
            let matcher = &rule.test_matchers[number];
            let source = |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| pattern.source().to_owned());
            let sources = [&matcher.message, &matcher.details, &matcher.id].map(source);
            format!("test {sources:?} {:?} {:?}", matcher.outcome, matcher.shorter_than)
        }
    }
}
