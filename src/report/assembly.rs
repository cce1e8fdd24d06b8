//! Puts a [`Report`] together from a [`Subject`]: every text through the [`Redactor`], every list in its stated order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::redact::{Looked, Piece, Redacted, Redactor};
use super::schema::{
    Cause, Counts, Evidence, EvidenceKey, Gap, Hypothesis, Lead, Outcome, Part, Premise, Remedy, Report, ResultSource, Revision,
    RuledOut, Run, SCHEMA, Step, Test, TestDuration, Why, Window, words,
};
use super::{Subject, explorer};
use crate::diagnosis::{self, CaseDiagnosis};
use crate::findings::EvidenceIx;
use crate::results;
use crate::rules::RuleIx;
use crate::window;

mod evidence;
mod timeline;

pub(super) use evidence::look;

/// Longest error line shown, in bytes.
const ERROR_BYTES: usize = 4 * 1024;

/// Puts the report together. Evidence comes first, in order of time: tokens are numbered as they appear.
pub(super) fn assemble(subject: &Subject<'_>, redactor: &mut Redactor, looked: &BTreeMap<EvidenceIx, Vec<Looked>>) -> Report {
    let (keys, leads, torn) = (keys(subject.diagnosis), BTreeMap::new(), BTreeMap::new());
    let mut assembly = Assembly { subject, redactor, looked, keys, leads, torn };
    let evidence = assembly.evidence();
    let run = assembly.run();
    let premises = assembly.premises();
    let tests = assembly.tests();
    let causes = assembly.causes(&evidence);
    let red_herrings = assembly.ruled_out(&subject.diagnosis.red_herrings);
    let plan = assembly.plan();
    let gaps = assembly.gaps();
    let reproduce = assembly.clean(subject.reproduce);
    let timeline = Some(assembly.timeline());
    Report {
        schema: SCHEMA.to_owned(),
        run,
        premises,
        tests,
        causes,
        plan,
        red_herrings,
        gaps,
        evidence,
        redactions: redactor.counts(),
        reproduce,
        timeline,
    }
}

/// Numbers the cited records in order of time, then insert id, whatever order the diagnosis holds them in.
fn keys(diagnosis: &diagnosis::Diagnosis) -> BTreeMap<EvidenceIx, EvidenceKey> {
    let mut order: Vec<EvidenceIx> = diagnosis.cited().into_iter().filter(|place| *place < diagnosis.evidence.len()).collect();
    order.sort_by_key(|place| {
        let evidence = &diagnosis.evidence[*place];
        (evidence.timestamp, evidence.insert_ids.first(), *place)
    });
    order.into_iter().zip(1..).map(|(place, number)| (place, EvidenceKey(number))).collect()
}

struct Assembly<'a, 'r> {
    subject: &'a Subject<'a>,
    redactor: &'r mut Redactor,
    /// What must not be shown of the cited records, and of the lines around them.
    looked: &'r BTreeMap<EvidenceIx, Vec<Looked>>,
    keys: BTreeMap<EvidenceIx, EvidenceKey>,
    /// The kinds of lines met as leads, with their numbers.
    leads: BTreeMap<String, usize>,
    /// The pieces of torn secrets in the records.
    torn: BTreeMap<EvidenceIx, Vec<Piece>>,
}

impl Assembly<'_, '_> {
    fn clean(&mut self, text: &str) -> Redacted {
        self.redactor.clean(text)
    }

    fn clean_if(&mut self, text: Option<&str>) -> Option<Redacted> {
        text.map(|text| self.clean(text))
    }

    fn cleaned(&mut self, texts: &[String]) -> Vec<Redacted> {
        texts.iter().map(|text| self.clean(text)).collect()
    }

    fn rule_id(&mut self, rule: RuleIx) -> Redacted {
        let catalog = self.subject.catalog;
        self.clean(&catalog.rule(rule).id)
    }

    fn cited(&self, places: &[EvidenceIx]) -> Vec<EvidenceKey> {
        places.iter().filter_map(|place| self.keys.get(place).copied()).collect()
    }

    /// Logs Explorer with these records and those like them: those of the project that wrote the first of them.
    fn window_link(&mut self, found: &[EvidenceIx], pieces: &BTreeMap<EvidenceKey, Evidence>) -> Option<String> {
        let mut placed: Vec<(EvidenceKey, EvidenceIx)> =
            found.iter().filter_map(|place| Some((*self.keys.get(place)?, *place))).collect();
        placed.sort_unstable();
        let wrote =
            |place: EvidenceIx| self.subject.diagnosis.evidence[place].project.as_deref().filter(|project| !project.is_empty());
        let project = placed.iter().find_map(|(_, place)| wrote(*place))?;
        let own = placed.iter().filter(|(_, place)| wrote(*place) == Some(project));
        let link = explorer::window_link(project, &own.filter_map(|(key, _)| pieces.get(key)).collect::<Vec<_>>());
        link.filter(|_| self.clean(project).as_str() == project)
    }

    fn run(&mut self) -> Run {
        let (run, census) = (self.subject.run, &self.subject.pulled.census);
        let mut counts =
            Counts { tests: run.cases.len(), entries: census.in_reach, duplicates: census.duplicates, ..Counts::default() };
        for case in &run.cases {
            let count = match case.outcome {
                results::Outcome::Passed => &mut counts.passed,
                results::Outcome::Skipped => &mut counts.skipped,
                results::Outcome::Failed(_) => &mut counts.failed,
                results::Outcome::Errored(_) => &mut counts.errored,
                results::Outcome::Flaky(_) => &mut counts.flaky,
            };
            *count += 1;
        }
        Run {
            started_at: moment(run.started_at),
            ended_at: moment(run.ended_at),
            results: run
                .sources
                .iter()
                .map(|source| ResultSource { path: self.clean(&source.path), format: source.format.to_owned() })
                .collect(),
            sources: self.cleaned(self.subject.log_sources),
            revisions: self.revisions(),
            counts,
            flaky: self.undiagnosed_flaky(),
            passed: self.ids(|outcome| matches!(outcome, results::Outcome::Passed)),
            skipped: self.ids(|outcome| matches!(outcome, results::Outcome::Skipped)),
            durations: self.durations(),
        }
    }

    fn durations(&mut self) -> Vec<TestDuration> {
        let cases = self.subject.run.cases.iter();
        let known = cases.filter_map(|case| Some((case, case.duration?.as_millis())));
        known.map(|(case, millis)| TestDuration { id: self.clean(&case.id), seconds: millis as f64 / 1000.0 }).collect()
    }

    /// The ids of the cases that ended so, in the order of the run.
    fn ids(&mut self, ended_so: fn(&results::Outcome) -> bool) -> Vec<Redacted> {
        let cases = &self.subject.run.cases;
        cases.iter().filter(|case| ended_so(&case.outcome)).map(|case| self.clean(&case.id)).collect()
    }

    fn revisions(&mut self) -> Vec<Revision> {
        let mut revisions = Vec::new();
        for (service, seen) in &self.subject.pulled.census.services {
            for (revision, census) in &seen.revisions {
                revisions.push(Revision {
                    service: self.clean(service),
                    revision: self.clean(revision),
                    first: census.first.to_string(),
                    last: census.last.to_string(),
                    entries: census.entries,
                });
            }
        }
        revisions
    }

    fn diagnosed(&self) -> BTreeSet<usize> {
        self.subject.diagnosis.cases.iter().filter_map(|case| case.case).collect()
    }

    fn undiagnosed_flaky(&mut self) -> Vec<Redacted> {
        let (run, diagnosed) = (self.subject.run, self.diagnosed());
        let cases = run.cases.iter().enumerate();
        let flaky =
            cases.filter(|(place, case)| matches!(case.outcome, results::Outcome::Flaky(_)) && !diagnosed.contains(place));
        flaky.map(|(_, case)| self.clean(&case.id)).collect()
    }

    fn premises(&mut self) -> Vec<Premise> {
        let premises = &self.subject.diagnosis.premises;
        premises
            .iter()
            .map(|premise| Premise { id: premise.id.to_owned(), statement: self.clean(&premise.statement), holds: premise.holds })
            .collect()
    }

    fn tests(&mut self) -> Vec<Test> {
        let diagnosis = self.subject.diagnosis;
        let mut tests: Vec<Test> = diagnosis.cases.iter().map(|case| self.test(case)).collect();
        let diagnosed = self.diagnosed();
        let windows = self.subject.windows;
        for (place, case) in self.subject.run.cases.iter().enumerate() {
            // A failure without a diagnosis is still a failure: it is listed, as inconclusive.
            if case.outcome.failure().is_some() && !diagnosed.contains(&place) {
                tests.push(self.test(&CaseDiagnosis {
                    case: Some(place),
                    window: windows.get(place).copied().flatten(),
                    verdict: diagnosis::Verdict::Inconclusive,
                    hypotheses: Vec::new(),
                    ruled_out: Vec::new(),
                    leads: Vec::new(),
                }));
            }
        }
        tests
    }

    fn test(&mut self, found: &CaseDiagnosis) -> Test {
        let case = found.case.and_then(|place| self.subject.run.cases.get(place));
        let window = found.window.or_else(|| self.subject.windows.get(found.case?).copied().flatten());
        let id = match case {
            Some(case) => self.clean(&case.id),
            None => self.clean(&window_id(window)),
        };
        let failure = case.and_then(|case| match &case.outcome {
            results::Outcome::Flaky(failure) => Some(failure),
            outcome => outcome.failure(),
        });
        let error = failure.and_then(|failure| self.error_line(failure));
        let importance = found.case.and_then(|place| self.subject.importance.get(place));
        Test {
            name: case.map_or_else(|| id.clone(), |case| self.clean(&case.name)),
            id,
            outcome: case.map_or(Outcome::Window, |case| Outcome::from(&case.outcome)),
            attempts: case.map_or(0, |case| case.attempts),
            error: error.map(|error| error.cut_at(ERROR_BYTES)),
            window: window.map(Window::from),
            priority: self.clean_if(importance.and_then(|importance| importance.priority.as_deref())),
            impact: self.clean_if(importance.and_then(|importance| importance.impact.as_deref())),
            verdict: found.verdict.into(),
            hypotheses: found.hypotheses.iter().map(|hypothesis| self.hypothesis(hypothesis)).collect(),
            ruled_out: self.ruled_out(&found.ruled_out),
            leads: found.leads.iter().map(|lead| self.lead(lead)).collect(),
        }
    }

    fn hypothesis(&mut self, found: &diagnosis::Hypothesis) -> Hypothesis {
        let records: Vec<EvidenceIx> = found.whys.iter().flat_map(|why| &why.evidence).copied().collect();
        Hypothesis {
            root: self.rule_id(found.root),
            title: self.clean_made_of(&found.title, &records),
            verdict: found.verdict.into(),
            score: found.score,
            parts: found
                .parts
                .iter()
                .map(|part| Part {
                    name: part.name.to_owned(),
                    points: part.points,
                    reason: self.clean_made_of(&part.reason, &records),
                })
                .collect(),
            whys: found.whys.iter().map(|why| self.why(why)).collect(),
        }
    }

    fn why(&mut self, found: &diagnosis::Why) -> Why {
        Why {
            rule: self.rule_id(found.rule),
            answer: self.clean_made_of(&found.answer, &found.evidence),
            footing: found.footing.into(),
            evidence: self.cited(&found.evidence),
            before_window: found.before_window,
            suspect: self.subject.suspects.contains(&found.rule),
        }
    }

    fn ruled_out(&mut self, found: &[diagnosis::RuledOut]) -> Vec<RuledOut> {
        let mut all = Vec::with_capacity(found.len());
        for rule in found {
            all.push(RuledOut { rule: self.rule_id(rule.rule), reason: self.clean(&rule.reason), suspect: rule.suspect });
        }
        all
    }

    fn lead(&mut self, found: &diagnosis::Lead) -> Lead {
        let next = self.leads.len() + 1;
        let number = *self.leads.entry(found.template.clone()).or_insert(next);
        Lead {
            id: format!("lead-{number}"),
            template: self.clean_made_of(&found.template, &found.evidence),
            failing: found.failing,
            passing: found.passing,
            evidence: self.cited(&found.evidence),
        }
    }

    fn causes(&mut self, pieces: &BTreeMap<EvidenceKey, Evidence>) -> Vec<Cause> {
        let diagnosis = self.subject.diagnosis;
        diagnosis.causes.iter().map(|cause| self.cause(cause, pieces)).collect()
    }

    fn cause(&mut self, found: &diagnosis::Cause, pieces: &BTreeMap<EvidenceKey, Evidence>) -> Cause {
        let (catalog, diagnosis, run) = (self.subject.catalog, self.subject.diagnosis, self.subject.run);
        let rule = catalog.rule(found.root);
        let remedy = rule.render_remedy(&found.captures);
        let mut tests = Vec::with_capacity(found.cases.len());
        for case in found.cases.iter().filter_map(|place| diagnosis.cases.get(*place)) {
            tests.push(match case.case.and_then(|place| run.cases.get(place)) {
                Some(case) => self.clean(&case.id),
                None => self.clean(&window_id(case.window)),
            });
        }
        let mut evidence = self.cited(&found.evidence);
        evidence.sort();
        Cause {
            root: self.clean(&rule.id),
            title: self.clean_made_of(&found.title, &found.evidence),
            class: words::class(rule.class).to_owned(),
            severity: words::severity(rule.severity).to_owned(),
            status: words::status(rule.status).to_owned(),
            verdict: found.verdict.into(),
            fingerprint: self.clean_made_of(&found.fingerprint, &found.evidence),
            tests,
            remedy: Remedy {
                now: self.clean_made_of(&remedy.now, &found.evidence),
                verify: self.clean_made_of(&remedy.verify, &found.evidence),
                prevent: self.clean_made_of(&remedy.prevent, &found.evidence),
            },
            link: self.window_link(&found.evidence, pieces),
            evidence,
            references: self.cleaned(&rule.references),
            suspect: self.subject.suspects.contains(&found.root),
        }
    }

    fn plan(&mut self) -> Vec<Step> {
        let plan = &self.subject.diagnosis.plan;
        plan.iter().map(|step| Step { root: self.clean(&step.root), clears: step.clears, total: step.total }).collect()
    }

    /// What could not be seen in the logs, in the results, and what had to be mended to be seen.
    fn gaps(&mut self) -> Vec<Gap> {
        let (pulled, run) = (self.subject.pulled, self.subject.run);
        let mut gaps = Vec::new();
        for gap in &pulled.gaps {
            gaps.push(Gap { kind: gap.kind.to_owned(), statement: self.clean(&gap.statement) });
        }
        for unread in &run.unread {
            let place = unread.line.map_or_else(|| unread.path.clone(), |line| format!("{}:{line}", unread.path));
            let statement = format!("{place}: {}", unread.reason);
            gaps.push(Gap { kind: "unread-results".to_owned(), statement: self.clean(&statement) });
        }
        for repair in &pulled.repairs {
            let first = repair.line.map_or_else(String::new, |line| format!(", first at line {line}"));
            let statement = format!("{}: {} × {}{first}.", repair.path, repair.count, repair.kind);
            gaps.push(Gap { kind: "repaired".to_owned(), statement: self.clean(&statement) });
        }
        gaps
    }
}

fn moment(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn window_id(window: Option<window::TimeWindow>) -> String {
    window.map_or_else(|| "window".to_owned(), |window| format!("{}/{}", window.start, window.end))
}
