//! How the program ends: documented, and the same for all commands.

use std::io::Write;
use std::process::{ExitCode, Termination};

/// The statuses the program exits with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Nothing failed, or every failure has a confirmed or likely cause.
    Explained,
    /// Some failure is left without a cause (`rules check` and `rules test`: a rule is wrong).
    Unexplained,
    /// Wrong usage.
    Usage,
    /// An input is missing or unreadable.
    Input,
    /// A remote service failed, and nothing came of it.
    Remote,
    /// Ctrl-C.
    Interrupted,
    /// As the command ended that was run.
    Command(u8),
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
        ExitCode::from(match self {
            ExitStatus::Explained => 0,
            ExitStatus::Unexplained => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Input => 3,
            ExitStatus::Remote => 4,
            ExitStatus::Interrupted => 130,
            ExitStatus::Command(status) => status,
        })
    }
}
