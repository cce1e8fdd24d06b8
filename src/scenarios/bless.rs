//! A rule file with the expectations of its scenarios written anew, as they come out now.

use super::{Played, PlayedCase, Stage, differences};
use crate::rules::load::Loaded;
use crate::rules::scenario::{Expectation, Scenario, trials};
use crate::rules::{Captures, RuleIx};

/// A rule file with new expectations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blessed {
    /// The whole text.
    pub text: String,
    /// How many expectations are new.
    pub count: usize,
    /// Scenarios that had to be left as they are, and why.
    pub left: Vec<String>,
}

/// Writes the expectations of those scenarios anew that do not hold and are not to do; `None` where all hold. What an
/// expectation does not speak of stays unsaid.
pub fn bless(loaded: &Loaded, stage: &Stage<'_>, rule: RuleIx) -> Option<Blessed> {
    let definition = loaded.catalog.rule(rule);
    let mut blessed = Blessed { text: loaded.texts.get(&definition.path)?.clone(), ..Blessed::default() };
    let (trials, _) = trials(loaded, definition);
    // The last one first: the places of those before it stay what they are.
    for scenario in trials.scenarios.iter().rev().filter(|scenario| scenario.todo.is_none()) {
        let Ok(played) = stage.play(rule, scenario) else { continue };
        if differences(&scenario.expect, &played).is_empty() {
            continue;
        }
        match anew(scenario, &played) {
            Ok(expect) => {
                write(&mut blessed.text, scenario, &expect);
                blessed.count += 1;
            }
            Err(why) => blessed.left.push(format!("{}: {why}", scenario.name)),
        }
    }
    (blessed.count > 0 || !blessed.left.is_empty()).then_some(blessed)
}

/// The expectation as it comes out now, in the lines of a rule file.
fn anew(scenario: &Scenario, played: &Played) -> Result<Vec<String>, String> {
    if !played.gaps.is_empty() {
        return Err("its entries cannot be read whole".to_owned());
    }
    if scenario.written.in_brackets {
        return Err("it is written in brackets; give each key a line of its own".to_owned());
    }
    let old = &scenario.expect;
    let is_new = *old == Expectation::default();
    let same = |what: fn(&PlayedCase) -> String| played.cases.windows(2).all(|pair| what(&pair[0]) == what(&pair[1]));
    let asks = is_new || old.root.is_some() || !old.chain.is_empty() || old.verdict.is_some();
    if asks && !same(|case| format!("{:?} {:?} {}", case.root, case.chain, case.verdict)) {
        return Err("its failing tests come out differently; give each a scenario of its own".to_owned());
    }
    let mut lines = vec!["expect:".to_owned()];
    // That it fires is said by the captures and the root, unless there are none.
    if old.fires.is_some() || is_new && played.captures.iter().all(Captures::is_empty) {
        lines.push(format!("  fires: {}", played.fired));
    }
    lines.extend(captures(old, played, is_new));
    let Some(case) = played.cases.first() else { return Ok(lines) };
    if let Some(root) = case.root.as_ref().filter(|_| is_new || old.root.is_some()) {
        lines.push(format!("  root: {root}"));
    }
    if old.verdict.is_some() {
        lines.push(format!("  verdict: {}", case.verdict));
    }
    if !case.chain.is_empty() && (is_new || !old.chain.is_empty()) {
        lines.push("  chain:".to_owned());
        lines.extend(case.chain.iter().map(|step| format!("    - {step}")));
    }
    Ok(lines)
}

fn captures(old: &Expectation, played: &Played, is_new: bool) -> Vec<String> {
    let Some(caught) = played.captures.first() else { return Vec::new() };
    let wanted: Captures = caught
        .iter()
        .filter(|(name, _)| is_new || old.captures.contains_key(*name))
        .map(|(a, b)| (a.clone(), b.clone()))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let one = |(name, value): (&String, &String)| format!("    {name}: {}", quoted(value));
    std::iter::once("  captures:".to_owned()).chain(wanted.iter().map(one)).collect()
}

/// A text in YAML's double quotes, which are JSON's.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

fn write(text: &mut String, scenario: &Scenario, lines: &[String]) {
    let written = &scenario.written;
    let blanks = " ".repeat(written.indent);
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let new = lines.join(&format!("{end_of_line}{blanks}"));
    match &written.expect {
        Some(bytes) => {
            let end = bytes.start + text.get(bytes.clone()).unwrap_or_default().trim_end().len();
            text.replace_range(bytes.start..end, &new);
        }
        None => {
            let end = text.get(..written.end).unwrap_or_default().trim_end().len();
            text.insert_str(end, &format!("{end_of_line}{blanks}{new}"));
        }
    }
}
