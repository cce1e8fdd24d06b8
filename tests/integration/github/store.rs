//! What the server keeps, and what it answers when nothing goes wrong.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::server::Seen;

const REPO: &str = "/repos/octo/app";

/// An issue or pull request.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub number: u64,
    pub title: String,
    pub body: String,
    pub open: bool,
    pub state_reason: Option<String>,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub milestone: Option<u64>,
    pub locked: bool,
    pub pull_request: bool,
    pub author: String,
    pub association: &'static str,
    pub created_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

/// A repository.
#[derive(Debug, Clone)]
pub struct Store {
    url: String,
    pub now: Timestamp,
    pub issues: BTreeMap<u64, Kept>,
    /// Issue, id, text.
    pub comments: Vec<(u64, u64, String)>,
    pub labels: Vec<(String, String, String)>,
    pub milestones: Vec<String>,
    /// Issues that were moved: where to.
    pub moved: BTreeMap<u64, String>,
    pub gone: Vec<u64>,
    /// Of other repositories of the owner.
    pub elsewhere: Vec<Kept>,
    /// The search is cut short.
    pub incomplete: bool,
    /// Issues on a page, if fewer are given than asked for.
    pub page: usize,
    next: u64,
}

type Answered = (u16, Vec<(String, String)>, Value);

impl Store {
    pub fn new(url: &str) -> Store {
        Store {
            url: url.to_owned(),
            now: Timestamp::now(),
            issues: BTreeMap::new(),
            comments: Vec::new(),
            labels: vec![("bug".to_owned(), "d73a4a".to_owned(), "Something is wrong".to_owned())],
            milestones: vec!["Q4".to_owned()],
            moved: BTreeMap::new(),
            gone: Vec::new(),
            elsewhere: Vec::new(),
            incomplete: false,
            page: 100,
            next: 0,
        }
    }

    /// Puts an issue in that a person wrote.
    pub fn put(&mut self, title: &str, body: &str) -> u64 {
        self.next += 1;
        let kept = Kept {
            number: self.next,
            title: title.to_owned(),
            body: body.to_owned(),
            open: true,
            state_reason: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            milestone: None,
            locked: false,
            pull_request: false,
            author: "mona".to_owned(),
            association: "MEMBER",
            created_at: self.now,
            closed_at: None,
        };
        self.issues.insert(self.next, kept);
        self.next
    }

    pub fn close(&mut self, number: u64, days_ago: i64) {
        let issue = self.issues.get_mut(&number).unwrap();
        issue.open = false;
        issue.state_reason = Some("completed".to_owned());
        issue.closed_at = Some(self.now - SignedDuration::from_hours(24 * days_ago));
    }

    pub fn comments_of(&self, number: u64) -> Vec<&str> {
        self.comments.iter().filter(|(issue, ..)| *issue == number).map(|(.., text)| text.as_str()).collect()
    }

    /// Answers a request.
    pub fn answer(&mut self, seen: &Seen) -> Answered {
        if seen.path == "/search/issues" {
            return self.search(seen);
        }
        let Some(path) = seen.path.strip_prefix(REPO) else { return refused(404, "Not Found") };
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (seen.method.as_str(), parts.as_slice()) {
            ("GET", ["issues"]) => self.list(seen),
            ("POST", ["issues"]) => self.create(seen),
            (method, ["issues", "comments", id]) => self.comment(method, id.parse().unwrap(), seen),
            (method, ["issues", number, rest @ ..]) => self.one(method, number.parse().unwrap(), rest, seen),
            ("GET", ["labels"]) => self.paged(seen, self.labels.iter().map(|label| self.label(&label.0)).collect()),
            ("POST", ["labels"]) => self.make_label(seen),
            ("GET", ["milestones"]) => {
                let milestones = (1..).zip(&self.milestones).map(|(number, title)| self.milestone(number, title)).collect();
                self.paged(seen, milestones)
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn list(&self, seen: &Seen) -> Answered {
        let label = query(seen, "labels").map(str::to_lowercase);
        let all = query(seen, "state") == Some("all");
        let carries =
            |issue: &Kept| label.as_ref().is_none_or(|label| issue.labels.iter().any(|own| own.to_lowercase() == *label));
        let mut found: Vec<&Kept> = self.issues.values().filter(|issue| carries(issue) && (all || issue.open)).collect();
        if query(seen, "direction") != Some("asc") {
            found.reverse();
        }
        self.paged(seen, found.into_iter().map(|issue| self.issue(issue, REPO)).collect())
    }

    fn paged(&self, seen: &Seen, items: Vec<Value>) -> Answered {
        let number = |name: &str| query(seen, name).and_then(|value| value.parse::<usize>().ok());
        let (size, page) = (number("per_page").unwrap_or(30).min(self.page), number("page").unwrap_or(1));
        let shown: Vec<Value> = items.iter().skip(size * (page - 1)).take(size).cloned().collect();
        let mut headers = Vec::new();
        if items.len() > size * page {
            let mut query: Vec<String> =
                seen.query.iter().filter(|(name, _)| name != "page").map(|(name, value)| format!("{name}={value}")).collect();
            query.push(format!("page={}", page + 1));
            headers.push(("link".to_owned(), format!("<{}{}?{}>; rel=\"next\"", self.url, seen.path, query.join("&"))));
        }
        (200, headers, Value::Array(shown))
    }

    fn search(&self, seen: &Seen) -> Answered {
        let words = query(seen, "q").unwrap_or_default();
        let phrases: Vec<&str> =
            words.split('"').skip(1).step_by(2).filter(|phrase| !words.contains(&format!("-label:\"{phrase}\""))).collect();
        let without = words.split("-label:\"").nth(1).and_then(|rest| rest.split('"').next());
        let fits = |issue: &&Kept| {
            phrases.iter().all(|phrase| issue.body.contains(phrase))
                && !without.is_some_and(|label| issue.labels.iter().any(|own| own == label))
        };
        let items: Vec<Value> = if words.contains("user:octo") {
            self.elsewhere.iter().filter(fits).map(|issue| self.issue(issue, "/repos/octo/other")).collect()
        } else {
            self.issues.values().filter(|issue| !issue.pull_request).filter(fits).map(|issue| self.issue(issue, REPO)).collect()
        };
        let scored = items.into_iter().map(|mut item| {
            item["score"] = json!(1.0);
            item
        });
        let items: Vec<Value> = scored.collect();
        (
            200,
            Vec::new(),
            json!({ "total_count": items.len(), "incomplete_results": self.incomplete, "search_type": "lexical", "items": items }),
        )
    }

    fn create(&mut self, seen: &Seen) -> Answered {
        let body = seen.body.as_ref().unwrap();
        let text = body["body"].as_str().unwrap_or_default();
        if text.chars().count() > 65_536 || body["title"].as_str().unwrap().chars().count() > 256 {
            return invalid("too_long");
        }
        let assignees = names(&body["assignees"]);
        if assignees.iter().any(|login| login == "nobody") {
            return invalid("invalid");
        }
        let number = self.put(body["title"].as_str().unwrap(), text);
        let labels = names(&body["labels"]);
        let milestone = body["milestone"].as_u64();
        let issue = self.issues.get_mut(&number).unwrap();
        (issue.labels, issue.assignees, issue.milestone) = (labels, assignees, milestone);
        (issue.author, issue.association) = ("fivewhys-bot".to_owned(), "NONE");
        (201, Vec::new(), self.issue(&self.issues[&number], REPO))
    }

    fn one(&mut self, method: &str, number: u64, rest: &[&str], seen: &Seen) -> Answered {
        if let Some(place) = self.moved.get(&number) {
            let body =
                json!({ "message": "Moved Permanently", "url": place, "documentation_url": "https://docs.github.com/rest" });
            return (301, vec![("location".to_owned(), place.clone())], body);
        }
        if self.gone.contains(&number) {
            return refused(410, "This issue was deleted");
        }
        if !self.issues.contains_key(&number) {
            return refused(404, "Not Found");
        }
        match (method, rest) {
            ("GET", []) => (200, Vec::new(), self.issue(&self.issues[&number], REPO)),
            ("PATCH", []) => self.patch(number, seen.body.as_ref().unwrap()),
            ("POST", ["labels"]) => {
                let labels = names(&seen.body.as_ref().unwrap()["labels"]);
                self.issues.get_mut(&number).unwrap().labels.extend(labels);
                (200, Vec::new(), self.issues[&number].labels.iter().map(|name| self.label(name)).collect())
            }
            ("GET", ["comments"]) => {
                let own = self.comments.iter().filter(|(issue, ..)| *issue == number);
                self.paged(seen, own.map(|(issue, id, text)| self.commented(*issue, *id, text)).collect())
            }
            ("POST", ["comments"]) => {
                let text = seen.body.as_ref().unwrap()["body"].as_str().unwrap().to_owned();
                if self.issues[&number].locked {
                    return refused(403, "Unable to create comment because issue is locked.");
                }
                if text.chars().count() > 65_536 {
                    return invalid("too_long");
                }
                let id = 1000 + self.comments.iter().map(|(_, id, _)| id - 1000 + 1).max().unwrap_or(0);
                self.comments.push((number, id, text.clone()));
                (201, Vec::new(), self.commented(number, id, &text))
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn patch(&mut self, number: u64, body: &Value) -> Answered {
        let now = self.now;
        let issue = self.issues.get_mut(&number).unwrap();
        if let Some(text) = body["body"].as_str() {
            if text.chars().count() > 65_536 {
                return invalid("too_long");
            }
            issue.body = text.to_owned();
        }
        match body["state"].as_str() {
            Some("closed") => {
                issue.open = false;
                issue.closed_at = Some(now);
                issue.state_reason = Some(body["state_reason"].as_str().unwrap_or("completed").to_owned());
            }
            Some(_) => {
                (issue.open, issue.closed_at, issue.state_reason) = (true, None, Some("reopened".to_owned()));
            }
            None => {}
        }
        (200, Vec::new(), self.issue(&self.issues[&number], REPO))
    }

    fn comment(&mut self, method: &str, id: u64, seen: &Seen) -> Answered {
        let Some(place) = self.comments.iter().position(|(_, own, _)| *own == id) else { return refused(404, "Not Found") };
        if method == "DELETE" {
            self.comments.remove(place);
            return (204, Vec::new(), Value::Null);
        }
        let text = seen.body.as_ref().unwrap()["body"].as_str().unwrap().to_owned();
        self.comments[place].2 = text.clone();
        (200, Vec::new(), self.commented(self.comments[place].0, id, &text))
    }

    fn make_label(&mut self, seen: &Seen) -> Answered {
        let body = seen.body.as_ref().unwrap();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        if self.labels.iter().any(|(name, ..)| name.eq_ignore_ascii_case(&text("name"))) {
            return invalid("already_exists");
        }
        self.labels.push((text("name"), text("color"), text("description")));
        (201, Vec::new(), self.label(&text("name")))
    }

    fn issue(&self, issue: &Kept, repo: &str) -> Value {
        let url = format!("{}{repo}/issues/{}", self.url, issue.number);
        let page = format!("https://github.com/{}/issues/{}", repo.trim_start_matches("/repos/"), issue.number);
        let mut value = json!({
            "id": 5000 + issue.number, "node_id": "I_x", "url": url, "repository_url": format!("{}{repo}", self.url),
            "labels_url": format!("{url}/labels{{/name}}"), "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"),
            "html_url": page, "number": issue.number, "state": if issue.open { "open" } else { "closed" },
            "state_reason": issue.state_reason, "title": issue.title, "body": issue.body, "user": self.user(&issue.author),
            "labels": issue.labels.iter().map(|name| self.label(name)).collect::<Vec<_>>(),
            "assignee": issue.assignees.first().map(|login| self.user(login)),
            "assignees": issue.assignees.iter().map(|login| self.user(login)).collect::<Vec<_>>(),
            "milestone": null, "locked": issue.locked, "active_lock_reason": null, "comments": self.comments_of(issue.number).len(),
            "closed_at": issue.closed_at.map(|at| at.to_string()), "created_at": issue.created_at.to_string(),
            "updated_at": self.now.to_string(), "author_association": issue.association
        });
        if issue.pull_request {
            value["pull_request"] =
                json!({ "url": url, "html_url": page, "diff_url": page, "patch_url": page, "merged_at": null });
        }
        value
    }

    fn commented(&self, issue: u64, id: u64, text: &str) -> Value {
        let url = format!("{}{REPO}/issues/comments/{id}", self.url);
        json!({
            "id": id, "node_id": "IC_x", "url": url, "html_url": format!("https://github.com/octo/app/issues/{issue}#issuecomment-{id}"),
            "issue_url": format!("{}{REPO}/issues/{issue}", self.url), "body": text, "user": self.user("fivewhys-bot"),
            "created_at": self.now.to_string(), "updated_at": self.now.to_string(), "author_association": "NONE"
        })
    }

    fn label(&self, name: &str) -> Value {
        let there = self.labels.iter().find(|(own, ..)| own == name);
        let (color, description) = there.map_or(("ededed", ""), |(_, color, description)| (color, description));
        json!({
            "id": 7, "node_id": "L_x", "url": format!("{}{REPO}/labels/x", self.url), "name": name, "color": color,
            "description": description, "default": false
        })
    }

    fn milestone(&self, number: u64, title: &str) -> Value {
        let url = format!("{}{REPO}/milestones/{number}", self.url);
        json!({
            "url": url, "html_url": url, "labels_url": url, "id": number, "node_id": "M_x", "number": number, "state": "open",
            "title": title, "description": null, "creator": self.user("mona"), "open_issues": 0, "closed_issues": 0,
            "created_at": self.now.to_string(), "updated_at": self.now.to_string(), "closed_at": null, "due_on": null
        })
    }

    fn user(&self, login: &str) -> Value {
        let url = format!("{}/users/{login}", self.url);
        json!({
            "login": login, "id": 1, "node_id": "U_x", "avatar_url": url, "gravatar_id": "", "url": url, "html_url": url,
            "followers_url": url, "following_url": url, "gists_url": url, "starred_url": url, "subscriptions_url": url,
            "organizations_url": url, "repos_url": url, "events_url": url, "received_events_url": url,
            "type": if login.ends_with("bot") { "Bot" } else { "User" }, "site_admin": false
        })
    }
}

fn names(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn query<'s>(seen: &'s Seen, name: &str) -> Option<&'s str> {
    seen.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

fn refused(status: u16, message: &str) -> Answered {
    (
        status,
        Vec::new(),
        json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

fn invalid(code: &str) -> Answered {
    let errors = json!([{ "resource": "Issue", "field": "body", "code": code }]);
    let body = json!({ "message": "Validation Failed", "errors": errors, "documentation_url": "https://docs.github.com/rest" });
    (422, Vec::new(), body)
}
