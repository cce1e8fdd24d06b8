//! Finds the line that says what went wrong in what a test runner printed.

use super::Failure;

/// Texts longer than this keep their beginning and their end.
const LONGEST_TEXT: usize = 1024 * 1024;

/// Builds a failure: terminal escapes are taken out, the message becomes one telling line.
pub(super) fn failure(message: &str, details: &str, output: &str) -> Failure {
    let details = bounded(plain(details).trim_matches('\n'));
    let message = telling_line(&plain(message), &details);
    Failure { message, details, output: bounded(without_empty_captures(&plain(output)).trim_matches('\n')) }
}

/// What a second failure of the same attempt says (a teardown that broke after a failed test) joins the first.
pub(super) fn append(first: &mut Failure, second: &Failure) {
    if first.message.is_empty() {
        first.message.clone_from(&second.message);
    }
    for (own, other) in [(&mut first.details, &second.details), (&mut first.output, &second.output)] {
        if !other.is_empty() && !own.contains(other.as_str()) {
            if !own.is_empty() {
                own.push_str("\n\n");
            }
            own.push_str(other);
        }
    }
}

fn telling_line(message: &str, details: &str) -> String {
    let message = unwrapped(message.trim());
    let says_nothing = matches!(message, "" | "Failed" | "failed" | "Test failed" | "collection failure" | "Build error");
    let found = if message.starts_with("thread '") && message.contains("panicked at") {
        after_panic(details)
    } else if says_nothing {
        python_error(details).or_else(|| go_error(details)).or_else(|| details.lines().find(|line| says_something(line)))
    } else {
        None
    };
    found.or_else(|| message.lines().find(|line| !line.trim().is_empty())).unwrap_or_default().trim().to_owned()
}

/// Not empty, and not a heading of jest (`● Test suite failed to run`) or go test (`=== RUN TestX`).
fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !["●", "=== ", "--- "].iter().any(|heading| line.starts_with(heading))
}

/// pytest's JUnit writer wraps the error line of a fixture: `failed on setup with "…"`.
fn unwrapped(message: &str) -> &str {
    ["failed on setup with \"", "failed on teardown with \""]
        .iter()
        .find_map(|prefix| message.strip_prefix(prefix))
        .map_or(message, |inner| inner.strip_suffix('"').unwrap_or(inner))
}

/// Rust: the line after `thread 'x' panicked at src/lib.rs:20:9:`.
fn after_panic(details: &str) -> Option<&str> {
    let mut lines = details.lines().skip_while(|line| !line.contains("panicked at"));
    lines.next()?;
    lines.find(|line| !line.trim().is_empty())
}

/// pytest: the first `E` line of the last block of them.
fn python_error(details: &str) -> Option<&str> {
    let mut found = None;
    let mut in_block = false;
    for line in details.lines() {
        let error = line.strip_prefix("E   ");
        if !in_block && error.is_some() {
            found = error;
        }
        in_block = error.is_some();
    }
    found
}

/// Go: a panic, else the first line that names a place (`shop_test.go:15: `), without the place.
fn go_error(details: &str) -> Option<&str> {
    let panic = details.lines().map(str::trim).find(|line| line.starts_with("panic: "));
    panic.or_else(|| details.lines().find_map(|line| after_go_place(line.trim())))
}

fn after_go_place(line: &str) -> Option<&str> {
    let (place, text) = line.split_once(": ")?;
    let (_, numbers) = place.split_once(".go:")?;
    numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b':').then_some(text)
}

/// pytest's JUnit writer puts a heading above each captured stream, even when nothing was captured.
fn without_empty_captures(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        if is_capture_heading(line) {
            drop_empty_heading(&mut kept);
        }
        kept.push(line);
    }
    drop_empty_heading(&mut kept);
    kept.join("\n")
}

fn drop_empty_heading(kept: &mut Vec<&str>) {
    if let Some(last) = kept.iter().rposition(|line| !line.trim().is_empty())
        && is_capture_heading(kept[last])
    {
        kept.truncate(last);
    }
}

fn is_capture_heading(line: &str) -> bool {
    line.starts_with("-----") && line.trim_matches('-').trim().starts_with("Captured ")
}

/// The text without terminal escape sequences (`ESC [ … letter`).
fn plain(text: &str) -> String {
    // What XML cannot hold pytest's JUnit writer spells out: `#x1B[31m`.
    let text = text.replace("#x1B[", "\u{1b}[");
    if !text.contains('\u{1b}') {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            kept.push(character);
        } else if characters.next_if_eq(&'[').is_some() {
            while characters.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        }
    }
    kept
}

fn bounded(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(LONGEST_TEXT / 2);
    let tail = text.ceil_char_boundary(text.len() - LONGEST_TEXT / 2);
    format!("{}\n[… {} bytes left out …]\n{}", &text[..head], tail - head, &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_the_line_that_tells() {
        let line = |message, details| failure(message, details, "").message;
        assert_eq!(line("AssertionError: GET /price: 503\nassert 1 == 2", ""), "AssertionError: GET /price: 503");
        assert_eq!(line("failed on setup with \"OSError: no \"way\"\"", "x"), "OSError: no \"way\"");
        assert_eq!(line("collection failure", "a\nE   KeyError: 'x'\nb\nE   ValueError: y\nE   more"), "ValueError: y");
        assert_eq!(
            line("thread 'a' (7) panicked at src/lib.rs:1:2", "thread 'a' panicked at x:\nfirst: 502\nnote"),
            "first: 502"
        );
        assert_eq!(line("Failed", "=== RUN   TestX\n    x_test.go:15: GET /price: status 503\n"), "GET /price: status 503");
        assert_eq!(line("", ""), "");
    }

    #[test]
    fn terminal_escapes_and_empty_captures_go() {
        let got =
            failure("\u{1b}[31mr#x1B[1med\u{1b}[39m", "", "----- Captured Log -----\n\n----- Captured Out -----\nhello\n\n");
        assert_eq!((got.message.as_str(), got.output.as_str()), ("red", "----- Captured Out -----\nhello"));
    }

    #[test]
    fn a_huge_text_keeps_both_ends() {
        let got = failure("", &format!("start{}end", "ß".repeat(LONGEST_TEXT)), "");
        assert!(got.details.starts_with("start") && got.details.ends_with("end") && got.details.contains("bytes left out"));
    }
}
