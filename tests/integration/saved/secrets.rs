//! Secrets of every kind, in every place, are gone from everything that is written; what only looks like one stays.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use fivewhys::report::Format;
use fivewhys::report::redact::{Redactor, Settings};
use serde_json::{Value, json};

use super::corpus::{SHAPES, innocents, secrets};
use super::{Entry, asked, entry, masked, saved_entries};
use crate::program::{finish, fivewhys};

/// What must not be found: the secret, and of a long one its end.
fn traces(secret: &str) -> Vec<String> {
    let mut traces = vec![secret.to_owned(), secret.replace("%3D", "=")];
    if secret.len() >= 20 {
        traces.push(secret[secret.len() - 10..].to_owned());
    }
    traces
}

fn left_in(text: &str, secrets: &[(String, String)]) -> Vec<String> {
    let left = secrets.iter().filter(|(secret, _)| traces(secret).iter().any(|trace| text.contains(trace.as_str())));
    left.map(|(secret, context)| {
        let at = traces(secret).iter().find_map(|trace| text.find(trace.as_str())).unwrap_or_default();
        let start = text.floor_char_boundary(at.saturating_sub(60));
        format!("{context}\n    …{}", &text[start..text.ceil_char_boundary((at + 80).min(text.len()))])
    })
    .collect()
}

/// How a text is written into another one.
type Way = fn(&str) -> String;

#[test]
fn every_secret_is_gone_from_a_text_however_it_is_written() {
    let all = secrets(3);
    assert!(SHAPES.len() >= 40 && all.len() >= 150);
    let ways: [(&str, Way); 8] = [
        ("as it is", str::to_owned),
        ("in a sentence", |text| format!("upstream refused ({text}), giving up")),
        ("in quotes", |text| format!("sent '{text}' to the backend")),
        ("in JSON", |text| json!({"outer": {"inner": text}}).to_string()),
        ("in JSON in JSON", |text| Value::from(json!({"detail": text}).to_string()).to_string()),
        ("in a Python repr", |text| format!("{{'headers': [(b'x', b'{text}')]}}")),
        ("on lines of its own", |text| format!("dump follows\n{text}\nend of dump")),
        ("in a URL", |text| format!("GET https://api.example.com/x?next={}&n=1", text.replace(' ', "%20").replace('\n', "%0A"))),
    ];
    let mut report = String::new();
    for (name, way) in ways {
        let mut left = Vec::new();
        for secret in &all {
            let clean = Redactor::default().clean(&way(&secret.1));
            left.extend(left_in(&clean, std::slice::from_ref(secret)));
        }
        if !left.is_empty() {
            let _ = writeln!(report, "{name}: {} of {} left:\n  {}", left.len(), all.len(), left.join("\n  "));
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn of_what_only_looks_like_a_secret_less_than_one_in_a_hundred_is_masked() {
    let all = innocents();
    assert!(all.len() >= 500);
    let masked: Vec<(String, String)> = all
        .iter()
        .map(|text| (text.clone(), Redactor::default().clean(text).to_string()))
        .filter(|(text, clean)| text != clean)
        .collect();
    assert!(masked.len() * 100 < all.len(), "{} of {}: {masked:#?}", masked.len(), all.len());
}

/// The secret in every field and shape of payload.
fn shapes(number: usize, context: &str) -> Vec<Entry> {
    let quoted = json!({"detail": context}).to_string();
    let payloads = [
        json!({"textPayload": format!("No JWT in WebSocket headers or subprotocols ({context})")}),
        json!({"jsonPayload": {"message": format!("WebSocket authentication failed for ws_1, closing connection: {context}")}}),
        json!({"jsonPayload": {"message": "refused", "context": {"list": ["a", context]}}}),
        json!({"jsonPayload": {"message": quoted}}),
        json!({"jsonPayload": {"message": "boom", "exception": format!("Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: {context}")}}),
        json!({"protoPayload": {"status": {"message": context}, "methodName": "x"}}),
        json!({"httpRequest": {"requestMethod": "GET", "requestUrl": format!("https://h.example.com/p?q={}", context.replace([' ', '\n'], "+")), "status": 403}}),
        json!({"textPayload": "with labels", "labels": {"note": context, "instanceId": "0001"}}),
    ];
    let entries = payloads.into_iter().enumerate().map(|(place, payload)| {
        let mut own = entry(0, number * 10 + place, "");
        own.remove("textPayload");
        own.insert(
            "timestamp".to_owned(),
            json!(format!("2026-11-20T09:00:{:02}.{:09}Z", number % 10, number * 100_000 + place * 1000)),
        );
        own.extend(serde_json::from_value::<Entry>(payload).unwrap());
        own
    });
    entries.collect()
}

fn save(path: &Path, entries: &[Entry], results: &Path) {
    let mut folder = fivewhys::saved::Folder::create(path, &asked(1), masked()).unwrap();
    for page in entries.chunks(200) {
        folder.append(0, page).unwrap();
        let journal = fs::read_to_string(path.join(&folder.manifest().windows[0].file)).unwrap();
        assert!(!journal.contains("-----BEGIN PRIVATE KEY-----\\nMIIE"));
    }
    folder.complete(0, Vec::new(), 1).unwrap();
    folder.add_results(&[results.to_owned()]).unwrap();
    folder.finish(Vec::new()).unwrap();
}

#[test]
fn every_secret_is_gone_from_every_output() {
    let all = secrets(1);
    let home = tempfile::tempdir().unwrap();
    let raw = home.path().join("raw");
    fs::create_dir_all(&raw).unwrap();
    let entries: Vec<Entry> = all.iter().enumerate().flat_map(|(number, (_, context))| shapes(number, context)).collect();
    let lines: Vec<String> = entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    fs::write(raw.join("logs.ndjson"), lines.join("\n")).unwrap();
    let mut results = String::new();
    for (number, (_, context)) in all.iter().enumerate() {
        let line = json!({"$report_type": "TestReport", "nodeid": format!("tests/test_chat.py::test_{number}"), "outcome": "failed", "when": "call",
            "start": 1_795_165_200.0 + (number % 10) as f64, "stop": 1_795_165_201.0 + (number % 10) as f64, "duration": 1.0,
            "longrepr": {"reprcrash": {"message": format!("AssertionError: closed 1011 {context}"), "path": "a.py", "lineno": 1}},
            "sections": [["Captured stdout call", context]]});
        let _ = writeln!(results, "{line}");
    }
    fs::write(raw.join("reportlog.jsonl"), &results).unwrap();
    let saved = home.path().join("saved");
    save(&saved, &entries, &raw.join("reportlog.jsonl"));

    let mut outputs: Vec<(String, String)> = Vec::new();
    let stored: Vec<String> = saved_entries(&saved).iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    outputs.push(("saved entries".to_owned(), stored.join("\n")));
    outputs.push(("saved results".to_owned(), fs::read_to_string(saved.join("results/reportlog.jsonl")).unwrap()));
    for incident in [&raw, &saved] {
        let folder = home.path().join("written");
        let mut command = fivewhys(["diagnose", "--exit-zero"]);
        command.arg(incident);
        for format in Format::ALL {
            command.arg("--write").arg(format!("{}={}", format.name(), folder.join(format.name()).display()));
        }
        let ran = finish(&mut command, b"").exits(0);
        outputs.push((format!("what is printed of {}", incident.display()), ran.out + &ran.err));
        for format in Format::ALL {
            let page = fs::read_to_string(folder.join(format.name())).unwrap();
            assert!(page.contains("test_3") || page.contains("chat"), "{format:?}: {page}");
            outputs.push((format!("{} of {}", format.name(), incident.display()), page));
        }
    }
    let mut report = String::new();
    for (name, text) in outputs {
        let left = left_in(&text, &all);
        if !left.is_empty() {
            let _ = writeln!(report, "{name}: {} left:\n  {}", left.len(), left.join("\n  "));
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_private_key_that_came_one_line_an_entry_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let mut dice = super::corpus::Dice::new(7);
    let (line, end) = (dice.text("<64:b>"), dice.text("<22:b>=="));
    let begin = format!("-----BEGIN {} KEY-----", "PRIVATE");
    let texts = [&begin, &line, &end, &begin.replace("BEGIN", "END"), &end];
    let entries: Vec<Entry> = texts.iter().enumerate().map(|(number, text)| entry(0, number, text)).collect();
    super::folder_with(&home.path().join("pulled"), masked(), &entries);
    let saved: Vec<String> =
        saved_entries(&home.path().join("pulled")).iter().map(|entry| entry["textPayload"].to_string()).collect();
    let mut redactor = Redactor::default();
    let shown: Vec<String> = texts.iter().map(|text| json!(redactor.clean(text).as_str()).to_string()).collect();
    for found in [saved, shown] {
        assert!(found[1].contains("‹private-key:1›") && found[2].contains("‹private-key:2›"), "{found:?}");
        assert_eq!(found[3], json!(texts[3]).to_string());
    }
}

#[test]
fn users_take_out_what_they_know_and_leave_alone_what_they_know() {
    let patterns = [r"\bcust-[0-9]{6}\b".to_owned(), r"tenant=(?<secret>\w+)".to_owned()];
    let settings = Settings::new(&patterns, &["10\\.0\\.0\\.[0-9]+".to_owned()]).unwrap();
    let mut redactor = Redactor::with(settings.clone().into());
    let text = "cust-123456 of tenant=acme from 10.0.0.7 by 10.0.1.7";
    let masked_text = "‹custom:1› of tenant=‹custom:2› from 10.0.0.7 by ‹ip:1›";
    assert_eq!(redactor.clean(text).as_str(), masked_text);
    let home = tempfile::tempdir().unwrap();
    let mut folder = fivewhys::saved::Folder::create(home.path(), &asked(1), masked()).unwrap().redacting(settings.into());
    folder.append(0, &[entry(0, 0, text)]).unwrap();
    folder.complete(0, Vec::new(), 1).unwrap();
    folder.finish(Vec::new()).unwrap();
    assert_eq!(saved_entries(home.path())[0]["textPayload"], masked_text);
    let error = Settings::new(&["(".to_owned()], &[]).unwrap_err().to_string();
    assert!(error.contains("redaction pattern `(`"), "{error}");
}

#[test]
fn results_in_utf_16_are_masked_and_can_still_be_read() {
    let home = tempfile::tempdir().unwrap();
    let xml = "<testsuite><testcase name='é'><failure message='for ada9@example.com'/></testcase></testsuite>";
    let wide: Vec<u8> = "\u{feff}".encode_utf16().chain(xml.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let results = home.path().join("junit.xml");
    fs::write(&results, wide).unwrap();
    save(&home.path().join("pulled"), &[entry(0, 0, "a")], &results);
    let copy = fs::read_to_string(home.path().join("pulled/results/junit.xml")).unwrap();
    assert_eq!(copy, xml.replace("ada9@example.com", "‹email:1›"));
}
