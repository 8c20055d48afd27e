//! `learnware redundant`, and what a report says of others that do the same.

use learnware_dock::Dock;
use learnware_dock::config::Create;
use learnware_dock::redundancy::RedundantList;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::redundancy::Redundancy;
use serde_json::{Value, json};

use super::search::{number, percent};
use crate::cli::{ModelArgs, RedundantArgs};
use crate::error::Outcome;
use crate::printer::{Printer, Tone, toned};
use crate::target;

/// What nobody may take the words for.
const INPUTS_ONLY: &str =
    "Specifications tell about inputs only: whether the others' models answer as well has to be tried.";

/// Lists what others serve.
pub(super) async fn run(arguments: &RedundantArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let dock = target::open(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let progress = printer.progress("comparing all learnwares", None);
    let listed = dock.redundant().await;
    progress.finish_and_clear();
    let RedundantList { looked_at, found } = listed?;
    let shown = &found[..found.len().min(arguments.limit)];
    let list = shown.iter().map(|(id, found)| {
        let mut value = json!(found);
        value["id"] = json!(id);
        value
    });
    let document = json!({
        "looked_at": looked_at, "redundant": found.len(), "learnwares": list.collect::<Vec<Value>>(),
    });
    printer.result("redundant", document, |printer| {
        printer.line(format!("{} of {looked_at} learnwares are for data that others cover", found.len()));
        if shown.is_empty() {
            return;
        }
        let rows = shown.iter().map(|(id, found)| {
            let covered = found.covered.map_or_else(|| "-".into(), percent);
            vec![id.to_string(), number(found.distance), number(found.distance_max), covered, others(found)]
        });
        printer.table(&["id", "distance", "allowed", "covered", "by"], rows.collect());
        printer.line(INPUTS_ONLY);
        printer.line(
            "Each is judged with all others kept: of two that do the same, only one can go. Nothing is deleted.",
        );
    });
    Ok(Outcome::Success)
}

/// What others do of a learnware that was just checked; `None` where nothing can be said.
pub(super) async fn of(dock: &Dock, id: &LearnwareId) -> anyhow::Result<Option<Redundancy>> {
    Ok(dock.redundancy(id).await?)
}

/// The line of a report.
pub(super) fn print(found: Option<&Redundancy>, printer: &Printer) {
    let Some(found) = found else { return };
    if !found.redundant {
        let text = match (&found.nearest, found.nearest_distance, found.covered) {
            (Some(nearest), Some(distance), Some(covered)) => format!(
                "others         nearest is {nearest} (distance {distance:.4}); others cover {:.0} % of its data",
                covered * 100.0
            ),
            _ => "others         none in the dock is for the same kind of data, task and outputs".to_owned(),
        };
        return printer.line(toned(Tone::Faint, text));
    }
    let what = if found.equal.is_empty() {
        "what your learnware is for is already served by"
    } else {
        "its specification is equal to that of another; what it is for is already served by"
    };
    printer.line(format!("others         {what} {}; it is accepted all the same", others(found)));
    printer.line(format!("               {INPUTS_ONLY}"));
}

fn others(found: &Redundancy) -> String {
    let equal = |id: &LearnwareId| if found.equal.contains(id) { ", equal specification" } else { "" };
    let words = found
        .others
        .iter()
        .map(|member| format!("{} ({:.0} %{})", member.id, member.weight * 100.0, equal(&member.id)));
    let mut words: Vec<String> = words.collect();
    match words.pop() {
        Some(last) if !words.is_empty() => format!("{} and {last}", words.join(", ")),
        last => last.unwrap_or_default(),
    }
}
