//! Addresses: where the API is, under which path the repository, and that a token goes nowhere else.

use std::sync::{Mutex, PoisonError};

use super::Fault;

/// A repository's place in an API.
#[derive(Debug)]
pub(super) struct Place {
    /// Without a slash at its end.
    api: String,
    local: bool,
    root: Mutex<Root>,
}

#[derive(Debug, Clone)]
struct Root {
    /// `/repos/owner/name`; after a rename `/repositories/1`.
    path: String,
    /// A listing has shown that it is right.
    sure: bool,
}

/// Where an answer sends us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The repository has another name now; the same request once more.
    Renamed,
    /// What was asked for is somewhere else.
    Moved(String),
}

impl Place {
    pub(super) fn new(api: &str, repo: &str) -> Result<Place, Fault> {
        let api = api.trim().trim_end_matches('/').to_owned();
        let url =
            reqwest::Url::parse(&api).map_err(|_| Fault::Usage(format!("{api} is no address such as https://api.github.com")))?;
        let host = url.host_str().unwrap_or_default();
        let local =
            host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if local => {}
            _ => {
                return Err(Fault::Usage(format!(
                    "{api}: expected https; plain http is for this machine only, as it shows the token"
                )));
            }
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(Fault::Usage("the address of the API holds more than scheme, host, port and path".to_owned()));
        }
        let path = format!("/repos/{}", well_named(repo)?);
        Ok(Place { api, local, root: Mutex::new(Root { path, sure: false }) })
    }

    pub(super) fn is_local(&self) -> bool {
        self.local
    }

    /// The address of `/issues` and the like.
    pub(super) fn of_repository(&self, suffix: &str) -> String {
        format!("{}{}{suffix}", self.api, self.root().path)
    }

    /// The address of `/search/issues`.
    pub(super) fn of_api(&self, path: &str) -> String {
        format!("{}{path}", self.api)
    }

    /// The repository answered under this name.
    pub(super) fn settle(&self) {
        self.root.lock().unwrap_or_else(PoisonError::into_inner).sure = true;
    }

    /// What a `Location` means for a request under the repository.
    pub(super) fn redirected(&self, suffix: &str, location: &str) -> Result<Redirect, Fault> {
        let full = if location.starts_with('/') { format!("{}{location}", origin(&self.api)) } else { location.to_owned() };
        let bare = full.split(['?', '#']).next().unwrap_or_default();
        let Some(path) = bare.strip_prefix(&self.api).filter(|path| path.starts_with('/')) else {
            return Ok(Redirect::Moved(full));
        };
        let mut root = self.root.lock().unwrap_or_else(PoisonError::into_inner);
        match path.strip_suffix(suffix) {
            Some(other) if !root.sure && other != root.path && !other.is_empty() => {
                *root = Root { path: other.to_owned(), sure: true };
                Ok(Redirect::Renamed)
            }
            Some(other) if other == root.path => {
                Err(Fault::Refused { status: 301, message: "the server redirects in a circle".to_owned() })
            }
            _ => Ok(Redirect::Moved(full)),
        }
    }

    fn root(&self) -> Root {
        self.root.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn origin(api: &str) -> &str {
    let start = api.find("://").map_or(0, |at| at + 3);
    let end = api.get(start..).and_then(|rest| rest.find('/')).map_or(api.len(), |at| start + at);
    api.get(..end).unwrap_or(api)
}

fn well_named(repo: &str) -> Result<&str, Fault> {
    let part = |name: &str| {
        !name.is_empty()
            && name != "."
            && name != ".."
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    match repo.split_once('/') {
        Some((owner, name)) if part(owner) && part(name) => Ok(repo),
        _ => Err(Fault::Usage(format!("{repo:?} is no repository; expected OWNER/NAME, such as octo-org/app"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_by_https_or_stays_on_this_machine() {
        for good in [
            "https://api.github.com/",
            "https://ghe.example/api/v3",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost:1",
        ] {
            assert!(Place::new(good, "o/r").is_ok(), "{good}");
        }
        for bad in
            ["http://ghe.example/api/v3", "http://127.0.0.1.example", "ftp://x", "api.github.com", "https://user:pw@ghe.example"]
        {
            assert!(Place::new(bad, "o/r").is_err(), "{bad}");
        }
        for bad in ["o", "o/r/x", "../r", "o/r?x", "", "o/"] {
            assert!(Place::new("https://api.github.com", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_renamed_repository_is_followed_once_and_a_moved_issue_is_not() {
        let place = Place::new("https://api.github.com", "o/r").unwrap();
        let renamed = place.redirected("/issues", "https://api.github.com/repositories/7/issues?page=2").unwrap();
        assert_eq!(renamed, Redirect::Renamed);
        assert_eq!(place.of_repository("/issues/5"), "https://api.github.com/repositories/7/issues/5");
        let moved = place.redirected("/issues/5", "https://api.github.com/repositories/8/issues/5").unwrap();
        assert_eq!(moved, Redirect::Moved("https://api.github.com/repositories/8/issues/5".to_owned()));
        let away = Place::new("https://api.github.com", "o/r").unwrap();
        assert!(matches!(away.redirected("/issues", "https://evil.example/issues").unwrap(), Redirect::Moved(_)));
    }
}
