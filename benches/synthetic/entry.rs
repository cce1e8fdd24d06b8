//! One entry as Cloud Logging exports it: keys in order of the alphabet, no blanks, one line.

use std::fmt::Write;

use jiff::Timestamp;

use super::random::Random;

/// Microseconds since 1970, UTC.
pub type Micros = i64;

/// The project that everything runs in.
pub const PROJECT: &str = "lumen-staging";

/// A container of a revision of a service.
#[derive(Debug, Clone)]
pub struct Instance {
    /// `lumen-backend-staging`.
    pub service: &'static str,
    /// `lumen-backend-staging-00281-ttm`.
    pub revision: String,
    /// The label `instanceId`.
    pub id: String,
}

/// What an entry says.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// A line that was no JSON.
    Text(&'a str),
    /// What a structured logger wrote.
    Json {
        /// The logger's name, dotted.
        module: &'a str,
        /// The message.
        message: &'a str,
        /// The traceback logged with it, or nothing.
        traceback: &'a str,
    },
    /// An entry of the request log.
    Request(&'a Request<'a>),
    /// An entry of an audit log: method, and what was said.
    Audit(&'a str, &'a str),
}

/// An HTTP request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`.
    pub method: &'a str,
    /// `/api/threads?limit=20`.
    pub path: &'a str,
    /// HTTP status.
    pub status: u16,
    /// How long it took.
    pub latency: Micros,
    /// What called.
    pub user_agent: &'a str,
    /// Where it called from.
    pub remote_ip: &'a str,
}

/// All of an entry but its insert id.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// `timestamp`.
    pub at: Micros,
    /// Where it was written.
    pub instance: &'a Instance,
    /// The last part of its log's name, such as `run.googleapis.com%2Fstderr`.
    pub log: &'a str,
    /// `severity`; plain text has none.
    pub severity: &'a str,
    /// The trace's id, or nothing.
    pub trace: &'a str,
    /// What it says.
    pub payload: Payload<'a>,
}

/// A moment as jiff knows it.
pub fn timestamp(at: Micros) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl Entry<'_> {
    /// The entry as a line, with its newline.
    pub fn line(&self, random: &mut Random) -> String {
        let mut out = String::with_capacity(1200);
        // Writing to a String cannot fail.
        let _ = self.write(&mut out, random);
        out
    }

    fn write(&self, out: &mut String, random: &mut Random) -> std::fmt::Result {
        out.push('{');
        let mut received = self.at + random.between(30_000, 400_000);
        if let Payload::Request(request) = self.payload {
            write_request(out, request, self.instance.service, random)?;
            received += request.latency;
        }
        write!(out, r#""insertId":"{:08x}{:08x}{}","#, self.at / 1_000_000, self.at % 1_000_000, random.hex(8))?;
        if let Payload::Json { module, message, traceback } = self.payload {
            self.write_json(out, module, message, traceback, random)?;
        }
        if !matches!(self.payload, Payload::Audit(..)) {
            let id = &self.instance.id;
            write!(out, r#""labels":{{"commit-sha":"8f41c2d","instanceId":"{id}","managed-by":"gcp-cloud-build-deploy"}},"#)?;
        }
        write!(out, r#""logName":"projects/{PROJECT}/logs/{}","#, self.log)?;
        if let Payload::Audit(method, said) = self.payload {
            self.write_audit(out, method, said)?;
        }
        let nanos = random.below(1000);
        write!(out, r#""receiveTimestamp":"{:.6}{nanos:03}Z","#, Bare(received))?;
        self.write_resource(out)?;
        if !self.severity.is_empty() {
            write!(out, r#""severity":"{}","#, self.severity)?;
        }
        if !self.trace.is_empty() {
            write!(out, r#""spanId":"{}","#, random.hex(16))?;
        }
        if let Payload::Text(text) = self.payload {
            write!(out, r#""textPayload":{},"#, Quoted(text))?;
        }
        write!(out, r#""timestamp":"{:.6}""#, timestamp(self.at))?;
        if !self.trace.is_empty() {
            write!(out, r#","trace":"projects/{PROJECT}/traces/{}","traceSampled":true"#, self.trace)?;
        }
        out.push_str("}\n");
        Ok(())
    }

    fn write_json(
        &self,
        out: &mut String,
        module: &str,
        message: &str,
        traceback: &str,
        random: &mut Random,
    ) -> std::fmt::Result {
        let last = traceback.trim_end().lines().last().unwrap_or_default();
        let (kind, value) = last.split_once(": ").unwrap_or((last, ""));
        let service = self.instance.service;
        write!(
            out,
            r#""jsonPayload":{{"context":{{"name":"{module}","service":"{service}"}},"error":{{"traceback":{},"#,
            Quoted(traceback)
        )?;
        write!(
            out,
            r#""type":{},"value":{}}},"labels":{{"function":"{}","#,
            Quoted(kind),
            Quoted(value),
            module.rsplit('.').next().unwrap_or(module)
        )?;
        write!(out, r#""line":"{}","module":"{module}"}},"message":{},"#, 20 + random.below(400), Quoted(message))?;
        write!(out, r#""timestamp":"{:.6}+00:00""#, Bare(self.at))?;
        if !self.trace.is_empty() {
            write!(out, r#","trace_id":"{}""#, self.trace)?;
        }
        out.push_str("},");
        Ok(())
    }

    fn write_audit(&self, out: &mut String, method: &str, said: &str) -> std::fmt::Result {
        write!(out, r#""protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","#)?;
        write!(out, r#""authenticationInfo":{{"principalEmail":"deployer@{PROJECT}.iam.gserviceaccount.com"}},"#)?;
        write!(out, r#""methodName":"{method}","resourceName":"namespaces/{PROJECT}/services/{}","#, self.instance.service)?;
        write!(out, r#""serviceName":"run.googleapis.com","status":{{"message":{}}}}},"#, Quoted(said))
    }

    fn write_resource(&self, out: &mut String) -> std::fmt::Result {
        let Instance { service, revision, .. } = self.instance;
        // The activity log names the service only.
        let (configuration, revision) = if self.log.ends_with("activity") { ("", "") } else { (*service, revision.as_str()) };
        write!(out, r#""resource":{{"labels":{{"configuration_name":"{configuration}","location":"us-central1","#)?;
        write!(out, r#""project_id":"{PROJECT}","revision_name":"{revision}","service_name":"{service}"}},"#)?;
        out.push_str(r#""type":"cloud_run_revision"},"#);
        Ok(())
    }
}

fn write_request(out: &mut String, request: &Request, service: &str, random: &mut Random) -> std::fmt::Result {
    let (seconds, micros) = (request.latency / 1_000_000, request.latency % 1_000_000);
    write!(out, r#""httpRequest":{{"latency":"{seconds}.{micros:06}{:03}s","protocol":"HTTP/1.1","#, random.below(1000))?;
    write!(out, r#""remoteIp":"{}","requestMethod":"{}","#, request.remote_ip, request.method)?;
    let url = format!("https://{service}-pq7rw5tz6a-uc.a.run.app{}", request.path);
    write!(out, r#""requestSize":"{}","requestUrl":{},"#, 400 + random.below(900), Quoted(&url))?;
    write!(out, r#""responseSize":"{}","serverIp":"216.239.38.53","#, 150 + random.below(6000))?;
    write!(out, r#""status":{},"userAgent":{}}},"#, request.status, Quoted(request.user_agent))
}

/// A text as JSON, with its quotes.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self.0).map_err(|_| std::fmt::Error)?)
    }
}

/// A moment without its zone.
struct Bare(Micros);

impl std::fmt::Display for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(format!("{:.6}", timestamp(self.0)).trim_end_matches('Z'))
    }
}
