//! `learnware list`.

use learnware_api::LearnwareSummary;
use learnware_dock::browse::LearnwareDetail;
use learnware_dock::config::Create;
use learnware_dock::store::rows::{DeletedRows, status_from_word};
use learnware_dock::words::Query;
use serde_json::{Value, json};

use crate::cli::{ListArgs, ModelArgs};
use crate::error::Outcome;
use crate::place::Place;
use crate::printer::Printer;
use crate::{found, report, target};

/// Learnwares shown when a query, filters or an order are given and no limit.
const SHOWN: usize = 50;

/// Lists all learnwares, or those that match.
pub(super) async fn run(arguments: &ListArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    if arguments.own {
        let server = target::server(&arguments.dock)?;
        return Ok(list_own(&server.own().await?, printer));
    }
    let text = arguments.filter.text(arguments.query.as_deref());
    let query = Query::parse(&text)?;
    let place = target::place(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    if arguments.query.is_none() && query.is_empty() && arguments.page.is_empty() {
        return list_all(&place, arguments, printer).await;
    }
    let page = place.page(arguments.page.wanted(text, &[]), SHOWN).await?;
    let mut learnwares = Vec::new();
    for summary in &page.learnwares {
        let mut value = summary_json(summary);
        found::extend_hit_json(&mut value, summary);
        learnwares.push(value);
    }
    let mut document = json!({"learnwares": learnwares});
    found::extend_json(&mut document, &page);
    printer.result("list", document, |printer| {
        found::print_readings(&page.words, printer);
        found::print_hits(&page, printer);
        if page.total == 0 {
            printer.line("No usable learnware matches.");
            printer.note("Fewer filters or words find more; `learnware list` shows all.");
        }
        if !page.facets.is_empty() && page.total > 0 {
            printer.line("");
            found::print_facets(&page, printer);
        }
        found::print_page(&page, printer);
    });
    Ok(Outcome::Success)
}

async fn list_all(place: &Place, arguments: &ListArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let deleted = if arguments.deleted { DeletedRows::Show } else { DeletedRows::Hide };
    let entries = place.all(deleted).await?;
    let document = json!({
        "learnwares": entries.iter().map(summary_json).collect::<Vec<_>>(),
        "total": entries.len(),
        "next_cursor": Value::Null,
    });
    printer.result("list", document, |printer| print(&entries, printer));
    Ok(Outcome::Success)
}

fn summary_json(summary: &LearnwareSummary) -> Value {
    let semantic = found::semantic(summary);
    json!({
        "id": summary.id,
        "name": summary.name,
        "task": semantic.single_task(),
        "data": semantic.single_data_type(),
        "license": semantic.license.first(),
        "inputs": semantic.input.as_ref().map(|input| input.dimension),
        "format": summary.format,
        "latest_version": summary.latest_version,
        "status": summary.status,
        "newest_version": summary.newest_version,
        "newest_status": summary.newest_status,
        "created_at": summary.created_at,
        "deleted_at": summary.deleted_at,
    })
}

fn print(entries: &[LearnwareSummary], printer: &Printer) {
    if entries.is_empty() {
        printer.line("The dock has no learnwares.");
        printer.note("`learnware submit model.zip` puts one in.");
        return;
    }
    let rows = entries.iter().map(|entry| {
        let semantic = found::semantic(entry);
        let status = match entry.deleted_at {
            Some(_) => "deleted".to_owned(),
            None => status_from_word(&entry.status)
                .map_or_else(|_| entry.status.clone(), |status| report::status_word(status).to_owned()),
        };
        vec![
            entry.id.clone(),
            status,
            entry.latest_version.to_string(),
            semantic.single_task().map_or("", |task| task.word()).to_owned(),
            semantic.input.as_ref().map_or_else(String::new, |input| input.dimension.to_string()),
            entry.format.clone(),
            entry.name.clone(),
        ]
    });
    printer.table(&["id", "status", "version", "task", "inputs", "model", "name"], rows.collect());
}

/// The account's own at a server, in any state.
fn list_own(own: &[LearnwareDetail], printer: &Printer) -> Outcome {
    let newest = |detail: &LearnwareDetail| detail.versions.last().cloned();
    let rows: Vec<_> = own.iter().filter_map(|detail| Some((detail.id.clone(), newest(detail)?))).collect();
    let list = rows.iter().map(|(id, newest)| {
        json!({
            "id": id,
            "name": newest.specification.semantic.name,
            "newest_version": newest.version,
            "newest_status": newest.status,
            "submitted_at": newest.submitted_at.to_string(),
        })
    });
    let document = json!({"learnwares": list.collect::<Vec<_>>(), "total": rows.len()});
    printer.result("list", document, |printer| {
        if rows.is_empty() {
            return printer.line("You have no learnwares here.");
        }
        let rows = rows.iter().map(|(id, newest)| {
            let status = report::status_word(newest.status).to_owned();
            let name = newest.specification.semantic.name.clone();
            vec![id.to_string(), status, newest.version.to_string(), newest.submitted_at.to_string(), name]
        });
        printer.table(&["id", "status", "version", "submitted", "name"], rows.collect());
    });
    Outcome::Success
}
