//! A pattern that rests on one word that any log is full of.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, RepetitionKind, RepetitionRange};

use super::super::problem::Sheet;
use super::{Lint, Subject, at_part, lint};

pub(super) static GENERIC_WORD: Lint = lint("FW102", "generic-word", "a single common word makes the rule match", look);

/// Most texts that an alternative is spelled out to.
const MOST: usize = 64;

/// Words that say that something went wrong, or nothing at all, and never what.
const GENERIC: &[&str] = &[
    "abort",
    "aborted",
    "bad",
    "cancelled",
    "closed",
    "connection",
    "crash",
    "crashed",
    "critical",
    "denied",
    "done",
    "down",
    "err",
    "error",
    "errors",
    "exception",
    "exit",
    "exited",
    "fail",
    "failed",
    "failing",
    "fails",
    "failure",
    "failures",
    "fatal",
    "forbidden",
    "http",
    "info",
    "invalid",
    "issue",
    "killed",
    "lost",
    "missing",
    "nil",
    "none",
    "null",
    "panic",
    "problem",
    "refused",
    "rejected",
    "request",
    "response",
    "retry",
    "retrying",
    "server",
    "shutdown",
    "starting",
    "started",
    "stopped",
    "test",
    "timeout",
    "timed out",
    "unable",
    "unavailable",
    "undefined",
    "unexpected",
    "unknown",
    "warn",
    "warning",
    "wrong",
];

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    for written in subject.patterns().iter().filter(|written| written.alone) {
        let Ok(tree) = Parser::new().parse(written.pattern.source()) else { continue };
        for alternative in alternatives(&tree) {
            let texts = spelled(alternative).unwrap_or_default();
            let Some(word) =
                texts.iter().map(|text| text.trim().to_ascii_lowercase()).find(|text| GENERIC.contains(&text.as_str()))
            else {
                continue;
            };
            let span = alternative.span();
            let message = format!("`{word}` alone makes this rule match, and any log is full of it");
            let help = "write what stands beside it, and what names the culprit";
            at_part(sheet, &GENERIC_WORD, written, span.start.offset..span.end.offset, (message, help));
        }
    }
}

/// The parts any one of which is enough.
fn alternatives(tree: &Ast) -> Vec<&Ast> {
    match tree {
        Ast::Alternation(alternation) => alternation.asts.iter().flat_map(alternatives).collect(),
        Ast::Group(group) => alternatives(&group.ast),
        // `(?i)` before the first alternative belongs to all of them.
        Ast::Concat(concat) => {
            let mut parts = concat.asts.iter().filter(|part| !matches!(part, Ast::Flags(_) | Ast::Empty(_)));
            match (parts.next(), parts.next()) {
                (Some(only), None) => alternatives(only),
                _ => vec![tree],
            }
        }
        tree => vec![tree],
    }
}

/// The few texts that it can be, optional parts and word ends left out; `None` where it asks for more than words.
fn spelled(tree: &Ast) -> Option<Vec<String>> {
    match tree {
        Ast::Literal(literal) => Some(vec![literal.c.to_string()]),
        Ast::Assertion(_) | Ast::Flags(_) | Ast::Empty(_) => Some(vec![String::new()]),
        Ast::Group(group) => spelled(&group.ast),
        Ast::Repetition(repetition) => match &repetition.op.kind {
            RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => Some(vec![String::new()]),
            RepetitionKind::Range(RepetitionRange::Bounded(0, _) | RepetitionRange::AtLeast(0)) => Some(vec![String::new()]),
            _ => None,
        },
        Ast::Alternation(alternation) => {
            let parts: Option<Vec<Vec<String>>> = alternation.asts.iter().map(spelled).collect();
            Some(parts?.concat()).filter(|texts| texts.len() <= MOST)
        }
        Ast::Concat(concat) => concat.asts.iter().try_fold(vec![String::new()], |texts, part| {
            let next = spelled(part)?;
            let longer: Vec<String> = texts.iter().flat_map(|text| next.iter().map(move |end| format!("{text}{end}"))).collect();
            Some(longer).filter(|texts| texts.len() <= MOST)
        }),
        _ => None,
    }
}
