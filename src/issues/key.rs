//! The visible line by which an issue or comment is found again.
//!
//! It is text and not an HTML comment: what nobody sees is stripped by editors, mail and migrations.

use std::fmt;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::report::schema::Cause;

/// What a body begins with that belongs to a key.
const KEY: &str = "`fivewhys-key: v1 ";
/// What ends the part of a body that belongs to the program.
const END: &str = "`fivewhys-end: v1 ";
/// The key line of a comment.
const COMMENT: &str = "`fivewhys-comment: v1 ";

/// A root cause, the same from run to run: its rule, and a digest of what tells it from another of the same rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Id of the rule.
    pub rule: String,
    /// 16 hexadecimal digits.
    pub print: String,
}

impl Key {
    /// The key of a cause.
    pub fn of(cause: &Cause) -> Key {
        Key { rule: plain(&cause.root), print: digest(&unnumbered(&cause.fingerprint), 16) }
    }

    /// The key of the one issue that gathers what would be too many.
    pub fn umbrella() -> Key {
        Key { rule: "umbrella".to_owned(), print: digest("umbrella", 16) }
    }

    /// Whether it is the umbrella's.
    pub fn is_umbrella(&self) -> bool {
        *self == Key::umbrella()
    }

    /// Reads `auth/missing-jwt 0123456789abcdef`.
    pub fn read(text: &str) -> Option<Key> {
        let (rule, print) = text.split_once(' ')?;
        let well = !rule.is_empty() && rule == plain(rule) && print.len() == 16 && print.bytes().all(|b| b.is_ascii_hexdigit());
        well.then(|| Key { rule: rule.to_owned(), print: print.to_owned() })
    }

    /// The line that opens the program's part of a body.
    pub fn line(&self) -> String {
        format!("{KEY}{self}`")
    }

    /// The line that closes it.
    pub fn end_line(&self) -> String {
        format!("{END}{self}`")
    }

    /// The key of a body: that of its first key line, or of an end line that was left when somebody took the first away.
    pub fn in_body(body: &str) -> Option<Key> {
        let read = |line: &str, start: &str| Key::read(line.trim_end().strip_prefix(start)?.strip_suffix('`')?);
        let first = body.lines().find_map(|line| read(line, KEY));
        first.or_else(|| body.lines().find_map(|line| read(line, END)))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rule, self.print)
    }
}

/// The key line of a comment on `subject`.
pub(super) fn comment_line(subject: &str) -> String {
    format!("{COMMENT}{subject}`")
}

/// The key line of a comment, whole, where it has one.
pub(super) fn comment_key(body: &str) -> Option<&str> {
    body.lines().map(str::trim_end).find(|line| line.starts_with(COMMENT) && line.ends_with('`'))
}

/// The text with nothing in it that could be taken for a line of the program's own (its hyphen becomes one that does not break).
pub(super) fn without_marks(text: &str) -> String {
    text.replace("fivewhys-", "fivewhys\u{2011}")
}

/// So many hexadecimal digits of a text's SHA-256.
pub(super) fn digest(text: &str, digits: usize) -> String {
    let mut out = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(digits.div_ceil(2)) {
        // Writing into a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out.truncate(digits);
    out
}

/// Letters that a key line may hold.
fn plain(rule: &str) -> String {
    rule.chars().map(|c| if c.is_ascii_alphanumeric() || "/_.-".contains(c) { c } else { '-' }).collect()
}

/// `‹ip:7›` as `‹ip›`: the numbers are counted anew in each report.
fn unnumbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('‹') {
        out.push_str(before);
        let Some((token, tail)) = after.split_once('›') else {
            rest = after;
            continue;
        };
        out.push_str(token.split(':').next().unwrap_or_default());
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_line_is_read_back_wherever_it_stands_on_a_line_of_its_own() {
        let key = Key { rule: "auth/missing-jwt".to_owned(), print: "0123456789abcdef".to_owned() };
        let body = format!("Somebody's note\r\n{}\r\ntext\r\n{}\r\n", key.line(), key.end_line());
        assert_eq!(Key::in_body(&body), Some(key.clone()));
        assert_eq!(Key::in_body(&format!("text\n{}", key.end_line())), Some(key.clone()), "one line is enough to know it");
        assert_eq!(Key::in_body(&format!("> {}", key.line())), None, "a quotation is no key");
        assert_eq!(
            Key::in_body("`fivewhys-key: v2 auth/missing-jwt 0123456789abcdef`"),
            None,
            "a later version is not guessed at"
        );
    }

    #[test]
    fn numbers_of_secrets_do_not_change_a_key() {
        assert_eq!(unnumbered("a x=‹ip:1› y=‹user:22›"), unnumbered("a x=‹ip:3› y=‹user:1›"));
        assert_ne!(unnumbered("a x=1"), unnumbered("a x=2"));
    }
}
