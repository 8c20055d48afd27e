//! `learnware dataset`.

use std::path::{Path, PathBuf};

use learnware_api::Dataset;
use learnware_dock::config::Create;
use learnware_dock::datasets::DatasetName;
use serde_json::json;

use super::login::require_login;
use crate::cli::{DatasetArgs, DatasetCommand, DockArgs, ModelArgs};
use crate::error::Outcome;
use crate::place::Place;
use crate::printer::Printer;
use crate::target;

/// Lists, gets, adds and removes data sets.
pub(super) async fn run(arguments: &DatasetArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match &arguments.command {
        DatasetCommand::List { dock } => list(&open(dock, Create::Never).await?, printer).await?,
        DatasetCommand::Get { name, output, dock } => {
            let place = open(dock, Create::Never).await?;
            get(&place, &name.parse()?, output.as_deref(), printer).await?;
        }
        DatasetCommand::Add { name, file, dock } => {
            let place = changeable(dock, Create::IfMissing).await?;
            let added = place.add_dataset(&name.parse()?, file).await?;
            printer.result("dataset-add", json!(added), |printer| {
                printer.line(format!("{} is kept ({} bytes).", name_of(&added), added.size_bytes));
            });
        }
        DatasetCommand::Remove { name, dock } => {
            changeable(dock, Create::Never).await?.remove_dataset(&name.parse()?).await?;
            printer.result("dataset-remove", json!({"name": name}), |printer| {
                printer.line(format!("{name} is removed."));
            });
        }
    }
    Ok(Outcome::Success)
}

async fn open(dock: &DockArgs, create: Create) -> anyhow::Result<Place> {
    target::place(dock, &ModelArgs::default(), create).await
}

/// A dock that we may change, as far as can be told before anything is sent.
async fn changeable(dock: &DockArgs, create: Create) -> anyhow::Result<Place> {
    let place = open(dock, create).await?;
    if let Place::Server(server) = &place {
        require_login(server.client())?;
    }
    Ok(place)
}

async fn list(place: &Place, printer: &Printer) -> anyhow::Result<()> {
    let datasets = place.datasets().await?;
    printer.result("dataset-list", json!({"datasets": datasets}), |printer| {
        if datasets.is_empty() {
            return printer.line("There are no data sets here.");
        }
        let row = |one: &Dataset| vec![name_of(one), one.size_bytes.to_string(), one.created_at.clone()];
        printer.table(&["name", "bytes", "since"], datasets.iter().map(row).collect());
    });
    Ok(())
}

async fn get(
    place: &Place,
    name: &DatasetName,
    output: Option<&Path>,
    printer: &Printer,
) -> anyhow::Result<()> {
    let output = output.map_or_else(|| PathBuf::from(name.file()), Path::to_owned);
    let digest = place.get_dataset(name, &output, printer).await?;
    let document = json!({"name": name.to_string(), "digest": digest, "file": output.display().to_string()});
    printer.result("dataset-get", document, |printer| {
        printer.line(format!("written: {}", output.display()));
    });
    Ok(())
}

fn name_of(dataset: &Dataset) -> String {
    format!("{}/{}", dataset.folder, dataset.file)
}
