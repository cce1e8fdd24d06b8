//! What can go wrong on the way, sorted by what is to be done about it.

use std::time::Duration;

use gcloud_sdk::error::ErrorKind;
use gcloud_sdk::google::rpc;
use gcloud_sdk::prost::Message;
use gcloud_sdk::tonic::{Code, Status};
use thiserror::Error;

/// Why Cloud Logging did not give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// The endpoint is not one, or would carry the request in the open.
    #[error("{0}")]
    Endpoint(String),
    /// No connection came about.
    #[error("cannot reach {endpoint}: {reason}")]
    Unreachable {
        /// Where to.
        endpoint: String,
        /// What the system says.
        reason: String,
    },
    /// The credentials gave no token.
    #[error("the credentials in use give no access token: {0}")]
    Credentials(String),
    /// The service says no, and would again.
    #[error("Cloud Logging refused the request: {}: {message}", code_name(*code))]
    Refused {
        /// The code of the status.
        code: i32,
        /// What the service says; hostile text like any other.
        message: String,
    },
    /// The service did not answer, or asked to wait.
    #[error("Cloud Logging gave no answer: {}: {message}", code_name(*code))]
    Passing {
        /// The code of the status.
        code: i32,
        /// What the service says; hostile text like any other.
        message: String,
        /// How long to wait, where the service says so.
        wait: Option<Duration>,
    },
    /// One response is larger than is taken in; a smaller page may fit.
    #[error("Cloud Logging answered with more than {} MiB at once", super::client::LARGEST_PAGE >> 20)]
    TooLarge,
}

impl Fault {
    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Fault::Passing { .. })
    }

    /// Whether the service asked to slow down.
    pub fn is_quota(&self) -> bool {
        matches!(self, Fault::Passing { code, .. } if *code == Code::ResourceExhausted as i32)
    }

    /// Whether the request was refused with this code.
    pub fn is_refusal(&self, code: Code) -> bool {
        matches!(self, Fault::Refused { code: found, .. } if *found == code as i32)
    }

    /// In a few words, none of them the service's own.
    pub fn short(&self) -> String {
        match self {
            Fault::Endpoint(_) => "the endpoint is wrong".to_owned(),
            Fault::Unreachable { .. } => "Cloud Logging could not be reached".to_owned(),
            Fault::Credentials(_) => "the credentials gave no access token".to_owned(),
            Fault::Refused { code, .. } => format!("Cloud Logging refused it ({})", code_name(*code)),
            Fault::Passing { code, .. } => format!("Cloud Logging gave no answer ({})", code_name(*code)),
            Fault::TooLarge => "a single entry was too large".to_owned(),
        }
    }

    /// What the connection's builder met.
    pub(super) fn of_connecting(endpoint: &str, error: gcloud_sdk::error::Error) -> Fault {
        match error.kind() {
            ErrorKind::Credentials(_) | ErrorKind::CredentialsBuild(_) | ErrorKind::CryptoProviderMissing => {
                Fault::Credentials(chain(&error))
            }
            ErrorKind::InvalidApiUrl(_) | ErrorKind::UrlError(_) => Fault::Endpoint(error.to_string()),
            ErrorKind::GrpcStatus(cause) => Fault::Unreachable { endpoint: endpoint.to_owned(), reason: chain(cause) },
            _ => Fault::Unreachable { endpoint: endpoint.to_owned(), reason: chain(&error) },
        }
    }

    /// What came instead of an answer.
    pub(super) fn of(status: &Status) -> Fault {
        if let Some(error) = credentials(status) {
            return Fault::Credentials(error);
        }
        let (code, message) = (status.code() as i32, status.message().to_owned());
        match status.code() {
            Code::OutOfRange if message.contains("decoded message length too large") => Fault::TooLarge,
            // A connection that breaks off has no code of its own: what it ends in depends on where it broke.
            Code::ResourceExhausted
            | Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::Unknown
            | Code::Aborted
            | Code::Cancelled => Fault::Passing { code, message, wait: retry_delay(status) },
            _ => Fault::Refused { code, message },
        }
    }
}

/// Credentials fail inside the call, dressed as an unknown error of the service.
fn credentials(status: &Status) -> Option<String> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(status);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<gcloud_sdk::error::Error>()
            && let ErrorKind::Credentials(_) | ErrorKind::CredentialsBuild(_) | ErrorKind::CryptoProviderMissing = error.kind()
        {
            return Some(error.to_string());
        }
        cause = error.source();
    }
    (status.code() == Code::Unknown && status.message().contains("credentials error")).then(|| status.message().to_owned())
}

/// The delay of a `google.rpc.RetryInfo` among the details.
fn retry_delay(status: &Status) -> Option<Duration> {
    let details = rpc::Status::decode(status.details()).ok()?.details;
    let retry = details.iter().find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = rpc::RetryInfo::decode(retry.value.as_slice()).ok()?.retry_delay?;
    Some(Duration::new(u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?.min(999_999_999)))
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// The code as the documentation writes it.
fn code_name(code: i32) -> &'static str {
    match Code::from_i32(code) {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
