//! `learnware man`.

use anyhow::Context as _;
use clap::CommandFactory as _;
use serde_json::json;

use crate::cli::{Cli, ManArgs};
use crate::error::Outcome;
use crate::files;
use crate::printer::Printer;

/// Writes a page for the program and one for each command.
pub(super) fn run(arguments: &ManArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let directory = &arguments.directory;
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make the directory {}", directory.display()))?;
    let mut names = Vec::new();
    let mut root = Cli::command();
    root.build();
    pages(&root, "learnware", &mut |name, command| {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).title(name).render(&mut page)?;
        let file = directory.join(format!("{name}.1"));
        files::write(&file, &page)?;
        names.push(file.display().to_string());
        Ok(())
    })?;
    let document = json!({"pages": names});
    printer.result("man", document, |printer| {
        printer.line(format!("{} manual pages in {}", names.len(), directory.display()));
    });
    Ok(Outcome::Success)
}

fn pages(
    command: &clap::Command,
    name: &str,
    write: &mut impl FnMut(&str, clap::Command) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write(name, command.clone())?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        pages(inner, &format!("{name}-{}", inner.get_name()), write)?;
    }
    Ok(())
}
