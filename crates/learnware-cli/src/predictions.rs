//! Predictions as files: CSV and TSV and JSON with a label for each row, NPY with the model's numbers.

use std::path::Path;

pub(crate) use learnware_data::predictions::{Answers, texts_delimited};
use learnware_engine::numeric::Matrix;

use crate::error::advised;
use crate::files;

/// Writes predictions in the form that the file's ending says.
pub(crate) fn write(answers: &Answers, path: &Path) -> anyhow::Result<()> {
    let bytes = match Form::of(path)? {
        Form::Csv => answers.delimited(b',')?.into_bytes(),
        Form::Tsv => answers.delimited(b'\t')?.into_bytes(),
        Form::Json => format!("{:#}\n", answers.to_json()).into_bytes(),
        Form::Npy => npy(&answers.values),
    };
    files::write(path, &bytes)
}

/// Writes texts that a model wrote in the form that the file's ending says.
pub(crate) fn write_texts(texts: &[String], path: &Path) -> anyhow::Result<()> {
    let bytes = match Form::of(path)? {
        Form::Csv => texts_delimited(texts, b',')?.into_bytes(),
        Form::Tsv => texts_delimited(texts, b'\t')?.into_bytes(),
        Form::Json => format!("{:#}\n", serde_json::json!(texts)).into_bytes(),
        Form::Npy => {
            let words = format!("{}: texts are no numbers", path.display());
            return Err(advised(words, "end the name in .csv, .tsv or .json"));
        }
    };
    files::write(path, &bytes)
}

/// Refuses a file whose ending says no form, before any work is done.
pub(crate) fn require_form(path: Option<&Path>) -> anyhow::Result<()> {
    path.map_or(Ok(()), |path| Form::of(path).map(drop))
}

enum Form {
    Csv,
    Tsv,
    Json,
    Npy,
}

impl Form {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("tsv") => Ok(Self::Tsv),
            Some("json") => Ok(Self::Json),
            Some("npy") => Ok(Self::Npy),
            _ => Err(advised(
                format!("{}: predictions cannot be written in this form", path.display()),
                "end the name in .csv, .tsv, .json or .npy",
            )),
        }
    }
}

/// An NPY file, version 1.0, of little-endian doubles; the data begins at a multiple of 64 bytes.
fn npy(values: &Matrix) -> Vec<u8> {
    let shape = format!("({}, {})", values.rows(), values.columns());
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.as_slice().iter().flat_map(|value| value.to_le_bytes()));
    bytes
}
