//! The run as JUnit XML: the cases that went in, with the diagnosis of each failed one as properties and output.
//!
//! It keeps to what both published schemas of the format allow (that of Ant, by Windy Road, and Jenkins' `junit-10.xsd`):
//! neither has properties on a case, so each diagnosed test has a suite of its own, named by its class. A flaky test
//! is written as Surefire and Jenkins have it (`flakyFailure`), which Ant's schema does not know.

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::schema::{Outcome, Report, Test, Why};
use super::telling::{self, Known};
use super::{RenderError, inert};

type Page = Writer<Vec<u8>>;

/// Renders the report as JUnit XML, in the order: failed tests as they ran, then flaky, passed and skipped ones by class.
///
/// A report knows no suites: a suite is a class or a file. `time` is 0 where the results did not say how long a test took.
///
/// # Errors
///
/// [`RenderError`] where the XML cannot be written; no report made by [`super::build`] is the cause of that.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let report = inert::visible_report(report)?;
    let mut page = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut page, &report)?;
    let text = String::from_utf8_lossy(&page.into_inner()).into_owned() + "\n";
    Ok(inert::disarmed(&text, "&#58;&#58;", "##&#91;"))
}

fn write(page: &mut Page, report: &Report) -> io::Result<()> {
    page.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    page.write_event(Event::Start(BytesStart::new("testsuites")))?;
    let run = &report.run;
    let seconds = run.durations.iter().map(|duration| (duration.id.as_str(), duration.seconds)).collect();
    let mut suites = Suites { page, report, seconds, number: 0 };
    for known in telling::known(report) {
        suites.diagnosed(&known)?;
    }
    let rest = [(&run.flaky, Ended::Flaky), (&run.passed, Ended::Passed), (&run.skipped, Ended::Skipped)];
    let rest: Vec<(Named<'_>, Ended)> =
        rest.iter().flat_map(|(ids, ended)| ids.iter().map(|id| (Named::of(id), *ended))).collect();
    // Classes in the order in which they are met; within a class, cases as they ran.
    let mut classes: Vec<Vec<&(Named<'_>, Ended)>> = Vec::new();
    let mut places = BTreeMap::new();
    for case in &rest {
        let place = *places.entry(case.0.class.as_str()).or_insert(classes.len());
        match classes.get_mut(place) {
            Some(class) => class.push(case),
            None => classes.push(vec![case]),
        }
    }
    for class in classes {
        suites.undiagnosed(&class)?;
    }
    page.write_event(Event::End(BytesEnd::new("testsuites")))
}

/// How a case ended that has no diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Flaky,
    Passed,
    Skipped,
}

/// An id as the format writes it, in two parts.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    id: &'a str,
    class: String,
    name: String,
}

impl<'a> Named<'a> {
    /// pytest's ids are taken apart as pytest's own writer does; others before the last separator.
    fn of(id: &'a str) -> Named<'a> {
        let (address, parameters) = id.find(['[', '(']).map_or((id, ""), |at| id.split_at(at));
        let (class, name) = if let Some((file, rest)) = address.split_once(".py::") {
            let module = file.replace('/', ".");
            match rest.rsplit_once("::") {
                Some((classes, name)) => (format!("{module}.{}", classes.replace("::", ".")), name),
                None => (module, rest),
            }
        } else if let Some((file, rest)) = address.split_once(" › ") {
            (file.to_owned(), rest)
        } else {
            let last = ["::", " ", "."].iter().find_map(|between| address.rsplit_once(between));
            last.map_or((String::new(), address), |(class, name)| (class.to_owned(), name))
        };
        match (class.trim(), name.trim()) {
            // A name of separators alone: there is nothing to take apart.
            ("", _) | (_, "") => Named { id, class: "tests".to_owned(), name: id.to_owned() },
            (class, _) => Named { id, name: format!("{name}{parameters}"), class: class.to_owned() },
        }
    }
}

struct Suites<'a> {
    page: &'a mut Page,
    report: &'a Report,
    /// By test id.
    seconds: BTreeMap<&'a str, f64>,
    number: usize,
}

/// How many cases of a suite ended how.
#[derive(Default)]
struct Tally {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    seconds: f64,
}

impl Suites<'_> {
    /// A suite of one test, its diagnosis in properties and output.
    fn diagnosed(&mut self, known: &Known<'_>) -> io::Result<()> {
        let test = known.test;
        let (named, lines) = (Named::of(&test.id), known.lines(self.report));
        let count = |outcome| usize::from(test.outcome == outcome);
        let tally = Tally {
            tests: 1,
            failures: count(Outcome::Failed),
            errors: count(Outcome::Errored),
            skipped: 0,
            seconds: self.took(&named),
        };
        let start = test.window.as_ref().map(|window| window.start.as_str());
        self.open(&named.class, &tally, start, &properties(known))?;
        let told = lines.join("\n");
        let element = match test.outcome {
            Outcome::Failed => Some("failure"),
            Outcome::Errored => Some("error"),
            Outcome::Flaky => Some("flakyFailure"),
            Outcome::NotFailed | Outcome::Window => None,
        };
        let error = test.error.as_deref().unwrap_or_default();
        let body = format!("{error}\n\n{told}");
        self.case(&named, element.map(|element| (element, error, body.as_str())))?;
        self.close(&told)
    }

    /// A suite of cases of one class.
    fn undiagnosed(&mut self, cases: &[&(Named<'_>, Ended)]) -> io::Result<()> {
        let Some((first, _)) = cases.first() else { return Ok(()) };
        let skipped = cases.iter().filter(|(_, ended)| *ended == Ended::Skipped).count();
        let seconds = cases.iter().map(|(named, _)| self.took(named)).sum();
        self.open(&first.class, &Tally { tests: cases.len(), skipped, seconds, ..Tally::default() }, None, &[])?;
        for (named, ended) in cases {
            let said = match ended {
                Ended::Passed => None,
                Ended::Skipped => Some(("skipped", "", "")),
                Ended::Flaky => Some(("flakyFailure", "failed, then passed on a rerun", "")),
            };
            self.case(named, said)?;
        }
        self.close("")
    }

    /// Seconds; 0 where it is not known.
    fn took(&self, named: &Named<'_>) -> f64 {
        self.seconds.get(named.id).copied().unwrap_or(0.0)
    }

    fn open(&mut self, class: &str, tally: &Tally, start: Option<&str>, properties: &[(String, String)]) -> io::Result<()> {
        let start = start.or(self.report.run.started_at.as_deref());
        let start: jiff::Timestamp = start.and_then(|start| start.parse().ok()).unwrap_or_default();
        // The schema has no place for an offset or a fraction of a second.
        let timestamp = start.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let numbers = [self.number, tally.tests, tally.failures, tally.errors, tally.skipped].map(|number| number.to_string());
        let [id, tests, failures, errors, skipped] = &numbers;
        let attributes = [
            ("name", class),
            ("package", class),
            ("id", id),
            ("timestamp", &timestamp),
            ("hostname", "localhost"),
            ("tests", tests),
            ("failures", failures),
            ("errors", errors),
            ("skipped", skipped),
            ("time", &format!("{:.3}", tally.seconds)),
        ];
        self.number += 1;
        self.page.write_event(Event::Start(BytesStart::new("testsuite").with_attributes(attributes)))?;
        if properties.is_empty() {
            return self.page.write_event(Event::Empty(BytesStart::new("properties")));
        }
        self.page.write_event(Event::Start(BytesStart::new("properties")))?;
        for (name, value) in properties {
            let property = BytesStart::new("property").with_attributes([("name", name.as_str()), ("value", value)]);
            self.page.write_event(Event::Empty(property))?;
        }
        self.page.write_event(Event::End(BytesEnd::new("properties")))
    }

    fn case(&mut self, named: &Named<'_>, said: Option<(&str, &str, &str)>) -> io::Result<()> {
        let time = format!("{:.3}", self.took(named));
        let attributes = [("classname", named.class.as_str()), ("name", &named.name), ("time", &time)];
        let start = BytesStart::new("testcase").with_attributes(attributes);
        let Some((element, message, body)) = said else { return self.page.write_event(Event::Empty(start)) };
        self.page.write_event(Event::Start(start))?;
        let message = message.trim();
        let attributes = [("message", message), ("type", kind_of(message))];
        match element {
            "skipped" => self.page.write_event(Event::Empty(BytesStart::new(element)))?,
            _ => self.text(BytesStart::new(element).with_attributes(attributes), element, body)?,
        }
        self.page.write_event(Event::End(BytesEnd::new("testcase")))
    }

    fn close(&mut self, output: &str) -> io::Result<()> {
        self.text(BytesStart::new("system-out"), "system-out", output)?;
        self.text(BytesStart::new("system-err"), "system-err", "")?;
        self.page.write_event(Event::End(BytesEnd::new("testsuite")))
    }

    fn text(&mut self, start: BytesStart<'_>, element: &str, text: &str) -> io::Result<()> {
        self.page.write_event(Event::Start(start))?;
        self.page.write_event(Event::Text(BytesText::new(text)))?;
        self.page.write_event(Event::End(BytesEnd::new(element)))
    }
}

/// The exception's name at the beginning of an error line, else `failure`.
fn kind_of(message: &str) -> &str {
    let kind = message.split([':', ' ', '\n']).next().unwrap_or_default();
    let last = kind.rsplit('.').next().unwrap_or_default();
    let is_name = last.starts_with(|letter: char| letter.is_ascii_uppercase())
        && kind.len() <= 200
        && kind.chars().all(|letter| letter.is_ascii_alphanumeric() || "._".contains(letter));
    if is_name { kind } else { "failure" }
}

/// What is known of the test; what there are several of is numbered.
fn properties(known: &Known<'_>) -> Vec<(String, String)> {
    let test: &Test = known.test;
    let mut properties = vec![("verdict", test.verdict.word().to_owned()), ("outcome", test.outcome.word().to_owned())];
    if let Some(cause) = known.causes.first() {
        properties.extend([
            ("root", cause.root.to_string()),
            ("title", telling::cut(&cause.title)),
            ("fingerprint", cause.fingerprint.to_string()),
            ("class", cause.class.clone()),
            ("severity", cause.severity.clone()),
        ]);
    }
    if let Some(window) = &test.window {
        properties.push(("window", format!("{}/{}", window.start, window.end)));
    }
    let named = [("priority", &test.priority), ("impact", &test.impact)];
    properties.extend(named.iter().filter_map(|(name, value)| Some((*name, value.as_ref()?.to_string()))));
    properties.extend(known.hypothesis().map(|hypothesis| ("score", hypothesis.score.to_string())));
    let several = [
        ("also", known.causes.iter().skip(1).map(|cause| cause.root.to_string()).collect()),
        ("why", known.hypothesis().map(|hypothesis| hypothesis.whys.iter().map(why).collect()).unwrap_or_default()),
        ("lead", test.leads.iter().map(|lead| telling::cut(&lead.template)).collect::<Vec<String>>()),
    ];
    let single = properties.into_iter().map(|(name, value)| (format!("fivewhys.{name}"), value));
    let numbered = several.into_iter().flat_map(|(name, values)| {
        values.into_iter().zip(1..).map(move |(value, number)| (format!("fivewhys.{name}.{number}"), value))
    });
    single.chain(numbered).collect()
}

/// `observed: the answer [e1, e2]`.
fn why(why: &Why) -> String {
    let keys: Vec<String> = why.evidence.iter().take(3).map(ToString::to_string).collect();
    let shown = if keys.is_empty() { String::new() } else { format!(" [{}]", keys.join(", ")) };
    format!("{}: {}{shown}", why.footing.word(), telling::cut(&why.answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str) -> (String, String) {
        let named = Named::of(id);
        (named.class, named.name)
    }

    #[test]
    fn an_id_is_taken_apart_as_its_runner_does() {
        let pair = |class: &str, name: &str| (class.to_owned(), name.to_owned());
        assert_eq!(
            named("tests/e2e/test_chat.py::TestChat::test_x[a.b::c]"),
            pair("tests.e2e.test_chat.TestChat", "test_x[a.b::c]")
        );
        assert_eq!(named("com.example.ChatTest.answers(int)"), pair("com.example.ChatTest", "answers(int)"));
        assert_eq!(named("e2e/chat.spec.ts › chat › answers"), pair("e2e/chat.spec.ts", "chat › answers"));
        assert_eq!(named("shop::cart total::adds"), pair("shop::cart total", "adds"));
        assert_eq!(named("::"), pair("tests", "::"));
    }
}
