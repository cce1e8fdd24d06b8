//! Rules of a user's own over the catalog: what they replace, what is switched off, and that both are said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::codes;
use super::load::Source;
use super::problem::{Problem, Sheet, nearest};
use super::read::Draft;
use super::{Catalog, Edge, RuleId, RuleIx};

/// Something that is not as the catalog has it, because the user wants it so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A rule stands in the place of another.
    Replaced {
        /// The rule that is gone.
        rule: RuleId,
        /// The rule in its place; the same id where it keeps the name.
        by: RuleId,
        /// The file of the rule in its place.
        path: String,
    },
    /// A rule was switched off.
    Disabled {
        /// The rule.
        rule: RuleId,
        /// Why, in the user's words.
        reason: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Replaced { rule, by, path } if rule == by => {
                write!(out, "the rule `{rule}` is replaced by the one in {path}")
            }
            Change::Replaced { rule, by, path } => write!(out, "the rule `{rule}` is replaced by `{by}`, in {path}"),
            Change::Disabled { rule, reason } => write!(out, "the rule `{rule}` is switched off: {reason}"),
        }
    }
}

/// Sound rules by their ids, and the file of each.
pub(super) type Drafts<'s> = BTreeMap<&'s str, (Draft, &'s Source)>;

/// Which rule stands for which.
#[derive(Debug, Default)]
pub(super) struct Replacements<'s> {
    by: BTreeMap<RuleId, &'s str>,
    pub(super) changes: Vec<Change>,
}

impl<'s> Replacements<'s> {
    /// Whether the second file of an id says that it replaces the first; the first one must not say the same of another.
    pub(super) fn same_id(&mut self, second: &Draft, first: &Draft, source: &Source) -> bool {
        let says_so = |draft: &Draft| draft.replaces.as_ref().is_some_and(|mention| mention.id == source.id);
        let takes = second.sound && says_so(second) && !says_so(first);
        if takes {
            let (rule, by) = (source.id.clone(), source.id.clone());
            self.changes.push(Change::Replaced { rule, by, path: source.path.clone() });
        }
        takes
    }

    /// Takes out the rules that others replace; what cannot be done is reported, and both rules stay.
    pub(super) fn settle(&mut self, drafts: &mut Drafts<'s>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (&own, (draft, source)) in drafts.iter().filter(|(_, (draft, _))| draft.sound) {
            let Some(mention) = draft.replaces.as_ref().filter(|mention| mention.id != own) else { continue };
            let wrong = match (drafts.contains_key(mention.id.as_str()), self.by.get(&mention.id)) {
                (true, None) => {
                    self.by.insert(mention.id.clone(), own);
                    continue;
                }
                (true, Some(other)) => {
                    let help = "only one rule can stand in its place: remove `replaces` from one of the two";
                    (format!("`{other}` replaces `{}` already", mention.id), Some(help.to_owned()))
                }
                (false, _) => {
                    let near = nearest(&mention.id, drafts.keys().copied().filter(|id| *id != own));
                    let message = format!("`replaces` names the rule `{}`, which there is not", mention.id);
                    (message, near.map(|near| format!("did you mean `{near}`?")))
                }
            };
            let mut sheet = Sheet::new(&source.path, source.text.as_deref().unwrap_or_default());
            sheet.found(&codes::WRONG_REPLACEMENT, mention.place, wrong.0, wrong.1);
            problems.append(&mut sheet.problems);
        }
        self.break_rings();
        for (rule, by) in &self.by {
            let path = drafts.get(by).map(|(_, source)| source.path.clone()).unwrap_or_default();
            self.changes.push(Change::Replaced { rule: rule.clone(), by: (*by).to_owned(), path });
        }
        drafts.retain(|id, _| !self.by.contains_key(*id));
        self.changes.sort();
        problems
    }

    /// Rules that replace each other in a ring would all be gone: the last one of it stays.
    fn break_rings(&mut self) {
        let ids: Vec<RuleId> = self.by.keys().cloned().collect();
        for id in ids {
            let mut seen = BTreeSet::from([id.as_str()]);
            let mut at = id.as_str();
            while let Some(next) = self.by.get(at) {
                if !seen.insert(next) {
                    let closing = at.to_owned();
                    self.by.remove(&closing);
                    break;
                }
                at = next;
            }
        }
    }

    /// The rule that stands for this id.
    pub(super) fn standing<'a>(&'a self, id: &'a str) -> &'a str {
        let mut at = id;
        while let Some(next) = self.by.get(at) {
            at = next;
        }
        at
    }
}

impl Catalog {
    /// The catalog without these rules, and what was done; edges and refinements to them are gone with them.
    /// Ids that there are not come back second. Linear in rules and edges.
    pub fn without(self, disabled: &BTreeMap<RuleId, String>) -> (Catalog, Vec<Change>, Vec<RuleId>) {
        let unknown = disabled.keys().filter(|id| self.find(id).is_none()).cloned().collect();
        let change = |(rule, reason): (&RuleId, &String)| Change::Disabled { rule: rule.clone(), reason: reason.clone() };
        let changes = disabled.iter().filter(|(id, _)| self.find(id).is_some()).map(change).collect();
        let stays = |rule: &super::Rule| !disabled.contains_key(&rule.id);
        let mut next = 0;
        let places: Vec<Option<RuleIx>> = self
            .rules
            .iter()
            .map(|rule| {
                stays(rule).then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        let moved = |place: &RuleIx| places.get(*place).copied().flatten();
        let rules = self.rules.into_iter().filter(stays).map(|mut rule| {
            rule.refines = rule.refines.iter().filter_map(moved).collect();
            rule.explains =
                rule.explains.into_iter().filter_map(|edge| Some(Edge { effect: moved(&edge.effect)?, ..edge })).collect();
            rule
        });
        (Catalog { rules: rules.collect() }, changes, unknown)
    }
}
