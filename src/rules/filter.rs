//! The Logging query language: the same text that goes to the server, evaluated on local entries.
//!
//! `NOT` binds tighter than `OR`, and `OR` tighter than `AND`; a blank or a line end is an `AND`. A field
//! that LogEntry declares and that is unset is compared as its default; a key of a payload or of labels
//! that is absent is *missing*, and every comparison with it is false, `!=` too. A field that LogEntry
//! does not have is refused when the query is parsed. What cannot be evaluated locally as the server does
//! it (`sample`, `cast`, `regexp_extract`) is refused, never guessed.
//!
//! Source: "Logging query language", Cloud Logging documentation.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::logs::LogEntry;

mod lexer;
mod field;
mod compare;
mod search;
mod re2;
mod parser;
pub(super) mod outlook;
#[cfg(test)]
mod tests;

use compare::{Operand, fold, holds};
use field::Field;
use lexer::Op;
use search::Terms;

/// Longest query the server takes, in characters.
const LONGEST: usize = 20_000;

/// A parsed query; cloning is cheap.
#[derive(Debug, Clone)]
pub struct Filter(Arc<Query>);

#[derive(Debug)]
struct Query {
    text: String,
    root: Node,
}

/// Why a query was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct FilterError {
    /// Byte in the query where it goes wrong.
    pub offset: usize,
    /// The same place in characters, from 1, line ends counted as one.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl FilterError {
    fn new<'h>(text: &str, offset: usize, message: impl Into<String>, help: impl IntoHelp<'h>) -> FilterError {
        let column = text.get(..offset).map_or(1, |before| before.chars().count() + 1);
        FilterError { offset, column, message: message.into(), help: help.into_help() }
    }
}

/// What may be said as help: a text or nothing.
trait IntoHelp<'h> {
    fn into_help(self) -> Option<String>;
}

impl<'h> IntoHelp<'h> for &'h str {
    fn into_help(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl IntoHelp<'_> for String {
    fn into_help(self) -> Option<String> {
        Some(self)
    }
}

impl IntoHelp<'_> for Option<String> {
    fn into_help(self) -> Option<String> {
        self
    }
}

/// A part of a query.
#[derive(Debug)]
enum Node {
    /// The empty query.
    Everything,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison),
    Present(Field),
    /// A bare text: any field has it. Already folded.
    Anywhere(String),
    LogId(String),
    Source(String),
    InNet(Field, Net),
    Search(Option<Field>, Terms),
}

#[derive(Debug, Clone)]
struct Comparison {
    field: Field,
    op: Op,
    operand: Operand,
}

/// A network: address and length of its prefix in bits.
#[derive(Debug, Clone, Copy)]
struct Net {
    address: IpAddr,
    prefix: u32,
}

impl Filter {
    /// Parses a query; linear in its length.
    ///
    /// # Errors
    /// The text is no query, names a field that a log entry does not have, has a regex that does not
    /// compile, or asks for what only the server can do.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        if text.chars().count() > LONGEST {
            return Err(FilterError::new(text, 0, format!("a query has at most {LONGEST} characters"), "split the rule"));
        }
        let root = parser::parse(text)?;
        Ok(Filter(Arc::new(Query { text: text.to_owned(), root })))
    }

    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether the entry meets the query.
    pub fn matches(&self, entry: &LogEntry) -> bool {
        self.0.root.met_by(entry.fields())
    }
}

impl Node {
    fn met_by(&self, fields: &Map<String, Value>) -> bool {
        match self {
            Node::Everything => true,
            Node::And(parts) => parts.iter().all(|part| part.met_by(fields)),
            Node::Or(parts) => parts.iter().any(|part| part.met_by(fields)),
            Node::Not(part) => !part.met_by(fields),
            Node::Compare(comparison) => comparison.met_by(fields),
            Node::Present(field) => is_present(field, fields),
            Node::Anywhere(text) => {
                let mut found = false;
                search::each_text(fields, &mut |value| found = found || fold(value).contains(text.as_str()));
                found
            }
            Node::LogId(id) => log_name(fields).split_once("/logs/").is_some_and(|(_, name)| same_log_id(name, id)),
            Node::Source(parent) => {
                log_name(fields).split_once("/logs/").is_some_and(|(name, _)| name.eq_ignore_ascii_case(parent))
            }
            Node::InNet(field, net) => field.any(fields, &mut |value| net.has(value)).unwrap_or(false),
            Node::Search(None, terms) => terms.met_by(|visit| search::each_text(fields, visit)),
            Node::Search(Some(field), terms) => terms.met_by(|visit| {
                field.any(fields, &mut |value| {
                    search::each_text_in(value, visit);
                    false
                });
            }),
        }
    }
}

impl Comparison {
    fn met_by(&self, fields: &Map<String, Value>) -> bool {
        let declared = self.field.declared;
        match self.field.any(fields, &mut |value| holds(value, self.op, &self.operand, declared)) {
            Some(met) => met,
            None => self.met_by_default(),
        }
    }

    /// Whether an unset field meets it.
    fn met_by_default(&self) -> bool {
        self.field.default.as_ref().is_some_and(|value| holds(value, self.op, &self.operand, self.field.declared))
    }
}

fn is_present(field: &Field, fields: &Map<String, Value>) -> bool {
    // An empty list has no element and is not there; an empty message is.
    field.any(fields, &mut |_| true).unwrap_or(false)
}

fn log_name(fields: &Map<String, Value>) -> &str {
    fields.get("logName").and_then(Value::as_str).unwrap_or_default()
}

fn same_log_id(written: &str, id: &str) -> bool {
    let unescaped = written.replace("%2F", "/").replace("%2f", "/");
    fold(&unescaped) == fold(id)
}

impl Net {
    fn parse(text: &str) -> Option<Net> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse().ok()?, prefix.parse().ok()?),
            None => {
                let address: IpAddr = text.parse().ok()?;
                (address, if address.is_ipv4() { 32 } else { 128 })
            }
        };
        (prefix <= if address.is_ipv4() { 32 } else { 128 }).then_some(Net { address, prefix })
    }

    fn has(&self, value: &Value) -> bool {
        let Some(address) = value.as_str().and_then(|text| text.parse().ok()) else { return false };
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                let drop = 32 - self.prefix;
                u32::from(net).checked_shr(drop) == u32::from(address).checked_shr(drop)
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let drop = 128 - self.prefix;
                u128::from(net).checked_shr(drop) == u128::from(address).checked_shr(drop)
            }
            _ => false,
        }
    }
}
