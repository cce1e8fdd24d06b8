//! Same entries, same bytes: whatever the thread count, the order of lines, the layout or the run.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::program::{self, finish, fivewhys};

/// Samples with tracebacks in pieces, with duplicates, and with leads.
const SAMPLES: [&str; 3] = ["crash-loop", "two-causes", "seat-map-disagrees"];

/// A copy of a sample whose entries are written anew. The logs are a folder, so that its name stays the same.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn of(sample: &str) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let from = program::root().join("samples").join(sample);
        let to = folder.path().join("incident");
        fs::create_dir_all(to.join("logs")).unwrap();
        for name in ["junit.xml", "reportlog.jsonl"] {
            if from.join(name).exists() {
                fs::copy(from.join(name), to.join(name)).unwrap();
            }
        }
        fs::copy(from.join("baseline/junit.xml"), folder.path().join("clean.xml")).unwrap();
        Copy { folder }
    }

    fn logs(&self) -> std::path::PathBuf {
        self.folder.path().join("incident/logs")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.logs().join(name), bytes).unwrap();
    }

    /// The report, with this many threads.
    fn report(&self, threads: usize) -> String {
        let mut command = fivewhys(["diagnose", "incident", "--control", "clean.xml", "-f", "json", "--exit-zero"]);
        command.current_dir(self.folder.path()).env("RAYON_NUM_THREADS", threads.to_string());
        finish(&mut command, b"").exits(0).out
    }
}

/// The entries of a sample, one text each, as they came.
fn entries(sample: &str) -> Vec<String> {
    let folder = program::root().join("samples").join(sample);
    let mut text = String::new();
    if let Ok(packed) = fs::File::open(folder.join("logs.ndjson.gz")) {
        GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    } else {
        text = fs::read_to_string(folder.join("logs.ndjson")).unwrap();
    }
    text.lines().map(str::to_owned).collect()
}

fn ndjson(entries: &[String]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

/// Shuffles with a generator of its own (xorshift), so that a failure can be seen again.
fn shuffled(mut entries: Vec<String>, seed: u64) -> Vec<String> {
    let mut state = seed;
    for place in (1..entries.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        entries.swap(place, usize::try_from(state % (place as u64 + 1)).unwrap());
    }
    entries
}

/// Runs every sample as it came and with its entries laid out anew; both reports must be the same.
fn the_same(lay_out: impl Fn(&Copy, Vec<String>)) {
    for sample in SAMPLES {
        let plain = Copy::of(sample);
        plain.write("logs.ndjson", ndjson(&entries(sample)));
        let other = Copy::of(sample);
        lay_out(&other, entries(sample));
        compare(sample, &plain.report(1), &other.report(1));
    }
}

fn compare(sample: &str, one: &str, other: &str) {
    assert!(one.len() > 10_000, "{sample}: hardly a report");
    let different = one.lines().zip(other.lines()).enumerate().find(|(_, (one, other))| one != other);
    assert_eq!(different, None, "{sample}: the reports differ");
    assert_eq!(one.len(), other.len(), "{sample}: one report is longer");
}

#[test]
fn the_number_of_threads_changes_nothing_nor_does_a_second_run() {
    for sample in SAMPLES {
        let copy = Copy::of(sample);
        copy.write("logs.ndjson", ndjson(&entries(sample)));
        let one = copy.report(1);
        for threads in [2, 4, 1] {
            compare(sample, &one, &copy.report(threads));
        }
    }
}

#[test]
fn the_order_of_lines_changes_nothing() {
    the_same(|copy, mut entries| {
        entries.reverse();
        copy.write("logs.ndjson", ndjson(&entries));
    });
    for seed in [7, 1_000_003] {
        the_same(|copy, entries| copy.write("logs.ndjson", ndjson(&shuffled(entries, seed))));
    }
}

#[test]
fn entries_in_two_files_are_the_same_entries() {
    the_same(|copy, entries| {
        let (even, odd): (Vec<_>, Vec<_>) = shuffled(entries, 99).into_iter().enumerate().partition(|(place, _)| place % 2 == 0);
        for (name, half) in [("a.ndjson", even), ("b.ndjson", odd)] {
            copy.write(name, ndjson(&half.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>()));
        }
    });
}

#[test]
fn packing_the_logs_changes_nothing() {
    the_same(|copy, entries| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(ndjson(&entries).as_bytes()).unwrap();
        copy.write("logs.ndjson.gz", packed.finish().unwrap());
    });
    the_same(|copy, entries| copy.write("logs.ndjson.zst", zstd::encode_all(ndjson(&entries).as_bytes(), 1).unwrap()));
}

#[test]
fn an_array_as_gcloud_prints_it_holds_the_same_entries() {
    the_same(|copy, mut entries| {
        entries.reverse();
        let array: Vec<serde_json::Value> = entries.iter().map(|entry| serde_json::from_str(entry).unwrap()).collect();
        copy.write("logs.json", serde_json::to_string_pretty(&array).unwrap());
    });
}

#[test]
fn the_folder_of_the_reports_changes_nothing_in_them() {
    let copy = Copy::of("two-causes");
    copy.write("logs.ndjson", ndjson(&entries("two-causes")));
    let written = |out: &str| {
        let mut command =
            fivewhys(["diagnose", "incident", "--control", "clean.xml", "-f", "none", "-o", out, "--exit-zero", "--width", "60"]);
        finish(command.current_dir(copy.folder.path()).env("COLUMNS", "40").env("TZ", "Asia/Tokyo"), b"").exits(0);
        fs::read_to_string(Path::new(copy.folder.path()).join(out).join("report.json")).unwrap()
    };
    let (first, second) = (written("one"), written("deeper/two"));
    compare("two-causes", &first, &second);
    compare("two-causes", &first, &copy.report(2));
}
