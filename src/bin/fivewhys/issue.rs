//! `fivewhys issue`: one well-kept issue per root cause. Without `--apply` it only says what it would do.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use fivewhys::issues::github::{Fault, GitHub, Token};
use fivewhys::issues::{self, Plan, Question, Run, Settings, Tracker, text};
use fivewhys::report::{Report, redacted_again};

use crate::config::{Config, ConfigArgs};
use crate::exit_status::{ExitStatus, Fatal};
use crate::{output, pull, report};

mod access;

use access::AccessArgs;

/// How `fivewhys issue` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  planned; with --apply, carried out
  2  wrong usage, or --apply without a token
  3  the report is missing or unreadable
  4  GitHub could not be looked at as a whole, or an action failed: what was not done is said, and the same command does it later";

/// What `fivewhys issue` takes.
#[derive(Debug, clap::Args)]
pub struct IssueArgs {
    /// A report.json, or a folder that holds one
    #[arg(value_name = "REPORT", value_hint = ValueHint::AnyPath, required_unless_present = "plan_json")]
    report: Option<PathBuf>,

    #[command(flatten)]
    access: AccessArgs,

    /// Carry the plan out; without it nothing is written
    #[arg(long)]
    apply: bool,

    /// Attach the whole report to this issue or pull request, as one comment a run, instead of keeping issues
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    comment: Option<u64>,

    /// Write the plan as JSON (docs/plan.schema.json), and after --apply what became of it; to standard output without a FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 0..=1, default_missing_value = "-")]
    plan_json: Option<PathBuf>,

    /// Ask nobody: plan as for a repository without issues
    #[arg(long, conflicts_with_all = ["apply", "comment"])]
    offline: bool,

    #[command(flatten)]
    config: ConfigArgs,
}

/// All that a plan is made of.
struct Case {
    report: Report,
    run: Run,
    settings: Settings,
    repo: String,
}

/// Plans, prints the plan, and carries it out if that is asked for.
///
/// # Errors
///
/// Where the report is missing, the usage is wrong, or the output cannot be written.
pub fn run(args: &IssueArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let (path, json) = args.files();
    let Config { issues: section, redact, .. } = args.config.read()?;
    let repo = args.access.repo(&section)?;
    let token = if args.offline { None } else { args.access.token(&section) };
    if args.apply && token.is_none() {
        let message =
            "--apply needs a token: set GITHUB_TOKEN or GH_TOKEN, or log in with `gh auth login`; it needs `issues: write`";
        return Err(Fatal { message: message.to_owned(), status: ExitStatus::Usage }.into());
    }
    let report = without_token(redacted_again(report::read(&path)?, &redact.settings), token.as_ref())?;
    let github = GitHub::new(args.access.access(&section, token), &repo).map_err(|fault| usage(&fault))?;
    let case = Case { run: args.access.run(&report), report, settings: section.settings, repo };
    let (mut tracker, mut plan) = planned(args, &case, &github)?;
    if args.apply {
        let printed = json.as_deref() != Some(Path::new("-"));
        carry_out(&case, &github, &mut tracker, &mut plan, printed, out)?;
    } else if json.as_deref() != Some(Path::new("-")) {
        output::print(&text::render(&plan), out)?;
    }
    match json.as_deref() {
        Some(path) if path == Path::new("-") => output::print(&plan.json()?, out)?,
        Some(path) => output::write_whole(path, &plan.json()?)?,
        None => {}
    }
    let failed = plan.outcomes.iter().any(|outcome| outcome.done == "failed");
    Ok(if failed || !plan.complete { ExitStatus::Remote } else { ExitStatus::Explained })
}

impl IssueArgs {
    /// The report and where the plan goes. `--plan-json` takes a file, or the report that follows it.
    fn files(&self) -> (PathBuf, Option<PathBuf>) {
        match (&self.report, &self.plan_json) {
            (Some(report), json) => (report.clone(), json.clone()),
            (None, json) => (json.clone().unwrap_or_default(), Some(PathBuf::from("-"))),
        }
    }
}

impl Case {
    fn question(&self) -> Question<'_> {
        Question { report: &self.report, run: &self.run, settings: &self.settings, repo: &self.repo }
    }
}

fn planned(args: &IssueArgs, case: &Case, github: &GitHub) -> anyhow::Result<(Tracker, Plan)> {
    let question = case.question();
    if args.offline {
        let note = "nobody was asked (--offline): planned as for a repository without issues".to_owned();
        let tracker = Tracker { notes: vec![note], ..Tracker::default() };
        let plan = issues::plan(&question, &tracker)?;
        return Ok((tracker, plan));
    }
    let runtime = pull::runtime()?;
    Ok(match args.comment {
        Some(number) => {
            let tracker = runtime.block_on(github.look_at(number));
            let plan = issues::attach(&question, &tracker, number)?;
            (tracker, plan)
        }
        None => {
            let tracker = runtime.block_on(github.look(&question));
            let plan = issues::plan(&question, &tracker)?;
            (tracker, plan)
        }
    })
}

fn carry_out(
    case: &Case,
    github: &GitHub,
    tracker: &mut Tracker,
    plan: &mut Plan,
    printed: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut written = Ok(());
    if printed {
        output::print(&text::head(plan), out)?;
    }
    let said = |outcome: &issues::plan::Outcome| {
        if printed && written.is_ok() {
            written = output::print(&text::outcome(outcome), out);
        }
    };
    pull::runtime()?.block_on(github.carry_out(&case.question(), tracker, plan, said));
    written
}

/// A report that somebody's log put the very token into that is used here does not carry it on.
fn without_token(report: Report, token: Option<&Token>) -> anyhow::Result<Report> {
    let Some(token) = token else { return Ok(report) };
    let text = serde_json::to_string(&report)?;
    let scrubbed = token.scrub(&text);
    if scrubbed == text { Ok(report) } else { Ok(serde_json::from_str(&scrubbed)?) }
}

fn usage(fault: &Fault) -> Fatal {
    Fatal { message: fault.to_string(), status: ExitStatus::Usage }
}
