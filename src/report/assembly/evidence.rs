//! Cited records and error lines as a report shows them: without the secrets that only the lines around them give away.

use std::collections::BTreeMap;

use super::super::explorer;
use super::super::redact::{Piece, Redacted};
use super::super::schema::{Evidence, EvidenceKey};
use super::Assembly;
use crate::findings::{EvidenceIx, Neighbours};
use crate::{logs, results};

/// Lines above the last one of a traceback that are asked whether a secret goes on in it.
const LINES_ABOVE: usize = 20;

/// Longest excerpt of a record shown, in bytes; it is cut when its secrets are out.
const EXCERPT_BYTES: usize = 8 * 1024;

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
        let (subject, unknown) = (self.subject, Neighbours::default());
        let found = &subject.diagnosis.evidence[place];
        let around = subject.neighbours.get(&place).unwrap_or(&unknown);
        let stream = logs::stream(&found.log_name, found.instance.as_deref());
        let mut lines: Vec<(&str, &str)> = Vec::with_capacity(around.before.len() + around.after.len() + 1);
        lines.extend(around.before.iter().map(|line| (line.stream.as_str(), line.text.as_str())));
        lines.push((&stream, &found.text));
        lines.extend(around.after.iter().map(|line| (line.stream.as_str(), line.text.as_str())));
        let first = around.before.len().saturating_sub(around.shown);
        let last = around.before.len() + around.after.len().min(around.shown);
        let mut clean = self.redactor.clean_streams(&lines, first..last + 1);
        let after = clean.split_off(around.before.len() - first + 1).into_iter().map(|(line, _)| line).collect();
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
