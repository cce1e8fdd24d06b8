//! The query language row by row, as its documentation describes it.

use serde_json::{Value, json};

use super::*;

fn entry(fields: Value) -> LogEntry {
    let Value::Object(mut fields) = fields else { panic!("an entry is an object") };
    fields.entry("timestamp").or_insert_with(|| json!("2026-01-02T03:04:05.5Z"));
    LogEntry::from_fields(fields).unwrap()
}

fn met(query: &str, fields: Value) -> bool {
    Filter::parse(query).unwrap_or_else(|error| panic!("{query}: {error}")).matches(&entry(fields))
}

fn refused(query: &str) -> FilterError {
    Filter::parse(query).err().unwrap_or_else(|| panic!("{query} was taken"))
}

#[test]
fn or_binds_tighter_than_and() {
    let fields = |a, b, c, d| json!({"labels": {"a": a, "b": b, "c": c, "d": d}});
    let query = "labels.a=1 AND labels.b=1 OR labels.c=1 AND labels.d=1";
    assert!(met(query, fields("1", "0", "1", "1")));
    assert!(!met(query, fields("1", "1", "0", "0")));
    assert!(!met(query, fields("0", "0", "1", "1")));
}

#[test]
fn not_binds_tightest_and_minus_is_not() {
    let query = r#"labels.a=1 OR NOT labels.b=1 AND NOT labels.c=1 OR labels.d=1"#;
    assert!(met(query, json!({"labels": {"b": "0", "c": "0"}})));
    assert!(!met(query, json!({"labels": {"b": "1", "c": "0"}})));
    assert!(!met(query, json!({"labels": {"b": "0", "c": "1"}})));
    assert!(met(query, json!({"labels": {"b": "0", "c": "1", "d": "1"}})));
    assert!(met("-labels.a=1", json!({})) && !met("-labels.a=1", json!({"labels": {"a": "1"}})));
}

#[test]
fn blanks_line_ends_and_comments_join_with_and() {
    let query = "labels.a=1 labels.b=1 -- labels.c=1\n-- a whole line\nlabels.d=1";
    assert!(met(query, json!({"labels": {"a": "1", "b": "1", "d": "1"}})));
    assert!(!met(query, json!({"labels": {"a": "1", "d": "1"}})));
    assert!(met("", json!({})) && met("  -- nothing\n", json!({})));
}

#[test]
fn keywords_are_upper_case_and_lower_case_ones_are_searched_for() {
    assert!(met("this and that", json!({"textPayload": "that and this"})));
    assert!(!met("this and that", json!({"textPayload": "this, that"})));
    assert!(met("this AND that", json!({"textPayload": "this, that"})));
}

#[test]
fn values_in_parentheses_are_combined() {
    assert!(met(r#"insertId=("A" OR "B")"#, json!({"insertId": "b"})));
    assert!(!met(r#"insertId=("A" OR "B")"#, json!({"insertId": "c"})));
    assert!(met(r#"textPayload:("x" AND "y")"#, json!({"textPayload": "y x"})));
    assert!(met("textPayload:(x y)", json!({"textPayload": "y x"})) && !met("textPayload:(x y)", json!({"textPayload": "y"})));
    assert!(met(r#"textPayload=~("^a" OR "b$")"#, json!({"textPayload": "xb"})));
    assert!(
        met("textPayload:(x NOT y)", json!({"textPayload": "x"})) && !met("textPayload:(x NOT y)", json!({"textPayload": "xy"}))
    );
    assert!(met("jsonPayload.n=(-1 OR 5)", json!({"jsonPayload": {"n": -1}})));
    // Without parentheses the second text is searched for everywhere.
    assert!(met(r#"insertId="A" OR "B""#, json!({"insertId": "x", "textPayload": "abc"})));
    assert!(met(r#"(labels.a=1 OR labels.b=1) labels.c=1"#, json!({"labels": {"b": "1", "c": "1"}})));
}

#[test]
fn equals_and_has_ignore_case_and_normal_form() {
    assert!(met(r#"textPayload="HELLO""#, json!({"textPayload": "hello"})));
    assert!(!met(r#"textPayload="hell""#, json!({"textPayload": "hello"})));
    assert!(met(r#"textPayload:"ELL""#, json!({"textPayload": "hello"})));
    assert!(met(r#"textPayload="strasse""#, json!({"textPayload": "STRAßE"})));
    assert!(met(r#"textPayload="ﬁne Ａ""#, json!({"textPayload": "fine a"})));
    assert!(met(r#"insertId>"a" insertId<"c""#, json!({"insertId": "B"})));
    assert!(met(r#"insertId!="a""#, json!({"insertId": "b"})) && !met(r#"insertId!="B""#, json!({"insertId": "b"})));
}

#[test]
fn a_regex_is_case_sensitive_unanchored_and_for_texts_only() {
    assert!(met(r#"textPayload=~"er+or""#, json!({"textPayload": "an errror"})));
    assert!(!met(r#"textPayload=~"ERROR""#, json!({"textPayload": "error"})));
    assert!(met(r#"textPayload=~"(?i)ERROR""#, json!({"textPayload": "error"})));
    assert!(met(r#"textPayload!~"\\d""#, json!({"textPayload": "none"})));
    assert!(!met(r#"jsonPayload.x!~"a""#, json!({"jsonPayload": {}})));
    assert!(!met(r#"jsonPayload.x=~"5""#, json!({"jsonPayload": {"x": 5}})));
    assert_eq!(refused(r#"httpRequest.status=~"5..""#).column, 19);
    assert_eq!(refused(r#"textPayload=~"a\\d(b""#).column, 19);
    assert_eq!(refused("textPayload=~abc").column, 14);
}

#[test]
fn missing_keys_make_every_comparison_false() {
    for query in
        [r#"jsonPayload.x="a""#, r#"jsonPayload.x!="a""#, r#"jsonPayload.x<"a""#, r#"labels.x!="a""#, r#"jsonPayload.x:"a""#]
    {
        assert!(!met(query, json!({"jsonPayload": {"y": 1}})), "{query}");
    }
    assert!(met(r#"NOT jsonPayload.x="a""#, json!({"jsonPayload": {}})));
    assert!(met(r#"jsonPayload.x!="a""#, json!({"jsonPayload": {"x": "b"}})));
    assert!(!met(r#"resource.labels.service_name!="api""#, json!({"resource": {"type": "cloud_run_job"}})));
}

#[test]
fn unset_fields_are_compared_as_their_defaults() {
    assert!(met("severity=DEFAULT", json!({})));
    assert!(met("severity<INFO", json!({})));
    assert!(met("traceSampled=false", json!({})));
    assert!(met(r#"trace="""#, json!({})) && met(r#"trace!="x""#, json!({})));
    assert!(met("httpRequest.status<500", json!({})) && !met("httpRequest.status>=500", json!({})));
    assert!(met(r#"httpRequest.latency<"1s""#, json!({})));
}

#[test]
fn undefined_fields_are_refused_with_column_and_neighbour() {
    let error = refused("severity=ERROR AND sevrity=INFO");
    assert_eq!(error.column, 20);
    assert!(error.help.unwrap().contains("severity"));
    assert_eq!(refused("httpRequest.statu=5").column, 13);
    assert!(refused("service_name=api").help.unwrap().contains("jsonPayload.service_name"));
    assert_eq!(refused("severity.x=1").column, 10);
    assert!(refused("labels.a.b=1").help.unwrap().contains("quote"));
    assert!(refused(r#"labels="a""#).message.contains("no value"));
}

#[test]
fn presence_is_explicit() {
    assert!(met("httpRequest:*", json!({"httpRequest": {}})) && !met("httpRequest:*", json!({})));
    assert!(met("jsonPayload.x:*", json!({"jsonPayload": {"x": 0}})));
    assert!(!met("severity:*", json!({})) && met("severity:*", json!({"severity": "DEFAULT"})));
    assert_eq!(refused("textPayload=*").column, 13);
    assert!(refused("textPayload:a*").message.contains("alone"));
}

#[test]
fn names_of_declared_fields_are_free_and_keys_are_exact() {
    assert!(met("LOG_NAME:stderr", json!({"logName": "projects/p/logs/stderr"})));
    assert!(met("http_request.request_method=GET", json!({"httpRequest": {"requestMethod": "GET"}})));
    assert!(!met("jsonPayload.Key=1", json!({"jsonPayload": {"key": "1"}})));
    assert!(met("protoPayload.method_name=x", json!({"protoPayload": {"methodName": "x"}})));
    assert!(met(r#"protoPayload.@type="t""#, json!({"protoPayload": {"@type": "t"}})));
    assert!(met(
        r#"labels."run.googleapis.com/execution_name"="e""#,
        json!({"labels": {"run.googleapis.com/execution_name": "e"}})
    ));
}

#[test]
fn severities_have_names_and_numbers() {
    assert!(met("severity>=warning", json!({"severity": "ERROR"})) && !met("severity>=WARNING", json!({"severity": "NOTICE"})));
    assert!(met("severity=500", json!({"severity": "ERROR"})) && met("severity=ERROR", json!({"severity": 500})));
    assert!(met("severity=(ERROR OR ALERT)", json!({"severity": "ALERT"})));
    assert!(met("severity>=ERROR", json!({"severity": "fatal"})) && met("severity<INFO", json!({"severity": "nonsense"})));
    assert!(refused("severity=EROR").help.unwrap().contains("ERROR"));
}

#[test]
fn numbers_truth_values_and_texts_keep_their_types() {
    assert!(met("jsonPayload.n>9", json!({"jsonPayload": {"n": 10}})));
    assert!(!met("jsonPayload.n>9", json!({"jsonPayload": {"n": "10"}})), "a text is compared as a text");
    assert!(met("jsonPayload.n=1.50", json!({"jsonPayload": {"n": 1.5}})));
    assert!(!met("jsonPayload.n=one", json!({"jsonPayload": {"n": 1}})));
    assert!(!met("jsonPayload.n!=one", json!({"jsonPayload": {"n": 1}})), "what cannot be converted is false");
    assert!(
        met("jsonPayload.b=TRUE", json!({"jsonPayload": {"b": true}}))
            && met("jsonPayload.b>false", json!({"jsonPayload": {"b": true}}))
    );
    assert!(met("httpRequest.responseSize>1000", json!({"httpRequest": {"responseSize": "2000"}})));
    assert!(met("httpRequest.status>=500", json!({"httpRequest": {"status": 503}})));
    assert!(met("httpRequest.status:503", json!({"httpRequest": {"status": 503}})));
    assert!(met("jsonPayload.n=-5 jsonPayload.n<-4.5", json!({"jsonPayload": {"n": -5}})));
}

#[test]
fn durations_and_times_are_converted() {
    let request = json!({"httpRequest": {"latency": "3.25s"}});
    for (query, expected) in [
        (r#"httpRequest.latency>"3.2s""#, true),
        ("httpRequest.latency>3300ms", false),
        (r#"httpRequest.latency<"1m""#, true),
        (r#"httpRequest.latency="3250000us""#, true),
        (r#"httpRequest.latency>"fast""#, false),
    ] {
        assert_eq!(met(query, request.clone()), expected, "{query}");
    }
    for (query, expected) in [
        (r#"timestamp>="2026-01-02T03:04:05Z""#, true),
        (r#"timestamp<"2026-01-02T03:04:05.5Z""#, false),
        (r#"timestamp="2026-01-02T04:04:05.500000000+01:00""#, true),
        ("timestamp>=2026-01-02 timestamp<2026-01-03", true),
        (r#"timestamp>"yesterday""#, false),
    ] {
        assert_eq!(met(query, json!({})), expected, "{query}");
    }
}

#[test]
fn null_value_is_json_null() {
    assert!(met("jsonPayload.x=NULL_VALUE", json!({"jsonPayload": {"x": null}})));
    assert!(!met("jsonPayload.x=NULL_VALUE", json!({"jsonPayload": {"x": "NULL_VALUE"}})));
    assert!(!met("jsonPayload.x=NULL_VALUE", json!({"jsonPayload": {}})));
    assert!(met("jsonPayload.x!=NULL_VALUE", json!({"jsonPayload": {"x": 1}})));
    assert!(met(r#"jsonPayload.x="NULL_VALUE""#, json!({"jsonPayload": {"x": "null_value"}})));
}

#[test]
fn of_lists_any_element_counts() {
    let list = json!({"jsonPayload": {"items": [{"name": "a", "n": 1}, {"name": "b", "n": 2}], "tags": ["x", "y"]}});
    assert!(met("jsonPayload.tags=y", list.clone()) && met("jsonPayload.tags!=y", list.clone()));
    assert!(met("jsonPayload.items.name=b", list.clone()) && !met("jsonPayload.items.n>2", list.clone()));
    assert!(!met("jsonPayload.tags=z", list));
    assert!(!met("jsonPayload.tags:*", json!({"jsonPayload": {"tags": []}})));
}

#[test]
fn a_bare_text_is_searched_for_in_every_field() {
    let fields = json!({"jsonPayload": {"deep": [{"text": "Needle in it"}], "n": 4711}, "insertId": "abc"});
    for query in ["needle", r#""IN it""#, "4711", "ABC", "nee OR nothing"] {
        assert!(met(query, fields.clone()), "{query}");
    }
    assert!(!met("deep", fields.clone()), "keys are not searched");
    assert!(met(r#"NOT "haystack""#, fields));
}

#[test]
fn functions_are_evaluated_or_refused_never_guessed() {
    let stderr = json!({"logName": "projects/p/logs/run.googleapis.com%2Fstderr"});
    assert!(met(r#"log_id("run.googleapis.com/stderr")"#, stderr.clone()));
    assert!(!met(r#"log_id("run.googleapis.com/stdout")"#, stderr.clone()));
    assert!(met("source(projects/p)", stderr.clone()) && !met("source(projects/q)", stderr));
    let request = |ip: &str| json!({"httpRequest": {"remoteIp": ip}});
    assert!(met(r#"ip_in_net(httpRequest.remoteIp, "10.0.0.0/8")"#, request("10.1.2.3")));
    assert!(!met(r#"ip_in_net(httpRequest.remoteIp, "10.0.0.0/8")"#, request("11.1.2.3")));
    assert!(!met(r#"ip_in_net(httpRequest.remoteIp, "10.0.0.0/8")"#, request("no address")));
    assert!(met(r#"ip_in_net(httpRequest.remoteIp, "fd00::/8")"#, request("fd12::1")));
    assert!(met(r#"ip_in_net(httpRequest.remoteIp, "0.0.0.0/0")"#, request("1.2.3.4")));
    assert_eq!(refused(r#"ip_in_net(httpRequest.remoteIp, "10.0.0.0/99")"#).column, 33);
    assert!(met(r#"SEARCH("world hello")"#, json!({"textPayload": "Hello", "labels": {"a": "WORLD"}})));
    assert!(!met(r#"SEARCH(textPayload, "world hello")"#, json!({"textPayload": "Hello", "labels": {"a": "WORLD"}})));
    assert!(met(r#"SEARCH(textPayload, "`b c`")"#, json!({"textPayload": "a-b.C"})));
    for query in ["sample(insertId, 0.1)", "severity>=ERROR cast(labels.x, INT64)>5", r#"regexp_extract(labels.x, "(a)")="a""#] {
        assert!(refused(query).message.contains("Cloud Logging"), "{query}");
    }
    assert_eq!(refused("severity>=ERROR sample(insertId, 0.1)").column, 17);
    assert!(refused("logid(x)").help.unwrap().contains("log_id"));
}

#[test]
fn what_is_no_query_is_refused_with_its_column() {
    for (query, column) in [
        ("severity=", 10),
        ("(severity=ERROR", 16),
        ("severity=ERROR)", 15),
        ("AND severity=ERROR", 1),
        ("severity=ERROR AND", 19),
        ("severity=ERROR OR OR x", 19),
        (r#"textPayload="open"#, 13),
        ("=5", 1),
        ("NOT", 4),
        ("é=1 =", 1),
        ("textPayload:(a OR)", 18),
    ] {
        assert_eq!(refused(query).column, column, "{query}: {}", refused(query).message);
    }
    assert!(refused(&"(".repeat(5_000)).message.contains("deeper"));
    assert!(refused(&"a ".repeat(20_000)).message.contains("20000"));
}
