//! `learnware download`.

use std::path::PathBuf;

use anyhow::Context as _;
use learnware_dock::config::Create;
use learnware_dock::deploy::Form;
use learnware_engine::learnware::LearnwareId;
use serde_json::json;

use crate::cli::{DownloadArgs, ModelArgs};
use crate::error::Outcome;
use crate::printer::Printer;
use crate::{files, report, target};

/// Writes the package. When the dock's words differ from those in the zip, the zip gets the dock's.
pub(super) async fn run(arguments: &DownloadArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let place = target::place(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let form = if arguments.as_data { Form::Data } else { Form::Submitted };
    let id = LearnwareId(arguments.id.clone());
    let deployed = place.package(&id, arguments.revision, form, printer).await?;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}-{}.zip", deployed.id, deployed.version)));
    let as_submitted = deployed.package.semantic() == Some(&deployed.specification.semantic);
    let bytes = if as_submitted {
        std::fs::read(&deployed.path).with_context(|| format!("cannot read {}", deployed.path.display()))?
    } else {
        deployed.package.repack(&deployed.id, &deployed.specification.semantic)?
    };
    files::write(&output, &bytes)?;
    if deployed.status != learnware_engine::learnware::CheckStatus::Usable {
        printer.warning(format!(
            "learnware {} is {}; `learnware show {}` tells why",
            deployed.id,
            report::status_word(deployed.status),
            deployed.id
        ));
    }
    let document = json!({
        "id": deployed.id,
        "version": deployed.version,
        "digest": deployed.digest.to_string(),
        "as_submitted": as_submitted,
        "file": output.display().to_string(),
        "bytes": bytes.len(),
    });
    printer.result("download", document, |printer| {
        printer.line(format!("written: {} ({} bytes)", output.display(), bytes.len()));
    });
    Ok(Outcome::Success)
}
