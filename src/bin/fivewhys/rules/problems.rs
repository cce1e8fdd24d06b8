//! Mistakes in rules, drawn with the line they are in and a caret under the place.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use fivewhys::rules::{Problem, problem};

/// All problems, one after the other.
pub fn drawn(problems: &[Problem], width: usize, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(width);
    let mut out = String::new();
    for problem in problems {
        out += &renderer.render(&report(problem));
        out += "\n\n";
    }
    out
}

fn report(problem: &Problem) -> Vec<Group<'_>> {
    let level = match problem.code.level {
        problem::Level::Error => Level::ERROR,
        problem::Level::Lint => Level::WARNING,
    };
    let title = level.primary_title(problem.message.as_str()).id(problem.code.id);
    let line = usize::try_from(problem.line).unwrap_or(1);
    let mut snippet = Snippet::source(problem.source_line.as_str()).line_start(line).path(problem.path.as_str());
    snippet = snippet.annotation(AnnotationKind::Primary.span(bytes(problem)));
    let mut group = title.element(snippet);
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    vec![group]
}

/// The bytes of the line that are meant.
fn bytes(problem: &Problem) -> std::ops::Range<usize> {
    let line = &problem.source_line;
    let at = |character: u64| {
        let number = usize::try_from(character).unwrap_or(usize::MAX);
        line.char_indices().nth(number).map_or(line.len(), |(at, _)| at)
    };
    let start = at(problem.column.saturating_sub(1));
    start..at(problem.column.saturating_sub(1).saturating_add(problem.width)).max(start)
}
