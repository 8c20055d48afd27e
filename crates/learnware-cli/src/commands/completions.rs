//! `learnware completions`.

use clap::CommandFactory as _;
use serde_json::json;

use crate::cli::{Cli, CompletionsArgs};
use crate::error::Outcome;
use crate::printer::Printer;

/// Writes the completion script.
pub(super) fn run(arguments: &CompletionsArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "learnware", &mut script);
    let script = String::from_utf8(script)?;
    let document = json!({"shell": arguments.shell.to_string(), "script": script});
    printer.result("completions", document, |printer| printer.raw(&script));
    Ok(Outcome::Success)
}
