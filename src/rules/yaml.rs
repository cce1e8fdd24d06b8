//! What is asked of a YAML document's tree, and what is said about one that is wrong.

use serde_json::{Map, Number, Value};

use super::codes;
use super::problem::{Place, Sheet};
use super::tree::{self, Composed};

pub(super) use super::tree::{Kind, Node};

impl Node {
    /// What it is, for a message.
    pub(super) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar { text, plain: true, .. } if text.is_empty() || text == "~" || text == "null" => "nothing",
            Kind::Scalar { .. } => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Broken => "something unreadable",
        }
    }

    /// The same value as JSON, plain scalars resolved by YAML's core schema.
    pub(super) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Scalar { text, plain: true, .. } => plain_value(text),
            Kind::Scalar { text, .. } => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Node::to_json).collect(),
            Kind::Map(pairs) => {
                let pairs = pairs.iter().filter_map(|(key, value)| Some((key.text()?.to_owned(), value.to_json())));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
            Kind::Broken => Value::Null,
        }
    }

    /// The place of a byte of the scalar's text: exact where the text stands in the file as it is, else the
    /// start of the scalar.
    pub(super) fn place_of(&self, sheet: &Sheet<'_>, byte: usize) -> Place {
        match self.bytes_of(sheet.source, byte..byte) {
            Some(bytes) => sheet.place_of(bytes),
            None => self.place,
        }
    }

    /// Where these bytes of the scalar's text stand in the file; `None` where YAML writes them in another way
    /// (escapes, folded lines).
    pub(super) fn bytes_of(&self, source: &str, part: std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
        let text = self.text()?;
        let raw = source.get(self.bytes.clone())?;
        let indent = usize::try_from(self.place.column).ok()?.saturating_sub(1);
        let at = |byte: usize| {
            let before = text.get(..byte)?;
            let offset = match self.kind {
                Kind::Scalar { block: true, .. } => offset_in_block(raw, before, indent),
                _ => offset_in_line(raw, before),
            };
            Some(self.bytes.start + offset?)
        };
        Some(at(part.start)?..at(part.end)?)
    }

    /// The value of a key of this mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.pairs().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The pairs of a mapping; none for anything else.
    pub(super) fn pairs(&self) -> &[(Node, Node)] {
        if let Kind::Map(pairs) = &self.kind { pairs } else { &[] }
    }

    /// The items of a list; the node itself where a single item stands without one.
    pub(super) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ if self.describe() == "nothing" => &[],
            _ => std::slice::from_ref(self),
        }
    }
}

/// Where in a scalar as it was written the text ends that begins so; for texts on one line.
fn offset_in_line(raw: &str, before: &str) -> Option<usize> {
    let (lead, written) = match raw.chars().next() {
        Some('\'') => (1, before.replace('\'', "\'\'")),
        Some('"') => (1, before.to_owned()),
        _ => (0, before.to_owned()),
    };
    (!before.contains('\n') && raw.get(lead..)?.starts_with(&written)).then_some(lead + written.len())
}

/// The same for a block: each line of the text but the first stands behind the same blanks.
fn offset_in_block(raw: &str, before: &str, indent: usize) -> Option<usize> {
    let mut at = 0;
    let mut lines = before.split('\n').peekable();
    let mut blanks = 0;
    while let Some(line) = lines.next() {
        let written = raw.get(at..)?.split('\n').next()?;
        let own = written.get(blanks..).unwrap_or_default();
        if lines.peek().is_none() {
            return own.starts_with(line).then_some(at + blanks.min(written.len()) + line.len());
        }
        if own.trim_end_matches('\r') != line {
            return None;
        }
        at += written.len() + 1;
        blanks = indent;
    }
    None
}

fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match text.strip_prefix('+').unwrap_or(text).parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(text.to_owned()),
        },
    }
}

/// Reads one document. Every mistake is noted on the sheet; `None` where no tree could be made at all.
pub(super) fn parse(sheet: &mut Sheet<'_>) -> Option<Node> {
    let Composed { root, duplicates, aliases } = tree::compose(sheet.source);
    for (place, key) in duplicates {
        sheet.found(
            &codes::DOUBLED_KEY,
            place,
            format!("the key `{key}` is written twice"),
            "merge the two or remove one".to_owned(),
        );
    }
    for place in aliases {
        sheet.wrong(place, "an alias (`*name`) is not read in a rule", "write the value out".to_owned());
    }
    match root {
        Ok(node) => node,
        Err((place, message)) => {
            sheet.found(&codes::UNREADABLE, place, format!("this is not YAML: {message}"), yaml_hint(&message));
            None
        }
    }
}

fn yaml_hint(message: &str) -> Option<String> {
    let hint = if message.contains("tab") {
        "indent with spaces"
    } else if message.contains("mapping values are not allowed") {
        "put a text that contains `: ` in quotes"
    } else if message.contains("escape") {
        "in double quotes a backslash is doubled; a pattern is easier to read in single quotes"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(source: &str) -> (Option<Node>, Vec<String>) {
        let mut sheet = Sheet::new("r.yaml", source);
        let node = parse(&mut sheet);
        (node, sheet.problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let (node, problems) = tree("é: 'ab'\nlist:\n  - x\n");
        assert!(problems.is_empty(), "{problems:?}");
        let Kind::Map(pairs) = node.unwrap().kind else { panic!("a mapping") };
        assert_eq!(pairs[0].1.place, Place { line: 1, column: 4, width: 4 });
        let Kind::List(items) = &pairs[1].1.kind else { panic!("a list") };
        assert_eq!(items[0].place, Place { line: 3, column: 5, width: 1 });
    }

    #[test]
    fn all_doubled_keys_are_reported_and_the_first_stands() {
        let (node, problems) = tree("a: 1\nb: 2\na: 3\nb: 4\n");
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("r.yaml:3:1: the key `a` is written twice"));
        assert_eq!(node.unwrap().to_json(), serde_json::json!({"a": 1, "b": 2}));
    }

    #[test]
    fn a_place_inside_a_quoted_text_is_exact() {
        let source = "text: 'a(b'\n";
        let (node, _) = tree(source);
        let Kind::Map(pairs) = node.unwrap().kind else { panic!("a mapping") };
        assert_eq!(pairs[0].1.place_of(&Sheet::new("r.yaml", source), 1).column, 9);
    }

    #[test]
    fn a_part_of_a_text_is_found_in_the_file_however_it_is_written() {
        for (source, whole) in [
            ("k: plain (b", "plain (b"),
            ("k: 'it''s (b'", "it's (b"),
            ("k: \"quoted (b\"", "quoted (b"),
            ("k: |-\n  one\n\n    two (b\n", "one\n\n  two (b"),
            ("l:\n  - k: |\n      é (b\n", "é (b\n"),
        ] {
            let (root, problems) = tree(source);
            assert!(problems.is_empty(), "{problems:?}");
            let root = root.unwrap();
            let node = root.get("k").or_else(|| root.get("l")?.items()[0].get("k")).unwrap();
            assert_eq!(node.text(), Some(whole));
            let at = whole.find('(').unwrap();
            let bytes = node.bytes_of(source, at..at + 2).unwrap();
            assert_eq!(&source[bytes], "(b", "{source}");
        }
        let (root, _) = tree("k: \"a\\tb\"\n");
        assert_eq!(root.unwrap().get("k").unwrap().bytes_of("k: \"a\\tb\"\n", 2..3), None);
    }

    #[test]
    fn a_collection_ends_with_its_bracket_or_its_last_value() {
        let source = "a: { b: [1, 2] }\nc:\n  - d\n  - 'e'\nf: 1\n";
        let root = tree(source).0.unwrap();
        assert_eq!(&source[root.get("a").unwrap().bytes.clone()], "{ b: [1, 2] }");
        assert_eq!(&source[root.get("c").unwrap().bytes.clone()], "- d\n  - 'e'");
    }

    #[test]
    fn broken_yaml_aliases_and_deep_nesting_are_problems_not_panics() {
        assert!(tree("a: [1, 2").1[0].contains("not YAML"));
        assert!(tree("a: &x 1\nb: *x\n").1[0].contains("alias"));
        assert!(tree(&"[".repeat(5_000)).1[0].contains("not YAML"));
    }
}
