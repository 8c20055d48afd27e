//! `learnware list`.

use learnware_dock::Dock;
use learnware_dock::browse::LearnwareEntry;
use learnware_dock::config::Create;
use learnware_dock::store::rows::{DeletedRows, ListOptions};
use serde_json::{Value, json};

use crate::cli::{ListArgs, ModelArgs};
use crate::error::Outcome;
use crate::printer::Printer;
use crate::{found, report, target};

/// Learnwares asked for at once.
const PAGE: u32 = 500;

/// Learnwares shown when a query, filters or an order are given and no limit.
const SHOWN: usize = 50;

/// Lists all learnwares, or those that match.
pub(super) async fn run(arguments: &ListArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let query = arguments.filter.narrow(arguments.query.as_deref())?;
    let dock = target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    if arguments.query.is_none() && query.is_empty() && arguments.page.is_empty() {
        return list_all(&dock, arguments, printer).await;
    }
    let (found, snapshot) = dock.find(arguments.page.request(query, SHOWN)?).await?;
    let ids: Vec<_> = found.hits.iter().map(|hit| hit.id.clone()).collect();
    let mut learnwares = Vec::new();
    for entry in dock.entries(&ids).await? {
        let mut value = entry_json(&entry);
        if let Some(hit) = found.hits.iter().find(|hit| hit.id == entry.id) {
            found::extend_hit_json(&mut value, hit);
        }
        learnwares.push(value);
    }
    let mut document = json!({"learnwares": learnwares});
    found::extend_json(&mut document, &found);
    printer.result("list", document, |printer| {
        found::print_readings(&found.readings, printer);
        found::print_hits(&found, &snapshot, printer);
        if found.total == 0 {
            printer.line("No usable learnware matches.");
            printer.note("Fewer filters or words find more; `learnware list` shows all.");
        }
        if !found.facets.is_empty() && found.total > 0 {
            printer.line("");
            found::print_facets(&found.facets, printer);
        }
        found::print_page(&found, printer);
    });
    Ok(Outcome::Success)
}

async fn list_all(dock: &Dock, arguments: &ListArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let deleted = if arguments.deleted { DeletedRows::Show } else { DeletedRows::Hide };
    let mut options = ListOptions { limit: PAGE, deleted, ..ListOptions::default() };
    let mut entries: Vec<LearnwareEntry> = Vec::new();
    loop {
        let page = dock.list(&options).await?;
        let Some(last) = page.last() else { break };
        options.after = Some(learnware_dock::ids::LearnwareNumber::from_id(&last.id)?);
        entries.extend(page);
    }
    let document = json!({
        "learnwares": entries.iter().map(entry_json).collect::<Vec<_>>(),
        "total": entries.len(),
        "next_cursor": Value::Null,
    });
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
