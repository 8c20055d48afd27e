//! NPY and NPZ: the array formats of NumPy, plain data only. Object arrays (pickle) are refused.

use std::io::{Cursor, Read as _};
use std::path::Path;

use learnware_engine::table::{Cell, Header, RawColumn, RawTable};

use super::{CELLS_MAX, ReadOptions, Result, TableFileError, positional_name};
use crate::files::FILE_BYTES_MAX;

/// First bytes of an NPY file.
const MAGIC: &[u8] = b"\x93NUMPY";
/// Names of the array with the rows, in order of preference.
const TABLE_ARRAYS: [&str; 4] = ["X", "x", "data", "features"];

/// Numbers of an array of any shape, with what they were.
#[derive(Debug)]
pub struct Numbers {
    /// Its axes.
    pub shape: Vec<usize>,
    /// Whole numbers, or fractions.
    pub class: NumberClass,
    /// The values, last axis fastest.
    pub values: Vec<f32>,
    /// The labels, when an array of them was asked for.
    pub labels: Option<RawColumn>,
}

/// What the numbers of an array were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberClass {
    /// True and false.
    Truth,
    /// Integers of any size.
    Whole,
    /// Floats of any precision.
    Fraction,
}

/// Reads one array.
pub(super) fn read_npy(path: &Path, bytes: &[u8]) -> Result<RawTable> {
    Array::parse(bytes).and_then(table).map_err(|reason| malformed(path, reason))
}

/// Reads the named array, or the only one, or the one with a usual name; labels may be another array.
pub(super) fn read_npz(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<(RawTable, Option<RawColumn>)> {
    let mut members = Members::open(path, bytes)?;
    let name = members.chosen(options)?;
    let table = members.array(&name, table)?;
    let labels = members.labels(options, &name, table.row_count())?;
    Ok((table, labels))
}

/// Number of axes of the array that would be read; `None` when that can't be told.
pub fn axes(path: &Path, bytes: &[u8], options: &ReadOptions) -> Option<usize> {
    if bytes.starts_with(MAGIC) {
        return Some(shape(header(bytes).ok()?.0).ok()?.len());
    }
    let mut members = Members::open(path, bytes).ok()?;
    let name = members.chosen(options).ok()?;
    members.array(&name, |array| Ok(array.shape.len())).ok()
}

/// Reads an array of numbers of any shape, with at most `count_max` values.
pub fn read_numbers(path: &Path, bytes: &[u8], options: &ReadOptions, count_max: usize) -> Result<Numbers> {
    if bytes.starts_with(MAGIC) {
        let read = Array::parse(bytes).and_then(|array| array.into_numbers(count_max));
        return read.map_err(|reason| malformed(path, reason));
    }
    let mut members = Members::open(path, bytes)?;
    let name = members.chosen(options)?;
    let mut numbers = members.array(&name, |array| array.into_numbers(count_max))?;
    numbers.labels = members.labels(options, &name, numbers.shape.first().copied().unwrap_or(0))?;
    Ok(numbers)
}

fn malformed(path: &Path, reason: String) -> TableFileError {
    TableFileError::Malformed { path: path.into(), reason }
}

/// The arrays of an NPZ file.
struct Members<'a> {
    path: &'a Path,
    archive: zip::ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
}

impl<'a> Members<'a> {
    fn open(path: &'a Path, bytes: &'a [u8]) -> Result<Self> {
        let archive =
            zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| malformed(path, error.to_string()))?;
        let names =
            archive.file_names().filter_map(|name| Some(name.strip_suffix(".npy")?.to_owned())).collect();
        Ok(Self { path, archive, names })
    }

    /// The array with the examples.
    fn chosen(&self, options: &ReadOptions) -> Result<String> {
        let known = self.names.join(", ");
        match &options.array {
            Some(name) if self.names.contains(name) => return Ok(name.clone()),
            Some(name) => {
                return Err(malformed(self.path, format!("there is no array {name:?}; it has {known}")));
            }
            None => {}
        }
        let others: Vec<&String> =
            self.names.iter().filter(|name| Some(*name) != options.labels.as_ref()).collect();
        let usual = TABLE_ARRAYS.iter().find(|usual| others.iter().any(|name| name == *usual));
        match (&others[..], usual) {
            ([], _) => Err(malformed(self.path, "there is no array in it".into())),
            ([only], _) => Ok((*only).clone()),
            (_, Some(usual)) => Ok((*usual).to_owned()),
            (_, None) => Err(TableFileError::SeveralArrays { path: self.path.into(), arrays: known }),
        }
    }

    fn array<T>(
        &mut self,
        name: &str,
        take: impl FnOnce(Array) -> std::result::Result<T, String>,
    ) -> Result<T> {
        let mut read = || {
            let file = self.archive.by_name(&format!("{name}.npy")).map_err(|error| error.to_string())?;
            let mut bytes = Vec::new();
            let read =
                file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            if read as u64 > FILE_BYTES_MAX {
                return Err(format!("array {name:?} is too large"));
            }
            Ok(bytes)
        };
        let bytes = read();
        bytes.and_then(|bytes| take(Array::parse(&bytes)?)).map_err(|reason| malformed(self.path, reason))
    }

    /// The array of labels, when the options name one of the arrays.
    fn labels(&mut self, options: &ReadOptions, of: &str, rows: usize) -> Result<Option<RawColumn>> {
        let Some(name) = options.labels.clone().filter(|name| self.names.contains(name)) else {
            return Ok(None);
        };
        let mut column = self.array(&name, table)?;
        if column.columns.len() != 1 || column.row_count() != rows {
            let reason = format!("{name:?} has not one label for each row of {of:?}");
            return Err(malformed(self.path, reason));
        }
        Ok(column.columns.pop().map(|column| RawColumn { name, ..column }))
    }
}

/// An array as it lies in the file.
struct Array<'a> {
    shape: Vec<usize>,
    column_order: bool,
    kind: Kind,
    data: &'a [u8],
}

impl<'a> Array<'a> {
    fn parse(bytes: &'a [u8]) -> std::result::Result<Self, String> {
        let (header, data) = header(bytes)?;
        let kind = Kind::parse(&quoted(header, "descr").ok_or("its type is not a plain one")?)?;
        let column_order = after(header, "fortran_order").is_some_and(|text| text.starts_with("True"));
        Ok(Self { shape: shape(header)?, column_order, kind, data })
    }

    /// Number of values; refuses other numbers of bytes than these take.
    fn count(&self, count_max: usize) -> std::result::Result<usize, String> {
        let count = self.shape.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis));
        let count = count.filter(|&count| count <= count_max);
        let count = count.ok_or(format!("the array has more than {count_max} values"))?;
        let expected = count.saturating_mul(self.kind.size);
        if self.data.len() != expected {
            return Err(format!("{expected} bytes of data are expected, but there are {}", self.data.len()));
        }
        Ok(count)
    }

    fn into_table(self) -> std::result::Result<RawTable, String> {
        let (rows, width) = match self.shape[..] {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => return Err(format!("the array has {} axes; a table has two", self.shape.len())),
        };
        if width == 0 || self.kind.size == 0 {
            return Err("the array has no columns".into());
        }
        self.count(CELLS_MAX)?;
        if rows == 0 {
            return Err("the array has no rows".into());
        }
        let mut cells = self
            .data
            .chunks_exact(self.kind.size)
            .map(|chunk| self.kind.cell(chunk))
            .collect::<std::result::Result<Vec<Cell>, _>>()?;
        let mut columns = Vec::with_capacity(width);
        for place in 0..width {
            let mut take = |row: usize| {
                let index = if self.column_order { place * rows + row } else { row * width + place };
                std::mem::replace(&mut cells[index], Cell::Missing)
            };
            let cells = (0..rows).map(&mut take).collect();
            columns.push(RawColumn { name: positional_name(place), cells });
        }
        Ok(RawTable { columns, lines: (1..=rows).collect(), header: Header::Positional })
    }

    fn into_numbers(self, count_max: usize) -> std::result::Result<Numbers, String> {
        let class = match self.kind.class {
            b'b' => NumberClass::Truth,
            b'i' | b'u' => NumberClass::Whole,
            b'f' => NumberClass::Fraction,
            _ => return Err("it holds words, not numbers".into()),
        };
        if self.column_order && self.shape.len() > 1 {
            return Err("its axes are in Fortran order; save numpy.ascontiguousarray(array)".into());
        }
        let mut values = Vec::with_capacity(self.count(count_max)?);
        for chunk in self.data.chunks_exact(self.kind.size) {
            values.push(match class {
                NumberClass::Truth => f32::from(u8::from(chunk[0] != 0)),
                NumberClass::Whole | NumberClass::Fraction => self.kind.number(chunk) as f32,
            });
        }
        Ok(Numbers { shape: self.shape, class, values, labels: None })
    }
}

fn table(array: Array<'_>) -> std::result::Result<RawTable, String> {
    array.into_table()
}

/// Header text and data of an NPY file (numpy.lib.format, versions 1 to 3).
fn header(bytes: &[u8]) -> std::result::Result<(&str, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is not an NPY file")?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        _ => return Err("its version is unknown".into()),
    };
    let (header, data) = rest.split_at_checked(length).ok_or("its header is cut off")?;
    Ok((std::str::from_utf8(header).map_err(|_| "its header is not text")?, data))
}

/// What follows a key of the header's dictionary.
fn after<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let place = header.find(&format!("'{key}'"))?;
    Some(header[place + key.len() + 2..].trim_start().strip_prefix(':')?.trim_start())
}

fn quoted(header: &str, key: &str) -> Option<String> {
    let text = after(header, key)?.strip_prefix('\'')?;
    Some(text[..text.find('\'')?].to_owned())
}

fn shape(header: &str) -> std::result::Result<Vec<usize>, String> {
    let text =
        after(header, "shape").and_then(|text| text.strip_prefix('(')).ok_or("its shape is missing")?;
    let text = &text[..text.find(')').ok_or("its shape is malformed")?];
    let axes = text.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    axes.map(|axis| axis.parse().map_err(|_| format!("its shape has {axis:?}"))).collect()
}

/// Type of one value.
struct Kind {
    class: u8,
    size: usize,
    big_endian: bool,
}

impl Kind {
    fn parse(descr: &str) -> std::result::Result<Self, String> {
        let unknown = || format!("values of type {descr:?} are neither numbers nor words");
        let (order, class, size) = match descr.as_bytes() {
            [order @ (b'<' | b'>' | b'|' | b'='), class, size @ ..] => (*order, *class, size),
            _ => return Err(unknown()),
        };
        if class == b'O' {
            return Err("it holds Python objects (pickle), which are not read".into());
        }
        let size: usize =
            std::str::from_utf8(size).ok().and_then(|size| size.parse().ok()).ok_or_else(unknown)?;
        let size = match (class, size) {
            (b'f', 2 | 4 | 8) | (b'i' | b'u', 1 | 2 | 4 | 8) | (b'b', 1) | (b'S', 1..=65_536) => size,
            (b'U', 1..=65_536) => size * 4,
            _ => return Err(unknown()),
        };
        Ok(Self { class, size, big_endian: order == b'>' })
    }

    fn cell(&self, chunk: &[u8]) -> std::result::Result<Cell, String> {
        match self.class {
            b'U' => self.unicode(chunk),
            b'S' => {
                let text = std::str::from_utf8(chunk).map_err(|_| "it has text that is not UTF-8")?;
                Ok(super::parse_cell(text.trim_end_matches('\0')))
            }
            b'b' => Ok(Cell::Text(if chunk[0] == 0 { "false" } else { "true" }.into())),
            _ => Ok(Cell::Number(self.number(chunk))),
        }
    }

    fn number(&self, chunk: &[u8]) -> f64 {
        let mut bytes = [0; 8];
        for (place, &byte) in chunk.iter().enumerate() {
            bytes[if self.big_endian { chunk.len() - 1 - place } else { place }] = byte;
        }
        let whole = u64::from_le_bytes(bytes);
        match (self.class, chunk.len()) {
            (b'f', 8) => f64::from_bits(whole),
            (b'f', 4) => f64::from(f32::from_bits(whole as u32)),
            (b'f', _) => half(whole as u16),
            (b'u', _) => whole as f64,
            (_, length) => {
                let shift = 64 - 8 * length;
                ((whole << shift).cast_signed() >> shift) as f64
            }
        }
    }

    fn unicode(&self, chunk: &[u8]) -> std::result::Result<Cell, String> {
        let mut text = String::new();
        for point in chunk.chunks_exact(4) {
            let point = [point[0], point[1], point[2], point[3]];
            let point = if self.big_endian { u32::from_be_bytes(point) } else { u32::from_le_bytes(point) };
            match char::from_u32(point) {
                Some('\0') => break,
                Some(letter) => text.push(letter),
                None => return Err("it has text that is not Unicode".into()),
            }
        }
        Ok(super::parse_cell(&text))
    }
}

/// A half precision number (IEEE 754 binary16).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    match exponent {
        0 => sign * fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2.0_f64.powi(exponent - 15),
    }
}
