//! Secrets torn apart by line breaks and by the borders of entries are gone, and lines beside secrets are not.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use fivewhys::report::Format;
use fivewhys::report::redact::Redactor;
use fivewhys::saved::{Folder, WindowState};
use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::json;

use super::corpus::{innocents, public, secrets};
use super::{Entry, asked, entry, masked, saved_entries};
use crate::program::{finish, fivewhys};

/// Secrets that are one line.
fn one_line_secrets(each: usize) -> Vec<(String, String)> {
    secrets(each).into_iter().filter(|(_, text)| !text.contains('\n')).collect()
}

/// Places that leave at least four characters on both sides: all of a short secret, many of a long one.
fn places(secret: &str) -> Vec<usize> {
    let last = secret.len().saturating_sub(4);
    let step = (last / 10).max(1);
    (4..=last).step_by(step).chain([last]).collect()
}

/// What of a secret must not be found: pieces of five characters and more that do not stand in the text beside it, and
/// are more than what all such secrets begin with.
fn left<'p>(secret: &str, pieces: &[&'p str], beside: &str, shown: &str) -> Option<&'p str> {
    let public = &secret[..public(secret)];
    let tells = |piece: &&str| piece.len() >= 5 && !beside.contains(piece) && !public.contains(piece);
    pieces.iter().copied().filter(tells).find(|piece| shown.contains(piece))
}

const LINE_BREAKS: [&str; 6] = ["\n", "\r\n    ", "\n\t", r"\n", r"\\n", "&#10;"];

type Way = fn(&str) -> String;

const WAYS: [(&str, Way); 5] = [
    ("as it is", str::to_owned),
    ("in a sentence", |text| format!("upstream refused ({text}), giving up")),
    ("followed by words", |text| format!("sent {text} to the backend")),
    ("in quotes", |text| format!("sent '{text}' to the backend")),
    ("in JSON", |text| json!({"outer": {"inner": text}}).to_string()),
];

fn report(name: &str, all: usize, left: &[String], all_left: &mut String) {
    if !left.is_empty() {
        let some: Vec<&str> = left.iter().step_by((left.len() / 60).max(1)).map(String::as_str).collect();
        *all_left += &format!("{name}: {} of {all} left:\n  {}\n", left.len(), some.join("\n  "));
    }
}

#[test]
fn a_secret_torn_at_any_place_is_gone_from_a_text() {
    let mut all_left = String::new();
    for (name, way) in WAYS {
        let torn: Vec<(usize, Vec<String>)> = one_line_secrets(3)
            .par_iter()
            .map(|(secret, text)| {
                let whole = way(text);
                let mut found = Vec::new();
                let mut all = 0;
                for (place, line_break) in
                    places(secret).into_iter().flat_map(|at| LINE_BREAKS.map(|line_break| (at, line_break)))
                {
                    let (one, other) = secret.split_at(place);
                    let torn = whole.replace(secret.as_str(), &format!("{one}{line_break}{other}"));
                    let shown = Redactor::default().clean(&torn);
                    all += 1;
                    found.extend(
                        left(secret, &[one, other], &whole.replace(secret.as_str(), " "), &shown)
                            .map(|_| format!("{torn:?}\n      {shown:?}")),
                    );
                }
                (all, found)
            })
            .collect();
        let all = torn.iter().map(|(all, _)| all).sum();
        report(name, all, &torn.into_iter().flat_map(|(_, found)| found).collect::<Vec<_>>(), &mut all_left);
    }
    assert!(all_left.is_empty(), "{all_left}");
}

/// The text in lines of so many characters, and the pieces of the secret in them.
fn wrapped(text: &str, secret: &str, width: usize) -> (String, Vec<String>) {
    let start = text.find(secret).unwrap();
    let lines: Vec<&str> = (0..text.len()).step_by(width).map(|at| &text[at..(at + width).min(text.len())]).collect();
    let ends = (0..text.len()).step_by(width).map(|at| at.max(start)..(at + width).min(start + secret.len()));
    (lines.join("\n"), ends.filter(|piece| piece.start < piece.end).map(|piece| text[piece].to_owned()).collect())
}

#[test]
fn a_secret_that_a_narrow_terminal_wraps_into_many_lines_is_gone() {
    let mut all_left = String::new();
    for (name, way) in WAYS {
        let (mut all, mut found) = (0, Vec::new());
        for (secret, text) in one_line_secrets(3) {
            let text = way(&text);
            for width in [12, 20, 33, 80] {
                let (torn, pieces) = wrapped(&text, &secret, width);
                if pieces.len() < 2 {
                    continue;
                }
                let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
                let shown = Redactor::default().clean(&torn);
                all += 1;
                found.extend(
                    left(&secret, &pieces, &text.replace(&secret, " "), &shown).map(|_| format!("{torn:?}\n      {shown:?}")),
                );
            }
        }
        report(name, all, &found, &mut all_left);
    }
    assert!(all_left.is_empty(), "{all_left}");
}

#[test]
fn lines_beside_a_secret_or_another_line_stay() {
    let secrets = one_line_secrets(1);
    let ordinary =
        ["backend is ready", "GET /healthz 200", "connection closed by peer", "saved order 17 of user staging-e2e-007", "ok"];
    let all = innocents();
    let pairs = |beside: &(dyn Fn(&str) -> Vec<(String, String)> + Sync)| -> (usize, Vec<String>) {
        let tried: Vec<(usize, Vec<String>)> = all
            .par_iter()
            .map(|innocent| {
                let tried = beside(innocent);
                let masked = tried.iter().filter_map(|(one, two)| {
                    let lines = Redactor::default().clean(&format!("{one}\n{two}"));
                    let entries = Redactor::default().clean_stream(&[one, two]);
                    let stays =
                        lines.contains(innocent.as_str()) && entries.iter().any(|entry| entry.contains(innocent.as_str()));
                    (!stays).then(|| format!("{one}\n    {two}\n      {lines:?}\n      {entries:?}"))
                });
                (tried.len(), masked.collect())
            })
            .collect();
        (tried.iter().map(|(all, _)| all).sum(), tried.into_iter().flat_map(|(_, masked)| masked).collect())
    };
    let mut too_many = String::new();
    let mut say = |name: &str, (all, masked): (usize, Vec<String>)| {
        if masked.len() * 100 >= all {
            too_many += &format!(
                "{name}: {} of {all} masked:\n  {}\n",
                masked.len(),
                masked.iter().step_by((masked.len() / 60).max(1)).cloned().collect::<Vec<_>>().join("\n  ")
            );
        }
    };
    say("behind a secret", pairs(&|innocent| secrets.iter().map(|(_, text)| (text.clone(), innocent.to_owned())).collect()));
    say("before a secret", pairs(&|innocent| secrets.iter().map(|(_, text)| (innocent.to_owned(), text.clone())).collect()));
    say("behind a line", pairs(&|innocent| ordinary.iter().map(|line| ((*line).to_owned(), innocent.to_owned())).collect()));
    say("before a line", pairs(&|innocent| ordinary.iter().map(|line| (innocent.to_owned(), (*line).to_owned())).collect()));
    say("behind another", pairs(&|innocent| all.iter().step_by(10).map(|other| (other.clone(), innocent.to_owned())).collect()));
    assert!(too_many.is_empty(), "{too_many}");
}

#[test]
fn statuses_names_and_dates_behind_a_secret_at_the_end_of_a_line_stay() {
    let lines = [
        "200",
        "403 Forbidden",
        "HTTP 503",
        "1011 (internal error)",
        "OK",
        "RESOURCE_EXHAUSTED",
        "UNAUTHENTICATED",
        "NOT_FOUND",
        "RUNNING",
        "PENDING",
        "GET /healthz",
        "POST /login",
        "ERROR",
        "WARNING: late",
        "INFO up",
        "CRITICAL",
        "FAILED",
        "CONNECTED",
        "SIGTERM",
        "ECONNREFUSED",
        "WebSocketState.CONNECTED",
        "TypeError",
        "KeyError: 'x'",
        "TimeoutException",
        "asyncpg.exceptions.TooManyConnectionsError",
        "psycopg2.OperationalError: server closed",
        "ConnectionResetError: [Errno 104]",
        "java.lang.NullPointerException",
        "KeyboardInterrupt",
        "Traceback (most recent call last):",
        "During handling of the above exception",
        "Caused by: x",
        r#"File "/app/x.py", line 3, in f"#,
        "at com.example.A.b(A.java:3)",
        "raise ValueError(x)",
        "return None",
        "2026-11-20",
        "2026-11-20T09:26:54Z INFO up",
        "09:27:07,141 late",
        "failed to connect",
        "Connection refused",
        "The request was aborted",
        "request_id=17",
        "status: 403",
        "user: ada",
        "retrying in 5 s",
        "trace=4bf92f3577b34da6a3ce929d0e0e4736",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "uvicorn==0.30.1",
        "Python/3.11",
        "12.5 ms",
        "v1.2.3",
        "null",
        "true",
        "---",
        r#"{"a": 1}"#,
        "[INFO] up",
    ];
    let mut masked = Vec::new();
    for (_, text) in one_line_secrets(1).iter().filter(|(secret, text)| text.ends_with(secret.as_str())) {
        for line in lines {
            for shown in [
                Redactor::default().clean(&format!("{text}\n{line}")).to_string(),
                Redactor::default().clean_stream(&[text, line])[1].to_string(),
            ] {
                if !shown.ends_with(line) {
                    masked.push(format!("{text}\n    {line}\n    {shown}"));
                }
            }
        }
    }
    assert!(masked.is_empty(), "{}: {}", masked.len(), masked.join("\n"));
}

/// A secret torn over two entries, or three.
struct Torn {
    secret: String,
    /// What is not secret of it.
    beside: String,
    pieces: Vec<String>,
}

/// An entry of an instance, so many milliseconds after the beginning.
fn said(at: usize, instance: &str, text: &str, structured: bool) -> Entry {
    let mut own = entry(0, at, "");
    own.remove("textPayload");
    let payload = if structured {
        json!({"jsonPayload": {"message": text, "logger": "app", "request": "r-17"}})
    } else {
        json!({"textPayload": text})
    };
    own.extend(serde_json::from_value::<Entry>(payload).unwrap());
    own.insert("timestamp".to_owned(), json!(format!("2026-11-20T09:00:{:02}.{:03}Z", at / 1000, at % 1000)));
    own.insert("labels".to_owned(), json!({"instanceId": instance}));
    own
}

/// All secrets torn over entries of their instances, with entries of others between them; each around a test of its own.
fn torn_over_entries(tear: usize) -> (Vec<Torn>, Vec<Entry>, String) {
    let (mut all, mut entries, mut results) = (Vec::new(), Vec::new(), String::new());
    for (number, (secret, context)) in one_line_secrets(1).into_iter().enumerate() {
        let places = places(&secret);
        let mut cuts = vec![places[(number * 7 + tear * 5) % places.len()]];
        if tear == 2 && secret.len() > 24 {
            cuts = vec![secret.len() / 3, secret.len() * 2 / 3];
        }
        let ends = cuts.iter().copied().chain([secret.len()]);
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let pieces: Vec<String> = starts.zip(ends).map(|(start, end)| secret[start..end].to_owned()).collect();
        let (before, after) = context.split_once(&secret).unwrap();
        let (head, tail) = match number % 4 {
            0 => ("No JWT in WebSocket headers or subprotocols: ", ""),
            1 => ("WebSocket authentication failed for ws_1, closing connection: ", " and closed"),
            2 => ("cannot answer: ", ")"),
            _ => ("Invalid user_id format: ", ""),
        };
        let (instance, at) = (format!("instance-{number}"), number * 800 + 100);
        for (place, piece) in pieces.iter().enumerate() {
            let first = if place == 0 { format!("{head}{before}") } else { String::new() };
            let last = if place + 1 == pieces.len() { format!("{after}{tail}") } else { String::new() };
            entries.push(said(at + 10 * place, &instance, &format!("{first}{piece}{last}"), (number + tear) % 3 == 1));
            entries.push(said(at + 10 * place + 5, "other", "heartbeat of another instance", false));
        }
        entries.push(said(at + 200, &instance, "websocket closed with code 1011", false));
        let start = 1_795_165_200.0 + number as f64 * 0.8;
        let line = json!({"$report_type": "TestReport", "nodeid": format!("tests/test_chat.py::test_{number}"), "outcome": "failed", "when": "call",
            "start": start, "stop": start + 0.7, "duration": 0.7,
            "longrepr": {"reprcrash": {"message": "AssertionError: closed 1011", "path": "a.py", "lineno": 1}}});
        let _ = writeln!(results, "{line}");
        all.push(Torn { beside: format!("{before} {after} {}", secret_free(&context, &secret)), secret, pieces });
    }
    (all, entries, results)
}

fn secret_free(context: &str, secret: &str) -> String {
    context.replace(secret, " ")
}

/// Halves in this output of secrets that were torn over entries.
fn halves_in(name: &str, output: &str, all: &[Torn]) -> Vec<String> {
    // The ends of some addresses are those of the address of SARIF's schema.
    let output = output.replace("schemastore.org", "");
    let is_left = |torn: &&Torn| {
        let pieces: Vec<&str> = torn.pieces.iter().map(String::as_str).collect();
        left(&torn.secret, &pieces, &torn.beside, &output).is_some()
    };
    all.iter().filter(is_left).map(|torn| format!("{name}: {:?}", torn.pieces)).collect()
}

/// All that a diagnosis of an incident prints and writes, by format.
fn outputs(incident: &Path) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = fivewhys(["diagnose", "--exit-zero"]);
    command.arg(incident);
    for format in Format::ALL {
        command.arg("--write").arg(format!("{}={}", format.name(), folder.path().join(format.name()).display()));
    }
    let ran = finish(&mut command, b"").exits(0);
    let mut outputs = vec![("printed".to_owned(), ran.out + &ran.err)];
    for format in Format::ALL {
        outputs.push((format.name().to_owned(), fs::read_to_string(folder.path().join(format.name())).unwrap()));
    }
    outputs
}

#[test]
fn a_secret_torn_over_entries_is_gone_from_every_output() {
    let mut found = Vec::new();
    let mut tried = 0;
    for tear in 0..3 {
        let (all, entries, results) = torn_over_entries(tear);
        let home = tempfile::tempdir().unwrap();
        let lines: Vec<String> = entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        fs::write(home.path().join("logs.ndjson"), lines.join("\n")).unwrap();
        fs::write(home.path().join("reportlog.jsonl"), &results).unwrap();
        let outputs = outputs(home.path());
        let json = &outputs.iter().find(|(name, _)| name == "json").unwrap().1;
        assert!(json.matches("‹").count() > all.len(), "most of them are shown: {}", json.matches("‹").count());
        for (name, output) in outputs {
            tried += all.len();
            found.extend(halves_in(&format!("{name}, tear {tear}"), &output, &all));
        }
    }
    assert!(found.is_empty(), "{} of {tried}:\n{}", found.len(), found.join("\n"));
}

/// What of the entries so far a pull that goes on asks for again.
fn asked_again<'e>(so_far: &'e [Entry], state: &WindowState) -> &'e [Entry] {
    let WindowState::Partial { from, .. } = state else { return so_far };
    let moment = |entry: &Entry| entry["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap();
    &so_far[so_far.partition_point(|entry| moment(entry) < *from)..]
}

#[test]
fn a_secret_torn_over_entries_is_gone_from_a_saved_folder_and_its_journal() {
    let mut found = Vec::new();
    let mut tried = 0;
    // Pages of so many entries, interrupted before so many of them.
    for (tear, page, every) in [(0, 1, 1), (2, 1, 1), (1, 200, 1), (2, 3, 5)] {
        let (all, entries, results) = torn_over_entries(tear);
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("saved");
        let mut folder = Folder::create(&path, &asked(1), masked()).unwrap();
        for (number, chunk) in entries.chunks(page).enumerate() {
            if number % every == every - 1 {
                drop(folder);
                folder = Folder::resume(&path, &asked(1), masked()).unwrap();
                folder.append(0, asked_again(&entries[..number * page], &folder.state(0))).unwrap();
            }
            folder.append(0, chunk).unwrap();
        }
        let journal = fs::read_to_string(path.join(&folder.manifest().windows[0].file)).unwrap();
        folder.complete(0, Vec::new(), 1).unwrap();
        fs::write(home.path().join("reportlog.jsonl"), &results).unwrap();
        folder.add_results(&[home.path().join("reportlog.jsonl")]).unwrap();
        folder.finish(Vec::new()).unwrap();
        let stored: Vec<String> = saved_entries(&path).iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        assert_eq!(stored.len(), entries.len());
        let mut outputs = if page == 200 { outputs(&path) } else { Vec::new() };
        outputs.extend([("journal".to_owned(), journal), ("entries".to_owned(), stored.join("\n"))]);
        for (name, output) in outputs {
            tried += all.len();
            found.extend(halves_in(&format!("{name}, tear {tear}, pages of {page}"), &output, &all));
        }
    }
    assert!(found.is_empty(), "{} of {tried}:\n{}", found.len(), found.join("\n"));
}
