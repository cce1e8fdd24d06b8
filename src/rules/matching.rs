//! Which matchers of which rules a record or a failure meets: all rules at once.
//!
//! A sieve of the words that the patterns need says which few of them can match at all, and only those are asked; so
//! the cost hardly grows with the number of rules.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::logs::mask::Mask;
use crate::logs::template::alike::has_long_word;
use crate::logs::{Admission, Glimpse, Record};
use crate::results::{Outcome, TestCase};

use super::forms::{Forms, Slots, Verdict};
use super::gate::RawGate;
use super::meanings::{Meaning, Meanings};
use super::sieve::Sieve;
use super::{Captures, Catalog, Condition, Filter, LogMatcher, Pattern, Rule, RuleIx, TestMatcher};

/// A matcher of a rule was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The rule.
    pub rule: RuleIx,
    /// The log matcher (from [`Matcher::in_record`]) or test matcher (from [`Matcher::in_case`]), by its number.
    pub matcher: usize,
    /// What the named groups caught.
    pub captures: Captures,
    /// The bytes of the record's text that matched; empty for a filter without a text, and for cases.
    pub span: Range<usize>,
}

/// All matchers of a catalog, ready to be asked together.
#[derive(Debug, Clone)]
pub struct Matcher {
    logs: Vec<LogSlot>,
    tests: Vec<TestSlot>,
    /// Which slots' patterns a text may meet.
    texts: Sieve,
    /// Which slots' patterns a text may meet of which this is one line.
    pub(super) lines: Sieve,
    /// Which test slots a case may meet, by its id, its error line and all it said.
    cases: [Sieve; 3],
    /// Slots without a pattern: their filter is asked for every record.
    filter_only: Vec<u32>,
    /// By rule: when a record's text alone may make it a finding.
    alone: Vec<Alone>,
    /// For the matchers without a text.
    pub(super) filters: RawGate,
    /// For entries of which nothing but their raw JSON can be told; made when there is one.
    gate: OnceLock<RawGate>,
    /// What the texts say that were admitted.
    meanings: Arc<Meanings>,
    /// What is known of entries that come again and again.
    forms: Arc<Forms>,
}

/// When a record that is not parsed yet may be a finding of a rule, given which patterns its text meets.
#[derive(Debug, Clone)]
enum Alone {
    /// As soon as it meets one.
    WithAny,
    /// Where this is met: all of the condition speaks of one record's text.
    Where {
        condition: Condition,
        /// The matchers that can only speak against it.
        against: Vec<usize>,
        /// It is met where no matcher is.
        by_nothing: bool,
    },
}

#[derive(Debug, Clone)]
struct LogSlot {
    rule: RuleIx,
    matcher: usize,
    filter: Option<Filter>,
    text: Option<Pattern>,
}

#[derive(Debug, Clone)]
struct TestSlot {
    rule: RuleIx,
    matcher: usize,
    test: TestMatcher,
}

thread_local! {
    /// Slots woken by the record at hand, and those met; kept, so that no record costs an allocation.
    static WOKEN: RefCell<[Vec<u32>; 2]> = const { RefCell::new([const { Vec::new() }; 2]) };
    /// Kept for the same reason.
    static MASK: RefCell<Mask> = RefCell::default();
}

impl Matcher {
    /// Builds the automata; linear in the length of all patterns.
    pub fn new(catalog: &Catalog) -> Matcher {
        let mut logs = Vec::new();
        let mut tests = Vec::new();
        for (rule, entry) in catalog.rules().iter().enumerate() {
            for (matcher, LogMatcher { filter, text }) in entry.log_matchers.iter().enumerate() {
                logs.push(LogSlot { rule, matcher, filter: filter.clone(), text: text.clone() });
            }
            for (matcher, test) in entry.test_matchers.iter().enumerate() {
                tests.push(TestSlot { rule, matcher, test: test.clone() });
            }
        }
        let filter_only = (0u32..).zip(&logs).filter(|(_, log)| log.text.is_none()).map(|(slot, _)| slot).collect();
        let needs = || logs.iter().map(|log: &LogSlot| log.text.as_ref().map(Pattern::needs));
        let filter_slots = || logs.iter().filter(|log| log.text.is_none()).map(|log| (log.rule, log.filter.as_ref(), None));
        let of_cases = |part: usize| {
            // A matcher that does not ask for this part is woken by any.
            Sieve::new(tests.iter().map(|slot: &TestSlot| {
                let pattern = slot.test.patterns()[part].as_ref();
                Some(pattern.map_or(&[][..], |pattern| pattern.needs().text.as_slice()))
            }))
        };
        // Side by side: of a small run this is a good part.
        let (texts, (lines, cases, filters)) = rayon::join(
            || Sieve::new(needs().map(|needs| needs.map(|needs| needs.text.as_slice()))),
            || {
                let lines = Sieve::new(needs().map(|needs| needs.map(|needs| needs.line.as_slice())));
                (lines, [0, 1, 2].map(of_cases), RawGate::new(filter_slots()))
            },
        );
        let alone = catalog.rules().iter().map(Alone::of).collect();
        Matcher {
            logs,
            tests,
            texts,
            lines,
            cases,
            filter_only,
            alone,
            filters,
            gate: OnceLock::new(),
            meanings: Arc::default(),
            forms: Arc::default(),
        }
    }

    pub(super) fn gate(&self) -> &RawGate {
        let slots = || self.logs.iter().map(|log| (log.rule, log.filter.as_ref(), log.text.as_ref()));
        self.gate.get_or_init(|| RawGate::new(slots()))
    }

    /// The rules for which entries have to be parsed, or made into text, only because their raw JSON cannot tell
    /// whether they match: a matcher has no text with a word of three plain characters, nor a filter that tells.
    pub fn ungated(&self) -> Vec<RuleIx> {
        let always = [&self.texts, &self.lines].into_iter().flat_map(Sieve::always);
        let mut rules: Vec<RuleIx> =
            always.map(|slot| self.logs[*slot as usize].rule).chain(self.filters.untold.clone()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// What the rules say to all entries like this one, and whether it has a long word; `None` where nothing is known of them.
    pub(super) fn verdict(&self, entry: &Glimpse<'_>) -> Option<(&Verdict, bool)> {
        if !self.forms.are_looked_at() {
            return None;
        }
        MASK.with_borrow_mut(|mask| {
            let verdict = self.forms.verdict(entry.form(mask)?, self)?;
            Some((verdict, has_long_word(mask)))
        })
    }

    /// So many entries more will come, of which [`Matcher::verdict`] is asked.
    pub(super) fn expect_entries(&self, entries: u64) {
        self.forms.expect(entries);
    }

    /// What becomes of an entry whose record has this text, given what is known of all like it. Linear in the text.
    pub(super) fn admission_of(&self, text: &str, verdict: Option<&Verdict>) -> Admission {
        let [mut woken, mut met] = WOKEN.with(RefCell::take);
        woken.clear();
        met.clear();
        match verdict {
            Some(verdict) => woken.extend_from_slice(&verdict.woken),
            None => self.wake(text, &mut woken),
        }
        let certain = verdict.map_or(&[][..], |verdict| &verdict.certain);
        for slots in woken.chunk_by(|one, other| self.of_one_rule(*one, *other)) {
            self.add_if_found(text, slots, certain, &mut met);
        }
        let by_text_alone = met.iter().all(|slot| self.logs[*slot as usize].filter.is_none());
        let admission = match &met[..] {
            [] => Admission::Refused,
            met if by_text_alone => self.meanings.number(text, met).map_or(Admission::Wanted, Admission::Known),
            _ => Admission::Wanted,
        };
        WOKEN.with(|kept| kept.replace([woken, met]));
        admission
    }

    fn of_one_rule(&self, one: u32, other: u32) -> bool {
        self.logs[one as usize].rule == self.logs[other as usize].rule
    }

    /// Adds those of a rule's woken slots that the text meets, some of them for certain, if a record with this text may be a finding
    /// of the rule; filters count as met where that makes it more likely.
    fn add_if_found(&self, text: &str, woken: &[u32], certain: &[u32], met: &mut Vec<u32>) {
        let is_met = |slot: &u32| {
            let pattern = &self.logs[*slot as usize].text;
            certain.binary_search(slot).is_ok() || pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
        };
        let matcher = |slot: &u32| self.logs[*slot as usize].matcher;
        let before = met.len();
        match &self.alone[self.logs[woken[0] as usize].rule] {
            Alone::WithAny => met.extend(woken.iter().filter(|slot| is_met(slot))),
            Alone::Where { condition, against, by_nothing } => {
                met.extend(woken.iter().filter(|slot| !against.contains(&matcher(slot)) && is_met(slot)));
                if met.len() == before && !by_nothing {
                    return;
                }
                let holds = |met: &[u32]| condition.met_by_record(&met.iter().map(matcher).collect::<Vec<_>>(), &[]);
                // What can only speak against the rule is asked only where something speaks for it.
                let mut found = holds(&met[before..]);
                if found && !against.is_empty() {
                    met.extend(woken.iter().filter(|slot| against.contains(&matcher(slot)) && is_met(slot)));
                    met[before..].sort_unstable();
                    found = holds(&met[before..]);
                }
                if !found {
                    met.truncate(before);
                }
            }
        }
    }

    /// What the gate knows by a number, see [`Admission::Known`].
    pub fn meaning(&self, number: u32) -> Option<Arc<Meaning>> {
        self.meanings.get(number)
    }

    /// The matchers that a meaning stands for, by rule, then matcher.
    pub fn met_by<'m>(&'m self, meaning: &'m Meaning) -> impl Iterator<Item = (RuleIx, usize)> + 'm {
        meaning.slots.iter().map(|slot| &self.logs[*slot as usize]).map(|log| (log.rule, log.matcher))
    }

    /// What the named groups of a rule's log matchers catch in a text; of a name that several catch, the first.
    pub fn captures(&self, rule: &Rule, matchers: &[usize], text: &str) -> Captures {
        let mut captures = Captures::new();
        for matcher in matchers {
            let pattern = rule.log_matchers.get(*matcher).and_then(|log| log.text.as_ref());
            if let Some(pattern) = pattern.filter(|pattern| !pattern.names().is_empty()) {
                pattern.capture_into(text, &mut captures);
            }
        }
        captures
    }

    /// Calls `visit` for each log matcher that the record meets, in order of rule, then matcher: its text
    /// matches the record's text, and its filter is met by at least one of the record's entries.
    pub fn in_record(&self, record: &Record, visit: &mut dyn FnMut(Sighting)) {
        self.for_woken(&record.text, |log| {
            if let Some((captures, span)) = log.met_by(record) {
                visit(Sighting { rule: log.rule, matcher: log.matcher, captures, span });
            }
        });
    }

    /// As [`Self::in_record`], without what the patterns catch.
    pub fn matchers_met(&self, record: &Record, visit: &mut dyn FnMut(RuleIx, usize)) {
        self.for_woken(&record.text, |log| {
            if log.is_met_by(record) {
                visit(log.rule, log.matcher);
            }
        });
    }

    /// As [`Self::in_record`] for a bare text: filters are not asked, and a matcher without a text is not met.
    pub fn in_text(&self, text: &str, visit: &mut dyn FnMut(Sighting)) {
        self.for_woken(text, |log| {
            let mut captures = Captures::new();
            if let Some(span) = log.text.as_ref().and_then(|pattern| pattern.capture_into(text, &mut captures)) {
                visit(Sighting { rule: log.rule, matcher: log.matcher, captures, span });
            }
        });
    }

    fn for_woken(&self, text: &str, mut each: impl FnMut(&LogSlot)) {
        let [mut woken, met] = WOKEN.with(RefCell::take);
        woken.clear();
        self.wake(text, &mut woken);
        woken.iter().for_each(|slot| each(&self.logs[*slot as usize]));
        WOKEN.with(|kept| kept.replace([woken, met]));
    }

    /// The slots that the text may meet, in order.
    fn wake(&self, text: &str, woken: &mut Vec<u32>) {
        self.texts.wake(text.as_bytes(), woken);
        woken.extend_from_slice(&self.filter_only);
        if !self.filter_only.is_empty() {
            woken.sort_unstable();
        }
    }

    /// Calls `visit` for each test matcher that the case meets, in order of rule, then matcher.
    pub fn in_case(&self, case: &TestCase, visit: &mut dyn FnMut(Sighting)) {
        let texts = texts_of(case);
        let mut woken: [Vec<u32>; 3] = Default::default();
        for ((sieve, text), woken) in self.cases.iter().zip(&texts).zip(&mut woken) {
            sieve.wake(text.as_bytes(), woken);
        }
        let [ids, messages, details] = woken;
        let in_all = |slot: &&u32| messages.binary_search(slot).is_ok() && details.binary_search(slot).is_ok();
        for slot in ids.iter().filter(in_all).map(|slot| &self.tests[*slot as usize]) {
            if let Some(captures) = slot.test.met_in(case, &texts) {
                visit(Sighting { rule: slot.rule, matcher: slot.matcher, captures, span: 0..0 });
            }
        }
    }
}

impl Slots for Matcher {
    fn patterns(&self) -> Vec<Option<&Pattern>> {
        self.logs.iter().map(|log| log.text.as_ref()).collect()
    }

    fn speaks_for(&self, slot: u32) -> bool {
        let log = &self.logs[slot as usize];
        match &self.alone[log.rule] {
            Alone::WithAny => true,
            Alone::Where { against, by_nothing, .. } => *by_nothing || !against.contains(&log.matcher),
        }
    }

    fn retain_relevant(&self, woken: &mut Vec<u32>) {
        let by_rule = woken.chunk_by(|one, other| self.of_one_rule(*one, *other));
        *woken = by_rule.filter(|slots| slots.iter().any(|slot| self.speaks_for(*slot))).flatten().copied().collect();
    }
}

impl Alone {
    fn of(rule: &Rule) -> Alone {
        let texts_only = rule.log_matchers.iter().all(|log| log.filter.is_none() && log.text.is_some());
        match &rule.condition {
            Some(condition) if texts_only && !condition.scope().window && !condition.scope().case => {
                let (against, by_nothing) = (condition.only_against(), condition.met_by_record(&[], &[]));
                Alone::Where { condition: condition.clone(), against, by_nothing }
            }
            _ => Alone::WithAny,
        }
    }
}

impl LogSlot {
    fn admits(&self, record: &Record) -> bool {
        self.filter.as_ref().is_none_or(|filter| record.entries.iter().any(|entry| filter.matches(entry)))
    }

    fn is_met_by(&self, record: &Record) -> bool {
        self.admits(record) && self.text.as_ref().is_none_or(|pattern| pattern.is_match(&record.text))
    }

    fn met_by(&self, record: &Record) -> Option<(Captures, Range<usize>)> {
        if !self.admits(record) {
            return None;
        }
        let mut caught = Captures::new();
        let span = match &self.text {
            Some(pattern) => pattern.capture_into(&record.text, &mut caught)?,
            None => 0..0,
        };
        Some((caught, span))
    }
}

impl TestMatcher {
    /// What its named groups caught, if the case meets every part of it. A passed or skipped case is only
    /// met where `outcome` names it.
    pub fn met_by(&self, case: &TestCase) -> Option<Captures> {
        self.met_in(case, &texts_of(case))
    }

    /// The patterns for each of the [`texts_of`] a case.
    fn patterns(&self) -> [&Option<Pattern>; 3] {
        [&self.id, &self.message, &self.details]
    }

    fn met_in(&self, case: &TestCase, texts: &[Cow<'_, str>; 3]) -> Option<Captures> {
        let word = case.outcome.word();
        let named =
            if self.outcome.is_empty() { matches!(word, "failed" | "errored") } else { self.outcome.iter().any(|o| o == word) };
        let short = self.shorter_than.is_none_or(|limit| case.duration.is_some_and(|took| took.unsigned_abs() < limit));
        if !named || !short {
            return None;
        }
        let mut caught = Captures::new();
        for (pattern, text) in self.patterns().into_iter().zip(texts) {
            if let Some(pattern) = pattern {
                pattern.capture_into(text, &mut caught)?;
            }
        }
        Some(caught)
    }
}

/// What patterns are met with: the case's id, its error line, and all it said.
fn texts_of(case: &TestCase) -> [Cow<'_, str>; 3] {
    let failure = match &case.outcome {
        Outcome::Failed(failure) | Outcome::Errored(failure) | Outcome::Flaky(failure) => Some(failure),
        Outcome::Passed | Outcome::Skipped => None,
    };
    let all = failure.map_or(String::new(), |f| [&f.message, &f.details, &f.output].map(String::as_str).join("\n"));
    [Cow::from(&case.id), Cow::from(failure.map_or("", |failure| failure.message.as_str())), Cow::from(all)]
}
