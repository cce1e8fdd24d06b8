//! GitHub's REST API, as far as issues need it: reads that see everything, writes that happen once.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

mod carry_out;
mod comment;
mod create;
mod look;
mod paging;
mod pace;
mod place;
mod shapes;
mod wire;

pub use wire::Fault;

use pace::Pace;
use place::Place;

/// A secret that authorises requests. It is in no text this program writes: not in errors, not in `Debug`, not in a plan.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Wraps a token; `None` where it is empty or could not stand in a header.
    pub fn new(text: &str) -> Option<Token> {
        let text = text.trim();
        let well = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        well.then(|| Token(text.to_owned()))
    }

    /// The text with a word in the place of the token, wherever it stands.
    pub fn scrub(&self, text: &str) -> String {
        // A token of a few letters is none, and would tear other words apart.
        if self.0.len() < 8 { text.to_owned() } else { text.replace(&self.0, "‹github-token›") }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Where to find GitHub, and how patient to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// `https://api.github.com`, or `https://HOST/api/v3`; plain `http` to this machine only.
    pub api: String,
    /// Without one only public repositories can be read.
    pub token: Option<Token>,
    /// What time it is: limits end at a time of day, and not every server says what time it has.
    pub now: Timestamp,
    /// At least this long from one write to the next, as GitHub asks (one second).
    pub spacing: Duration,
    /// How patient to be.
    pub patience: Patience,
}

/// Limits of the waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// First wait after a fault of the server or the way to it; each next one is twice as long.
    pub first: Duration,
    /// How often a request is sent in all, where the server or the way to it fails.
    pub attempts: u32,
    /// How long to wait for the end of rate limits, all requests together.
    pub limits: Duration,
    /// First wait for the end of a limit of which the server does not say when it ends (GitHub: at least a minute).
    pub unstated: Duration,
    /// How long one request may take.
    pub call: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            first: Duration::from_secs(1),
            attempts: 5,
            limits: Duration::from_secs(600),
            unstated: Duration::from_secs(60),
            call: Duration::from_secs(60),
        }
    }
}

/// A repository on GitHub.
#[derive(Debug)]
pub struct GitHub {
    http: reqwest::Client,
    access: Access,
    place: Place,
    pace: Pace,
}

impl GitHub {
    /// A client for the repository `owner/name`.
    ///
    /// # Errors
    ///
    /// [`Fault::Usage`] where the address or the name cannot be meant.
    pub fn new(access: Access, repo: &str) -> Result<GitHub, Fault> {
        let place = Place::new(&access.api, repo)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("fivewhys/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(access.patience.call);
        if place.is_local() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| Fault::Usage(format!("no HTTP client can be made: {error}")))?;
        Ok(GitHub { http, place, pace: Pace::new(access.spacing), access })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_no_debug_text_and_is_scrubbed() {
        let token = Token::new(" ghp_0123456789abcdef\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(token.scrub("bad credentials: ghp_0123456789abcdef."), "bad credentials: ‹github-token›.");
        assert_eq!((Token::new(""), Token::new("a b")), (None, None));
    }
}
