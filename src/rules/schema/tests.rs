//! The published types and the reader know the same format.

use super::super::problem::Sheet;
use super::super::{Catalog, read, scenario, yaml};
use super::*;

fn keys(schema: &Value, of: &str) -> Vec<String> {
    let object = if of.is_empty() { schema } else { &schema["definitions"][of] };
    let mut keys: Vec<String> = object["properties"].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys
}

fn sorted(keys: &[&str]) -> Vec<String> {
    let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    keys.sort();
    keys
}

#[test]
fn the_schema_has_the_keys_that_the_reader_knows() {
    let schema: Value = serde_json::from_str(&schema().unwrap()).unwrap();
    assert_eq!(keys(&schema, ""), sorted(read::RULE_KEYS));
    assert_eq!(keys(&schema, "Scene"), sorted(scenario::SCENARIO_KEYS));
    assert_eq!(keys(&schema, "SceneTestKeys"), sorted(scenario::TEST_KEYS));
    assert_eq!(keys(&schema, "SceneEntryKeys"), sorted(scenario::ENTRY_KEYS));
    assert_eq!(keys(&schema, "SceneExpectation"), sorted(scenario::EXPECT_KEYS));
    assert_eq!(keys(&schema, "ConditionKeys"), sorted(read::CONDITION_KEYS));
    assert_eq!(keys(&schema, "TestKeys"), sorted(read::TEST_KEYS));
}

#[test]
fn every_rule_of_the_catalog_fits_the_types() {
    let loaded = Catalog::embedded();
    assert!(loaded.texts.len() > 100);
    for (path, text) in &loaded.texts {
        let root = yaml::parse(&mut Sheet::new(path, text)).unwrap();
        let read: Result<RuleFile, _> = serde_json::from_value(root.to_json());
        assert!(read.is_ok(), "{path}: {read:?}");
    }
}

#[test]
fn the_published_schema_is_the_one_in_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rule.schema.json");
    let schema = schema().unwrap();
    if std::env::var_os("FIVEWHYS_BLESS").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == schema, "docs/rule.schema.json is out of date: run the tests with FIVEWHYS_BLESS=1");
}
