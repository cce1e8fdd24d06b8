//! Two slips of the pen in regexes: a dot that should be a dot, and brackets that should be brackets.

use std::ops::Range;

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{self, Ast, ClassBracketed, ClassSet, ClassSetItem};

use super::super::problem::Sheet;
use super::super::{Example, Rule};
use super::{Lint, Subject, Written, at_part, lint};

pub(super) static UNESCAPED_DOT: Lint =
    lint("FW103", "unescaped-dot", "a dot stands for any character where a dot is meant", look_for_dots);

pub(super) static ACCIDENTAL_CLASS: Lint =
    lint("FW104", "accidental-class", "a word in brackets is read as a set of letters", look_for_classes);

/// What follows a dot in names of hosts and files.
const ENDINGS: &[&str] = &[
    "com",
    "org",
    "net",
    "io",
    "dev",
    "app",
    "cloud",
    "internal",
    "local",
    "svc",
    "googleapis",
    "py",
    "js",
    "ts",
    "go",
    "rb",
    "java",
    "json",
    "yaml",
    "yml",
    "toml",
    "log",
    "txt",
    "sock",
    "html",
    "xml",
    "proto",
];

/// Words that loggers put in brackets.
const IN_BRACKETS: &[&str] = &[
    "trace", "debug", "info", "notice", "warn", "warning", "error", "critical", "fatal", "alert", "main", "stdout", "stderr",
    "null", "none", "true", "false", "agent", "http", "worker", "server", "client", "root",
];

/// A dot between letters.
struct Dot {
    at: usize,
    before: String,
    after: String,
}

#[derive(Default)]
struct Slips {
    dots: Vec<Dot>,
    classes: Vec<(Range<usize>, String)>,
}

impl ast::Visitor for Slips {
    type Output = Slips;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self)
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), Self::Err> {
        match node {
            Ast::Concat(concat) => self.dots.extend(dots(&concat.asts)),
            Ast::ClassBracketed(class) => {
                let word = spelled(class).filter(|word| is_word(word));
                self.classes.extend(word.map(|word| (class.span.start.offset..class.span.end.offset, word)));
            }
            _ => {}
        }
        Ok(())
    }
}

fn slips(written: &Written<'_>) -> Slips {
    let Ok(tree) = Parser::new().parse(written.pattern.source()) else { return Slips::default() };
    let Ok(slips) = ast::visit(&tree, Slips::default());
    slips
}

fn letter(part: Option<&Ast>) -> Option<char> {
    match part {
        Some(Ast::Literal(literal)) => Some(literal.c).filter(|c| c.is_ascii_alphanumeric() || *c == '_'),
        _ => None,
    }
}

fn dots(parts: &[Ast]) -> Vec<Dot> {
    let found = parts.iter().enumerate().filter_map(|(place, part)| {
        let Ast::Dot(span) = part else { return None };
        let before: String = parts[..place].iter().rev().map_while(|part| letter(Some(part))).collect();
        let after: String = parts[place + 1..].iter().map_while(|part| letter(Some(part))).collect();
        let before: String = before.chars().rev().collect();
        (!before.is_empty() && !after.is_empty()).then_some(Dot { at: span.start.offset, before, after })
    });
    found.collect()
}

fn look_for_dots(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    for written in subject.patterns() {
        for dot in slips(&written).dots.iter().filter(|dot| is_meant(dot, subject.rule)) {
            let Dot { at, before, after } = dot;
            let message = format!("the dot in `{before}.{after}` stands for any character");
            let Some(bytes) = at_part(sheet, &UNESCAPED_DOT, &written, *at..*at + 1, (message, r"write `\.` for a dot")) else {
                continue;
            };
            let escaped = if sheet.source[written.node.bytes.start..].starts_with('"') { r"\\." } else { r"\." };
            sheet.fix(bytes, escaped);
        }
    }
}

/// Whether a dot is meant: the examples have a dot there and nothing else, or they say nothing and it looks like a name
/// of a host or a file. (`not.found` for "not found", "not-found" is a good use of a dot.)
fn is_meant(dot: &Dot, rule: &Rule) -> bool {
    let (before, after) = (dot.before.to_ascii_lowercase(), dot.after.to_ascii_lowercase());
    let texts: Vec<String> = rule.matching_examples.iter().map(|example| text_of(example).to_lowercase()).collect();
    let mut between = texts.iter().flat_map(|text| {
        text.match_indices(before.as_str()).filter_map(|(at, _)| {
            let mut rest = text[at + before.len()..].chars();
            let letter = rest.next()?;
            rest.as_str().starts_with(after.as_str()).then_some(letter)
        })
    });
    match between.next() {
        Some(first) => first == '.' && between.all(|letter| letter == '.'),
        None => ENDINGS.contains(&after.as_str()),
    }
}

fn text_of(example: &Example) -> String {
    match example {
        Example::Text(text) => text.clone(),
        Example::Entry(fields) => serde_json::Value::Object(fields.clone()).to_string(),
        Example::Test(test) => format!("{}\n{}", test.message, test.details),
    }
}

fn look_for_classes(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    for written in subject.patterns() {
        for (span, word) in slips(&written).classes {
            let message = format!("`[{word}]` matches one letter out of these, not the word in brackets");
            let help = r"write `\[…\]` for brackets, `(?:…|…)` for a choice of words";
            let Some(bytes) = at_part(sheet, &ACCIDENTAL_CLASS, &written, span, (message, help)) else { continue };
            let slash = if sheet.source[written.node.bytes.start..].starts_with('"') { r"\\" } else { r"\" };
            sheet.fix(bytes, format!("{slash}[{word}{slash}]"));
        }
    }
}

/// The letters of a class that is written as nothing but letters.
fn spelled(class: &ClassBracketed) -> Option<String> {
    let ClassSet::Item(item) = &class.kind else { return None };
    let letters = |items: &[ClassSetItem]| -> Option<String> {
        items.iter().map(|item| if let ClassSetItem::Literal(literal) = item { Some(literal.c) } else { None }).collect()
    };
    let word = match item {
        ClassSetItem::Union(union) => letters(&union.items)?,
        _ => return None,
    };
    (!class.negated && word.chars().all(|c| c.is_ascii_alphabetic())).then_some(word)
}

/// A set of letters needs each of them once; a word often has one twice, or is known.
fn is_word(word: &str) -> bool {
    let twice = word.char_indices().any(|(at, letter)| word[at + 1..].contains(letter));
    word.len() >= 4 && (twice || IN_BRACKETS.contains(&word.to_ascii_lowercase().as_str()))
}
