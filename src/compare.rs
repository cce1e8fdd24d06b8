//! What changed from run to run: which tests are fixed, which causes are gone, and whether a fix held.
//!
//! [`compare`] reads [`Report`]s in order of time and yields a [`Comparison`], which all formats render.

use crate::report::{Look, Report};

mod causes;
pub mod json;
pub mod markdown;
mod revisions;
pub mod schema;
mod sighting;
mod step;
mod table;
pub mod text;
mod verdict;
pub mod worklog;

pub use schema::Comparison;

/// A report and what people call it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Its path as it was given.
    pub name: &'a str,
    /// What it says.
    pub report: &'a Report,
}

/// Compares each report with the one before it. Linear in the length of the reports, but for sorting.
pub fn compare(reports: &[Named<'_>]) -> Comparison {
    let runs: Vec<_> = reports.iter().map(|named| sighting::Sighting::of(*named)).collect();
    Comparison {
        schema: schema::SCHEMA.to_owned(),
        runs: runs.iter().map(sighting::Sighting::summary).collect(),
        steps: runs.windows(2).filter_map(|pair| Some(step::step(pair.first()?, pair.get(1)?))).collect(),
    }
}

/// A form that a comparison can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For GitHub.
    Markdown,
    /// The comparison itself, see `docs/comparison.schema.json`.
    Json,
}

/// Renders a comparison.
///
/// # Errors
///
/// Where serde refuses a value; no comparison made by [`compare`] holds one.
pub fn render(comparison: &Comparison, format: Format, look: Look) -> Result<String, serde_json::Error> {
    match format {
        Format::Text => text::render(comparison, look),
        Format::Markdown => markdown::render(comparison),
        Format::Json => json::render(comparison),
    }
}
