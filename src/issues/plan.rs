//! The plan: what would be written where, each action one request, with the exact text. Schema in `docs/plan.schema.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::inert;

/// The version that a plan carries in its field `schema`.
pub const SCHEMA: &str = "fivewhys/issue-plan/v1";

/// What is to be done in a repository after a run, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// `owner/name`.
    pub repo: String,
    /// The run, as the tables name it.
    pub run: String,
    /// Whether all was seen that has to be seen before something is created. Where not, `problems` says why, and nothing is created.
    pub complete: bool,
    /// What could not be looked at.
    pub problems: Vec<String>,
    /// What a person should know beside that.
    pub notes: Vec<String>,
    /// What to do.
    pub actions: Vec<Action>,
    /// What became of it, where it was carried out; empty in a plan.
    #[serde(default)]
    pub outcomes: Vec<Outcome>,
    /// The causes that go into the umbrella, by their place in the report.
    #[serde(skip)]
    pub(super) gathered: Vec<usize>,
}

/// One request, or none and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Make a label that an issue needs.
    Label {
        /// Its name.
        name: String,
        /// Six hexadecimal digits.
        color: String,
        /// At most 100 characters.
        description: String,
    },
    /// Open an issue.
    Create {
        /// What it is about: rule and fingerprint digest, as in its key line.
        key: String,
        /// Its title.
        title: String,
        /// Its text, at most 65,536 characters.
        body: String,
        /// Names of its labels.
        labels: Vec<String>,
        /// Logins.
        assignees: Vec<String>,
        /// Number of its milestone.
        milestone: Option<u64>,
        /// Why.
        reason: String,
    },
    /// Write the program's part of a body anew. Nobody is notified.
    Update {
        /// What it is about.
        key: String,
        /// The issue.
        issue: u64,
        /// The whole body.
        body: String,
        /// Why.
        reason: String,
    },
    /// Open a closed issue again and update its body.
    Reopen {
        /// What it is about.
        key: String,
        /// The issue.
        issue: u64,
        /// The whole body.
        body: String,
        /// Why.
        reason: String,
    },
    /// Comment, or rewrite a comment that was made before.
    Comment {
        /// What it is about; for `--comment`, the run.
        key: String,
        /// The issue or pull request.
        issue: u64,
        /// The comment that is rewritten.
        comment: Option<u64>,
        /// Its text; its first line is the key line by which it is found again.
        body: String,
        /// Why.
        reason: String,
    },
    /// Give an issue labels that it lost.
    AddLabels {
        /// What it is about.
        key: String,
        /// The issue.
        issue: u64,
        /// Their names.
        labels: Vec<String>,
        /// Why.
        reason: String,
    },
    /// Close the younger of two issues about one cause.
    CloseDuplicate {
        /// What both are about.
        key: String,
        /// The one that is closed.
        issue: u64,
        /// The one that stays.
        original: u64,
        /// The whole body; it no longer holds the key line.
        body: String,
        /// Why.
        reason: String,
    },
    /// Nothing.
    Nothing {
        /// What it is about.
        key: String,
        /// The issue, where there is one.
        issue: Option<u64>,
        /// Why nothing.
        reason: String,
    },
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// What it was about.
    pub key: String,
    /// What was done: `created`, `updated`, `reopened`, `commented`, `labelled`, `closed`, `nothing`, or `failed`.
    pub done: String,
    /// The issue.
    pub issue: Option<u64>,
    /// Where people read it.
    pub url: Option<String>,
    /// Why not, or what else there is to know.
    pub note: Option<String>,
}

impl Action {
    /// What it is about.
    pub fn key(&self) -> &str {
        match self {
            Action::Label { name, .. } => name,
            Action::Create { key, .. }
            | Action::Update { key, .. }
            | Action::Reopen { key, .. }
            | Action::Comment { key, .. }
            | Action::AddLabels { key, .. }
            | Action::CloseDuplicate { key, .. }
            | Action::Nothing { key, .. } => key,
        }
    }

    /// The issue, where there is one already.
    pub fn issue(&self) -> Option<u64> {
        match self {
            Action::Label { .. } | Action::Create { .. } => None,
            Action::Nothing { issue, .. } => *issue,
            Action::Update { issue, .. }
            | Action::Reopen { issue, .. }
            | Action::Comment { issue, .. }
            | Action::AddLabels { issue, .. }
            | Action::CloseDuplicate { issue, .. } => Some(*issue),
        }
    }

    /// Whether somebody is notified of it.
    pub(super) fn is_loud(&self) -> bool {
        matches!(self, Action::Create { .. } | Action::Reopen { .. } | Action::Comment { comment: None, .. })
    }
}

impl Plan {
    /// Indented JSON that ends with a line break, harmless to print.
    ///
    /// # Errors
    ///
    /// Where serde refuses a value; no plan made here holds one.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(inert::json(&text))
    }

    /// Whether there is anything to write.
    pub fn is_idle(&self) -> bool {
        self.actions.iter().all(|action| matches!(action, Action::Nothing { .. }))
    }
}

/// The JSON Schema (2020-12) of [`Plan`], indented, with a line break at its end.
///
/// # Errors
///
/// Where serde refuses the schema.
pub fn schema() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Plan))?;
    text.push('\n');
    Ok(text)
}
