//! Tokens that stand for secrets in a text that was redacted before: in a saved folder, or in a log that quotes a report.
//!
//! | form | |
//! |---|---|
//! | `‹jwt:3›` | as reports and folders write it |
//! | `masked_jwt_3` | in a folder, where a rule needs a word |
//! | `240.0.0.3` | in a folder, where a rule needs an IP address: RFC 1112 reserves 240.0.0.0/4, nobody has one of these |
//!
//! While a folder is under way, `~` (in words `x`) and 16 hexadecimal digits stand for the number.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::detectors::KINDS;

/// A token in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// The kind of secret it stands for.
    pub(crate) kind: &'static str,
    /// Tells it from others of its kind: a number, or `~` and 16 hexadecimal digits.
    pub(crate) id: String,
    /// How it is written.
    pub(crate) form: Form,
}

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `‹jwt:3›`
    Quoted,
    /// `masked_jwt_3`
    Word,
    /// `240.0.0.3`
    Address,
}

impl Form {
    /// The token for a kind and an id; an address only for IP addresses with a number.
    pub(crate) fn write(self, kind: &str, id: &str) -> String {
        match self {
            Form::Quoted => format!("‹{kind}:{id}›"),
            Form::Word => format!("masked_{}_{}", kind.replace('-', "_"), id.replace('~', "x")),
            Form::Address => {
                let number = id.strip_prefix('~').map_or_else(|| id.parse().ok(), |hash| u32::from_str_radix(hash.get(..8)?, 16).ok());
                Ipv4Addr::from(0xf000_0000 | number.unwrap_or_default() & 0x0fff_ffff).to_string()
            }
        }
    }
}

/// The tokens in a text, in order. Linear; costs next to nothing where there are none.
pub(crate) fn tokens_in(text: &str) -> Vec<Token> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        let kinds = KINDS.join("|");
        let words = kinds.replace('-', "_");
        Regex::new(&format!(
            r"‹(?<kind>{kinds}):(?<id>[0-9]{{1,9}}|~[0-9a-f]{{16}})›|masked_(?<word>{words})_(?<number>[0-9]{{1,9}}|x[0-9a-f]{{16}})|\b(?<address>2[45][0-9](?:\.[0-9]{{1,3}}){{3}})\b"
        ))
        .ok()
    });
    let may = memchr::memmem::find(text.as_bytes(), "‹".as_bytes()).is_some() || text.contains("masked_") || text.contains("24") || text.contains("25");
    let Some(pattern) = pattern.as_ref().filter(|_| may) else { return Vec::new() };
    let mut tokens = Vec::new();
    for found in pattern.captures_iter(text) {
        let named = |name: &str| KINDS.iter().find(|kind| kind.replace('-', "_") == name.replace('-', "_")).copied();
        let token = |kind: &str, id: String, form| Some(Token { range: found.get_match().range(), kind: named(kind)?, id, form });
        let text = |name| found.name(name).map(|part| part.as_str());
        tokens.extend(match (text("kind"), text("id"), text("word"), text("number"), text("address")) {
            (Some(kind), Some(id), ..) => token(kind, id.to_owned(), Form::Quoted),
            (_, _, Some(kind), Some(id), _) => token(kind, id.replace('x', "~"), Form::Word),
            (.., Some(address)) => number(address).and_then(|number| token("ip", number.to_string(), Form::Address)),
            _ => None,
        });
    }
    tokens
}

/// The number that an address of 240.0.0.0/4 stands for.
fn number(address: &str) -> Option<u32> {
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    (address >> 28 == 0xf && address != u32::MAX).then_some(address & 0x0fff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_back_as_the_kind_and_id_it_was_written_for() {
        for (form, kind, id) in [
            (Form::Quoted, "private-key", "3"),
            (Form::Quoted, "jwt", "~0123456789abcdef"),
            (Form::Word, "private-key", "12"),
            (Form::Word, "api-key", "~0123456789abcdef"),
            (Form::Address, "ip", "70000"),
        ] {
            let text = format!("a {} b", form.write(kind, id));
            let [token] = &tokens_in(&text)[..] else { panic!("{text}") };
            assert_eq!((token.kind, token.id.as_str(), token.form), (kind, id, form), "{text}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_no_token() {
        for text in ["‹jwt›", "‹jwt:x›", "‹unknown:1›", "masked_thing_1", "masked_jwt_", "255.255.255.255", "version 24.0.1", "259.1.1.1"] {
            assert!(tokens_in(text).is_empty(), "{text}");
        }
    }
}
