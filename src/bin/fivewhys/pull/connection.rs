//! The way to Cloud Logging: a thread for the network, and a client with the credentials that were found.

use std::sync::OnceLock;

use anyhow::Context;
use fivewhys::logs::cloud::{self, Client};
use tokio::runtime::Runtime;

use super::CloudArgs;
use super::credentials::Credentials;
use super::remedy::fatal;
use crate::exit_status::Fatal;

/// The client, and what is known of the credentials it uses.
pub struct Connection {
    /// The client.
    pub client: Client,
    credentials: Option<Credentials>,
}

impl Connection {
    /// Connects, after a look at the credentials.
    ///
    /// # Errors
    ///
    /// Where there are no credentials, or nobody answers.
    pub fn open(args: &CloudArgs, runtime: &Runtime, scope: &cloud::Scope) -> anyhow::Result<Connection> {
        let endpoint = args.endpoint()?;
        let credentials = if endpoint.takes_credentials() { Some(Credentials::find()?) } else { None };
        let scopes = credentials.as_ref().map(Credentials::scopes).unwrap_or_default();
        let connected = runtime.block_on(Client::connect(&endpoint, &scopes, &args.patience()));
        let client = connected.map_err(|fault| fatal(&fault, scope, credentials.as_ref()))?;
        Ok(Connection { client, credentials })
    }

    /// What to say when nothing came.
    pub fn fatal(&self, fault: &cloud::Fault, scope: &cloud::Scope) -> Fatal {
        fatal(fault, scope, self.credentials.as_ref())
    }
}

/// One thread for the network, beside the one that writes; it lives as long as the program.
pub fn runtime() -> anyhow::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let built = built.context("cannot start the network thread")?;
    Ok(RUNTIME.get_or_init(|| built))
}

/// Gives Ctrl-C its usual meaning again: whoever listened to it once has taken it from the system for good.
pub fn end_on_interrupt(runtime: &Runtime) {
    runtime.spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
}
