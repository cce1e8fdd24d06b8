//! A report over time: who logged what when, which cause it shows, and which tests were under way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::schema::{EvidenceKey, Report, Test};
use crate::logs::Severity;

pub(super) mod picture;

/// Microseconds since the epoch: what a script can count exactly.
type Micros = i64;

/// A report over time. Times are microseconds from [`Timeline::origin`].
#[derive(Debug, Default, Serialize)]
pub(super) struct Timeline {
    /// Microseconds since the epoch.
    pub(super) origin: Micros,
    /// All that is known of.
    pub(super) full: (Micros, Micros),
    /// Where to look first: the tests, not what lies long before them.
    pub(super) view: (Micros, Micros),
    /// In the order of the report.
    pub(super) tests: Vec<Bar>,
    pub(super) passed: Vec<(Micros, Micros)>,
    /// In the order of the report.
    pub(super) records: Vec<Mark>,
    pub(super) errors: Vec<Errors>,
    /// The lanes; not for scripts, which find the names in the page: no log text goes into their numbers.
    #[serde(skip)]
    pub(super) services: Vec<String>,
}

/// The window of a test that failed.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    pub(super) window: Option<(Micros, Micros)>,
    /// Places of its causes in the report.
    pub(super) causes: Vec<usize>,
    /// Places of the records that its whys and leads cite.
    pub(super) records: Vec<usize>,
}

/// A record on its lane.
#[derive(Debug, Serialize)]
pub(super) struct Mark {
    /// The number of its key.
    pub(super) key: u32,
    pub(super) at: Option<Micros>,
    pub(super) lane: usize,
    /// From 0 (none was stated) to 8, as Cloud Logging orders them.
    pub(super) severity: usize,
    /// Places of the causes that it speaks for.
    pub(super) causes: Vec<usize>,
    /// It shows the root of one of them.
    pub(super) root: bool,
}

/// Failed requests to a service: start of the step, answered with 4xx, with 5xx.
#[derive(Debug, Serialize)]
pub(super) struct Errors {
    pub(super) lane: usize,
    pub(super) step: Micros,
    pub(super) steps: Vec<(Micros, u64, u64)>,
}

/// How much longer than the tests all that is known may last and still be shown at once.
const FAR: i64 = 4;

impl Timeline {
    /// Linear in the size of the report, times the logarithm of the number of records.
    pub(super) fn of(report: &Report) -> Timeline {
        let services = services(report);
        let lanes: BTreeMap<&str, usize> = services.iter().map(String::as_str).zip(0..).collect();
        let marks = Marks::of(report);
        let mut records = Vec::with_capacity(report.evidence.len());
        for (place, (key, evidence)) in report.evidence.iter().enumerate() {
            let service = evidence.service.as_deref().unwrap_or_default();
            records.push(Mark {
                key: key.0,
                at: micros(&evidence.timestamp),
                lane: lanes.get(service).copied().unwrap_or_default(),
                severity: Severity::from_value(&Value::from(evidence.severity.as_str())) as usize,
                causes: marks.causes[place].iter().copied().collect(),
                root: marks.roots.contains(&place),
            });
        }
        let window = |start: &str, end: &str| micros(start).zip(micros(end)).filter(|(start, end)| start <= end);
        let tests = report.tests.iter().zip(marks.tests).map(|(test, (causes, records))| Bar {
            window: test.window.as_ref().and_then(|own| window(&own.start, &own.end)),
            causes,
            records,
        });
        let known = report.timeline.as_ref();
        let passed = known.iter().flat_map(|known| &known.passed).filter_map(|span| window(&span.start, &span.end)).collect();
        let errors = known.iter().flat_map(|known| &known.request_errors).map(|errors| Errors {
            lane: lanes.get(errors.service.as_str()).copied().unwrap_or_default(),
            step: i64::try_from(errors.step_ms).unwrap_or(i64::MAX / 1000).saturating_mul(1000),
            steps: errors.steps.iter().filter_map(|step| Some((micros(&step.at)?, step.client, step.server))).collect(),
        });
        let mut timeline = Timeline { tests: tests.collect(), passed, records, errors: errors.collect(), ..Timeline::default() };
        timeline.services = services;
        timeline.bound();
        timeline
    }

    /// Finds out what time it is about, and counts from there.
    fn bound(&mut self) {
        let windows = self.tests.iter().filter_map(|test| test.window).chain(self.passed.iter().copied());
        let of_tests = hull(windows);
        let points = self.records.iter().filter_map(|mark| Some((mark.at?, mark.at?)));
        let steps = self.errors.iter().flat_map(|errors| errors.steps.iter().map(|step| (step.0, step.0 + errors.step)));
        let Some(full) = hull(of_tests.into_iter().chain(points).chain(steps)) else { return };
        // A point has no length, but its picture has.
        let padded = |(start, end): (Micros, Micros)| {
            let room = ((end - start) / 40).max(50_000);
            (start.saturating_sub(room), end.saturating_add(room))
        };
        let view = of_tests.filter(|tests| (full.1 - full.0) / FAR > tests.1 - tests.0).unwrap_or(full);
        let full = padded(full);
        self.origin = full.0;
        self.full = (0, full.1 - full.0);
        let view = padded(view);
        self.view = ((view.0 - self.origin).max(0), (view.1 - self.origin).min(self.full.1));
        let shift = |span: &mut (Micros, Micros)| *span = (span.0 - full.0, span.1 - full.0);
        self.tests.iter_mut().filter_map(|test| test.window.as_mut()).for_each(shift);
        self.passed.iter_mut().for_each(shift);
        self.records.iter_mut().filter_map(|mark| mark.at.as_mut()).for_each(|at| *at -= full.0);
        self.errors.iter_mut().flat_map(|errors| &mut errors.steps).for_each(|step| step.0 -= full.0);
    }

    /// Whether there is anything to show.
    pub(super) fn is_empty(&self) -> bool {
        self.full.0 == self.full.1
    }
}

fn hull(spans: impl Iterator<Item = (Micros, Micros)>) -> Option<(Micros, Micros)> {
    spans.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}

fn micros(timestamp: &str) -> Option<Micros> {
    timestamp.parse::<Timestamp>().ok().map(Timestamp::as_microsecond)
}

/// The services that are cited, that failed requests or that logged; the unnamed one last.
fn services(report: &Report) -> Vec<String> {
    let cited = report.evidence.values().map(|evidence| evidence.service.as_deref().unwrap_or_default());
    let logged = report.run.revisions.iter().map(|revision| revision.service.as_str());
    let failed = report.timeline.iter().flat_map(|known| &known.request_errors).map(|errors| errors.service.as_str());
    let names: BTreeSet<&str> = cited.chain(logged).chain(failed).collect();
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.sort_by_key(String::is_empty);
    names
}

/// Which records speak for which causes and tests, by places in the report.
struct Marks {
    causes: Vec<BTreeSet<usize>>,
    roots: BTreeSet<usize>,
    /// Causes and records of each test.
    tests: Vec<(Vec<usize>, Vec<usize>)>,
}

impl Marks {
    fn of(report: &Report) -> Marks {
        let places: BTreeMap<EvidenceKey, usize> = report.evidence.keys().copied().zip(0..).collect();
        let found = |keys: &[EvidenceKey]| keys.iter().filter_map(|key| places.get(key).copied()).collect::<Vec<usize>>();
        let mut causes_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut marks = Marks { causes: vec![BTreeSet::new(); places.len()], roots: BTreeSet::new(), tests: Vec::new() };
        for (number, cause) in report.causes.iter().enumerate() {
            for test in &cause.tests {
                causes_of.entry(test.as_str()).or_default().push(number);
            }
            for place in found(&cause.evidence) {
                marks.causes[place].insert(number);
                marks.roots.insert(place);
            }
        }
        for test in &report.tests {
            let causes = causes_of.get(test.id.as_str()).cloned().unwrap_or_default();
            let mut records = marks.of_chains(report, test, &causes, &found);
            records.extend(test.leads.iter().flat_map(|lead| found(&lead.evidence)));
            marks.tests.push((causes, records.into_iter().collect()));
        }
        marks
    }

    /// The records that the chains of a test cite; those of its causes speak for these.
    fn of_chains(
        &mut self,
        report: &Report,
        test: &Test,
        causes: &[usize],
        found: &impl Fn(&[EvidenceKey]) -> Vec<usize>,
    ) -> BTreeSet<usize> {
        let mut records = BTreeSet::new();
        for hypothesis in &test.hypotheses {
            let cause = causes.iter().copied().find(|cause| report.causes[*cause].root == hypothesis.root);
            for place in hypothesis.whys.iter().flat_map(|why| found(&why.evidence)) {
                records.insert(place);
                self.causes[place].extend(cause);
            }
        }
        records
    }
}
