//! Lists that come in pages, read to their end.

use serde::Deserialize;

use super::wire::{Fault, Request};
use super::{GitHub, shapes};

/// Items on a page, the most that GitHub gives.
const PAGE: usize = 100;

/// Pages read at most: a hundred thousand issues.
const PAGES: usize = 1000;

impl GitHub {
    /// Reads all pages of a list, an item at a time, so that only what is kept takes memory.
    pub(super) async fn list<T>(&self, path: &str, filter: &str, mut keep: impl FnMut(T)) -> Result<(), Fault>
    where
        T: for<'de> Deserialize<'de>,
    {
        let and = if filter.is_empty() { "" } else { "&" };
        let numbered = |page: usize| format!("{filter}{and}per_page={PAGE}&page={page}");
        let mut query = numbered(1);
        for page in 1..=PAGES {
            let answer = self.ask(&Request::get(path).query(&query)).await?;
            let items: Vec<T> = answer.json()?;
            let count = items.len();
            items.into_iter().for_each(&mut keep);
            query = match &answer.link {
                Some(link) => match next(link) {
                    Some(next) if next != query => next,
                    Some(_) => return Err(Fault::Unreadable(format!("page {page} of {path} is followed by itself"))),
                    None => return Ok(()),
                },
                // A server that does not link its pages ends with one that is not full.
                None if count < PAGE => return Ok(()),
                None => numbered(page + 1),
            };
        }
        Err(Fault::Unreadable(format!("{path} has more than {PAGES} pages")))
    }

    /// Searches issues; an incomplete answer is a fault.
    pub(super) async fn search(&self, words: &str) -> Result<Vec<shapes::RawIssue>, Fault> {
        let mut found = Vec::new();
        for page in 1..=10 {
            let query = format!("q={}&per_page={PAGE}&page={page}", encoded(words));
            let answer = self.ask(&Request::get("/search/issues").at_api().query(&query)).await?;
            let read: shapes::RawFound = answer.json()?;
            if read.incomplete_results {
                return Err(Fault::Unreadable("the search was cut short (incomplete_results)".to_owned()));
            }
            let count = read.items.len();
            found.extend(read.items);
            if found.len() >= read.total_count {
                return Ok(found);
            }
            if count == 0 {
                break;
            }
        }
        Err(Fault::Unreadable("the search found more than it shows".to_owned()))
    }
}

/// The query of the next page. Only the query is taken: a token goes to no address that an answer names.
fn next(link: &str) -> Option<String> {
    let entry = link.split(',').find(|entry| {
        let mut parts = entry.split(';').skip(1).map(str::trim);
        parts.any(|part| part.eq_ignore_ascii_case("rel=\"next\"") || part.eq_ignore_ascii_case("rel=next"))
    })?;
    let url = entry.split('<').nth(1)?.split('>').next()?;
    url.split_once('?').map(|(_, query)| query.to_owned())
}

/// A text as a value in a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links_and_leads_nowhere_else() {
        let link = r#"<https://api.github.com/repositories/1/issues?page=1>; rel="prev", <https://evil.example/x?a=b&page=3>; rel="next""#;
        assert_eq!(next(link).as_deref(), Some("a=b&page=3"));
        assert_eq!(next(r#"<https://api.github.com/x?page=1>; rel="last""#), None);
        assert_eq!(encoded("in:body \"a é\""), "in%3Abody%20%22a%20%C3%A9%22");
    }
}
