//! What one line of a log looks like: an opener of a stack trace, a frame, an exception.

/// What the first and the last line of an entry look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {}

impl Shape {
    pub(super) fn may_belong_to_a_trace(self) -> bool {
        false
    }
}

/// The shape of a text that still has its JSON escapes.
pub(super) fn shape(_raw: &[u8]) -> Shape {
    Shape::default()
}
