//! A [`LogEntry`] with Cloud Logging's own field names, whatever shape its payload has.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::brief::Brief;
use super::names;
use super::outline::Outline;
use super::stamp;

/// One entry of Cloud Logging, lossless.
#[derive(Clone)]
pub struct LogEntry {
    /// When it happened (`timestamp`, else `receiveTimestamp`).
    pub timestamp: Timestamp,
    /// Its JSON, until somebody asks for a field that is not known without parsing it: most entries are only counted.
    raw: Box<str>,
    brief: Option<Brief>,
    fields: OnceLock<Map<String, Value>>,
}

/// Cloud Logging's severities, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// 0: none was stated.
    #[default]
    Default,
    /// 100
    Debug,
    /// 200
    Info,
    /// 300
    Notice,
    /// 400
    Warning,
    /// 500
    Error,
    /// 600
    Critical,
    /// 700
    Alert,
    /// 800
    Emergency,
}

impl Severity {
    /// The name as Cloud Logging writes it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Default => "DEFAULT",
            Severity::Debug => "DEBUG",
            Severity::Info => "INFO",
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
            Severity::Critical => "CRITICAL",
            Severity::Alert => "ALERT",
            Severity::Emergency => "EMERGENCY",
        }
    }

    /// The severity written as this value: a name in any case, a number (rounded down to a level), a name that
    /// other libraries use (`WARN`, `FATAL`), or the protocol's enum; [`Severity::Default`] for anything else.
    pub fn from_value(value: &Value) -> Severity {
        match value {
            Value::Number(number) => Severity::from_number(number.as_f64().unwrap_or(0.0)),
            Value::String(name) => Severity::from_name(name),
            _ => Severity::Default,
        }
    }

    fn from_number(number: f64) -> Severity {
        const LEVELS: [Severity; 9] = [
            Severity::Default,
            Severity::Debug,
            Severity::Info,
            Severity::Notice,
            Severity::Warning,
            Severity::Error,
            Severity::Critical,
            Severity::Alert,
            Severity::Emergency,
        ];
        // A float that does not fit saturates.
        LEVELS[((number / 100.0) as usize).min(8)]
    }

    pub(super) fn from_name(name: &str) -> Severity {
        match name.trim().to_ascii_uppercase().trim_start_matches("LOG_SEVERITY_") {
            "TRACE" | "DEBUG" | "FINE" | "FINER" | "FINEST" | "VERBOSE" => Severity::Debug,
            "INFO" | "INFORMATION" | "INFORMATIONAL" | "LOG" => Severity::Info,
            "NOTICE" => Severity::Notice,
            "WARN" | "WARNING" => Severity::Warning,
            "ERROR" | "ERR" | "SEVERE" => Severity::Error,
            "CRITICAL" | "CRIT" | "FATAL" | "PANIC" | "DPANIC" => Severity::Critical,
            "ALERT" => Severity::Alert,
            "EMERGENCY" | "EMERG" => Severity::Emergency,
            number => number.parse().map_or(Severity::Default, Severity::from_number),
        }
    }
}

/// When an entry with these fields happened: `timestamp`, else `receiveTimestamp`.
pub(super) fn moment(fields: &Map<String, Value>) -> Option<Timestamp> {
    ["timestamp", "receiveTimestamp"].iter().find_map(|key| stamp::from_value(fields.get(*key)?))
}

/// The same whether or not it was parsed before.
impl fmt::Debug for LogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogEntry").field("timestamp", &self.timestamp).field("fields", self.fields()).finish()
    }
}

impl LogEntry {
    /// The entry with these fields, under whichever of the two names each of them is written; `None` where
    /// nothing dates it.
    pub fn from_fields(fields: Map<String, Value>) -> Option<LogEntry> {
        let fields = names::own(fields);
        Some(LogEntry { timestamp: moment(&fields)?, raw: Box::default(), brief: None, fields: OnceLock::from(fields) })
    }

    /// The entry that is written so, parsed when a field is asked for that is not in its brief; `raw` must be one JSON
    /// object, and its outline the one that was found.
    pub(super) fn unparsed(timestamp: Timestamp, raw: &str, found: &Outline<'_>) -> LogEntry {
        LogEntry { timestamp, raw: Box::from(raw), brief: Brief::of(raw.as_bytes(), found), fields: OnceLock::new() }
    }

    /// The whole entry as it came, in Cloud Logging's field names (lowerCamelCase).
    pub fn fields(&self) -> &Map<String, Value> {
        self.fields.get_or_init(|| names::own(serde_json::from_str(&self.raw).unwrap_or_default()))
    }

    /// A field that is known without parsing, else the text under a path.
    fn text_of(&self, known: fn(&Brief) -> Option<&Range<u32>>, path: &[&str]) -> Option<&str> {
        match self.brief.as_ref().and_then(known) {
            Some(place) => self.raw.get(place.start as usize..place.end as usize).filter(|text| !text.is_empty()),
            None => self.text_at(path),
        }
    }

    /// How bad it says it is; [`Severity::Default`] where it does not say.
    pub fn severity(&self) -> Severity {
        if let Some(brief) = &self.brief {
            return brief.severity;
        }
        self.fields().get("severity").map(Severity::from_value).unwrap_or_default()
    }

    fn text_at(&self, path: &[&str]) -> Option<&str> {
        let (first, rest) = path.split_first()?;
        let mut value = self.fields().get(*first)?;
        for key in rest {
            value = value.get(key)?;
        }
        value.as_str().filter(|text| !text.is_empty())
    }

    /// `insertId`, empty where the entry has none.
    pub fn insert_id(&self) -> &str {
        self.text_of(|brief| Some(&brief.insert_id), &["insertId"]).unwrap_or_default()
    }

    /// `logName`, empty where the entry has none.
    pub fn log_name(&self) -> &str {
        self.text_of(|brief| Some(&brief.log_name), &["logName"]).unwrap_or_default()
    }

    /// The last part of the log name, unescaped: `run.googleapis.com/stderr`.
    pub fn log_id(&self) -> String {
        let name = self.log_name();
        let id = name.split_once("/logs/").map_or(name, |(_, id)| id);
        id.replace("%2F", "/").replace("%2f", "/")
    }

    /// A label of the monitored resource.
    pub fn resource_label(&self, key: &str) -> Option<&str> {
        self.text_at(&["resource", "labels", key])
    }

    /// The project it was written in: from the resource, else from the log's name.
    pub fn project(&self) -> Option<&str> {
        let of_log = || self.log_name().strip_prefix("projects/").and_then(|rest| rest.split('/').next());
        self.text_of(|brief| Some(&brief.project), &["resource", "labels", "project_id"]).or_else(of_log)
    }

    /// When it was over: for a request, whose entry is dated at its start, its latency later.
    pub fn until(&self) -> Timestamp {
        let latency = self.latency().unwrap_or(SignedDuration::ZERO);
        self.timestamp.checked_add(latency).unwrap_or(self.timestamp)
    }

    /// The Cloud Run service, job or worker pool that wrote it.
    pub fn service(&self) -> Option<&str> {
        if self.brief.is_some() {
            return self.text_of(|brief| Some(&brief.service), &[]);
        }
        ["service_name", "job_name", "workerpool_name"].iter().find_map(|key| self.resource_label(key))
    }

    /// `resource.labels.revision_name`.
    pub fn revision(&self) -> Option<&str> {
        self.text_of(|brief| Some(&brief.revision), &["resource", "labels", "revision_name"])
    }

    /// `labels.instanceId`: one container.
    pub fn instance(&self) -> Option<&str> {
        self.text_of(|brief| Some(&brief.instance), &["labels", "instanceId"])
    }

    /// The trace's id without its project: the entry's `trace`, else one its JSON payload carries.
    pub fn trace(&self) -> Option<&str> {
        let name = self.text_of(|brief| brief.trace.as_ref(), &["trace"]).or_else(|| {
            // Where that was told without parsing, there is no JSON payload.
            if self.brief.as_ref().is_some_and(|brief| brief.trace.is_some()) {
                return None;
            }
            ["logging.googleapis.com/trace", "trace_id", "traceId", "trace"]
                .iter()
                .find_map(|key| self.text_at(&["jsonPayload", key]))
        })?;
        Some(name.rsplit('/').next().unwrap_or(name))
    }

    /// `httpRequest` as an object.
    pub fn http_request(&self) -> Option<&Map<String, Value>> {
        self.fields().get("httpRequest")?.as_object()
    }

    /// `httpRequest.userAgent`.
    pub fn user_agent(&self) -> Option<&str> {
        self.text_at(&["httpRequest", "userAgent"])
    }

    /// `httpRequest.requestUrl`.
    pub fn request_url(&self) -> Option<&str> {
        self.text_at(&["httpRequest", "requestUrl"])
    }

    /// `httpRequest.status`, whether written as a number or a text.
    pub fn http_status(&self) -> Option<u16> {
        let status = self.http_request()?.get("status")?;
        u16::try_from(status.as_u64().or_else(|| status.as_str()?.parse().ok())?).ok()
    }

    /// `httpRequest.latency`: from the start of the request to its end, for a WebSocket the life of the connection.
    pub fn latency(&self) -> Option<SignedDuration> {
        if let Some(brief) = &self.brief {
            return brief.latency;
        }
        match self.http_request()?.get("latency")? {
            Value::String(text) => seconds(text),
            number => SignedDuration::try_from_secs_f64(number.as_f64()?).ok(),
        }
    }

    /// `split`, where this is one part of an entry that was too large.
    pub fn split(&self) -> Option<Split<'_>> {
        let split = self.fields().get("split")?;
        let number = |key| split.get(key).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        Some(Split {
            uid: split.get("uid")?.as_str()?,
            index: number("index").unwrap_or(0),
            total: number("totalSplits").unwrap_or(0),
        })
    }

    /// `sourceLocation`, else what the JSON payload's labels say: file or module, line, function; each may be missing.
    pub fn source_location(&self) -> Option<SourceLocation<'_>> {
        let own = self.fields().get("sourceLocation").filter(|location| location.is_object());
        let place =
            own.or_else(|| self.fields().get("jsonPayload")?.get("labels").filter(|labels| labels.get("line").is_some()))?;
        let text = |key| place.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let line = place.get("line").and_then(|line| line.as_u64().or_else(|| line.as_str()?.parse().ok()));
        Some(SourceLocation { file: text("file").or_else(|| text("module")), line, function: text("function") })
    }
}

/// `0.25s`
pub(super) fn seconds(text: &str) -> Option<SignedDuration> {
    let seconds = text.trim().trim_end_matches('s').parse().ok()?;
    SignedDuration::try_from_secs_f64(seconds).ok()
}

/// Where in the program an entry was logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLocation<'a> {
    /// The file's path, else the module's name.
    pub file: Option<&'a str>,
    /// From 1.
    pub line: Option<u64>,
    /// The function's name.
    pub function: Option<&'a str>,
}

/// Which part of a large entry this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split<'a> {
    /// The same for all parts.
    pub uid: &'a str,
    /// From 0.
    pub index: u64,
    /// How many parts there are.
    pub total: u64,
}
