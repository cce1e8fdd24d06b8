//! Whether the later run met newer revisions.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{Deployed, RevisionChange};
use super::sighting::Sighting;
use crate::report::redact::Redacted;

type Revisions<'a> = BTreeSet<&'a Redacted>;

/// Each service of either run, by name.
pub(super) fn changes(before: &Sighting<'_>, after: &Sighting<'_>) -> Vec<RevisionChange> {
    let services: BTreeSet<&Redacted> = before.serving.keys().chain(after.serving.keys()).copied().collect();
    let none = BTreeSet::new();
    let of = |serving: &BTreeMap<&Redacted, Revisions<'_>>, service| -> Vec<Redacted> {
        serving.get(service).unwrap_or(&none).iter().map(|revision| (*revision).clone()).collect()
    };
    let changes = services.into_iter().map(|service| {
        let (before, after) = (of(&before.serving, service), of(&after.serving, service));
        RevisionChange { change: deployed(&before, &after), service: service.clone(), before, after }
    });
    changes.collect()
}

fn deployed(before: &[Redacted], after: &[Redacted]) -> Deployed {
    if before.is_empty() || after.is_empty() {
        return Deployed::Unknown;
    }
    let new: Vec<&Redacted> = after.iter().filter(|revision| !before.contains(revision)).collect();
    let newest_before = before.iter().filter_map(|revision| number(revision)).max();
    let newest_new = new.iter().filter_map(|revision| number(revision)).max();
    match (new.len(), newest_new.zip(newest_before)) {
        (0, _) => Deployed::Same,
        (_, Some((new, old))) if new < old => Deployed::Older,
        (new, _) if new < after.len() => Deployed::Both,
        _ => Deployed::Newer,
    }
}

/// The number that Cloud Run counts up in the names it gives: 281 of `orders-00281-nsh`. Names that users give have none.
fn number(revision: &str) -> Option<u32> {
    let (rest, suffix) = revision.rsplit_once('-')?;
    let (_, digits) = rest.rsplit_once('-')?;
    let counted = digits.len() >= 5 && suffix.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Redacted> {
        serde_json::from_value(serde_json::json!(names)).unwrap_or_default()
    }

    #[test]
    fn a_revision_is_newer_only_when_the_run_before_had_not_seen_it() {
        let (old, new) = (names(&["orders-00281-nsh"]), names(&["orders-00282-9nw"]));
        assert_eq!(deployed(&old, &new), Deployed::Newer);
        assert_eq!(deployed(&old, &old), Deployed::Same);
        assert_eq!(deployed(&new, &old), Deployed::Older);
        assert_eq!(deployed(&old, &[old.clone(), new.clone()].concat()), Deployed::Both);
        assert_eq!(deployed(&old, &[]), Deployed::Unknown);
    }

    #[test]
    fn names_that_users_gave_have_no_order() {
        assert_eq!(deployed(&names(&["orders-blue"]), &names(&["orders-amber"])), Deployed::Newer);
        assert_eq!(number("orders-2026-01"), None);
    }
}
