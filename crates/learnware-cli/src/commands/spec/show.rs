//! `learnware spec show`.

use std::path::Path;

use learnware_engine::specification::StatisticalSpecification;
use serde_json::json;

use super::histogram::{Histogram, range};
use super::{page, print_summary, summary};
use crate::error::Outcome;
use crate::page::picture::{self, Dot};
use crate::printer::Printer;
use crate::{files, specfile};

/// Size of the picture in the terminal.
const PICTURE: (usize, usize) = (64, 16);
/// Columns whose values are drawn in the terminal.
const COLUMNS_DRAWN: usize = 12;
/// Bins of a drawn column.
const BINS: usize = 24;

/// Shows a specification file, and writes its page.
pub(super) fn run(file: &Path, html: Option<&Path>, printer: &Printer) -> anyhow::Result<Outcome> {
    let described = specfile::read(file)?;
    let mut document = summary(&described.specification, described.input.as_ref());
    document["file"] = json!(file.display().to_string());
    if let Some(html) = html {
        files::write(html, page::of(file, &described).as_bytes())?;
        document["html"] = json!(html.display().to_string());
    }
    printer.result("spec-show", document, |printer| {
        print_summary(&described.specification, described.input.as_ref(), printer);
        print_values(&described, printer);
        print_picture(&described.specification, printer);
        if let Some(html) = html {
            printer.line(format!("written: {}", html.display()));
        }
    });
    Ok(Outcome::Success)
}

/// The name of an input: its description, or its number.
pub(super) fn name(described: &specfile::Described, column: usize) -> String {
    let named = described.input.as_ref().and_then(|input| input.description.get(&column));
    named.cloned().unwrap_or_else(|| format!("input {column}"))
}

fn print_values(described: &specfile::Described, printer: &Printer) {
    let Some(table) = described.specification.as_table() else { return };
    let rows = (0..table.dimension().min(COLUMNS_DRAWN)).map(|column| {
        let values = Histogram::new(table, column, range(&[table], column), BINS);
        let (low, high) = values.range;
        vec![name(described, column), format!("{low:.4}"), values.blocks(), format!("{high:.4}")]
    });
    printer.line("");
    printer.table(&["values of the points", "from", "weight", "to"], rows.collect());
    if table.dimension() > COLUMNS_DRAWN {
        printer.line(format!("and {} more; --html draws them all", table.dimension() - COLUMNS_DRAWN));
    }
}

/// The points in the plane that shows most of their spread.
fn print_picture(specification: &StatisticalSpecification, printer: &Printer) {
    let rkme = specification.rkme();
    if rkme.points().rows() < 3 || rkme.dimension() < 2 {
        return;
    }
    let dots = picture::draw(rkme, &[]).data;
    printer.line("");
    printer.line("the points in the plane where they differ most; more weight is darker");
    for line in scatter(&dots) {
        printer.line(line);
    }
}

fn scatter(dots: &[Dot]) -> Vec<String> {
    const SHADES: [char; 5] = [' ', '.', 'o', 'O', '@'];
    let (width, height) = PICTURE;
    let ends = |value: fn(&Dot) -> f64| {
        let all = dots.iter().map(value);
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        (low, (high - low).max(f64::MIN_POSITIVE))
    };
    let (xs, ys) = (ends(|dot| dot.x), ends(|dot| dot.y));
    let mut cells = vec![vec![0.0; width]; height];
    for dot in dots {
        let x = ((dot.x - xs.0) / xs.1 * (width - 1) as f64).round() as usize;
        let y = ((dot.y - ys.0) / ys.1 * (height - 1) as f64).round() as usize;
        cells[height - 1 - y][x] += dot.weight.max(0.0);
    }
    let most = cells.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
    let shade = |weight: &f64| SHADES[(weight / most * 4.0).ceil().min(4.0) as usize];
    cells.iter().map(|row| row.iter().map(shade).collect::<String>().trim_end().to_owned()).collect()
}
