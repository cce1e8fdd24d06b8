//! What happens from moment to moment: requests and the lines they leave, noise, and now and then a fault.

use super::cast::Cast;
use super::entry::{Entry, Instance, Micros, Payload, Request};
use super::faults::{Fault, Form};
use super::lines::{CLIENTS, HANDLED_TRACEBACK, HARMLESS_TRACEBACK, Line, PLAIN, RED_HERRINGS, REQUESTS, STRUCTURED};
use super::random::Random;
use super::services::{BY_TRAFFIC, Change, Role, Services};

const REQUEST_LOG: &str = "run.googleapis.com%2Frequests";
const SYSTEM_LOG: &str = "run.googleapis.com%2Fvarlog%2Fsystem";

/// Takes an entry's time and its line.
pub type Write<'a> = dyn FnMut(Micros, String) + 'a;

/// The services and the chance that moves them.
pub struct Stage {
    services: Services,
    random: Random,
}

impl Stage {
    /// The stage at the start of a run of this length.
    pub fn new(start: Micros, length: Micros, mut random: Random) -> Stage {
        Stage { services: Services::new(start, length, &mut random), random }
    }

    /// One thing that happens at this moment; most often a request. Together they make about 45 % request entries,
    /// 25 % structured lines, 27 % plain lines (of these a tenth lines of tracebacks) and 2 % platform entries.
    pub fn act(&mut self, now: Micros, write: &mut Write) {
        if let Some(change) = self.services.change(now, &mut self.random) {
            self.announce(&change, now, write);
        }
        let cast = Cast::new(now, &mut self.random);
        match self.random.below(1000) {
            0..450 => self.request(&cast, now, write),
            450..625 => self.structured(&cast, STRUCTURED, now, write),
            625..955 => self.plain(&cast, now, write),
            955..985 => self.structured(&cast, RED_HERRINGS, now, write),
            985..987 => self.trace(now, write),
            987..991 => self.text(Role::Backend, "ERROR", &cast, HANDLED_TRACEBACK, now, write),
            _ => self.platform(now, write),
        }
    }

    /// A fault and the chain of lines it leaves, on one instance and one trace.
    pub fn fail(&mut self, fault: &Fault, at: Micros, write: &mut Write) {
        let cast = Cast::new(at, &mut self.random);
        let backend = self.services.instance(Role::Backend, &mut self.random);
        for step in fault.chain {
            let now = at + step.after * 1000;
            let own =
                if step.role == Role::Backend { backend.clone() } else { self.services.instance(step.role, &mut self.random) };
            let text = cast.speak(step.text, now, &mut self.random);
            let log = if matches!(step.form, Form::Request(..)) { REQUEST_LOG } else { step.role.log() };
            let mut entry = Entry {
                at: now,
                instance: &own,
                log,
                severity: step.severity,
                trace: &cast.trace,
                payload: Payload::Text(&text),
            };
            match step.form {
                Form::Structured(traceback) => {
                    entry.payload = Payload::Json { module: step.module, message: &text, traceback };
                }
                Form::Plain => entry.trace = "",
                Form::LineByLine => {
                    self.by_line(&own, &text, now, write);
                    continue;
                }
                Form::Request(method, path, status, latency) => {
                    let request =
                        Request { method, path, status, latency: latency * 1000, user_agent: CLIENTS[0], remote_ip: cast.ip() };
                    entry.payload = Payload::Request(&request);
                    write(now, entry.line(&mut self.random));
                    continue;
                }
            }
            write(now, entry.line(&mut self.random));
        }
    }

    /// A request: its entry at the gateway, mostly also at the backend, and what the backend logs for it.
    fn request(&mut self, cast: &Cast, now: Micros, write: &mut Write) {
        let mut draw = self.random.below(100) as u32;
        let chosen = REQUESTS.iter().find(|(_, _, often)| {
            let here = draw < *often;
            draw = draw.saturating_sub(*often);
            here
        });
        let (method, path, _) = chosen.unwrap_or(&REQUESTS[0]);
        let path = cast.speak(path, now, &mut self.random);
        let (status, severity) = match self.random.below(1000) {
            _ if path == "/ws" => (101, ""),
            0..965 => (200, "INFO"),
            965..980 => (404, "WARNING"),
            980..992 => (401, "WARNING"),
            992..996 => (429, "WARNING"),
            _ => (503, "ERROR"),
        };
        let latency = self.random.between(2_000, 60_000) * if path == "/ws" { 200 } else { 1 };
        let client = *self.random.pick(CLIENTS);
        let both = self.random.per_mille(450);
        for (role, delay) in [(Role::Gateway, 0), (Role::Backend, 1_300)] {
            if role == Role::Backend && !both {
                continue;
            }
            let own = self.services.instance(role, &mut self.random);
            let request = Request { method, path: &path, status, latency, user_agent: client, remote_ip: cast.ip() };
            let entry = Entry {
                at: now + delay,
                instance: &own,
                log: REQUEST_LOG,
                severity,
                trace: &cast.trace,
                payload: Payload::Request(&request),
            };
            write(now + delay, entry.line(&mut self.random));
        }
        if both && self.random.per_mille(600) {
            self.structured(cast, STRUCTURED, now + 2_100, write);
        }
    }

    fn structured(&mut self, cast: &Cast, lines: &[Line], now: Micros, write: &mut Write) {
        let (module, severity, message) = *self.random.pick(lines);
        let message = cast.speak(message, now, &mut self.random);
        let role = match module.split('.').next() {
            Some("gateway") => Role::Gateway,
            Some("auth_service") => Role::Auth,
            _ => Role::Backend,
        };
        let own = self.services.instance(role, &mut self.random);
        let payload = Payload::Json { module, message: &message, traceback: "" };
        let entry = Entry { at: now, instance: &own, log: role.log(), severity, trace: &cast.trace, payload };
        write(now, entry.line(&mut self.random));
    }

    fn plain(&mut self, cast: &Cast, now: Micros, write: &mut Write) {
        let line = *self.random.pick(PLAIN);
        let role = if line.contains("worker") {
            Role::Worker
        } else if line.contains("auth_service") {
            Role::Auth
        } else {
            Role::Backend
        };
        self.text(role, "", cast, line, now, write);
    }

    fn text(&mut self, role: Role, severity: &str, cast: &Cast, line: &str, now: Micros, write: &mut Write) {
        let text = cast.speak(line, now, &mut self.random);
        let own = self.services.instance(role, &mut self.random);
        let entry = Entry { at: now, instance: &own, log: role.log(), severity, trace: "", payload: Payload::Text(&text) };
        write(now, entry.line(&mut self.random));
    }

    /// The stack trace of a background task, one line an entry.
    pub fn trace(&mut self, now: Micros, write: &mut Write) {
        let text = Cast::new(now, &mut self.random).speak(HARMLESS_TRACEBACK, now, &mut self.random);
        let own = self.services.instance(Role::Backend, &mut self.random);
        self.by_line(&own, &text, now, write);
    }

    /// Each line an entry of its own, some ten microseconds after the one before.
    fn by_line(&mut self, instance: &Instance, text: &str, now: Micros, write: &mut Write) {
        let mut at = now;
        for line in text.lines() {
            let entry = Entry { at, instance, log: Role::Backend.log(), severity: "", trace: "", payload: Payload::Text(line) };
            write(at, entry.line(&mut self.random));
            at += self.random.between(8, 60);
        }
    }

    fn platform(&mut self, now: Micros, write: &mut Write) {
        let role = *self.random.pick(&BY_TRAFFIC);
        let own = self.services.instance(role, &mut self.random);
        let (log, severity, payload) = match self.random.below(4) {
            0 => {
                ("cloudaudit.googleapis.com%2Factivity", "NOTICE", Payload::Audit("google.cloud.run.v1.Services.GetService", ""))
            }
            1 => (
                "cloudaudit.googleapis.com%2Fdata_access",
                "INFO",
                Payload::Audit("google.cloud.run.v1.Revisions.ListRevisions", ""),
            ),
            2 => (SYSTEM_LOG, "INFO", Payload::Text("Container called exit(0).")),
            _ => (SYSTEM_LOG, "INFO", Payload::Text("Shutting down user disabled instance")),
        };
        let entry = Entry { at: now, instance: &own, log, severity, trace: "", payload };
        write(now, entry.line(&mut self.random));
    }

    /// What the platform writes when an instance starts.
    fn announce(&mut self, change: &Change, now: Micros, write: &mut Write) {
        let (instance, reason) = match change {
            Change::Deployed(instance) => (
                instance,
                "DEPLOYMENT_ROLLOUT - Instance started due to traffic shifting between revisions due to deployment, traffic split adjustment, or deployment health check.",
            ),
            Change::Started(instance) => (
                instance,
                "AUTOSCALING - Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic.",
            ),
        };
        let mut say = |log: &str, delay: Micros, payload: Payload| {
            let entry = Entry { at: now + delay, instance, log, severity: "INFO", trace: "", payload };
            write(now + delay, entry.line(&mut self.random));
        };
        if let Change::Deployed(Instance { revision, .. }) = change {
            let said = format!(
                "Ready condition status changed to True for Revision {revision} with message: Deploying revision succeeded in 5.73s."
            );
            say("cloudaudit.googleapis.com%2Fsystem_event", 0, Payload::Audit("/InternalServices.ReplaceInternalService", &said));
        }
        say(SYSTEM_LOG, 1_000, Payload::Text(&format!("Starting new instance. Reason: {reason}")));
        let probe =
            format!("Default STARTUP TCP probe succeeded after 1 attempt for container \"{}-1\" on port 8080.", instance.service);
        say(SYSTEM_LOG, 2_400_000, Payload::Text(&probe));
    }
}
