//! A YAML document as a tree in which every node knows its place; and such a tree as bytes, so that the rules that are
//! part of the program are read once, when it is built.

use std::collections::BTreeSet;

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, Span, StrInput};

use super::needs::{read_number, read_text, take, write_number, write_text};
use super::place::Place;

/// Deeper nesting than this is refused; a rule needs about eight levels.
const DEEPEST: usize = 64;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    /// Byte range of the value in the file, quotes and brackets included.
    pub(super) bytes: std::ops::Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A text; `plain` ones may also be read as number, truth value or null. Of a `block` (`|`, `>`) the place and the
    /// bytes begin with its first line.
    Scalar {
        text: String,
        plain: bool,
        block: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// Something that was reported already.
    Broken,
}

impl Node {
    /// The text of a scalar that is not null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, plain, .. } if !(*plain && matches!(text.as_str(), "" | "~" | "null")) => Some(text),
            _ => None,
        }
    }
}

/// Where it goes wrong, and the parser's own words.
type Failed = (Place, String);

/// A document as far as it could be read.
pub(super) struct Composed {
    /// `None` where there is nothing in it.
    pub(super) root: Result<Option<Node>, Failed>,
    /// Keys that stand there already; the first one is kept.
    pub(super) duplicates: Vec<(Place, String)>,
    pub(super) aliases: Vec<Place>,
}

/// Reads one document; linear.
pub(super) fn compose(source: &str) -> Composed {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    options.emit_comments = false;
    let events = Parser::new_from_str_with_options(source, options);
    let mut composer = Composer { events, duplicates: Vec::new(), aliases: Vec::new() };
    let root = composer.document();
    Composed { root, duplicates: composer.duplicates, aliases: composer.aliases }
}

/// What was read, and where it ended.
type Ended<T> = (T, Option<Span>);

struct Composer<'s> {
    events: Parser<'s, StrInput<'s>>,
    duplicates: Vec<(Place, String)>,
    aliases: Vec<Place>,
}

impl<'s> Composer<'s> {
    fn next(&mut self) -> Result<Option<(Event<'s>, Span)>, Failed> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(error)) => Err((place_at(error.marker()), error.info().to_string())),
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Failed> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_none() => {}
                Event::DocumentStart(..) => {
                    return Err((place_of(&span), "a second document begins; a file holds one rule".to_owned()));
                }
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        Ok(root)
    }

    fn node(&mut self, event: Event<'s>, span: Span, depth: usize) -> Result<Node, Failed> {
        let place = place_of(&span);
        if depth > DEEPEST {
            return Err((place, format!("nested deeper than {DEEPEST} levels")));
        }
        let mut bytes = span.byte_range().unwrap_or_default();
        let kind = match event {
            Event::Scalar(text, style, ..) => Kind::Scalar {
                text: text.into_owned(),
                plain: style == ScalarStyle::Plain,
                block: matches!(style, ScalarStyle::Literal | ScalarStyle::Folded),
            },
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                let mut end = None;
                loop {
                    match self.next()? {
                        None => break,
                        Some((Event::SequenceEnd, span)) => {
                            end = Some(span);
                            break;
                        }
                        Some((event, span)) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
                bytes.end = whole(items.last(), end, bytes.end);
                Kind::List(items)
            }
            Event::MappingStart(..) => {
                let (pairs, end) = self.pairs(depth)?;
                bytes.end = whole(pairs.last().map(|(_, value)| value), end, bytes.end);
                Kind::Map(pairs)
            }
            _ => {
                self.aliases.push(place);
                Kind::Broken
            }
        };
        if bytes.end < bytes.start {
            bytes = 0..0;
        }
        Ok(Node { place, bytes, kind })
    }

    fn pairs(&mut self, depth: usize) -> Result<Ended<Vec<(Node, Node)>>, Failed> {
        let mut pairs: Vec<(Node, Node)> = Vec::new();
        let mut seen = BTreeSet::new();
        loop {
            let key = match self.next()? {
                None => return Ok((pairs, None)),
                Some((Event::MappingEnd, span)) => return Ok((pairs, Some(span))),
                Some((event, span)) => self.node(event, span, depth + 1)?,
            };
            let value = match self.next()? {
                None => return Ok((pairs, None)),
                Some((event, span)) => self.node(event, span, depth + 1)?,
            };
            match key.text() {
                Some(text) if !seen.insert(text.to_owned()) => self.duplicates.push((key.place, text.to_owned())),
                _ => pairs.push((key, value)),
            }
        }
    }
}

/// Where a collection ends: at its closing bracket, else with its last value.
fn whole(last: Option<&Node>, end: Option<Span>, start: usize) -> usize {
    let bracket = end.filter(|span| !span.is_empty()).and_then(|span| Some(span.byte_range()?.end));
    bracket.or(last.map(|node| node.bytes.end)).unwrap_or(start)
}

fn place_at(marker: &Marker) -> Place {
    Place { line: marker.line() as u64, column: marker.col() as u64 + 1, width: 1 }
}

fn place_of(span: &Span) -> Place {
    let one_line = span.start.line() == span.end.line();
    let width = if one_line { span.end.col().saturating_sub(span.start.col()) } else { 1 };
    Place { width: width.max(1) as u64, ..place_at(&span.start) }
}

/// What a packed node begins with; of a scalar with its style added.
const LIST: u8 = 0;
const MAP: u8 = 1;
const SCALAR: u8 = 4;
const PLAIN: u8 = 1;
const BLOCK: u8 = 2;

impl Node {
    /// Writes the tree as bytes. One with a broken node in it cannot be read back.
    #[allow(dead_code, reason = "only the build script writes")]
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        out.push(match &self.kind {
            Kind::List(_) => LIST,
            Kind::Map(_) => MAP,
            Kind::Scalar { plain, block, .. } => SCALAR + u8::from(*plain) * PLAIN + u8::from(*block) * BLOCK,
            Kind::Broken => u8::MAX,
        });
        let Place { line, column, width } = self.place;
        let numbers = [line as usize, column as usize, width as usize, self.bytes.start, self.bytes.len()];
        numbers.into_iter().for_each(|number| write_number(number, out));
        match &self.kind {
            Kind::Scalar { text, .. } => write_text(text, out),
            Kind::List(items) => {
                write_number(items.len(), out);
                items.iter().for_each(|item| item.pack(out));
            }
            Kind::Map(pairs) => {
                write_number(pairs.len(), out);
                pairs.iter().flat_map(|(key, value)| [key, value]).for_each(|node| node.pack(out));
            }
            Kind::Broken => {}
        }
    }

    /// Reads what [`Node::pack`] wrote; `None` for anything else.
    pub(super) fn unpack(bytes: &mut &[u8]) -> Option<Node> {
        let kind = take(bytes, 1)?[0];
        let mut number = || read_number(bytes);
        let place = Place { line: number()? as u64, column: number()? as u64, width: number()? as u64 };
        let start = number()?;
        let range = start..start + number()?;
        let kind = match kind {
            LIST => Kind::List((0..number()?).map(|_| Node::unpack(bytes)).collect::<Option<_>>()?),
            MAP => Kind::Map((0..number()?).map(|_| Some((Node::unpack(bytes)?, Node::unpack(bytes)?))).collect::<Option<_>>()?),
            style if style & SCALAR != 0 && style < 2 * SCALAR => {
                Kind::Scalar { text: read_text(bytes)?.to_owned(), plain: style & PLAIN != 0, block: style & BLOCK != 0 }
            }
            _ => return None,
        };
        Some(Node { place, bytes: range, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_back_as_it_was_written() {
        let source = "a: {b: [1, 'two'], c: ~}\nd: |\n  é\n\n  f\n? [x]\n: \"\\t\"\n";
        let node = compose(source).root.unwrap().unwrap();
        let mut packed = Vec::new();
        node.pack(&mut packed);
        let mut bytes = &packed[..];
        assert_eq!(Node::unpack(&mut bytes), Some(node));
        assert!(bytes.is_empty());
        assert_eq!(Node::unpack(&mut &packed[..packed.len() - 1]), None);
    }
}
