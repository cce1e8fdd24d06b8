//! The catalog as a handbook: a Markdown page per rule, and an index.

use std::collections::BTreeMap;
use std::time::Duration;

use super::inert::{code, fence, prose, visible};
use crate::rules::graph::CauseGraph;
use crate::rules::{Captures, Catalog, Example, Rule, RuleIx};

/// Neighbours drawn to each side of a rule; a symptom may have a hundred causes.
const DRAWN: usize = 12;

/// Examples shown of each kind.
const EXAMPLES: usize = 5;

/// The last line of each page: by it a page of a rule that is gone is told from a file that somebody wrote.
pub const MARK: &str = "<!-- made by `fivewhys rules pages` from the rule file; change that, not this page -->";

/// All pages of the handbook: the path below its folder, and the text. `rule_files` leads from that folder to the one that
/// holds the rules' folders, such as `../../rules`; without it, pages do not link to the files. Linear in rules and edges.
pub fn all(catalog: &Catalog, rule_files: Option<&str>) -> BTreeMap<String, String> {
    let graph = CauseGraph::new(catalog);
    let pages = (0..catalog.rules().len()).map(|place| {
        let page = Page { catalog, graph: &graph, place, rule: catalog.rule(place), rule_files };
        (format!("{}.md", page.rule.id), page.text())
    });
    pages.chain([("README.md".to_owned(), index(catalog))]).collect()
}

fn index(catalog: &Catalog) -> String {
    let mut out =
        "# The rules\n\nOne page per rule, made by `fivewhys rules pages` from the rule files; change those, not these pages.\n"
            .to_owned();
    let mut family = "";
    for rule in catalog.rules() {
        let (own, name) = rule.id.split_once('/').unwrap_or(("", &rule.id));
        if own != family {
            family = own;
            out += &format!("\n## {family}\n\n| rule | what it saw | class | severity |\n|---|---|---|---|\n");
        }
        let title = cell_prose(&titled(rule));
        let kind = if rule.symptom { "symptom" } else { rule.class.name() };
        out += &format!("| [{name}]({}.md) | {title} | {kind} | {} |\n", rule.id, rule.severity.name());
    }
    out + "\n" + MARK + "\n"
}

/// Prose for a table cell: a pipe would end it.
fn cell_prose(text: &str) -> String {
    prose(&visible(text).replace('|', "∣"))
}

/// Stands for whatever a group catches.
fn placeholders(rule: &Rule) -> Captures {
    rule.capture_names().into_iter().map(|name| (name.to_owned(), format!("‹{name}›"))).collect()
}

fn titled(rule: &Rule) -> String {
    rule.render_title(&placeholders(rule))
}

struct Page<'a> {
    catalog: &'a Catalog,
    graph: &'a CauseGraph,
    place: RuleIx,
    rule: &'a Rule,
    rule_files: Option<&'a str>,
}

impl Page<'_> {
    fn text(&self) -> String {
        let rule = self.rule;
        let mut out = format!("# {}\n\n{}\n\n{}\n", code(&rule.id), prose(&visible(&titled(rule))), self.facts());
        let mut section = |heading: &str, body: String| {
            if !body.trim().is_empty() {
                out += &format!("\n## {heading}\n\n{}\n", body.trim_end());
            }
        };
        section("Why", prose(&visible(&rule.render_why(&placeholders(rule)))));
        section("What it looks like", examples(&rule.matching_examples));
        section("What it does not mean", self.not_this());
        section("Causes and effects", self.neighbourhood());
        section("What to do", self.remedy());
        section("Read more", rule.references.iter().map(|link| format!("- {}\n", self.link(link))).collect());
        out + "\n" + MARK + "\n"
    }

    fn facts(&self) -> String {
        let rule = self.rule;
        let mut facts = vec![rule.class.name().to_owned(), rule.severity.name().to_owned(), rule.status.name().to_owned()];
        if rule.symptom {
            facts.push("a symptom: something is always behind it".to_owned());
        } else if self.graph.is_root(self.place) {
            facts.push("a root".to_owned());
        }
        if rule.condition.is_none() {
            facts.push("never seen directly, only inferred".to_owned());
        }
        if let Some(next) = &rule.replaced_by {
            facts.push(format!("replaced by {}", self.to(next)));
        }
        if let Some(files) = self.rule_files {
            facts.push(format!("[the rule]({}{files}/{}.yaml)", self.up(), rule.id));
        }
        facts.join(" · ")
    }

    /// From the page's own folder to that of the index.
    fn up(&self) -> String {
        "../".repeat(self.rule.id.matches('/').count())
    }

    fn to(&self, id: &str) -> String {
        format!("[{}]({}{id}.md)", code(id), self.up())
    }

    /// An address as a link only where it is one that nothing can be hidden in.
    fn link(&self, address: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
        if address.starts_with("https://") && address.chars().all(plain) {
            format!("<{address}>")
        } else {
            code(&visible(address))
        }
    }

    fn not_this(&self) -> String {
        let refines: Vec<String> = self.rule.refines.iter().map(|less| self.to(&self.catalog.rule(*less).id)).collect();
        let finer = self.catalog.rules().iter().filter(|other| other.refines.contains(&self.place));
        let finer: Vec<String> = finer.map(|other| self.to(&other.id)).collect();
        let mut out = examples(&self.rule.other_examples);
        let mut say = |words: &str, rules: Vec<String>| {
            if !rules.is_empty() {
                out += &format!("\n{words} {}.\n", rules.join(", "));
            }
        };
        say("It stands in place of less specific rules:", refines);
        say("These are more specific, and stand in its place where they match too:", finer);
        out
    }

    fn neighbourhood(&self) -> String {
        let causes = self.edges(true);
        let effects = self.edges(false);
        if causes.is_empty() && effects.is_empty() {
            return String::new();
        }
        let mut out = format!("```mermaid\nflowchart LR\n  self[\"{}\"]\n", self.rule.id);
        for (side, edges) in [("c", &causes), ("e", &effects)] {
            for (number, (id, joins)) in edges.iter().take(DRAWN).enumerate() {
                let node = format!("{side}{number}[\"{id}\"]");
                let (from, to) = if side == "c" { (node.as_str(), "self") } else { ("self", node.as_str()) };
                out += &format!("  {from} -- \"{joins}\" --> {to}\n");
            }
            if edges.len() > DRAWN {
                let node = format!("{side}x[\"… and {} more\"]", edges.len() - DRAWN);
                out += &if side == "c" { format!("  {node} --> self\n") } else { format!("  self --> {node}\n") };
            }
        }
        out += "```\n";
        for (words, edges) in [("Caused by", causes), ("Explains", effects)] {
            if !edges.is_empty() {
                let named: Vec<String> = edges.keys().map(|id| self.to(id)).collect();
                out += &format!("\n{words}: {}\n", named.join(", "));
            }
        }
        out
    }

    /// The neighbours on one side in order of id, each with all that the edges ask for.
    fn edges(&self, up: bool) -> BTreeMap<String, String> {
        let mut edges: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |rule: RuleIx, join: &str, within: Option<Duration>| {
            let within = within.map(|within| format!(" within {within:?}")).unwrap_or_default();
            let said = edges.entry(self.catalog.rule(rule).id.clone()).or_default();
            let comma = if said.is_empty() { "" } else { ", " };
            *said += &format!("{comma}{join}{within}");
        };
        if up {
            for cause in self.graph.causes_of(self.place) {
                let edge = &self.catalog.rule(cause.cause).explains[cause.edge];
                add(cause.cause, edge.join.name(), edge.within);
            }
        } else {
            self.graph.effects_of(self.place).iter().for_each(|edge| add(edge.effect, edge.join.name(), edge.within));
        }
        edges
    }

    fn remedy(&self) -> String {
        let remedy = self.rule.render_remedy(&placeholders(self.rule));
        let parts = [("Now", remedy.now), ("Verify", remedy.verify), ("Prevent", remedy.prevent)];
        let written = parts.iter().filter(|(_, text)| !text.trim().is_empty());
        written.map(|(name, text)| format!("- **{name}:** {}\n", prose(&visible(text)))).collect()
    }
}

fn examples(examples: &[Example]) -> String {
    let shown: Vec<String> = examples
        .iter()
        .take(EXAMPLES)
        .map(|example| match example {
            Example::Text(text) => text.clone(),
            Example::Entry(fields) => serde_json::Value::Object(fields.clone()).to_string(),
            Example::Test(test) => {
                format!("test result: {}", if test.message.is_empty() { &test.details } else { &test.message })
            }
        })
        .collect();
    if shown.is_empty() { String::new() } else { fence(&visible(&shown.join("\n"))) + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let cause = "title: 'The host {{ host }} is [down](x) | <b>'\nclass: data\nseverity: low\n\
                     match: { log: { text: 'down: (?<host>\\w+)' } }\nexplains: [{ rule: demo/b, join: window, within: 5s }]\n\
                     why: Because `it` is.\nremedy: { now: 'Start {{ host }}.' }\nreferences: ['https://example.com/a', 'javascript:alert(1)']\n\
                     examples: { match: ['down: a ``` b'], no_match: ['up: a'] }\n";
        let effect = "title: It broke\nclass: test\nseverity: low\nsymptom: true\nmatch: { test: { message: broke } }\n";
        Catalog::from_texts([("demo/a.yaml", cause), ("demo/b.yaml", effect)]).catalog
    }

    #[test]
    fn a_page_says_what_it_saw_what_it_causes_and_what_to_do() {
        let pages = all(&catalog(), Some("../../rules"));
        assert_eq!(pages.keys().collect::<Vec<_>>(), ["README.md", "demo/a.md", "demo/b.md"]);
        let page = &pages["demo/a.md"];
        for expected in [
            "# `demo/a`",
            "The host ‹host›",
            "[the rule](../../../rules/demo/a.yaml)",
            "self -- \"window within 5s\" --> e0[\"demo/b\"]",
            "Explains: [`demo/b`](../demo/b.md)",
            "- **Now:** Start ‹host›.",
            "## What it does not mean\n\n```text\nup: a\n```",
            "<https://example.com/a>",
        ] {
            assert!(page.contains(expected), "{expected} is not in\n{page}");
        }
        assert!(pages["README.md"].contains("| [b](demo/b.md) | It broke | symptom | low |"), "{}", pages["README.md"]);
        assert!(pages["demo/b.md"].contains("Caused by: [`demo/a`](../demo/a.md)"));
    }

    #[test]
    fn what_a_rule_file_says_never_becomes_markup() {
        let page = &all(&catalog(), None)["demo/a.md"];
        assert!(page.contains(r"is \[down\](x) \| `<b>`"), "{page}");
        assert!(page.contains("````text\ndown: a ``` b\n````"), "{page}");
        assert!(page.contains("- `javascript:alert(1)`"), "{page}");
    }
}
