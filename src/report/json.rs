//! The report as it is: `report.json`, schema in `docs/report.schema.json`.

use serde::Deserialize;

use super::schema::SCHEMA;
use super::{RenderError, Report, inert};

/// A file is not a report that this program reads.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not JSON at all, or cut off.
    #[error("damaged or not JSON ({0}); expected a report.json of schema {SCHEMA}, as `fivewhys diagnose -o DIR` writes it")]
    Json(serde_json::Error),
    /// JSON, but of something else.
    #[error("not a report: {found}; expected \"schema\": \"{SCHEMA}\", as `fivewhys diagnose -o DIR` writes it")]
    Other {
        /// What its field `schema` holds.
        found: String,
    },
    /// A report of a schema that came later.
    #[error(
        "of schema {found}, newer than this program reads; expected {SCHEMA}: update fivewhys, or make the report again with this version"
    )]
    Newer {
        /// Its schema.
        found: String,
    },
    /// A report by its schema, but a field is missing or wrong.
    #[error("a damaged report of schema {SCHEMA}: {0}")]
    Field(serde_json::Error),
}

/// All that is looked at before the rest is believed.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    schema: Option<serde_json::Value>,
}

/// Reads a report back from the text of a `report.json`. Fields that came later than schema 1 may be missing; unknown ones are ignored.
///
/// # Errors
///
/// [`ReadError`], which says what was expected, and line and column where they are known.
pub fn read(text: &[u8]) -> Result<Report, ReadError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        // serde would take a list for a head without names.
        serde_json::from_slice::<serde::de::IgnoredAny>(text).map_err(ReadError::Json)?;
        return Err(ReadError::Other { found: "its JSON is no object".to_owned() });
    }
    let head: Head = serde_json::from_slice(text).map_err(ReadError::Json)?;
    match head.schema.as_ref().map(|schema| schema.as_str()) {
        Some(Some(SCHEMA)) => serde_json::from_slice(text).map_err(ReadError::Field),
        Some(Some(other)) if is_newer(other) => Err(ReadError::Newer { found: inert::visible(other) }),
        Some(Some(other)) => Err(ReadError::Other { found: format!("its schema is {:?}", inert::visible(other)) }),
        Some(None) => Err(ReadError::Other { found: "its schema is no text".to_owned() }),
        None => Err(ReadError::Other { found: "it has no schema".to_owned() }),
    }
}

fn is_newer(schema: &str) -> bool {
    let version = |schema: &str| schema.strip_prefix("fivewhys/report/v").and_then(|number| number.parse::<u32>().ok());
    version(schema) > version(SCHEMA)
}

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
