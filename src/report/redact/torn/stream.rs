//! Secrets that are torn over several texts of one process: entries that came one behind the other.

use std::ops::Range;

use super::super::{Hit, Settings, found};
use super::{Ends, LINE_BYTES, chains, in_chain};

/// For each of the texts, which came one behind the other, what the end of one and the beginning of the next show to be
/// secret together. Linear; the middle of long texts is not looked at.
pub(in super::super) fn across(texts: &[&str], settings: &Settings) -> Vec<Vec<Hit>> {
    let mut found = vec![Vec::new(); texts.len()];
    between(texts, settings, &mut found);
    // The fields of a structured payload stand below its message.
    let messages: Vec<&str> = texts.iter().map(|text| without_fields(text)).collect();
    if messages != texts {
        between(&messages, settings, &mut found);
    }
    found
}

fn between(texts: &[&str], settings: &Settings, found: &mut [Vec<Hit>]) {
    let row = Row::of(texts);
    let mut torn = Vec::new();
    for lines in chains(&row.text) {
        let (first, last) = (row.text_of(lines[0].start), row.text_of(lines[lines.len() - 1].start));
        // What lies in one text is found there.
        if first < last {
            let known = row.known(first..last, settings);
            in_chain(&row.text, &lines, &Ends::of(&known), settings, &mut torn);
        }
    }
    for pieces in torn {
        let places: Vec<usize> = pieces.iter().map(|piece| row.text_of(piece.range.start)).collect();
        for (mut piece, place) in pieces.into_iter().zip(&places) {
            let Some(&(start, offset, text)) = row.parts.get(*place) else { continue };
            piece.range = piece.range.start - start + offset..piece.range.end - start + offset;
            piece.from = piece.range.start;
            found[text].push(piece);
        }
    }
}

/// The ends and beginnings of texts, one below the other.
struct Row {
    text: String,
    /// Where each part begins: in the row, and in its text; and which text that is.
    parts: Vec<(usize, usize, usize)>,
}

impl Row {
    fn of(texts: &[&str]) -> Row {
        let mut row = Row { text: String::new(), parts: Vec::new() };
        for (place, whole) in texts.iter().enumerate() {
            let text = whole.trim_end_matches(['\n', '\r']);
            if text.len() <= 2 * LINE_BYTES {
                row.push(place, 0, text);
                continue;
            }
            let head = text.floor_char_boundary(LINE_BYTES);
            let tail = text.ceil_char_boundary(text.len() - LINE_BYTES);
            row.push(place, 0, &text[..head]);
            // Nothing goes on over a blank line.
            row.text.push('\n');
            row.push(place, tail, &text[tail..]);
        }
        row
    }

    fn push(&mut self, place: usize, offset: usize, part: &str) {
        self.parts.push((self.text.len(), offset, place));
        self.text.push_str(part);
        self.text.push('\n');
    }

    /// The secrets that these parts show each by itself.
    fn known(&self, parts: Range<usize>, settings: &Settings) -> Vec<Hit> {
        let mut known = Vec::new();
        for part in parts {
            let start = self.parts[part].0;
            let end = self.parts.get(part + 1).map_or(self.text.len(), |next| next.0);
            for hit in found(self.text[start..end].trim_end_matches('\n'), Vec::new(), settings) {
                known.push(Hit { range: hit.range.start + start..hit.range.end + start, ..hit });
            }
        }
        known
    }

    /// The part in which a place of the row lies.
    fn text_of(&self, at: usize) -> usize {
        self.parts.partition_point(|(start, ..)| *start <= at).saturating_sub(1)
    }
}

/// A text without the lines `field: value` at its end.
fn without_fields(text: &str) -> &str {
    let mut rest = text.trim_end_matches(['\n', '\r']);
    while let Some((before, line)) = rest.rsplit_once('\n') {
        let name = line.split(": ").next().unwrap_or_default();
        let is_field = name.len() < line.len()
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-@/".contains(&byte));
        if !is_field {
            break;
        }
        rest = before;
    }
    rest
}
