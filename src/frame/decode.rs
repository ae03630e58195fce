//! From bytes of a file or a camera to an upright RGB picture.
//!
//! Everything that a museum archive holds is taken: 16-bit, grey, palette, alpha (laid over white), CMYK. What is damaged is refused: a
//! JPEG that stops in the middle would otherwise be read as a grey half picture and measured.

use std::io::Cursor;

use image::codecs::{jpeg::JpegDecoder, png::PngDecoder, tiff::TiffDecoder};
use image::metadata::Orientation as ExifOrientation;
use image::{DynamicImage, ImageDecoder, ImageError, RgbImage, RgbaImage};
use thiserror::Error;

use super::huffman::with_huffman_tables;
use super::palette_tiff::PaletteTiff;
use super::{FrameFormat, Size, raw};

/// The bounds that a picture from outside must keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Largest number of pixels, in millions; default 120.
    pub megapixels: f64,
    /// Smallest side in pixels; default 16. A 1×1 file is an accident, not a specimen.
    pub min_side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            megapixels: 120.0,
            min_side: 16,
        }
    }
}

impl Limits {
    /// Checks a size that a file claims, before anything is allocated for it.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] or [`FrameError::TooSmall`].
    pub fn check(&self, size: Size) -> Result<(), FrameError> {
        let megapixels = size.pixels() as f64 / 1e6;
        if megapixels > self.megapixels {
            return Err(FrameError::TooLarge {
                size,
                megapixels,
                limit: self.megapixels,
            });
        }
        if size.width < self.min_side || size.height < self.min_side {
            return Err(FrameError::TooSmall {
                size,
                min_side: self.min_side,
            });
        }
        Ok(())
    }
}

/// How to decode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodeOptions {
    /// Bounds.
    pub limits: Limits,
    /// Turn the picture upright as its EXIF orientation says. BGNN's script does not; everything else here does.
    pub apply_orientation: bool,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            apply_orientation: true,
        }
    }
}

/// EXIF orientation of a file, 1 to 8; 1 is upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Orientation(u8);

impl Orientation {
    /// Nothing to turn.
    pub const UPRIGHT: Self = Self(1);

    /// The EXIF value, 1 to 8.
    pub fn exif(self) -> u8 {
        self.0
    }
}

/// A decoded picture.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// 8-bit RGB pixels, upright if orientation was applied.
    pub rgb: RgbImage,
    /// The orientation that the file states, whether applied or not.
    pub orientation: Orientation,
}

/// Why a frame could not be read.
#[derive(Debug, Error)]
pub enum FrameError {
    /// No bytes at all.
    #[error("the file is empty (0 bytes); copy it again from the camera or archive")]
    Empty,
    /// Not a format that fishrig reads.
    #[error("not a JPEG, PNG or TIFF picture; convert it to one of these")]
    UnknownFormat,
    /// More pixels than allowed.
    #[error(
        "the picture claims {size} pixels ({megapixels:.2} megapixels), over the limit of {limit}; reduce it, or raise the limit (limits.megapixels)"
    )]
    TooLarge {
        /// Claimed size.
        size: Size,
        /// The same in millions.
        megapixels: f64,
        /// The limit in millions.
        limit: f64,
    },
    /// A side shorter than allowed.
    #[error("the picture is only {size} pixels; at least {min_side} on each side are needed")]
    TooSmall {
        /// Claimed size.
        size: Size,
        /// Smallest side allowed.
        min_side: u32,
    },
    /// The data end before the picture does.
    #[error("the file is truncated: its picture data end after {read} bytes; copy it again from the camera or archive")]
    Truncated {
        /// Bytes that are there.
        read: usize,
    },
    /// The system does not give the bytes.
    #[error("it can't be read: {0}")]
    Unreadable(std::io::Error),
    /// A kind of JPEG, PNG or TIFF that is not taken.
    #[error("this kind of picture is not taken ({0}); convert it to a JPEG, or to a PNG or TIFF of 8 or 16 bits")]
    Unsupported(String),
    /// Anything else that the decoder objects to.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
    /// Raw pixels of another number than their size says.
    #[error("raw frame of {got} bytes where {size} needs {wanted}")]
    WrongLength {
        /// Bytes given.
        got: usize,
        /// Bytes needed.
        wanted: u64,
        /// Size claimed.
        size: Size,
    },
}

pub(super) fn decode(bytes: &[u8], format: FrameFormat, options: &DecodeOptions) -> Result<Decoded, FrameError> {
    if bytes.is_empty() {
        return Err(FrameError::Empty);
    }
    let damaged = |error| damaged(error, bytes.len());
    match format {
        FrameFormat::Jpeg => {
            let whole = with_huffman_tables(bytes);
            let decoder = JpegDecoder::new(Cursor::new(&*whole)).map_err(damaged)?;
            options.limits.check(decoder.dimensions().into())?;
            if !jpeg_is_complete(bytes) {
                return Err(FrameError::Truncated { read: bytes.len() });
            }
            let (picture, orientation) = read_pixels(decoder).map_err(damaged)?;
            Ok(finish(picture, orientation, options))
        }
        FrameFormat::Png => {
            let decoder = png_decoder(bytes, &options.limits)?;
            let (picture, orientation) = read_pixels(decoder).map_err(damaged)?;
            Ok(finish(picture, orientation, options))
        }
        FrameFormat::Tiff => {
            let palette = PaletteTiff::of(bytes);
            let file = palette.as_ref().map_or(bytes, |p| &p.as_grey);
            let mut decoder = TiffDecoder::new(Cursor::new(file)).map_err(damaged)?;
            let size = decoder.dimensions().into();
            options.limits.check(size)?;
            decoder.set_limits(allocation_limits(size)).map_err(damaged)?;
            let (mut picture, orientation) = read_pixels(decoder).map_err(damaged)?;
            if let Some(palette) = palette {
                picture = palette.in_colour(picture);
            }
            Ok(finish(picture, orientation, options))
        }
        FrameFormat::Rgb8(size) => {
            check_raw_length(bytes, size, size.pixels() * 3, &options.limits)?;
            let rgb = RgbImage::from_raw(size.width, size.height, bytes.to_vec()).expect("the length was checked");
            Ok(Decoded {
                rgb,
                orientation: Orientation::UPRIGHT,
            })
        }
        FrameFormat::I420(size) => {
            let chroma = Size::new(size.width.div_ceil(2), size.height.div_ceil(2));
            check_raw_length(bytes, size, size.pixels() + 2 * chroma.pixels(), &options.limits)?;
            Ok(Decoded {
                rgb: rgb_of_i420(bytes, size),
                orientation: Orientation::UPRIGHT,
            })
        }
        FrameFormat::Raw(raw_format) => {
            check_raw_length(bytes, raw_format.size, raw_format.bytes(), &options.limits)?;
            Ok(Decoded {
                rgb: raw::to_rgb(bytes, &raw_format)?,
                orientation: Orientation::UPRIGHT,
            })
        }
    }
}

/// The decoder of a PNG file whose claimed size is within `limits`.
pub(crate) fn png_decoder<'a>(bytes: &'a [u8], limits: &Limits) -> Result<PngDecoder<Cursor<&'a [u8]>>, FrameError> {
    let size = png_size(bytes).ok_or(FrameError::Truncated { read: bytes.len() })?;
    limits.check(size)?;
    PngDecoder::with_limits(Cursor::new(bytes), allocation_limits(size)).map_err(|e| damaged(e, bytes.len()))
}

/// What a decoder may allocate, the picture included: sixteen bytes a pixel are 32-bit float RGBA, as many again its strip where the whole picture
/// is one, eight are row buffers; the rest is for colour profiles and for tiles that stick out. It goes by the picture's own size and not by the
/// largest allowed, because a profile in a small file unpacks to all that it is given.
fn allocation_limits(size: Size) -> image::Limits {
    let mut allocation = image::Limits::no_limits();
    allocation.max_alloc = Some(size.pixels() * 40 + (16 << 20));
    allocation
}

fn damaged(error: ImageError, length: usize) -> FrameError {
    match error {
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            FrameError::Truncated { read: length }
        }
        ImageError::Unsupported(e) => FrameError::Unsupported(e.to_string()),
        other => FrameError::Damaged(other.to_string().trim().to_owned()),
    }
}

fn read_pixels(mut decoder: impl ImageDecoder) -> Result<(DynamicImage, ExifOrientation), ImageError> {
    let orientation = decoder.orientation()?;
    Ok((DynamicImage::from_decoder(decoder)?, orientation))
}

/// Applies the orientation if wanted, and brings every kind of pixel to 8-bit RGB.
fn finish(mut picture: DynamicImage, orientation: ExifOrientation, options: &DecodeOptions) -> Decoded {
    if options.apply_orientation {
        picture.apply_orientation(orientation);
    }
    let rgb = match picture {
        DynamicImage::ImageRgb8(rgb) => rgb,
        other if other.color().has_alpha() => over_white(&other.into_rgba8()),
        other => other.into_rgb8(),
    };
    Decoded {
        rgb,
        orientation: Orientation(orientation.to_exif()),
    }
}

/// The size that a PNG's header claims; asked before the decoder is, whose own complaint about memory tells an operator nothing.
fn png_size(bytes: &[u8]) -> Option<Size> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some(Size::new(number(16)?, number(20)?))
}

/// Cut-out specimens come with alpha; paper, not black, is what they were cut from.
fn over_white(picture: &RgbaImage) -> RgbImage {
    let mut out = RgbImage::new(picture.width(), picture.height());
    for (to, from) in out.pixels_mut().zip(picture.pixels()) {
        let [r, g, b, alpha] = from.0.map(u32::from);
        to.0 = [r, g, b].map(|c| ((c * alpha + 255 * (255 - alpha) + 127) / 255) as u8);
    }
    out
}

/// Whether a JPEG's markers lead to its end-of-image marker.
///
/// Decoders fill up what is missing with grey; for a museum's archive that is worse than an error.
pub(crate) fn jpeg_is_complete(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xda;
    const END_OF_IMAGE: u8 = 0xd9;
    let mut at = 2;
    loop {
        // Entropy-coded data and fill bytes lie between markers; FF00 is a data byte, FFD0 to FFD7 are restarts inside the data.
        let Some(marker_at) = next_marker(bytes, at) else {
            return false;
        };
        let marker = bytes[marker_at];
        at = marker_at + 1;
        match marker {
            END_OF_IMAGE => return true,
            0x01 | 0xd8 => {}
            _ => {
                let Some(length) = bytes.get(at..at + 2) else {
                    return false;
                };
                at += usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                if marker == START_OF_SCAN && at >= bytes.len() {
                    return false;
                }
            }
        }
    }
}

/// The index of the code byte of the next marker at or after `from`.
fn next_marker(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == 0xff)?;
        while *bytes.get(at)? == 0xff {
            at += 1;
        }
        match bytes[at] {
            0x00 | 0xd0..=0xd7 => at += 1,
            _ => return Some(at),
        }
    }
}

fn check_raw_length(bytes: &[u8], size: Size, wanted: u64, limits: &Limits) -> Result<(), FrameError> {
    limits.check(size)?;
    if bytes.len() as u64 != wanted {
        return Err(FrameError::WrongLength {
            got: bytes.len(),
            wanted,
            size,
        });
    }
    Ok(())
}

/// Full-range BT.601 with chroma repeated over its two by two pixels (JFIF 1.02, "Conversion to and from RGB").
fn rgb_of_i420(bytes: &[u8], size: Size) -> RgbImage {
    let chroma_width = size.width.div_ceil(2) as usize;
    let (luma, chroma) = bytes.split_at(size.pixels() as usize);
    let (cb, cr) = chroma.split_at(chroma.len() / 2);
    RgbImage::from_fn(size.width, size.height, |x, y| {
        let at = (y / 2) as usize * chroma_width + (x / 2) as usize;
        let y = f32::from(luma[y as usize * size.width as usize + x as usize]);
        let (cb, cr) = (f32::from(cb[at]) - 128.0, f32::from(cr[at]) - 128.0);
        let channels = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
        image::Rgb(channels.map(|c| c.round() as u8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_made_from_a_size_admits_that_size() {
        // 626 * 208 / 1e6 * 1e6 is below 626 * 208 in floating point.
        for size in [Size::new(626, 208), Size::new(6016, 4016), Size::new(17, 16)] {
            let limits = Limits {
                megapixels: size.pixels() as f64 / 1e6,
                ..Limits::default()
            };
            assert!(limits.check(size).is_ok(), "{size}");
            assert!(limits.check(Size::new(size.width + 1, size.height)).is_err(), "{size}");
        }
    }
}
