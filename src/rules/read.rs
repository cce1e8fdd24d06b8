//! One rule file's tree as a [`Rule`], with every mistake noted on the way.

use std::time::Duration;

use super::codes;
use super::problem::{Place, Sheet, nearest};
use super::yaml::{Kind, Node};
use super::{Class, Join, Pattern, Remedy, Rule, Severity, Status};

mod conditions;
pub(super) mod examples;

#[cfg(test)]
pub(super) use conditions::{CONDITION_KEYS, TEST_KEYS};

/// A rule whose mentions of other rules are still names.
pub(super) struct Draft {
    /// Nothing was wrong with it so far. One that is wrong is no rule, but what it mentions is still looked up.
    pub(super) sound: bool,
    pub(super) rule: Rule,
    pub(super) replaced_by: Option<Mention>,
    /// The rule in whose place this one is put.
    pub(super) replaces: Option<Mention>,
    pub(super) refines: Vec<Mention>,
    pub(super) explains: Vec<EdgeDraft>,
}

/// Another rule, by the id that was written and where.
pub(super) struct Mention {
    pub(super) id: String,
    pub(super) place: Place,
}

pub(super) struct EdgeDraft {
    pub(super) effect: Mention,
    /// `None`: it was wrong, and reported.
    pub(super) join: Option<Join>,
    pub(super) within: Option<Duration>,
}

/// The keys of a rule file, in the order in which people write them.
pub(super) const RULE_KEYS: &[&str] = &[
    "title",
    "class",
    "severity",
    "status",
    "symptom",
    "replaced_by",
    "replaces",
    "match",
    "refines",
    "explains",
    "why",
    "remedy",
    "fingerprint",
    "references",
    "examples",
    // Read where they are asked for (`super::scenario`), not for a diagnosis.
    "scenarios",
];

const CLASSES: &[(&str, Class)] = &[
    ("product", Class::Product),
    ("test", Class::Test),
    ("infrastructure", Class::Infrastructure),
    ("config", Class::Config),
    ("data", Class::Data),
];

const SEVERITIES: &[(&str, Severity)] =
    &[("critical", Severity::Critical), ("high", Severity::High), ("medium", Severity::Medium), ("low", Severity::Low)];

const STATUSES: &[(&str, Status)] =
    &[("experimental", Status::Experimental), ("stable", Status::Stable), ("deprecated", Status::Deprecated)];

const YES_OR_NO: &[(&str, bool)] = &[("true", true), ("false", false)];

const JOINS: &[(&str, Join)] = &[
    ("trace", Join::Trace),
    ("request", Join::Request),
    ("instance", Join::Instance),
    ("revision", Join::Revision),
    ("window", Join::Window),
];

/// The keys of a mapping, looked up by name.
pub(super) struct Fields<'n> {
    place: Place,
    pairs: &'n [(Node, Node)],
}

impl<'n> Fields<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.pairs.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }
}

/// Reads a rule; what is wrong is on the sheet. `None` where it is not even a mapping.
pub(super) fn rule(sheet: &mut Sheet<'_>, id: &str, root: &Node) -> Option<Draft> {
    let before = sheet.problems.len();
    let fields = fields(sheet, root, "a rule", RULE_KEYS)?;
    let title = required_text(sheet, &fields, "title");
    let class = required_word(sheet, &fields, "class", CLASSES);
    let severity = required_word(sheet, &fields, "severity", SEVERITIES);
    let status = fields.get("status").map_or(Some(Status::Experimental), |node| word(sheet, node, "status", STATUSES));
    let matched = fields.get("match").map(|node| conditions::read(sheet, node));
    // Captures of a pattern that could not be read are not known.
    let captures_known = !matches!(matched, Some(None));
    let remedy = fields.get("remedy").and_then(|node| remedy(sheet, node)).unwrap_or_default();
    let (matching_examples, other_examples) = fields.get("examples").map(|node| examples::read(sheet, node)).unwrap_or_default();
    let (condition, log_matchers, test_matchers) = matched.flatten().unwrap_or_default();
    let mut draft = Draft {
        sound: false,
        replaced_by: fields.get("replaced_by").and_then(|node| mention(sheet, node)),
        replaces: fields.get("replaces").and_then(|node| mention(sheet, node)),
        refines: list(sheet, fields.get("refines"), mention),
        explains: list(sheet, fields.get("explains"), edge),
        rule: Rule {
            id: id.to_owned(),
            path: sheet.path.to_owned(),
            title: title.unwrap_or_default(),
            class: class.unwrap_or(Class::Product),
            severity: severity.unwrap_or(Severity::Low),
            status: status.unwrap_or(Status::Experimental),
            symptom: fields.get("symptom").and_then(|node| word(sheet, node, "symptom", YES_OR_NO)).unwrap_or(false),
            replaced_by: None,
            condition,
            log_matchers,
            test_matchers,
            refines: Vec::new(),
            explains: Vec::new(),
            why: fields.get("why").and_then(|node| text(sheet, node, "why")).unwrap_or_default(),
            remedy,
            fingerprint: list(sheet, fields.get("fingerprint"), |sheet, node| text(sheet, node, "a capture's name")),
            references: list(sheet, fields.get("references"), |sheet, node| text(sheet, node, "a reference")),
            matching_examples,
            other_examples,
        },
    };
    if captures_known {
        super::template::check(sheet, &draft.rule, |key| fields.get(key).map_or(root.place, |node| node.place));
    }
    draft.sound = sheet.problems.len() == before;
    Some(draft)
}

pub(super) fn fields<'n>(sheet: &mut Sheet<'_>, node: &'n Node, what: &str, known: &[&str]) -> Option<Fields<'n>> {
    let Kind::Map(pairs) = &node.kind else {
        wrong_kind(sheet, node, what, &format!("a mapping with {}", known.join(", ")));
        return None;
    };
    for (key, _) in pairs {
        let written = key.text().unwrap_or_default();
        if !known.contains(&written) {
            let near = nearest(written, known.iter().copied());
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{what} knows {}", known.join(", ")),
            };
            sheet.found(&codes::UNKNOWN_KEY, key.place, format!("unknown key `{written}` in {what}"), help);
            if let Some(near) = near.filter(|near| node.get(near).is_none() && strsim::osa_distance(written, near) <= 2) {
                sheet.fix(key.bytes.clone(), near);
            }
        }
    }
    Some(Fields { place: node.place, pairs })
}

pub(super) fn wrong_kind(sheet: &mut Sheet<'_>, node: &Node, what: &str, expected: &str) {
    // What is broken was reported where it broke.
    if !matches!(node.kind, Kind::Broken) {
        sheet.wrong(node.place, format!("{what} must be {expected}, this is {}", node.describe()), None);
    }
}

pub(super) fn text(sheet: &mut Sheet<'_>, node: &Node, what: &str) -> Option<String> {
    match node.text() {
        Some(text) => Some(text.trim_end().to_owned()),
        None => {
            wrong_kind(sheet, node, &format!("`{what}`"), "a text");
            None
        }
    }
}

pub(super) fn required_text(sheet: &mut Sheet<'_>, fields: &Fields<'_>, key: &str) -> Option<String> {
    let Some(node) = fields.get(key) else {
        sheet.wrong(fields.place, format!("`{key}` is missing"), format!("add `{key}: …`"));
        return None;
    };
    let text = text(sheet, node, key)?;
    if text.trim().is_empty() {
        sheet.wrong(node.place, format!("`{key}` is empty"), None);
        return None;
    }
    Some(text)
}

pub(super) fn word<T: Copy>(sheet: &mut Sheet<'_>, node: &Node, key: &str, words: &[(&str, T)]) -> Option<T> {
    let written = text(sheet, node, key)?;
    let found = words.iter().find(|(word, _)| *word == written).map(|(_, meaning)| *meaning);
    if found.is_none() {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let near = nearest(&written, all.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        sheet.wrong(node.place, format!("`{written}` is no {key}"), format!("{near}one of: {}", all.join(", ")));
    }
    found
}

fn required_word<T: Copy>(sheet: &mut Sheet<'_>, fields: &Fields<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    let Some(node) = fields.get(key) else {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        sheet.wrong(fields.place, format!("`{key}` is missing"), format!("one of: {}", all.join(", ")));
        return None;
    };
    word(sheet, node, key, words)
}

/// The items of a list; a single item may stand without one. Items that are wrong are reported and left out.
pub(super) fn list<T>(
    sheet: &mut Sheet<'_>,
    node: Option<&Node>,
    mut item: impl FnMut(&mut Sheet<'_>, &Node) -> Option<T>,
) -> Vec<T> {
    match node {
        None => Vec::new(),
        Some(Node { kind: Kind::List(items), .. }) => items.iter().filter_map(|node| item(sheet, node)).collect(),
        Some(node) if node.describe() == "nothing" => Vec::new(),
        Some(node) => item(sheet, node).into_iter().collect(),
    }
}

pub(super) fn mention(sheet: &mut Sheet<'_>, node: &Node) -> Option<Mention> {
    Some(Mention { id: text(sheet, node, "a rule's id")?, place: node.place })
}

fn edge(sheet: &mut Sheet<'_>, node: &Node) -> Option<EdgeDraft> {
    let fields = fields(sheet, node, "an entry of `explains`", &["rule", "join", "within"])?;
    let effect = match fields.get("rule") {
        Some(node) => mention(sheet, node),
        None => {
            sheet.wrong(node.place, "`rule` is missing", "name the rule that this one causes".to_owned());
            None
        }
    };
    let join = required_word(sheet, &fields, "join", JOINS);
    let within = fields.get("within").and_then(|node| duration(sheet, node, "within"));
    Some(EdgeDraft { effect: effect?, join, within })
}

fn remedy(sheet: &mut Sheet<'_>, node: &Node) -> Option<Remedy> {
    let fields = fields(sheet, node, "`remedy`", &["now", "verify", "prevent"])?;
    let mut part = |key: &str| fields.get(key).and_then(|node| text(sheet, node, key)).unwrap_or_default();
    Some(Remedy { now: part("now"), verify: part("verify"), prevent: part("prevent") })
}

pub(super) fn duration(sheet: &mut Sheet<'_>, node: &Node, key: &str) -> Option<Duration> {
    let written = text(sheet, node, key)?;
    let parsed = parse_duration(&written);
    if parsed.is_none() {
        let help = "a number with its unit: `500ms`, `5s`, `10m`, `1h`".to_owned();
        sheet.wrong(node.place, format!("`{written}` is no length of time for `{key}`"), help);
    }
    parsed
}

/// `500ms`, `5s`, `1.5s`, `10m`, `1h`: a decimal number and one unit.
pub(super) fn parse_duration(written: &str) -> Option<Duration> {
    let split = written.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = written.split_at(split);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    // Nanoseconds as whole numbers, so that `0.3s` is 300 ms and not a hair less.
    let nanoseconds = (number * seconds * 1e9).round();
    (nanoseconds.is_finite() && nanoseconds < 1e18).then(|| Duration::from_nanos(nanoseconds as u64))
}

fn pattern(sheet: &mut Sheet<'_>, node: &Node, key: &str) -> Option<Pattern> {
    let source = match node.text() {
        Some(source) => source,
        None => {
            wrong_kind(sheet, node, &format!("`{key}`"), "a regex");
            return None;
        }
    };
    // A block scalar (`|`) ends with a line end that nobody means.
    let source = source.strip_suffix('\n').unwrap_or(source);
    match Pattern::new(source) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let place = node.place_of(sheet, error.offset);
            let rest: String = source.get(error.offset..).unwrap_or_default().chars().take(20).collect();
            sheet.found(&codes::WRONG_PATTERN, place, format!("`{key}` is no regex: {}", error.message), format!("see `{rest}`"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_number_and_a_unit() {
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(parse_duration("0.3s"), Some(Duration::from_millis(300)));
        assert_eq!(parse_duration("10m"), Some(Duration::from_secs(600)));
        assert_eq!(parse_duration("1h"), Some(Duration::from_secs(3600)));
        for wrong in ["5", "s", "", "5 s", "-5s", "5d", "1.2.3s", "9e99h", "99999999999999999999h"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
