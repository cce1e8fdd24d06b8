//! What became of each cause: gone, there still, new, or uncovered behind one that is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{CauseChange, Fate, RevisionChange};
use super::sighting::Sighting;
use super::verdict;
use crate::report::redact::Redacted;
use crate::report::schema::Cause;

/// The causes of the earlier run in its order, then those that only the later run names.
pub(super) fn changes(before: &Sighting<'_>, after: &Sighting<'_>, revisions: &[RevisionChange]) -> Vec<CauseChange> {
    let (was, is) = (&before.report.causes, &after.report.causes);
    let partners = partners(was, is);
    let lost: BTreeSet<&Redacted> =
        was.iter().map(|cause| &cause.root).filter(|root| is.iter().all(|cause| cause.root != **root)).collect();
    let hidden_by = |cause: &Cause| -> BTreeSet<&Redacted> {
        let roots = cause.tests.iter().filter_map(|test| before.cause(test)).map(|cause| &cause.root);
        roots.filter(|root| lost.contains(root)).collect()
    };
    let mut changes = Vec::new();
    for (place, cause) in was.iter().enumerate() {
        let there = partners.get(&place).and_then(|partner| is.get(*partner));
        let (verdict, because) = match there {
            Some(there) => verdict::of_staying(after, cause, there, revisions),
            None => verdict::of_gone(before, after, cause, revisions),
        };
        let now = there.unwrap_or(cause);
        changes.push(CauseChange {
            change: if there.is_some() { Fate::Stays } else { Fate::Gone },
            behind: there.map(|there| owned(hidden_by(there))).unwrap_or_default(),
            verdict: Some(verdict),
            because: Some(because),
            ..unjudged(now)
        });
    }
    let met: BTreeSet<usize> = partners.values().copied().collect();
    for (_, cause) in is.iter().enumerate().filter(|(place, _)| !met.contains(place)) {
        let behind = hidden_by(cause);
        // What also fails a test that passed before was not there before: it cannot have lain behind anything.
        let broke = cause.tests.iter().any(|test| before.state(test).passes());
        let change = if behind.is_empty() || broke { Fate::New } else { Fate::Uncovered };
        let behind = if change == Fate::New { Vec::new() } else { owned(behind) };
        changes.push(CauseChange { change, behind, ..unjudged(cause) });
    }
    changes
}

fn owned(roots: BTreeSet<&Redacted>) -> Vec<Redacted> {
    roots.into_iter().cloned().collect()
}

fn unjudged(cause: &Cause) -> CauseChange {
    CauseChange {
        root: cause.root.clone(),
        title: cause.title.clone(),
        fingerprint: cause.fingerprint.clone(),
        change: Fate::New,
        tests: cause.tests.clone(),
        behind: Vec::new(),
        verdict: None,
        because: None,
    }
}

/// Which cause of the later run is which of the earlier: the same root and fingerprint; else the same root, when
/// they explain a common test, so that a fingerprint that changes from run to run does not hide that a cause stays.
fn partners(was: &[Cause], is: &[Cause]) -> BTreeMap<usize, usize> {
    let mut partners = BTreeMap::new();
    let mut free: BTreeSet<usize> = (0..is.len()).collect();
    let same: fn(&Cause, &Cause) -> bool = |a, b| a.root == b.root && a.fingerprint == b.fingerprint;
    let akin: fn(&Cause, &Cause) -> bool = |a, b| a.root == b.root && verdict::in_common(a, b) > 0;
    for alike in [same, akin] {
        for (place, cause) in was.iter().enumerate() {
            if partners.contains_key(&place) {
                continue;
            }
            if let Some(found) = free.iter().copied().find(|other| alike(cause, &is[*other])) {
                free.remove(&found);
                partners.insert(place, found);
            }
        }
    }
    partners
}
