//! The part of a report that is about one cause, and its text within a limit.

use std::collections::BTreeSet;

use super::key::without_marks;
use crate::report::schema::{Cause, Step, Test};
use crate::report::{self, Format, Look, RenderError, Report};

/// The report of one cause: its tests with that chain, and the records that these cite.
pub(super) fn of_cause(report: &Report, cause: &Cause) -> Report {
    let explained: BTreeSet<&str> = cause.tests.iter().map(|test| test.as_str()).collect();
    let of_cause = |test: &&Test| explained.contains(test.id.as_str());
    let tests: Vec<Test> = report.tests.iter().filter(of_cause).map(|test| told(test, cause)).collect();
    let cited =
        tests.iter().flat_map(|test| &test.hypotheses).flat_map(|hypothesis| &hypothesis.whys).flat_map(|why| &why.evidence);
    let cited: BTreeSet<_> = cited.chain(&cause.evidence).copied().collect();
    Report {
        schema: report.schema.clone(),
        run: report::schema::Run { passed: Vec::new(), skipped: Vec::new(), durations: Vec::new(), ..report.run.clone() },
        premises: report.premises.clone(),
        plan: vec![Step { root: cause.root.clone(), clears: cause.tests.len(), total: cause.tests.len() }],
        causes: vec![cause.clone()],
        red_herrings: Vec::new(),
        gaps: report.gaps.clone(),
        evidence: report
            .evidence
            .iter()
            .filter(|(key, _)| cited.contains(key))
            .map(|(key, value)| (*key, value.clone()))
            .collect(),
        redactions: report.redactions.clone(),
        reproduce: report.reproduce.clone(),
        timeline: report.timeline.clone(),
        tests,
    }
}

fn told(test: &Test, cause: &Cause) -> Test {
    let hypotheses = test.hypotheses.iter().filter(|hypothesis| hypothesis.root == cause.root).cloned().collect();
    Test { hypotheses, leads: Vec::new(), ..test.clone() }
}

/// The Markdown of a report within so many bytes, with nothing in it that reads like a line of the program's own; `None` where
/// even what always stays has no room.
pub(super) fn markdown(report: &Report, max_bytes: usize) -> Result<Option<String>, RenderError> {
    // The hyphen that stands for the ordinary one in a mark is two bytes longer; a report is rarely full of them.
    for (slim, room) in [(false, max_bytes), (true, max_bytes), (true, max_bytes / 2)] {
        let slimmed = slim.then(|| slimmed(report));
        match report::render_within(slimmed.as_ref().unwrap_or(report), Format::Markdown, Look::default(), room) {
            Ok(page) => {
                let page = without_marks(&page);
                if page.len() <= max_bytes {
                    return Ok(Some(page));
                }
            }
            Err(RenderError::TooLong { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The same report with long texts cut and one chain a cause: what a reader needs, however much was found.
fn slimmed(report: &Report) -> Report {
    let mut report = report.clone();
    for test in &mut report.tests {
        test.error = test.error.take().map(|error| error.cut_at(300));
        for why in test.hypotheses.iter_mut().flat_map(|hypothesis| &mut hypothesis.whys) {
            why.answer = std::mem::take(&mut why.answer).cut_at(300);
            why.evidence.truncate(1);
        }
    }
    for cause in &mut report.causes {
        for text in [&mut cause.title, &mut cause.remedy.now, &mut cause.remedy.verify, &mut cause.remedy.prevent] {
            *text = std::mem::take(text).cut_at(500);
        }
        let first = cause.tests.first().cloned();
        for test in report.tests.iter_mut().filter(|test| Some(&test.id) != first.as_ref()) {
            test.hypotheses.retain(|hypothesis| hypothesis.root != cause.root);
        }
    }
    report
}
