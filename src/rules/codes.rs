//! The codes of mistakes that keep a rule from being read as it was meant. Those of rules that load are in [`super::lints`].

use super::problem::{Code, Level};

const fn error(id: &'static str, name: &'static str, summary: &'static str) -> Code {
    Code { id, name, level: Level::Error, summary }
}

/// Not a file, not UTF-8, not YAML, or empty.
pub static UNREADABLE: Code = error("FW001", "unreadable", "the file cannot be read as YAML");
/// A key that the format does not know.
pub static UNKNOWN_KEY: Code = error("FW002", "unknown-key", "a key that rules do not have");
/// A key that stands twice in one mapping.
pub static DOUBLED_KEY: Code = error("FW003", "doubled-key", "a key is written twice");
/// A value that is missing or of another kind than expected.
pub static WRONG_VALUE: Code = error("FW004", "wrong-value", "a value is missing, or not what its key takes");
/// A text that is no regex.
pub static WRONG_PATTERN: Code = error("FW005", "wrong-pattern", "a pattern is no regex, or none that runs in linear time");
/// A text that is no query.
pub static WRONG_FILTER: Code = error("FW006", "wrong-filter", "a filter is not in the Logging query language");
/// A path that gives no id.
pub static WRONG_ID: Code = error("FW007", "wrong-id", "the path of the file is no rule id");
/// Two files with one id.
pub static DUPLICATE_ID: Code = error("FW008", "duplicate-id", "two files give one rule id");
/// A template or fingerprint names what no pattern captures.
pub static UNDEFINED_CAPTURE: Code = error("FW009", "undefined-capture", "a text uses a capture that no pattern has");
/// A template that does not render.
pub static WRONG_TEMPLATE: Code = error("FW010", "wrong-template", "a text is no template");
/// A mention of a rule that there is not.
pub static UNKNOWN_RULE: Code = error("FW011", "unknown-rule", "an edge leads to a rule that there is not");
/// A mention of the rule itself.
pub static SELF_EDGE: Code = error("FW012", "self-edge", "a rule refers to itself");
/// An edge that closes a circle.
pub static CIRCLE: Code = error("FW013", "circle", "an edge makes a cause its own effect");
/// `replaces` that cannot be done.
pub static WRONG_REPLACEMENT: Code =
    error("FW014", "wrong-replacement", "`replaces` names no rule, or one that another rule replaces");
/// An `allow` that names no lint or gives no reason.
pub static WRONG_ALLOW: Code = error("FW015", "wrong-allow", "an `allow` comment without a lint or without a reason");

/// All of them, in order of their ids.
pub static ERRORS: [&Code; 15] = [
    &UNREADABLE,
    &UNKNOWN_KEY,
    &DOUBLED_KEY,
    &WRONG_VALUE,
    &WRONG_PATTERN,
    &WRONG_FILTER,
    &WRONG_ID,
    &DUPLICATE_ID,
    &UNDEFINED_CAPTURE,
    &WRONG_TEMPLATE,
    &UNKNOWN_RULE,
    &SELF_EDGE,
    &CIRCLE,
    &WRONG_REPLACEMENT,
    &WRONG_ALLOW,
];
