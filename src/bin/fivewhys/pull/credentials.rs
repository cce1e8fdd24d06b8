//! Which credentials Google's libraries will find: looked up beforehand, so that a message can name them.

use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::exit_status::{ExitStatus, Fatal};

/// How long the metadata server has for accepting a connection; it is on the same machine.
const METADATA_PATIENCE: Duration = Duration::from_secs(2);

/// Credentials that were found, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    kind: Kind,
    /// The account, where the file names it.
    account: Option<String>,
    /// The file; `None` for the metadata server.
    file: Option<PathBuf>,
    project: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    ServiceAccount,
    Impersonated,
    Federated,
    Other,
    Metadata,
}

/// The project that the environment names: `GOOGLE_CLOUD_PROJECT`, then the credentials' own; `reach_out` also asks
/// for what only the metadata server knows.
pub fn project(reach_out: bool) -> Option<String> {
    let named = std::env::var("GOOGLE_CLOUD_PROJECT").ok().filter(|project| !project.is_empty());
    named.or_else(|| in_file().ok().flatten()?.project).or_else(|| {
        if !reach_out || !metadata_answers() {
            return None;
        }
        super::runtime().ok()?.block_on(gcloud_sdk::GoogleEnvironment::detect_google_project_id())
    })
}

impl Credentials {
    /// The Application Default Credentials.
    ///
    /// # Errors
    ///
    /// Where there are none, with the three ways to have some; or where they cannot be read.
    pub fn find() -> Result<Credentials, Fatal> {
        if let Some(found) = in_file()? {
            return Ok(found);
        }
        if metadata_answers() {
            return Ok(Credentials { kind: Kind::Metadata, account: None, file: None, project: None });
        }
        Err(Fatal { message: REMEDIES.to_owned(), status: ExitStatus::Remote })
    }

    /// What the token is asked for. A user's own credentials were granted for all of Google Cloud at once, and cannot be
    /// narrowed afterwards.
    pub fn scopes(&self) -> Vec<String> {
        match self.kind {
            Kind::User | Kind::Other => Vec::new(),
            _ => vec!["https://www.googleapis.com/auth/logging.read".to_owned()],
        }
    }

    /// Kind, account and place in words.
    pub fn describe(&self) -> String {
        let kind = match self.kind {
            Kind::User => "the account of `gcloud auth application-default login`",
            Kind::ServiceAccount => "a service account's key",
            Kind::Impersonated => "an impersonated service account",
            Kind::Federated => "workload identity federation",
            Kind::Other => "credentials of another kind",
            Kind::Metadata => "the service account of this machine, from the metadata server",
        };
        let account = self.account.as_ref().map(|account| format!(", {account}")).unwrap_or_default();
        let file = self.file.as_ref().map(|file| format!(" ({})", file.display())).unwrap_or_default();
        format!("{kind}{account}{file}")
    }

    /// Who it is, as IAM writes it.
    pub fn member(&self) -> String {
        match (&self.account, self.kind) {
            (Some(account), Kind::User) => format!("user:{account}"),
            (Some(account), _) => format!("serviceAccount:{account}"),
            (None, Kind::User) => "user:YOUR_EMAIL".to_owned(),
            (None, Kind::Federated) => "principalSet://YOUR_POOL".to_owned(),
            (None, _) => "serviceAccount:YOUR_SERVICE_ACCOUNT".to_owned(),
        }
    }
}

const REMEDIES: &str = "no Google Cloud credentials were found: neither the variable GOOGLE_APPLICATION_CREDENTIALS, nor a file of gcloud's, nor a metadata server.
  On your own machine:  gcloud auth application-default login
  In GitHub Actions:    the step google-github-actions/auth (workload identity federation) before this one
  Elsewhere:            GOOGLE_APPLICATION_CREDENTIALS=FILE with a service account's key
  They need roles/logging.viewer on the project. `--dry-run` needs none.";

/// The file that Google's libraries take: the one the variable names, else gcloud's.
fn in_file() -> Result<Option<Credentials>, Fatal> {
    let wrong = |file: &PathBuf, why: &str| Fatal {
        message: format!("GOOGLE_APPLICATION_CREDENTIALS={}: {why}", file.display()),
        status: ExitStatus::Remote,
    };
    let named = std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()).map(PathBuf::from);
    let Some(file) = named.clone().or_else(well_known) else { return Ok(None) };
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(_) if named.is_none() => return Ok(None),
        Err(error) => {
            return Err(wrong(&file, &format!("cannot be read ({error}); name a file with credentials, or unset the variable")));
        }
    };
    match serde_json::from_slice::<Value>(&text) {
        Ok(json) => Ok(Some(of_file(file, &json))),
        Err(_) => Err(wrong(&file, "holds no credentials (not JSON); make it again, or unset the variable")),
    }
}

fn well_known() -> Option<PathBuf> {
    let folder = if cfg!(windows) {
        PathBuf::from(std::env::var_os("APPDATA")?).join("gcloud")
    } else {
        PathBuf::from(std::env::var_os("HOME")?).join(".config/gcloud")
    };
    Some(folder.join("application_default_credentials.json"))
}

fn of_file(file: PathBuf, json: &Value) -> Credentials {
    let text = |json: &Value, key: &str| json.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let impersonated = text(json, "service_account_impersonation_url")
        .and_then(|url| Some(url.rsplit('/').next()?.split(':').next()?.to_owned()));
    let (kind, account) = match text(json, "type").as_deref() {
        Some("authorized_user") => (Kind::User, text(json, "account")),
        Some("service_account") => (Kind::ServiceAccount, text(json, "client_email")),
        Some("impersonated_service_account") => (Kind::Impersonated, impersonated),
        Some("external_account") => (Kind::Federated, impersonated),
        _ => (Kind::Other, None),
    };
    let of = |json: &Value| text(json, "project_id").or_else(|| text(json, "quota_project_id"));
    let project = of(json).or_else(|| of(json.get("source_credentials")?));
    Credentials { kind, account, file: Some(file), project }
}

/// Whether something listens where the metadata server would be. A name that nobody knows can take the system long to
/// find out.
fn metadata_answers() -> bool {
    let host = std::env::var("GCE_METADATA_HOST").unwrap_or_else(|_| "metadata.google.internal".to_owned());
    let address = if host.contains(':') { host } else { format!("{host}:80") };
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut addresses = address.to_socket_addrs().ok().into_iter().flatten();
        let answers = addresses.any(|address| TcpStream::connect_timeout(&address, METADATA_PATIENCE).is_ok());
        // Nobody may be waiting any more.
        let _ = tell.send(answers);
    });
    told.recv_timeout(METADATA_PATIENCE).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_kind_and_the_account_are_named_and_no_secret_is() {
        let file = || PathBuf::from("key.json");
        let key = json!({"type": "service_account", "client_email": "ci@p.example", "project_id": "p", "private_key": "SECRET"});
        let found = of_file(file(), &key);
        assert_eq!(found.member(), "serviceAccount:ci@p.example");
        assert_eq!(found.project.as_deref(), Some("p"));
        assert!(found.describe().contains("ci@p.example") && !format!("{found:?}").contains("SECRET"));
        let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@p.example:generateAccessToken";
        let federated = json!({"type": "external_account", "service_account_impersonation_url": url});
        assert_eq!(of_file(file(), &federated).member(), "serviceAccount:ci@p.example");
        let user = json!({"type": "authorized_user", "quota_project_id": "q", "refresh_token": "SECRET"});
        assert_eq!(of_file(file(), &user).project.as_deref(), Some("q"));
        assert!(of_file(file(), &user).scopes().is_empty());
    }
}
