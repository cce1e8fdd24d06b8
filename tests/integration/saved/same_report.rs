//! The report from a saved folder is the report from the logs themselves, to the byte, secrets masked or not.

use std::fs;
use std::path::{Path, PathBuf};

use fivewhys::logs::Source;
use fivewhys::saved::{Asked, FileForm, Folder, Keeping};

use super::{Entry, entries, kept, masked};
use crate::program::{finish, fivewhys, root};

/// The reports of an incident in all forms.
fn report(incident: &Path) -> Vec<String> {
    let out = tempfile::tempdir().unwrap();
    let call =
        [incident.as_os_str(), "--exit-zero".as_ref(), "-f".as_ref(), "text".as_ref(), "-o".as_ref(), out.path().as_os_str()];
    let ran = finish(&mut fivewhys(std::iter::once("diagnose".as_ref()).chain(call)), b"").exits(0);
    let files = ["report.json", "report.md", "report.html"].map(|name| fs::read_to_string(out.path().join(name)).unwrap());
    files.into_iter().chain([ran.out]).collect()
}

/// Saves an incident as a pull would have, a page at a time, with an interruption.
fn save(path: &Path, incident: &Incident, keeping: &Keeping) {
    let first = incident.entries.iter().filter_map(|entry| entry["timestamp"].as_str()?.parse().ok()).min().unwrap();
    let asked = Asked {
        windows: vec![(first, first + jiff::SignedDuration::from_hours(9))],
        sources: vec![incident.logs.display().to_string()],
        reproduce: format!("fivewhys diagnose {}", incident.folder.display()),
        ..Asked::default()
    };
    let mut folder = Folder::create(path, &asked, keeping.clone()).unwrap();
    for (number, page) in incident.entries.chunks(100).enumerate() {
        if number == 1 {
            drop(folder);
            folder = Folder::resume(path, &asked, keeping.clone()).unwrap();
        }
        folder.append(0, page).unwrap();
    }
    folder.complete(0, Vec::new(), 1).unwrap();
    folder.add_results(std::slice::from_ref(&incident.results)).unwrap();
    folder.finish(Vec::new()).unwrap();
}

struct Incident {
    folder: PathBuf,
    logs: PathBuf,
    results: PathBuf,
    entries: Vec<Entry>,
}

/// The logs and results of a recorded incident in a folder of its own, after a change.
fn incident(original: &Path, folder: &Path, change: &dyn Fn(usize, &mut Entry), results: &dyn Fn(String) -> String) -> Incident {
    let logs =
        ["logs.ndjson", "logs.json", "logs.ndjson.gz"].map(|name| original.join(name)).into_iter().find(|path| path.exists());
    let mut all = entries(&[Source::path(logs.unwrap())]);
    all.iter_mut().enumerate().for_each(|(number, entry)| change(number, entry));
    fs::create_dir_all(folder).unwrap();
    let logs = folder.join("logs.ndjson");
    let lines: Vec<String> = all.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    fs::write(&logs, lines.join("\n")).unwrap();
    let name = ["reportlog.jsonl", "junit.xml"].into_iter().find(|name| original.join(name).exists()).unwrap();
    let text = fs::read_to_string(original.join(name)).unwrap();
    fs::write(folder.join(name), results(text)).unwrap();
    Incident { folder: folder.to_owned(), logs, results: folder.join(name), entries: all }
}

fn compare(name: &str, incident: &Incident, home: &Path) {
    let raw = report(&incident.folder);
    for (kind, keeping) in [("kept", kept(FileForm::Parquet)), ("masked", masked()), ("ndjson", kept(FileForm::Ndjson))] {
        let path = home.join(format!("{name}-{kind}"));
        save(&path, incident, &keeping);
        for (raw, saved) in raw.iter().zip(report(&path)) {
            let differs: Vec<_> = raw.lines().zip(saved.lines()).filter(|(raw, saved)| raw != saved).take(5).collect();
            assert!(*raw == saved, "{name}, {kind}: {differs:#?}");
        }
    }
}

fn samples() -> Vec<PathBuf> {
    // More incidents of the same layout, where somebody has some.
    let more = std::env::var("FIVEWHYS_TEST_INCIDENTS").ok();
    let folders = [Some(root().join("samples")), more.map(PathBuf::from)];
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in folders.into_iter().flatten() {
        found.extend(
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.join("junit.xml").exists()),
        );
    }
    found.sort();
    found
}

#[test]
fn a_saved_folder_gives_the_same_bytes_as_the_logs_themselves() {
    let home = tempfile::tempdir().unwrap();
    let all = samples();
    assert!(all.len() >= 6);
    for original in all {
        let name = original.file_name().unwrap().to_string_lossy().into_owned();
        let incident = incident(&original, &home.path().join(&name), &|_, _| {}, &|text| text);
        compare(&name, &incident, home.path());
    }
}

fn claims(own: usize) -> String {
    use base64::Engine;
    let claims = format!("{{\"sub\":\"u-{own}\",\"exp\":179516640{own},\"aud\":\"orbit-api\"}}");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims)
}

/// Secrets put together here, so that nobody takes them for real: a few of each kind that come again and again.
fn secret(number: usize) -> String {
    let own = number % 7;
    match number % 6 {
        0 => format!("Authorization: Bearer 0a1b2c3d4e5f6a7b8c{own}"),
        1 => format!("for ada{own}@example.com"),
        2 => format!("from 10.12.{own}.77:50{own}12"),
        3 => format!("token {}", ["eyJhbGciOiJIUzI1NiJ9", claims(own).as_str(), "dozjgNryP4J3jVmNHl0w5N"].join(".")),
        4 => format!("at postgres://app:s3cr3t-Pa5{own}@db.internal/chat"),
        _ => format!("key {}", ["ghp", &format!("16C7e42F292c6912E7710c838347Ae178B{own}a")].join("_")),
    }
}

#[test]
fn so_it_does_where_every_line_holds_a_secret_and_none_of_them_is_in_a_masked_folder() {
    let home = tempfile::tempdir().unwrap();
    for name in ["missing-jwt", "two-causes", "undefined-state-machine", "wrong-tests"] {
        let plant = |number: usize, entry: &mut Entry| {
            let text = entry.get_mut("textPayload").filter(|text| !text.as_str().unwrap_or_default().starts_with(' '));
            if let Some(serde_json::Value::String(text)) = text
                && !text.contains("Traceback")
            {
                text.push_str(&format!(" {}", secret(number)));
            }
        };
        let results = |text: String| text.replace("1011 (internal error)", &format!("1011 (internal error) {}", secret(3)));
        let incident = incident(&root().join("samples").join(name), &home.path().join(name), &plant, &results);
        compare(name, &incident, home.path());
        let masked = home.path().join(format!("{name}-masked"));
        let saved = entries(&[Source::path(masked.join("logs/window-001.parquet"))]);
        let mut texts: Vec<String> = saved.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        texts.push(fs::read_to_string(fs::read_dir(masked.join("results")).unwrap().next().unwrap().unwrap().path()).unwrap());
        assert!(texts.iter().any(|text| text.contains(" exp=2026-11-20T09:20:0") && text.contains(" aud=orbit-api›")));
        for word in ["0a1b2c3d", "ada", "10.12.", "dozjgNry", "s3cr3t", "16C7e42F"] {
            let left = texts.iter().find(|text| text.contains(word) && (word != "ada" || text.contains("@example")));
            assert!(left.is_none(), "{name}: {word} in {left:?}");
        }
    }
}

#[test]
fn so_it_does_where_secrets_are_torn_over_lines_and_entries() {
    let home = tempfile::tempdir().unwrap();
    for name in ["missing-jwt", "two-causes"] {
        let plant = |number: usize, entry: &mut Entry| {
            let own = secret(number / 2);
            let (one, other) = own.split_at(own.len() - 9);
            let text = entry.get_mut("textPayload").filter(|text| !text.as_str().unwrap_or_default().starts_with(' '));
            let Some(serde_json::Value::String(text)) = text.filter(|text| !text.to_string().contains("Traceback")) else {
                return;
            };
            *text = match number % 10 {
                0 | 2 | 4 => format!("{text} {one}"),
                1 | 3 | 5 => format!("{other} {text}"),
                6 => format!("{text} {one}\n{other}"),
                _ => return,
            };
        };
        let results = |text: String| text.replace("1011 (internal error)", &format!("1011 (internal error) {}", secret(3)));
        let incident = incident(&root().join("samples").join(name), &home.path().join(name), &plant, &results);
        compare(name, &incident, home.path());
    }
}
