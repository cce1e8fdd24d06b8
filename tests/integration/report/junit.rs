//! JUnit XML, checked against what the published schemas allow, and read back.

use std::collections::BTreeMap;

use fivewhys::report::{Format, Report};
use fivewhys::results::{self, Outcome, ResultInput, TestRun};
use jiff::SignedDuration;
use jiff::tz::Offset;
use quick_xml::events::{BytesStart, Event};

use super::{rendered, scene};

/// What Ant's schema (`JUnit.xsd` by Windy Road) and Jenkins' `junit-10.xsd` both allow: element, children in their
/// order, attributes that must be there. `flakyFailure` is Jenkins' alone.
const SCHEMA: [(&str, &[&str], &[&str]); 11] = [
    ("testsuites", &["testsuite"], &[]),
    (
        "testsuite",
        &["properties", "testcase", "system-out", "system-err"],
        &["name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time"],
    ),
    ("properties", &["property"], &[]),
    ("property", &[], &["name", "value"]),
    ("testcase", &["skipped", "failure", "error", "flakyFailure"], &["classname", "name", "time"]),
    ("failure", &[], &["message", "type"]),
    ("error", &[], &["message", "type"]),
    ("flakyFailure", &[], &["message", "type"]),
    ("skipped", &[], &[]),
    ("system-out", &[], &[]),
    ("system-err", &[], &[]),
];

/// Whether the page is well-formed XML 1.0 that both schemas allow.
pub fn check(page: &str) -> Result<(), String> {
    let forbidden = |letter: char| matches!(letter, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if let Some(letter) = page.chars().find(|letter| forbidden(*letter)) {
        return Err(format!("{letter:?} is not allowed in XML"));
    }
    let mut reader = quick_xml::Reader::from_str(page);
    reader.config_mut().check_comments = true;
    let mut open: Vec<(String, usize)> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                enter(&mut open, &start)?;
                open.push((start.name().as_ref().to_owned(), 0));
            }
            Event::Empty(start) => enter(&mut open, &start)?,
            Event::End(_) => drop(open.pop()),
            Event::Text(_) | Event::Decl(_) | Event::GeneralRef(_) => {}
            Event::Eof => break,
            other => return Err(format!("{other:?} has no place in it")),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

fn enter(open: &mut [(String, usize)], start: &BytesStart<'_>) -> Result<(), String> {
    let name = start.name().as_ref().to_owned();
    if let Some((parent, reached)) = open.last_mut() {
        let allowed =
            SCHEMA.iter().find(|(element, _, _)| element == parent).map(|(_, children, _)| *children).unwrap_or_default();
        let place = allowed.iter().position(|child| *child == name).ok_or_else(|| format!("<{name}> in <{parent}>"))?;
        if place < *reached {
            return Err(format!("<{name}> too late in <{parent}>"));
        }
        *reached = place;
    }
    let (_, _, wanted) = SCHEMA.iter().find(|(element, _, _)| *element == name).ok_or_else(|| format!("<{name}>"))?;
    let mut found: Vec<String> = Vec::new();
    for attribute in start.attributes() {
        found.push(attribute.map_err(|error| error.to_string())?.key.as_ref().to_owned());
    }
    if found.iter().map(String::as_str).eq(wanted.iter().copied()) { Ok(()) } else { Err(format!("<{name}> has {found:?}")) }
}

fn read_back(report: &Report) -> TestRun {
    let page = rendered(report, Format::Junit);
    check(&page).unwrap();
    let (run, refused) = results::read(&[ResultInput::bytes("junit.xml", page)], Offset::UTC);
    assert!(refused.is_empty() && run.unread.is_empty(), "{refused:?} {:?}", run.unread);
    run
}

#[test]
fn the_cases_that_went_in_come_back() {
    let mut scene = scene::chat_outage();
    let all =
        ["tests/e2e/test_flaky.py::test_now_and_then", "com.example.CartTest.adds(int)", "e2e/cart.spec.ts › cart › adds [1]"];
    scene.run.cases.push(scene::case(all[0], Outcome::Flaky(results::Failure::default())));
    scene.run.cases.push(scene::case(all[1], Outcome::Passed));
    scene.run.cases.push(scene::case(all[2], Outcome::Skipped));
    scene.run.cases[0].duration = Some(SignedDuration::from_millis(61_250));
    let took = |case: &results::TestCase| case.duration.unwrap_or_default();
    let by_id = |run: &TestRun| -> BTreeMap<String, (String, SignedDuration)> {
        run.cases.iter().map(|case| (case.id.clone(), (case.outcome.word().to_owned(), took(case)))).collect()
    };
    assert_eq!(by_id(&read_back(&scene.report())), by_id(&scene.run));
}

#[test]
fn a_failure_keeps_its_error_line_and_gets_the_five_whys() {
    let report = scene::chat_outage().report();
    let run = read_back(&report);
    for test in &report.tests {
        let case = run.cases.iter().find(|case| case.id == test.id.as_str()).unwrap();
        assert_eq!(case.outcome.failure().unwrap().message, test.error.as_ref().unwrap().as_str());
    }
    let details = &run.cases.iter().find_map(|case| case.outcome.failure()).unwrap().details;
    for line in ["confirmed: The WebSocket request carried no JWT (auth/missing-jwt)", "Why 2 (inferred): ", "Why 3 (observed): "]
    {
        assert!(details.contains(line), "{line:?} is not in {details}");
    }
}

#[test]
fn a_diagnosed_test_has_its_diagnosis_as_properties_of_its_suite() {
    let page = rendered(&scene::chat_outage().report(), Format::Junit);
    let suite = page.split("<testsuite ").find(|suite| suite.contains("name=\"test_connects\"")).unwrap();
    for property in [
        r#"name="fivewhys.verdict" value="confirmed""#,
        r#"name="fivewhys.root" value="auth/missing-jwt""#,
        r#"name="fivewhys.fingerprint" value="auth/missing-jwt""#,
        r#"name="fivewhys.why.2" value="inferred: The service rejected"#,
    ] {
        assert!(suite.contains(property), "{property} is not in {suite}");
    }
    assert!(suite.contains("<system-out>confirmed: "));
}

#[test]
fn a_report_read_from_its_own_junit_has_no_reference_or_hidden_character_left() {
    let mut scene = scene::chat_outage();
    scene.run.cases[4] =
        scene::case("tests/test_x.py::test_[\u{1b}[31m\u{0}\u{fffe}]", scene::failed("a\u{1}b & <c> ]]> \"d\"\nsecond"));
    let page = rendered(&scene.report(), Format::Junit);
    check(&page).unwrap();
    assert!(page.contains("a␁b &amp; &lt;c&gt; ]]&gt;"), "{page}");
}
