//! Secrets that a line break tears in two, as terminals and loggers wrap long lines.

use std::ops::Range;

use super::Hit;
use super::detectors::Detectors;

/// Longest piece of a key that is looked for behind the end of a text, in bytes.
const LONGEST_PIECE: usize = 400;

/// Shortest piece of a key that is taken out wherever it stands.
const SHORTEST_PIECE: usize = 6;

/// Adds what is only seen to be secret without the line breaks in it. Linear, but for the order of the hits.
pub(super) fn find(text: &str, hits: &mut Vec<Hit>) {
    let Some(joined) = Joined::of(text) else { return };
    let mut torn = Vec::new();
    Detectors::shared().find_by_form(&joined.text, &mut torn);
    let covered = Covered::by(hits);
    for hit in torn {
        let pieces = joined.pieces(&hit.range);
        let Some(first) = pieces.first() else { continue };
        // `http://api:8080`, and the line behind it has an `@`.
        let is_port = hit.kind == "password" && text[first.clone()].bytes().all(|byte| byte.is_ascii_digit());
        if is_port || covered.holds(first) {
            continue;
        }
        let second = pieces.get(1).unwrap_or(first);
        // A key that goes on and on may have swallowed the words behind it.
        let last = pieces.iter().skip(2).take_while(|piece| is_key(&text[(*piece).clone()])).last().unwrap_or(second);
        hits.push(Hit { range: first.start..last.end, ..hit });
    }
    for place in 0..hits.len() {
        let Hit { range, kind, yields, known } = hits[place].clone();
        if !yields
            && !matches!(kind, "email" | "ip")
            && let Some(end) = rest_of(text, range.end, kind)
        {
            hits.push(Hit { range: range.start..end, kind, yields, known });
        }
    }
}

/// The pieces of a secret that begins in one text and goes on in the next, which can be told from words; `ends_secret`: the first is known already.
pub(super) fn between<'t>(before: &'t str, text: &'t str, ends_secret: bool) -> Vec<(&'t str, &'static str)> {
    let (tail, head) = (tail_of(before), head_of(text, LONGEST_PIECE));
    if tail.is_empty() || head.is_empty() {
        return Vec::new();
    }
    let mut torn = Vec::new();
    let joined = format!("{tail}{head}");
    Detectors::shared().find_by_form(&joined, &mut torn);
    let of_both = torn.into_iter().find(|hit| (hit.range.start + 1..hit.range.end).contains(&tail.len()));
    let pieces = match of_both {
        Some(hit) if !ends_secret => {
            vec![(&tail[hit.range.start..], hit.kind), (&head[..hit.range.end - tail.len()], hit.kind)]
        }
        _ if ends_secret && is_key(head) => vec![(head, "secret")],
        _ => Vec::new(),
    };
    pieces.into_iter().filter(|(piece, _)| piece.len() >= SHORTEST_PIECE).collect()
}

/// The end of a text, as far as it may be a piece of a key.
fn tail_of(text: &str) -> &str {
    let text = text.trim_end_matches(['\n', '\r']);
    let length = text.bytes().rev().take(LONGEST_PIECE).take_while(|byte| is_key_byte(*byte)).count();
    &text[text.len() - length..]
}

fn head_of(text: &str, longest: usize) -> &str {
    let length = text.bytes().take(longest).take_while(|byte| is_key_byte(*byte)).count();
    &text[..length]
}

/// Where a secret that ends at a line break ends on the next line, if what stands there looks like the rest of it.
fn rest_of(text: &str, end: usize, kind: &str) -> Option<usize> {
    // A pattern may have taken the first half of an escaped break for the end of its value.
    let end = if text[..end].ends_with('\\') { end - 1 } else { end };
    let behind = text.get(end..)?;
    let length = break_at(behind)?;
    let rest = &behind[length..];
    let piece = match kind {
        "jwt" => &rest[..rest.bytes().take(LONGEST_PIECE).take_while(|byte| is_key_byte(*byte) || *byte == b'.').count()],
        _ => head_of(rest, LONGEST_PIECE),
    };
    is_key(piece).then_some(end + length + piece.len())
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_-~%".contains(&byte)
}

/// Whether a piece looks like a part of a key: letters and digits mixed as no word and no date has them, or a long number.
fn is_key(piece: &str) -> bool {
    let bytes = piece.as_bytes();
    let is_date = matches!(bytes, [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()));
    let changes = bytes.windows(2).filter(|two| two[0].is_ascii_alphabetic() != two[1].is_ascii_alphabetic()).count();
    let cases = bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    let number = piece.len() >= 6 && bytes.iter().all(u8::is_ascii_digit);
    let mixed = piece.len() >= 4 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && (changes >= 2 || cases);
    (number || mixed) && !is_date
}

/// Length of a line break, escaped or not, with the white space behind it.
fn break_at(text: &str) -> Option<usize> {
    let breaks = ["\r\n", "\n", "\\r\\n", "\\n"];
    let length = breaks.iter().find(|broken| text.starts_with(**broken))?.len();
    Some(length + text[length..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count())
}

/// A text without the line breaks that stand between two characters of a key.
struct Joined {
    text: String,
    /// Where each break was in `text`, and how many bytes of the original were left out up to there.
    joins: Vec<(usize, usize)>,
}

impl Joined {
    /// `None` where nothing is torn.
    fn of(text: &str) -> Option<Joined> {
        let mut joined = Joined { text: String::new(), joins: Vec::new() };
        let (mut shown, mut left_out) = (0, 0);
        let bytes = text.as_bytes();
        for at in memchr::memchr2_iter(b'\n', b'\\', bytes) {
            let start = if at > 0 && bytes[at] == b'\n' && bytes[at - 1] == b'\r' { at - 1 } else { at };
            let Some(length) = text.get(start..).and_then(break_at).filter(|_| start >= shown && start > 0) else { continue };
            let torn = is_key_byte(bytes[start - 1]) && bytes.get(start + length).is_some_and(|byte| is_key_byte(*byte));
            if torn {
                joined.text.push_str(&text[shown..start]);
                left_out += length;
                joined.joins.push((joined.text.len(), left_out));
                shown = start + length;
            }
        }
        joined.text.push_str(&text[shown..]);
        (!joined.joins.is_empty()).then_some(joined)
    }

    /// A stretch as it stands in the original, in pieces between the breaks.
    fn pieces(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let mut join = self.joins.partition_point(|(at, _)| *at <= range.start);
        let mut left_out = if join > 0 { self.joins[join - 1].1 } else { 0 };
        let mut pieces = Vec::new();
        let mut start = range.start;
        while let Some((at, next)) = self.joins.get(join).filter(|(at, _)| *at < range.end) {
            pieces.push(start + left_out..at + left_out);
            (start, left_out) = (*at, *next);
            join += 1;
        }
        pieces.push(start + left_out..range.end + left_out);
        pieces
    }
}

/// What is found already.
struct Covered(Vec<(usize, usize)>);

impl Covered {
    fn by(hits: &[Hit]) -> Covered {
        let mut spans: Vec<(usize, usize)> = hits.iter().map(|hit| (hit.range.start, hit.range.end)).collect();
        spans.sort_unstable();
        let mut furthest = 0;
        for span in &mut spans {
            furthest = furthest.max(span.1);
            span.1 = furthest;
        }
        Covered(spans)
    }

    fn holds(&self, piece: &Range<usize>) -> bool {
        let before = self.0.partition_point(|(start, _)| *start <= piece.start);
        before > 0 && self.0[before - 1].1 >= piece.end
    }
}
