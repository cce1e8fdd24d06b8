use std::io::Write;

use super::*;
use crate::logs::{Everything, Wanted, neighbours};
use crate::window::Spans;
use jiff::Timestamp;

struct Needle;

impl Gate for Needle {
    fn admits(&self, raw: &[u8]) -> bool {
        memchr::memmem::find(raw, b"KeyError").is_some()
    }
}

/// More than is compressed at a time.
fn lines() -> String {
    let entry = |number: usize, text: &str| {
        let time = format!("2026-11-20T09:{:02}:{:02}.{:06}Z", number / 600, number / 10 % 60, number % 10 * 10);
        format!("{{\"insertId\":\"{number}\",\"logName\":\"l\",\"textPayload\":\"{text}\",\"timestamp\":\"{time}\"}}\n")
    };
    let trace = ["2026 - INFO - \u{e9}", "Traceback (most recent call last):", "  File", "KeyError: 'x'"];
    (0..9_000).rev().map(|number| entry(number, trace[number % 10 % 4])).collect()
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
                let mut see = |record| seen.push(format!("{record:?}"));
                let pulled = pull_within(bounds, &source, &selection, gate, &mut Each(&mut see));
                (seen, pulled.unwrap())
            };
            let kept = read(usize::MAX);
            assert!(kept.0.len() >= 1_800 && kept.1.gaps.is_empty());
            for budget in [0, 1, 100_000] {
                assert!(read(budget) == kept, "{budget}");
            }
        }
    }
}

/// Knows entries by the last digit of their insert id, where that is even.
struct Knowing;

impl Gate for Knowing {
    fn admits(&self, _raw: &[u8]) -> bool {
        true
    }

    fn admission(&self, entry: &Glimpse<'_>) -> Admission {
        let id = memchr::memmem::find(entry.raw(), b"\",\"logName").map_or(b'1', |end| entry.raw()[end - 1]);
        if id.is_multiple_of(2) { Admission::Known(u32::from(id)) } else { Admission::Wanted }
    }
}

/// Wants the records of what it is told; notes the time and the text of all in the order in which they come.
#[derive(Default)]
struct Asking {
    met: Vec<(Timestamp, Option<String>)>,
    awaited: std::collections::VecDeque<Vec<usize>>,
}

impl Visitor for Asking {
    fn meet(&mut self, met: Vec<Met>) -> Vec<usize> {
        let (mut wanted, mut awaited) = (Vec::new(), Vec::new());
        for (place, met) in met.into_iter().enumerate() {
            match met {
                Met::Record(record) => self.met.push((record.entries[0].timestamp, Some(record.text))),
                Met::Known { at, meaning, .. } => {
                    if meaning != u32::from(b'4') {
                        wanted.push(place);
                        awaited.push(self.met.len());
                    }
                    self.met.push((at, None));
                }
            }
        }
        if !wanted.is_empty() {
            self.awaited.push_back(awaited);
        }
        wanted
    }

    fn take(&mut self, records: Vec<Option<Record>>) {
        for (place, record) in self.awaited.pop_front().unwrap().into_iter().zip(records) {
            let record = record.unwrap();
            assert_eq!(record.entries[0].timestamp, self.met[place].0);
            self.met[place].1 = Some(record.text);
        }
    }
}

#[test]
fn what_a_gate_knows_comes_in_its_turn_and_its_record_if_it_is_wanted() {
    let text = many_lines(Some(5_101));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let all = (Timestamp::MIN, Timestamp::MAX);
    let selection = Selection { windows: vec![all], reach: Spans::union([all]) };
    for (bytes, budget) in [(text.clone().into_bytes(), 0), (gzip.finish().unwrap(), 0), (text.into_bytes(), usize::MAX)] {
        let source = [Source::bytes("logs", bytes)];
        let bounds = Bounds { budget, smallest: u64::MAX };
        let mut asking = Asking::default();
        pull_within(bounds, &source, &selection, &Knowing, &mut asking).unwrap();
        let mut records = Vec::new();
        let mut see = |record: Record| records.push((record.entries[0].timestamp, Some(record.text)));
        pull_within(bounds, &source, &selection, &RecordsOnly(&Knowing), &mut Each(&mut see)).unwrap();
        assert_eq!((records.len(), asking.awaited.len()), (20_000, 0));
        let (told, unasked): (Vec<_>, Vec<_>) = asking.met.iter().zip(&records).partition(|(met, _)| met.1.is_some());
        assert_eq!(unasked.len(), 2_000);
        assert!(told.iter().all(|(met, record)| met == record));
        assert!(unasked.iter().all(|(met, record)| met.0 == record.0));
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
    let mut see = |record| seen.push(format!("{record:?}"));
    let pulled = pull_within(bounds, &source, &selection, &Everything, &mut Each(&mut see));
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

#[test]
fn neighbours_are_the_same_whether_or_not_it_is_known_where_their_time_stands() {
    let text = many_lines(Some(5_101)).replace("\"logName\":\"l\"", "\"logName\":\"l\",\"labels\":{\"instanceId\":\"i\"}");
    let at = |second| "2026-11-20T09:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(second);
    let wanted = |number: i64, second| Wanted {
        insert_ids: vec![number.to_string()],
        timestamp: at(second),
        instance: Some("i".to_owned()),
        service: None,
    };
    let wanted = [wanted(4_105, 410), wanted(19_999, 1_999), wanted(0, 0)];
    let source = [Source::bytes("logs", text.into_bytes())];
    for (from, to, smallest) in [(0, 2_000, u64::MAX), (405, 420, u64::MAX), (1_900, 2_000, 0)] {
        let selection = Selection { windows: Vec::new(), reach: Spans::union([(at(from), at(to))]) };
        let bounds = Bounds { budget: BUDGET_BYTES, smallest };
        let pulled = pull_within(bounds, &source, &selection, &Everything, &mut Each(&mut |_| ())).unwrap();
        // Ten entries a second: so many lie nearer than they are looked for at first, just so near, farther away, too far.
        for lines in [4, 99, 100, 101, 250, 400] {
            let with = neighbours(&source, &wanted, lines, &pulled.index).unwrap();
            assert_eq!(with, neighbours(&source, &wanted, lines, &TimeIndex::default()).unwrap(), "{lines}");
            assert!(with.iter().all(|around| around.before.len() + around.after.len() >= lines.min(300)), "{lines}");
        }
    }
}

/// Cannot stand one of the entries.
struct Brittle;

impl Gate for Brittle {
    fn admits(&self, _raw: &[u8]) -> bool {
        true
    }

    fn admission(&self, entry: &Glimpse<'_>) -> Admission {
        assert!(memchr::memmem::find(entry.raw(), b"\"insertId\":\"3000\"").is_none(), "too much");
        Admission::Refused
    }
}

#[test]
#[should_panic(expected = "too much")]
fn a_fault_on_one_thread_ends_the_reading_on_all() {
    // More blocks than may wait for one.
    let text = many_lines(None).repeat(4);
    let all = (Timestamp::MIN, Timestamp::MAX);
    let selection = Selection { windows: Vec::new(), reach: Spans::union([all]) };
    let _ = pull(&[Source::bytes("logs", text.into_bytes())], &selection, &Brittle, &mut Each(&mut |_| ()));
}
