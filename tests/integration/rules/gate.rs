//! The raw gate admits whatever a rule can match, however the JSON is written.

use std::fmt::Write;

use fivewhys::findings::{Finder, Known, Watch};
use fivewhys::rules::Pattern;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::{Example, Gate, RULES, Selection, Source, Spans, pull, records, sightings};

/// How a text is put into an entry.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    Text,
    Message,
    /// A payload without a message: the text is the value of some key.
    Leaf,
    /// As [`Shape::Leaf`], but what is before the first colon is the key.
    Split,
    Stack,
    UserAgent,
    Audit,
}

pub const SHAPES: [Shape; 7] =
    [Shape::Text, Shape::Message, Shape::Leaf, Shape::Split, Shape::Stack, Shape::UserAgent, Shape::Audit];

/// A text as a JSON string, in which each character may be escaped in any legal way.
fn written(text: &str, dice: &mut impl FnMut(u32) -> u32) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let unicode = dice(12) == 0;
        match c {
            '"' | '\\' if !unicode => out.extend(['\\', c]),
            '/' if !unicode && dice(2) == 0 => out.push_str("\\/"),
            '\n' if !unicode => out.push_str("\\n"),
            '\t' if !unicode => out.push_str("\\t"),
            c if unicode || c.is_control() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    match dice(2) {
                        0 => write!(out, "\\u{unit:04x}").unwrap(),
                        _ => write!(out, "\\u{unit:04X}").unwrap(),
                    }
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub fn entry(text: &str, shape: Shape, dice: &mut impl FnMut(u32) -> u32) -> String {
    // Escapes in half of the entries only: one of them is enough to admit an entry.
    let plain = dice(2) == 0;
    let mut roll = |sides: u32| if plain { 1.min(sides - 1) } else { dice(sides) };
    let value = written(text, &mut roll);
    let colon = [":", ": ", " :\t"][roll(3) as usize];
    let payload = match shape {
        Shape::Text => format!(r#""textPayload"{colon}{value}"#),
        Shape::Message => format!(r#""json_payload"{colon}{{"message"{colon}{value}}}"#),
        Shape::Leaf => format!(r#""jsonPayload":{{"detail":[{value}]}}"#),
        Shape::Split => {
            let (key, value) = text.split_once(": ").unwrap_or(("detail", text));
            format!(r#""jsonPayload":{{{}:{}}}"#, written(key, &mut roll), written(value, &mut roll))
        }
        Shape::Stack => format!(r#""jsonPayload":{{"msg":"x","stack_trace"{colon}{value}}}"#),
        Shape::UserAgent => format!(r#""httpRequest":{{"status":503,"requestMethod":"GET","userAgent":{value}}}"#),
        Shape::Audit => {
            let (method, resource) = text.split_once(' ').unwrap_or((text, "x"));
            let (method, resource) = (written(method, &mut roll), written(resource, &mut roll));
            format!(r#""protoPayload":{{"methodName":{method},"resourceName":{resource}}}"#)
        }
    };
    format!(r#"{{"insertId":"a","timestamp":"2026-01-02T03:04:05Z",{payload}}}"#)
}

/// Whether the reader finds the entry worth parsing.
fn is_parsed(raw: &str) -> bool {
    let reach = Spans::union([(jiff::Timestamp::MIN, jiff::Timestamp::MAX)]);
    let mut parsed = false;
    let selection = Selection { windows: Vec::new(), reach };
    pull(&[Source::bytes("test", raw.as_bytes())], &selection, &RULES.1, &mut |_| parsed = true).unwrap();
    parsed
}

/// Fails if the rules see something in the entry that the gate would not have let through.
fn assert_admitted(raw: &str) {
    let (catalog, matcher) = &*RULES;
    for record in records(raw) {
        let found = sightings(matcher, &record);
        if let Some(sighting) = found.first() {
            let rule = &catalog.rule(sighting.rule).id;
            assert!(matcher.admits(raw.as_bytes()), "{rule} matches what the gate turned away: {raw}");
        }
        let watch = Watch::new(Vec::new());
        if Finder::new(catalog, matcher, &watch).standing_of(&record) != Known::No {
            assert!(is_parsed(raw), "a rule is met by what was passed over: {raw}");
        }
    }
}

pub fn dice(runner: &mut TestRunner) -> impl FnMut(u32) -> u32 + use<> {
    let mut rng = runner.new_rng();
    move |sides| rng.next_u32() % sides
}

#[test]
fn the_catalogs_own_examples_pass_the_gate_in_every_writing() {
    let (catalog, _) = &*RULES;
    let mut runner = TestRunner::deterministic();
    let mut dice = dice(&mut runner);
    let (mut tried, mut turned_away) = (0, 0);
    for rule in catalog.rules() {
        for example in rule.matching_examples.iter().chain(&rule.other_examples) {
            let Example::Text(text) = example else { continue };
            for shape in SHAPES {
                let raw = entry(text, shape, &mut dice);
                assert_admitted(&raw);
                tried += 1;
                turned_away += usize::from(!is_parsed(&raw));
            }
        }
    }
    assert!(tried > 0);
    assert!(turned_away > tried / 10, "{turned_away} of {tried}: a gate that admits everything is no gate");
}

#[test]
fn texts_made_from_the_patterns_wake_their_rule_and_pass_the_gate() {
    let (catalog, matcher) = &*RULES;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
    let mut dice = dice(&mut runner);
    let mut made = 0;
    for (place, rule) in catalog.rules().iter().enumerate() {
        for (number, pattern) in rule.log_matchers.iter().enumerate().filter_map(|(n, m)| Some((n, m.text.as_ref()?))) {
            for text in texts_of(pattern, &mut runner) {
                made += 1;
                let mut seen = false;
                matcher.in_text(&text, &mut |sighting| seen |= sighting.rule == place && sighting.matcher == number);
                assert!(seen, "{} does not wake for {text:?} of {}", rule.id, pattern.source());
                let shape = SHAPES[dice(SHAPES.len() as u32) as usize];
                assert_admitted(&entry(&text, shape, &mut dice));
            }
        }
    }
    assert!(made > 200, "{made}");
}

/// A few texts that the pattern matches, as far as they can be made.
fn texts_of(pattern: &Pattern, runner: &mut TestRunner) -> Vec<String> {
    // What has no width cannot be made to order; the pattern itself has the last word.
    let bare = [r"(?-u:\b)", r"(?-u:\B)", "^", "$"].iter().fold(pattern.compiled().to_owned(), |text, mark| {
        if *mark == "^" { text.replace("(^", "(").trim_start_matches('^').to_owned() } else { text.replace(mark, "") }
    });
    let Ok(strategy) = proptest::string::string_regex(&bare) else { return Vec::new() };
    (0..4).filter_map(|_| Some(strategy.new_tree(runner).ok()?.current())).filter(|text| pattern.is_match(text)).collect()
}

#[test]
fn an_ordinary_line_is_turned_away() {
    let loaded = fivewhys::rules::Catalog::from_texts([
        ("a/text.yaml", "title: t\nclass: data\nseverity: low\nmatch: {log: {text: 'connection \\w+ refused'}}\n"),
        ("a/status.yaml", "title: t\nclass: data\nseverity: low\nmatch: {log: {filter: 'httpRequest.status>=500'}}\n"),
        ("a/severity.yaml", "title: t\nclass: data\nseverity: low\nmatch: {log: {filter: 'severity>=ERROR log_id(\"x/y\")'}}\n"),
    ]);
    let matcher = fivewhys::rules::Matcher::new(&loaded.catalog);
    assert!(loaded.problems.is_empty() && matcher.ungated().is_empty());
    let admits = |raw: &str| matcher.admits(raw.as_bytes());
    assert!(!admits(r#"{"textPayload":"all is well","severity":"INFO","httpRequest":{"status": 200}}"#));
    assert!(admits(r#"{"textPayload":"the connection was refused"}"#));
    assert!(admits(r#"{"httpRequest":{"status": 503}}"#) && admits(r#"{"http_request":{"status":"503"}}"#));
    assert!(!admits(r#"{"severity":"ERROR","logName":"projects/p/logs/other"}"#));
    assert!(admits(r#"{"severity":"error","logName":"projects\/p/logs/x%2Fy"}"#));
    assert!(admits(r#"{"severity":500,"log_name":"projects/p/logs/x%2Fy"}"#));
    assert!(admits(r#"{"sev\u0065rity":"INFO"}"#), "an unusual escape cannot be judged");
    assert!(!admits(r#"{"textPayload":"a \u003cb\u003e \u0027c\u0027 \u00e9"}"#));
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn filters_are_gated_by_nothing_they_would_match(
        status in prop_oneof![Just("503".to_owned()), Just("\"500\"".to_owned()), "[1-6][0-9]{2}", Just("null".to_owned())],
        severity in prop_oneof![Just("\"ERROR\""), Just("\"critical\""), Just("500"), Just("\"INFO\""), Just("\"WARN\""), Just("\"FATAL\""), Just("[\"ALERT\"]")],
        log in prop_oneof![Just("run.googleapis.com%2Frequests"), Just("run.googleapis.com%2fstderr"), Just("run.googleapis.com/requests")],
        snake in any::<bool>(),
    ) {
        let (log_name, request) = if snake { ("log_name", "http_request") } else { ("logName", "httpRequest") };
        let raw = format!(
            r#"{{"timestamp":"2026-01-02T03:04:05Z","{log_name}" : "projects/p/logs/{log}","severity":{severity},"{request}":{{"status":{status}}}}}"#
        );
        assert_admitted(&raw);
    }
}
