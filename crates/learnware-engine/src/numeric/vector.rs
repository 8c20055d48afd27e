//! Sums over vectors in double precision, in a fixed order that fits vector units.

use super::real::Real as _;

/// Partial sums that run side by side; fixed, so that results do not depend on the processor.
const LANES: usize = 16;

/// `a . b` of two vectors of one length.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    debug_assert_eq!(a.len(), b.len(), "vectors of one length");
    let mut sums = [0.0; LANES];
    add_products(a, b, &mut sums);
    let (a, b) = (a.as_chunks::<LANES>().1, b.as_chunks::<LANES>().1);
    let rest: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

fn add_products(a: &[f64], b: &[f64], sums: &mut [f64; LANES]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved out, so that the closure can be called only once: others reach the vector code by a call.
            let sums = sums;
            let mut inner = [0.0; LANES];
            for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
                for ((sum, a), b) in inner.iter_mut().zip(a).zip(b) {
                    *sum = a.fused(*b, *sum);
                }
            }
            *sums = inner;
        },
    );
}

/// The middle of one value or more; of an even number the upper one of the two.
///
/// # Panics
/// Where there is no value.
pub fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// `y += factor * x`.
pub fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // See above.
            let y = y;
            for (y, x) in y.iter_mut().zip(x) {
                *y = factor.fused(*x, *y);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_agree_with_the_plain_formula() {
        for length in [0, 1, 15, 16, 17, 100] {
            let a: Vec<f64> = (0..length).map(|i| f64::from(i) * 0.5 - 3.0).collect();
            let b: Vec<f64> = (0..length).map(|i| f64::from(i).sin()).collect();
            let wanted: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert!((dot(&a, &b) - wanted).abs() < 1e-12 * (1.0 + wanted.abs()));
            let mut y = a.clone();
            add_scaled(&mut y, -2.0, &b);
            assert!(y.iter().zip(&a).zip(&b).all(|((y, a), b)| (y - (a - 2.0 * b)).abs() < 1e-14));
        }
    }
}
