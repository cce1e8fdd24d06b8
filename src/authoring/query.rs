//! Which parts of a Logging query an entry does not meet, and what it has instead.

use serde_json::Value;

use crate::logs::LogEntry;
use crate::rules::Filter;

/// A part that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The part as it is written.
    pub part: String,
    /// The field it asks for and what the entry has there; `None` for a field that is not set, or a part without a field.
    pub has: Option<(String, String)>,
}

/// The parts of the query that must all hold and that this entry does not meet; one part, the whole query, where it
/// cannot be taken apart.
pub fn unmet(filter: &Filter, entry: &LogEntry) -> Vec<Unmet> {
    let parts = parts(filter.text());
    let failing = parts.into_iter().filter(|part| !Filter::parse(part).is_ok_and(|part| part.matches(entry)));
    failing.map(|part| Unmet { has: has(&part, entry), part }).collect()
}

/// The query cut where an `AND`, written or not, joins two parts.
fn parts(query: &str) -> Vec<String> {
    let words = words(query);
    let mut parts: Vec<String> = Vec::new();
    let mut open = false;
    for (place, word) in words.iter().enumerate() {
        if word == "AND" {
            open = false;
            continue;
        }
        let joins = |word: &str| word == "OR" || word == "NOT" || is_operator(word) || word.ends_with(['=', '<', '>', ':', '~']);
        let goes_on = open || is_operator(word) || word == "OR";
        match parts.last_mut().filter(|_| goes_on) {
            Some(last) => *last = format!("{last} {word}"),
            None => parts.push(word.clone()),
        }
        open = joins(word) && place + 1 < words.len();
    }
    let whole = parts.iter().all(|part| Filter::parse(part).is_ok());
    if whole { parts } else { vec![query.to_owned()] }
}

fn is_operator(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| "=!<>:~".contains(c))
}

/// Words between blanks; quotation marks and brackets keep theirs together.
fn words(query: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut depth, mut quoted, mut escaped) = (String::new(), 0usize, false, false);
    for c in query.chars() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && !quoted && depth == 0 => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                continue;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        word.push(c);
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// What the entry has in the field that a comparison names.
fn has(part: &str, entry: &LogEntry) -> Option<(String, String)> {
    let comparison = part.trim_start_matches("NOT ").trim_start_matches(['-', '(']);
    let end = comparison.find(['=', '!', '<', '>', ':'])?;
    let field = comparison[..end].trim();
    if field.eq_ignore_ascii_case("severity") {
        return Some((field.to_owned(), entry.severity().name().to_owned()));
    }
    let mut keys = field.split('.').map(|key| key.trim_matches('"'));
    let mut value = entry.fields().get(keys.next()?)?;
    for key in keys {
        value = value.get(key)?;
    }
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some((field.to_owned(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> LogEntry {
        let fields = serde_json::json!({"timestamp": "2026-11-20T09:00:00Z", "severity": "WARNING",
            "resource": {"type": "cloud_run_revision", "labels": {"service_name": "auth"}}});
        LogEntry::from_fields(fields.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_field_that_differs_is_named_with_what_it_holds() {
        let query =
            "resource.type=\"cloud_run_revision\" severity >= ERROR AND resource.labels.service_name=(\"api\" OR \"edge\")";
        let found = unmet(&Filter::parse(query).unwrap(), &entry());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].has, Some(("severity".to_owned(), "WARNING".to_owned())));
        assert_eq!(found[1].has, Some(("resource.labels.service_name".to_owned(), "auth".to_owned())));
    }

    #[test]
    fn alternatives_stay_together() {
        assert_eq!(
            parts("severity=ERROR OR severity=ALERT textPayload:\"a b\""),
            ["severity=ERROR OR severity=ALERT", "textPayload:\"a b\""]
        );
        assert_eq!(unmet(&Filter::parse("severity=ERROR OR severity=WARNING").unwrap(), &entry()), []);
    }
}
