//! A specification as a page: its points in a plane, and the values of each column.

use std::path::Path;

use learnware_data::specwords;
use learnware_engine::specification::Rkme;

use super::histogram::{Histogram, range};
use super::show::name;
use crate::page::{self, add, charts, escape, picture};
use crate::specfile::Described;

/// Columns drawn at most.
const COLUMNS_MAX: usize = 200;
/// Bins of a column.
const BINS: usize = 32;

/// The page of a specification file.
pub(super) fn of(file: &Path, described: &Described) -> String {
    let rkme = described.specification.rkme();
    let title = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut body = String::new();
    add!(body, "<h1>{}</h1>", escape(&title));
    add!(body, "<p>{}</p>", escape(&specwords::sentence(&described.specification)));
    if rkme.points().rows() > 2 && rkme.dimension() > 1 {
        add!(body, "<h2>Points</h2>\n<figure>{}", picture::overlap(&picture::draw(rkme, &[])));
        add!(
            body,
            "<figcaption>Each circle is a point, larger with more weight, in the plane in which the points differ \
             most. No row of the data is drawn: the file holds none.</figcaption></figure>"
        );
    }
    add!(body, "<h2>Weights</h2>\n<figure>{}", weights(rkme));
    add!(body, "<figcaption>Weight of each point, heaviest first.</figcaption></figure>");
    if let Some(table) = described.specification.as_table() {
        columns(&mut body, described, table);
    }
    page::document(&title, &body)
}

fn weights(rkme: &Rkme) -> String {
    let mut sorted = rkme.weights().to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    charts::columns("Weights", &sorted, 120.0)
}

fn columns(body: &mut String, described: &Described, table: &Rkme) {
    add!(body, "<h2>Columns</h2>\n<div class=\"columns\">");
    for column in 0..table.dimension().min(COLUMNS_MAX) {
        let values = Histogram::new(table, column, range(&[table], column), BINS);
        add!(body, "<figure>{}", charts::columns(&escape(&name(described, column)), &values.bins, 90.0));
        let (low, high) = values.range;
        let caption = format!("{}: {low:.4} to {high:.4}", name(described, column));
        add!(body, "<figcaption>{}</figcaption></figure>", escape(&caption));
    }
    add!(body, "</div>");
    if table.dimension() > COLUMNS_MAX {
        add!(body, "<p>and {} more</p>", table.dimension() - COLUMNS_MAX);
    }
}
