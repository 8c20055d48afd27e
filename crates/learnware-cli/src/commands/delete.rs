//! `learnware delete`.

use learnware_dock::config::Create;
use learnware_engine::learnware::LearnwareId;
use serde_json::json;

use crate::cli::{DeleteArgs, ModelArgs};
use crate::error::Outcome;
use crate::printer::Printer;
use crate::target;

/// Deletes learnwares: all of them are looked at before the first is deleted.
pub(super) async fn run(arguments: &DeleteArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let place = target::place(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let mut ids: Vec<LearnwareId> = Vec::new();
    for id in &arguments.ids {
        let id = place.show(&LearnwareId(id.clone())).await?.0.id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    for id in &ids {
        place.delete(id).await?;
    }
    printer.result("delete", json!({"deleted": ids}), |printer| {
        for id in &ids {
            printer.line(format!("deleted: {id}"));
        }
    });
    Ok(Outcome::Success)
}
