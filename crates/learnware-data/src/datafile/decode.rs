//! Image files become pixels: PNG, JPEG, BMP, GIF (its first picture) and WebP.

use std::io::Cursor;

use image::{ColorType, DynamicImage, ImageDecoder as _, ImageReader, Limits};
use learnware_engine::image::RawImage;

use crate::error::{Result, refused};
use crate::said::said;

/// Pixels in one image at most: more than any camera's, and less than a file that lies about its size.
const PIXELS_MAX: u64 = 1 << 26;
/// Bytes that decoding one image may take.
const DECODER_BYTES_MAX: u64 = 1 << 30;

/// Decodes an image; values of 16 bits are rounded to 8.
pub(super) fn decode(place: &str, bytes: &[u8]) -> Result<RawImage> {
    let unsound = |reason: String| {
        refused(
            said!(
                "not-an-image",
                "{place} cannot be read as an image: {reason}",
                place = place,
                reason = reason
            ),
            "save the image again, or leave it out",
        )
    };
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| unsound(error.to_string()))?;
    if reader.format().is_none() {
        return Err(unsound("it does not begin as PNG, JPEG, BMP, GIF or WebP".into()));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| unsound(error.to_string()))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(refused(
            said!(
                "image-too-large",
                "{place} has {width} x {height} pixels, more than {most}",
                place = place,
                width = width,
                height = height,
                most = PIXELS_MAX
            ),
            "make the image smaller, or leave it out",
        ));
    }
    let image = DynamicImage::from_decoder(decoder).map_err(|error| unsound(error.to_string()))?;
    let (channels, bytes) = match image.color() {
        ColorType::L8 | ColorType::L16 => (1, image.into_luma8().into_raw()),
        ColorType::La8 | ColorType::La16 => (2, image.into_luma_alpha8().into_raw()),
        ColorType::Rgba8 | ColorType::Rgba16 | ColorType::Rgba32F => (4, image.into_rgba8().into_raw()),
        _ => (3, image.into_rgb8().into_raw()),
    };
    Ok(RawImage { name: place.to_owned(), channels, height: height as usize, width: width as usize, bytes })
}
