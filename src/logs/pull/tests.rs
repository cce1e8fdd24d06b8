use std::io::Write;

use super::*;
use crate::logs::Everything;
use crate::window::Spans;
use jiff::Timestamp;

struct Needle;

impl Gate for Needle {
    fn admits(&self, raw: &[u8]) -> bool {
        memchr::memmem::find(raw, b"KeyError").is_some()
    }
}

fn lines() -> String {
    let entry = |number: usize, text: &str| {
        let time = format!("2026-11-20T09:00:{:02}.{:06}Z", number / 10, number % 10 * 10);
        format!("{{\"insertId\":\"{number}\",\"logName\":\"l\",\"textPayload\":\"{text}\",\"timestamp\":\"{time}\"}}\n")
    };
    let trace = ["2026 - INFO - \u{e9}", "Traceback (most recent call last):", "  File", "KeyError: 'x'"];
    (0..200).rev().map(|number| entry(number, trace[number % 10 % 4])).collect()
}

#[test]
fn what_was_let_go_and_read_again_is_what_would_have_been_kept() {
    let text = lines();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let marked = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
    for bytes in [text.clone().into_bytes(), gzip.finish().unwrap(), marked] {
        let source = [Source::bytes("logs", bytes)];
        for gate in [&Needle as &dyn Gate, &Everything] {
            let all = (Timestamp::MIN, Timestamp::MAX);
            let selection = Selection { windows: vec![all], reach: Spans::union([all]) };
            let read = |budget| {
                let bounds = Bounds { budget, smallest: u64::MAX };
                let mut seen = Vec::new();
                let pulled = pull_within(bounds, &source, &selection, gate, &mut |records| {
                    seen.extend(records.iter().map(|record| format!("{record:?}")));
                });
                (seen, pulled.unwrap())
            };
            let (kept, again) = (read(usize::MAX), read(0));
            assert!(kept.0.len() >= 40 && kept.1.gaps.is_empty());
            assert_eq!(kept, again);
        }
    }
}

/// Records and what was pulled, with the file read in part where it can be, or as a whole.
fn read(text: &str, from: i64, to: i64, smallest: u64) -> (Vec<String>, Pulled) {
    let source = [Source::bytes("logs", text.as_bytes().to_vec())];
    let at = |second| "2026-11-20T09:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(second);
    let window = (at(from), at(to));
    let selection = Selection { windows: vec![window], reach: Spans::union([window]) };
    let mut seen = Vec::new();
    let bounds = Bounds { budget: BUDGET_BYTES, smallest };
    let pulled = pull_within(bounds, &source, &selection, &Everything, &mut |records| {
        seen.extend(records.iter().map(|record| format!("{record:?}")));
    });
    (seen, pulled.unwrap())
}

fn many_lines(late: Option<usize>) -> String {
    let line = |number: usize| {
        let second = if Some(number) == late { number / 10 - 100 } else { number / 10 };
        let (minute, second) = (second / 60, second % 60);
        let filler = "x".repeat(600);
        format!(
            "{{\"insertId\":\"{number}\",\"logName\":\"l\",\"textPayload\":\"{filler}\",\"timestamp\":\"2026-11-20T09:{minute:02}:{second:02}Z\"}}\n"
        )
    };
    (0..20_000).map(line).collect()
}

#[test]
fn a_file_in_order_of_time_read_in_part_gives_what_reading_all_of_it_gives() {
    let text = many_lines(None);
    for (from, to) in [(500, 520), (0, 3), (1_990, 5_000), (-50, -1)] {
        let (in_part, all) = (read(&text, from, to, 0), read(&text, from, to, u64::MAX));
        assert_eq!((in_part.0, in_part.1.census.per_window), (all.0, all.1.census.per_window));
        assert_eq!((all.1.in_part.len(), in_part.1.in_part.len()), (0, 1), "{from}..{to}");
        assert!(in_part.1.in_part[0].read < in_part.1.in_part[0].size / 5);
    }
}

#[test]
fn damage_in_what_is_read_is_named_by_its_line() {
    let mut lines: Vec<String> = many_lines(None).lines().map(str::to_owned).collect();
    lines[5_100] = "{\"damaged".to_owned();
    let (_, pulled) = read(&(lines.join("\n") + "\n"), 500, 520, 0);
    assert_eq!(pulled.in_part.len(), 1);
    assert!(pulled.gaps[0].statement.starts_with("logs:5101:"), "{:?}", pulled.gaps);
}

#[test]
fn a_line_out_of_order_where_it_matters_has_the_whole_file_read() {
    let (seen, pulled) = read(&many_lines(Some(5_101)), 400, 520, 0);
    assert_eq!((seen.len(), pulled.in_part.len()), (1_200, 0));
}
