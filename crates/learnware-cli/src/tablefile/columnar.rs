//! Parquet and Arrow IPC (Feather 2) files.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, RecordBatch};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use learnware_engine::table::{Cell, Header, RawColumn, RawTable};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{CELLS_MAX, Read, ReadOptions, Result, TableFileError};

/// Reads a Parquet file.
pub(super) fn read_parquet(path: &Path, bytes: Vec<u8>, options: &ReadOptions) -> Result<Read> {
    let malformed = |error: parquet::errors::ParquetError| TableFileError::Malformed {
        path: path.into(),
        reason: error.to_string(),
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(parquet_bytes(bytes)).map_err(malformed)?;
    let schema = builder.schema().clone();
    let batches = builder.build().map_err(malformed)?;
    collect(path, &schema, batches, options)
}

/// Reads an Arrow IPC file or stream.
pub(super) fn read_arrow(path: &Path, bytes: Vec<u8>, options: &ReadOptions) -> Result<Read> {
    let malformed =
        |error: ArrowError| TableFileError::Malformed { path: path.into(), reason: error.to_string() };
    if bytes.starts_with(b"FEA1") {
        let reason = "it is a Feather file of version 1; write version 2 (the default of pyarrow)".into();
        return Err(TableFileError::Malformed { path: path.into(), reason });
    }
    if bytes.starts_with(b"ARROW1") {
        let reader = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(bytes), None);
        let reader = reader.map_err(malformed)?;
        let schema = reader.schema();
        collect(path, &schema, reader, options)
    } else {
        let reader = arrow_ipc::reader::StreamReader::try_new(std::io::Cursor::new(bytes), None);
        let reader = reader.map_err(malformed)?;
        let schema = reader.schema();
        collect(path, &schema, reader, options)
    }
}

/// The bytes in the form that the Parquet reader shares between its parts.
fn parquet_bytes(bytes: Vec<u8>) -> bytes::Bytes {
    bytes::Bytes::from(bytes)
}

fn collect(
    path: &Path,
    schema: &SchemaRef,
    batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>,
    options: &ReadOptions,
) -> Result<Read> {
    let mut columns: Vec<RawColumn> = Vec::new();
    for field in schema.fields() {
        if columns.iter().any(|column| column.name == *field.name()) {
            return Err(TableFileError::DuplicateName { path: path.into(), name: field.name().clone() });
        }
        columns.push(RawColumn { name: field.name().clone(), cells: Vec::new() });
    }
    let mut rows = 0;
    for batch in batches {
        let batch = batch
            .map_err(|error| TableFileError::Malformed { path: path.into(), reason: error.to_string() })?;
        rows += batch.num_rows();
        if rows.saturating_mul(columns.len()) > CELLS_MAX {
            return Err(TableFileError::TooLarge(path.into()));
        }
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            if !options.wants(&column.name) {
                column.cells.resize(rows, Cell::Missing);
                continue;
            }
            push_cells(array.as_ref(), &mut column.cells, options.cell_of(&column.name)).ok_or_else(
                || TableFileError::ColumnType {
                    path: path.into(),
                    column: column.name.clone(),
                    kind: array.data_type().to_string(),
                },
            )?;
        }
    }
    let table = RawTable { columns, lines: (1..=rows).collect(), header: Header::Named };
    Ok(Read { table, labels: None, warnings: Vec::new() })
}

/// Appends the values of an array; `None` when its type has no place in a table.
fn push_cells(array: &dyn Array, cells: &mut Vec<Cell>, parse: fn(&str) -> Cell) -> Option<()> {
    match array.data_type() {
        DataType::Null => cells.extend(std::iter::repeat_n(Cell::Missing, array.len())),
        DataType::Boolean => cells.extend(array.as_boolean().iter().map(|value| match value {
            None => Cell::Missing,
            Some(value) => Cell::Text(value.to_string()),
        })),
        DataType::Int8 => numbers::<Int8Type>(array, cells, f64::from),
        DataType::Int16 => numbers::<Int16Type>(array, cells, f64::from),
        DataType::Int32 => numbers::<Int32Type>(array, cells, f64::from),
        DataType::Int64 => numbers::<Int64Type>(array, cells, |value| value as f64),
        DataType::UInt8 => numbers::<UInt8Type>(array, cells, f64::from),
        DataType::UInt16 => numbers::<UInt16Type>(array, cells, f64::from),
        DataType::UInt32 => numbers::<UInt32Type>(array, cells, f64::from),
        DataType::UInt64 => numbers::<UInt64Type>(array, cells, |value| value as f64),
        DataType::Float16 => {
            numbers::<Float16Type>(array, cells, <Float16Type as ArrowPrimitiveType>::Native::to_f64);
        }
        DataType::Float32 => numbers::<Float32Type>(array, cells, f64::from),
        DataType::Float64 => numbers::<Float64Type>(array, cells, |value| value),
        DataType::Decimal128(_, _) => {
            let decimals = array.as_primitive::<Decimal128Type>();
            texts(array, cells, parse, |row| decimals.value_as_string(row));
        }
        DataType::Decimal256(_, _) => {
            let decimals = array.as_primitive::<Decimal256Type>();
            texts(array, cells, parse, |row| decimals.value_as_string(row));
        }
        DataType::Utf8 => texts(array, cells, parse, |row| array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => texts(array, cells, parse, |row| array.as_string::<i64>().value(row)),
        DataType::Utf8View => texts(array, cells, parse, |row| array.as_string_view().value(row)),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary_opt()?;
            let mut words = Vec::new();
            push_cells(dictionary.values().as_ref(), &mut words, parse)?;
            let keys = dictionary.normalized_keys();
            cells.extend(
                (0..array.len())
                    .map(|row| if array.is_null(row) { Cell::Missing } else { words[keys[row]].clone() }),
            );
        }
        _ => return None,
    }
    Some(())
}

fn numbers<T: ArrowPrimitiveType>(array: &dyn Array, cells: &mut Vec<Cell>, number: fn(T::Native) -> f64) {
    let values = array.as_primitive::<T>().iter();
    cells.extend(values.map(|value| value.map_or(Cell::Missing, |value| Cell::Number(number(value)))));
}

fn texts<S: AsRef<str>>(
    array: &dyn Array,
    cells: &mut Vec<Cell>,
    parse: fn(&str) -> Cell,
    text: impl Fn(usize) -> S,
) {
    let cell = |row| if array.is_null(row) { Cell::Missing } else { parse(text(row).as_ref()) };
    cells.extend((0..array.len()).map(cell));
}
