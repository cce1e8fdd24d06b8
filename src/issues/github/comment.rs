//! Comments that are made once, however often their answer is lost, and by however many at the same time.

use reqwest::Method;
use serde_json::json;

use super::GitHub;
use super::shapes::RawComment;
use super::wire::{Answer, Fault, Request};
use crate::issues::key::comment_key;
use crate::issues::tracker::Comment;

impl GitHub {
    /// Makes the comment with this text, or rewrites the one that has the same key line. Whether something was written.
    pub(super) async fn comment_once(&self, issue: u64, body: &str) -> Result<bool, Fault> {
        let line = comment_key(body).unwrap_or_default().to_owned();
        self.pace.due().await;
        if let Some(old) = self.with_line(issue, &line).await?.into_iter().next() {
            if old.body.trim_end() == body.trim_end() {
                return Ok(false);
            }
            self.rewrite(old.id, body).await?;
            return Ok(true);
        }
        let own = self.post_comment(issue, body, &line).await?;
        // Somebody else may have looked before this one was there.
        let all = self.with_line(issue, &line).await?;
        if all.first().is_some_and(|first| first.id < own) {
            let deleted = self.ask(&Request::new(Method::DELETE, format!("/issues/comments/{own}"))).await;
            // Gone already, where the answer was lost the first time.
            if !matches!(deleted, Err(Fault::Refused { status: 404 | 410, .. })) {
                deleted?;
            }
        }
        Ok(true)
    }

    async fn rewrite(&self, id: u64, body: &str) -> Result<(), Fault> {
        let request = Request::new(Method::PATCH, format!("/issues/comments/{id}")).body(json!({ "body": body }));
        self.ask(&request).await.map(drop)
    }

    async fn with_line(&self, issue: u64, line: &str) -> Result<Vec<Comment>, Fault> {
        let mut comments = self.comments(issue).await?;
        comments.retain(|comment| comment_key(&comment.body) == Some(line));
        Ok(comments)
    }

    /// Posts until it is there: an answer that was lost is looked up before the comment is made again.
    async fn post_comment(&self, issue: u64, body: &str, line: &str) -> Result<u64, Fault> {
        let request = Request::new(Method::POST, format!("/issues/{issue}/comments")).body(json!({ "body": body }));
        let read = |answer: &Answer| Ok(answer.json::<RawComment>()?.id);
        self.once(&request, read, async || Ok(self.with_line(issue, line).await?.first().map(|there| there.id))).await
    }
}
