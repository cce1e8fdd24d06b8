//! The diagrams of a report whose every text is hostile; `tests/browser` asks Mermaid itself what it makes of them.

use std::fs;

use fivewhys::report::{self, Format, Look, Report};
use serde_json::Value;

use super::scene;
use crate::program;

/// What Mermaid would read as a directive, an entity, a link, an icon, a formula, or the end of a label or a block.
const MERMAID: &[&str] = &[
    "zqx\"]; click n0 href \"javascript:alert(1)\"",
    "zqx\"]\n  click n0 \"https://evil.example\"\n  n9[\"",
    "%%{init: {\"securityLevel\": \"loose\"}}%% zqx",
    "zqx %% comment",
    "#quot;zqx#35;#lt;script#gt;",
    "&quot;zqx&#34;]",
    "zqx\n```\n\n[zqx](https://evil.example)\n\n```mermaid",
    "fa:fa-car zqx fab:fa-github",
    "$$\\href{https://evil.example}{zqx}$$",
    "end zqx subgraph x direction TB",
    "zqx:::root@{ shape: circle }",
    "\"`**zqx** [zqx](https://evil.example)`\"",
    "n0 --> n1; style n0 fill:#f00 zqx",
    "1. zqx\n2. zqx",
    "- zqx\n+ zqx",
    "<br/><img src=x onerror=alert('zqx')>",
    "accTitle: zqx {",
    "---\nconfig:\n  theme: zqx\n---",
    "zqx\u{1b}]8;;https://evil.example\u{7}\u{202e}",
    "<script>alert('zqx')</script>",
    "[zqx](https://evil.example) ![zqx](https://evil.example/x.png)",
    "@zqx #1 zqx/repo#1 :tada: **zqx** ~~zqx~~",
    "zqx | zqx \\| zqx \\",
    "<!-- zqx --> <![CDATA[zqx]]>",
    "{{ zqx }} {% raw %}",
    "::error::zqx ##[add-mask]zqx",
    "",
    "終わり zqx 🦀 é ‹jwt:1›",
];

/// The outage, with one text for every title, answer, reason and id that a diagram is made of.
fn hostile(text: &str) -> Report {
    let mut report = serde_json::to_value(scene::chat_outage().report()).unwrap();
    fill(&mut report, text);
    serde_json::from_value(report).unwrap()
}

fn fill(value: &mut Value, text: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, text)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(old) if ["title", "answer", "reason"].contains(&name.as_str()) => *old = text.to_owned(),
                    // Ids still have to tell one thing from another.
                    Value::String(old) if ["rule", "root"].contains(&name.as_str()) => *old = format!("{old} {text}"),
                    value => fill(value, text),
                }
            }
        }
        _ => {}
    }
}

fn charts(text: &str) -> Vec<String> {
    let page = report::render(&hostile(text), Format::Markdown, Look::default()).unwrap();
    let blocks = page.split("```mermaid\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0.to_owned());
    blocks.collect()
}

#[test]
fn no_label_holds_a_sign_that_mermaid_reads() {
    for text in MERMAID {
        let charts = charts(text);
        assert!(!charts.is_empty(), "{text:?}: no diagram");
        for line in charts.iter().flat_map(|chart| chart.lines()) {
            if !line.contains('"') {
                assert!(!line.contains("zqx"), "{text:?}: {line}");
                continue;
            }
            let (_, label) = line.split_once('"').unwrap();
            let (label, rest) = label.split_once('"').unwrap();
            assert!(rest.starts_with([']', ')']) && !rest.contains('"'), "{text:?}: {line}");
            let label = label.replace("<br/>", "");
            assert!(
                !label.contains(['<', '>', '[', ']', '{', '}', '#', ';', '%', '&', '$', '`', '|', '\\', '@']),
                "{text:?}: {line}"
            );
        }
    }
}

/// The charts are kept, so that the browser's test needs no build of the program.
#[test]
fn the_charts_that_a_browser_is_to_draw_are_these() {
    let all: Vec<String> = MERMAID.iter().flat_map(|text| charts(text)).collect();
    let page = all.iter().map(|chart| format!("```mermaid\n{chart}\n```\n")).collect::<Vec<_>>().join("\n");
    let path = program::root().join("tests/fixtures/report/hostile-charts.md");
    if std::env::var_os("FIVEWHYS_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "{} is out of date: run the tests with FIVEWHYS_BLESS=1", path.display());
}
