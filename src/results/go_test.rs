//! Reads `go test -json`: one event a line, each with its time (`go doc test2json`).

use std::borrow::Cow;
use std::io::{BufRead, Read};

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::attempt::Attempt;
use super::failure::failure;
use super::identity::of_go;
use super::input::TextReader;
use super::merge::Reading;
use super::notes::Notes;
use super::{CaseStart, Outcome, StartSource, times};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    action: Cow<'a, str>,
    #[serde(borrow, default)]
    package: Cow<'a, str>,
    #[serde(borrow, default)]
    test: Cow<'a, str>,
    #[serde(borrow, default)]
    output: Cow<'a, str>,
    #[serde(borrow, default)]
    import_path: Cow<'a, str>,
    elapsed: Option<f64>,
}

/// One run of a test.
struct Run {
    package: String,
    test: String,
    start: Option<Timestamp>,
    stop: Option<Timestamp>,
    elapsed: Option<f64>,
    /// The last action that ended it: `pass`, `fail`, `skip`.
    ended: Option<&'static str>,
    output: String,
}

#[derive(Default)]
struct Log {
    runs: Vec<Run>,
    /// The latest run of each test.
    latest: FxHashMap<(String, String), usize>,
    packages: FxHashMap<String, Package>,
    /// Lines of the compiler, by package.
    build: FxHashMap<String, String>,
    broken: Vec<Attempt>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

#[derive(Default)]
struct Package {
    output: String,
    /// Tests of it that failed on their own.
    failures: usize,
    start: Option<Timestamp>,
}

pub(super) fn read<R: Read>(text: &mut TextReader<R>, notes: &mut Notes) -> Reading {
    let mut log = Log::default();
    let mut compiled = String::new();
    let mut buffer = String::new();
    loop {
        let number = text.line();
        buffer.clear();
        match text.read_line(&mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                notes.add(Some(number), format!("reading stopped here: {error}"));
                break;
            }
        }
        let line = buffer.trim();
        if line.starts_with('{') {
            match serde_json::from_str::<Event>(line) {
                Ok(event) => log.event(&event, number, notes),
                Err(error) => notes.add(Some(number), format!("not an event of go test: {error}; the line was left out")),
            }
        } else {
            log.plain_line(line, &mut compiled);
        }
    }
    log.finish(notes)
}

impl Log {
    fn event(&mut self, event: &Event, number: u64, notes: &mut Notes) {
        let time = event.time.as_ref().and_then(|time| notes.ok(Some(number), "Time", times::moment(time, Offset::UTC)));
        self.first = self.first.into_iter().chain(time).min();
        self.last = self.last.max(time);
        match &*event.action {
            // `ImportPath` may be `example.com/shop [example.com/shop.test]`.
            "build-output" => {
                let package = event.import_path.split(' ').next().unwrap_or_default();
                self.build.entry(package.to_owned()).or_default().push_str(&event.output);
            }
            _ if event.test.is_empty() => self.package_event(event, time),
            "run" => self.start(event, time),
            "cont" => {
                // A parallel test waits between `pause` and `cont`.
                if let Some(run) = self.run(event) {
                    run.start = time.or(run.start);
                }
            }
            "output" => {
                if let Some(run) = self.run(event) {
                    run.output.push_str(&event.output);
                }
            }
            "pass" => self.end(event, "pass", time),
            "fail" => self.end(event, "fail", time),
            "skip" => self.end(event, "skip", time),
            _ => {}
        }
    }

    fn start(&mut self, event: &Event, time: Option<Timestamp>) {
        let (package, test) = (event.package.clone().into_owned(), event.test.clone().into_owned());
        self.latest.insert((package.clone(), test.clone()), self.runs.len());
        let run = Run { package, test, start: time, stop: None, elapsed: None, ended: None, output: String::new() };
        self.runs.push(run);
    }

    fn run(&mut self, event: &Event) -> Option<&mut Run> {
        let who = (event.package.clone().into_owned(), event.test.clone().into_owned());
        self.latest.get(&who).map(|&place| &mut self.runs[place])
    }

    fn end(&mut self, event: &Event, how: &'static str, time: Option<Timestamp>) {
        if self.run(event).is_none() {
            self.start(event, None);
        }
        let Some(run) = self.run(event) else { return };
        (run.ended, run.stop, run.elapsed) = (Some(how), time, event.elapsed);
        if how == "fail" {
            self.packages.entry(event.package.clone().into_owned()).or_default().failures += 1;
        } else {
            run.output = String::new();
        }
    }

    fn package_event(&mut self, event: &Event, time: Option<Timestamp>) {
        let package = self.packages.entry(event.package.clone().into_owned()).or_default();
        package.start = package.start.or(time);
        match &*event.action {
            "output" => package.output.push_str(&event.output),
            "fail" => self.package_failed(&event.package, time),
            "pass" => package.output = String::new(),
            _ => {}
        }
    }

    /// A package fails because of its tests, because a test took the whole program down, or because it did not build.
    fn package_failed(&mut self, name: &str, time: Option<Timestamp>) {
        let package = self.packages.remove(name).unwrap_or_default();
        let mut explained = package.failures > 0;
        for run in self.runs.iter_mut().filter(|run| run.package == name && run.ended.is_none()) {
            (run.ended, run.stop) = (Some("fail"), time);
            run.output.push_str(&package.output);
            explained = true;
        }
        if !explained {
            let said = format!("{}{}", self.build.get(name).map(String::as_str).unwrap_or_default(), package.output);
            self.broken(name, &said, package.start.or(time));
        }
    }

    fn broken(&mut self, package: &str, said: &str, at: Option<Timestamp>) {
        let compiled = said.lines().any(|line| line.contains(".go:"));
        let message = if !compiled && said.contains("[build failed]") { "build failed" } else { "" };
        let mut attempt = Attempt::new(of_go(package, ""), Outcome::Errored(failure(message, said, "")));
        attempt.start = at.map(|at| CaseStart { at, source: StartSource::Stated });
        self.broken.push(attempt);
    }

    /// Lines beside the events: what the compiler said, and (before Go 1.24) that a package did not build.
    fn plain_line(&mut self, line: &str, compiled: &mut String) {
        if line.starts_with("# ") {
            compiled.clear();
        }
        compiled.push_str(line);
        compiled.push('\n');
        let failed = line.strip_prefix("FAIL").and_then(|rest| rest.trim().split_once(char::is_whitespace));
        if let Some((package, why)) = failed
            && matches!(why.trim(), "[build failed]" | "[setup failed]")
        {
            self.broken(package, compiled, None);
            compiled.clear();
        }
    }

    fn finish(self, notes: &mut Notes) -> Reading {
        let mut reading = Reading { started_at: self.first, ended_at: self.last, ..Reading::default() };
        reading.attempts = self.broken;
        reading.attempts.extend(self.runs.into_iter().map(|run| close(run, notes)));
        reading
    }
}

fn close(run: Run, notes: &mut Notes) -> Attempt {
    let identity = of_go(&run.package, &run.test);
    let outcome = match run.ended {
        Some("pass") => Outcome::Passed,
        Some("skip") => Outcome::Skipped,
        Some(_) => Outcome::Failed(failure(failed_subtest(&run), &run.output, "")),
        None => {
            notes.add(None, format!("{} began and no result of it was written: the run was cut off", identity.id));
            let message = "the test began and never reported a result: the run was cut off";
            Outcome::Errored(failure(message, &run.output, ""))
        }
    };
    let mut attempt = Attempt::new(identity, outcome);
    attempt.start = run.start.map(|at| CaseStart { at, source: StartSource::Stated });
    let spanned = run.start.zip(run.stop).and_then(|(start, stop)| times::between(start, stop));
    let stated = run.elapsed.and_then(|elapsed| times::seconds(elapsed).ok());
    // The end of a subtest is printed after its parent's: what the test itself measured is nearer, but rounded.
    let rounding = SignedDuration::from_millis(5);
    attempt.duration = match (spanned, stated) {
        (Some(spanned), Some(stated)) => Some(spanned.min(stated.saturating_add(rounding))),
        (spanned, stated) => spanned.or(stated),
    };
    attempt
}

/// A test that failed only because a subtest did says nothing of its own.
fn failed_subtest(run: &Run) -> &'static str {
    let own =
        run.output.lines().map(str::trim).any(|line| {
            !line.is_empty() && !["=== ", "--- ", "FAIL", "exit status"].iter().any(|prefix| line.starts_with(prefix))
        });
    if own { "" } else { "a subtest failed" }
}
