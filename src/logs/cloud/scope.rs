//! What to ask for, apart from the time: projects, services, jobs and logs, as resource names and a filter.

use jiff::Timestamp;
use thiserror::Error;

/// Longest filter the service takes, in characters.
const LONGEST_FILTER: usize = 20_000;

/// Most resource names one request may carry.
const MOST_RESOURCES: usize = 100;

/// Whose entries are wanted. What is left empty narrows nothing; severity never narrows, for a plain line on
/// standard error has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Project ids or numbers.
    pub projects: Vec<String>,
    /// Cloud Run services.
    pub services: Vec<String>,
    /// Cloud Run jobs.
    pub jobs: Vec<String>,
    /// Regions, such as `europe-west1`.
    pub locations: Vec<String>,
    /// Revisions of the services.
    pub revisions: Vec<String>,
    /// `stdout`, `stderr`, `requests`, `system`, `audit`, or the id of any other log.
    pub logs: Vec<String>,
    /// An expression in the Logging query language that entries must meet as well.
    pub filter: Option<String>,
    /// Log views or buckets to read instead of the projects: `projects/P/locations/L/buckets/B[/views/V]`.
    pub views: Vec<String>,
}

/// Why nothing can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// Neither a project nor a view.
    #[error("no project is known; name one with --project, or set GOOGLE_CLOUD_PROJECT")]
    NoProject,
    /// A name holds something that no such name holds.
    #[error("`{name}` cannot be the name of a {what}{hint}")]
    Name {
        /// The name as it was given.
        name: String,
        /// `project`, `service`, …
        what: &'static str,
        /// What such a name looks like.
        hint: &'static str,
    },
    /// More than one request can carry.
    #[error("{0} projects and views; one request takes at most 100")]
    TooManyResources(usize),
    /// Quotes or parentheses do not match, so that it would change what stands around it.
    #[error("the filter is not one whole expression: {0}")]
    Unbalanced(String),
    /// The service would refuse it.
    #[error("the filter would have {0} characters; the service takes at most 20000: name fewer services, or shorten --filter")]
    TooLong(usize),
}

/// A request that can be repeated to the letter: page tokens are bound to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Parents of the entries.
    pub resource_names: Vec<String>,
    /// The whole filter, time included.
    pub filter: String,
}

impl Scope {
    /// Checks that every name is one, and that a filter can be made of them.
    ///
    /// # Errors
    ///
    /// See [`ScopeError`].
    pub fn check(&self) -> Result<(), ScopeError> {
        let names: [(&[String], &'static str, &'static str); 6] = [
            (&self.projects, "project", "; a project id has letters, digits and hyphens"),
            (&self.services, "service", "; a service's name has lower-case letters, digits and hyphens"),
            (&self.jobs, "job", "; a job's name has lower-case letters, digits and hyphens"),
            (&self.locations, "location", "; a location is a region such as europe-west1"),
            (&self.revisions, "revision", "; a revision is named like its service with a suffix"),
            (
                &self.logs,
                "log",
                "; write stdout, stderr, requests, system, audit, or a log id such as my-app or run.googleapis.com/stdout",
            ),
        ];
        for (names, what, hint) in names {
            if let Some(name) = names.iter().find(|name| !is_name(name, what)) {
                return Err(ScopeError::Name { name: name.clone(), what, hint });
            }
        }
        let resources = self.resource_names()?;
        if resources.len() > MOST_RESOURCES {
            return Err(ScopeError::TooManyResources(resources.len()));
        }
        self.filter.as_deref().map_or(Ok(()), whole)?;
        let longest = self.filter_within((Timestamp::UNIX_EPOCH, Timestamp::from_nanosecond(1).unwrap_or_default()));
        match longest.chars().count() {
            length if length > LONGEST_FILTER => Err(ScopeError::TooLong(length)),
            _ => Ok(()),
        }
    }

    /// The parents to read: the views where there are any, else the projects.
    ///
    /// # Errors
    ///
    /// Where there is neither, or a view's name is not one.
    pub fn resource_names(&self) -> Result<Vec<String>, ScopeError> {
        let mut names: Vec<String> = match self.views.is_empty() {
            true => self.projects.iter().map(|project| format!("projects/{project}")).collect(),
            false => self.views.iter().map(|view| view_name(view)).collect::<Result<_, _>>()?,
        };
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        if names.is_empty() { Err(ScopeError::NoProject) } else { Ok(names) }
    }

    /// The request for the entries from `start` (inclusive) to `end`.
    ///
    /// # Errors
    ///
    /// As [`Scope::resource_names`].
    pub fn query(&self, window: (Timestamp, Timestamp)) -> Result<Query, ScopeError> {
        Ok(Query { resource_names: self.resource_names()?, filter: self.filter_within(window) })
    }

    /// The filter without times: what a stream of new entries takes.
    pub fn filter(&self) -> String {
        self.parts().join("\nAND ")
    }

    pub(super) fn filter_within(&self, (start, end): (Timestamp, Timestamp)) -> String {
        let mut parts = self.parts();
        parts.push(format!("timestamp>={}", quoted(&start.to_string())));
        parts.push(format!("timestamp<{}", quoted(&end.to_string())));
        parts.join("\nAND ")
    }

    fn parts(&self) -> Vec<String> {
        let mut parts: Vec<String> = self.resource().into_iter().collect();
        if !self.locations.is_empty() {
            parts.push(one_of("resource.labels.location", &self.locations));
        }
        if !self.logs.is_empty() {
            let ids: Vec<String> =
                self.logs.iter().flat_map(|log| log_ids(log)).map(|id| format!("log_id({})", quoted(&id))).collect();
            parts.push(if ids.len() == 1 { ids.concat() } else { format!("({})", ids.join(" OR ")) });
        }
        // On lines of its own, so that a comment in it ends where it ends.
        parts.extend(self.filter.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(|text| format!("(\n{text}\n)")));
        parts
    }

    /// The kinds of resource, each with the label that names it: a job has no `service_name`.
    fn resource(&self) -> Option<String> {
        let by_service = !self.services.is_empty() || !self.revisions.is_empty();
        let mut kinds = Vec::new();
        if by_service {
            let mut parts = vec!["resource.type=\"cloud_run_revision\"".to_owned()];
            if !self.services.is_empty() {
                parts.push(one_of("resource.labels.service_name", &self.services));
            }
            if !self.revisions.is_empty() {
                parts.push(one_of("resource.labels.revision_name", &self.revisions));
            }
            kinds.push(parts.join(" AND "));
        }
        if !self.jobs.is_empty() {
            kinds.push(format!("resource.type=\"cloud_run_job\" AND {}", one_of("resource.labels.job_name", &self.jobs)));
        }
        match kinds.len() {
            // Who names the resource in an expression of his own need not look at Cloud Run.
            0 if self.filter.as_deref().is_some_and(|filter| filter.contains("resource.type")) => None,
            0 => Some("resource.type=(\"cloud_run_revision\" OR \"cloud_run_job\" OR \"cloud_run_worker_pool\")".to_owned()),
            1 => kinds.pop(),
            _ => Some(format!("(({}))", kinds.join(") OR ("))),
        }
    }
}

/// `field="a"`, or `field=("a" OR "b")`.
fn one_of(field: &str, values: &[String]) -> String {
    match values {
        [only] => format!("{field}={}", quoted(only)),
        _ => format!("{field}=({})", values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(" OR ")),
    }
}

/// A string of the Logging query language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The ids behind a short name.
fn log_ids(log: &str) -> Vec<String> {
    let of_run = |name: &str| vec![format!("run.googleapis.com/{name}")];
    match log {
        "stdout" | "stderr" | "requests" => of_run(log),
        "system" => of_run("varlog/system"),
        "audit" => {
            ["activity", "system_event", "data_access", "policy"].map(|kind| format!("cloudaudit.googleapis.com/{kind}")).to_vec()
        }
        id => vec![id.replace("%2F", "/").replace("%2f", "/")],
    }
}

fn is_name(name: &str, what: &str) -> bool {
    let more = match what {
        // Old projects belong to a domain: `example.com:project`.
        "project" => ".:",
        "log" => "._/%",
        _ => "",
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || more.contains(c);
    (1..512).contains(&name.len()) && name.chars().all(fits)
}

/// A bucket is read through the view that holds all its entries.
fn view_name(name: &str) -> Result<String, ScopeError> {
    let parts: Vec<&str> = name.split('/').collect();
    let is_parent = |kind: &str| matches!(kind, "projects" | "folders" | "organizations" | "billingAccounts");
    let named =
        parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c)));
    match parts.as_slice() {
        [parent, _, "locations", _, "buckets", _, "views", _] if named && is_parent(parent) => Ok(name.to_owned()),
        [parent, _, "locations", _, "buckets", _] if named && is_parent(parent) => Ok(format!("{name}/views/_AllLogs")),
        _ => Err(ScopeError::Name {
            name: name.to_owned(),
            what: "view or bucket",
            hint: "; write projects/P/locations/L/buckets/B, with /views/V behind it for a view",
        }),
    }
}

/// Whether the text stays what it is between two parentheses.
fn whole(text: &str) -> Result<(), ScopeError> {
    let wrong = |what: &str| Err(ScopeError::Unbalanced(what.to_owned()));
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                let mut closed = false;
                while let Some(inner) = letters.next() {
                    match inner {
                        '\\' => drop(letters.next()),
                        '"' => {
                            closed = true;
                            break;
                        }
                        _ => {}
                    }
                }
                if !closed {
                    return wrong("a quotation mark is not closed");
                }
            }
            '-' if letters.peek() == Some(&'-') => while letters.next_if(|c| *c != '\n').is_some() {},
            '(' => depth += 1,
            ')' if depth == 0 => return wrong("a parenthesis is closed that was not opened"),
            ')' => depth -= 1,
            _ => {}
        }
    }
    if depth > 0 { wrong("a parenthesis is not closed") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope { projects: vec!["p".to_owned()], ..Scope::default() }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn window() -> (Timestamp, Timestamp) {
        ("2026-11-20T09:00:00.5Z".parse().unwrap(), "2026-11-20T09:05:00Z".parse().unwrap())
    }

    #[test]
    fn services_and_jobs_are_asked_for_by_labels_of_their_own() {
        let scope = Scope { services: names(&["api", "web"]), jobs: names(&["batch"]), ..scope() };
        let query = scope.query(window()).unwrap();
        assert_eq!(query.resource_names, ["projects/p"]);
        assert_eq!(
            query.filter,
            "((resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"api\" OR \"web\")) OR (resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"batch\"))\n\
             AND timestamp>=\"2026-11-20T09:00:00.5Z\"\nAND timestamp<\"2026-11-20T09:05:00Z\""
        );
    }

    #[test]
    fn an_expression_stays_by_itself() {
        let narrowed = Scope { filter: Some("a=1 OR b=2 -- why".to_owned()), ..scope() };
        assert!(narrowed.filter().contains("AND (\na=1 OR b=2 -- why\n)"), "{}", narrowed.filter());
        for (text, sound) in [
            ("textPayload:\")\"", true),
            ("a=1) OR (b=2", false),
            ("\"open", false),
            ("(a=1", false),
            ("a=\"\\\"\" -- )", true),
            ("-- \"\na=1", true),
        ] {
            let result = Scope { filter: Some(text.to_owned()), ..scope() }.check();
            assert_eq!(result.is_ok(), sound, "{text}: {result:?}");
        }
    }

    #[test]
    fn a_name_that_could_leave_its_quotes_is_refused() {
        for service in ["a\" OR \"b", "", "a b", "ä"] {
            assert!(Scope { services: names(&[service]), ..scope() }.check().is_err(), "{service}");
        }
        assert_eq!(Scope::default().check(), Err(ScopeError::NoProject));
        assert!(Scope { filter: Some("x".repeat(20_000)), ..scope() }.check().is_err());
    }

    #[test]
    fn a_bucket_is_read_through_its_widest_view() {
        let views = names(&["projects/p/locations/global/buckets/b", "projects/p/locations/eu/buckets/b/views/v"]);
        let scope = Scope { views, ..scope() };
        assert_eq!(
            scope.resource_names().unwrap(),
            ["projects/p/locations/global/buckets/b/views/_AllLogs", "projects/p/locations/eu/buckets/b/views/v"]
        );
        assert!(Scope { views: names(&["b"]), ..Scope::default() }.check().is_err());
    }

    #[test]
    fn short_names_of_logs_stand_for_their_ids() {
        let scope = Scope { logs: names(&["stdout", "system", "my-app"]), ..scope() };
        assert!(scope.filter().ends_with(
            "AND (log_id(\"run.googleapis.com/stdout\") OR log_id(\"run.googleapis.com/varlog/system\") OR log_id(\"my-app\"))"
        ));
    }
}
