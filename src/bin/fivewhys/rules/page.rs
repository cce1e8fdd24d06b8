//! One rule with all its fields and its place in the cause graph.

use std::time::Duration;

use fivewhys::rules::graph::CauseGraph;
use fivewhys::rules::{Catalog, Condition, Edge, Example, LogMatcher, Pattern, Rule, RuleIx, TestMatcher};

use super::words::{shortened, wrapped};

/// Levels of causes and effects that are drawn.
const LEVELS: usize = 2;

/// Lines drawn at most to each side: a symptom may have a hundred causes behind causes.
const LINES: usize = 40;

/// The page of a rule.
pub fn of(catalog: &Catalog, place: RuleIx, width: usize) -> String {
    let rule = catalog.rule(place);
    let mut page = Page { out: String::new(), width };
    page.head(rule);
    page.paragraph("Why", &rule.why);
    page.paragraph("Now", &rule.remedy.now);
    page.paragraph("Verify", &rule.remedy.verify);
    page.paragraph("Prevent", &rule.remedy.prevent);
    page.condition(rule);
    page.neighbourhood(catalog, place);
    page.examples("Examples", &rule.matching_examples);
    page.examples("Not this", &rule.other_examples);
    page.list("Fingerprint", &rule.fingerprint);
    page.list("References", &rule.references);
    page.out
}

struct Page {
    out: String,
    width: usize,
}

impl Page {
    fn line(&mut self, indent: usize, text: &str) {
        let cut = shortened(text, self.width.saturating_sub(indent).max(20));
        self.out.push_str(format!("{:indent$}{cut}", "").trim_end());
        self.out.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.out.push('\n');
        self.line(0, heading);
    }

    fn head(&mut self, rule: &Rule) {
        self.line(0, &rule.id);
        for line in wrapped(&rule.title, self.width.saturating_sub(2)) {
            self.line(2, &line);
        }
        let mut facts = vec![rule.class.name(), rule.severity.name(), rule.status.name()];
        if rule.symptom {
            facts.push("a symptom: never a root");
        }
        if rule.condition.is_none() {
            facts.push("never seen directly, only inferred");
        }
        self.line(2, &facts.join(" · "));
        if let Some(successor) = &rule.replaced_by {
            self.line(2, &format!("replaced by {successor}"));
        }
        self.line(2, &rule.path);
    }

    fn paragraph(&mut self, heading: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        self.heading(heading);
        let width = self.width.saturating_sub(2);
        for line in text.lines().flat_map(|line| wrapped(line, width)) {
            self.line(2, &line);
        }
    }

    fn list(&mut self, heading: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.heading(heading);
        for item in items {
            self.line(2, item);
        }
    }

    fn examples(&mut self, heading: &str, examples: &[Example]) {
        let lines: Vec<String> = examples.iter().map(shown).collect();
        self.list(heading, &lines);
    }

    fn condition(&mut self, rule: &Rule) {
        if let Some(condition) = &rule.condition {
            self.heading("Matches");
            self.part(rule, condition, 2);
        }
    }

    fn part(&mut self, rule: &Rule, condition: &Condition, indent: usize) {
        let mut group = |word: &str, parts: &[Condition]| {
            self.line(indent, word);
            parts.iter().for_each(|part| self.part(rule, part, indent + 2));
        };
        match condition {
            Condition::All(parts) => group("all of", parts),
            Condition::Any(parts) => group("any of", parts),
            Condition::None(parts) => group("none of", parts),
            Condition::Log(log) => self.log(&rule.log_matchers[*log], indent),
            Condition::Test(test) => self.test(&rule.test_matchers[*test], indent),
            Condition::Count { log, at_least, within } => {
                self.line(indent, &format!("at least {at_least} records{} of", span(*within)));
                self.log(&rule.log_matchers[*log], indent + 2);
            }
            Condition::Absent(log) => {
                self.line(indent, "no record in the window of");
                self.log(&rule.log_matchers[*log], indent + 2);
            }
            Condition::Sequence { steps, within } => {
                self.line(indent, &format!("in this order{}", span(*within)));
                steps.iter().for_each(|log| self.log(&rule.log_matchers[*log], indent + 2));
            }
        }
    }

    fn log(&mut self, matcher: &LogMatcher, indent: usize) {
        if let Some(filter) = &matcher.filter {
            self.whole(indent, &format!("log entry where {}", filter.text().replace('\n', " ")));
        }
        if let Some(text) = &matcher.text {
            self.whole(indent, &format!("log text ~ {}", text.source()));
        }
    }

    fn test(&mut self, matcher: &TestMatcher, indent: usize) {
        let parts = [("message", &matcher.message), ("details", &matcher.details), ("id", &matcher.id)];
        for (name, pattern) in parts {
            if let Some(pattern) = pattern.as_ref().map(Pattern::source) {
                self.whole(indent, &format!("test {name} ~ {pattern}"));
            }
        }
        if !matcher.outcome.is_empty() {
            self.line(indent, &format!("test outcome is {}", matcher.outcome.join(" or ")));
        }
        if let Some(limit) = matcher.shorter_than {
            self.line(indent, &format!("test took less than {limit:?}"));
        }
    }

    /// A line that is not cut: half a pattern is of no use.
    fn whole(&mut self, indent: usize, text: &str) {
        let plain: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
        self.out.push_str(&format!("{:indent$}{plain}\n", ""));
    }

    fn neighbourhood(&mut self, catalog: &Catalog, place: RuleIx) {
        let graph = CauseGraph::new(catalog);
        let rule = catalog.rule(place);
        let tree = |up: bool| {
            let mut tree = Tree { catalog, graph: &graph, up, lines: Vec::new(), path: vec![place] };
            tree.grow(place, "");
            tree.lines
        };
        for (heading, lines) in [("Caused by", tree(true)), ("Explains", tree(false))] {
            if lines.is_empty() {
                continue;
            }
            self.heading(heading);
            let left_out = lines.len().saturating_sub(LINES);
            lines.iter().take(LINES).for_each(|line| self.line(2, line));
            if left_out > 0 {
                self.line(2, &format!("… and {left_out} more"));
            }
        }
        if graph.is_root(place) && !rule.symptom {
            self.heading("Caused by");
            self.line(2, "nothing in the catalog: a root");
        }
        let refines: Vec<String> = rule.refines.iter().map(|less| catalog.rule(*less).id.clone()).collect();
        self.list("Refines", &refines);
        let refined: Vec<String> =
            catalog.rules().iter().filter(|other| other.refines.contains(&place)).map(|other| other.id.clone()).collect();
        self.list("Refined by", &refined);
    }
}

struct Tree<'c> {
    catalog: &'c Catalog,
    graph: &'c CauseGraph,
    up: bool,
    lines: Vec<String>,
    path: Vec<RuleIx>,
}

impl Tree<'_> {
    fn grow(&mut self, at: RuleIx, indent: &str) {
        let next = self.next(at);
        for (number, (rule, joins)) in next.iter().enumerate() {
            let last = number + 1 == next.len();
            let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.lines.push(format!("{indent}{branch}{}  ({joins})", self.catalog.rule(*rule).id));
            if self.path.len() < LEVELS && !self.path.contains(rule) {
                self.path.push(*rule);
                self.grow(*rule, &format!("{indent}{below}"));
                self.path.pop();
            }
        }
    }

    /// The neighbours in one direction, each once, with all its joins.
    fn next(&self, at: RuleIx) -> Vec<(RuleIx, String)> {
        let edges: Vec<(RuleIx, &Edge)> = if self.up {
            let causes = self.graph.causes_of(at).iter();
            causes.map(|cause| (cause.cause, &self.catalog.rule(cause.cause).explains[cause.edge])).collect()
        } else {
            self.graph.effects_of(at).iter().map(|edge| (edge.effect, edge)).collect()
        };
        let mut next: Vec<(RuleIx, String)> = Vec::new();
        for (rule, edge) in edges {
            let join = format!("{}{}", edge.join.name(), span(edge.within));
            match next.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, joins)) => *joins = format!("{joins}, {join}"),
                None => next.push((rule, join)),
            }
        }
        next
    }
}

fn span(within: Option<Duration>) -> String {
    within.map(|within| format!(" within {within:?}")).unwrap_or_default()
}

fn shown(example: &Example) -> String {
    match example {
        Example::Text(text) => text.replace('\n', "⏎"),
        Example::Entry(fields) => serde_json::Value::Object(fields.clone()).to_string(),
        Example::Test(test) => format!("test: {}", test.message.replace('\n', "⏎")),
    }
}
