//! What stands around the values of an entry. Entries of one kind differ in their values only: in one that is written as another before
//! it, all that a walk through the other has found stands at the same places, and needs no walk.
//!
//! That is exact. A walk looks at keys, at what stands between strings, and at how values begin: all of it belongs to the frame, which
//! must be the same to the byte. What may differ is what strings hold, numbers, `true`, `false` and `null`, and the resource.

use super::cursor::{Cursor, Marked, is_word, word_length};
use super::resource::{Resources, Written};

/// Frames kept on a shelf.
const KEPT: usize = 4;

/// Entries stand on the same shelf whose strings are as many, or so many more or fewer.
const SHELVES: usize = 64;

/// So many frames may be learnt; beyond that one for every eight entries whose frame was known.
const FREELY_LEARNT: usize = 64;

/// Frames with more bytes are not kept.
const MOST_BYTES: usize = 8192;

/// The frames of the entries met last.
#[derive(Debug)]
pub(super) struct Frames {
    shelves: [Vec<Frame>; SHELVES],
    /// Where the parts of a frame stand in the entry at hand.
    starts: Vec<u32>,
    met: usize,
    learnt: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Frames { shelves: [const { Vec::new() }; SHELVES], starts: Vec::new(), met: 0, learnt: 0 }
    }
}

/// The frame of an entry.
#[derive(Debug, Default)]
struct Frame {
    parts: Vec<Part>,
    text: Vec<u8>,
    /// Which of what a walk finds stands between which places.
    found: Vec<(usize, [Place; 2])>,
}

/// What stands before a value, or behind the last one.
#[derive(Debug)]
struct Part {
    length: u16,
    quotes: u16,
    then: Then,
}

/// What follows a part.
#[derive(Debug)]
enum Then {
    /// What a string holds; its quotes belong to the parts beside it.
    String,
    /// A number, `true`, `false` or `null`.
    Word,
    Resource,
    End,
}

/// A place in a part, its end included.
#[derive(Debug, Clone, Copy)]
struct Place {
    part: u16,
    offset: u16,
}

impl Frames {
    /// Finds in an entry what a walk through it would find, and the names in its resource, if its frame is known. Linear.
    pub(super) fn meet<'a, const N: usize>(
        &mut self,
        raw: &'a [u8],
        quotes: &[u32],
        resources: &mut Resources,
        found: [&mut &'a [u8]; N],
    ) -> Option<Written> {
        let shelf = &mut self.shelves[quotes.len() / 2 % SHELVES];
        for place in 0..shelf.len() {
            if let Some(written) = shelf[place].fits(raw, quotes, resources, &mut self.starts) {
                shelf.swap(0, place);
                shelf[0].fill(raw, &self.starts, found);
                self.met += 1;
                return Some(written);
            }
        }
        None
    }

    /// Keeps the frame of an entry. `found` is what a walk has found in it, `resource` its resource. Linear.
    pub(super) fn learn<const N: usize>(&mut self, raw: &[u8], quotes: &[u32], resource: &[u8], found: [&[u8]; N]) {
        if self.learnt >= FREELY_LEARNT + self.met / 8 {
            return;
        }
        self.learnt += 1;
        if let Some(frame) = Frame::of(raw, quotes, resource, found) {
            let shelf = &mut self.shelves[quotes.len() / 2 % SHELVES];
            shelf.truncate(KEPT - 1);
            shelf.push(frame);
        }
    }
}

impl Frame {
    fn of<const N: usize>(raw: &[u8], quotes: &[u32], resource: &[u8], found: [&[u8]; N]) -> Option<Frame> {
        let mut frame = Frame::default();
        let mut starts = vec![0];
        let resource = offset_in(raw, resource).map_or(0..0, |start| start..start + resource.len());
        // Where a part begins, and how many quotes stand before it; how far all was looked at, and the quotes before that.
        let (mut start, mut before) = (0, 0);
        let (mut at, mut next) = (0, 0);
        while let Some(byte) = raw.get(at) {
            let (end, passed) = (at, next);
            let then = match byte {
                _ if resource.contains(&at) => {
                    at = resource.end;
                    next += quotes[next..].partition_point(|quote| (*quote as usize) < at);
                    Then::Resource
                }
                b'"' => {
                    at = *quotes.get(next + 1)? as usize + 1;
                    next += 2;
                    if raw[at..].trim_ascii_start().starts_with(b":") {
                        continue;
                    }
                    Then::String
                }
                byte if is_word(*byte) => {
                    at += word_length(&raw[at..]);
                    Then::Word
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            // The quotes of a string belong to the parts beside it.
            let own = usize::from(matches!(then, Then::String));
            frame.push(&raw[start..end + own], passed + own - before, then)?;
            (start, before) = (at - own, next - own);
            starts.push(start);
        }
        frame.push(&raw[start..], next - before, Then::End)?;
        let places = found.into_iter().enumerate().filter_map(|(which, found)| Some((which, frame.places(&starts, raw, found)?)));
        frame.found = places.collect();
        Some(frame)
    }

    /// Adds a part with so many quotes; `None` where it would be too much.
    fn push(&mut self, text: &[u8], quotes: usize, then: Then) -> Option<()> {
        if self.text.len() + text.len() > MOST_BYTES {
            return None;
        }
        self.text.extend_from_slice(text);
        self.parts.push(Part { length: text.len() as u16, quotes: quotes as u16, then });
        Some(())
    }

    /// Where in which parts it begins and ends what was found in an entry whose parts start there.
    fn places(&self, starts: &[usize], raw: &[u8], found: &[u8]) -> Option<[Place; 2]> {
        let begin = offset_in(raw, found)?;
        let end = begin + found.len();
        let holds = |part: usize, at| (starts[part]..=starts[part] + usize::from(self.parts[part].length)).contains(&at);
        let place = |part: usize, at| Place { part: part as u16, offset: (at - starts[part]) as u16 };
        // What is empty in this entry may be longer in another: between two parts it begins where one ends, and ends where the next begins.
        let first = (0..self.parts.len()).find(|part| holds(*part, begin))?;
        let last = (0..self.parts.len()).rev().find(|part| holds(*part, end))?;
        Some([place(first, begin), place(last, end)])
    }

    /// Whether an entry has this frame: the names in its resource, and in `starts` where the parts stand.
    fn fits(&self, raw: &[u8], quotes: &[u32], resources: &mut Resources, starts: &mut Vec<u32>) -> Option<Written> {
        starts.clear();
        let (mut at, mut next) = (0, 0);
        let mut text = &self.text[..];
        let mut written = Written::default();
        for part in &self.parts {
            let length = usize::from(part.length);
            let (mine, others) = text.split_at_checked(length)?;
            if !raw.get(at..)?.starts_with(mine) {
                return None;
            }
            text = others;
            starts.push(at as u32);
            at += length;
            next += usize::from(part.quotes);
            match part.then {
                Then::String => at = *quotes.get(next)? as usize,
                Then::Word => {
                    let length = word_length(&raw[at..]);
                    if length == 0 {
                        return None;
                    }
                    at += length;
                }
                Then::Resource => {
                    let mut cursor = Cursor::new(raw, Marked::from(quotes, at));
                    cursor.at = at;
                    written = resources.read(&mut cursor)?;
                    (at, next) = (cursor.at, cursor.quotes_passed());
                }
                Then::End => {}
            }
        }
        (at == raw.len()).then_some(written)
    }

    /// Puts what stands in an entry whose parts start there where it belongs.
    fn fill<'a, const N: usize>(&self, raw: &'a [u8], starts: &[u32], found: [&mut &'a [u8]; N]) {
        for (which, places) in &self.found {
            let [begin, end] = places.map(|place| starts[usize::from(place.part)] as usize + usize::from(place.offset));
            *found[*which] = &raw[begin..end];
        }
    }
}

/// Where a part of a text begins in it; `None` where it is no part of it.
fn offset_in(whole: &[u8], part: &[u8]) -> Option<usize> {
    let range = whole.as_ptr_range();
    (range.start <= part.as_ptr() && part.as_ptr() <= range.end).then(|| part.as_ptr() as usize - range.start as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::outline::{Outline, Outliner};
    use super::*;

    /// What is found in an entry, and whether its frame was known.
    fn outlined(outliner: &mut Outliner, entry: &str) -> (Option<String>, bool) {
        let (before, mut outline) = (outliner.frames().met, Outline::default());
        let there = outliner.outline(entry.as_bytes(), &mut outline).is_some();
        (there.then(|| format!("{outline:?}")), outliner.frames().met > before)
    }

    #[test]
    fn an_entry_that_differs_in_values_only_is_known() {
        let entry = |id: &str, status: &str, service: &str, empty: &str| {
            format!(
                r#"{{"insertId":"{id}","httpRequest":{{"status":{status},"requestUrl":"/{id}"}},"labels":{{"instanceId":"{empty}"}},"resource":{{"labels":{{"service_name":"{service}","other":{status}}},"type":"x"}}, "trace" : "{empty}"}}"#
            )
        };
        let (first, second) = (entry("a", "200", "one", ""), entry(r#"b\\\"c"#, "-1.5", "another", "there"));
        let mut outliner = Outliner::default();
        assert!(!outlined(&mut outliner, &first).1);
        let (found, is_known) = outlined(&mut outliner, &second);
        assert!(is_known);
        assert_eq!(found, outlined(&mut Outliner::default(), &second).0);
    }

    #[test]
    fn an_entry_that_is_written_otherwise_is_not() {
        let mut outliner = Outliner::default();
        outlined(&mut outliner, r#"{"a":"x","b":{"trace":1}}"#);
        outlined(&mut outliner, r#"{"trace":1}"#);
        for other in [
            r#"{"trace":}"#,
            r#"{"a":"x","c":{"trace":1}}"#,
            r#"{"a":"x","b":{"trace":"1"}}"#,
            r#"{"a":"x","b":{"trace":1 }}"#,
            r#"{"a":"x","b":{"trace":}}"#,
            r#"{"a":"x","b":{"trace":1}} "#,
            r#"{"a":"x","b":{"trace":1}"#,
            r#"{"a":0,"b":{"trace":1}}"#,
        ] {
            assert_eq!(outlined(&mut outliner, other), (outlined(&mut Outliner::default(), other).0, false), "{other}");
        }
    }

    #[test]
    fn entries_of_which_each_has_a_frame_of_its_own_are_learnt_no_more() {
        let mut outliner = Outliner::default();
        for number in 0..1000 {
            outlined(&mut outliner, &format!(r#"{{"a{number}":"x"}}"#));
        }
        assert_eq!(outliner.frames().learnt, FREELY_LEARNT);
    }

    /// Few keys and values of few kinds, so that many entries are written alike.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            4 => prop::sample::select(vec!["", "x", "a\"b", "tr\\", "{\"trace\":\"", "DEFAULT", "ERROR"]).prop_map(Value::from),
            2 => prop::sample::select(vec![json!(1), json!(-20.5), json!(true), json!(null)]),
        ];
        let keys = ["message", "labels", "service_name", "job_name", "instanceId", "uid", "status", "requestUrl", "project_id"];
        leaf.prop_recursive(3, 8, 3, move |inner| {
            prop_oneof![
                3 => prop::collection::btree_map(prop::sample::select(keys.to_vec()), inner.clone(), 0..4).prop_map(|all| json!(all)),
                1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
            ]
        })
    }

    fn entry() -> impl Strategy<Value = String> {
        let keys = [
            "insertId",
            "trace",
            "severity",
            "textPayload",
            "jsonPayload",
            "protoPayload",
            "httpRequest",
            "resource",
            "labels",
            "split",
            "timestamp",
        ];
        let members = prop::collection::btree_map(prop::sample::select(keys.to_vec()), value(), 0..4);
        members.prop_map(|members| {
            Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()).to_string()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn what_is_found_by_a_frame_is_what_a_walk_finds(entries in prop::collection::vec(entry(), 1..200)) {
            let mut outliner = Outliner::default();
            for entry in entries {
                prop_assert_eq!(outlined(&mut outliner, &entry).0, outlined(&mut Outliner::default(), &entry).0, "{}", entry);
            }
        }
    }
}
