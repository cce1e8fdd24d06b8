//! GitHub's published description: every request and every answer is checked against it.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

fn description() -> &'static Value {
    static DESCRIPTION: OnceLock<Value> = OnceLock::new();
    DESCRIPTION.get_or_init(|| serde_json::from_str(include_str!("../../fixtures/github/openapi.json")).unwrap())
}

/// The operation of a request (`GET /repos/{owner}/{repo}/issues`); `None` where GitHub has no such.
pub fn operation(method: &str, path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let fits = |name: &str| {
        let (own, template) = name.split_once(' ').unwrap();
        let template: Vec<&str> = template.trim_start_matches('/').split('/').collect();
        own == method
            && template.len() == parts.len()
            && template.iter().zip(&parts).all(|(wanted, part)| match *wanted {
                "{issue_number}" | "{comment_id}" => part.parse::<u64>().is_ok(),
                wanted => wanted.starts_with('{') || wanted == *part,
            })
    };
    description()["operations"].as_object().unwrap().keys().map(String::as_str).find(|name| fits(name))
}

fn complaints(name: String, schema: &Value, value: &Value) -> Vec<String> {
    type Compiled = (Schemas, SchemaIndex);
    static COMPILED: OnceLock<Mutex<BTreeMap<String, Compiled>>> = OnceLock::new();
    let mut compiled = COMPILED.get_or_init(Mutex::default).lock().unwrap();
    let (schemas, index) = compiled.entry(name.clone()).or_insert_with(|| {
        let draft = "https://json-schema.org/draft/2020-12/schema";
        let whole = json!({ "$schema": draft, "$defs": description()["$defs"], "allOf": [schema] });
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("https://schema.example/of.json", whole).unwrap();
        let index = compiler.compile("https://schema.example/of.json", &mut schemas).unwrap();
        (schemas, index)
    });
    schemas.validate(value, *index).err().map(|error| format!("{name}: {error:#}")).into_iter().collect()
}

/// What is wrong with a request.
pub fn request(operation: &str, query: &[(String, String)], body: Option<&Value>) -> Vec<String> {
    let described = &description()["operations"][operation];
    let mut wrong = Vec::new();
    for (name, value) in query {
        let schema = &described["query"][name]["schema"];
        if schema.is_null() {
            wrong.push(format!("{operation}: there is no parameter {name}"));
            continue;
        }
        let value = value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number));
        wrong.extend(complaints(format!("{operation} ?{name}"), schema, &value));
    }
    for (name, parameter) in described["query"].as_object().unwrap() {
        if parameter["required"] == true && !query.iter().any(|(own, _)| own == name) {
            wrong.push(format!("{operation}: the parameter {name} is missing"));
        }
    }
    match (&described["request"], body) {
        (Value::Null, None) => {}
        (Value::Null, Some(_)) => wrong.push(format!("{operation} takes no body")),
        (_, None) => wrong.push(format!("{operation} needs a body")),
        (schema, Some(body)) => {
            wrong.extend(complaints(format!("{operation} request"), schema, body));
            // The description allows more than it names; what it does not name does nothing.
            if let Some(known) = schema["properties"].as_object() {
                let unknown = body.as_object().unwrap().keys().filter(|key| !known.contains_key(*key));
                wrong.extend(unknown.map(|key| format!("{operation}: there is no field {key}")));
            }
        }
    }
    wrong
}

/// What is wrong with an answer.
pub fn answer(operation: &str, status: u16, body: &Value) -> Vec<String> {
    let described = &description()["operations"][operation]["responses"];
    match described.get(status.to_string()) {
        Some(Value::Null) if body.is_null() => Vec::new(),
        Some(Value::Null) => vec![format!("{operation} {status} has no body")],
        Some(schema) => complaints(format!("{operation} {status}"), schema, body),
        // Limits and faults of the server are described in prose only, for all operations at once.
        None if [401, 403, 429].contains(&status) || status >= 500 => Vec::new(),
        None => vec![format!("{operation} does not answer {status}")],
    }
}

#[test]
fn the_check_refuses_what_github_would() {
    let issues = "POST /repos/{owner}/{repo}/issues";
    assert_eq!(operation("POST", "/repos/o/r/issues"), Some(issues));
    assert_eq!(operation("PUT", "/repos/o/r/issues"), None);
    assert!(request(issues, &[], Some(&json!({ "title": "a", "labels": ["b"] }))).is_empty());
    for wrong in [json!({ "body": "no title" }), json!({ "title": "a", "labels": "b" }), json!({ "title": "a", "colour": "b" })] {
        assert!(!request(issues, &[], Some(&wrong)).is_empty(), "{wrong}");
    }
    let list = "GET /repos/{owner}/{repo}/issues";
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert!(request(list, &[pair("state", "all"), pair("per_page", "100")], None).is_empty());
    assert!(!request(list, &[pair("state", "both")], None).is_empty());
    assert!(!request(list, &[pair("label", "x")], None).is_empty());
    assert!(!answer(list, 200, &json!([{ "number": 1 }])).is_empty());
}
