//! What a project wants of its issues: labels, who looks after what, and how much noise it bears.

use std::collections::BTreeMap;

use crate::report::schema::{Cause, Verdict};

/// The settings; the default is what a project gets that says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Every issue of this program carries it.
    pub label: String,
    /// An issue that carries it is left alone, and none is opened in its place.
    pub ignore_label: String,
    /// The least certain verdict that opens an issue.
    pub verdict: Verdict,
    /// Days after its closing within which an issue is reopened; later a new one is opened that links it.
    pub reopen_days: u32,
    /// Runs in which its tests ran and passed, after which an issue is told that its cause is no longer seen.
    pub quiet_runs: u32,
    /// More new causes than this in one run make one umbrella issue.
    pub budget: usize,
    /// Issues opened or reopened and comments made in one run, at most.
    pub per_run: usize,
    /// Issues opened within 24 hours, at most.
    pub per_day: usize,
    /// By rule id, family (`auth/*`), class (`config`) or `*`: what an issue is given when it is opened.
    pub routes: BTreeMap<String, Route>,
    /// How a label looks that has to be made, by name.
    pub labels: BTreeMap<String, LabelLook>,
}

/// What an issue is given when it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Labels beside the program's own.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// Title of a milestone.
    pub milestone: Option<String>,
    /// Named in the body: `@octo-org/identity`.
    pub owners: Vec<String>,
}

/// How a label looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelLook {
    /// Six hexadecimal digits.
    pub color: String,
    /// At most 100 characters.
    pub description: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            label: "fivewhys".to_owned(),
            ignore_label: "fivewhys-ignore".to_owned(),
            verdict: Verdict::Likely,
            reopen_days: 30,
            quiet_runs: 3,
            budget: 5,
            per_run: 20,
            per_day: 10,
            routes: BTreeMap::new(),
            labels: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// All routes that lead to this cause together; of milestones the one of the most specific route.
    pub fn route(&self, cause: &Cause) -> Route {
        let rule = cause.root.as_str();
        let family = format!("{}/*", rule.split('/').next().unwrap_or_default());
        let mut all = Route::default();
        for name in ["*", cause.class.as_str(), &family, rule] {
            let Some(route) = self.routes.get(name) else { continue };
            add(&mut all.labels, &route.labels);
            add(&mut all.assignees, &route.assignees);
            add(&mut all.owners, &route.owners);
            all.milestone = route.milestone.clone().or(all.milestone);
        }
        all
    }

    /// The labels of an issue about this cause, the program's own first.
    pub fn labels_of(&self, cause: &Cause) -> Vec<String> {
        let mut labels = vec![self.label.clone()];
        add(&mut labels, &self.route(cause).labels);
        labels
    }

    /// How a label is made where it is missing.
    pub fn look(&self, label: &str) -> LabelLook {
        let own = |color: &str, description: &str| LabelLook { color: color.to_owned(), description: description.to_owned() };
        if let Some(look) = self.labels.get(label) {
            return look.clone();
        }
        match label {
            _ if label == self.label => own("5319e7", "A root cause found by fivewhys; kept up to date by it"),
            _ if label == self.ignore_label => own("ededed", "fivewhys leaves this issue alone"),
            _ => own("c5def5", ""),
        }
    }

    /// Whether a verdict is enough to open an issue.
    pub(super) fn opens(&self, verdict: Verdict) -> bool {
        verdict <= self.verdict
    }
}

fn add(all: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !all.iter().any(|there| there.eq_ignore_ascii_case(one)) {
            all.push(one.clone());
        }
    }
}
