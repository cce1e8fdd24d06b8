//! Finds what a report points at: `report.json#lead-2`, `report.json#e3`.

use std::collections::BTreeSet;

use crate::logs::Severity;
use crate::report::Report;
use crate::report::schema::{Evidence, Lead, Test};
use crate::results::{Failure, Outcome, TestCase, TestRun};

/// A record that a report shows, and the tests that it was shown for.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointed<'r> {
    /// The anchor: `lead-2`, `e3`.
    pub anchor: String,
    /// The record.
    pub evidence: &'r Evidence,
    /// The tests in whose diagnosis it stands.
    pub tests: Vec<&'r Test>,
}

/// Why an anchor leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// There is no such lead or record.
    #[error("there is no `#{anchor}`; {there_is}")]
    Unknown {
        /// What was written.
        anchor: String,
        /// What could be written instead.
        there_is: String,
    },
    /// The report names the lead and holds no record of it.
    #[error("the report holds no record of `#{0}`; diagnose the incident again")]
    NoRecord(String),
}

/// The leads of a report, each once, as they are numbered: in the order in which the tests name them.
pub fn leads(report: &Report) -> Vec<(String, &Lead)> {
    let mut seen = BTreeSet::new();
    let all = report.tests.iter().flat_map(|test| &test.leads);
    // A report written before leads had ids numbers them in the same order.
    all.filter(|lead| seen.insert(lead.template.as_str()))
        .enumerate()
        .map(|(place, lead)| (format!("lead-{}", place + 1), lead))
        .collect()
}

/// The record behind an anchor.
///
/// # Errors
///
/// [`AnchorError`] with what could be written instead.
pub fn find<'r>(report: &'r Report, anchor: &str) -> Result<Pointed<'r>, AnchorError> {
    let record = |key: &str| report.evidence.iter().find(|(own, _)| own.to_string() == key).map(|(_, evidence)| evidence);
    if let Some((_, lead)) = leads(report).into_iter().find(|(id, _)| id == anchor) {
        let evidence = lead.evidence.first().and_then(|key| record(&key.to_string()));
        let names = |test: &&Test| test.leads.iter().any(|other| other.template == lead.template);
        let tests = report.tests.iter().filter(names).collect();
        return evidence
            .map(|evidence| Pointed { anchor: anchor.to_owned(), evidence, tests })
            .ok_or_else(|| AnchorError::NoRecord(anchor.to_owned()));
    }
    let cites = |test: &&Test| {
        let of_whys = test.hypotheses.iter().flat_map(|hypothesis| &hypothesis.whys).flat_map(|why| &why.evidence);
        of_whys.chain(test.leads.iter().flat_map(|lead| &lead.evidence)).any(|key| key.to_string() == anchor)
    };
    match record(anchor) {
        Some(evidence) => Ok(Pointed { anchor: anchor.to_owned(), evidence, tests: report.tests.iter().filter(cites).collect() }),
        None => Err(AnchorError::Unknown { anchor: anchor.to_owned(), there_is: there_is(report) }),
    }
}

fn there_is(report: &Report) -> String {
    let leads = leads(report).len();
    let listed = |name: &str, count: usize| match count {
        0 => None,
        1 => Some(format!("`#{name}1`")),
        count => Some(format!("`#{name}1` to `#{name}{count}`")),
    };
    let known: Vec<String> = [listed("lead-", leads), listed("e", report.evidence.len())].into_iter().flatten().collect();
    match known.is_empty() {
        true => "this report has neither leads nor evidence".to_owned(),
        false => format!("this report has {}", known.join(" and ")),
    }
}

impl Pointed<'_> {
    /// How bad the record says it is.
    pub fn severity(&self) -> Severity {
        Severity::from_value(&serde_json::Value::String(self.evidence.severity.clone()))
    }

    /// The failing tests as a run of their own: enough to find out which symptoms they show.
    pub fn as_run(&self) -> TestRun {
        let case = |test: &&Test| {
            let message = test.error.as_ref().map(|error| error.as_str().to_owned()).unwrap_or_default();
            let outcome = Outcome::Failed(Failure { details: message.clone(), message, output: String::new() });
            let (id, name) = (test.id.as_str().to_owned(), test.name.as_str().to_owned());
            TestCase { id, name, start: None, duration: None, outcome, attempts: 1 }
        };
        TestRun { cases: self.tests.iter().map(case).collect(), ..TestRun::default() }
    }
}
