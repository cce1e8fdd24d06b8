//! The report as SARIF 2.1.0 (OASIS, 2020): a result for each root cause, then for each group of unexplained tests.
//!
//! It keeps to what GitHub's code scanning reads ("SARIF support for code scanning"): every location has a file and a
//! line, results are told apart by `partialFingerprints`, and no list is longer than what is shown of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::location::{self, Location};
use super::schema::{Cause, Report, Test, Verdict};
use super::story::{self, CauseStory, Chain, Story, Unexplained};
use super::{RenderError, inert, telling};

/// GitHub takes 25,000 results a run and shows 5,000.
const RESULTS: usize = 5_000;

/// GitHub takes 1,000 locations a result and shows 100.
const RELATED: usize = 100;

/// Longest text of a message.
const TEXT_BYTES: usize = 8 * 1024;

/// The rule of tests without a cause.
const UNEXPLAINED: &str = "fivewhys/unexplained";

/// Renders the report as SARIF, indented, with a line break at its end.
///
/// # Errors
///
/// [`RenderError::Json`] where serde refuses a value; no report made by [`super::build`] holds one.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let report = inert::visible_report(report)?;
    let story = story::tell(&report);
    let rules = rules(&story);
    let number = |id: &str| rules.iter().position(|rule| rule["id"] == id);
    let mut results: Vec<Value> = Vec::new();
    results.extend(story.causes.iter().take(RESULTS).map(|cause| of_cause(&report, cause, number(&cause.cause.root))));
    let room = RESULTS - results.len();
    let unexplained = story.unexplained.iter().take(room);
    results.extend(unexplained.map(|unexplained| of_unexplained(&report, unexplained, number(UNEXPLAINED))));
    let left_out = story.causes.len() + story.unexplained.len() - results.len();
    let page = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "fivewhys",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "automationDetails": { "id": "fivewhys/" },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications(&report, left_out) }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "headline": story.headline, "summary": story.summary, "reproduce": report.reproduce },
        }],
    });
    let mut text = serde_json::to_string_pretty(&page)?;
    text.push('\n');
    Ok(inert::json(&text))
}

/// The rules at the roots, each once, then that of unexplained tests where there are some.
fn rules(story: &Story<'_>) -> Vec<Value> {
    let mut rules: Vec<Value> = Vec::new();
    let mut met = BTreeSet::new();
    for cause in story.causes.iter().map(|story| story.cause).take(RESULTS) {
        if met.insert(cause.root.as_str()) {
            rules.push(rule(cause));
        }
    }
    if !story.unexplained.is_empty() {
        let help = "No rule of the catalog explains these failures. The leads name lines that are unusual to them.";
        rules.push(json!({
            "id": UNEXPLAINED,
            "shortDescription": { "text": "A failed test without a known cause" },
            "fullDescription": { "text": help },
            "help": { "text": format!("{help} `fivewhys rules new` makes a rule of a lead.") },
            "defaultConfiguration": { "level": "warning" },
            "properties": { "precision": "low", "problem.severity": "recommendation" },
        }));
    }
    rules
}

fn rule(cause: &Cause) -> Value {
    let mut help = telling::remedy(cause);
    let mut markdown: Vec<String> = help.iter().map(|line| inert::prose(line)).collect();
    for reference in cause.references.iter().take(10) {
        help.push(format!("See {reference}"));
        markdown.push(format!("See {}", inert::code(reference)));
    }
    if help.is_empty() {
        help.push("The rule names no remedy.".to_owned());
        markdown.clone_from(&help);
    }
    let tags: BTreeSet<&String> =
        [&cause.class, &cause.severity, &cause.status].into_iter().filter(|tag| !tag.is_empty()).collect();
    json!({
        "id": cause.root,
        // The title of this occurrence holds what its rule caught; so does the help.
        "shortDescription": { "text": text(&telling::cut(&cause.title)) },
        "fullDescription": { "text": text(&telling::cut(&cause.title)) },
        "help": { "text": text(&help.join("\n")), "markdown": markdown.join("\n\n") },
        "defaultConfiguration": { "level": level(&cause.severity, Verdict::Confirmed) },
        "properties": {
            "tags": tags,
            "precision": precision(cause.verdict),
            "problem.severity": problem_severity(&cause.severity),
        },
    })
}

/// `error`, `warning` or `note`; what is only possible is never an error.
fn level(severity: &str, verdict: Verdict) -> &'static str {
    match severity {
        "critical" | "high" if verdict <= Verdict::Likely => "error",
        "low" => "note",
        _ => "warning",
    }
}

fn precision(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "very-high",
        Verdict::Likely => "high",
        Verdict::Possible => "medium",
        Verdict::Inconclusive => "low",
    }
}

fn problem_severity(severity: &str) -> &'static str {
    match severity {
        "critical" | "high" => "error",
        "medium" => "warning",
        _ => "recommendation",
    }
}

fn of_cause(report: &Report, story: &CauseStory<'_>, rule: Option<usize>) -> Value {
    let cause = story.cause;
    let tests = story::counted(cause.tests.len(), "test");
    let mut lines = vec![format!("{}. {}, explains {tests}.", cause.title, cause.verdict.word())];
    lines.extend(story.chains.first().iter().flat_map(|chain| telling::chain_lines(chain)));
    lines.extend(telling::remedy(cause));
    let first_test = cause.tests.iter().find_map(|test| location::of_test(test));
    let primary = location::of_cause(report, cause).or(first_test).unwrap_or_else(|| results_file(report));
    let flows: Vec<Value> = story.chains.first().iter().map(|chain| flow(chain, &primary)).collect();
    let mut result = result(&cause.root, rule, level(&cause.severity, cause.verdict), &lines.join("\n"));
    result["locations"] = json!([location(&primary, &logical_of_cause(story), None)]);
    result["relatedLocations"] = related(cause.tests.iter().map(AsRef::as_ref));
    result["partialFingerprints"] = fingerprints(&cause.fingerprint);
    result["codeFlows"] = Value::Array(flows);
    result["properties"] = json!({
        "verdict": cause.verdict.word(),
        "class": cause.class,
        "severity": cause.severity,
        "fingerprint": cause.fingerprint,
        "tests": cause.tests,
        "services": story.services,
        "revisions": story.revisions,
    });
    result
}

fn of_unexplained(report: &Report, story: &Unexplained<'_>, rule: Option<usize>) -> Value {
    let test = story.test;
    let known = telling::Known { test, causes: Vec::new() };
    let mut lines = vec![format!("{} ({}) has no known cause.", test.id, test.outcome.word())];
    lines.extend(test.error.as_deref().map(|error| telling::cut(story::key_line(error))));
    lines.extend(known.lines(report));
    let primary = location::of_test(&test.id).unwrap_or_else(|| results_file(report));
    let mut result = result(UNEXPLAINED, rule, "warning", &lines.join("\n"));
    let logical = json!([{ "fullyQualifiedName": test.id, "kind": "function" }]);
    result["locations"] = json!([location(&primary, &logical, None)]);
    result["relatedLocations"] = related(story.also.iter().copied());
    result["partialFingerprints"] = fingerprints(&unexplained_key(test));
    result["properties"] =
        json!({ "verdict": test.verdict.word(), "leads": test.leads.iter().map(|lead| &lead.template).collect::<Vec<_>>() });
    result
}

/// A test that stays unexplained is one alert, whatever it says each time.
fn unexplained_key(test: &Test) -> String {
    format!("{UNEXPLAINED} {}", test.id)
}

fn result(root: &str, rule: Option<usize>, level: &str, message: &str) -> Value {
    let mut result = json!({ "ruleId": root, "level": level, "message": { "text": text(message) } });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    result
}

/// Services and rules are no files: they stand as logical locations beside the file.
fn logical_of_cause(story: &CauseStory<'_>) -> Value {
    let services = story.services.iter().take(RELATED).map(|service| json!({ "fullyQualifiedName": service, "kind": "module" }));
    let rule = json!({ "fullyQualifiedName": story.cause.root, "kind": "type" });
    services.chain([rule]).collect()
}

fn location(place: &Location, logical: &Value, message: Option<&str>) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": location::uri(&place.path), "uriBaseId": "%SRCROOT%" },
            // Without a line, the file as a whole: GitHub wants a region.
            "region": { "startLine": place.line.unwrap_or(1) },
        },
    });
    if logical.as_array().is_some_and(|all| !all.is_empty()) {
        location["logicalLocations"] = logical.clone();
    }
    if let Some(message) = message {
        location["message"] = json!({ "text": text(message) });
    }
    location
}

/// The tests that a result is about, as far as their files are known.
fn related<'a>(tests: impl Iterator<Item = &'a str>) -> Value {
    let placed = tests.filter_map(|test| Some((test, location::of_test(test)?))).take(RELATED);
    let located = placed.zip(1..).map(|((test, place), number)| {
        let mut location = location(&place, &json!([{ "fullyQualifiedName": test, "kind": "function" }]), Some(test));
        location["id"] = json!(number);
        location
    });
    located.collect()
}

/// The chain from the symptom to the root as one flow; each step says whether it is observed or inferred.
fn flow(chain: &Chain<'_>, primary: &Location) -> Value {
    let steps = chain.steps.iter().zip(1..).map(|(step, order)| {
        let record = step.cited.first();
        let place = record.and_then(|cited| location::of_trace(&cited.evidence.excerpt));
        let place = place.or_else(|| chain.tests.first().and_then(|test| location::of_test(test)).filter(|_| step.in_result));
        let lines = telling::step_lines(step, chain.error).join("\n");
        let service = record.and_then(|cited| cited.evidence.service.as_deref());
        let logical =
            json!(service.iter().map(|name| json!({ "fullyQualifiedName": name, "kind": "module" })).collect::<Vec<_>>());
        json!({
            "executionOrder": order,
            "location": location(place.as_ref().unwrap_or(primary), &logical, Some(&lines)),
            "kinds": [step.footing.word()],
        })
    });
    json!({ "threadFlows": [{ "locations": steps.collect::<Vec<_>>() }] })
}

/// Where neither a frame nor a test's file is known: what the failure was read from.
fn results_file(report: &Report) -> Location {
    let plain = |path: &str| !path.starts_with('/') && !path.contains("..") && !path.contains(':') && !path.contains('\\');
    let named = report.run.results.iter().map(|source| source.path.trim()).find(|path| !path.is_empty() && plain(path));
    Location { path: named.unwrap_or("report.json").to_owned(), line: None }
}

/// GitHub reads `primaryLocationLineHash` alone; ours says what both were made of.
fn fingerprints(key: &str) -> Value {
    let digest = Sha256::digest(key.as_bytes());
    let hash: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    json!({ "primaryLocationLineHash": format!("{hash}:1"), "fivewhys/v1": hash })
}

fn notifications(report: &Report, left_out: usize) -> Vec<Value> {
    let broken = report
        .premises
        .iter()
        .filter(|premise| !premise.holds)
        .map(|premise| ("premise", premise.id.as_str(), &premise.statement));
    let gaps = report.gaps.iter().map(|gap| ("gap", gap.kind.as_str(), &gap.statement));
    let told = broken.chain(gaps).take(RELATED).map(|(kind, id, statement)| {
        json!({ "descriptor": { "id": format!("{kind}/{id}") }, "level": "note", "message": { "text": text(statement) } })
    });
    let beyond = (left_out > 0).then(|| {
        let message = format!("{left_out} results more than code scanning shows were left out; report.json has all of them.");
        json!({ "descriptor": { "id": "left-out" }, "level": "warning", "message": { "text": message } })
    });
    told.chain(beyond).collect()
}

/// Text for a message. `[text](target)` is a link there (section 3.11.6), and viewers differ in what a backslash does:
/// with a blank between the two it is none in any of them. `{0}` is an argument (section 3.11.5).
fn text(text: &str) -> String {
    let mut out = text.replace("](", "] (");
    let mut from = 0;
    while let Some(at) = out[from..].find('{').map(|at| at + from) {
        let digits = out[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && out[at + 1 + digits..].starts_with('}') {
            out.insert(at + 1, ' ');
        }
        from = at + 1;
    }
    if out.len() > TEXT_BYTES {
        out.truncate(out.floor_char_boundary(TEXT_BYTES));
        out.push('…');
    }
    out
}
