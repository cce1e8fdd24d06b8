//! The text of a configuration, read so that every mistake is told with line and column.

use std::collections::BTreeMap;
use std::path::Path;

use fivewhys::rules::problem::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// `fivewhys.toml:3:5`
    pub place: String,
}

/// The text of a configuration and the mistakes found in it so far.
pub(super) struct Page<'t> {
    pub(super) path: &'t Path,
    pub(super) text: &'t str,
    pub(super) wrong: Vec<String>,
}

impl Page<'_> {
    pub(super) fn place(&self, byte: usize) -> String {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.path.display())
    }

    pub(super) fn note(&mut self, byte: usize, message: &str) {
        self.wrong.push(format!("{}: {message}", self.place(byte)));
    }

    /// The values of the known keys; unknown ones are noted.
    pub(super) fn table<'d>(
        &mut self,
        table: &'d DeTable<'d>,
        name: &str,
        known: &[&str],
    ) -> BTreeMap<&'d str, &'d Spanned<DeValue<'d>>> {
        let mut values = BTreeMap::new();
        for (key, value) in table.iter() {
            let written = key.get_ref().as_ref();
            if known.contains(&written) {
                values.insert(written, value);
                continue;
            }
            let help = match nearest(written, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{name} knows {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
            };
            self.note(key.span().start, &format!("unknown key `{written}` in {name}; {help}"));
        }
        values
    }

    pub(super) fn inner<'d>(&mut self, value: &'d Spanned<DeValue<'d>>, name: &str) -> Option<&'d DeTable<'d>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.note(value.span().start, &format!("{name} must be a table, this is {}", kind(value)));
        }
        table
    }

    pub(super) fn text(&mut self, value: &Spanned<DeValue<'_>>, name: &str) -> Option<Placed<String>> {
        let text = value.get_ref().as_str().map(|text| Placed { value: text.to_owned(), place: self.place(value.span().start) });
        if text.is_none() {
            self.note(value.span().start, &format!("`{name}` must be a text in quotes, this is {}", kind(value)));
        }
        text
    }

    /// A list of texts, or a single one.
    pub(super) fn texts(&mut self, value: &Spanned<DeValue<'_>>, name: &str) -> Vec<Placed<String>> {
        match value.get_ref().as_array() {
            Some(items) => items.iter().filter_map(|item| self.text(item, name)).collect(),
            None if value.get_ref().is_str() => self.text(value, name).into_iter().collect(),
            None => {
                self.note(value.span().start, &format!("`{name}` must be a list of texts, this is {}", kind(value)));
                Vec::new()
            }
        }
    }
}

pub(super) fn kind(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref().type_str() {
        "string" => "a text",
        "integer" | "float" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "table" => "a table",
        _ => "a date",
    }
}
