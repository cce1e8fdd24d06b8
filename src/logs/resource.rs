//! The names in the `resource` of an entry. Entries of one revision write theirs alike, so the last few are known by their text.

use std::ops::Range;

use super::cursor::{Cursor, Marked, Quotes};

/// The resources met last.
#[derive(Debug, Default)]
pub(super) struct Resources(Vec<Known>);

/// How many of them are kept.
const KEPT: usize = 8;

/// A resource that was met.
#[derive(Debug)]
struct Known {
    text: Vec<u8>,
    /// How many quotes are in it.
    quotes: usize,
    written: Written,
}

/// Where the names stand in a resource, from its first byte on.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    pub(super) service: Range<usize>,
    pub(super) revision: Range<usize>,
    pub(super) project: Range<usize>,
}

impl Resources {
    /// Where the names stand in the resource at the cursor, which is passed over; `None` where none stands there.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_, Marked<'_>>) -> Option<Written> {
        let (start, quotes) = (cursor.at, cursor.quotes_passed());
        let here = &cursor.bytes[start..];
        // An object that has ended ends there in any text that begins with it.
        if let Some(place) = self.0.iter().position(|known| here.starts_with(&known.text)) {
            cursor.pass(self.0[place].text.len(), self.0[place].quotes);
            self.0.swap(0, place);
            return Some(self.0[0].written.clone());
        }
        let written = resource(cursor)?;
        self.0.truncate(KEPT - 1);
        let quotes = cursor.quotes_passed() - quotes;
        self.0.push(Known { text: cursor.bytes[start..cursor.at].to_vec(), quotes, written: written.clone() });
        Some(written)
    }
}

/// Walks through a resource.
fn resource(cursor: &mut Cursor<'_, impl Quotes>) -> Option<Written> {
    let start = cursor.at;
    let mut written = Written::default();
    let mut names = [const { 0..0 }; 3];
    cursor.members(|key, cursor| {
        if key != b"labels" || cursor.peek() != Some(b'{') {
            return cursor.value();
        }
        cursor.members(|key, cursor| {
            let name = match key {
                b"service_name" => &mut names[0],
                b"job_name" => &mut names[1],
                b"workerpool_name" => &mut names[2],
                b"revision_name" => &mut written.revision,
                b"project_id" => &mut written.project,
                _ => return cursor.value(),
            };
            let length = cursor.text()?.len();
            // A string ends with a quote; of anything else nothing is named.
            *name = (cursor.at - start).saturating_sub(length + 1)..(cursor.at - start).saturating_sub(1);
            if length == 0 {
                *name = 0..0;
            }
            Some(())
        })
    })?;
    Some(Written { service: names.into_iter().find(|name| !name.is_empty()).unwrap_or_default(), ..written })
}
