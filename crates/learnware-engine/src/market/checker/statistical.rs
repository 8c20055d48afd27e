//! Checks the numbers: is the statistical specification sound, does it fit the words, and will searches by
//! this engine and by the reference see anything in it?
//!
//! It does not judge whether the specification was made from the model's data; nobody but its developer can.

use super::{Finding, Stage};
use crate::learnware::Specification;
use crate::semantic::DataType;
use crate::specification::{Rkme, StatisticalSpecification};

/// Kernel width of the reference, for columns in raw units.
const REFERENCE_GAMMA: f64 = 0.1;
/// The sum of the weights may be off by so much: solvers of others stop early.
const WEIGHT_SUM_TOLERANCE: f64 = 1e-3;
/// With fewer points a specification says little more than a mean.
const POINTS_MIN: usize = 5;
/// Points looked at, evenly spread, where all pairs are compared.
const PAIR_POINTS_MAX: usize = 512;
/// Points whose most similar neighbour is less similar than this do not know of each other.
const SIMILARITY_MIN: f64 = 0.01;
/// Points that are all more similar than this are one point to the kernel.
const SIMILARITY_MAX: f64 = 0.9999;
/// Columns named in a message at most.
const NAMED_MAX: usize = 8;

/// Everything wrong with the statistical specifications of a learnware; empty when nothing is.
pub fn check(specification: &Specification) -> Vec<Finding> {
    let mut findings = Vec::new();
    kinds(specification, &mut findings);
    for statistical in &specification.statistical {
        // Directions are finite and of length one from the start.
        if statistical.is_direction() {
            continue;
        }
        let rkme = statistical.rkme();
        self_distance(rkme, &mut findings);
        weights(rkme, &mut findings);
        if let Some(table) = statistical.as_table() {
            table_width(specification, table, &mut findings);
            points(table, &mut findings);
            scale(table, &mut findings);
        }
    }
    findings
}

fn error(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::error(Stage::Statistical, code, message, advice)
}

fn warning(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::warning(Stage::Statistical, code, message, advice)
}

fn note(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::note(Stage::Statistical, code, message, advice)
}

fn kinds(specification: &Specification, findings: &mut Vec<Finding>) {
    let found = &specification.statistical;
    if found.is_empty() && specification.semantic.is_language_base() {
        findings.push(note(
            "no-statistical-base",
            "There is no statistical specification: a base model is found by words and by its benchmarks.",
            "One made from the texts that it is good at would let others find it by theirs.",
        ));
        return;
    }
    if found.is_empty() {
        findings.push(error(
            "no-statistical",
            "There is no statistical specification, so that nobody could find the learnware by data.",
            "Make one from the model's training data and name it in stat_specifications of learnware.yaml.",
        ));
        return;
    }
    for (place, statistical) in found.iter().enumerate() {
        if found[..place].iter().any(|earlier| earlier.type_name() == statistical.type_name()) {
            let message = format!("There is more than one {}.", statistical.type_name());
            findings.push(error("kind-several", message, "Keep the one made from the training data."));
        }
    }
    // Several or no data types are found by the semantic check.
    let Some(data) = specification.semantic.single_data_type() else { return };
    if !found.iter().any(|statistical| statistical.data_type() == data) {
        let names: Vec<_> = found.iter().map(StatisticalSpecification::type_name).collect();
        findings.push(error(
            "kind-for-data",
            format!("The data type is {data}, but the statistical specification is a {}.", names.join(", ")),
            "Make a specification of the kind that fits, or correct the data type.",
        ));
    }
}

fn table_width(specification: &Specification, table: &Rkme, findings: &mut Vec<Finding>) {
    let Some(input) = &specification.semantic.input else { return };
    if specification.semantic.single_data_type() == Some(DataType::Table)
        && input.dimension != table.dimension()
    {
        findings.push(error(
            "input-dimension",
            format!(
                "Input.Dimension is {}, but the points of the statistical specification have {} numbers.",
                input.dimension,
                table.dimension()
            ),
            "Make the specification from the columns that the model takes, all of them and no others.",
        ));
    }
}

/// The squared distance of a specification to itself is finite when no term of it overflows: a kernel value
/// is at most 1, so weights bound the sums, and squared norms bound the distances between points.
fn self_distance(table: &Rkme, findings: &mut Vec<Finding>) {
    let total: f64 = table.weights().iter().map(|weight| weight.abs()).sum();
    let longest =
        table.points().iter_rows().map(|row| row.iter().map(|x| x * x).sum::<f64>()).fold(0.0, f64::max);
    if !(4.0 * total * total).is_finite() || !(4.0 * longest).is_finite() {
        findings.push(error(
            "self-distance",
            "The numbers are so large that the distance of the specification to itself is not finite.",
            "Look for placeholder values (such as 1e300) in the data, remove them and make it anew.",
        ));
    }
}

fn weights(table: &Rkme, findings: &mut Vec<Finding>) {
    let sum: f64 = table.weights().iter().sum();
    if !table.describes_distribution() {
        findings.push(error(
            "weights-none",
            format!("The weights sum to {sum:.6} instead of 1: they describe no data."),
            "Make the specification anew with weights on the simplex (the default).",
        ));
    } else if (sum - 1.0).abs() > WEIGHT_SUM_TOLERANCE {
        findings.push(warning(
            "weights-sum",
            format!(
                "The weights sum to {sum:.6} instead of 1: distances to other specifications are too large."
            ),
            "Make the specification anew with weights on the simplex (the default).",
        ));
    }
    let negative = table.weights().iter().filter(|&&weight| weight < 0.0).count();
    if negative > 0 {
        findings.push(note(
            "weights-negative",
            format!("{negative} of {} weights are negative.", table.weights().len()),
            "Distances are right, but no data can be sampled from these points.",
        ));
    }
    if table.gamma() != REFERENCE_GAMMA {
        findings.push(note(
            "gamma",
            format!("The kernel width (gamma) is {} instead of {REFERENCE_GAMMA}.", table.gamma()),
            "The reference compares specifications of different widths wrongly; this engine does not use it.",
        ));
    }
}

fn points(table: &Rkme, findings: &mut Vec<Finding>) {
    let count = table.points().rows();
    if count < POINTS_MIN {
        findings.push(warning(
            "few-points",
            format!("The specification has {count} points, too few to describe a distribution."),
            "Make it from more rows.",
        ));
    }
    if table.row_count() > 0 && count >= table.row_count() && count > 1 {
        findings.push(warning(
            "points-are-rows",
            format!(
                "{count} points were made from {} rows: they may be the rows themselves.",
                table.row_count()
            ),
            "Make it from more rows, or with fewer points, if the rows are private.",
        ));
    }
    let constant: Vec<usize> = (0..table.dimension())
        .filter(|&column| {
            let values = table.points().iter_rows().map(|row| row[column]);
            let (low, high) =
                values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            high - low <= 1e-12 * high.abs().max(low.abs())
        })
        .collect();
    if count < 2 || constant.is_empty() {
        return;
    }
    if constant.len() == table.dimension() {
        findings.push(warning(
            "points-equal",
            "All points are equal.",
            "Look whether the training data was read rightly.",
        ));
        return;
    }
    let named: Vec<_> = constant.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = if constant.len() > NAMED_MAX { " and others" } else { "" };
    findings.push(warning(
        "constant-columns",
        format!("{} columns are the same in all points: {}{more}.", constant.len(), named.join(", ")),
        "Leave out columns that never change, or look whether they were read rightly.",
    ));
}

/// Warns when the reference, which takes columns in raw units, sees nothing: each point only itself, or all
/// points as one.
fn scale(table: &Rkme, findings: &mut Vec<Finding>) {
    let rows = table.points().rows();
    let step = rows.div_ceil(PAIR_POINTS_MAX).max(1);
    let chosen: Vec<&[f64]> = (0..rows).step_by(step).map(|row| table.points().row(row)).collect();
    if chosen.len() < 2 {
        return;
    }
    let mut nearest = vec![0.0f64; chosen.len()];
    let mut least = 1.0f64;
    for (i, a) in chosen.iter().enumerate() {
        for (j, b) in chosen.iter().enumerate().take(i) {
            let distance: f64 = a.iter().zip(b.iter()).map(|(x, y)| (x - y) * (x - y)).sum();
            let similarity = (-REFERENCE_GAMMA * distance).exp();
            nearest[i] = nearest[i].max(similarity);
            nearest[j] = nearest[j].max(similarity);
            least = least.min(similarity);
        }
    }
    nearest.sort_by(f64::total_cmp);
    let usual = nearest[nearest.len() / 2];
    let advice = "This engine compares columns by their spread and is not affected. For docks of the reference, \
                  standardise the columns inside the model and make the specification from standardised data.";
    if usual < SIMILARITY_MIN {
        findings.push(warning(
            "scale-blind",
            format!(
                "The reference compares raw columns with kernel width {REFERENCE_GAMMA}; at this scale a point's \
                 nearest neighbour has a similarity below {SIMILARITY_MIN}, so that it tells nothing apart."
            ),
            advice,
        ));
    } else if least > SIMILARITY_MAX && least < 1.0 {
        findings.push(warning(
            "scale-flat",
            format!(
                "The reference compares raw columns with kernel width {REFERENCE_GAMMA}; at this scale all points \
                 have similarity above {SIMILARITY_MAX}, so that it tells nothing apart."
            ),
            advice,
        ));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::numeric::Matrix;
    use crate::semantic::{Dimensions, SemanticSpecification};

    fn table(rows: &[[f64; 2]], weights: &[f64], row_count: usize) -> Rkme {
        Rkme::new(Matrix::from_rows(rows).unwrap(), weights.to_vec(), 0.1, row_count).unwrap()
    }

    fn codes(table: Rkme) -> Vec<String> {
        let semantic = SemanticSpecification {
            data: vec![DataType::Table],
            input: Some(Dimensions { dimension: 2, ..Dimensions::default() }),
            ..SemanticSpecification::default()
        };
        let specification =
            Specification { semantic, statistical: vec![StatisticalSpecification::Table(table)] };
        check(&specification).into_iter().map(|finding| finding.code).collect()
    }

    const ROWS: [[f64; 2]; 5] = [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [1.5, 0.5], [0.5, 2.5]];

    #[test]
    fn each_fault_of_a_table_is_found() {
        let even = [0.2; 5];
        let scaled = |factor: f64| ROWS.map(|row| row.map(|x| x * factor));
        let constant = ROWS.map(|row| [row[0], 7.0]);
        let cases: [(Rkme, &[&str]); 12] = [
            (table(&ROWS, &even, 100), &[]),
            (table(&ROWS, &[0.19; 5], 100), &["weights-sum"]),
            (table(&ROWS, &[0.4; 5], 100), &["weights-none"]),
            (table(&ROWS, &[0.6, -0.2, 0.2, 0.2, 0.2], 100), &["weights-negative"]),
            (table(&ROWS[..4], &[0.25; 4], 100), &["few-points"]),
            (table(&ROWS, &even, 5), &["points-are-rows"]),
            (table(&constant, &even, 100), &["constant-columns"]),
            (table(&[[3.0, 4.0]; 5], &even, 100), &["points-equal"]),
            (table(&scaled(100.0), &even, 100), &["scale-blind"]),
            (table(&scaled(1e-4), &even, 100), &["scale-flat"]),
            (table(&scaled(1e200), &even, 100), &["self-distance", "scale-blind"]),
            (table(&ROWS, &[1e200, -1e200, 0.5, 0.5, 0.0], 100), &["self-distance", "weights-negative"]),
        ];
        for (table, wanted) in cases {
            assert_eq!(codes(table.clone()), wanted, "{table:?}");
        }
        let other = Rkme::new(Matrix::from_rows(&ROWS).unwrap(), even.to_vec(), 0.5, 100).unwrap();
        assert_eq!(codes(other), ["gamma"]);
    }

    #[test]
    fn kinds_and_width_must_fit_the_words() {
        let statistical = StatisticalSpecification::Table(table(&ROWS, &[0.2; 5], 100));
        let check = |data, dimension, count: usize| {
            let semantic = SemanticSpecification {
                data: vec![data],
                input: Some(Dimensions { dimension, ..Dimensions::default() }),
                ..SemanticSpecification::default()
            };
            let found = check(&Specification { semantic, statistical: vec![statistical.clone(); count] });
            found.into_iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        assert_eq!(check(DataType::Table, 2, 0), ["no-statistical"]);
        assert_eq!(check(DataType::Table, 2, 2), ["kind-several"]);
        assert_eq!(check(DataType::Table, 3, 1), ["input-dimension"]);
        assert_eq!(check(DataType::Text, 2, 1), ["kind-for-data"]);
    }

    proptest! {
        #[test]
        fn any_finite_table_gets_a_report(
            rows in prop::collection::vec(prop::array::uniform2(prop::num::f64::NORMAL), 1..40),
            weight in prop::num::f64::NORMAL,
        ) {
            let found = codes(table(&rows, &vec![weight; rows.len()], 3));
            prop_assert!(found.iter().all(|code| !code.is_empty()));
        }

        #[test]
        fn ordinary_samples_are_not_blamed(seed in 0u64..50) {
            let mut draws = crate::numeric::random::Stream::new(seed);
            let rows: Vec<[f64; 2]> = (0..30).map(|_| [draws.normal(), draws.normal()]).collect();
            prop_assert_eq!(codes(table(&rows, &[1.0 / 30.0; 30], 300)), Vec::<String>::new());
        }
    }
}
