//! Links to Logs Explorer, which shows one entry among its neighbours.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};

use super::schema::Evidence;

/// Seconds shown before and after the entry.
const AROUND: SignedDuration = SignedDuration::from_secs(5);

/// The address at which `project` shows exactly this entry.
///
/// Every part is percent-encoded, so that no character of it has a meaning in any format.
/// `None` where redaction touched a part of it: such a link would lead nowhere.
pub(super) fn link(project: &str, at: Timestamp, evidence: &Evidence) -> Option<String> {
    let mut query = format!("timestamp=\"{at}\"");
    for (field, value) in [("insertId", evidence.insert_id.first()), ("logName", Some(&evidence.log))] {
        let Some(value) = value.map(|text| text.as_str()).filter(|text| !text.is_empty()) else { continue };
        if value.contains('‹') {
            return None;
        }
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        query.push_str(&format!("\n{field}=\"{quoted}\""));
    }
    let from = at.checked_sub(AROUND).unwrap_or(at);
    let to = at.checked_add(AROUND).unwrap_or(at);
    Some(format!(
        "https://console.cloud.google.com/logs/query;query={};timeRange={}%2F{};cursorTimestamp={}?project={}",
        encoded(&query),
        encoded(&from.to_string()),
        encoded(&to.to_string()),
        encoded(&at.to_string()),
        encoded(project),
    ))
}

/// All but unreserved characters (RFC 3986, 2.3) as `%XX` of their UTF-8 bytes.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_with_a_meaning_is_encoded() {
        assert_eq!(encoded("a\"b&c;d)e é\n"), "a%22b%26c%3Bd%29e%20%C3%A9%0A");
        assert_eq!(encoded("insert-Id_1.0~"), "insert-Id_1.0~");
    }
}
