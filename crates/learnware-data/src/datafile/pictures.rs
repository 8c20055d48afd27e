//! Images in memory: any sizes as they were read, one shape as models take them.

use learnware_engine::image::{ImageBatch, ImageShape, RawImage};
use learnware_engine::numeric::Matrix;

use crate::error::{Result, refused};
use crate::said::said;

/// Numbers that models are given at once at most: 2 GiB.
const NUMBERS_MAX: usize = 1 << 28;

/// Images in their order; there is at least one.
#[derive(Debug, Clone, PartialEq)]
pub enum Pictures {
    /// Decoded files or arrays of bytes, perhaps of several sizes.
    Raw(Vec<RawImage>),
    /// Fractions in an array, all of one shape.
    Fractions(ImageBatch),
}

impl Pictures {
    /// Number of images.
    pub fn len(&self) -> usize {
        match self {
            Self::Raw(images) => images.len(),
            Self::Fractions(batch) => batch.count(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names and sizes (height x width) of the first images.
    pub fn names(&self, count: usize) -> Vec<(String, String)> {
        match self {
            Self::Raw(images) => {
                let named = images.iter().take(count);
                named
                    .map(|image| (image.name.clone(), format!("{} x {}", image.height, image.width)))
                    .collect()
            }
            Self::Fractions(batch) => {
                let size = format!("{} x {}", batch.shape().height, batch.shape().width);
                (1..=batch.count().min(count)).map(|place| (format!("image {place}"), size.clone())).collect()
            }
        }
    }

    /// The first images.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        match self {
            Self::Raw(images) => Self::Raw(images.iter().take(count).cloned().collect()),
            Self::Fractions(batch) => {
                Self::Fractions(batch.select(&(0..batch.count().min(count)).collect::<Vec<_>>()))
            }
        }
    }

    /// Whether every image equals the first.
    pub fn are_all_same(&self) -> bool {
        match self {
            Self::Raw(images) => images.iter().all(|image| image.bytes == images[0].bytes),
            Self::Fractions(batch) => (0..batch.count()).all(|image| batch.image(image) == batch.image(0)),
        }
    }

    /// Channels (3 where any image is coloured), height and width of the first.
    pub fn first_shape(&self) -> [usize; 3] {
        match self {
            Self::Raw(images) => {
                let coloured = images.iter().any(|image| image.channels > 2);
                [if coloured { 3 } else { 1 }, images[0].height, images[0].width]
            }
            Self::Fractions(batch) => {
                let shape = batch.shape();
                [shape.channels, shape.height, shape.width]
            }
        }
    }

    /// The shape that all have; the first image of another size is refused by name.
    pub fn common_shape(&self) -> Result<[usize; 3]> {
        let [channels, height, width] = self.first_shape();
        let Self::Raw(images) = self else { return Ok([channels, height, width]) };
        match images.iter().find(|image| (image.height, image.width) != (height, width)) {
            None => Ok([channels, height, width]),
            Some(other) => Err(refused(
                said!(
                    "mixed-sizes",
                    "{name} is {other_height} x {other_width} (height x width), but the images before it are {height} x {width}",
                    name = other.name,
                    other_height = other.height,
                    other_width = other.width,
                    height = height,
                    width = width
                ),
                format!("give all one size with --resize, e.g. --resize {height}x{width}"),
            )),
        }
    }

    /// All images in one shape.
    pub fn fitted(&self, [channels, height, width]: [usize; 3]) -> Result<ImageBatch> {
        let shape = ImageShape::new(channels, height, width)?;
        if self.len().saturating_mul(shape.size()) > NUMBERS_MAX {
            return Err(refused(
                said!(
                    "images-too-many",
                    "{count} images of {channels} x {height} x {width} have more than {most} numbers together",
                    count = self.len(),
                    channels = channels,
                    height = height,
                    width = width,
                    most = NUMBERS_MAX
                ),
                "take fewer images at once",
            ));
        }
        Ok(match self {
            Self::Fractions(batch) if batch.shape() == shape => batch.clone(),
            Self::Fractions(batch) => {
                let images: Vec<RawImage> = (0..batch.count()).map(|image| rounded(batch, image)).collect();
                ImageBatch::fit(shape, &images)?
            }
            Self::Raw(images) => ImageBatch::fit(shape, images)?,
        })
    }

    /// Batches of at most `count` neighbours that have one shape as they are.
    pub fn parts(&self, count: usize) -> Box<dyn Iterator<Item = Result<ImageBatch>> + '_> {
        match self {
            Self::Fractions(batch) => {
                let part = move |start: usize| {
                    let end = (start + count).min(batch.count());
                    Ok(batch.select(&(start..end).collect::<Vec<_>>()))
                };
                Box::new((0..batch.count()).step_by(count).map(part))
            }
            Self::Raw(images) => {
                let alike = |a: &RawImage, b: &RawImage| (a.height, a.width) == (b.height, b.width);
                let parts = images.chunk_by(alike).flat_map(move |alike| alike.chunks(count));
                let batch = |part: &[RawImage]| {
                    let coloured = part.iter().any(|image| image.channels > 2);
                    let channels = if coloured { 3 } else { 1 };
                    let shape = ImageShape::new(channels, part[0].height, part[0].width)?;
                    Ok(ImageBatch::fit(shape, part)?)
                };
                Box::new(parts.map(batch))
            }
        }
    }

    /// All images in one shape, a row each.
    pub fn stacked(&self, shape: [usize; 3]) -> Result<Matrix> {
        Ok(self.fitted(shape)?.to_matrix()?)
    }
}

/// An image of this height and width, with as many colours as before and without alpha.
pub(super) fn resized(image: &RawImage, [height, width]: [usize; 2]) -> Result<RawImage> {
    if (image.height, image.width) == (height, width) {
        return Ok(image.clone());
    }
    let shape = ImageShape::new(if image.channels > 2 { 3 } else { 1 }, height, width)?;
    let batch = ImageBatch::new(shape, image.fit(shape)?)?;
    Ok(RawImage { name: image.name.clone(), ..rounded(&batch, 0) })
}

/// An image of a batch as bytes.
fn rounded(batch: &ImageBatch, image: usize) -> RawImage {
    let ImageShape { channels, height, width } = batch.shape();
    let values = batch.image(image);
    let pixel = |pixel: usize| (0..channels).map(move |channel| values[channel * height * width + pixel]);
    let bytes = (0..height * width).flat_map(pixel).map(|value| (value * 255.0).round() as u8).collect();
    RawImage { name: format!("image {}", image + 1), channels, height, width, bytes }
}
