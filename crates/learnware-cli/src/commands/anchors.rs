//! `learnware anchors`.

use anyhow::Context as _;
use learnware_dock::config::Create;
use learnware_engine::specification::IslandKey;
use serde_json::json;

use crate::cli::{AnchorsArgs, ModelArgs};
use crate::error::{Outcome, advised};
use crate::printer::Printer;
use crate::{files, target};

/// Writes the anchors of an island.
pub(super) async fn run(arguments: &AnchorsArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let place = target::place(&arguments.dock, &ModelArgs::default(), Create::Never).await?;
    let islands = place.islands().await?;
    let (island, count) = choose(&islands, arguments.island.as_deref())?;
    let progress = printer.progress("making anchors", None);
    let anchors = place.anchors(island).await;
    progress.finish_and_clear();
    let anchors = anchors.with_context(|| island.to_string())?;
    let bytes = anchors.to_bytes();
    files::write(&arguments.output, &bytes)?;
    let document = json!({
        "file": arguments.output.display().to_string(),
        "bytes": bytes.len(),
        "island": island,
        "learnwares": count,
        "digest": anchors.digest(),
        "landmarks": anchors.landmarks(),
        "directions": anchors.directions(),
    });
    printer.result("anchors", document, |printer| {
        printer.line(format!("anchors of {island}, for {count} learnwares ({})", anchors.digest()));
        printer.line(format!(
            "{} landmark points, {} directions; public, made from the learnwares' specifications",
            anchors.landmarks(),
            anchors.directions()
        ));
        printer.line(format!("written: {} ({} bytes)", arguments.output.display(), bytes.len()));
        let file = arguments.output.display();
        printer.note(format!(
            "Next, where the data is: learnware measure DATA --anchors {file} -o message.json"
        ));
    });
    Ok(Outcome::Success)
}

/// The island that is meant.
fn choose<'a>(
    islands: &'a [(IslandKey, usize)],
    name: Option<&str>,
) -> anyhow::Result<(&'a IslandKey, usize)> {
    let exact = |key: &IslandKey, name: &str| {
        key.to_string() == name
            || matches!(key, IslandKey::Table { dimension } if dimension.to_string() == name)
    };
    let matching = |fits: &dyn Fn(&IslandKey) -> bool| -> Vec<&'a (IslandKey, usize)> {
        islands.iter().filter(|(key, _)| fits(key)).collect()
    };
    let mut found = match name {
        None => matching(&|_| true),
        Some(name) => matching(&|key| exact(key, name)),
    };
    if let Some(name) = name.filter(|_| found.is_empty()) {
        found = matching(&|key| key.to_string().contains(name));
    }
    if let [(key, count)] = found[..] {
        return Ok((key, *count));
    }
    if islands.is_empty() {
        return Err(advised("the dock has no usable learnware", "submit some with `learnware submit`"));
    }
    let listed: Vec<String> = islands.iter().map(|(key, count)| format!("{key} ({count})")).collect();
    let message = match name {
        None => "the dock has several islands".to_owned(),
        Some(name) if found.is_empty() => format!("no island is called {name:?}"),
        Some(name) => format!("several islands are called {name:?}"),
    };
    Err(advised(message, format!("name one with --island: {}", listed.join(", "))))
}
