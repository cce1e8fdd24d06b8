//! One request, repeated as patience allows: limits, faults of the server, connections that break.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::GitHub;
use super::place::Redirect;
use crate::report::inert;

/// Largest answer that is read: a page of a hundred issues with the longest bodies has a tenth of it.
const LARGEST: usize = 64 * 1024 * 1024;

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The address or name cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// The server refused.
    #[error("GitHub refused ({status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// What was asked for is in another repository now.
    #[error("it was moved to {0}")]
    Moved(String),
    /// A rate limit lasts longer than we may wait.
    #[error("a rate limit of GitHub lasts {seconds} s more, longer than may be waited; the same command goes on later")]
    Limited {
        /// How much longer.
        seconds: u64,
    },
    /// The server or the way to it failed, again and again.
    #[error("GitHub could not be asked: {0}")]
    Unreachable(String),
    /// An answer that is none.
    #[error("GitHub answered something that cannot be read: {0}")]
    Unreadable(String),
}

impl Fault {
    /// Whether it concerns one issue and not everything.
    pub(super) fn is_of_one_issue(&self) -> bool {
        matches!(self, Fault::Moved(_) | Fault::Refused { status: 403 | 404 | 410 | 422, .. })
    }

    /// What to do about it, where that is known.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Fault::Refused { status: 401, .. } => Some("the token is wrong or has expired"),
            Fault::Refused { status: 403, .. } => Some("the token needs the permissions `issues: write` and `metadata: read`"),
            Fault::Refused { status: 404, .. } => Some(
                "there is no such repository or issue, or the token may not see it (it needs `issues: write` and `metadata: read`)",
            ),
            Fault::Refused { status: 410, .. } => Some("issues are switched off in this repository, or the issue was deleted"),
            _ => None,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Request {
    method: Method,
    /// Below the repository, or below the API.
    suffix: String,
    under_repository: bool,
    query: String,
    body: Option<Value>,
}

impl Request {
    pub(super) fn new(method: Method, suffix: impl Into<String>) -> Request {
        Request { method, suffix: suffix.into(), under_repository: true, query: String::new(), body: None }
    }

    pub(super) fn get(suffix: impl Into<String>) -> Request {
        Request::new(Method::GET, suffix)
    }

    /// Asked of the API, not of the repository.
    pub(super) fn at_api(mut self) -> Request {
        self.under_repository = false;
        self
    }

    pub(super) fn query(mut self, query: &str) -> Request {
        self.query = query.to_owned();
        self
    }

    pub(super) fn body(mut self, body: Value) -> Request {
        self.body = Some(body);
        self
    }
}

/// An answer that is neither a limit nor a fault of the server.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) link: Option<String>,
    location: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// Reads the body.
    pub(super) fn json<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| Fault::Unreadable(error.to_string()))
    }

    fn message(&self) -> String {
        #[derive(Deserialize)]
        struct Said {
            message: String,
        }
        let said = serde_json::from_slice::<Said>(&self.body).map(|said| said.message);
        let text = said.unwrap_or_else(|_| String::from_utf8_lossy(&self.body).trim().to_owned());
        let mut text = inert::visible(&text).replace('\n', " ");
        text.truncate(text.floor_char_boundary(300));
        if text.is_empty() { "without a word".to_owned() } else { text }
    }
}

/// How one sending went.
pub(super) enum Sent {
    Answer(Answer),
    /// Not now: a limit, which had no effect; `None` where the server does not say how long.
    Limit(Option<Duration>),
    /// A fault of the server or the way to it; whether the request had an effect is not known.
    Lost(String),
}

/// What is left of the patience for one request.
pub(super) struct Waiting {
    attempts: u32,
    limits: u32,
    waited: Duration,
}

impl Waiting {
    pub(super) fn new() -> Waiting {
        Waiting { attempts: 0, limits: 0, waited: Duration::ZERO }
    }
}

impl GitHub {
    /// Asks until there is an answer. Only for what may happen twice.
    pub(super) async fn ask(&self, request: &Request) -> Result<Answer, Fault> {
        let mut waiting = Waiting::new();
        loop {
            let turn = if request.method == Method::GET { None } else { Some(self.pace.turn().await) };
            match self.send(request).await? {
                Sent::Answer(answer) => match self.settled(request, answer)? {
                    Some(answer) => return Ok(answer),
                    None => continue,
                },
                sent => {
                    drop(turn);
                    self.wait(&mut waiting, sent).await?;
                }
            }
        }
    }

    /// Sends what must happen once, until it has: an answer that was lost is looked up before the request is sent again.
    pub(super) async fn once<T>(
        &self,
        request: &Request,
        read: impl Fn(&Answer) -> Result<T, Fault>,
        look_up: impl AsyncFn() -> Result<Option<T>, Fault>,
    ) -> Result<T, Fault> {
        let mut waiting = Waiting::new();
        loop {
            let turn = self.pace.turn().await;
            let sent = self.send(request).await?;
            drop(turn);
            let given_up = match sent {
                Sent::Answer(answer) => match self.settled(request, answer)? {
                    Some(answer) => return read(&answer),
                    None => continue,
                },
                sent => self.wait(&mut waiting, sent).await,
            };
            if let Some(there) = look_up().await? {
                return Ok(there);
            }
            given_up?;
        }
    }

    /// The answer where it is a success, `None` where the same request is to be sent to another place.
    pub(super) fn settled(&self, request: &Request, answer: Answer) -> Result<Option<Answer>, Fault> {
        match answer.status {
            200..=299 => {
                if request.under_repository
                    && request.method == Method::GET
                    && !request.suffix.contains(|c: char| c.is_ascii_digit())
                {
                    self.place.settle();
                }
                Ok(Some(answer))
            }
            301 | 302 | 307 | 308 => match (&answer.location, request.under_repository) {
                (Some(location), true) => match self.place.redirected(&request.suffix, location)? {
                    Redirect::Renamed => Ok(None),
                    Redirect::Moved(url) => Err(Fault::Moved(self.scrubbed(&url))),
                },
                _ => Err(Fault::Moved("a place that the server does not name".to_owned())),
            },
            status => Err(Fault::Refused { status, message: self.scrubbed(&answer.message()) }),
        }
    }

    /// Waits as long as the last sending asks for.
    pub(super) async fn wait(&self, waiting: &mut Waiting, sent: Sent) -> Result<(), Fault> {
        let patience = self.access.patience;
        let delay = match sent {
            Sent::Answer(_) => return Ok(()),
            Sent::Lost(why) => {
                waiting.attempts += 1;
                if waiting.attempts >= patience.attempts {
                    return Err(Fault::Unreachable(why));
                }
                patience.first.saturating_mul(1 << (waiting.attempts - 1).min(16))
            }
            Sent::Limit(stated) => {
                let delay = stated.unwrap_or_else(|| patience.unstated.saturating_mul(1 << waiting.limits.min(16)));
                waiting.limits += 1;
                if waiting.waited + delay > patience.limits {
                    return Err(Fault::Limited { seconds: delay.as_secs() });
                }
                // A limit that ends at once, again and again, must end our patience too.
                waiting.waited += delay.max(patience.first);
                delay
            }
        };
        sleep(delay).await;
        Ok(())
    }

    /// Sends once.
    pub(super) async fn send(&self, request: &Request) -> Result<Sent, Fault> {
        let at =
            if request.under_repository { self.place.of_repository(&request.suffix) } else { self.place.of_api(&request.suffix) };
        let at = if request.query.is_empty() { at } else { format!("{at}?{}", request.query) };
        let mut builder = self.http.request(request.method.clone(), at).headers(self.headers()?);
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let started = Instant::now();
        let response = match builder.send().await {
            Ok(response) => response,
            Err(error) => return Ok(Sent::Lost(self.scrubbed(&chain(&error.without_url())))),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = match read_body(response).await {
            Ok(body) => body,
            Err(why) => return Ok(Sent::Lost(self.scrubbed(&why))),
        };
        if status >= 500 {
            return Ok(Sent::Lost(format!("the server failed ({status})")));
        }
        let answer = Answer { status, link: text(&headers, "link"), location: text(&headers, "location"), body };
        if let Some(limit) = self.limit(&answer, &headers, started) {
            return Ok(Sent::Limit(limit));
        }
        // Cut off on its way, though the connection did not say so: its effect is there all the same.
        if (200..300).contains(&status) && status != 204 && serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_err()
        {
            return Ok(Sent::Lost("the answer is damaged".to_owned()));
        }
        Ok(Sent::Answer(answer))
    }

    /// Whether an answer is a rate limit, and how long it lasts.
    fn limit(&self, answer: &Answer, headers: &HeaderMap, started: Instant) -> Option<Option<Duration>> {
        if answer.status != 403 && answer.status != 429 {
            return None;
        }
        if let Some(asked) = text(headers, "retry-after") {
            let seconds = asked.trim().parse::<u64>().ok().map(Duration::from_secs);
            return Some(seconds.or_else(|| self.until(moment(&asked)?, headers, started)));
        }
        if text(headers, "x-ratelimit-remaining").is_some_and(|left| left.trim() == "0") {
            let reset = text(headers, "x-ratelimit-reset").and_then(|reset| reset.trim().parse::<i64>().ok());
            let wait = reset.and_then(|reset| self.until(reset, headers, started));
            // The reset is in whole seconds.
            return Some(wait.map(|wait| wait + Duration::from_secs(1)));
        }
        let said = answer.message().to_lowercase();
        (answer.status == 429 || said.contains("rate limit") || said.contains("abuse detection")).then_some(None)
    }

    /// From now to this second of the epoch, by the clock of the server where it shows one.
    fn until(&self, second: i64, headers: &HeaderMap, started: Instant) -> Option<Duration> {
        let here = self.access.now.as_second() + i64::try_from(self.pace.age(started).as_secs()).ok()?;
        let now = text(headers, "date").and_then(|date| moment(&date)).unwrap_or(here);
        Some(Duration::from_secs(u64::try_from(second - now).unwrap_or(0)))
    }

    fn headers(&self) -> Result<HeaderMap, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
        if let Some(token) = &self.access.token {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.0));
            let mut value = value.map_err(|_| Fault::Usage("the token cannot stand in a header".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }

    fn scrubbed(&self, text: &str) -> String {
        self.access.token.as_ref().map_or_else(|| text.to_owned(), |token| token.scrub(text))
    }
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| chain(&error.without_url()))? {
        if body.len() + piece.len() > LARGEST {
            return Err(format!("the answer is longer than {LARGEST} bytes"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// `Fri, 20 Nov 2026 16:00:00 GMT` as a second of the epoch.
fn moment(date: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp().as_second())
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    inert::visible(&text).replace('\n', " ")
}
