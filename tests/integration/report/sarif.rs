//! SARIF, checked against its published schema and what GitHub's code scanning wants beyond that.

use fivewhys::report::{Format, Report};
use serde_json::Value;

use super::{rendered, scene};

/// The schema of SARIF 2.1.0, compiled.
pub struct Schema {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Schema {
    pub fn published() -> Schema {
        let text = include_str!("../../fixtures/report/sarif-schema-2.1.0.json");
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("https://example.com/sarif.json", serde_json::from_str(text).unwrap()).unwrap();
        let index = compiler.compile("https://example.com/sarif.json", &mut schemas).unwrap();
        Schema { schemas, index }
    }

    pub fn accepts(&self, page: &Value) -> Result<(), String> {
        self.schemas.validate(page, self.index).map_err(|error| error.to_string())
    }
}

/// The addresses of all files in it.
pub fn uris(page: &Value) -> Vec<&str> {
    match page {
        Value::Object(fields) => {
            let own = fields.get("uri").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(uris)).collect()
        }
        Value::Array(values) => values.iter().flat_map(uris).collect(),
        _ => Vec::new(),
    }
}

fn page(report: &Report) -> Value {
    serde_json::from_str(&rendered(report, Format::Sarif)).unwrap()
}

#[test]
fn sarif_is_valid_and_a_broken_one_is_not() {
    let schema = Schema::published();
    let mut page = page(&scene::chat_outage().report());
    schema.accepts(&page).unwrap();
    page["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(schema.accepts(&page).is_err());
}

#[test]
fn each_cause_is_a_result_at_the_line_that_broke_and_each_unexplained_test_one_in_its_file() {
    let page = page(&scene::chat_outage().report());
    let results = page["runs"][0]["results"].as_array().unwrap();
    let ids: Vec<&str> = results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["auth/missing-jwt", "auth/invalid-user-id", "fivewhys/unexplained"]);
    let place = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    // The second root has a traceback, the first has none: there it is the file of the first test.
    assert_eq!(place(&results[1])["artifactLocation"]["uri"], "auth.py");
    assert_eq!(place(&results[1])["region"]["startLine"], 41);
    assert_eq!(place(&results[0])["artifactLocation"]["uri"], "tests/e2e/test_chat.py");
    assert_eq!(place(&results[2])["artifactLocation"]["uri"], "tests/e2e/test_agent.py");
    for result in results {
        let rule = result["ruleIndex"].as_u64().unwrap();
        assert_eq!(page["runs"][0]["tool"]["driver"]["rules"][usize::try_from(rule).unwrap()]["id"], result["ruleId"]);
        assert!(!result["locations"].as_array().unwrap().is_empty());
        assert!(place(result)["region"]["startLine"].as_u64() >= Some(1), "code scanning wants a line");
    }
}

#[test]
fn a_message_and_a_flow_say_of_each_why_whether_it_is_observed() {
    let page = page(&scene::chat_outage().report());
    let result = &page["runs"][0]["results"][0];
    let text = result["message"]["text"].as_str().unwrap();
    for line in ["Why 1 (observed): ", "Why 2 (inferred): ", "Why 3 (observed): ", "Now: Send the token"] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let kinds: Vec<&str> = steps.iter().map(|step| step["kinds"][0].as_str().unwrap()).collect();
    assert_eq!(kinds, ["observed", "inferred", "observed"]);
}

#[test]
fn an_alert_is_the_same_one_in_the_next_run() {
    let key = |report: &Report| {
        let page = page(report);
        let results = page["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["partialFingerprints"].clone()).collect::<Vec<_>>()
    };
    let mut later = scene::chat_outage();
    for record in &mut later.diagnosis.evidence {
        record.revision = Some("orbit-backend-staging-00290-zzz".to_owned());
    }
    let first = key(&scene::chat_outage().report());
    assert_eq!(first, key(&later.report()));
    assert!(first[0] != first[1] && first[1] != first[2]);
    assert!(first[0]["primaryLocationLineHash"].as_str().unwrap().ends_with(":1"));
}

#[test]
fn a_run_of_thousands_of_failures_stays_within_what_code_scanning_takes() {
    let mut scene = scene::many_failures(6000);
    let cause = scene.diagnosis.causes[0].clone();
    scene.diagnosis.causes = (0..6000)
        .map(|place| fivewhys::diagnosis::Cause {
            cases: vec![place],
            evidence: vec![place],
            fingerprint: format!("f{place}"),
            ..cause.clone()
        })
        .collect();
    let page = page(&scene.report());
    let run = &page["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 5000);
    assert!(run["tool"]["driver"]["rules"].as_array().unwrap().len() <= 25_000);
    let told = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert!(told.iter().any(|note| note["message"]["text"].as_str().unwrap().starts_with("1000 results")));
}

#[test]
fn sarif_of_an_empty_run_and_of_a_window_is_valid_too() {
    let schema = Schema::published();
    let mut scene = scene::chat_outage();
    scene.run = fivewhys::results::TestRun::default();
    scene.windows.clear();
    scene.diagnosis.cases.truncate(1);
    scene.diagnosis.cases[0].case = None;
    scene.diagnosis.causes.truncate(1);
    scene.diagnosis.causes[0].cases = vec![0];
    schema.accepts(&page(&scene.report())).unwrap();
    scene.diagnosis = fivewhys::diagnosis::Diagnosis::default();
    schema.accepts(&page(&scene.report())).unwrap();
}
