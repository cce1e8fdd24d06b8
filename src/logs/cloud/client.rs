//! The connection to Cloud Logging: where it may lead, with which credentials, and the two calls made on it.

use std::net::IpAddr;

use gcloud_sdk::google::logging::v2::{ListLogEntriesRequest, TailLogEntriesRequest};
use gcloud_sdk::google_cloud_auth::credentials::{self, Credentials, anonymous};
use gcloud_sdk::tonic::client::Grpc;
use gcloud_sdk::tonic::codegen::http::Uri;
use gcloud_sdk::tonic::codegen::http::uri::PathAndQuery;
use gcloud_sdk::tonic::codegen::tokio_stream::{self, StreamExt};
use gcloud_sdk::tonic::{Request, Streaming};
use gcloud_sdk::{GoogleApi, GoogleAuthMiddleware, RequestTimeouts};
use tonic_prost::ProstCodec;

use super::wire::{Burst, Page};
use super::{Fault, Patience};

/// Where Cloud Logging is, unless somebody says otherwise.
pub const ENDPOINT: &str = "https://logging.googleapis.com";

/// Largest response taken in, in bytes: what is larger is asked for in smaller pages, so that memory stays bounded.
pub(super) const LARGEST_PAGE: usize = 64 << 20;

/// How often a connection is tried.
const CONNECTING: u32 = 3;

const LIST: PathAndQuery = PathAndQuery::from_static("/google.logging.v2.LoggingServiceV2/ListLogEntries");
const TAIL: PathAndQuery = PathAndQuery::from_static("/google.logging.v2.LoggingServiceV2/TailLogEntries");

/// An address that requests may be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    authority: String,
    with_credentials: bool,
}

impl Endpoint {
    /// Reads an URL. Plain text stays on this machine, and credentials go to Google only: to
    /// `*.googleapis.com` over TLS.
    ///
    /// # Errors
    ///
    /// Where it is not an `http` or `https` URL, or would send plain text over a network.
    pub fn parse(url: &str) -> Result<Endpoint, Fault> {
        let wrong = |why: &str| Fault::Endpoint(format!("--endpoint {url}: {why}"));
        let uri: Uri = url.trim().parse().map_err(|_| wrong("not an URL"))?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        if authority.contains('@') {
            return Err(wrong("user names and passwords have no place in it"));
        }
        let is_google = host == "googleapis.com" || host.ends_with(".googleapis.com");
        match uri.scheme_str() {
            Some("https") if !host.is_empty() => {
                Ok(Endpoint { url: url.trim().to_owned(), authority, with_credentials: is_google })
            }
            Some("http") if is_loopback(&host) => Ok(Endpoint { url: url.trim().to_owned(), authority, with_credentials: false }),
            Some("http") => {
                Err(wrong("plain text is only allowed on this machine (localhost, 127.0.0.1, [::1]); write https://"))
            }
            _ => Err(wrong("write it as https://HOST or, on this machine, http://127.0.0.1:PORT")),
        }
    }

    /// Whether credentials are sent there.
    pub fn takes_credentials(&self) -> bool {
        self.with_credentials
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A connection; cloning shares it.
#[derive(Clone)]
pub struct Client {
    api: GoogleApi<Grpc<GoogleAuthMiddleware>>,
}

impl Client {
    /// Connects, with the Application Default Credentials where the endpoint takes any. `scopes` are those of the
    /// token; empty means the one for all of Google Cloud, as user credentials need it.
    ///
    /// # Errors
    ///
    /// Where nobody answers there, or the credentials cannot be read.
    pub async fn connect(endpoint: &Endpoint, scopes: &[String], patience: &Patience) -> Result<Client, Fault> {
        let credentials = match endpoint.with_credentials {
            true => default_credentials(scopes)?,
            false => anonymous::Builder::new().build(),
        };
        let build = |channel| Grpc::new(channel).max_decoding_message_size(LARGEST_PAGE);
        let mut attempt = 1;
        let api = loop {
            let connected = GoogleApi::from_function_with_credentials(build, &endpoint.url, None, credentials.clone()).await;
            match connected.map_err(|error| Fault::of_connecting(&endpoint.authority, error)) {
                Ok(api) => break api,
                // Nobody waits for minutes to hear that there is no network.
                Err(Fault::Unreachable { .. }) if attempt < CONNECTING => tokio::time::sleep(patience.first * attempt).await,
                Err(fault) => return Err(fault),
            }
            attempt += 1;
        };
        Ok(Client { api: api.with_request_timeouts(RequestTimeouts::new().with_total(patience.call)) })
    }

    pub(super) async fn list(&self, request: ListLogEntriesRequest) -> Result<Page, Fault> {
        let mut grpc = self.api.get();
        grpc.ready().await.map_err(|error| Fault::of(&gcloud_sdk::tonic::Status::from_error(error)))?;
        let answer = grpc.unary(Request::new(request), LIST, ProstCodec::default()).await;
        answer.map(|answer| answer.into_inner()).map_err(|status| Fault::of(&status))
    }

    pub(super) async fn tail(&self, request: TailLogEntriesRequest) -> Result<Streaming<Burst>, Fault> {
        let mut grpc = self.api.get();
        grpc.ready().await.map_err(|error| Fault::of(&gcloud_sdk::tonic::Status::from_error(error)))?;
        // The stream of requests stays open as long as the answers are wanted.
        let requests = tokio_stream::once(request).chain(tokio_stream::pending());
        let mut requests = Request::new(requests);
        requests.extensions_mut().insert(RequestTimeouts::new());
        let answer = grpc.streaming(requests, TAIL, ProstCodec::default()).await;
        answer.map(|answer| answer.into_inner()).map_err(|status| Fault::of(&status))
    }
}

fn default_credentials(scopes: &[String]) -> Result<Credentials, Fault> {
    let builder = credentials::Builder::default();
    let builder = if scopes.is_empty() { builder } else { builder.with_scopes(scopes) };
    builder.build().map_err(|error| Fault::Credentials(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_and_credentials_stay_where_they_belong() {
        for (url, credentials) in [
            ("https://logging.googleapis.com", Some(true)),
            ("https://logging-x.p.googleapis.com/", Some(true)),
            ("https://127.0.0.1:9", Some(false)),
            ("https://logging.googleapis.com.example.com", Some(false)),
            ("http://127.0.0.1:8080", Some(false)),
            ("http://[::1]:8080", Some(false)),
            ("http://localhost:8080/", Some(false)),
            ("http://logging.googleapis.com", None),
            ("http://127.0.0.1.example.com", None),
            ("http://localhost@example.com", None),
            ("http://user:word@localhost", None),
            ("127.0.0.1:8080", None),
            ("ftp://localhost", None),
            ("", None),
        ] {
            let endpoint = Endpoint::parse(url);
            assert_eq!(endpoint.as_ref().ok().map(Endpoint::takes_credentials), credentials, "{url}: {endpoint:?}");
        }
    }
}
