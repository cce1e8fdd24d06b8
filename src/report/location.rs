//! Where in a repository a report points: the innermost own frame of a stack trace, else the file of a test.

use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::explorer;
use super::schema::{Cause, Report};
use crate::logs::stack;

/// A line of a file, the path as a repository has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Location {
    /// Relative, with `/` between its parts and nothing that leaves the repository.
    pub(super) path: String,
    /// From 1.
    pub(super) line: Option<u32>,
}

/// Where images put the code: what stands behind is the path in the repository.
const ROOTS: [&str; 9] =
    ["usr/src/app/", "usr/src/", "workspace/", "workspaces/", "app/src/app/", "app/", "code/", "srv/", "opt/app/"];

/// Longest path that is believed.
const PATH_BYTES: usize = 500;

/// The innermost own frame among the records that show the cause, in order of time.
pub(super) fn of_cause(report: &Report, cause: &Cause) -> Option<Location> {
    let records = cause.evidence.iter().filter_map(|key| report.evidence.get(key));
    records.filter_map(|record| of_trace(&record.excerpt)).next()
}

/// The innermost own frame of the stack trace in a text. Linear in it.
pub(super) fn of_trace(text: &str) -> Option<Location> {
    let frame = stack::exception(text)?.frame?;
    let place = frame.split_once(" in ").map_or(frame.as_str(), |(place, _)| place);
    // `file:line`, or `file:line:column` of JavaScript.
    let mut parts = place.rsplitn(3, ':').collect::<Vec<_>>();
    parts.reverse();
    let (path, line) = match parts.as_slice() {
        [path, line, column] if is_number(line) && is_number(column) => ((*path).to_owned(), *line),
        [drive, path, line] => (format!("{drive}:{path}"), *line),
        [path, line] => ((*path).to_owned(), *line),
        _ => return None,
    };
    let line = line.parse().ok().filter(|line| (1..=10_000_000).contains(line))?;
    Some(Location { path: in_repository(path.trim_start_matches("file://"))?, line: Some(line) })
}

/// The file that a test's id begins with, where it begins with one: `tests/test_x.py::test_y`, `e2e/a.spec.ts › b`.
pub(super) fn of_test(id: &str) -> Option<Location> {
    let file = id.split("::").next()?.split(" › ").next()?.trim();
    let name = file.rsplit('/').next()?;
    let (stem, ending) = name.rsplit_once('.')?;
    let known = ["py", "js", "ts", "mjs", "cjs", "jsx", "tsx", "rb", "rs", "go", "php", "feature"].contains(&ending);
    let path = in_repository(file).filter(|_| known && !stem.is_empty())?;
    Some(Location { path, line: None })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The path as the repository has it, or nothing where that cannot be told: a redacted path, one that climbs, one of no file.
fn in_repository(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let bare = path.split_once(":/").map_or(path.as_str(), |(_, rest)| rest);
    let bare = bare.trim_start_matches("./").trim_start_matches('/');
    let inner = ROOTS.iter().find_map(|root| bare.strip_prefix(root)).unwrap_or(bare);
    let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.ends_with(' ');
    let fits = |letter: char| letter.is_alphanumeric() || "/._-+@ ()[]".contains(letter);
    let plain = !inner.is_empty() && inner.len() <= PATH_BYTES && inner.split('/').all(is_part) && inner.chars().all(fits);
    (plain && !inner.starts_with(' ')).then(|| inner.to_owned())
}

/// All but unreserved characters (RFC 3986, 2.3) and what stands between the parts of a path.
const RESERVED: &AsciiSet = &explorer::RESERVED.remove(b'/');

/// A path as a relative reference of RFC 3986: everything that is special as `%XX`.
pub(super) fn uri(path: &str) -> String {
    utf8_percent_encode(path, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, line: u32) -> Option<Location> {
        Some(Location { path: path.to_owned(), line: Some(line) })
    }

    #[test]
    fn a_trace_points_into_the_repository_not_into_the_image() {
        let python = "Traceback (most recent call last):\n  File \"/app/api/auth.py\", line 41, in load\n    x()\nValueError: no";
        assert_eq!(of_trace(python), at("api/auth.py", 41));
        let node = "TypeError: x is undefined\n    at handle (/workspace/src/chat.ts:12:7)\n    at node:internal/main:1:1";
        assert_eq!(of_trace(node), at("src/chat.ts", 12));
        assert_eq!(of_trace("ValueError: no trace"), None);
    }

    #[test]
    fn a_path_that_climbs_or_holds_anything_odd_is_no_location() {
        for file in ["/app/../../etc/passwd", "/app/a\nb.py", "/app/::error::x.py", "/app/‹token:1›.py", "/app/a%0Ab.py"] {
            let text = format!("Traceback (most recent call last):\n  File \"{file}\", line 4, in f\nValueError: no");
            assert_eq!(of_trace(&text), None, "{file}");
        }
    }

    #[test]
    fn a_test_is_in_the_file_its_id_begins_with() {
        let file = |id| of_test(id).map(|location| location.path);
        assert_eq!(file("tests/e2e/test_chat.py::TestChat::test_x").as_deref(), Some("tests/e2e/test_chat.py"));
        assert_eq!(file("e2e/chat.spec.ts › chat › answers").as_deref(), Some("e2e/chat.spec.ts"));
        assert_eq!(file("com.example.ChatTest.answers"), None);
        assert_eq!(file("2026-11-20T09:27:07Z/2026-11-20T09:27:12Z"), None);
        assert_eq!(file("../../x.py::test"), None);
        assert_eq!(file("./x.py::test").as_deref(), Some("x.py"));
    }
}
