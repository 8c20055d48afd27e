//! The user's table as it is, with learnwares of other columns aligned to it.

use std::path::Path;

use anyhow::Context as _;
use learnware_engine::hetero::columns_of;
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::Predictor;
use learnware_engine::reuse::Task;
use learnware_engine::reuse::align::{AlignMethod, AlignRequest, Alignment};
use learnware_engine::semantic::{Column, Dimensions};
use learnware_engine::specification::{Rkme, StatisticalSpecification};
use learnware_engine::table::{self, InferOptions, RawTable};
use serde_json::{Value, json};

use crate::cli::AlignWord;
use crate::datafile::{Data, DataOptions};
use crate::disk::Disk;
use crate::embedders::Embedders;
use crate::error::advised;
use crate::learnwares::Opened;
use crate::printer::Printer;
use crate::specfile::{Generated, Maker};

/// Certainty of a pair of columns below which people are warned. Pairs that agree in their words lie above, pairs that only
/// the shapes of their values speak for below; no figure of the experiments is of single pairs.
const CERTAINTY_SURE: f64 = 0.25;

/// The user's own table: its columns as numbers, and what they are like.
pub(crate) struct OwnTable {
    rkme: Rkme,
    descriptions: Vec<String>,
    columns: Vec<Column>,
    rows: Matrix,
}

impl OwnTable {
    /// Of data that was read from there.
    pub(crate) fn new(
        path: &Path,
        data: Data,
        options: &DataOptions,
        embedders: &Embedders,
        printer: &Printer,
    ) -> anyhow::Result<(Self, Data)> {
        let maker = Maker::new(options.clone(), InferOptions::default(), embedders, (&Disk, printer));
        let Generated { specification, input, data, numbers, .. } = maker.describe(path, data)?;
        let (Some(Dimensions { columns: Some(columns), .. }), StatisticalSpecification::Table(rkme)) =
            (input.clone(), specification)
        else {
            return Err(advised("only tables are aligned", "leave --align out"));
        };
        let descriptions =
            input.as_ref().and_then(columns_of).unwrap_or_else(|| vec![String::new(); rkme.dimension()]);
        Ok((Self { rkme, descriptions, columns, rows: numbers }, data))
    }

    /// The rows as numbers.
    pub(crate) fn rows(&self) -> &Matrix {
        &self.rows
    }

    /// Rows of another table with the same columns.
    pub(crate) fn rows_of(&self, table: &RawTable) -> anyhow::Result<Matrix> {
        Ok(table::encode(table, &self.columns)?)
    }

    /// How a learnware takes this table's columns.
    pub(crate) fn align(&self, learnware: &Opened, how: AlignWord, seed: u64) -> anyhow::Result<Alignment> {
        let theirs = learnware.specification.statistical.iter().find_map(StatisticalSpecification::as_table);
        let theirs = theirs.ok_or_else(|| {
            advised(format!("learnware {} is not for tables", learnware.id), "align learnwares for tables")
        })?;
        let described = learnware.specification.semantic.input.as_ref().and_then(columns_of);
        let described = described.filter(|columns| columns.len() == theirs.dimension());
        let described = described.unwrap_or_else(|| vec![String::new(); theirs.dimension()]);
        let request = AlignRequest {
            user: &self.rkme,
            user_descriptions: &self.descriptions,
            learnware: theirs,
            learnware_descriptions: &described,
        };
        Alignment::fit(&request, how.method(), seed).with_context(|| format!("learnware {}", learnware.id))
    }

    /// Which column is which, for a document.
    pub(crate) fn told(&self, learnware: &Opened, alignment: &Alignment) -> Value {
        let theirs = learnware.specification.semantic.input.as_ref();
        let name = |column: usize| {
            theirs
                .and_then(|input| input.description.get(&column))
                .cloned()
                .unwrap_or_else(|| column.to_string())
        };
        let pairs = alignment.matching().pairs.iter().map(|pair| {
            json!({
                "own": self.descriptions[pair.user],
                "theirs": name(pair.other),
                "certainty": pair.certainty,
                "reason": pair.reason,
            })
        });
        let alone = alignment.matching().other_alone.iter().map(|&column| name(column));
        json!({
            "learnware": learnware.id,
            "pairs": pairs.collect::<Vec<Value>>(),
            "not_found": alone.collect::<Vec<String>>(),
            "certainty": alignment.matching().coverage(),
        })
    }
}

/// A learnware's model that takes the user's columns.
pub(crate) fn wrap(
    alignment: Alignment,
    predictor: Box<dyn Predictor>,
    task: Task,
) -> anyhow::Result<Box<dyn Predictor>> {
    Ok(Box::new(alignment.wrap(predictor, task)?))
}

/// Tells people which columns a learnware gets.
pub(crate) fn print(told: &Value, printer: &Printer) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let pairs = list(&told["pairs"]);
    printer.note(format!(
        "learnware {} is aligned: {} of its {} columns are among yours",
        text(&told["learnware"]),
        pairs.len(),
        pairs.len() + list(&told["not_found"]).len()
    ));
    for pair in pairs {
        let certainty = pair["certainty"].as_f64().unwrap_or_default();
        printer.note(format!(
            "  {} <- {} ({:.0} %)",
            text(&pair["theirs"]),
            text(&pair["own"]),
            certainty * 100.0
        ));
    }
    if let Some(warning) = unsure(told) {
        printer.warning(warning);
    }
}

/// Names the pairs that are little more than a guess, and how to say by hand what belongs together.
fn unsure(told: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pairs: Vec<&Value> = told["pairs"].as_array().into_iter().flatten().collect();
    let is_unsure = |pair: &&Value| pair["certainty"].as_f64().unwrap_or_default() < CERTAINTY_SURE;
    let unsure: Vec<String> = pairs
        .iter()
        .copied()
        .filter(is_unsure)
        .map(|pair| {
            let certainty = pair["certainty"].as_f64().unwrap_or_default();
            format!("{} <- {} ({:.0} %)", text(&pair["theirs"]), text(&pair["own"]), certainty * 100.0)
        })
        .collect();
    let id = text(&told["learnware"]);
    (!unsure.is_empty()).then(|| {
        format!(
            "{} of {} pairs of columns of learnware {id} are guesses: {}. Give your columns the names that `learnware show {id}` \
             lists where you know better, and leave out with --drop what it does not take",
            unsure.len(),
            pairs.len(),
            unsure.join(", ")
        )
    })
}

impl AlignWord {
    fn method(self) -> AlignMethod {
        match self {
            Self::TransportAndLocal => AlignMethod::TransportAndLocal,
            Self::Transport => AlignMethod::Transport,
            Self::Affine => AlignMethod::Affine,
            Self::Gaussian => AlignMethod::Gaussian,
            Self::Local => AlignMethod::Local,
            Self::Network => AlignMethod::Network,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessed_pairs_are_named() {
        let pair = |certainty: f64| json!({"own": "x3", "theirs": "floor area", "certainty": certainty});
        let told = |certainties: &[f64]| {
            let pairs: Vec<Value> = certainties.iter().copied().map(pair).collect();
            json!({"learnware": "00000003", "pairs": pairs})
        };
        assert_eq!(unsure(&told(&[0.9, 0.25])), None);
        let warning = unsure(&told(&[0.9, 0.12])).unwrap();
        assert!(
            warning.starts_with("1 of 2 pairs") && warning.contains("floor area <- x3 (12 %)"),
            "{warning}"
        );
    }
}
