//! A place in a rule file.

/// A place in a rule file: line and column from 1, width in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
    /// In characters, at least 1.
    pub width: u64,
}

impl Place {
    /// The first character of a file.
    pub const START: Place = Place { line: 1, column: 1, width: 1 };
}
