//! Reads JUnit XML as pytest, cargo-nextest, jest-junit, go-junit-report, gotestsum, Surefire and Playwright write it.
//!
//! Events are streamed. Entities a document declares are never expanded, nesting costs one byte a level, and
//! what stands before damage is kept.

use std::io::Read;

use jiff::tz::Offset;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, escape};

use super::input::TextReader;
use super::merge::Reading;
use super::notes::Notes;

mod cases;
mod suites;

use cases::{Case, Part};
use suites::Suites;

/// What an open element means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Suites,
    Suite,
    Case,
    /// failure, error, skipped, flakyFailure …: something a case says about how it ended.
    Part,
    /// Text inside a part (Surefire, Playwright).
    StackTrace,
    Output,
    Other,
}

/// The attributes of an element, by name.
struct Attrs(Vec<(String, String)>);

impl Attrs {
    fn of(mut attributes: Attributes) -> Attrs {
        let mut read = Vec::new();
        for attribute in attributes.with_checks(false).flatten() {
            // An entity that is not one of XML's own stays as it is written. Line breaks stay too: what pytest
            // and others write raw would be normalised to spaces.
            let value = match escape::unescape(&attribute.value) {
                Ok(value) => value.into_owned(),
                Err(_) => attribute.value.clone().into_owned(),
            };
            read.push((attribute.key.local_name().as_ref().to_owned(), value));
        }
        Attrs(read)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

struct Document<'n> {
    open: Vec<Element>,
    suites: Suites,
    case: Option<Case>,
    notes: &'n mut Notes,
    offset: Offset,
    entity_noted: bool,
}

pub(super) fn read<R: Read>(text: &mut TextReader<R>, notes: &mut Notes, offset: Offset) -> Reading {
    let mut reader = Reader::from_reader(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut document = Document { open: Vec::new(), suites: Suites::default(), case: None, notes, offset, entity_noted: false };
    let mut buffer = Vec::new();
    let end = loop {
        buffer.clear();
        let line = reader.get_ref().line();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => break None,
            Ok(event) => document.event(&event, line),
            Err(error) => break Some(format!("damaged XML: {error}")),
        }
    };
    document.finish(end, reader.get_ref().line())
}

impl Document<'_> {
    fn event(&mut self, event: &Event, line: u64) {
        match event {
            Event::Start(start) => self.start(start, line),
            Event::Empty(start) => {
                self.start(start, line);
                self.end(line);
            }
            Event::End(_) => self.end(line),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.reference(reference, line),
            Event::DocType(declared) if declared.contains("<!ENTITY") => {
                self.notes.add(Some(line), "the document type declares entities; they are not expanded");
            }
            _ => {}
        }
    }

    fn start(&mut self, start: &BytesStart, line: u64) {
        let attrs = Attrs::of(start.attributes());
        let name = start.local_name();
        let inside_case = self.case.is_some();
        let inside_part = self.is_in_part();
        let element = match name.as_ref() {
            "testsuites" if !inside_case => {
                self.suites.enter_root(&attrs, line, self.offset, self.notes);
                Element::Suites
            }
            "testsuite" if !inside_case => {
                self.suites.enter(&attrs, line, self.offset, self.notes);
                Element::Suite
            }
            "testcase" if !inside_case => {
                self.case = Some(Case::new(&attrs, line, self.offset, self.notes));
                Element::Case
            }
            "property" => {
                match &mut self.case {
                    Some(case) => case.property(attrs.text("name"), attrs.text("value"), line, self.offset, self.notes),
                    None => self.suites.property(attrs.text("name")),
                }
                Element::Other
            }
            "stackTrace" if inside_case => Element::StackTrace,
            "system-out" | "system-err" if inside_case => {
                self.case.iter_mut().for_each(Case::begin_output);
                Element::Output
            }
            other => match (Part::named(other), &mut self.case) {
                (Some(kind), Some(case)) if !inside_part => {
                    case.begin_part(kind, &attrs, line, self.offset, self.notes);
                    Element::Part
                }
                _ => Element::Other,
            },
        };
        self.open.push(element);
    }

    /// Whether a part of the case is open: an element inside it that has the name of a part is its content.
    fn is_in_part(&self) -> bool {
        self.open.iter().rev().take_while(|element| **element != Element::Case).any(|element| *element == Element::Part)
    }

    fn end(&mut self, line: u64) {
        match self.open.pop() {
            Some(Element::Suite) => self.suites.leave(),
            Some(Element::Case) => {
                if let Some(case) = self.case.take() {
                    self.suites.add(case);
                }
            }
            Some(Element::Part) => self.case.iter_mut().for_each(Case::end_part),
            Some(_) => {}
            None => self.notes.add(Some(line), "a closing tag has no opening tag; it was left out"),
        }
    }

    fn text(&mut self, text: &str) {
        let Some(case) = &mut self.case else { return };
        match self.open.last() {
            Some(Element::Part | Element::StackTrace) => case.details(text),
            Some(Element::Output) => case.output(text),
            _ => {}
        }
    }

    fn reference(&mut self, reference: &BytesRef, line: u64) {
        let name: &str = reference;
        match reference.resolve_char_ref() {
            Ok(Some(character)) => self.text(character.encode_utf8(&mut [0; 4])),
            _ => match escape::resolve_predefined_entity(name) {
                Some(text) => self.text(text),
                None => {
                    if !self.entity_noted {
                        self.notes.add(Some(line), format!("the entity `&{name};` is not expanded"));
                        self.entity_noted = true;
                    }
                    self.text(&format!("&{name};"));
                }
            },
        }
    }

    /// Closes what the end of the file, or damage, left open.
    fn finish(mut self, damage: Option<String>, line: u64) -> Reading {
        let cut_off = damage.is_none() && !self.open.is_empty();
        if let Some(reason) = damage.or_else(|| cut_off.then(|| "the file ends in the middle".to_owned())) {
            let cut_case = match self.case.take() {
                Some(case) if case.has_ended_badly() => {
                    let named = format!("; {} is kept with what was read of its failure", case.title());
                    self.suites.add(case);
                    named
                }
                Some(case) => format!("; how {} ended is not known, it was left out", case.title()),
                None => String::new(),
            };
            let used = match self.suites.count() {
                0 => "no case before it could be used".to_owned(),
                1 => "the case before it was used".to_owned(),
                count => format!("the {count} cases before it were used"),
            };
            self.notes.add(Some(line), format!("{reason}; {used}{cut_case}"));
        }
        self.suites.finish(self.notes)
    }
}
