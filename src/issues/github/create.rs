//! Issues that are opened once: looked for before, looked up where the answer was lost, and compared with rivals after.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::GitHub;
use super::shapes::RawIssue;
use super::wire::{Answer, Fault, Request};
use crate::issues::Action;
use crate::issues::key::Key;
use crate::issues::tracker::Issue;

/// What came of opening an issue.
pub(super) struct Opened {
    /// The issue about the key that stays open.
    pub(super) issue: Issue,
    /// It was opened by this call, or by one whose answer was lost.
    pub(super) own: bool,
    /// What had to be left out of it.
    pub(super) note: Option<String>,
}

impl GitHub {
    /// Opens the issue of a [`Action::Create`] unless there is an open one with its key that was not there before.
    pub(super) async fn open(&self, action: &Action, key: &Key, known: &BTreeSet<u64>) -> Result<Option<Opened>, Fault> {
        let Action::Create { title, body, labels, assignees, milestone, .. } = action else { return Ok(None) };
        self.pace.due().await;
        if let Some(issue) = self.newest(key, known).await?.into_iter().find(|issue| issue.open) {
            return Ok(Some(Opened { issue, own: false, note: None }));
        }
        let plain = json!({ "title": title, "body": body, "labels": labels });
        let mut full = plain.clone();
        if !assignees.is_empty() {
            full["assignees"] = json!(assignees);
        }
        if let Some(milestone) = milestone {
            full["milestone"] = json!(milestone);
        }
        let (issue, note) = match self.post(full.clone(), key, known).await {
            Err(Fault::Refused { status: 422, message }) if full != plain => {
                let note = format!("opened without assignees and milestone, as GitHub refused them ({message})");
                (self.post(plain, key, known).await?, Some(note))
            }
            posted => (posted?, None),
        };
        let lost: Vec<&str> = labels.iter().filter(|label| !issue.has_label(label)).map(String::as_str).collect();
        let unlabelled = format!("without the label {}: the token may not give labels", lost.join(", "));
        let note = note.or_else(|| (!lost.is_empty()).then_some(unlabelled));
        Ok(Some(Opened { issue, own: true, note }))
    }

    /// Posts until it is there: an answer that was lost is looked up before the issue is opened again.
    async fn post(&self, body: Value, key: &Key, known: &BTreeSet<u64>) -> Result<Issue, Fault> {
        let request = Request::new(Method::POST, "/issues").body(body);
        self.once(&request, read, async || Ok(self.newest(key, known).await?.into_iter().next())).await
    }

    /// Issues with this key among the hundred youngest, oldest first, those left out that were known before.
    ///
    /// Not asked by label: an issue is there before its labels are.
    pub(super) async fn newest(&self, key: &Key, known: &BTreeSet<u64>) -> Result<Vec<Issue>, Fault> {
        Ok(of_key(&self.youngest().await?, key, known))
    }

    /// The hundred youngest issues.
    pub(super) async fn youngest(&self) -> Result<Vec<Issue>, Fault> {
        let query = "state=all&sort=created&direction=desc&per_page=100";
        let answer = self.ask(&Request::get("/issues").query(query)).await?;
        Ok(answer.json::<Vec<RawIssue>>()?.into_iter().map(RawIssue::issue).collect())
    }
}

/// Those with this key, oldest first.
pub(super) fn of_key(issues: &[Issue], key: &Key, known: &BTreeSet<u64>) -> Vec<Issue> {
    let fits = |issue: &&Issue| !issue.pull_request && !known.contains(&issue.number) && issue.key().as_ref() == Some(key);
    let mut own: Vec<Issue> = issues.iter().filter(fits).cloned().collect();
    own.sort_by_key(|issue| issue.number);
    own
}

fn read(answer: &Answer) -> Result<Issue, Fault> {
    Ok(answer.json::<RawIssue>()?.issue())
}
