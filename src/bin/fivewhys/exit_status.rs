//! How the program ends: documented, and the same for all commands.

use std::io::Write;
use std::process::{ExitCode, Termination};

/// The statuses the program exits with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// Nothing failed, or every failure has a confirmed or likely cause.
    Explained = 0,
    /// Some failure is left without a cause (`rules check` and `rules test`: a rule is wrong).
    Unexplained = 1,
    /// Wrong usage.
    Usage = 2,
    /// An input is missing or unreadable.
    Input = 3,
}

/// An error that knows how the program must end.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fatal {
    /// What failed, where, and what to do.
    pub message: String,
    /// How to end.
    pub status: ExitStatus,
}

impl ExitStatus {
    /// Prints the error with its causes, one per line, and says how to end.
    pub fn of_error(error: &anyhow::Error) -> ExitStatus {
        let mut text = format!("error: {error}\n");
        for cause in error.chain().skip(1) {
            text.push_str(&format!("  because: {cause}\n"));
        }
        // Nothing is left to be done when standard error itself is gone.
        let _ = std::io::stderr().write_all(text.as_bytes());
        error.downcast_ref::<Fatal>().map_or(ExitStatus::Input, |fatal| fatal.status)
    }
}

impl Termination for ExitStatus {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
