//! The text of an entry, made without parsing it.

use jiff::Timestamp;
use memchr::memmem;
use serde::de::IgnoredAny;

use super::outline::{Outline, Outliner};
use super::{Glimpse, LogEntry};

/// An entry and its text, with nothing else read: of most entries no more is asked. `None` where it is not plain enough
/// for that. The memory of `outliner` is used again.
pub(super) fn unparsed(outliner: &mut Outliner, raw: &[u8], at: Timestamp) -> Option<(LogEntry, String)> {
    if memmem::find(raw, b"\"split\"").is_some() {
        // It may be a part of a larger one.
        return None;
    }
    let mut found = Outline::default();
    let quotes = outliner.outline(raw, &mut found)?;
    serde_json::from_slice::<IgnoredAny>(raw).ok()?;
    let mut room = String::new();
    let text = Glimpse::new(raw, quotes, found.payloads).text(&mut room)?.to_owned();
    Some((LogEntry::unparsed(at, std::str::from_utf8(raw).ok()?, &found), text))
}
