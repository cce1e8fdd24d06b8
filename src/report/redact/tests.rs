//! Secrets as they really look, and innocent texts that look alike.

use super::*;
use crate::report::schema::Redaction;

fn clean(text: &str) -> String {
    Redactor::default().clean(text).to_string()
}

/// A text, and the part of it that must be gone. `{-}` is nothing: it keeps scanners of source code from taking these for real.
fn secrets() -> Vec<(String, String)> {
    let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzdGFnaW5nLWUyZS11c2VyLTAwMSJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    let pem = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let texts: &[(&str, &str)] = &[
        ("token {jwt} was refused", jwt),
        ("Sec-WebSocket-Protocol: jwt.{jwt}", jwt),
        (
            "subprotocols=['jwt.ZXlKaGJHY2lPaUpJVXpJMU5pSXNJblI1Y0NJNklrcFhWQ0o5']",
            "ZXlKaGJHY2lPaUpJVXpJMU5pSXNJblI1Y0NJNklrcFhWQ0o5",
        ),
        ("cut off: eyJhbGciOiJIUzI1NiIsInR5cCI6Ikp", "eyJhbGciOiJIUzI1NiIsInR5cCI6Ikp"),
        ("wss://chat.example.com/ws?token={jwt}&room=1", jwt),
        (r#"{\"access_token\":\"{jwt}\"}"#, jwt),
        ("Authorization: Bearer 2f7c1d9ab04e4c8f", "2f7c1d9ab04e4c8f"),
        ("authorization=Bearer%20Zm9vYmFyMTIzNDU2", "Zm9vYmFyMTIzNDU2"),
        ("(b'authorization', b'Bearer abcDEF123456.xyz')", "abcDEF123456.xyz"),
        (r#""Authorization": "Basic dXNlcjpwYXNzd29yZDE=""#, "dXNlcjpwYXNzd29yZDE="),
        ("Proxy-Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1lMQ==", "YWxhZGRpbjpvcGVuc2VzYW1lMQ=="),
        (
            "headers={'Authorization': 'Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b'}",
            "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b",
        ),
        ("sent bearer 0a1b2c3d4e5f6a7b8c9d", "0a1b2c3d4e5f6a7b8c9d"),
        ("sent Bearer qwertzuiopasdfghjklyxcvbnm", "qwertzuiopasdfghjklyxcvbnm"),
        (r#"{"password": "[k9!x"}"#, "[k9!x"),
        ("key AIz{-}aSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY used", "AIz{-}aSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"),
        ("ya2{-}9.a0AfH6SMBx3f9QkZlTg7uVwXyZ0123456789abcd", "ya2{-}9.a0AfH6SMBx3f9QkZlTg7uVwXyZ0123456789abcd"),
        ("GOC{-}SPX-4fT9kQ2LmN8pRsTuVwXyZa1b2c3D", "GOC{-}SPX-4fT9kQ2LmN8pRsTuVwXyZa1b2c3D"),
        ("refresh 1//{-}0gFAkEtOkEnVaLuE1234567890abcdef", "1//{-}0gFAkEtOkEnVaLuE1234567890abcdef"),
        (
            "OpenAI said: Incorrect API key provided: sk-{-}proj-AbCd1234EfGh5678IjKl9012MnOp",
            "sk-{-}proj-AbCd1234EfGh5678IjKl9012MnOp",
        ),
        ("sk-{-}ant-api03-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0", "sk-{-}ant-api03-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0"),
        (
            "git clone https://ghp{-}_16C7e42F292c6912E7710c838347Ae178B4a@github.com/o/r",
            "ghp{-}_16C7e42F292c6912E7710c838347Ae178B4a",
        ),
        (
            "git{-}hub_pat_11AAAAAAA0abcdefghijkl_mnopqrstuvwxyz0123456789",
            "git{-}hub_pat_11AAAAAAA0abcdefghijkl_mnopqrstuvwxyz0123456789",
        ),
        ("glp{-}at-x7Yz9Kq2LmN4pRsTuVwX", "glp{-}at-x7Yz9Kq2LmN4pRsTuVwX"),
        (
            "slack xox{-}b-2345678901-2345678901234-AbCdEfGhIjKlMnOpQrStUvWx",
            "xox{-}b-2345678901-2345678901234-AbCdEfGhIjKlMnOpQrStUvWx",
        ),
        (
            "https://hooks.slack.com/ser{-}vices/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        ),
        ("AccessDenied for AKI{-}AIOSFODNN7EXAMPLE", "AKI{-}AIOSFODNN7EXAMPLE"),
        ("aws_secret_access_key = wJa{-}lrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJa{-}lrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("stripe sk_{-}live_4eC39HqLyjWDarjtT1zdp7dc", "sk_{-}live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("whs{-}ec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whs{-}ec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("SG.{-}ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr", "ngeVfQFYQlKU0ufo8x5d1A"),
        ("npm{-}_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "npm{-}_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
        ("hf_{-}AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh", "hf_{-}AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh"),
        (
            "https://api.telegram.org/bot110{-}201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0/getMe",
            "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
        ),
        ("hvs{-}.CAESIJlWh3kNf8Zq0123456789abcdef", "hvs{-}.CAESIJlWh3kNf8Zq0123456789abcdef"),
        ("Cookie: session=9f8e7d6c5b4a; csrftoken=q1w2e3r4t5", "q1w2e3r4t5"),
        ("Set-Cookie: sid=s%3Aabc123.def; Path=/; HttpOnly", "s%3Aabc123.def"),
        ("(b'cookie', b'session=abcdef0123456789')", "abcdef0123456789"),
        ("-----BEGIN PRIVATE KEY-----\n{pem}\nabcd==\n-----END PRIVATE KEY-----", pem),
        (r#""private_key": "-----BEGIN RSA PRIVATE KEY-----\n{pem}\n{pem}\n-----END RSA PRIVATE KEY-----\n""#, pem),
        ("-----BEGIN EC PRIVATE KEY-----\n{pem}", pem),
        ("{pem}", pem),
        ("{pem}\n{pem}\n-----END OPENSSH PRIVATE KEY-----", pem),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{pem}\n-----END RSA PRIVATE KEY-----",
            pem,
        ),
        ("could not connect: postgres://app:s3cr3t-Pa55@db.internal:5432/chat", "s3cr3t-Pa55"),
        ("redis://:Zx8Qw7Er6@cache:6379/0", "Zx8Qw7Er6"),
        ("postgresql+asyncpg://svc:p%40ssw0rd@/chat?host=/cloudsql/x", "p%40ssw0rd"),
        ("amqps://user:ab@cd1234@rabbit/vhost", "ab@cd1234"),
        (r#"{"dsn":"mongodb+srv:\/\/root:T0psecret9@cluster0.example.net"}"#, "T0psecret9"),
        (
            "https://storage.googleapis.com/b/o?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature=4a5b6c7d8e9f00112233",
            "4a5b6c7d8e9f00112233",
        ),
        ("https://s3.amazonaws.com/b/k?X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0", "fe5f80f77d5fa3beca038a248ff027d0"),
        ("https://acct.blob.core.windows.net/c?sv=2020&sig=Zm9v%2BYmFyMTIzNA%3D%3D", "Zm9v%2BYmFyMTIzNA%3D%3D"),
        ("url\\u0026Signature=vjbyPxybdZaNmGa1yT272YEAiv4\\u0026Expires=1", "vjbyPxybdZaNmGa1yT272YEAiv4"),
        ("password=letmein", "letmein"),
        ("DB_PASSWORD: 'tr0ub4dor&3'", "tr0ub4dor"),
        (r#"{"password": "correct horse"}"#, "correct horse"),
        ("connect(host='db', pwd='geheim')", "geheim"),
        ("JWT_SECRET=staging-s3cret-key-2024", "staging-s3cret-key-2024"),
        ("client_secret=8f14e45fceea167a5a36dedd4bea2543", "8f14e45fceea167a5a36dedd4bea2543"),
        ("X-Api-Key: 7b5d1c9e-aa10-4bd2-9c3f-0e6b1f2a3c4d", "7b5d1c9e-aa10-4bd2-9c3f-0e6b1f2a3c4d"),
        ("apiKey=Qm4xZ8vT2k", "Qm4xZ8vT2k"),
        ("POST /login refreshToken=rt_8c1f0a77b2&x=1", "rt_8c1f0a77b2"),
        (
            "AccountName=a;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==;",
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==",
        ),
        ("mail to ada.lovelace+test@mail.example.co.uk failed", "ada.lovelace+test@mail.example.co.uk"),
        ("user=grace%40example.com", "grace%40example.com"),
        ("principal svc-run@orbit-staging.iam.gserviceaccount.com", "svc-run@orbit-staging.iam.gserviceaccount.com"),
        ("connect to 10.128.0.7:5432 refused", "10.128.0.7"),
        ("from db.internal/10.2.3.4:5432", "10.2.3.4"),
        ("remote ip 2001:db8:85a3::8a2e:370:7334", "2001:db8:85a3::8a2e:370:7334"),
        ("[fe80::1ff:fe23:4567:890a]:8080 closed", "fe80::1ff:fe23:4567:890a"),
        ("::ffff:203.0.113.9 - GET /", "203.0.113.9"),
    ];
    texts
        .iter()
        .map(|(text, secret)| (text.replace("{jwt}", jwt).replace("{pem}", pem).replace("{-}", ""), secret.replace("{-}", "")))
        .collect()
}

/// Texts that stay as they are.
const INNOCENT: &[&str] = &[
    "No JWT=REDACTED in WebSocket headers or subprotocols",
    "X_SECRET required in staging environment",
    "JWT_SECRET_KEY not configured",
    "Invalid user_id format: staging-e2e-user-001",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
    "request 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "orbit-backend-staging-00282-4bh",
    "insertId 6b00126b0003052947c8584c",
    "instance 0003006a11634970a64839743d6fcf813e703a9ff940aae6eb55f63a9eb8bbaf",
    "Object of type WebSocketState is not JSON serializable",
    "name 'get_connection_state_machine' is not defined",
    "__init__() got an unexpected keyword argument 'success'",
    "Authorization header missing",
    "Authorization: missing",
    "authorization: header stripped by the load balancer",
    "Bearer authentication required",
    "basic plan2024 was chosen; Basic authentication is disabled",
    "AuthenticationError: Bearer UnauthenticatedRequestException",
    "WWW-Authenticate: Bearer realm=\"api\"",
    "Send the token as `Authorization: Bearer …` or as the subprotocol `jwt.<token>`.",
    "Invalid token: signature mismatch",
    "token: expired at 09:27:07",
    "token=None",
    "password=***",
    "password=${DB_PASSWORD}",
    "token=%s",
    "connect(password=settings.password, token=self.token)",
    "def login(user: str, password: str, token: Optional[str] = None):",
    "authenticate(user, password=password)",
    "api_key=os.environ['OPENAI_API_KEY']",
    "secret=projects/orbit/secrets/db-password/versions/latest",
    "max_tokens=4096 total_tokens: 1234",
    "token_type=bearer token_count=17",
    "PWD=/workspace/app",
    "Cookie header is empty",
    "the cookie was not set",
    "\"password\": \"must have at least 8 characters\"",
    "expected -----BEGIN PRIVATE KEY----- at the start of the file",
    "listening on 0.0.0.0:8080 and 127.0.0.1:9000 and [::1]:9001",
    "Chrome/120.0.0.0 Safari/537.36",
    "version 1.2.3.4 of uvicorn==0.30.1.2",
    "pydantic 2.10.6, python 3.11.4",
    "2026-11-20T09:27:07.353645814Z 12:34:56",
    "std::net::Ipv6Addr and tests/e2e/test_x.py::TestChat::test_connects",
    "MAC 00:1a:2b:3c:4d:5e",
    "git clone git@github.com:orbit/backend.git",
    "logo@2x.png",
    "@pytest.mark.asyncio",
    "sk-learn-compatible-estimators-are-fine",
    "http://metadata.google.internal and 169.254.169.254",
    "redis://cache:6379/0 and postgres://db.internal/chat",
    "https://console.cloud.google.com/logs/query;query=x?project=orbit-staging",
    "design=good sigma=0.35 assign=later",
    "Expecting value: line 1 column 1 (char 0)",
    "websocket closed 1011 (internal error)",
    "key-value store keyboard=qwerty monkey=banana",
    "ConnectionClosedError ECONNREFUSED SIGTERM EX_CONFIG",
];

#[test]
fn secrets_as_they_really_look_are_gone() {
    assert!(secrets().len() >= 40);
    let left: Vec<_> = secrets().into_iter().filter(|(text, secret)| clean(text).contains(secret.as_str())).collect();
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn nothing_of_a_long_secret_stays_behind() {
    for (text, secret) in secrets().iter().filter(|(_, secret)| secret.len() >= 20) {
        let cleaned = clean(text);
        let tail = &secret[secret.len() - 8..];
        assert!(!cleaned.contains(tail), "{text:?} left {cleaned:?}");
    }
}

#[test]
fn innocent_look_alikes_stay_readable() {
    assert!(INNOCENT.len() >= 40);
    let masked: Vec<_> = INNOCENT.iter().map(|text| (*text, clean(text))).filter(|(text, cleaned)| text != cleaned).collect();
    assert!(masked.is_empty(), "{masked:#?}");
}

#[test]
fn what_surrounds_a_secret_stays() {
    assert_eq!(clean("postgres://app:hunter22@db:5432/chat refused"), "postgres://app:‹password:1›@db:5432/chat refused");
    assert_eq!(clean("GET /ws?token=abc123def456&room=7"), "GET /ws?token=‹token:1›&room=7");
    assert_eq!(clean("peer 10.0.0.9: reset"), "peer ‹ip:1›: reset");
    assert_eq!(clean("password=hunter22&room=7"), "password=‹password:1›&room=7");
    assert_eq!(clean("Server=db;Password=hunter22;Database=chat"), "Server=db;Password=‹password:1›;Database=chat");
    assert_eq!(clean("/login?password=hunter22&debug HTTP/1.1"), "/login?password=‹password:1›&debug HTTP/1.1");
    assert_eq!(clean("/login?db_password=hunter22&debug HTTP/1.1"), "/login?db_password=‹password:1›&debug HTTP/1.1");
    assert_eq!(clean("DB_PASSWORD=Tr0ub4dor&3xylo;phone next"), "DB_PASSWORD=‹password:1› next");
    assert_eq!(clean("password=hunter22&amp;room=7"), "password=‹password:1›&amp;room=7");
}

#[test]
fn equal_values_get_equal_numbers_however_they_are_escaped() {
    let mut redactor = Redactor::default();
    assert_eq!(redactor.clean("to ada@example.com").as_str(), "to ‹email:1›");
    assert_eq!(redactor.clean("to bob@example.com").as_str(), "to ‹email:2›");
    assert_eq!(redactor.clean("q=ada%40example.com").as_str(), "q=‹email:1›");
    assert_eq!(redactor.clean("to ada@example.com").as_str(), "to ‹email:1›");
}

#[test]
fn a_secret_named_once_is_found_bare_after_recall_and_counted_once() {
    let mut redactor = Redactor::default();
    redactor.clean("refused opaque-7f3a9c21d0");
    redactor.clean("Authorization: Bearer opaque-7f3a9c21d0");
    redactor.recall();
    assert_eq!(redactor.clean("refused opaque-7f3a9c21d0").as_str(), "refused ‹token:1›");
    assert_eq!(redactor.counts(), [Redaction { kind: "token".to_owned(), count: 1, distinct: 1 }]);
}

#[test]
fn cleaning_what_is_clean_changes_nothing() {
    for (text, _) in secrets() {
        let once = clean(&text);
        assert_eq!(clean(&once), once);
    }
}

/// The secret with a line break in the middle of it.
fn torn(text: &str, secret: &str, line_break: &str) -> (String, String, String) {
    let middle = secret.floor_char_boundary(secret.len() / 2);
    let (one, other) = secret.split_at(middle);
    (text.replacen(secret, &format!("{one}{line_break}{other}"), 1), one.to_owned(), other.to_owned())
}

const LINE_BREAKS: [&str; 3] = ["\n", "\r\n    ", r"\n"];

#[test]
fn a_key_that_a_line_break_tears_in_two_is_gone_as_a_whole() {
    let by_form = |text: &str| ["‹jwt:1›", "‹jwt:1 ", "‹api-key:1›"].iter().any(|token| clean(text).contains(token));
    let mut torn_keys = 0;
    for (text, secret) in secrets().into_iter().filter(|(text, secret)| by_form(text) && !secret.contains("XXXX")) {
        for line_break in LINE_BREAKS {
            let (text, one, other) = torn(&text, &secret, line_break);
            let shown = clean(&text);
            assert!(!shown.contains(&one) && !shown.contains(&other), "{text:?} became {shown:?}");
            torn_keys += 1;
        }
    }
    assert!(torn_keys > 60, "{torn_keys}");
}

#[test]
fn what_goes_on_behind_a_secret_on_the_next_line_is_gone_and_words_are_not() {
    for line_break in LINE_BREAKS {
        for (before, rest) in [
            ("password=Xk9tQ2", "eKuDFmi7"),
            ("Authorization: Bearer fMbOl8ZaxUuwBd", "SCb8FNVgnX6JVR7siFTrUTLzFo"),
            ("Cookie: session=9f8e7d6c5b4a", "1a2b3c4d5e"),
            (r"mongodb:\/\/root:p#ss", "w0rd9x@db.example.net"),
        ] {
            let shown = clean(&format!("{before}{line_break}{rest}"));
            let rest = rest.split('@').next().unwrap();
            assert!(!shown.contains(rest), "{shown}");
        }
        for words in
            ["context.name: backend.auth", "KeyError: 'x'", "2026-11-20T09:26:54Z INFO up", "python3.11 main", "http2 200"]
        {
            let shown = clean(&format!("password=Xk9tQ2eKuDFmi7{line_break}{words}"));
            assert_eq!(shown, format!("password=‹password:1›{line_break}{words}"));
        }
        let calm = format!("listening on http://api:8080{line_break}ada left");
        assert_eq!(clean(&calm), calm);
    }
}

#[test]
fn a_key_that_two_entries_share_is_gone_from_both() {
    for (first, second, pieces) in [
        ("using AKI{-}A2E0A8F3B", "244C9986 for s3", ["AKI{-}A2E0A8F3B", "244C9986"]),
        ("Authorization: Bearer fMbOl8ZaxUuwBd", "SCb8FNVgnX6JVR7s and so on", ["fMbOl8ZaxUuwBd", "SCb8FNVgnX6JVR7s"]),
    ] {
        let [first, second, one, other] = [first, second, pieces[0], pieces[1]].map(|text| text.replace("{-}", ""));
        let mut redactor = Redactor::default();
        redactor.clean_stream(&[first.as_str(), &second]);
        redactor.recall();
        let shown = redactor.clean_stream(&[first.as_str(), &second]).iter().map(Redacted::as_str).collect::<Vec<_>>().join("\n");
        assert!(!shown.contains(&one) && !shown.contains(&other), "{shown}");
    }
}

/// The halves of at least five characters that are left of the secrets torn at every place, with where it was torn.
fn left_of_torn(line_break: &str) -> (usize, Vec<String>) {
    let (mut all, mut left) = (0, Vec::new());
    for (text, secret) in secrets() {
        let places = (4..secret.len().saturating_sub(3)).filter(|at| secret.is_char_boundary(*at));
        for at in places {
            let (one, other) = secret.split_at(at);
            let shown = clean(&text.replacen(&secret, &format!("{one}{line_break}{other}"), 1));
            all += 1;
            let is_left = |half: &str| half.len() >= 5 && !text.replace(&secret, "").contains(half) && shown.contains(half);
            if is_left(one) || is_left(other) {
                left.push(format!("{one}|{other}\n      {shown:?}"));
            }
        }
    }
    (all, left)
}

#[test]
fn wherever_a_line_break_tears_a_secret_no_half_of_it_is_left() {
    for line_break in LINE_BREAKS {
        let (all, left) = left_of_torn(line_break);
        assert!(all > 1000 && left.is_empty(), "{line_break:?}: {} of {all} left\n  {}", left.len(), left.join("\n  "));
    }
}
