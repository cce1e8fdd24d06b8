//! `[redact]`: what the users of one place want taken out of every text besides, and what they want to see.

use std::error::Error;
use std::sync::Arc;

use fivewhys::report::redact::Settings;
use toml::Spanned;
use toml::de::DeValue;

use super::page::{Page, Placed};

/// `[redact]`
#[derive(Debug, Clone, Default)]
pub struct RedactSection {
    /// `[redact.patterns]` and `allow`, compiled.
    pub settings: Arc<Settings>,
}

impl RedactSection {
    pub(super) fn read(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>) -> RedactSection {
        let Some(table) = page.inner(value, "[redact]") else { return RedactSection::default() };
        let mut keys = page.table(table, "[redact]", &["patterns", "allow"]);
        let mut patterns = Vec::new();
        if let Some(table) = keys.remove("patterns").and_then(|value| page.inner(value, "[redact.patterns]")) {
            for (name, value) in table.iter() {
                let name = name.get_ref().to_string();
                patterns.extend(page.text(value, &name).filter(|pattern| compiles(page, pattern, value.span().start, &name)));
            }
        }
        let allow = keys.remove("allow");
        let allowed = allow.map(|value| page.texts(value, "allow")).unwrap_or_default();
        if let Some(value) = allow {
            let starts: Vec<usize> = match value.get_ref().as_array() {
                Some(items) => items.iter().filter(|item| item.get_ref().is_str()).map(|item| item.span().start).collect(),
                None => vec![value.span().start],
            };
            for (pattern, start) in allowed.iter().zip(starts) {
                compiles(page, pattern, start, "allow");
            }
        }
        let texts = |patterns: Vec<Placed<String>>| patterns.into_iter().map(|pattern| pattern.value).collect::<Vec<_>>();
        // What does not compile was noted, and then there is no configuration.
        RedactSection { settings: Arc::new(Settings::new(&texts(patterns), &texts(allowed)).unwrap_or_default()) }
    }
}

/// Whether it is a regular expression that says something; if not, why is noted.
fn compiles(page: &mut Page<'_>, pattern: &Placed<String>, start: usize, name: &str) -> bool {
    let fault = match Settings::new(std::slice::from_ref(&pattern.value), &[]) {
        _ if pattern.value.is_empty() => "it is empty".to_owned(),
        Ok(_) => return true,
        Err(error) => {
            let told = error.source().map(ToString::to_string).unwrap_or_default();
            told.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    page.note(start, &format!("`{name}` is no regular expression that can be used: {fault}"));
    false
}
