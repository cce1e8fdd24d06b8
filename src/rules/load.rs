//! Rule files as a [`Catalog`]: all that is right is loaded, all that is wrong is reported at once.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::codes;
use super::graph::CauseGraph;
use super::overlay::{Change, Drafts, Replacements};
use super::prepared::{self, RuleFile};
use super::problem::{Place, Problem, Sheet, nearest};
use super::read::{self, Draft, Mention};
use super::yaml::{self, Node};
use super::{Catalog, Edge, Rule, RuleId, RuleIx};

/// Folders nested deeper than this below a rule folder are not entered (a link may lead in a circle).
const DEEPEST_FOLDER: usize = 8;

/// Unknown names that get a suggestion in one loading; nobody reads more.
const MOST_HINTS: usize = 50;

/// A catalog and what is wrong with its files.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// All rules that could be read.
    pub catalog: Catalog,
    /// Every mistake, in order of file and place.
    pub problems: Vec<Problem>,
    /// The texts of the files whose problems are asked for, by path.
    pub texts: BTreeMap<String, String>,
    /// Catalog rules that are not as the catalog has them, by the user's own wish; to be said aloud.
    pub changes: Vec<Change>,
    /// From [`Catalog::overlay`]: ids of embedded rules that the folders have too, with another text.
    pub covered: BTreeSet<RuleId>,
    /// The files that a [`Catalog::overlay`] is about make up most of the catalog: they are a checkout of it.
    pub is_checkout: bool,
}

/// One rule file.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    /// `<family>/<name>`, from the path.
    pub(super) id: String,
    pub(super) text: Result<String, String>,
    /// Its tree, packed, where the build read it; else empty.
    tree: &'static [u8],
}

impl Catalog {
    /// The catalog that is part of the program.
    pub fn embedded() -> Loaded {
        build(embedded_sources())
    }

    /// The embedded catalog plus the rules of these folders (or single files). An id that is there
    /// already is a problem, and the first one stands.
    pub fn load(folders: &[PathBuf]) -> Loaded {
        let mut sources = embedded_sources();
        sources.extend(folders.iter().flat_map(|folder| folder_sources(folder)));
        build(sources)
    }

    /// These folders as if they were the catalog: embedded rules with the same id are left out, the others
    /// stay, so that the rules of the folders may refer to them. Problems are those of the folders only.
    pub fn overlay(folders: &[PathBuf]) -> Loaded {
        let own: Vec<Source> = folders.iter().flat_map(|folder| folder_sources(folder)).collect();
        let ids: BTreeSet<String> = own.iter().map(|source| source.id.clone()).collect();
        let paths: BTreeSet<String> = own.iter().map(|source| source.path.clone()).collect();
        let (same, mut others): (Vec<Source>, Vec<Source>) =
            embedded_sources().into_iter().partition(|source| ids.contains(&source.id));
        let is_checkout = same.len() > others.len();
        let same_text = |embedded: &&Source| own.iter().any(|own| own.id == embedded.id && own.text == embedded.text);
        let covered = same.iter().filter(|embedded| !same_text(embedded)).map(|embedded| embedded.id.clone()).collect();
        others.iter_mut().for_each(|source| source.path = format!("(embedded) {}", source.path));
        let mut loaded = build(own.into_iter().chain(others).collect());
        (loaded.covered, loaded.is_checkout) = (covered, is_checkout);
        loaded.problems.retain(|problem| paths.contains(&problem.path));
        loaded.texts.retain(|path, _| paths.contains(path));
        loaded
    }

    /// Rules given as (path, text); the id is the path without its ending.
    pub fn from_texts<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Loaded {
        build(texts.into_iter().map(|(path, text)| source(path.to_owned(), path, Ok(text.to_owned()))).collect())
    }
}

fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

fn source(path: String, relative: &str, text: Result<String, String>) -> Source {
    let id = relative.replace('\\', "/");
    let id = id.strip_suffix(".yaml").or_else(|| id.strip_suffix(".yml")).unwrap_or(&id).to_owned();
    Source { path, id, text, tree: &[] }
}

fn embedded_sources() -> Vec<Source> {
    let read = |RuleFile { path, text, tree }| Source { tree, ..source(format!("rules/{path}"), path, Ok(text.to_owned())) };
    prepared::rule_files().map(read).collect()
}

fn folder_sources(folder: &Path) -> Vec<Source> {
    if folder.is_file() {
        let family = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        return vec![source(folder.display().to_string(), &format!("{family}/{name}"), read_text(folder))];
    }
    let mut sources = Vec::new();
    walk(folder, folder, 0, &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn read_text(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|error| format!("it is not UTF-8 (byte {})", error.utf8_error().valid_up_to()))
}

fn walk(root: &Path, folder: &Path, depth: usize, into: &mut Vec<Source>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let path = folder.display().to_string();
            return into.push(source(path, "", Err(format!("it cannot be read: {error}"))));
        }
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if depth < DEEPEST_FOLDER {
                walk(root, &path, depth + 1, into);
            }
        } else if is_rule_file(&path) {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            into.push(source(path.display().to_string(), &relative, read_text(&path)));
        }
    }
}

/// Reads all sources side by side, then links them; linear in their size.
fn build(sources: Vec<Source>) -> Loaded {
    let read: Vec<(Option<Draft>, Vec<Problem>)> = sources.par_iter().map(read_source).collect();
    let mut problems = Vec::new();
    let mut drafts: Drafts<'_> = BTreeMap::new();
    let mut replacements = Replacements::default();
    let mut doubles = Vec::new();
    for ((draft, found), source) in read.into_iter().zip(&sources) {
        problems.extend(found);
        let Some(draft) = draft else { continue };
        match drafts.get(source.id.as_str()) {
            Some((first, place)) if !replacements.same_id(&draft, first, source) => doubles.push((source, *place)),
            _ => {
                drafts.insert(&source.id, (draft, source));
            }
        }
    }
    for (source, first) in doubles {
        let mut sheet = Sheet::new(&source.path, source.text.as_deref().unwrap_or_default());
        let help = format!("write `replaces: {}` if it is to stand in its place, else give it another file name", source.id);
        sheet.found(
            &codes::DUPLICATE_ID,
            Place::START,
            format!("the rule `{}` is there already, in {}", source.id, first.path),
            help,
        );
        problems.append(&mut sheet.problems);
    }
    problems.extend(replacements.settle(&mut drafts));
    let known: BTreeSet<&str> = sources.iter().map(|source| source.id.as_str()).collect();
    let places = drafts.iter().filter(|(_, (draft, _))| draft.sound).map(|(id, _)| *id);
    let places: BTreeMap<&str, RuleIx> = places.enumerate().map(|(place, id)| (id, place)).collect();
    let changes = replacements.changes.clone();
    let linker = Linker { known, places, replacements, hints_left: Cell::new(MOST_HINTS) };
    let rules = drafts.into_values().filter_map(|(draft, source)| linker.link(draft, source, &mut problems)).collect();
    let mut catalog = Catalog { rules };
    problems.extend(break_circles(&mut catalog, &sources));
    problems.sort();
    let texts = sources.into_iter().filter_map(|source| Some((source.path, source.text.ok()?))).collect();
    Loaded { catalog, problems, texts, changes, ..Loaded::default() }
}

fn read_source(source: &Source) -> (Option<Draft>, Vec<Problem>) {
    let text = source.text.as_deref().unwrap_or_default();
    let mut sheet = Sheet::new(&source.path, text);
    if let Err(message) = &source.text {
        sheet.found(&codes::UNREADABLE, Place::START, message.clone(), None);
        return (None, sheet.problems);
    }
    let well_named = is_id(&source.id);
    if !well_named {
        let help = "a rule lives in `<family>/<name>.yaml`, both in lower case with `-`".to_owned();
        sheet.found(&codes::WRONG_ID, Place::START, format!("`{}` is no rule id", source.id), help);
    }
    let draft = match Node::unpack(&mut &*source.tree).or_else(|| yaml::parse(&mut sheet)) {
        Some(root) => read::rule(&mut sheet, &source.id, &root).map(|draft| {
            // A doubled key is noted while the tree is made, before the rule is read.
            Draft { sound: sheet.problems.is_empty(), ..draft }
        }),
        None => {
            if well_named && sheet.problems.is_empty() {
                let help = "write at least `title`, `class` and `severity`".to_owned();
                sheet.found(&codes::UNREADABLE, Place::START, "the file is empty", help);
            }
            None
        }
    };
    (draft, sheet.problems)
}

/// `<family>/<name>`: lower case letters, digits and `-`.
fn is_id(id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = |part: &str| !part.is_empty() && part.chars().all(allowed);
    id.split_once('/').is_some_and(|(family, rest)| name(family) && name(rest))
}

/// Turns mentions into places.
struct Linker<'s> {
    /// The ids of all files, wrong ones too.
    known: BTreeSet<&'s str>,
    /// The places of the rules that stand.
    places: BTreeMap<&'s str, RuleIx>,
    replacements: Replacements<'s>,
    /// How many more mentions of unknown rules get the nearest name: each search reads all names.
    hints_left: Cell<usize>,
}

impl Linker<'_> {
    /// The rule, if it is sound. Mentions of rules that there are not are reported and left out; a mention of
    /// a file that is itself wrong is left out in silence, as that file is reported.
    fn link(&self, draft: Draft, source: &Source, problems: &mut Vec<Problem>) -> Option<Rule> {
        let mut sheet = Sheet::new(&source.path, source.text.as_deref().unwrap_or_default());
        let mut find = |mention: &Mention, key: &str| self.find(mention, key, &source.id, &mut sheet);
        let mut rule = draft.rule;
        rule.refines = draft.refines.iter().filter_map(|mention| find(mention, "refines")).collect();
        rule.explains = draft
            .explains
            .iter()
            .filter_map(|edge| {
                let effect = find(&edge.effect, "explains")?;
                Some(Edge { effect, join: edge.join?, within: edge.within })
            })
            .collect();
        rule.replaced_by = draft.replaced_by.and_then(|mention| {
            find(&mention, "replaced_by")?;
            Some(self.replacements.standing(&mention.id).to_owned())
        });
        problems.append(&mut sheet.problems);
        draft.sound.then_some(rule)
    }

    fn find(&self, mention: &Mention, key: &str, own: &str, sheet: &mut Sheet<'_>) -> Option<RuleIx> {
        if mention.id == own {
            sheet.found(&codes::SELF_EDGE, mention.place, format!("`{key}` names the rule itself"), "remove it".to_owned());
            return None;
        }
        let standing = self.replacements.standing(&mention.id);
        if standing == own {
            return None;
        }
        let found = self.places.get(standing).copied();
        if found.is_none() && !self.known.contains(mention.id.as_str()) {
            let wanted = self.hints_left.replace(self.hints_left.get().saturating_sub(1)) > 0;
            let near = wanted.then(|| nearest(&mention.id, self.known.iter().copied().filter(|near| *near != own))).flatten();
            let help = near.map(|near| format!("did you mean `{near}`?"));
            let message = format!("`{key}` names the rule `{}`, which there is not", mention.id);
            sheet.found(&codes::UNKNOWN_RULE, mention.place, message, help);
        }
        found
    }
}

/// Takes out the edges that close a circle, and reports each.
fn break_circles(catalog: &mut Catalog, sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut closing = CauseGraph::new(catalog).closing_edges();
    closing.sort_by(|a, b| b.cmp(a));
    for (cause, edge) in closing {
        let effect = catalog.rules[cause].explains.remove(edge).effect;
        let effect = catalog.rules[effect].id.clone();
        let rule = &catalog.rules[cause];
        let text = sources.iter().find(|source| source.path == rule.path).and_then(|source| source.text.as_deref().ok());
        let mut sheet = Sheet::new(&rule.path, text.unwrap_or_default());
        let place = place_of_text(sheet.source, &effect);
        let message = format!("`explains` closes a circle: `{effect}` is itself a cause of `{}`", rule.id);
        sheet.found(&codes::CIRCLE, place, message, "a cause cannot be its own effect; remove one of the edges".to_owned());
        problems.append(&mut sheet.problems);
    }
    problems
}

/// The first place in the file where the text stands on a line that names a rule.
fn place_of_text(source: &str, text: &str) -> Place {
    for (number, line) in source.lines().enumerate() {
        if line.contains("rule:")
            && let Some(at) = line.find(text)
        {
            let column = line[..at].chars().count() as u64 + 1;
            return Place { line: number as u64 + 1, column, width: text.chars().count() as u64 };
        }
    }
    Place::START
}
