//! The house stays as it was drawn: module order, file sizes, no drawers.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn modules_in_order() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned)).collect()
}

/// The module names that follow `crate::` anywhere in the text, comments left out.
fn modules_used(text: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(group) => group.split(['}', '\n']).next().unwrap_or_default().split(',').collect(),
                None => vec![rest],
            };
            for name in names {
                let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                used.push((number + 1, name));
            }
        }
    }
    used
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let order = modules_in_order();
    assert!(order.len() >= 7, "src/lib.rs lists the modules one per line: {order:?}");
    let mut forbidden = Vec::new();
    for file in rust_files(&root().join("src")) {
        let relative = file.strip_prefix(root().join("src")).unwrap().to_owned();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        let Some(own) = order.iter().position(|module| *module == first) else { continue };
        for (line, used) in modules_used(&fs::read_to_string(&file).unwrap()) {
            if order.iter().position(|module| *module == used).is_some_and(|place| place > own) {
                forbidden.push(format!("src/{}:{line} uses {used}, which stands below {first}", relative.display()));
            }
        }
    }
    assert!(forbidden.is_empty(), "{}", forbidden.join("\n"));
}

#[test]
fn the_order_check_sees_each_form_of_import() {
    let used = |text| modules_used(text).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
    assert_eq!(used("use crate::report::Report;"), ["report"]);
    assert_eq!(used("use crate::{logs, report};"), ["logs", "report"]);
    assert_eq!(used("let x = crate::diagnosis::diagnose();"), ["diagnosis"]);
    assert!(used("// crate::report is below").is_empty());
}

#[test]
fn no_file_outgrows_a_room_and_there_are_no_drawers() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines > 420 {
            wrong.push(format!("{} has {lines} lines", file.display()));
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if ["util", "utils", "helper", "helpers", "common", "misc", "manager", "mod"].contains(&name.as_str()) {
            wrong.push(format!("{} is a drawer: name what is in it", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
