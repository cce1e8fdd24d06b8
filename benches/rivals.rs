//! What is measured: fivewhys, and the tools that people would read the same file with.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use fivewhys::rules::{Catalog, Pattern};

use crate::stopwatch::Line;
use crate::synthetic::Folder;

/// The five fields that the readers take: time, severity, service, text, message.
const JQ: &str = "[.timestamp, .severity, .resource.labels.service_name, .textPayload, .jsonPayload.message]";

/// The same five fields, and all patterns as one alternation. Every column goes into the result, or DuckDB would not
/// read it.
const DUCKDB: &str = r#"
import duckdb, sys
logs, patterns = sys.argv[1], open(sys.argv[2]).read().splitlines()
columns = {"timestamp": "VARCHAR", "severity": "VARCHAR", "resource": "STRUCT(labels STRUCT(service_name VARCHAR))",
           "textPayload": "VARCHAR", "jsonPayload": "STRUCT(message VARCHAR)"}
connection = duckdb.connect(config={"threads": 2})
print(connection.execute("""
    SELECT count(*), min(timestamp), max(severity), max(resource.labels.service_name),
           count(*) FILTER (regexp_matches(coalesce(textPayload, jsonPayload.message, ''), $pattern))
    FROM read_json($logs, format = 'newline_delimited', columns = $columns)
    """.replace("$columns", str(columns)), {"logs": logs, "pattern": "|".join(patterns)}).fetchall())
"#;

/// A program that is measured.
#[derive(Debug)]
pub struct Contender {
    /// What the table calls it.
    pub name: String,
    /// How it is called.
    pub command: Line,
    /// How to get it.
    pub hint: &'static str,
}

/// All of them, fivewhys first: the ratios are to it.
///
/// # Errors
///
/// Where the patterns cannot be written beside the logs.
pub fn all(files: &Folder, program: &Path, python: &Path, rules: usize) -> anyhow::Result<Vec<Contender>> {
    let logs = files.logs();
    let patterns = files.logs().with_file_name("patterns.txt");
    fs::write(&patterns, catalog_patterns(Pattern::source).join("\n") + "\n")?;
    let for_lines = files.logs().with_file_name("patterns-for-lines.txt");
    fs::write(
        &for_lines,
        catalog_patterns(Pattern::compiled).iter().map(|pattern| escaped_line_ends(pattern) + "\n").collect::<String>(),
    )?;
    let fivewhys = |windows: &str| -> Vec<OsString> {
        let results = files.results(windows).into_os_string();
        let words = [program.as_os_str().to_owned(), "diagnose".into(), "-t".into(), results, "-l".into(), logs.clone().into()];
        words.into_iter().chain(["-f".into(), "json".into(), "--exit-zero".into()]).collect()
    };
    let mut all = vec![contender("fivewhys", fivewhys("wide"), "")];
    if rules > 0 {
        let mut command = fivewhys("wide");
        command.extend(["--rules".into(), files.rules(rules).into()]);
        all.push(contender(&format!("fivewhys +{rules} rules"), command, ""));
    }
    all.push(contender("fivewhys 2 % windows", fivewhys("narrow"), ""));
    all.push(contender("wc -l", vec!["wc".into(), "-l".into(), logs.clone().into()], "It is part of coreutils."));
    let rg = ["rg", "--no-config", "-c", "-f"].map(OsString::from).into_iter();
    // Its default limit is too small for the whole catalog.
    let limits = ["--regex-size-limit", "1G", "--dfa-size-limit", "1G"].map(OsString::from);
    all.push(contender(
        "rg -c",
        rg.chain([for_lines.into()]).chain(limits).chain([logs.clone().into()]).collect(),
        "Debian: apt-get install ripgrep.",
    ));
    all.push(contender(
        "duckdb",
        vec![python.into(), "-c".into(), DUCKDB.into(), logs.clone().into(), patterns.into()],
        "PyPI: pip install duckdb; --python names the Python that has it.",
    ));
    all.push(contender("jq", vec!["jq".into(), "-c".into(), JQ.into(), logs.into()], "Debian: apt-get install jq."));
    Ok(all)
}

fn contender(name: &str, command: Vec<OsString>, hint: &'static str) -> Contender {
    Contender { name: name.to_owned(), command: Line(command), hint }
}

/// The text patterns of the embedded catalog, each a group of its own, as the rules have them (to RE2 `\d`, `\w`, `\s`
/// and `\b` are ASCII, as they are to us) or as they are compiled (to rg they would be Unicode). Their names are taken
/// off: one alternation cannot hold a name twice.
fn catalog_patterns(written: fn(&Pattern) -> &str) -> Vec<String> {
    let catalog = Catalog::embedded().catalog;
    let matchers = catalog.rules().iter().flat_map(|rule| &rule.log_matchers);
    matchers
        .filter_map(|matcher| matcher.text.as_ref())
        .map(|text| format!("(?:{})", portable(&on_one_line(written(text)))))
        .collect()
}

/// A pattern that is written over several lines, with comments, without them: the others take one pattern a line.
fn on_one_line(pattern: &str) -> String {
    let Ok(parsed) = regex_syntax::ast::parse::Parser::new().parse(pattern) else { return pattern.to_owned() };
    parsed.to_string().replacen("(?ix)", "(?i)", 1).replacen("(?x)", "", 1)
}

/// The pattern as it meets a line of the file, in which a line end within a text is written `\\n`.
fn escaped_line_ends(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        out.push(c);
        match c {
            '\\' => match chars.next() {
                Some('n') if !in_class => out.push_str(r"\n"),
                next => out.extend(next),
            },
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
    }
    out
}

/// Punctuation that an engine takes as it is, and a blank.
fn needs_no_escape(c: char) -> bool {
    c == ' ' || c.is_ascii_punctuation() && !r"\.+*?()|[]{}^$#&-~<>".contains(c)
}

/// The pattern as older engines take it too: `(?P<name>…)` and `(?<name>…)` as `(?:…)`; a backslash only before what would
/// mean something else without it.
fn portable(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        let named = rest.strip_prefix("(?P<").or_else(|| rest.strip_prefix("(?<"));
        if let Some((_, after)) = named.and_then(|named| named.split_once('>')) {
            out.push_str("(?:");
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\').filter(|after| after.starts_with(needs_no_escape)) {
            out.push_str(&after[..1]);
            rest = &after[1..];
        } else {
            // What follows a backslash opens nothing.
            let length = if next == '\\' { 2 } else { next.len_utf8() };
            let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            out.push_str(taken);
            rest = after;
        }
    }
    out
}
