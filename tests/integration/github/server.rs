//! A server that keeps issues as GitHub does, and misbehaves where it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::openapi;
use super::store::Store;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
    pub status: u16,
    pub at: std::time::Instant,
}

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// This answer instead, and nothing happens.
    Instead(u16, Vec<(&'static str, String)>, &'static str),
    /// The connection ends before anything happens.
    DroppedBefore,
    /// It happens, and the connection ends.
    DroppedAfter,
    /// It happens, and the server says that it failed.
    FailedAfter,
    /// It happens, and half of the answer arrives.
    CutAfter,
    /// It takes a while until it happens.
    Slow(Duration),
}

type Plan = Box<dyn FnMut(&Seen, usize) -> Option<Trouble> + Send>;

/// What a server knows.
pub struct State {
    pub store: Store,
    pub seen: Vec<Seen>,
    /// What was wrong with requests and answers.
    pub wrong: Vec<String>,
    trouble: Option<Plan>,
}

/// A server on this machine; it ends with the tests.
#[derive(Clone)]
pub struct Server {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Starts one for the repository `octo/app`.
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let store = Store::new(&url);
        let state = Arc::new(Mutex::new(State { store, seen: Vec::new(), wrong: Vec::new(), trouble: None }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&shared);
                // A client that went away is no matter of the server's.
                thread::spawn(move || stream.ok().and_then(|stream| serve(stream, &state)));
            }
        });
        Server { url, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on this decides what goes wrong; it is told the request and its number.
    pub fn misbehave(&self, trouble: impl FnMut(&Seen, usize) -> Option<Trouble> + Send + 'static) {
        self.state().trouble = Some(Box::new(trouble));
    }

    pub fn behave(&self) {
        self.state().trouble = None;
    }

    /// The requests so far, and forgets them.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), decoded(value)));
    let body = (!body.is_empty()).then(|| serde_json::from_slice(&body).unwrap());
    let at = std::time::Instant::now();
    let seen = Seen { method, path: path.to_owned(), query: query.collect(), headers, body, status: 0, at };
    answer(stream, seen, state)
}

fn answer(mut stream: TcpStream, mut seen: Seen, state: &Mutex<State>) -> Option<()> {
    let trouble = {
        let mut state = state.lock().unwrap();
        let number = state.seen.len();
        state.seen.push(seen.clone());
        let wrong = checked_request(&seen);
        state.wrong.extend(wrong);
        let trouble = state.trouble.as_mut().and_then(|trouble| trouble(&seen, number));
        seen.status = u16::try_from(number).unwrap_or(u16::MAX);
        trouble
    };
    let place = usize::from(seen.status);
    if let Some(Trouble::Instead(status, headers, message)) = &trouble {
        let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
        state.lock().unwrap().seen[place].status = *status;
        let headers: Vec<(String, String)> = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        return write(&mut stream, *status, &headers, &body.to_string(), false);
    }
    if matches!(trouble, Some(Trouble::DroppedBefore)) {
        return None;
    }
    if let Some(Trouble::Slow(time)) = trouble {
        thread::sleep(time);
    }
    let (status, headers, body) = {
        let mut state = state.lock().unwrap();
        let (status, headers, body) = state.store.answer(&seen);
        if let Some(operation) = openapi::operation(&seen.method, &seen.path) {
            let wrong = openapi::answer(operation, status, &body);
            state.wrong.extend(wrong);
        }
        if let Some(entry) = state.seen.get_mut(place) {
            entry.status = status;
        }
        (status, headers, body)
    };
    let text = if body.is_null() { String::new() } else { body.to_string() };
    match trouble {
        Some(Trouble::DroppedAfter) => None,
        Some(Trouble::FailedAfter) => write(&mut stream, 502, &[], "{\"message\":\"Server Error\"}", false),
        Some(Trouble::CutAfter) => write(&mut stream, status, &headers, &text, true),
        _ => write(&mut stream, status, &headers, &text, false),
    }
}

fn checked_request(seen: &Seen) -> Vec<String> {
    let mut wrong = match openapi::operation(&seen.method, &seen.path) {
        Some(operation) => openapi::request(operation, &seen.query, seen.body.as_ref()),
        None => vec![format!("{} {}: GitHub has no such operation", seen.method, seen.path)],
    };
    let header =
        |name: &str| seen.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    if header("accept") != "application/vnd.github+json"
        || header("x-github-api-version").is_empty()
        || header("user-agent").is_empty()
    {
        wrong.push(format!("{} {}: headers {:?}", seen.method, seen.path, seen.headers));
    }
    wrong
}

fn write(stream: &mut TcpStream, status: u16, headers: &[(String, String)], body: &str, cut: bool) -> Option<()> {
    let mut head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if status != 204 {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let body = if cut { &body.as_bytes()[..body.len() / 2] } else { body.as_bytes() };
    stream.write_all(body).ok()?;
    stream.flush().ok()
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let code: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&code, 16).unwrap());
            }
            b'+' => out.push(b' '),
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap()
}
