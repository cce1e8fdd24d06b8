//! The options that select entries in Cloud Logging, the same for every command that pulls.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use fivewhys::logs::cloud::{ENDPOINT, Endpoint, Fault, Patience, Scope};
use jiff::SignedDuration;

use crate::exit_status::{ExitStatus, Fatal};
use crate::when::duration;

/// So many passing tests make an exclusive line worth 26 of the 30 points that the comparison can give; more cost
/// requests and change little (see the table in `diagnosis/score.rs`).
const CONTROLS: usize = 20;

/// Whose entries to pull from Cloud Logging, and how.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cloud Logging")]
pub struct CloudArgs {
    /// Pull from Cloud Logging of this project (may be repeated, as the next ones too) [default: GOOGLE_CLOUD_PROJECT, then the credentials' own]
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new(), value_delimiter = ',')]
    project: Vec<String>,

    /// Entries of this Cloud Run service
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    service: Vec<String>,

    /// Entries of this Cloud Run job
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    job: Vec<String>,

    /// Only this region
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    location: Vec<String>,

    /// Only this revision
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    revision: Vec<String>,

    /// Only this log: stdout, stderr, requests, system, audit, or a log id
    #[arg(long, value_name = "LOG", value_delimiter = ',')]
    log: Vec<String>,

    /// Only entries that meet this expression too, in the Logging query language
    #[arg(long, value_name = "EXPR")]
    filter: Option<String>,

    /// Read this log view instead of the projects: projects/P/locations/L/buckets/B/views/V
    #[arg(long, value_name = "VIEW", value_delimiter = ',')]
    view: Vec<String>,

    /// Read this log bucket instead of the projects: projects/P/locations/L/buckets/B
    #[arg(long, value_name = "BUCKET", value_delimiter = ',')]
    bucket: Vec<String>,

    /// How many passing tests to pull for comparison
    #[arg(long, value_name = "N", default_value_t = CONTROLS)]
    pub controls: usize,

    /// How long after it happened an entry may still arrive
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub settle: SignedDuration,

    /// Give up on a request after waiting this long for an answer or for quota
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = duration)]
    retry_for: SignedDuration,

    /// Where Cloud Logging is; plain http:// only on this machine, and then without credentials [default: https://logging.googleapis.com]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// Print the windows, the filters and the least number of requests, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl CloudArgs {
    /// Whether entries are to be pulled at all: a variable alone does not ask for that.
    pub fn is_asked(&self) -> bool {
        let lists =
            [&self.project, &self.service, &self.job, &self.location, &self.revision, &self.log, &self.view, &self.bucket];
        lists.iter().any(|list| !list.is_empty()) || self.filter.is_some() || self.endpoint.is_some() || self.dry_run
    }

    /// What was asked for, but for projects that were not named.
    pub fn scope(&self) -> Scope {
        Scope {
            projects: self.project.clone(),
            services: self.service.clone(),
            jobs: self.job.clone(),
            locations: self.location.clone(),
            revisions: self.revision.clone(),
            logs: self.log.clone(),
            filter: self.filter.clone(),
            views: self.view.iter().chain(&self.bucket).cloned().collect(),
        }
    }

    /// Where to ask.
    ///
    /// # Errors
    ///
    /// Where the URL is none, or would send plain text over a network.
    pub fn endpoint(&self) -> Result<Endpoint, Fatal> {
        Endpoint::parse(self.endpoint.as_deref().unwrap_or(ENDPOINT))
            .map_err(|fault: Fault| Fatal { message: fault.to_string(), status: ExitStatus::Usage })
    }

    /// How long to wait.
    pub fn patience(&self) -> Patience {
        Patience { budget: Duration::try_from(self.retry_for).unwrap_or_default(), ..Patience::default() }
    }

    /// The selection as arguments, with the projects that were found.
    pub fn words(&self, scope: &Scope) -> Vec<String> {
        let lists = [
            ("--project", &scope.projects),
            ("--service", &self.service),
            ("--job", &self.job),
            ("--location", &self.location),
            ("--revision", &self.revision),
            ("--log", &self.log),
            ("--view", &self.view),
            ("--bucket", &self.bucket),
        ];
        let mut words = Vec::new();
        for (flag, values) in lists {
            words.extend(values.iter().flat_map(|value| [flag.to_owned(), value.clone()]));
        }
        words.extend(self.filter.iter().flat_map(|filter| ["--filter".to_owned(), filter.clone()]));
        if self.controls != CONTROLS {
            words.extend(["--controls".to_owned(), self.controls.to_string()]);
        }
        words
    }
}
