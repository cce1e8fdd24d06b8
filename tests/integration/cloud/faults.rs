//! What goes wrong on the way: nothing is lost or repeated, and what cannot be mended says what would help.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::*;

#[test]
fn passing_faults_in_the_middle_of_the_pages_cost_nothing_but_time() {
    let entries = ten_minutes(700);
    let fault = |number: usize| match number {
        0 => Some(Status::unavailable("the service is currently unavailable")),
        3 => Some(Status::internal("internal error")),
        5 => Some(server::exhausted(Duration::from_millis(30))),
        6 => Some(server::exhausted(Duration::from_millis(30))),
        8 => Some(Status::deadline_exceeded("too slow")),
        _ => None,
    };
    let server = Server::start(Behaviour { entries: entries.clone(), page: 100, fault: Box::new(fault), ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0).says(&["700 entries"]);
    holds(&folder.path().join("f"), &entries);
    assert_eq!(server.seen().len(), 7 + 5);
}

#[test]
fn everything_at_once_is_survived_as_well() {
    let entries = ten_minutes(1_000);
    let fault = |number: usize| (number % 5 == 3).then(|| Status::internal("now and then"));
    let behaviour = Behaviour {
        entries: entries.clone(),
        page: 150,
        empty_pages: true,
        untidy: true,
        token_life: Some(1),
        fault: Box::new(fault),
        quota: Some((10, Duration::from_millis(400))),
        ..Behaviour::default()
    };
    let server = Server::start(behaviour);
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0).says(&["1000 entries"]);
    holds(&folder.path().join("f"), &entries);
}

#[test]
fn a_token_that_is_forgotten_is_no_loss() {
    let entries = ten_minutes(700);
    let fault = |number: usize| (number % 3 == 2).then(|| Status::unavailable("later"));
    // With each fault in between the token is one request older than it may be.
    let behaviour =
        Behaviour { entries: entries.clone(), page: 100, fault: Box::new(fault), token_life: Some(1), ..Behaviour::default() };
    let server = Server::start(behaviour);
    let folder = tempfile::tempdir().unwrap();
    ran(&mut pull_window(&server, &folder.path().join("f"), 10, &[])).exits(0).says(&["700 entries"]);
    holds(&folder.path().join("f"), &entries);
    assert!(server.seen().iter().filter(|seen| seen.token.is_empty()).count() > 1, "no token was forgotten");
}

/// Passes bytes on both ways; the first connections are cut after so many bytes of answer.
fn cutting(to: SocketAddr, cuts: Vec<usize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut cuts = cuts.into_iter();
        for client in listener.incoming() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(to)) else { return };
            let cut = cuts.next().unwrap_or(usize::MAX);
            let (from, into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || pass(from, into, usize::MAX));
            std::thread::spawn(move || pass(server, client, cut));
        }
    });
    address
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut most: usize) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let count = count.min(most);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        most -= count;
        if most == 0 {
            break;
        }
    }
    let _ = (from.shutdown(std::net::Shutdown::Both), to.shutdown(std::net::Shutdown::Both));
}

#[test]
fn a_connection_that_breaks_off_is_made_again() {
    let entries = ten_minutes(700);
    let server = Server::start(Behaviour { entries: entries.clone(), page: 100, ..Behaviour::default() });
    let proxy = cutting(server.address(), vec![40_000, 30_000, 5_000]);
    let folder = tempfile::tempdir().unwrap();
    let endpoint = format!("http://{proxy}");
    let mut command = pull_window(&server, &folder.path().join("f"), 10, &[]);
    let arguments: Vec<_> = command
        .get_args()
        .map(|word| if word == server.url().as_str() { endpoint.as_str().into() } else { word.to_owned() })
        .collect();
    command = bare(arguments);
    ran(&mut command).exits(0).says(&["700 entries"]);
    holds(&folder.path().join("f"), &entries);
}

#[test]
fn who_may_not_read_is_told_what_to_ask_for() {
    let behaviour = Behaviour { denied: ["projects/p".to_owned()].into(), ..Behaviour::default() };
    let server = Server::start(behaviour);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f");
    ran(&mut pull_window(&server, &out, 10, &[])).exits(4).complains(&[
        "PERMISSION_DENIED",
        "logging.logEntries.list",
        "roles/logging.viewer",
        "projects/p",
        "gcloud projects add-iam-policy-binding p",
    ]);
    assert_eq!(server.seen().len(), 1, "what is refused is not asked again");
    server.change(|behaviour| {
        behaviour.denied.clear();
        behaviour.fault = Box::new(|number| {
            (number == 1).then(|| Status::permission_denied("Permission 'logging.privateLogEntries.list' denied"))
        });
    });
    ran(&mut pull_window(&server, &out, 10, &[]))
        .exits(4)
        .complains(&["logging.privateLogEntries.list", "roles/logging.privateLogViewer"]);
    for (number, status, words) in [
        (2, Status::unauthenticated("Request had invalid authentication credentials."), ["UNAUTHENTICATED", "gcloud auth"]),
        (3, Status::not_found("Project does not exist: p"), ["NOT_FOUND", "gcloud projects list"]),
        (4, Status::invalid_argument("Unparseable filter\u{1b}[31m"), ["INVALID_ARGUMENT", "--dry-run"]),
    ] {
        server.change(|behaviour| {
            let status = std::sync::Mutex::new(Some(status));
            behaviour.fault = Box::new(move |at| if at == number { status.lock().unwrap().take() } else { None });
        });
        let said = ran(&mut pull_window(&server, &out, 10, &[])).exits(4).complains(&words);
        assert!(!said.err.contains('\u{1b}'));
    }
    server.change(|behaviour| behaviour.fault = Box::new(|_| None));
    ran(&mut pull_window(&server, &out, 10, &[])).exits(0);
}

#[test]
fn one_project_that_may_not_be_read_is_a_gap() {
    let mut entries = ten_minutes(30);
    entries.extend((0..5).map(|n| said("q", "api", at(n), &format!("q{n}"), "secret")));
    let denied = ["projects/q".to_owned()].into();
    let server = Server::start(Behaviour { entries: entries.clone(), denied, ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f");
    ran(&mut pull_window(&server, &out, 10, &["--project", "q"])).exits(0).says(&["30 entries", "Gap: ", "projects/q"]);
    holds(&out, &entries[..30]);
}

#[test]
fn a_service_that_stays_silent_ends_the_pull_with_what_there_is() {
    let entries = ten_minutes(300);
    let fault = |number: usize| (number >= 2).then(|| Status::unavailable("down"));
    let behaviour = Behaviour { entries: entries.clone(), page: 100, fault: Box::new(fault), ..Behaviour::default() };
    let server = Server::start(behaviour);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f");
    let short = ["--retry-for", "1s"];
    ran(&mut pull_window(&server, &out, 10, &short)).exits(1).says(&["200 entries", "UNAVAILABLE", "Gap: "]);
    let again = server.seen().len();
    server.change(|behaviour| behaviour.fault = Box::new(|_| None));
    ran(&mut pull_window(&server, &out, 10, &["--resume"])).exits(0).says(&["300 entries"]);
    holds(&out, &entries);
    assert!(server.seen().len() - again <= 2, "what was there is not asked for again");
    let asked = server.seen().len();
    ran(&mut pull_window(&server, &out, 10, &[])).exits(0).says(&["300 entries", "0 requests"]);
    assert_eq!(server.seen().len(), asked, "what is whole is not asked for");
    ran(&mut pull_window(&server, &out, 5, &[])).exits(2).complains(&["another selection"]);
}

#[test]
fn nothing_at_all_is_status_four_and_no_panic() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f").display().to_string();
    let asked = |endpoint: &str| {
        bare(["pull", "--project", "p", "--window", "2024-05-01T09:00:00Z/1m", "-o", &out, "--endpoint", endpoint])
    };
    for scheme in ["http", "https"] {
        ran(&mut asked(&format!("{scheme}://{closed}"))).exits(4).complains(&["cannot reach", &closed.to_string()]);
    }
    assert!(!folder.path().join("f").exists(), "a folder of nothing");
    let server = Server::start(Behaviour::default());
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    ran(&mut pull_window(&server, folder.path(), 1, &[])).exits(2).complains(&["not empty"]);
    ran(&mut pull_window(&server, &folder.path().join("new"), 1, &["--resume"])).exits(0);
}

#[test]
fn without_credentials_the_ways_to_have_some_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f").display().to_string();
    let asked = || bare(["pull", "--project", "p", "--window", "2024-05-01T09:00:00Z/1m", "-o", &out]);
    ran(&mut asked()).exits(4).complains(&[
        "gcloud auth application-default login",
        "google-github-actions/auth",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "roles/logging.viewer",
    ]);
    ran(asked().env("GOOGLE_APPLICATION_CREDENTIALS", "no/such/file")).exits(4).complains(&["no/such/file"]);
    let key = folder.path().join("key.json");
    std::fs::write(
        &key,
        r#"{"type":"service_account","client_email":"ci@example.com","private_key_id":"1","private_key":"-----BEGIN SECRET"}"#,
    )
    .unwrap();
    // Nothing but the credentials is read before a connection is made: nobody is asked.
    let said = ran(asked().env("GOOGLE_APPLICATION_CREDENTIALS", &key)).exits(4);
    assert!(!said.err.contains("SECRET"), "{}", said.err);
}
