//! Cuts a log line into tokens and says of each whether it stays or varies from one occurrence to the next.

use std::sync::LazyLock;

use regex::Regex;

use super::lexicon::{AFTER_A_NAME, ANNOUNCE, LEVELS, NAMED, PLACED, WORDS_WITH_DIGITS, has};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// As it stands in the line.
    pub text: &'a str,
    /// What it is.
    pub kind: Kind,
    /// Blanks stand before it.
    pub spaced: bool,
    /// They are not just one space.
    pub wide: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word of a language.
    Word,
    /// A name that is part of the message: an exception type, an enum value, an error code, a status. Upper and lower case count.
    Fixed,
    /// A level word: it tells how loud the line is, not what it says.
    Level,
    /// A number.
    Number,
    /// A number with its unit.
    Measure,
    /// A date or a time of day.
    Time,
    /// A random or counted id.
    Id,
    /// A host or address, with or without a port.
    Address,
    /// A URL.
    Url,
    /// A path of a file or a resource.
    Path,
    /// A name given by somebody: of a table, a topic, a user.
    Name,
    /// Something in quotation marks, which belong to it.
    Quoted,
    /// What a secret was replaced by.
    Redacted,
    /// A single sign.
    Sign,
}

impl Kind {
    /// Whether it differs from one occurrence of the line to the next.
    pub fn varies(self) -> bool {
        !matches!(self, Kind::Word | Kind::Fixed | Kind::Level | Kind::Sign)
    }
}

/// Shapes that are one token whatever they are made of, the first that fits stands.
static SHAPES: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    let shapes = [
        (Kind::Redacted, r"‹[a-z][a-z0-9_-]*:[0-9]+›"),
        (Kind::Url, r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s'"<>`,;)\]]+"#),
        (Kind::Id, r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
        (
            Kind::Time,
            r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?|[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?",
        ),
        (Kind::Address, r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?|\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\](?::[0-9]+)?"),
        (
            Kind::Measure,
            r"[0-9]+(?:[.,][0-9]+)* ?(?:ns|us|µs|ms|millis(?:econds)?|s|secs?|seconds?|mins?|minutes?|hours?|days?|[KMGTkmgt]i?[Bb]|[KMG]i|bytes?|%)(?-u:\b)",
        ),
        (Kind::Number, r"0[xX][0-9a-fA-F]+|[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?(?-u:\b)"),
        (Kind::Path, r"(?:[A-Za-z]:)?[/\\][\w.@%+~$-]+(?:[/\\][\w.@%+~$*-]*)*"),
    ];
    // Their syntax is tested; one that did not compile would only be one shape less.
    shapes.into_iter().filter_map(|(kind, shape)| Some((kind, Regex::new(&format!("^(?:{shape})")).ok()?))).collect()
});

/// A run of letters, digits and what joins them: `a.b.C`, `db-1:5432`, `user@host`, `DB::Exception`.
static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{N}_$]+(?:(?:::|[.@+$'’-]|[/](?:[0-9])?)[\p{L}\p{N}_$]+)*(?::[0-9]+(?-u:\b))?").ok());

/// The tokens of one line, in order.
pub fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    let mut gap = String::new();
    while let Some(next) = line[at..].chars().next() {
        if next.is_whitespace() {
            gap.push(next);
            at += next.len_utf8();
            continue;
        }
        let (kind, length) = shape(line, at, next);
        found.push(Token {
            text: &line[at..at + length],
            kind,
            spaced: !gap.is_empty(),
            wide: !matches!(gap.as_str(), "" | " "),
        });
        at += length;
        gap.clear();
    }
    for place in 0..found.len() {
        found[place].kind = in_place(&found, place);
    }
    found
}

/// What begins at a byte of the line, and how long it is.
fn shape(line: &str, at: usize, first: char) -> (Kind, usize) {
    let rest = &line[at..];
    let inside_word = line[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_');
    if !inside_word {
        if let Some(length) = quoted(rest, first) {
            return (Kind::Quoted, length);
        }
        let fits = SHAPES.iter().filter_map(|(kind, shape)| Some((*kind, shape.find(rest)?.end())));
        let word = WORD.as_ref().and_then(|word| word.find(rest)).map_or(0, |word| word.end());
        // `3d7f` is no number followed by letters, and `10.0.0.1-west` no address.
        if let Some((kind, length)) = { fits }.find(|(_, length)| *length >= word) {
            return (kind, length);
        }
    }
    match WORD.as_ref().and_then(|word| word.find(rest)).map(|word| word.as_str()) {
        Some(word) => (of_word(word), word.len()),
        None => (Kind::Sign, first.len_utf8()),
    }
}

/// The length of a quotation that begins here and ends before a word does: `'orders'`, not the rest of `can't`.
fn quoted(rest: &str, first: char) -> Option<usize> {
    let end = match first {
        '\'' | '"' | '`' => first,
        '“' => '”',
        '‘' => '’',
        '«' => '»',
        _ => return None,
    };
    let inner = &rest[first.len_utf8()..];
    let length = inner
        .char_indices()
        .find(|&(at, c)| c == end && !inner[at + c.len_utf8()..].chars().next().is_some_and(char::is_alphanumeric))?;
    let inside = &inner[..length.0];
    (!inside.contains('\n') && inside.len() <= 200 && !inside.starts_with(' '))
        .then(|| first.len_utf8() + inside.len() + end.len_utf8())
}

fn of_word(word: &str) -> Kind {
    let lower = word.to_lowercase();
    if word.contains('@') {
        return Kind::Id;
    }
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return match () {
            () if has(WORDS_WITH_DIGITS, &lower) => Kind::Word,
            () if word.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())) => Kind::Address,
            () if is_type_name(word) => Kind::Fixed,
            () => Kind::Id,
        };
    }
    if has(LEVELS, &lower) && (word == lower.to_uppercase() || word.len() > 3 && word != lower) {
        return Kind::Level;
    }
    if is_type_name(word) || is_constant(word) {
        return Kind::Fixed;
    }
    if word.contains(['_', '$'])
        || word.contains("::")
        || has_inner_dot(word)
        || word.contains('/') && word.matches('/').count() > 1
    {
        return Kind::Name;
    }
    Kind::Word
}

/// `KeyError`, `com.example.SeatException`, `DB::Exception`, `SeatMap`.
pub(super) fn is_type_name(word: &str) -> bool {
    let name = word.rsplit(['.', ':']).next().unwrap_or_default();
    let humps = name.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let capital = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let telling =
        ["Error", "Exception", "Failure", "Timeout", "Interrupt", "Exit", "Warning"].iter().any(|end| name.ends_with(end));
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    capital && (telling || humps > 0) && digits <= 2 && name.len() > 4
}

/// `OUT_OF_RANGE`, `NOAUTH`, `OOM`.
fn is_constant(word: &str) -> bool {
    let name = word.rsplit(['.', ':']).next().unwrap_or_default();
    name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

fn has_inner_dot(word: &str) -> bool {
    // `e.g.` and the end of a sentence are no names.
    word.split('.').filter(|part| part.len() > 1).count() > 1
}

/// What a token is in the company of its neighbours.
fn in_place(tokens: &[Token<'_>], place: usize) -> Kind {
    let token = &tokens[place];
    let before = |back: usize| place.checked_sub(back).and_then(|at| tokens.get(at));
    let is = |token: Option<&Token<'_>>, text: &str| token.is_some_and(|token| token.text == text);
    let next = tokens.get(place + 1);
    let key = before(1).filter(|sign| matches!(sign.text, "=" | ":") && !sign.spaced && !token.spaced).and_then(|_| before(2));
    let announcer = before(1)
        .filter(|before| !matches!(before.kind, Kind::Sign))
        .or(key)
        .or(before(2).filter(|_| is(before(1), "(") || is(before(1), ":")));
    let announced = announcer.is_some_and(|word| has(ANNOUNCE, word.text) || has(ANNOUNCE, word.text.trim_end_matches('s')));
    match token.kind {
        Kind::Number if announced && token.text.len() <= 5 && token.text.bytes().all(|byte| byte.is_ascii_digit()) => Kind::Fixed,
        Kind::Number if is_status_after_target(tokens, place) => Kind::Fixed,
        Kind::Id
            if is_code(token.text) && (place == 0 || announced || is(next, ":") || is(before(1), "(") || is(before(1), "[")) =>
        {
            Kind::Fixed
        }
        Kind::Word | Kind::Name if is(next, "=") => Kind::Word,
        // `max_connections` is a setting that the message speaks of; what stands after `in` or `table` is somebody's own.
        Kind::Name
            if !before(1).is_some_and(|before| {
                names_something(before) || before.text == "=" || before.text == "." || has(PLACED, before.text)
            }) =>
        {
            Kind::Word
        }
        // `reason=timeout` says what happened, `user=anna` does not.
        Kind::Word if key.is_some_and(|key| is(before(1), "=") && !says_what(key.text)) => Kind::Name,
        Kind::Word if before(1).is_some_and(names_something) && token.spaced && next.is_none_or(follows_a_name) => Kind::Name,
        kind => kind,
    }
}

/// `GET https://… 503`, `HTTP/1.1" 503`.
fn is_status_after_target(tokens: &[Token<'_>], place: usize) -> bool {
    let three = tokens[place].text.len() == 3 && ("100".."600").contains(&tokens[place].text);
    let target = tokens[..place].iter().rev().find(|token| token.kind != Kind::Sign);
    three && target.is_some_and(|token| token.kind == Kind::Url || token.text.contains("HTTP/"))
}

/// `ORA-00060`, `E11000`, `HY000`, `40P01`: short, upper case.
fn is_code(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (4..=10).contains(&word.len())
        && digits >= 2
        && word.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-')
}

fn says_what(key: &str) -> bool {
    let key = key.to_lowercase();
    ["reason", "error", "err", "cause", "status", "state", "code", "type", "kind", "event", "msg", "message", "level", "result"]
        .iter()
        .any(|known| key.ends_with(known))
}

fn names_something(token: &Token<'_>) -> bool {
    token.kind == Kind::Word && has(NAMED, token.text)
}

fn follows_a_name(token: &Token<'_>) -> bool {
    has(AFTER_A_NAME, token.text) || matches!(token.text, ":" | ")" | "]" | ";" | ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn varying(line: &str) -> Vec<&str> {
        tokens(line).into_iter().filter(|token| token.kind.varies()).map(|token| token.text).collect()
    }

    #[test]
    fn what_varies_is_told_from_what_stays() {
        let line = "Topic orders not present in metadata after 60000 ms.";
        assert_eq!(varying(line), ["orders", "60000 ms"]);
        assert_eq!(varying("duplicate key value violates unique constraint \"users_pkey\""), ["\"users_pkey\""]);
        assert_eq!(varying("can't open file '/srv/a.txt': No such file"), ["'/srv/a.txt'"]);
        assert_eq!(
            varying("checksum 0x1f3a of job-7ab8f75577 at 10.0.0.3:5432 took 1.5s"),
            ["0x1f3a", "job-7ab8f75577", "10.0.0.3:5432", "1.5s"]
        );
        assert_eq!(varying("Connecting as ‹email:1› to postgres://db/x"), ["‹email:1›", "postgres://db/x"]);
    }

    #[test]
    fn statuses_codes_exceptions_and_enum_names_stay() {
        for line in [
            "upstream answered 503",
            "ORA-00060: deadlock detected",
            "ERROR 1205 (HY000): lock wait timeout exceeded",
            "org.example.SeatMapException: State.OPEN is NOT_FOUND",
            "SQLSTATE 40P01 while IPv6 is off, reason=timeout",
        ] {
            assert_eq!(varying(line), Vec::<&str>::new(), "{line}");
        }
    }

    #[test]
    fn a_value_varies_with_its_key_in_place() {
        assert_eq!(varying("[Consumer clientId=consumer-1, groupId=orders] left"), ["consumer-1", "orders"]);
    }
}
