//! Masks as picture files: BGNN's colours, and the 16-bit grey file that keeps every bit; reading these and what labelling programs write.
//!
//! [`read`] takes a label of any [`LabelForm`] and recognizes which it is.

mod pixels;
mod read;

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::{ColorType, DynamicImage, ImageBuffer, ImageDecoder, ImageEncoder, ImageFormat, Luma, RgbImage};
use thiserror::Error;

use super::{Palette, Trait, TraitMask, TraitSet};
use crate::frame::{self, FrameError, FrameFormat, Limits, Size};

pub use read::{LabelForm, read};

/// Bounds of a mask that is read: half a gigabyte of bits is more than any station has to spare, and a crop may be small.
const LIMITS: Limits = Limits {
    megapixels: 256.0,
    min_side: 1,
};

/// Why a mask file could not be written or read.
#[derive(Debug, Error)]
pub enum LabelPictureError {
    /// The PNG coder's own words.
    #[error("mask picture: {0}")]
    Png(#[from] image::ImageError),
    /// Too large, or no PNG.
    #[error("mask picture: {0}")]
    Unreadable(#[from] FrameError),
    /// A colour that no trait has; interpolated borders look like this.
    #[error(
        "mask picture: colour {colour:?} at column {x}, row {y} belongs to no trait; \
         masks must be resized by nearest neighbour only"
    )]
    UnknownColour {
        /// The colour found.
        colour: [u8; 3],
        /// Its column.
        x: u32,
        /// Its row.
        y: u32,
    },
    /// A number that no class has.
    #[error(
        "mask picture: {value} at column {x}, row {y} is no class id; allowed are 0 for the ground and 1 (dorsal fin) to 12 (trunk)"
    )]
    UnknownId {
        /// The number found.
        value: u16,
        /// Its column.
        x: u32,
        /// Its row.
        y: u32,
    },
    /// A 16-bit value with bits that no trait has.
    #[error(
        "mask picture: {value:#06x} at column {x}, row {y} has bits that no trait has; bit 0 is dorsal fin, bit 11 trunk"
    )]
    UnknownBits {
        /// The value found.
        value: u16,
        /// Its column.
        x: u32,
        /// Its row.
        y: u32,
    },
    /// Pixels that mean one thing as one form and another as another.
    #[error("mask picture: its pixels make sense as {0} and as {1}, with different traits; say which it is")]
    Ambiguous(LabelForm, LabelForm),
    /// A kind of picture that no label has.
    #[error(
        "mask picture: {0} is no label; labels are PNG or TIFF files with class ids 0 to 12 (indexed or grey), BGNN's colours, or 16-bit trait bits"
    )]
    NoLabel(String),
    /// The file is damaged.
    #[error("mask picture: {0}; write or copy it again")]
    Damaged(#[from] png::DecodingError),
    /// Not the kind of picture that was asked for.
    #[error("mask picture: expected 16-bit grey pixels with trait bits, found {0}")]
    WrongKind(String),
}

/// The mask painted in BGNN's colours as an 8-bit RGB PNG without alpha, palette or metadata, as `segmentation_main_*.py` writes it.
///
/// # Errors
/// [`LabelPictureError::Png`] if the encoder fails, which takes a picture without pixels.
pub fn encode_bgnn(mask: &TraitMask) -> Result<Vec<u8>, LabelPictureError> {
    let picture = super::paint::bgnn(mask);
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(
        picture.as_raw(),
        picture.width(),
        picture.height(),
        image::ExtendedColorType::Rgb8,
    )?;
    Ok(file)
}

/// The visible trait of each pixel of a picture in BGNN's colours; at most one trait a pixel, since painting has hidden the others.
///
/// # Errors
/// [`LabelPictureError::UnknownColour`] at the first colour that is neither black nor a trait's.
pub fn from_bgnn(picture: &RgbImage) -> Result<TraitMask, LabelPictureError> {
    let mut mask = TraitMask::empty(Size::new(picture.width(), picture.height()));
    for (x, y, pixel) in picture.enumerate_pixels() {
        if pixel.0 == [0, 0, 0] {
            continue;
        }
        let which = Trait::ALL
            .into_iter()
            .find(|t| Palette::Bgnn.colour(*t) == pixel.0)
            .ok_or(LabelPictureError::UnknownColour { colour: pixel.0, x, y })?;
        mask.set(x, y, TraitSet::EMPTY.with(which));
    }
    Ok(mask)
}

/// The mask as a 16-bit grey PNG: bit k of a pixel is set where the trait of channel k is.
///
/// # Errors
/// [`LabelPictureError::Png`] if the encoder fails, which takes a picture without pixels.
pub fn encode_bits(mask: &TraitMask) -> Result<Vec<u8>, LabelPictureError> {
    let size = mask.size();
    let picture: ImageBuffer<Luma<u16>, _> =
        ImageBuffer::from_raw(size.width, size.height, mask.bits()).expect("one value for each pixel of the mask");
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}

/// Reads what [`encode_bits`] wrote.
///
/// # Errors
/// [`LabelPictureError::Unreadable`] or [`LabelPictureError::Png`] for a damaged file or one of more than 256 megapixels,
/// [`LabelPictureError::WrongKind`] for a picture of another kind.
pub fn decode_bits(file: &[u8]) -> Result<TraitMask, LabelPictureError> {
    if FrameFormat::of_file(file) != Some(FrameFormat::Png) {
        return Err(LabelPictureError::WrongKind("a file that is no PNG".to_owned()));
    }
    let decoder = frame::png_decoder(file, &LIMITS)?;
    if decoder.color_type() != ColorType::L16 {
        return Err(LabelPictureError::WrongKind(format!("{:?}", decoder.color_type())));
    }
    let picture = DynamicImage::from_decoder(decoder)?.into_luma16();
    let size = Size::new(picture.width(), picture.height());
    Ok(TraitMask::from_bits(size, picture.into_raw()).expect("one value for each pixel of the picture"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_mask() -> TraitMask {
        let bits = (0..12 * 7).map(|i| ((i * 2654435761u64) >> 7) as u16).collect();
        TraitMask::from_bits(Size::new(12, 7), bits).expect("the right length")
    }

    #[test]
    fn every_bit_survives_the_16_bit_file() {
        let mask = some_mask();
        assert_eq!(decode_bits(&encode_bits(&mask).unwrap()).unwrap(), mask);
    }

    #[test]
    fn painting_what_was_read_gives_the_same_picture() {
        let painted = super::super::paint::bgnn(&some_mask());
        let read = from_bgnn(&painted).unwrap();
        assert_eq!(super::super::paint::bgnn(&read), painted);
    }

    #[test]
    fn what_is_no_mask_is_called_so() {
        let picture = RgbImage::new(2, 2);
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Png).unwrap();
        for (file, word) in [
            (file.into_inner().as_slice(), "Rgb8"),
            (b"\xff\xd8\xff", "no PNG"),
            (b"", "no PNG"),
        ] {
            let error = decode_bits(file).unwrap_err().to_string();
            assert!(error.contains("16-bit grey") && error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_mask_that_claims_too_much_is_refused_by_its_header() {
        let mut file = encode_bits(&some_mask()).unwrap();
        file[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let error = decode_bits(&file).unwrap_err().to_string();
        assert!(error.contains("65536x65536") && error.contains("256"), "{error}");
    }

    #[test]
    fn an_interpolated_colour_is_named() {
        let picture = RgbImage::from_pixel(2, 1, image::Rgb([127, 0, 0]));
        let error = from_bgnn(&picture).unwrap_err().to_string();
        assert!(error.contains("[127, 0, 0]") && error.contains("nearest"), "{error}");
    }
}
