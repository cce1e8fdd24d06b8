//! Counted nouns and lines cut to a width.

/// `1 rule`, `2 rules`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The text on one line, control characters shown as `·`, cut to so many characters.
pub fn shortened(text: &str, width: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '·' } else { c });
    if text.chars().count() <= width {
        return plain.collect();
    }
    plain.take(width.saturating_sub(1)).chain(['…']).collect()
}

/// The text in lines of at most so many characters, broken at blanks where there are any.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let used = lines.last().map_or(0, |line| line.chars().count());
        let word: String = word.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if used + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_long_words_stay_whole() {
        assert_eq!(wrapped("a bb ccc incomprehensible d", 6), ["a bb", "ccc", "incomprehensible", "d"]);
        assert_eq!(shortened("abc\u{1b}def", 5), "abc·…");
        assert_eq!(count(1, "rule", "rules"), "1 rule");
    }
}
