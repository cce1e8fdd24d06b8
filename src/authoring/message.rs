//! Finds what a record says: the line that tells most, without the head that a logger put before it, in clauses.

use std::ops::Range;

use super::lexicon::{COMMON, EVERYDAY, SMALL, SUBORDINATE, TROUBLE, has, has_start};
use super::token::{Kind, Token, tokens};
use crate::logs::stack;

/// From so much on, a stretch of a line is specific enough to be looked for.
pub const TELLING: f64 = 3.0;

/// Below so much no pattern can be made: a single common word is in too many lines.
pub const TOO_LITTLE: f64 = 1.5;

/// A stretch that says more than this is cut at the next small word: the more of a line a pattern takes, the fewer phrasings it meets.
const PLENTY: f64 = 5.0;

/// What saying that something is wrong adds to a clause, in words.
const TROUBLE_TELLS: f64 = 2.0;

/// So few tokens are not worth cutting off.
const SHORT_REST: usize = 5;

/// Lines of a record that are looked at.
const LINES: usize = 60;

/// The telling line of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    /// Its tokens, the logger's head left out.
    pub tokens: Vec<Token<'a>>,
    /// Stretches of the tokens that a pattern may rest on: the shortest that says enough first, the whole message last.
    pub stretches: Vec<Range<usize>>,
    /// Function and file of the innermost own frame, where a stack trace names an exception that says little.
    pub frame: Option<Frame>,
}

/// A place in one's own code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The file's own name.
    pub file: String,
    /// The function.
    pub function: String,
    /// It stands above the exception's line, as in Python.
    pub above: bool,
}

/// The message of a record's text; `None` where no line says enough.
pub fn message(text: &str) -> Option<Message<'_>> {
    let traced = text.lines().nth(1).and_then(|_| stack::exception(text));
    let line = match &traced {
        Some(exception) => exception_line(text, exception).unwrap_or_else(|| telling_line(text)),
        None => telling_line(text),
    };
    let all = tokens(line);
    let tokens = all[head(&all)..].to_vec();
    // An exception that tells by itself is the same wherever it is thrown.
    let frame = traced.filter(|_| worth(&tokens) < TELLING).and_then(|exception| frame(&exception.frame?, text));
    let stretches = stretches(&tokens, if frame.is_some() { 0.0 } else { TOO_LITTLE });
    let worth = worth(&tokens) + if frame.is_some() { TELLING } else { 0.0 };
    (worth >= TOO_LITTLE && !tokens.is_empty()).then_some(Message { tokens, stretches, frame })
}

fn exception_line<'a>(text: &'a str, exception: &stack::Exception) -> Option<&'a str> {
    text.lines().map(str::trim).rfind(|line| line.contains(&exception.kind) && line.contains(exception.message.trim()))
}

/// `/app/orders.py:30 in reserve`.
fn frame(written: &str, text: &str) -> Option<Frame> {
    let (place, function) = written.rsplit_once(" in ")?;
    let file = place.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    let file = file.rsplit(['/', '\\']).next().filter(|file| !file.is_empty())?;
    let above = text.contains("Traceback (most recent call last)");
    Some(Frame { file: file.to_owned(), function: function.to_owned(), above })
}

/// The first line, unless it says little and another one more; a value `msg="…"` counts as a line.
fn telling_line(text: &str) -> &str {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES);
    let says = |line: &str| {
        let all = tokens(line);
        worth(&all[head(&all)..])
    };
    let first = lines().next().unwrap_or_default();
    let values: Vec<&str> = VALUES.iter().filter_map(|key| value(first, key)).collect();
    let candidates: Vec<&str> = if values.is_empty() { lines().collect() } else { values };
    match candidates.first().map(|first| says(first)) {
        Some(enough) if enough >= TELLING => candidates[0],
        _ => candidates.into_iter().rev().max_by(|a, b| says(a).min(TELLING).total_cmp(&says(b).min(TELLING))).unwrap_or(first),
    }
}

/// How loggers write the message as a field of a line.
const VALUES: [&str; 10] = [
    "msg=\"",
    "message=\"",
    "err=\"",
    "error=\"",
    "\"msg\":\"",
    "\"message\":\"",
    "\"error\":\"",
    "\"msg\": \"",
    "\"message\": \"",
    "\"error\": \"",
];

fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let from = line.find(key)? + key.len();
    let length = line[from..].char_indices().find(|&(at, c)| c == '"' && !line[from..from + at].ends_with('\\'))?.0;
    Some(&line[from..from + length])
}

/// How many tokens at the head are the logger's: times, levels, process ids, bracketed names, names of modules.
fn head(tokens: &[Token<'_>]) -> usize {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        let before_sign = next.is_some_and(|next| next.kind == Kind::Sign && !matches!(next.text, "(" | "=" | "." | ","));
        at += match token.kind {
            Kind::Time | Kind::Level => 1,
            Kind::Sign if matches!(token.text, "[" | "(") => match bracketed(&tokens[at..]) {
                Some(length) => length,
                None => break,
            },
            Kind::Sign if matches!(token.text, "|" | "-" | ":" | "]" | ")" | ">" | "*" | "#" | "•" | "," | "–" | "—" | "=") => {
                1
            }
            Kind::Fixed if token.text == "REPORT" && at > 0 => 1,
            Kind::Number | Kind::Id | Kind::Address | Kind::Name if before_sign => 1,
            Kind::Fixed if next.is_some_and(|next| next.kind == Kind::Time) => 1,
            Kind::Fixed if before_sign && names_a_logger(token.text) => 1,
            Kind::Number
                if next.is_some_and(|next| {
                    matches!(next.kind, Kind::Time | Kind::Level | Kind::Number) || MONTHS.contains(&next.text)
                }) =>
            {
                1
            }
            Kind::Number if at > 0 && MONTHS.contains(&tokens[at - 1].text) => 1,
            Kind::Word if MONTHS.contains(&token.text) && at > 0 => 1,
            // `W |`, `1:M`: a level or a role in one letter.
            Kind::Word
                if token.text.len() == 1
                    && next.is_some_and(|next| matches!(next.kind, Kind::Number | Kind::Time) || next.text == "|") =>
            {
                1
            }
            Kind::Word if before_sign && token.text.contains(['.', '_', '/']) => 1,
            Kind::Word if is_logfmt_level(&tokens[at..]) => 3,
            Kind::Word if is_syslog_date(&tokens[at..]) => match tokens.iter().position(|token| token.text == ":") {
                Some(colon) if colon < at + 12 => colon + 1 - at,
                _ => break,
            },
            _ => break,
        };
    }
    // A line of nothing but a head is its own message.
    if at >= tokens.len() { 0 } else { at }
}

/// `OrderService`, `o.s.web.Servlet`: a type, but not one that is thrown.
fn names_a_logger(word: &str) -> bool {
    let thrown = ["Error", "Exception", "Failure", "Timeout", "Interrupt", "Exit", "Warning", "Fault", "Violation"];
    super::token::is_type_name(word) && !thrown.iter().any(|end| word.ends_with(end))
}

/// The length of a short group in brackets, unless it is all there is.
fn bracketed(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0usize;
    for (place, token) in tokens.iter().enumerate().take(24) {
        match token.text {
            "[" | "(" => depth += 1,
            "]" | ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (place + 1 < tokens.len()).then_some(place + 1);
        }
    }
    None
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn is_logfmt_level(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [key, equals, _, ..] if equals.text == "=" && ["level", "lvl", "ts", "time", "t", "severity", "caller", "logger"].contains(&key.text))
}

fn is_syslog_date(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [month, day, time, ..] if MONTHS.contains(&month.text) && day.kind == Kind::Number && time.kind == Kind::Time)
}

/// How much tokens say: a word of a sentence 1, a common one less, the name of an exception or a code more.
pub fn worth(tokens: &[Token<'_>]) -> f64 {
    tokens.iter().map(weight).sum()
}

fn weight(token: &Token<'_>) -> f64 {
    match token.kind {
        Kind::Word => {
            let word = token.text.to_lowercase();
            match word.chars().count() {
                _ if has(SMALL, &word) => 0.0,
                _ if has_start(COMMON, &word) => 0.5,
                0..=2 => 0.25,
                _ => 1.0,
            }
        }
        Kind::Fixed if token.text.bytes().all(|byte| byte.is_ascii_digit()) => 0.5,
        Kind::Fixed => {
            let name = token.text.rsplit(['.', ':']).next().unwrap_or_default();
            let humps = name.bytes().filter(u8::is_ascii_uppercase).count().saturating_sub(1);
            match has(EVERYDAY, name) {
                true => 0.5,
                // `MaxListenersExceededWarning` is a sentence of its own.
                false if name.bytes().any(|byte| byte.is_ascii_lowercase()) && humps >= 3 => TELLING,
                false => 2.0,
            }
        }
        Kind::Quoted if quoted_phrase(token.text).is_some() => {
            quoted_phrase(token.text).map_or(0.0, |inner| worth(&tokens_of(inner)))
        }
        _ => 0.0,
    }
}

fn tokens_of(text: &str) -> Vec<Token<'_>> {
    // Quotes within quotes are no phrase of their own.
    tokens(text).into_iter().filter(|token| token.kind != Kind::Quoted).collect()
}

/// What stands in quotation marks, where it is a sentence and no name.
pub fn quoted_phrase(quoted: &str) -> Option<&str> {
    let mut inner = quoted.chars();
    inner.next();
    inner.next_back();
    let inner = inner.as_str();
    let words = tokens(inner);
    let of_sentence = words.iter().filter(|token| token.kind == Kind::Word).count();
    // A query in quotation marks is no sentence.
    (of_sentence >= 3 && of_sentence * 5 >= words.len() * 4).then_some(inner)
}

/// The stretches that a pattern may rest on, each at most once: the clause that tells most, that clause with those behind
/// it, with those before it, and the whole message.
fn stretches(tokens: &[Token<'_>], least: f64) -> Vec<Range<usize>> {
    let clauses = clauses(tokens);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut add = |range: Range<usize>, enough: f64| {
        let range = trimmed(tokens, range);
        if !range.is_empty() && !found.contains(&range) && worth(&tokens[range.clone()]) >= enough {
            found.push(range);
        }
    };
    // Of equals the first one: it is what the line is about.
    let tells = |clause: &Range<usize>| {
        worth(&tokens[clause.clone()]).min(PLENTY) + if is_trouble(&tokens[clause.clone()]) { TROUBLE_TELLS } else { 0.0 }
    };
    let best = (0..clauses.len()).rev().max_by(|&a, &b| tells(&clauses[a]).total_cmp(&tells(&clauses[b])));
    let Some(best) = best else { return found };
    let start = clauses[best].start;
    let enough = if is_trouble(&tokens[clauses[best].clone()]) { TELLING - 0.5 } else { TELLING };
    let end = clauses[best].end;
    let soft = |&place: &usize| has(SUBORDINATE, tokens[place].text) && worth(&tokens[start..place]) >= enough;
    let long = |&place: &usize| is_small(&tokens[place]) && end - place > SHORT_REST && worth(&tokens[start..place]) >= PLENTY;
    if let Some(cut) = (start + 1..end).find(|place| soft(place) || long(place)) {
        add(start..cut, enough);
    }
    clauses[best..].iter().for_each(|clause| add(start..clause.end, enough));
    clauses[..best].iter().rev().for_each(|clause| add(clause.start..end, enough));
    add(0..tokens.len(), least);
    found
}

/// The parts of a message between the signs that end a thought.
fn clauses(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = 0;
    for place in 0..=tokens.len() {
        if place == tokens.len() || ends_clause(tokens, place) {
            clauses.extend((start < place).then_some(start..place));
            start = place + 1;
        }
    }
    clauses
}

/// `;`, `|`, brackets; a comma, a full stop, a colon before a blank; a dash between blanks.
fn ends_clause(tokens: &[Token<'_>], place: usize) -> bool {
    let next_spaced = tokens.get(place + 1).is_none_or(|next| next.spaced);
    match tokens[place].text {
        ";" | "|" | "(" | ")" => true,
        // What stands behind an error's code is its text.
        ":" if place > 0 && is_coded(&tokens[place - 1]) => false,
        "." | ":" | "!" | "," | "?" => next_spaced,
        "-" | "–" | "—" | "->" => tokens[place].spaced && next_spaced,
        _ => false,
    }
}

/// `ORA-01555`, `E11000`.
fn is_coded(token: &Token<'_>) -> bool {
    token.kind == Kind::Fixed
        && token.text.bytes().any(|byte| byte.is_ascii_digit())
        && token.text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether a stretch says that something is not as it should be.
fn is_trouble(tokens: &[Token<'_>]) -> bool {
    let says = |token: &Token<'_>| token.kind == Kind::Word && has_start(TROUBLE, token.text);
    tokens.iter().any(says)
}

/// Without signs and small words at its ends, and without what varies at its beginning.
fn trimmed(tokens: &[Token<'_>], mut range: Range<usize>) -> Range<usize> {
    let opens = |token: &Token<'_>| match token.kind {
        Kind::Word => !is_small(token),
        Kind::Fixed => true,
        _ => quoted_phrase(token.text).is_some(),
    };
    while range.start < range.end && !opens(&tokens[range.start]) {
        range.start += 1;
    }
    while range.start < range.end && (tokens[range.end - 1].kind == Kind::Sign || is_small(&tokens[range.end - 1])) {
        range.end -= 1;
    }
    range
}

fn is_small(token: &Token<'_>) -> bool {
    token.kind == Kind::Word && has(SMALL, token.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortest(text: &str) -> String {
        let message = message(text).unwrap();
        let range = message.stretches.first().unwrap().clone();
        message.tokens[range]
            .iter()
            .map(|token| format!("{}{}", if token.spaced { " " } else { "" }, token.text))
            .collect::<String>()
            .trim()
            .to_owned()
    }

    #[test]
    fn the_head_of_a_line_is_left_out_and_a_clause_is_enough() {
        let loguru = "2026-11-20 09:29:44.674 | ERROR    | app.inventory:publish:118 - job-7ab8f75577: seat map checksum 0x1f3a disagrees with ledger 0x1f38; refusing to publish";
        assert_eq!(shortest(loguru), "seat map checksum 0x1f3a disagrees with ledger 0x1f38");
        assert_eq!(shortest("pq: sorry, too many clients already"), "too many clients already");
        assert_eq!(
            shortest("[2026-11-20 09:29:44,674] [ERROR] [app.x] quorum of ledger replicas lost"),
            "quorum of ledger replicas lost"
        );
        assert_eq!(shortest("level=error msg=\"tenant quota table is stale\" tenant=acme"), "tenant quota table is stale");
        assert_eq!(
            shortest("Nov 20 09:29:44 db-1 postgres[12]: tuple concurrently updated twice"),
            "tuple concurrently updated twice"
        );
    }

    #[test]
    fn a_word_that_everybody_uses_is_no_message() {
        assert_eq!(message("ERROR request failed"), None);
        assert_eq!(message("2026-11-20 09:29:44 INFO"), None);
    }

    #[test]
    fn a_trace_gives_its_exception_and_its_own_frame() {
        let text =
            "boom\nTraceback (most recent call last):\n  File \"/app/orders.py\", line 3, in reserve\n    x\nKeyError: 'seat'";
        let found = message(text).unwrap();
        assert_eq!(found.frame, Some(Frame { file: "orders.py".to_owned(), function: "reserve".to_owned(), above: true }));
    }
}
