//! Works out what the patterns of the embedded catalog need, so that the program does not have to at each start.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

use granit_parser::{Event, Parser};

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

/// Keys of a rule file whose values are patterns.
const PATTERN_KEYS: [&str; 4] = ["text", "message", "details", "id"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    for room in ["classes", "literals", "needs", "pieces"] {
        println!("cargo::rerun-if-changed=src/rules/{room}.rs");
    }
    let mut patterns = BTreeSet::new();
    collect(Path::new("rules"), &mut patterns)?;
    let mut out = Vec::new();
    for pattern in &patterns {
        // What is no pattern, or a wrong one, is reported when the rule is loaded.
        let Ok(rewritten) = classes::with_ascii_classes(pattern) else { continue };
        let Ok(hir) = regex_syntax::parse(&rewritten.text) else { continue };
        let mut needs = Vec::new();
        needs::Needs::of(rewritten, &hir).write(&mut needs);
        needs::write_text(pattern, &mut out);
        out.extend_from_slice(&u32::try_from(needs.len())?.to_le_bytes());
        out.extend_from_slice(&needs);
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("patterns.bin"), out)?;
    Ok(())
}

/// The texts below these keys, in all rule files of a folder; those of examples are among them and do no harm.
fn collect(folder: &Path, patterns: &mut BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, patterns)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            let text = fs::read_to_string(&path)?;
            let mut key = String::new();
            for event in Parser::new_from_str(&text) {
                // A file that is no YAML is reported when it is loaded.
                let Ok((event, _)) = event else { break };
                let Event::Scalar(text, ..) = event else { continue };
                if PATTERN_KEYS.contains(&key.as_str()) {
                    patterns.insert(text.strip_suffix('\n').unwrap_or(&text).to_owned());
                }
                key = text.into_owned();
            }
        }
    }
    Ok(())
}
