//! The same entries give the same records, in whatever order and layout they come.

use std::io::Write;

use proptest::prelude::*;

use super::*;

/// Everything that a reader of the records can see.
fn seen(sources: &[Source], gate: &dyn Gate) -> (Vec<String>, Pulled) {
    let window = (time("2026-11-20T09:00:00.002Z"), time("2026-11-20T09:00:00.030Z"));
    let reach = Spans::union([window, (time("2026-11-20T09:00:00.034Z"), time("2026-11-20T09:01:00Z"))]);
    let selection = Selection { windows: vec![window], reach };
    let (records, mut pulled) = pull_with(sources, &selection, gate);
    // Where in the files what time stands, of course depends on them.
    pulled.index = TimeIndex::default();
    (records.iter().map(|record| format!("{record:?}")).collect(), pulled)
}

fn bytes(text: impl AsRef<[u8]>) -> Source {
    Source::bytes("logs", text.as_ref())
}

/// Entries of two instances: log lines, stack traces line by line, entries without insert id, duplicates.
fn entries() -> impl Strategy<Value = Vec<Value>> {
    let text = prop_oneof![
        Just("Traceback (most recent call last):".to_owned()),
        Just("  File \"/app/a.py\", line 1, in f".to_owned()),
        Just("KeyError: 'x'".to_owned()),
        Just("During handling of the above exception, another exception occurred:".to_owned()),
        Just("\tat a.B.c(B.java:1)".to_owned()),
        Just("2026-11-20 09:00:00,000 - app - INFO - \u{00e9} \"quoted\" {brace\n[second line".to_owned()),
        "[a-zA-Z \"\\\\{}\\[\\],:\n\t]{0,40}",
    ];
    let entry = (0u64..40, prop::bool::ANY, text, 0u8..4).prop_map(|(at, second, text, shape)| {
        let mut entry = at_microsecond(at * 1000, if second { "b" } else { "a" }, &text);
        // One insert id names one content.
        entry["insertId"] = json!(format!("{}-{shape}-{text}", entry["insertId"].as_str().unwrap_or_default()));
        match shape {
            0 => entry["insertId"] = json!(""),
            1 => {
                let text = entry["textPayload"].take();
                entry["jsonPayload"] = json!({"message": text, "timestamp": "2020-01-01T00:00:00Z"});
            }
            _ => {}
        }
        entry
    });
    prop::collection::vec(entry, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_order_nor_layout_nor_compression_changes_what_is_seen(
        (entries, shuffled) in entries().prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
        cut in 0usize..60,
    ) {
        let expected = seen(&[bytes(ndjson(&entries))], &Everything);
        let array = Value::Array(shuffled.clone());
        let (left, right) = shuffled.split_at(cut.min(shuffled.len() - 1));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(ndjson(&shuffled).as_bytes()).unwrap();
        let mut layouts = vec![
            vec![bytes(ndjson(&shuffled))],
            vec![bytes(array.to_string())],
            vec![bytes(serde_json::to_string_pretty(&array).unwrap())],
            vec![bytes(shuffled.iter().map(|entry| serde_json::to_string_pretty(entry).unwrap()).collect::<Vec<_>>().join("\n"))],
            vec![bytes(encoder.finish().unwrap())],
        ];
        if !left.is_empty() {
            layouts.push(vec![bytes(ndjson(left)), bytes(serde_json::to_string_pretty(&right).unwrap())]);
        }
        for sources in layouts {
            prop_assert_eq!(&seen(&sources, &Everything), &expected);
        }
    }

    #[test]
    fn a_gate_takes_away_records_and_changes_none(entries in entries()) {
        struct Needle;
        impl Gate for Needle {
            fn admits(&self, raw: &[u8]) -> bool {
                String::from_utf8_lossy(raw).contains("KeyError")
            }
        }
        let (all, counted) = seen(&[bytes(ndjson(&entries))], &Everything);
        let (some, counted_too) = seen(&[bytes(ndjson(&entries))], &Needle);
        let expected: Vec<String> = all.into_iter().filter(|record| record.contains("KeyError")).collect();
        prop_assert_eq!(some, expected);
        prop_assert_eq!(counted.census, counted_too.census);
    }

    #[test]
    fn no_bytes_make_it_panic(garbage in prop::collection::vec(any::<u8>(), 0..400), at in 0usize..600) {
        let good = ndjson(&[line(1, "first"), line(2, "second")]).into_bytes();
        let mut text = good.clone();
        let at = at.min(text.len());
        text.splice(at..at, garbage);
        pull(&text);
        let mut text = good;
        text.truncate(at);
        pull(&text);
    }
}
