//! Links to Logs Explorer, which shows one entry among its neighbours.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};

use super::schema::Evidence;
use super::story;

/// Seconds shown before and after the entry.
const AROUND: SignedDuration = SignedDuration::from_secs(5);

/// The address at which `project` shows exactly this entry.
///
/// Every part is percent-encoded, so that no character of it has a meaning in any format.
/// `None` where redaction touched a part of it: such a link would lead nowhere.
pub(super) fn link(project: &str, at: Timestamp, evidence: &Evidence) -> Option<String> {
    let mut query = format!("timestamp=\"{at}\"");
    for (field, value) in [("insertId", evidence.insert_id.first()), ("logName", Some(&evidence.log))] {
        let Some(value) = value.map(|text| text.as_str()).filter(|text| !text.is_empty()) else { continue };
        if value.contains('‹') {
            return None;
        }
        query.push_str(&format!("\n{field}={}", quoted(value)));
    }
    let from = at.checked_sub(AROUND).unwrap_or(at);
    let to = at.checked_add(AROUND).unwrap_or(at);
    Some(format!(
        "{PLACE};query={};timeRange={}%2F{};cursorTimestamp={}?project={}",
        encoded(&query),
        encoded(&from.to_string()),
        encoded(&to.to_string()),
        encoded(&at.to_string()),
        encoded(project),
    ))
}

/// Where Logs Explorer is.
const PLACE: &str = "https://console.cloud.google.com/logs/query";

/// More services or revisions than this make a query that nobody reads.
const NAMED: usize = 10;

/// Words shorter than this are in too many entries to be worth asking for.
const TELLING_BYTES: usize = 12;

/// Longest text that is asked for.
const TEXT_BYTES: usize = 160;

/// The address at which `project` shows the records and those like them: from the first to the last, of their services
/// and revisions, with the words that all of them have in common (or, where there are none, their least severity).
///
/// `None` where there is no record, or none of them has a time.
pub(super) fn window_link(project: &str, records: &[&Evidence]) -> Option<String> {
    let moments: Vec<Timestamp> = records.iter().filter_map(|record| record.timestamp.parse().ok()).collect();
    let (first, last) = (moments.iter().min()?, moments.iter().max()?);
    let mut query = vec![format!("timestamp>=\"{first}\" timestamp<=\"{last}\"")];
    let names = |name: fn(&Evidence) -> Option<&str>| records.iter().filter_map(|record| name(record)).collect::<BTreeSet<_>>();
    let revisions = names(|record| record.revision.as_deref());
    let service = if revisions.is_empty() { "resource.labels.job_name" } else { "resource.labels.service_name" };
    query.extend(one_of(service, &names(|record| record.service.as_deref())));
    query.extend(one_of("resource.labels.revision_name", &revisions));
    match common_words(records) {
        Some(words) => query.push(quoted(words)),
        None => {
            let least = records.iter().map(|record| record.severity.as_str()).min_by_key(|severity| rank(severity));
            query.extend(least.filter(|severity| rank(severity) > 0).map(|severity| format!("severity>={severity}")));
        }
    }
    let from = first.checked_sub(AROUND).unwrap_or(*first);
    let to = last.checked_add(AROUND).unwrap_or(*last);
    Some(format!(
        "{PLACE};query={};timeRange={}%2F{}?project={}",
        encoded(&query.join("\n")),
        encoded(&from.to_string()),
        encoded(&to.to_string()),
        encoded(project),
    ))
}

/// `field="a"`, `field=("a" OR "b")`; nothing where a name was redacted, or there are too many.
fn one_of(field: &str, names: &BTreeSet<&str>) -> Option<String> {
    let told = (1..=NAMED).contains(&names.len()) && !names.iter().any(|name| name.is_empty() || name.contains('‹'));
    let values: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    told.then(|| if values.len() == 1 { format!("{field}={}", values[0]) } else { format!("{field}=({})", values.join(" OR ")) })
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The places of Cloud Logging's severities; those below a warning narrow nothing.
fn rank(severity: &str) -> usize {
    ["WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"].iter().position(|name| *name == severity).map_or(0, |place| place + 1)
}

/// The longest run of words that stands in the telling lines of all records. Linear in their number.
///
/// The line of a request is put together from its fields, so no entry holds it.
fn common_words<'a>(records: &[&'a Evidence]) -> Option<&'a str> {
    if records.iter().any(|record| record.log.contains("%2Frequests")) {
        return None;
    }
    let line = story::key_line(&records.first()?.excerpt);
    let words: Vec<(usize, usize)> = line
        .split_whitespace()
        .take(40)
        .map(|word| {
            let start = word.as_ptr() as usize - line.as_ptr() as usize;
            (start, start + word.len())
        })
        .collect();
    // For each word the end of the longest run from there on that stands in every line so far.
    let mut ends: Vec<usize> = (0..words.len()).map(|_| words.len()).collect();
    for line_of in records.iter().map(|record| story::key_line(&record.excerpt)) {
        let mut reached = 0;
        for (start, end) in ends.iter_mut().enumerate() {
            reached = reached.max(start);
            while reached < words.len() && line_of.contains(&line[words[start].0..words[reached].1]) {
                reached += 1;
            }
            *end = reached.min(*end);
        }
    }
    let run = |(start, end): (usize, &usize)| line.get(words.get(start)?.0..words.get(end.checked_sub(1)?)?.1);
    let runs = ends.iter().enumerate().filter_map(run).flat_map(|run| run.split(['‹', '›', '…'])).map(str::trim);
    let longest = runs.rev().max_by_key(|run| run.len())?;
    let longest = &longest[..longest.floor_char_boundary(TEXT_BYTES)];
    (longest.len() >= TELLING_BYTES).then_some(longest)
}

/// Whether an address, perhaps of a report that somebody else wrote, leads to Logs Explorer and nowhere else.
pub(super) fn is_ours(link: &str) -> bool {
    let rest = link.strip_prefix(PLACE).filter(|rest| rest.starts_with([';', '?']));
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%;=?".contains(&byte)))
}

/// What an address of ours asks for, as it is read.
pub(super) fn decoded(link: &str) -> String {
    percent_decode_str(link).decode_utf8_lossy().into_owned()
}

/// All but unreserved characters (RFC 3986, 2.3).
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(second: &str, excerpt: &str) -> Evidence {
        serde_json::from_value(serde_json::json!({
            "insert_id": ["a"], "timestamp": format!("2026-11-20T09:27:{second}Z"), "service": "shop", "revision": "shop-00007-abc",
            "instance": null, "severity": "ERROR", "log": "projects/p/logs/run.googleapis.com%2Fstderr", "excerpt": excerpt,
            "before": [], "after": [], "link": null
        }))
        .unwrap()
    }

    #[test]
    fn a_window_is_asked_for_with_what_all_records_share() {
        let one = record("07.5", "user kate: cannot charge \"visa\" card of ‹email:1› now");
        let two = record("09", "user bob: cannot charge \"visa\" card of ‹email:2› now");
        let query = decoded(&window_link("p", &[&one, &two]).unwrap());
        let wanted = [
            "query=timestamp>=\"2026-11-20T09:27:07.5Z\" timestamp<=\"2026-11-20T09:27:09Z\"",
            "resource.labels.service_name=\"shop\"",
            "resource.labels.revision_name=\"shop-00007-abc\"",
            "\"cannot charge \\\"visa\\\" card of\";timeRange=2026-11-20T09:27:02.5Z/2026-11-20T09:27:14Z?project=p",
        ];
        assert_eq!(query.strip_prefix(PLACE).unwrap()[1..], wanted.join("\n"));
    }

    #[test]
    fn records_without_words_in_common_are_asked_for_by_severity() {
        let (one, two) = (record("07", "out of memory"), record("07", "killed by the kernel"));
        let link = window_link("p", &[&one, &two]).unwrap();
        assert!(decoded(&link).contains("\nseverity>=ERROR;"), "{}", decoded(&link));
        assert!(is_ours(&link));
        assert_eq!(window_link("p", &[]), None);
    }

    #[test]
    fn an_address_that_leads_elsewhere_is_not_ours() {
        assert!(!is_ours("https://console.cloud.google.com/logs/query.evil.example/"));
        assert!(!is_ours("https://console.cloud.google.com/logs/query;query=a) [b](https://evil.example"));
        assert!(!is_ours("javascript:alert(1)"));
    }

    #[test]
    fn every_character_with_a_meaning_is_encoded() {
        assert_eq!(encoded("a\"b&c;d)e é\n").to_string(), "a%22b%26c%3Bd%29e%20%C3%A9%0A");
        assert_eq!(encoded("insert-Id_1.0~").to_string(), "insert-Id_1.0~");
    }
}
