//! What the next run has to know and the table does not say. It stands in the body, where everybody can see it.

use super::key::{Key, digest};
use crate::report::schema::Cause;

/// What the block opens with.
const OPEN: &str = "<details><summary>What fivewhys remembers";
const HEAD: &str = "fivewhys-memory: v1";

/// Tests remembered.
const KEPT: usize = 1500;

/// Causes that an umbrella remembers.
const CAUSES: usize = 300;

/// What an issue remembers of the runs before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// The repository it was opened in.
    pub(super) home: String,
    /// Digests of the tests it ever explained; true for those of the last time it was seen.
    pub(super) tests: Vec<(String, bool)>,
    /// Marks of the runs since then in which its tests ran and passed.
    pub(super) quiet: Vec<String>,
    /// The issue was told so.
    pub(super) told: bool,
    /// What an umbrella stands for.
    pub(super) causes: Vec<Key>,
}

impl Memory {
    /// Reads the last block of a text; `None` where there is none.
    pub(super) fn read(text: &str) -> Option<Memory> {
        let block = text.get(text.rfind(HEAD)? + HEAD.len()..)?;
        let mut memory = Memory::default();
        for line in block.lines().skip(1).take_while(|line| !line.starts_with("```")) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "home" => memory.home = rest.to_owned(),
                "tests" => {
                    let tests = rest.split(' ').filter(|test| !test.is_empty());
                    memory.tests.extend(tests.map(|test| (test.trim_end_matches('*').to_owned(), test.ends_with('*'))));
                }
                "quiet" => memory.quiet = rest.split(' ').filter(|run| !run.is_empty()).map(str::to_owned).collect(),
                "told" => memory.told = true,
                "cause" => memory.causes.extend(Key::read(rest)),
                // A later version may remember more.
                _ => {}
            }
        }
        Some(memory)
    }

    /// The block as Markdown.
    pub(super) fn block(&self) -> String {
        let quiet = match self.quiet.len() {
            0 => String::new(),
            1 => " · not seen in the last run of its tests".to_owned(),
            runs => format!(" · not seen in the last {runs} runs of its tests"),
        };
        let mut out = format!("{OPEN}{quiet}</summary>\n\n```text\n{HEAD}\nhome {}\n", self.home);
        // Lines that a person can scroll.
        for tests in self.tests.chunks(16) {
            let tests: Vec<String> = tests.iter().map(|(test, last)| format!("{test}{}", if *last { "*" } else { "" })).collect();
            out.push_str(&format!("tests {}\n", tests.join(" ")));
        }
        if !self.quiet.is_empty() {
            out.push_str(&format!("quiet {}\n", self.quiet.join(" ")));
        }
        if self.told {
            out.push_str("told\n");
        }
        for key in &self.causes {
            out.push_str(&format!("cause {key}\n"));
        }
        out.push_str("```\n\n</details>\n");
        out
    }

    /// The text with this block in the place of its last one.
    pub(super) fn replaced_in(&self, text: &str) -> Option<String> {
        let start = text.rfind(OPEN)?;
        let block = text.get(start..)?;
        let end = start + block.find("</details>\n")? + "</details>\n".len();
        Some(format!("{}{}{}", text.get(..start)?, self.block(), text.get(end..)?))
    }

    /// Tests of this cause that it never explained before; none where it does not know.
    pub(super) fn new_tests<'c>(&self, cause: &'c Cause) -> Vec<&'c str> {
        if self.tests.is_empty() || self.tests.len() >= KEPT {
            return Vec::new();
        }
        let known = |test: &str| self.tests.iter().any(|(known, _)| *known == mark(test));
        cause.tests.iter().map(|test| test.as_str()).filter(|test| !known(test)).collect()
    }

    /// The cause was seen with these tests.
    pub(super) fn saw(&mut self, cause: &Cause) {
        for (_, last) in &mut self.tests {
            *last = false;
        }
        for test in &cause.tests {
            let mark = mark(test);
            let room = self.tests.len() < KEPT;
            match self.tests.iter_mut().find(|(known, _)| *known == mark) {
                Some((_, last)) => *last = true,
                None if room => self.tests.push((mark, true)),
                None => {}
            }
        }
        self.quiet.clear();
        self.told = false;
    }

    /// The umbrella stands for these causes too.
    pub(super) fn gather(&mut self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            if !self.causes.contains(&key) && self.causes.len() < CAUSES {
                self.causes.push(key);
            }
        }
    }
}

/// What stands for a test: names take room, and come from outside.
pub(super) fn mark(test: &str) -> String {
    digest(test, 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_read_back_as_it_was_written_and_replaced_in_its_place() {
        let mut memory = Memory {
            home: "octo/app".to_owned(),
            tests: (0..40).map(|n| (digest(&n.to_string(), 6), n % 2 == 0)).collect(),
            quiet: vec!["00112233".to_owned()],
            told: true,
            causes: vec![Key::umbrella()],
        };
        let text = format!("before\n{}after\n", memory.block());
        assert_eq!(Memory::read(&text), Some(memory.clone()));
        memory.quiet.push("44556677".to_owned());
        let replaced = memory.replaced_in(&text).unwrap();
        assert!(replaced.starts_with("before\n") && replaced.ends_with("</details>\nafter\n"), "{replaced}");
        assert_eq!(Memory::read(&replaced), Some(memory));
    }
}
