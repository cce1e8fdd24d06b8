//! A report that was written before, redacted with patterns that were not known then.

use std::sync::Arc;

use fivewhys::report::redact::Settings;
use fivewhys::report::{self, Report};
use serde_json::Value;

use super::scene;

const NUMBER: &str = "KD-12345678";

/// Words of the format, names of the catalog's own, and moments: no text of tests or logs is ever in them.
const FIXED: [&str; 20] = [
    "schema",
    "outcome",
    "precision",
    "verdict",
    "footing",
    "evidence",
    "link",
    "kind",
    "class",
    "severity",
    "status",
    "format",
    "timestamp",
    "start",
    "end",
    "first",
    "last",
    "started_at",
    "ended_at",
    "at",
];

/// Whether no redactor writes the field of this name in a list of this name.
fn is_fixed(list: &str, field: &str) -> bool {
    FIXED.contains(&field) || matches!((list, field), ("premises" | "leads", "id") | ("parts", "name"))
}

/// Puts the number into every text.
fn fill(value: &mut Value, list: &str, texts: &mut usize) {
    match value {
        Value::String(text) => {
            *text = format!("of {NUMBER}");
            *texts += 1;
        }
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, list, texts)),
        Value::Object(fields) => {
            for (field, value) in fields.iter_mut() {
                let scalar = value.is_string() || value.as_array().is_some_and(|values| values.iter().any(Value::is_string));
                if !(scalar && is_fixed(list, field)) {
                    fill(value, field, texts);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn no_text_of_a_report_is_forgotten_when_it_is_redacted_again() {
    let (mut value, mut texts) = (serde_json::to_value(scene::chat_outage().report()).unwrap(), 0);
    value["timeline"] = serde_json::json!({ "request_errors": [{ "service": "shop", "step_ms": 100, "steps": [] }] });
    fill(&mut value, "", &mut texts);
    assert!(texts > 100, "only {texts} texts");
    let report: Report = serde_json::from_value(value).unwrap();
    let settings = Arc::new(Settings::new(&[r"KD-\d{8}".to_owned()], &[]).unwrap());
    let again = serde_json::to_string(&report::redacted_again(report, &settings)).unwrap();
    assert!(!again.contains(NUMBER), "{again}");
    assert_eq!(again.matches("‹custom:1›").count(), texts);
}

#[test]
fn without_patterns_a_report_stays_as_it_is() {
    let report = scene::chat_outage().report();
    assert_eq!(report::redacted_again(report.clone(), &Arc::default()), report);
}
