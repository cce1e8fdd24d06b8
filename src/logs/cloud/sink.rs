//! Where what is pulled goes: the network knows nothing of the disk.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::logs::Gap;

/// How far a window has been pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it is there.
    Missing,
    /// Everything before this moment is there.
    Partial {
        /// The moment.
        from: Timestamp,
    },
    /// It is there.
    Complete,
}

/// Why an entry could not be put where it belongs.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes what is pulled.
pub trait Sink {
    /// How far an earlier pull has come.
    fn standing(&self, window: usize) -> Standing;

    /// Takes entries of a window in Cloud Logging's JSON form. An entry that came before (same log name, timestamp and
    /// insert id) is a repetition and must be dropped. Returns how many were none.
    ///
    /// # Errors
    ///
    /// Where they cannot be kept; the pull then ends.
    fn append(&mut self, window: usize, entries: Vec<Map<String, Value>>) -> Result<u64, SinkError>;

    /// Everything of the window has been appended, in so many requests, but for what the gaps name.
    ///
    /// # Errors
    ///
    /// Where that cannot be kept; the pull then ends.
    fn complete(&mut self, window: usize, requests: u64, gaps: Vec<Gap>) -> Result<(), SinkError>;
}
