//! Secrets torn apart by line breaks and by the borders of entries are gone, and lines beside secrets are not.

use fivewhys::report::redact::Redactor;
use rayon::prelude::*;
use serde_json::json;

use super::corpus::{innocents, public, secrets};

/// Secrets that are one line.
fn one_line_secrets(each: usize) -> Vec<(String, String)> {
    secrets(each).into_iter().filter(|(_, text)| !text.contains('\n')).collect()
}

/// Places that leave at least four characters on both sides: all of a short secret, many of a long one.
fn places(secret: &str) -> Vec<usize> {
    let last = secret.len().saturating_sub(4);
    let step = (last / 24).max(1);
    (4..=last).step_by(step).chain([last]).collect()
}

/// What of a secret must not be found: pieces of five characters and more that do not stand in the text beside it, and
/// are more than what all such secrets begin with.
fn left<'p>(secret: &str, pieces: &[&'p str], beside: &str, shown: &str) -> Option<&'p str> {
    let public = &secret[..public(secret)];
    let tells = |piece: &&str| piece.len() >= 5 && !beside.contains(piece) && !public.contains(piece);
    pieces.iter().copied().filter(tells).find(|piece| shown.contains(piece))
}

const LINE_BREAKS: [&str; 6] = ["\n", "\r\n    ", "\n\t", r"\n", r"\\n", "&#10;"];

type Way = fn(&str) -> String;

const WAYS: [(&str, Way); 5] = [
    ("as it is", str::to_owned),
    ("in a sentence", |text| format!("upstream refused ({text}), giving up")),
    ("followed by words", |text| format!("sent {text} to the backend")),
    ("in quotes", |text| format!("sent '{text}' to the backend")),
    ("in JSON", |text| json!({"outer": {"inner": text}}).to_string()),
];

fn report(name: &str, all: usize, left: &[String], all_left: &mut String) {
    println!("{name}: {} of {all} left", left.len());
    if !left.is_empty() {
        let some: Vec<&str> = left.iter().step_by((left.len() / 60).max(1)).map(String::as_str).collect();
        *all_left += &format!("{name}: {} of {all} left:\n  {}\n", left.len(), some.join("\n  "));
    }
}

#[test]
fn a_secret_torn_at_any_place_is_gone_from_a_text() {
    let mut all_left = String::new();
    for (name, way) in WAYS {
        let torn: Vec<(usize, Vec<String>)> = one_line_secrets(3)
            .par_iter()
            .map(|(secret, text)| {
                let whole = way(text);
                let mut found = Vec::new();
                let mut all = 0;
                for (place, line_break) in places(secret).into_iter().flat_map(|at| LINE_BREAKS.map(|line_break| (at, line_break))) {
                    let (one, other) = secret.split_at(place);
                    let torn = whole.replace(secret.as_str(), &format!("{one}{line_break}{other}"));
                    let shown = Redactor::default().clean(&torn);
                    all += 1;
                    found.extend(left(secret, &[one, other], &whole.replace(secret.as_str(), " "), &shown).map(|_| format!("{torn:?}\n      {shown:?}")));
                }
                (all, found)
            })
            .collect();
        let all = torn.iter().map(|(all, _)| all).sum();
        report(name, all, &torn.into_iter().flat_map(|(_, found)| found).collect::<Vec<_>>(), &mut all_left);
    }
    assert!(all_left.is_empty(), "{all_left}");
}

/// The text in lines of so many characters, and the pieces of the secret in them.
fn wrapped(text: &str, secret: &str, width: usize) -> (String, Vec<String>) {
    let start = text.find(secret).unwrap();
    let lines: Vec<&str> = (0..text.len()).step_by(width).map(|at| &text[at..(at + width).min(text.len())]).collect();
    let ends = (0..text.len()).step_by(width).map(|at| at.max(start)..(at + width).min(start + secret.len()));
    (lines.join("\n"), ends.filter(|piece| piece.start < piece.end).map(|piece| text[piece].to_owned()).collect())
}

#[test]
fn a_secret_that_a_narrow_terminal_wraps_into_many_lines_is_gone() {
    let mut all_left = String::new();
    for (name, way) in WAYS {
        let (mut all, mut found) = (0, Vec::new());
        for (secret, text) in one_line_secrets(3) {
            let text = way(&text);
            for width in [12, 20, 33, 80] {
                let (torn, pieces) = wrapped(&text, &secret, width);
                if pieces.len() < 2 {
                    continue;
                }
                let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
                let shown = Redactor::default().clean(&torn);
                all += 1;
                found.extend(left(&secret, &pieces, &text.replace(&secret, " "), &shown).map(|_| format!("{torn:?}\n      {shown:?}")));
            }
        }
        report(name, all, &found, &mut all_left);
    }
    assert!(all_left.is_empty(), "{all_left}");
}

#[test]
fn lines_beside_a_secret_or_another_line_stay() {
    let secrets = one_line_secrets(1);
    let ordinary = ["backend is ready", "GET /healthz 200", "connection closed by peer", "saved order 17 of user staging-e2e-007", "ok"];
    let all = innocents();
    let pairs = |beside: &(dyn Fn(&str) -> Vec<(String, String)> + Sync)| -> (usize, Vec<String>) {
        let tried: Vec<(usize, Vec<String>)> = all
            .par_iter()
            .map(|innocent| {
                let tried = beside(innocent);
                let masked = tried.iter().filter_map(|(one, two)| {
                    let shown = Redactor::default().clean(&format!("{one}\n{two}"));
                    (!shown.contains(innocent.as_str())).then(|| format!("{one}\n    {two}\n      {shown:?}"))
                });
                (tried.len(), masked.collect())
            })
            .collect();
        (tried.iter().map(|(all, _)| all).sum(), tried.into_iter().flat_map(|(_, masked)| masked).collect())
    };
    let mut too_many = String::new();
    let mut say = |name: &str, (all, masked): (usize, Vec<String>)| {
        println!("{name}: {} of {all} masked", masked.len());
        if masked.len() * 100 >= all {
            too_many += &format!("{name}: {} of {all} masked:\n  {}\n", masked.len(), masked.iter().step_by((masked.len() / 60).max(1)).cloned().collect::<Vec<_>>().join("\n  "));
        }
    };
    say("behind a secret", pairs(&|innocent| secrets.iter().map(|(_, text)| (text.clone(), innocent.to_owned())).collect()));
    say("before a secret", pairs(&|innocent| secrets.iter().map(|(_, text)| (innocent.to_owned(), text.clone())).collect()));
    say("behind a line", pairs(&|innocent| ordinary.iter().map(|line| ((*line).to_owned(), innocent.to_owned())).collect()));
    say("before a line", pairs(&|innocent| ordinary.iter().map(|line| (innocent.to_owned(), (*line).to_owned())).collect()));
    say("behind another", pairs(&|innocent| all.iter().step_by(10).map(|other| (other.clone(), innocent.to_owned())).collect()));
    assert!(too_many.is_empty(), "{too_many}");
}
