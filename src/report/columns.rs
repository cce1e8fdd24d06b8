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
        match self.code().filter(|_| colour) {
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

/// The end of a name, in so many columns: what tells tests apart stands at the end.
pub(crate) fn ending(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 1;
    for letter in name.chars().rev() {
        used += letter.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(letter);
    }
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

/// The words of the text on lines of so many columns; a longer word is broken. Never empty.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(10);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let width = word.width();
        let space = usize::from(used > 0);
        if used > 0 && used + space + width > columns {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut().filter(|_| used > 0) {
            line.push(' ');
            used += 1;
        }
        for letter in word.chars() {
            let width = letter.width().unwrap_or(0);
            if used + width > columns {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(letter);
            }
            used += width;
        }
    }
    lines
}
