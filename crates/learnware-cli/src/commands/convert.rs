//! `learnware convert`.

use std::path::Path;

use anyhow::Context as _;
use learnware_dock::config::Create;
use learnware_dock::convert::DataForm;
use learnware_engine::learnware::LearnwareId;
use learnware_package::runner::{Conversion, Converted};
use serde_json::json;

use super::show;
use crate::cli::ConvertArgs;
use crate::error::{Outcome, advised};
use crate::learnwares::Opener;
use crate::place::Place;
use crate::printer::Printer;
use crate::{files, target};

/// Writes a model that is code as data: into a package file, or beside the learnware in a dock's folder.
pub(super) async fn run(arguments: &ConvertArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match &arguments.output {
        Some(output) => into_file(arguments, output, printer).await,
        None => in_dock(arguments, printer).await,
    }
}

async fn into_file(arguments: &ConvertArgs, output: &Path, printer: &Printer) -> anyhow::Result<Outcome> {
    let mut opener = Opener::new(&arguments.dock, &arguments.model, printer);
    let opened = opener.open(&arguments.learnware, arguments.revision).await?;
    let runner = target::runner(&arguments.model)?;
    let progress = printer.progress(&format!("converting {}", opened.id), None);
    let conversion =
        tokio::task::block_in_place(|| runner.convert(&opened.package, &opened.specification.semantic));
    progress.finish_and_clear();
    match conversion.with_context(|| format!("learnware {}", opened.id))? {
        Conversion::Impossible { reason } => Err(stays_code(&arguments.learnware, &reason)),
        Conversion::Converted(Converted { package, format, compared, difference }) => {
            files::write(output, &package)?;
            let document = json!({
                "file": output.display().to_string(),
                "bytes": package.len(),
                "format": format.word(),
                "compared": compared,
                "difference": difference,
            });
            printer.result("convert", document, |printer| {
                printer.line(format!(
                    "written: {} ({}, {} bytes); {compared} answers differ by {difference:.0e} at most",
                    output.display(),
                    format.word(),
                    package.len()
                ));
            });
            Ok(Outcome::Success)
        }
    }
}

async fn in_dock(arguments: &ConvertArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    if Path::new(&arguments.learnware).is_file() {
        return Err(advised("the converted package needs a name", "say where to write it: -o FILE"));
    }
    let place = target::place(&arguments.dock, &arguments.model, Create::Never).await?;
    let Place::Folder(dock) = place else {
        return Err(advised(
            "a server converts models by itself after their checks",
            "`learnware show ID` tells what became of one; -o FILE converts it here",
        ));
    };
    let id = LearnwareId(arguments.learnware.clone());
    let progress = printer.progress(&format!("converting {id}"), None);
    let form = dock.convert(&id, arguments.revision).await;
    progress.finish_and_clear();
    match form? {
        DataForm::Impossible { reason } => Err(stays_code(&arguments.learnware, &reason)),
        form @ DataForm::Converted { .. } => {
            printer.result("convert", json!({"learnware": id, "data": form}), |printer| {
                printer.line(format!("learnware {id} as data: {}", show::words_of_data(&form)));
                printer.note(format!("Use it: learnware run {id} DATA --no-code"));
            });
            Ok(Outcome::Success)
        }
    }
}

fn stays_code(name: &str, reason: &str) -> anyhow::Error {
    advised(
        format!("the model of {name} can't be written as data: {reason}"),
        "it still runs behind a fence; models of scikit-learn, LightGBM and XGBoost whose class answers what the library \
         answers can be converted",
    )
}
