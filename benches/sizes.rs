//! Sizes as people write them.

/// `600MB`, `6GB`, `20kB` (powers of ten) or a bare number, in bytes.
///
/// # Errors
///
/// Where it is none of these.
pub fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        _ => return Err(format!("`{text}` is not a size such as 600MB or 6GB")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{text}` is not a size such as 600MB or 6GB"))?;
    number.checked_mul(unit).ok_or_else(|| format!("`{text}` is too much"))
}
