//! Whenever a pull ends, what it had is there, can be read, and can be gone on with.

use std::fs;

use fivewhys::logs::Gap;
use fivewhys::saved::{self, Error, FileForm, Folder, Stage, WindowState};

use super::{asked, entry, folder_with, kept, masked, saved_entries};

#[test]
fn what_was_appended_is_there_after_the_program_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pulled");
    let mut folder = Folder::create(&path, &asked(2), kept(FileForm::Parquet)).unwrap();
    assert_eq!(folder.state(0), WindowState::Missing);
    folder.append(0, &[entry(0, 0, "a"), entry(0, 1, "b")]).unwrap();
    drop(folder);
    let mut folder = Folder::resume(&path, &asked(2), kept(FileForm::Parquet)).unwrap();
    let from = "2026-11-20T09:00:00.100000007Z".parse().unwrap();
    assert_eq!(folder.state(0), WindowState::Partial { from, entries: 2 });
    assert_eq!(folder.append(0, &[entry(0, 1, "b"), entry(0, 2, "c")]).unwrap(), 1, "the repeated one is dropped");
    folder.complete(0, Vec::new(), 2).unwrap();
    folder.complete(1, Vec::new(), 1).unwrap();
    assert_eq!(folder.state(0), WindowState::Complete);
    let manifest = folder.finish(Vec::new()).unwrap();
    assert_eq!((manifest.windows[0].entries, manifest.windows[0].requests), (3, 2));
    assert_eq!(saved_entries(&path), [entry(0, 0, "a"), entry(0, 1, "b"), entry(0, 2, "c")]);
}

#[test]
fn a_torn_line_is_dropped_and_what_stands_before_it_stays() {
    let home = tempfile::tempdir().unwrap();
    for torn in ["{\"insertId\":\"id-0-9\",\"textP", "\0\0\0\0\0\0", "{}"] {
        let path = home.path().join(torn.len().to_string());
        let mut folder = Folder::create(&path, &asked(1), kept(FileForm::Parquet)).unwrap();
        folder.append(0, &[entry(0, 0, "a")]).unwrap();
        let journal = path.join(&folder.manifest().windows[0].file);
        drop(folder);
        let whole = fs::read_to_string(&journal).unwrap();
        fs::write(&journal, format!("{whole}{torn}")).unwrap();
        let mut folder = Folder::resume(&path, &asked(1), kept(FileForm::Parquet)).unwrap();
        assert!(matches!(folder.state(0), WindowState::Partial { entries: 1, .. }));
        folder.append(0, &[entry(0, 9, "b")]).unwrap();
        folder.complete(0, Vec::new(), 1).unwrap();
        folder.finish(Vec::new()).unwrap();
        assert_eq!(saved_entries(&path), [entry(0, 0, "a"), entry(0, 9, "b")]);
    }
}

#[test]
fn an_interrupted_folder_says_what_it_lacks_and_holds_what_it_has() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pulled");
    let mut folder = Folder::create(&path, &asked(3), masked()).unwrap();
    folder.append(0, &[entry(0, 0, "a")]).unwrap();
    let gap = Gap { kind: "late-entries", statement: "The newest entries may be missing.".to_owned() };
    folder.complete(0, vec![gap.clone()], 1).unwrap();
    folder.append(1, &[entry(1, 0, "b")]).unwrap();
    drop(folder);
    let saved = saved::read(&path).unwrap().unwrap();
    assert_eq!(saved.manifest.stage, Stage::UnderWay);
    let kinds: Vec<&str> = saved.gaps.iter().map(|gap| gap.kind).collect();
    assert_eq!(kinds, ["late-entries", "pull-interrupted", "not-pulled"]);
    assert_eq!(saved.gaps[0], gap);
    assert!(saved.gaps[2].statement.contains("2026-11-20T09:04:00Z to 2026-11-20T09:05:00Z"), "{}", saved.gaps[2].statement);
    assert_eq!(saved_entries(&path), [entry(0, 0, "a"), entry(1, 0, "b")]);
}

#[test]
fn killed_while_it_finishes_it_finishes_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pulled");
    let text = |window| format!("peer 10.1.2.{window} sent Bearer 0a1b2c3d4e5f6a7b8c9{window}");
    let mut folder = Folder::create(&path, &asked(2), masked()).unwrap();
    for window in 0..2 {
        folder.append(window, &[entry(window, 0, &text(window))]).unwrap();
        folder.complete(window, Vec::new(), 1).unwrap();
    }
    drop(folder);
    // As it is when the second file could not be written any more.
    fs::write(path.join("logs/window-001.parquet"), "PAR1 half of a file").unwrap();
    fs::write(path.join("logs/.part-x"), "half of a file").unwrap();
    assert_eq!(saved_entries(&path).len(), 2, "what the manifest does not name is not read");
    let folder = Folder::resume(&path, &asked(2), masked()).unwrap();
    folder.finish(Vec::new()).unwrap();
    let found = saved_entries(&path);
    assert_eq!(found, [entry(0, 0, "peer ‹ip:1› sent Bearer ‹token:1›"), entry(1, 0, "peer ‹ip:2› sent Bearer ‹token:2›")]);
    // As it is when the journals could not be removed any more.
    fs::create_dir_all(path.join(".pull")).unwrap();
    fs::write(path.join("logs/window-001.part.ndjson"), "{}").unwrap();
    let folder = Folder::resume(&path, &asked(2), masked()).unwrap();
    assert_eq!(folder.state(0), WindowState::Complete);
    folder.finish(Vec::new()).unwrap();
    assert_eq!(saved_entries(&path), found);
    let mut left: Vec<String> =
        fs::read_dir(path.join("logs")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    left.retain(|name| !name.starts_with(".part-"));
    left.sort();
    assert_eq!(left, ["window-001.parquet", "window-002.parquet"]);
    assert!(!path.join(".pull").exists());
}

#[test]
fn another_question_is_refused_and_says_what_differs() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pulled");
    drop(Folder::create(&path, &asked(2), masked()).unwrap());
    let mut other = asked(1);
    other.services.push("gateway".to_owned());
    let error = Folder::resume(&path, &other, masked()).unwrap_err().to_string();
    assert!(error.contains("service was none, now gateway") && error.contains("the windows were 2 between"), "{error}");
    let error = Folder::resume(&path, &asked(2), kept(FileForm::Parquet)).unwrap_err().to_string();
    assert!(error.contains("begun without --keep-secrets"), "{error}");
    let mut later = asked(2);
    later.at = "2026-11-21T00:00:00Z".parse().unwrap();
    Folder::resume(&path, &later, masked()).unwrap();
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("junit.xml"), "<testsuite/>").unwrap();
    assert!(matches!(Folder::create(home.path(), &asked(1), masked()), Err(Error::Occupied { .. })));
    assert!(matches!(Folder::resume(home.path(), &asked(1), masked()), Err(Error::NothingToResume { .. })));
    assert!(saved::read(home.path()).unwrap().is_none());
    fs::write(home.path().join("manifest.json"), "{\"name\":\"an app\",\"schema\":\"other\"}").unwrap();
    assert!(saved::read(home.path()).unwrap().is_none(), "a manifest of something else");
}

#[test]
fn a_folder_that_was_killed_as_it_began_can_be_begun_again() {
    let home = tempfile::tempdir().unwrap();
    drop(Folder::create(home.path(), &asked(1), masked()).unwrap());
    fs::remove_file(home.path().join("manifest.json")).unwrap();
    drop(Folder::create(home.path(), &asked(1), masked()).unwrap());
}

#[test]
fn two_programs_do_not_write_into_one_folder() {
    let home = tempfile::tempdir().unwrap();
    let _first = Folder::create(home.path(), &asked(1), masked()).unwrap();
    assert!(matches!(Folder::resume(home.path(), &asked(1), masked()), Err(Error::Busy { .. })));
}

#[test]
fn a_manifest_that_points_out_of_its_folder_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pulled");
    folder_with(&path, masked(), &[entry(0, 0, "a")]);
    let manifest = fs::read_to_string(path.join("manifest.json")).unwrap();
    for outside in ["../../secret", "/etc/passwd"] {
        fs::write(path.join("manifest.json"), manifest.replace("logs/window-001.parquet", outside)).unwrap();
        assert!(saved::read(&path).is_err(), "{outside}");
    }
}
