//! Takes a JSON object apart into its members' own text, and says which of them a column can hold exactly.

use super::super::blocks::{Extent, extent};

/// The members of an object, as they are written.
#[derive(Default)]
pub(super) struct Members<'a> {
    /// Keys with their quotes, values; those that a column took are gone.
    members: Vec<(&'a str, &'a str)>,
}

/// The members of the object that `raw` is; `None` where it is none. Linear.
pub(super) fn members(raw: &str) -> Option<Members<'_>> {
    let mut members = Vec::new();
    let mut rest = raw.trim().strip_prefix('{')?.strip_suffix('}')?.trim_start();
    while !rest.is_empty() {
        let key = &rest[..end_of_text(rest)?];
        let value = rest[key.len()..].trim_start().strip_prefix(':')?.trim_start();
        let end = end_of_value(value)?;
        members.push((key, value[..end].trim_end()));
        let behind = value[end..].trim_start();
        rest = match behind.strip_prefix(',') {
            Some(next) => Some(next.trim_start()).filter(|next| !next.is_empty())?,
            None if behind.is_empty() => behind,
            None => return None,
        };
    }
    Some(Members { members })
}

fn end_of_text(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    bytes.first().filter(|byte| **byte == b'"')?;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

fn end_of_value(text: &str) -> Option<usize> {
    match text.as_bytes().first()? {
        b'"' => end_of_text(text),
        b'{' | b'[' => match extent(text.as_bytes(), 0, b"") {
            Extent::Whole(end) => Some(end),
            Extent::Broken(_) => None,
        },
        _ => Some(text.find(',').unwrap_or(text.len())),
    }
}

impl<'a> Members<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The only member of this name, if its value begins like this; a name that comes twice stays in the rest.
    fn place(&self, name: &str, begins: char) -> Option<usize> {
        let named = |(key, _): &(&str, &str)| key.trim_matches('"') == name;
        let place = self.members.iter().position(named)?;
        let once = !self.members[place + 1..].iter().any(named);
        (once && self.members[place].1.starts_with(begins)).then_some(place)
    }

    /// Takes a text out, without its escapes.
    pub(super) fn take_text(&mut self, name: &str) -> Option<String> {
        let place = self.place(name, '"')?;
        let text = serde_json::from_str(self.members[place].1).ok()?;
        self.members.remove(place);
        Some(text)
    }

    /// Takes an object out, as it is written.
    pub(super) fn take_object(&mut self, name: &str) -> Option<String> {
        let place = self.place(name, '{')?;
        Some(self.members.remove(place).1.to_owned())
    }

    /// Which of these names is there.
    pub(super) fn first_of(&self, names: [&'static str; 2]) -> Option<&'static str> {
        names.into_iter().find(|name| self.members.iter().any(|(key, _)| key.trim_matches('"') == *name))
    }

    /// What nobody took, as one object; `None` where nothing is left.
    pub(super) fn rest(&self) -> Option<String> {
        let pairs: Vec<String> = self.members.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        (!pairs.is_empty()).then(|| format!("{{{}}}", pairs.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_own_text() {
        let mut found = members(r#" { "a" : 1.10 , "b":"x\"},\\" ,"c":{"d":[1,"]"]}, "e":-1E+2 } "#).unwrap();
        assert_eq!(found.take_text("b").as_deref(), Some("x\"},\\"));
        assert_eq!(found.take_object("c").as_deref(), Some(r#"{"d":[1,"]"]}"#));
        assert_eq!(found.take_text("a"), None);
        assert_eq!(found.rest().as_deref(), Some(r#"{"a":1.10,"e":-1E+2}"#));
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for text in ["", "1", "[]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":\"x}", "{\"a\":\"x\" \"b\":1}"] {
            assert!(members(text).is_none(), "{text}");
        }
        assert!(members("{}").unwrap().is_empty());
    }
}
