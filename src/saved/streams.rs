//! The ends of the streams under way: a secret may begin in one entry and go on in the next, which comes a page later.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::journal::identity;
use crate::logs;
use crate::report::redact::Secret;

/// Entries kept of each stream.
const KEPT: usize = 3;

/// Text kept of all streams, in bytes; beyond it all are forgotten.
const MOST_BYTES: usize = 32 << 20;

/// The last entries of each stream in each window.
#[derive(Debug, Default)]
pub(super) struct Streams {
    by_name: FxHashMap<(usize, String), Vec<Said<'static>>>,
    bytes: usize,
}

/// An entry of a stream.
#[derive(Debug)]
pub(super) struct Said<'e> {
    /// As it came, or as it stands in the journal.
    pub(super) entry: Cow<'e, Map<String, Value>>,
    /// Whether it came from the journal, without its own secrets.
    pub(super) is_masked: bool,
    /// Whether it is one line of a private key whose beginning came before it.
    pub(super) in_key: bool,
    /// The pieces of torn secrets in its text that its neighbours show.
    pub(super) pieces: Vec<Secret>,
}

impl<'e> Said<'e> {
    pub(super) fn new(entry: Cow<'e, Map<String, Value>>, is_masked: bool, in_key: bool) -> Said<'e> {
        Said { entry, is_masked, in_key, pieces: Vec::new() }
    }

    pub(super) fn text(&self) -> &str {
        text_of(&self.entry).map_or("", |(_, text)| text)
    }
}

impl Streams {
    /// The last entries of a stream, unless they come again among these.
    pub(super) fn take(&mut self, window: usize, stream: &str, again: &[&Map<String, Value>]) -> Vec<Said<'static>> {
        let Some(mut kept) = self.by_name.remove(&(window, stream.to_owned())) else { return Vec::new() };
        self.bytes -= kept.iter().map(|said| said.text().len()).sum::<usize>();
        let again: FxHashSet<u64> = again.iter().map(|entry| identity(entry)).collect();
        kept.retain(|said| !again.contains(&identity(&said.entry)));
        kept
    }

    /// Keeps the last of these entries of a stream.
    pub(super) fn keep(&mut self, window: usize, stream: String, mut said: Vec<Said<'_>>) {
        let last = said.drain(said.len().saturating_sub(KEPT)..);
        let said: Vec<Said<'static>> = last.map(|said| Said { entry: Cow::Owned(said.entry.into_owned()), ..said }).collect();
        self.bytes += said.iter().map(|said| said.text().len()).sum::<usize>();
        self.by_name.insert((window, stream), said);
        if self.bytes > MOST_BYTES {
            *self = Streams::default();
        }
    }

    /// Takes up what stands in the journal of a window, entry by entry.
    pub(super) fn remember(&mut self, window: usize, entry: Map<String, Value>) {
        let stream = name_of(&entry);
        let mut said = self.take(window, &stream, &[]);
        said.push(Said::new(Cow::Owned(entry), true, false));
        self.keep(window, stream, said);
    }

    /// Forgets a window that is over.
    pub(super) fn forget(&mut self, window: usize) {
        self.by_name.retain(|(of, _), _| *of != window);
        self.bytes = self.by_name.values().flatten().map(|said| said.text().len()).sum();
    }
}

/// What tells the stream of an entry from others: the log, the instance, and else what the resource says of itself.
pub(super) fn name_of(entry: &Map<String, Value>) -> String {
    let log = entry.get("logName").and_then(Value::as_str).unwrap_or_default();
    let instance = entry.get("labels").and_then(|labels| labels.get("instanceId")?.as_str());
    let labels = entry.get("resource").and_then(|resource| resource.get("labels"));
    logs::stream(log, instance) + "\n" + &labels.map(Value::to_string).unwrap_or_default()
}

/// The field in which an entry says something, and what it says.
pub(super) fn text_of(entry: &Map<String, Value>) -> Option<(&'static str, &str)> {
    let text = |value: Option<&'_ Value>| value.and_then(Value::as_str).is_some();
    if text(entry.get("textPayload")) {
        return Some(("textPayload", entry.get("textPayload")?.as_str()?));
    }
    let payload = entry.get("jsonPayload")?;
    let field = logs::message_fields().find(|field| text(payload.get(field)))?;
    Some((field, payload.get(field)?.as_str()?))
}
