//! What only the person at the terminal knows: asked for there, or read from standard input where a flag says so.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::Context as _;

use crate::error::advised;
use crate::printer::Printer;

/// What a flag says, or what the person answers.
pub(crate) fn or_ask(
    given: Option<&String>,
    question: &str,
    flag: &str,
    printer: &Printer,
) -> anyhow::Result<String> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    require_terminal(question, flag)?;
    printer.ask(question).context("nothing was answered")
}

/// A password that exists.
pub(crate) fn password(from_input: bool, printer: &Printer) -> anyhow::Result<String> {
    if from_input {
        return line_of_input("a password");
    }
    require_terminal("Password", "--password-stdin")?;
    printer.ask_secret("Password").context("nothing was answered")
}

/// A password that is chosen now, typed twice.
pub(crate) fn new_password(from_input: bool, printer: &Printer) -> anyhow::Result<String> {
    if from_input {
        return line_of_input("a password");
    }
    require_terminal("Password", "--password-stdin")?;
    let chosen =
        printer.ask_secret("New password (10 characters or more)").context("nothing was answered")?;
    let again = printer.ask_secret("The same again").context("nothing was answered")?;
    if chosen == again {
        return Ok(chosen);
    }
    Err(advised("the two passwords differ", "try again"))
}

/// The first line of standard input.
pub(crate) fn line_of_input(what: &str) -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read standard input")?;
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    if line.is_empty() {
        return Err(advised(
            format!("standard input has no {}", what.trim_start_matches("a ")),
            format!("give {what} as its first line"),
        ));
    }
    Ok(line)
}

fn require_terminal(question: &str, flag: &str) -> anyhow::Result<()> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(advised(
        format!("there is no terminal to ask on: {}", question.to_lowercase()),
        format!("say it with {flag}"),
    ))
}
