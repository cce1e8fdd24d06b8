//! A stand-in for Cloud Logging that holds everybody to the documented rules, and misbehaves where a test says so.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fivewhys::logs::LogEntry;
use fivewhys::rules::filter::Filter;
use gcloud_sdk::google::logging::v2 as api;
use gcloud_sdk::google::rpc;
use gcloud_sdk::prost::Message;
use gcloud_sdk::prost_types;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tonic::codegen::tokio_stream::{self, StreamExt};
use tonic::{Code, Request, Response, Status};

use super::entries::Stored;
use super::grammar;
use super::service::logging_service_v2_server::{LoggingServiceV2, LoggingServiceV2Server};

/// What the server holds and how it behaves.
pub struct Behaviour {
    pub entries: Vec<Stored>,
    /// How long each answer takes.
    pub latency: Duration,
    /// So many requests in so long; what is above is refused.
    pub quota: Option<(usize, Duration)>,
    /// The fault that the request with this number (from 0) meets.
    pub fault: Box<dyn Fn(usize) -> Option<Status> + Send>,
    /// Most entries on a page, whatever is asked for.
    pub page: usize,
    /// Each page comes with an empty one before it.
    pub empty_pages: bool,
    /// Each page has its entries in reverse order, and the first one twice.
    pub untidy: bool,
    /// Tokens are forgotten after so many requests.
    pub token_life: Option<usize>,
    /// Parents that may not be read.
    pub denied: BTreeSet<String>,
    /// What a stream delivers, one after the other, with the pauses before.
    pub stream: Vec<(Duration, Result<api::TailLogEntriesResponse, Status>)>,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            entries: Vec::new(),
            latency: Duration::ZERO,
            quota: None,
            fault: Box::new(|_| None),
            page: 1000,
            empty_pages: false,
            untidy: false,
            token_life: None,
            denied: BTreeSet::new(),
            stream: Vec::new(),
        }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub names: Vec<String>,
    pub filter: String,
    pub token: String,
    pub answered: bool,
}

struct State {
    behaviour: Behaviour,
    seen: Vec<Seen>,
    /// By token: the request it belongs to, the entries left, and the number of the request that made it.
    tokens: HashMap<String, (api::ListLogEntriesRequest, Vec<usize>, usize)>,
    recent: Vec<Instant>,
    streams: usize,
}

/// A running server; it ends with the value.
pub struct Server {
    state: Arc<Mutex<State>>,
    address: std::net::SocketAddr,
    // Dropping it ends the server.
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    pub fn start(behaviour: Behaviour) -> Server {
        let state = State { behaviour, seen: Vec::new(), tokens: HashMap::new(), recent: Vec::new(), streams: 0 };
        let state = Arc::new(Mutex::new(state));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let service = LoggingServiceV2Server::new(Service(state.clone())).max_encoding_message_size(usize::MAX);
        let address = runtime.block_on(async {
            let listener = tonic::transport::server::TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(listener));
            address
        });
        Server { state, address, _runtime: runtime }
    }

    /// What to give `--endpoint`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Changes the behaviour while it runs.
    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state.lock().unwrap().behaviour);
    }
}

struct Service(Arc<Mutex<State>>);

#[tonic::async_trait]
impl LoggingServiceV2 for Service {
    async fn list_log_entries(
        &self,
        request: Request<api::ListLogEntriesRequest>,
    ) -> Result<Response<api::ListLogEntriesResponse>, Status> {
        let latency = self.0.lock().unwrap().behaviour.latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let mut state = self.0.lock().unwrap();
        let answer = state.list(request.into_inner());
        if let Some(seen) = state.seen.last_mut() {
            seen.answered = answer.is_ok();
        }
        answer.map(Response::new)
    }

    type TailLogEntriesStream =
        std::pin::Pin<Box<dyn tokio_stream::Stream<Item = Result<api::TailLogEntriesResponse, Status>> + Send>>;

    async fn tail_log_entries(
        &self,
        request: Request<tonic::Streaming<api::TailLogEntriesRequest>>,
    ) -> Result<Response<Self::TailLogEntriesStream>, Status> {
        let first = request.into_inner().message().await?.ok_or_else(|| Status::invalid_argument("no request"))?;
        let mut state = self.0.lock().unwrap();
        state.check(&first.resource_names, &first.filter)?;
        state.streams += 1;
        // What one stream delivered, the next one does not.
        let script = std::mem::take(&mut state.behaviour.stream);
        let mut ended = false;
        let spoken = script.into_iter().map(move |step| {
            let last = step.1.is_err();
            (step, std::mem::replace(&mut ended, last))
        });
        let (now, later): (Vec<_>, Vec<_>) = spoken.partition(|(_, after_end)| !after_end);
        state.behaviour.stream = later.into_iter().map(|(step, _)| step).collect();
        let stream = tokio_stream::iter(now).then(|((pause, answer), _)| async move {
            tokio::time::sleep(pause).await;
            answer
        });
        Ok(Response::new(Box::pin(stream.chain(tokio_stream::pending()))))
    }
}

impl State {
    fn list(&mut self, request: api::ListLogEntriesRequest) -> Result<api::ListLogEntriesResponse, Status> {
        let number = self.seen.len();
        self.seen.push(Seen {
            names: request.resource_names.clone(),
            filter: request.filter.clone(),
            token: request.page_token.clone(),
            answered: false,
        });
        self.spend_quota()?;
        if let Some(fault) = (self.behaviour.fault)(number) {
            return Err(fault);
        }
        self.check(&request.resource_names, &request.filter)?;
        if !(0..=1000).contains(&request.page_size) {
            return Err(Status::invalid_argument("page_size must be between 0 and 1000"));
        }
        if !["", "timestamp asc", "timestamp desc"].contains(&request.order_by.as_str()) {
            return Err(Status::invalid_argument("order_by must be timestamp asc or timestamp desc"));
        }
        let left = if request.page_token.is_empty() { self.matching(&request)? } else { self.redeem(&request, number)? };
        Ok(self.page(request, left, number))
    }

    fn check(&self, names: &[String], filter: &str) -> Result<(), Status> {
        if names.is_empty() || names.len() > 100 {
            return Err(Status::invalid_argument("resource_names: between 1 and 100"));
        }
        let good = |name: &String| {
            let parts: Vec<&str> = name.split('/').collect();
            matches!(parts.as_slice(), ["projects", p] if !p.is_empty())
                || matches!(parts.as_slice(), ["projects", _, "locations", _, "buckets", _, "views", _])
        };
        if let Some(name) = names.iter().find(|name| !good(name)) {
            return Err(Status::invalid_argument(format!("{name} is no resource name")));
        }
        if let Some(name) = names.iter().find(|name| self.behaviour.denied.contains(*name)) {
            let message = format!(
                "Permission 'logging.logEntries.list' denied on resource '//logging.googleapis.com/{name}' (or it may not exist)."
            );
            return Err(Status::permission_denied(message));
        }
        grammar::check(filter).map_err(|error| Status::invalid_argument(format!("Unparseable filter: {error}")))
    }

    fn spend_quota(&mut self) -> Result<(), Status> {
        let Some((most, span)) = self.behaviour.quota else { return Ok(()) };
        self.recent.retain(|at| at.elapsed() < span);
        if self.recent.len() < most {
            self.recent.push(Instant::now());
            return Ok(());
        }
        let wait = span - self.recent[0].elapsed().min(span);
        Err(exhausted(wait))
    }

    fn matching(&self, request: &api::ListLogEntriesRequest) -> Result<Vec<usize>, Status> {
        let filter =
            Filter::parse(&request.filter).map_err(|error| Status::invalid_argument(format!("Unparseable filter: {error}")))?;
        // The service itself has no default; whoever asks without bounds reads everything there is.
        let bound = |start: &str| -> Option<(i64, i32)> {
            let text = request.filter.rsplit_once(start)?.1.split('"').next()?;
            let at: Timestamp = text.parse().ok()?;
            Some((at.as_second(), at.subsec_nanosecond()))
        };
        let (Some(from), Some(to)) = (bound("timestamp>=\""), bound("timestamp<\"")) else {
            return Err(Status::invalid_argument("this server wants both bounds of the time"));
        };
        let bounds = (from, to);
        let here =
            |entry: &&Stored| entry.arrives < self.seen.len() && request.resource_names.iter().any(|name| entry.is_below(name));
        let mut found: Vec<(Timestamp, String, usize)> = Vec::new();
        for (place, entry) in self.behaviour.entries.iter().enumerate().filter(|(_, entry)| here(entry)) {
            // Only to be quick: the filter decides.
            if !(bounds.0..bounds.1).contains(&entry.at()) {
                continue;
            }
            let read = LogEntry::from_fields(entry.json.clone()).unwrap();
            if filter.matches(&read) {
                found.push((read.timestamp, read.insert_id().to_owned(), place));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(.., place)| place).collect())
    }

    fn redeem(&mut self, request: &api::ListLogEntriesRequest, number: usize) -> Result<Vec<usize>, Status> {
        let wrong = || Status::invalid_argument("page_token doesn't match arguments from the request");
        let (bound, left, made) = self.tokens.get(&request.page_token).ok_or_else(wrong)?;
        let stale = self.behaviour.token_life.is_some_and(|life| number - made > life);
        let same = api::ListLogEntriesRequest { page_token: String::new(), ..request.clone() } == *bound;
        if same && !stale { Ok(left.clone()) } else { Err(wrong()) }
    }

    fn page(&mut self, request: api::ListLogEntriesRequest, mut left: Vec<usize>, number: usize) -> api::ListLogEntriesResponse {
        let asked = if request.page_size == 0 { 50 } else { request.page_size as usize };
        let after_empty = request.page_token.starts_with("empty-");
        let empty = self.behaviour.empty_pages && !after_empty && !left.is_empty();
        let size = if empty { 0 } else { asked.min(self.behaviour.page).min(left.len()) };
        let rest = left.split_off(size);
        let mut entries: Vec<api::LogEntry> = left.iter().map(|place| self.behaviour.entries[*place].proto.clone()).collect();
        if self.behaviour.untidy && !entries.is_empty() {
            entries.push(entries[0].clone());
            entries.reverse();
        }
        let mut next_page_token = String::new();
        if !rest.is_empty() {
            next_page_token = format!("{}token-{number}", if empty { "empty-" } else { "" });
            let bound = api::ListLogEntriesRequest { page_token: String::new(), ..request };
            self.tokens.insert(next_page_token.clone(), (bound, rest, number));
        }
        api::ListLogEntriesResponse { entries, next_page_token }
    }
}

/// As the service says it, with the time to wait.
pub fn exhausted(wait: Duration) -> Status {
    let any = |name: &str, value: Vec<u8>| prost_types::Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value };
    let retry = rpc::RetryInfo {
        retry_delay: Some(prost_types::Duration { seconds: wait.as_secs() as i64, nanos: wait.subsec_nanos() as i32 }),
    };
    let why =
        rpc::ErrorInfo { reason: "RATE_LIMIT_EXCEEDED".to_owned(), domain: "googleapis.com".to_owned(), ..Default::default() };
    let message = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service 'logging.googleapis.com' for consumer 'project_number:1'.";
    let details = vec![any("ErrorInfo", why.encode_to_vec()), any("RetryInfo", retry.encode_to_vec())];
    let status = rpc::Status { code: Code::ResourceExhausted as i32, message: message.to_owned(), details };
    Status::with_details(Code::ResourceExhausted, message, status.encode_to_vec().into())
}

/// A response of a stream.
pub fn burst(entries: &[Stored], suppressed: i32) -> api::TailLogEntriesResponse {
    use api::tail_log_entries_response::{SuppressionInfo, suppression_info::Reason};
    api::TailLogEntriesResponse {
        entries: entries.iter().map(|entry| entry.proto.clone()).collect(),
        suppression_info: (suppressed > 0)
            .then_some(SuppressionInfo { reason: Reason::RateLimit as i32, suppressed_count: suppressed })
            .into_iter()
            .collect(),
    }
}

/// The JSON objects as one sorted list of texts.
pub fn sorted(entries: impl IntoIterator<Item = Map<String, Value>>) -> Vec<String> {
    let mut texts: Vec<String> = entries.into_iter().map(|entry| Value::Object(entry).to_string()).collect();
    texts.sort();
    texts
}
