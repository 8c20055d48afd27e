//! Parquet and Arrow IPC (Feather 2) files.

use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, RecordBatch};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, SchemaRef, TimeUnit};
use bytes::Bytes;
use learnware_engine::numeric::parallel;
use learnware_engine::table::{Cell, Header, RawColumn, RawTable};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::{ChunkReader, Length};

use super::{ReadOptions, Result, TableFileError, Take, block_rows};
use crate::files::{Input, Location};
use crate::said::{Said, said};

/// Seconds of a day.
const DAY_SECONDS: f64 = 86_400.0;
/// Batches decoded before they are needed.
#[cfg(feature = "parallel")]
const BATCHES_AHEAD: usize = 2;

/// Rows and columns of a Parquet file, from its last bytes.
pub(super) fn parquet_shape(at: Location<'_>) -> Result<(usize, usize)> {
    let builder = parquet(at)?;
    let rows = builder.metadata().file_metadata().num_rows();
    Ok((usize::try_from(rows).unwrap_or(0), builder.schema().fields().len()))
}

/// Reads a Parquet file in blocks of rows; returns what a person should know.
pub(super) fn read_parquet<E: From<TableFileError>>(
    at: Location<'_>,
    options: &ReadOptions,
    take: Take<'_, E>,
) -> std::result::Result<Vec<Said>, E> {
    let path = at.path;
    let builder = parquet(at)?;
    let schema = builder.schema().clone();
    let wanted: Vec<usize> =
        (0..schema.fields().len()).filter(|&place| options.wants(schema.field(place).name())).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let batches = builder.with_projection(mask).with_batch_size(block_rows(schema.fields().len())).build();
    read_batches(path, &schema, batches.map_err(|error| malformed(path, &error))?, options, take)
}

/// Reads an Arrow IPC file or stream in blocks of rows; returns what a person should know.
pub(super) fn read_arrow<E: From<TableFileError>>(
    at: Location<'_>,
    options: &ReadOptions,
    take: Take<'_, E>,
) -> std::result::Result<Vec<Said>, E> {
    let path = at.path;
    let mut file = at.open()?;
    let mut magic = [0; 6];
    let count = file.read(&mut magic).and_then(|count| file.rewind().map(|()| count));
    let count = count.map_err(|source| at.unreadable(source))?;
    let file = BufReader::new(file);
    if magic.starts_with(b"FEA1") {
        let reason = "it is a Feather file of version 1; write version 2 (the default of pyarrow)".into();
        return Err(TableFileError::Malformed { path: path.into(), reason }.into());
    }
    if magic[..count] == *b"ARROW1" {
        let reader = FileReader::try_new(file, None).map_err(|error| malformed(path, &error))?;
        let schema = reader.schema();
        read_batches(path, &schema, reader, options, take)
    } else {
        let reader = StreamReader::try_new(file, None).map_err(|error| malformed(path, &error))?;
        let schema = reader.schema();
        read_batches(path, &schema, reader, options, take)
    }
}

fn parquet(at: Location<'_>) -> Result<ParquetRecordBatchReaderBuilder<Pieces>> {
    let pieces = Pieces { length: at.size()?, file: Arc::new(Mutex::new(at.open()?)) };
    ParquetRecordBatchReaderBuilder::try_new(pieces).map_err(|error| malformed(at.path, &error))
}

/// A file of which pieces are read here and there.
struct Pieces {
    length: u64,
    file: Arc<Mutex<Box<dyn Input>>>,
}

impl Pieces {
    fn read(&self, start: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        read_at(&self.file, start, buffer)
    }
}

/// Reads from a place on; a reader that failed before is as good as new after seeking.
fn read_at(file: &Mutex<Box<dyn Input>>, start: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(start))?;
    file.read(buffer)
}

/// The rest of the file from a place on.
struct Rest {
    next: u64,
    file: Arc<Mutex<Box<dyn Input>>>,
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = read_at(&self.file, self.next, buffer)?;
        self.next += count as u64;
        Ok(count)
    }
}

impl Length for Pieces {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Pieces {
    type T = BufReader<Rest>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(BufReader::new(Rest { next: start, file: self.file.clone() }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let mut bytes = vec![0; length];
        let mut done = 0;
        while done < length {
            match self.read(start + done as u64, &mut bytes[done..])? {
                0 => return Err(parquet::errors::ParquetError::EOF("the file is cut off".into())),
                count => done += count,
            }
        }
        Ok(bytes.into())
    }
}

fn malformed(path: &Path, error: &dyn std::error::Error) -> TableFileError {
    TableFileError::Malformed { path: path.into(), reason: error.to_string() }
}

/// Hands over batches as tables; columns that nobody wants may lack in them and become absent values.
fn read_batches<E: From<TableFileError>>(
    path: &Path,
    schema: &SchemaRef,
    batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + Send,
    options: &ReadOptions,
    take: Take<'_, E>,
) -> std::result::Result<Vec<Said>, E> {
    let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    if let Some(place) = (1..names.len()).find(|&place| names[..place].contains(&names[place])) {
        return Err(TableFileError::DuplicateName { path: path.into(), name: names[place].clone() }.into());
    }
    let rows_max = block_rows(names.len());
    let mut rows = 0;
    let mut take_batch = |batch: std::result::Result<RecordBatch, ArrowError>| -> std::result::Result<(), E> {
        let batch = batch.map_err(|error| malformed(path, &error))?;
        for start in (0..batch.num_rows()).step_by(rows_max) {
            let block = batch.slice(start, rows_max.min(batch.num_rows() - start));
            let columns = parallel::map(names.len(), |place| column(path, names[place], &block, options));
            let lines = (rows + 1..=rows + block.num_rows()).collect();
            rows += block.num_rows();
            let columns = columns.into_iter().collect::<Result<Vec<RawColumn>>>()?;
            take(RawTable { columns, lines, header: Header::Named })?;
        }
        Ok(())
    };
    in_order(batches, &mut take_batch)?;
    let dated =
        schema.fields().iter().filter(|field| is_date(field.data_type()) && options.wants(field.name()));
    let told = dated.map(|field| {
        said!("days", "column {column:?} holds dates; they count as days since 1970", column = field.name())
    });
    Ok(told.collect())
}

fn is_date(kind: &DataType) -> bool {
    match kind {
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => true,
        DataType::Dictionary(_, values) => is_date(values),
        _ => false,
    }
}

/// Hands over what the batches hold.
#[cfg(not(feature = "parallel"))]
fn in_order<T: Send, E>(
    batches: impl Iterator<Item = T> + Send,
    take: &mut dyn FnMut(T) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    batches.into_iter().try_for_each(take)
}

/// Hands over what the batches hold: one thread decodes ahead while this one works.
#[cfg(feature = "parallel")]
fn in_order<T: Send, E>(
    mut batches: impl Iterator<Item = T> + Send,
    take: &mut dyn FnMut(T) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let (sender, decoded) = std::sync::mpsc::sync_channel(BATCHES_AHEAD);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Nobody receives any more after a refusal.
            while batches.next().is_some_and(|batch| sender.send(batch).is_ok()) {}
        });
        decoded.into_iter().try_for_each(take)
    })
}

fn column(path: &Path, name: &str, block: &RecordBatch, options: &ReadOptions) -> Result<RawColumn> {
    let mut cells = Vec::with_capacity(block.num_rows());
    match block.column_by_name(name).filter(|_| options.wants(name)) {
        None => cells.resize(block.num_rows(), Cell::Missing),
        Some(array) => push_cells(array.as_ref(), &mut cells, options.cell_of(name)).ok_or_else(|| {
            TableFileError::ColumnType {
                path: path.into(),
                column: name.to_owned(),
                kind: array.data_type().to_string(),
            }
        })?,
    }
    Ok(RawColumn { name: name.to_owned(), cells })
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
        DataType::Date32 => numbers::<Date32Type>(array, cells, f64::from),
        DataType::Date64 => numbers::<Date64Type>(array, cells, |value| days(value, 1e3)),
        DataType::Timestamp(unit, _) => match unit {
            TimeUnit::Second => numbers::<TimestampSecondType>(array, cells, |value| days(value, 1.0)),
            TimeUnit::Millisecond => {
                numbers::<TimestampMillisecondType>(array, cells, |value| days(value, 1e3));
            }
            TimeUnit::Microsecond => {
                numbers::<TimestampMicrosecondType>(array, cells, |value| days(value, 1e6));
            }
            TimeUnit::Nanosecond => {
                numbers::<TimestampNanosecondType>(array, cells, |value| days(value, 1e9));
            }
        },
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

/// Days since 1970 of a time in so many parts of a second.
fn days(value: i64, parts: f64) -> f64 {
    value as f64 / (DAY_SECONDS * parts)
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
