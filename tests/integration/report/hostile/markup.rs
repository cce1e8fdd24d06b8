//! Markdown, asked of a parser with GitHub's extensions; what GitLab adds is looked for in what is left as plain text.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use fivewhys::report::{Format, Report};
use regex::Regex;

use super::{attack, each, rendered};

const BOTH: [Format; 2] = [Format::Markdown, Format::Gitlab];

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

/// What GitLab's parser (comrak, too) knows beyond that.
fn gitlab() -> Options<'static> {
    let mut options = github();
    options.extension.math_code = true;
    options.extension.multiline_block_quotes = true;
    options.extension.description_lists = true;
    options.extension.wikilinks_title_before_pipe = true;
    options
}

fn walk<'a>(node: &'a AstNode<'a>, see: &mut impl FnMut(&'a AstNode<'a>)) {
    see(node);
    for child in node.children() {
        walk(child, see);
    }
}

/// Both dialects, each with the page as its parser would get it.
fn pages(report: &Report) -> Vec<(String, Options<'static>)> {
    BOTH.iter().map(|format| (rendered(report, *format), if *format == Format::Gitlab { gitlab() } else { github() })).collect()
}

/// Our own folds; in their summaries, hostile text is escaped.
fn is_our_html(html: &str) -> bool {
    let bare = html.replace("<details>", "").replace("</details>", "").replace("<summary>", "").replace("</summary>", "");
    let bare = bare.replace("<code>", "").replace("</code>", "");
    !bare.contains('<') && !bare.contains('>')
}

#[test]
fn no_hostile_text_becomes_a_link_an_image_emphasis_or_html() {
    each(|report| {
        for (page, options) in pages(report) {
            let arena = Arena::new();
            let mut found = Ok(());
            walk(parse_document(&arena, &page, &options), &mut |node| {
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
                    | NodeValue::WikiLink(_)
                    | NodeValue::MultilineBlockQuote(_)
                    | NodeValue::DescriptionList
                    | NodeValue::Alert(_) => true,
                    NodeValue::CodeBlock(block) => !block.fenced || !["text", "mermaid"].contains(&block.info.as_str()),
                    _ => false,
                };
                if wrong {
                    found = Err(format!("became {value:?}"));
                }
            });
            found?;
        }
        Ok(())
    });
}

/// Text as the filters of both sites see it: outside code, links and raw HTML.
fn plain_texts(page: &str, options: &Options<'_>) -> Vec<String> {
    let arena = Arena::new();
    let mut texts = Vec::new();
    walk(parse_document(&arena, page, options), &mut |node| {
        if let NodeValue::Text(text) = &node.data.borrow().value {
            texts.push(text.to_string());
        }
    });
    texts
}

#[test]
fn no_mention_reference_emoji_or_address_stands_outside_code() {
    let pattern = Regex::new(
        r#"(?ix)(^|[^a-z0-9`])@[a-z0-9] | \#[0-9] | \bgh-[0-9] | :// | www\. | [a-z0-9]@[a-z0-9] | :[a-z0-9_+-]+: | \b[0-9a-f]{7,40}\b
            | \bgl-[0-9] | [!$&^][0-9] | [~%][a-z0-9"] | \{[+-] | [+-]\} | \[[+-] | [+-]\] | \[\["#,
    )
    .unwrap();
    let times = Regex::new(r"[0-9]{2}:[0-9]{2}:[0-9]{2}").unwrap();
    each(|report| {
        for (page, options) in pages(report) {
            for plain in plain_texts(&page, &options) {
                let plain = times.replace_all(&plain, "");
                // Hexadecimal letters alone are a word; a commit has digits.
                let found = pattern.find_iter(&plain).find(|found| {
                    let text = found.as_str();
                    text.len() < 7
                        || !text.bytes().all(|byte| byte.is_ascii_hexdigit())
                        || text.bytes().any(|byte| byte.is_ascii_digit())
                });
                if let Some(found) = found {
                    return Err(format!("{:?} is left in {plain:?}", found.as_str()));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn hostile_text_neither_adds_nor_removes_a_heading_a_row_or_a_task() {
    let shape = |page: &str, options: &Options<'_>| {
        let arena = Arena::new();
        let mut counts = [0; 5];
        walk(parse_document(&arena, page, options), &mut |node| match &node.data.borrow().value {
            NodeValue::Heading(_) => counts[0] += 1,
            NodeValue::TableRow(_) => counts[1] += 1,
            NodeValue::TableCell => counts[2] += 1,
            NodeValue::TaskItem(_) => counts[3] += 1,
            NodeValue::List(_) => counts[4] += 1,
            _ => {}
        });
        counts
    };
    let calm = attack("calm zqx")
        .reports
        .map(|report| pages(&report).iter().map(|(page, options)| shape(page, options)).collect::<Vec<_>>());
    each(|report| {
        let shapes: Vec<_> = pages(report).iter().map(|(page, options)| shape(page, options)).collect();
        if calm.contains(&shapes) {
            Ok(())
        } else {
            Err(format!("changed the page's structure: {shapes:?}, not one of {calm:?}"))
        }
    });
}

#[test]
fn no_line_of_the_page_for_gitlab_is_a_quick_action() {
    each(|report| {
        let page = rendered(report, Format::Gitlab);
        let action = page.lines().find(|line| line.starts_with('/') || line.trim_start().starts_with("::include"));
        action.map_or(Ok(()), |line| Err(format!("{line:?}")))
    });
}
