//! A specification of images under the reference's kernel: few images with weights that together lie near
//! the data.
//!
//! The reference follows random networks with thousands of gradient steps; here the kernel and its
//! gradient are exact. Images start as means of groups that our embedding finds, so that none of the
//! user's images is in the result, and are then moved by L-BFGS while a simplex QP gives their weights.
//!
//! Pixels are standardised channel by channel, as in the reference. Its second step, a whitening matrix (ZCA)
//! of the owner's data that it keeps to itself, is not taken: a specification made here is near other data
//! under the same preparation, which for the reference means `whitening=False`.

use super::nngp::{self, CELLS, NngpImages, SIDE};
use super::{ImageBatch, ImageShape, embed, pull, resize};
use crate::error::{EngineError, Result};
use crate::numeric::kernel::{self, Points};
use crate::numeric::lbfgs::{self, Limits};
use crate::numeric::random::Stream;
use crate::numeric::{Matrix, kmeans, parallel, quadratic};

/// Images that a starting point is the mean of, at least.
pub const GROUP_MIN: usize = 5;
/// Images that are grouped at most.
const GROUPED_MAX: usize = 5_000;
/// Passes of k-means.
const KMEANS_PASSES: usize = 10;
/// Factors tried on the means, which have less contrast than images.
const CONTRASTS: [f32; 5] = [1.0, 1.25, 1.5, 2.0, 3.0];

/// How a specification of images is made.
#[derive(Debug, Clone, PartialEq)]
pub struct NngpParameters {
    /// Images wanted; fewer when there are not [`GROUP_MIN`] times as many.
    pub reduced_set_size: usize,
    /// Images of the data that the kernel is compared with.
    pub sample_size: usize,
    /// Rounds of weights and images.
    pub rounds: usize,
    /// L-BFGS steps on the images in each round; 0 leaves the means as they are.
    pub steps: usize,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for NngpParameters {
    fn default() -> Self {
        Self { reduced_set_size: 50, sample_size: 500, rounds: 3, steps: 8, seed: 0 }
    }
}

/// Images and weights that stand for a distribution of images under the NNGP kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct NngpSpecification {
    /// The images `z`, channels x 32 x 32 each, in standardised units.
    pub images: NngpImages,
    /// Their weights `beta`: non-negative, sum one.
    pub weights: Vec<f64>,
    /// Squared MMD to the sample of the data it was made from.
    pub distance: f64,
}

/// Makes a specification of `images`, of any size; colour stays colour and grey stays grey.
///
/// # Errors
///
/// [`EngineError::Empty`] without images, [`EngineError::Parameter`] for a size of 0.
pub fn generate(images: &ImageBatch, parameters: &NngpParameters) -> Result<NngpSpecification> {
    if images.count() == 0 {
        return Err(EngineError::Empty { what: "the images" });
    }
    if parameters.reduced_set_size == 0 || parameters.sample_size == 0 {
        return Err(EngineError::Parameter {
            name: "reduced_set_size and sample_size",
            wanted: "at least 1",
            found: format!("{} and {}", parameters.reduced_set_size, parameters.sample_size),
        });
    }
    let mut stream = Stream::new(parameters.seed);
    let chosen = images.select(&stream.sample(images.count(), GROUPED_MAX));
    let channels = chosen.shape().channels;
    let pixels = prepare(&chosen);
    let size = channels * CELLS;
    let picked = stream.sample(chosen.count(), parameters.sample_size);
    let sample = picked.iter().flat_map(|&i| pixels[i * size..(i + 1) * size].iter().copied()).collect();
    let sample = NngpImages::new(channels, sample)?;
    let count = parameters.reduced_set_size.min(chosen.count() / GROUP_MIN).max(1);
    let start: Vec<f32> = groups(&chosen, count, &mut stream)?
        .iter()
        .flat_map(|group| mean_image(group, &pixels, size))
        .collect();
    refine(&start, &sample, parameters)
}

/// Standardised pixels of all images at 32 x 32, as the reference prepares them before it whitens.
pub fn prepare(images: &ImageBatch) -> Vec<f32> {
    let ImageShape { channels, height, width } = images.shape();
    let resized = parallel::map(images.count(), |image| {
        let planes = images.image(image).chunks_exact(height * width);
        planes.flat_map(|plane| resize::plane(plane, (height, width), (SIDE, SIDE))).collect::<Vec<f32>>()
    });
    let mut pixels = resized.concat();
    for channel in 0..channels {
        let own = |pixels: &[f32]| -> Vec<f64> {
            let planes = pixels.chunks_exact(CELLS).skip(channel).step_by(channels);
            planes.flatten().map(|value| f64::from(*value)).collect()
        };
        let values = own(&pixels);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = (squares / (values.len() - 1).max(1) as f64).sqrt();
        // A channel without any contrast becomes 0.
        let scale = if deviation > 1e-6 { 1.0 / deviation } else { 0.0 };
        for plane in pixels.chunks_exact_mut(CELLS).skip(channel).step_by(channels) {
            for value in plane {
                *value = ((f64::from(*value) - mean) * scale) as f32;
            }
        }
    }
    pixels
}

/// Groups of similar images by our embedding. A group that is too small is filled with the images nearest
/// to its centre.
fn groups(images: &ImageBatch, count: usize, stream: &mut Stream) -> Result<Vec<Vec<usize>>> {
    let rows = embed::embed(images)?;
    let (means, deviations) = column_scales(&rows);
    let points = Points::<f32>::centred(&rows, &means, &deviations);
    let (centres, _) = kmeans::centres(&points, count, KMEANS_PASSES, stream);
    let mut groups = vec![Vec::new(); count];
    for (image, (group, _)) in kernel::nearest(&points, &centres).iter().enumerate() {
        groups[*group].push(image);
    }
    for (place, group) in groups.iter_mut().enumerate().filter(|(_, group)| group.len() < GROUP_MIN) {
        let distances = kernel::distances_to(centres.row(place), &points);
        let mut nearest: Vec<usize> = (0..distances.len()).collect();
        nearest.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
        nearest.truncate(GROUP_MIN);
        *group = nearest;
    }
    Ok(groups)
}

/// Mean and inverse deviation of each column; 0 for a column that is constant.
fn column_scales(rows: &Matrix) -> (Vec<f64>, Vec<f64>) {
    let count = rows.rows() as f64;
    let mut means = vec![0.0; rows.columns()];
    for row in rows.iter_rows() {
        means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / count);
    }
    let mut variances = vec![0.0; rows.columns()];
    for row in rows.iter_rows() {
        for ((sum, value), mean) in variances.iter_mut().zip(row).zip(&means) {
            *sum += (value - mean) * (value - mean) / count;
        }
    }
    let inverse = |variance: &f64| if *variance > 1e-12 { 1.0 / variance.sqrt() } else { 0.0 };
    let scales = variances.iter().map(inverse).collect();
    (means, scales)
}

fn mean_image(group: &[usize], pixels: &[f32], size: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; size];
    for image in group {
        let image = &pixels[image * size..(image + 1) * size];
        sums.iter_mut().zip(image).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    sums.iter().map(|sum| (sum / group.len() as f64) as f32).collect()
}

/// Weights and moves images that start at `start` until they lie near `sample`.
fn refine(start: &[f32], sample: &NngpImages, parameters: &NngpParameters) -> Result<NngpSpecification> {
    let share = vec![1.0 / sample.count() as f64; sample.count()];
    let own = nngp::norm_squared(sample, &share);
    let weigh = |pixels: Vec<f32>| -> Result<NngpSpecification> {
        let images = NngpImages::new(sample.channels(), pixels)?;
        let cross: Vec<f64> = nngp::gram(&images, sample)?
            .iter_rows()
            .map(|row| row.iter().sum::<f64>() / sample.count() as f64)
            .collect();
        let solution = quadratic::simplex_qp(&nngp::own_gram(&images), &cross);
        let distance = 2.0 * solution.objective + own;
        Ok(NngpSpecification { images, weights: solution.weights, distance })
    };
    let mut best: Option<NngpSpecification> = None;
    for contrast in CONTRASTS {
        let next = weigh(start.iter().map(|value| value * contrast).collect())?;
        if best.as_ref().is_none_or(|best| next.distance < best.distance) {
            best = Some(next);
        }
    }
    let mut best = best.ok_or(EngineError::Empty { what: "the list of contrasts" })?;
    for _ in 0..parameters.rounds * usize::from(parameters.steps > 0) {
        let next = weigh(moved(&best, sample, &share, parameters.steps))?;
        if next.distance < best.distance {
            best = next;
        }
    }
    Ok(best)
}

/// The images after some steps towards the sample, their weights held.
fn moved(from: &NngpSpecification, sample: &NngpImages, share: &[f64], steps: usize) -> Vec<f32> {
    let size = sample.channels() * CELLS;
    let mut x: Vec<f64> =
        (0..from.images.count()).flat_map(|i| from.images.pixels(i).iter().map(|v| f64::from(*v))).collect();
    let first_step = 0.02 * (x.len() as f64).sqrt();
    let limits = Limits { iterations_max: steps, relative_fall_min: 1e-6, first_step };
    let objective = |x: &[f64], gradient: &mut [f64]| -> f64 {
        let Ok(images) = NngpImages::new(sample.channels(), x.iter().map(|v| *v as f32).collect()) else {
            return f64::INFINITY; // a step too far: the line search comes back
        };
        let within = pull::within(&images, &from.weights);
        let towards = pull::towards(&images, sample, share);
        let mut value = 0.0;
        for (i, weight) in from.weights.iter().enumerate() {
            value += weight * (within.sums[i] - 2.0 * towards.sums[i]);
            let pixels = i * size..(i + 1) * size;
            let pulls = within.gradient[pixels.clone()].iter().zip(&towards.gradient[pixels.clone()]);
            for (slope, (within, towards)) in gradient[pixels].iter_mut().zip(pulls) {
                *slope = 2.0 * weight * f64::from(within - towards);
            }
        }
        value
    };
    lbfgs::minimise(objective, &mut x, limits);
    x.iter().map(|value| *value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(count: usize, channels: usize) -> ImageBatch {
        let mut stream = Stream::new(7);
        let shape = ImageShape::new(channels, 32, 32).unwrap();
        let mut values = Vec::new();
        for image in 0..count {
            let (level, tilt) = (stream.uniform() as f32, (image % 3) as f32 / 2.0);
            values.extend((0..shape.size()).map(|place| {
                let column = (place % 32) as f32 / 32.0;
                (0.6 * level + 0.3 * tilt * column + 0.1 * stream.uniform() as f32).clamp(0.0, 1.0)
            }));
        }
        ImageBatch::new(shape, values).unwrap()
    }

    #[test]
    fn comes_near_the_data_and_repeats() {
        let parameters = NngpParameters {
            reduced_set_size: 4,
            sample_size: 40,
            rounds: 2,
            steps: 3,
            ..Default::default()
        };
        for channels in [1, 3] {
            let data = images(60, channels);
            let made = generate(&data, &parameters).unwrap();
            assert_eq!((made.images.count(), made.images.channels()), (4, channels));
            assert!((made.weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let start = generate(&data, &NngpParameters { steps: 0, ..parameters.clone() }).unwrap();
            assert!(
                made.distance < start.distance && made.distance >= -1e-6,
                "{} {}",
                made.distance,
                start.distance
            );
            assert_eq!(generate(&data, &parameters).unwrap(), made);
        }
    }

    #[test]
    fn few_images_give_one_mean_and_none_an_error() {
        let parameters = NngpParameters { steps: 0, ..Default::default() };
        let made = generate(&images(3, 3), &parameters).unwrap();
        assert_eq!(made.images.count(), 1);
        assert!(generate(&images(3, 3).select(&[]), &parameters).is_err());
    }
}
