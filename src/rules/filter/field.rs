//! The fields of a log entry: which there are, of which type, and what it means when one is unset.
//!
//! Source: LogEntry, HttpRequest and MonitoredResource in the Cloud Logging reference.

use serde_json::{Map, Value};

use super::super::problem::nearest;
use super::lexer::Part;

/// The type a field is declared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Integer,
    Truth,
    Severity,
    Time,
    Length,
    /// Fields of its own.
    Message(&'static [(&'static str, Type)]),
    /// Any keys, texts as values.
    Labels,
    /// Any keys, any JSON.
    Free,
    /// A packed message: any keys, which may be written in snake case.
    Packed,
}

const ENTRY: &[(&str, Type)] = &[
    ("logName", Type::Text),
    ("resource", Type::Message(&[("type", Type::Text), ("labels", Type::Labels)])),
    ("timestamp", Type::Time),
    ("receiveTimestamp", Type::Time),
    ("severity", Type::Severity),
    ("insertId", Type::Text),
    ("labels", Type::Labels),
    ("trace", Type::Text),
    ("spanId", Type::Text),
    ("traceSampled", Type::Truth),
    ("operation", Type::Message(&[("id", Type::Text), ("producer", Type::Text), ("first", Type::Truth), ("last", Type::Truth)])),
    ("sourceLocation", Type::Message(&[("file", Type::Text), ("line", Type::Integer), ("function", Type::Text)])),
    ("split", Type::Message(&[("uid", Type::Text), ("index", Type::Integer), ("totalSplits", Type::Integer)])),
    ("errorGroups", Type::Message(&[("id", Type::Text)])),
    ("httpRequest", Type::Message(HTTP_REQUEST)),
    ("metadata", Type::Free),
    ("apphub", Type::Free),
    ("apphubSource", Type::Free),
    ("apphubDestination", Type::Free),
    ("textPayload", Type::Text),
    ("jsonPayload", Type::Free),
    ("protoPayload", Type::Packed),
];

const HTTP_REQUEST: &[(&str, Type)] = &[
    ("requestMethod", Type::Text),
    ("requestUrl", Type::Text),
    ("requestSize", Type::Integer),
    ("status", Type::Integer),
    ("responseSize", Type::Integer),
    ("userAgent", Type::Text),
    ("remoteIp", Type::Text),
    ("serverIp", Type::Text),
    ("referer", Type::Text),
    ("latency", Type::Length),
    ("cacheLookup", Type::Truth),
    ("cacheHit", Type::Truth),
    ("cacheValidatedWithOriginServer", Type::Truth),
    ("cacheFillBytes", Type::Integer),
    ("protocol", Type::Text),
];

/// A path into an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    steps: Vec<Step>,
    /// The declared type; [`Type::Free`] for what lies inside a payload.
    pub(super) declared: Type,
    /// What an unset field is compared as; `None`: it is missing, and every comparison is false.
    pub(super) default: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
struct Step {
    name: String,
    /// The name in snake case, where it is declared and differs.
    snake: Option<String>,
    /// Compare names without case and underscores (packed messages).
    loose: bool,
}

/// Why a path leads nowhere: the number of the part, and what to say.
pub(super) type Astray = (usize, String, Option<String>);

impl Field {
    pub(super) fn resolve(parts: &[Part]) -> Result<Field, Astray> {
        let mut known = Some(Type::Message(ENTRY));
        let mut steps = Vec::new();
        let mut inside_payload = false;
        for (number, part) in parts.iter().enumerate() {
            let (step, next) = match known {
                Some(Type::Message(fields)) => declared_step(number, part, fields)?,
                Some(Type::Labels) => (Step::named(&part.text), None),
                Some(kind @ (Type::Free | Type::Packed)) => {
                    inside_payload = true;
                    (Step { loose: kind == Type::Packed && !part.quoted, ..Step::named(&part.text) }, Some(kind))
                }
                _ => {
                    let before = &parts[number - 1].text;
                    let help = "quote a key that has dots in it: `labels.\"a.b\"`".to_owned();
                    return Err((number, format!("`{before}` has no fields of its own"), Some(help)));
                }
            };
            let label = known == Some(Type::Labels);
            inside_payload |= label;
            known = if label { None } else { next };
            steps.push(step);
        }
        let declared = known.unwrap_or(Type::Text);
        let payload = steps.first().is_some_and(|step| step.name == "textPayload");
        let default = if inside_payload || payload { None } else { default_of(declared) };
        Ok(Field { steps, declared: if declared == Type::Packed { Type::Free } else { declared }, default })
    }

    /// Whether it has no value of its own to compare, only fields.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.declared, Type::Message(_) | Type::Labels) || (self.declared == Type::Free && self.steps.len() == 1)
    }

    /// Calls `test` with each value found (each element, for lists) until it says true. `None`: nothing was found.
    pub(super) fn any(&self, fields: &Map<String, Value>, test: &mut dyn FnMut(&Value) -> bool) -> Option<bool> {
        let (first, rest) = self.steps.split_first()?;
        let mut found = false;
        let met = first.get(fields).is_some_and(|value| descend(value, rest, &mut found, test));
        found.then_some(met)
    }

    /// The name of its last step, as it may be written in raw JSON; none where it may be written otherwise.
    pub(super) fn raw_names(&self) -> Option<Vec<&str>> {
        let last = self.steps.last().filter(|step| !step.loose)?;
        Some(std::iter::once(last.name.as_str()).chain(last.snake.as_deref()).collect())
    }
}

fn descend(value: &Value, steps: &[Step], found: &mut bool, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    match (value, steps.split_first()) {
        (Value::Array(items), _) => items.iter().any(|item| descend(item, steps, found, test)),
        (Value::Object(fields), Some((first, rest))) => first.get(fields).is_some_and(|value| descend(value, rest, found, test)),
        (_, Some(_)) => false,
        (value, None) => {
            *found = true;
            test(value)
        }
    }
}

impl Step {
    fn named(name: &str) -> Step {
        Step { name: name.to_owned(), snake: None, loose: false }
    }

    fn get<'v>(&self, fields: &'v Map<String, Value>) -> Option<&'v Value> {
        let exact = fields.get(&self.name).or_else(|| fields.get(self.snake.as_ref()?));
        if exact.is_none() && self.loose {
            return fields.iter().find(|(name, _)| same_name(name, &self.name)).map(|(_, value)| value);
        }
        exact
    }
}

fn declared_step(number: usize, part: &Part, fields: &'static [(&'static str, Type)]) -> Result<(Step, Option<Type>), Astray> {
    match fields.iter().find(|(name, _)| same_name(name, &part.text)) {
        Some((name, kind)) => {
            let snake = snake_case(name);
            let snake = (snake != *name).then_some(snake);
            Ok((Step { name: (*name).to_owned(), snake, loose: false }, Some(*kind)))
        }
        None => {
            let near = nearest(&part.text, fields.iter().map(|(name, _)| *name));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if number == 0 => format!("a key of the payload is written `jsonPayload.{}`", part.text),
                None => format!("there is {}", fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")),
            };
            Err((number, format!("there is no field `{}` in a log entry", part.text), Some(help)))
        }
    }
}

/// Whether two names of a proto field are the same: case and underscores do not count.
fn same_name(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect::<String>();
    a == b || letters(a) == letters(b)
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn default_of(declared: Type) -> Option<Value> {
    match declared {
        Type::Text => Some(Value::String(String::new())),
        Type::Integer => Some(Value::from(0)),
        Type::Truth => Some(Value::Bool(false)),
        Type::Severity => Some(Value::String("DEFAULT".to_owned())),
        Type::Length => Some(Value::String("0s".to_owned())),
        Type::Time | Type::Message(_) | Type::Labels | Type::Free | Type::Packed => None,
    }
}
