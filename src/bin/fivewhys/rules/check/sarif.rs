//! Mistakes as SARIF 2.1.0 (OASIS, 2020): what code scanning and editors read.

use anyhow::Context;
use fivewhys::rules::Problem;
use fivewhys::rules::check::all_codes;
use serde_json::{Value, json};

use super::level;

/// One run with all codes and all mistakes.
pub fn of(found: &[Problem]) -> anyhow::Result<String> {
    let rules: Vec<Value> = all_codes()
        .map(|code| {
            json!({
                "id": code.id,
                "name": code.name,
                "shortDescription": { "text": code.summary },
                "defaultConfiguration": { "level": level(code) },
            })
        })
        .collect();
    let number = |problem: &Problem| all_codes().position(|code| code.id == problem.code.id);
    let results: Vec<Value> = found.iter().map(|problem| result(problem, number(problem))).collect();
    let page = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "fivewhys", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            // Columns count characters, as the problems do.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&page).context("cannot write the mistakes as SARIF")? + "\n")
}

fn result(problem: &Problem, rule: Option<usize>) -> Value {
    let message = match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    };
    json!({
        "ruleId": problem.code.id,
        "ruleIndex": rule,
        "level": level(problem.code),
        "message": { "text": message },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&problem.path) },
                "region": {
                    "startLine": problem.line,
                    "startColumn": problem.column,
                    "endColumn": problem.column + problem.width,
                    "snippet": { "text": problem.source_line },
                },
            },
        }],
    })
}

/// A path as a relative reference of RFC 3986: `/` between its parts, everything else that is special as `%XX`.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let written = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.replace('\\', "/").bytes().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_becomes_a_reference() {
        assert_eq!(uri("my rules/a%b.yaml"), "my%20rules/a%25b.yaml");
        assert_eq!(uri(r"rules\auth\é.yaml"), "rules/auth/%C3%A9.yaml");
    }
}
