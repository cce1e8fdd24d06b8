//! Required literals: for a pattern, a set of texts of which every match contains at least one.
//!
//! The method is that of RE2's `Prefilter` and of Russ Cox, "Regular Expression Matching with a Trigram
//! Index" (2012): walk the expression bottom-up and keep, for each part, either the few texts it can be,
//! or the best set that it must contain. A capital ASCII letter in these texts stands for itself, a small one for both, so
//! one search serves patterns with and without `(?i)`. Unicode folding has two more members that
//! ASCII letters meet (`ſ` for s, the Kelvin sign for k): they are folded too, and whoever searches
//! with these literals must also look for [`FOLDS_TO_ASCII`].

use regex_syntax::hir::{Class, Hir, HirKind};

/// Characters that are no ASCII letters but match one when case is ignored.
pub(super) const FOLDS_TO_ASCII: [char; 2] = ['\u{212A}', '\u{017F}'];

/// Most texts that one set may hold.
const MOST: usize = 32;
/// Most characters a class may stand for and still be spelled out.
const MOST_OF_CLASS: usize = 5;
/// Most sets that are kept of a pattern.
pub(super) const MOST_CLAUSES: usize = 4;
/// Longest text that is kept.
const LONGEST: usize = 64;

/// What a literal is worth to whoever searches for it: more is better, 0 is useless.
pub(super) type Weigh = fn(&str) -> usize;

/// What is known of a part of a pattern.
struct Known {
    /// All texts the part can be, if they are few.
    exact: Option<Vec<String>>,
    /// Every match of the part contains one text of each of these.
    clauses: Vec<Vec<String>>,
}

/// The best set for the pattern, or `None` if there is none.
pub(super) fn required(hir: &Hir, weigh: Weigh) -> Option<Vec<String>> {
    clauses(hir, weigh).into_iter().next()
}

/// Sets of texts, the best one first: every match contains one text of each of them.
pub(super) fn clauses(hir: &Hir, weigh: Weigh) -> Vec<Vec<String>> {
    walk(hir, weigh).into_clauses(weigh)
}

fn worth(set: &[String], weigh: Weigh) -> usize {
    set.iter().map(|text| weigh(text)).min().unwrap_or(0)
}

/// How much a set tells: long texts are rare, many of them less so.
fn value(set: &[String], weigh: Weigh) -> usize {
    worth(set, weigh) * 64 / set.len().max(1).ilog2().max(1) as usize
}

/// The useful ones among some sets, best first, as many as are kept.
fn best(sets: impl IntoIterator<Item = Vec<String>>, weigh: Weigh) -> Vec<Vec<String>> {
    let mut sets: Vec<(usize, Vec<String>)> = sets
        .into_iter()
        .map(|mut set| {
            set.sort();
            set.dedup();
            (value(&set, weigh), set)
        })
        .filter(|(value, _)| *value > 0)
        .collect();
    sets.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    sets.dedup();
    sets.truncate(MOST_CLAUSES);
    sets.into_iter().map(|(_, set)| set).collect()
}

impl Known {
    fn exactly(texts: Vec<String>) -> Known {
        Known { exact: Some(texts), clauses: Vec::new() }
    }

    fn nothing() -> Known {
        Known { exact: None, clauses: Vec::new() }
    }

    fn into_clauses(self, weigh: Weigh) -> Vec<Vec<String>> {
        best(self.clauses.into_iter().chain(self.exact), weigh)
    }
}

fn fold(c: char) -> char {
    match c {
        '\u{212A}' => 'k',
        '\u{017F}' => 's',
        c => c,
    }
}

fn walk(hir: &Hir, weigh: Weigh) -> Known {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Known::exactly(vec![String::new()]),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => long(text.chars().map(fold).collect()),
            Err(_) => Known::nothing(),
        },
        HirKind::Class(class) => of_class(class),
        HirKind::Capture(capture) => walk(&capture.sub, weigh),
        HirKind::Repetition(repetition) => {
            let inner = walk(&repetition.sub, weigh);
            match (repetition.min, repetition.max) {
                (0, Some(1)) => match inner.exact {
                    Some(mut texts) if texts.len() < MOST => {
                        texts.push(String::new());
                        Known::exactly(texts)
                    }
                    _ => Known::nothing(),
                },
                (0, _) => Known::nothing(),
                (1, Some(1)) => inner,
                _ => Known { exact: None, clauses: inner.into_clauses(weigh) },
            }
        }
        HirKind::Concat(parts) => concat(parts, weigh),
        HirKind::Alternation(parts) => alternation(parts, weigh),
    }
}

fn long(text: String) -> Known {
    if text.len() <= LONGEST {
        return Known::exactly(vec![text]);
    }
    let mut cut = LONGEST;
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    Known { exact: None, clauses: vec![vec![text[..cut].to_owned()]] }
}

fn of_class(class: &Class) -> Known {
    let mut texts: Vec<String> = Vec::new();
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect(),
    };
    for (start, end) in ranges {
        if (end as u32).saturating_sub(start as u32) as usize >= 2 * MOST_OF_CLASS {
            return Known::nothing();
        }
        texts.extend((start..=end).map(|c| fold(c).to_string()));
    }
    texts.sort();
    texts.dedup();
    // A small letter stands for both.
    let all = texts.clone();
    texts.retain(|letter| !letter.bytes().any(|byte| byte.is_ascii_uppercase()) || !all.contains(&letter.to_ascii_lowercase()));
    if texts.is_empty() || texts.len() > MOST_OF_CLASS { Known::nothing() } else { Known::exactly(texts) }
}

fn concat(parts: &[Hir], weigh: Weigh) -> Known {
    let mut run = vec![String::new()];
    let mut clauses: Vec<Vec<String>> = Vec::new();
    let mut all_exact = true;
    for part in parts {
        let known = walk(part, weigh);
        match known.exact {
            Some(texts) if texts.len() == 1 && fits(&run, &texts) => run.iter_mut().for_each(|head| head.push_str(&texts[0])),
            Some(texts) if fits(&run, &texts) => {
                run = run.iter().flat_map(|head| texts.iter().map(move |tail| format!("{head}{tail}"))).collect();
            }
            Some(texts) => {
                all_exact = false;
                clauses.push(std::mem::replace(&mut run, texts));
            }
            None => {
                all_exact = false;
                clauses.push(std::mem::replace(&mut run, vec![String::new()]));
                clauses.extend(known.clauses);
            }
        }
    }
    if all_exact {
        return Known::exactly(run);
    }
    clauses.push(run);
    Known { exact: None, clauses: best(clauses, weigh) }
}

fn fits(run: &[String], texts: &[String]) -> bool {
    let longest = |set: &[String]| set.iter().map(String::len).max().unwrap_or(0);
    run.len() * texts.len() <= MOST && longest(run) + longest(texts) <= LONGEST
}

fn alternation(parts: &[Hir], weigh: Weigh) -> Known {
    let known: Vec<Known> = parts.iter().map(|part| walk(part, weigh)).collect();
    if known.iter().all(|part| part.exact.is_some()) {
        let texts: Vec<String> = known.iter().flat_map(|part| part.exact.iter().flatten().cloned()).collect();
        if texts.len() <= MOST {
            return Known::exactly(texts);
        }
    }
    let branches: Vec<Vec<Vec<String>>> = known.into_iter().map(|part| part.into_clauses(weigh)).collect();
    if branches.iter().any(Vec::is_empty) {
        return Known::nothing();
    }
    // A match of any branch meets the first set of that branch, its second one, and so on.
    let most = branches.iter().map(Vec::len).max().unwrap_or(0);
    let nth = |place: usize| branches.iter().flat_map(move |sets| sets[place.min(sets.len() - 1)].iter().cloned()).collect();
    let clauses = (0..most).map(nth).filter(|set: &Vec<String>| set.len() <= 4 * MOST);
    Known { exact: None, clauses: best(clauses, weigh) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(pattern: &str) -> Vec<String> {
        required(&regex_syntax::parse(pattern).unwrap(), str::len).unwrap_or_default()
    }

    #[test]
    fn the_longest_run_that_every_match_contains_is_taken() {
        assert_eq!(best(r"No JWT(?:=\S+)? (?:found )?in WebSocket"), [" found in WebSocket", " in WebSocket"]);
        assert_eq!(best(r"user \d+ is not allowed"), [" is not allowed"]);
        assert_eq!(best(r"(?i)Access Denied"), ["access denied"]);
        assert_eq!(best(r"Access (?i)Denied"), ["Access denied"]);
        assert_eq!(best(r"[Tt]oken of[A-C]"), ["token ofA", "token ofB", "token ofC"]);
        assert_eq!(best(r"(?:connection|socket) (?:refused|reset)").len(), 4);
    }

    #[test]
    fn every_part_that_must_be_there_is_told() {
        let told = |pattern| clauses(&regex_syntax::parse(pattern).unwrap(), str::len);
        assert_eq!(told(r"no jwt.*(?:headers|query)"), [vec!["no jwt"], vec!["headers", "query"]]);
        assert_eq!(told(r"one.*two|drei"), [vec!["drei", "one"], vec!["drei", "two"]]);
        assert_eq!(told(r"(?:one.*two)?three"), [["three"]]);
    }

    #[test]
    fn what_may_be_missing_is_never_required() {
        assert!(best(r"\d+").is_empty());
        assert!(best(r"(?:abc)*").is_empty());
        assert!(best(r"abc|\d+").is_empty());
        assert_eq!(best(r"(?:abc)+"), ["abc"]);
        assert_eq!(best(r"(?:abc)?x"), ["abcx", "x"]);
    }
}
