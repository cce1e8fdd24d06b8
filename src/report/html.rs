//! The report as one self-contained page: no script, no network, light and dark.

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use super::{RenderError, Report, inert, story, text};

/// Renders the report as an HTML page.
///
/// # Errors
///
/// [`RenderError::Template`] where the template fails, which is a fault of the program.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let report = inert::visible_report(report)?;
    let story = Value::from(Serde(story::tell(&report)));
    let page = environment()?.get_template("report.html")?.render(context! { story })?;
    Ok(inert::disarmed(&page, "&#58;&#58;", "##&#91;"))
}

fn environment() -> Result<&'static Environment<'static>, RenderError> {
    static SHARED: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(environment) = SHARED.get() {
        return Ok(environment);
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Every value is escaped; `prose` alone marks up, and escapes what it marks up.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("prose", |text: &str| Value::from_safe_string(inert::html_prose(text)));
    environment.add_filter("line", |text: &str| story::key_line(text).to_owned());
    environment.add_filter("at", |text: &str| story::at(text));
    environment.add_function("seen_in", text::seen_in);
    environment.add_template("report.html", include_str!("templates/report.html.j2"))?;
    Ok(SHARED.get_or_init(|| environment))
}
