//! What a pull saves: every entry comes back, whenever it was interrupted, and no secret is on disk.

use std::path::Path;
use std::sync::Arc;

use fivewhys::logs::{self, Everything, Selection, Source};
use fivewhys::rules::Catalog;
use fivewhys::rules::matching::Matcher;
use fivewhys::saved::{Asked, FileForm, Folder, Keeping, Secrets};
use fivewhys::window::Spans;
use jiff::Timestamp;
use serde_json::{Map, Value};

mod interruption;
pub mod corpus;
mod killed;
mod matching;
mod parquet;
mod same_report;
mod secrets;
mod torn;

pub type Entry = Map<String, Value>;

/// All entries of these sources, in order of time.
pub fn entries(sources: &[Source]) -> Vec<Entry> {
    let all = (Timestamp::MIN, Timestamp::MAX);
    let selection = Selection { windows: vec![all], reach: Spans::union([all]) };
    let mut found = Vec::new();
    let pulled = logs::pull(sources, &selection, &Everything, &mut |record| {
        found.extend(record.entries.iter().map(|entry| entry.fields().clone()));
    });
    assert_eq!(pulled.unwrap().gaps, []);
    found
}

/// All entries that a folder holds.
pub fn saved_entries(folder: &Path) -> Vec<Entry> {
    let saved = fivewhys::saved::read(folder).unwrap().unwrap();
    entries(&saved.logs.iter().map(Source::path).collect::<Vec<_>>())
}

/// The rules of the program.
pub fn matcher() -> Arc<Matcher> {
    static MATCHER: std::sync::OnceLock<Arc<Matcher>> = std::sync::OnceLock::new();
    MATCHER.get_or_init(|| Arc::new(Matcher::new(&Catalog::embedded().catalog))).clone()
}

pub fn masked() -> Keeping {
    Keeping { form: FileForm::Parquet, secrets: Secrets::Masked(matcher()) }
}

pub fn kept(form: FileForm) -> Keeping {
    Keeping { form, secrets: Secrets::Kept }
}

/// A question with so many windows of a minute each.
pub fn asked(windows: usize) -> Asked {
    let start: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
    let minute = |number: usize| start + jiff::SignedDuration::from_mins(number as i64);
    let windows = (0..windows).map(|number| (minute(2 * number), minute(2 * number + 1))).collect();
    Asked { projects: vec!["orbit-staging".to_owned()], windows, at: start, ..Asked::default() }
}

/// An entry of a window of [`asked`].
pub fn entry(window: usize, number: usize, text: &str) -> Entry {
    let minute = 2 * window;
    let value = serde_json::json!({
        "insertId": format!("id-{window}-{number}"),
        "logName": "projects/orbit-staging/logs/run.googleapis.com%2Fstderr",
        "timestamp": format!("2026-11-20T09:{minute:02}:{:02}.{:09}Z", number / 10 % 60, 100_000_000 * (number % 10) + 7),
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "backend", "revision_name": "backend-00001-abc"}},
        "textPayload": text,
    });
    let Value::Object(entry) = value else { panic!() };
    entry
}

/// A folder with these entries in one window, finished.
pub fn folder_with(path: &Path, keeping: Keeping, entries: &[Entry]) {
    let mut folder = Folder::create(path, &asked(1), keeping).unwrap();
    folder.append(0, entries).unwrap();
    folder.complete(0, Vec::new(), 1).unwrap();
    folder.finish(Vec::new()).unwrap();
}
