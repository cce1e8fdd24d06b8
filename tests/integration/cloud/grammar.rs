//! A second, independent reading of the Logging query language's grammar: it only says whether a query is one.

/// Checks a query; says what is wrong with it.
pub fn check(query: &str) -> Result<(), String> {
    if query.chars().count() > 20_000 {
        return Err("longer than 20,000 characters".to_owned());
    }
    let tokens = tokens(query)?;
    let mut place = 0;
    expression(&tokens, &mut place)?;
    if place < tokens.len() { Err(format!("unexpected {:?}", tokens[place])) } else { Ok(()) }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text,
    Op,
    Open,
    Close,
    Comma,
}

fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = query.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied();
        match letters[at] {
            c if c.is_whitespace() => at += 1,
            '-' if next == Some('-') => at += letters[at..].iter().position(|c| *c == '\n').unwrap_or(letters.len() - at),
            '"' => {
                at += 1;
                while letters.get(at).ok_or("an open string")? != &'"' {
                    at += if letters[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
                found.push(Token::Text);
            }
            '(' | ')' | ',' => {
                found.push(match letters[at] {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
                at += 1;
            }
            '=' | '<' | '>' | '!' | ':' => {
                let two = matches!((letters[at], next), ('<' | '>' | '!', Some('=')) | ('=' | '!', Some('~')));
                if letters[at] == '!' && !two {
                    return Err("a lone !".to_owned());
                }
                at += if two { 2 } else { 1 };
                found.push(Token::Op);
            }
            c if c.is_alphanumeric() || "_-/%@".contains(c) => {
                let end = letters[at..].iter().position(|c| !(c.is_alphanumeric() || "_-/%@.".contains(*c)));
                let end = at + end.unwrap_or(letters.len() - at);
                found.push(Token::Word(letters[at..end].iter().collect()));
                at = end;
            }
            c => return Err(format!("unquoted {c:?}")),
        }
    }
    Ok(found)
}

fn is(tokens: &[Token], place: usize, word: &str) -> bool {
    matches!(tokens.get(place), Some(Token::Word(found)) if found == word)
}

fn expression(tokens: &[Token], place: &mut usize) -> Result<(), String> {
    sequence(tokens, place)?;
    while is(tokens, *place, "AND") {
        *place += 1;
        sequence(tokens, place)?;
    }
    Ok(())
}

fn sequence(tokens: &[Token], place: &mut usize) -> Result<(), String> {
    loop {
        term(tokens, place)?;
        while is(tokens, *place, "OR") {
            *place += 1;
            term(tokens, place)?;
        }
        let ends = matches!(tokens.get(*place), None | Some(Token::Close)) || is(tokens, *place, "AND");
        if ends {
            return Ok(());
        }
    }
}

fn term(tokens: &[Token], place: &mut usize) -> Result<(), String> {
    while is(tokens, *place, "NOT") {
        *place += 1;
    }
    if matches!(tokens.get(*place), Some(Token::Open)) {
        *place += 1;
        expression(tokens, place)?;
        return close(tokens, place);
    }
    let left = match tokens.get(*place) {
        Some(Token::Word(word)) if !["AND", "OR"].contains(&word.as_str()) => word.clone(),
        Some(Token::Text) => String::new(),
        other => return Err(format!("a term expected, not {other:?}")),
    };
    *place += 1;
    match tokens.get(*place) {
        Some(Token::Open) if ["log_id", "source", "sample", "ip_in_net", "SEARCH"].contains(&left.as_str()) => {
            *place += 1;
            while !matches!(tokens.get(*place), Some(Token::Close) | None) {
                *place += 1;
            }
            close(tokens, place)
        }
        Some(Token::Op) => {
            known_field(&left)?;
            *place += 1;
            if matches!(tokens.get(*place), Some(Token::Open)) {
                *place += 1;
                values(tokens, place)?;
                return close(tokens, place);
            }
            value(tokens, place)
        }
        _ => Ok(()),
    }
}

fn values(tokens: &[Token], place: &mut usize) -> Result<(), String> {
    value(tokens, place)?;
    while is(tokens, *place, "OR") || is(tokens, *place, "AND") {
        *place += 1;
        value(tokens, place)?;
    }
    Ok(())
}

fn value(tokens: &[Token], place: &mut usize) -> Result<(), String> {
    match tokens.get(*place) {
        Some(Token::Word(_) | Token::Text) => {
            *place += 1;
            Ok(())
        }
        other => Err(format!("a value expected, not {other:?}")),
    }
}

fn close(tokens: &[Token], place: &mut usize) -> Result<(), String> {
    if !matches!(tokens.get(*place), Some(Token::Close)) {
        return Err("a parenthesis is not closed".to_owned());
    }
    *place += 1;
    Ok(())
}

fn known_field(path: &str) -> Result<(), String> {
    const FIELDS: [&str; 12] = [
        "resource",
        "timestamp",
        "logName",
        "severity",
        "labels",
        "textPayload",
        "jsonPayload",
        "protoPayload",
        "httpRequest",
        "insertId",
        "trace",
        "operation",
    ];
    let first = path.split('.').next().unwrap_or_default();
    if FIELDS.contains(&first) { Ok(()) } else { Err(format!("Field not found: {path}")) }
}

#[test]
fn the_grammar_tells_queries_from_what_is_none() {
    for good in
        ["a", "severity>=ERROR AND (textPayload:\"x\" OR NOT insertId=\"a\")", "log_id(\"a/b\")\nlabels.x=(\"a\" OR \"b\") -- )"]
    {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for bad in ["a=", "(a", "a)", "AND a", "a OR", "\"a", "nosuch=1", "a=(\"x\"", "x!1"] {
        assert!(check(bad).is_err(), "{bad}");
    }
}
