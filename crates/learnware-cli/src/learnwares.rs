//! Learnwares as commands name them, an id in the dock or a package file, and their models, started.

use std::path::Path;

use anyhow::Context as _;
use learnware_dock::Dock;
use learnware_dock::config::Create;
use learnware_engine::learnware::{CheckStatus, LearnwareId, Specification};
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::{Batch, Predictions, Predictor};
use learnware_engine::semantic::{Column, Dimensions};
use learnware_engine::specification::Rkme;
use learnware_engine::table::{self, RawTable};
use learnware_package::Package;
use learnware_package::runner::Runner;

use crate::cli::{DockArgs, ModelArgs};
use crate::error::advised;
use crate::printer::Printer;
use crate::{report, target};

/// A learnware that is at hand.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Its id, or the file's name.
    pub(crate) id: LearnwareId,
    /// What it is for; the dock's words where it comes from a dock.
    pub(crate) specification: Specification,
    /// The package.
    pub(crate) package: Package,
}

impl Opened {
    /// Its table specification.
    pub(crate) fn table(&self) -> Option<&Rkme> {
        self.specification.statistical.iter().find_map(|kind| kind.as_table())
    }

    /// How the table's columns become its inputs.
    pub(crate) fn columns(&self, table: &RawTable) -> anyhow::Result<Vec<Column>> {
        let known =
            self.table().map(|table| Dimensions { dimension: table.dimension(), ..Dimensions::default() });
        let Some(input) = self.specification.semantic.input.clone().or(known) else {
            return Err(advised(
                format!("learnware {} does not say how many inputs it takes", self.id),
                "its package needs a semantic specification with `Input`, or a table specification",
            ));
        };
        table::columns_for(&input, table)
            .with_context(|| format!("learnware {} does not take this table", self.id))
    }
}

/// Opens learnwares from a dock and from package files; the dock is opened when the first id is asked for.
pub(crate) struct Opener<'a> {
    dock_args: &'a DockArgs,
    printer: &'a Printer,
    dock: Option<Dock>,
}

impl<'a> Opener<'a> {
    /// An opener for the dock that the arguments name.
    pub(crate) fn new(dock_args: &'a DockArgs, printer: &'a Printer) -> Self {
        Self { dock_args, printer, dock: None }
    }

    /// Opens a learnware by id, or a package file.
    pub(crate) async fn open(&mut self, name: &str, version: Option<u32>) -> anyhow::Result<Opened> {
        let path = Path::new(name);
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) || path.is_file() {
            return open_file(path, name);
        }
        let dock = if let Some(dock) = &self.dock {
            dock.clone()
        } else {
            let dock = target::open(self.dock_args, &ModelArgs::default(), Create::Never).await?;
            self.dock.insert(dock).clone()
        };
        let deployed = dock.package(&LearnwareId(name.to_owned()), version).await?;
        if deployed.status != CheckStatus::Usable {
            self.printer.warning(format!(
                "learnware {} is {}; `learnware show {}` tells why",
                deployed.id,
                report::status_word(deployed.status),
                deployed.id
            ));
        }
        Ok(Opened { id: deployed.id, specification: deployed.specification, package: deployed.package })
    }
}

fn open_file(path: &Path, name: &str) -> anyhow::Result<Opened> {
    let package = open_package(path)?;
    let specification = Specification {
        semantic: package.semantic().cloned().unwrap_or_default(),
        statistical: package.statistical().to_vec(),
    };
    Ok(Opened { id: LearnwareId(name.to_owned()), specification, package })
}

/// Opens a package file.
pub(crate) fn open_package(path: &Path) -> anyhow::Result<Package> {
    if !path.is_file() {
        return Err(advised(
            format!("there is no package file {}", path.display()),
            "check the path, or name a learnware of the dock by its id; `learnware list` shows them",
        ));
    }
    Package::open(path).with_context(|| format!("{} is not a sound package", path.display()))
}

/// Starts the model of a learnware.
pub(crate) fn start(
    runner: &Runner,
    learnware: &Opened,
    printer: &Printer,
) -> anyhow::Result<Box<dyn Predictor>> {
    let progress = printer.progress(&format!("starting {}", learnware.id), None);
    let started = runner.start(&learnware.package);
    progress.finish_and_clear();
    started.with_context(|| format!("learnware {}", learnware.id))
}

/// The rows of a table as every learnware of a team takes them.
#[derive(Debug)]
pub(crate) struct TeamRows {
    /// The numbers: one encoding when all agree, else the encodings side by side.
    pub(crate) data: Matrix,
    /// Columns of `data` that each learnware takes; `None` when all take all.
    slices: Option<Vec<std::ops::Range<usize>>>,
}

impl TeamRows {
    /// Encodes the table for each learnware.
    pub(crate) fn new(learnwares: &[Opened], table: &RawTable) -> anyhow::Result<Self> {
        let mut encodings = Vec::with_capacity(learnwares.len());
        for learnware in learnwares {
            encodings.push(learnware.columns(table)?);
        }
        let encode = |columns: &[Column], learnware: &Opened| {
            table::encode(table, columns)
                .with_context(|| format!("learnware {} does not take this table", learnware.id))
        };
        // What a column's absent values become does not matter while there are none.
        let first = encode(&encodings[0], &learnwares[0])?;
        let mut parts = vec![first];
        for (columns, learnware) in encodings.iter().zip(learnwares).skip(1) {
            parts.push(encode(columns, learnware)?);
        }
        if parts.iter().all(|part| same_numbers(part, &parts[0])) {
            return Ok(Self { data: parts.swap_remove(0), slices: None });
        }
        let width = parts.iter().map(Matrix::columns).sum();
        let mut data = Matrix::zeros(table.row_count(), width);
        let mut slices = Vec::with_capacity(parts.len());
        let mut offset = 0;
        for part in &parts {
            for row in 0..part.rows() {
                data.row_mut(row)[offset..offset + part.columns()].copy_from_slice(part.row(row));
            }
            slices.push(offset..offset + part.columns());
            offset += part.columns();
        }
        Ok(Self { data, slices: Some(slices) })
    }

    /// Whether all learnwares take the same numbers, so that their specifications can be compared.
    pub(crate) fn is_common(&self) -> bool {
        self.slices.is_none()
    }

    /// The model of the learnware at `place`, fed with its own columns.
    pub(crate) fn feed(&self, place: usize, predictor: Box<dyn Predictor>) -> Box<dyn Predictor> {
        match &self.slices {
            None => predictor,
            Some(slices) => Box::new(Slice { columns: slices[place].clone().collect(), predictor }),
        }
    }
}

/// Equal bit for bit, so that absent values (NaN) count as equal.
fn same_numbers(left: &Matrix, right: &Matrix) -> bool {
    left.columns() == right.columns()
        && left.as_slice().iter().zip(right.as_slice()).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// A model that gets some columns of a wider table.
struct Slice {
    columns: Vec<usize>,
    predictor: Box<dyn Predictor>,
}

impl Predictor for Slice {
    fn input_shape(&self) -> Option<Vec<usize>> {
        self.predictor.input_shape()
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.predictor.output_shape()
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, learnware_engine::predictor::PredictError> {
        match batch {
            Batch::Table(rows) => self.predictor.predict(&Batch::Table(rows.select_columns(&self.columns))),
            other => self.predictor.predict(other),
        }
    }
}
