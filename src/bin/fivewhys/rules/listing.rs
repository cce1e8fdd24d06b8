//! All rules as a table or as JSON.

use anyhow::Context;
use fivewhys::rules::{Catalog, Rule};
use serde_json::json;

use super::words::{count, shortened};

/// One line a rule: id, class, severity, status, title.
pub fn table(catalog: &Catalog, width: usize) -> String {
    let id_width = catalog.rules().iter().map(|rule| rule.id.len()).max().unwrap_or(2);
    let mut out = String::new();
    let mut line = |id: &str, class: &str, severity: &str, status: &str, title: &str| {
        let head = format!("{id:<id_width$}  {class:<14}  {severity:<8}  {status:<12}  ");
        let rest = width.saturating_sub(head.chars().count()).max(20);
        out.push_str(format!("{head}{}", shortened(title, rest)).trim_end());
        out.push('\n');
    };
    line("ID", "CLASS", "SEVERITY", "STATUS", "TITLE");
    for rule in catalog.rules() {
        line(&rule.id, rule.class.name(), rule.severity.name(), rule.status.name(), &rule.title);
    }
    out + &format!("{}\n", count(catalog.rules().len(), "rule", "rules"))
}

/// One array of objects with the fields of a rule file.
pub fn json(catalog: &Catalog) -> anyhow::Result<String> {
    let rules: Vec<_> = catalog.rules().iter().map(|rule| object(catalog, rule)).collect();
    let text = serde_json::to_string_pretty(&rules).context("cannot write the rules as JSON")?;
    Ok(text + "\n")
}

fn object(catalog: &Catalog, rule: &Rule) -> serde_json::Value {
    let refines: Vec<&str> = rule.refines.iter().map(|less| catalog.rule(*less).id.as_str()).collect();
    let explains: Vec<_> = rule
        .explains
        .iter()
        .map(|edge| {
            let within = edge.within.map(|within| within.as_secs_f64());
            json!({ "rule": catalog.rule(edge.effect).id, "join": edge.join.name(), "within_seconds": within })
        })
        .collect();
    json!({
        "id": rule.id,
        "title": rule.title,
        "class": rule.class.name(),
        "severity": rule.severity.name(),
        "status": rule.status.name(),
        "symptom": rule.symptom,
        "replaced_by": rule.replaced_by,
        "inferred_only": rule.condition.is_none(),
        "refines": refines,
        "explains": explains,
        "why": rule.why,
        "remedy": { "now": rule.remedy.now, "verify": rule.remedy.verify, "prevent": rule.remedy.prevent },
        "fingerprint": rule.fingerprint,
        "references": rule.references,
        "file": rule.path,
    })
}
