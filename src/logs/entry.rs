//! A [`LogEntry`] with Cloud Logging's own field names, whatever shape its payload has.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// One entry of Cloud Logging, lossless.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// When it happened (`timestamp`, else `receiveTimestamp`).
    pub timestamp: Timestamp,
    /// How bad it says it is; entries without one are [`Severity::Default`].
    pub severity: Severity,
    /// The whole entry as it came, in Cloud Logging's field names (lowerCamelCase).
    pub fields: Map<String, Value>,
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
}

impl LogEntry {
    fn text_at(&self, path: &[&str]) -> Option<&str> {
        let (first, rest) = path.split_first()?;
        let mut value = self.fields.get(*first)?;
        for key in rest {
            value = value.get(key)?;
        }
        value.as_str().filter(|text| !text.is_empty())
    }

    /// `insertId`, empty where the entry has none.
    pub fn insert_id(&self) -> &str {
        self.text_at(&["insertId"]).unwrap_or_default()
    }

    /// `logName`, empty where the entry has none.
    pub fn log_name(&self) -> &str {
        self.text_at(&["logName"]).unwrap_or_default()
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

    /// The Cloud Run service, job or worker pool that wrote it.
    pub fn service(&self) -> Option<&str> {
        ["service_name", "job_name", "workerpool_name"].iter().find_map(|key| self.resource_label(key))
    }

    /// `resource.labels.revision_name`.
    pub fn revision(&self) -> Option<&str> {
        self.resource_label("revision_name")
    }

    /// `labels.instanceId`: one container.
    pub fn instance(&self) -> Option<&str> {
        self.text_at(&["labels", "instanceId"])
    }

    /// The trace's id without its project: the entry's `trace`, else one its JSON payload carries.
    pub fn trace(&self) -> Option<&str> {
        let name = self.text_at(&["trace"]).or_else(|| {
            ["logging.googleapis.com/trace", "trace_id", "traceId", "trace"]
                .iter()
                .find_map(|key| self.text_at(&["jsonPayload", key]))
        })?;
        Some(name.rsplit('/').next().unwrap_or(name))
    }

    /// `httpRequest` as an object.
    pub fn http_request(&self) -> Option<&Map<String, Value>> {
        self.fields.get("httpRequest")?.as_object()
    }
}
