//! Mends JSON that was damaged on its way: raw newlines in strings, Markdown's escapes, cut-off ends.

use serde_json::Value;

/// What was mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fix {
    RawNewline,
    ControlCharacter,
    IllegalEscape,
    NotANumber,
    StrayComma,
    CutOff,
    InvalidUtf8,
    Wide,
    Fence,
    PubSub,
    TextBeforeAnEntry,
}

impl Fix {
    /// Its name in a report.
    pub(super) fn name(self) -> &'static str {
        match self {
            Fix::RawNewline => "raw newline inside a string",
            Fix::ControlCharacter => "raw control character inside a string",
            Fix::IllegalEscape => "illegal escape",
            Fix::NotANumber => "NaN or Infinity",
            Fix::StrayComma => "stray comma",
            Fix::CutOff => "entry cut off at its end",
            Fix::InvalidUtf8 => "invalid UTF-8",
            Fix::Wide => "UTF-16",
            Fix::Fence => "fenced block",
            Fix::PubSub => "Pub/Sub envelope",
            Fix::TextBeforeAnEntry => "text before an entry",
        }
    }
}

/// How many places are tried where a cut-off object could have ended well.
const ENDINGS: usize = 8;

/// The value of a damaged JSON text, and what had to be done; `None` where that did not help.
pub(super) fn mend(text: &str) -> Option<(Value, Vec<Fix>)> {
    let mut mending = Mending::default();
    mending.walk(text);
    let mut fixes = std::mem::take(&mut mending.fixes);
    if mending.in_string || !mending.open.is_empty() {
        fixes.push(Fix::CutOff);
    }
    let value = mending.endings().find_map(|text| serde_json::from_str(&text).ok())?;
    Some((value, fixes))
}

#[derive(Default)]
struct Mending {
    out: String,
    fixes: Vec<Fix>,
    in_string: bool,
    /// The closing brackets that are still owed, innermost last.
    open: Vec<char>,
    /// Where a member ended well: length of the text before the comma, and the brackets owed there.
    commas: Vec<(usize, Vec<char>)>,
}

impl Mending {
    fn walk(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let taken = match (self.in_string, c) {
                (true, '\\') => self.escape(rest),
                (true, c) => self.in_a_string(c),
                (false, _) => self.outside(c, rest),
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    fn fix(&mut self, fix: Fix, instead: &str) {
        self.fixes.push(fix);
        self.out.push_str(instead);
    }

    fn in_a_string(&mut self, c: char) -> usize {
        match c {
            '"' => {
                self.in_string = false;
                self.out.push(c);
            }
            '\n' => self.fix(Fix::RawNewline, "\\n"),
            // Half of a Windows line end; the other half says it.
            '\r' => {}
            '\t' => self.fix(Fix::ControlCharacter, "\\t"),
            c if c < ' ' => self.fix(Fix::ControlCharacter, &format!("\\u{:04x}", u32::from(c))),
            c => self.out.push(c),
        }
        c.len_utf8()
    }

    fn escape(&mut self, rest: &str) -> usize {
        match rest[1..].chars().next() {
            Some('u') if rest.len() >= 6 && rest.as_bytes()[2..6].iter().all(u8::is_ascii_hexdigit) => {
                self.out.push_str(&rest[..6]);
                6
            }
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {
                self.out.push_str(&rest[..2]);
                2
            }
            // Markdown escapes punctuation so.
            Some(c) if c.is_ascii_punctuation() => {
                self.fix(Fix::IllegalEscape, "");
                1
            }
            Some(_) => {
                self.fix(Fix::IllegalEscape, "\\\\");
                1
            }
            // Cut off within the escape.
            None => 1,
        }
    }

    fn outside(&mut self, c: char, rest: &str) -> usize {
        match c {
            '"' => self.in_string = true,
            '{' => self.open.push('}'),
            '[' => self.open.push(']'),
            '}' | ']' => {
                if self.out.trim_end().ends_with(',') {
                    self.out.truncate(self.out.trim_end().len() - 1);
                    self.fixes.push(Fix::StrayComma);
                }
                self.open.pop();
            }
            // A text that nests deeper than any parser follows needs no second chance.
            ',' if self.open.len() <= 128 => {
                if self.commas.len() == ENDINGS {
                    self.commas.remove(0);
                }
                self.commas.push((self.out.len(), self.open.clone()));
            }
            '\\' => {
                self.fixes.push(Fix::IllegalEscape);
                return 1;
            }
            'N' | 'I' | '-' => {
                if let Some(word) = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word)) {
                    self.fix(Fix::NotANumber, "null");
                    return word.len();
                }
            }
            _ => {}
        }
        self.out.push(c);
        c.len_utf8()
    }

    /// The text with all it owes, then cut back to the members that ended well, the longest first.
    fn endings(&self) -> impl Iterator<Item = String> + '_ {
        let close = |text: &str, open: &[char]| text.trim_end().chars().chain(open.iter().rev().copied()).collect::<String>();
        let quote = if self.in_string { "\"" } else { "" };
        let whole = close(&format!("{}{quote}", self.out), &self.open);
        let cut_off = self.in_string || !self.open.is_empty();
        let earlier = self.commas.iter().rev().filter(move |_| cut_off).map(move |(end, open)| close(&self.out[..*end], open));
        std::iter::once(whole).chain(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> (String, Vec<Fix>) {
        let (value, fixes) = mend(text).unwrap();
        (value.to_string(), fixes)
    }

    #[test]
    fn raw_newlines_and_control_characters_stay_what_they_mean() {
        assert_eq!(mended("{\"a\":\"x\ny\"}"), (r#"{"a":"x\ny"}"#.into(), vec![Fix::RawNewline]));
        assert_eq!(mended("{\"a\":\"x\u{1}\ty\"}").0, r#"{"a":"x\u0001\ty"}"#);
    }

    #[test]
    fn markdown_escapes_go_and_windows_paths_stay() {
        assert_eq!(mended(r#"{"a\_b":"c\_d"}"#).0, r#"{"a_b":"c_d"}"#);
        assert_eq!(mended(r#"{"a":"C:\dir\_x"}"#).0, r#"{"a":"C:\\dir_x"}"#);
    }

    #[test]
    fn a_cut_off_object_keeps_what_was_whole() {
        for (cut, kept) in [
            (r#"{"a":1,"b":{"c":"de"#, r#"{"a":1,"b":{"c":"de"}}"#),
            (r#"{"a":1,"b":{"c":"d","e"#, r#"{"a":1,"b":{"c":"d"}}"#),
            (r#"{"a":1,"b":"#, r#"{"a":1}"#),
            (r#"{"a":1,"b":tr"#, r#"{"a":1}"#),
            (r#"{"a":1,"b":"\u00"#, r#"{"a":1,"b":"\\u00"}"#),
        ] {
            assert_eq!(mended(cut), (kept.into(), mended(cut).1), "{cut}");
            assert!(mended(cut).1.contains(&Fix::CutOff), "{cut}");
        }
    }

    #[test]
    fn what_is_no_json_at_all_is_not_made_up() {
        assert!(mend("{garbage}").is_none());
        assert!(mend(&"[".repeat(100_000)).is_none());
    }
}
