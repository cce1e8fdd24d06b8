//! Drafts a rule from one record: it matches that record, and no line that is ordinary.

use std::collections::BTreeSet;
use std::ops::Range;

use super::message::{self, Message};
use super::naming::{self, Proposed};
use super::pattern::{self, Capture, Written};
use super::token::{Kind, tokens};
use crate::logs::Severity;
use crate::report::redact::Redactor;
use crate::rules::{Filter, Pattern};

/// Ordinary lines put into a draft as counter-examples.
const COUNTER_EXAMPLES: usize = 3;

/// Longest example, in bytes; of a longer one the head and the tail stay.
const EXAMPLE_BYTES: usize = 4_000;

/// Longest title, in bytes.
const TITLE_BYTES: usize = 120;

/// Ends of service names that say where it runs, not what it is.
const STAGES: [&str; 14] =
    ["staging", "stage", "stg", "preprod", "pre", "prod", "production", "dev", "test", "qa", "uat", "sandbox", "e2e", "preview"];

/// What a draft is made from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seed<'a> {
    /// The text of the record, as it was logged or as a report shows it.
    pub text: &'a str,
    /// The service that logged it, if the rule is to be narrowed to it.
    pub service: Option<&'a str>,
    /// How bad it says it is.
    pub severity: Severity,
    /// Texts of ordinary records of other kinds: the draft must match none of them.
    pub ordinary: &'a [String],
}

/// A rule that still wants a person's words. It holds no secret: every text in it passed a [`Redactor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Family, name, class and severity.
    pub proposed: Proposed,
    /// The Logging query that narrows it to the service.
    pub filter: Option<String>,
    /// The regex.
    pub pattern: String,
    /// Its named groups.
    pub captures: Vec<Capture>,
    /// One line, with the captures.
    pub title: String,
    /// The record.
    pub example: String,
    /// Ordinary lines, those nearest in words first; where there are none, a part of the line that is not enough.
    pub counter_examples: Vec<String>,
    /// How many ordinary texts it was held against.
    pub held_against: usize,
    /// Only a name tells it from an ordinary line, so the name stands in the pattern.
    pub by_name: bool,
}

/// Why no draft could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No line of the record says enough.
    #[error(
        "the line says too little to be told from others: it has no two words that are its own\n  {0}\nname an entry that says more, such as the one logged just before it"
    )]
    TooLittle(String),
    /// Every pattern that matches the record matches an ordinary one.
    #[error(
        "no pattern tells the line from an ordinary one:\n  {line}\n  {confuser}\nlook for a line that only the failures have, or narrow the rule by hand with `none` or a `filter`"
    )]
    Confused {
        /// The record's line.
        line: String,
        /// The ordinary line that is matched, too.
        confuser: String,
    },
    /// No pattern matches the record itself.
    #[error("no pattern was found that matches the line itself, as it changes when secrets are taken out\n  {0}")]
    NotItself(String),
}

/// Drafts a rule: the shortest stretch of the record's telling line that says enough and matches nothing ordinary.
/// Quadratic in the number of clauses, linear in everything else.
///
/// # Errors
///
/// [`Refusal`], with the lines (without secrets) that stand in the way.
pub fn draft(seed: &Seed<'_>) -> Result<Draft, Refusal> {
    let raw = without_colours(seed.text);
    let mut redactor = Redactor::default();
    redactor.clean(&raw);
    redactor.recall();
    let text = redactor.clean(&raw).as_str().to_owned();
    let message = message::message(&text).ok_or_else(|| Refusal::TooLittle(first_line(&text)))?;
    let chosen = choose(&message, &[&text, &raw, seed.text], seed.ordinary).map_err(|fault| match fault {
        Fault::NotItself => Refusal::NotItself(first_line(&text)),
        Fault::Confused(place) => {
            Refusal::Confused { line: first_line(&text), confuser: first_line(&redactor.clean(&seed.ordinary[place])) }
        }
    })?;
    let stretch = &message.tokens[chosen.range.clone()];
    let proposed = naming::proposed(&message, stretch, &text, seed.severity);
    let near = nearest(&chosen, &message, seed.ordinary);
    let counter_examples = match near.is_empty() {
        false => {
            near.iter().map(|&place| shortened(redactor.clean(&seed.ordinary[place]).as_str(), &chosen.pattern, false)).collect()
        }
        true => part_of(&message, &chosen).into_iter().collect(),
    };
    Ok(Draft {
        proposed,
        filter: seed.service.and_then(filter),
        title: title(&chosen.written.words),
        example: shortened(&text, &chosen.pattern, true),
        counter_examples,
        held_against: seed.ordinary.len(),
        by_name: chosen.by_name,
        pattern: chosen.written.source,
        captures: chosen.written.captures,
    })
}

/// A stretch whose pattern does what it must.
struct Chosen {
    range: Range<usize>,
    written: Written,
    pattern: Pattern,
    by_name: bool,
}

enum Fault {
    NotItself,
    /// The place of an ordinary text.
    Confused(usize),
}

/// The first stretch whose pattern matches all forms of the record and no ordinary text; then the same with names as they are.
fn choose(message: &Message<'_>, forms: &[&str], ordinary: &[String]) -> Result<Chosen, Fault> {
    let mut fault = Fault::NotItself;
    for by_name in [false, true] {
        for range in &message.stretches {
            let written = pattern::written(message, range, by_name);
            let Ok(pattern) = Pattern::new(&written.source) else { continue };
            if !forms.iter().all(|form| pattern.is_match(form)) {
                continue;
            }
            match ordinary.iter().position(|text| pattern.is_match(text)) {
                None => return Ok(Chosen { range: range.clone(), written, pattern, by_name }),
                Some(place) => fault = Fault::Confused(place),
            }
        }
    }
    Err(fault)
}

/// Places of the ordinary texts that share most words with the stretch, most first, each first line once.
fn nearest(chosen: &Chosen, message: &Message<'_>, ordinary: &[String]) -> Vec<usize> {
    let words = |text: &str| -> BTreeSet<String> {
        let telling =
            tokens(text).into_iter().filter(|token| matches!(token.kind, Kind::Word | Kind::Fixed) && token.text.len() > 2);
        telling.map(|token| token.text.to_lowercase()).collect()
    };
    let own: BTreeSet<String> = message.tokens[chosen.range.clone()].iter().map(|token| token.text.to_lowercase()).collect();
    let mut shared: Vec<(usize, usize)> = Vec::new();
    for (place, text) in ordinary.iter().enumerate() {
        let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        shared.push((words(line).intersection(&own).count(), place));
    }
    shared.sort_by_key(|&(shared, place)| (usize::MAX - shared, place));
    // What shares no word is no counter-example; one is kept, as a rule without any says nothing of what it is not.
    let telling = shared.iter().take_while(|(shared, _)| *shared > 0).count();
    shared.truncate(telling.max(1));
    let mut seen = BTreeSet::new();
    shared.retain(|&(_, place)| seen.insert(ordinary[place].lines().next().unwrap_or_default()));
    shared.into_iter().take(COUNTER_EXAMPLES).map(|(_, place)| place).collect()
}

/// The longest beginning of the stretch that the pattern does not match: it shows that a part is not enough.
fn part_of(message: &Message<'_>, chosen: &Chosen) -> Option<String> {
    let range = &chosen.range;
    let part = |end: usize| {
        let words = message.tokens[range.start..end].iter();
        words.map(|token| format!("{}{}", if token.spaced { " " } else { "" }, token.text)).collect::<String>().trim().to_owned()
    };
    (range.start + 1..range.end).rev().map(part).find(|part| !part.is_empty() && !chosen.pattern.is_match(part))
}

/// A query for the service wherever it runs: `orders-staging` becomes `^orders(-|$)`.
fn filter(service: &str) -> Option<String> {
    let base = service
        .rsplit_once('-')
        .filter(|(base, stage)| !base.is_empty() && STAGES.contains(stage))
        .map_or(service, |(base, _)| base);
    let named = base.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let query = format!("resource.labels.service_name=~\"^{base}(-|$)\"");
    (named && !base.is_empty() && Filter::parse(&query).is_ok()).then_some(query)
}

fn title(words: &str) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut title = crate::report::inert::visible(words.trim_matches([' ', ':', ',', '-', '"', '\''])).replace('\n', " ");
    if title.len() > TITLE_BYTES {
        let end = title.floor_char_boundary(TITLE_BYTES);
        // A capture is kept whole or not at all.
        let end = match title[..end].rfind("{{") {
            Some(open) if !title[open..end].contains("}}") => open,
            _ => end,
        };
        title.truncate(end);
        title = format!("{}…", title.trim_end());
    }
    let mut letters = title.chars();
    match letters.next() {
        Some(first) if first.is_lowercase() && !title.split([' ', ':']).next().unwrap_or_default().contains(['_', '.']) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => title,
    }
}

/// A text of bearable length that is still matched as it was.
fn shortened(text: &str, pattern: &Pattern, should_match: bool) -> String {
    let text = text.trim_end();
    if text.len() <= EXAMPLE_BYTES {
        return text.to_owned();
    }
    let (head, tail) = (text.floor_char_boundary(EXAMPLE_BYTES / 2), text.ceil_char_boundary(text.len() - EXAMPLE_BYTES / 2));
    let short = format!("{}\n…\n{}", &text[..head], &text[tail..]);
    if pattern.is_match(&short) == should_match { short } else { text.to_owned() }
}

/// The first line that says anything, cut to one row.
fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    // The message goes where a build reads it, too.
    let line = crate::report::inert::disarmed(&crate::report::inert::visible(line), "∷", "##⟦");
    let cut = line.floor_char_boundary(240);
    if cut < line.len() { format!("{}…", &line[..cut]) } else { line }
}

/// The text without the escape sequences that colour a terminal.
fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        if c == '\u{1b}' && letters.next_if_eq(&'[').is_some() {
            while letters.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed<'a>(text: &'a str, ordinary: &'a [String]) -> Seed<'a> {
        Seed { text, service: Some("orders-staging"), severity: Severity::Error, ordinary }
    }

    #[test]
    fn a_draft_grows_until_no_ordinary_line_is_matched() {
        let ordinary = ["publish of seat map finished; ledger agrees".to_owned()];
        let found = draft(&seed("publish of seat map finished; ledger disagrees", &ordinary)).unwrap();
        let pattern = Pattern::new(&found.pattern).unwrap();
        assert!(pattern.is_match(&found.example) && !pattern.is_match(&ordinary[0]), "{}", found.pattern);
        assert_eq!(found.counter_examples, ordinary);
        assert_eq!(found.filter.as_deref(), Some("resource.labels.service_name=~\"^orders(-|$)\""));
    }

    #[test]
    fn a_name_is_taken_literally_only_where_nothing_else_tells_the_lines_apart() {
        let ordinary = ["rejected seat format of passenger 'e2e-user-003'".to_owned()];
        let found = draft(&seed("rejected seat format of passenger 'svc:legacy-sync'", &ordinary)).unwrap();
        assert!(found.by_name && found.pattern.contains("svc:legacy-sync"), "{}", found.pattern);
        let refused = draft(&seed("rejected seat format of passenger 'e2e-user-003'", &ordinary)).unwrap_err();
        assert!(matches!(refused, Refusal::Confused { .. }), "{refused}");
    }

    #[test]
    fn a_secret_never_reaches_a_draft() {
        let line =
            "seat ledger mirror refused password=hunter2swordfish77 for owner anna.bell@example.com at 10.2.3.4 of shard 12";
        let found = draft(&seed(line, &[])).unwrap();
        let all = format!("{found:?}");
        for secret in ["hunter2swordfish77", "anna.bell", "10.2.3.4"] {
            assert!(!all.contains(secret), "{all}");
        }
        assert!(Pattern::new(&found.pattern).unwrap().is_match(line), "{}", found.pattern);
    }

    #[test]
    fn colours_of_a_terminal_are_no_part_of_a_pattern() {
        let line = "\u{1b}[31mERROR\u{1b}[0m quorum of ledger replicas lost";
        let found = draft(&seed(line, &[])).unwrap();
        assert!(Pattern::new(&found.pattern).unwrap().is_match(line) && !found.pattern.contains("31m"), "{}", found.pattern);
    }
}
