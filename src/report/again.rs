//! A report that was written before, redacted as the users of another place want it.

use std::sync::Arc;

use super::explorer;
use super::redact::{Redacted, Redactor, Settings};
use super::schema::{Cause, Evidence, Hypothesis, Report, Run, Test};

/// The report without what these settings take out; tokens keep standing for what they stood for. What is missing
/// from a report cannot come back: what the settings leave alone is as it was.
pub fn redacted_again(mut report: Report, settings: &Arc<Settings>) -> Report {
    if settings.is_empty() {
        return report;
    }
    let mut redactor = Redactor::with(settings.clone());
    // As when a report is built: the first reading learns what the second also finds bare.
    every_text(&mut report.clone(), &mut |text| *text = redactor.clean(text));
    redactor.recall();
    every_text(&mut report, &mut |text| *text = redactor.clean(text));
    report.redactions = redactor.counts();
    let links = report.evidence.values_mut().map(|evidence| &mut evidence.link);
    for link in links.chain(report.causes.iter_mut().map(|cause| &mut cause.link)) {
        // An address asks for texts of the records.
        *link = link.take().filter(|link| !settings.takes_out_of(&explorer::decoded(link)));
    }
    report
}

/// Visits the texts in the order in which a report is put together.
fn every_text(report: &mut Report, visit: &mut dyn FnMut(&mut Redacted)) {
    report.evidence.values_mut().for_each(|evidence| in_evidence(evidence, visit));
    in_run(&mut report.run, visit);
    report.premises.iter_mut().for_each(|premise| visit(&mut premise.statement));
    report.tests.iter_mut().for_each(|test| in_test(test, visit));
    report.causes.iter_mut().for_each(|cause| in_cause(cause, visit));
    for herring in &mut report.red_herrings {
        visit(&mut herring.rule);
        visit(&mut herring.reason);
    }
    report.plan.iter_mut().for_each(|step| visit(&mut step.root));
    report.gaps.iter_mut().for_each(|gap| visit(&mut gap.statement));
    visit(&mut report.reproduce);
    let errors = report.timeline.iter_mut().flat_map(|timeline| &mut timeline.request_errors);
    errors.for_each(|errors| visit(&mut errors.service));
}

fn in_evidence(evidence: &mut Evidence, visit: &mut dyn FnMut(&mut Redacted)) {
    evidence.before.iter_mut().for_each(&mut *visit);
    visit(&mut evidence.excerpt);
    evidence.after.iter_mut().chain(&mut evidence.insert_id).for_each(&mut *visit);
    [&mut evidence.service, &mut evidence.revision, &mut evidence.instance].into_iter().flatten().for_each(&mut *visit);
    visit(&mut evidence.log);
}

fn in_run(run: &mut Run, visit: &mut dyn FnMut(&mut Redacted)) {
    run.results.iter_mut().for_each(|source| visit(&mut source.path));
    run.sources.iter_mut().for_each(&mut *visit);
    for revision in &mut run.revisions {
        visit(&mut revision.service);
        visit(&mut revision.revision);
    }
    run.durations.iter_mut().for_each(|duration| visit(&mut duration.id));
    run.flaky.iter_mut().chain(&mut run.passed).chain(&mut run.skipped).for_each(visit);
}

fn in_test(test: &mut Test, visit: &mut dyn FnMut(&mut Redacted)) {
    visit(&mut test.id);
    visit(&mut test.name);
    [&mut test.error, &mut test.priority, &mut test.impact].into_iter().flatten().for_each(&mut *visit);
    test.hypotheses.iter_mut().for_each(|hypothesis| in_hypothesis(hypothesis, visit));
    for rule in &mut test.ruled_out {
        visit(&mut rule.rule);
        visit(&mut rule.reason);
    }
    test.leads.iter_mut().for_each(|lead| visit(&mut lead.template));
}

fn in_hypothesis(hypothesis: &mut Hypothesis, visit: &mut dyn FnMut(&mut Redacted)) {
    visit(&mut hypothesis.root);
    visit(&mut hypothesis.title);
    hypothesis.parts.iter_mut().for_each(|part| visit(&mut part.reason));
    for why in &mut hypothesis.whys {
        visit(&mut why.rule);
        visit(&mut why.answer);
    }
}

fn in_cause(cause: &mut Cause, visit: &mut dyn FnMut(&mut Redacted)) {
    visit(&mut cause.root);
    visit(&mut cause.title);
    visit(&mut cause.fingerprint);
    cause.tests.iter_mut().for_each(&mut *visit);
    [&mut cause.remedy.now, &mut cause.remedy.verify, &mut cause.remedy.prevent].into_iter().for_each(&mut *visit);
    cause.references.iter_mut().for_each(visit);
}
