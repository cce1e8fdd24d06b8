//! Asks on a terminal for what a draft needs, where no option names it.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::Context;

use crate::exit_status::{ExitStatus, Fatal};

/// What was answered; empty where an option named the source.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The line.
    pub line: String,
    /// The service to narrow the rule to.
    pub service: Option<String>,
    /// What the failing test said.
    pub test_said: Option<String>,
    /// The answer to "why?".
    pub why: Option<String>,
    /// What puts it right.
    pub remedy: Option<String>,
}

/// Asks on the terminal.
///
/// # Errors
///
/// Where there is no terminal, or nothing is answered.
pub fn on_terminal() -> anyhow::Result<Answers> {
    if !io::stdin().is_terminal() {
        let message = "name what to draft from: `--from report.json#lead-1`, `--from-entry INSERT_ID --incident DIR` or `--line TEXT`; without them it asks, which takes a terminal".to_owned();
        return Err(Fatal { message, status: ExitStatus::Usage }.into());
    }
    ask(&mut io::stdin().lock(), &mut io::stderr())
}

/// Asks five questions, of which only the first must be answered.
pub fn ask(input: &mut dyn BufRead, out: &mut dyn Write) -> anyhow::Result<Answers> {
    let line = one(input, out, "The line as it was logged (paste it, then Enter)")?;
    let Some(line) = line else {
        return Err(
            Fatal { message: "without a line there is nothing to draft from".to_owned(), status: ExitStatus::Usage }.into()
        );
    };
    Ok(Answers {
        line,
        service: one(input, out, "Only for the service (Enter: for all)")?,
        test_said: one(input, out, "What the failing test said (Enter: skip)")?,
        why: one(input, out, "Why does it happen, in one sentence (Enter: later)")?,
        remedy: one(input, out, "What puts it right (Enter: later)")?,
    })
}

fn one(input: &mut dyn BufRead, out: &mut dyn Write, question: &str) -> anyhow::Result<Option<String>> {
    write!(out, "{question}: ").and_then(|()| out.flush()).context("cannot write to the terminal")?;
    let mut answer = String::new();
    input.read_line(&mut answer).context("cannot read from the terminal")?;
    let answer = answer.trim();
    Ok((!answer.is_empty()).then(|| answer.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_must_be_answered() {
        let mut shown = Vec::new();
        let answers = ask(&mut "ledger mirror lost\n\nTimeoutError\nThe mirror was moved.\n".as_bytes(), &mut shown).unwrap();
        assert_eq!(answers.line, "ledger mirror lost");
        assert_eq!((answers.service, answers.why.as_deref()), (None, Some("The mirror was moved.")));
        assert_eq!(answers.test_said.as_deref(), Some("TimeoutError"));
        assert!(String::from_utf8(shown).unwrap().contains("What puts it right"));
        assert!(ask(&mut "\n".as_bytes(), &mut Vec::new()).is_err());
    }
}
