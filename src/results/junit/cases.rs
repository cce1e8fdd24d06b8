//! One `<testcase>`: what it says about its attempts.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::super::attempt::Attempt;
use super::super::failure::failure;
use super::super::identity::{Writer, of_junit};
use super::super::notes::Notes;
use super::super::{CaseStart, Failure, Outcome, StartSource, times};
use super::Attrs;

/// An element in a case that says how an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Skipped,
    Failure,
    Error,
    /// An attempt that failed before one that passed.
    FlakyFailure,
    FlakyError,
    /// A further attempt that failed, after one that failed.
    RerunFailure,
    RerunError,
}

impl Part {
    pub(super) fn named(name: &str) -> Option<Part> {
        Some(match name {
            "skipped" => Part::Skipped,
            "failure" => Part::Failure,
            "error" => Part::Error,
            "flakyFailure" => Part::FlakyFailure,
            "flakyError" => Part::FlakyError,
            "rerunFailure" => Part::RerunFailure,
            "rerunError" => Part::RerunError,
            _ => return None,
        })
    }
}

/// What a part says.
struct Said {
    part: Part,
    message: String,
    details: String,
    output: String,
    start: Option<Timestamp>,
    duration: Option<SignedDuration>,
}

/// A `<testcase>` that is being read.
pub(super) struct Case {
    classname: String,
    name: String,
    file: String,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    duration: Option<SignedDuration>,
    output: String,
    said: Vec<Said>,
    in_part: bool,
}

impl Case {
    pub(super) fn new(attrs: &Attrs, line: u64, offset: Offset, notes: &mut Notes) -> Case {
        let own = |name: &str| attrs.text(name).to_owned();
        let mut case = Case {
            classname: own("classname"),
            name: own("name"),
            file: own("file"),
            start: None,
            end: None,
            duration: None,
            output: String::new(),
            said: Vec::new(),
            in_part: false,
        };
        let title = case.title();
        (case.start, case.duration) = stated_times(attrs, &title, line, offset, notes);
        case
    }

    pub(super) fn title(&self) -> String {
        format!("test case `{}`", self.name.chars().take(120).collect::<String>())
    }

    /// Teams add the times of each test as properties.
    pub(super) fn property(&mut self, name: &str, value: &str, line: u64, offset: Offset, notes: &mut Notes) {
        let slot = match name {
            "start_time" | "start" | "started_at" => &mut self.start,
            "end_time" | "end" | "stop" | "stop_time" | "finished_at" => &mut self.end,
            _ => return,
        };
        let moment = times::moment(value, offset);
        let place = format!("test case `{}`: property {name}", self.name);
        if let Some(at) = notes.ok(Some(line), &place, moment) {
            *slot = Some(at);
        }
    }

    pub(super) fn begin_part(&mut self, part: Part, attrs: &Attrs, line: u64, offset: Offset, notes: &mut Notes) {
        let (start, duration) = stated_times(attrs, &self.title(), line, offset, notes);
        let message = match (attrs.text("message"), attrs.text("type")) {
            ("", kind) if part != Part::Skipped => kind.to_owned(),
            (message, _) => message.to_owned(),
        };
        self.said.push(Said { part, message, details: String::new(), output: String::new(), start, duration });
        self.in_part = true;
    }

    pub(super) fn end_part(&mut self) {
        self.in_part = false;
    }

    pub(super) fn details(&mut self, text: &str) {
        if let Some(said) = self.said.last_mut() {
            said.details.push_str(text);
        }
    }

    pub(super) fn begin_output(&mut self) {
        let output = self.open_output();
        if !output.is_empty() && !output.ends_with('\n') {
            output.push('\n');
        }
    }

    pub(super) fn output(&mut self, text: &str) {
        self.open_output().push_str(text);
    }

    fn open_output(&mut self) -> &mut String {
        match self.said.last_mut() {
            Some(said) if self.in_part => &mut said.output,
            _ => &mut self.output,
        }
    }

    /// Whether a failure was seen already: such a case is worth keeping even when the file ends inside it.
    pub(super) fn has_ended_badly(&self) -> bool {
        self.said.iter().any(|said| matches!(said.part, Part::Failure | Part::Error | Part::RerunFailure | Part::RerunError))
    }

    /// The attempts the case tells of, in order of time. `suite` is the name of the suite and its number.
    pub(super) fn attempts(mut self, writer: Writer, suite: (&str, usize)) -> Vec<Attempt> {
        if let (Some(start), Some(end)) = (self.start, self.end)
            && let Some(span) = times::between(start, end)
        {
            self.duration = Some(span);
        }
        let identity = of_junit(writer, suite, &self.classname, &self.name, &self.file);
        let mut main = Attempt::new(identity.clone(), self.main_outcome());
        main.start = self.start.map(stated);
        main.duration = self.duration;
        let teardown =
            writer == Writer::Pytest && self.said.iter().any(|said| said.message.starts_with("failed on teardown with "));
        // jest-junit writes two elements for one file that did not load.
        main.continues = teardown || self.classname == "Test suite failed to run";
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for said in self.said {
            let list = match said.part {
                Part::FlakyFailure | Part::FlakyError => &mut before,
                Part::RerunFailure | Part::RerunError => &mut after,
                _ => continue,
            };
            let text = failure(&said.message, &said.details, &said.output);
            let outcome = match said.part {
                Part::FlakyError | Part::RerunError => Outcome::Errored(text),
                _ => Outcome::Failed(text),
            };
            let attempt = Attempt::new(identity.clone(), outcome);
            list.push(Attempt { start: said.start.map(stated), duration: said.duration, ..attempt });
        }
        before.push(main);
        before.extend(after);
        before
    }

    /// How the attempt that the element itself stands for ended. A case with several failures (subtests) has them
    /// all in its details.
    fn main_outcome(&self) -> Outcome {
        let bad = || self.said.iter().filter(|said| matches!(said.part, Part::Failure | Part::Error));
        let Some(first) = bad().next() else {
            let skipped = self.said.iter().any(|said| said.part == Part::Skipped);
            return if skipped { Outcome::Skipped } else { Outcome::Passed };
        };
        let details: Vec<&str> = bad().map(|said| said.details.trim_matches('\n')).collect();
        let inner: String = bad().map(|said| said.output.as_str()).collect();
        let output = format!("{}\n{inner}", self.output);
        let text: Failure = failure(&first.message, &details.join("\n\n"), &output);
        if bad().any(|said| said.part == Part::Failure) { Outcome::Failed(text) } else { Outcome::Errored(text) }
    }
}

fn stated(at: Timestamp) -> CaseStart {
    CaseStart { at, source: StartSource::Stated }
}

/// `timestamp` and `time`, which nextest and others write on cases and attempts.
fn stated_times(
    attrs: &Attrs,
    title: &str,
    line: u64,
    offset: Offset,
    notes: &mut Notes,
) -> (Option<Timestamp>, Option<SignedDuration>) {
    let start = attrs.get("timestamp").filter(|text| !text.is_empty());
    let start = start.and_then(|text| notes.ok(Some(line), &format!("{title}: timestamp"), times::moment(text, offset)));
    let time = attrs.get("time").filter(|text| !text.is_empty());
    (start, time.and_then(|text| notes.ok(Some(line), &format!("{title}: time"), times::duration(text))))
}
