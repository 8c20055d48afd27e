//! The command `learnware`: from a table to predictions with other people's models.
//!
//! Parses the arguments, runs one command and turns its outcome into an exit code. What commands exist is in
//! [`cli`]; each is one file in [`commands`]; only [`printer`] writes to the terminal; only [`error`] knows
//! what to advise for which error.

mod alignment;
mod asking;
mod cli;
mod commands;
mod configuration;
mod datafile;
mod disk;
mod embedders;
mod error;
mod files;
mod found;
mod learnwares;
mod measuring;
mod modelfile;
mod page;
mod place;
mod predictions;
mod printer;
mod report;
mod specfile;
mod target;
mod team;
mod teaminput;
mod telemetry;
mod translation;

use std::process::ExitCode;

use clap::Parser as _;

use crate::printer::Printer;

/// Blocks of rows and layers of models are made and dropped all the time: the system's allocator gives their memory back
/// and asks for it again, which took a third of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let cli = match cli::Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(refusal) => return ExitCode::from(printer::refuse_usage(&refusal, &arguments)),
    };
    let printer = Printer::new(&cli.global);
    match commands::run(cli.command, &printer).await {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(failure) => {
            printer.failure(&failure);
            ExitCode::from(error::EXIT_ERROR)
        }
    }
}
