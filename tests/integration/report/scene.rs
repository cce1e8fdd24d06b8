//! A realistic outage, made by hand: two causes, one unexplained test, a red herring, gaps and secrets.

use std::collections::BTreeMap;

use fivewhys::diagnosis::*;
use fivewhys::findings::{Evidence, Neighbours};
use fivewhys::logs::{Census, Gap, Pulled, Repair, RevisionCensus, ServiceCensus, Severity};
use fivewhys::report::{self, Report, Subject};
use fivewhys::results::{CaseStart, Failure, Outcome, ResultSource, StartSource, TestCase, TestRun, Unread};
use fivewhys::rules::{self, Captures, Catalog, Class, Remedy, Rule, Status};
use fivewhys::window::{Precision, TimeWindow};
use jiff::{SignedDuration, Timestamp};

/// All that a [`Subject`] borrows.
pub struct Scene {
    pub run: TestRun,
    pub windows: Vec<Option<TimeWindow>>,
    pub catalog: Catalog,
    pub diagnosis: Diagnosis,
    pub pulled: Pulled,
    pub neighbours: BTreeMap<usize, Neighbours>,
    pub log_sources: Vec<String>,
    pub reproduce: String,
}

impl Scene {
    pub fn report(&self) -> Report {
        report::build(&Subject {
            suspects: &[],
            importance: &[],
            run: &self.run,
            windows: &self.windows,
            catalog: &self.catalog,
            diagnosis: &self.diagnosis,
            pulled: &self.pulled,
            neighbours: &self.neighbours,
            log_sources: &self.log_sources,
            reproduce: &self.reproduce,
        })
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn rule(id: &str, title: &str, class: Class, now: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        path: format!("rules/{id}.yaml"),
        title: title.to_owned(),
        class,
        severity: rules::Severity::Critical,
        status: Status::Stable,
        symptom: false,
        replaced_by: None,
        condition: None,
        log_matchers: Vec::new(),
        test_matchers: Vec::new(),
        refines: Vec::new(),
        explains: Vec::new(),
        why: title.to_owned(),
        remedy: Remedy {
            now: now.to_owned(),
            verify: "Re-run the test; no entry matches this rule in its window.".to_owned(),
            prevent: "Refuse to start the client without a token.".to_owned(),
        },
        fingerprint: Vec::new(),
        references: vec!["https://www.rfc-editor.org/rfc/rfc6455".to_owned()],
        matching_examples: Vec::new(),
        other_examples: Vec::new(),
    }
}

fn catalog() -> Catalog {
    [
        rule("test/websocket-closed-1011", "The WebSocket was closed with 1011", Class::Test, ""),
        rule("websocket/handshake-rejected", "The service rejected the WebSocket handshake", Class::Product, ""),
        rule(
            "auth/missing-jwt",
            "The WebSocket request carried no JWT",
            Class::Config,
            "Send the token as `Authorization: Bearer …` or as the subprotocol `jwt.<token>`.",
        ),
        rule(
            "auth/invalid-user-id",
            "A user id was refused",
            Class::Data,
            "Let the validation accept `{{ user_id }}`, or give the test a valid id.",
        ),
        rule("serialization/enum-not-json-serializable", "An enum was not serialised", Class::Product, ""),
        rule("upstream/telemetry-unreachable", "The telemetry collector cannot be reached", Class::Infrastructure, ""),
    ]
    .into_iter()
    .collect()
}

pub fn case(id: &str, outcome: Outcome) -> TestCase {
    TestCase {
        id: id.to_owned(),
        name: id.rsplit("::").next().unwrap().to_owned(),
        start: Some(CaseStart { at: moment("2026-11-20T09:27:07Z"), source: StartSource::Stated }),
        duration: Some(SignedDuration::from_millis(420)),
        outcome,
        attempts: 1,
    }
}

pub fn failed(message: &str) -> Outcome {
    Outcome::Failed(Failure { message: message.to_owned(), ..Failure::default() })
}

pub fn evidence(second: &str, id: &str, severity: Severity, text: &str) -> Evidence {
    Evidence {
        insert_ids: vec![id.to_owned()],
        timestamp: moment(&format!("2026-11-20T09:27:{second}Z")),
        until: moment(&format!("2026-11-20T09:27:{second}Z")),
        log_name: "projects/orbit-staging/logs/run.googleapis.com%2Fstderr".to_owned(),
        service: Some("orbit-backend-staging".to_owned()),
        revision: Some("orbit-backend-staging-00282-4bh".to_owned()),
        instance: Some("0003006a11634970a64839743d6fcf813e703a9f".to_owned()),
        trace: None,
        project: Some("orbit-staging".to_owned()),
        severity,
        text: text.to_owned(),
    }
}

fn why(rule: usize, answer: &str, footing: Footing, evidence: &[usize]) -> Why {
    Why { rule, answer: answer.to_owned(), footing, evidence: evidence.to_vec(), before_window: false }
}

pub fn window() -> TimeWindow {
    TimeWindow { start: moment("2026-11-20T09:27:07Z"), end: moment("2026-11-20T09:27:12Z"), precision: Precision::Exact }
}

pub fn diagnosed(case: usize, verdict: Verdict, hypotheses: Vec<Hypothesis>) -> CaseDiagnosis {
    CaseDiagnosis { case: Some(case), window: Some(window()), verdict, hypotheses, ruled_out: Vec::new(), leads: Vec::new() }
}

fn part(name: &'static str, points: i32, reason: &str) -> ScorePart {
    ScorePart { name, points, reason: reason.to_owned() }
}

fn missing_jwt(catalog: &Catalog) -> Hypothesis {
    let place = |id: &str| catalog.find(id).unwrap();
    Hypothesis {
        root: place("auth/missing-jwt"),
        title: "The WebSocket request carried no JWT".to_owned(),
        verdict: Verdict::Confirmed,
        score: 87,
        parts: vec![
            part("join", 30, "Both ends share one instance."),
            part("lift", 25, "In 2 of 2 failing windows, in 0 of 2 passing ones."),
            part("order", -3, "Symptom and cause are 210 ms apart."),
        ],
        whys: vec![
            why(place("test/websocket-closed-1011"), "The test's WebSocket was closed with 1011.", Footing::Observed, &[]),
            why(
                place("websocket/handshake-rejected"),
                "The service rejected the handshake before accepting it.",
                Footing::Inferred,
                &[],
            ),
            why(
                place("auth/missing-jwt"),
                "The client connected without a JWT in the `Authorization` header or the subprotocol list.",
                Footing::Observed,
                &[1, 2],
            ),
        ],
        captures: Captures::new(),
    }
}

fn invalid_user_id(catalog: &Catalog) -> Hypothesis {
    let place = |id: &str| catalog.find(id).unwrap();
    let mut root =
        why(place("auth/invalid-user-id"), "The service refused the user id `staging-e2e-user-001`.", Footing::Observed, &[0]);
    root.before_window = true;
    Hypothesis {
        root: place("auth/invalid-user-id"),
        title: "The user id `staging-e2e-user-001` was refused".to_owned(),
        verdict: Verdict::Likely,
        score: 52,
        parts: vec![part("join", 10, "Joined by the window alone.")],
        whys: vec![
            why(place("test/websocket-closed-1011"), "The test's WebSocket was closed with 1011.", Footing::Observed, &[]),
            root,
        ],
        captures: Captures::from([("user_id".to_owned(), "staging-e2e-user-001".to_owned())]),
    }
}

fn cause(catalog: &Catalog, hypothesis: &Hypothesis, cases: &[usize], evidence: &[usize]) -> Cause {
    Cause {
        root: hypothesis.root,
        title: hypothesis.title.clone(),
        verdict: hypothesis.verdict,
        fingerprint: catalog.rule(hypothesis.root).id.clone(),
        cases: cases.to_vec(),
        evidence: evidence.to_vec(),
        captures: hypothesis.captures.clone(),
    }
}

/// Four failures: two without a JWT, one with a refused user id, one that nothing explains.
pub fn chat_outage() -> Scene {
    let catalog = catalog();
    let (jwt, user) = (missing_jwt(&catalog), invalid_user_id(&catalog));
    let mut unexplained = diagnosed(4, Verdict::Inconclusive, Vec::new());
    unexplained.leads.push(Lead {
        template: "agent <*> gave up after <num> attempts".to_owned(),
        failing: 1,
        passing: 0,
        evidence: vec![3],
    });
    unexplained.ruled_out.push(RuledOut {
        rule: catalog.find("serialization/enum-not-json-serializable").unwrap(),
        reason: "0 matching entries among the 812 in 4 windows.".to_owned(),
        suspect: true,
    });
    let diagnosis = Diagnosis {
        premises: vec![
            Premise { id: "report-complete", statement: "The results hold every case of the run.".to_owned(), holds: true },
            Premise {
                id: "entries-in-every-window",
                statement: "1 of 4 windows holds no entry of `orbit-gateway-staging`.".to_owned(),
                holds: false,
            },
        ],
        causes: vec![cause(&catalog, &jwt, &[0, 1], &[1, 2]), cause(&catalog, &user, &[2], &[0])],
        cases: vec![
            diagnosed(1, Verdict::Confirmed, vec![jwt.clone()]),
            diagnosed(2, Verdict::Confirmed, vec![jwt]),
            diagnosed(3, Verdict::Likely, vec![user]),
            unexplained,
        ],
        plan: vec![
            PlanStep { root: "auth/missing-jwt".to_owned(), clears: 2, total: 2 },
            PlanStep { root: "auth/invalid-user-id".to_owned(), clears: 1, total: 3 },
        ],
        red_herrings: vec![RuledOut {
            rule: catalog.find("upstream/telemetry-unreachable").unwrap(),
            reason: "In 2 of 4 failing and 1 of 2 passing windows.".to_owned(),
            suspect: false,
        }],
        evidence: records(),
    };
    Scene {
        run: run(),
        windows: vec![Some(window()); 6],
        catalog,
        diagnosis,
        pulled: pulled(),
        neighbours: BTreeMap::from([(
            1,
            Neighbours {
                before: vec!["connection from 10.128.0.7:51812".into()],
                after: vec!["\"GET /ws HTTP/1.1\" 403".into()],
                shown: 1,
            },
        )]),
        log_sources: vec!["samples/chat-outage/logs.ndjson".to_owned()],
        reproduce: "fivewhys diagnose samples/chat-outage --suspect serialization/enum-not-json-serializable".to_owned(),
    }
}

fn run() -> TestRun {
    let closed = "ConnectionClosedError: received 1011 (internal error) Authentication failed; then sent 1011";
    TestRun {
        started_at: Some(moment("2026-11-20T09:27:00Z")),
        ended_at: Some(moment("2026-11-20T09:27:33.5Z")),
        cases: vec![
            case("tests/e2e/test_health.py::test_health", Outcome::Passed),
            case("tests/e2e/test_chat.py::TestChat::test_connects", failed(closed)),
            case(
                "tests/e2e/test_chat.py::TestChat::test_sends_events",
                failed("ConnectionClosedError: 1011; sent opaque-7f3a9c21d0 as subprotocol"),
            ),
            case("tests/e2e/test_user.py::test_profile_of_ada", failed(closed)),
            case("tests/e2e/test_agent.py::test_agent_completes", failed("TimeoutError: no 'agent_completed' after 2.5s")),
            case("tests/e2e/test_health.py::test_health_of_auth", Outcome::Passed),
        ],
        sources: vec![ResultSource { path: "samples/chat-outage/junit.xml".to_owned(), format: "JUnit XML" }],
        unread: vec![Unread {
            path: "samples/chat-outage/junit.xml".to_owned(),
            line: Some(12),
            reason: "a case without a name; it was left out.".to_owned(),
        }],
    }
}

fn records() -> Vec<Evidence> {
    vec![
        evidence(
            "07.2",
            "6b00126b0003052947c8584c",
            Severity::Error,
            "Traceback (most recent call last):\n  File \"/app/auth.py\", line 41, in load\n    db.connect(dsn)\nValueError: Invalid user_id format: staging-e2e-user-001 (ada@example.com), dsn postgres://app:hunter2-Staging@10.128.0.7/app",
        ),
        evidence("07.35", "6b00126b000304be4ebf94a9", Severity::Warning, "No JWT=REDACTED in WebSocket headers or subprotocols"),
        evidence(
            "08.482",
            "6b00126b00030512160fecda",
            Severity::Warning,
            "No JWT=REDACTED in WebSocket headers; Authorization: Bearer opaque-7f3a9c21d0 was dropped, old token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        ),
        evidence("10", "6b00126b0003052947c85850", Severity::Info, "agent triage gave up after 3 attempts"),
        evidence("11", "6b00126b0003052947c85851", Severity::Info, "cited by nobody"),
    ]
}

fn pulled() -> Pulled {
    let revision = RevisionCensus { first: moment("2026-11-20T09:26:01Z"), last: moment("2026-11-20T09:27:33Z"), entries: 640 };
    let service = ServiceCensus {
        per_window: Vec::new(),
        revisions: BTreeMap::from([("orbit-backend-staging-00282-4bh".to_owned(), revision)]),
    };
    Pulled {
        census: Census {
            in_reach: 812,
            duplicates: 4,
            services: BTreeMap::from([("orbit-backend-staging".to_owned(), service)]),
            ..Census::default()
        },
        repairs: vec![Repair { path: "logs.ndjson".to_owned(), kind: "raw newline inside a string", count: 2, line: Some(7) }],
        gaps: vec![Gap { kind: "no-entries", statement: "No entries of orbit-gateway-staging in 1 window.".to_owned() }],
        ..Pulled::default()
    }
}

/// The same cause in so many tests, each with its own record.
pub fn many_failures(count: usize) -> Scene {
    let mut scene = chat_outage();
    let hypothesis = missing_jwt(&scene.catalog);
    scene.run.cases =
        (0..count).map(|n| case(&format!("tests/e2e/test_many.py::test_{n:05}"), failed("closed with 1011"))).collect();
    scene.windows = vec![Some(window()); count];
    scene.diagnosis.evidence = (0..count)
        .map(|n| {
            evidence("08.1", &format!("id{n:05}"), Severity::Warning, &format!("No JWT found in WebSocket headers, request {n}"))
        })
        .collect();
    let cases = 0..count;
    scene.diagnosis.cases = cases
        .clone()
        .map(|n| {
            let mut own = hypothesis.clone();
            own.whys[2].evidence = vec![n];
            diagnosed(n, Verdict::Confirmed, vec![own])
        })
        .collect();
    let all: Vec<usize> = cases.collect();
    scene.diagnosis.causes = vec![cause(&scene.catalog, &hypothesis, &all, &all)];
    scene.diagnosis.plan = vec![PlanStep { root: "auth/missing-jwt".to_owned(), clears: count, total: count }];
    scene
}
