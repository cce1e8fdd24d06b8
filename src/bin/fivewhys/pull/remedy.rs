//! Says what to do when Cloud Logging gave nothing: the permission, the project, the credentials, the command.

use fivewhys::logs::cloud::{Fault, Scope};
use fivewhys::report;
use fivewhys::report::redact::Redactor;

use super::credentials::Credentials;
use crate::exit_status::{ExitStatus, Fatal};

const PERMISSION_DENIED: i32 = 7;
const NOT_FOUND: i32 = 5;
const INVALID_ARGUMENT: i32 = 3;
const UNAUTHENTICATED: i32 = 16;
const RESOURCE_EXHAUSTED: i32 = 8;

/// The error that ends the program.
pub fn fatal(fault: &Fault, scope: &Scope, credentials: Option<&Credentials>) -> Fatal {
    let mut lines = vec![said(fault)];
    match fault {
        Fault::Refused { code: PERMISSION_DENIED, message } => lines.extend(denied(message, scope, credentials)),
        Fault::Refused { code: UNAUTHENTICATED, .. } | Fault::Credentials(_) => {
            lines.push(
                "Sign in again: gcloud auth application-default login, or renew the key or the federation that is in use"
                    .to_owned(),
            );
        }
        Fault::Refused { code: NOT_FOUND, .. } => {
            lines.push(format!("Asked for: {}", names(scope)));
            lines.push(match scope.views.is_empty() {
                true => "See which projects there are: gcloud projects list".to_owned(),
                false => "See which views there are: gcloud logging views list --bucket=BUCKET --location=LOCATION".to_owned(),
            });
        }
        Fault::Refused { code: INVALID_ARGUMENT, .. } => {
            lines.push(format!("Asked for: {}", names(scope)));
            lines.push("See the exact filters: the same command with --dry-run".to_owned());
        }
        Fault::Passing { code: RESOURCE_EXHAUSTED, .. } => {
            lines.push(
                "The read quota of the project is used up; the same command goes on later, --retry-for waits longer".to_owned(),
            );
        }
        Fault::Passing { .. } | Fault::TooLarge => {
            lines.push("The same command tries again; --retry-for waits longer".to_owned())
        }
        Fault::Unreachable { .. } => {
            lines.push("See whether this machine reaches it, and whether --endpoint is right".to_owned())
        }
        _ => {}
    }
    if let Some(credentials) = credentials {
        lines.push(format!("Credentials in use: {}", credentials.describe()));
    }
    Fatal { message: lines.join("\n  "), status: ExitStatus::Remote }
}

/// The fault in one line; what the service says is somebody else's text.
pub fn said(fault: &Fault) -> String {
    let text = fault.to_string();
    let clean = Redactor::default().clean(&text);
    let visible = report::visible(clean.as_str()).replace(['\n', '\t'], " ");
    let mut line: String = visible.chars().take(500).collect();
    if line.len() < visible.len() {
        line.push('…');
    }
    line
}

fn names(scope: &Scope) -> String {
    scope.resource_names().unwrap_or_default().join(", ")
}

fn denied(message: &str, scope: &Scope, credentials: Option<&Credentials>) -> Vec<String> {
    let project = project(scope);
    if message.contains("SERVICE_DISABLED") || message.contains("has not been used in project") {
        return vec![format!("Switch the API on: gcloud services enable logging.googleapis.com --project={project}")];
    }
    let (permission, role) = permission(message, scope);
    let member = credentials.map_or_else(|| "user:YOUR_EMAIL".to_owned(), Credentials::member);
    vec![
        format!("Needed: {permission} ({role}) on {}", names(scope)),
        format!("Grant it: gcloud projects add-iam-policy-binding {project} --member={member} --role={role}"),
    ]
}

/// The permission that the service names, else the one that such a request needs.
fn permission(message: &str, scope: &Scope) -> (&'static str, &'static str) {
    const LIST: (&str, &str) = ("logging.logEntries.list", "roles/logging.viewer");
    const PRIVATE: (&str, &str) = ("logging.privateLogEntries.list", "roles/logging.privateLogViewer");
    const VIEW: (&str, &str) = ("logging.views.access", "roles/logging.viewAccessor");
    let named = [LIST, PRIVATE, VIEW].into_iter().find(|(permission, _)| message.contains(permission));
    let private =
        scope.logs.iter().any(|log| log == "audit" || log.contains("data_access") || log.contains("access_transparency"));
    named.unwrap_or(if !scope.views.is_empty() {
        VIEW
    } else if private {
        PRIVATE
    } else {
        LIST
    })
}

fn project(scope: &Scope) -> &str {
    let of_view = scope.views.first().and_then(|view| view.strip_prefix("projects/")?.split('/').next());
    of_view.or(scope.projects.first().map(String::as_str)).unwrap_or("PROJECT")
}
