//! One file for each command.

mod completions;
mod man;
mod quickstart;
mod spec;

use crate::cli::Command;
use crate::error::Outcome;
use crate::printer::Printer;

/// Runs a command.
pub(crate) fn run(command: Command, printer: &Printer) -> anyhow::Result<Outcome> {
    match command {
        Command::Spec(arguments) => spec::run(&arguments, printer),
        Command::Completions(arguments) => completions::run(&arguments, printer),
        Command::Man(arguments) => man::run(&arguments, printer),
    }
}
