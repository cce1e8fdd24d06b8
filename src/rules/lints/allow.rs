//! `# allow(LINT): reason` in a rule file: a lint that is wrong here, and why.

use std::ops::RangeInclusive;

use super::super::codes;
use super::super::problem::{Level, Place, Problem, Sheet, nearest};
use super::super::yaml::{Kind, Node};
use super::{LINTS, Lint, lint};

pub(in crate::rules) static UNUSED_ALLOW: Lint =
    lint("FW502", "unused-allow", "an `allow` comment that nothing needs", |_, _| {});

struct Allow {
    lints: Vec<String>,
    place: Place,
    bytes: std::ops::Range<usize>,
    /// The lines that it is about.
    lines: RangeInclusive<u64>,
}

/// Takes away the lints that the file allows with a reason, and notes comments that are wrong or not needed.
///
/// A comment is about the key or list item that begins on its line, or on the next line that is none, with all below it.
pub(in crate::rules) fn allowed(sheet: &mut Sheet<'_>, root: &Node) {
    let allows = read(sheet, root);
    let mut used = vec![false; allows.len()];
    let is_allowed = |problem: &Problem| {
        let about = |allow: &(usize, &Allow)| {
            let names = |name: &String| name == problem.code.id || name == problem.code.name;
            problem.code.level == Level::Lint && allow.1.lines.contains(&problem.line) && allow.1.lints.iter().any(names)
        };
        allows.iter().enumerate().find(about).map(|(number, _)| number)
    };
    let problems = std::mem::take(&mut sheet.problems);
    for problem in problems {
        match is_allowed(&problem) {
            Some(number) => used[number] = true,
            None => sheet.problems.push(problem),
        }
    }
    for (allow, _) in allows.iter().zip(used).filter(|(_, used)| !used) {
        let message = format!("nothing here needs `allow({})`", allow.lints.join(", "));
        sheet.found(&UNUSED_ALLOW.code, allow.place, message, "remove the comment".to_owned());
        sheet.fix(allow.bytes.clone(), "");
    }
}

fn read(sheet: &mut Sheet<'_>, root: &Node) -> Vec<Allow> {
    let mut allows = Vec::new();
    let mut start = 0;
    for (number, line) in (1u64..).zip(sheet.source.split('\n')) {
        let begin = start;
        start += line.len() + 1;
        let Some((at, words)) = comment(line).filter(|(at, _)| !in_a_text(root, begin + at)) else { continue };
        let place = sheet.place_of(begin + at..begin + line.trim_end().len());
        let (lints, reason) = words.split_once(')').unwrap_or((words, ""));
        let lints: Vec<String> = lints.split(',').map(|lint| lint.trim().to_owned()).collect();
        let sound = known(sheet, place, &lints);
        if reason.trim_start().strip_prefix(':').is_none_or(|reason| reason.trim().is_empty()) {
            let help = "write `# allow(LINT): why it is right here`".to_owned();
            sheet.found(&codes::WRONG_ALLOW, place, "this `allow` gives no reason", help);
        } else if sound {
            let alone = line[..at].trim().is_empty();
            let first = if alone { next_line(sheet.source, start) } else { number };
            let last = last_line(sheet, root, first).max(first);
            // A comment on a line of its own goes with the line.
            let bytes = if alone {
                begin..start.min(sheet.source.len())
            } else {
                begin + line[..at].trim_end().len()..begin + line.trim_end().len()
            };
            allows.push(Allow { lints, place, bytes, lines: first..=last });
        }
    }
    allows
}

/// Where the comment begins in the line, and what stands behind `allow(`.
fn comment(line: &str) -> Option<(usize, &str)> {
    let at = line.find("# allow(")?;
    let apart = line[..at].chars().next_back().is_none_or(char::is_whitespace);
    apart.then(|| (at, &line[at + "# allow(".len()..]))
}

/// Whether the byte lies in a text of the file, where `#` begins no comment.
fn in_a_text(node: &Node, byte: usize) -> bool {
    match &node.kind {
        Kind::Scalar { .. } => node.bytes.contains(&byte),
        Kind::List(items) => items.iter().any(|item| in_a_text(item, byte)),
        Kind::Map(pairs) => pairs.iter().any(|(key, value)| in_a_text(key, byte) || in_a_text(value, byte)),
        Kind::Broken => false,
    }
}

fn known(sheet: &mut Sheet<'_>, place: Place, lints: &[String]) -> bool {
    let all = || LINTS.iter().map(|lint| &lint.code);
    let mut sound = true;
    for lint in lints {
        if all().any(|code| code.id == lint || code.name == lint) {
            continue;
        }
        sound = false;
        let (message, help) = match codes::ERRORS.iter().find(|code| code.id == lint || code.name == lint) {
            Some(code) => (format!("`{lint}` cannot be allowed: {}", code.summary), None),
            None => {
                let near = nearest(lint, all().flat_map(|code| [code.id, code.name]));
                (format!("there is no lint `{lint}`"), near.map(|near| format!("did you mean `{near}`?")))
            }
        };
        sheet.found(&codes::WRONG_ALLOW, place, message, help);
    }
    sound
}

/// The next line that is neither blank nor a comment.
fn next_line(source: &str, start: usize) -> u64 {
    let before = source[..start.min(source.len())].matches('\n').count() as u64;
    let rest = source.get(start..).unwrap_or_default();
    let skipped = rest.lines().take_while(|line| line.trim().is_empty() || line.trim_start().starts_with('#')).count();
    before + skipped as u64 + 1
}

/// The last line of whatever begins on this line.
fn last_line(sheet: &Sheet<'_>, node: &Node, line: u64) -> u64 {
    let end = |node: &Node| {
        let text = sheet.source.get(node.bytes.clone()).unwrap_or_default().trim_end();
        sheet.line_of(node.bytes.start + text.len().saturating_sub(1))
    };
    match &node.kind {
        Kind::List(items) => {
            items.iter().map(|item| if item.place.line == line { end(item) } else { last_line(sheet, item, line) }).max()
        }
        Kind::Map(pairs) => {
            pairs.iter().map(|(key, value)| if key.place.line == line { end(value) } else { last_line(sheet, value, line) }).max()
        }
        _ => None,
    }
    .unwrap_or(0)
}
