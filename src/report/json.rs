//! The report as it is: `report.json`, schema in `docs/report.schema.json`.

use super::{RenderError, Report, inert};

/// Writes the report as indented JSON that ends with a line break.
///
/// Characters that a terminal would act on are written as `\\u` escapes: the same values, harmless to print.
///
/// # Errors
///
/// [`RenderError::Json`] where serde refuses a value; no report made by [`super::build`] holds one.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(inert::json(&text))
}

/// The JSON Schema (2020-12) of [`Report`], indented, with a line break at its end.
///
/// # Errors
///
/// [`RenderError::Json`] where serde refuses the schema.
pub fn schema() -> Result<String, RenderError> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Report))?;
    text.push('\n');
    Ok(text)
}
