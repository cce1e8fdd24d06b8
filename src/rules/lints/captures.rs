//! Named groups that nothing uses.

use std::collections::BTreeSet;

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{self, Ast, GroupKind};

use super::super::problem::Sheet;
use super::super::template;
use super::{Lint, Subject, at_part, lint};

pub(super) static UNUSED_CAPTURE: Lint =
    lint("FW201", "unused-capture", "a named group that no text and no fingerprint uses", look);

#[derive(Default)]
struct Groups(Vec<(std::ops::Range<usize>, String)>);

impl ast::Visitor for Groups {
    type Output = Groups;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self)
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), Self::Err> {
        if let Ast::Group(group) = node
            && let GroupKind::CaptureName { name, .. } = &group.kind
        {
            // From the bracket to the `>` behind the name.
            self.0.push((group.span.start.offset..name.span.end.offset + 1, name.name.clone()));
        }
        Ok(())
    }
}

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    let rule = subject.rule;
    let texts = [&rule.title, &rule.why, &rule.remedy.now, &rule.remedy.verify, &rule.remedy.prevent];
    let mut used: BTreeSet<String> = texts.into_iter().flat_map(|text| template::used(text)).collect();
    used.extend(rule.fingerprint.iter().cloned());
    for written in subject.patterns() {
        if written.pattern.names().iter().all(|name| used.contains(name)) {
            continue;
        }
        let Ok(tree) = Parser::new().parse(written.pattern.source()) else { continue };
        let Ok(Groups(groups)) = ast::visit(&tree, Groups::default());
        for (span, name) in groups.into_iter().filter(|(_, name)| !used.contains(name)) {
            let message = format!("`{name}` is captured, and nothing uses it");
            let help = "name it in `title`, `why`, `remedy` or `fingerprint`, or write `(?:…)`";
            if let Some(bytes) = at_part(sheet, &UNUSED_CAPTURE, &written, span, (message, help)) {
                sheet.fix(bytes, "(?:");
            }
        }
    }
}
