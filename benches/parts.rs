//! Measures the parts one by one: `cargo bench --bench parts -- reading`.

use std::hash::Hasher;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fivewhys::diagnosis::{self, Question};
use fivewhys::findings::{Finder, Group, Watch, WatchedWindow};
use fivewhys::logs::template::template;
use fivewhys::logs::{self, Everything, Gate, Pulled, Record, Selection, Source};
use fivewhys::report::redact::Redactor;
use fivewhys::results::{self, Outcome, ResultInput, TestRun};
use fivewhys::rules::Catalog;
use fivewhys::rules::graph::CauseGraph;
use fivewhys::rules::matching::Matcher;
use fivewhys::window::{self, Margins, Spans};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHasher;
use tempfile::TempDir;

#[allow(dead_code, reason = "each benchmark uses its own part of it")]
mod synthetic;

/// Log entries that the parts are measured on, in bytes.
const BYTES: u64 = 20_000_000;

/// Rules on top of the catalog, to make about 500 and 2,000.
const MORE_RULES: [usize; 3] = [0, 330, 1830];

/// Admits about one of so many entries, whatever they say; 0: none.
struct OneOf(u64);

impl Gate for OneOf {
    fn admits(&self, raw: &[u8]) -> bool {
        let mut hasher = FxHasher::default();
        hasher.write(&raw[raw.len().saturating_sub(64)..]);
        self.0 > 0 && (hasher.finish() >> 32).is_multiple_of(self.0)
    }
}

/// What one of the steps could not do ends the measurement.
type Done = Result<(), Box<dyn std::error::Error>>;

fn always() -> Selection {
    let whole = (Timestamp::MIN, Timestamp::MAX);
    Selection { windows: vec![whole], reach: Spans::union([whole]) }
}

fn entries(tests: usize) -> std::io::Result<(Arc<[u8]>, synthetic::Plan)> {
    let mut bytes = Vec::new();
    let options = synthetic::Options { bytes: BYTES, tests, ..synthetic::Options::default() };
    let plan = synthetic::write_logs(&mut bytes, &options)?;
    Ok((bytes.into(), plan))
}

fn records(source: &Source) -> Result<Vec<Record>, logs::Error> {
    let mut records = Vec::new();
    logs::pull(std::slice::from_ref(source), &always(), &Everything, &mut |record| records.push(record))?;
    Ok(records)
}

fn reading(criterion: &mut Criterion) -> Done {
    let (mixed, _) = entries(60)?;
    let mut traces = Vec::new();
    synthetic::write_stack_traces(&mut traces, BYTES, 1)?;
    let inputs = [
        ("reading/admits nothing", Source::bytes("logs", mixed.clone()), OneOf(0)),
        ("reading/admits 3 %", Source::bytes("logs", mixed.clone()), OneOf(33)),
        ("reading/admits everything", Source::bytes("logs", mixed), OneOf(1)),
        ("stitching/stack traces only", Source::bytes("logs", traces), OneOf(1)),
    ];
    let mut group = criterion.benchmark_group("logs");
    group.throughput(Throughput::Bytes(BYTES));
    for (name, source, gate) in inputs {
        let sources = [source];
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut seen = 0usize;
                let pulled = logs::pull(&sources, &always(), &gate, &mut |record| seen += record.text.len());
                black_box((seen, pulled.is_ok()))
            });
        });
    }
    group.finish();
    Ok(())
}

/// The catalog and this many invented rules in a folder, which is gone when the second value is dropped.
fn folder_of_rules(more: usize) -> std::io::Result<(Vec<PathBuf>, TempDir)> {
    let folder = tempfile::tempdir()?;
    let rules = folder.path().join("rules");
    synthetic::rules::generate(&rules, more, 1)?;
    Ok((if more > 0 { vec![rules] } else { Vec::new() }, folder))
}

fn catalog_with(more: usize) -> std::io::Result<Catalog> {
    let (folders, _kept) = folder_of_rules(more)?;
    Ok(Catalog::load(&folders).catalog)
}

fn matching(criterion: &mut Criterion) -> Done {
    let (bytes, _) = entries(60)?;
    let records = records(&Source::bytes("logs", bytes))?;
    let text: usize = records.iter().map(|record| record.text.len()).sum();
    let mut group = criterion.benchmark_group("matching records");
    group.throughput(Throughput::Bytes(text as u64));
    for more in MORE_RULES {
        let catalog = catalog_with(more)?;
        let matcher = Matcher::new(&catalog);
        group.bench_function(BenchmarkId::from_parameter(catalog.rules().len()), |bencher| {
            bencher.iter(|| {
                let mut met = 0;
                records.iter().for_each(|record| matcher.in_record(record, &mut |_| met += 1));
                black_box(met)
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("masking");
    group.throughput(Throughput::Bytes(text as u64));
    group.bench_function("templates", |bencher| {
        bencher.iter(|| records.iter().map(|record| template(&record.text).len()).sum::<usize>());
    });
    group.finish();
    Ok(())
}

/// The gate alone: what each entry costs before it is known to matter.
fn gate(criterion: &mut Criterion) -> Done {
    let (bytes, _) = entries(60)?;
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let mut group = criterion.benchmark_group("gate");
    group.throughput(Throughput::Bytes(BYTES));
    for more in MORE_RULES {
        let catalog = catalog_with(more)?;
        let matcher = Matcher::new(&catalog);
        group.bench_function(BenchmarkId::from_parameter(catalog.rules().len()), |bencher| {
            bencher.iter(|| lines.iter().filter(|line| matcher.admits(line)).count());
        });
    }
    group.finish();
    Ok(())
}

fn loading(criterion: &mut Criterion) -> Done {
    let (folders, _kept) = folder_of_rules(1830)?;
    let mut group = criterion.benchmark_group("loading");
    group.bench_function("embedded catalog", |bencher| bencher.iter(Catalog::embedded));
    group.sample_size(10);
    group.bench_function("2,000 rules", |bencher| bencher.iter(|| Catalog::load(&folders)));
    for more in MORE_RULES {
        let catalog = catalog_with(more)?;
        group.bench_function(BenchmarkId::new("matcher", catalog.rules().len()), |bencher| {
            bencher.iter(|| Matcher::new(&catalog));
        });
    }
    group.finish();
    Ok(())
}

/// As the program does it: failing windows first, then the control group.
fn watch(run: &TestRun) -> Watch {
    let second = SignedDuration::from_secs(1);
    let windows = window::around(run, Margins { before: second, after: second });
    let place = |(case, window): (usize, Option<window::CaseWindow>)| {
        let group = match run.cases[case].outcome {
            Outcome::Failed(_) | Outcome::Errored(_) => Group::Failing,
            _ => Group::Control,
        };
        window.map(|window| WatchedWindow { group, case: Some(case), core: window.core, window: window.window })
    };
    let mut watched: Vec<WatchedWindow> = windows.into_iter().enumerate().filter_map(place).collect();
    watched.sort_by_key(|window| window.group);
    Watch::new(watched)
}

fn diagnosing(criterion: &mut Criterion) -> Done {
    let catalog = Catalog::embedded().catalog;
    let (matcher, graph) = (Matcher::new(&catalog), CauseGraph::new(&catalog));
    let mut group = criterion.benchmark_group("diagnosing");
    group.sample_size(10);
    for tests in [60, 500, 2000] {
        let (bytes, plan) = entries(tests)?;
        let (run, _) = results::read(&[ResultInput::bytes("wide.xml", plan.junit("wide").into_bytes())], Offset::UTC);
        let watch = watch(&run);
        let mut finder = Finder::new(&catalog, &matcher, &watch);
        let windows: Vec<_> = watch.windows().iter().map(|window| (window.window.start, window.window.end)).collect();
        let selection = Selection { reach: Spans::union(windows.iter().copied()), windows };
        let source = Source::bytes("logs", bytes);
        let pulled: Pulled = logs::pull(&[source], &selection, &matcher, &mut |record| finder.see(&record))?;
        let findings = finder.finish(&run);
        let question = Question {
            run: &run,
            watch: &watch,
            catalog: &catalog,
            graph: &graph,
            findings: &findings,
            pulled: &pulled,
            suspects: &[],
            lookback: SignedDuration::from_mins(15),
        };
        group.bench_function(BenchmarkId::new("tests", run.cases.len()), |bencher| {
            bencher.iter_batched(|| (), |()| diagnosis::diagnose(&question), BatchSize::PerIteration);
        });
    }
    group.finish();
    Ok(())
}

/// Texts that come near to being secrets again and again: the time of one is eight times the time of the one before it, as its length is.
fn redacting(criterion: &mut Criterion) -> Done {
    const NEARLY: [&str; 11] = [
        "token:",
        "-----BEGIN PRIVATE KEY-----\n",
        "a@a.",
        "Bearer ",
        "password=\"",
        "eyJ",
        "1.1.1.1.",
        "://a:",
        "Cookie: a=b;",
        ":a:1",
        "sk-a-",
    ];
    let mut group = criterion.benchmark_group("redacting");
    for (piece, length) in NEARLY.iter().flat_map(|piece| [50_000, 400_000].map(|length| (piece, length))) {
        let text = piece.repeat(length / piece.len());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new(piece.trim_end(), length), |bencher| {
            bencher.iter(|| Redactor::default().clean(black_box(&text)));
        });
    }
    group.finish();
    Ok(())
}

/// Criterion's functions give nothing back; a failed preparation is told and ends the process.
fn or_exit(done: Done) {
    if let Err(error) = done {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "{error}");
        std::process::exit(1);
    }
}

fn all(criterion: &mut Criterion) {
    for part in [reading, matching, gate, loading, diagnosing, redacting] {
        or_exit(part(criterion));
    }
}

criterion_group! {
    name = parts;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3)).sample_size(20);
    targets = all
}
criterion_main!(parts);
