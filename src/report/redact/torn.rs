//! Secrets that line breaks tear apart, as terminals and loggers wrap long lines: within a text, and over the texts that
//! one process wrote one behind the other.
//!
//! Lines that may belong together are joined, two and more at a time, and what is a secret only without the break
//! between them is taken out of each of them; the breaks stay. Where a secret may be over at the break, [`rest`] judges.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::{Hit, Settings};

mod joined;
mod rest;
mod stream;
mod words;

use joined::{Ends, Joined};
pub(super) use rest::is_key;
pub(super) use stream::across;

/// Longest part of a line that is looked at where a secret may begin or end in it, in bytes.
const LINE_BYTES: usize = 4096;

/// Lines joined at a time, beside all that may belong together: what must be followed by the end of a word is not
/// recognised with the next line behind it.
const FEW_LINES: Range<usize> = 2..5;

/// Adds the pieces of what is only seen to be secret without the line breaks in it. Linear in the length of the text.
pub(super) fn find(text: &str, hits: &mut Vec<Hit>, settings: &Settings) {
    let mut torn = Vec::new();
    let chains = chains(text);
    let known = Ends::of(if chains.is_empty() { &[] } else { hits });
    for lines in chains {
        in_chain(text, &lines, &known, settings, &mut torn);
    }
    if torn.is_empty() {
        return;
    }
    let covered = Covered::by(hits);
    for pieces in torn {
        if !pieces.iter().all(|piece| covered.holds(&piece.range)) {
            hits.extend(pieces);
        }
    }
}

/// The torn secrets in lines that may belong together, each as its pieces; `known` are those that are found already.
fn in_chain(text: &str, lines: &[Range<usize>], known: &Ends<'_>, settings: &Settings, torn: &mut Vec<Vec<Hit>>) {
    for many in FEW_LINES.filter(|many| *many < lines.len()) {
        for window in lines.windows(many) {
            Joined::of(text, window).find(settings, torn);
        }
    }
    let all = Joined::of(text, lines);
    all.find(settings, torn);
    all.go_on(known, torn);
}

/// Lines that may belong together because of how they end and begin.
fn chains(text: &str) -> Vec<Vec<Range<usize>>> {
    let mut chains = Vec::new();
    let mut chain: Vec<Range<usize>> = Vec::new();
    let breaks = breaks(text);
    for (place, broken) in breaks.iter().enumerate() {
        let next = breaks.get(place + 1).map_or(text.len(), |next| next.start);
        let line = broken.end.min(next)..next;
        if !may_go_on(&text[..broken.start], &text[line.clone()]) {
            chains.extend(finished(text, &mut chain));
            if !text[broken.clone()].contains('\n') {
                // The last letter of an escaped break hides where a word begins.
                chains.extend(finished(text, &mut vec![line]));
            }
            continue;
        }
        if chain.is_empty() {
            chain.push(place.checked_sub(1).map_or(0, |before| breaks[before].end)..broken.start);
        }
        chain.push(line);
    }
    chains.extend(finished(text, &mut chain));
    chains
}

/// The chain, without the far ends of its first and last line; an empty one begins.
fn finished(text: &str, chain: &mut Vec<Range<usize>>) -> Option<Vec<Range<usize>>> {
    let mut chain = std::mem::take(chain);
    let several = chain.len() > 1;
    let first = chain.first_mut()?;
    if several {
        first.start = text.ceil_char_boundary(first.start.max(first.end.saturating_sub(LINE_BYTES)));
    }
    let last = chain.last_mut()?;
    last.end = text.floor_char_boundary(last.end.min(last.start + LINE_BYTES));
    Some(chain)
}

/// Whether a word may go on in the next line.
fn may_go_on(before: &str, line: &str) -> bool {
    const CLOSED: &str = "\"'`()[]{}<>,";
    let is_part = |letter: char| !letter.is_whitespace() && !CLOSED.contains(letter);
    let touches = before.ends_with(is_part) && line.starts_with(|letter| is_part(letter) && letter != ';');
    touches && !rest::begins_a_line(line) || is_in_quotes(before, line)
}

/// Whether a value in quotes goes on: `"password": "correct` and below it `horse"}`.
fn is_in_quotes(before: &str, line: &str) -> bool {
    const LONGEST: usize = 200;
    let tail = &before[before.ceil_char_boundary(before.len().saturating_sub(LONGEST))..];
    let Some(at) = tail.rfind(['"', '\'', '\n']).filter(|at| !tail[*at..].starts_with('\n')) else { return false };
    let quote = tail.as_bytes()[at] as char;
    let begins = tail[..at].trim_end_matches(['\\', 'b']).trim_end().ends_with([':', '=']);
    begins && line.find(['"', '\'']).is_some_and(|end| end <= LONGEST && line[end..].starts_with(quote))
}

/// Line breaks with the white space behind them, in order: as they are, continued by `\`, escaped in JSON, XML and URLs.
fn breaks(text: &str) -> Vec<Range<usize>> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        let one = r"(?:\\?\r?\n|(?:\\+r)?\\+n|(?:&#(?:13|[xX]0?[dD]);)?&#(?:10|[xX]0?[aA]);|(?:%0[dD])?%0[aA])";
        Regex::new(&format!(r"{one}(?:[ \t]|\\+t)*")).ok()
    });
    if memchr::memchr3(b'\n', b'\\', b'&', text.as_bytes()).is_none() && !text.contains("%0") {
        return Vec::new();
    }
    pattern.iter().flat_map(|pattern| pattern.find_iter(text)).map(|found| found.range()).collect()
}

/// The value without the line breaks in it. Linear.
pub(super) fn without_breaks(value: &str) -> String {
    let mut whole = String::with_capacity(value.len());
    let mut taken = 0;
    for broken in breaks(value) {
        whole.push_str(&value[taken..broken.start]);
        taken = broken.end;
    }
    whole + &value[taken..]
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
