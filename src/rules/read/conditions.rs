//! The `match` part of a rule: conditions and their matchers.

use super::super::codes;
use super::super::problem::Sheet;
use super::super::yaml::{Kind, Node};
use super::super::{Condition, Filter, LogMatcher, TestMatcher};
use super::{duration, fields, list, pattern, text, word, wrong_kind};

type Read = (Option<Condition>, Vec<LogMatcher>, Vec<TestMatcher>);

pub(in crate::rules) const CONDITION_KEYS: &[&str] = &["all", "any", "none", "log", "test", "count", "absent", "sequence"];

pub(in crate::rules) const TEST_KEYS: &[&str] = &["message", "details", "id", "outcome", "shorter_than"];

const OUTCOMES: &[(&str, &str)] =
    &[("passed", "passed"), ("skipped", "skipped"), ("failed", "failed"), ("errored", "errored"), ("flaky", "flaky")];

#[derive(Default)]
struct Matchers {
    logs: Vec<LogMatcher>,
    tests: Vec<TestMatcher>,
}

/// Reads `match`; several keys in one mapping mean `all`.
pub(super) fn read(sheet: &mut Sheet<'_>, node: &Node) -> Option<Read> {
    let mut matchers = Matchers::default();
    let condition = matchers.condition(sheet, node, "`match`")?;
    if !can_be_seen(&condition) {
        let help = "add what must be there: a `log` or a `test`; leave `match` out for a cause that is only inferred";
        sheet.wrong(node.place, "this `match` only says what must not be there", help.to_owned());
        return None;
    }
    Some((Some(condition), matchers.logs, matchers.tests))
}

/// Whether something must be there for the condition to be met.
fn can_be_seen(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().any(can_be_seen),
        Condition::Any(parts) => parts.iter().all(can_be_seen),
        Condition::None(_) | Condition::Absent(_) => false,
        Condition::Log(_) | Condition::Test(_) | Condition::Count { .. } | Condition::Sequence { .. } => true,
    }
}

impl Matchers {
    fn condition(&mut self, sheet: &mut Sheet<'_>, node: &Node, what: &str) -> Option<Condition> {
        if let Kind::List(items) = &node.kind {
            return self.parts(sheet, items, node, what).map(Condition::All);
        }
        let fields = fields(sheet, node, what, CONDITION_KEYS)?;
        if fields.pairs.is_empty() {
            let help = "add a `log` or a `test`; leave it out for a cause that is only inferred".to_owned();
            sheet.wrong(node.place, format!("{what} is empty"), help);
            return None;
        }
        let mut parts = Vec::new();
        let mut whole = true;
        for (key, value) in fields.pairs {
            let part = match key.text().unwrap_or_default() {
                "all" => self.group(sheet, value, "`all`").map(Condition::All),
                "any" => self.group(sheet, value, "`any`").map(Condition::Any),
                "none" => self.group(sheet, value, "`none`").map(Condition::None),
                "log" => self.log(sheet, value).map(Condition::Log),
                "test" => self.test(sheet, value).map(Condition::Test),
                "count" => self.count(sheet, value),
                "absent" => self.inner_log(sheet, value, "`absent`").map(Condition::Absent),
                "sequence" => self.sequence(sheet, value),
                _ => None,
            };
            match part {
                Some(part) => parts.push(part),
                None => whole = false,
            }
        }
        match (whole, parts.len()) {
            (false, _) => None,
            (true, 1) => parts.pop(),
            (true, _) => Some(Condition::All(parts)),
        }
    }

    fn group(&mut self, sheet: &mut Sheet<'_>, node: &Node, what: &str) -> Option<Vec<Condition>> {
        match &node.kind {
            Kind::List(items) => self.parts(sheet, items, node, what),
            Kind::Map(_) => self.condition(sheet, node, what).map(|part| vec![part]),
            _ => {
                wrong_kind(sheet, node, what, "a list of conditions");
                None
            }
        }
    }

    fn parts(&mut self, sheet: &mut Sheet<'_>, items: &[Node], node: &Node, what: &str) -> Option<Vec<Condition>> {
        if items.is_empty() {
            sheet.wrong(node.place, format!("{what} is empty"), "add a `log` or a `test`, or remove it".to_owned());
            return None;
        }
        let read: Vec<_> = items.iter().map(|item| self.condition(sheet, item, "a condition")).collect();
        read.into_iter().collect()
    }

    fn log(&mut self, sheet: &mut Sheet<'_>, node: &Node) -> Option<usize> {
        let fields = fields(sheet, node, "`log`", &["filter", "text"])?;
        let filter = fields.get("filter").map(|node| filter(sheet, node));
        let text = fields.get("text").map(|node| pattern(sheet, node, "text"));
        if filter.is_none() && text.is_none() {
            sheet.wrong(node.place, "`log` is empty", "give it `text`, `filter` or both".to_owned());
            return None;
        }
        let matcher = LogMatcher { filter: whole(filter)?, text: whole(text)? };
        self.logs.push(matcher);
        Some(self.logs.len() - 1)
    }

    fn test(&mut self, sheet: &mut Sheet<'_>, node: &Node) -> Option<usize> {
        let fields = fields(sheet, node, "`test`", TEST_KEYS)?;
        if !TEST_KEYS.iter().any(|key| fields.get(key).is_some()) {
            sheet.wrong(
                node.place,
                "`test` is empty",
                "give it `message`, `details`, `id`, `outcome` or `shorter_than`".to_owned(),
            );
            return None;
        }
        let mut regex = |key| fields.get(key).map(|node| pattern(sheet, node, key));
        let (message, details, id) = (regex("message"), regex("details"), regex("id"));
        let outcome = list(sheet, fields.get("outcome"), |sheet, node| word(sheet, node, "outcome", OUTCOMES));
        let shorter_than = fields.get("shorter_than").map(|node| duration(sheet, node, "shorter_than"));
        let matcher = TestMatcher {
            message: whole(message)?,
            details: whole(details)?,
            id: whole(id)?,
            outcome: outcome.into_iter().map(str::to_owned).collect(),
            shorter_than: whole(shorter_than)?,
        };
        self.tests.push(matcher);
        Some(self.tests.len() - 1)
    }

    /// `{log: {…}}`, or the log matcher itself.
    fn inner_log(&mut self, sheet: &mut Sheet<'_>, node: &Node, what: &str) -> Option<usize> {
        if let Kind::Map(pairs) = &node.kind
            && pairs.iter().any(|(key, _)| matches!(key.text(), Some("filter" | "text")))
        {
            return self.log(sheet, node);
        }
        let fields = fields(sheet, node, what, &["log"])?;
        match fields.get("log") {
            Some(log) => self.log(sheet, log),
            None => {
                sheet.wrong(node.place, format!("{what} names no log matcher"), "write `log: {text: …}` in it".to_owned());
                None
            }
        }
    }

    fn count(&mut self, sheet: &mut Sheet<'_>, node: &Node) -> Option<Condition> {
        let fields = fields(sheet, node, "`count`", &["log", "at_least", "within"])?;
        let within = fields.get("within").map(|node| duration(sheet, node, "within"));
        let at_least = match fields.get("at_least") {
            Some(node) => {
                let number = text(sheet, node, "at_least").and_then(|text| text.parse::<usize>().ok()).filter(|n| *n > 0);
                if number.is_none() {
                    sheet.wrong(node.place, "`at_least` must be a whole number from 1", None);
                }
                number
            }
            None => {
                sheet.wrong(node.place, "`at_least` is missing", "say how many records there must be".to_owned());
                None
            }
        };
        let log = match fields.get("log") {
            Some(node) => self.log(sheet, node),
            None => {
                sheet.wrong(node.place, "`count` names no log matcher", "write `log: {text: …}` in it".to_owned());
                None
            }
        };
        Some(Condition::Count { log: log?, at_least: at_least?, within: whole(within)? })
    }

    fn sequence(&mut self, sheet: &mut Sheet<'_>, node: &Node) -> Option<Condition> {
        let fields = fields(sheet, node, "`sequence`", &["steps", "within"])?;
        let within = fields.get("within").map(|node| duration(sheet, node, "within"));
        let steps = match fields.get("steps").map(|node| (&node.kind, node)) {
            Some((Kind::List(items), _)) if items.len() >= 2 => {
                let read: Vec<_> = items.iter().map(|item| self.inner_log(sheet, item, "a step")).collect();
                read.into_iter().collect::<Option<Vec<usize>>>()
            }
            other => {
                let place = other.map_or(node.place, |(_, node)| node.place);
                sheet.wrong(place, "`steps` must be a list of at least two log matchers", None);
                None
            }
        };
        Some(Condition::Sequence { steps: steps?, within: whole(within)? })
    }
}

/// A part that is absent is fine; one that is there must have been read.
fn whole<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        None => Some(None),
        Some(None) => None,
        Some(read) => Some(read),
    }
}

fn filter(sheet: &mut Sheet<'_>, node: &Node) -> Option<Filter> {
    let written = text(sheet, node, "filter")?;
    match Filter::parse(&written) {
        Ok(filter) => Some(filter),
        Err(error) => {
            let place = node.place_of(sheet, error.offset);
            let column = written.get(..error.offset).map_or(1, |before| before.chars().count() + 1);
            sheet.found(
                &codes::WRONG_FILTER,
                place,
                format!("`filter` is no query: {} (its column {column})", error.message),
                error.help,
            );
            None
        }
    }
}
