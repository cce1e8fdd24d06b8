//! The pull: window by window, page by page, each entry once, with patience for what passes.

use std::time::{Duration, Instant};

use gcloud_sdk::google::logging::v2::ListLogEntriesRequest;
use gcloud_sdk::tonic::Code;
use jiff::{SignedDuration, Timestamp};

use super::patience::Waiting;
use super::reading::Reading;
use super::scope::{Query, ScopeError};
use super::sink::{Sink, SinkError, Standing};
use super::tempo::Tempo;
use super::wire::Page;
use super::{Client, Fault, Patience, Scope, wire};
use crate::logs::{Gap, entry};

/// Most entries one page may hold.
pub const PAGE: i32 = 1000;

/// So many empty pages in a row are a search that does not get on.
const EMPTY_PAGES: usize = 200;

/// Longest wait for a window that lies in the future.
const FUTURE: SignedDuration = SignedDuration::from_mins(10);

/// So often the tail of a window is read again while entries still arrive.
const AGAIN: usize = 3;

/// What to pull.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Whose entries.
    pub scope: &'a Scope,
    /// The stretches of time, see [`merged`](super::merged).
    pub windows: &'a [(Timestamp, Timestamp)],
    /// How long after it happened an entry may arrive.
    pub settle: SignedDuration,
    /// How long to wait for answers.
    pub patience: Patience,
}

/// How far the pull is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Windows that are done, those of an earlier pull included.
    pub windows: usize,
    /// All windows.
    pub of_windows: usize,
    /// Entries received, repetitions included.
    pub entries: u64,
    /// Requests sent, refused ones included.
    pub requests: u64,
    /// What is being waited for, and for how long.
    pub waiting: Option<(Wait, Duration)>,
}

/// Why nothing happens just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The read quota is used up.
    Quota,
    /// The service did not answer.
    Answer,
    /// Entries may still arrive.
    Settling,
}

/// What came of a pull.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Counts.
    pub tally: Tally,
    /// What could not be had, beyond windows that are not complete and the gaps of those that are.
    pub gaps: Vec<Gap>,
    /// Windows that are not complete, ascending.
    pub missing: Vec<usize>,
    /// The first fault that cost a window.
    pub fault: Option<Fault>,
}

/// Why the pull ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Nothing can be asked.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// What was pulled cannot be kept.
    #[error("what was pulled cannot be kept")]
    Sink(#[source] SinkError),
}

/// Pulls all windows, one after the other; those that are complete already are not asked for again.
///
/// Each window costs `ceil(entries / 1000)` requests, or one more; what passes is asked again without losing or
/// repeating an entry. Memory holds one page. `now` tells the time, `tell` hears of every change.
///
/// # Errors
///
/// Only where nothing can be asked or kept; what the service does is told by the [`Outcome`].
pub async fn pull(
    client: &Client,
    order: &Order<'_>,
    now: &dyn Fn() -> Timestamp,
    sink: &mut dyn Sink,
    tell: &mut dyn FnMut(&Tally),
) -> Result<Outcome, PullError> {
    order.scope.check()?;
    let names = order.scope.resource_names()?;
    let mut puller = Puller {
        client,
        order,
        now,
        sink,
        tell,
        names,
        waiting: Waiting::new(order.patience),
        tempo: Tempo::new(Instant::now()),
        page: PAGE,
        outcome: Outcome::default(),
    };
    puller.outcome.tally.of_windows = order.windows.len();
    puller.run().await?;
    Ok(puller.outcome)
}

/// How a part of the pull ended: the outer error ends the pull, the inner one costs the window.
type Ended<T> = Result<Result<T, Fault>, PullError>;

struct Puller<'a> {
    client: &'a Client,
    order: &'a Order<'a>,
    now: &'a dyn Fn() -> Timestamp,
    sink: &'a mut dyn Sink,
    tell: &'a mut dyn FnMut(&Tally),
    /// Parents that may be read.
    names: Vec<String>,
    waiting: Waiting,
    tempo: Tempo,
    page: i32,
    outcome: Outcome,
}

impl Puller<'_> {
    async fn run(&mut self) -> Result<(), PullError> {
        let mut late = Vec::new();
        let mut vain = 0;
        for window in 0..self.order.windows.len() {
            let standing = self.sink.standing(window);
            if standing == Standing::Complete {
                self.done();
                continue;
            }
            let mut reading = Reading::new(window, self.order.windows[window], standing, (self.now)(), self.order.settle);
            match self.read_allowed(&mut reading).await? {
                Ok(()) if reading.is_recent() => late.push(reading),
                Ok(()) => self.complete(reading, None)?,
                Err(fault) => {
                    vain = if fault.is_passing() && self.waiting.is_over() { vain + 1 } else { 0 };
                    let hopeless = !fault.is_passing() && fault != Fault::TooLarge;
                    self.miss(&reading, fault);
                    // What was refused is refused again, and who was silent twice for so long is gone.
                    if hopeless || vain >= 2 {
                        self.miss_rest(window + 1);
                        break;
                    }
                }
            }
        }
        for reading in late {
            self.settle(reading).await?;
        }
        Ok(())
    }

    /// Reads a window; where one of several parents is refused, the others are read without it.
    async fn read_allowed(&mut self, reading: &mut Reading) -> Ended<()> {
        let read = self.read(reading).await?;
        match read {
            Err(fault)
                if self.names.len() > 1 && (fault.is_refusal(Code::PermissionDenied) || fault.is_refusal(Code::NotFound)) =>
            {
                if self.leave_out_refused(reading).await {
                    self.read(reading).await
                } else {
                    Ok(Err(fault))
                }
            }
            read => Ok(read),
        }
    }

    /// Asks for each parent alone; whether some, but not all of them, may be read.
    async fn leave_out_refused(&mut self, reading: &Reading) -> bool {
        let mut allowed = Vec::new();
        let mut gaps = Vec::new();
        for name in self.names.clone() {
            let request = ListLogEntriesRequest {
                resource_names: vec![name.clone()],
                filter: reading.filter(self.order.scope),
                order_by: "timestamp asc".to_owned(),
                page_size: 1,
                page_token: String::new(),
            };
            match self.ask(&request).await {
                Err(fault) if fault.is_refusal(Code::PermissionDenied) || fault.is_refusal(Code::NotFound) => gaps
                    .push(Gap { kind: "not-allowed", statement: format!("Nothing of {name} could be read: {}.", fault.short()) }),
                _ => allowed.push(name),
            }
        }
        let helps = !allowed.is_empty() && allowed.len() < self.names.len();
        if helps {
            self.names = allowed;
            self.outcome.gaps.append(&mut gaps);
        }
        helps
    }

    /// Reads from where the reading stands to its end.
    async fn read(&mut self, reading: &mut Reading) -> Ended<()> {
        let mut empty = 0;
        'query: loop {
            let query = Query { resource_names: self.names.clone(), filter: reading.filter(self.order.scope) };
            let mut token = String::new();
            loop {
                let request = self.request(&query, token.clone());
                let asked = self.outcome.tally.requests;
                let answer = self.ask(&request).await;
                reading.requests += self.outcome.tally.requests - asked;
                let page = match answer {
                    Ok(page) => page,
                    // The token has gone stale: the service forgot the query, not the entries.
                    Err(fault) if fault.is_refusal(Code::InvalidArgument) && !token.is_empty() && reading.go_on_from_last() => {
                        continue 'query;
                    }
                    Err(Fault::TooLarge) if self.page > 1 => {
                        self.page = (self.page / 4).max(1);
                        reading.go_on_from_last();
                        continue 'query;
                    }
                    Err(fault) => return Ok(Err(fault)),
                };
                empty = if page.entries.is_empty() { empty + 1 } else { 0 };
                token = page.next_page_token.clone();
                self.take(reading, page)?;
                if token.is_empty() {
                    return Ok(Ok(()));
                }
                if empty > EMPTY_PAGES {
                    let message = format!("{empty} empty pages in a row");
                    return Ok(Err(Fault::Passing { code: Code::DeadlineExceeded as i32, message, wait: None }));
                }
            }
        }
    }

    fn request(&self, query: &Query, page_token: String) -> ListLogEntriesRequest {
        ListLogEntriesRequest {
            resource_names: query.resource_names.clone(),
            filter: query.filter.clone(),
            order_by: "timestamp asc".to_owned(),
            page_size: self.page,
            page_token,
        }
    }

    fn take(&mut self, reading: &mut Reading, page: Page) -> Result<(), PullError> {
        let count = page.entries.len();
        let mut entries: Vec<_> = page.entries.iter().filter_map(wire::entry).collect();
        // What is kept in order can be gone on with; the service promises it, and it costs nothing to make sure.
        entries.sort_by_cached_key(entry::moment);
        reading.damaged += (count - entries.len()) as u64;
        reading.note(&entries);
        self.outcome.tally.entries += count as u64;
        if !entries.is_empty() {
            reading.new += self.sink.append(reading.window, entries).map_err(PullError::Sink)?;
        }
        (self.tell)(&self.outcome.tally);
        Ok(())
    }

    /// Sends a request until it is answered or refused, or patience is at its end.
    async fn ask(&mut self, request: &ListLogEntriesRequest) -> Result<Page, Fault> {
        loop {
            let pause = self.tempo.pause(Instant::now());
            if !pause.is_zero() {
                self.wait(Wait::Quota, pause).await;
            }
            let began = Instant::now();
            self.tempo.sends(began);
            self.outcome.tally.requests += 1;
            let fault = match self.client.list(request.clone()).await {
                Ok(page) => {
                    self.waiting.answered();
                    self.tempo.answered(Instant::now());
                    return Ok(page);
                }
                Err(fault) => fault,
            };
            if fault.is_quota() {
                self.tempo.refused();
            }
            let Some(delay) = self.waiting.next(&fault, began.elapsed()) else { return Err(fault) };
            self.wait(if fault.is_quota() { Wait::Quota } else { Wait::Answer }, delay).await;
        }
    }

    async fn wait(&mut self, what: Wait, delay: Duration) {
        self.outcome.tally.waiting = Some((what, delay));
        (self.tell)(&self.outcome.tally);
        tokio::time::sleep(delay).await;
        self.outcome.tally.waiting = None;
        (self.tell)(&self.outcome.tally);
    }

    /// Waits until what the window holds must have arrived, and reads its tail again until nothing new comes.
    async fn settle(&mut self, mut reading: Reading) -> Result<(), PullError> {
        let mut pause = reading.end.saturating_add(self.order.settle).unwrap_or(Timestamp::MAX).duration_since((self.now)());
        if pause > self.order.settle + FUTURE {
            let statement = format!("The window until {} is not over: it was read as far as it has come.", reading.end);
            return self.complete(reading, Some(Gap { kind: "window-not-over", statement }));
        }
        for _ in 0..AGAIN {
            if let Ok(pause) = Duration::try_from(pause) {
                self.wait(Wait::Settling, pause).await;
            }
            let known = reading.new;
            reading.read_tail_again();
            if let Err(fault) = self.read_allowed(&mut reading).await? {
                self.miss(&reading, fault);
                return Ok(());
            }
            if reading.new == known {
                return self.complete(reading, None);
            }
            pause = self.order.settle / 3;
        }
        let statement = format!(
            "Entries were still arriving for the window until {} when it had been read {} times; a later pull may find more.",
            reading.end,
            AGAIN + 1
        );
        self.complete(reading, Some(Gap { kind: "late-entries", statement }))
    }

    fn complete(&mut self, reading: Reading, gap: Option<Gap>) -> Result<(), PullError> {
        let damaged = (reading.damaged > 0).then(|| Gap {
            kind: "unreadable-entry",
            statement: format!("{} entries between {} and {} could not be decoded.", reading.damaged, reading.start, reading.end),
        });
        let gaps = gap.into_iter().chain(damaged).collect();
        self.sink.complete(reading.window, reading.requests, gaps).map_err(PullError::Sink)?;
        self.done();
        Ok(())
    }

    fn done(&mut self) {
        self.outcome.tally.windows += 1;
        (self.tell)(&self.outcome.tally);
    }

    fn miss(&mut self, reading: &Reading, fault: Fault) {
        self.outcome.missing.push(reading.window);
        self.outcome.fault.get_or_insert(fault);
    }

    fn miss_rest(&mut self, from: usize) {
        for window in from..self.order.windows.len() {
            match self.sink.standing(window) {
                Standing::Complete => self.done(),
                _ => self.outcome.missing.push(window),
            }
        }
    }
}
