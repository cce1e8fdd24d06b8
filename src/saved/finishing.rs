//! Brings the files of a folder into their final form: tokens get their numbers, journals become Parquet.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::journal::moment;
use super::manifest::SavedRedaction;
use super::masking::Mask;
use super::{Error, FileForm, disk};
use crate::logs::parquet;
use crate::report::redact::{Form, Secret, Token, identity, is_telling, tokens_in};

/// Calls `each` for every line of a journal, without its line break.
fn lines(path: &Path, each: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        each(line.trim_end_matches('\n'))?;
        line.clear();
    }
    Ok(())
}

/// Writes the entries of a journal in their final form.
pub(super) fn write_log(journal: &Path, target: &Path, form: FileForm, numbers: Option<&Numbers<'_>>) -> Result<(), Error> {
    let read = disk::failed(journal, "brought into its final form");
    disk::write_with(target, |file| {
        let file = BufWriter::with_capacity(1 << 16, file);
        match form {
            FileForm::Parquet => {
                let mut writer = parquet::Writer::new(file)?;
                lines(journal, &mut |line| match numbers {
                    Some(numbers) => writer.push(&numbers.entry(line)),
                    None => writer.push(line),
                })?;
                writer.finish()
            }
            FileForm::Ndjson => {
                let mut writer = file;
                lines(journal, &mut |line| match numbers {
                    Some(numbers) => writeln!(writer, "{}", numbers.entry(line)),
                    None => writeln!(writer, "{line}"),
                })?;
                writer.flush()
            }
        }
    })
    .map_err(|error| match error {
        Error::Io { source, .. } => read(source),
        error => error,
    })
}

/// What tells a secret while the folder is under way: the kind, and the hash.
type Name = (&'static str, String);

/// The numbers of all secrets in a folder.
pub(super) struct Numbers<'a> {
    mask: &'a Mask,
    /// The kinds of the secrets that can be known without the words around them, by their hash.
    bare: FxHashMap<String, &'static str>,
    numbers: FxHashMap<Name, usize>,
    /// The same for addresses, which hold less of the hash.
    addresses: FxHashMap<String, usize>,
    counts: BTreeMap<&'static str, (usize, usize)>,
}

impl<'a> Numbers<'a> {
    /// Numbers the secrets of each kind in order of the time at which they first appear in the journals, then of
    /// their appearance in the texts. The journals are read twice.
    pub(super) fn new(mask: &'a Mask, journals: &[&Path], texts: &[String]) -> Result<Numbers<'a>, Error> {
        let counts = BTreeMap::new();
        let (bare, numbers, addresses) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        let mut found = Numbers { mask, bare, numbers, addresses, counts };
        let each_line = |each: &mut dyn FnMut(&str)| -> Result<(), Error> {
            for journal in journals {
                let read = disk::failed(journal, "read");
                lines(journal, &mut |line| {
                    each(line);
                    Ok(())
                })
                .map_err(read)?;
            }
            Ok(())
        };
        each_line(&mut |line| found.learn(line))?;
        texts.iter().for_each(|text| found.learn(text));
        let mut firsts: FxHashMap<Name, (Option<Timestamp>, String, usize)> = FxHashMap::default();
        each_line(&mut |line| {
            let line = found.recalled(line);
            for (place, token) in found.note(&line).into_iter().enumerate() {
                let (at, id) = when(&line);
                let first = (at, id, place);
                firsts.entry(token).and_modify(|known| *known = first.clone().min(known.clone())).or_insert(first);
            }
        })?;
        let mut order: Vec<_> = firsts.into_iter().map(|(name, first)| (first, name)).collect();
        order.sort();
        let mut order: Vec<Name> = order.into_iter().map(|(_, name)| name).collect();
        for text in texts {
            let text = mask.text(text, &|_, text| found.bare_secrets(text));
            order.extend(found.note(&text));
        }
        order.into_iter().for_each(|name| found.number(name));
        Ok(found)
    }

    fn learn(&mut self, text: &str) {
        for token in tokens_in(text).into_iter().filter(|token| !matches!(token.kind, "email" | "ip" | "private-key")) {
            self.bare.insert(token.id, token.kind);
        }
    }

    /// Counts the tokens of a text, and names them in order.
    fn note(&mut self, text: &str) -> Vec<Name> {
        let tokens = tokens_in(text);
        for token in &tokens {
            self.counts.entry(token.kind).or_default().0 += 1;
        }
        tokens.into_iter().map(|token| (token.kind, token.id)).collect()
    }

    fn number(&mut self, name: Name) {
        let known = self.numbers.get(&name).or_else(|| self.addresses.get(&address_of(&name)?));
        if known.is_some() {
            return;
        }
        let distinct = &mut self.counts.entry(name.0).or_default().1;
        *distinct += 1;
        if let Some(address) = address_of(&name) {
            self.addresses.insert(address, *distinct);
        }
        self.numbers.insert(name, *distinct);
    }

    /// What was taken out, by kind.
    pub(super) fn counts(&self) -> Vec<SavedRedaction> {
        let counts = self.counts.iter();
        counts
            .map(|(kind, (count, distinct))| SavedRedaction { kind: (*kind).to_owned(), count: *count, distinct: *distinct })
            .collect()
    }

    /// An entry of a journal in its final form.
    fn entry(&self, line: &str) -> String {
        let line = self.recalled(line);
        for padded in [false, true] {
            let (numbered, swaps) = self.numbered(&line, padded);
            if swaps.is_empty() || self.reads_alike(&line, &numbered, &swaps) {
                return numbered;
            }
        }
        // A hash whose key is gone tells nothing either.
        line
    }

    fn reads_alike(&self, line: &str, numbered: &str, swaps: &[(String, String)]) -> bool {
        match (serde_json::from_str(line), serde_json::from_str(numbered)) {
            (Ok(before), Ok(after)) => self.mask.reads_alike(&before, &after, swaps),
            _ => false,
        }
    }

    /// A text in its final form.
    pub(super) fn text(&self, text: &str) -> String {
        self.numbered(&self.mask.text(text, &|_, text| self.bare_secrets(text)), false).0
    }

    /// With a token in the place of every secret that is known from somewhere else in the folder.
    fn recalled(&self, line: &str) -> String {
        if self.bare.is_empty() {
            return line.to_owned();
        }
        let entry: Option<Map<String, Value>> = serde_json::from_str(line).ok();
        let masked = entry.and_then(|entry| self.mask.entry(&entry, &|_, text| self.bare_secrets(text)));
        masked.and_then(|masked| serde_json::to_string(&masked).ok()).unwrap_or_else(|| line.to_owned())
    }

    fn bare_secrets(&self, text: &str) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = Vec::new();
        for word in words(text) {
            let parts = parts(&text[word.clone()]).map(|part| word.start + part.start..word.start + part.end);
            for range in parts {
                let taken = secrets.last().is_some_and(|last| range.start < last.range.end);
                if taken || !is_telling(&text[range.clone()]) {
                    continue;
                }
                let identity = identity(&text[range.clone()]);
                if let Some(kind) = self.bare.get(&self.mask.id(&identity)) {
                    secrets.push(Secret { range, kind, identity });
                }
            }
        }
        secrets
    }

    /// The text with numbers in its tokens, if need be padded to the length that these had; and what was exchanged.
    fn numbered(&self, text: &str, padded: bool) -> (String, Vec<(String, String)>) {
        let mut numbered = String::with_capacity(text.len());
        let mut swaps = Vec::new();
        let mut shown = 0;
        for token in tokens_in(text) {
            let Some(number) = self.number_of(&token) else { continue };
            let number = if padded { format!("{number:0width$}", width = token.id.len()) } else { number.to_string() };
            let written = token.with_id(&number);
            numbered.push_str(&text[shown..token.range.start]);
            numbered.push_str(&written);
            swaps.push((text[token.range.clone()].to_owned(), written));
            shown = token.range.end;
        }
        numbered.push_str(&text[shown..]);
        (numbered, swaps)
    }

    fn number_of(&self, token: &Token) -> Option<usize> {
        let name = (token.kind, token.id.clone());
        self.numbers.get(&name).or_else(|| self.addresses.get(&address_of(&name)?)).copied()
    }
}

/// How an IP address with this id is written as an address.
fn address_of((kind, id): &Name) -> Option<String> {
    (*kind == "ip").then(|| Form::Ipv4.write(kind, id))
}

/// When an entry happened, and its insert id.
fn when(line: &str) -> (Option<Timestamp>, String) {
    let entry: Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
    let id = entry.get("insertId").and_then(Value::as_str).unwrap_or_default().to_owned();
    (moment(&entry), id)
}

/// Runs of the characters that keys and tokens are made of.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~+/=%-".contains(byte);
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes[at..].iter().position(inside)?;
        let start = at;
        at += bytes[at..].iter().position(|byte| !inside(byte)).unwrap_or(bytes.len() - at);
        Some(start..at)
    })
}

/// How many parts of a word are looked at.
const MOST_PARTS: usize = 40;

/// A word, and what is left of it where it is cut at punctuation; longest first.
fn parts(word: &str) -> impl Iterator<Item = Range<usize>> {
    let is_cut = |(_, byte): &(usize, u8)| b"./=%".contains(byte);
    let cuts: Vec<usize> = word.bytes().enumerate().filter(is_cut).map(|(at, _)| at).take(8).collect();
    let starts: Vec<usize> = std::iter::once(0).chain(cuts.iter().map(|cut| cut + 1)).collect();
    let ends: Vec<usize> = std::iter::once(word.len()).chain(cuts.iter().rev().copied()).collect();
    let mut parts: Vec<Range<usize>> = Vec::new();
    for start in starts {
        parts.extend(ends.iter().filter(|end| start < **end).map(|end| start..*end));
    }
    parts.into_iter().take(MOST_PARTS)
}

/// Masks a text that is no entry.
pub(super) fn masked_text(mask: &Mask, text: &str) -> String {
    mask.text(text, &|field, text| mask.plain_secrets(field, text))
}
