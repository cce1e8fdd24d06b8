//! The report for a terminal: as wide as it is told, readable without colour.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use super::budget::{self, Cuts};
use super::columns::{Style, ending, wrapped};
use super::schema::{Report, Test};
use super::story::{self, Affected, CauseStory, Chain, Cited, Step, Story, Unexplained};
use super::{Look, RenderError, inert};

/// Rules listed as ruled out.
const EXCLUDED: usize = 10;

/// Tests named per cause; the others are counted.
const TESTS: usize = 8;

/// Leads shown per unexplained test.
const LEADS: usize = 3;

/// Terminal lines that a line of a log may take.
const LOG_LINES: usize = 4;

/// What is left out where a page must be short, first things first. Headline, roots, answers, error lines,
/// remedies and the command to reproduce always stay.
const DROP_ORDER: [(&str, &str); 7] = [
    ("redactions", "what was taken out"),
    ("herrings", "red herrings"),
    ("excluded", "what was ruled out"),
    ("records", "log lines"),
    ("technical", "places and times"),
    ("test_lists", "lists of tests"),
    ("gaps", "gaps"),
];

/// Columns beyond which prose is hard to read.
const PROSE: usize = 100;

/// Column at which answers begin: behind `   Why 1  observed  `.
const ANSWER: usize = 20;

/// Column at which the records under an answer begin.
const RECORD: usize = 10;

/// Renders the report for a terminal of 60 to 200 columns; other widths are brought into that range.
///
/// # Errors
///
/// [`RenderError::Json`] where serde refuses a value; no report made by [`super::build`] holds one.
pub fn render(report: &Report, look: Look) -> Result<String, RenderError> {
    render_within(report, look, usize::MAX)
}

/// The same within so many bytes; where even what always stays is longer, the page is longer than the limit.
pub(super) fn render_within(report: &Report, look: Look, max_bytes: usize) -> Result<String, RenderError> {
    let report = inert::visible_report(report)?;
    budget::within(story::tell(&report), DROP_ORDER.len(), max_bytes, |story, cuts| Ok(page_without(story, cuts, look)))
}

fn page_without(story: &Story<'_>, cuts: &Cuts, look: Look) -> String {
    let width = look.width.clamp(60, 200);
    let mut page = Page { out: String::new(), width, colour: look.colour, dropped: cuts.sections };
    page.opening(story);
    let left_out = cuts.names(&DROP_ORDER);
    if !left_out.is_empty() {
        page.paragraph(0, Style::Caution, &format!("Left out for length: {}. report.json holds all of it.", left_out.join(", ")));
    }
    for cause in &story.causes {
        page.cause(cause);
    }
    page.unexplained(&story.unexplained);
    page.exclusions(story);
    page.reservations(story);
    page.closing(story);
    inert::disarmed(&page.out, "∷", "##⟦")
}

struct Page {
    out: String,
    width: usize,
    colour: bool,
    /// How many sections of [`DROP_ORDER`] are left out.
    dropped: usize,
}

impl Page {
    fn shows(&self, section: &str) -> bool {
        DROP_ORDER.iter().skip(self.dropped).any(|(name, _)| *name == section)
    }

    fn styled(&self, style: Style, text: &str) -> String {
        style.on(text, self.colour)
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A label in its column, then the text, wrapped and aligned behind it.
    fn entry(&mut self, label: &str, label_style: Style, column: usize, style: Style, text: &str) {
        let lines = wrapped(text, self.width.saturating_sub(column).min(PROSE));
        for (place, line) in lines.iter().enumerate() {
            let shown = if place == 0 { label } else { "" };
            let gap = column.saturating_sub(shown.width());
            let label = self.styled(label_style, shown);
            let line = self.styled(style, line);
            self.out.push_str(&format!("{label}{}{line}\n", " ".repeat(gap)));
        }
    }

    fn paragraph(&mut self, indent: usize, style: Style, text: &str) {
        self.entry("", Style::Plain, indent, style, text);
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.paragraph(0, Style::Strong, text);
    }

    fn opening(&mut self, story: &Story<'_>) {
        self.paragraph(0, Style::Strong, &story.headline);
        self.paragraph(0, Style::Faint, &story.summary);
        for (step, number) in story.plan.iter().zip(1..) {
            self.entry(&format!("Fix {number}"), Style::Plain, 7, Style::Plain, step);
        }
        for premise in &story.broken_premises {
            self.entry("! ", Style::Bad, 2, Style::Plain, &premise.statement);
        }
    }

    fn cause(&mut self, story: &CauseStory<'_>) {
        let cause = story.cause;
        self.blank();
        self.entry(&format!("{}  ", story.number), Style::Strong, 3, Style::Strong, &cause.title);
        let mut tags = vec![cause.root.to_string(), cause.verdict.word().to_owned(), cause.severity.clone(), cause.class.clone()];
        if cause.status == "experimental" {
            tags.push("experimental rule".to_owned());
        }
        tags.push(format!("explains {}", story::counted(cause.tests.len(), "test")));
        if cause.suspect {
            tags.push("you suspected this".to_owned());
        }
        self.paragraph(3, Style::of_verdict(cause.verdict), &tags.join(" · "));
        for chain in &story.chains {
            self.blank();
            if story.chains.len() > 1 {
                self.paragraph(3, Style::Faint, &format!("In {}:", story::counted(chain.tests.len(), "test")));
            }
            self.chain(chain);
        }
        if story.tests_beyond > 0 && !story.chains.is_empty() {
            self.paragraph(3, Style::Faint, &format!("{} more with chains that differ; see report.json.", story.tests_beyond));
        }
        self.blank();
        if self.shows("test_lists") {
            self.tests(&story.tests);
        }
        self.technical(story);
        for (label, text) in
            [("   Now", &cause.remedy.now), ("   Verify", &cause.remedy.verify), ("   Prevent", &cause.remedy.prevent)]
        {
            if !text.trim().is_empty() {
                self.entry(label, Style::Strong, 12, Style::Plain, text);
            }
        }
    }

    /// Where and when it was seen.
    fn technical(&mut self, story: &CauseStory<'_>) {
        if let Some((first, last)) = story.seen.as_ref().filter(|_| self.shows("technical")) {
            let mut seen = first.clone();
            if first != last {
                seen.push_str(&format!(
                    " to {}",
                    last.split_once(' ').filter(|(day, _)| first.starts_with(day)).map_or(last.as_str(), |(_, time)| time)
                ));
            }
            seen.push_str(" UTC");
            // A revision is named after its service.
            let places = if story.revisions.is_empty() { &story.services } else { &story.revisions };
            if !places.is_empty() {
                seen.push_str(&format!(" in {}", cut_list(places)));
            }
            self.entry("   Seen", Style::Strong, 12, Style::Plain, &seen);
            if let Some(frame) = &story.frame {
                self.entry("   Code", Style::Strong, 12, Style::Plain, frame);
            }
        }
    }

    /// One test a line, the first [`TESTS`] of them; what is too long for the line loses its beginning.
    fn tests(&mut self, tests: &[Affected<'_>]) {
        for (place, test) in tests.iter().take(TESTS).enumerate() {
            let label = if place == 0 { "   Tests" } else { "" };
            let priority = test.priority.map(|priority| format!("{priority} ")).unwrap_or_default();
            let room = self.width.saturating_sub(12 + priority.width());
            let gap = " ".repeat(12 - label.width());
            let label = self.styled(Style::Strong, label);
            self.out.push_str(&format!("{label}{gap}{priority}{}\n", ending(test.id, room)));
        }
        if tests.len() > TESTS {
            self.paragraph(12, Style::Faint, &format!("and {} more", tests.len() - TESTS));
        }
        let impacts: BTreeSet<&str> = tests.iter().filter_map(|test| test.impact).collect();
        if !impacts.is_empty() {
            let impacts: Vec<&str> = impacts.into_iter().collect();
            self.entry("   Impact", Style::Strong, 12, Style::Plain, &cut_list(&impacts));
        }
    }

    fn chain(&mut self, chain: &Chain<'_>) {
        for step in &chain.steps {
            self.step(step);
            if step.in_result {
                let said = chain.error.map_or_else(String::new, |error| format!(": {}", story::key_line(error)));
                self.log_line(RECORD, &format!("test result{said}"));
            }
            for cited in step.cited.iter().take(1) {
                self.cited(RECORD, cited);
            }
            let more = step.more + step.cited.len().saturating_sub(1);
            if more > 0 {
                self.paragraph(RECORD, Style::Faint, &format!("and {more} more like it"));
            }
        }
    }

    fn step(&mut self, step: &Step<'_>) {
        let label = format!("   Why {}  {}", step.number, step.footing.word());
        let before = if step.before_window { " (seen before the test's window)" } else { "" };
        let suspect = if step.suspect { " (you suspected this)" } else { "" };
        self.entry(&label, Style::of_footing(step.footing), ANSWER, Style::Plain, &format!("{}{before}{suspect}", step.answer));
    }

    fn cited(&mut self, indent: usize, cited: &Cited<'_>) {
        if !self.shows("records") {
            return;
        }
        let service = cited.evidence.service.as_deref().unwrap_or(&cited.evidence.log);
        let place = format!("{} {} {service}: ", cited.key, story::time(&cited.evidence.timestamp));
        self.log_line(indent, &format!("{place}{}", cited.line));
    }

    /// A line of a log, cut after [`LOG_LINES`] lines of the terminal.
    fn log_line(&mut self, indent: usize, text: &str) {
        let mut lines = wrapped(text, self.width.saturating_sub(indent + 2));
        if lines.len() > LOG_LINES {
            lines.truncate(LOG_LINES);
            lines[LOG_LINES - 1].push_str(" …");
        }
        for line in lines {
            let line = self.styled(Style::Faint, &line);
            self.out.push_str(&format!("{}{line}\n", " ".repeat(indent)));
        }
    }

    fn unexplained(&mut self, stories: &[Unexplained<'_>]) {
        if stories.is_empty() {
            return;
        }
        let tests = stories.iter().map(|story| 1 + story.also.len()).sum();
        self.heading(&format!("Unexplained: {}", story::counted(tests, "test")));
        for story in stories.iter().take(TESTS) {
            self.unexplained_test(story);
        }
        if stories.len() > TESTS {
            let more = stories.iter().skip(TESTS).map(|story| 1 + story.also.len()).sum::<usize>();
            self.paragraph(3, Style::Faint, &format!("and {more} more"));
        }
    }

    fn unexplained_test(&mut self, story: &Unexplained<'_>) {
        let test = story.test;
        self.entry("   ", Style::Plain, 3, Style::Plain, &format!("{} ({}{})", test.id, test.outcome.word(), importance(test)));
        if let Some(error) = &test.error {
            self.log_line(5, story::key_line(error));
        }
        if !story.also.is_empty() {
            let names: Vec<&str> = story.also.iter().map(|id| id.rsplit("::").next().unwrap_or(id)).collect();
            let tests = story::counted(names.len(), "test");
            let also = format!("and {tests} of which the same is known: {}", cut_list(&names));
            self.paragraph(5, Style::Faint, &also);
        }
        if let Some(guess) = &story.guess {
            self.paragraph(5, Style::of_verdict(guess.hypothesis.verdict), &story::as_far_as(guess));
            self.chain(guess);
        }
        if story.leads.is_empty() && story.guess.is_none() {
            self.paragraph(5, Style::Caution, "inconclusive: no rule matched, and no line is unusual to this failure");
        }
        for lead in story.leads.iter().take(LEADS) {
            let seen = seen_in(lead.failing, lead.passing);
            let number = if lead.id.is_empty() { String::new() } else { format!("{} · ", lead.id) };
            self.entry("     Look at ", Style::Caution, 13, Style::Plain, &format!("{number}{} ({seen})", lead.template));
            for cited in lead.cited.iter().take(1) {
                self.cited(13, cited);
            }
        }
    }

    fn exclusions(&mut self, story: &Story<'_>) {
        if self.shows("excluded") && !story.ruled_out.is_empty() {
            self.heading("Ruled out");
            let listed = story.exclusions.iter().filter(|excluded| excluded.suspect).count().max(EXCLUDED);
            for excluded in story.exclusions.iter().take(listed) {
                let suspect = if excluded.suspect { " (your suspect)" } else { "" };
                let tests = match (excluded.tests, excluded.rules.len()) {
                    (2.., 1) => format!(" [{} tests]", excluded.tests),
                    (2.., _) => format!(" [up to {} tests each]", excluded.tests),
                    _ => String::new(),
                };
                let rules = excluded.rules.join(", ");
                self.paragraph(3, Style::Plain, &format!("{rules}{suspect}: {}{tests}", excluded.reason));
            }
            if story.exclusions.len() > listed {
                self.paragraph(3, Style::Faint, &format!("and {} more; see report.json", story.exclusions.len() - listed));
            }
        }
        if self.shows("herrings") && !story.report.red_herrings.is_empty() {
            self.heading("Loud but innocent");
            for herring in &story.report.red_herrings {
                self.paragraph(3, Style::Plain, &format!("{}: {}", herring.rule, herring.reason));
            }
        }
    }

    fn reservations(&mut self, story: &Story<'_>) {
        if self.shows("gaps") && !story.report.gaps.is_empty() {
            self.heading("Gaps");
            for gap in &story.report.gaps {
                self.entry("   - ", Style::Caution, 5, Style::Plain, &gap.statement);
            }
        }
        let taken: usize = story.report.redactions.iter().map(|redaction| redaction.count).sum();
        if self.shows("redactions") && taken > 0 {
            let kinds = story.report.redactions.iter().map(|redaction| format!("{} {}", redaction.count, redaction.kind));
            self.heading(&format!("Taken out: {}", kinds.collect::<Vec<_>>().join(", ")));
        }
    }

    fn closing(&mut self, story: &Story<'_>) {
        if !story.report.run.flaky.is_empty() {
            self.heading(&format!("Flaky: {}", cut_list(&story.report.run.flaky)));
        }
        if !story.report.reproduce.is_empty() {
            self.blank();
            self.out.push_str(&format!("Again: {}\n", story.report.reproduce.replace('\n', " ")));
        }
    }
}

/// `seen in 3 failing windows and no passing one`.
pub(super) fn seen_in(failing: u32, passing: u32) -> String {
    let failing = story::counted(failing as usize, "failing window");
    match passing {
        0 => format!("in {failing}, in no passing one"),
        1 => format!("in {failing}, in 1 passing one"),
        passing => format!("in {failing}, in {passing} passing ones"),
    }
}

/// `, priority P0: nobody can buy`
fn importance(test: &Test) -> String {
    let priority = test.priority.as_ref().map(|priority| format!(", priority {priority}")).unwrap_or_default();
    let impact = test.impact.as_ref().map(|impact| format!(": {impact}")).unwrap_or_default();
    priority + &impact
}

/// The first [`TESTS`] names, then how many more.
fn cut_list<T: AsRef<str>>(names: &[T]) -> String {
    let shown: Vec<&str> = names.iter().take(TESTS).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(TESTS) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
