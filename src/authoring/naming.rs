//! Proposes what a rule is called, which family it belongs to, and whose business it is, from the words of its line.

use super::message::{Message, worth};
use super::token::{Kind, Token};
use crate::rules::{Class, Severity};

/// Longest name, in bytes.
const NAME_BYTES: usize = 48;

/// Most words of a name.
const NAME_WORDS: usize = 5;

/// By family: beginnings of words that point to it, and whose business it mostly is. The family with most words stands, of
/// equals the first.
const FAMILIES: &[(&str, Class, &[&str])] = &[
    (
        "database",
        Class::Infrastructure,
        &[
            "sql",
            "postgres",
            "psql",
            "pq",
            "pg_",
            "mysql",
            "mariadb",
            "innodb",
            "oracle",
            "ora-",
            "sqlite",
            "mongo",
            "cassandra",
            "cql",
            "redis",
            "relation",
            "tuple",
            "transaction",
            "serializ",
            "deadlock",
            "tablespace",
            "tenant_db",
            "constraint",
            "collection",
            "replica",
            "wal",
            "vacuum",
            "shard",
            "keyspace",
            "clickhouse",
            "dynamodb",
            "spanner",
            "firestore",
            "bigquery",
            "snapshot",
            "e11000",
            "sequelize",
            "sqlalchemy",
            "hibernate",
            "jdbc",
            "hikari",
            "query",
            "cursor",
            "index",
            "primary",
            "oplog",
            "tombstone",
            "schema",
        ],
    ),
    (
        "messaging",
        Class::Infrastructure,
        &[
            "kafka",
            "broker",
            "topic",
            "partition",
            "consumer",
            "producer",
            "rabbit",
            "amqp",
            "channel",
            "queue",
            "pubsub",
            "subscription",
            "offset",
            "nats",
            "jetstream",
            "sqs",
            "sns",
            "rebalance",
            "leavegroup",
            "coordinator",
            "acknowledg",
            "ack",
        ],
    ),
    (
        "auth",
        Class::Config,
        &[
            "token",
            "jwt",
            "jwks",
            "oauth",
            "oidc",
            "unauthorized",
            "permission",
            "forbidden",
            "credential",
            "password",
            "login",
            "scope",
            "iam",
            "denied",
            "principal",
            "authenticat",
            "authoriz",
            "saml",
            "kerberos",
            "signature",
        ],
    ),
    (
        "network",
        Class::Infrastructure,
        &[
            "tls",
            "ssl",
            "x509",
            "certificate",
            "handshake",
            "dns",
            "lookup",
            "resolve",
            "socket",
            "econn",
            "connection",
            "host",
            "proxy",
            "port",
            "tcp",
            "unreachable",
            "grpc",
            "http2",
            "goaway",
            "stream",
            "upstream",
            "eof",
            "reset",
        ],
    ),
    (
        "serialization",
        Class::Product,
        &["serializable", "deserializ", "json", "protobuf", "avro", "decode", "encode", "pickle", "parse", "unmarshal", "utf-8"],
    ),
    (
        "config",
        Class::Config,
        &["config", "environment", "env", "setting", "variable", "flag", "secret", "option", "yaml", "license", "feature"],
    ),
    (
        "system",
        Class::Infrastructure,
        &[
            "disk",
            "memory",
            "inode",
            "file",
            "enospc",
            "emfile",
            "oom",
            "descriptor",
            "thread",
            "cpu",
            "device",
            "kernel",
            "clock",
            "quota",
        ],
    ),
    (
        "cloud-run",
        Class::Infrastructure,
        &["container", "instance", "revision", "probe", "image", "pod", "kubelet", "crashloop", "evict", "node"],
    ),
    (
        "upstream",
        Class::Infrastructure,
        &["bucket", "s3", "gcs", "throttl", "quota", "rate", "provider", "api", "slowdown", "lambda", "throughput"],
    ),
    ("websocket", Class::Product, &["websocket", "frame", "upgrade"]),
    ("agent", Class::Product, &["agent", "tool", "llm", "prompt", "model", "completion"]),
];

/// What is proposed for a rule, each to be looked at by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The family: the folder of the file.
    pub family: String,
    /// The name: the file without its ending.
    pub name: String,
    /// Whose business it is.
    pub class: Class,
    /// How bad it is.
    pub severity: Severity,
}

/// Proposes names for a message that was logged with this severity; `text` is the whole record.
pub fn proposed(message: &Message<'_>, stretch: &[Token<'_>], text: &str, severity: crate::logs::Severity) -> Proposed {
    let (family, class) = family(&message.tokens, text);
    let severity = match severity {
        severity if severity >= crate::logs::Severity::Critical => Severity::Critical,
        crate::logs::Severity::Error => Severity::High,
        _ => Severity::Medium,
    };
    Proposed { family: family.to_owned(), name: name(message, stretch), class, severity }
}

/// An exception without a telling word belongs to its runtime, anything else to `service`.
fn family(tokens: &[Token<'_>], text: &str) -> (&'static str, Class) {
    let words: Vec<String> =
        tokens.iter().take(40).filter(|token| token.kind != Kind::Sign).map(|token| token.text.to_lowercase()).collect();
    let votes = |(_, _, starts): &(&str, Class, &[&str])| {
        let hit = |word: &String| {
            word.split(['.', '_', ':', '/']).chain([word.as_str()]).any(|part| starts.iter().any(|start| part.starts_with(start)))
        };
        words.iter().filter(|word| hit(word)).count()
    };
    let best = FAMILIES.iter().rev().max_by_key(|family| votes(family)).filter(|family| votes(family) > 0);
    match best {
        Some((family, class, _)) => (family, *class),
        None if text.contains("Traceback (most recent call last)") => ("python", Class::Product),
        None if text.contains("\n    at ") && text.contains(".java:") => ("java", Class::Product),
        None if text.contains("\n    at ") => ("node", Class::Product),
        None if text.contains("\ngoroutine ") => ("go", Class::Product),
        None => ("service", Class::Product),
    }
}

/// The telling words of the stretch, `-` between them.
fn name(message: &Message<'_>, stretch: &[Token<'_>]) -> String {
    let mut name = String::new();
    let mut words = 0;
    let telling = stretch.iter().filter(|token| matches!(token.kind, Kind::Word | Kind::Fixed | Kind::Quoted));
    let of_frame = message.frame.iter().flat_map(|frame| frame.function.split('.').next_back());
    let weights = telling.filter(|token| {
        worth(std::slice::from_ref(token)) > 0.25
            || token.text.eq_ignore_ascii_case("not")
            || token.text.eq_ignore_ascii_case("no")
    });
    for word in of_frame.chain(weights.map(|token| token.text.rsplit(['.', ':']).next().unwrap_or(token.text))) {
        let word = slug(word);
        if word.is_empty() || words == NAME_WORDS || name.len() + word.len() >= NAME_BYTES {
            continue;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word);
        words += 1;
    }
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// Lower case letters, digits and `-`: what a rule's id is made of. `SeatMap` becomes `seat-map`.
pub fn slug(word: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in word.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() && !out.ends_with('-') {
            out.push('-');
        }
        match c {
            _ if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            '\'' | '’' => {}
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
        before = c;
    }
    out.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;

    fn of(line: &str) -> (String, String) {
        let message = message(line).unwrap();
        let stretch = message.tokens[message.stretches[0].clone()].to_vec();
        let proposed = proposed(&message, &stretch, line, crate::logs::Severity::Error);
        (proposed.family, proposed.name)
    }

    #[test]
    fn a_rule_is_named_after_what_it_saw() {
        assert_eq!(of("seat map checksum 0x1f disagrees with ledger 0x1e").1, "seat-map-checksum-disagrees-ledger");
        assert_eq!(of("Topic orders not present in metadata after 60000 ms.").0, "messaging");
        assert_eq!(of("ERROR: could not serialize access due to concurrent update").0, "database");
        assert_eq!(of("tls: first record does not look like a TLS handshake").0, "network");
    }
}
