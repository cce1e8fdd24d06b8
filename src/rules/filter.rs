//! The Logging query language: the same text that goes to the server, evaluated on local entries.

/// A parsed query.
#[derive(Debug, Clone)]
pub struct Filter;
