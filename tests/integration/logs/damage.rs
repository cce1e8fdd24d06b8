//! Damaged files: what is good is kept, what was mended is counted, what is lost is named with its place.

use serde_json::json;

use super::*;

fn kinds(pulled: &Pulled) -> Vec<&'static str> {
    pulled.repairs.iter().map(|repair| repair.kind).collect()
}

#[test]
fn garbage_between_good_lines_is_skipped_and_named() {
    let good = ndjson(&[line(1, "first"), line(2, "second")]);
    let text = good.replacen('\n', "\nnot json at all\n{\"half\": \n", 1);
    let (records, pulled) = pull(&text);
    assert_eq!(texts(&records), ["first", "second"]);
    let statement = &pulled.gaps[0].statement;
    assert_eq!(pulled.gaps[0].kind, "unreadable-line");
    assert!(statement.contains("lines 2, 3 (2 in all)"), "{statement}");
}

#[test]
fn many_bad_lines_make_one_gap() {
    let text = format!("{}{}", ndjson(&[line(1, "first")]), "garbage\n".repeat(10_000));
    let (records, pulled) = pull(&text);
    assert_eq!((records.len(), pulled.gaps.len()), (1, 1));
    assert!(pulled.gaps[0].statement.contains("(10000 in all)"));
}

#[test]
fn a_line_cut_off_in_the_middle_does_not_swallow_the_next() {
    let cut = line(2, "second").to_string();
    let cut = &cut[..cut.len() / 2];
    let (records, pulled) = pull(format!("{}\n{cut}\n{}\n", line(1, "first"), line(3, "third")));
    let found = texts(&records);
    assert!(found.contains(&"first") && found.contains(&"third"), "{found:?} {pulled:?}");
    assert!(!pulled.gaps.is_empty() || !pulled.repairs.is_empty());
}

#[test]
fn a_truncated_last_object_keeps_what_it_has() {
    let whole = serde_json::to_string_pretty(&json!([line(1, "first"), line(2, "second")])).unwrap();
    // The timestamp is the last field: without it the entry is lost, and that is said.
    let (records, pulled) = pull(&whole[..whole.rfind("\"timestamp\"").unwrap() + 4]);
    assert_eq!(texts(&records), ["first"]);
    assert_eq!((pulled.gaps[0].kind, kinds(&pulled)), ("no-timestamp", vec!["entry cut off at its end"]));
    // With it, the entry is used, and mended.
    let (records, pulled) = pull(&whole[..whole.rfind('}').unwrap()]);
    assert_eq!(texts(&records), ["first", "second"]);
    assert_eq!((kinds(&pulled), pulled.gaps.len()), (vec!["entry cut off at its end"], 0));
}

#[test]
fn raw_newlines_and_illegal_escapes_in_strings_are_mended_and_counted() {
    let text = ndjson(&[line(1, "a very long|line"), line(2, "get~_state")]).replace('|', "\n").replace('~', "\\");
    let (records, pulled) = pull(&text);
    assert_eq!(texts(&records), ["a very long\nline", "get_state"]);
    assert_eq!(kinds(&pulled), ["illegal escape", "raw newline inside a string"]);
    assert_eq!(pulled.repairs[0].line, Some(3));
    assert_eq!(pulled.gaps, []);
}

#[test]
fn a_mended_line_is_gated_by_what_it_means() {
    struct Needle;
    impl Gate for Needle {
        fn admits(&self, raw: &[u8]) -> bool {
            String::from_utf8_lossy(raw).contains("get_state")
        }
    }
    let text = ndjson(&[line(1, "get~_state"), line(2, "other")]).replace('~', "\\");
    let (records, _) = pull_with(&[Source::bytes("logs", text.as_bytes())], &all_time(), &Needle);
    assert_eq!(texts(&records), ["get_state"]);
}

#[test]
fn invalid_utf8_is_replaced_and_counted() {
    let mut text = ndjson(&[line(1, "caf|"), line(2, "second")]).into_bytes();
    let at = text.iter().position(|byte| *byte == b'|').unwrap();
    text[at] = 0xe9;
    let (records, pulled) = pull(&text);
    assert_eq!(texts(&records), ["caf\u{fffd}", "second"]);
    assert_eq!(kinds(&pulled), ["invalid UTF-8"]);
}

#[test]
fn utf16_and_byte_order_marks_are_understood() {
    let text = ndjson(&[line(1, "naïve"), line(2, "second")]);
    let wide =
        |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<u8>>();
    for (bytes, repairs) in [
        (wide(u16::to_le_bytes, [0xff, 0xfe]), vec!["UTF-16"]),
        (wide(u16::to_be_bytes, [0xfe, 0xff]), vec!["UTF-16"]),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), vec![]),
    ] {
        let (records, pulled) = pull(&bytes);
        assert_eq!(texts(&records), ["naïve", "second"]);
        assert_eq!((kinds(&pulled), pulled.gaps), (repairs, vec![]));
    }
}

#[test]
fn a_line_of_300_kilobytes_is_read_like_any_other() {
    let long = "x".repeat(300_000);
    let (records, pulled) = pull(ndjson(&[line(1, &long), line(2, "second")]));
    assert_eq!(texts(&records), [long.as_str(), "second"]);
    assert_eq!(pulled.gaps, []);
    // As the console downloads it, payload first: the beginning of the file is nothing but text.
    let stamp = "2026-11-20T09:00:00Z";
    let (records, pulled) = pull(format!("[{{\"textPayload\":\"{long}\",\"insertId\":\"a\",\"timestamp\":\"{stamp}\"}}]"));
    assert_eq!((texts(&records), pulled.gaps), (vec![long.as_str()], vec![]));
}

#[test]
fn an_empty_file_and_a_file_of_something_else_are_named_gaps() {
    for text in ["", "\n\n", "hello\nworld\n", "{\"tests\": [{\"name\": \"a\", \"timestamp\": \"x\"}]}"] {
        let (records, pulled) = pull(text);
        assert_eq!((records.len(), pulled.gaps.len()), (0, 1), "{text}");
        assert_eq!(pulled.gaps[0].kind, "no-entries");
    }
}

#[test]
fn ten_thousand_deep_nesting_is_refused_and_the_rest_read() {
    let deep =
        format!("{{\"timestamp\":\"2026-11-20T09:00:00Z\",\"jsonPayload\":{}{}}}\n", "[".repeat(10_000), "]".repeat(10_000));
    let broken = format!("{{\"jsonPayload\":{}\n", "[".repeat(10_000));
    let (records, pulled) = pull(format!("{}{deep}{broken}{}", ndjson(&[line(1, "first")]), ndjson(&[line(2, "second")])));
    assert_eq!(texts(&records), ["first", "second"]);
    assert!(!pulled.gaps.is_empty());
}

#[test]
fn an_entry_without_any_time_is_lost_and_one_with_a_receive_time_is_not() {
    let mut received = line(1, "received");
    received["receiveTimestamp"] = received["timestamp"].take();
    let mut undated = line(2, "undated");
    undated.as_object_mut().unwrap().remove("timestamp");
    let (records, pulled) = pull(ndjson(&[received, undated, line(3, "dated")]));
    assert_eq!(texts(&records), ["received", "dated"]);
    assert_eq!(pulled.gaps[0].kind, "no-timestamp");
    assert!(pulled.gaps[0].statement.contains("logs:2:"), "{}", pulled.gaps[0].statement);
}

#[test]
fn a_truncated_gzip_file_gives_what_came_before_the_cut() {
    use std::io::Write;
    let text: String = (0..20_000).map(|number| format!("{}\n", line(number, &format!("line {}", number * 7919)))).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    let (records, pulled) = pull(&whole[..whole.len() / 2]);
    assert!(records.len() > 1000, "{}", records.len());
    assert!(pulled.gaps.iter().any(|gap| gap.kind == "truncated"), "{:?}", pulled.gaps);
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let error = logs::pull(&[Source::path("no/such/file.ndjson")], &all_time(), &Everything, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("no/such/file.ndjson"), "{error}");
}
