//! The five whys as plain lines, for formats that hold text between other things.

use super::schema::{Cause, Hypothesis, Report, Test};
use super::story::{self, Chain, Step};

/// Longest answer, error line or cited line in a plain line.
const LINE_BYTES: usize = 1000;

/// What is known of a failed test, best first.
pub(super) struct Known<'a> {
    pub(super) test: &'a Test,
    /// The causes that explain it, in the order of the report.
    pub(super) causes: Vec<&'a Cause>,
}

/// Each failed test with its causes, in the order of the run. Linear in tests and causes.
pub(super) fn known(report: &Report) -> Vec<Known<'_>> {
    let mut causes: std::collections::BTreeMap<&str, Vec<&Cause>> = std::collections::BTreeMap::new();
    for cause in &report.causes {
        for test in &cause.tests {
            causes.entry(test.as_str()).or_default().push(cause);
        }
    }
    let of = |test: &Test| causes.get(test.id.as_str()).cloned().unwrap_or_default();
    report.tests.iter().map(|test| Known { test, causes: of(test) }).collect()
}

impl<'a> Known<'a> {
    /// The hypothesis that is told: that of the first cause, else the best one.
    pub(super) fn hypothesis(&self) -> Option<&'a Hypothesis> {
        let of_cause = |cause: &&Cause| self.test.hypotheses.iter().find(|own| own.root == cause.root);
        self.causes.first().and_then(of_cause).or_else(|| self.test.hypotheses.first())
    }

    /// Verdict, root, whys with their footing and records, what to do; or where to look.
    pub(super) fn lines(&self, report: &Report) -> Vec<String> {
        let mut lines = Vec::new();
        let told = self.hypothesis();
        match (self.causes.first(), told) {
            (Some(cause), _) => lines.push(format!("{}: {} ({})", cause.verdict.word(), cause.title, cause.root)),
            (None, Some(guess)) => {
                lines.push(format!("no cause; {} at most: {} ({})", guess.verdict.word(), guess.title, guess.root));
            }
            (None, None) => lines.push("inconclusive: no rule explains this failure".to_owned()),
        }
        if let Some(hypothesis) = told {
            let error = self.test.error.as_deref();
            lines.extend(hypothesis.whys.iter().zip(1..).flat_map(|(why, number)| {
                let step = story::step(report, why, number, &why.evidence, why.before_window);
                step_lines(&step, error)
            }));
        }
        lines.extend(self.causes.first().iter().flat_map(|cause| remedy(cause)));
        for lead in &self.test.leads {
            let seen = super::text::seen_in(lead.failing, lead.passing);
            lines.push(format!("Look at {}: {} ({seen})", lead.id, cut(&lead.template)));
        }
        lines
    }
}

/// The whys of a chain that tests share, and the records under them.
pub(super) fn chain_lines(chain: &Chain<'_>) -> Vec<String> {
    chain.steps.iter().flat_map(|step| step_lines(step, chain.error)).collect()
}

/// `Why 1 (observed): …`, then the line that shows it.
pub(super) fn step_lines(step: &Step<'_>, error: Option<&str>) -> Vec<String> {
    let before = if step.before_window { ", before the test's window" } else { "" };
    let mut lines = vec![format!("Why {} ({}{before}): {}", step.number, step.footing.word(), cut(step.answer))];
    if step.in_result {
        let said = error.map_or_else(String::new, |error| format!(": {}", cut(story::key_line(error))));
        lines.push(format!("  test result{said}"));
    }
    for cited in step.cited.iter().take(1) {
        let service = cited.evidence.service.as_deref().unwrap_or(&cited.evidence.log);
        lines.push(format!("  {} {} {service}: {}", cited.key, cited.at, cut(cited.line)));
    }
    lines
}

/// `Now: …`, `Verify: …`, `Prevent: …`: what the catalog names of them.
pub(super) fn remedy(cause: &Cause) -> Vec<String> {
    let parts = [("Now", &cause.remedy.now), ("Verify", &cause.remedy.verify), ("Prevent", &cause.remedy.prevent)];
    let named = parts.iter().filter(|(_, text)| !text.trim().is_empty());
    named.map(|(label, text)| format!("{label}: {}", cut(text))).collect()
}

/// The text on one line, at most [`LINE_BYTES`] long.
pub(super) fn cut(text: &str) -> String {
    cut_at(text, LINE_BYTES)
}

/// The text on one line, at most so many bytes and an ellipsis long.
pub(super) fn cut_at(text: &str, bytes: usize) -> String {
    let line = text.trim().replace('\n', " ⏎ ");
    if line.len() <= bytes { line } else { format!("{}…", &line[..line.floor_char_boundary(bytes)]) }
}
