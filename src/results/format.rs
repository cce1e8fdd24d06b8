//! Tells results formats apart by their first bytes.

use std::fmt;

/// A format of test results that can be read; the one that tells most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// JSON lines of the pytest plugin `pytest-reportlog`: start and stop of every phase.
    PytestReportLog,
    /// `go test -json`: every event with its time.
    GoTestJson,
    /// The pytest plugin `pytest-json-report`: durations of every phase.
    PytestJsonReport,
    /// Common Test Report Format, <https://ctrf.io>.
    Ctrf,
    /// JUnit XML, in any of its dialects.
    JunitXml,
}

impl Format {
    /// All formats, the one that tells most first.
    pub const ALL: [Format; 5] =
        [Format::PytestReportLog, Format::GoTestJson, Format::PytestJsonReport, Format::Ctrf, Format::JunitXml];

    /// The name as users know it.
    pub fn name(self) -> &'static str {
        match self {
            Format::PytestReportLog => "pytest report-log",
            Format::GoTestJson => "go test -json",
            Format::PytestJsonReport => "pytest-json-report",
            Format::Ctrf => "CTRF JSON",
            Format::JunitXml => "JUnit XML",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many bytes of a file are enough for [`recognise`].
pub const HEAD_BYTES: usize = 64 * 1024;

/// The format of a file that starts with `head`, or `None` where it is not test results (log entries, for
/// example). Linear in `head`; [`HEAD_BYTES`] of it are enough.
pub fn recognise(head: &[u8]) -> Option<Format> {
    let text = decoded(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match text.as_bytes().first()? {
        b'<' => is_junit_root(text).then_some(Format::JunitXml),
        b'{' => of_object(text),
        // `go test -json` prints what the compiler says between its events, some of it before the first.
        b'[' => None,
        _ => text.lines().filter(|line| line.starts_with('{')).take(50).find_map(of_object).filter(|format| format.is_lines()),
    }
}

impl Format {
    fn is_lines(self) -> bool {
        matches!(self, Format::PytestReportLog | Format::GoTestJson)
    }
}

/// The head as text; PowerShell's `>` writes UTF-16.
fn decoded(head: &[u8]) -> String {
    let units = |big: bool| {
        let pairs = head[2..].chunks_exact(2);
        let units: Vec<u16> = pairs
            .map(|pair| if big { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) })
            .collect();
        String::from_utf16_lossy(&units)
    };
    match head {
        [0xff, 0xfe, ..] => units(false),
        [0xfe, 0xff, ..] => units(true),
        _ => String::from_utf8_lossy(head).into_owned(),
    }
}

/// Whether the first element of the document is one of JUnit's; declaration, comments and document type are skipped.
fn is_junit_root(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = if rest.starts_with("<?") {
            rest.find("?>").map(|end| end + 2)
        } else if rest.starts_with("<!--") {
            rest.find("-->").map(|end| end + 3)
        } else if rest.starts_with("<!") {
            end_of_doctype(rest)
        } else {
            let name: String =
                rest[1..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.')).collect();
            let local = name.rsplit(':').next().unwrap_or_default();
            return matches!(local, "testsuites" | "testsuite");
        };
        match end {
            Some(end) => rest = &rest[end..],
            None => return false,
        }
    }
    false
}

fn end_of_doctype(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn of_object(text: &str) -> Option<Format> {
    let keys = keys(text.as_bytes());
    let has = |name: &str| keys.iter().any(|key| key == name);
    if has("logName") || has("insertId") {
        return None;
    }
    if has("$report_type") {
        return Some(Format::PytestReportLog);
    }
    if has("reportFormat") || (has("results") && has("results/tool") && (has("results/summary") || has("results/tests"))) {
        return Some(Format::Ctrf);
    }
    if has("exitcode") && (has("created") || has("root")) {
        return Some(Format::PytestJsonReport);
    }
    (has("Action") && (has("Package") || has("Test") || has("ImportPath"))).then_some(Format::GoTestJson)
}

/// The keys of the first object in `text`, and those of its member `results` as `results/<key>`; the text
/// may end anywhere.
fn keys(text: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    let mut in_results = false;
    while at < text.len() {
        match text[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            b'"' => {
                let start = at + 1;
                at = end_of_string(text, start);
                let colon = text[(at + 1).min(text.len())..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if colon && (depth == 1 || (depth == 2 && in_results)) {
                    let key = String::from_utf8_lossy(&text[start..at.min(text.len())]).into_owned();
                    if depth == 1 {
                        in_results = key == "results";
                    }
                    found.push(if depth == 1 { key } else { format!("results/{key}") });
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Where the string that starts at `from` has its closing quote (or where the text ends).
fn end_of_string(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'"' => break,
            _ => {}
        }
        at += 1;
    }
    at.min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_known_by_its_first_bytes() {
        let known = |text: &str| recognise(text.as_bytes());
        assert_eq!(known("\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><testsuites>"), Some(Format::JunitXml));
        assert_eq!(known("<!DOCTYPE x [<!ENTITY a \"b\">]><testsuite name='a'"), Some(Format::JunitXml));
        assert_eq!(known(r#"{"pytest_version": "9", "$report_type": "SessionStart"}"#), Some(Format::PytestReportLog));
        assert_eq!(known(r#"{"created": 1.0, "exitcode": 0, "root": "/app", "tests": ["#), Some(Format::PytestJsonReport));
        assert_eq!(known("{\n \"results\": {\n \"tool\": {\"name\": \"x\"}, \"summary\": {"), Some(Format::Ctrf));
        assert_eq!(known("# shop\nx.go:1: no\n{\"Action\":\"run\",\"Package\":\"shop\"}"), Some(Format::GoTestJson));
    }

    #[test]
    fn other_files_are_not_test_results() {
        for text in [
            "",
            "  \n",
            "<html><body><testsuite>",
            "[{\"$report_type\": 1}]",
            "plain text",
            r#"{"insertId": "1", "logName": "projects/p/logs/stderr", "jsonPayload": {"$report_type": "x"}}"#,
            r#"{"textPayload": "{\"$report_type\": 1}", "timestamp": "2026-01-01T00:00:00Z"}"#,
            r#"{"jsonPayload": {"Action": "run", "Package": "x"}, "resource": {"type": "cloud_run_revision"}}"#,
        ] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn utf_16_is_recognised() {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(r#"{"Action":"run","Package":"shop"}"#.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(recognise(&bytes), Some(Format::GoTestJson));
    }
}
