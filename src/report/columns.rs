//! Text in the columns of a terminal: styles, wrapped words, names cut to what tells them apart.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::schema::{Footing, Verdict};

/// The few styles used; each also differs in words, so that nothing is said by colour alone.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Plain,
    Strong,
    Faint,
    Good,
    Caution,
    Bad,
}

impl Style {
    fn code(self) -> Option<&'static str> {
        match self {
            Style::Plain => None,
            Style::Strong => Some("1"),
            Style::Faint => Some("2"),
            Style::Good => Some("32"),
            Style::Caution => Some("33"),
            Style::Bad => Some("31"),
        }
    }

    /// The text in this style, plain where no colour is wanted.
    pub(crate) fn on(self, text: &str, colour: bool) -> String {
        match self.code().filter(|_| colour && !text.is_empty()) {
            Some(code) => format!("\x1b[{code}m{text}\x1b[0m"),
            None => text.to_owned(),
        }
    }

    pub(crate) fn of_footing(footing: Footing) -> Style {
        match footing {
            Footing::Observed => Style::Good,
            Footing::Inferred => Style::Caution,
        }
    }

    pub(crate) fn of_verdict(verdict: Verdict) -> Style {
        match verdict {
            Verdict::Confirmed => Style::Good,
            Verdict::Likely => Style::Plain,
            Verdict::Possible | Verdict::Inconclusive => Style::Caution,
        }
    }
}

/// The end of a name, in so many columns, from the beginning of a part of it: what tells tests apart stands at the end.
pub(crate) fn ending(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let mut used = 1;
    let fitting = name.char_indices().rev().take_while(|(_, letter)| {
        used += letter.width().unwrap_or(0);
        used <= columns
    });
    let start = fitting.last().map_or(name.len(), |(at, _)| at);
    // A last part that is itself too long, or next to nothing, says less than half a word does.
    let from = |signs: [char; 2]| {
        let ends = name.match_indices(signs).map(|(at, sign)| at + sign.len());
        let whole = ends.filter(|at| *at >= start && !name[*at..].starts_with(signs)).min();
        whole.filter(|at| name[*at..].width() * 3 >= columns)
    };
    let start = from(['/', ':']).or_else(|| from(['.', '_'])).unwrap_or(start);
    format!("…{}", &name[start..])
}

/// What keeps the steps of a path or an address apart, and what keeps the words of a name apart.
const STEPS: &str = "/:?&,|";
const WORDS: &str = "._=-";

/// The parts of a word, each with the signs behind which a line may be broken.
fn parts<'a>(word: &'a str, signs: &'static str) -> impl Iterator<Item = &'a str> {
    let is_sign = |letter: char| signs.contains(letter);
    let mut rest = word;
    std::iter::from_fn(move || {
        let name = rest.find(is_sign).unwrap_or(rest.len());
        // Signs in a row, such as `::`, stay together.
        let behind = rest[name..].find(|letter| !is_sign(letter)).map_or(rest.len(), |signs| name + signs);
        let (part, after) = rest.split_at(behind);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// The words of the text on lines of so many columns; a longer word is broken, at the signs between its parts if
/// there are any. Never empty.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut page = Wrapped { columns: columns.max(10), lines: vec![String::new()], used: 0 };
    for word in text.split_whitespace() {
        let width = word.width();
        if page.used > 0 && page.used + 1 + width > page.columns {
            // A long word begins where there is room for a good part of it.
            if width <= page.columns || page.used * 3 > page.columns * 2 {
                page.new_line();
            }
        }
        if page.used > 0 {
            page.push(" ");
        }
        if width <= page.columns {
            page.push(word);
        } else {
            page.long(word);
        }
    }
    page.lines
}

struct Wrapped {
    columns: usize,
    lines: Vec<String>,
    used: usize,
}

impl Wrapped {
    fn new_line(&mut self) {
        self.lines.push(String::new());
        self.used = 0;
    }

    fn push(&mut self, text: &str) {
        self.used += text.width();
        if let Some(line) = self.lines.last_mut() {
            line.push_str(text);
        }
    }

    fn long(&mut self, word: &str) {
        for step in parts(word, STEPS) {
            if self.used + step.width() <= self.columns {
                self.push(step);
                continue;
            }
            // Half a line is no loss where the step then stays whole.
            if self.used > 0 && step.width() <= self.columns && self.used * 2 >= self.columns {
                self.new_line();
            }
            for part in parts(step, WORDS) {
                if self.used > 0 && self.used + part.width() > self.columns {
                    self.new_line();
                }
                for letter in part.chars() {
                    if self.used + letter.width().unwrap_or(0) > self.columns {
                        self.new_line();
                    }
                    self.push(letter.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_is_broken_between_its_parts() {
        let id = "tests/e2e/staging/test_message_flow.py::TestMessageFlow::test_arrives_in_order";
        let lines = wrapped(&format!("see {id}"), 40);
        assert_eq!(lines, ["see tests/e2e/staging/", "test_message_flow.py::TestMessageFlow::", "test_arrives_in_order"]);
        assert_eq!(ending(id, 40), "…TestMessageFlow::test_arrives_in_order");
        assert_eq!(ending(id, 200), id);
    }

    #[test]
    fn a_word_without_parts_is_broken_anywhere_and_no_line_is_longer() {
        let text = "x".repeat(25) + " " + &"界".repeat(11);
        let lines = wrapped(&text, 10);
        assert!(lines.iter().all(|line| line.width() <= 10), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }
}
