//! The chains of a cause as a Mermaid flowchart: from the failed tests to the root, and beside them what was ruled out.
//!
//! Labels hold nothing that Mermaid reads: its syntax, entities, icons, formulas and the little Markdown it knows are
//! all spelled with look-alikes (<https://mermaid.js.org/syntax/flowchart.html>).

use std::collections::BTreeMap;

use super::columns::wrapped;
use super::schema::{Cause, Footing};
use super::story::{Chain, Exclusion, Step, counted};

/// Columns of a label: what Mermaid itself does not break again.
const COLUMNS: usize = 25;

/// Lines that a text may take in a label.
const LINES: usize = 4;

/// Nodes for what was ruled out, and rules named in one of them; the others are counted.
const EXCLUDED: usize = 4;

/// Colours that are read on light and dark pages alike: every node brings its own ground.
const CLASSES: [&str; 6] = [
    "classDef tests fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "classDef observed fill:#ddf4ff,stroke:#0969da,color:#1f2328",
    "classDef inferred fill:#ffffff,stroke:#0969da,color:#1f2328,stroke-dasharray:6 4",
    "classDef root fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-width:3px",
    "classDef inferredRoot fill:#ffffff,stroke:#cf222e,color:#1f2328,stroke-width:3px,stroke-dasharray:6 4",
    "classDef out fill:#f6f8fa,stroke:#8c959f,color:#57606a,stroke-dasharray:2 3",
];

/// The flowchart, without a fence around it. Solid lines lead to what was observed, dashed ones to what is inferred,
/// dotted ones with a cross to what was ruled out. Empty where there is no chain.
pub(super) fn diagram(cause: &Cause, chains: &[Chain<'_>], excluded: &[Exclusion<'_>]) -> String {
    if chains.is_empty() {
        return String::new();
    }
    let mut chart = Chart::default();
    for chain in chains {
        chart.chain(cause, chain);
    }
    chart.excluded(excluded);
    chart.finish()
}

#[derive(Default)]
struct Chart<'a> {
    nodes: Vec<String>,
    edges: Vec<String>,
    /// Places among the edges of those to what was ruled out.
    faint: Vec<String>,
    /// What was drawn already: several chains may share steps.
    drawn: BTreeMap<(&'a str, bool), usize>,
}

impl<'a> Chart<'a> {
    fn node(&mut self, open: &str, lines: &[String], close: &str, class: &str) -> usize {
        let place = self.nodes.len();
        self.nodes.push(format!("n{place}{open}\"{}\"{close}:::{class}", lines.join("<br/>")));
        place
    }

    fn edge(&mut self, from: usize, arrow: &str, to: usize) {
        let edge = format!("n{from} {arrow} n{to}");
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    fn chain(&mut self, cause: &Cause, chain: &Chain<'a>) {
        let count = counted(chain.tests.len(), "failing test");
        let mut from = self.node("([", &[harmless(&count)], "])", "tests");
        for (place, step) in chain.steps.iter().enumerate() {
            let root = place + 1 == chain.steps.len();
            let observed = step.footing == Footing::Observed;
            let to = match self.drawn.get(&(step.rule, observed)) {
                Some(known) => *known,
                None => self.step(cause, step, root, observed),
            };
            self.drawn.insert((step.rule, observed), to);
            self.edge(from, if observed { "-->" } else { "-.->" }, to);
            from = to;
        }
    }

    fn step(&mut self, cause: &Cause, step: &Step<'a>, root: bool, observed: bool) -> usize {
        let mut lines = Vec::new();
        if root {
            lines.push(if cause.suspect { "ROOT CAUSE, as you suspected" } else { "ROOT CAUSE" }.to_owned());
            lines.extend(label(&cause.title));
            lines.extend(label(step.rule));
        } else {
            lines.extend(label(step.rule));
            lines.extend(label(step.answer));
        }
        let shown = match (observed, step.cited.first()) {
            (false, _) => "inferred, not seen".to_owned(),
            (true, None) => "observed in the test result".to_owned(),
            (true, Some(cited)) => format!("observed, {}", cited.key),
        };
        lines.push(harmless(&shown));
        let class = match (root, observed) {
            (true, true) => "root",
            (true, false) => "inferredRoot",
            (false, true) => "observed",
            (false, false) => "inferred",
        };
        self.node("[", &lines, "]", class)
    }

    fn excluded(&mut self, exclusions: &[Exclusion<'_>]) {
        for item in exclusions.iter().take(EXCLUDED) {
            let mut lines = vec![if item.suspect { "Ruled out, your suspect" } else { "Ruled out" }.to_owned()];
            lines.extend(item.rules.iter().take(EXCLUDED).flat_map(|rule| label(rule)));
            if item.rules.len() > EXCLUDED {
                lines.push(format!("and {} more", item.rules.len() - EXCLUDED));
            }
            let because = [
                ("nothing leads from it", "in the logs, unconnected"),
                ("matched", "as common without failure"),
                ("could not be seen", "could not be seen"),
            ];
            let because =
                because.iter().find(|(reason, _)| item.reason.contains(reason)).map_or("no entry matches", |(_, word)| word);
            lines.push(because.to_owned());
            self.rule_out(&lines);
        }
        let more: usize = exclusions.iter().skip(EXCLUDED).map(|item| item.rules.len()).sum();
        if more > 0 {
            self.rule_out(&[format!("and {more} more ruled out")]);
        }
    }

    fn rule_out(&mut self, lines: &[String]) {
        let node = self.node("[", lines, "]", "out");
        self.faint.push(self.edges.len().to_string());
        self.edge(0, "-.-x", node);
    }

    fn finish(self) -> String {
        let mut lines = vec!["flowchart LR".to_owned(), "accTitle: From the failed tests to the root cause".to_owned()];
        lines.extend(self.nodes);
        lines.extend(self.edges);
        lines.extend(CLASSES.map(str::to_owned));
        if !self.faint.is_empty() {
            lines.push(format!("linkStyle {} stroke:#8c959f,stroke-width:1px,stroke-dasharray:2 3", self.faint.join(",")));
        }
        lines.join("\n  ") + "\n"
    }
}

/// A text as the lines of a label.
fn label(text: &str) -> Vec<String> {
    let mut lines = wrapped(&harmless(text), COLUMNS);
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines[LINES - 1].push_str(" …");
    }
    lines.retain(|line| !line.is_empty());
    lines.into_iter().map(|line| without_list(&line)).collect()
}

/// The text with look-alikes for every character that Mermaid, or the Markdown and HTML in its labels, gives a meaning.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_is_space = letters.peek().is_none_or(|next| next.is_whitespace());
        out.push(match letter {
            letter if letter.is_whitespace() => ' ',
            '"' | '`' => '\'',
            '<' => '‹',
            '>' => '›',
            '[' | '{' => '(',
            ']' | '}' => ')',
            ':' if !next_is_space => '\u{2236}',
            ';' => ',',
            '#' | '%' | '&' | '|' | '\\' | '*' | '~' | '$' | '@' | '^' => wide(letter),
            letter if letter.is_control() => '·',
            letter => letter,
        });
    }
    out
}

/// A line that begins no list: some versions of Mermaid refuse to draw what looks like one.
fn without_list(line: &str) -> String {
    let number = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    match number.strip_prefix(['.', ')']) {
        Some(rest) if number.len() < line.len() => format!("{}\u{2024}{rest}", &line[..line.len() - number.len()]),
        _ => line.strip_prefix(['-', '+']).map_or_else(|| line.to_owned(), |rest| format!("\u{2010}{rest}")),
    }
}

/// The full-width form of an ASCII character: U+FF01 to U+FF5E stand for U+0021 to U+007E.
fn wide(letter: char) -> char {
    char::from_u32(u32::from(letter) + 0xfee0).unwrap_or('·')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_mermaid_reads_is_left_in_a_label() {
        let hostile =
            "zqx\"]; click n0 \"javascript:alert(1)\" %%{init: {}}%% <b>`x`</b> #quot; $$x$$ fa:fa-car __b__ 1. x\n- y :::root";
        let lines = label(hostile);
        assert_eq!(lines.len(), LINES);
        for line in lines {
            assert!(!line.contains(['"', '`', '<', '>', '[', ']', '{', '}', '#', ';', '%', '$', '\\', '*', '\n']), "{line}");
            assert!(!line.contains(":f") && !line.contains("::"), "{line}");
        }
    }

    #[test]
    fn no_line_begins_a_list() {
        assert_eq!(label("1. first"), ["1\u{2024} first"]);
        assert_eq!(label("- first"), ["\u{2010} first"]);
        assert_eq!(label("1.5 seconds, 2 - 1"), ["1\u{2024}5 seconds, 2 - 1"]);
    }

    #[test]
    fn ordinary_words_stay_as_they_are() {
        assert_eq!(
            harmless("auth/missing-jwt: the request (of ‹email:1›) carried none"),
            "auth/missing-jwt: the request (of ‹email∶1›) carried none"
        );
    }
}
