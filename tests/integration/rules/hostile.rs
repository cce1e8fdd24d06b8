//! Damaged rule files and queries are reported; they never stop the program.

use std::fs;

use std::sync::LazyLock;

use fivewhys::logs::LogEntry;
use fivewhys::report::rule_page::all;
use fivewhys::rules::check::check;
use fivewhys::rules::fix::fixed;
use fivewhys::rules::{Catalog, Filter, Matcher};
use fivewhys::scenarios::prove::prove;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::fixture;

/// Rules of the catalog that use most of the format: scenarios, blocks, many examples; short enough to be quick.
static RICH: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let rich = |text: &String| text.len() < 6_000 && (text.contains("scenarios:") || text.contains("|-"));
    let path = |path: String| path.trim_start_matches("rules/").to_owned();
    Catalog::embedded().texts.into_iter().filter(|(_, text)| rich(text)).map(|(name, text)| (path(name), text)).collect()
});

fn sample() -> String {
    fs::read_to_string(fixture("sound/demo/refused.yaml")).unwrap()
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n  ".to_owned()),
        Just(": ".to_owned()),
        Just("- ".to_owned()),
        Just("{[".to_owned()),
        Just("*a &b !!c ".to_owned()),
        Just("'".to_owned()),
        Just("\"".to_owned()),
        Just("(?<x>".to_owned()),
        Just("{{ y }}".to_owned()),
        Just("---\n".to_owned()),
        any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_mutated_rule_loads_or_is_reported(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, piece()), 1..5)
    ) {
        let mut text: Vec<char> = sample().chars().collect();
        for (at, length, piece) in cuts {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, piece.chars());
        }
        let text: String = text.into_iter().collect();
        let loaded = Catalog::from_texts([("demo/refused.yaml", text.as_str())]);
        prop_assert!(loaded.catalog.rules().len() + loaded.problems.len() > 0);
        for problem in &loaded.problems {
            prop_assert!(problem.line >= 1 && problem.column >= 1 && problem.width >= 1);
        }
        Matcher::new(&loaded.catalog);
    }

    #[test]
    fn any_text_is_a_query_or_refused_with_a_column_inside(query in query()) {
        let entry: serde_json::Map<_, _> = serde_json::from_str(
            r#"{"timestamp":"2026-01-02T03:04:05Z","severity":"ERROR","textPayload":"é","httpRequest":{"status":500}}"#
        ).unwrap();
        let entry = LogEntry::from_fields(entry).unwrap();
        match Filter::parse(&query) {
            Ok(filter) => {
                filter.matches(&entry);
                prop_assert_eq!(filter.text(), query.as_str());
            }
            Err(error) => {
                prop_assert!(query.is_char_boundary(error.offset));
                prop_assert!(error.column >= 1 && error.column <= query.chars().count() + 1);
            }
        }
    }
}

proptest! {
    // Each case plays scenarios.
    #![proptest_config(Config { cases: 120, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_mutated_rule_of_the_catalog_is_checked_fixed_and_played_without_a_panic(
        rule in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, piece()), 0..4)
    ) {
        let (path, whole) = rule.get(&RICH);
        let mut text: Vec<char> = whole.chars().collect();
        for (at, length, piece) in cuts {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, piece.chars());
        }
        let text: String = text.into_iter().collect();
        let loaded = Catalog::from_texts([(path.as_str(), text.as_str())]);
        let problems = check(&loaded);
        for problem in &problems {
            prop_assert!(problem.line >= 1 && problem.column >= 1 && problem.width >= 1);
        }
        if let Some(fixed) = fixed(&text, &problems) {
            Catalog::from_texts([(path.as_str(), fixed.text.as_str())]);
        }
        prove(&loaded);
        all(&loaded.catalog, None);
    }
}

fn query() -> impl Strategy<Value = String> {
    let words = [
        "severity",
        "textPayload",
        "jsonPayload.a.b",
        "labels.\"a b\"",
        "httpRequest.status",
        "=",
        "!=",
        ">=",
        ":",
        "=~",
        "!~",
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "-",
        "*",
        "\"a\\\\d\"",
        "\"(\"",
        "5",
        "1.5s",
        "ERROR",
        "log_id(",
        "SEARCH(",
        "ip_in_net(",
        ",",
        "é",
        "\"",
        "\\",
        "--",
        "NULL_VALUE",
        "2026-01-01",
    ];
    let known = prop::collection::vec(prop::sample::select(words.to_vec()), 0..12).prop_map(|words| words.join(" "));
    let tight = prop::collection::vec(prop::sample::select(words.to_vec()), 0..8).prop_map(|words| words.concat());
    prop_oneof![known, tight, any::<String>()]
}
