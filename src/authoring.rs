//! From a line that no rule explains to a rule that does, and from a rule that is silent to the reason why.
//!
//! [`draft::draft`] makes a rule of one record, [`file::write`] puts it on paper, [`trial::Trial`] counts what a rule meets in an
//! incident, [`why_not`] says condition by condition how near a rule came.

pub mod anchor;
pub mod token;
pub mod message;
pub mod pattern;
pub mod naming;
pub mod ordinary;
pub mod draft;
pub mod edges;
pub mod file;
pub mod trial;
//pub mod near;
//pub mod why_not;
