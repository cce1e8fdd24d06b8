//! What GitHub's answers look like, as far as they matter; what may be missing is optional.

use serde::Deserialize;
use serde_json::Value;

use crate::issues::tracker::Issue;

#[derive(Debug, Default, Deserialize)]
pub(super) struct RawIssue {
    pub(super) number: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    state_reason: Option<String>,
    #[serde(default)]
    labels: Option<Vec<RawLabel>>,
    #[serde(default)]
    locked: Option<bool>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    closed_at: Option<String>,
    #[serde(default)]
    user: Option<RawUser>,
    #[serde(default)]
    author_association: Option<String>,
    #[serde(default)]
    pull_request: Option<Value>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    repository_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum RawLabel {
    Name(String),
    Whole {
        #[serde(default)]
        name: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
struct RawUser {
    #[serde(default)]
    login: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawComment {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) body: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawMilestone {
    pub(super) number: u64,
    #[serde(default)]
    pub(super) title: String,
}

/// A page of search results. `incomplete_results` must be said: without it nobody knows.
#[derive(Debug, Deserialize)]
pub(super) struct RawFound {
    pub(super) total_count: usize,
    pub(super) incomplete_results: bool,
    pub(super) items: Vec<RawIssue>,
}

impl RawLabel {
    pub(super) fn name(self) -> Option<String> {
        match self {
            RawLabel::Name(name) => Some(name),
            RawLabel::Whole { name } => name,
        }
    }
}

impl RawIssue {
    /// Whether it is in this repository, as far as it says so.
    pub(super) fn is_in(&self, repo: &str) -> bool {
        self.repository_url.as_deref().is_none_or(|url| url.to_lowercase().ends_with(&format!("/{}", repo.to_lowercase())))
    }

    pub(super) fn issue(self) -> Issue {
        let moment = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let (login, kind) = self.user.map(|user| (user.login, user.kind)).unwrap_or_default();
        let outsider = matches!(
            self.author_association.as_deref(),
            Some("NONE" | "FIRST_TIMER" | "FIRST_TIME_CONTRIBUTOR" | "CONTRIBUTOR" | "MANNEQUIN")
        );
        Issue {
            number: self.number,
            body: unix(self.body),
            open: self.state.as_deref() != Some("closed"),
            state_reason: self.state_reason,
            labels: self.labels.into_iter().flatten().filter_map(RawLabel::name).collect(),
            locked: self.locked.unwrap_or(false),
            created_at: moment(self.created_at),
            closed_at: moment(self.closed_at),
            author: login,
            trusted: !outsider || kind.as_deref() != Some("User"),
            pull_request: self.pull_request.is_some_and(|value| !value.is_null()),
            url: self.html_url,
        }
    }
}

/// A text with `\n` for line breaks: the website sends `\r\n`.
pub(super) fn unix(text: Option<String>) -> String {
    text.unwrap_or_default().replace("\r\n", "\n")
}
