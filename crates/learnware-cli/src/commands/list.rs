//! `learnware list`.

use learnware_dock::browse::LearnwareEntry;
use learnware_dock::config::Create;
use learnware_dock::store::rows::{DeletedRows, ListOptions};
use serde_json::{Value, json};

use crate::cli::{ListArgs, ModelArgs};
use crate::error::Outcome;
use crate::printer::Printer;
use crate::{report, target};

/// Learnwares asked for at once.
const PAGE: u32 = 500;

/// Lists all learnwares.
pub(super) async fn run(arguments: &ListArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let dock = target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let deleted = if arguments.deleted { DeletedRows::Show } else { DeletedRows::Hide };
    let mut options = ListOptions { after: None, limit: PAGE, deleted };
    let mut entries: Vec<LearnwareEntry> = Vec::new();
    loop {
        let page = dock.list(&options).await?;
        let Some(last) = page.last() else { break };
        options.after = Some(learnware_dock::ids::LearnwareNumber::from_id(&last.id)?);
        entries.extend(page);
    }
    let document = json!({"learnwares": entries.iter().map(entry_json).collect::<Vec<_>>()});
    printer.result("list", document, |printer| print(&entries, printer));
    Ok(Outcome::Success)
}

fn entry_json(entry: &LearnwareEntry) -> Value {
    json!({
        "id": entry.id,
        "name": entry.semantic.name,
        "task": entry.semantic.single_task(),
        "data": entry.semantic.single_data_type(),
        "license": entry.semantic.license.first(),
        "inputs": entry.semantic.input.as_ref().map(|input| input.dimension),
        "format": entry.format.word(),
        "latest_version": entry.latest_version,
        "status": entry.latest_status,
        "newest_version": entry.newest_version,
        "newest_status": entry.newest_status,
        "created_at": entry.created_at.to_string(),
        "deleted_at": entry.deleted_at.map(|time| time.to_string()),
    })
}

fn print(entries: &[LearnwareEntry], printer: &Printer) {
    if entries.is_empty() {
        printer.line("The dock has no learnwares.");
        printer.note("`learnware submit model.zip` puts one in.");
        return;
    }
    let rows = entries.iter().map(|entry| {
        let status = match entry.deleted_at {
            Some(_) => "deleted",
            None => report::status_word(entry.latest_status),
        };
        vec![
            entry.id.to_string(),
            status.to_owned(),
            entry.latest_version.to_string(),
            entry.semantic.single_task().map_or("", |task| task.word()).to_owned(),
            entry.semantic.input.as_ref().map_or_else(String::new, |input| input.dimension.to_string()),
            entry.format.word().to_owned(),
            entry.semantic.name.clone(),
        ]
    });
    printer.table(&["id", "status", "version", "task", "inputs", "model", "name"], rows.collect());
}
