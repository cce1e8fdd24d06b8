//! Tokens that stand for secrets in a text that was redacted before: in a saved folder, or in a log that quotes a report.
//!
//! | form | |
//! |---|---|
//! | `‹jwt:3›`, `‹jwt:3 exp=2026-11-20T09:20:00Z aud=orbit-api›` | as reports and folders write it |
//! | `masked_jw3` | in a folder, where a rule needs a word, or would take the name of the kind for its own |
//! | `240.0.0.3`, `100::3` | in a folder, where a rule needs an IP address: nobody has one of these (RFC 1112, RFC 6666) |
//!
//! While a folder is under way, `~` (in words `x`) and 16 hexadecimal digits stand for the number. A number may have
//! zeros in front, where the length of a token matters.

use std::net::{Ipv4Addr, Ipv6Addr};
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
    /// What it says of the secret beside, with a space in front.
    pub(crate) claims: String,
}

impl Token {
    /// The same token with another id.
    pub(crate) fn with_id(&self, id: &str) -> String {
        match self.form {
            Form::Quoted => format!("‹{}:{id}{}›", self.kind, self.claims),
            form => form.write(self.kind, id),
        }
    }
}

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `‹jwt:3›`
    Quoted,
    /// `masked_jw3`
    Word,
    /// `240.0.0.3`
    Ipv4,
    /// `100::3`
    Ipv6,
}

/// Two letters for each of [`KINDS`]: names such as `password` are what rules look for.
const CODES: [&str; KINDS.len()] = ["pk", "jw", "ak", "ck", "tk", "pw", "sg", "st", "em", "ip", "cu"];

impl Form {
    /// The token for a kind and an id.
    pub(crate) fn write(self, kind: &str, id: &str) -> String {
        let number = || match id.strip_prefix('~') {
            Some(hash) => u64::from_str_radix(hash, 16).unwrap_or_default(),
            None => id.parse().unwrap_or_default(),
        };
        match self {
            Form::Quoted => format!("‹{kind}:{id}›"),
            Form::Word => {
                let code = KINDS.iter().position(|known| *known == kind).map_or(kind, |place| CODES[place]);
                format!("masked_{code}{}", id.replace('~', "x"))
            }
            Form::Ipv4 => Ipv4Addr::from(0xf000_0000 | (number() as u32 & 0x0fff_ffff)).to_string(),
            Form::Ipv6 => Ipv6Addr::from(DISCARD | u128::from(number())).to_string(),
        }
    }
}

/// RFC 6666: 100::/64.
const DISCARD: u128 = 0x0100 << 112;

/// The tokens in a text, in order. Linear; costs next to nothing where there are none.
pub(crate) fn tokens_in(text: &str) -> Vec<Token> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    if !may_hold_tokens(text.as_bytes()) {
        return Vec::new();
    }
    let pattern = PATTERN.get_or_init(|| {
        let (kinds, codes) = (KINDS.join("|"), CODES.join("|"));
        Regex::new(&format!(
            r"‹(?<kind>{kinds}):(?<id>[0-9]{{1,18}}|~[0-9a-f]{{16}})(?<claims>(?: (?:exp|aud)=[A-Za-z0-9._:/-]{{1,80}}){{0,2}})›|masked_(?<code>{codes})(?<number>[0-9]{{1,18}}|x[0-9a-f]{{16}})|\b(?<ipv4>2[45][0-9](?:\.[0-9]{{1,3}}){{3}})\b|\b(?<ipv6>100::[0-9a-f]{{0,4}}(?::[0-9a-f]{{1,4}}){{0,3}})\b"
        ))
        .ok()
    });
    pattern.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|found| token(&found)).collect()
}

/// Whether the beginning of a token stands in the text; of an address in 240.0.0.0/4 its first number.
fn may_hold_tokens(text: &[u8]) -> bool {
    let stands = |start: &str| memchr::memmem::find(text, start.as_bytes()).is_some();
    let number = |at: usize| matches!(text[at..], [_, b'4' | b'5', b'0'..=b'9', b'.', ..]);
    ["‹", "masked_", "100::"].into_iter().any(stands) || memchr::memchr_iter(b'2', text).any(number)
}

fn token(found: &regex::Captures<'_>) -> Option<Token> {
    let part = |name| found.name(name).map(|part| part.as_str());
    let (kind, id, form) = match (part("kind"), part("code"), part("ipv4"), part("ipv6")) {
        (Some(name), ..) => (*KINDS.iter().find(|kind| **kind == name)?, unpadded(part("id")?), Form::Quoted),
        (_, Some(code), ..) => (KINDS[CODES.iter().position(|known| *known == code)?], unpadded(part("number")?), Form::Word),
        (_, _, Some(address), _) => ("ip", ipv4_number(address)?.to_string(), Form::Ipv4),
        (.., Some(address)) => ("ip", ipv6_id(address)?, Form::Ipv6),
        _ => return None,
    };
    Some(Token { range: found.get_match().range(), kind, id, form, claims: part("claims").unwrap_or_default().to_owned() })
}

fn unpadded(id: &str) -> String {
    match id.strip_prefix('x') {
        Some(hash) => format!("~{hash}"),
        None if id.starts_with('~') => id.to_owned(),
        None => id.parse::<u64>().unwrap_or_default().to_string(),
    }
}

/// The number that an address of 240.0.0.0/4 stands for.
fn ipv4_number(address: &str) -> Option<u32> {
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    (address >> 28 == 0xf && address != u32::MAX).then_some(address & 0x0fff_ffff)
}

/// What an address of 100::/64 stands for: small numbers are numbers, others hashes.
fn ipv6_id(address: &str) -> Option<String> {
    let inner = u128::from(address.parse::<Ipv6Addr>().ok()?) ^ DISCARD;
    let number = u64::try_from(inner).ok()?;
    Some(if number < 1 << 32 { number.to_string() } else { format!("~{number:016x}") })
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
            (Form::Ipv4, "ip", "70000"),
            (Form::Ipv6, "ip", "70000"),
            (Form::Ipv6, "ip", "~0123456789abcdef"),
        ] {
            let text = format!("a {} b", form.write(kind, id));
            let [token] = &tokens_in(&text)[..] else { panic!("{text}") };
            assert_eq!((token.kind, token.id.as_str(), token.form), (kind, id, form), "{text}");
        }
    }

    #[test]
    fn zeros_in_front_of_a_number_change_nothing() {
        let found = tokens_in("‹jwt:0003› masked_jw0003");
        assert_eq!(found.iter().map(|token| token.id.as_str()).collect::<Vec<_>>(), ["3", "3"]);
    }

    #[test]
    fn what_only_looks_alike_is_no_token() {
        for text in [
            "‹jwt›",
            "‹jwt:x›",
            "‹unknown:1›",
            "masked_thing_1",
            "masked_jw",
            "2100::1",
            "255.255.255.255",
            "version 24.0.1",
            "259.1.1.1",
        ] {
            assert!(tokens_in(text).is_empty(), "{text}");
        }
    }
}
