//! Embeds the catalog: reads its files and works out what their patterns need, so that the program does not have to at each start.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use tree::{Composed, Kind, Node};

#[path = "src/rules/classes.rs"]
mod classes;
#[path = "src/rules/literals.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod literals;
#[path = "src/rules/needs.rs"]
#[allow(dead_code, reason = "the program reads what is written here")]
mod needs;
#[path = "src/rules/pieces.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod pieces;
#[path = "src/rules/place.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod place;
#[path = "src/rules/tree.rs"]
#[allow(dead_code, reason = "the program reads what is written here")]
mod tree;

/// Keys of a rule file whose values are patterns.
const PATTERN_KEYS: [&str; 4] = ["text", "message", "details", "id"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    for room in ["classes", "literals", "needs", "pieces", "place", "tree"] {
        println!("cargo::rerun-if-changed=src/rules/{room}.rs");
    }
    let mut files = Vec::new();
    collect(Path::new("rules"), &mut files)?;
    files.sort();
    let (mut catalog, mut patterns) = (Vec::new(), BTreeSet::new());
    for file in &files {
        let text = fs::read_to_string(file)?;
        let below = file.strip_prefix("rules")?.to_string_lossy().replace('\\', "/");
        needs::write_text(&below, &mut catalog);
        needs::write_text(&text, &mut catalog);
        let mut packed = Vec::new();
        // What is wrong with a file is reported when it is loaded.
        if let Composed { root: Ok(Some(root)), duplicates, aliases } = tree::compose(&text)
            && duplicates.is_empty()
            && aliases.is_empty()
        {
            root.pack(&mut packed);
            patterns_in(&root, &mut patterns);
        }
        needs::write_number(packed.len(), &mut catalog);
        catalog.extend_from_slice(&packed);
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("catalog.bin"), catalog)?;
    fs::write(out.join("patterns.bin"), needs_of(&patterns))?;
    Ok(())
}

/// The rule files of a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

/// The texts below the keys of patterns; those of examples are among them and do no harm.
fn patterns_in(node: &Node, patterns: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| patterns_in(item, patterns)),
        Kind::Map(pairs) => {
            for (key, value) in pairs {
                match value.text() {
                    Some(text) if key.text().is_some_and(|key| PATTERN_KEYS.contains(&key)) => {
                        patterns.insert(text.strip_suffix('\n').unwrap_or(text).to_owned());
                    }
                    _ => patterns_in(value, patterns),
                }
            }
        }
        Kind::Scalar { .. } | Kind::Broken => {}
    }
}

fn needs_of(patterns: &BTreeSet<String>) -> Vec<u8> {
    let mut out = Vec::new();
    for pattern in patterns {
        // What is no pattern, or a wrong one, is reported when the rule is loaded.
        let Ok(rewritten) = classes::with_ascii_classes(pattern) else { continue };
        let Ok(hir) = regex_syntax::parse(&rewritten.text) else { continue };
        let mut needs = Vec::new();
        needs::Needs::of(rewritten, &hir).write(&mut needs);
        needs::write_text(pattern, &mut out);
        needs::write_number(needs.len(), &mut out);
        out.extend_from_slice(&needs);
    }
    out
}
