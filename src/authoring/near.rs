//! How near a text came to a pattern: the words that differ, or the parts that do not stand together.

use std::cell::OnceCell;

use aho_corasick::AhoCorasick;
use regex_syntax::ast::{self, Ast};

use crate::rules::Pattern;

/// Parts of a pattern that are told apart; a longer one is cut into longer parts.
const MOST_PARTS: usize = 80;

/// Shortest plain text that is looked for when lines are chosen, in bytes.
const SHORTEST_WORD: usize = 4;

/// A text that shares less than this with the pattern is no near miss.
const NEAR: f64 = 0.5;

/// A group counts at most so much, in bytes: most of what it holds is alternatives.
const MOST_OF_A_GROUP: usize = 12;

/// A pattern taken apart: one for each of its alternatives.
pub struct Apart {
    ways: Vec<Way>,
    words: Option<AhoCorasick>,
    word_count: usize,
}

/// One alternative, as parts that stand one after the other.
struct Way {
    flags: String,
    parts: Vec<String>,
    /// How much plain text each part holds.
    weights: Vec<usize>,
    heads: Vec<OnceCell<Option<Pattern>>>,
    tails: Vec<OnceCell<Option<Pattern>>>,
}

/// A text that nearly met a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// How much of the pattern's plain text is met, from 0 to 1.
    pub share: f64,
    /// What the pattern wants where the text has something else; empty where only the order or the distance is wrong.
    pub wanted: String,
    /// What the text has there; empty where it ends.
    pub found: String,
    /// How many parts (about: words) differ.
    pub off: usize,
}

impl Apart {
    /// Takes a pattern apart; linear in its length.
    pub fn new(pattern: &Pattern) -> Apart {
        let source = pattern.source();
        let mut ways = Vec::new();
        if let Ok(tree) = ast::parse::Parser::new().parse(source) {
            alternatives(&tree, source, String::new(), &mut ways);
        }
        let words: Vec<String> =
            ways.iter().flat_map(|way| way.parts.iter().filter(|part| is_word(part)).map(|part| plain(part))).collect();
        let words: Vec<String> = words.into_iter().filter(|word| word.len() >= SHORTEST_WORD).collect();
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&words).ok();
        Apart { ways, words: automaton, word_count: words.len() }
    }

    /// How many of the pattern's words the text holds: which texts are worth asking [`Apart::miss`]. Linear in the text.
    pub fn overlap(&self, text: &str) -> usize {
        let Some(words) = &self.words else { return 0 };
        let mut seen = vec![false; self.word_count];
        words.find_overlapping_iter(text).for_each(|found| seen[found.pattern().as_usize()] = true);
        seen.into_iter().filter(|seen| *seen).count()
    }

    /// The alternative that the text comes nearest to; `None` where none is near.
    pub fn miss(&self, text: &str) -> Option<Miss> {
        let misses = self.ways.iter().filter_map(|way| way.miss(text)).filter(|miss| miss.share >= NEAR);
        misses.max_by(|a, b| a.share.total_cmp(&b.share).then(b.off.cmp(&a.off)))
    }
}

/// Collects the alternatives; those within a group that is all there is count, too.
fn alternatives(tree: &Ast, source: &str, flags: String, into: &mut Vec<Way>) {
    match tree {
        Ast::Alternation(either) => either.asts.iter().for_each(|one| alternatives(one, source, flags.clone(), into)),
        Ast::Group(group) if !matches!(group.kind, ast::GroupKind::CaptureName { .. }) => {
            let own = match &group.kind {
                ast::GroupKind::NonCapturing(own) if !own.items.is_empty() => {
                    format!("{flags}(?{})", &source[own.span.start.offset..own.span.end.offset])
                }
                _ => flags,
            };
            alternatives(&group.ast, source, own, into);
        }
        Ast::Concat(concat) => {
            let (mut flags, mut nodes) = (flags, Vec::new());
            for node in &concat.asts {
                match node {
                    Ast::Flags(set) => flags.push_str(&source[set.span.start.offset..set.span.end.offset]),
                    node => nodes.push(node),
                }
            }
            match nodes.as_slice() {
                [only] => alternatives(only, source, flags, into),
                nodes => into.push(Way::new(flags, parts(nodes, source))),
            }
        }
        other => into.push(Way::new(flags, parts(&[other], source))),
    }
}

/// Letters in a row are one part, a blank ends it; everything else is a part of its own.
fn parts(nodes: &[&Ast], source: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut in_word = false;
    for node in nodes {
        let span = node.span();
        let text = &source[span.start.offset..span.end.offset];
        let letter = matches!(node, Ast::Literal(literal) if !literal.c.is_whitespace());
        match parts.last_mut() {
            Some(last) if letter && in_word => last.push_str(text),
            _ => parts.push(text.to_owned()),
        }
        in_word = letter;
    }
    while parts.len() > MOST_PARTS {
        parts = parts.chunks(2).map(|pair| pair.concat()).collect();
    }
    parts
}

impl Way {
    fn new(flags: String, parts: Vec<String>) -> Way {
        let weights = parts.iter().map(|part| if is_word(part) { plain(part).trim().len() } else { least(part) }).collect();
        let cells = || (0..=parts.len()).map(|_| OnceCell::new()).collect();
        Way { heads: cells(), tails: cells(), flags, weights, parts }
    }

    /// Where the first so many parts match.
    fn head(&self, count: usize, text: &str) -> Option<std::ops::Range<usize>> {
        let made =
            self.heads[count].get_or_init(|| Pattern::new(&format!("{}{}", self.flags, self.parts[..count].concat())).ok());
        made.as_ref()?.find(text)
    }

    /// Where the last so many parts match.
    fn tail(&self, count: usize, text: &str) -> Option<std::ops::Range<usize>> {
        let from = self.parts.len() - count;
        let made = self.tails[count].get_or_init(|| Pattern::new(&format!("{}{}", self.flags, self.parts[from..].concat())).ok());
        made.as_ref()?.find(text)
    }

    fn miss(&self, text: &str) -> Option<Miss> {
        let all = self.parts.len();
        let head = most(all, |count| self.head(count, text).is_some());
        let tail = most(all, |count| self.tail(count, text).is_some());
        if head == all {
            return None;
        }
        let end = self.head(head, text).map_or(0, |range| range.end);
        let total: usize = self.weights.iter().sum();
        let missing = head..all.saturating_sub(tail).max(head);
        let start =
            self.tail(all - missing.end, text).map(|range| range.start).filter(|start| *start >= end && missing.end < all);
        let lost: usize = match missing.is_empty() {
            // Both ends are there, but not one after the other.
            true => self.weights[head..(head + 1).min(all)].iter().sum(),
            false => self.weights[missing.clone()].iter().sum(),
        };
        let found = match start {
            Some(start) => text[end..start].trim().to_owned(),
            None => text[end..].split_whitespace().take(3).collect::<Vec<_>>().join(" "),
        };
        let off = missing.clone().filter(|&part| self.weights[part] > 0).count();
        Some(Miss {
            share: 1.0 - lost as f64 / total.max(1) as f64,
            wanted: self.parts[missing].concat().trim().to_owned(),
            found,
            off,
        })
    }
}

/// The largest number for which it holds; it holds for 0 and for all below one for which it holds.
fn most(all: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, all);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if holds(middle) { low = middle } else { high = middle - 1 }
    }
    low
}

/// A part of plain letters, escaped or not.
fn is_word(part: &str) -> bool {
    !part.starts_with(['(', '['])
        && part.chars().any(char::is_alphanumeric)
        && !part.starts_with("\\b")
        && !part.starts_with("\\w")
        && !part.starts_with("\\d")
        && !part.starts_with("\\s")
}

/// The fewest bytes that a part needs.
fn least(part: &str) -> usize {
    regex_syntax::parse(part).ok().and_then(|hir| hir.properties().minimum_len()).unwrap_or(0).min(MOST_OF_A_GROUP)
}

fn plain(part: &str) -> String {
    part.replace('\\', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn miss(pattern: &str, text: &str) -> Option<Miss> {
        Apart::new(&Pattern::new(pattern).unwrap()).miss(text)
    }

    #[test]
    fn the_word_that_differs_is_named() {
        let found =
            miss(r"(?i)\bno JWT found in WebSocket headers\b", "WARN no JWT found in WebSocket cookies (client=1)").unwrap();
        assert_eq!((found.wanted.as_str(), found.off), ("headers", 1), "{found:?}");
        assert!(found.found.starts_with("cookies"), "{found:?}");
        let found = miss(r"pool of (?P<name>\w+) is exhausted for (?P<user>\w+)", "pool of orders is depleted for anna").unwrap();
        assert_eq!((found.wanted.as_str(), found.found.as_str()), ("exhausted", "depleted"));
    }

    #[test]
    fn the_nearest_of_several_alternatives_is_taken_and_a_far_text_is_no_miss() {
        let pattern = r"(?i)(?:lease of \w+ expired early|quorum of ledger replicas lost|seat map is stale)";
        assert_eq!(miss(pattern, "quorum of ledger mirrors lost").unwrap().found, "mirrors");
        assert_eq!(miss(pattern, "GET /health 200"), None);
        assert_eq!(miss(pattern, "Quorum of ledger replicas lost"), None, "it is met");
    }

    #[test]
    fn any_pattern_can_be_taken_apart() {
        for pattern in ["", "a", "(?x) a # b\n c", r"\bfoo(?:bar|baz){2,3}\s+(?-i:X)$", "[a-z]+", "(?P<x>a|b)|c", "((a))"] {
            let _ = miss(pattern, "the quick brown fox ü");
        }
    }
}
