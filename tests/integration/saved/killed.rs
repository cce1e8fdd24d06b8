//! A program that is killed at any moment, again and again, ends with the folder that an undisturbed one makes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use fivewhys::rules::Catalog;
use fivewhys::rules::matching::Matcher;
use fivewhys::saved::{self, Asked, FileForm, Folder, Keeping, Secrets, Stage, WindowState};

use super::{Entry, asked, entry, saved_entries};

const WINDOWS: usize = 4;

/// What is in a window of the source: several entries at one moment, secrets that come again.
fn source(window: usize) -> Vec<Entry> {
    let text =
        |number: usize| format!("request {number} of ada{}@example.com with Bearer 0a1b2c3d4e5f6a7b8c{}", number % 5, number % 3);
    (0..60).map(|number| entry(window, number, &text(number))).collect()
}

/// A pull as a program does it: goes on where it was, a page at a time, asking from the last moment on.
fn pull(path: &Path, results: &Path) {
    let question: Asked = asked(WINDOWS);
    let matcher = Arc::new(Matcher::new(&Catalog::default()));
    let keeping = Keeping { form: FileForm::Parquet, secrets: Secrets::Masked(matcher) };
    let begun = path.join("manifest.json").exists();
    let mut folder =
        if begun { Folder::resume(path, &question, keeping) } else { Folder::create(path, &question, keeping) }.unwrap();
    folder.add_results(&[results.to_owned()]).unwrap();
    for window in 0..WINDOWS {
        let from = match folder.state(window) {
            WindowState::Complete => continue,
            WindowState::Partial { from, .. } => Some(from),
            WindowState::Missing => None,
        };
        let mut rest = source(window);
        rest.retain(|entry| Some(entry["timestamp"].as_str().unwrap().parse().unwrap()) >= from);
        for page in rest.chunks(7) {
            folder.append(window, page).unwrap();
        }
        folder.complete(window, Vec::new(), 1).unwrap();
    }
    folder.finish(Vec::new()).unwrap();
}

/// Not a test of its own: the process that is killed.
#[test]
fn one_pull() {
    if let (Some(path), Some(results)) = (std::env::var_os("FIVEWHYS_TEST_PULL"), std::env::var_os("FIVEWHYS_TEST_RESULTS")) {
        pull(Path::new(&path), Path::new(&results));
    }
}

fn start(path: &Path, results: &Path) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["saved::killed::one_pull", "--exact", "--nocapture"]);
    command.env("FIVEWHYS_TEST_PULL", path).env("FIVEWHYS_TEST_RESULTS", results);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn killed_fifty_times_the_folder_is_the_one_of_an_undisturbed_pull() {
    let home = tempfile::tempdir().unwrap();
    let results = home.path().join("junit.xml");
    std::fs::write(&results, "<testsuite><testcase name='a'><failure message='ada9@example.com'/></testcase></testsuite>")
        .unwrap();
    let (calm, stormy) = (home.path().join("calm"), home.path().join("stormy"));
    pull(&calm, &results);
    let begun = Instant::now();
    assert!(start(&home.path().join("timed"), &results).wait().unwrap().success());
    let whole = begun.elapsed();
    let mut kills = 0;
    // From the first instructions to a little longer than a whole pull takes.
    for number in 0..50u32 {
        let mut child = start(&stormy, &results);
        std::thread::sleep(whole * (number * 37 % 50) / 45);
        kills += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        if saved::read(&stormy).unwrap().is_some_and(|saved| saved.manifest.stage == Stage::Finished) {
            assert_eq!(saved_entries(&stormy), saved_entries(&calm));
            std::fs::remove_dir_all(&stormy).unwrap();
        }
    }
    let output = start(&stormy, &results).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(kills > 10, "{kills} kills");
    assert_eq!(saved_entries(&stormy), saved_entries(&calm));
    let result = |folder: &Path| std::fs::read_to_string(folder.join("results/junit.xml")).unwrap();
    assert_eq!(result(&stormy), result(&calm));
    assert!(result(&calm).contains("‹email:6›"), "{}", result(&calm));
    assert!(!stormy.join(".pull").exists());
}
