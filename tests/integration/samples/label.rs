//! Reads the label of a sample (`incident.yaml`).

use std::fs;

use granit_parser::{Event, Parser};
use serde_json::{Map, Value};

use crate::program;

/// What happened in an incident, and what a diagnosis should find.
pub struct Label {
    /// Results of a clean run, relative to the sample.
    pub control: Option<String>,
    pub exit_status: i32,
    pub expected: Vec<Expected>,
}

/// What is expected of some tests.
pub struct Expected {
    /// The rule that comes first; without it, none may.
    pub root: Option<String>,
    pub verdict: Option<String>,
    /// Rules from symptom to root that one test shows in this order.
    pub whys: Vec<String>,
    /// Words in one of the first three leads.
    pub lead: Option<String>,
    /// Names of tests; `None` means all that failed.
    pub tests: Option<Vec<String>>,
}

impl Label {
    pub fn read(sample: &str) -> Label {
        let path = program::root().join("samples").join(sample).join("incident.yaml");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let tree = tree(&text);
        let known = ["happened", "control", "exit_status", "expected"];
        for key in tree.as_object().unwrap().keys() {
            assert!(known.contains(&key.as_str()), "{}: unknown key {key}", path.display());
        }
        assert!(tree["happened"].as_str().is_some_and(|text| text.len() > 40), "{}: say what happened", path.display());
        Label {
            control: text_of(&tree["control"]),
            exit_status: text_of(&tree["exit_status"]).map_or(0, |status| status.parse().unwrap()),
            expected: tree["expected"].as_array().unwrap().iter().map(Expected::read).collect(),
        }
    }
}

impl Expected {
    fn read(tree: &Value) -> Expected {
        for key in tree.as_object().unwrap().keys() {
            assert!(["root", "verdict", "whys", "lead", "tests"].contains(&key.as_str()), "unknown key expected.{key}");
        }
        Expected {
            root: text_of(&tree["root"]),
            verdict: text_of(&tree["verdict"]),
            whys: list_of(&tree["whys"]).unwrap_or_default(),
            lead: text_of(&tree["lead"]),
            tests: list_of(&tree["tests"]),
        }
    }

    pub fn is_about(&self, id: &str) -> bool {
        let ends_so = |name: &String| id == name || id.strip_suffix(name.as_str()).is_some_and(|before| before.ends_with("::"));
        self.tests.as_ref().is_none_or(|tests| tests.iter().any(ends_so))
    }
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn list_of(value: &Value) -> Option<Vec<String>> {
    value.as_array().map(|items| items.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
}

/// A YAML text as a tree in which every scalar is a text.
fn tree(text: &str) -> Value {
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut whole = Value::Null;
    for event in Parser::new_from_str(text) {
        let finished = match event.unwrap().0 {
            Event::Scalar(scalar, ..) => Value::String(scalar.into_owned()),
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().unwrap().0,
            _ => continue,
        };
        match open.last_mut() {
            None => whole = finished,
            Some((Value::Array(items), _)) => items.push(finished),
            Some((Value::Object(map), key)) => match key.take() {
                None => *key = Some(finished.as_str().unwrap().to_owned()),
                Some(key) => drop(map.insert(key, finished)),
            },
            Some(_) => unreachable!("only lists and maps are opened"),
        }
    }
    whole
}
