//! A rule's own examples: whether it matches those it must, and leaves alone those it must not.
//!
//! A text is the text of a record, and of a failure's message and details: only the patterns are judged,
//! filters are not. A whole entry is read as the log reader reads it, and everything is judged. A test
//! failure is judged by the test matchers. An example is a window that holds nothing else: `count` asks for
//! one record of it, `sequence` for any step, `absent` that it is none; and where a rule asks for a log
//! entry *and* a failing test, an example of the one is not asked for the other.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::logs::{Everything, Record, Selection, Source, pull};
use crate::results::{Failure, Outcome, TestCase};
use crate::window::Spans;

use super::{Catalog, Condition, Example, Matcher, Rule, RuleIx, TestExample};

/// An example that does not do what it is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The rule.
    pub rule: RuleIx,
    /// It stands under `match` (and does not match), or under `no_match` (and matches).
    pub should_match: bool,
    /// Its number in that list, from 1.
    pub number: usize,
    /// The example, cut to one line.
    pub text: String,
    /// What to look at.
    pub hint: String,
}

/// How many examples were judged, and those that are wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// Rules that have examples.
    pub rules: usize,
    /// Examples that must match.
    pub matching: usize,
    /// Examples that must not.
    pub others: usize,
    /// The wrong ones, in order of rule and place.
    pub mismatches: Vec<Mismatch>,
}

/// Judges all examples of the rules that `wanted` picks, with the same matcher that reads the logs.
pub fn examine(catalog: &Catalog, matcher: &Matcher, wanted: impl Fn(&Rule) -> bool) -> Examined {
    let mut examined = Examined::default();
    for (place, rule) in catalog.rules().iter().enumerate().filter(|(_, rule)| wanted(rule)) {
        examined.rules += usize::from(!rule.matching_examples.is_empty() || !rule.other_examples.is_empty());
        examined.matching += rule.matching_examples.len();
        examined.others += rule.other_examples.len();
        for (should_match, examples) in [(true, &rule.matching_examples), (false, &rule.other_examples)] {
            for (number, example) in (1..).zip(examples) {
                let judged = judge(matcher, place, rule, example);
                if judged != Ok(should_match) {
                    let hint = judged.err().unwrap_or_else(|| hint(rule, should_match));
                    let text = one_line(example);
                    examined.mismatches.push(Mismatch { rule: place, should_match, number, text, hint });
                }
            }
        }
    }
    examined
}

fn hint(rule: &Rule, should_match: bool) -> String {
    match (should_match, &rule.condition) {
        (_, None) => "the rule has no `match`, so it has no examples either".to_owned(),
        (true, _) => "change the pattern until it matches, or correct the example".to_owned(),
        (false, _) => "make the pattern more specific, or remove the example".to_owned(),
    }
}

/// The example on one line.
pub fn one_line(example: &Example) -> String {
    match example {
        Example::Text(text) => text.replace('\n', "⏎"),
        Example::Entry(fields) => Value::Object(fields.clone()).to_string(),
        Example::Test(test) => format!("test: {}", test.message.replace('\n', "⏎")),
    }
}

/// The matchers of a rule that an example meets: the numbers of log matchers, and those of test matchers.
pub fn met(catalog: &Catalog, matcher: &Matcher, rule: RuleIx, example: &Example) -> (Vec<usize>, Vec<usize>) {
    sides(matcher, rule, catalog.rule(rule), example).unwrap_or_default()
}

/// Whether a rule matches an example, its own or another's; `false` where that cannot be judged.
pub fn matches(catalog: &Catalog, matcher: &Matcher, rule: RuleIx, example: &Example) -> bool {
    judge(matcher, rule, catalog.rule(rule), example) == Ok(true)
}

/// Whether the rule matches the example.
///
/// # Errors
/// The example cannot be judged; the text says why.
fn judge(matcher: &Matcher, place: RuleIx, rule: &Rule, example: &Example) -> Result<bool, String> {
    let Some(condition) = &rule.condition else { return Err(hint(rule, true)) };
    let by_record = narrowed(condition, Side::Record);
    let by_case = narrowed(condition, Side::Case);
    let (record, case) = sides(matcher, place, rule, example)?;
    let as_record = by_record.is_some_and(|condition| condition.met_by_record(&record, &case));
    let as_case = by_case.is_some_and(|condition| condition.met_by_case(&case));
    Ok(match example {
        Example::Text(_) => as_record || as_case,
        Example::Entry(_) => as_record,
        Example::Test(_) => as_case,
    })
}

fn sides(matcher: &Matcher, place: RuleIx, rule: &Rule, example: &Example) -> Result<(Vec<usize>, Vec<usize>), String> {
    Ok(match example {
        Example::Text(text) => (texts_met(matcher, place, text), failures_met(rule, text)),
        Example::Entry(fields) => (entries_met(matcher, place, fields)?, Vec::new()),
        Example::Test(test) => (Vec::new(), case_met(matcher, place, test)),
    })
}

/// What an example speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Record,
    Case,
}

/// The condition as far as it speaks of that side, for a window that holds nothing but the example.
fn narrowed(condition: &Condition, side: Side) -> Option<Condition> {
    let parts = |parts: &[Condition]| {
        let parts: Vec<Condition> = parts.iter().filter_map(|part| narrowed(part, side)).collect();
        (!parts.is_empty()).then_some(parts)
    };
    match condition {
        Condition::All(all) => {
            let parts = parts(all)?;
            // What only says what must not be there is no match by itself.
            parts.iter().any(|part| !matches!(part, Condition::None(_))).then_some(Condition::All(parts))
        }
        Condition::Any(any) => parts(any).map(Condition::Any),
        Condition::None(none) => parts(none).map(Condition::None),
        Condition::Test(_) => (side == Side::Case).then(|| condition.clone()),
        _ if side == Side::Case => None,
        Condition::Log(_) => Some(condition.clone()),
        Condition::Count { log, .. } => Some(Condition::Log(*log)),
        Condition::Absent(log) => Some(Condition::None(vec![Condition::Log(*log)])),
        Condition::Sequence { steps, .. } => Some(Condition::Any(steps.iter().copied().map(Condition::Log).collect())),
    }
}

fn texts_met(matcher: &Matcher, place: RuleIx, text: &str) -> Vec<usize> {
    let mut met = Vec::new();
    matcher.in_text(text, &mut |sighting| {
        if sighting.rule == place {
            met.push(sighting.matcher);
        }
    });
    met
}

/// The test matchers that would take the text for a failure; what is no text is not judged.
fn failures_met(rule: &Rule, text: &str) -> Vec<usize> {
    let met = |matcher: &super::TestMatcher| {
        let mut patterns = [&matcher.message, &matcher.details].into_iter().filter_map(Option::as_ref).peekable();
        patterns.peek().is_some() && patterns.all(|pattern| pattern.is_match(text))
    };
    rule.test_matchers.iter().enumerate().filter(|(_, matcher)| met(matcher)).map(|(number, _)| number).collect()
}

fn entries_met(matcher: &Matcher, place: RuleIx, fields: &Map<String, Value>) -> Result<Vec<usize>, String> {
    let mut fields = fields.clone();
    let moment = Timestamp::UNIX_EPOCH;
    fields.entry("timestamp").or_insert_with(|| Value::String(moment.to_string()));
    let source = Source::bytes("example", Value::Object(fields).to_string().into_bytes());
    let reach = Spans::union([(Timestamp::MIN, Timestamp::MAX)]);
    let selection = Selection { windows: Vec::new(), reach };
    let mut records: Vec<Record> = Vec::new();
    pull(&[source], &selection, &Everything, &mut |record| records.push(record)).map_err(|error| error.to_string())?;
    let [record] = records.as_slice() else {
        return Err("this is no log entry: it needs Cloud Logging's field names".to_owned());
    };
    let mut met = Vec::new();
    matcher.in_record(record, &mut |sighting| {
        if sighting.rule == place {
            met.push(sighting.matcher);
        }
    });
    Ok(met)
}

fn case_met(matcher: &Matcher, place: RuleIx, test: &TestExample) -> Vec<usize> {
    let failure = Failure { message: test.message.clone(), details: test.details.clone(), output: String::new() };
    let outcome = match test.outcome.as_str() {
        "passed" => Outcome::Passed,
        "skipped" => Outcome::Skipped,
        "errored" => Outcome::Errored(failure),
        "flaky" => Outcome::Flaky(failure),
        _ => Outcome::Failed(failure),
    };
    let name = test.id.rsplit("::").next().unwrap_or_default().to_owned();
    let duration = test.duration.and_then(|duration| SignedDuration::try_from(duration).ok());
    let case = TestCase { id: test.id.clone(), name, start: None, duration, outcome, attempts: 1 };
    let mut met = Vec::new();
    matcher.in_case(&case, &mut |sighting| {
        if sighting.rule == place {
            met.push(sighting.matcher);
        }
    });
    met
}
