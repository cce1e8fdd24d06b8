//! Lines joined into one, the secrets in it, and where their pieces stand in the text.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::super::detectors::Detectors;
use super::super::token::tokens_in;
use super::super::{Hit, Settings, identity, judge};
use super::rest;

/// Most lines that are asked one by one whether the secret is complete with them.
const MOST_ASKED: usize = 16;

/// Lines of a text without the breaks between them.
pub(super) struct Joined {
    text: String,
    /// Where each line begins, here and in the text.
    lines: Vec<(usize, usize)>,
}

/// Where known secrets end.
pub(super) struct Ends<'h>(FxHashMap<usize, &'h Hit>);

impl<'h> Ends<'h> {
    pub(super) fn of(known: &'h [Hit]) -> Ends<'h> {
        Ends(known.iter().filter(|hit| !hit.yields).map(|hit| (hit.range.end, hit)).collect())
    }

    fn at(&self, place: usize) -> Option<&'h Hit> {
        self.0.get(&place).copied()
    }
}

impl Joined {
    pub(super) fn of(text: &str, lines: &[Range<usize>]) -> Joined {
        let mut joined = Joined { text: String::with_capacity(lines.iter().map(Range::len).sum()), lines: Vec::new() };
        for line in lines {
            joined.lines.push((joined.text.len(), line.start));
            joined.text.push_str(&text[line.clone()]);
        }
        joined
    }

    /// Adds the secrets that a break goes through, each as its pieces.
    pub(super) fn find(&self, settings: &Settings, torn: &mut Vec<Vec<Hit>>) {
        for hit in detected(&self.text, settings) {
            if let Some(range) = self.torn(&hit, settings) {
                torn.push(self.pieces(&range, &hit));
            }
        }
    }

    /// Adds what goes on behind secrets that are known and end where a line does.
    pub(super) fn go_on(&self, known: &Ends<'_>, torn: &mut Vec<Vec<Hit>>) {
        for line in 0..self.lines.len() - 1 {
            let there = self.lines[line].1 + self.end(line) - self.start(line);
            let Some(hit) = known.at(there) else { continue };
            let length = there - hit.range.start.max(self.lines[line].1);
            let before = self.end(line) - length;
            if self.text[before..self.end(line)].ends_with("-----") {
                continue;
            }
            let is_token = !tokens_in(&self.text[before..self.end(line)]).is_empty();
            let mut end = self.end(line);
            for next in line + 1..self.lines.len() {
                let own = &self.text[self.start(next)..self.end(next)];
                let piece = match hit.kind {
                    "password" => &own[..judge::end_of_password(own, 0, 0)],
                    _ => &own[..judge::end_of_value(own, 0)],
                };
                let goes_on = if is_token { rest::is_key(piece) } else { rest::goes_on(&self.text[before..end], piece, own) };
                if !goes_on {
                    break;
                }
                end = self.start(next) + piece.len();
                if piece.len() < own.len() {
                    break;
                }
            }
            if end > self.end(line) {
                let start = if is_token { self.start(line + 1) } else { before };
                torn.push(self.pieces(&(start..end), hit));
            }
        }
    }

    fn start(&self, line: usize) -> usize {
        self.lines[line].0
    }

    fn end(&self, line: usize) -> usize {
        self.lines.get(line + 1).map_or(self.text.len(), |next| next.0)
    }

    fn line_of(&self, place: usize) -> usize {
        self.lines.partition_point(|(start, _)| *start <= place).saturating_sub(1)
    }

    /// A stretch as it stands in the text, line by line.
    fn pieces(&self, range: &Range<usize>, hit: &Hit) -> Vec<Hit> {
        let whole = identity(&self.text[range.clone()]);
        let lines = self.line_of(range.start)..self.line_of(range.end - 1) + 1;
        let piece = |line: usize| {
            let (here, there) = self.lines[line];
            let own = range.start.clamp(here, self.end(line))..range.end.clamp(here, self.end(line));
            // The armour of a key tells nothing.
            let is_armour = self.text[own.clone()].starts_with("-----") && self.text[own.clone()].ends_with("-----");
            let range = own.start - here + there..own.end - here + there;
            (!is_armour).then(|| Hit { from: range.start, range, whole: Some(whole.clone()), ..hit.clone() })
        };
        lines.filter_map(piece).collect()
    }

    /// How far a secret that a break goes through reaches; `None` where there is none.
    fn torn(&self, hit: &Hit, settings: &Settings) -> Option<Range<usize>> {
        if hit.range.is_empty() {
            return None;
        }
        let (first, last) = (self.line_of(hit.range.start), self.line_of(hit.range.end - 1));
        if first == last {
            // Only the words around it are torn, or an escaped line break stands before it as a letter would.
            let torn = self.line_of(hit.from) < first && !hit.yields || hit.from == self.start(first);
            return torn.then(|| hit.range.clone());
        }
        match hit.kind {
            "email" => self.email(hit, first, last, settings),
            "ip" => self.address(hit, first, last, settings),
            _ if self.is_enclosed(hit) => Some(hit.range.clone()),
            _ => self.secret(hit, first, last, settings),
        }
    }

    /// Whether quotes or brackets around it say where it ends.
    fn is_enclosed(&self, hit: &Hit) -> bool {
        let behind = self.text[hit.range.end..].trim_start_matches('\\');
        let before = &self.text[self.start(self.line_of(hit.from))..hit.range.start];
        let first_line = &self.text[hit.range.start..self.end(self.line_of(hit.range.start))];
        let open = match behind.chars().next() {
            Some(quote @ ('"' | '\'')) => before.matches(quote).count() % 2 == 1,
            Some(')') => before.rfind('(') > before.rfind(')'),
            _ => false,
        };
        open && !hit.by_form && !judge::is_placeholder(first_line)
    }

    /// The pieces that it takes to be a secret, and those behind that look like its rest.
    fn secret(&self, hit: &Hit, first: usize, last: usize, settings: &Settings) -> Option<Range<usize>> {
        let needed = self.needed(hit, first, last, settings);
        let piece = |line: usize| self.start(line).max(hit.range.start)..self.end(line).min(hit.range.end);
        let begins = &self.text[piece(first)];
        if needed > first && !hit.by_form && begins.len() > 2 && judge::speaks_of_a_secret(begins) {
            return None;
        }
        if is_blob(hit) && !self.text[hit.range.clone()].contains("-----") {
            return self.blob(hit, first, last, settings);
        }
        // `http://api:8080`, and the line behind it has an `@`.
        if hit.kind == "password" && hit.by_form && begins.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut end = piece(first).end;
        for line in first + 1..=last {
            let (own, all) = (piece(line), self.start(line)..self.end(line));
            let of_key = hit.kind == "private-key" && (rest::is_part_of_a_blob(&self.text[own.clone()]) || own.len() < 8);
            let certain = line <= needed && hit.by_form || of_key;
            if !certain && !rest::goes_on(&self.text[hit.range.start..end], &self.text[own.clone()], &self.text[all]) {
                if line <= needed {
                    return None;
                }
                break;
            }
            end = own.end;
        }
        (end > piece(first).end).then_some(hit.range.start..end)
    }

    /// Long random text that nothing announces: no line of it is a word, a number or a hash.
    fn blob(&self, hit: &Hit, first: usize, last: usize, settings: &Settings) -> Option<Range<usize>> {
        let piece = |line: usize| self.start(line).max(hit.range.start)..self.end(line).min(hit.range.end);
        let needed = self.needed(hit, first, last, settings);
        let is_part = |line: &usize| {
            let (before, own, all) =
                (hit.range.start..self.start(*line).max(hit.range.start), piece(*line), self.start(*line)..self.end(*line));
            let goes_on = || rest::goes_on(&self.text[before], &self.text[own.clone()], &self.text[all]);
            rest::is_part_of_a_blob(&self.text[own.clone()]) && (*line <= needed || goes_on())
        };
        let end = (first..=last).take_while(is_part).last();
        match end {
            Some(end) if end >= needed && end > first => Some(hit.range.start..piece(end).end),
            _ if self.stands_without(first, hit, settings) => Some(self.start(first + 1)..hit.range.end),
            _ => None,
        }
    }

    /// The first line with which it is a secret.
    fn needed(&self, hit: &Hit, first: usize, last: usize, settings: &Settings) -> usize {
        let base = self.start(self.line_of(hit.from));
        let is_there = |line: &usize| {
            let found = detected(&self.text[base..self.end(*line)], settings);
            found.iter().any(|found| found.kind == hit.kind && found.range.start + base == hit.range.start)
        };
        (first..last.min(first + MOST_ASKED)).find(is_there).unwrap_or(last)
    }

    /// Whether the lines behind the first hold such a secret at their beginning by themselves.
    fn stands_without(&self, first: usize, hit: &Hit, settings: &Settings) -> bool {
        let found = detected(&self.text[self.start(first + 1)..hit.range.end], settings);
        found.iter().any(|found| found.kind == hit.kind && found.range.start == 0)
    }

    fn email(&self, hit: &Hit, first: usize, last: usize, settings: &Settings) -> Option<Range<usize>> {
        let whole = &self.text[hit.range.clone()];
        let begins = &self.text[hit.range.start..self.end(first)];
        let behind = &self.text[self.start(first + 1)..hit.range.end];
        let is_known = |address: &str| judge::is_top_level(address.rsplit('.').next().unwrap_or_default());
        let accepted = if self.stands_without(first, hit, settings) {
            let start = if rest::is_half_a_name(begins) { hit.range.start } else { self.start(first + 1) };
            return Some(start..hit.range.end);
        } else if self.needed(hit, first, last, settings) == first {
            is_known(whole) && (behind.contains('.') || !is_known(begins))
        } else {
            let ends_in_one_line = self.text[self.start(last)..hit.range.end].contains('.') && !behind.starts_with('@');
            is_known(whole) || ends_in_one_line
        };
        accepted.then(|| hit.range.clone())
    }

    fn address(&self, hit: &Hit, first: usize, last: usize, settings: &Settings) -> Option<Range<usize>> {
        let begins = &self.text[hit.range.start..self.end(first)];
        let behind = &self.text[self.start(first + 1)..hit.range.end];
        let of_groups = |piece: &str| piece.len() > 3 && piece.contains(':');
        if self.stands_without(first, hit, settings) {
            let start = if of_groups(begins) { hit.range.start } else { self.start(first + 1) };
            return Some(start..hit.range.end);
        }
        (of_groups(behind) || self.needed(hit, first, last, settings) > first).then(|| hit.range.clone())
    }
}

fn is_blob(hit: &Hit) -> bool {
    hit.by_form && matches!(hit.kind, "secret" | "private-key")
}

fn detected(text: &str, settings: &Settings) -> Vec<Hit> {
    let mut hits = Vec::new();
    Detectors::shared().find(text, &mut hits);
    settings.find(text, &mut hits);
    hits
}
