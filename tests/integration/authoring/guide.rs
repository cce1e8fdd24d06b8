//! The page that leads a newcomer from an unexplained failure to a merged rule: each command prints what the page says.

use std::fs;

use crate::program;

/// Stands for lines that the page leaves out.
const LEFT_OUT: &str = "[…]";

#[test]
fn every_command_of_the_guide_prints_what_the_guide_shows() {
    let page = fs::read_to_string(program::root().join("docs/writing-rules.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(program::root().join("samples"), folder.path().join("samples")).unwrap();
    let mut commands = 0;
    for block in page.split("```\n").skip(1).step_by(2) {
        let Some((command, shown)) = block.strip_prefix("$ ").and_then(|block| block.split_once('\n')) else { continue };
        let words: Vec<&str> = command.split_whitespace().collect();
        let printed = match words.as_slice() {
            ["cat", file] => fs::read_to_string(folder.path().join(file)).unwrap(),
            ["fivewhys", arguments @ ..] => {
                let mut command = program::fivewhys(arguments);
                let ran = program::finish(command.current_dir(folder.path()), b"");
                ran.out + &ran.err
            }
            _ => panic!("`{command}` is not known here"),
        };
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let mut at = 0;
        for line in shown.lines().filter(|line| *line != LEFT_OUT) {
            let found = printed[at..].iter().position(|printed| *printed == line.trim_end());
            assert!(found.is_some(), "`{command}` does not print {line:?}; it prints\n{}", printed.join("\n"));
            at += found.unwrap() + 1;
        }
        commands += 1;
    }
    assert!(commands >= 5, "only {commands} commands are shown");
}
