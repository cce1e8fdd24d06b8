//! `[[tests]]`: what the failure of a test means, by patterns over the ids of tests.

use fivewhys::logs::Gap;
use fivewhys::report::Importance;
use fivewhys::results::TestRun;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wildmatch::WildMatch;

use super::page::Page;

const NAME: &str = "[[tests]]";

/// `[[tests]]`: the entries in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestsSection {
    entries: Vec<Entry>,
}

/// One entry: which tests, and what they mean.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    /// `match`: any of these.
    patterns: Vec<WildMatch>,
    /// `priority`, `impact`
    importance: Importance,
}

impl TestsSection {
    pub(super) fn read(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>) -> TestsSection {
        let mut section = TestsSection::default();
        let Some(entries) = value.get_ref().as_array() else {
            let message = "`tests` must be a list of entries: write `[[tests]]` with two brackets before each".to_owned();
            page.note(value.span().start, &message);
            return section;
        };
        for entry in entries.iter() {
            if let Some(table) = page.inner(entry, NAME) {
                section.entries.extend(Entry::read(page, table, entry.span().start));
            }
        }
        section
    }

    /// That not one entry is about a test of this run, which more likely is a mistake than meant.
    pub fn unmatched(&self, run: &TestRun) -> Option<Gap> {
        let silent = run.cases.iter().all(|case| self.of(&case.id) == Importance::default());
        let statement =
            "No entry of [[tests]] in the configuration matches a test of this run: `match` is held against the whole id, \
                         `*` stands for any text."
                .to_owned();
        (silent && !self.entries.is_empty() && !run.cases.is_empty()).then_some(Gap { kind: "tests-not-matched", statement })
    }

    /// What is said of the test with this id: of several entries that match, the first that names a priority gives it,
    /// and the first that names an impact gives that.
    pub fn of(&self, id: &str) -> Importance {
        let mut found = Importance::default();
        for entry in self.entries.iter().filter(|entry| entry.patterns.iter().any(|pattern| pattern.matches(id))) {
            found.priority = found.priority.or_else(|| entry.importance.priority.clone());
            found.impact = found.impact.or_else(|| entry.importance.impact.clone());
        }
        found
    }
}

impl Entry {
    fn read(page: &mut Page<'_>, table: &DeTable<'_>, start: usize) -> Option<Entry> {
        let mut keys = page.table(table, NAME, &["match", "priority", "impact"]);
        let patterns = keys.remove("match").map(|value| page.texts(value, "match"));
        let mut said = |key| keys.remove(key).and_then(|value| scalar(page, value, key)).filter(|text| !text.trim().is_empty());
        let importance = Importance { priority: said("priority"), impact: said("impact") };
        let Some(patterns) = patterns else {
            page.note(
                start,
                &format!("an entry of {NAME} says with `match` which tests it is about, such as `match = \"*checkout*\"`"),
            );
            return None;
        };
        if importance == Importance::default() {
            page.note(start, &format!("an entry of {NAME} sets a `priority`, an `impact`, or both"));
        }
        Some(Entry { patterns: patterns.iter().map(|pattern| WildMatch::new(&pattern.value)).collect(), importance })
    }
}

/// A text, or a whole number as people write priorities.
fn scalar(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>, name: &str) -> Option<String> {
    match value.get_ref().as_integer() {
        Some(number) => Some(number.to_string()),
        None => page.text(value, name).map(|text| text.value),
    }
}
