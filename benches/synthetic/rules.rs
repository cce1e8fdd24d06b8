//! Further rules, as many as wanted: invented, but written like those of a large company's own catalog.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use super::random::Random;

const SUBJECTS: &[&str] = &[
    "ledger shard",
    "settlement client",
    "pricing engine",
    "invoice renderer",
    "search index",
    "tenant router",
    "media encoder",
    "feature store",
    "quota keeper",
    "export job",
    "webhook dispatcher",
    "session broker",
    "consent service",
    "fraud scorer",
    "catalog importer",
    "mail relay",
    "rate card",
    "geo lookup",
    "schema registry",
    "lease table",
    "replay buffer",
    "audit sink",
    "label printer",
    "stock counter",
    "voucher store",
    "avatar resizer",
    "thumbnail cache",
    "document parser",
    "vector index",
    "prompt library",
    "tool gateway",
    "stream joiner",
    "snapshot writer",
    "report planner",
    "device registry",
    "key escrow",
];
const VERBS: &[&str] = &[
    "refused",
    "rejected",
    "lost",
    "could not read",
    "could not write",
    "gave up on",
    "timed out on",
    "has no",
    "cannot parse",
    "found a stale",
    "skipped the",
    "ran out of",
    "was denied the",
    "does not know the",
    "returned an empty",
    "overwrote the",
];
const OBJECTS: &[&str] = &[
    "manifest",
    "checkpoint",
    "lease",
    "partition map",
    "signing key",
    "cursor",
    "batch header",
    "exchange rate",
    "idempotency key",
    "tenant record",
    "price list",
    "page token",
    "schema version",
    "connection slot",
    "retry budget",
    "shard owner",
    "checksum",
    "locale bundle",
    "template",
    "quota grant",
    "address book",
    "work order",
    "routing table",
    "time zone",
    "currency",
    "callback",
];
const CLASSES: &[&str] = &["product", "infrastructure", "config", "data"];
const SEVERITIES: &[&str] = &["critical", "high", "medium", "low"];

/// Writes `count` rules into a folder; leaves it alone where it is there already.
///
/// # Errors
///
/// Where something cannot be written.
pub fn generate(folder: &Path, count: usize, seed: u64) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    for (path, text) in texts(count, seed) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// `count` rules as (path, text).
pub fn texts(count: usize, seed: u64) -> Vec<(String, String)> {
    let mut random = Random::new(seed);
    (0..count).map(|number| rule(number, &mut random)).collect()
}

/// Every combination of subject, verb and object is another failure; the code makes each rule's lines its own.
fn rule(number: usize, random: &mut Random) -> (String, String) {
    let subject = SUBJECTS[number % SUBJECTS.len()];
    let verb = *random.pick(VERBS);
    let object = *random.pick(OBJECTS);
    let code = 1000 + number;
    let family = subject.replace(' ', "-");
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_rule(&mut text, (subject, verb, object), code, random);
    (format!("{family}/{}-{code}.yaml", object.replace(' ', "-")), text)
}

fn write_rule(
    out: &mut String,
    (subject, verb, object): (&str, &str, &str),
    code: usize,
    random: &mut Random,
) -> std::fmt::Result {
    let initials: String = subject.split(' ').filter_map(|word| word.chars().next()).collect::<String>().to_uppercase();
    writeln!(out, "title: The {subject} {verb} {object} (case {code})")?;
    writeln!(out, "class: {}\nseverity: {}\nstatus: stable", random.pick(CLASSES), random.pick(SEVERITIES))?;
    writeln!(out, "match:\n  any:")?;
    writeln!(out, "    - log:")?;
    if random.per_mille(200) {
        writeln!(out, "        filter: severity>=WARNING AND resource.type=\"cloud_run_revision\"")?;
    }
    writeln!(
        out,
        "        text: '(?i)\\b{subject}\\b[^\\n]{{0,60}}\\b{verb} (?:the |an? )?(?:\\w+ )?{object}\\b[^\\n]{{0,40}}\\b{code}\\b'"
    )?;
    writeln!(out, "    - log:\n        text: '\\b{initials}-{code}: (?P<reason>\\w+)'")?;
    if random.per_mille(400) {
        let class = pascal(subject);
        writeln!(out, "    - log:\n        text: '{class}(?:Error|Exception): (?:{object}|{verb}) [0-9a-f]{{8}} \\({code}\\)'")?;
    }
    writeln!(
        out,
        "explains:\n  - {{ rule: test/http-500, join: window }}\n  - {{ rule: test/timed-out-waiting, join: window }}"
    )?;
    writeln!(out, "why: The {subject} {verb} {object}, so the request could not be answered.")?;
    writeln!(
        out,
        "remedy:\n  now: Restore the {object} of the {subject}.\n  verify: Re-run the test; the line is gone.\n  prevent: Check the {object} at start-up."
    )?;
    writeln!(out, "examples:\n  match:\n    - '{initials}-{code}: expired'\n  no_match:\n    - 'the {subject} is well'")
}

fn pascal(words: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    words.split(' ').map(capital).collect()
}
