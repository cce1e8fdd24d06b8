//! Prints what became of each condition, and the sentence that a person needs.

use fivewhys::authoring::shown;
use fivewhys::authoring::why_not::fate::Fate;
use fivewhys::authoring::why_not::{Answer, Near, State};
use fivewhys::diagnosis::{ScorePart, Verdict};
use fivewhys::findings::{Evidence, WatchedWindow};
use fivewhys::report::redact::Redactor;
use fivewhys::results::TestCase;
use fivewhys::rules::{Catalog, RuleIx};
use jiff::SignedDuration;

use crate::rules::words;

/// Columns of a pattern or a log line.
const COLUMNS: usize = 140;

/// So many matchers are listed each by itself.
const MATCHERS: usize = 4;

/// What is asked.
pub struct Question<'a> {
    pub catalog: &'a Catalog,
    pub rule: RuleIx,
    pub test: Option<&'a TestCase>,
    pub window: Option<&'a WatchedWindow>,
    pub entries: u64,
    pub no_logs: bool,
    pub read: u64,
}

/// The whole answer.
pub fn page(question: &Question<'_>, answers: &[Answer], fate: &Fate) -> String {
    let redactor = &mut Redactor::default();
    let rule = question.catalog.rule(question.rule);
    let test = question.test.map_or("the window".to_owned(), |test| shown(redactor, &test.name, 80));
    let mut out = format!("{} for {test}\n", rule.id);
    out += &match question.window {
        Some(window) => format!(
            "  window {} to {}, {} records in it\n",
            window.window.start.strftime("%H:%M:%S%.3f"),
            window.window.end.strftime("%H:%M:%S%.3f"),
            question.entries
        ),
        None => "  nothing dates this test, so there is no window\n".to_owned(),
    };
    let far = |answer: &&Answer| matches!(answer.state, State::Far(_));
    // Of many ways to match, those that nothing comes near are only counted.
    let counted = answers.iter().filter(far).count();
    let collapsed = counted > MATCHERS;
    for answer in answers.iter().filter(|answer| !collapsed || !far(answer)) {
        out += &condition(answer, redactor);
    }
    if collapsed {
        let pad = "  ".repeat(answers.iter().find(far).map_or(0, |answer| answer.depth) + 1);
        let records = words::count(usize::try_from(question.entries).unwrap_or(usize::MAX), "record", "records");
        out += &format!(
            "{pad}{}: not met: of {records} none comes near; `rules show {}` lists them\n",
            words::count(counted, "more matcher", "more matchers"),
            rule.id
        );
    }
    out + "\n" + &because(question, answers, fate, redactor)
}

fn condition(answer: &Answer, redactor: &mut Redactor) -> String {
    let pad = "  ".repeat(answer.depth + 1);
    let mark = match answer.state {
        State::Met(_) => "met",
        State::Near(_) => "nearly",
        State::Far(_) | State::Unmet(_) => "not met",
        State::Unasked(_) => "never asked",
    };
    let mut out = format!("{pad}{}: {mark}{}\n", answer.name, detail(&answer.state, redactor));
    if !matches!(answer.state, State::Unasked(_)) {
        for asks in &answer.asks {
            out += &format!("{pad}    asks  {}\n", words::shortened(asks, COLUMNS));
        }
    }
    match &answer.state {
        State::Met(Some(sighted)) => out += &record(&sighted.first, &pad, redactor),
        State::Near(near) => out += &nearest(near, &pad, redactor),
        _ => {}
    }
    out
}

fn detail(state: &State, redactor: &mut Redactor) -> String {
    match state {
        State::Met(Some(sighted)) => {
            format!(", by {}", words::count(usize::try_from(sighted.records).unwrap_or(usize::MAX), "record", "records"))
        }
        State::Met(None) => String::new(),
        State::Near(near) => format!(": {}", how_far(near, redactor)),
        State::Far(records) => format!(": of {records} records none comes near"),
        State::Unasked(why) | State::Unmet(why) => format!(": {why}"),
    }
}

/// How far a near miss is off, in words.
fn how_far(near: &Near, redactor: &mut Redactor) -> String {
    match near {
        Near::Text(_, miss) | Near::Failure(_, miss) if miss.wanted.is_empty() => {
            "all its words are there, but not in this order or not so close together".to_owned()
        }
        Near::Text(_, miss) | Near::Failure(_, miss) => {
            let found = if miss.found.is_empty() {
                "the text ends".to_owned()
            } else {
                format!("there is `{}`", shown(redactor, &miss.found, 60))
            };
            let off = words::count(miss.off.max(1), "word", "words");
            format!("{off} off: where it wants `{}`, {found}", words::shortened(&miss.wanted, 60))
        }
        Near::Field(_, unmet) => {
            let one = |unmet: &fivewhys::authoring::query::Unmet, redactor: &mut Redactor| match &unmet.has {
                Some((field, has)) => {
                    format!("{field} is `{}`, the filter wants `{}`", shown(redactor, has, 60), words::shortened(&unmet.part, 80))
                }
                None => format!("the filter wants `{}`, which the entry does not have", words::shortened(&unmet.part, 80)),
            };
            let told: Vec<String> = unmet.iter().map(|unmet| one(unmet, redactor)).collect();
            format!("the text is met, the filter is not: {}", told.join("; "))
        }
        Near::Time(_, distance) => format!("{} the window", so_far(*distance)),
    }
}

fn so_far(distance: SignedDuration) -> String {
    let seconds = distance.as_secs_f64().abs();
    let length = if seconds < 120.0 { format!("{seconds:.1} s") } else { format!("{:.1} min", seconds / 60.0) };
    if distance.is_negative() { format!("{length} before") } else { format!("{length} after") }
}

fn nearest(near: &Near, pad: &str, redactor: &mut Redactor) -> String {
    match near {
        Near::Text(evidence, _) | Near::Field(evidence, _) | Near::Time(evidence, _) => record(evidence, pad, redactor),
        Near::Failure(field, _) => format!("{pad}    in    the test's {field}\n"),
    }
}

fn record(evidence: &Evidence, pad: &str, redactor: &mut Redactor) -> String {
    let service = evidence.service.as_deref().unwrap_or("?");
    let time = evidence.timestamp.strftime("%H:%M:%S%.3f");
    let id = evidence.insert_ids.first().map(String::as_str).unwrap_or_default();
    let line = shown(redactor, &evidence.text, COLUMNS);
    format!(
        "{pad}    entry {time} {} {} {}: {line}\n",
        shown(redactor, id, 40),
        evidence.severity.name(),
        shown(redactor, service, 40)
    )
}

/// The sentence that a person needs.
fn because(question: &Question<'_>, answers: &[Answer], fate: &Fate, redactor: &mut Redactor) -> String {
    let id = &question.catalog.rule(question.rule).id;
    match fate {
        Fate::Root(verdict) => format!("It is the root of this failure: {id} is {}.\n", word(*verdict)),
        Fate::Outscored { by, best, own, verdict } => {
            let mut out = format!(
                "It matched, and {by} stands first: {} points against {} ({id} would be {}).\n",
                best.0,
                own.0,
                word(*verdict)
            );
            for (one, other) in pairs(&best.1, &own.1) {
                out += &format!("  {:<12} {:>4}  {:>4}  {}\n", one.0, one.1, other.0, shown(redactor, &other.1, 90));
            }
            out
        }
        Fate::Step { cause } => format!("It matched and stands on the chain, but it is not the root: {cause} explains it.\n"),
        Fate::Symptom => {
            format!("It matched, but {id} is a symptom: it says what broke, and never why. Its causes are asked instead.\n")
        }
        Fate::Beaten(by) => format!("It matched a record for which a more specific rule stands: {by} refines it.\n"),
        Fate::Common(reason) => format!("It matched, but it is no cause here: {}.\n", shown(redactor, reason, 200)),
        Fate::NoWay { shown, explains } if shown.is_empty() => format!(
            "It matched, but the test shows no symptom that any rule knows, so nothing can lead to it. It explains {}.\n",
            list(explains)
        ),
        Fate::NoWay { shown, explains } => format!(
            "It matched, but nothing leads from it to what the test shows ({}); it explains {}. If it is the cause, add `- {{ rule: {}, join: window }}` to its `explains`.\n",
            list(shown),
            list(explains),
            shown[0]
        ),
        Fate::NotJoined(reasons) => format!(
            "It matched, and it explains what the test shows, but the two are not tied together:\n{}",
            reasons.iter().map(|reason| format!("  {}\n", words::shortened(reason, 180))).collect::<String>()
        ),
        Fate::Silent => silent(question, answers, redactor),
    }
}

/// Why a rule that did not match did not: missing input first, then what came nearest.
fn silent(question: &Question<'_>, answers: &[Answer], redactor: &mut Redactor) -> String {
    if question.no_logs {
        return "It could not match: there are no logs, and it asks for a log entry. `-l` names them.\n".to_owned();
    }
    if question.read == 0 {
        return "It could not match: the logs hold no entry of this time. Are they of this run, and is the clock right (`--results-offset`)?\n".to_owned();
    }
    let near = answers.iter().find_map(|answer| match &answer.state {
        State::Near(near) => Some((answer, near)),
        _ => None,
    });
    if let Some((answer, near)) = near {
        return format!("It did not match; nearest came {}: {}.\n", answer.name, how_far(near, redactor));
    }
    let unasked = answers.iter().find_map(|answer| match &answer.state {
        State::Unasked(why) => Some(format!("It could not match: {why}.\n")),
        _ => None,
    });
    unasked.unwrap_or_else(|| format!("It did not match: none of the {} records in the window comes near.\n", question.entries))
}

/// The parts of two scores side by side: name, points of the one, points and reason of the other.
fn pairs(best: &[ScorePart], own: &[ScorePart]) -> Vec<((String, String), (String, String))> {
    let mut names: Vec<&str> = best.iter().map(|part| part.name).collect();
    names.extend(own.iter().map(|part| part.name).filter(|name| !best.iter().any(|part| part.name == *name)));
    let of = |parts: &[ScorePart], name: &str| parts.iter().find(|part| part.name == name).cloned();
    names
        .into_iter()
        .map(|name| {
            let (one, other) = (of(best, name), of(own, name));
            let points = |part: &Option<ScorePart>| part.as_ref().map_or("–".to_owned(), |part| part.points.to_string());
            let reason = other.as_ref().map(|part| part.reason.clone()).unwrap_or_default();
            ((name.to_owned(), points(&one)), (points(&other), reason))
        })
        .collect()
}

fn list(ids: &[String]) -> String {
    match ids.len() {
        0 => "nothing".to_owned(),
        1..=4 => ids.join(", "),
        more => format!("{} and {} more", ids[..4].join(", "), more - 4),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Likely => "likely",
        Verdict::Possible => "possible",
        Verdict::Inconclusive => "inconclusive",
    }
}
