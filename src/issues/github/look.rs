//! What is in the repository: the list by label, which is exact, and a search as a second look for what lost its label.

use std::collections::BTreeSet;

use super::GitHub;
use super::paging::encoded;
use super::shapes::{RawComment, RawIssue, RawLabel, RawMilestone, unix};
use super::wire::{Fault, Request};
use crate::issues::Question;
use crate::issues::decide::referenced;
use crate::issues::key::{Key, comment_key};
use crate::issues::memory::Memory;
use crate::issues::region::Region;
use crate::issues::tracker::{Comment, Issue, Target, Tracker};

impl GitHub {
    /// Looks at all that a plan depends on. What cannot be looked at is among the tracker's problems.
    pub async fn look(&self, question: &Question<'_>) -> Tracker {
        let mut tracker = Tracker::default();
        let wanted: BTreeSet<Key> = question.report.causes.iter().map(Key::of).chain([Key::umbrella()]).collect();
        if let Err(fault) = self.labelled(question, &wanted, &mut tracker).await {
            tracker.problems.push(told("the list of issues", &fault));
            // Where this fails, nothing else will tell more.
            return tracker;
        }
        if let Err(fault) = self.unlabelled(question, &mut tracker).await {
            tracker.problems.push(told("the search for issues without the label", &fault));
        }
        let missing = wanted.iter().any(|key| !key.is_umbrella() && tracker.about(key).is_empty());
        if missing {
            self.moved_away(question, &mut tracker).await;
        }
        if let Err(fault) = self.labels(&mut tracker).await {
            tracker.problems.push(told("the list of labels", &fault));
        }
        if question.settings.routes.values().any(|route| route.milestone.is_some()) {
            self.milestones(question, &mut tracker).await;
        }
        self.targets(question, &wanted, &mut tracker).await;
        tracker
    }

    /// Looks at one issue or pull request and the comments with a key line.
    pub async fn look_at(&self, number: u64) -> Tracker {
        let mut tracker = Tracker::default();
        match self.target(number).await {
            Ok(target) => drop(tracker.targets.insert(number, target)),
            Err(fault) => tracker.problems.push(told(&format!("#{number}"), &fault)),
        }
        tracker
    }

    async fn labelled(&self, question: &Question<'_>, wanted: &BTreeSet<Key>, tracker: &mut Tracker) -> Result<(), Fault> {
        // In order of their opening, so that one that is opened meanwhile comes last and moves no other to the next page.
        let filter = format!("labels={}&state=all&sort=created&direction=asc", encoded(&question.settings.label));
        let issues = &mut tracker.issues;
        self.list("/issues", &filter, |raw: RawIssue| issues.extend(kept(raw.issue(), wanted))).await
    }

    async fn unlabelled(&self, question: &Question<'_>, tracker: &mut Tracker) -> Result<(), Fault> {
        let words = format!("repo:{} is:issue in:body \"fivewhys-key\" -label:\"{}\"", question.repo, question.settings.label);
        let authors: BTreeSet<String> = tracker.issues.iter().filter_map(|issue| issue.author.clone()).collect();
        for raw in self.search(&words).await? {
            let here = raw.is_in(question.repo);
            let issue = raw.issue();
            let known = tracker.issues.iter().any(|other| other.number == issue.number);
            if !here || known || issue.pull_request || issue.key().is_none() {
                continue;
            }
            // Anybody may open an issue in a public repository, with any text; a label takes a right.
            let own = authors.is_empty() || issue.author.as_ref().is_none_or(|author| authors.contains(author));
            if issue.trusted || own {
                tracker.issues.push(issue);
            } else {
                let note = "has a key line but no label, and was opened by somebody from outside: it is left alone";
                tracker.notes.push(format!("#{} {note}", issue.number));
                tracker.foreign.push(issue.number);
            }
        }
        Ok(())
    }

    /// Issues that were opened here and moved to another repository of the same owner.
    async fn moved_away(&self, question: &Question<'_>, tracker: &mut Tracker) {
        let owner = question.repo.split('/').next().unwrap_or_default();
        let words = format!("user:{owner} -repo:{} is:issue in:body \"fivewhys-key\" \"home {}\"", question.repo, question.repo);
        let found = match self.search(&words).await {
            Ok(found) => found,
            // A token of one repository may be refused what lies beside it.
            Err(Fault::Refused { status: 404 | 422, .. }) => {
                return tracker
                    .notes
                    .push("whether issues were moved to other repositories cannot be seen with this token".to_owned());
            }
            Err(fault) => return tracker.problems.push(told("the search for issues that were moved", &fault)),
        };
        for raw in found.into_iter().filter(|raw| !raw.is_in(question.repo)) {
            let issue = raw.issue();
            let Some(key) = issue.key() else { continue };
            let home = Region::of(&issue.body, &key).and_then(|region| Memory::read(region.own)).map(|memory| memory.home);
            if home.is_some_and(|home| home.eq_ignore_ascii_case(question.repo)) {
                let url = issue.url.unwrap_or_else(|| "another repository".to_owned());
                tracker.elsewhere.push((key, url));
            }
        }
    }

    async fn labels(&self, tracker: &mut Tracker) -> Result<(), Fault> {
        let mut labels = Vec::new();
        match self.list("/labels", "", |raw: RawLabel| labels.extend(raw.name())).await {
            Ok(()) => tracker.labels = Some(labels),
            // Making one that is there does no harm.
            Err(Fault::Refused { status: 404 | 501, .. }) => {}
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    async fn milestones(&self, question: &Question<'_>, tracker: &mut Tracker) {
        let milestones = &mut tracker.milestones;
        let keep = |raw: RawMilestone| {
            milestones.insert(raw.title, raw.number);
        };
        if let Err(fault) = self.list("/milestones", "state=open", keep).await {
            tracker.problems.push(told("the list of milestones", &fault));
        }
        let wanted = question.settings.routes.values().filter_map(|route| route.milestone.as_ref());
        let missing: BTreeSet<&String> = wanted.filter(|title| !tracker.milestones.contains_key(*title)).collect();
        for title in missing {
            tracker.notes.push(format!("there is no open milestone {title:?}: issues are opened without it"));
        }
    }

    /// Issues on which a record is kept in a comment.
    async fn targets(&self, question: &Question<'_>, wanted: &BTreeSet<Key>, tracker: &mut Tracker) {
        let alone = question.report.causes.iter().filter(|cause| tracker.about(&Key::of(cause)).is_empty());
        let mut numbers: BTreeSet<u64> = alone.flat_map(|cause| referenced(question, cause)).collect();
        let broken = |issue: &&Issue| {
            issue.open && issue.key().is_some_and(|key| wanted.contains(&key) && Region::of(&issue.body, &key).is_none())
        };
        numbers.extend(tracker.issues.iter().filter(broken).map(|issue| issue.number));
        for number in numbers {
            match self.target(number).await {
                Ok(target) => drop(tracker.targets.insert(number, target)),
                Err(fault @ (Fault::Moved(_) | Fault::Refused { status: 404 | 410, .. })) => {
                    tracker.notes.push(format!("a rule refers to #{number}, but {fault}"));
                }
                Err(fault) => tracker.problems.push(told(&format!("#{number}"), &fault)),
            }
        }
    }

    pub(super) async fn target(&self, number: u64) -> Result<Target, Fault> {
        let issue = self.issue(number).await?;
        Ok(Target { issue, comments: self.comments(number).await? })
    }

    /// An issue as it is now.
    pub(super) async fn issue(&self, number: u64) -> Result<Issue, Fault> {
        let answer = self.ask(&Request::get(format!("/issues/{number}"))).await?;
        Ok(answer.json::<RawIssue>()?.issue())
    }

    /// The comments of an issue that have a key line, oldest first.
    pub(super) async fn comments(&self, number: u64) -> Result<Vec<Comment>, Fault> {
        let mut comments = Vec::new();
        let keep = |raw: RawComment| {
            let body = unix(raw.body);
            if comment_key(&body).is_some() {
                comments.push(Comment { id: raw.id, body });
            }
        };
        self.list(&format!("/issues/{number}/comments"), "", keep).await?;
        comments.sort_by_key(|comment| comment.id);
        Ok(comments)
    }
}

/// What is kept of an issue: of those that are closed and about something else, only that they are there.
fn kept(mut issue: Issue, wanted: &BTreeSet<Key>) -> Option<Issue> {
    if issue.pull_request {
        return None;
    }
    let key = issue.key()?;
    if !issue.open && !wanted.contains(&key) {
        issue.body = key.line();
    }
    Some(issue)
}

fn told(what: &str, fault: &Fault) -> String {
    match fault.remedy() {
        Some(remedy) => format!("{what}: {fault}; {remedy}"),
        None => format!("{what}: {fault}"),
    }
}
