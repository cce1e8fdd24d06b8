//! Makes hostile text inert: in a terminal it sends no command, in Markdown it is never markup, link or mention.
//!
//! HTML needs no function here: its template escapes every value.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{RenderError, Report};

/// The report with every control character, in every text of it, made visible.
///
/// # Errors
///
/// [`RenderError::Json`] where serde refuses a value; no report made by [`super::build`] holds one.
pub(super) fn visible_report(report: &Report) -> Result<Report, RenderError> {
    Ok(made_visible(report)?)
}

/// The same value with every control character, in every text of it, made visible.
///
/// # Errors
///
/// Where serde refuses a value.
pub(crate) fn made_visible<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    make_visible(&mut value);
    serde_json::from_value(value)
}

fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible(text),
        Value::Array(values) => values.iter_mut().for_each(make_visible),
        Value::Object(fields) => fields.values_mut().for_each(make_visible),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with control characters, and those that reorder or hide text, as something to see.
///
/// Line breaks and tabs stay. C0 controls become their pictures (`␛`), all others their numbers (`⟨U+202E⟩`).
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' | '\t' => out.push(letter),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(letter)).unwrap_or('␀')),
            '\x7f' => out.push('␡'),
            _ if misleads(letter) => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out
}

/// C1 controls, bidirectional controls, line separators, characters that show as nothing, and those that XML has no
/// place for. Joiners and the variation selectors of emoji stay: writing needs them.
fn misleads(letter: char) -> bool {
    matches!(
        letter,
        '\u{80}'..='\u{9f}'
            | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The page without workflow commands: where a build prints it, GitHub's runner obeys every line that begins
/// with `::` (blanks before it do not matter) and every `##[`. What stands for the two is up to the format.
pub(crate) fn disarmed(page: &str, colons: &str, bracket: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for line in page.split_inclusive('\n') {
        let command = line.trim_start();
        match command.strip_prefix("::") {
            Some(rest) => {
                out.push_str(&line[..line.len() - command.len()]);
                out.push_str(colons);
                out.push_str(&rest.replace("##[", bracket));
            }
            None => out.push_str(&line.replace("##[", bracket)),
        }
    }
    out
}

/// The same JSON in characters that a terminal shows and a workflow runner does not obey.
pub(crate) fn json(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut units = [0; 2];
    for letter in page.replace("##[", "##\\u005b").chars() {
        if letter == '\x7f' || misleads(letter) {
            for unit in letter.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(letter);
        }
    }
    out
}

/// A Markdown code span that shows exactly this text on one line (line breaks as `⏎`).
pub fn code(text: &str) -> String {
    let line = text.trim().replace("\r\n", "\n").replace('\n', " ⏎ ");
    if line.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&line) + 1);
    // A code span drops one space at each end: it keeps ticks of the text apart from its own.
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

/// A code span for a table cell. A pipe ends a cell even in code, and an escaped one is not safe after a
/// backslash, so a look-alike (U+2223) stands in its place.
pub fn cell(text: &str) -> String {
    code(&text.replace('|', "∣"))
}

/// A fenced block that no line of the text can close.
pub fn fence(text: &str) -> String {
    fence_of("text", text)
}

/// The same for a text in another language.
pub(super) fn fence_of(language: &str, text: &str) -> String {
    let ticks = "`".repeat(longest_run(text).max(2) + 1);
    format!("{ticks}{language}\n{}\n{ticks}", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A piece of prose: plain words, or code that the author put between backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words.
    Words(&'a str),
    /// What stood between two backticks.
    Code(&'a str),
}

/// Takes prose apart at paired backticks: the only markup that titles, answers and remedies may use.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, tail)) = after.split_once('`') else { break };
        if code.trim().is_empty() {
            break;
        }
        pieces.push(Piece::Words(before));
        pieces.push(Piece::Code(code));
        rest = tail;
    }
    pieces.push(Piece::Words(rest));
    pieces
}

/// Prose as Markdown that renders as itself on one line.
///
/// GitHub finds mentions, references and addresses in the rendered text, where a backslash no longer
/// helps; so a word that could become one is shown as code.
pub fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for piece in pieces(text) {
        match piece {
            Piece::Code(text) => out.push_str(&code(text)),
            Piece::Words(words) => {
                for part in words.split_inclusive(char::is_whitespace) {
                    let word = part.trim_end();
                    if out.is_empty() && begins_a_block(word) {
                        // The sign is the last letter of the word: `#`, `-`, `1.`.
                        out.push_str(&format!("{}\\{}", &word[..word.len() - 1], &word[word.len() - 1..]));
                    } else {
                        push_word(&mut out, word);
                    }
                    if word.len() < part.len() {
                        out.push(' ');
                    }
                }
            }
        }
    }
    out.trim().to_owned()
}

/// Whether the word would begin a heading or a list, where it is the first of a line or of a list's entry.
fn begins_a_block(word: &str) -> bool {
    let number =
        word.strip_suffix(['.', ')']).is_some_and(|digits| digits.len() <= 9 && digits.bytes().all(|b| b.is_ascii_digit()));
    matches!(word, "#" | "##" | "###" | "####" | "#####" | "######" | "-" | "+") || (number && word.len() > 1)
}

fn push_word(out: &mut String, word: &str) {
    let is_edge = |letter: char| ",.;:!?()\"'…".contains(letter);
    // In front, an exclamation mark belongs to what follows: a merge request, an image.
    let start = word.len() - word.trim_start_matches(|letter| letter != '!' && is_edge(letter)).len();
    let core = word[start..].trim_end_matches(is_edge);
    if turns_into_something(word) && !core.is_empty() {
        escape_into(out, &word[..start]);
        out.push_str(&code(core));
        escape_into(out, &word[start + core.len()..]);
    } else {
        escape_into(out, word);
    }
}

/// Whether GitHub or GitLab would make a link, a mention, a reference or an emoji of the word.
fn turns_into_something(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let digit_after = |text: &str, sign: &str| {
        text.match_indices(sign).any(|(at, _)| text[at + sign.len()..].starts_with(|letter: char| letter.is_ascii_digit()))
    };
    let commit = word.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|run| {
        run.len() >= 7 && run.bytes().all(|byte| byte.is_ascii_hexdigit()) && run.bytes().any(|byte| byte.is_ascii_digit())
    });
    // A time of day has colons too, and becomes nothing.
    let is_time = word.len() >= 8
        && word.char_indices().all(|(at, letter)| {
            if at == 2 || at == 5 { letter == ':' } else { letter.is_ascii_digit() || at == 8 && letter == '.' }
        });
    let colon = word.find(':').is_some_and(|at| at + 1 < word.len()) && !is_time;
    word.contains(['@', '_', '<', '\\'])
        || colon
        || lower.contains("www.")
        || digit_after(word, "#")
        || digit_after(&lower, "gh-")
        || commit
        || turns_on_gitlab(word, &digit_after)
}

/// Merge requests, snippets, epics, alerts, labels and milestones of GitLab, and its inline diffs.
fn turns_on_gitlab(word: &str, digit_after: &impl Fn(&str, &str) -> bool) -> bool {
    let name_after = |sign: &str| {
        word.match_indices(sign).any(|(at, _)| word[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '"'))
    };
    ["!", "$", "&", "^"].iter().any(|sign| digit_after(word, sign))
        || ["~", "%"].iter().any(|sign| name_after(sign))
        || ["{+", "+}", "[+", "+]", "{-", "-}", "[-", "-]", "[["].iter().any(|sign| word.contains(sign))
        || digit_after(&word.to_ascii_lowercase(), "gl-")
}

/// Only what has a meaning inside a line; [`begins_a_block`] sees to the first word.
fn escape_into(out: &mut String, word: &str) {
    for letter in word.chars() {
        if "\\`*_[]<>|~&$".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
}

/// Prose as HTML on one line: the words escaped, what stood in backticks as `<code>`.
pub fn html_prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for piece in pieces(text) {
        match piece {
            Piece::Words(words) => out.push_str(&html(words)),
            Piece::Code(code) => out.push_str(&format!("<code>{}</code>", html(code))),
        }
    }
    out
}

/// Text for HTML, in elements and in quoted attributes; line breaks as spaces.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\r' => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_and_line_breaks_stay() {
        assert_eq!(visible("a\x1b[31mb\r\nc\td\u{202e}e\u{9b}f\x7f"), "a␛[31mb\nc\td⟨U+202E⟩e⟨U+009B⟩f␡");
        assert_eq!(visible("‹jwt:1› déjà vu 🦀"), "‹jwt:1› déjà vu 🦀");
    }

    #[test]
    fn a_code_span_is_longer_than_the_ticks_in_it() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("two\nlines"), "`two ⏎ lines`");
    }

    #[test]
    fn a_fence_is_longer_than_any_fence_inside() {
        assert_eq!(fence("a\n````\n# b"), "`````text\na\n````\n# b\n`````");
    }

    #[test]
    fn prose_keeps_the_code_of_its_author_and_shields_the_rest() {
        assert_eq!(prose("Send `Authorization: Bearer …` as usual."), "Send `Authorization: Bearer …` as usual.");
        assert_eq!(prose("ask @octocat about #12 and *this*"), "ask `@octocat` about `#12` and \\*this\\*");
        assert_eq!(prose("one ` tick"), "one \\` tick");
        assert_eq!(prose("# no heading"), "\\# no heading");
        assert_eq!(prose("1. no list - at all"), "1\\. no list - at all");
        assert_eq!(prose("see !12, ~bug, %v1 and 50% of it"), "see `!12`, `~bug`, `%v1` and 50% of it");
    }
}
