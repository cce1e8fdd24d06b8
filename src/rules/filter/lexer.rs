//! A query as tokens, each with the byte where it begins.

use super::FilterError;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// First byte in the query.
    pub(super) at: usize,
    /// First byte after it.
    pub(super) end: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Open,
    Close,
    Comma,
    /// `-` right before a term.
    Minus,
    /// `*` alone.
    Star,
    Compare(Op),
    /// A text, or a dotted path; parts in quotes know it.
    Text(Vec<Part>),
}

/// One part of a dotted path, or a whole text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) quoted: bool,
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Has,
    Matches,
    NotMatches,
}

const OPERATORS: &[(&str, Op)] = &[
    ("!=", Op::NotEqual),
    (">=", Op::GreaterOrEqual),
    ("<=", Op::LessOrEqual),
    ("=~", Op::Matches),
    ("!~", Op::NotMatches),
    ("=", Op::Equal),
    (">", Op::Greater),
    ("<", Op::Less),
    (":", Op::Has),
];

/// Cuts a query into tokens; comments and blanks are left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else {
            let after_operator = matches!(tokens.last(), Some(Token { kind: TokenKind::Compare(_), .. }));
            let (kind, length) = token(text, at, after_operator)?;
            tokens.push(Token { kind, at, end: at + length });
            at += length;
        }
    }
    Ok(tokens)
}

fn token(text: &str, at: usize, after_operator: bool) -> Result<(TokenKind, usize), FilterError> {
    let rest = &text[at..];
    let single = match rest.as_bytes().first() {
        Some(b'(') => Some(TokenKind::Open),
        Some(b')') => Some(TokenKind::Close),
        Some(b',') => Some(TokenKind::Comma),
        Some(b'*') => Some(TokenKind::Star),
        // A negative number may stand on the right side; everywhere else `-` is NOT.
        Some(b'-') if !(after_operator && rest[1..].starts_with(|c: char| c.is_ascii_digit())) => Some(TokenKind::Minus),
        _ => None,
    };
    if let Some(kind) = single {
        return Ok((kind, 1));
    }
    if let Some((sign, op)) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok((TokenKind::Compare(*op), sign.len()));
    }
    path(text, at)
}

/// A text, or parts joined by dots.
fn path(text: &str, start: usize) -> Result<(TokenKind, usize), FilterError> {
    let mut parts = Vec::new();
    let mut at = start;
    loop {
        let rest = &text[at..];
        if rest.starts_with('"') {
            let (part, length) = quoted(text, at)?;
            parts.push(Part { text: part, quoted: true });
            at += length;
        } else {
            let length = rest.find(ends_word).unwrap_or(rest.len());
            let part = &rest[..length];
            if part.is_empty() || (parts.is_empty() && part.starts_with('+')) {
                return Err(unexpected(text, at));
            }
            parts.push(Part { text: part.to_owned(), quoted: false });
            at += length;
        }
        if text[at..].starts_with('.') {
            at += 1;
        } else {
            break;
        }
    }
    match text[at..].chars().next() {
        Some('*') => {
            Err(FilterError::new(text, at, "`*` stands alone", "put a text with `*` in quotes; `f:*` asks whether `f` is there"))
        }
        Some('"') => Err(FilterError::new(text, at, "a quote in the middle of a text", "put the whole text in quotes")),
        _ => Ok((TokenKind::Text(parts), at - start)),
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '~' | '=' | '(' | ')' | ':' | '>' | '<' | ',' | '.' | '*' | '"' | '!')
}

fn unexpected(text: &str, at: usize) -> FilterError {
    let found = text[at..].chars().next().map_or("the end".to_owned(), |c| format!("`{c}`"));
    FilterError::new(text, at, format!("{found} is not expected here"), "put a text with special characters in double quotes")
}

/// A text in double quotes: its meaning and its length in the query.
fn quoted(text: &str, start: usize) -> Result<(String, usize), FilterError> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            None => return Err(FilterError::new(text, start, "this quote is never closed", "add the closing `\"`")),
            Some(b'"') => break,
            Some(b'\\') => at += escape(text, at, &mut out)?,
            Some(byte) => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    let value = String::from_utf8(out).map_err(|_| {
        FilterError::new(text, start, "the octal escapes of this text are no UTF-8", "write the characters themselves")
    })?;
    Ok((value, at + 1 - start))
}

/// One escape, added to `out`; answers its length in the query.
fn escape(text: &str, at: usize, out: &mut Vec<u8>) -> Result<usize, FilterError> {
    let rest = &text[at + 1..];
    let simple = match rest.as_bytes().first() {
        Some(b'"') => b'"',
        Some(b'\\') => b'\\',
        Some(b'\'') => b'\'',
        Some(b't') => b'\t',
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b'0'..=b'7') => {
            let digits = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            let value = rest[..digits].bytes().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            let byte = u8::try_from(value).map_err(|_| FilterError::new(text, at, "an octal escape ends at \\377", None))?;
            out.push(byte);
            return Ok(1 + digits);
        }
        _ => {
            let c = rest.chars().next().map(String::from).unwrap_or_default();
            let help = format!("a backslash itself is doubled: `\\\\{c}`");
            return Err(FilterError::new(text, at, format!("`\\{c}` is no escape"), help));
        }
    };
    out.push(simple);
    Ok(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str) -> Vec<Vec<String>> {
        let found = tokens(query).unwrap().into_iter();
        found
            .filter_map(|token| match token.kind {
                TokenKind::Text(parts) => Some(parts.into_iter().map(|part| part.text).collect()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn quoted_parts_of_a_path_keep_their_dots() {
        assert_eq!(texts(r#"labels."run.googleapis.com/x".y=1"#)[0], ["labels", "run.googleapis.com/x", "y"]);
        assert_eq!(texts("protoPayload.@type=x")[0], ["protoPayload", "@type"]);
    }

    #[test]
    fn comments_reach_to_the_end_of_the_line() {
        assert_eq!(texts("a -- b \"c\n d"), [["a"], ["d"]]);
    }

    #[test]
    fn escapes_are_read_and_unknown_ones_refused_with_their_column() {
        assert_eq!(texts(r#""a\"\\\t\n\303\251""#), [["a\"\\\t\né"]]);
        let error = tokens(r#"f=~"\d""#).unwrap_err();
        assert_eq!(error.column, 5);
        assert!(error.help.unwrap().contains(r"\\d"));
        assert!(tokens(r#""open"#).is_err());
        assert!(tokens(r#""\377""#).is_err());
        assert!(tokens("a..b").is_err());
    }
}
