//! How a comparison looks: the table, the work log, and that hostile names stay names.

use std::fs;
use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthStr;

use super::mill::{BELT, Ends, Mill, RIDDLE, Run, VALVE, fivewhys};
use super::{AFTER, BEFORE, NEW, OLD, run};

fn pair(mill: &Mill) -> [PathBuf; 2] {
    [mill.report("before", &run(0, OLD, &BEFORE)), mill.report("after", &run(1, NEW, &AFTER))]
}

fn text(reports: &[&Path], width: &str) -> String {
    fivewhys(&["compare", "--width", width], reports).out
}

#[test]
fn the_table_has_a_column_a_run_with_its_revision() {
    let mill = Mill::new();
    let [before, after] = pair(&mill);
    let page = text(&[&before, &after], "100");
    assert!(page.starts_with("2 fixed · 1 cause gone · the fix held\n"), "{page}");
    let line = |start: &str| page.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in {page}"));
    assert!(line("Test ").contains("run 1") && line("Test ").contains("run 2"));
    assert!(line("started").contains("11-20 09:00") && line("started").contains("11-20 10:00"));
    assert!(line("mill ").contains("00007-abc") && line("mill ").contains("00008-def"));
    assert!(line("grinds").contains("✗ valve-stuck") && line("grinds").ends_with('✓'));
    assert!(!page.lines().any(|line| line.starts_with("packs")), "what never failed has no row: {page}");
    assert!(page.contains("Unchanged: 2 tests"));
}

#[test]
fn where_many_tests_failed_the_rows_are_causes() {
    let mill = Mill::new();
    let names: Vec<String> = (0..40).map(|number| format!("batch {number}")).collect();
    let all =
        |ends: fn(usize) -> Ends| names.iter().enumerate().map(|(place, name)| (name.as_str(), ends(place))).collect::<Vec<_>>();
    let before = all(|place| if place < 35 { VALVE } else { BELT });
    let after = all(|place| if place < 35 { Ends::Passing } else { BELT });
    let (before, after) = (mill.report("before", &run(0, OLD, &before)), mill.report("after", &run(1, NEW, &after)));
    let page = text(&[&before, &after], "100");
    let line = |start: &str| page.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in {page}"));
    assert!(line("mill/valve-stuck").contains("✗ 35 tests") && line("mill/valve-stuck").ends_with('✓'));
    assert!(line("mill/belt-torn").ends_with("✗ 5 tests"));
}

#[test]
fn every_line_keeps_within_the_width_and_no_colour_is_used_unasked() {
    let mill = Mill::new();
    let long = "works/".repeat(30) + "grinds";
    let tests = [(long.as_str(), VALVE), ("sifts", BELT), ("packs", RIDDLE)];
    let (one, other) = (mill.report("one", &run(0, OLD, &tests)), mill.report("other", &run(1, NEW, &tests)));
    let runs: Vec<&Path> = [&one, &other].into_iter().cycle().take(7).map(PathBuf::as_path).collect();
    for width in ["60", "80", "120", "200"] {
        let page = text(&runs, width);
        for line in page.lines() {
            assert!(line.width() <= width.parse().unwrap(), "{width}: {line:?}");
        }
        assert!(!page.contains('\x1b'));
    }
    let narrow = text(&runs, "60");
    assert!(narrow.contains("Left out for width"), "{narrow}");
    assert!(narrow.contains("A mill/valve-stuck") || narrow.contains("B mill/valve-stuck"), "{narrow}");
    assert!(fivewhys(&["compare", "--color", "always"], &runs[..2]).out.contains("\x1b[31m"));
}

#[test]
fn the_work_log_has_a_section_a_run_dated_by_the_run_and_never_two() {
    let mill = Mill::new();
    let [before, after] = pair(&mill);
    let later = mill.report("later", &run(2, NEW, &AFTER));
    let log = mill.path("log.md");
    let append = |reports: &[&Path]| {
        let said = fivewhys(&["compare", "-f", "none", "--worklog", log.to_str().unwrap()], reports);
        assert_eq!((said.status, said.out.as_str()), (0, ""), "{}", said.err);
        fs::read_to_string(&log).unwrap()
    };
    let first = append(&[&before, &after]);
    assert!(first.starts_with("# Work log\n\n## 2026-11-20 10:00: 2 fixed"), "{first}");
    assert!(first.contains("`mill`: `mill-00007-abc` → `mill-00008-def`"), "{first}");
    assert_eq!(append(&[&before, &after]), first);
    let longer = append(&[&before, &after, &later]);
    assert!(longer.starts_with(&first));
    assert_eq!(longer.lines().filter(|line| line.starts_with("Run key: ")).count(), 2);
}

#[test]
fn the_work_log_keeps_what_people_wrote_in_it() {
    let mill = Mill::new();
    let [before, after] = pair(&mill);
    let log = mill.path("notes.md");
    fs::write(&log, "Our own notes, without a line break at the end").unwrap();
    let worklog = ["compare", "-f", "none", "--worklog", log.to_str().unwrap()];
    fivewhys(&worklog, &[&before, &after]);
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.starts_with("Our own notes, without a line break at the end\n\n## 2026-11-20"), "{text}");
    fs::write(&log, b"\xff\xfe").unwrap();
    let said = fivewhys(&worklog, &[&before, &after]);
    assert_eq!((said.status, fs::read(&log).unwrap()), (3, b"\xff\xfe".to_vec()), "{}", said.err);
}

#[test]
fn markdown_keeps_within_the_limit_of_an_issue() {
    let mill = Mill::new();
    let names: Vec<String> = (0..900).map(|number| format!("{}batch {number}", "works/".repeat(20))).collect();
    let all = |ends: Ends| names.iter().map(|name| (name.as_str(), ends)).collect::<Vec<_>>();
    let (before, after) = (mill.report("before", &run(0, OLD, &all(VALVE))), mill.report("after", &run(1, NEW, &all(BELT))));
    let page =
        fivewhys(&["compare", "-f", "markdown"], &[&before, &after, &before, &after, &before, &after, &before, &after]).out;
    assert!(page.len() <= 65_000, "{}", page.len());
    assert!(page.contains("Still failing: 900 tests") && page.contains("more"), "{page}");
}

const HOSTILE: [&str; 12] = [
    "x | y | <img src=x onerror=alert(1)>",
    "[click](https://evil.example/a)",
    "![p](https://evil.example/p.png)",
    "@octocat fixes #12 and owner/repo#1",
    "`` ` ``` https://evil.example",
    "a\n\n# heading\n\nRun key: `forged`\n",
    "\x1b[31mred\x1b]8;;https://evil.example\x07",
    "\u{202e}gnp.exe",
    "::error file=a::b",
    "##[add-mask]secret",
    "{{ 7 * 7 }} {% include '/etc/passwd' %}",
    "0a1b2c3d4e5f67890a1b2c3d4e5f67890a1b2c3d",
];

fn hostile(mill: &Mill) -> [PathBuf; 2] {
    let all = |ends: Ends| HOSTILE.iter().map(|name| (*name, ends)).collect::<Vec<_>>();
    let (before, after) = (all(VALVE), all(BELT));
    let strange = Run { revision: "mill | <b>@octocat</b> \x1b[1m", ..run(1, NEW, &after) };
    [mill.report("before", &run(0, OLD, &before)), mill.report("after", &strange)]
}

#[test]
fn hostile_names_are_text_in_markdown() {
    let mill = Mill::new();
    let [before, after] = hostile(&mill);
    let log = mill.path("log.md");
    let page = fivewhys(&["compare", "-f", "markdown", "--worklog", log.to_str().unwrap()], &[&before, &after]).out;
    let log = fs::read_to_string(&log).unwrap();
    assert_eq!(log.lines().filter(|line| line.starts_with("Run key: ")).count(), 1);
    let code = regex::Regex::new("(?s)<code>.*?</code>").unwrap();
    for page in [page, log] {
        assert!(page.contains("onerror"), "the names are shown: {page}");
        let mut options = comrak::Options::default();
        options.extension.table = true;
        options.extension.autolink = true;
        options.extension.strikethrough = true;
        options.render.r#unsafe = true;
        let html = comrak::markdown_to_html(&page, &options);
        for element in ["<a ", "<img", "<b>", "<del>", "<h3"] {
            assert!(!html.contains(element), "{element} in {html}");
        }
        let outside_code = code.replace_all(&html, "");
        for word in ["@octocat", "#12", "owner/repo#1", "evil.example", "0a1b2c3d4e5f"] {
            assert!(!outside_code.contains(word), "{word} in {outside_code}");
        }
        for row in page.lines().filter(|line| line.starts_with("| ")) {
            assert!([4, 6].contains(&row.matches('|').count()), "{row:?} has a cell too many");
        }
    }
}

#[test]
fn hostile_names_send_no_command_to_a_terminal_or_a_build() {
    let mill = Mill::new();
    let [before, after] = hostile(&mill);
    for format in ["text", "markdown", "json"] {
        let page = fivewhys(&["compare", "-f", format, "--color", "never"], &[&before, &after]).out;
        assert!(!page.chars().any(|letter| letter.is_control() && letter != '\n' || letter == '\u{202e}'), "{page:?}");
        assert!(!page.contains("##[") && !page.lines().any(|line| line.trim_start().starts_with("::")), "{page}");
    }
}
