//! Images as numbers: one shape for all, and what can be computed of them before a model sees them.
//!
//! [`ImageBatch`] holds images of one shape, [`RawImage`] is one decoded image of any size, which
//! [`RawImage::fit`] brings to a shape; `nngp` is the reference's image kernel,
//! `embed` an embedding without a network. Decoding of files is not
//! done here, nor is anything learned from data.

pub mod embed;
pub mod generate;
pub mod nngp;
mod pull;
mod resize;

use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::real::Real as _;

/// Pixels of one image before it is resized: more than any camera makes.
const PIXELS_MAX: usize = 1 << 28;

/// Shape of an image as models declare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageShape {
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl ImageShape {
    /// A shape; channels are 1 or 3, height and width are not 0.
    pub fn new(channels: usize, height: usize, width: usize) -> Result<Self> {
        let size = height.checked_mul(width).filter(|size| (1..=PIXELS_MAX).contains(size));
        if !matches!(channels, 1 | 3) || size.is_none() {
            return Err(EngineError::Parameter {
                name: "the shape of images",
                wanted: "1 or 3 channels of at least one pixel",
                found: format!("{channels} x {height} x {width}"),
            });
        }
        Ok(Self { channels, height, width })
    }

    /// Numbers in one image.
    pub fn size(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Images of one shape: values in `[0, 1]`, image by image, channel by channel, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageBatch {
    shape: ImageShape,
    values: Vec<f32>,
}

impl ImageBatch {
    /// A batch of values that are scaled already.
    ///
    /// # Errors
    ///
    /// [`EngineError::Shape`] when the values are no whole number of images, [`EngineError::Format`] with
    /// the number of the first image that has a value outside `[0, 1]`.
    pub fn new(shape: ImageShape, values: Vec<f32>) -> Result<Self> {
        if !values.len().is_multiple_of(shape.size()) {
            return Err(EngineError::Shape {
                what: "values of images",
                expected: format!("a multiple of {}", shape.size()),
                found: values.len().to_string(),
            });
        }
        if let Some(place) = values.iter().position(|value| !(0.0..=1.0).contains(value)) {
            let image = place / shape.size();
            return Err(wrong(&format!("image {image}"), "it has a value outside 0 to 1"));
        }
        Ok(Self { shape, values })
    }

    /// A batch from decoded images of any sizes.
    ///
    /// # Errors
    ///
    /// [`EngineError::Format`] with the name of the first image that cannot be used.
    pub fn fit(shape: ImageShape, images: &[RawImage]) -> Result<Self> {
        let fitted = crate::numeric::parallel::map(images.len(), |image| images[image].fit(shape));
        let mut values = Vec::with_capacity(images.len() * shape.size());
        for image in fitted {
            values.extend(image?);
        }
        Ok(Self { shape, values })
    }

    /// Shape of each image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Number of images.
    pub fn count(&self) -> usize {
        self.values.len() / self.shape.size()
    }

    /// One image: channels x height x width.
    pub fn image(&self, image: usize) -> &[f32] {
        &self.values[image * self.shape.size()..(image + 1) * self.shape.size()]
    }

    /// All values, image by image.
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }

    /// The images with the given indices, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let values = indices.iter().flat_map(|index| self.image(*index).iter().copied()).collect();
        Self { shape: self.shape, values }
    }

    /// One row per image, as models take them.
    pub fn to_matrix(&self) -> Result<Matrix> {
        let values = self.values.iter().map(|value| f64::from(*value)).collect();
        Matrix::new(self.count(), self.shape.size(), values)
    }
}

/// One decoded image: rows of pixels, the channels of a pixel side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawImage {
    /// What errors call it, such as its file's name.
    pub name: String,
    /// 1 (grey), 2 (grey, alpha), 3 (red, green, blue) or 4 (with alpha).
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Height x width x channels bytes.
    pub bytes: Vec<u8>,
}

impl RawImage {
    /// The image in another shape, with values in `[0, 1]`: channels x height x width. Alpha shows white
    /// behind the image; grey is the luma of ITU-R BT.601; a grey image as colour has three equal
    /// channels. Smaller sides are means over areas, larger ones are interpolated linearly; the
    /// proportions of height and width are not kept.
    ///
    /// # Errors
    ///
    /// [`EngineError::Format`] with the image's name when its bytes are not of its shape.
    pub fn fit(&self, shape: ImageShape) -> Result<Vec<f32>> {
        let pixels = self.height.checked_mul(self.width).filter(|pixels| (1..=PIXELS_MAX).contains(pixels));
        let Some(pixels) = pixels else {
            return Err(wrong(&self.name, format!("its size is {} x {}", self.height, self.width)));
        };
        if !(1..=4).contains(&self.channels) {
            return Err(wrong(&self.name, format!("it has {} channels", self.channels)));
        }
        if self.bytes.len() != pixels * self.channels {
            let (found, size) = (self.bytes.len(), format!("{} x {}", self.height, self.width));
            return Err(wrong(&self.name, format!("{found} bytes for {size} x {}", self.channels)));
        }
        let planes = self.planes(shape.channels);
        let mut values = Vec::with_capacity(shape.size());
        for plane in planes.chunks_exact(pixels) {
            let from = (self.height, self.width);
            values.extend(resize::plane(plane, from, (shape.height, shape.width)));
        }
        Ok(values)
    }

    /// One plane per wanted channel, without alpha.
    fn planes(&self, channels: usize) -> Vec<f32> {
        let mut planes: Vec<Vec<f32>> = vec![Vec::with_capacity(self.height * self.width); channels];
        for pixel in self.bytes.chunks_exact(self.channels) {
            let alpha = if self.channels.is_multiple_of(2) { pixel[self.channels - 1] } else { u8::MAX };
            let alpha = f32::from(alpha) / 255.0;
            let value =
                |byte: u8| (f32::from(byte) / 255.0).exactly_fused(alpha, 1.0 - alpha).clamp(0.0, 1.0);
            let colour = if self.channels > 2 { [pixel[0], pixel[1], pixel[2]] } else { [pixel[0]; 3] };
            let colour = colour.map(value);
            if let [grey] = planes.as_mut_slice() {
                let [red, green, blue] = colour;
                // Grey stays as it is, without the rounding of the sum.
                if self.channels < 3 {
                    grey.push(red);
                    continue;
                }
                let luma = 0.299_f32.exactly_fused(red, 0.587_f32.exactly_fused(green, 0.114 * blue));
                grey.push(luma.clamp(0.0, 1.0));
            } else {
                planes.iter_mut().zip(colour).for_each(|(plane, value)| plane.push(value));
            }
        }
        planes.concat()
    }
}

/// What is wrong with one image.
fn wrong(name: &str, reason: impl std::fmt::Display) -> EngineError {
    EngineError::Format { format: "image", reason: format!("{name}: {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(channels: usize, height: usize, width: usize, bytes: Vec<u8>) -> RawImage {
        RawImage { name: "cat.png".into(), channels, height, width, bytes }
    }

    #[test]
    fn bad_images_are_named() {
        let shape = ImageShape::new(3, 2, 2).unwrap();
        for (image, why) in [
            (raw(3, 2, 2, vec![0; 11]), "11 bytes for 2 x 2 x 3"),
            (raw(5, 1, 1, vec![0; 5]), "5 channels"),
            (raw(3, 0, 2, vec![]), "its size is 0 x 2"),
            (raw(3, usize::MAX, 2, vec![]), "its size"),
        ] {
            let text = ImageBatch::fit(shape, &[image]).unwrap_err().to_string();
            assert!(text.contains("cat.png") && text.contains(why), "{text}");
        }
        assert!(ImageShape::new(2, 4, 4).is_err() && ImageShape::new(3, 0, 4).is_err());
        let text = ImageBatch::new(ImageShape::new(1, 1, 1).unwrap(), vec![0.5, f32::NAN]).unwrap_err();
        assert!(text.to_string().contains("image 1"), "{text}");
    }

    #[test]
    fn channels_come_and_go() {
        let one = |channels| ImageShape::new(channels, 1, 1).unwrap();
        assert_eq!(raw(1, 1, 1, vec![51]).fit(one(3)).unwrap(), [0.2; 3]);
        assert_eq!(raw(3, 1, 1, vec![255, 0, 0]).fit(one(1)).unwrap(), [0.299]);
        // Half of black over white; nothing of black over white.
        let half = raw(2, 1, 1, vec![0, 51]).fit(one(1)).unwrap()[0];
        assert!((half - 0.8).abs() < 1e-6, "{half}");
        assert_eq!(raw(4, 1, 1, vec![0, 0, 0, 0]).fit(one(3)).unwrap(), [1.0; 3]);
    }

    #[test]
    fn an_image_of_the_right_shape_is_kept() {
        let bytes: Vec<u8> = (0..24).map(|value| value * 10).collect();
        let fitted = raw(3, 2, 4, bytes.clone()).fit(ImageShape::new(3, 2, 4).unwrap()).unwrap();
        for (pixel, colours) in bytes.chunks_exact(3).enumerate() {
            for (channel, byte) in colours.iter().enumerate() {
                assert_eq!(fitted[channel * 8 + pixel], f32::from(*byte) / 255.0);
            }
        }
        let batch = ImageBatch::new(ImageShape::new(3, 2, 4).unwrap(), fitted).unwrap();
        assert_eq!((batch.count(), batch.to_matrix().unwrap().columns()), (1, 24));
    }
}
