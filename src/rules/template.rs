//! Titles, answers and remedies with the captures filled in.
//!
//! The texts are minijinja templates without includes; `{{ user_id }}` is a named group of one of the
//! rule's patterns. A group that took no part is written `?`, and is false in `{% if … %}`.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value;
use minijinja::{Environment, Output, State};

use super::codes;
use super::problem::{Code, Place, Sheet, nearest};
use super::{Captures, Remedy, Rule};

/// Longest text of one capture in a rendered text, in characters.
const LONGEST_CAPTURE: usize = 200;

/// Steps a template may take; plain texts with some captures need a few dozen.
const FUEL: u64 = 20_000;

impl Rule {
    /// The title with the captures filled in.
    pub fn render_title(&self, captures: &Captures) -> String {
        render(&self.title, captures)
    }

    /// The answer to "why?" with the captures filled in; the title where the rule has none.
    pub fn render_why(&self, captures: &Captures) -> String {
        render(if self.why.is_empty() { &self.title } else { &self.why }, captures)
    }

    /// The remedy with the captures filled in.
    pub fn render_remedy(&self, captures: &Captures) -> Remedy {
        Remedy {
            now: render(&self.remedy.now, captures),
            verify: render(&self.remedy.verify, captures),
            prevent: render(&self.remedy.prevent, captures),
        }
    }

    /// The names of all groups of its patterns.
    pub fn capture_names(&self) -> BTreeSet<&str> {
        let logs = self.log_matchers.iter().filter_map(|matcher| matcher.text.as_ref());
        let tests = self
            .test_matchers
            .iter()
            .flat_map(|matcher| [&matcher.message, &matcher.details, &matcher.id].into_iter().filter_map(Option::as_ref));
        logs.chain(tests).flat_map(|pattern| pattern.names().iter().map(String::as_str)).collect()
    }
}

fn is_plain(text: &str) -> bool {
    let text = text.as_bytes();
    !memchr::memchr_iter(b'{', text).any(|at| matches!(text.get(at + 1), Some(b'{' | b'%' | b'#')))
}

fn environment<'t>() -> Environment<'t> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(write_value);
    // For a capture that does not take part in every match.
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("lower", minijinja::filters::lower);
    environment.add_filter("upper", minijinja::filters::upper);
    environment.add_filter("trim", minijinja::filters::trim);
    environment
}

/// Nothing is escaped here: the format that shows the text does that.
fn write_value(out: &mut Output<'_>, _state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let written = if value.is_undefined() { out.write_str("?") } else { write!(out, "{value}") };
    written.map_err(minijinja::Error::from)
}

fn render(text: &str, captures: &Captures) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let values: BTreeMap<String, Value> =
        captures.iter().map(|(name, value)| (name.clone(), Value::from(shortened(value)))).collect();
    let environment = environment();
    // A template that does not render was refused when it was loaded; its source still says something.
    environment
        .template_from_str(text)
        .and_then(|template| template.render(Value::from(values)))
        .unwrap_or_else(|_| text.to_owned())
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(LONGEST_CAPTURE) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value.to_owned(),
    }
}

/// Notes templates that do not parse and captures that no pattern of the rule has.
pub(super) fn check(sheet: &mut Sheet<'_>, rule: &Rule, place_of: impl Fn(&str) -> Place) {
    let names = rule.capture_names();
    let texts = [
        ("title", "title", &rule.title),
        ("why", "why", &rule.why),
        ("remedy", "remedy.now", &rule.remedy.now),
        ("remedy", "remedy.verify", &rule.remedy.verify),
        ("remedy", "remedy.prevent", &rule.remedy.prevent),
    ];
    for (key, part, text) in texts {
        if is_plain(text) {
            continue;
        }
        for (code, message, help) in mistakes(text, &names) {
            sheet.found(code, place_of(key), format!("`{part}`: {message}"), help);
        }
    }
    for name in rule.fingerprint.iter().filter(|name| !names.contains(name.as_str())) {
        sheet.found(
            &codes::UNDEFINED_CAPTURE,
            place_of("fingerprint"),
            format!("`fingerprint` names `{name}`, which no pattern captures"),
            offer(name, &names),
        );
    }
}

type Mistake = (&'static Code, String, Option<String>);

/// The captures that a template asks for; none where it is no template.
pub(super) fn used(text: &str) -> BTreeSet<String> {
    let environment = environment();
    let template = environment.template_from_str(text);
    template.map(|template| template.undeclared_variables(false).into_iter().collect()).unwrap_or_default()
}

fn mistakes(text: &str, names: &BTreeSet<&str>) -> Vec<Mistake> {
    let environment = environment();
    let template = match environment.template_from_str(text) {
        Ok(template) => template,
        Err(error) => {
            let help = "captures are written `{{ name }}`".to_owned();
            return vec![(&codes::WRONG_TEMPLATE, format!("not a template: {error}"), Some(help))];
        }
    };
    let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| !names.contains(name.as_str()));
    unknown.sort();
    let mut found: Vec<Mistake> = unknown
        .into_iter()
        .map(|name| {
            let help = offer(&name, names);
            (&codes::UNDEFINED_CAPTURE, format!("`{name}` is captured by no pattern of this rule"), help)
        })
        .collect();
    if found.is_empty() {
        let values = names.iter().map(|name| ((*name).to_owned(), Value::from("x"))).collect::<BTreeMap<_, _>>();
        if let Err(error) = template.render(Value::from(values)) {
            let help = "use captures, `default` and `{% if … %}` only".to_owned();
            found.push((&codes::WRONG_TEMPLATE, format!("does not render: {error}"), Some(help)));
        }
    }
    found
}

fn offer(name: &str, names: &BTreeSet<&str>) -> Option<String> {
    if names.is_empty() {
        return Some(format!("add a named group `(?<{name}>…)` to a pattern"));
    }
    let all: Vec<&str> = names.iter().copied().collect();
    let near = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    Some(format!("{near}captured are: {}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(pairs: &[(&str, &str)]) -> Captures {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn captures_are_filled_in_and_missing_ones_are_a_question_mark() {
        assert_eq!(render("user {{ id }}", &captures(&[("id", "<b>")])), "user <b>");
        assert_eq!(render("user {{ id }}", &Captures::new()), "user ?");
        assert_eq!(render("a{% if id %} {{ id }}{% endif %}", &Captures::new()), "a");
        assert_eq!(render("plain {text}", &Captures::new()), "plain {text}");
    }

    #[test]
    fn a_long_capture_is_cut() {
        let text = render("{{ x }}", &captures(&[("x", &"é".repeat(1_000))]));
        assert_eq!(text.chars().count(), LONGEST_CAPTURE + 1);
    }

    #[test]
    fn templates_with_loops_without_end_or_unknown_names_are_mistakes() {
        let names = BTreeSet::from(["user_id"]);
        assert!(mistakes("{{ user_id }}", &names).is_empty());
        assert!(mistakes("{{ userid }}", &names)[0].2.as_deref().unwrap().contains("`user_id`"));
        assert!(!mistakes("{{ user_id", &names).is_empty());
        assert!(!mistakes("{% include 'x' %}", &names).is_empty());
        let hundred = "1,".repeat(100);
        let nested = format!(
            "{{% for a in [{hundred}] %}}{{% for b in [{hundred}] %}}{{% for c in [{hundred}] %}}{{% endfor %}}{{% endfor %}}{{% endfor %}}"
        );
        assert!(!mistakes(&nested, &names).is_empty());
    }
}
