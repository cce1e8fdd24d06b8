//! Search over words: `SEARCH(…)` and bare texts.

use serde_json::{Map, Value};

use super::compare::fold;

/// The tokens that `SEARCH` looks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    /// Each must occur somewhere.
    words: Vec<String>,
    /// Each must occur with its tokens next to each other, in one field.
    phrases: Vec<Vec<String>>,
}

/// Delimiters that came percent-encoded; longer ones first.
const ENCODED: &[&str] =
    &["%2526", "%2520", "%21", "%26", "%3b", "%7c", "%20", "%2b", "%3d", "%5d", "%5b", "%3a", "%0a", "%2c", "%28", "%29"];

fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || "[]<>(){}|!;,'\"*&?+/:=@.-$%\\_".contains(c)
}

fn tokens(text: &str) -> Vec<String> {
    let mut text = fold(text).into_owned();
    if text.contains('%') {
        for encoded in ENCODED {
            text = text.replace(encoded, " ");
        }
    }
    text.split(is_delimiter).filter(|token| !token.is_empty()).map(str::to_owned).collect()
}

impl Terms {
    /// Parses a search text; back-ticks enclose phrases.
    pub(super) fn new(query: &str) -> Terms {
        let mut terms = Terms { words: Vec::new(), phrases: Vec::new() };
        for (number, part) in query.split('`').enumerate() {
            let found = tokens(part);
            if number % 2 == 0 {
                terms.words.extend(found);
            } else if !found.is_empty() {
                terms.phrases.push(found);
            }
        }
        terms
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }

    /// Whether every word and phrase occurs in one of the texts under these values.
    pub(super) fn met_by(&self, each_text: impl FnOnce(&mut dyn FnMut(&str))) -> bool {
        let mut words_left = vec![true; self.words.len()];
        let mut phrases_left = vec![true; self.phrases.len()];
        each_text(&mut |text| {
            let found = tokens(text);
            for (word, left) in self.words.iter().zip(&mut words_left) {
                *left = *left && !found.contains(word);
            }
            for (phrase, left) in self.phrases.iter().zip(&mut phrases_left) {
                *left = *left && !found.windows(phrase.len()).any(|run| run == phrase.as_slice());
            }
        });
        !words_left.contains(&true) && !phrases_left.contains(&true)
    }
}

/// Calls `visit` with every text (numbers and truth values as written) in the fields.
pub(super) fn each_text(fields: &Map<String, Value>, visit: &mut dyn FnMut(&str)) {
    fields.values().for_each(|value| each_text_in(value, visit));
}

/// As [`each_text`], for one value.
pub(super) fn each_text_in(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| each_text_in(item, visit)),
        Value::Object(fields) => each_text(fields, visit),
        Value::Number(_) | Value::Bool(_) => visit(&value.to_string()),
        Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(query: &str, text: &str) -> bool {
        Terms::new(query).met_by(|visit| visit(text))
    }

    #[test]
    fn every_token_must_occur_in_any_order_and_case() {
        assert!(met("World hello", "Hello, world!"));
        assert!(!met("wor", "hello world"));
        assert!(met("hello world", "path?q=hello%20World"));
        assert!(met("`hello world`", "say Hello-World now"));
        assert!(!met("`world hello`", "hello world"));
    }
}
