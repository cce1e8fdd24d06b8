//! Puts a draft on paper: a rule file with a comment at each place that a person must look at.

use super::draft::Draft;
use super::edges::Proposed;
use super::ordinary::Seen;
use crate::report::inert;
use crate::rules::load::Loaded;
use crate::rules::{Catalog, Class, Example, Join, Severity};

/// All that stands in the file.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The draft.
    pub draft: &'a Draft,
    /// What it explains.
    pub explains: &'a [Proposed],
    /// Ids of the less specific rules.
    pub refines: &'a [String],
    /// Where the line came from, in words.
    pub origin: &'a str,
    /// Where the line was seen, where logs were read.
    pub seen: Option<Seen>,
    /// The answer to "why?", where a person gave one.
    pub why: Option<&'a str>,
    /// What puts it right, where a person said so.
    pub remedy: Option<&'a str>,
}

/// The text of the file. It loads, its example is matched, and its counter-examples are not: see [`verified`].
pub fn write(sheet: &Sheet<'_>) -> String {
    let draft = sheet.draft;
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("# Drafted from {}. Where it says todo, a person must look.", one_line(sheet.origin)));
    line(format!("title: {}", scalar(&draft.title, 0)));
    line(format!(
        "class: {}  # todo: whose business is it? product, test, infrastructure, config or data",
        class(draft.proposed.class)
    ));
    line(format!("severity: {}", severity(draft.proposed.severity)));
    line("status: experimental".to_owned());
    line("match:".to_owned());
    line("  any:".to_owned());
    line("    - log:".to_owned());
    if let Some(filter) = &draft.filter {
        line(format!("        filter: {}", scalar(filter, 8)));
    }
    line(format!("        text: {}", scalar(&draft.pattern, 8)));
    if !sheet.refines.is_empty() {
        line(format!("refines: [{}]", sheet.refines.join(", ")));
    }
    explains(sheet, &mut line);
    why_and_remedy(sheet, &mut line);
    let telling: Vec<&str> =
        draft.captures.iter().filter(|capture| capture.tells_apart).map(|capture| capture.name.as_str()).collect();
    if !telling.is_empty() {
        line(format!("fingerprint: [{}]", telling.join(", ")));
    }
    line("examples:".to_owned());
    line("  match:".to_owned());
    line(format!("    - {}", scalar(&draft.example, 6)));
    line("    # todo: the same in another wording, where you know one".to_owned());
    if !draft.counter_examples.is_empty() {
        line("  no_match:".to_owned());
        if draft.held_against == 0 {
            line("    # todo: the ordinary line that looks most like it; this is only a part of the line itself".to_owned());
        }
        draft.counter_examples.iter().for_each(|example| line(format!("    - {}", scalar(example, 6))));
    }
    out
}

fn explains(sheet: &Sheet<'_>, line: &mut impl FnMut(String)) {
    if sheet.explains.is_empty() {
        line("# todo: what does it cause? Without an edge to a symptom it is never the cause of a failure:".to_owned());
        line("# explains:".to_owned());
        line("#   - { rule: test/http-500, join: window }".to_owned());
        return;
    }
    line("explains:  # todo: do these follow from it, or did they only come after it?".to_owned());
    for edge in sheet.explains {
        let within = edge.within.map(|within| format!(", within: {}s", within.as_secs())).unwrap_or_default();
        line(format!("  - {{ rule: {}, join: {}{within} }}  # {}", edge.rule, join(edge.join), one_line(&edge.seen)));
    }
}

fn why_and_remedy(sheet: &Sheet<'_>, line: &mut impl FnMut(String)) {
    match sheet.why {
        Some(why) => line(format!("why: {}", scalar(&without_braces(why), 2))),
        None => {
            line("# todo: the answer to \"why?\" in one plain sentence".to_owned());
            line(format!("why: {}", scalar(&placeholder(sheet), 2)));
        }
    }
    line("remedy:".to_owned());
    match sheet.remedy {
        Some(remedy) => line(format!("  now: {}", scalar(&without_braces(remedy), 4))),
        None => {
            line("  now: Not written down yet; look at the lines around the evidence.  # todo: what puts it right".to_owned())
        }
    }
    line("  verify: Re-run the test; no entry matches this rule in its window.".to_owned());
    line("  # todo: prevent: what keeps it from coming back".to_owned());
}

/// What is known without a person: where it was seen.
fn placeholder(sheet: &Sheet<'_>) -> String {
    match sheet.seen {
        Some(Seen { failing: (failing, all), passing: (passing, of) }) if failing > 0 => format!(
            "It was logged in {failing} of {all} failing windows and in {passing} of {of} passing ones when the rule was drafted; what is behind it was not written down yet."
        ),
        _ => "It was logged around the failure; what is behind it was not written down yet.".to_owned(),
    }
}

/// The text as YAML, indented by so much where it takes several lines.
fn scalar(text: &str, indent: usize) -> String {
    let text = inert::visible(text.trim_end());
    if !text.contains('\n') {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let plain = !text.starts_with([' ', '\t', '\n']) && !text.contains('\t') && text.lines().all(|line| !line.ends_with(' '));
    match plain {
        true => {
            let pad = " ".repeat(indent);
            let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") });
            format!("|-\n{}", lines.collect::<Vec<_>>().join("\n"))
        }
        // JSON is YAML, and says every character.
        false => serde_json::Value::String(text).to_string(),
    }
}

fn one_line(text: &str) -> String {
    inert::visible(text).replace(['\n', '\t'], " ")
}

fn without_braces(text: &str) -> String {
    text.replace(['{', '}'], "")
}

/// Why a file that was written is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It does not load.
    #[error("the draft does not load: {0}")]
    Problem(String),
    /// It does not do what its examples say.
    #[error("the draft does not stand its own examples: {0}")]
    Example(String),
}

/// Loads the file as its user will, and holds it against its own examples.
///
/// # Errors
///
/// [`Flaw`]: then nothing should be written.
pub fn verified(id: &str, text: &str, catalog: &Catalog) -> Result<(), Flaw> {
    // The rules it refers to need not be read again to know that they are there.
    let stubs: Vec<(String, String)> = catalog
        .rules()
        .iter()
        .filter(|rule| rule.id != id)
        .map(|rule| (format!("{}.yaml", rule.id), stub(rule.symptom)))
        .collect();
    let path = format!("{id}.yaml");
    let texts = stubs.iter().map(|(path, text)| (path.as_str(), text.as_str())).chain([(path.as_str(), text)]);
    let Loaded { catalog, problems, .. } = Catalog::from_texts(texts);
    if let Some(problem) = problems.iter().find(|problem| problem.path == path) {
        return Err(Flaw::Problem(problem.to_string()));
    }
    let Some(rule) = catalog.find(id).map(|place| catalog.rule(place)) else {
        return Err(Flaw::Problem("it was not taken up".to_owned()));
    };
    let pattern = rule.log_matchers.first().and_then(|matcher| matcher.text.as_ref());
    let matches =
        |example: &Example| matches!((example, pattern), (Example::Text(text), Some(pattern)) if pattern.is_match(text));
    match (rule.matching_examples.iter().all(matches), rule.other_examples.iter().any(matches)) {
        (true, false) => Ok(()),
        (false, _) => Err(Flaw::Example("one that must match does not".to_owned())),
        (_, true) => Err(Flaw::Example("one that must not match does".to_owned())),
    }
}

fn stub(symptom: bool) -> String {
    format!("title: t\nclass: product\nseverity: low\nsymptom: {symptom}\n")
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Product => "product",
        Class::Test => "test",
        Class::Infrastructure => "infrastructure",
        Class::Config => "config",
        Class::Data => "data",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    }
}

/// The word that a rule file writes for a join.
pub fn join(join: Join) -> &'static str {
    match join {
        Join::Trace => "trace",
        Join::Request => "request",
        Join::Instance => "instance",
        Join::Revision => "revision",
        Join::Window => "window",
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::{Seed, draft};
    use super::*;

    fn file(line: &str) -> (String, String) {
        let draft = draft(&Seed { text: line, service: Some("orders"), ..Seed::default() }).unwrap();
        let sheet = Sheet { draft: &draft, explains: &[], refines: &[], origin: "a\ntest", seen: None, why: None, remedy: None };
        (format!("{}/{}", draft.proposed.family, draft.proposed.name), write(&sheet))
    }

    #[test]
    fn every_draft_loads_and_stands_its_examples_whatever_the_line_holds() {
        for line in [
            "seat map checksum 0x1f3a disagrees with ledger 0x1f38; refusing to publish",
            "quota: 'it''s' {{ broken }} # not a comment {% of %} tenant: [acme] |- >",
            "ledger\tmirror \u{202e}reversed\u{7} by shard %YAML --- ... &anchor *alias !tag",
            "seat ledger mirror refused\n  with: two\n\tlines\n\n- and a list  \n",
            "Traceback (most recent call last):\n  File \"/app/seats.py\", line 3, in reserve\n    x\nKeyError: 'seat'",
        ] {
            let (id, text) = file(line);
            verified(&id, &text, &Catalog::default()).unwrap_or_else(|flaw| panic!("{flaw}\n{text}"));
        }
    }
}
