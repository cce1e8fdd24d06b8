//! What is in a repository: its issues as far as they matter here, labels and milestones, and what could not be looked at.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::key::{Key, comment_key};

/// What was found. An empty one is a repository without issues.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracker {
    /// Issues with the program's label, or with a key line; pull requests are not among them.
    pub issues: Vec<Issue>,
    /// Names of the labels that there are; `None` where they were not listed.
    pub labels: Option<Vec<String>>,
    /// Open milestones by title.
    pub milestones: BTreeMap<String, u64>,
    /// Issues whose comments were read too, by number: those that rules refer to, and those whose bodies are not ours to write.
    pub targets: BTreeMap<u64, Target>,
    /// Issues that were moved to another repository: their keys, and where they are.
    pub elsewhere: Vec<(Key, String)>,
    /// Issues with a key line that people from outside opened: they stand for nothing.
    pub foreign: Vec<u64>,
    /// What could not be looked at, or only in part; nothing is created while there is such a thing.
    pub problems: Vec<String>,
    /// What could not be looked at and does not matter for what is created.
    pub notes: Vec<String>,
}

/// An issue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Its text; line breaks are `\n`.
    pub body: String,
    /// Whether it is open.
    pub open: bool,
    /// Why it is in its state: `completed`, `not_planned`, `duplicate`, `reopened`.
    pub state_reason: Option<String>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Nobody may comment.
    pub locked: bool,
    /// When it was opened.
    pub created_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Login of who opened it.
    pub author: Option<String>,
    /// Whether somebody opened it who may write to the repository, or a program did; true where that is not told.
    pub trusted: bool,
    /// A pull request; such are only commented on.
    pub pull_request: bool,
    /// Where people read it.
    pub url: Option<String>,
}

/// A comment that this program wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// Its text; line breaks are `\n`.
    pub body: String,
}

/// An issue or pull request that is commented on, with the comments that carry a key line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Target {
    /// The issue.
    pub issue: Issue,
    /// Comments with a key line, oldest first.
    pub comments: Vec<Comment>,
}

impl Tracker {
    /// Whether all was seen that has to be seen before something is created.
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }

    /// The issues about this cause, oldest first.
    pub(super) fn about(&self, key: &Key) -> Vec<&Issue> {
        let mut found: Vec<&Issue> = self.issues.iter().filter(|issue| issue.key().as_ref() == Some(key)).collect();
        found.sort_by_key(|issue| issue.number);
        found
    }

    /// Where the issue about this cause was moved to.
    pub(super) fn moved(&self, key: &Key) -> Option<&str> {
        self.elsewhere.iter().find(|(own, _)| own == key).map(|(_, url)| url.as_str())
    }

    /// Takes an issue in the state in which it is now.
    pub(super) fn renew(&mut self, issue: Issue) {
        self.issues.retain(|old| old.number != issue.number);
        self.issues.push(issue);
    }
}

impl Issue {
    /// Its key, where its body has one.
    pub fn key(&self) -> Option<Key> {
        Key::in_body(&self.body)
    }

    /// Whether it carries a label; GitHub does not tell capitals apart.
    pub fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label.eq_ignore_ascii_case(name))
    }
}

impl Target {
    /// The first comment with this key line.
    pub(super) fn comment(&self, line: &str) -> Option<&Comment> {
        self.comments.iter().find(|comment| comment_key(&comment.body) == Some(line))
    }
}
