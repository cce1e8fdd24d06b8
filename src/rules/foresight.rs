//! Tells what a pattern says to all texts of a form at once: whether it matches them whatever their numbers and ids are.
//!
//! The pattern's automaton walks through the text; at a number or id that is masked it goes on from all the states that any
//! of them can lead to. What every one of them says in the end holds for every text.

use std::cell::OnceCell;

use regex_automata::Anchored;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::{start, syntax};
use regex_syntax::hir::{Hir, HirKind, Repetition};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::logs::mask::{ID, NUMBER, SHORTEST_ID};

/// What a number is made of, and what an id has besides.
const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"abcdefABCDEF";

/// Most states that are followed at once.
const MOST_STATES: usize = 512;

/// As the patterns themselves may take.
const MOST_STEPS_BYTES: usize = 10 << 20;
/// The automaton of one pattern; what needs more is left open.
const AUTOMATON_BYTES: usize = 4 << 20;

/// What a pattern says to the texts of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreseen {
    /// It matches none of them.
    Never,
    /// It matches all of them.
    Always,
    /// Each has to be asked.
    Open,
}

impl Foreseen {
    /// What holds of two sets of texts.
    pub(super) fn and(self, other: Foreseen) -> Foreseen {
        if self == other { self } else { Foreseen::Open }
    }
}

/// Foresees what one pattern says.
#[derive(Debug)]
pub(super) struct Foresight {
    exact: Hir,
    /// Of the pattern with bounds that are far away taken off, so that it matches more: it has few states, and most patterns
    /// that are asked match nothing for want of a word.
    loose: Automaton,
    /// Of the pattern itself, made when it is asked; `None` where it cannot be made.
    made: OnceCell<Option<Automaton>>,
}

/// How often something may come again before the bound is far away.
const FAR: u32 = 8;

impl Foresight {
    /// Of a pattern as it is compiled, for ASCII texts; `None` for one that names what is not ASCII.
    pub(super) fn new(pattern: &str) -> Option<Foresight> {
        let exact = syntax::parse_with(pattern, &syntax::Config::new().unicode(false).utf8(false)).ok()?;
        let loose = Automaton::new(&loosened(&exact))?;
        Some(Foresight { exact, loose, made: OnceCell::new() })
    }

    /// What the pattern says to all texts that look like this when they are masked. Linear in the text, times the states that it
    /// can lead to.
    pub(super) fn of(&mut self, text: &str) -> Foreseen {
        if self.loose.walk(text) == Some(Foreseen::Never) {
            return Foreseen::Never;
        }
        self.made.get_or_init(|| Automaton::new(&self.exact));
        let exact = self.made.get_mut().and_then(Option::as_mut);
        exact.and_then(|exact| exact.walk(text)).unwrap_or(Foreseen::Open)
    }

    /// How much memory its automata take by now, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let made = self.made.get().and_then(Option::as_ref);
        [Some(&self.loose), made].into_iter().flatten().map(Automaton::bytes).sum()
    }
}

/// The pattern, with what may come again more than a few times coming again as often as it likes.
fn loosened(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let max = repetition.max.filter(|max| *max <= FAR);
            let min = repetition.min.min(FAR);
            Hir::repetition(Repetition { min, max, greedy: repetition.greedy, sub: Box::new(loosened(&repetition.sub)) })
        }
        HirKind::Capture(capture) => loosened(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(loosened).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(loosened).collect()),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => hir.clone(),
    }
}

/// A pattern's automaton, made as far as it was needed.
#[derive(Debug)]
struct Automaton {
    dfa: DFA,
    /// Never cleared, so that its states keep their names.
    cache: Cache,
    start: LazyStateID,
    /// The digits and letters of numbers and ids; of those that it does not tell apart only one.
    digits: Vec<u8>,
    letters: Vec<u8>,
    /// Where numbers and ids lead from a state.
    behind: FxHashMap<(LazyStateID, char), Behind>,
    /// How much memory that takes.
    behind_bytes: usize,
}

/// Where texts can lead.
#[derive(Debug, Clone, Default)]
struct Behind {
    /// To these states, none of which has matched or given up.
    states: Vec<LazyStateID>,
    /// To a match.
    matched: bool,
    /// To where no match can come any more.
    failed: bool,
}

impl Behind {
    /// Adds a state, which may be there already; the same state where texts go on from it. `None` where the automaton says nothing
    /// of texts that lead to it.
    fn add(&mut self, state: LazyStateID) -> Option<Option<LazyStateID>> {
        if state.is_quit() {
            return None;
        }
        let goes_on = !state.is_match() && !state.is_dead();
        self.matched |= state.is_match();
        self.failed |= state.is_dead();
        self.states.extend(goes_on.then_some(state));
        Some(goes_on.then_some(state))
    }

    /// Each of them once; `None` where there are too many.
    fn settled(mut self) -> Option<Behind> {
        if self.states.len() > 1 {
            self.states.sort_unstable();
            self.states.dedup();
        }
        (self.states.len() <= MOST_STATES).then_some(self)
    }
}

impl Automaton {
    fn new(pattern: &Hir) -> Option<Automaton> {
        let steps = thompson::Config::new().utf8(false).nfa_size_limit(Some(MOST_STEPS_BYTES));
        let nfa = thompson::Compiler::new().configure(steps).build_from_hir(pattern).ok()?;
        let config =
            Config::new().cache_capacity(AUTOMATON_BYTES).minimum_cache_clear_count(Some(0)).skip_cache_capacity_check(true);
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let mut cache = dfa.create_cache();
        let start = dfa.start_state(&mut cache, &start::Config::new().anchored(Anchored::No)).ok()?;
        let told_apart = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes.sort_by_key(|byte| dfa.byte_classes().get(*byte));
            bytes.dedup_by_key(|byte| dfa.byte_classes().get(*byte));
            bytes
        };
        let (digits, letters) = (told_apart(DIGITS), told_apart(LETTERS));
        Some(Automaton { dfa, cache, start, digits, letters, behind: FxHashMap::default(), behind_bytes: 0 })
    }

    /// How much memory it takes by now.
    fn bytes(&self) -> usize {
        self.dfa.get_nfa().memory_usage() + self.cache.memory_usage() + self.behind_bytes
    }

    /// `None` where it cannot tell.
    fn walk(&mut self, text: &str) -> Option<Foreseen> {
        let mut here = Behind::default();
        here.add(self.start)?;
        for c in text.chars() {
            if here.states.is_empty() {
                break;
            }
            let mut next = Behind { states: Vec::new(), ..here };
            for state in &here.states {
                if c.is_ascii() {
                    next.add(self.step(*state, c as u8)?)?;
                    continue;
                }
                let behind = self.behind(*state, c)?;
                next.matched |= behind.matched;
                next.failed |= behind.failed;
                for state in &behind.states {
                    next.add(*state)?;
                }
            }
            here = next.settled()?;
        }
        let Behind { states, mut matched, mut failed } = here;
        for state in states {
            // A match is known one step after it ends.
            let is_match = self.dfa.next_eoi_state(&mut self.cache, state).ok()?.is_match();
            matched |= is_match;
            failed |= !is_match;
        }
        Some(match (matched, failed) {
            (true, true) => Foreseen::Open,
            (true, false) => Foreseen::Always,
            (false, _) => Foreseen::Never,
        })
    }

    fn step(&mut self, from: LazyStateID, byte: u8) -> Option<LazyStateID> {
        self.dfa.next_state(&mut self.cache, from, byte).ok()
    }

    /// Where all that a mask can stand for leads from a state.
    fn behind(&mut self, from: LazyStateID, mask: char) -> Option<&Behind> {
        if !self.behind.contains_key(&(from, mask)) {
            let behind = match mask {
                NUMBER => self.behind_number(from)?,
                ID => self.behind_id(from)?,
                _ => return None,
            };
            self.behind_bytes += size_of::<Behind>() + size_of_val(&behind.states[..]);
            self.behind.insert((from, mask), behind);
        }
        self.behind.get(&(from, mask))
    }

    fn behind_number(&mut self, from: LazyStateID) -> Option<Behind> {
        let mut behind = Behind::default();
        let (mut seen, mut pending) = (FxHashSet::default(), vec![from]);
        while let Some(state) = pending.pop() {
            for digit in 0..self.digits.len() {
                let next = self.step(state, self.digits[digit])?;
                if seen.insert(next) {
                    pending.extend(behind.add(next)?);
                }
            }
        }
        behind.settled()
    }

    /// Where an id matches or fails halfway, it does so however it goes on.
    fn behind_id(&mut self, from: LazyStateID) -> Option<Behind> {
        let mut halfway = Behind::default();
        // Beginnings of ids, by what they hold, how long they are and where they lead.
        let mut begun = FxHashSet::default();
        let mut pending = vec![Begun { digit: false, letter: false, length: 0, state: from }];
        while let Some(before) = pending.pop() {
            let length = (before.length + 1).min(SHORTEST_ID);
            let (digits, letters) = (self.digits.len(), self.letters.len());
            for place in 0..digits + letters {
                let is_digit = place < digits;
                let byte = if is_digit { self.digits[place] } else { self.letters[place - digits] };
                let state = self.step(before.state, byte)?;
                let next = Begun { digit: before.digit || is_digit, letter: before.letter || !is_digit, length, state };
                if begun.insert(next) && halfway.add(next.state)?.is_some() {
                    pending.push(next);
                }
            }
        }
        let mut behind = Behind { states: Vec::new(), ..halfway };
        for id in begun.into_iter().filter(|begun| begun.digit && begun.letter && begun.length == SHORTEST_ID) {
            behind.add(id.state)?;
        }
        behind.settled()
    }
}

/// The beginning of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Begun {
    digit: bool,
    letter: bool,
    /// Up to [`SHORTEST_ID`].
    length: usize,
    /// Where it leads.
    state: LazyStateID,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    fn masked(text: &str) -> String {
        text.replace('#', &NUMBER.to_string()).replace('@', &ID.to_string())
    }

    fn foreseen(pattern: &str, text: &str) -> Foreseen {
        Foresight::new(pattern).unwrap().of(&masked(text))
    }

    #[test]
    fn what_no_number_changes_is_foreseen() {
        for (pattern, text, expected) in [
            (r"no user [0-9a-fA-F]+ in", "no user @ in cache", Foreseen::Always),
            (r"no user [0-9]+ in", "no user # in cache", Foreseen::Always),
            (r"no user [0-9]+ in", "no user @ in cache", Foreseen::Never),
            (r"no user \S+ in cache$", "no user @ in cache", Foreseen::Always),
            (r"code=1011", "closed code=#", Foreseen::Open),
            (r"code=1011", "closed code #", Foreseen::Never),
            (r"dead", "the @ end", Foreseen::Open),
            (r"dead", "the # end", Foreseen::Never),
            (r"\bdead\b end", "the @ end", Foreseen::Never),
            (r"\be2e\b", "the @ end", Foreseen::Never),
            (r"\bd5ad\b end", "the @ end", Foreseen::Open),
            (r"\bx", "#x", Foreseen::Never),
            (r"^.{3}$", "a#", Foreseen::Open),
            (r"a.{0,20}b", "a 0123456789 0123456789 b #", Foreseen::Never),
            (r"a.{0,20}b", "a 0123456789 b #", Foreseen::Always),
            (r"", "#", Foreseen::Always),
        ] {
            let pattern = pattern.replace(r"\b", r"(?-u:\b)").replace(r"\S", r"[^ \n]");
            assert_eq!(foreseen(&pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_that_names_what_is_not_ascii_has_no_foresight() {
        assert!(Foresight::new("[äö]x").is_none());
    }

    const PARTS: [&str; 16] = [
        "a{9}",
        "[^x]{2,12}",
        ".{0,9}",
        "a",
        "b1",
        "x",
        "[0-9]",
        "[0-9a-f]",
        "[^x]",
        r"(?-u:\b)",
        ".*",
        "1{2}",
        "^",
        "$",
        "a+",
        "(?:x|2)?",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 3000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_foreseen_comes_true(
            pattern in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 1..7),
            text in "[x #@]{1,6}",
            numbers in prop::collection::vec("[0-9]{1,4}", 6),
            ids in prop::collection::vec("[0-9a-f]{0,2}([0-9][a-fA-F]|[a-f][0-9])[0-9a-f]{2}", 6),
        ) {
            let pattern = pattern.concat();
            let Some(mut foresight) = Foresight::new(&pattern) else { return Ok(()) };
            // Two runs never stand side by side.
            let text = Regex::new("[#@]([#@])").unwrap().replace_all(&text, "x$1").into_owned();
            let foreseen = foresight.of(&masked(&text));
            let (mut numbers, mut ids) = (numbers.into_iter(), ids.into_iter());
            let run = |c: char| match c {
                '#' => numbers.next().unwrap_or_default(),
                '@' => ids.next().unwrap_or_default(),
                c => c.to_string(),
            };
            let told: String = text.chars().map(run).collect();
            let is_match = Regex::new(&pattern).unwrap().is_match(&told);
            prop_assert!(foreseen != if is_match { Foreseen::Never } else { Foreseen::Always }, "{} {} {}", pattern, text, told);
        }
    }
}
