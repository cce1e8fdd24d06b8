//! Windows around cases, spans of time, and windows users name.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::results::{CaseStart, Outcome};

fn at(text: &str) -> Timestamp {
    format!("2026-11-20T{text}Z").parse().unwrap()
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn case(start: Option<(&str, StartSource)>, duration: Option<i64>) -> TestCase {
    TestCase {
        id: "a::b".into(),
        name: "b".into(),
        start: start.map(|(text, source)| CaseStart { at: at(text), source }),
        duration: duration.map(seconds),
        outcome: Outcome::Passed,
        attempts: 1,
    }
}

const MARGINS: Margins = Margins { before: SignedDuration::from_secs(2), after: SignedDuration::from_secs(3) };

#[test]
fn a_window_is_the_case_with_margins_and_the_core_is_the_case_alone() {
    let run = TestRun { cases: vec![case(Some(("09:00:00.5", StartSource::Stated)), Some(10))], ..TestRun::default() };
    let got = around(&run, MARGINS)[0].unwrap();
    assert_eq!(got.core, (at("09:00:00.5"), at("09:00:10.5")));
    assert_eq!((got.window.start, got.window.end), (at("08:59:58.5"), at("09:00:13.5")));
    assert_eq!(got.window.precision, Precision::Exact);
    assert!(got.window.contains(at("08:59:58.5")) && !got.window.contains(at("09:00:13.5")));
}

#[test]
fn a_start_in_whole_seconds_was_rounded_down() {
    let run = TestRun { cases: vec![case(Some(("09:00:00", StartSource::Stated)), Some(0))], ..TestRun::default() };
    assert_eq!(around(&run, MARGINS)[0].unwrap().core, (at("09:00:00"), at("09:00:01")));
}

#[test]
fn a_case_without_a_start_gets_the_whole_run_and_without_a_run_nothing() {
    let mut run = TestRun { cases: vec![case(None, Some(4)), case(None, Some(6))], ..TestRun::default() };
    assert_eq!(around(&run, MARGINS), [None, None]);
    run.started_at = Some(at("09:00:00"));
    let got = around(&run, MARGINS)[1].unwrap();
    assert_eq!((got.core, got.window.precision), ((at("09:00:00"), at("09:00:10")), Precision::WholeRun));
    run.ended_at = Some(at("09:00:07"));
    assert_eq!(around(&run, MARGINS)[1].unwrap().core, (at("09:00:00"), at("09:00:07")));
}

#[test]
fn margins_stop_at_the_ends_of_time() {
    let forever = Margins { before: SignedDuration::MAX, after: SignedDuration::MAX };
    let window = TimeWindow::new((at("09:00:00"), at("09:00:01")), forever, Precision::Exact);
    assert_eq!((window.start, window.end), (Timestamp::MIN, Timestamp::MAX));
    let negative = Margins { before: seconds(-5), after: SignedDuration::MIN };
    let window = TimeWindow::new((at("09:00:00"), at("09:00:01")), negative, Precision::Exact);
    assert_eq!((window.start, window.end), (at("09:00:00"), at("09:00:01")));
}

#[test]
fn spans_merge_what_overlaps_or_touches() {
    let spans = Spans::union([
        (at("09:10:00"), at("09:20:00")),
        (at("09:00:00"), at("09:05:00")),
        (at("09:05:00"), at("09:06:00")),
        (at("09:12:00"), at("09:13:00")),
        (at("09:30:00"), at("09:30:00")),
        (at("09:40:00"), at("09:35:00")),
    ]);
    let expected = [(at("09:00:00"), at("09:06:00")), (at("09:10:00"), at("09:20:00"))];
    assert_eq!(spans.iter().collect::<Vec<_>>(), expected);
    for (moment, inside) in [
        ("08:59:59", false),
        ("09:00:00", true),
        ("09:05:59", true),
        ("09:06:00", false),
        ("09:13:00", true),
        ("09:20:00", false),
    ] {
        assert_eq!(spans.contains(at(moment)), inside, "{moment}");
    }
    assert_eq!(spans.hull(), Some((at("09:00:00"), at("09:20:00"))));
    let wider = spans.extended(seconds(120), seconds(120));
    assert_eq!(wider.iter().collect::<Vec<_>>(), [(at("08:58:00"), at("09:22:00"))]);
    assert!(Spans::default().is_empty() && !Spans::default().contains(at("09:00:00")));
}

#[test]
fn windows_that_touch_do_not_overlap() {
    let window = |from, to| TimeWindow { start: at(from), end: at(to), precision: Precision::Given };
    assert!(window("09:00:00", "09:01:00").overlaps(&window("09:00:59", "09:02:00")));
    assert!(!window("09:00:00", "09:01:00").overlaps(&window("09:01:00", "09:02:00")));
}

#[test]
fn a_user_names_a_window_with_or_without_offset() {
    let expected = TimeWindow { start: at("09:26:00"), end: at("09:31:00"), precision: Precision::Given };
    for text in [
        "2026-11-20T09:26:00Z/2026-11-20T09:31:00Z",
        " 2026-11-20T11:26:00+02:00 / 2026-11-20 09:31:00 ",
        "2026-11-20T09:26:00/5m",
        "PT5M/2026-11-20T09:31Z",
    ] {
        assert_eq!(parse_window(text), Ok(expected), "{text}");
    }
    let margins = Margins { before: seconds(120), after: seconds(180) };
    assert_eq!(parse_around("2026-11-20T09:28:00Z", margins).unwrap().start, expected.start);
    let own = parse_around("2026-11-20T09:28:00Z±90s", margins).unwrap();
    assert_eq!((own.start, own.end.as_second()), (at("09:26:30"), at("09:29:30").as_second()));
    assert_eq!(parse_around("2026-11-20T09:28:00+-90", margins), Ok(own));
}

#[test]
fn a_wrong_window_says_what_to_write() {
    let message = |text| parse_window(text).unwrap_err().to_string();
    assert!(message("yesterday").contains("FROM/TO"));
    assert!(message("yesterday/2026-11-20T09:31:00Z").contains("`yesterday` is not a time"));
    assert!(message("2026-11-20T09:31:00Z/soon").contains("`soon` is not a time"));
    assert!(message("2026-11-20T09:31:00Z/2026-11-20T09:30:00Z").contains("not after its start"));
    assert!(message("2026-11-20T09:31:00Z/-5m").contains("is not a time"));
    let around = |text| parse_around(text, Margins::default()).unwrap_err().to_string();
    assert!(around("noon").contains("`noon` is not a time"));
    assert!(around("2026-11-20T09:28:00Z±long").contains("`long` is not a length of time"));
    assert!(around("2026-11-20T09:28:00Z±nan").contains("is not a length of time"));
}

#[test]
fn a_window_at_the_end_of_time_does_not_overflow() {
    let got = parse_around("9999-12-30T22:00:00Z±999999h", Margins::default()).unwrap();
    assert_eq!(got.end, Timestamp::MAX);
    assert!(parse_window("9999-12-30T21:00:00Z/9999999h").is_ok());
}
