//! The HTML page, asked of the tokenizer of the HTML standard.

use std::cell::RefCell;
use std::collections::BTreeSet;

use fivewhys::report::{Format, Report};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use super::{MARK, each, rendered, scene};

/// Every tag and attribute that a browser would see, and all that is not text beside them.
#[derive(Default)]
struct Seen {
    tags: RefCell<BTreeSet<String>>,
    odd: RefCell<Vec<String>>,
}

impl TokenSink for Seen {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                let name = tag.name.to_string();
                let opens = tag.kind == TagKind::StartTag;
                let attributes = tag.attrs.iter().map(|attribute| {
                    let value = &*attribute.value;
                    // A link's address differs from entry to entry; we percent-encode what is in it.
                    let ours = value.starts_with("https://console.cloud.google.com/logs/query;");
                    let harmless = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%._~;=?-:/".contains(&byte));
                    let value = if &*attribute.name.local == "href" && ours && harmless { "(logs)" } else { value };
                    format!(" {}={value:?}", &*attribute.name.local)
                });
                let written = format!("{}{name}{}", if opens { "" } else { "/" }, attributes.collect::<String>());
                self.tags.borrow_mut().insert(written);
                match &*name {
                    "script" if opens => return TokenSinkResult::RawData(ScriptData),
                    "style" if opens => return TokenSinkResult::RawData(Rawtext),
                    "title" | "textarea" if opens => return TokenSinkResult::RawData(Rcdata),
                    _ => {}
                }
            }
            Token::CommentToken(text) => self.odd.borrow_mut().push(format!("comment {text}")),
            Token::NullCharacterToken => self.odd.borrow_mut().push("NUL".to_owned()),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn seen(report: &Report) -> (BTreeSet<String>, Vec<String>) {
    let page = rendered(report, Format::Html);
    let tokenizer = Tokenizer::new(Seen::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(page));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    (tokenizer.sink.tags.take(), tokenizer.sink.odd.take())
}

#[test]
fn no_hostile_text_becomes_an_element_an_attribute_or_a_comment_of_the_page() {
    let (ours, comments) = seen(&scene::chat_outage().report());
    let calm = super::attack("calm zqx").reports.map(|report| seen(&report).0);
    let known: BTreeSet<String> = calm.iter().flatten().chain(&ours).map(|tag| tag.replace("calm zqx", "")).collect();
    each(|report| {
        let (tags, odd) = seen(report);
        let born: Vec<&String> = tags.iter().filter(|tag| !known.contains(*tag)).collect();
        if !born.is_empty() {
            return Err(format!("became {born:?}"));
        }
        if odd.len() > comments.len() || odd.iter().chain(&tags).any(|part| part.contains(MARK)) {
            return Err(format!("reached {odd:?}"));
        }
        Ok(())
    });
}
