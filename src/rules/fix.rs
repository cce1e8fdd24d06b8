//! Rule files put right where that is sure: each change is tried, and kept only if the rule reads no worse for it.

use super::examples::matches;
use super::problem::{Fix, Problem, Sheet};
use super::{Catalog, Matcher, read, yaml};

/// A file after its fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The whole text.
    pub text: String,
    /// How many mistakes were put right.
    pub count: usize,
}

/// Applies the fixes of a file's problems, the last one in the file first. One that overlaps another, brings a new
/// mistake, or changes which examples the rule matches for the worse is left out. `None` where nothing is changed.
pub fn fixed(text: &str, problems: &[Problem]) -> Option<Fixed> {
    let mut fixes: Vec<&Fix> = problems.iter().filter_map(|problem| problem.fix.as_ref()).collect();
    fixes.sort_by_key(|fix| std::cmp::Reverse((fix.start, fix.end)));
    let mut now = Fixed { text: text.to_owned(), count: 0 };
    let mut standing = Standing::of(text);
    let mut untouched = text.len();
    for fix in fixes {
        if fix.end > untouched || fix.start > fix.end || now.text.get(fix.start..fix.end).is_none() {
            continue;
        }
        let mut changed = now.text.clone();
        changed.replace_range(fix.start..fix.end, &fix.text);
        let after = Standing::of(&changed);
        if after.is_as_good_as(&standing) {
            now = Fixed { text: changed, count: now.count + 1 };
            (standing, untouched) = (after, fix.start);
        }
    }
    (now.count > 0).then_some(now)
}

/// How good a rule file is, read by itself.
struct Standing {
    problems: usize,
    /// For each of its examples whether the rule does with it what it should; `None` where there is no rule.
    right: Option<Vec<bool>>,
}

impl Standing {
    fn of(text: &str) -> Standing {
        let mut sheet = Sheet::new("", text);
        let draft = yaml::parse(&mut sheet).and_then(|root| read::rule(&mut sheet, "family/name", &root));
        let problems = sheet.problems.len();
        let right = draft.filter(|draft| draft.sound).map(|draft| {
            let catalog: Catalog = [draft.rule].into_iter().collect();
            let matcher = Matcher::new(&catalog);
            let rule = catalog.rule(0);
            let does = |example| matches(&catalog, &matcher, 0, example);
            let matching = rule.matching_examples.iter().map(does);
            matching.chain(rule.other_examples.iter().map(|example| !does(example))).collect()
        });
        Standing { problems, right }
    }

    fn is_as_good_as(&self, before: &Standing) -> bool {
        let examples = match (&self.right, &before.right) {
            (Some(now), Some(then)) => now.len() == then.len() && now.iter().zip(then).all(|(now, then)| *now || !then),
            (None, Some(_)) => false,
            (_, None) => true,
        };
        self.problems <= before.problems && examples
    }
}
