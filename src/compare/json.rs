//! The comparison as it is, schema in `docs/comparison.schema.json`.

use super::Comparison;
use crate::report::inert;

/// Writes the comparison as indented JSON that ends with a line break, harmless to print.
///
/// # Errors
///
/// Where serde refuses a value; no comparison made by [`super::compare`] holds one.
pub fn render(comparison: &Comparison) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(comparison)?;
    text.push('\n');
    Ok(inert::json(&text))
}

/// The JSON Schema (2020-12) of [`Comparison`], indented, with a line break at its end.
///
/// # Errors
///
/// Where serde refuses the schema.
pub fn schema() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Comparison))?;
    text.push('\n');
    Ok(text)
}
