//! `fivewhys report`: a report.json rendered again.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use fivewhys::report::{self, Report};

use crate::config::ConfigArgs;
use crate::exit_status::{ExitStatus, Fatal};
use crate::output::{self, OutputArgs};

/// How `fivewhys report` ends.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  rendered
  2  wrong usage, or --max-bytes is less than what always stays needs
  3  the report or the template is missing, unreadable or wrong";

/// What `fivewhys report` takes.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// A report.json, or a folder that holds one
    #[arg(value_name = "REPORT", value_hint = ValueHint::AnyPath)]
    report: PathBuf,

    #[command(flatten)]
    output: OutputArgs,

    /// Print with this minijinja template instead of a format; see docs/templates.md
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "format")]
    template: Option<PathBuf>,

    /// Keep text, markdown, gitlab and plain within so many bytes: details are left out in a fixed order, and named
    #[arg(long, value_name = "N", conflicts_with = "template")]
    max_bytes: Option<usize>,

    #[command(flatten)]
    config: ConfigArgs,
}

/// Renders a report that was written before.
///
/// # Errors
///
/// Where the report or the template is missing or wrong, or the output cannot be written.
pub fn run(args: &ReportArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let report = report::redacted_again(read(&args.report)?, &args.config.read()?.redact.settings);
    match &args.template {
        Some(path) => {
            let page = with_template(&report, path)?;
            output::write_files(&report, &args.output, None)?;
            output::print(&page, out)?;
        }
        None => output::deliver_within(&report, &args.output, args.max_bytes, out)?,
    }
    Ok(ExitStatus::Explained)
}

/// Reads a `report.json`, or that of a folder.
///
/// # Errors
///
/// A [`Fatal`] that names the file and what was expected.
pub fn read(path: &Path) -> anyhow::Result<Report> {
    let file = if path.is_dir() { path.join("report.json") } else { path.to_owned() };
    let unreadable = |what: String| Fatal { message: format!("{}: {what}", file.display()), status: ExitStatus::Input };
    let text = fs::read(&file).map_err(|error| unreadable(format!("cannot be read ({error}); expected a report.json")))?;
    report::json::read(&text).map_err(|error| unreadable(error.to_string()).into())
}

fn with_template(report: &Report, path: &Path) -> anyhow::Result<String> {
    let wrong = |what: String| Fatal { message: format!("{}{what}", path.display()), status: ExitStatus::Input };
    let template = fs::read_to_string(path).map_err(|error| wrong(format!(": cannot be read ({error}); expected a template")))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    report::template::render(report, &name, &template).map_err(|error| wrong(error.to_string()).into())
}
