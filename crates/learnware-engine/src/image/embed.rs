//! A fixed embedding of images without a network: what edges and colours there are, and roughly where.
//!
//! Nothing is learned or downloaded. An image becomes 32 x 32 colour. Its gradients, at full and at half
//! size, are counted by place (4 x 4 cells) and direction (8 bins), as in histograms of oriented gradients
//! (Dalal and Triggs 2005); means and spreads of three opponent colours are taken on the same cells. A
//! fourth root evens out contrast. Neighbouring cells and bins say nearly the same, so a cosine transform over
//! cells and a Fourier transform over directions takes them apart: distributions are compared column by
//! column, and correlated columns would count one thing many times. What changes sign when the image is
//! mirrored is left out, because on average it is 0 for nearly every kind of picture.
//!
//! Columns have different units; the kernel that compares them scales each by its spread.

use super::{ImageBatch, ImageShape, resize};
use crate::embedder::EmbedderId;
use crate::error::Result;
use crate::numeric::real::Real as _;
use crate::numeric::{Matrix, parallel};

/// Name of the embedding, for specifications made on it.
pub const NAME: &str = "gradients-and-colours";
/// Hash of its answers on fixed images; another digest is another embedding.
pub const DIGEST: &str = "fnv1a-83211c533f1c8417";
/// Numbers per image.
pub const DIMENSION: usize = 2 * DIRECTIONS * GRID * GRID / 2 + 2 * 3 * GRID * GRID / 2;

/// Who embeds.
pub fn id() -> EmbedderId {
    EmbedderId { name: NAME.to_owned(), digest: DIGEST.to_owned(), dimension: DIMENSION }
}

/// Height and width that gradients are taken at.
const SIDE: usize = 32;
/// Cells along a side.
const GRID: usize = 4;
/// Bins for the direction of a gradient, over half a turn.
const DIRECTIONS: usize = 8;
/// Added to squares before roots, so that flat images do not amplify noise.
const FLAT_GRADIENT: f32 = 1e-6;
const FLAT_VARIANCE: f32 = 1e-5;

/// Cosine transform of four cells.
const COSINES: [[f32; GRID]; GRID] = [
    [0.5, 0.5, 0.5, 0.5],
    [0.653_281_5, 0.270_598_05, -0.270_598_05, -0.653_281_5],
    [0.5, -0.5, -0.5, 0.5],
    [0.270_598_05, -0.653_281_5, 0.653_281_5, -0.270_598_05],
];

/// cos(2 pi k / 8) / 2.
const TURN: [f32; 8] = [0.5, 0.353_553_4, 0.0, -0.353_553_4, -0.5, -0.353_553_4, 0.0, 0.353_553_4];

/// The embedding of every image: images x [`DIMENSION`].
///
/// Images of another size are resized and grey ones repeated over three channels. Images run in parallel.
pub fn embed(images: &ImageBatch) -> Result<Matrix> {
    let rows = parallel::map(images.count(), |image| embed_one(images.image(image), images.shape()));
    Matrix::new(images.count(), DIMENSION, rows.concat())
}

/// One row of [`embed`].
fn embed_one(image: &[f32], shape: ImageShape) -> Vec<f64> {
    let size = shape.height * shape.width;
    let mut planes = Vec::with_capacity(3);
    for channel in 0..3 {
        let channel = channel.min(shape.channels - 1);
        let plane = &image[channel * size..(channel + 1) * size];
        planes.push(resize::plane(plane, (shape.height, shape.width), (SIDE, SIDE)));
    }
    let mix = |weights: [f32; 3]| -> Vec<f32> {
        let pixel = |place: usize| {
            weights[0].exactly_fused(
                planes[0][place],
                weights[1].exactly_fused(planes[1][place], weights[2] * planes[2][place]),
            )
        };
        (0..SIDE * SIDE).map(pixel).collect()
    };
    let luma = mix([0.299, 0.587, 0.114]);
    let mut row = Vec::with_capacity(DIMENSION);
    directions(&luma, SIDE, &mut row);
    directions(&resize::plane(&luma, (SIDE, SIDE), (SIDE / 2, SIDE / 2)), SIDE / 2, &mut row);
    let opponents =
        [[0.577_350_26; 3], [0.707_106_77, -0.707_106_77, 0.0], [0.408_248_3, 0.408_248_3, -0.816_496_6]];
    let moments: Vec<_> = opponents.into_iter().map(|weights| moments(&mix(weights))).collect();
    for (means, _) in &moments {
        cosine_transform(means, Mirror::Even, &mut row);
    }
    for (_, variances) in &moments {
        let spreads = variances.map(|line| line.map(|value| (value.max(0.0) + FLAT_VARIANCE).sqrt().sqrt()));
        cosine_transform(&spreads, Mirror::Even, &mut row);
    }
    row
}

/// A value for each cell.
type Cells = [[f32; GRID]; GRID];

/// What a mirror does to a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mirror {
    Even,
    Odd,
}

/// Adds the gradient patterns of a square image of `side` to `row`.
fn directions(luma: &[f32], side: usize, row: &mut Vec<f64>) {
    let mut bins = [[[0.0_f32; GRID]; GRID]; DIRECTIONS];
    let cell = side / GRID;
    for y in 0..side {
        for x in 0..side {
            let at = |y: usize, x: usize| luma[y * side + x];
            let inside = |place: usize| place > 0 && place + 1 < side;
            let gx = if inside(x) { at(y, x + 1) - at(y, x - 1) } else { 0.0 };
            let gy = if inside(y) { at(y + 1, x) - at(y - 1, x) } else { 0.0 };
            let size = gx.exactly_fused(gx, gy * gy).sqrt();
            let turn = half_turn(gx, gy) * DIRECTIONS as f32;
            let low = (turn as usize).min(DIRECTIONS - 1);
            let part = turn - low as f32;
            bins[low][y / cell][x / cell] += size * (1.0 - part);
            bins[(low + 1) % DIRECTIONS][y / cell][x / cell] += size * part;
        }
    }
    let share = 1.0 / (cell * cell) as f32;
    let roots = bins
        .map(|cells| cells.map(|line| line.map(|sum| sum.exactly_fused(share, FLAT_GRADIENT).sqrt().sqrt())));
    // Order f of the Fourier transform over half a turn; a mirror turns the sign of its sine.
    for order in 0..=DIRECTIONS / 2 {
        let wave = |shift: usize| {
            let mut cells: Cells = [[0.0; GRID]; GRID];
            for (bin, values) in roots.iter().enumerate() {
                let factor = TURN[(order * bin + shift) % 8];
                for (cells, values) in cells.iter_mut().zip(values) {
                    cells
                        .iter_mut()
                        .zip(values)
                        .for_each(|(sum, value)| *sum = factor.exactly_fused(*value, *sum));
                }
            }
            cells
        };
        cosine_transform(&wave(0), Mirror::Even, row);
        if order % (DIRECTIONS / 2) != 0 {
            // cos(a - pi / 2) = sin(a)
            cosine_transform(&wave(6), Mirror::Odd, row);
        }
    }
}

/// Direction of a gradient without its sign, as a part of half a turn: 0 to 1.
fn half_turn(gx: f32, gy: f32) -> f32 {
    let (wide, high) = (gx.abs(), gy.abs());
    let t = wide.min(high) / wide.max(high).max(f32::MIN_POSITIVE);
    // atan(t) / pi on [0, 1]: Abramowitz and Stegun 4.4.49, error 2e-6. The library's differs by machine.
    let s = t * t;
    let mut p = 0.020_835_1_f32;
    p = p.exactly_fused(s, -0.085_133);
    p = p.exactly_fused(s, 0.180_141);
    p = p.exactly_fused(s, -0.330_299_5);
    p = p.exactly_fused(s, 0.999_866);
    let eighth = p * t * std::f32::consts::FRAC_1_PI;
    let quarter = if high > wide { 0.5 - eighth } else { eighth };
    if gx * gy < 0.0 { 1.0 - quarter } else { quarter }
}

/// Mean and variance of each cell of a 32 x 32 plane.
fn moments(plane: &[f32]) -> (Cells, Cells) {
    let (mut sums, mut squares): (Cells, Cells) = ([[0.0; GRID]; GRID], [[0.0; GRID]; GRID]);
    let cell = SIDE / GRID;
    for (y, line) in plane.chunks_exact(SIDE).enumerate() {
        for (x, value) in line.iter().enumerate() {
            sums[y / cell][x / cell] += value;
            squares[y / cell][x / cell] = value.exactly_fused(*value, squares[y / cell][x / cell]);
        }
    }
    let share = 1.0 / (cell * cell) as f32;
    let means = sums.map(|line| line.map(|sum| sum * share));
    let mut variances = squares;
    for (line, means) in variances.iter_mut().zip(&means) {
        line.iter_mut().zip(means).for_each(|(sum, mean)| *sum = sum.exactly_fused(share, -(mean * mean)));
    }
    (means, variances)
}

/// Adds the cosine patterns of `cells` that leave a mirrored image's sign alone; cells that turn theirs
/// themselves want patterns that do so too.
fn cosine_transform(cells: &Cells, mirror: Mirror, row: &mut Vec<f64>) {
    let first = usize::from(mirror == Mirror::Odd);
    for tall in &COSINES {
        for wide in COSINES.iter().skip(first).step_by(2) {
            let mut sum = 0.0_f32;
            for (line, tall) in cells.iter().zip(tall) {
                for (cell, wide) in line.iter().zip(wide) {
                    sum = (tall * wide).exactly_fused(*cell, sum);
                }
            }
            row.push(f64::from(sum));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    fn noise(count: usize, shape: ImageShape, seed: u64) -> ImageBatch {
        let mut stream = Stream::new(seed);
        let mut level = 0.5_f32;
        let mut draw = |_| {
            level = (level + 0.2 * (stream.uniform() as f32 - 0.5)).clamp(0.0, 1.0);
            level
        };
        ImageBatch::new(shape, (0..count * shape.size()).map(&mut draw).collect()).unwrap()
    }

    #[test]
    fn the_digest_is_that_of_the_answers() {
        let images = noise(4, ImageShape::new(3, 32, 32).unwrap(), 11);
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for value in embed(&images).unwrap().as_slice() {
            for byte in value.to_bits().to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        assert_eq!(DIGEST, format!("fnv1a-{hash:016x}"));
    }

    #[test]
    fn a_mirrored_image_is_the_same() {
        let shape = ImageShape::new(3, 32, 32).unwrap();
        let images = noise(1, shape, 5);
        let mirrored: Vec<f32> =
            images.image(0).chunks_exact(32).flat_map(|line| line.iter().rev().copied()).collect();
        let mirrored = embed(&ImageBatch::new(shape, mirrored).unwrap()).unwrap();
        let plain = embed(&images).unwrap();
        assert_eq!(plain.columns(), DIMENSION);
        for (a, b) in plain.row(0).iter().zip(mirrored.row(0)) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    fn any_shape_gives_a_finite_row_and_rows_do_not_depend_on_neighbours() {
        for (channels, height, width) in [(1, 1, 1), (3, 7, 50), (1, 64, 64), (3, 32, 32)] {
            let images = noise(3, ImageShape::new(channels, height, width).unwrap(), 2);
            let all = embed(&images).unwrap();
            all.require_finite().unwrap();
            assert_eq!(embed(&images.select(&[2])).unwrap().row(0), all.row(2));
        }
    }

    #[test]
    fn directions_are_parts_of_half_a_turn() {
        for step in 0..200 {
            let angle = f64::from(step) * std::f64::consts::PI / 200.0;
            let found = half_turn(angle.cos() as f32, angle.sin() as f32);
            let wanted = angle / std::f64::consts::PI;
            let off = (f64::from(found) - wanted).abs();
            assert!(off.min(1.0 - off) < 1e-5, "{angle} {found}");
        }
        assert_eq!(half_turn(0.0, 0.0), 0.0);
    }
}
