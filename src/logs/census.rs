//! Counts entries by window, service and revision while they are read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::{Census, RequestCensus, RevisionCensus, ServiceCensus};

/// The counts so far. Windows may overlap: entries are counted per stretch between two window edges
/// (logarithmic each), and the stretches are added up at the end.
pub(super) struct Tally {
    windows: Vec<(Timestamp, Timestamp)>,
    /// All starts and ends of windows, in order, without repetition.
    edges: Vec<Timestamp>,
    census: Census,
    places: Vec<Place>,
    known: FxHashMap<(String, String), u32>,
}

struct Place {
    service: String,
    revision: String,
    entries: Option<RevisionCensus>,
    /// For each stretch behind an edge, the entries in it.
    stretches: Vec<u64>,
}

impl Tally {
    pub(super) fn new(windows: &[(Timestamp, Timestamp)]) -> Tally {
        let mut edges: Vec<Timestamp> = windows.iter().flat_map(|(start, end)| [*start, *end]).collect();
        edges.sort_unstable();
        edges.dedup();
        Tally { windows: windows.to_vec(), edges, census: Census::default(), places: Vec::new(), known: FxHashMap::default() }
    }

    /// Entries met, wherever they lie.
    pub(super) fn add_entries(&mut self, count: u64, span: Option<(Timestamp, Timestamp)>) {
        self.census.entries += count;
        self.census.span = match (self.census.span, span) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (known, new) => known.or(new),
        };
    }

    /// The number of a service's revision.
    pub(super) fn place(&mut self, service: &str, revision: &str) -> u32 {
        let places = &mut self.places;
        let stretches = self.edges.len();
        *self.known.entry((service.to_owned(), revision.to_owned())).or_insert_with(|| {
            let (service, revision) = (service.to_owned(), revision.to_owned());
            places.push(Place { service, revision, entries: None, stretches: vec![0; stretches] });
            places.len() as u32 - 1
        })
    }

    /// An entry within reach: met for the first time, or a duplicate.
    pub(super) fn sight(&mut self, at: Timestamp, place: u32, first: bool) {
        if !first {
            self.census.duplicates += 1;
            return;
        }
        self.census.in_reach += 1;
        let place = &mut self.places[place as usize];
        let seen = place.entries.get_or_insert(RevisionCensus { first: at, last: at, entries: 0 });
        seen.first = seen.first.min(at);
        seen.last = seen.last.max(at);
        seen.entries += 1;
        let behind = self.edges.partition_point(|edge| *edge <= at);
        if behind > 0 {
            place.stretches[behind - 1] += 1;
        }
    }

    /// A request that was answered with an error.
    pub(super) fn fail(&mut self, at: Timestamp, place: u32, status: u16) {
        let service = &self.places[place as usize].service;
        if !self.census.requests.contains_key(service) {
            self.census.requests.insert(service.clone(), RequestCensus::default());
        }
        if let Some(requests) = self.census.requests.get_mut(service) {
            requests.add(at, status);
        }
    }

    pub(super) fn finish(mut self) -> Census {
        let mut services: BTreeMap<String, ServiceCensus> = BTreeMap::new();
        self.census.per_window = vec![0; self.windows.len()];
        for place in &self.places {
            let Some(entries) = &place.entries else { continue };
            let in_windows = self.in_windows(&place.stretches);
            add(&mut self.census.per_window, &in_windows);
            if place.service.is_empty() {
                continue;
            }
            let service = services.entry(place.service.clone()).or_default();
            service.per_window.resize(self.windows.len(), 0);
            add(&mut service.per_window, &in_windows);
            if !place.revision.is_empty() {
                service.revisions.insert(place.revision.clone(), entries.clone());
            }
        }
        self.census.services = services;
        self.census
    }

    fn in_windows(&self, stretches: &[u64]) -> Vec<u64> {
        let sums: Vec<u64> = std::iter::once(0)
            .chain(stretches.iter().scan(0, |sum, count| {
                *sum += count;
                Some(*sum)
            }))
            .collect();
        let before = |moment: &Timestamp| sums[self.edges.partition_point(|edge| edge < moment)];
        self.windows.iter().map(|(start, end)| before(end).saturating_sub(before(start))).collect()
    }
}

fn add(sums: &mut [u64], counts: &[u64]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}
