//! From a line that no rule explains to a rule that does, and from a rule that is silent to the reason why.
//!
//! [`draft::draft`] makes a rule of one record, [`file::write`] puts it on paper, [`trial::Trial`] counts what a rule meets in an
//! incident, [`why_not`] says condition by condition how near a rule came.

use crate::report::inert;
use crate::report::redact::Redactor;

pub mod anchor;
mod lexicon;
pub mod token;
pub mod message;
pub mod pattern;
pub mod naming;
pub mod ordinary;
pub mod draft;
pub mod edges;
pub mod file;
pub mod trial;
pub mod near;
pub mod query;
pub mod why_not;

/// Log text for a person's eyes: one line, without secrets, without anything that a terminal or a build would obey.
pub fn shown(redactor: &mut Redactor, text: &str, most: usize) -> String {
    /// Lines below that are asked whether a secret goes on in them.
    const LINES_BELOW: usize = 20;
    let text = text.trim_start();
    let line = text.lines().next().unwrap_or_default().trim_end();
    let below = text.match_indices('\n').nth(LINES_BELOW).map_or(text.len(), |(end, _)| end);
    let clean = inert::visible(&redactor.clean_part(&text[..below], 0..line.len())).replace('\t', " ");
    let clean = inert::disarmed(&clean, "∷", "##⟦");
    if clean.chars().count() <= most {
        return clean;
    }
    clean.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
