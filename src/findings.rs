//! Where rules meet records and failures: [`Finding`]s with their [`Evidence`].

use jiff::Timestamp;

use crate::logs::Severity;
use crate::rules::{Captures, RuleIx};

/// A rule matched a record or a failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that matched.
    pub rule: RuleIx,
    /// What its named groups caught.
    pub captures: Captures,
    /// The record it matched; `None` where the test result itself is the evidence.
    pub evidence: Option<EvidenceIx>,
    /// The masked text of the record: two sightings of one rule that differ here may have different authors.
    pub variant: String,
}

/// The place of an [`Evidence`] in [`Findings::evidence`].
pub type EvidenceIx = usize;

/// A record that a rule matched, or that a lead points at, as far as a report needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Insert ids of the entries it was made of, the matching one first.
    pub insert_ids: Vec<String>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// `logName` of its first entry.
    pub log_name: String,
    /// Service or job.
    pub service: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Container instance.
    pub instance: Option<String>,
    /// Trace id.
    pub trace: Option<String>,
    /// Project that wrote it, for the link to Logs Explorer.
    pub project: Option<String>,
    /// Worst severity of its entries.
    pub severity: Severity,
    /// Its text, not yet redacted, cut at [`EXCERPT_BYTES`].
    pub text: String,
}

/// Longest text kept of a record, in bytes.
pub const EXCERPT_BYTES: usize = 8 * 1024;

/// All that the rules found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The records cited, in order of time, then insert id.
    pub evidence: Vec<Evidence>,
    /// Findings in records, in order of their evidence.
    pub in_logs: Vec<Finding>,
    /// For each case of the run, the findings in its result.
    pub in_results: Vec<Vec<Finding>>,
}

/// The lines around a piece of evidence, from the same instance (else the same service), oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Up to a few lines before it, not yet redacted.
    pub before: Vec<String>,
    /// Up to a few lines after it, not yet redacted.
    pub after: Vec<String>,
}
