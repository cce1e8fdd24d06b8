//! Cited records and error lines as a report shows them: without the secrets that only the lines around them give away.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::super::redact::{self, Looked, Piece, Redacted, Settings};
use super::super::schema::{Evidence, EvidenceKey};
use super::super::{Subject, explorer};
use super::{Assembly, keys};
use crate::findings::EvidenceIx;
use crate::{logs, results};

/// Lines above the last one of a traceback that are asked whether a secret goes on in it.
const LINES_ABOVE: usize = 20;

/// Longest excerpt of a record shown, in bytes; it is cut when its secrets are out.
const EXCERPT_BYTES: usize = 8 * 1024;

/// A cited record and the lines around it, each with the name of its stream.
struct Lines<'s> {
    all: Vec<(Cow<'s, str>, &'s str)>,
    /// The place of the record itself.
    own: usize,
    shown: Range<usize>,
}

impl<'s> Lines<'s> {
    fn around(subject: &Subject<'s>, place: EvidenceIx) -> Lines<'s> {
        let found = &subject.diagnosis.evidence[place];
        let stream = logs::stream(&found.log_name, found.instance.as_deref());
        let own = (Cow::from(stream), found.text.as_str());
        let line = |line: &'s logs::Line| (Cow::from(&line.stream), line.text.as_str());
        let Some(around) = subject.neighbours.get(&place) else { return Lines { all: vec![own], own: 0, shown: 0..1 } };
        let all = around.before.iter().map(line).chain([own]).chain(around.after.iter().map(line)).collect();
        let own = around.before.len();
        let (first, last) = (own.saturating_sub(around.shown), own + around.after.len().min(around.shown));
        Lines { all, own, shown: first..last + 1 }
    }
}

/// What must not be shown of the cited records and the lines around them, all looked at side by side.
pub(in crate::report) fn look(subject: &Subject<'_>, settings: &Settings) -> BTreeMap<EvidenceIx, Vec<Looked>> {
    let cited: Vec<EvidenceIx> = keys(subject.diagnosis).into_keys().collect();
    let look = |place: &EvidenceIx| {
        let lines = Lines::around(subject, *place);
        let all: Vec<(&str, &str)> = lines.all.iter().map(|(stream, text)| (&**stream, *text)).collect();
        (*place, redact::look(&all, lines.shown, settings))
    };
    cited.par_iter().map(look).collect::<Vec<_>>().into_iter().collect()
}

impl Assembly<'_, '_> {
    pub(super) fn evidence(&mut self) -> BTreeMap<EvidenceKey, Evidence> {
        let mut order: Vec<(EvidenceKey, EvidenceIx)> = self.keys.iter().map(|(place, key)| (*key, *place)).collect();
        order.sort();
        order.into_iter().map(|(key, place)| (key, self.piece(place))).collect()
    }

    fn piece(&mut self, place: EvidenceIx) -> Evidence {
        let found = &self.subject.diagnosis.evidence[place];
        let (before, excerpt, after) = self.lines(place);
        let mut evidence = Evidence {
            before,
            excerpt: excerpt.without_middle(EXCERPT_BYTES),
            after,
            insert_id: self.cleaned(&found.insert_ids),
            timestamp: found.timestamp.to_string(),
            service: self.clean_if(found.service.as_deref()),
            revision: self.clean_if(found.revision.as_deref()),
            instance: self.clean_if(found.instance.as_deref()),
            severity: found.severity.name().to_owned(),
            log: self.clean(&found.log_name),
            link: None,
        };
        let project = found.project.as_deref().filter(|project| !project.is_empty());
        let project = project.filter(|project| self.clean(project).as_str() == *project);
        evidence.link = project.and_then(|project| explorer::link(project, found.timestamp, &evidence));
        evidence
    }

    /// The text of a record between the lines shown around it.
    fn lines(&mut self, place: EvidenceIx) -> (Vec<Redacted>, Redacted, Vec<Redacted>) {
        let lines = Lines::around(self.subject, place);
        let looked = self.looked.get(&place).map_or(&[][..], Vec::as_slice);
        let texts = lines.all[lines.shown.clone()].iter().map(|(_, text)| *text);
        let mut clean: Vec<_> = texts.zip(looked).map(|(text, looked)| self.redactor.clean_looked(text, looked)).collect();
        let after = clean.split_off(lines.own - lines.shown.start + 1).into_iter().map(|(line, _)| line).collect();
        let (excerpt, pieces) = clean.pop().unwrap_or_default();
        if !pieces.is_empty() {
            self.torn.insert(place, pieces);
        }
        (clean.into_iter().map(|(line, _)| line).collect(), excerpt, after)
    }

    /// A text that was made of these records, without the pieces of secrets that only their neighbours show.
    pub(super) fn clean_made_of(&mut self, text: &str, records: &[EvidenceIx]) -> Redacted {
        let pieces: Vec<&Piece> = records.iter().filter_map(|place| self.torn.get(place)).flatten().collect();
        self.redactor.clean_made_of(text, &pieces)
    }

    /// The error line, else the last line of the traceback that says anything.
    pub(super) fn error_line(&mut self, failure: &results::Failure) -> Option<Redacted> {
        let message = failure.message.trim();
        if !message.is_empty() {
            return Some(self.clean(message));
        }
        let details = failure.details.trim_end();
        let start = details.rfind('\n').map_or(0, |line| line + 1);
        // The line may be the rest of a secret that begins above it.
        let above = details[..start].rmatch_indices('\n').nth(LINES_ABOVE).map_or(0, |(line, _)| line + 1);
        let line = start + details[start..].len() - details[start..].trim_start().len();
        let part = line - above..details.len() - above;
        (line < details.len()).then(|| self.redactor.clean_part(&details[above..], part))
    }
}
