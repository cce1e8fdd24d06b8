//! The quick path (sieves, gate, unparsed entries) finds what the plain path finds: every entry parsed, every pattern
//! asked. `FIVEWHYS_INCIDENTS=10000` tries that many invented incidents instead of a few.

use fivewhys::findings::{Finder, Findings, Group, Watch, WatchedWindow};
use fivewhys::logs::{Gate, Met, Visitor, pull_for};
use fivewhys::results::TestRun;
use fivewhys::window::{Precision, TimeWindow};
use jiff::{SignedDuration, Timestamp};
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::gate::{SHAPES, Shape, dice, entry};
use super::{Captures, Catalog, Everything, Example, Matcher, RULES, Record, Selection, Sighting, Source, Spans, sightings};

/// Entries of an incident.
const ENTRIES: usize = 25;

fn start() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// Who wrote an entry, and for which request, each said or not, some of it escaped.
fn whose(dice: &mut impl FnMut(u32) -> u32) -> String {
    let instance = ["", "\"labels\":{\"instanceId\":\"i1\"},", "\"labels\":{\"a\":\"\",\"instanceId\":\"\\u0069\\u0031\"},"];
    let revision =
        ["", "\"resource\":{\"labels\":{\"service_name\":\"s\",\"revision_name\":\"s-1\"},\"type\":\"cloud_run_revision\"},"];
    let trace =
        ["", "\"trace\":\"\",", "\"trace\":\"projects/p/traces/1\",", "\"trace\":\"projects/p/traces/2\",", "\"trace\":\"p/\","];
    let mut one_of = |ways: &[&'static str]| ways[dice(ways.len() as u32) as usize];
    [one_of(&instance), one_of(&revision), one_of(&trace)].concat()
}

/// An export of lines that rules know or nearly know, written in every way that JSON allows.
pub fn incident(texts: &[&str], dice: &mut impl FnMut(u32) -> u32) -> String {
    let mut lines = Vec::new();
    let mut at = start();
    for _ in 0..ENTRIES {
        let text = texts[dice(texts.len() as u32) as usize];
        // Some texts arrive one line per entry, as a container's standard error does.
        let parts: Vec<&str> = if dice(4) == 0 { text.lines().collect() } else { vec![text] };
        let shape = if parts.len() > 1 { Shape::Text } else { SHAPES[dice(SHAPES.len() as u32) as usize] };
        at += SignedDuration::from_millis(i64::from(dice(400)));
        for part in parts {
            at += SignedDuration::from_micros(20);
            let severity = ["", ",\"severity\":\"ERROR\"", ",\"severity\":\"INFO\""][dice(3) as usize];
            let whose = whose(dice);
            let head = format!("{{\"insertId\":\"{}\",\"timestamp\":\"{at}\"{severity},{whose}", lines.len());
            let written = entry(part, shape, dice);
            let (_, rest) = written.split_once("\"timestamp\":\"2026-01-02T03:04:05Z\",").unwrap();
            lines.push(format!("{head}{rest}"));
        }
    }
    lines.join("\n")
}

pub fn watch() -> Watch {
    let window = |group, from: i64, to: i64| {
        let (start, end) = (start() + SignedDuration::from_secs(from), start() + SignedDuration::from_secs(to));
        let window = TimeWindow { start, end, precision: Precision::Given };
        WatchedWindow { group, case: None, core: (start, end), window }
    };
    Watch::new(vec![window(Group::Failing, 0, 2), window(Group::Control, 3, 4)])
}

/// Notes which records a finder looks at.
struct Noting<'a> {
    finder: Finder<'a>,
    seen: Vec<Record>,
}

impl Visitor for Noting<'_> {
    fn meet(&mut self, met: Vec<Met>) -> Vec<usize> {
        self.seen.extend(met.iter().filter_map(|met| if let Met::Record(record) = met { Some(record.clone()) } else { None }));
        self.finder.meet(met)
    }

    fn take(&mut self, records: Vec<Option<Record>>) {
        self.seen.extend(records.iter().flatten().cloned());
        self.finder.take(records);
    }
}

/// What the rules find in an export, and the records that were looked at.
fn found(raw: &str, gate: &dyn Gate) -> (Findings, Vec<Record>) {
    let (catalog, matcher) = &*RULES;
    let watch = watch();
    let reach = Spans::union([(Timestamp::MIN, Timestamp::MAX)]);
    let mut noting = Noting { finder: Finder::new(catalog, matcher, &watch), seen: Vec::new() };
    let selection = Selection { windows: Vec::new(), reach };
    pull_for(&[Source::bytes("test", raw.as_bytes())], &selection, gate, &mut noting).unwrap();
    (noting.finder.finish(&TestRun::default()), noting.seen)
}

/// What [`Matcher::in_record`] must say: each matcher asked by itself.
fn asked_one_by_one(catalog: &Catalog, record: &Record) -> Vec<Sighting> {
    let mut found = Vec::new();
    for (rule, definition) in catalog.rules().iter().enumerate() {
        for (matcher, log) in definition.log_matchers.iter().enumerate() {
            let filter_met = log.filter.as_ref().is_none_or(|filter| record.entries.iter().any(|entry| filter.matches(entry)));
            let (captures, span) = match &log.text {
                Some(pattern) => match (pattern.captures(&record.text), pattern.find(&record.text)) {
                    (Some(captures), Some(span)) => (captures, span),
                    _ => continue,
                },
                None => (Captures::new(), 0..0),
            };
            if filter_met {
                found.push(Sighting { rule, matcher, captures, span });
            }
        }
    }
    found
}

pub fn examples(catalog: &Catalog) -> Vec<&str> {
    let examples = catalog.rules().iter().flat_map(|rule| rule.matching_examples.iter().chain(&rule.other_examples));
    examples.filter_map(|example| if let Example::Text(text) = example { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn the_quick_path_finds_what_the_plain_path_finds() {
    let (catalog, matcher): &(Catalog, Matcher) = &RULES;
    let texts = examples(catalog);
    let incidents = std::env::var("FIVEWHYS_INCIDENTS").map_or(60, |count| count.parse().unwrap());
    let mut runner = TestRunner::deterministic();
    let mut dice = dice(&mut runner);
    let (mut all, mut passed_over) = (0, 0);
    for _ in 0..incidents {
        let raw = incident(&texts, &mut dice);
        let (quick, looked_at) = found(&raw, matcher);
        let (plain, records) = found(&raw, &Everything);
        assert_eq!(format!("{quick:?}"), format!("{plain:?}"), "{raw}");
        for record in &records {
            assert_eq!(sightings(matcher, record), asked_one_by_one(catalog, record), "{}", record.text);
        }
        all += records.len();
        passed_over += records.len() - looked_at.len();
    }
    assert!(passed_over > all / 20, "{passed_over} of {all} entries were not parsed: there is no quick path");
}

#[test]
fn a_kind_of_line_stays_told_apart_however_many_others_come_after_it() {
    let (catalog, matcher) = &*RULES;
    let word = |number: u32| -> String {
        [26 * 26, 26, 1].map(|place| char::from(b'a' + (number / place % 26) as u8)).into_iter().collect()
    };
    let line = |place: u32, kind: u32| {
        let at = start() + SignedDuration::from_millis(i64::from(place));
        format!(r#"{{"insertId":"{place}","timestamp":"{at}","textPayload":"TypeError: cannot frobnicate {}"}}"#, word(kind))
    };
    // More than are told apart, all twice, and the first of them once more.
    let raw: Vec<String> = (0..600).map(|place| line(place, place % 300)).chain([line(600, 0)]).collect();
    for gate in [matcher as &dyn Gate, &Everything] {
        let (findings, _) = found(&raw.join("\n"), gate);
        let rule = catalog.rules().iter().position(|rule| rule.id == "python/type-error").unwrap();
        let variants: Vec<_> = findings.variants.iter().filter(|variant| variant.rule == rule).collect();
        let of = |text: &str| variants.iter().find(|variant| variant.template.ends_with(text)).map(|variant| variant.sightings);
        assert_eq!((of("frobnicate aaa"), of("frobnicate aab")), (Some(3), Some(2)));
        assert_eq!((of("…"), variants.len()), (Some(2 * (300 - 256)), 257));
    }
}

/// The text with some of its digits changed.
fn with_other_numbers(text: &str, dice: &mut impl FnMut(u32) -> u32) -> String {
    let other = |c: char| if c.is_ascii_digit() && dice(3) == 0 { char::from(b'0' + dice(10) as u8) } else { c };
    text.chars().map(other).collect()
}

/// A log in which few texts come again and again with other numbers: so large that entries are known by their forms.
pub fn monotonous(texts: &[&str], dice: &mut impl FnMut(u32) -> u32) -> String {
    const TIMES: usize = 100;
    let before = 33_000;
    let total = before + texts.len() * TIMES;
    let line = |place: usize| {
        let at = start() + SignedDuration::from_micros((place * 4_000_000 / total) as i64);
        let text = match place.checked_sub(before) {
            Some(place) => with_other_numbers(texts[place % texts.len()], dice),
            None => String::new(),
        };
        let status = [200, 404, 503][dice(3) as usize];
        let (number, flag) = (dice(40).to_string(), dice(2) == 0);
        let payload = match dice(4) {
            0 => json!({ "textPayload": text }),
            1 => json!({ "jsonPayload": { "message": text, "labels": { "line": number }, "p50": dice(9).to_string() } }),
            2 => json!({ "jsonPayload": { "msg": "failed", "has_token": flag, "error": { "message": text, "code": number } } }),
            _ => json!({ "httpRequest": { "status": status, "latency": "0.25s", "userAgent": text } }),
        };
        let mut entry = json!({ "insertId": place.to_string(), "timestamp": at.to_string() });
        entry.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
        entry.to_string()
    };
    (0..total).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn entries_that_are_known_by_their_forms_are_what_they_are_by_themselves() {
    let (catalog, matcher) = &*RULES;
    let texts = examples(catalog);
    let logs = std::env::var("FIVEWHYS_INCIDENTS").map_or(1, |count| count.parse::<usize>().unwrap().div_ceil(100));
    let mut runner = TestRunner::deterministic();
    let mut dice = dice(&mut runner);
    for _ in 0..logs {
        let few: Vec<&str> = (0..100).map(|_| texts[dice(texts.len() as u32) as usize]).collect();
        let raw = monotonous(&few, &mut dice);
        let (quick, _) = found(&raw, matcher);
        let (plain, _) = found(&raw, &Everything);
        assert_eq!(format!("{quick:?}"), format!("{plain:?}"));
    }
}
