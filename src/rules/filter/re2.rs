//! RE2 patterns, as the query language has them, in the syntax of the `regex` crate.
//!
//! What both read alike passes; what RE2 reads differently is rewritten; what RE2 refuses, or what the
//! `regex` crate cannot express, is refused here too.

use regex::Regex;

use super::super::classes::with_ascii_classes;
use super::super::pattern::{PatternError, compile};

/// Compiles an RE2 pattern.
pub(super) fn regex(pattern: &str) -> Result<Regex, PatternError> {
    compile(&with_ascii_classes(&translate(pattern)?)?.text)
}

fn refuse<T>(offset: usize, message: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError { offset, message: message.into() })
}

fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut out = String::with_capacity(pattern.len());
    let mut at = 0;
    // Whether a repetition may follow: RE2 refuses `a**`.
    let mut repeated = false;
    while let Some(c) = pattern[at..].chars().next() {
        let rest = &pattern[at..];
        let was_repeated = std::mem::take(&mut repeated);
        at += match c {
            '\\' => escape(rest, at, &mut out)?,
            '[' => class(rest, at, &mut out)?,
            '(' => {
                let length = group(rest, at)?;
                out.push_str(&rest[..length]);
                length
            }
            '*' | '+' | '{' => {
                let Some(length) = repetition(rest, at)? else {
                    out.push_str("\\{");
                    at += 1;
                    continue;
                };
                if was_repeated {
                    return refuse(at, "a repetition of a repetition");
                }
                out.push_str(&rest[..length]);
                repeated = true;
                // `a*?` is the lazy form, one repetition.
                if rest[length..].starts_with('?') {
                    out.push('?');
                    length + 1
                } else {
                    length
                }
            }
            '?' => {
                if was_repeated {
                    return refuse(at, "a repetition of a repetition");
                }
                out.push('?');
                repeated = true;
                if rest[1..].starts_with('?') {
                    out.push('?');
                    2
                } else {
                    1
                }
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
    }
    Ok(out)
}

/// The length of a repetition; `None` for a brace that is only a brace.
fn repetition(rest: &str, at: usize) -> Result<Option<usize>, PatternError> {
    if !rest.starts_with('{') {
        return Ok(Some(1));
    }
    let Some(end) = rest.find('}') else { return Ok(None) };
    let mut bounds = rest[1..end].splitn(2, ',');
    let low = bounds.next().unwrap_or_default();
    let high = bounds.next();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(low) || high.is_some_and(|high| !high.is_empty() && !digits(high)) {
        return Ok(None);
    }
    let too_many = |text: &str| !text.is_empty() && text.parse::<u32>().map_or(true, |count| count > 1000);
    if too_many(low) || high.is_some_and(too_many) {
        return refuse(at, "a repetition of more than 1000");
    }
    Ok(Some(end + 1))
}

/// The length of what opens a group, flags included.
fn group(rest: &str, at: usize) -> Result<usize, PatternError> {
    let Some(flags) = rest.strip_prefix("(?") else { return Ok(1) };
    if flags.starts_with(['=', '!']) || flags.starts_with("<=") || flags.starts_with("<!") {
        return refuse(at, "look-around, which RE2 does not have");
    }
    if flags.starts_with(['P', '<']) {
        return Ok(1);
    }
    let end = flags.find([':', ')']).unwrap_or(flags.len());
    match flags[..end].chars().find(|flag| !"imsU-".contains(*flag)) {
        Some(flag) => refuse(at, format!("the flag `{flag}`, which RE2 does not have")),
        None => Ok(1),
    }
}

fn escape(rest: &str, at: usize, out: &mut String) -> Result<usize, PatternError> {
    let Some(c) = rest[1..].chars().next() else { return refuse(at, "a backslash at the end") };
    match c {
        'Q' => {
            let body = &rest[2..];
            let end = body.find("\\E");
            out.push_str(&regex::escape(&body[..end.unwrap_or(body.len())]));
            Ok(2 + end.map_or(body.len(), |end| end + 2))
        }
        'C' => refuse(at, "`\\C`, a single byte, which cannot be matched here"),
        'u' | 'U' => refuse(at, format!("`\\{c}`, which RE2 does not have; write `\\x{{…}}`")),
        '0'..='7' => octal(rest, at, out),
        '<' | '>' => {
            out.push(c);
            Ok(2)
        }
        'b' if rest[2..].starts_with('{') => {
            out.push_str("\\b\\{");
            Ok(3)
        }
        c => {
            out.push('\\');
            out.push(c);
            let mut length = 1 + c.len_utf8();
            // `\x{10FFFF}` and `\p{Greek}` carry a brace that is no repetition.
            if matches!(c, 'x' | 'p' | 'P') && rest[length..].starts_with('{') {
                let end = rest[length..].find('}').map_or(rest.len(), |end| length + end + 1);
                out.push_str(&rest[length..end]);
                length = end;
            }
            Ok(length)
        }
    }
}

fn octal(rest: &str, at: usize, out: &mut String) -> Result<usize, PatternError> {
    let digits = rest[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if digits == 1 && !rest[1..].starts_with('0') {
        return refuse(at, "a back-reference, which RE2 does not have");
    }
    let value = rest[1..=digits].bytes().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
    out.push_str(&format!("\\x{{{value:x}}}"));
    Ok(1 + digits)
}

/// A class in brackets: in RE2 `[`, `&&` and `~~` inside are plain characters.
fn class(rest: &str, at: usize, out: &mut String) -> Result<usize, PatternError> {
    out.push('[');
    let mut inside = 1;
    if rest[inside..].starts_with('^') {
        out.push('^');
        inside += 1;
    }
    let first = inside;
    while let Some(c) = rest[inside..].chars().next() {
        let here = &rest[inside..];
        match c {
            ']' if inside > first => {
                out.push(']');
                return Ok(inside + 1);
            }
            '[' if here.starts_with("[:") && here.contains(":]") => {
                let end = here.find(":]").map_or(here.len(), |end| end + 2);
                out.push_str(&here[..end]);
                inside += end;
            }
            '\\' if here[1..].starts_with(['Q', 'E']) => return refuse(at + inside, "`\\Q` inside a class"),
            '\\' => inside += escape(here, at + inside, out)?,
            '-' if here.starts_with("--") => return refuse(at + inside, "`--` inside a class; escape one as `\\-`"),
            '[' | ']' | '&' | '~' => {
                out.push('\\');
                out.push(c);
                inside += 1;
            }
            c => {
                out.push(c);
                inside += c.len_utf8();
            }
        }
    }
    refuse(at, "unclosed character class")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        regex(pattern).unwrap().is_match(text)
    }

    #[test]
    fn what_re2_reads_differently_is_rewritten() {
        assert!(matches(r"\Qa.b\E", "a.b") && !matches(r"\Qa.b\E", "axb"));
        assert!(matches(r"^[a&&b]$", "&"));
        assert!(matches(r"^[[a]$", "["));
        assert!(matches(r"^[]a]$", "]"));
        assert!(matches(r"^\101$", "A"));
        assert!(matches(r"\<b\>", "<b>"));
        assert!(matches(r"^[[:digit:]]+$", "12"));
        assert!(!matches(r"^\d$", "٣"));
        assert!(matches(r"a{,2}", "a{,2}"));
        assert!(matches(r"a{2,3}?b", "aab"));
        assert!(matches(r"\x{41}\pL", "AB"));
        assert!(matches(r"(?i)(?P<n>A)(?:b)?", "a"));
    }

    #[test]
    fn what_re2_refuses_is_refused_with_its_place() {
        for (pattern, offset) in [
            ("a**", 2),
            ("a{1001}", 1),
            (r"x\C", 1),
            (r"(a)\1", 3),
            ("b(?=a)", 1),
            ("(?x)a", 0),
            (r"a\Z", 1),
            ("a[b", 1),
            ("a\\", 1),
        ] {
            assert_eq!(regex(pattern).unwrap_err().offset, offset, "{pattern}");
        }
    }
}
