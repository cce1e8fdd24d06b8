//! The formats that programs read: JSON, SARIF and JUnit XML.

use fivewhys::report::{Format, Report};
use fivewhys::results::{self, Outcome, ResultInput};
use jiff::tz::Offset;
use regex::Regex;
use serde_json::Value;

use super::{each, rendered};
use crate::report::sarif;

#[test]
fn json_holds_the_text_as_it_is_in_characters_that_are_safe_to_print() {
    each(|report| {
        let page = rendered(report, Format::Json);
        let back: Report = serde_json::from_str(&page).map_err(|error| error.to_string())?;
        if back == *report { Ok(()) } else { Err("reads back as something else".to_owned()) }
    });
}

/// Every `message.text` and the like, wherever it stands.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "text" => found.push(text),
                    value => texts(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn sarif_stays_valid_and_no_hostile_text_becomes_a_link_or_an_argument_in_it() {
    let link = Regex::new(r"\]\(|\{[0-9]+\}").unwrap();
    let schema = sarif::Schema::published();
    each(|report| {
        let page: Value = serde_json::from_str(&rendered(report, Format::Sarif)).map_err(|error| error.to_string())?;
        schema.accepts(&page)?;
        let mut messages = Vec::new();
        texts(&page, &mut messages);
        if let Some(text) = messages.iter().find(|text| link.is_match(text)) {
            return Err(format!("is left in {text:?}"));
        }
        let uris = Regex::new(r"^[A-Za-z0-9._~/%-]+$").unwrap();
        let wrong = sarif::uris(&page).into_iter().find(|uri| !uris.is_match(uri) || uri.starts_with('/') || uri.contains(".."));
        wrong.map_or(Ok(()), |uri| Err(format!("an address of no file: {uri:?}")))
    });
}

#[test]
fn junit_stays_whole_and_our_own_reader_finds_the_same_cases_in_it() {
    each(|report| {
        let page = rendered(report, Format::Junit);
        crate::report::junit::check(&page)?;
        let (run, refused) = results::read(&[ResultInput::bytes("junit.xml", page)], Offset::UTC);
        // Where no moment is known the schema wants one all the same, and our reader says that it cannot be meant.
        let unread = run.unread.iter().find(|unread| !unread.reason.contains("1970-01-01T00:00:00"));
        if !refused.is_empty() || unread.is_some() {
            return Err(format!("{refused:?} {unread:?}"));
        }
        // Cases that all have one name are one case to a reader, and one that failed and passed is flaky.
        let ended_badly = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Errored(_) | Outcome::Flaky(_));
        let bad = run.cases.iter().any(|case| ended_badly(&case.outcome));
        if bad { Ok(()) } else { Err(format!("no failure is left of {}", report.tests.len())) }
    });
}
