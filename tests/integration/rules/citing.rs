//! A diagnosis that reads only the records it may cite says what one that reads all of them says.

use fivewhys::diagnosis::{self, Diagnosis, Question};
use fivewhys::findings::{EvidenceIx, Finder, Findings};
use fivewhys::logs::{Gate, Met, Pulled, Record, Visitor, pull_for};
use fivewhys::results::TestRun;
use fivewhys::rules::graph::CauseGraph;
use jiff::{SignedDuration, Timestamp};
use proptest::test_runner::TestRunner;

use super::differential::{examples, incident, monotonous, watch};
use super::gate::dice;
use super::{Everything, RULES, Selection, Source, Spans};

fn diagnosed(findings: &Findings) -> Diagnosis {
    asked(findings, diagnosis::diagnose)
}

fn asked<A>(findings: &Findings, ask: impl Fn(&Question) -> A) -> A {
    let (catalog, _) = &*RULES;
    ask(&Question {
        run: &TestRun::default(),
        watch: &watch(),
        catalog,
        graph: &CauseGraph::new(catalog),
        findings,
        pulled: &Pulled::default(),
        suspects: &[],
        lookback: SignedDuration::from_mins(15),
    })
}

/// What is found in an export when only the records are read that `choose` names.
fn chosen(raw: &str, gate: &dyn Gate, choose: &(dyn Fn(&Findings) -> Vec<EvidenceIx> + Sync)) -> Findings {
    let (catalog, matcher) = &*RULES;
    let (run, watch) = (TestRun::default(), watch());
    let selection = Selection { windows: Vec::new(), reach: Spans::union([(Timestamp::MIN, Timestamp::MAX)]) };
    let mut finder = Finder::new(catalog, matcher, &watch).choosing(&run, choose);
    pull_for(&[Source::bytes("test", raw.as_bytes())], &selection, gate, &mut finder).unwrap();
    finder.finish(&run)
}

/// How many records one incident has that are evidence, and how many of them were not read.
fn compare(raw: &str) -> (usize, usize) {
    let (_, matcher) = &*RULES;
    let all = |findings: &Findings| (0..findings.evidence.len()).collect();
    let plain = chosen(raw, &Everything, &all);
    assert_eq!(format!("{:?}", chosen(raw, matcher, &all)), format!("{plain:?}"), "{raw}");
    let citable = |findings: &Findings| asked(findings, diagnosis::citable);
    let quick = chosen(raw, matcher, &citable);
    let ties = |findings: &Findings| findings.evidence.iter().map(|exhibit| exhibit.ties).collect::<Vec<_>>();
    assert_eq!((ties(&quick), &quick.variants), (ties(&plain), &plain.variants), "{raw}");
    assert_eq!(format!("{:?}", diagnosed(&quick)), format!("{:?}", diagnosed(&plain)), "{raw}");
    let unread = quick.evidence.iter().filter(|exhibit| exhibit.read.is_none()).count();
    (plain.evidence.len(), unread)
}

#[test]
fn a_diagnosis_needs_no_more_records_than_it_may_cite() {
    let texts = examples(&RULES.0);
    let incidents = std::env::var("FIVEWHYS_INCIDENTS").map_or(60, |count| count.parse().unwrap());
    let mut dice = dice(&mut TestRunner::deterministic());
    let (mut evidence, mut unread) = (0, 0);
    for _ in 0..incidents {
        let one = compare(&incident(&texts, &mut dice));
        (evidence, unread) = (evidence + one.0, unread + one.1);
    }
    assert!(unread > evidence / 20, "{unread} of {evidence} were not read: there is no choice");
}

/// Loses the first of the records that were chosen.
struct Losing<'a> {
    finder: Finder<'a>,
    chosen: Vec<Vec<usize>>,
}

impl Visitor for Losing<'_> {
    fn meet(&mut self, met: Vec<Met>) -> Vec<usize> {
        self.finder.meet(met)
    }

    fn take(&mut self, mut records: Vec<Option<Record>>) {
        if self.chosen.len() == 1 {
            records[0] = None;
        }
        self.finder.take(records);
    }

    fn wants_at_last(&mut self) -> Vec<usize> {
        let wanted = self.finder.wants_at_last();
        self.chosen.push(wanted.clone());
        wanted
    }
}

#[test]
fn a_chosen_record_that_is_gone_is_no_evidence_and_the_choice_is_made_again_without_it() {
    let line = |second: u32| {
        format!(r#"{{"insertId":"{second}","timestamp":"2026-01-02T03:04:0{second}Z","textPayload":"KeyError: 'a{second}'"}}"#)
    };
    let raw: Vec<String> = (5..9).map(line).collect();
    let (catalog, matcher) = &*RULES;
    let (run, watch) = (TestRun::default(), watch());
    let selection = Selection { windows: Vec::new(), reach: Spans::union([(Timestamp::MIN, Timestamp::MAX)]) };
    // The first that there is: one after the other, as long as they get lost.
    let first = |findings: &Findings| findings.in_logs.iter().find_map(|finding| finding.evidence).into_iter().collect();
    let finder = Finder::new(catalog, matcher, &watch).choosing(&run, &first);
    let mut losing = Losing { finder, chosen: Vec::new() };
    pull_for(&[Source::bytes("test", raw.join("\n").into_bytes())], &selection, matcher, &mut losing).unwrap();
    assert_eq!(losing.chosen, [vec![0], vec![1], vec![]]);
    let findings = losing.finder.finish(&run);
    assert!(findings.in_logs.iter().all(|finding| finding.evidence.is_some_and(|evidence| evidence > 0)));
    assert_eq!(findings.evidence[1].read.as_ref().unwrap().text, "KeyError: 'a6'");
    assert!([0, 2, 3].iter().all(|place| findings.evidence[*place].read.is_none()));
}

#[test]
fn of_entries_that_are_known_by_their_forms_only_those_are_read_that_may_be_cited() {
    let texts = examples(&RULES.0);
    let mut dice = dice(&mut TestRunner::deterministic());
    let few: Vec<&str> = (0..100).map(|_| texts[dice(texts.len() as u32) as usize]).collect();
    let (evidence, unread) = compare(&monotonous(&few, &mut dice));
    assert!(unread > evidence / 4, "{unread} of {evidence} were not read");
}
