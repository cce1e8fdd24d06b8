//! The text of an entry, whatever shape its payload has.

use std::borrow::Cow;

use memchr::memmem;

use super::LogEntry;
use super::glimpse::REQUEST_FIELDS;
use super::tree::Tree;

/// Where loggers put the message, best first.
const MESSAGES: [&[&str]; 8] =
    [&["message"], &["msg"], &["event"], &["log"], &["error", "message"], &["err", "message"], &["text"], &["error"]];

/// The fields of a JSON payload that may be its message, best first.
pub fn message_fields() -> impl Iterator<Item = &'static str> {
    MESSAGES.iter().filter_map(|path| if let [field] = path { Some(*field) } else { None })
}

/// Where loggers put exceptions and stack traces.
const STACKS: [&[&str]; 15] = [
    &["exception"],
    &["exc_info"],
    &["exc_text"],
    &["error", "message"],
    &["error", "traceback"],
    &["error", "stack"],
    &["error", "stack_trace"],
    &["exception", "message"],
    &["exception", "stacktrace"],
    &["err", "message"],
    &["err", "stack"],
    &["stack_trace"],
    &["stacktrace"],
    &["stack"],
    &["traceback"],
];

/// Fields that say when, where and how loud a line was written, not what it says.
const ABOUT_THE_LINE: [&str; 30] = [
    "timestamp",
    "@timestamp",
    "time",
    "ts",
    "asctime",
    "date",
    "level",
    "lvl",
    "levelname",
    "severity",
    "log.level",
    "logger",
    "log.logger",
    "logger_name",
    "name",
    "module",
    "pid",
    "process",
    "thread",
    "hostname",
    "host",
    "v",
    "ecs.version",
    "trace",
    "traceId",
    "trace_id",
    "span_id",
    "spanId",
    "service",
    "filename",
];

/// How many lines are made of the other fields of a payload, and how long they get, in bytes.
const LEAVES: usize = 60;
pub(super) const LEAF_BYTES: usize = 2000;

/// The text of an entry: message first, then exception and stack trace as far as the message does not contain
/// them, then the other texts of a structured payload as `key: value`, for loggers put the reason there.
pub(super) fn text(entry: &LogEntry) -> String {
    let field = |key| entry.fields().get(key).map_or(Tree::Null, Tree::from);
    let mut made = String::new();
    write(&field("textPayload"), &field("jsonPayload"), &field("protoPayload"), &field("httpRequest"), &mut made);
    made
}

/// Writes the text that is made of these fields of an entry where nothing is written yet. Linear in their length, times the
/// texts in them.
pub(super) fn write(text: &Tree<'_>, json: &Tree<'_>, proto: &Tree<'_>, request: &Tree<'_>, room: &mut String) {
    let mut parts = Parts { text: room, repeats: &mut AsWritten };
    parts.push(text.as_text());
    write_json(json, parts.repeats, parts.text);
    if let Tree::Object(_) = proto {
        proto_payload(proto, &mut parts);
    }
    if let Tree::Object(_) = request {
        parts.push(Some(&request_line(request)));
    }
}

/// The same for a JSON payload alone; `repeats` says what is said already.
pub(super) fn write_json(json: &Tree<'_>, repeats: &mut impl Repeats, room: &mut String) {
    let mut parts = Parts { text: room, repeats };
    match json {
        Tree::Text(text) => parts.push(Some(text)),
        Tree::Object(_) => json_payload(json, &mut parts),
        _ => {}
    }
}

/// Tells whether a text says something already: then it is not said twice.
pub(super) trait Repeats {
    /// Whether `part`, which is not empty, stands in the text so far.
    fn stands(&mut self, part: &str, so_far: &str) -> bool;
}

/// Looks for it.
struct AsWritten;

impl Repeats for AsWritten {
    fn stands(&mut self, part: &str, so_far: &str) -> bool {
        let (all, part) = (so_far.as_bytes(), part.as_bytes());
        match part {
            // A search made ready costs more than this for what is short.
            [first, ..] if all.len() < 512 => memchr::memchr_iter(*first, all).any(|at| all[at..].starts_with(part)),
            _ => memmem::find(all, part).is_some(),
        }
    }
}

/// A text as a record has it: without line ends behind it, nothing where it is blank.
pub(super) fn whole(text: &str) -> &str {
    let text = text.trim_end_matches(['\n', '\r']);
    if text.trim().is_empty() { "" } else { text }
}

/// The message of a structured payload.
pub(super) fn message(entry: &LogEntry) -> Option<String> {
    message_in(&entry.fields().get("jsonPayload")?.into()).map(str::to_owned)
}

fn message_in<'t>(payload: &'t Tree<'_>) -> Option<&'t str> {
    let beginnings = Beginnings::of(payload);
    let mut paths = MESSAGES.iter().filter(|path| beginnings.may_hold(path));
    paths.find_map(|path| at(payload, path).filter(|text| !text.trim().is_empty()))
}

/// How the keys of an object begin: most of the paths looked for are not there, which is seen at a glance.
#[derive(Clone, Copy)]
struct Beginnings(u64);

impl Beginnings {
    fn of(object: &Tree<'_>) -> Beginnings {
        Beginnings(object.members().iter().fold(0, |all, (key, _)| all | Beginnings::bit(key)))
    }

    /// Of a key's first two letters.
    #[inline]
    fn bit(key: &str) -> u64 {
        let letter = |place: usize| u32::from(key.as_bytes().get(place).copied().unwrap_or_default());
        1 << ((letter(0) + 7 * letter(1)) % u64::BITS)
    }

    /// Whether the object may have a member that such a path begins with; no name in these paths is of one letter.
    fn may_hold(self, path: &[&str]) -> bool {
        path.first().is_some_and(|first| self.0 & Beginnings::bit(first) != 0)
    }
}

/// Texts one below the other, without repetition.
struct Parts<'t, R> {
    text: &'t mut String,
    repeats: &'t mut R,
}

impl<R: Repeats> Parts<'_, R> {
    fn push(&mut self, part: Option<&str>) {
        let part = whole(part.unwrap_or_default());
        if !self.hold(part.trim()) {
            self.add(part);
        }
    }

    /// Adds what is not there yet.
    fn add(&mut self, part: &str) {
        self.begin();
        self.text.push_str(part);
    }

    /// Begins a line.
    fn begin(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn hold(&mut self, part: &str) -> bool {
        part.is_empty() || self.repeats.stands(part, self.text)
    }
}

/// The text under a path, or under the path written as one key with dots, as ECS loggers do.
fn at<'t>(payload: &'t Tree<'_>, path: &[&str]) -> Option<&'t str> {
    let nested = path.iter().try_fold(payload, |value, key| value.get(key)).and_then(Tree::as_text);
    nested.or_else(|| {
        let (first, rest) = path.split_first().filter(|(_, rest)| !rest.is_empty())?;
        let follows = |key: &str| {
            let tail = rest.iter().try_fold(key.strip_prefix(first)?, |key, part| key.strip_prefix('.')?.strip_prefix(part))?;
            tail.is_empty().then_some(())
        };
        payload.members().iter().find(|(key, _)| follows(key).is_some())?.1.as_text()
    })
}

fn json_payload<R: Repeats>(payload: &Tree<'_>, parts: &mut Parts<'_, R>) {
    parts.push(message_in(payload));
    let beginnings = Beginnings::of(payload);
    for path in STACKS.iter().filter(|path| beginnings.may_hold(path)) {
        parts.push(at(payload, path));
    }
    let mut leaves = Leaves { parts, count: 0 };
    for (key, value) in payload.members().iter().filter(|(key, _)| !ABOUT_THE_LINE.contains(&&**key)) {
        leaves.collect(&Path { above: None, key }, value);
    }
}

/// The keys down to a value.
struct Path<'p> {
    above: Option<&'p Path<'p>>,
    key: &'p str,
}

impl Path<'_> {
    /// Writes the keys with dots between them.
    fn write(&self, line: &mut String) {
        if let Some(above) = self.above {
            above.write(line);
            line.push('.');
        }
        line.push_str(self.key);
    }
}

/// The texts in a payload as lines `key: value`, in order of the keys.
struct Leaves<'p, 't, R> {
    parts: &'p mut Parts<'t, R>,
    count: usize,
}

impl<R: Repeats> Leaves<'_, '_, R> {
    fn collect(&mut self, path: &Path<'_>, value: &Tree<'_>) {
        if self.count >= LEAVES {
            return;
        }
        match value {
            Tree::Text(text) => self.add_text(path, &text[..text.floor_char_boundary(LEAF_BYTES)]),
            // `has_token: false` is a reason; most numbers are not.
            Tree::Flag(flag) => self.add_flag(path, *flag),
            Tree::Object(members) => {
                for (key, value) in members {
                    self.collect(&Path { above: Some(path), key }, value);
                }
            }
            Tree::List(list) => list.iter().for_each(|value| self.collect(path, value)),
            Tree::Null | Tree::Number(_) => {}
        }
    }

    fn add_text(&mut self, path: &Path<'_>, value: &str) {
        if matches!(value, "true" | "false") {
            return self.add_flag(path, value == "true");
        }
        self.count += 1;
        // What the message or the trace holds already is not said twice.
        if !self.parts.hold(value.trim()) {
            self.parts.begin();
            path.write(self.parts.text);
            self.parts.text.push_str(": ");
            self.parts.text.push_str(value.trim_end_matches(['\n', '\r']));
        }
    }

    fn add_flag(&mut self, path: &Path<'_>, flag: bool) {
        self.count += 1;
        let mut line = String::new();
        path.write(&mut line);
        line.push_str(if flag { ": true" } else { ": false" });
        if !self.parts.hold(line.trim()) {
            self.parts.add(&line);
        }
    }
}

fn proto_payload(payload: &Tree<'_>, parts: &mut Parts<'_, AsWritten>) {
    parts.push(at(payload, &["status", "message"]));
    let names = [&["methodName"][..], &["resourceName"]].map(|path| at(payload, path).unwrap_or_default());
    parts.push(Some(names.join(" ").trim()));
}

/// `GET https://… 503 0.002s python-httpx/0.28`
fn request_line(request: &Tree<'_>) -> String {
    let mut line = String::new();
    for key in REQUEST_FIELDS {
        push_part(&shown(request.get(key).unwrap_or(&Tree::Null)), &mut line);
    }
    line
}

/// Adds a part to a line, unless it is empty.
pub(super) fn push_part(part: &str, line: &mut String) {
    if !line.is_empty() && !part.is_empty() {
        line.push(' ');
    }
    line.push_str(part);
}

/// A text or a number as it is shown; nothing for anything else.
pub(super) fn shown<'t>(value: &'t Tree<'_>) -> Cow<'t, str> {
    match value {
        Tree::Text(text) => Cow::from(&**text),
        Tree::Number(number) => Cow::from(number.to_string()),
        _ => Cow::from(""),
    }
}
