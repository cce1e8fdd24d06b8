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
use crate::rules::{Catalog, RuleIx};
use crate::window::TimeWindow;

mod again;
pub mod annotations;
mod assembly;
mod budget;
pub(crate) mod columns;
mod explorer;
pub mod gitlab;
mod graph;
pub mod html;
pub(crate) mod inert;
pub mod json;
pub mod junit;
mod location;
pub mod markdown;
mod mermaid;
pub mod redact;
pub mod rule_page;
pub mod sarif;
pub mod schema;
pub(crate) mod story;
mod telling;
pub mod template;
mod timeline;
pub mod text;

pub use again::redacted_again;
pub use inert::visible;
pub use schema::Report;

/// What the failure of a test means to those who run it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Importance {
    /// How urgent it is, in their own words: `P0`, `critical`.
    pub priority: Option<String>,
    /// What does not work then.
    pub impact: Option<String>,
}

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
    /// Rules that the user asked about by name.
    pub suspects: &'a [RuleIx],
    /// For each case of the run, what its failure means; of cases beyond its end nothing is known.
    pub importance: &'a [Importance],
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
    let looked = assembly::look(subject, &settings);
    let mut redactor = redact::Redactor::with(settings);
    assembly::assemble(subject, &mut redactor, &looked);
    redactor.recall();
    assembly::assemble(subject, &mut redactor, &looked)
}

/// A form that a report can take, with all that is known of it in one row: a new one is a file beside this one and a row here.
macro_rules! formats {
    ($($(#[doc = $about:literal])+ $variant:ident { name: $name:literal, file: $file:literal, shortens: $shortens:literal, render: $render:expr })+) => {
        /// A form that a report can take.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format {
            $($(#[doc = $about])+ $variant,)+
        }

        impl Format {
            /// All of them, in the order in which help lists them.
            pub const ALL: &[Format] = &[$(Format::$variant),+];

            fn row(self) -> Row {
                match self {
                    $(Format::$variant => Row {
                        name: $name,
                        about: concat!($($about),+).trim_ascii(),
                        file: $file,
                        shortens: $shortens,
                        render: $render,
                    },)+
                }
            }
        }
    };
}

/// What is known of a format.
struct Row {
    name: &'static str,
    about: &'static str,
    file: &'static str,
    shortens: bool,
    render: Renderer,
}

/// Renders a report; a format that shortens keeps within so many bytes where that is asked, and where it can.
type Renderer = fn(&Report, Look, Option<usize>) -> Result<String, RenderError>;

formats! {
    /// For people at a terminal
    Text { name: "text", file: "report.txt", shortens: true, render: |report, look, most| text::render_within(report, look, most.unwrap_or(usize::MAX)) }
    /// For a GitHub issue
    Markdown { name: "markdown", file: "report.md", shortens: true, render: |report, _, most| markdown::render_within(report, most.unwrap_or(markdown::MAX_BYTES)) }
    /// One self-contained page
    Html { name: "html", file: "report.html", shortens: false, render: |report, _, _| html::render(report) }
    /// The machine view, schema fivewhys/report/v1
    Json { name: "json", file: "report.json", shortens: false, render: |report, _, _| json::render(report) }
    /// The cases back as JUnit XML, with the diagnosis as properties and output
    Junit { name: "junit", file: "junit.xml", shortens: false, render: |report, _, _| junit::render(report) }
    /// SARIF 2.1.0, for code scanning and editors
    Sarif { name: "sarif", file: "report.sarif", shortens: false, render: |report, _, _| sarif::render(report) }
    /// Annotations for GitHub Actions: workflow commands, within its limits
    Github { name: "github", file: "annotations.txt", shortens: false, render: |report, _, _| annotations::render(report) }
    /// Markdown for an issue or a comment on GitLab
    Gitlab { name: "gitlab", file: "report.gitlab.md", shortens: true, render: |report, _, most| gitlab::render_within(report, most.unwrap_or(gitlab::MAX_BYTES)) }
    /// Text of 80 columns without colour, to paste anywhere
    Plain { name: "plain", file: "report.txt", shortens: true, render: |report, _, most| text::render_within(report, Look::default(), most.unwrap_or(usize::MAX)) }
}

impl Format {
    /// What a user calls it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// One line on what it is for, without a full stop.
    pub fn about(self) -> &'static str {
        self.row().about
    }

    /// The usual name of a file that holds it.
    pub fn file(self) -> &'static str {
        self.row().file
    }

    /// Whether it leaves out details to keep within a limit ([`render_within`]); the others are whole or nothing.
    pub fn shortens(self) -> bool {
        self.row().shortens
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Format> {
        Format::ALL.iter().copied().find(|format| format.name() == name)
    }
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
    (format.row().render)(report, look, None)
}

/// Renders a report within so many bytes: a format that shortens leaves out details in a fixed order, and names them.
///
/// # Errors
///
/// [`RenderError::TooLong`] where headline, roots, error lines, remedies and the command to reproduce alone take
/// more, or the format leaves nothing out; else as [`render`].
pub fn render_within(report: &Report, format: Format, look: Look, max_bytes: usize) -> Result<String, RenderError> {
    let page = (format.row().render)(report, look, Some(max_bytes))?;
    if page.len() > max_bytes { Err(RenderError::TooLong { least: page.len(), max_bytes }) } else { Ok(page) }
}

/// A report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template failed.
    #[error("cannot render the report's template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A page of XML cannot be written.
    #[error("cannot write the report as XML: {0}")]
    Xml(#[from] std::io::Error),
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
