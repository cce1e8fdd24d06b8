//! `rules try --watch`: a saved file is tried again, a broken one is drawn, and watching goes on.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{CONTROL, SAMPLE};
use crate::program::fivewhys;

fn text(pattern: &str) -> String {
    format!(
        "title: watched\nclass: product\nseverity: high\nmatch: {{ log: {{ text: {pattern} }} }}\nwhy: w\nremedy: {{ now: n }}\nexplains: [{{ rule: test/timed-out-waiting, join: window }}]\n"
    )
}

#[test]
fn a_saved_rule_is_tried_again_and_a_broken_one_does_not_end_it() {
    let folder = tempfile::tempdir().unwrap();
    let rule = folder.path().join("demo/watched.yaml");
    fs::create_dir_all(rule.parent().unwrap()).unwrap();
    fs::write(&rule, text("'no such words'")).unwrap();
    let arguments = ["rules", "try", rule.to_str().unwrap(), SAMPLE, "--control", CONTROL, "--watch"];
    let mut program = fivewhys(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (sender, lines) = mpsc::channel();
    let out = program.stdout.take().unwrap();
    thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
    // Each wait ends with the line, not with the time; the time only keeps a broken program from hanging the tests.
    let wait = |words: &str| {
        let mut seen = Vec::new();
        while let Ok(line) = lines.recv_timeout(Duration::from_secs(120)) {
            seen.push(line);
            if seen.last().unwrap().contains(words) {
                return;
            }
        }
        panic!("{words:?} was not printed after\n{}", seen.join("\n"));
    };
    wait("7 tests unchanged");
    fs::write(&rule, text("'seat map (checksum'")).unwrap();
    wait("does not load");
    fs::write(&rule, text("'seat map checksum'")).unwrap();
    wait("explained by this rule");
    program.kill().unwrap();
    program.wait().unwrap();
}
