//! An index as a file: what every search reads, to be taken into memory, and the points, to stay where they are.
//!
//! Little-endian: the magic word; for each member its points, weights and their CRC-32; a table; where the table
//! begins, its CRC-32, the magic word again. The table holds arrays one after the other, each with its length first,
//! in the order in which [`IslandIndex::write`] names them.

use std::io::{self, Write};
use std::sync::Arc;

use pulp::bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};

use super::IslandIndex;
use super::basis::Basis;
use super::codes::Codes;
use super::filed::{Filed, ReadAt, unreadable};
use super::segment::Segment;
use super::stored::Numbers;
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::numeric::codes::{Lanes, Rows};
use crate::numeric::kernel::Shape;
use crate::specification::IslandKernel;

/// First and last bytes; the digit is the version.
const MAGIC: [u8; 8] = *b"LWINDEX2";
/// Bytes after the table: its place, its sum, the magic word.
const FOOTER: u64 = 8 + 8 + 8;

impl IslandIndex {
    /// Writes the index, with all members in one segment. It must have a basis.
    ///
    /// # Errors
    /// When members can't be read, `out` can't be written, or there is no basis.
    pub fn write(&self, out: &mut dyn Write) -> Result<()> {
        let Some(basis) = &self.basis else { return Err(unreadable("an island of few members has no file")) };
        let places = self.in_order();
        let fail = |error: io::Error| unreadable(&error.to_string());
        out.write_all(&MAGIC).map_err(fail)?;
        let mut offset = MAGIC.len() as u64;
        let mut offsets = Vec::with_capacity(places.len());
        for &place in &places {
            let member = self.member(place)?;
            let bytes: &[u8] = cast_slice(&member.values);
            out.write_all(bytes).map_err(fail)?;
            out.write_all(&crc32fast::hash(bytes).to_le_bytes()).map_err(fail)?;
            offsets.push(offset);
            offset += bytes.len() as u64 + 4;
        }
        let mut table = TableWriter::new(out);
        self.write_table(&mut table, basis, &places, &offsets).map_err(fail)?;
        table.end(offset, MAGIC).map_err(fail)
    }

    fn write_table(
        &self,
        table: &mut TableWriter<'_>,
        basis: &Basis,
        places: &[(usize, usize)],
        offsets: &[u64],
    ) -> io::Result<()> {
        table.array(&[
            self.kernel.multipliers.len() as u64,
            shape_number(self.kernel.shape),
            self.basis_count as u64,
        ])?;
        table.array(&self.kernel.centre)?;
        table.array(&self.kernel.multipliers)?;
        basis.write(table)?;
        let mut codes = Codes::new(basis);
        for &(segment, index) in places {
            if let Some(theirs) = self.segments[segment].codes() {
                codes.push_from(theirs, index);
            }
        }
        let (lanes, squares, errors) = codes.heads.parts();
        table.array(lanes)?;
        table.array(squares)?;
        table.array(errors)?;
        for rows in [Some(&codes.wholes), codes.features.as_ref()].into_iter().flatten() {
            let (rows, squares, errors) = rows.parts();
            table.array(rows)?;
            table.array(squares)?;
            table.array(errors)?;
        }
        let numbers: Vec<Numbers> = places.iter().map(|&(s, i)| self.segments[s].numbers(i)).collect();
        table.array(&numbers.iter().map(|numbers| numbers.norm_squared).collect::<Vec<f64>>())?;
        table.array(&numbers.iter().map(|numbers| numbers.mark).collect::<Vec<u64>>())?;
        table.array(&numbers.iter().map(|numbers| numbers.count as u64).collect::<Vec<u64>>())?;
        table.array(offsets)?;
        let ids: Vec<&str> = places.iter().map(|&(s, i)| self.segments[s].id(i).0.as_str()).collect();
        table.array(&ids.iter().map(|id| id.len() as u64).collect::<Vec<u64>>())?;
        table.array(ids.concat().as_bytes())
    }

    /// Opens an index that was written: codes come into memory, points stay in the file.
    ///
    /// # Errors
    /// When the file is not one of these, is damaged or can't be read.
    pub fn open(source: Arc<dyn ReadAt>) -> Result<Self> {
        let mut table = TableReader::new(Arc::clone(&source), MAGIC)?;
        let [dimension, shape, basis_count] = table.fixed::<u64, 3>()?;
        let (centre, multipliers) = (table.array::<f64>()?, table.array::<f64>()?);
        let dimension = dimension as usize;
        check(centre.len() == dimension && multipliers.len() == dimension, "a kernel of another dimension")?;
        let shape = number_shape(shape)?;
        let kernel = IslandKernel { centre, multipliers, shape };
        let basis = Basis::read(shape, dimension, &mut table)?;
        let (lanes, head_squares, head_errors) = (table.array()?, table.array()?, table.array()?);
        let wholes = (basis.axes(), table.array()?, table.array()?, table.array()?);
        let features = match basis.features() {
            Some(features) => Some((features.grid().axes(), table.array()?, table.array()?, table.array()?)),
            None => None,
        };
        let (norms, marks) = (table.array::<f64>()?, table.array::<u64>()?);
        let (counts, offsets) = (table.array::<u64>()?, table.array::<u64>()?);
        let ids = identifiers(&table.array::<u64>()?, &table.array::<u8>()?)?;
        table.end()?;
        let count = ids.len();
        let heads = Lanes::from_parts(basis.head_axes(), count, lanes, head_squares, head_errors);
        let rows = |(axes, rows, squares, errors)| Rows::from_parts(axes, count, rows, squares, errors);
        let (wholes, features) = (rows(wholes), features.map(rows));
        let same =
            [norms.len(), marks.len(), counts.len(), offsets.len()].iter().all(|&length| length == count);
        let whole = same && ids.is_sorted() && features != Some(None);
        let (Some(heads), Some(wholes), true) = (heads, wholes, whole) else {
            return Err(unreadable("its arrays are not of one length"));
        };
        let numbers = norms.into_iter().zip(marks).zip(counts);
        let numbers = numbers.map(|((norm_squared, mark), count)| Numbers {
            norm_squared,
            mark,
            count: count as usize,
        });
        let filed = Filed { source, dimension, ids, numbers: numbers.collect(), offsets };
        let segments = vec![Segment::of_filed(filed, Codes { heads, wholes, features: features.flatten() })];
        let (basis, basis_count) = (Some(Arc::new(basis)), basis_count as usize);
        Ok(Self { kernel, basis, basis_count, segments, background: Arc::default() })
    }
}

pub(super) fn shape_number(shape: Shape) -> u64 {
    match shape {
        Shape::Gaussian => 0,
        Shape::ThreeScale => 1,
        Shape::Directions => 2,
    }
}

pub(super) fn number_shape(number: u64) -> Result<Shape> {
    match number {
        0 => Ok(Shape::Gaussian),
        1 => Ok(Shape::ThreeScale),
        2 => Ok(Shape::Directions),
        _ => Err(unreadable("a kernel of unknown shape")),
    }
}

pub(super) fn check(holds: bool, reason: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(unreadable(reason)) }
}

fn identifiers(lengths: &[u64], bytes: &[u8]) -> Result<Vec<LearnwareId>> {
    let text = std::str::from_utf8(bytes).map_err(|error| unreadable(&error.to_string()))?;
    let mut rest = text;
    let mut ids = Vec::with_capacity(lengths.len());
    for &length in lengths {
        let Some((id, after)) = rest.split_at_checked(length as usize) else {
            return Err(unreadable("identifiers are cut off"));
        };
        ids.push(LearnwareId(id.to_owned()));
        rest = after;
    }
    check(rest.is_empty(), "identifiers without an owner")?;
    Ok(ids)
}

/// Writes arrays and their sum.
pub(super) struct TableWriter<'a> {
    out: &'a mut dyn Write,
    sum: crc32fast::Hasher,
}

impl<'a> TableWriter<'a> {
    /// A table that begins where `out` is.
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, sum: crc32fast::Hasher::new() }
    }

    /// Writes what follows a table that began at `offset`.
    pub(super) fn end(self, offset: u64, magic: [u8; 8]) -> io::Result<()> {
        let sum = u64::from(self.sum.finalize());
        self.out.write_all(&[&offset.to_le_bytes()[..], &sum.to_le_bytes(), &magic].concat())
    }

    pub(super) fn array<T: Pod>(&mut self, values: &[T]) -> io::Result<()> {
        self.bytes(&(values.len() as u64).to_le_bytes())?;
        self.bytes(cast_slice(values))
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes)
    }
}

/// Reads arrays and checks their sum at the end.
pub(super) struct TableReader {
    source: Arc<dyn ReadAt>,
    at: u64,
    end: u64,
    sum: crc32fast::Hasher,
    wanted_sum: u64,
}

impl TableReader {
    /// The table at the end of a source of this magic word.
    pub(super) fn new(source: Arc<dyn ReadAt>, wanted_magic: [u8; 8]) -> Result<Self> {
        let fail = |error: io::Error| unreadable(&error.to_string());
        let length = source.length().map_err(fail)?;
        check(length > FOOTER, "it is too short")?;
        let mut footer = [[0_u8; 8]; 3];
        let end = length - FOOTER;
        source.read_at(end, footer.as_flattened_mut()).map_err(fail)?;
        let [at, wanted_sum, magic] = footer;
        let at = u64::from_le_bytes(at);
        check(magic == wanted_magic && at <= end, "it is not complete, or of another version")?;
        Ok(Self {
            source,
            at,
            end,
            sum: crc32fast::Hasher::new(),
            wanted_sum: u64::from_le_bytes(wanted_sum),
        })
    }

    /// The next array.
    pub(super) fn array<T: Pod + Zeroable>(&mut self) -> Result<Vec<T>> {
        let mut length = [0; 8];
        self.bytes(&mut length)?;
        let length = u64::from_le_bytes(length);
        let fits = length.checked_mul(size_of::<T>() as u64).is_some_and(|bytes| bytes <= self.end - self.at);
        check(fits, "an array is longer than the file")?;
        let mut values = vec![T::zeroed(); length as usize];
        self.bytes(cast_slice_mut(&mut values))?;
        Ok(values)
    }

    /// The next array, whose length is known.
    pub(super) fn fixed<T: Pod, const N: usize>(&mut self) -> Result<[T; N]> {
        self.array::<T>()?.try_into().map_err(|_| unreadable("an array of another length"))
    }

    fn bytes(&mut self, bytes: &mut [u8]) -> Result<()> {
        check(bytes.len() as u64 <= self.end - self.at, "it is cut off")?;
        self.source.read_at(self.at, bytes).map_err(|error| unreadable(&error.to_string()))?;
        self.sum.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Checks that nothing is left, and the sum.
    pub(super) fn end(self) -> Result<()> {
        check(
            self.at == self.end && u64::from(self.sum.finalize()) == self.wanted_sum,
            "its table is damaged",
        )
    }
}
