//! Log text in every field of a report that would like to be more than text.

use std::collections::BTreeSet;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use fivewhys::diagnosis::{Lead, Premise, RuledOut};
use fivewhys::findings::Neighbours;
use fivewhys::logs::{Gap, Severity};
use fivewhys::report::{self, Format, Look, Report};

use super::scene::{self, Scene, case, evidence, failed};

/// Marks what came from outside, so that a node born from it can be told from our own.
const MARK: &str = "zqx";

const HOSTILE: &[&str] = &[
    "[zqx](https://evil.example/zqx)",
    "![zqx](https://evil.example/zqx.png)",
    "<https://evil.example/zqx>",
    "https://evil.example/zqx",
    "see http://evil.example/zqx.",
    "www.evil.example/zqx",
    "ftp://evil.example/zqx",
    "mailto:zqx@evil.example",
    "zqx@evil.example",
    "@zqx please look",
    "ping @zqx/team",
    "(@zqx)",
    "cc:@zqx",
    "fixes #1 zqx",
    "closes GH-7 zqx",
    "resolves zqx/repo#1",
    "zqx/repo@0123456789abcdef0123456789abcdef01234567",
    "zqx at commit 0123456789abcdef",
    "<b>zqx</b>",
    "<img src=x onerror=alert('zqx')>",
    "<script>alert('zqx')</script>",
    "</details></summary><h1>zqx</h1>",
    "<!-- zqx",
    "--> zqx",
    "<![CDATA[zqx]]>",
    "<?zqx?>",
    "&lt;b&gt;zqx &amp; &#60;b&#62;",
    "**zqx** _zqx_ ~~zqx~~ ***zqx***",
    "# zqx",
    "zqx\n# zqx\n\n- zqx\n\n1. zqx",
    "zqx\n===",
    "zqx\n\n---\n\nzqx",
    "> zqx",
    "zqx | zqx | zqx",
    "zqx \\| zqx \\\\| `zqx|zqx`",
    "| zqx |\n|---|\n| zqx |",
    "`zqx`",
    "``zqx` [zqx](https://evil.example/zqx)",
    "`zqx [zqx](https://evil.example/zqx)",
    "```\nzqx\n```\n[zqx](https://evil.example/zqx)",
    "`````\n<b>zqx</b>\n`````",
    "~~~\nzqx\n~~~\n<b>zqx</b>",
    "[zqx]: https://evil.example/zqx\n[zqx]",
    "[^zqx]\n\n[^zqx]: zqx",
    "- [x] zqx",
    "$zqx^2$ and $$zqx$$",
    ":tada: zqx :100:",
    "zqx\\",
    "\\[zqx\\](https://evil.example/zqx)",
    "{{ zqx }} {% raw %} zqx",
    "---\ntitle: zqx\n---",
    "```mermaid\ngraph TD; zqx-->b\n```",
    "\u{1b}[31mzqx\u{1b}[0m\u{1b}]8;;https://evil.example\u{7}zqx\u{1b}]8;;\u{7}",
    "zqx\u{202e}gpj.exe\u{2066}",
    "zqx\r::error::zqx",
    "::add-mask::zqx",
    "first\n  ::error::zqx",
    "a word or two and then some more, so that the line breaks here ::set-output name=zqx::zqx",
    "##[add-mask]zqx",
    "zqx\u{9b}31m \u{0}\u{7f}",
    "zqx\u{2028}# zqx\u{85}# zqx",
    "\" onmouseover=\"alert('zqx')",
    "' zqx='1",
    "javascript:alert('zqx')",
    "zqx\u{feff}",
];

/// The outage with one hostile text in every field that comes from outside.
fn hostile_everywhere(text: &str) -> Scene {
    let mut scene = scene::chat_outage();
    for case in &mut scene.run.cases {
        case.id = format!("{} {text}", case.id);
        case.name = text.to_owned();
    }
    scene.run.cases[1] = case(text, failed(text));
    scene.run.cases[4].outcome = failed(text);
    scene.run.sources[0].path = text.to_owned();
    scene.run.unread[0].reason = text.to_owned();
    for record in &mut scene.diagnosis.evidence {
        *record = fivewhys::findings::Evidence {
            insert_ids: vec![text.to_owned(), text.to_owned()],
            log_name: text.to_owned(),
            service: Some(text.to_owned()),
            revision: Some(text.to_owned()),
            instance: Some(text.to_owned()),
            project: Some(text.to_owned()),
            text: format!("{text}\n{text}"),
            ..record.clone()
        };
    }
    let near = Neighbours { before: vec![text.to_owned(); 2], after: vec![text.to_owned(); 2] };
    scene.neighbours = (0..5).map(|place| (place, near.clone())).collect();
    for found in &mut scene.diagnosis.cases {
        found.leads = vec![Lead { template: text.to_owned(), failing: 1, passing: 0, evidence: vec![3] }];
        found.ruled_out = vec![RuledOut { rule: 0, reason: text.to_owned(), suspect: true }];
        for hypothesis in &mut found.hypotheses {
            hypothesis.title = text.to_owned();
            hypothesis.parts[0].reason = text.to_owned();
            for why in &mut hypothesis.whys {
                why.answer = text.to_owned();
            }
        }
    }
    for cause in &mut scene.diagnosis.causes {
        cause.title = text.to_owned();
        cause.fingerprint = text.to_owned();
        cause.captures.insert("user_id".to_owned(), text.to_owned());
    }
    scene.diagnosis.red_herrings[0].reason = text.to_owned();
    scene.diagnosis.premises.push(Premise { id: "hostile", statement: text.to_owned(), holds: false });
    scene.diagnosis.premises.push(Premise { id: "hostile", statement: text.to_owned(), holds: true });
    scene.pulled.gaps.push(Gap { kind: "hostile", statement: text.to_owned() });
    let services = std::mem::take(&mut scene.pulled.census.services);
    scene.pulled.census.services = services.into_values().map(|census| (text.to_owned(), census)).collect();
    scene.log_sources = vec![text.to_owned()];
    scene.reproduce = format!("fivewhys diagnose '{text}'");
    scene
}

fn markdown(report: &Report) -> String {
    report::render(report, Format::Markdown, Look::default()).unwrap()
}

/// GitHub's own extensions, and raw HTML let through as GitHub's parser does before it sanitises.
fn github() -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.front_matter_delimiter = Some("---".to_owned());
    options.extension.alerts = true;
    options
}

fn walk<'a>(node: &'a AstNode<'a>, see: &mut impl FnMut(&'a AstNode<'a>)) {
    see(node);
    for child in node.children() {
        walk(child, see);
    }
}

/// Text as GitHub's filters see it: outside code, links and raw HTML.
fn plain_texts(page: &str) -> Vec<String> {
    let arena = Arena::new();
    let mut texts = Vec::new();
    walk(parse_document(&arena, page, &github()), &mut |node| {
        if let NodeValue::Text(text) = &node.data.borrow().value {
            texts.push(text.to_string());
        }
    });
    texts
}

#[test]
fn no_hostile_text_becomes_a_link_an_image_emphasis_or_html_on_github() {
    for text in HOSTILE {
        let page = markdown(&hostile_everywhere(text).report());
        let arena = Arena::new();
        walk(parse_document(&arena, &page, &github()), &mut |node| {
            let value = &node.data.borrow().value;
            let wrong = match value {
                NodeValue::Link(link) => !link.url.starts_with("https://console.cloud.google.com/logs/query;query="),
                NodeValue::HtmlBlock(block) => !is_our_html(&block.literal),
                NodeValue::HtmlInline(html) => !is_our_html(html),
                NodeValue::Image(_)
                | NodeValue::Emph
                | NodeValue::Strikethrough
                | NodeValue::FootnoteReference(_)
                | NodeValue::FootnoteDefinition(_)
                | NodeValue::FrontMatter(_)
                | NodeValue::ThematicBreak
                | NodeValue::Math(_)
                | NodeValue::Alert(_) => true,
                NodeValue::CodeBlock(block) => !block.fenced || block.info != "text",
                _ => false,
            };
            assert!(!wrong, "{text:?} became {value:?}");
        });
    }
}

/// Our own folds; in their summaries, hostile text is escaped.
fn is_our_html(html: &str) -> bool {
    let bare = html.replace("<details>", "").replace("</details>", "").replace("<summary>", "").replace("</summary>", "");
    let bare = bare.replace("<code>", "").replace("</code>", "");
    !bare.contains('<') && !bare.contains('>')
}

#[test]
fn no_mention_reference_or_address_stands_outside_code_on_github() {
    let pattern = regex::Regex::new(
        r"(?i)(^|[^a-z0-9`])@[a-z0-9]|#[0-9]|\bgh-[0-9]|://|www\.|[a-z0-9]@[a-z0-9]|:[a-z0-9_+-]+:|\b[0-9a-f]{7,40}\b",
    )
    .unwrap();
    let times = regex::Regex::new(r"[0-9]{2}:[0-9]{2}:[0-9]{2}").unwrap();
    for text in HOSTILE {
        for plain in plain_texts(&markdown(&hostile_everywhere(text).report())) {
            let plain = times.replace_all(&plain, "");
            assert!(!pattern.is_match(&plain), "{text:?} left {plain:?}");
        }
    }
}

#[test]
fn hostile_text_neither_adds_nor_removes_a_heading_a_row_or_a_task() {
    let shape = |page: &str| {
        let arena = Arena::new();
        let mut counts = [0; 4];
        walk(parse_document(&arena, page, &github()), &mut |node| match &node.data.borrow().value {
            NodeValue::Heading(_) => counts[0] += 1,
            NodeValue::TableRow(_) => counts[1] += 1,
            NodeValue::TableCell => counts[2] += 1,
            NodeValue::TaskItem(_) => counts[3] += 1,
            _ => {}
        });
        counts
    };
    let calm = shape(&markdown(&hostile_everywhere("calm zqx").report()));
    for text in HOSTILE {
        assert_eq!(shape(&markdown(&hostile_everywhere(text).report())), calm, "{text:?} changed the page's structure");
    }
}

#[test]
fn no_hostile_text_becomes_an_element_or_an_attribute_of_the_page() {
    let pattern = regex::Regex::new(r"<[^>]*>").unwrap();
    let tags = |scene: &Scene| {
        let page = report::render(&scene.report(), Format::Html, Look::default()).unwrap();
        let tags: BTreeSet<String> = pattern.find_iter(&page).map(|tag| tag.as_str().to_owned()).collect();
        // A link's address differs from entry to entry; we percent-encode what is in it.
        let link = regex::Regex::new(r#"^<a href="https:&#x2f;&#x2f;console\.cloud\.google\.com&#x2f;logs&#x2f;query;[A-Za-z0-9%._~;=?-]*" rel="noopener noreferrer">$"#).unwrap();
        tags.into_iter().filter(|tag| !link.is_match(tag)).collect::<BTreeSet<_>>()
    };
    let ours = tags(&hostile_everywhere("calm"));
    for text in HOSTILE {
        let tags = tags(&hostile_everywhere(text));
        assert!(tags.is_subset(&ours), "{text:?} became {:?}", tags.difference(&ours).collect::<Vec<_>>());
        assert!(tags.iter().all(|tag| !tag.contains(MARK)), "{text:?} reached a tag");
    }
}

#[test]
fn a_terminal_gets_no_control_character_but_line_breaks() {
    for text in HOSTILE {
        let page = report::render(&hostile_everywhere(text).report(), Format::Text, Look::default()).unwrap();
        let wrong =
            page.chars().find(|letter| letter.is_control() && *letter != '\n' || ('\u{202a}'..='\u{202e}').contains(letter));
        assert_eq!(wrong, None, "{text:?}");
    }
}

#[test]
fn no_format_prints_a_workflow_command() {
    for text in HOSTILE {
        let report = hostile_everywhere(text).report();
        for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
            let page = report::render(&report, format, Look { width: 60, colour: false }).unwrap();
            let command = page.lines().find(|line| line.trim_start().starts_with("::") || line.contains("##["));
            assert_eq!(command, None, "{format:?} of {text:?}");
        }
    }
}

#[test]
fn json_holds_the_text_as_it_is_in_characters_that_are_safe_to_print() {
    let report = hostile_everywhere("zqx\u{9b}31m\u{202e} \u{e0041} ##[group]").report();
    let page = report::render(&report, Format::Json, Look::default()).unwrap();
    assert!(page.chars().all(|letter| letter == '\n' || !letter.is_control() && !('\u{202a}'..='\u{202e}').contains(&letter)));
    assert_eq!(serde_json::from_str::<Report>(&page).unwrap(), report);
}

#[test]
fn a_long_line_and_a_long_name_break_nothing() {
    let mut scene = hostile_everywhere(&"zqx-".repeat(20_000));
    scene.diagnosis.evidence.push(evidence("12", "long", Severity::Error, &"`".repeat(5000)));
    let report = scene.report();
    assert!(markdown(&report).len() <= report::markdown::MAX_BYTES);
    assert!(!report::render(&report, Format::Text, Look::default()).unwrap().is_empty());
}
