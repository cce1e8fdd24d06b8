//! What a filter needs to find in the raw JSON of an entry: a condition that every matching entry meets.

use serde_json::Value;

use super::compare::holds;
use super::{Comparison, Filter, Net, Node, same_log_id};

/// A condition on raw JSON, weaker than the filter it was made from.
#[derive(Debug, Clone)]
pub(in crate::rules) enum Outlook {
    /// Nothing can be said.
    Anything,
    And(Vec<Outlook>),
    Or(Vec<Outlook>),
    Key(Probe),
}

/// A key that must be there with a value that fits, wherever in the entry.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Probe {
    /// The spellings of the key, without quotes.
    pub(in crate::rules) names: Vec<String>,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Any,
    Compare(Box<Comparison>),
    LogId(String),
    Source(String),
    InNet(Net),
}

impl Probe {
    /// Whether a value of the key fits; lists and objects always do, one of their parts may.
    pub(in crate::rules) fn fits(&self, value: &Value) -> bool {
        if value.is_array() || value.is_object() {
            return true;
        }
        let log_name = || value.as_str().and_then(|name| name.split_once("/logs/"));
        match &self.test {
            Test::Any => true,
            Test::Compare(comparison) => holds(value, comparison.op, &comparison.operand, comparison.field.declared),
            Test::LogId(id) => log_name().is_some_and(|(_, name)| same_log_id(name, id)),
            Test::Source(parent) => log_name().is_some_and(|(name, _)| name.eq_ignore_ascii_case(parent)),
            Test::InNet(net) => net.has(value),
        }
    }
}

impl Filter {
    /// What every entry that meets the filter shows in its raw JSON.
    pub(in crate::rules) fn outlook(&self) -> Outlook {
        of(&self.0.root)
    }
}

fn of(node: &Node) -> Outlook {
    match node {
        Node::And(parts) => Outlook::And(parts.iter().map(of).collect()),
        Node::Or(parts) => Outlook::Or(parts.iter().map(of).collect()),
        // An unset field may meet the comparison: then its key need not be there.
        Node::Compare(comparison) if comparison.met_by_default() => Outlook::Anything,
        Node::Compare(comparison) => key(comparison.field.raw_names(), Test::Compare(Box::new(comparison.clone()))),
        Node::Present(field) => key(field.raw_names(), Test::Any),
        Node::InNet(field, net) => key(field.raw_names(), Test::InNet(*net)),
        Node::LogId(id) => key(Some(vec!["logName", "log_name"]), Test::LogId(id.clone())),
        Node::Source(parent) => key(Some(vec!["logName", "log_name"]), Test::Source(parent.clone())),
        Node::Everything | Node::Not(_) | Node::Anywhere(_) | Node::Search(..) => Outlook::Anything,
    }
}

fn key(names: Option<Vec<&str>>, test: Test) -> Outlook {
    match names {
        // A key that JSON may write in more than one way is not looked for.
        Some(names) if names.iter().all(|name| is_plain(name)) => {
            Outlook::Key(Probe { names: names.into_iter().map(str::to_owned).collect(), test })
        }
        _ => Outlook::Anything,
    }
}

/// Whether JSON can write the name in one way only, `\u` escapes aside: ASCII, nothing that encoders like to escape.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| (0x20..0x7f).contains(&byte) && !super::super::pieces::is_often_escaped(byte))
}
