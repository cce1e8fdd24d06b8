//! The part of a report that pictures of the run over time are drawn from.

use jiff::{SignedDuration, Timestamp};

use super::super::schema::{RequestErrors, RequestStep, Span, Timeline};
use super::Assembly;
use crate::logs::RequestCensus;
use crate::results::Outcome;

/// Windows of passing tests told apart.
const SPANS: usize = 500;

/// Services whose request errors are shown.
const SERVICES: usize = 100;

impl Assembly<'_, '_> {
    pub(super) fn timeline(&mut self) -> Timeline {
        let requests = &self.subject.pulled.census.requests;
        let request_errors = requests.iter().take(SERVICES).map(|(service, census)| self.errors_of(service, census)).collect();
        Timeline { passed: self.passed(), request_errors }
    }

    fn passed(&self) -> Vec<Span> {
        let cases = self.subject.run.cases.iter().zip(self.subject.windows);
        let passed = cases.filter(|(case, _)| matches!(case.outcome, Outcome::Passed)).filter_map(|(_, window)| window.as_ref());
        let mut spans: Vec<(Timestamp, Timestamp)> = passed.map(|window| (window.start, window.end)).collect();
        spans.sort_unstable();
        let spans = if spans.len() > SPANS { fewer(&spans) } else { spans };
        spans.into_iter().map(|(start, end)| Span { start: start.to_string(), end: end.to_string() }).collect()
    }

    fn errors_of(&mut self, service: &str, census: &RequestCensus) -> RequestErrors {
        let steps = census.steps();
        RequestErrors {
            service: self.clean(service),
            step_ms: census.step_ms(),
            steps: steps
                .map(|(at, count)| RequestStep { at: at.to_string(), client: count.client, server: count.server })
                .collect(),
        }
    }
}

/// At most [`SPANS`] that cover the same time: neighbours less than a step apart become one. The spans are in order.
fn fewer(spans: &[(Timestamp, Timestamp)]) -> Vec<(Timestamp, Timestamp)> {
    let end = spans.iter().map(|(_, end)| *end).max().unwrap_or(Timestamp::MIN);
    let whole = spans.first().map_or(SignedDuration::ZERO, |(start, _)| start.duration_until(end));
    let step = whole / i32::try_from(SPANS).unwrap_or(i32::MAX);
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for &(start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 || last.0.duration_until(start) <= step => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
