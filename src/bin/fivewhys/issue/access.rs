//! Where GitHub is and who may write there: options, configuration, environment, the `gh` command.

use std::process::{Command, Stdio};
use std::time::Duration;

use fivewhys::issues::Run;
use fivewhys::issues::github::{Access, Patience, Token};
use fivewhys::report::Report;
use jiff::{SignedDuration, Timestamp};

use crate::config::IssuesSection;
use crate::exit_status::{ExitStatus, Fatal};
use crate::when::duration;

/// Where GitHub's own API is.
const GITHUB: &str = "https://api.github.com";

/// Variables that may hold a token, the first one first.
const TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];

/// Variables of the `gh` command that may hold a token for a host other than github.com.
const ENTERPRISE_TOKENS: [&str; 2] = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/// How GitHub is reached.
#[derive(Debug, clap::Args)]
pub struct AccessArgs {
    /// The repository [default: `repo` in the configuration, else GITHUB_REPOSITORY]
    #[arg(long, value_name = "OWNER/NAME")]
    repo: Option<String>,

    /// GitHub's REST API; of GitHub Enterprise https://HOST/api/v3 [default: `api-url` in the configuration, else GITHUB_API_URL, else github.com's]
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,

    /// Names the run in tables and comments [default: GITHUB_RUN_ID, else derived from the report]
    #[arg(long, value_name = "ID")]
    run: Option<String>,

    /// Where the run can be looked at [default: the workflow run, in GitHub Actions]
    #[arg(long, value_name = "URL")]
    run_url: Option<String>,

    /// How long to wait for the end of rate limits, in all
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    retry_for: SignedDuration,

    /// For tests against a server on this machine: time between writes, and before the first retry
    #[arg(long, value_name = "DURATION", hide = true, value_parser = duration)]
    pace: Option<SignedDuration>,
}

impl AccessArgs {
    /// `owner/name`.
    ///
    /// # Errors
    ///
    /// Where nobody says it.
    pub fn repo(&self, section: &IssuesSection) -> Result<String, Fatal> {
        let configured = || section.repo.as_ref().map(|repo| repo.value.clone());
        let named = self.repo.clone().or_else(configured).or_else(|| variable("GITHUB_REPOSITORY"));
        named.map(|repo| repo.trim().to_owned()).ok_or_else(|| Fatal {
            message: "which repository? name it with --repo OWNER/NAME, or `repo` in [issues] of fivewhys.toml".to_owned(),
            status: ExitStatus::Usage,
        })
    }

    /// How to reach it.
    pub fn access(&self, section: &IssuesSection, token: Option<Token>) -> Access {
        let api = self.api(section);
        let mut patience = Patience { limits: Duration::try_from(self.retry_for).unwrap_or_default(), ..Patience::default() };
        let mut spacing = Duration::from_secs(1);
        // Faster than GitHub allows only where it is not GitHub.
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|local| api.starts_with(local));
        if let Some(pace) = self.pace.filter(|_| local) {
            spacing = Duration::try_from(pace).unwrap_or_default();
            patience.first = spacing;
        }
        Access { api, token, now: Timestamp::now(), spacing, patience }
    }

    fn api(&self, section: &IssuesSection) -> String {
        let configured = || section.api_url.as_ref().map(|url| url.value.clone());
        self.api_url.clone().or_else(configured).or_else(|| variable("GITHUB_API_URL")).unwrap_or_else(|| GITHUB.to_owned())
    }

    /// The token: of the environment, else of the `gh` command. It is asked for here and nowhere else.
    ///
    /// A file that came with a checkout must not send a token somewhere: what is meant for github.com, or for the server of
    /// the workflow, goes to another host only where the user names that host.
    pub fn token(&self, section: &IssuesSection) -> Option<Token> {
        let api = self.api(section);
        let meant = self.api_url.is_some() || api == GITHUB || variable("GITHUB_API_URL").is_some_and(|own| own == api);
        let own: &[&str] = if api == GITHUB { &[] } else { &ENTERPRISE_TOKENS };
        let named = own.iter().chain(TOKENS.iter().filter(|_| meant)).find_map(|name| Token::new(&variable(name)?));
        named.or_else(|| Token::new(&of_gh(&api)?))
    }

    /// The run that the report is of.
    pub fn run(&self, report: &Report) -> Run {
        let named = self.run.clone().or_else(|| variable("GITHUB_RUN_ID"));
        let own = || {
            let (server, repo) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
            Some(format!("{server}/{repo}/actions/runs/{}", variable("GITHUB_RUN_ID")?))
        };
        Run::of(report, named.as_deref(), self.run_url.clone().or_else(own), Timestamp::now())
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// What `gh auth token` prints; nothing where there is no such command, or nobody is logged in.
fn of_gh(api: &str) -> Option<String> {
    let host = api.split("://").nth(1)?.split('/').next()?;
    let host = if host == "api.github.com" { "github.com" } else { host };
    let asked =
        Command::new("gh").args(["auth", "token", "--hostname", host]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let answer = asked.ok().filter(|answer| answer.status.success())?;
    String::from_utf8(answer.stdout).ok()
}
