//! The part of a body that belongs to the program, and what people wrote around it.

use super::key::Key;

/// A body taken apart at the program's two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region<'a> {
    /// Written by people.
    pub(super) before: &'a str,
    /// From the key line to the end line, both included.
    pub(super) own: &'a str,
    /// Written by people.
    pub(super) after: &'a str,
}

impl<'a> Region<'a> {
    /// Takes a body apart; `None` where one of the two lines is gone, so that nobody knows any more whose the text is.
    pub(super) fn of(body: &'a str, key: &Key) -> Option<Region<'a>> {
        let start = line_start(body, &key.line(), 0)?;
        let end = line_start(body, &key.end_line(), start)?;
        let end = end + key.end_line().len();
        Some(Region { before: body.get(..start)?, own: body.get(start..end)?, after: body.get(end..)? })
    }

    /// The body with another text of the program's in the place of this one.
    pub(super) fn with(&self, own: &str) -> String {
        format!("{}{}{}", self.before, own, self.after)
    }

    /// Characters that people wrote.
    pub(super) fn others(&self) -> usize {
        self.before.chars().count() + self.after.chars().count()
    }
}

/// Where a line begins that is exactly this text.
fn line_start(body: &str, line: &str, from: usize) -> Option<usize> {
    let mut at = from;
    for text in body.get(from..)?.split_inclusive('\n') {
        if text.trim_end() == line {
            return Some(at);
        }
        at += text.len();
    }
    None
}

/// The new text with the boxes ticked that were ticked in the old one.
pub(super) fn with_ticks(new: &str, old: &str) -> String {
    let ticked: Vec<&str> = old.lines().filter_map(|line| line.strip_prefix("- [x] ").or(line.strip_prefix("- [X] "))).collect();
    if ticked.is_empty() {
        return new.to_owned();
    }
    let lines = new.split_inclusive('\n').map(|line| match line.strip_prefix("- [ ] ") {
        Some(rest) if ticked.contains(&rest.trim_end()) => format!("- [x] {rest}"),
        _ => line.to_owned(),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_around_stays_and_a_lost_line_is_noticed() {
        let key = Key { rule: "a/b".to_owned(), print: "0123456789abcdef".to_owned() };
        let body = format!("mine\n{}\nold\n{}\n\nmine too", key.line(), key.end_line());
        let region = Region::of(&body, &key).unwrap();
        assert_eq!(region.with("new"), "mine\nnew\n\nmine too");
        assert_eq!(region.others(), 15);
        assert_eq!(Region::of(&body.replace("fivewhys-end", "end"), &key), None);
        assert_eq!(Region::of(&body.replace("fivewhys-key", "key"), &key), None);
    }

    #[test]
    fn a_ticked_box_stays_ticked() {
        assert_eq!(
            with_ticks("- [ ] Now: a\n- [ ] Verify: b\n", "- [x] Now: a\n- [ ] Verify: b"),
            "- [x] Now: a\n- [ ] Verify: b\n"
        );
        assert_eq!(with_ticks("- [ ] Now: c\n", "- [x] Now: a"), "- [ ] Now: c\n", "another remedy was not done yet");
    }
}
