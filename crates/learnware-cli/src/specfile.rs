//! Specification files, and specifications made from tables on the spot.
//!
//! A file of `learnware spec` is the reference's JSON with one key more, `input`: the description of the
//! columns, by which a market can match columns by name. The reference ignores it.

use std::path::Path;

use anyhow::Context as _;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::Dimensions;
use learnware_engine::specification::codec::{self, SpecificationKind};
use learnware_engine::specification::{
    Embedding, IslandKernel, Rkme, RkmeParameters, StatisticalSpecification, column_moments, compat,
};
use learnware_engine::table::{self, InferOptions, RawColumn, RawTable};
use serde_json::Value;

use crate::cli::{ColumnArgs, GenerateArgs, TableArgs};
use crate::error::advised;
use crate::printer::Printer;
use crate::tablefile::{self, TableFileError};

/// Rows on which the distance between data and specification is measured.
const ROWS_MEASURED: usize = 4096;

/// A specification, with the description of its inputs where it is known.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// The specification.
    pub(crate) specification: StatisticalSpecification,
    /// Its inputs.
    pub(crate) input: Option<Dimensions>,
}

/// A specification with all that it was made from.
#[derive(Debug)]
pub(crate) struct Generated {
    /// The specification.
    pub(crate) specification: Rkme,
    /// Its inputs.
    pub(crate) input: Dimensions,
    /// The table without labels.
    pub(crate) table: RawTable,
    /// The labels, when they were asked for.
    pub(crate) labels: Option<RawColumn>,
    /// The table as numbers.
    pub(crate) data: Matrix,
}

impl Generated {
    /// Squared maximum mean discrepancy between the specification and (a sample of) the data.
    pub(crate) fn distance_to_data(&self) -> f64 {
        let rows = Stream::new(0).sample(self.data.rows(), ROWS_MEASURED);
        let data = filled(&self.data.select_rows(&rows));
        let (means, deviations) = column_moments(&data);
        let kernel = IslandKernel::scaled(&means, &deviations);
        let weights = vec![1.0 / data.rows() as f64; data.rows()];
        let data = Embedding::<f64>::from_points(kernel.prepare(&data), weights, kernel.shape);
        Embedding::new(&self.specification, &kernel).distance(&data).max(0.0)
    }
}

/// Reads the table and makes its specification.
pub(crate) fn generate(
    path: &Path,
    table_args: &TableArgs,
    column_args: &ColumnArgs,
    generate_args: &GenerateArgs,
    printer: &Printer,
) -> anyhow::Result<Generated> {
    let file = tablefile::read(path, &table_args.read_options())?;
    file.warnings.iter().for_each(|warning| printer.warning(warning.clone()));
    let options: InferOptions = column_args.infer_options();
    let inferred = table::infer(&file.table, &options).with_context(|| path.display().to_string())?;
    inferred.warnings.iter().for_each(|warning| printer.warning(warning.to_string()));
    let data = table::encode(&file.table, &inferred.columns).with_context(|| path.display().to_string())?;
    let progress = printer.progress("making the specification", None);
    let specification = specification_of(&data, generate_args)?;
    progress.finish_and_clear();
    let input = table::dimensions(inferred.columns);
    Ok(Generated { specification, input, table: file.table, labels: file.labels, data })
}

/// Makes the specification of encoded data; absent values count as the mean of their column.
pub(crate) fn specification_of(data: &Matrix, arguments: &GenerateArgs) -> anyhow::Result<Rkme> {
    let data = filled(data);
    let made = if arguments.compat {
        compat::generate(
            &data,
            &compat::ReferenceParameters {
                reduced_set_size: arguments.reduced_set_size,
                seed: arguments.seed,
                ..compat::ReferenceParameters::default()
            },
        )
    } else {
        Rkme::generate(
            &data,
            &RkmeParameters {
                reduced_set_size: arguments.reduced_set_size,
                seed: arguments.seed,
                ..RkmeParameters::default()
            },
        )
    };
    Ok(made?)
}

/// The text of a specification file.
pub(crate) fn to_json(specification: &StatisticalSpecification, input: Option<&Dimensions>) -> Value {
    let mut value = codec::to_json(specification);
    if let Some(input) = input {
        value["input"] = input.to_json();
    }
    value
}

/// Reads a specification file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Described> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(TableFileError::Missing(path.into()).into());
        }
        Err(source) => return Err(TableFileError::Unreadable { path: path.into(), source }.into()),
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        advised(
            format!("{} is not a specification file: {error}", path.display()),
            "make one with `learnware spec data.csv -o stat.json`",
        )
    })?;
    let specification =
        codec::from_json(&value, SpecificationKind::Table).with_context(|| path.display().to_string())?;
    let input = match value.get("input") {
        None | Some(Value::Null) => None,
        Some(input) => Some(Dimensions::from_json(input).with_context(|| path.display().to_string())?),
    };
    Ok(Described { specification, input })
}

/// Takes either a specification file or a table, of which the specification is made.
pub(crate) fn read_or_generate(
    path: &Path,
    table_args: &TableArgs,
    column_args: &ColumnArgs,
    printer: &Printer,
) -> anyhow::Result<Described> {
    if !tablefile::is_table_name(path) {
        return read(path);
    }
    let made = generate(path, table_args, column_args, &GenerateArgs::default(), printer)?;
    Ok(Described {
        specification: StatisticalSpecification::Table(made.specification),
        input: Some(made.input),
    })
}

fn filled(data: &Matrix) -> Matrix {
    // Every column has a value, so filling cannot fail on what was encoded.
    compat::fill_with_means(data).unwrap_or_else(|_| data.clone())
}
