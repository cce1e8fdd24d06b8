//! Where rules meet records and failures: [`Finding`]s with their [`Evidence`].

use jiff::Timestamp;

use crate::logs::{Line, LogEntry, Record, Severity, Ties};
use crate::rules::{Captures, RuleIx};

mod finder;
mod watch;

pub use finder::{Choose, Finder, Known};
pub use watch::{Group, Watch, WatchedWindow, WindowIx};

/// A rule matched a record or a failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that matched.
    pub rule: RuleIx,
    /// What its named groups caught.
    pub captures: Captures,
    /// The record it matched; `None` where the test result itself, or the absence of records, is the evidence.
    pub evidence: Option<EvidenceIx>,
    /// What kind of line it was; `None` as for `evidence`.
    pub variant: Option<VariantIx>,
    /// The only window it holds for, where the rule speaks of a whole window (`count`, `absent`, `sequence`).
    pub only_in: Option<WindowIx>,
}

/// The place of an [`Evidence`] in [`Findings::evidence`].
pub type EvidenceIx = usize;

/// The place of a [`Variant`] in [`Findings::variants`].
pub type VariantIx = usize;

/// One kind of line that a rule matched: two sightings of one rule that differ here may have different
/// authors, as when a monitoring probe is refused for the same reason as a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The rule.
    pub rule: RuleIx,
    /// The masked text.
    pub template: String,
    /// The windows in whose bare interval it was seen, ascending.
    pub windows: Vec<WindowIx>,
    /// How often it was seen within reach, kept as evidence or not.
    pub sightings: u64,
    /// How often it was seen during the run while no failing case was at work.
    pub between_failures: u64,
}

/// A record that is evidence, as far as causes can be followed by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exhibit {
    /// When it happened.
    pub timestamp: Timestamp,
    /// What can tie it to others.
    pub ties: Ties,
    /// What a report needs of it, where it was read.
    pub read: Option<Box<Evidence>>,
}

impl Exhibit {
    /// When it was over.
    pub fn until(&self) -> Timestamp {
        self.ties.until(self.timestamp)
    }
}

/// A record that a rule matched, or that a lead points at, as far as a report needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Insert ids of the entries it was made of, the matching one first.
    pub insert_ids: Vec<String>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it was over: later than `timestamp` for a request, whose entry is dated at its start.
    pub until: Timestamp,
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

impl Evidence {
    /// What a report needs of a record; the entry that holds the byte `offset` of its text is named first.
    pub fn of(record: &Record, offset: usize) -> Evidence {
        let entries = &record.entries;
        let first = record.entry_at(offset);
        let own = |value: Option<&str>| value.map(str::to_owned);
        let any = |field: fn(&LogEntry) -> Option<&str>| entries.iter().find_map(field).map(str::to_owned);
        let ids = std::iter::once(first).chain((0..entries.len()).filter(|&place| place != first));
        Evidence {
            insert_ids: ids.map(|place| entries[place].insert_id().to_owned()).collect(),
            timestamp: entries[0].timestamp,
            until: entries.iter().map(LogEntry::until).max().unwrap_or(entries[0].timestamp),
            log_name: entries[0].log_name().to_owned(),
            service: own(entries[0].service()),
            revision: own(entries[0].revision()),
            instance: own(entries[0].instance()),
            trace: any(LogEntry::trace),
            project: own(entries[0].project()),
            severity: entries.iter().map(LogEntry::severity).max().unwrap_or_default(),
            text: head_and_tail(&record.text, EXCERPT_BYTES).unwrap_or_else(|| record.text.clone()),
        }
    }
}

/// Longest text kept of a record, in bytes: more than a report shows, so that what is cut off here, before redaction,
/// lies beyond what is cut off there, after it.
pub const EXCERPT_BYTES: usize = 32 * 1024;

/// The head and the tail of a text that is longer than so many bytes, cut between words: a traceback says what happened
/// in its last line, and half a secret is not known as one.
pub(crate) fn head_and_tail(text: &str, bytes: usize) -> Option<String> {
    if text.len() <= bytes {
        return None;
    }
    const WORD: usize = 512;
    let head = text.floor_char_boundary(bytes * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - bytes / 3);
    let before = &text[text.floor_char_boundary(head.saturating_sub(WORD))..head];
    let head = before.rfind(char::is_whitespace).map_or(head, |space| head - before.len() + space);
    let after = &text[tail..text.ceil_char_boundary((tail + WORD).min(text.len()))];
    let tail = after.find(char::is_whitespace).map_or(tail, |space| tail + space + 1);
    Some(format!("{}\n…\n{}", text[..head].trim_end(), text[text.ceil_char_boundary(tail)..].trim_start_matches('\n')))
}

/// All that the rules found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The records that are evidence, in order of time, then insert id.
    pub evidence: Vec<Exhibit>,
    /// Findings in records, in order of their evidence; those without evidence last.
    pub in_logs: Vec<Finding>,
    /// For each case of the run, the findings in its result.
    pub in_results: Vec<Vec<Finding>>,
    /// The kinds of lines the rules matched.
    pub variants: Vec<Variant>,
}

impl Findings {
    /// What a report needs of the record that is a finding's evidence, where there is one that was read.
    pub fn read(&self, finding: &Finding) -> Option<&Evidence> {
        self.evidence[finding.evidence?].read.as_deref()
    }
}

/// The lines around a piece of evidence, from the same instance (else the same service), oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Up to a few lines before it, not yet redacted.
    pub before: Vec<Line>,
    /// Up to a few lines after it, not yet redacted.
    pub after: Vec<Line>,
    /// So many lines of each side, nearest to the evidence, are to be shown. The others are there because a secret may
    /// begin in one line and end in the next.
    pub shown: usize,
}
