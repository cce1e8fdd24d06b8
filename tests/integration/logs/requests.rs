//! Requests that were answered with an error, counted while entries are read.

use super::*;

/// A request to a service, answered with this status.
fn request(milliseconds: u32, service: &str, status: Value) -> Value {
    let mut entry = line(milliseconds, "");
    let fields = entry.as_object_mut().unwrap();
    fields.remove("textPayload");
    fields.insert("httpRequest".to_owned(), json!({"requestMethod": "GET", "requestUrl": "/", "status": status}));
    entry["insertId"] = json!(format!("{service}-{milliseconds}"));
    entry["resource"]["labels"]["service_name"] = json!(service);
    entry
}

/// By service: how many were the client's fault, and how many the server's.
fn counted(text: &str, gate: &dyn Gate) -> Vec<(String, u64, u64)> {
    let (_, pulled) = pull_with(&[Source::bytes("logs", text.as_bytes())], &all_time(), gate);
    let requests = pulled.census.requests.iter().map(|(service, census)| {
        let (client, server) = census.steps().fold((0, 0), |sum, (_, count)| (sum.0 + count.client, sum.1 + count.server));
        (service.clone(), client, server)
    });
    requests.collect()
}

struct Nobody;

impl Gate for Nobody {
    fn admits(&self, _: &[u8]) -> bool {
        false
    }
}

#[test]
fn failed_requests_are_counted_once_whoever_wants_their_entries_and_however_they_are_written() {
    let mut entries = vec![
        request(1, "api", json!(200)),
        request(2, "api", json!(404)),
        request(3, "api", json!("503")),
        request(4, "web", json!(500)),
        request(5, "web", json!(101)),
        line(6, "GET / 500"),
    ];
    entries.push(entries[3].clone());
    let plain = ndjson(&entries);
    let snake = plain.replace("httpRequest", "http_request").replace("requestMethod", "request_method");
    let escaped = plain.replace("\"status\"", "\"st\\u0061tus\"");
    for text in [&plain, &snake, &escaped] {
        for gate in [&Nobody as &dyn Gate, &Everything] {
            assert_eq!(counted(text, gate), [("api".to_owned(), 1, 1), ("web".to_owned(), 0, 1)], "{text}");
        }
    }
}
