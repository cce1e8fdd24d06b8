//! Brings a page under a limit: details go first, in a fixed order, then all causes and tests but the first.

use super::RenderError;
use super::story::{self, Story};

/// What a page leaves out.
pub(super) struct Cuts {
    /// How many of the format's droppable sections, from the first of its order.
    pub(super) sections: usize,
    /// Causes that are only counted.
    causes: usize,
    /// Unexplained tests that are only counted.
    tests: usize,
}

impl Cuts {
    /// What is left out, in words.
    pub(super) fn names(&self, sections: &[(&str, &str)]) -> Vec<String> {
        let mut names: Vec<String> = sections.iter().take(self.sections).map(|(_, name)| (*name).to_owned()).collect();
        if self.causes > 0 {
            names.push(story::counted(self.causes, "further cause"));
        }
        if self.tests > 0 {
            names.push(story::counted(self.tests, "further unexplained group"));
        }
        names
    }
}

/// The fullest page of at most so many bytes; where there is none, the shortest.
pub(super) fn within(
    mut story: Story<'_>,
    sections: usize,
    max_bytes: usize,
    page: impl Fn(&Story<'_>, &Cuts) -> Result<String, RenderError>,
) -> Result<String, RenderError> {
    let mut shortest = String::new();
    for sections in 0..=sections {
        shortest = page(&story, &Cuts { sections, causes: 0, tests: 0 })?;
        if shortest.len() <= max_bytes {
            return Ok(shortest);
        }
    }
    // Hundreds of causes or unexplained tests: tell the first of each, count the rest.
    let (causes, tests) = (story.causes.len(), story.unexplained.len());
    while shortest.len() > max_bytes && story.causes.len() + story.unexplained.len() > 1 {
        if story.unexplained.len() >= story.causes.len() {
            story.unexplained.truncate(story.unexplained.len() / 2);
        } else {
            story.causes.truncate(story.causes.len().div_ceil(2));
        }
        shortest = page(&story, &Cuts { sections, causes: causes - story.causes.len(), tests: tests - story.unexplained.len() })?;
    }
    Ok(shortest)
}
