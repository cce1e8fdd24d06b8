//! What a rule should have and has not, and examples that do not do what they are there for.

use super::super::problem::Sheet;
use super::super::yaml::Node;
use super::{Lint, Subject, lint};

pub(super) static NO_EXAMPLE: Lint = lint("FW401", "no-example", "no example shows what a rule matches", no_example);

pub(super) static NO_COUNTER_EXAMPLE: Lint =
    lint("FW402", "no-counter-example", "no example shows what a rule leaves alone", no_counter_example);

pub(super) static EXAMPLE_FAILS: Lint =
    lint("FW403", "example-fails", "an example is not matched, or a counter-example is", example_fails);

pub(super) static NO_WHY: Lint = lint("FW404", "no-why", "a rule does not answer why", no_why);

pub(super) static NO_REMEDY: Lint = lint("FW405", "no-remedy", "a rule does not say what to do", no_remedy);

fn no_example(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    if subject.rule.condition.is_some() && subject.rule.matching_examples.is_empty() {
        let help = "add a real line under `examples: {match: […]}`".to_owned();
        sheet.found(&NO_EXAMPLE.code, subject.key("match"), "no example shows what this rule matches", help);
    }
}

fn no_counter_example(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    if subject.rule.condition.is_some() && subject.rule.other_examples.is_empty() {
        let help = "add the success line of the same code, or that of a neighbouring rule, under `examples: {no_match: […]}`";
        sheet.found(
            &NO_COUNTER_EXAMPLE.code,
            subject.key("match"),
            "no example shows what this rule leaves alone",
            help.to_owned(),
        );
    }
}

fn example_fails(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    for mismatch in subject.bench.mismatches.get(&subject.place).map(Vec::as_slice).unwrap_or_default() {
        let key = if mismatch.should_match { "match" } else { "no_match" };
        let list = subject.root.get("examples").and_then(|examples| examples.get(key)).map(Node::items).unwrap_or_default();
        let place = list.get(mismatch.number - 1).map_or(subject.key("examples"), |node| node.place);
        let message = match mismatch.should_match {
            true => "the rule does not match this example",
            false => "the rule matches this counter-example",
        };
        sheet.found(&EXAMPLE_FAILS.code, place, message, mismatch.hint.clone());
    }
}

fn no_why(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    if subject.rule.why.trim().is_empty() {
        let help = "answer in one sentence why the effects come about".to_owned();
        sheet.found(&NO_WHY.code, subject.key("title"), "`why` is missing", help);
    }
}

fn no_remedy(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    if subject.rule.remedy.now.trim().is_empty() {
        let help = "add `remedy: {now: …, verify: …, prevent: …}`".to_owned();
        sheet.found(&NO_REMEDY.code, subject.key("title"), "`remedy` is missing", help);
    }
}
