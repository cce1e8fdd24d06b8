//! The public, versioned view that all formats render.
//!
//! [`build`] turns a diagnosis into a [`Report`]; [`render`] turns a report into text. Between the two
//! stands [`redact`]: a report holds no text that has not passed it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnosis::Diagnosis;
use crate::findings::{EvidenceIx, Neighbours};
use crate::logs::Pulled;
use crate::results::TestRun;
use crate::rules::Catalog;
use crate::window::TimeWindow;

mod assembly;
mod budget;
pub(crate) mod columns;
mod explorer;
mod graph;
pub mod html;
pub(crate) mod inert;
pub mod json;
pub mod markdown;
pub mod redact;
pub mod rule_page;
pub mod schema;
pub(crate) mod story;
pub mod template;
mod timeline;
pub mod text;

pub use inert::visible;
pub use schema::Report;

/// All that a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What the tests said.
    pub run: &'a TestRun,
    /// For each case of the run, where it was looked for.
    pub windows: &'a [Option<TimeWindow>],
    /// The rules that the diagnosis refers to.
    pub catalog: &'a Catalog,
    /// The answer.
    pub diagnosis: &'a Diagnosis,
    /// What was there, and what could not be seen.
    pub pulled: &'a Pulled,
    /// The lines around the evidence, by its place in [`Diagnosis::evidence`].
    pub neighbours: &'a BTreeMap<EvidenceIx, Neighbours>,
    /// Where the log entries came from, as people name it.
    pub log_sources: &'a [String],
    /// The command that makes this report again.
    pub reproduce: &'a str,
}

/// Makes the report: the same subject gives the same report.
///
/// The subject is read twice. The first reading learns every secret in it, so that the second also
/// takes out the places where a secret stands bare, without the words that gave it away. Linear in the
/// length of all texts, for a bounded number of secrets.
pub fn build(subject: &Subject<'_>) -> Report {
    build_with(subject, Arc::default())
}

/// As [`build`], with what the users of one place want taken out or left alone.
pub fn build_with(subject: &Subject<'_>, settings: Arc<redact::Settings>) -> Report {
    let mut redactor = redact::Redactor::with(settings);
    assembly::assemble(subject, &mut redactor);
    redactor.recall();
    assembly::assemble(subject, &mut redactor)
}

/// A form that a report can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For GitHub: at most [`markdown::MAX_BYTES`] long.
    Markdown,
    /// One self-contained page.
    Html,
    /// The report itself, see `docs/report.schema.json`.
    Json,
}

/// How a terminal shows a report; the other formats pay no attention to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns; brought into 60 to 200.
    pub width: usize,
    /// Whether ANSI colours are used.
    pub colour: bool,
}

impl Default for Look {
    fn default() -> Self {
        Look { width: 80, colour: false }
    }
}

/// Renders a report.
///
/// # Errors
///
/// [`RenderError`] where a template cannot be rendered, which is a fault of the program.
pub fn render(report: &Report, format: Format, look: Look) -> Result<String, RenderError> {
    match format {
        Format::Text => text::render(report, look),
        Format::Markdown => markdown::render(report),
        Format::Html => html::render(report),
        Format::Json => json::render(report),
    }
}

/// Renders a report within so many bytes: text and Markdown leave out details in a fixed order, and name them.
///
/// # Errors
///
/// [`RenderError::TooLong`] where headline, roots, error lines, remedies and the command to reproduce alone take
/// more, or the format leaves nothing out; else as [`render`].
pub fn render_within(report: &Report, format: Format, look: Look, max_bytes: usize) -> Result<String, RenderError> {
    let page = match format {
        Format::Text => text::render_within(report, look, max_bytes),
        Format::Markdown => markdown::render_within(report, max_bytes),
        Format::Html => html::render(report),
        Format::Json => json::render(report),
    }?;
    if page.len() > max_bytes { Err(RenderError::TooLong { least: page.len(), max_bytes }) } else { Ok(page) }
}

/// A report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template failed.
    #[error("cannot render the report's template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// The report cannot be written as JSON.
    #[error("cannot write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// What always stays is longer than allowed.
    #[error("what always stays of the report takes {least} bytes, more than the {max_bytes} allowed")]
    TooLong {
        /// Bytes that it takes.
        least: usize,
        /// Bytes that were allowed.
        max_bytes: usize,
    },
}
