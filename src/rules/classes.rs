//! Patterns whose `\d \w \s \b` are ASCII, as text that every engine reads alike.

use std::ops::Range;

use regex_syntax::ast::{self, Ast};

/// A pattern with ASCII classes, and the names of its groups.
pub(super) struct Rewritten {
    pub(super) text: String,
    pub(super) names: Vec<String>,
}

/// The same pattern with `\d \w \s \b` and their negations written as ASCII; else the byte where it goes wrong, and
/// the regex engine's own words.
pub(super) fn with_ascii_classes(source: &str) -> Result<Rewritten, (usize, String)> {
    let tree = ast::parse::Parser::new().parse(source).map_err(|error| (error.span().start.offset, error.kind().to_string()))?;
    let Ok(Rewrite { mut edits, names }) = ast::visit(&tree, Rewrite::default());
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(source.len() + 16 * edits.len());
    let mut done = 0;
    for (span, text) in edits {
        out.push_str(&source[done..span.start]);
        out.push_str(text);
        done = span.end;
    }
    out.push_str(&source[done..]);
    Ok(Rewritten { text: out, names })
}

#[derive(Default)]
struct Rewrite {
    edits: Vec<(Range<usize>, &'static str)>,
    names: Vec<String>,
}

impl ast::Visitor for Rewrite {
    type Output = Rewrite;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self)
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), Self::Err> {
        match node {
            Ast::ClassPerl(class) => self.perl(class),
            Ast::Group(group) => {
                if let ast::GroupKind::CaptureName { name, .. } = &group.kind {
                    self.names.push(name.name.clone());
                }
            }
            Ast::Assertion(assertion) => {
                let text = match assertion.kind {
                    ast::AssertionKind::WordBoundary => r"(?-u:\b)",
                    ast::AssertionKind::NotWordBoundary => r"(?-u:\B)",
                    _ => return Ok(()),
                };
                self.edits.push((assertion.span.start.offset..assertion.span.end.offset, text));
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
        if let ast::ClassSetItem::Perl(class) = item {
            self.perl(class);
        }
        Ok(())
    }
}

impl Rewrite {
    fn perl(&mut self, class: &ast::ClassPerl) {
        // `\x20` and not a blank: under `(?x)` a blank would be skipped.
        let text = match (&class.kind, class.negated) {
            (ast::ClassPerlKind::Digit, false) => "[0-9]",
            (ast::ClassPerlKind::Digit, true) => "[^0-9]",
            (ast::ClassPerlKind::Space, false) => r"[\t-\r\x20]",
            (ast::ClassPerlKind::Space, true) => r"[^\t-\r\x20]",
            (ast::ClassPerlKind::Word, false) => "[0-9A-Z_a-z]",
            (ast::ClassPerlKind::Word, true) => "[^0-9A-Z_a-z]",
        };
        self.edits.push((class.span.start.offset..class.span.end.offset, text));
    }
}
