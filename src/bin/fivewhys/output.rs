//! Where a report goes: standard output in one format, and a folder in all of them.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{ValueEnum, ValueHint};
use fivewhys::report::{self, Format, Look, RenderError, Report};

use crate::exit_status::{ExitStatus, Fatal};

/// How a report is shown.
#[derive(Debug, clap::Args)]
pub struct OutputArgs {
    /// Also write report.json, report.md and report.html into this folder
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,

    /// What to print
    #[arg(short, long, value_enum, default_value_t = PrintFormat::Text)]
    format: PrintFormat,

    #[command(flatten)]
    look: LookArgs,
}

/// How text looks on a terminal.
#[derive(Debug, clap::Args)]
pub struct LookArgs {
    /// Whether to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    color: Colour,

    /// Columns of the text format; the terminal's own where there is one, else 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
}

/// What is printed to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrintFormat {
    /// For people at a terminal
    Text,
    /// For a GitHub issue
    Markdown,
    /// One self-contained page
    Html,
    /// The machine view, schema fivewhys/report/v1
    Json,
    /// Nothing
    None,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The formats written into a folder.
const FILES: [(&str, Format); 3] =
    [("report.json", Format::Json), ("report.md", Format::Markdown), ("report.html", Format::Html)];

/// Writes the report into the folder, if one was named, and prints it; a reader that stops reading (`| head`)
/// is no failure.
///
/// # Errors
///
/// Where the folder or standard output cannot be written.
pub fn deliver(report: &Report, args: &OutputArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    deliver_within(report, args, None, out)
}

/// The same with text and Markdown of at most so many bytes.
///
/// # Errors
///
/// As [`deliver`]; and where the limit cannot be met, or the printed format has none.
pub fn deliver_within(report: &Report, args: &OutputArgs, max_bytes: Option<usize>, out: &mut dyn Write) -> anyhow::Result<()> {
    let format = match args.format {
        PrintFormat::Text => Some(Format::Text),
        PrintFormat::Markdown => Some(Format::Markdown),
        PrintFormat::Html => Some(Format::Html),
        PrintFormat::Json => Some(Format::Json),
        PrintFormat::None => None,
    };
    if max_bytes.is_some() && matches!(format, Some(Format::Html | Format::Json)) {
        let message = "--max-bytes applies to text and Markdown: the other formats leave nothing out".to_owned();
        return Err(Fatal { message, status: ExitStatus::Usage }.into());
    }
    let page = format.map(|format| rendered(report, format, args.look.look(), max_bytes)).transpose()?;
    write_files(report, args, max_bytes)?;
    page.map_or(Ok(()), |page| print(&page, out))
}

/// Writes the report in its formats into the folder, if one was named.
///
/// # Errors
///
/// Where the folder cannot be written, or the limit cannot be met.
pub fn write_files(report: &Report, args: &OutputArgs, max_bytes: Option<usize>) -> anyhow::Result<()> {
    let Some(folder) = &args.out else { return Ok(()) };
    fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    for (name, format) in FILES {
        let limit = max_bytes.filter(|_| matches!(format, Format::Markdown));
        write_whole(&folder.join(name), &rendered(report, format, Look::default(), limit)?)?;
    }
    Ok(())
}

fn rendered(report: &Report, format: Format, look: Look, max_bytes: Option<usize>) -> anyhow::Result<String> {
    let Some(max_bytes) = max_bytes else { return Ok(report::render(report, format, look)?) };
    report::render_within(report, format, look, max_bytes).map_err(|error| match error {
        RenderError::TooLong { .. } => Fatal { message: format!("--max-bytes: {error}"), status: ExitStatus::Usage }.into(),
        error => error.into(),
    })
}

/// Prints a text; a reader that stops reading (`| head`) is no failure.
///
/// # Errors
///
/// Where standard output cannot be written.
pub fn print(text: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Words as one line that a shell takes.
pub fn command(words: impl IntoIterator<Item = String>) -> String {
    words.into_iter().map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

impl LookArgs {
    /// What was asked for, or what the terminal can do.
    pub fn look(&self) -> Look {
        let colour = match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let terminal = || io::stdout().is_terminal().then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0);
        Look { width: usize::from(self.width.or_else(terminal).unwrap_or(100)), colour }
    }
}

/// Writes a file whole or not at all: a reader never sees half a report.
pub fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(|| format!("cannot write in {}", folder.display()))?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).with_context(|| format!("cannot write {}", path.display()))?;
    share(file.as_file());
    file.persist(path).map(drop).with_context(|| format!("cannot write {}", path.display()))
}

/// Temporary files are private; a report is an ordinary file.
fn share(file: &fs::File) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A report that stays private is still a report.
        let _ = file.set_permissions(fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = file;
}
