//! Numbers of the reference for specifications, inner products and the quadratic programme.

use learnware_engine::Matrix;
use learnware_engine::numeric::kernel::{self, Shape};
use learnware_engine::numeric::quadratic::simplex_qp;
use learnware_engine::specification::compat::{self, ReferenceParameters};
use learnware_engine::specification::{
    Embedding, IslandKernel, Rkme, RkmeParameters, reduced_set_size, reference_distance,
    reference_inner_product,
};
use serde_json::Value;

use crate::golden::{self, matrix, vector};

#[test]
fn inner_products_and_distances_equal_the_references() {
    let Some(golden) = golden::read("rkme_inner.json") else { return };
    let specs: Vec<Rkme> = golden["specs"].as_array().unwrap().iter().map(golden::specification).collect();
    for (i, a) in specs.iter().enumerate() {
        for (j, b) in specs.iter().enumerate() {
            let inner = golden["inner_prod"][i][j].as_f64().unwrap();
            assert!((reference_inner_product(a, b) - inner).abs() < 1e-12, "inner product {i} {j}");
            let distance = golden["dist"][i][j].as_f64().unwrap();
            assert!((reference_distance(a, b) - distance).abs() < 1e-12, "distance {i} {j}");
        }
    }
}

#[test]
fn quadratic_programmes_reach_the_references_optimum() {
    let Some(golden) = golden::read("qp.json") else { return };
    for (index, case) in golden["cases"].as_array().unwrap().iter().enumerate() {
        let (k, c) = if case["K"].is_null() {
            let reference = IslandKernel::reference(4, 0.1);
            let (z, x) = (matrix(&case["z"]), matrix(&case["x"]));
            let (z, x) = (reference.prepare::<f64>(&z), reference.prepare::<f64>(&x));
            let share = vec![1.0 / x.count() as f64; x.count()];
            (kernel::gram(&z, &z, Shape::Gaussian), kernel::row_sums(&z, &x, &share, Shape::Gaussian))
        } else {
            (matrix(&case["K"]), vector(&case["C"]))
        };
        let solution = simplex_qp(&k, &c);
        assert!(solution.kkt_residual < 1e-9, "case {index}: residual {}", solution.kkt_residual);
        assert!(
            (solution.objective - case["obj"].as_f64().unwrap()).abs() < 1e-8,
            "objective of case {index}"
        );
        // Their interior point stops a little inside the simplex: 1e-4 off where it converged well, more in
        // the largest case, where the weights hardly matter (objectives agree to 1e-8).
        let tolerance = if case["n"] == 100 { 1e-3 } else { 1e-4 };
        if case.get("note").is_none() {
            for (ours, theirs) in solution.weights.iter().zip(vector(&case["w"])) {
                assert!((ours - theirs).abs() < tolerance, "weights of case {index}: {ours} {theirs}");
            }
        }
    }
}

/// Rows of a generation case, with what is not finite as NaN.
fn rows(case: &Value) -> Matrix {
    let shape: Vec<usize> = vector(&case["shape"]).iter().map(|&v| v as usize).collect();
    let values = case["X"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect();
    Matrix::new(shape[0], shape[1..].iter().product(), values).unwrap()
}

#[test]
fn compat_generation_follows_the_reference_from_its_start() {
    let Some(golden) = golden::read("rkme_generate.json") else { return };
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let kwargs = &case["kwargs"];
        let parameters = ReferenceParameters {
            reduced_set_size: kwargs["reduced_set_size"].as_u64().unwrap_or(100) as usize,
            nonnegative_weights: kwargs["nonnegative_beta"].as_bool().unwrap_or(true),
            ..ReferenceParameters::default()
        };
        let data = compat::fill_with_means(&rows(case)).unwrap();
        let size = reduced_set_size(parameters.reduced_set_size, data.rows(), data.columns());
        assert_eq!(size, case["K"].as_u64().unwrap() as usize, "{name}: number of points");
        let start = Matrix::new(size, data.columns(), golden::flat(&case["z0"])).unwrap();
        let made = compat::refine(&data, &start, &parameters).unwrap();
        let wanted = Matrix::new(size, data.columns(), golden::flat(&case["z"])).unwrap();
        let scale = wanted.as_slice().iter().fold(1.0_f64, |most, v| most.max(v.abs()));
        for (ours, theirs) in made.points().as_slice().iter().zip(wanted.as_slice()) {
            assert!((ours - theirs).abs() < 1e-4 * scale, "{name}: point {ours} {theirs}");
        }
        let exact = mmd_to_data(&data, &made, &IslandKernel::reference(data.columns(), 0.1));
        let theirs = case["mmd2_final"].as_f64().unwrap();
        assert!(
            exact <= theirs + 1e-8 && (exact - theirs).abs() < 1e-6 + 1e-3 * theirs,
            "{name}: {exact} {theirs}"
        );
    }
}

#[test]
fn own_generation_is_no_farther_from_the_data_than_the_reference() {
    let Some(golden) = golden::read("rkme_generate.json") else { return };
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        // Their weights may be negative there, and their kernel is degenerate on columns of scale 10^4.
        if name.starts_with("negbeta") || name.starts_with("large_scale") {
            continue;
        }
        let data = compat::fill_with_means(&rows(case)).unwrap();
        let size = case["kwargs"]["reduced_set_size"].as_u64().unwrap_or(100) as usize;
        let parameters = RkmeParameters { reduced_set_size: size, ..RkmeParameters::default() };
        let made = Rkme::generate(&data, &parameters).unwrap();
        let weights = vector(&case["beta"]);
        // Where rows are few the reference makes points of nearly all of them; ours stand for five rows each.
        if made.points().rows() < weights.len() {
            continue;
        }
        let theirs = Rkme::new(
            Matrix::new(weights.len(), data.columns(), golden::flat(&case["z"])).unwrap(),
            weights,
            0.1,
            data.rows(),
        )
        .unwrap();
        let (means, deviations) = learnware_engine::specification::column_moments(&data);
        let kernel = IslandKernel::scaled(&means, &deviations);
        let (ours, theirs) = (mmd_to_data(&data, &made, &kernel), mmd_to_data(&data, &theirs, &kernel));
        // Few rows are not approached more closely than they come to their own distribution.
        let enough = 1.0 / data.rows() as f64;
        assert!(ours <= theirs.max(enough), "{name}: {ours} {theirs}");
    }
}

/// Squared distance of a specification to all rows.
fn mmd_to_data(data: &Matrix, specification: &Rkme, kernel: &IslandKernel) -> f64 {
    let share = vec![1.0 / data.rows() as f64; data.rows()];
    let data = Embedding::from_points(kernel.prepare::<f64>(data), share, kernel.shape);
    data.distance(&Embedding::new(specification, kernel))
}
