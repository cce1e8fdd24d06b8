//! `[rules]`: rules of one's own over the catalog.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use super::page::{Page, Placed};

/// `[rules]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesSection {
    /// `dirs`: folders with rules, seen from the working directory.
    pub dirs: Vec<Placed<PathBuf>>,
    /// `[rules.disable]`: rules that are switched off, each with its reason.
    pub disable: BTreeMap<String, Placed<String>>,
}

impl RulesSection {
    pub(super) fn read(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>) -> RulesSection {
        let mut section = RulesSection::default();
        let Some(table) = page.inner(value, "[rules]") else { return section };
        let mut keys = page.table(table, "[rules]", &["dirs", "disable"]);
        if let Some(dirs) = keys.remove("dirs") {
            let dirs = page.texts(dirs, "dirs");
            let folder = page.path.parent().unwrap_or(Path::new(""));
            section.dirs = dirs.into_iter().map(|dir| Placed { value: folder.join(dir.value), place: dir.place }).collect();
        }
        if let Some(table) = keys.remove("disable").and_then(|value| page.inner(value, "[rules.disable]")) {
            for (id, value) in table.iter() {
                let id = id.get_ref().to_string();
                let reason = page.text(value, &id).filter(|reason| !reason.value.trim().is_empty());
                match reason {
                    Some(reason) => drop(section.disable.insert(id, reason)),
                    None if value.get_ref().is_str() => {
                        page.note(
                            value.span().start,
                            &format!("`{id}` is switched off without a reason; write `\"{id}\" = \"why\"`"),
                        );
                    }
                    None => {}
                }
            }
        }
        section
    }
}
