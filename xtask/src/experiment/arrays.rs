//! Reads NumPy's `.npy` files: versions 1 to 3, little-endian `f4` and `f8`, one or two dimensions.

use std::path::Path;

/// Numbers row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub(super) rows: usize,
    /// 1 for a one-dimensional file.
    pub(super) columns: usize,
    pub(super) values: Vec<f64>,
}

/// Reads one file.
pub(super) fn read(path: &Path) -> Result<Array, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&bytes)
        .ok_or_else(|| format!("{}: not a .npy file of one or two dimensions in f4 or f8", path.display()))
}

fn parse(bytes: &[u8]) -> Option<Array> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (major, rest) = (*rest.first()?, rest.get(2..)?);
    let (length, rest) = if major == 1 {
        (usize::from(u16::from_le_bytes(rest.get(..2)?.try_into().ok()?)), &rest[2..])
    } else {
        (u32::from_le_bytes(rest.get(..4)?.try_into().ok()?) as usize, &rest[4..])
    };
    let header = std::str::from_utf8(rest.get(..length)?).ok()?;
    let body = rest.get(length..)?;
    if header.contains("'fortran_order': True") {
        return None;
    }
    let (_, shape) = header.split_once("'shape': (")?;
    let (shape, _) = shape.split_once(')')?;
    let shape: Option<Vec<usize>> = shape
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect();
    let (rows, columns) = match shape?.as_slice() {
        [rows] => (*rows, 1),
        [rows, columns] => (*rows, *columns),
        _ => return None,
    };
    let values: Vec<f64> = if header.contains("'<f8'") {
        body.chunks_exact(8).map(|part| f64::from_le_bytes(part.try_into().expect("eight bytes"))).collect()
    } else if header.contains("'<f4'") {
        body.chunks_exact(4)
            .map(|part| f64::from(f32::from_le_bytes(part.try_into().expect("four bytes"))))
            .collect()
    } else {
        return None;
    };
    (values.len() == rows.checked_mul(columns)?).then_some(Array { rows, columns, values })
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn file(header: &str, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), body].concat()
    }

    #[test]
    fn both_widths_and_dimensions_are_read() {
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n";
        let body = [1.5_f64.to_le_bytes(), (-2.0_f64).to_le_bytes()].concat();
        let array = parse(&file(header, &body)).unwrap();
        assert_eq!((array.rows, array.columns, array.values), (2, 1, vec![1.5, -2.0]));
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";
        let body = [0.5_f32.to_le_bytes(), 4.0_f32.to_le_bytes()].concat();
        let array = parse(&file(header, &body)).unwrap();
        assert_eq!((array.rows, array.columns, array.values), (1, 2, vec![0.5, 4.0]));
    }

    #[test]
    fn other_files_are_refused() {
        for (header, body) in [
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", &[0_u8; 8][..]),
            ("{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", &[0; 8]),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", &[0; 8]),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", &[0; 8]),
        ] {
            assert_eq!(parse(&file(header, body)), None, "{header}");
        }
        assert_eq!(parse(b"\x93NUMPY"), None);
    }
}
