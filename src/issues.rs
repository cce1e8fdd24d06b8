//! One well-kept issue per root cause: what to write where, and the GitHub client that writes it.
//!
//! [`plan()`] is pure: a report, the settings and the issues that are there become a [`Plan`] with the exact texts.
//! [`github`] looks what is there, and carries a plan out.
//!
//! ```text
//! report + settings ──▶ Question ─┐
//! github::look ──▶ Tracker ───────┴▶ plan ──▶ Plan ──▶ github::carry_out
//! ```

mod again;
mod body;
mod budget;
mod comments;
mod decide;
pub mod github;
mod key;
mod memory;
pub mod plan;
mod quiet;
mod region;
mod rows;
mod run;
pub mod settings;
mod slice;
pub mod text;
pub mod tracker;
mod umbrella;

pub use again::attach;
pub use budget::plan;
pub use key::Key;
pub use plan::{Action, Plan};
pub use run::Run;
pub use settings::Settings;
pub use tracker::{Issue, Tracker};

use crate::report::Report;

/// Longest body this program writes. GitHub takes 65,536 characters; bytes are never fewer than characters.
pub const MAX_BODY: usize = 65_000;

/// All that a plan depends on beside what is in the repository.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the run found.
    pub report: &'a Report,
    /// Which run it was, and what time it is now.
    pub run: &'a Run,
    /// What the project wants.
    pub settings: &'a Settings,
    /// `owner/name`.
    pub repo: &'a str,
}
