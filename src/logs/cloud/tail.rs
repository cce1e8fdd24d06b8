//! The stream of new entries while something runs, and what the stream says that it left out.

use std::future::Future;
use std::time::Duration;

use gcloud_sdk::google::logging::v2::TailLogEntriesRequest;
use gcloud_sdk::google::logging::v2::tail_log_entries_response::suppression_info::Reason;
use gcloud_sdk::prost_types;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::patience::Waiting;
use super::pull::PullError;
use super::sink::SinkError;
use super::wire::{self, Burst};
use super::{Client, Fault, Patience, Scope};
use crate::window::Spans;

/// How long the service collects entries to put them in order.
const BUFFER_SECONDS: i64 = 2;

/// How long before it is delivered an entry may have happened.
const LAG: SignedDuration = SignedDuration::from_secs(30);

/// What the stream did not deliver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// Left out by the service because there were too many.
    pub rate_limited: u64,
    /// Left out by the service because they were not taken quickly enough.
    pub not_consumed: u64,
    /// How often the stream broke off.
    pub breaks: u64,
}

/// What came of tailing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tailed {
    /// Entries received.
    pub entries: u64,
    /// The stretches of time that the stream does not cover: they are to be read again.
    pub holes: Spans,
    /// What was left out.
    pub lost: Lost,
    /// Why there is no stream any more, where that is so.
    pub fault: Option<Fault>,
}

/// Receives the entries that arrive until `until` is ready, and hands them to `sink`. A stream that breaks off is
/// opened again; what may have been lost meanwhile is a hole.
///
/// # Errors
///
/// Only where nothing can be asked or kept.
pub async fn tail(
    client: &Client,
    scope: &Scope,
    patience: Patience,
    now: &dyn Fn() -> Timestamp,
    sink: &mut dyn FnMut(Vec<Map<String, Value>>) -> Result<(), SinkError>,
    until: impl Future<Output = ()>,
) -> Result<Tailed, PullError> {
    scope.check()?;
    let request = TailLogEntriesRequest {
        resource_names: scope.resource_names()?,
        filter: scope.filter(),
        buffer_window: Some(prost_types::Duration { seconds: BUFFER_SECONDS, nanos: 0 }),
    };
    let mut tailing = Tailing { now, sink, tailed: Tailed::default(), holes: Vec::new(), covered: now() };
    let ended = {
        let stream = tailing.run(client, &request, patience);
        tokio::pin!(stream, until);
        tokio::select! {
            ended = &mut stream => {
                // Whatever runs meanwhile goes on.
                until.as_mut().await;
                ended
            }
            () = &mut until => Ok(()),
        }
    };
    ended?;
    Ok(tailing.finish())
}

struct Tailing<'a> {
    now: &'a dyn Fn() -> Timestamp,
    sink: &'a mut dyn FnMut(Vec<Map<String, Value>>) -> Result<(), SinkError>,
    tailed: Tailed,
    holes: Vec<(Timestamp, Timestamp)>,
    /// Until when the stream has been seen whole.
    covered: Timestamp,
}

impl Tailing<'_> {
    /// Runs until there is no use in opening the stream once more.
    async fn run(&mut self, client: &Client, request: &TailLogEntriesRequest, patience: Patience) -> Result<(), PullError> {
        let mut waiting = Waiting::new(patience);
        loop {
            let fault = match client.tail(request.clone()).await {
                Ok(mut stream) => {
                    self.hole();
                    loop {
                        match stream.message().await {
                            Ok(Some(burst)) => {
                                waiting.answered();
                                self.take(burst)?;
                            }
                            Ok(None) => break Fault::Passing { code: 14, message: "the stream ended".to_owned(), wait: None },
                            Err(status) => break Fault::of(&status),
                        }
                    }
                }
                Err(fault) => fault,
            };
            self.tailed.lost.breaks += 1;
            let Some(delay) = waiting.next(&fault, Duration::ZERO) else {
                self.tailed.fault = Some(fault);
                return Ok(());
            };
            tokio::time::sleep(delay).await;
        }
    }

    fn take(&mut self, burst: Burst) -> Result<(), PullError> {
        let mut suppressed = 0;
        for one in &burst.suppressed {
            let count = u64::try_from(one.suppressed_count).unwrap_or(0).max(1);
            suppressed += count;
            match Reason::try_from(one.reason) {
                Ok(Reason::NotConsumed) => self.tailed.lost.not_consumed += count,
                _ => self.tailed.lost.rate_limited += count,
            }
        }
        let entries: Vec<_> = burst.entries.iter().filter_map(wire::entry).collect();
        if suppressed > 0 || entries.len() < burst.entries.len() {
            self.hole();
        }
        self.tailed.entries += entries.len() as u64;
        if !entries.is_empty() {
            (self.sink)(entries).map_err(PullError::Sink)?;
        }
        self.covered = (self.now)();
        Ok(())
    }

    /// From a little before the last response until now something may be missing.
    fn hole(&mut self) {
        let from = self.covered.saturating_sub(LAG).unwrap_or(Timestamp::MIN);
        self.holes.push((from, (self.now)().saturating_add(SignedDuration::from_secs(BUFFER_SECONDS)).unwrap_or(Timestamp::MAX)));
    }

    fn finish(mut self) -> Tailed {
        if self.tailed.fault.is_some() {
            self.hole();
        }
        Tailed { holes: Spans::union(self.holes), ..self.tailed }
    }
}
