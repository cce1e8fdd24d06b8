//! What a plain entry says of itself, found without parsing it.

use std::ops::Range;

use jiff::SignedDuration;

use super::entry::{Severity, seconds};
use super::outline::Outline;

/// Where the fields stand in an entry that evidence is made of; empty where there is none.
#[derive(Debug, Clone)]
pub(super) struct Brief {
    pub(super) insert_id: Range<u32>,
    pub(super) log_name: Range<u32>,
    pub(super) service: Range<u32>,
    pub(super) revision: Range<u32>,
    pub(super) instance: Range<u32>,
    pub(super) project: Range<u32>,
    /// `None` where a JSON payload may hold it.
    pub(super) trace: Option<Range<u32>>,
    pub(super) severity: Severity,
    pub(super) latency: Option<SignedDuration>,
}

impl Brief {
    /// That of an entry with this outline; `None` where a field is escaped, or too unusual to be told so.
    pub(super) fn of(raw: &[u8], found: &Outline<'_>) -> Option<Brief> {
        let place = |field: &[u8]| {
            if field.is_empty() {
                // It may stand nowhere.
                return Some(0..0);
            }
            let start = u32::try_from(field.as_ptr() as usize - raw.as_ptr() as usize).ok()?;
            memchr::memchr(b'\\', field).is_none().then(|| start..start + field.len() as u32)
        };
        let [.., took, _] = found.payloads.request_fields;
        let has_trace = !found.trace.is_empty() || found.payloads.json.is_empty();
        Some(Brief {
            insert_id: place(found.insert_id)?,
            log_name: place(found.log_name)?,
            service: place(found.service)?,
            revision: place(found.revision)?,
            instance: place(found.instance)?,
            project: place(found.project)?,
            trace: if has_trace { Some(place(found.trace)?) } else { None },
            severity: severity(found.severity)?,
            latency: latency(took)?,
        })
    }
}

fn severity(written: &[u8]) -> Option<Severity> {
    match written {
        [] | b"null" => Some(Severity::Default),
        [b'"', name @ .., b'"'] if !name.contains(&b'\\') => Some(Severity::from_name(std::str::from_utf8(name).ok()?)),
        _ => None,
    }
}

pub(super) fn latency(written: &[u8]) -> Option<Option<SignedDuration>> {
    match written {
        [] => Some(None),
        [b'"', text @ .., b'"'] if !text.contains(&b'\\') => Some(seconds(std::str::from_utf8(text).ok()?)),
        _ => None,
    }
}
