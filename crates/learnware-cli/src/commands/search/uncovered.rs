//! `learnware search --uncovered`: which of the user's own examples no learnware found covers.

use std::path::Path;

use learnware_dock::Dock;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::SearchResults;
use learnware_engine::specification::coverage::Coverage;
use learnware_engine::specification::{Embedding, compat};

use crate::cli::SearchArgs;
use crate::datafile;
use crate::error::advised;
use crate::files;
use crate::printer::Printer;
use crate::specfile::Generated;

/// Covered part below which an example counts as covered by nobody.
const COVERED_FROM: f64 = 0.5;

/// Whether something was asked for that needs the data itself; refuses a specification file for it.
pub(super) fn needs_data(arguments: &SearchArgs, path: &Path) -> anyhow::Result<bool> {
    let flags =
        [(arguments.uncovered.is_some(), "--uncovered"), (arguments.table.labels.is_some(), "--labels")];
    let Some((_, flag)) = flags.into_iter().find(|(is_given, _)| *is_given) else { return Ok(false) };
    if datafile::is_data(path) || arguments.kind.kind.is_some() {
        return Ok(true);
    }
    Err(advised(
        format!("{flag} needs your data, but {} is a specification", path.display()),
        "name the data with --spec; it stays on this machine",
    ))
}

/// Writes for each example its line and the part of it that the learnwares found cover.
pub(super) async fn write(
    dock: &Dock,
    made: &Generated,
    results: &SearchResults,
    output: &Path,
    printer: &Printer,
) -> anyhow::Result<()> {
    let snapshot = dock.catalog().await?;
    let island = results.island.as_ref().and_then(|key| snapshot.market.organizer().island(key));
    let Some(island) = island.filter(|_| made.numbers.rows() > 0) else {
        return Err(advised(
            "no learnware can be compared with your data, so nothing tells which examples are covered",
            "see above what the dock has",
        ));
    };
    let kernel = island.index().kernel();
    let mut members: Vec<(&LearnwareId, f64)> = Vec::new();
    match &results.multiple {
        Some(multiple) => {
            members.extend(multiple.members.iter().map(|member| (&member.id, member.weight)));
        }
        None => members.extend(results.single.first().map(|single| (&single.id, 1.0))),
    }
    let embedding = |id: &LearnwareId| Some(Embedding::<f32>::new(island.specification(id)?.rkme(), kernel));
    let embeddings: Vec<(Embedding<f32>, f64)> =
        members.iter().filter_map(|(id, weight)| Some((embedding(id)?, *weight))).collect();
    let members: Vec<(&Embedding<f32>, f64)> =
        embeddings.iter().map(|(embedding, weight)| (embedding, *weight)).collect();
    let nearest: Vec<Embedding<f32>> =
        results.single.iter().filter_map(|single| embedding(&single.id)).collect();
    let seen: Vec<&Embedding<f32>> = nearest.iter().chain(members.iter().map(|member| member.0)).collect();
    let user = Embedding::<f32>::new(made.specification.rkme(), kernel);
    let coverage = Coverage::new(&user, kernel, &seen);
    let numbers = compat::fill_with_means(&made.numbers)?;
    let parts = coverage.of_rows(&kernel.prepare(&numbers), &members);
    let rows = made.data.lines.iter().zip(&parts).map(|(line, part)| format!("{line},{part:.4}"));
    let text: Vec<String> = std::iter::once("line,covered".to_owned()).chain(rows).collect();
    files::write(output, (text.join("\n") + "\n").as_bytes())?;
    let few = parts.iter().filter(|&&part| part < COVERED_FROM).count();
    printer.note(format!(
        "{few} of {} {} are covered less than half; each is in {}",
        parts.len(),
        datafile::unit(made.data.kind()),
        output.display()
    ));
    Ok(())
}
