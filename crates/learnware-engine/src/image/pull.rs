//! How images pull on each other under the NNGP kernel: weighted kernel sums and their gradients.
//!
//! The gradient goes the kernel's way back: through the final mean, then for each layer through its 2 x 2
//! mean, the ReLU and the convolution. An image is in the kernel twice, through the covariance with the
//! other image and through its own variance.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

use super::nngp::{
    CELLS, LAYER_CELLS, NngpImages, SIDE, View, WEIGHT_VARIANCE, convolved, mean, neighbours, product, rows,
    sine_and_rest,
};
use crate::numeric::parallel;
use crate::numeric::real::Real as _;

/// Where each layer's map begins among all layers' cells.
const STARTS: [usize; 3] = [0, 32 * 32, 32 * 32 + 16 * 16];

/// Kernel sums and gradients of images.
pub(super) struct Pull {
    /// For each image `sum_j w_j k(z_i, x_j)`.
    pub(super) sums: Vec<f64>,
    /// For each image the gradient of its sum, pixel by pixel; images x channels x 32 x 32.
    pub(super) gradient: Vec<f32>,
}

/// The pull of weighted `data` on `images`, of as many channels.
pub(super) fn towards(images: &NngpImages, data: &NngpImages, weights: &[f64]) -> Pull {
    collect(images, |i, pull| {
        for (j, weight) in weights.iter().enumerate() {
            pull.add(images.view(i), data.view(j), *weight);
        }
    })
}

/// The pull of weighted images on each other. An image's pull on itself counts half in the gradient, so that
/// twice the gradient times the weight is the gradient of `sum_ij w_i w_j k(z_i, z_j)`.
pub(super) fn within(images: &NngpImages, weights: &[f64]) -> Pull {
    collect(images, |i, pull| {
        for (j, weight) in weights.iter().enumerate() {
            if i == j {
                pull.add_own(images.own(i), *weight);
            } else {
                pull.add(images.view(i), images.view(j), *weight);
            }
        }
    })
}

fn collect(images: &NngpImages, work: impl Fn(usize, &mut One) + Sync + Send) -> Pull {
    let parts = parallel::map(images.count(), |i| {
        let mut pull = One::new(images.channels());
        work(i, &mut pull);
        pull.finish(images.pixels(i));
        (pull.sum, pull.gradient)
    });
    let mut pull = Pull { sums: Vec::new(), gradient: Vec::new() };
    for (sum, gradient) in parts {
        pull.sums.push(sum);
        pull.gradient.extend(gradient);
    }
    pull
}

/// The pull on one image so far.
struct One {
    sum: f64,
    gradient: Vec<f32>,
    /// Gradient by the image's own variance before each layer's ReLU.
    variances: Vec<f32>,
}

impl One {
    fn new(channels: usize) -> Self {
        Self { sum: 0.0, gradient: vec![0.0; channels * CELLS], variances: vec![0.0; LAYER_CELLS] }
    }

    /// Adds the pull of `x` on the image `z`.
    fn add(&mut self, z: View, x: View, weight: f64) {
        let value = pulp::Arch::new().dispatch(
            #[inline(always)]
            move || {
                // Moved in, so that the closure is compiled for the processor: see `nngp::fill_row`.
                let this = self;
                this.sum += weight * f64::from(this.add_body(z, x, weight as f32));
                this.sum
            },
        );
        debug_assert!(!value.is_nan(), "images are finite");
    }

    #[inline(always)]
    fn add_body(&mut self, z: View, x: View, weight: f32) -> f32 {
        let (first, slopes_1): ([[f32; 16]; 16], Slopes<32>) = forward(&product(z.pixels, x.pixels), z, x, 0);
        let (second, slopes_2): ([[f32; 8]; 8], Slopes<16>) = forward(&first, z, x, 1);
        let (third, slopes_3): ([[f32; 4]; 4], Slopes<8>) = forward(&second, z, x, 2);
        let seed = [[weight / 16.0; 4]; 4];
        let back = backward(&seed, &slopes_3, &mut self.variances[STARTS[2]..]);
        let back = backward(&back, &slopes_2, &mut self.variances[STARTS[1]..]);
        let back = backward(&back, &slopes_1, &mut self.variances[STARTS[0]..]);
        let share = CELLS as f32 / x.pixels.len() as f32;
        let lines = self.gradient.as_chunks_mut::<SIDE>().0.iter_mut().zip(x.pixels.as_chunks::<SIDE>().0);
        for (place, (gradient, pixels)) in lines.enumerate() {
            let back = &back[place % SIDE];
            for column in 0..SIDE {
                gradient[column] = (back[column] * share).exactly_fused(pixels[column], gradient[column]);
            }
        }
        mean(&third)
    }

    /// Adds half the image's pull on itself; a ReLU halves the variance, so only that is involved.
    fn add_own(&mut self, own: f32, weight: f64) {
        self.sum += weight * f64::from(own);
        let seed = 0.5 * weight as f32 / 16.0 / 8.0;
        self.variances[STARTS[2]..].iter_mut().for_each(|value| *value += seed);
    }

    /// Carries the gradient by the image's variances down to its `pixels`.
    fn finish(&mut self, pixels: &[f32]) {
        let third: [[f32; 8]; 8] = own_back(&self.variances[STARTS[2]..]);
        spread_down(&third, &mut self.variances[STARTS[1]..STARTS[2]]);
        let second: [[f32; 16]; 16] = own_back(&self.variances[STARTS[1]..STARTS[2]]);
        spread_down(&second, &mut self.variances[..STARTS[1]]);
        let first: [[f32; 32]; 32] = own_back(&self.variances[..STARTS[1]]);
        let share = 2.0 * CELLS as f32 / pixels.len() as f32;
        let cells = first.as_flattened().iter().cycle();
        for ((gradient, pixel), back) in self.gradient.iter_mut().zip(pixels).zip(cells) {
            *gradient = (back * share).exactly_fused(*pixel, *gradient);
        }
    }
}

/// Slopes of a layer's ReLU: by the covariance, and by the left image's variance.
type Slopes<const N: usize> = ([[f32; N]; N], [[f32; N]; N]);

/// One layer as the kernel computes it, with the slopes of its ReLU.
#[inline(always)]
fn forward<const N: usize, const M: usize>(
    map: &[[f32; N]; N],
    z: View,
    x: View,
    number: usize,
) -> ([[f32; M]; M], Slopes<N>) {
    let [zs, xs, zi, xi] =
        [z.deviations, x.deviations, z.inverses, x.inverses].map(|maps| rows::<N>(maps, STARTS[number]));
    let mut slopes = ([[0.0; N]; N], [[0.0; N]; N]);
    let mut pooled = [[0.0; M]; M];
    let part = std::f32::consts::FRAC_1_PI * 0.5;
    for row in 0..N {
        let covariance = convolved(map, row);
        let (zs, xs, zi, xi) = (&zs[row], &xs[row], &zi[row], &xi[row]);
        let mut values = [0.0_f32; N];
        for column in 0..N {
            let r = (covariance[column] * (zi[column] * xi[column])).clamp(-1.0, 1.0);
            let (sine, rest) = sine_and_rest(r);
            values[column] = zs[column] * xs[column] * rest.exactly_fused(r, sine) * part;
            slopes.0[row][column] = rest * part;
            slopes.1[row][column] = sine * xs[column] * zi[column] * (0.5 * part);
        }
        for column in 0..M {
            pooled[row / 2][column] += (values[2 * column] + values[2 * column + 1]) * 0.25;
        }
    }
    (pooled, slopes)
}

/// From the gradient by a layer's means to that by its input; adds the gradient by variances.
#[inline(always)]
fn backward<const N: usize, const M: usize>(
    back: &[[f32; M]; M],
    slopes: &Slopes<N>,
    variances: &mut [f32],
) -> [[f32; N]; N] {
    let mut covariance = [[0.0_f32; N]; N];
    let variances = variances.as_chunks_mut::<N>().0;
    for row in 0..N {
        let mut wide = [0.0_f32; N];
        for column in 0..N {
            wide[column] = back[row / 2][column / 2] * 0.25;
        }
        for column in 0..N {
            covariance[row][column] = wide[column] * slopes.0[row][column];
            variances[row][column] += wide[column] * slopes.1[row][column];
        }
    }
    transposed_convolution(&covariance)
}

/// The gradient through a convolution of (co)variances, which is its own transpose.
#[inline(always)]
fn transposed_convolution<const N: usize>(map: &[[f32; N]; N]) -> [[f32; N]; N] {
    let mut result = [[0.0_f32; N]; N];
    for (row, line) in result.iter_mut().enumerate() {
        let sums = neighbours(map, row);
        for column in 0..N {
            line[column] = sums[column] * (WEIGHT_VARIANCE / 9.0);
        }
    }
    result
}

/// The gradient by a layer's own input.
fn own_back<const N: usize>(variances: &[f32]) -> [[f32; N]; N] {
    let mut map = [[0.0; N]; N];
    map.iter_mut().zip(variances.as_chunks::<N>().0).for_each(|(map, line)| *map = *line);
    transposed_convolution(&map)
}

/// Adds the gradient by a layer's input to that by the variances of the layer below: halved by its ReLU,
/// a quarter by its mean.
fn spread_down<const N: usize>(map: &[[f32; N]; N], below: &mut [f32]) {
    for (place, value) in below.iter_mut().enumerate() {
        let (row, column) = (place / (2 * N), place % (2 * N));
        *value += map[row / 2][column / 2] * 0.125;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::nngp::{gram, norm_squared};
    use crate::numeric::random::Stream;

    fn noise(count: usize, seed: u64) -> Vec<f32> {
        let mut stream = Stream::new(seed);
        (0..count * 3 * CELLS).map(|_| stream.normal() as f32).collect()
    }

    #[test]
    fn gradients_are_differences() {
        let (z, x) = (noise(2, 1), NngpImages::new(3, noise(3, 2)).unwrap());
        let (data, own) = ([0.5, 0.2, 0.3], [0.6, 0.4]);
        let images = |z: &[f32]| NngpImages::new(3, z.to_vec()).unwrap();
        let cross = |z: &[f32]| -> f64 {
            let gram = gram(&images(z), &x).unwrap();
            (0..2).map(|i| own[i] * gram.row(i).iter().zip(&data).map(|(k, w)| k * w).sum::<f64>()).sum()
        };
        let start = images(&z);
        let (towards, within) = (towards(&start, &x, &data), within(&start, &own));
        let sum: f64 = towards.sums.iter().zip(own).map(|(sum, weight)| sum * weight).sum();
        assert!((sum - cross(&z)).abs() < 1e-6);
        let sum: f64 = within.sums.iter().zip(own).map(|(sum, weight)| sum * weight).sum();
        assert!((sum - norm_squared(&start, &own)).abs() < 1e-6);
        // Along random directions, where single precision suffices.
        for seed in 3..6 {
            let direction = noise(2, seed);
            let moved =
                |step: f32| -> Vec<f32> { z.iter().zip(&direction).map(|(z, d)| z + step * d).collect() };
            let slope = |pull: &Pull, factor: f64| -> f64 {
                let weighted = pull.gradient.iter().zip(&direction).enumerate();
                weighted.map(|(place, (g, d))| factor * own[place / (3 * CELLS)] * f64::from(g * d)).sum()
            };
            let (up, down) = (moved(0.01), moved(-0.01));
            let differences = [
                ((cross(&up) - cross(&down)) / 0.02, slope(&towards, 1.0)),
                (
                    (norm_squared(&images(&up), &own) - norm_squared(&images(&down), &own)) / 0.02,
                    slope(&within, 2.0),
                ),
            ];
            for (difference, slope) in differences {
                assert!((difference - slope).abs() < 2e-3 * difference.abs() + 2e-5, "{difference} {slope}");
            }
        }
    }
}
