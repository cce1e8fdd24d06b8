//! Writes a stretch of a line as a pattern: what stays is escaped, what varies becomes a named group.

use std::ops::Range;

use super::message::{Frame, Message, quoted_phrase};
use super::token::{Kind, Token, tokens};

/// Most groups that get a name; what varies beyond that is matched and not caught.
const MOST_CAPTURES: usize = 5;

/// Other frames may lie between a frame and its exception.
const BETWEEN_FRAMES: &str = "(?s:.){0,4000}?";

/// What an unquoted value is made of.
const VALUE: &str = r#"[^\s,;"']+"#;

/// A pattern with what it catches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The regex.
    pub source: String,
    /// Its named groups, in order.
    pub captures: Vec<Capture>,
    /// The stretch in words, with `{{ name }}` for each group: what a title is made of.
    pub words: String,
}

/// A named group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Its name.
    pub name: String,
    /// It names something (a table, a host) rather than counting or dating it, and so tells two occurrences apart.
    pub tells_apart: bool,
}

/// Writes the pattern of one stretch of a message. With `literal`, names stand as they are.
pub fn written(message: &Message<'_>, range: &Range<usize>, literal: bool) -> Written {
    let stretch = &message.tokens[range.clone()];
    let any_case =
        stretch.iter().any(|token| token.kind == Kind::Word) || stretch.iter().any(|token| quoted_phrase(token.text).is_some());
    let mut writer = Writer { source: String::new(), words: String::new(), captures: Vec::new(), any_case, literal };
    if let Some(frame) = &message.frame {
        writer.words.push_str(&format!("{}: ", inert(&frame.function)));
    }
    if let Some(frame) = message.frame.as_ref().filter(|frame| frame.above) {
        writer.source.push_str(&format!("{}{BETWEEN_FRAMES}", place(frame)));
    }
    writer.border(stretch.first());
    for place in range.clone() {
        writer.token(&message.tokens, place, place > range.start);
    }
    writer.border(stretch.last());
    if let Some(frame) = message.frame.as_ref().filter(|frame| !frame.above) {
        writer.source.push_str(&format!("{BETWEEN_FRAMES}{}", place(frame)));
    }
    let source = if any_case { format!("(?i){}", writer.source) } else { writer.source };
    Written { source, captures: writer.captures, words: writer.words }
}

/// The frame as a trace writes it: Python names the file first, others the function.
fn place(frame: &Frame) -> String {
    match (frame.above, frame.function.starts_with('<')) {
        (true, true) => escaped(&frame.file),
        (true, false) => format!("{}[^\\n]*\\b{}\\b", escaped(&frame.file), escaped(&frame.function)),
        (false, _) => escaped(&frame.function),
    }
}

struct Writer {
    source: String,
    words: String,
    captures: Vec<Capture>,
    any_case: bool,
    literal: bool,
}

impl Writer {
    /// `\b` where a word begins or ends the pattern.
    fn border(&mut self, token: Option<&Token<'_>>) {
        let is_word = |token: &Token<'_>| {
            matches!(token.kind, Kind::Word | Kind::Fixed | Kind::Level)
                && token.text.is_ascii()
                && token.text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && token.text.ends_with(|c: char| c.is_ascii_alphanumeric())
        };
        if token.is_some_and(is_word) {
            self.source.push_str(r"\b");
        }
    }

    fn token(&mut self, all: &[Token<'_>], place: usize, inside: bool) {
        let token = &all[place];
        if inside && token.spaced {
            let beside_sign = token.kind == Kind::Sign || all[place - 1].kind == Kind::Sign;
            self.source.push_str(match (token.wide, beside_sign) {
                (true, _) => r"\s+",
                (false, true) => " +",
                (false, false) => " ",
            });
            self.words.push(' ');
        }
        let names = matches!(token.kind, Kind::Name | Kind::Quoted);
        match token.kind {
            // What misleads the eye is shown by its number wherever it is written down.
            Kind::Sign if crate::report::inert::visible(token.text) != token.text => self.source.push_str(r"\S{1,12}?"),
            Kind::Word | Kind::Sign => self.plain(token.text),
            Kind::Level => {
                self.source.push_str(r"\w+");
                self.words.push_str(token.text);
            }
            Kind::Fixed => self.fixed(token.text, inside),
            Kind::Quoted if quoted_phrase(token.text).is_some() => self.phrase(token.text),
            _ if self.literal && names => self.plain(token.text),
            _ => self.varying(all, place),
        }
    }

    fn plain(&mut self, text: &str) {
        self.source.push_str(&escaped(text));
        self.words.push_str(&inert(text));
    }

    /// A name whose case counts; a type may be written with or without its package.
    fn fixed(&mut self, text: &str, inside: bool) {
        let own = text.rsplit(['.', ':']).next().filter(|own| !own.is_empty()).unwrap_or(text);
        if own.len() < text.len() && inside {
            self.source.push_str(r"(?:[\w$]+[.:]+)*");
        }
        let own = escaped(own);
        let cased = self.any_case && own.bytes().any(|byte| byte.is_ascii_alphabetic());
        self.source.push_str(&if cased { format!("(?-i:{own})") } else { own });
        self.words.push_str(&inert(text));
    }

    /// A sentence in quotation marks: its words stay, what varies in it is not caught.
    fn phrase(&mut self, quoted: &str) {
        let Some(inner) = quoted_phrase(quoted) else { return };
        let mark = &quoted[..quoted.len() - quoted.trim_start_matches(|c: char| !c.is_alphanumeric()).len()];
        self.source.push_str(&escaped(mark.get(..mark.chars().next().map_or(0, char::len_utf8)).unwrap_or_default()));
        for (number, token) in tokens(inner).iter().enumerate() {
            if number > 0 && token.spaced {
                self.source.push(' ');
            }
            self.source.push_str(&if token.kind.varies() { VALUE.to_owned() } else { escaped(token.text) });
        }
        self.words.push_str(&inert(inner));
    }

    fn varying(&mut self, all: &[Token<'_>], place: usize) {
        let token = &all[place];
        let (open, shape, close) = shape(token);
        if token.kind == Kind::Redacted || self.captures.len() >= MOST_CAPTURES {
            self.source.push_str(&format!("{open}{shape}{close}"));
            self.words.push('…');
            return;
        }
        let name = self.free(&name(all, place));
        self.source.push_str(&format!("{open}(?P<{name}>{shape}){close}"));
        self.words.push_str(&format!("{{{{ {name} }}}}"));
        let tells_apart = matches!(token.kind, Kind::Name | Kind::Quoted | Kind::Address | Kind::Path);
        self.captures.push(Capture { name, tells_apart });
    }

    /// The name, or the name with a number where it is taken.
    fn free(&self, name: &str) -> String {
        let taken = |name: &str| self.captures.iter().any(|capture| capture.name == name);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }
}

/// What stands before, in and behind the group for a token that varies.
fn shape(token: &Token<'_>) -> (String, String, String) {
    let own = |shape: &str| (String::new(), shape.to_owned(), String::new());
    match token.kind {
        Kind::Number if token.text.starts_with("0x") || token.text.starts_with("0X") => own("0x[0-9a-fA-F]+"),
        Kind::Number => own(r"[+-]?\d[\d.,]*"),
        Kind::Measure => own(r"\d[\d.,]* ?[a-zA-Zµ%]+"),
        Kind::Time => own(r"[\d:.,TZ/+ -]+"),
        Kind::Quoted => {
            let (first, last) = (token.text.chars().next().unwrap_or('"'), token.text.chars().next_back().unwrap_or('"'));
            // A line that was put into JSON has its quotation marks escaped.
            let slash = if first == '"' { r"\\?" } else { "" };
            (format!("{slash}{first}"), format!(r"[^{last}\\\n]*"), format!("{slash}{last}"))
        }
        _ => own(VALUE),
    }
}

/// The name of a group: the key before it, the noun before it, what it is.
fn name(all: &[Token<'_>], place: usize) -> String {
    let token = &all[place];
    let before = |back: usize| place.checked_sub(back).map(|at| &all[at]);
    let key = before(1).filter(|sign| matches!(sign.text, "=" | ":" | "(" | "[")).and_then(|_| noun(before(2)));
    let sized = || if token.text.ends_with(['b', 'B', 'i']) || token.text.ends_with("bytes") { "size" } else { "duration" };
    let word = match token.kind {
        Kind::Measure if token.text.ends_with('%') => "percent",
        Kind::Measure => sized(),
        Kind::Time => "time",
        Kind::Url => "url",
        Kind::Path => "path",
        Kind::Address => "address",
        Kind::Id => key.or(noun(before(1)).filter(|word| !is_function_word(word))).unwrap_or("id"),
        Kind::Number => {
            let counted = || noun(all.get(place + 1)).filter(|word| !is_function_word(word) && all[place + 1].spaced);
            key.or(noun(before(1)).filter(|word| !is_function_word(word))).or_else(counted).unwrap_or("number")
        }
        _ => key
            .or(noun(before(1)).filter(|word| !is_function_word(word)))
            .or_else(|| noun(before(2)).filter(|word| !is_function_word(word)))
            .unwrap_or("name"),
    };
    as_name(word)
}

/// A word that may name what follows it.
fn noun<'t>(token: Option<&Token<'t>>) -> Option<&'t str> {
    token.filter(|token| token.kind == Kind::Word && token.text.len() > 2).map(|token| token.text)
}

/// `clientId` → `client_id`; what a template takes for a word of its own gets a tail.
fn as_name(word: &str) -> String {
    let mut name = String::new();
    for c in word.chars().take(32) {
        match c {
            _ if c.is_ascii_uppercase() && name.ends_with(|before: char| before.is_ascii_lowercase()) => {
                name.push('_');
                name.push(c.to_ascii_lowercase());
            }
            _ if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            _ if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    let name = name.trim_matches('_');
    match name {
        "true" | "false" | "none" | "and" | "or" | "not" | "in" | "is" | "if" | "else" | "loop" | "self" => {
            format!("{name}_value")
        }
        _ if name.starts_with(|c: char| c.is_ascii_lowercase()) => name.to_owned(),
        _ => "name".to_owned(),
    }
}

/// Words that say how, not what.
fn is_function_word(word: &str) -> bool {
    const WORDS: [&str; 44] = [
        "the", "for", "with", "from", "not", "was", "has", "have", "after", "within", "than", "and", "into", "but", "are",
        "that", "this", "violates", "exceeds", "exceeded", "reached", "only", "greater", "least", "most", "over", "under",
        "before", "took", "wants", "while", "during", "due", "because", "unknown", "invalid", "missing", "failed", "expected",
        "got", "does", "did", "is", "to",
    ];
    WORDS.contains(&word.to_lowercase().as_str())
}

/// The text as a pattern that matches just it.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The text without what a template would read as its own.
fn inert(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '{' | '}') && !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;

    fn pattern(line: &str) -> Written {
        let message = message(line).unwrap();
        written(&message, &message.stretches[0], false)
    }

    #[test]
    fn what_varies_is_caught_by_a_name_from_the_line() {
        let found = pattern(
            "2026-11-20 09:29:44.674 | ERROR | app.inventory:publish:118 - job-7ab8: seat map checksum 0x1f3a disagrees with ledger 0x1f38; refusing",
        );
        assert_eq!(
            found.source,
            r"(?i)\bseat map checksum (?P<checksum>0x[0-9a-fA-F]+) disagrees with ledger (?P<ledger>0x[0-9a-fA-F]+)"
        );
        assert_eq!(found.words, "seat map checksum {{ checksum }} disagrees with ledger {{ ledger }}");
    }

    #[test]
    fn exception_types_keep_their_case_and_words_do_not() {
        let found = pattern("lease lost after org.example.SeatException for topic orders is older than 60000 ms");
        assert!(found.source.starts_with("(?i)"), "{}", found.source);
        assert!(found.source.contains("(?-i:SeatException)"), "{}", found.source);
        assert!(found.source.contains("topic (?P<topic>"), "{}", found.source);
        assert!(found.source.contains("(?P<duration>"), "{}", found.source);
    }

    #[test]
    fn hostile_text_stays_text() {
        let found = pattern("broken .* template {{ config }} (of $the) [seat] map {% raw %} generator");
        assert!(!found.words.contains("{{ config }}") && !found.words.contains("{%"), "{}", found.words);
        assert!(
            crate::rules::Pattern::new(&found.source)
                .unwrap()
                .is_match("Broken .* template {{ config }} (of $the) [seat] map {% raw %} generator"),
            "{}",
            found.source
        );
    }
}
