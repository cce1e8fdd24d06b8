//! Masking never breaks matching: what the rules find in an entry, they find in its masked form.

use std::collections::BTreeMap;

use fivewhys::logs::{LogEntry, Record};
use fivewhys::rules::matching::Sighting;
use fivewhys::rules::{Catalog, Example};
use serde_json::json;

use super::{Entry, entry, folder_with, masked, matcher, saved_entries};

/// Secrets of several shapes, put together here so that nobody takes them for real.
fn secrets() -> Vec<String> {
    let jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJ1LTEifQ", "dozjgNryP4J3jVmNHl0w5N"].join(".");
    vec![
        "10.128.3.77".to_owned(),
        "2001:db8:85a3::8a2e:370:7334".to_owned(),
        "ada.lovelace@mail.example.org".to_owned(),
        jwt,
        ["ghp", "16C7e42F292c6912E7710c838347Ae178B4a"].join("_"),
        "postgres://app:s3cr3t-Pa55@db.internal:5432/chat".to_owned(),
    ]
}

fn sightings(entry: &Entry) -> Vec<Sighting> {
    let mut found = Vec::new();
    matcher().in_record(&Record::of(LogEntry::from_fields(entry.clone()).unwrap()), &mut |sighting| found.push(sighting));
    found
}

/// Each example of the catalog as an entry, and again with secrets where a rule catches something.
fn examples() -> Vec<Entry> {
    let mut all = Vec::new();
    let mut add = |mut fields: Entry| {
        let own = entry(0, all.len(), "");
        for key in ["insertId", "timestamp", "logName"] {
            fields.insert(key.to_owned(), own[key].clone());
        }
        fields.insert("timestamp".to_owned(), json!(format!("2026-11-20T09:00:00.{:09}Z", all.len() * 20_000)));
        all.push(fields);
    };
    for rule in Catalog::embedded().catalog.rules() {
        for example in rule.matching_examples.iter().chain(&rule.other_examples) {
            match example {
                Example::Text(text) => {
                    add(serde_json::from_value(json!({"jsonPayload": {"message": text, "level": "error"}})).unwrap());
                    for text in planted(text) {
                        add(serde_json::from_value(json!({"textPayload": text})).unwrap());
                    }
                }
                Example::Entry(fields) => add(fields.clone()),
                _ => {}
            }
        }
    }
    all
}

/// The text, and its forms with a secret in the place of what a rule catches.
fn planted(text: &str) -> Vec<String> {
    let mut texts = vec![text.to_owned()];
    let plain = serde_json::from_value(json!({"textPayload": text, "timestamp": "2026-11-20T09:00:00Z"})).unwrap();
    for sighting in sightings(&plain) {
        for caught in sighting.captures.values().filter(|caught| stands_alone(text, caught)) {
            // `HTTP 2001:db8…` is no address that anybody meets.
            let secrets = secrets().into_iter().filter(|secret| !secret.starts_with("2001:"));
            texts.extend(secrets.map(|secret| text.replace(caught.as_str(), &secret)));
        }
    }
    // Each text with one of them around it, in turn.
    let around = &secrets()[text.len() % secrets().len()];
    texts.push(format!("{around} - {text} ({around})"));
    texts.dedup();
    texts
}

/// Whether a secret in its place would be a word of its own.
fn stands_alone(text: &str, caught: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "._:@-".contains(c);
    let Some((before, after)) = text.split_once(caught).filter(|(_, after)| caught.len() >= 3 && !after.contains(caught)) else {
        return false;
    };
    !before.ends_with(is_part) && !after.starts_with(is_part)
}

#[test]
fn every_example_of_the_catalog_is_found_in_its_masked_form() {
    let home = tempfile::tempdir().unwrap();
    let all = examples();
    assert!(all.len() > 2000, "{}", all.len());
    folder_with(&home.path().join("pulled"), masked(), &all);
    let saved: BTreeMap<String, Entry> =
        saved_entries(&home.path().join("pulled")).into_iter().map(|entry| (entry["insertId"].to_string(), entry)).collect();
    let mut broken = Vec::new();
    let mut changed = 0;
    for before in &all {
        let after = &saved[&before["insertId"].to_string()];
        changed += usize::from(before != after);
        let text = serde_json::to_string(after).unwrap();
        let left: Vec<String> = secrets().into_iter().filter(|secret| text.contains(secret.as_str())).collect();
        let names = |found: &[Sighting]| found.iter().map(|sighting| (sighting.rule, sighting.matcher)).collect::<Vec<_>>();
        let (found, kept) = (sightings(before), sightings(after));
        if names(&found) != names(&kept) || !left.is_empty() {
            broken.push(format!("{before:?}\n  {text}\n  {:?} {:?} left {left:?}", names(&found), names(&kept)));
        }
        for (found, kept) in found.iter().zip(&kept) {
            for (name, value) in found.captures.iter().filter(|(_, value)| !secrets().iter().any(|secret| overlap(value, secret)))
            {
                let kept = kept.captures.get(name);
                // An address in the example itself.
                let is_token =
                    kept.is_some_and(|kept| ["‹", "masked_", "240.0.0.", "100::"].iter().any(|token| kept.contains(token)));
                if kept != Some(value) && !is_token {
                    broken.push(format!("{name} was {value}, is {kept:?}: {text}"));
                }
            }
        }
    }
    assert!(changed > 1000, "{changed}");
    assert!(broken.is_empty(), "{} of {}:\n{}", broken.len(), all.len(), broken[..broken.len().min(12)].join("\n"));
}

/// Whether a catch holds a part of a secret.
fn overlap(caught: &str, secret: &str) -> bool {
    caught.is_empty()
        || secret.contains(caught)
        || secret.as_bytes().windows(4).any(|part| caught.contains(std::str::from_utf8(part).unwrap()))
}
