//! A rule on its way out that does not say what comes after it.

use super::super::Status;
use super::super::problem::Sheet;
use super::{Lint, Subject, lint};

pub(super) static NO_SUCCESSOR: Lint = lint("FW305", "no-successor", "a deprecated rule names no successor that stands", look);

fn look(subject: &Subject<'_>, sheet: &mut Sheet<'_>) {
    if subject.rule.status != Status::Deprecated {
        return;
    }
    let catalog = subject.bench.catalog;
    match subject.rule.replaced_by.as_ref().and_then(|id| catalog.find(id)) {
        None => {
            let help = "add `replaced_by: ID`; if nothing replaces it, remove the rule".to_owned();
            sheet.found(&NO_SUCCESSOR.code, subject.key("status"), "this rule is deprecated and names no successor", help);
        }
        Some(successor) if catalog.rule(successor).status == Status::Deprecated => {
            let message = format!("the successor `{}` is deprecated itself", catalog.rule(successor).id);
            sheet.found(&NO_SUCCESSOR.code, subject.key("replaced_by"), message, "name the rule that stands".to_owned());
        }
        Some(_) => {}
    }
}
