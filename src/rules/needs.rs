//! The words that every match of a pattern needs, in the forms in which they are looked for.
//!
//! Working them out costs more than all else in loading a rule. So it is done once, when the program is built, for
//! the patterns of the catalog that is part of it (`build.rs`), and these are read back here.

use std::sync::OnceLock;

use regex_syntax::hir::Hir;

use super::classes::Rewritten;
use super::literals::{clauses, required};
use super::pieces::{CUTS, piece};

/// A literal shorter than this is in so many records that asking the pattern is as cheap.
const SHORTEST_LITERAL: usize = 3;

/// What is known of a pattern without compiling it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// The pattern as it is compiled, ASCII classes written out.
    pub(super) translated: String,
    /// The names of its groups.
    pub(super) names: Vec<String>,
    /// It can match without any text.
    pub(super) may_be_empty: bool,
    /// A text it matches holds a word of each of these sets.
    pub(super) text: Vec<Vec<String>>,
    /// One of the lines of a text it matches holds a word of each of these sets: one set, or none where that cannot be said.
    pub(super) line: Vec<Vec<String>>,
    /// See [`Needs::raw`]: worked out when it is first asked, for few entries have to be judged so.
    raw: OnceLock<Vec<Vec<String>>>,
}

impl Needs {
    /// Works them out; linear in the size of the pattern times the number of texts that its parts can be.
    pub(super) fn of(rewritten: Rewritten, hir: &Hir) -> Needs {
        let in_line = |set: Vec<String>| set.iter().map(|text| in_a_line(text).to_owned()).collect();
        let shortest = |sets: Vec<Vec<String>>| sets.into_iter().map(without_longer).collect();
        Needs {
            translated: rewritten.text,
            names: rewritten.names,
            may_be_empty: hir.properties().minimum_len() == Some(0),
            text: shortest(clauses(hir, |text| if text.len() < SHORTEST_LITERAL { 0 } else { text.len() })),
            line: shortest(required(hir, |text| in_a_line(text).len()).into_iter().map(in_line).collect()),
            raw: OnceLock::new(),
        }
    }

    /// An entry whose text it matches holds one of these pieces, for each of the [`CUTS`]; none where that cannot be said.
    pub(super) fn raw(&self) -> &[Vec<String>] {
        self.raw.get_or_init(|| {
            let Ok(hir) = regex_syntax::parse(&self.translated) else { return Vec::new() };
            let pieces = CUTS.iter().map(|(_, is_cut, weigh)| {
                let literals = required(&hir, *weigh).unwrap_or_default();
                without_longer(literals.iter().map(|literal| piece(literal, *is_cut).to_owned()).collect())
            });
            pieces.collect()
        })
    }

    /// Writes them as bytes.
    #[allow(dead_code, reason = "only the build script writes")]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_text(&self.translated, out);
        write_texts(&self.names, out);
        out.push(u8::from(self.may_be_empty));
        for sets in [&self.text, &self.line, self.raw()] {
            write_number(sets.len(), out);
            sets.iter().for_each(|set| write_texts(set, out));
        }
    }

    /// Reads what [`Needs::write`] wrote; `None` for anything else.
    pub(super) fn read(bytes: &mut &[u8]) -> Option<Needs> {
        let (translated, names) = (read_text(bytes)?.to_owned(), read_texts(bytes)?);
        let may_be_empty = take(bytes, 1)? == [1];
        let mut sets = || -> Option<Vec<Vec<String>>> { (0..read_number(bytes)?).map(|_| read_texts(bytes)).collect() };
        let (text, line, raw) = (sets()?, sets()?, OnceLock::from(sets()?));
        Some(Needs { translated, names, may_be_empty, text, line, raw })
    }
}

/// The longest part of a word that stands within one line; empty where none is long enough.
fn in_a_line(word: &str) -> &str {
    let parts = word.split(['\n', '\r']).filter(|part| part.len() >= SHORTEST_LITERAL);
    parts.max_by_key(|part| part.len()).unwrap_or_default()
}

/// Without the words that hold another one: finding that one is enough.
fn without_longer(mut words: Vec<String>) -> Vec<String> {
    words.sort_unstable_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if !kept.iter().any(|shorter| word.contains(shorter.as_str())) {
            kept.push(word);
        }
    }
    kept
}

/// Writes a number, seven bits a byte.
pub(super) fn write_number(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes a text so that [`read_text`] finds its end.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    write_number(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

fn write_texts(texts: &[String], out: &mut Vec<u8>) {
    write_number(texts.len(), out);
    texts.iter().for_each(|text| write_text(text, out));
}

/// So many bytes; advances behind them.
pub(super) fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// A number; advances behind it.
pub(super) fn read_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// A text; advances behind it.
pub(super) fn read_text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    let length = read_number(bytes)?;
    std::str::from_utf8(take(bytes, length)?).ok()
}

fn read_texts(bytes: &mut &[u8]) -> Option<Vec<String>> {
    (0..read_number(bytes)?).map(|_| Some(read_text(bytes)?.to_owned())).collect()
}
