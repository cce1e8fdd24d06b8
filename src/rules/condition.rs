//! Whether a [`Condition`] is met, given which matchers were.
//!
//! `log` and `all`, `any`, `none` around it speak of one record; `test` speaks of the case's own result;
//! `count`, `absent` and `sequence` speak of all records of the window. So there are three questions:
//! [`Condition::met_by_record`], [`Condition::met_by_case`] and [`Condition::met_in_window`], and
//! [`Condition::scope`] says which of them a rule needs.

use std::time::Duration;

use jiff::Timestamp;

use super::Condition;

/// What a condition speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// A single record: it has a `log` matcher outside of `count`, `absent` and `sequence`.
    pub record: bool,
    /// The case's result: it has a `test` matcher.
    pub case: bool,
    /// The whole window: it has a `count`, an `absent` or a `sequence`.
    pub window: bool,
}

/// A record that had its part in a condition being met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Witness {
    /// The log matcher it met, by its number in the rule.
    pub matcher: usize,
    /// Its number among the times given for that matcher.
    pub sighting: usize,
}

/// What is known when a condition is judged.
struct Facts<'f> {
    record: &'f [usize],
    case: &'f [usize],
    /// By log matcher: the times of the records that met it, ascending. `None`: not asked.
    window: Option<&'f [Vec<Timestamp>]>,
}

impl Condition {
    /// What the condition speaks of.
    pub fn scope(&self) -> Scope {
        match self {
            Condition::All(parts) | Condition::Any(parts) | Condition::None(parts) => {
                parts.iter().map(Condition::scope).fold(Scope::default(), |a, b| Scope {
                    record: a.record || b.record,
                    case: a.case || b.case,
                    window: a.window || b.window,
                })
            }
            Condition::Log(_) => Scope { record: true, ..Scope::default() },
            Condition::Test(_) => Scope { case: true, ..Scope::default() },
            Condition::Count { .. } | Condition::Absent(_) | Condition::Sequence { .. } => {
                Scope { window: true, ..Scope::default() }
            }
        }
    }

    /// The log matchers that stand under a `none` and nowhere else.
    pub(super) fn only_against(&self) -> Vec<usize> {
        fn collect(condition: &Condition, denied: bool, into: &mut [Vec<usize>; 2]) {
            match condition {
                Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| collect(part, denied, into)),
                Condition::None(parts) => parts.iter().for_each(|part| collect(part, !denied, into)),
                Condition::Log(log) | Condition::Absent(log) | Condition::Count { log, .. } => {
                    into[usize::from(denied)].push(*log);
                }
                Condition::Sequence { steps, .. } => into[usize::from(denied)].extend(steps),
                Condition::Test(_) => {}
            }
        }
        let mut found = [Vec::new(), Vec::new()];
        collect(self, false, &mut found);
        let [affirmed, mut denied] = found;
        denied.retain(|log| !affirmed.contains(log));
        denied
    }

    /// Whether one record meets it: `record` are the numbers of the log matchers that the record meets,
    /// `case` those of the test matchers that the case meets. `count`, `absent` and `sequence` count as not
    /// met here; ask [`Self::met_in_window`] where [`Scope::window`] says so.
    pub fn met_by_record(&self, record: &[usize], case: &[usize]) -> bool {
        self.judge(&Facts { record, case, window: None }, &mut Vec::new())
    }

    /// Whether the case's result alone meets it.
    pub fn met_by_case(&self, case: &[usize]) -> bool {
        self.met_by_record(&[], case)
    }

    /// Whether the window meets it, and which records had their part in that.
    ///
    /// `window[m]` are the times, ascending, of the window's records that meet log matcher `m`; `record` are
    /// the matchers met by the record at hand (none, where only the window is asked). `None`: not met. The
    /// witnesses are those of the first count or sequence in order of time; `absent` has none. Linear in the
    /// sightings.
    pub fn met_in_window(&self, record: &[usize], case: &[usize], window: &[Vec<Timestamp>]) -> Option<Vec<Witness>> {
        let mut witnesses = Vec::new();
        let met = self.judge(&Facts { record, case, window: Some(window) }, &mut witnesses);
        witnesses.sort();
        witnesses.dedup();
        met.then_some(witnesses)
    }

    fn judge(&self, facts: &Facts<'_>, witnesses: &mut Vec<Witness>) -> bool {
        match self {
            Condition::All(parts) => {
                let before = witnesses.len();
                let met = parts.iter().all(|part| part.judge(facts, witnesses));
                if !met {
                    witnesses.truncate(before);
                }
                met
            }
            // Every part is asked, so that all witnesses are named.
            Condition::Any(parts) => parts.iter().filter(|part| part.judge(facts, witnesses)).count() > 0,
            Condition::None(parts) => !parts.iter().any(|part| part.judge(facts, &mut Vec::new())),
            Condition::Log(matcher) => facts.record.contains(matcher),
            Condition::Test(matcher) => facts.case.contains(matcher),
            Condition::Count { log, at_least, within } => {
                let Some(times) = facts.times(*log) else { return false };
                let Some(run) = first_run(times, *at_least, *within) else { return false };
                witnesses.extend(run.map(|sighting| Witness { matcher: *log, sighting }));
                true
            }
            Condition::Absent(matcher) => facts.times(*matcher).is_some_and(<[Timestamp]>::is_empty),
            Condition::Sequence { steps, within } => {
                let times: Option<Vec<&[Timestamp]>> = steps.iter().map(|step| facts.times(*step)).collect();
                let Some(found) = times.and_then(|times| first_sequence(&times, *within)) else { return false };
                witnesses.extend(steps.iter().zip(found).map(|(matcher, sighting)| Witness { matcher: *matcher, sighting }));
                true
            }
        }
    }
}

impl<'f> Facts<'f> {
    /// The times of a matcher's sightings; `None` where the window is not asked.
    fn times(&self, matcher: usize) -> Option<&'f [Timestamp]> {
        self.window.map(|window| window.get(matcher).map_or(&[][..], Vec::as_slice))
    }
}

fn longer(from: Timestamp, to: Timestamp, within: Option<Duration>) -> bool {
    within.is_some_and(|within| to.duration_since(from).unsigned_abs() > within)
}

/// The first `at_least` sightings that lie within so long of each other, and all others that lie in that stretch.
fn first_run(times: &[Timestamp], at_least: usize, within: Option<Duration>) -> Option<std::ops::Range<usize>> {
    for first in 0..times.len() {
        let last = first.checked_add(at_least)?.checked_sub(1)?;
        let end = *times.get(last)?;
        if !longer(times[first], end, within) {
            let more = times[last..].iter().take_while(|time| !longer(times[first], **time, within)).count();
            return Some(first..last + more);
        }
    }
    None
}

/// The first way to take one sighting of each step, each not before the one of the step before, within so
/// long. Equal times count as in order: stamps of one writer are often equal.
fn first_sequence(steps: &[&[Timestamp]], within: Option<Duration>) -> Option<Vec<usize>> {
    let (first, rest) = steps.split_first()?;
    // Each step's place only moves forward as the start does, so all starts together are linear.
    let mut places = vec![0; rest.len()];
    for (start, begin) in first.iter().enumerate() {
        let mut after = *begin;
        for (times, place) in rest.iter().zip(&mut places) {
            while times.get(*place).is_some_and(|time| *time < after) {
                *place += 1;
            }
            after = *times.get(*place)?;
        }
        if !longer(*begin, after, within) {
            return Some(std::iter::once(start).chain(places).collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: &[i64]) -> Vec<Timestamp> {
        seconds.iter().map(|second| Timestamp::from_second(*second).unwrap()).collect()
    }

    fn within(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn all_any_and_none_speak_of_one_record() {
        let condition = Condition::All(vec![
            Condition::Any(vec![Condition::Log(0), Condition::Log(1)]),
            Condition::None(vec![Condition::Log(2)]),
        ]);
        assert!(condition.met_by_record(&[1], &[]));
        assert!(!condition.met_by_record(&[1, 2], &[]));
        assert!(!condition.met_by_record(&[2], &[]));
        assert_eq!(condition.scope(), Scope { record: true, ..Scope::default() });
    }

    #[test]
    fn a_test_matcher_is_met_by_the_case_and_joins_a_record() {
        let condition = Condition::All(vec![Condition::Log(0), Condition::Test(0)]);
        assert!(condition.met_by_record(&[0], &[0]));
        assert!(!condition.met_by_record(&[0], &[]));
        assert!(!condition.met_by_case(&[0]));
        assert!(Condition::Test(0).met_by_case(&[0]));
    }

    #[test]
    fn a_count_needs_so_many_within_so_long() {
        let condition = Condition::Count { log: 0, at_least: 3, within: within(10) };
        assert_eq!(condition.met_in_window(&[], &[], &[at(&[0, 8, 20, 40])]), None);
        let met = condition.met_in_window(&[], &[], &[at(&[0, 15, 20, 24, 25, 40])]).unwrap();
        assert_eq!(met.iter().map(|witness| witness.sighting).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let any_time = Condition::Count { log: 0, at_least: 2, within: None };
        assert!(any_time.met_in_window(&[], &[], &[at(&[0, 9_999])]).is_some());
        assert!(!condition.met_by_record(&[0], &[]));
    }

    #[test]
    fn absent_is_met_only_where_the_window_was_searched() {
        assert!(!Condition::Absent(0).met_by_record(&[], &[]));
        assert_eq!(Condition::Absent(0).met_in_window(&[], &[], &[vec![]]), Some(vec![]));
        assert_eq!(Condition::Absent(0).met_in_window(&[], &[], &[at(&[1])]), None);
    }

    #[test]
    fn a_sequence_takes_its_steps_in_order_of_time() {
        let condition = Condition::Sequence { steps: vec![0, 1, 2], within: within(10) };
        let seen = |a: &[i64], b: &[i64], c: &[i64]| {
            let met = condition.met_in_window(&[], &[], &[at(a), at(b), at(c)])?;
            Some(met.iter().map(|witness| witness.sighting).collect::<Vec<_>>())
        };
        assert_eq!(seen(&[1], &[2], &[3]), Some(vec![0, 0, 0]));
        assert_eq!(seen(&[5], &[2], &[9]), None);
        assert_eq!(seen(&[0, 20], &[1, 21], &[19, 22]), Some(vec![1, 1, 1]));
        assert_eq!(seen(&[7], &[7], &[7]), Some(vec![0, 0, 0]));
        assert_eq!(seen(&[1], &[2], &[30]), None);
    }
}
