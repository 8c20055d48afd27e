//! One file for each command.

mod account;
mod admin;
mod anchors;
mod check;
mod completions;
mod convert;
mod dataset;
mod delete;
mod doctor;
mod download;
mod evolve;
mod finetune;
mod list;
mod login;
mod man;
mod measure;
mod merge;
mod moving;
mod pack;
mod quickstart;
mod redundant;
mod register;
mod reuse;
mod run;
mod search;
mod serve;
mod show;
mod solve;
mod spec;
mod submit;
mod token;

use crate::cli::Command;
use crate::error::Outcome;
use crate::printer::Printer;

/// Runs a command.
pub(crate) async fn run(command: Command, printer: &Printer) -> anyhow::Result<Outcome> {
    match command {
        Command::Solve(arguments) => solve::run(&arguments, printer).await,
        Command::Quickstart(arguments) => quickstart::run(&arguments, printer).await,
        Command::Spec(arguments) => spec::run(&arguments, printer),
        Command::Pack(arguments) => pack::run(&arguments, printer),
        Command::Check(arguments) => check::run(&arguments, printer).await,
        Command::Submit(arguments) => submit::run(&arguments, printer).await,
        Command::Search(arguments) => search::run(&arguments, printer).await,
        Command::Anchors(arguments) => anchors::run(&arguments, printer).await,
        Command::Measure(arguments) => measure::run(&arguments, printer),
        Command::Show(arguments) => show::run(&arguments, printer).await,
        Command::Download(arguments) => download::run(&arguments, printer).await,
        Command::Run(arguments) => run::run(&arguments, printer).await,
        Command::Reuse(arguments) => reuse::run(&arguments, printer).await,
        Command::Merge(arguments) => merge::run(&arguments, printer).await,
        Command::List(arguments) => list::run(&arguments, printer).await,
        Command::Redundant(arguments) => redundant::run(&arguments, printer).await,
        Command::Convert(arguments) => convert::run(&arguments, printer).await,
        Command::Evolve(arguments) => evolve::run(&arguments, printer).await,
        Command::Delete(arguments) => delete::run(&arguments, printer).await,
        Command::Dataset(arguments) => dataset::run(&arguments, printer).await,
        Command::Login(arguments) => login::run(&arguments, printer).await,
        Command::Logout(arguments) => login::logout(&arguments, printer).await,
        Command::Whoami(arguments) => login::whoami(&arguments, printer).await,
        Command::Register(arguments) => register::run(&arguments, printer).await,
        Command::Account(arguments) => account::run(&arguments, printer).await,
        Command::Token(arguments) => token::run(&arguments, printer).await,
        Command::Serve(arguments) => serve::run(&arguments, printer).await,
        Command::Worker(arguments) => serve::worker(&arguments, printer).await,
        Command::Backup(arguments) => moving::backup(&arguments, printer).await,
        Command::Restore(arguments) => moving::restore(&arguments, printer).await,
        Command::Migrate(arguments) => moving::migrate(&arguments, printer).await,
        Command::Admin(arguments) => admin::run(&arguments, printer).await,
        Command::Doctor(arguments) => doctor::run(&arguments, printer).await,
        Command::Completions(arguments) => completions::run(&arguments, printer),
        Command::Man(arguments) => man::run(&arguments, printer),
    }
}
