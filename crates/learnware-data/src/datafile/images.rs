//! Images: a file, a folder or zip of files, or an array.

use std::path::Path;

use learnware_engine::image::{ImageBatch, ImageShape, RawImage};
use learnware_engine::table::RawColumn;

#[cfg(feature = "images")]
use super::decode::decode;
use super::listing::Listing;
use super::pictures::{self, Pictures};
use super::{Content, Data, DataOptions, IMAGE_ENDINGS, folder_labels, has_ending, inside};
use crate::error::{Result, no_labels, refused};
use crate::files::Location;
use crate::said::said;
use crate::tablefile::numpy::{self, NumberClass, Numbers};
use crate::watcher::{Stage, Watcher};

/// Bytes of all images at most, as they are kept in memory.
const BYTES_MAX: usize = 2 << 30;
/// Numbers in an array at most: 1 GiB in memory.
const NUMBERS_MAX: usize = 1 << 28;
/// Bytes of one image file at most.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// How far beyond 0 and 1 rounding may carry a value.
const SLACK: f32 = 1e-3;

/// Reads images.
pub(super) fn read(at: Location<'_>, options: &DataOptions, watcher: &dyn Watcher) -> Result<Data> {
    let path = at.path;
    if has_ending(path, &["npy", "npz"]) {
        return array(at, options, watcher);
    }
    if at.is_folder() || has_ending(path, &["zip"]) {
        return files(at, options, watcher);
    }
    if !has_ending(path, IMAGE_ENDINGS) {
        return Err(refused(
            said!("no-images", "{path} holds no images", path = path.display()),
            "name image files, a folder or zip of them, or an array (.npy, .npz)",
        ));
    }
    if let Some(name) = &options.table.labels {
        return Err(no_labels(
            said!(
                "image-without-labels",
                "{path} is one image, and has no labels {name:?}",
                path = path.display(),
                name = name
            ),
            "name a folder of images; --labels folder takes the names of its sub-folders",
        ));
    }
    let mut image = decode(&path.display().to_string(), &at.bytes()?)?;
    if let Some(size) = options.size() {
        image = pictures::resized(&image, size)?;
    }
    Ok(finish(Pictures::Raw(vec![image]), None))
}

fn files(at: Location<'_>, options: &DataOptions, watcher: &dyn Watcher) -> Result<Data> {
    let path = at.path;
    let mut listing = Listing::open(at)?;
    let files = listing.of_kind(IMAGE_ENDINGS);
    if files.is_empty() {
        return Err(refused(
            said!("no-images", "{path} holds no images", path = path.display()),
            "name a folder or zip of images",
        ));
    }
    let labels = folder_labels(path, options, &files)?;
    let progress = watcher.begin(Stage::Images, Some(files.len() as u64));
    let (mut images, mut total) = (Vec::with_capacity(files.len()), 0);
    for file in &files {
        let place = inside(at, &file.name);
        let mut image = decode(&place, &listing.read(file, FILE_BYTES_MAX)?)?;
        if let Some(size) = options.size() {
            image = pictures::resized(&image, size)?;
        }
        total += image.bytes.len();
        if total > BYTES_MAX {
            return Err(refused(
                said!(
                    "images-too-large",
                    "{place}: the images take more than {size} MiB together",
                    place = place,
                    size = BYTES_MAX >> 20
                ),
                "make them smaller with --resize HxW, or take a sample of them",
            ));
        }
        images.push(image);
        progress.reached(images.len() as u64);
    }
    Ok(finish(Pictures::Raw(images), labels))
}

/// This build knows no image files.
#[cfg(not(feature = "images"))]
fn decode(place: &str, _bytes: &[u8]) -> Result<RawImage> {
    Err(refused(
        said!("no-image-files", "{place}: this build reads no image files", place = place),
        "save the images as an array (.npy)",
    ))
}

fn finish(pictures: Pictures, labels: Option<RawColumn>) -> Data {
    let lines = (1..=pictures.len()).collect();
    Data { content: Content::Images(pictures), labels, lines }
}

/// An array of images: N x channels x height x width, N x height x width x channels, or N x height x width.
fn array(at: Location<'_>, options: &DataOptions, watcher: &dyn Watcher) -> Result<Data> {
    let path = at.path;
    let numbers = numpy::read_numbers(path, &at.bytes()?, &options.table, NUMBERS_MAX)?;
    if let (None, Some(name)) = (&numbers.labels, &options.table.labels) {
        return Err(no_labels(
            said!(
                "no-label-array",
                "{path} has no array {name:?} with labels",
                path = path.display(),
                name = name
            ),
            "save images and labels into one .npz file and name the array of labels",
        ));
    }
    let (layout, shape) = layout(&numbers.shape).ok_or_else(|| {
        refused(
            said!(
                "not-image-shape",
                "{path}: an array of shape {shape} holds no images",
                path = path.display(),
                shape = format!("{:?}", numbers.shape)
            ),
            "images are N x channels x height x width, N x height x width x channels (1 or 3 channels), or \
             N x height x width",
        )
    })?;
    if numbers.values.is_empty() {
        return Err(refused(
            said!("empty-array", "{path}: there are no images in it", path = path.display()),
            "save some images",
        ));
    }
    let Numbers { class, values, labels, .. } = numbers;
    let high = in_range(path, class, &values)?;
    let size: usize = shape.iter().product();
    let [channels, height, width] = shape;
    let pictures = if class == NumberClass::Whole {
        let images = values.chunks_exact(size).enumerate().map(|(place, values)| RawImage {
            name: format!("{}, image {}", path.display(), place + 1),
            channels,
            height,
            width,
            bytes: layout.channels_last(values, shape).into_iter().map(|value| value as u8).collect(),
        });
        let images: Vec<RawImage> = images.collect();
        if high <= 1.0 {
            watcher.warning(said!(
                "black-images",
                "{path}: the largest value is {high}; are these images black?",
                path = path.display(),
                high = high
            ));
        }
        Pictures::Raw(images)
    } else {
        let all = values.chunks_exact(size).flat_map(|values| layout.channels_first(values, shape));
        let all = all.map(|value| value.clamp(0.0, 1.0)).collect();
        Pictures::Fractions(ImageBatch::new(ImageShape::new(channels, height, width)?, all)?)
    };
    let pictures = match options.size() {
        None => pictures,
        Some([height, width]) => Pictures::Fractions(pictures.fitted([channels, height, width])?),
    };
    Ok(finish(pictures, labels))
}

/// Where the channels of an array are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    First,
    Last,
}

impl Layout {
    /// The values of an image, channel by channel.
    fn channels_first(self, values: &[f32], [channels, ..]: [usize; 3]) -> Vec<f32> {
        match self {
            Self::First => values.to_vec(),
            Self::Last => strided(values, channels),
        }
    }

    /// The values of an image, pixel by pixel.
    fn channels_last(self, values: &[f32], [_, height, width]: [usize; 3]) -> Vec<f32> {
        match self {
            Self::First => strided(values, height * width),
            Self::Last => values.to_vec(),
        }
    }
}

/// Every `step`th value from the first on, then from the second on, and so forth.
fn strided(values: &[f32], step: usize) -> Vec<f32> {
    (0..step).flat_map(|start| values.iter().skip(start).step_by(step).copied()).collect()
}

/// Where the channels are, and the shape of one image. One with 1 or 3 channels in both places has them first.
fn layout(shape: &[usize]) -> Option<(Layout, [usize; 3])> {
    let found = match *shape {
        [_, height, width] => (Layout::First, [1, height, width]),
        [_, channels @ (1 | 3), height, width] => (Layout::First, [channels, height, width]),
        [_, height, width, channels @ (1 | 3)] => (Layout::Last, [channels, height, width]),
        _ => return None,
    };
    (found.1.iter().product::<usize>() > 0).then_some(found)
}

/// Refuses whole numbers outside 0 to 255, and fractions outside 0 to 1; gives the largest value.
fn in_range(path: &Path, class: NumberClass, values: &[f32]) -> Result<f32> {
    let (low, high) = values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    if values.iter().any(|value| !value.is_finite()) {
        return Err(refused(
            said!("not-finite-images", "{path}: there are values that are not finite", path = path.display()),
            "replace them, or leave these images out",
        ));
    }
    let (bound, advice) = match class {
        NumberClass::Truth => return Ok(high),
        NumberClass::Whole => (255.0, "scale them to 0 to 255 (uint8)"),
        NumberClass::Fraction => (
            1.0 + SLACK,
            "divide them by 255, or undo a normalisation: models normalise what they take themselves",
        ),
    };
    if low < -SLACK || high > bound {
        let (path, most) = (path.display(), bound.floor());
        let said = match class {
            NumberClass::Whole => said!(
                "whole-range",
                "{path}: whole numbers of images are 0 to {most}, but these go from {low} to {high}",
                path = path,
                most = most,
                low = low,
                high = high
            ),
            NumberClass::Truth | NumberClass::Fraction => said!(
                "fraction-range",
                "{path}: fractions of images are 0 to {most}, but these go from {low} to {high}",
                path = path,
                most = most,
                low = low,
                high = high
            ),
        };
        return Err(refused(said, advice));
    }
    Ok(high)
}
