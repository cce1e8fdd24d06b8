//! Where a report goes: standard output in one format, and a folder in all of them.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
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
    #[arg(short, long, value_parser = printed_formats(), default_value = Format::Text.name())]
    format: Printed,

    /// Also write the report in this format into this file, once for each that is wanted: `--write sarif=report.sarif`
    #[arg(long, value_name = "FORMAT=FILE", value_parser = Written::parse)]
    write: Vec<Written>,

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

/// What is printed to standard output; `None` is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Printed(Option<Format>);

/// The name of the format that prints nothing.
const NOTHING: &str = "none";

/// The formats of the library by their names, and `none`.
fn printed_formats() -> impl TypedValueParser<Value = Printed> {
    let formats = Format::ALL.iter().map(|format| PossibleValue::new(format.name()).help(format.about()));
    let all: Vec<PossibleValue> = formats.chain([PossibleValue::new(NOTHING).help("Nothing")]).collect();
    PossibleValuesParser::new(all).map(|name| Printed(Format::named(&name)))
}

/// A file to be written, and in which format.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    format: Format,
    file: PathBuf,
}

impl Written {
    fn parse(text: &str) -> Result<Written, String> {
        let (name, file) = text.split_once('=').unwrap_or((text, ""));
        let Some(format) = Format::named(name) else {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            return Err(format!("there is no format `{name}`; write FORMAT=FILE with one of {}", names.join(", ")));
        };
        match file {
            "" => Err(format!("the file is missing; write `{name}={}`", format.file())),
            "-" => Err(format!("`-` is no file; `--format {name}` prints to standard output")),
            file => Ok(Written { format, file: PathBuf::from(file) }),
        }
    }
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
const FILES: [Format; 3] = [Format::Json, Format::Markdown, Format::Html];

/// Writes the report into the folder, if one was named, and prints it; a reader that stops reading (`| head`)
/// is no failure.
///
/// # Errors
///
/// Where the folder or standard output cannot be written.
pub fn deliver(report: &Report, args: &OutputArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    deliver_within(report, args, None, out)
}

/// The same with at most so many bytes in the formats that shorten.
///
/// # Errors
///
/// As [`deliver`]; and where the limit cannot be met, or the printed format has none.
pub fn deliver_within(report: &Report, args: &OutputArgs, max_bytes: Option<usize>, out: &mut dyn Write) -> anyhow::Result<()> {
    let Printed(format) = args.format;
    if max_bytes.is_some() && format.is_some_and(|format| !format.shortens()) {
        let shorten: Vec<&str> = Format::ALL.iter().filter(|format| format.shortens()).map(|format| format.name()).collect();
        let message = format!("--max-bytes applies to {}: the other formats leave nothing out", shorten.join(", "));
        return Err(Fatal { message, status: ExitStatus::Usage }.into());
    }
    let page = format.map(|format| rendered(report, format, args.look.look(), max_bytes)).transpose()?;
    write_files(report, args, max_bytes)?;
    page.map_or(Ok(()), |page| print(&page, out))
}

/// Writes the report in its formats into the folder, if one was named, and into the files that were.
///
/// # Errors
///
/// Where a file cannot be written, or the limit cannot be met.
pub fn write_files(report: &Report, args: &OutputArgs, max_bytes: Option<usize>) -> anyhow::Result<()> {
    let mut files: Vec<Written> = args.write.clone();
    if let Some(folder) = &args.out {
        files.extend(FILES.map(|format| Written { format, file: folder.join(format.file()) }));
    }
    for Written { format, file } in files {
        let limit = max_bytes.filter(|_| format.shortens());
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
        }
        write_whole(&file, &rendered(report, format, Look::default(), limit)?)?;
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
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
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
