//! Entries that went through Parquet are the entries they were.

use fivewhys::logs::Source;
use fivewhys::logs::parquet::Writer;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Entry, entries};

fn through_parquet(lines: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes).unwrap();
    lines.iter().for_each(|line| writer.push(line).unwrap());
    writer.finish().unwrap();
    bytes
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z \"\\\\\n\t/{}\u{0}\u{2028}🦀]{0,40}", Just(String::new())]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // What a float is after it was read once; reading it again must not change it.
        any::<f64>().prop_map(|float| json!(float)).prop_filter("finite", |value| value.is_number()),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// An entry: each field may be missing, be what Cloud Logging says it is, or be anything.
fn entry() -> impl Strategy<Value = Entry> {
    let field = |name: &'static str, usual: BoxedStrategy<Value>| {
        prop_oneof![1 => Just(None), 4 => usual.prop_map(Some), 1 => value().prop_map(Some)]
            .prop_map(move |value| (name.to_owned(), value))
    };
    let object = || prop::collection::btree_map("[a-zA-Z_.@/ ]{1,9}", value(), 0..5).prop_map(|map| json!(map)).boxed();
    let word = || text().prop_map(Value::from).boxed();
    let known = (
        field("severity", word()),
        field("trace", word()),
        field("spanId", word()),
        field("textPayload", word()),
        field("jsonPayload", object()),
        field("protoPayload", object()),
        field("httpRequest", object()),
        field("resource", object()),
        field("labels", object()),
    );
    let unknown = prop::collection::btree_map(text(), value(), 0..4);
    let nanos = (0i64..4_000_000_000, 0i32..1_000_000_000, 0usize..10);
    (known, unknown, nanos).prop_map(|(known, unknown, (second, nano, digits))| {
        let (a, b, c, d, e, f, g, h, i) = known;
        let known = [a, b, c, d, e, f, g, h, i].into_iter().filter_map(|(name, value)| Some((name, value?)));
        let mut entry: Entry = unknown.into_iter().filter(|(name, _)| !name.contains('_')).chain(known).collect();
        let at = jiff::Timestamp::new(second, nano).unwrap();
        entry.insert("timestamp".to_owned(), json!(format!("{at:.digits$}")));
        entry.insert("logName".to_owned(), json!("projects/p/logs/l"));
        entry
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_entry_comes_back_as_it_was(all in prop::collection::vec(entry(), 1..12)) {
        let all: Vec<Entry> = all.into_iter().enumerate().map(|(number, mut entry)| {
            entry.insert("insertId".to_owned(), json!(format!("id{number}")));
            entry
        }).collect();
        let lines: Vec<String> = all.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let plain = entries(&[Source::bytes("plain", lines.join("\n").into_bytes())]);
        let packed = entries(&[Source::bytes("packed", through_parquet(&lines))]);
        prop_assert_eq!(plain.len(), all.len());
        prop_assert_eq!(plain, packed);
    }
}

#[test]
fn a_file_of_many_row_groups_comes_back_whole_and_in_order() {
    let line = |number: usize| {
        json!({"insertId": format!("{number}"), "logName": "l", "timestamp": format!("2026-11-20T09:00:00.{number:09}Z"),
            "jsonPayload": {"message": format!("number {number}"), "padding": "x".repeat(number % 97)}})
        .to_string()
    };
    let lines: Vec<String> = (0..40_000).map(line).collect();
    let found = entries(&[Source::bytes("packed", through_parquet(&lines))]);
    assert_eq!(found.len(), lines.len());
    let texts: Vec<String> = found.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    assert!(texts == lines, "order or content differs");
}

#[test]
fn a_damaged_file_is_a_gap_and_never_a_panic() {
    let lines: Vec<String> = (0..50)
        .map(|n| {
            json!({"insertId": n.to_string(), "logName": "l", "timestamp": "2026-11-20T09:00:00Z", "textPayload": "x"})
                .to_string()
        })
        .collect();
    let whole = through_parquet(&lines);
    let read = |bytes: Vec<u8>| {
        let all = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let selection = fivewhys::logs::Selection { windows: vec![all], reach: fivewhys::window::Spans::union([all]) };
        let mut count = 0;
        let pulled =
            fivewhys::logs::pull(&[Source::bytes("damaged", bytes)], &selection, &fivewhys::logs::Everything, &mut |_| {
                count += 1
            });
        (count, pulled.map(|pulled| pulled.gaps).map_err(|error| error.to_string()))
    };
    assert_eq!(read(whole.clone()), (50, Ok(Vec::new())));
    for length in (4..whole.len()).step_by(7) {
        let (count, gaps) = read(whole[..length].to_vec());
        assert!(count == 0 && gaps.is_ok_and(|gaps| gaps[0].statement.contains("the file is cut off")), "cut at {length}");
    }
    for at in 4..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let (count, gaps) = read(bytes);
        assert!(count == 0 && gaps.is_ok_and(|gaps| !gaps.is_empty()), "changed at {at}");
    }
}
