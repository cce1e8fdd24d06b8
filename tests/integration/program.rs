//! Runs the program as a process, as a user does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the program did.
pub struct Ran {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A call of the program in the root of the repository.
pub fn fivewhys<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fivewhys"));
    command.current_dir(root()).args(arguments).env_remove("NO_COLOR").env("RUST_BACKTRACE", "0");
    command
}

/// Runs the program and checks what holds for every run: it never panics.
pub fn run<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    finish(&mut fivewhys(arguments), b"")
}

/// Runs a prepared call with a text on its standard input.
pub fn finish(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that ends without reading its input closes the pipe; that is its right.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let ran = Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    };
    assert!(!ran.err.contains("panicked"), "the program panicked:\n{}", ran.err);
    assert!(ran.status.is_some(), "the program was killed by a signal:\n{}", ran.err);
    ran
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file below the fixtures of these tests.
pub fn fixture(name: &str) -> PathBuf {
    Path::new("tests/fixtures/cli").join(name)
}

impl Ran {
    /// The report that was printed with `-f json`.
    pub fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("not a JSON report ({error}):\n{}\n{}", self.out, self.err))
    }

    /// Fails with everything that was printed unless the status is this one.
    pub fn exits(self, status: i32) -> Ran {
        assert_eq!(self.status, Some(status), "\nstandard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// Fails unless standard error holds these words.
    pub fn complains(self, words: &[&str]) -> Ran {
        for word in words {
            assert!(self.err.contains(word), "standard error does not say {word:?}:\n{}", self.err);
        }
        self
    }

    /// Fails unless standard output holds these words.
    pub fn says(self, words: &[&str]) -> Ran {
        for word in words {
            assert!(self.out.contains(word), "standard output does not say {word:?}:\n{}", self.out);
        }
        self
    }
}
