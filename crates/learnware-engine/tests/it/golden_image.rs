//! Numbers of the reference for image specifications.

use learnware_engine::image::nngp::{self, NngpImages};

use crate::golden::{self, vector};

#[test]
fn image_inner_products_and_distances_equal_the_references() {
    let Some(golden) = golden::read("image_inner.json") else { return };
    let specs: Vec<(NngpImages, Vec<f64>)> = golden["specs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|spec| {
            let channels = vector(&spec["shape"])[1] as usize;
            let pixels = golden::flat(&spec["z"]).into_iter().map(|value| value as f32).collect();
            (NngpImages::new(channels, pixels).unwrap(), vector(&spec["beta"]))
        })
        .collect();
    let (mut compared, mut worst) = (0, 0.0_f64);
    for (i, (a, beta_a)) in specs.iter().enumerate() {
        for (j, (b, beta_b)) in specs.iter().enumerate() {
            let (Some(inner), Some(distance)) =
                (golden["inner_prod"][i][j].as_f64(), golden["dist"][i][j].as_f64())
            else {
                assert!(nngp::inner_product((a, beta_a), (b, beta_b)).is_err(), "{i} {j}");
                continue;
            };
            let ours = if i == j {
                nngp::norm_squared(a, beta_a)
            } else {
                nngp::inner_product((a, beta_a), (b, beta_b)).unwrap()
            };
            worst = worst.max((ours / inner - 1.0).abs());
            assert!((ours / inner - 1.0).abs() < 1e-5, "inner product {i} {j}: {ours} {inner}");
            let ours = nngp::distance((a, beta_a), (b, beta_b)).unwrap();
            // Inner products are about 0.3; their rounding stays in their difference.
            assert!(i == j || (ours - distance).abs() < 1e-5 * inner.abs().max(distance), "distance {i} {j}");
            compared += 1;
        }
    }
    assert!(compared > 4, "{compared} pairs compared");
    println!("largest relative difference of an inner product: {worst:.1e}");
}
