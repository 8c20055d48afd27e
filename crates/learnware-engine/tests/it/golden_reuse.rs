//! The job selector against the reference's numbers (golden/job_selector.json).

use learnware_engine::Matrix;
use learnware_engine::reuse::job_selector::mixture_shares;
use learnware_engine::reuse::{JobSelector, Routing};
use learnware_engine::specification::{IslandKernel, Rkme, reference_inner_product};

use super::golden;

struct Problem {
    specifications: Vec<Rkme>,
    user: Matrix,
    truth: Vec<usize>,
    reference_weights: Vec<f64>,
    reference_gram: Matrix,
    reference_right: f64,
}

fn problems() -> Option<Vec<Problem>> {
    let golden = golden::read("job_selector.json")?;
    let indices = |value: &serde_json::Value| -> Vec<usize> {
        golden::vector(value).into_iter().map(|index| index as usize).collect()
    };
    let problem = |value: &serde_json::Value| {
        let truth = indices(&value["true_source"]);
        let selected = indices(&value["selected_noherd"]);
        Problem {
            specifications: value["learnwares"]
                .as_array()
                .unwrap()
                .iter()
                .map(golden::specification)
                .collect(),
            user: golden::matrix(&value["user"]),
            reference_weights: golden::vector(&value["mixture_weight"]),
            reference_gram: golden::matrix(&value["task_matrix"]),
            reference_right: share_right(&selected, &truth),
            truth,
        }
    };
    Some(golden.as_array().unwrap().iter().map(problem).collect())
}

fn share_right(selected: &[usize], truth: &[usize]) -> f64 {
    selected.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64
}

#[test]
fn mixture_weights_equal_the_reference() {
    for problem in problems().unwrap_or_default() {
        let specifications: Vec<&Rkme> = problem.specifications.iter().collect();
        let kernel = IslandKernel::reference(problem.user.columns(), 0.1);
        let weights = mixture_shares(&specifications, &problem.user, &kernel).unwrap();
        for (ours, theirs) in weights.iter().zip(&problem.reference_weights) {
            assert!((ours - theirs).abs() < 1e-5, "{weights:?} {:?}", problem.reference_weights);
        }
        for (i, a) in specifications.iter().enumerate() {
            for (j, b) in specifications.iter().enumerate() {
                let theirs = problem.reference_gram.at(i, j);
                assert!((reference_inner_product(a, b) - theirs).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn routing_is_right_as_often_as_the_reference_within_noise() {
    let (mut ours, mut trees, mut theirs, mut count) = (0.0, 0.0, 0.0, 0.0);
    for problem in problems().unwrap_or_default() {
        let specifications: Vec<&Rkme> = problem.specifications.iter().collect();
        let kernel = IslandKernel::pooled(problem.specifications.iter());
        let selector = JobSelector::for_rows(&specifications, &problem.user, &kernel, Routing::Hard).unwrap();
        let right = share_right(&selector.route(&problem.user).unwrap(), &problem.truth);
        let with_trees = selector.with_classifier(&specifications, None, 0).unwrap();
        let trees_right = share_right(&with_trees.route(&problem.user).unwrap(), &problem.truth);
        println!("ours {right:.4}, trees {trees_right:.4}, reference {:.4}", problem.reference_right);
        ours += right;
        trees += trees_right;
        theirs += problem.reference_right;
        count += 1.0;
    }
    // 80 rows for each problem: one standard error of a difference is about 0.03.
    assert!(ours >= theirs - 0.03 * count && trees >= theirs - 0.03 * count, "{ours} {trees} {theirs}");
}
