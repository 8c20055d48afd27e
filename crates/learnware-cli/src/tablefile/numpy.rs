//! NPY and NPZ: the array formats of NumPy, plain data only. Object arrays (pickle) are refused.

use std::io::{Cursor, Read as _};
use std::path::Path;

use learnware_engine::table::{Cell, Header, RawColumn, RawTable};

use super::{CELLS_MAX, FILE_BYTES_MAX, Read, ReadOptions, Result, TableFileError, positional_name};

/// Names of the array with the rows, in order of preference.
const TABLE_ARRAYS: [&str; 4] = ["X", "x", "data", "features"];

/// Reads one array.
pub(super) fn read_npy(path: &Path, bytes: &[u8]) -> Result<Read> {
    let array = Array::parse(bytes).map_err(|reason| malformed(path, reason))?;
    let table = array.into_table().map_err(|reason| malformed(path, reason))?;
    Ok(Read { table, labels: None, warnings: Vec::new() })
}

/// Reads the named array, or the only one, or the one with a usual name; labels may be another array.
pub(super) fn read_npz(path: &Path, bytes: &[u8], options: &ReadOptions) -> Result<Read> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| malformed(path, error.to_string()))?;
    let arrays: Vec<String> =
        archive.file_names().filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_owned())).collect();
    let label_array = options.labels.as_ref().filter(|name| arrays.contains(name));
    let name = match &options.array {
        Some(name) if arrays.contains(name) => name.clone(),
        Some(name) => {
            return Err(malformed(path, format!("there is no array {name:?}; it has {}", arrays.join(", "))));
        }
        None => {
            let others: Vec<&String> = arrays.iter().filter(|name| Some(*name) != label_array).collect();
            let usual = TABLE_ARRAYS.iter().find(|usual| others.iter().any(|name| name == *usual));
            match (&others[..], usual) {
                ([], _) => return Err(malformed(path, "there is no array in it".into())),
                ([only], _) => (*only).clone(),
                (_, Some(usual)) => (*usual).to_owned(),
                (_, None) => {
                    return Err(TableFileError::SeveralArrays {
                        path: path.into(),
                        arrays: arrays.join(", "),
                    });
                }
            }
        }
    };
    let mut array = |name: &str| member(&mut archive, name).map_err(|reason| malformed(path, reason));
    let table = array(&name)?.into_table().map_err(|reason| malformed(path, reason))?;
    let labels = match label_array {
        None => None,
        Some(label_name) => {
            let mut column = array(label_name)?.into_table().map_err(|reason| malformed(path, reason))?;
            if column.columns.len() != 1 || column.row_count() != table.row_count() {
                let reason = format!("{label_name:?} has not one label for each row of {name:?}");
                return Err(malformed(path, reason));
            }
            column.columns.pop().map(|column| RawColumn { name: label_name.clone(), ..column })
        }
    };
    Ok(Read { table, labels, warnings: Vec::new() })
}

fn malformed(path: &Path, reason: String) -> TableFileError {
    TableFileError::Malformed { path: path.into(), reason }
}

fn member(archive: &mut zip::ZipArchive<Cursor<&[u8]>>, name: &str) -> std::result::Result<Array, String> {
    let file = archive.by_name(&format!("{name}.npy")).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if read as u64 > FILE_BYTES_MAX {
        return Err(format!("array {name:?} is too large"));
    }
    Array::parse(&bytes)
}

/// An array in row order.
struct Array {
    rows: usize,
    columns: usize,
    column_order: bool,
    cells: Vec<Cell>,
}

impl Array {
    fn parse(bytes: &[u8]) -> std::result::Result<Self, String> {
        let (header, data) = header(bytes)?;
        let kind = Kind::parse(&quoted(header, "descr").ok_or("its type is not a plain one")?)?;
        let column_order = after(header, "fortran_order").is_some_and(|text| text.starts_with("True"));
        let shape = shape(header)?;
        let (rows, columns) = match shape[..] {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => return Err(format!("the array has {} axes; a table has two", shape.len())),
        };
        let count = rows.checked_mul(columns).filter(|&count| count <= CELLS_MAX);
        let count = count.ok_or(format!("the table has more than {CELLS_MAX} values"))?;
        if columns == 0 || kind.size == 0 {
            return Err("the array has no columns".into());
        }
        if data.len() != count * kind.size {
            return Err(format!(
                "{} bytes of data are expected, but there are {}",
                count * kind.size,
                data.len()
            ));
        }
        let cells = data
            .chunks_exact(kind.size)
            .map(|chunk| kind.cell(chunk))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self { rows, columns, column_order, cells })
    }

    fn into_table(mut self) -> std::result::Result<RawTable, String> {
        if self.rows == 0 {
            return Err("the array has no rows".into());
        }
        let mut columns = Vec::with_capacity(self.columns);
        for place in 0..self.columns {
            let mut take = |row: usize| {
                let index =
                    if self.column_order { place * self.rows + row } else { row * self.columns + place };
                std::mem::replace(&mut self.cells[index], Cell::Missing)
            };
            let cells = (0..self.rows).map(&mut take).collect();
            columns.push(RawColumn { name: positional_name(place), cells });
        }
        Ok(RawTable { columns, lines: (1..=self.rows).collect(), header: Header::Positional })
    }
}

/// Header text and data of an NPY file (numpy.lib.format, versions 1 to 3).
fn header(bytes: &[u8]) -> std::result::Result<(&str, &[u8]), String> {
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("it is not an NPY file")?;
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
        let mut bytes = [0; 8];
        match self.class {
            b'U' => return self.unicode(chunk),
            b'S' => {
                let text = std::str::from_utf8(chunk).map_err(|_| "it has text that is not UTF-8")?;
                return Ok(super::parse_cell(text.trim_end_matches('\0')));
            }
            b'b' => return Ok(Cell::Text(if chunk[0] == 0 { "false" } else { "true" }.into())),
            _ => {}
        }
        for (place, &byte) in chunk.iter().enumerate() {
            bytes[if self.big_endian { chunk.len() - 1 - place } else { place }] = byte;
        }
        let whole = u64::from_le_bytes(bytes);
        let number = match (self.class, chunk.len()) {
            (b'f', 8) => f64::from_bits(whole),
            (b'f', 4) => f64::from(f32::from_bits(whole as u32)),
            (b'f', _) => half(whole as u16),
            (b'u', _) => whole as f64,
            (_, length) => {
                let shift = 64 - 8 * length;
                ((whole << shift).cast_signed() >> shift) as f64
            }
        };
        Ok(Cell::Number(number))
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
