//! The report as an issue or a comment on GitLab shows it: the Markdown of GitHub, without what only GitLab acts on.

use super::{RenderError, Report, markdown};

/// GitLab takes notes of 1,000,000 characters and descriptions of 1,048,576; bytes are never fewer than characters.
pub const MAX_BYTES: usize = 1_000_000;

/// Renders the report as GitLab-flavoured Markdown of at most `max_bytes`. References that only GitLab knows are
/// made inert where prose is ([`super::inert::prose`]); here go lines that it would take for quick actions.
///
/// # Errors
///
/// [`RenderError::Template`] where the template fails, which is a fault of the program.
pub(super) fn render_within(report: &Report, max_bytes: usize) -> Result<String, RenderError> {
    let mut page = without_actions(&markdown::render_within(report, max_bytes)?);
    let mut room = max_bytes;
    while page.len() > max_bytes {
        // The blanks that were put in took too much.
        let less = max_bytes.saturating_sub(page.len() - max_bytes).min(room.saturating_sub(1));
        let shorter = without_actions(&markdown::render_within(report, less)?);
        if shorter.len() >= page.len() || less == 0 {
            return Ok(shorter);
        }
        (page, room) = (shorter, less);
    }
    Ok(page)
}

/// A quick action stands at the beginning of a line, and older servers look for it in fences too.
fn without_actions(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for line in page.split_inclusive('\n') {
        if line.starts_with('/') {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}
