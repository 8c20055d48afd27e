//! The reference's image kernel: a convolutional network of infinite width, as a Gaussian process.
//!
//! Three layers of 3 x 3 convolution, ReLU and 2 x 2 mean, then one mean over all cells (Garriga-Alonso,
//! Aitchison and Rasmussen, arXiv 1808.05587). Only covariances at equal places of two images are needed,
//! so a pair of images costs 32^2 + 16^2 + 8^2 evaluations of the ReLU's arc-cosine function. Cells are
//! `f32`, as in the reference; sums over images are `f64`.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

use crate::error::{EngineError, Result};
use crate::numeric::real::Real as _;
use crate::numeric::{Matrix, parallel};

/// Height and width of an image under this kernel.
pub const SIDE: usize = 32;

/// Cells of one channel.
pub(super) const CELLS: usize = SIDE * SIDE;
/// Cells of all three layers before their ReLU.
pub(super) const LAYER_CELLS: usize = 32 * 32 + 16 * 16 + 8 * 8;
/// Variance of a convolution's weights, and of its biases, in the reference.
pub(super) const WEIGHT_VARIANCE: f32 = std::f32::consts::SQRT_2;
const BIAS_VARIANCE: f32 = 0.1;

/// Images ready for the kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct NngpImages {
    count: usize,
    channels: usize,
    /// Images x channels x 32 x 32.
    pixels: Vec<f32>,
    /// Images x cells of all layers: standard deviation before the ReLU, and its inverse.
    deviations: Vec<f32>,
    inverses: Vec<f32>,
    /// The kernel of each image with itself.
    own: Vec<f32>,
}

impl NngpImages {
    /// Prepares `pixels`: images x `channels` x 32 x 32, row by row, of any finite size. The reference
    /// standardises and whitens data before it makes a specification; this does neither.
    pub fn new(channels: usize, pixels: Vec<f32>) -> Result<Self> {
        let size = channels * CELLS;
        if size == 0 || !pixels.len().is_multiple_of(size) {
            return Err(EngineError::Shape {
                what: "pixels of images under the NNGP kernel",
                expected: format!("a multiple of {channels} x {SIDE} x {SIDE}"),
                found: pixels.len().to_string(),
            });
        }
        if let Some(place) = pixels.iter().position(|value| !value.is_finite()) {
            return Err(EngineError::NonFinite { column: place % size, row: place / size });
        }
        let count = pixels.len() / size;
        let maps =
            parallel::map(count, |image| own_maps(&pixels[image * size..(image + 1) * size], channels));
        let mut images = Self {
            count,
            channels,
            pixels,
            deviations: Vec::with_capacity(count * LAYER_CELLS),
            inverses: Vec::with_capacity(count * LAYER_CELLS),
            own: Vec::with_capacity(count),
        };
        for (deviations, own) in maps {
            images.inverses.extend(deviations.iter().map(|value| 1.0 / value));
            images.deviations.extend(deviations);
            images.own.push(own);
        }
        Ok(images)
    }

    /// Number of images.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Channels of each.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The kernel of one image with itself.
    pub(super) fn own(&self, image: usize) -> f32 {
        self.own[image]
    }

    /// One image: channels x 32 x 32.
    #[inline(always)]
    pub fn pixels(&self, image: usize) -> &[f32] {
        let size = self.channels * CELLS;
        &self.pixels[image * size..(image + 1) * size]
    }

    #[inline(always)]
    pub(super) fn view(&self, image: usize) -> View<'_> {
        let layers = image * LAYER_CELLS..(image + 1) * LAYER_CELLS;
        View {
            pixels: self.pixels(image),
            deviations: &self.deviations[layers.clone()],
            inverses: &self.inverses[layers],
        }
    }

    pub(super) fn same_channels(&self, other: &Self) -> Result<()> {
        if self.channels == other.channels {
            return Ok(());
        }
        Err(EngineError::Incomparable {
            reason: format!("images of {} and of {} channels", self.channels, other.channels),
        })
    }
}

/// The kernel matrix, left x right.
///
/// # Errors
///
/// [`EngineError::Incomparable`] when the numbers of channels differ.
pub fn gram(left: &NngpImages, right: &NngpImages) -> Result<Matrix> {
    left.same_channels(right)?;
    let rows = parallel::map(left.count, |i| {
        let mut row = vec![0.0; right.count];
        fill_row(left.view(i), right, &mut row, 0);
        row
    });
    Matrix::new(left.count, right.count, rows.concat())
}

/// The kernel matrix of images with themselves. Its diagonal is exact, which the general formula is not.
pub fn own_gram(images: &NngpImages) -> Matrix {
    let rows = parallel::map(images.count, |i| {
        let mut row = vec![0.0; images.count];
        fill_row(images.view(i), images, &mut row, i + 1);
        row
    });
    let mut gram = Matrix::zeros(images.count, images.count);
    for (i, row) in rows.iter().enumerate() {
        gram.set(i, i, f64::from(images.own[i]));
        for (j, value) in row.iter().enumerate().skip(i + 1) {
            gram.set(i, j, *value);
            gram.set(j, i, *value);
        }
    }
    gram
}

/// `sum_ij a_i b_j k(x_i, y_j)` over two weighted sets of images.
pub fn inner_product(left: (&NngpImages, &[f64]), right: (&NngpImages, &[f64])) -> Result<f64> {
    Ok(weighted(&gram(left.0, right.0)?, left.1, right.1))
}

/// `sum_ij a_i a_j k(x_i, x_j)`.
pub fn norm_squared(images: &NngpImages, weights: &[f64]) -> f64 {
    weighted(&own_gram(images), weights, weights)
}

/// Squared MMD of two weighted sets of images: the reference's `dist`.
pub fn distance(left: (&NngpImages, &[f64]), right: (&NngpImages, &[f64])) -> Result<f64> {
    let cross = inner_product(left, right)?;
    Ok(norm_squared(left.0, left.1) - 2.0 * cross + norm_squared(right.0, right.1))
}

fn weighted(gram: &Matrix, left: &[f64], right: &[f64]) -> f64 {
    let row = |row: &[f64]| row.iter().zip(right).map(|(value, weight)| value * weight).sum::<f64>();
    gram.iter_rows().zip(left).map(|(values, weight)| weight * row(values)).sum()
}

/// One image with what depends on it alone.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) pixels: &'a [f32],
    pub(super) deviations: &'a [f32],
    pub(super) inverses: &'a [f32],
}

/// Writes the kernel of `left` with each of `right` from `first` on.
fn fill_row(left: View, right: &NngpImages, row: &mut [f64], first: usize) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved in, so that the closure can be called once only: one that could be called again gets a
            // shim, which is not compiled for the processor.
            let row = row;
            for (j, value) in row.iter_mut().enumerate().skip(first) {
                *value = f64::from(pair(left, right.view(j)));
            }
        },
    );
}

/// The kernel of two images.
#[inline(always)]
fn pair(x: View, y: View) -> f32 {
    let first = product(x.pixels, y.pixels);
    let second: [[f32; 16]; 16] = layer(&first, x, y, 0);
    let third: [[f32; 8]; 8] = layer(&second, x, y, 32 * 32);
    let last: [[f32; 4]; 4] = layer(&third, x, y, 32 * 32 + 16 * 16);
    mean(&last)
}

/// Mean over channels of the product, cell by cell.
#[inline(always)]
pub(super) fn product(x: &[f32], y: &[f32]) -> [[f32; SIDE]; SIDE] {
    let mut map = [[0.0; SIDE]; SIDE];
    let (xs, ys) = (x.as_chunks::<SIDE>().0, y.as_chunks::<SIDE>().0);
    for (place, (x, y)) in xs.iter().zip(ys).enumerate() {
        let map = &mut map[place % SIDE];
        for column in 0..SIDE {
            map[column] = x[column].exactly_fused(y[column], map[column]);
        }
    }
    let share = CELLS as f32 / x.len() as f32;
    map.map(|row| row.map(|cell| cell * share))
}

/// Convolution, ReLU and 2 x 2 mean of a covariance map; `M` is half of `N`, and the layer's own maps begin
/// at `start`.
#[inline(always)]
fn layer<const N: usize, const M: usize>(
    map: &[[f32; N]; N],
    x: View,
    y: View,
    start: usize,
) -> [[f32; M]; M] {
    let [xs, ys, xi, yi] =
        [x.deviations, y.deviations, x.inverses, y.inverses].map(|maps| rows::<N>(maps, start));
    let mut pooled = [[0.0; M]; M];
    for (half, pooled) in pooled.iter_mut().enumerate() {
        let mut both = [0.0_f32; N];
        for row in [2 * half, 2 * half + 1] {
            let covariance = convolved(map, row);
            let (xs, ys, xi, yi) = (&xs[row], &ys[row], &xi[row], &yi[row]);
            for column in 0..N {
                let correlation = covariance[column] * (xi[column] * yi[column]);
                both[column] += xs[column] * ys[column] * arc_cosine(correlation);
            }
        }
        for (column, cell) in pooled.iter_mut().enumerate() {
            *cell = (both[2 * column] + both[2 * column + 1]) * 0.25;
        }
    }
    pooled
}

/// The `N` rows of a layer's map that begins at `start`.
#[inline(always)]
pub(super) fn rows<const N: usize>(maps: &[f32], start: usize) -> &[[f32; N]] {
    &maps[start..start + N * N].as_chunks::<N>().0[..N]
}

/// One row of a 3 x 3 convolution's covariance; the border is 0.
#[inline(always)]
pub(super) fn convolved<const N: usize>(map: &[[f32; N]; N], row: usize) -> [f32; N] {
    let mut sums = neighbours(map, row);
    for sum in &mut sums {
        *sum = sum.exactly_fused(WEIGHT_VARIANCE / 9.0, BIAS_VARIANCE);
    }
    sums
}

/// One row of the sums over 3 x 3 cells.
#[inline(always)]
pub(super) fn neighbours<const N: usize>(map: &[[f32; N]; N], row: usize) -> [f32; N] {
    let mut columns = map[row];
    for near in [row.wrapping_sub(1), row + 1] {
        if near < N {
            for column in 0..N {
                columns[column] += map[near][column];
            }
        }
    }
    let mut line = [0.0_f32; SIDE + 2];
    line[1..=N].copy_from_slice(&columns);
    let mut sums = [0.0; N];
    for column in 0..N {
        sums[column] = line[column] + line[column + 1] + line[column + 2];
    }
    sums
}

/// `(sqrt(1 - r^2) + (pi - acos r) r) / (2 pi)`: the covariance after a ReLU of two normals of variance 1
/// and correlation `r` (Cho and Saul 2009).
#[inline(always)]
fn arc_cosine(r: f32) -> f32 {
    let (sine, rest) = sine_and_rest(r);
    rest.exactly_fused(r.clamp(-1.0, 1.0), sine) * (std::f32::consts::FRAC_1_PI * 0.5)
}

/// `sqrt(1 - r^2)` and `pi - acos r`, without branches; `r` is held in `[-1, 1]`.
#[inline(always)]
pub(super) fn sine_and_rest(r: f32) -> (f32, f32) {
    // acos by Abramowitz and Stegun 4.4.46, error 2e-8; near 1 its error cancels that of the sine.
    let a = r.abs().min(1.0);
    let mut p = -0.001_262_491_1_f32;
    p = p.exactly_fused(a, 0.006_670_09);
    p = p.exactly_fused(a, -0.017_088_126);
    p = p.exactly_fused(a, 0.030_891_88);
    p = p.exactly_fused(a, -0.050_174_3);
    p = p.exactly_fused(a, 0.088_978_99);
    p = p.exactly_fused(a, -0.214_598_8);
    p = p.exactly_fused(a, std::f32::consts::FRAC_PI_2);
    let root = (1.0 - a).sqrt();
    let angle = root * p;
    let rest = if r > 0.0 { std::f32::consts::PI - angle } else { angle };
    (root * (1.0 + a).sqrt(), rest)
}

#[inline(always)]
pub(super) fn mean<const N: usize>(map: &[[f32; N]; N]) -> f32 {
    map.iter().map(|row| row.iter().sum::<f32>()).sum::<f32>() / (N * N) as f32
}

/// Deviations of all layers before their ReLU, and the kernel of the image with itself.
fn own_maps(image: &[f32], channels: usize) -> (Vec<f32>, f32) {
    let mut deviations = Vec::with_capacity(LAYER_CELLS);
    debug_assert_eq!(image.len(), channels * CELLS);
    let first = product(image, image);
    let second: [[f32; 16]; 16] = own_layer(&first, &mut deviations);
    let third: [[f32; 8]; 8] = own_layer(&second, &mut deviations);
    let last: [[f32; 4]; 4] = own_layer(&third, &mut deviations);
    (deviations, mean(&last))
}

/// [`layer`] of an image with itself: a ReLU halves the variance.
fn own_layer<const N: usize, const M: usize>(
    map: &[[f32; N]; N],
    deviations: &mut Vec<f32>,
) -> [[f32; M]; M] {
    let mut pooled = [[0.0; M]; M];
    for row in 0..N {
        let variance = convolved(map, row);
        deviations.extend(variance.iter().map(|value| value.sqrt()));
        for (column, value) in variance.iter().enumerate() {
            pooled[row / 2][column / 2] += value * 0.125;
        }
    }
    pooled
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that the reference was asked about too.
    fn images(count: usize, channels: usize) -> NngpImages {
        let value = |i: usize| ((37 * i + 11 * (i / 1024)) % 101) as f32 / 25.0 - 2.0;
        NngpImages::new(channels, (0..count * channels * CELLS).map(value).collect()).unwrap()
    }

    #[test]
    fn kernel_equals_the_references() {
        // `cnn_gp` of learnware 0.3.2 in double precision.
        let wanted = [
            (1, [0.471_548_368_9, 0.310_911_294_7, 0.282_224_270_4]),
            (3, [0.471_508_461_3, 0.298_052_914_1, 0.283_824_180_9]),
        ];
        for (channels, values) in wanted {
            let images = images(3, channels);
            for (own, gram) in [(0, own_gram(&images)), (1, gram(&images, &images).unwrap())] {
                for (column, value) in values.iter().enumerate() {
                    let ours = gram.at(0, column);
                    assert!((ours / value - 1.0).abs() < 1e-6, "{own} {channels} {column}: {ours} {value}");
                }
            }
            let weights = [0.5, 0.25, 0.25];
            assert!(distance((&images, &weights), (&images, &weights)).unwrap().abs() < 1e-6);
        }
    }

    #[test]
    fn relu_covariance_has_its_known_values() {
        let exact =
            |r: f64| ((1.0 - r * r).sqrt() + (std::f64::consts::PI - r.acos()) * r) / std::f64::consts::TAU;
        for step in -1000..=1000 {
            let r = f64::from(step) / 1000.0;
            assert!((f64::from(arc_cosine(r as f32)) - exact(r)).abs() < 1e-7, "{r}");
        }
    }

    #[test]
    fn wrong_input_is_refused() {
        assert!(NngpImages::new(3, vec![0.0; 1024]).is_err());
        assert!(NngpImages::new(0, vec![]).is_err());
        assert!(NngpImages::new(1, vec![f32::NAN; 1024]).is_err());
        assert!(gram(&images(1, 1), &images(1, 3)).is_err());
    }
}
