//! A report rendered with a template of the user's own: no file but the template is opened, and it comes to an end.
//!
//! The template sees the report and the story that the built-in templates tell (`docs/templates.md`).

use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, context, escape_formatter};

use super::schema::Footing;
use super::{Report, inert, markdown, story};

/// Steps a template may take: some hundred times what the built-in ones take for two thousand failed tests.
const FUEL: u64 = 50_000_000;

/// Longest output.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Longest text that one expression may print.
const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// Calls and blocks within each other.
const MAX_DEPTH: usize = 64;

/// What stands before an answer that nothing shows, in every template: none may hide that it is inferred.
const INFERRED: &str = "(inferred) ";

/// How values are escaped where the template's name ends in `.md`.
const MARKDOWN: &str = "markdown";

/// A template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is wrong, or does more than it may.
    #[error("{place}: {what}")]
    Template {
        /// `:LINE`, where the line is known.
        place: String,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// The report cannot be shown.
    #[error(": cannot read the report's fields: {0}")]
    Json(#[from] serde_json::Error),
}

/// Renders the report with a template. Its name says how values are escaped: `.md` as Markdown, `.html` and
/// `.xml` as HTML (`.j2` or `.jinja` behind that is ignored), other names not at all.
///
/// # Errors
///
/// [`TemplateError`] with the line, where the template is wrong, uses a name that does not exist, or exceeds a limit.
pub fn render(report: &Report, name: &str, source: &str) -> Result<String, TemplateError> {
    let report = marked(inert::made_visible(report)?)?;
    let story = story::tell(&report);
    let page =
        filled(name, source, context! { report => Serde(&report), story => Serde(&story) }).map_err(|error| wrong(&error))?;
    Ok(match escaping(name) {
        AutoEscape::Html => inert::disarmed(&page, "&#58;&#58;", "##&#91;"),
        _ => inert::disarmed(&page, "∷", "##⟦"),
    })
}

fn filled(name: &str, source: &str, view: Value) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(escaping);
    environment.set_formatter(print);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(MAX_DEPTH);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    markdown::add_filters(&mut environment);
    let mut page = Bounded(Vec::new());
    environment.template_from_named_str(name, source)?.render_captured_to(view, &mut page)?;
    String::from_utf8(page.0).map_err(|_| Error::new(ErrorKind::WriteFailure, "the output is not UTF-8"))
}

fn escaping(name: &str) -> AutoEscape {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".j2").or_else(|| name.strip_suffix(".jinja")).unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("md" | "markdown") => AutoEscape::Custom(MARKDOWN.into()),
        Some("html" | "htm" | "xml" | "xhtml" | "svg") => AutoEscape::Html,
        _ => AutoEscape::None,
    }
}

/// Prints a value: in Markdown as prose, unless a filter or a macro has made it inert.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let too_long = || Error::new(ErrorKind::InvalidOperation, format!("an expression printed more than {MAX_VALUE_BYTES} bytes"));
    if value.as_str().is_some_and(|text| text.len() > MAX_VALUE_BYTES) {
        return Err(too_long());
    }
    if !matches!(state.auto_escape(), AutoEscape::Custom(_)) {
        return escape_formatter(out, state, value);
    }
    let text = value.to_string();
    if text.len() > MAX_VALUE_BYTES {
        return Err(too_long());
    }
    out.write_str(&if value.is_safe() { text } else { inert::prose(&text) }).map_err(Error::from)
}

/// A page that refuses to grow beyond its limit.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(io::Error::other(format!("the output is longer than {MAX_BYTES} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The report with a mark before every answer that is inferred.
fn marked(report: Report) -> Result<Report, serde_json::Error> {
    let inferred = |why: &&super::schema::Why| why.footing == Footing::Inferred;
    let any =
        report.tests.iter().flat_map(|test| &test.hypotheses).flat_map(|hypothesis| &hypothesis.whys).any(|why| inferred(&why));
    if !any {
        return Ok(report);
    }
    let mut value = serde_json::to_value(&report)?;
    for test in each(&mut value, "tests") {
        for hypothesis in each(test, "hypotheses") {
            for why in each(hypothesis, "whys") {
                mark(why);
            }
        }
    }
    serde_json::from_value(value)
}

fn each<'a>(value: &'a mut serde_json::Value, field: &str) -> impl Iterator<Item = &'a mut serde_json::Value> {
    value.get_mut(field).and_then(serde_json::Value::as_array_mut).into_iter().flatten()
}

fn mark(why: &mut serde_json::Value) {
    let inferred = why.get("footing").and_then(serde_json::Value::as_str) == Some(Footing::Inferred.word());
    if let Some(serde_json::Value::String(answer)) = why.get_mut("answer").filter(|_| inferred) {
        answer.insert_str(0, INFERRED);
    }
}

fn wrong(error: &Error) -> TemplateError {
    let what = match error.kind() {
        ErrorKind::UndefinedError => "a name or field that does not exist; docs/templates.md lists those that do".to_owned(),
        ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps"),
        ErrorKind::TemplateNotFound => "it asks for another template; a template is one file and opens no other".to_owned(),
        kind => error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
    };
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(" ({cause})"));
    TemplateError::Template {
        place: error.line().map_or_else(String::new, |line| format!(":{line}")),
        what: format!("{what}{cause}"),
    }
}
