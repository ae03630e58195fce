//! The pixels of a PNG or TIFF as the file holds them: indices of a PNG stay indices, whatever colours a palette gives them.

use std::io::Cursor;

use image::codecs::tiff::TiffDecoder;
use image::{DynamicImage, ImageDecoder};
use png::{BitDepth, ColorType, Decoder, Transformations};

use super::{LIMITS, LabelPictureError};
use crate::frame::{DecodeOptions, Frame, FrameError, FrameFormat, Size};
use crate::traits::Rgb;

/// A decoded label file, before anything is known of what its values mean.
pub(super) struct LabelPixels {
    pub size: Size,
    pub values: Values,
}

/// One value a pixel, row by row.
pub(super) enum Values {
    /// Positions in a palette.
    Indices { indices: Vec<u8>, palette: Vec<Rgb> },
    /// Grey of 2 to 8 bits, not scaled to 8.
    Grey(Vec<u8>),
    /// Grey of 16 bits.
    WideGrey(Vec<u16>),
    /// Colours; what was wholly transparent is black.
    Colours(Vec<Rgb>),
}

/// What a decoder may allocate beside the pixels.
const SPARE_BYTES: usize = 16 << 20;

impl LabelPixels {
    /// Decodes a PNG or TIFF file.
    pub fn decode(file: &[u8]) -> Result<Self, LabelPictureError> {
        match FrameFormat::of_file(file) {
            Some(FrameFormat::Png) => {}
            Some(FrameFormat::Tiff) => return Self::decode_tiff(file),
            Some(FrameFormat::Jpeg) => return Err(no_label("a JPEG, which blurs the borders of classes,")),
            _ => return Err(no_label("a file that is neither PNG nor TIFF")),
        }
        let mut decoder = Decoder::new(Cursor::new(file));
        decoder.set_transformations(Transformations::IDENTITY);
        let size = decoder.read_header_info()?.size().into();
        LIMITS.check(size)?;
        // Eight bytes a pixel are 16-bit RGBA, the widest kind.
        let bytes = usize::try_from(size.pixels() * 8).unwrap_or(usize::MAX);
        decoder.set_limits(png::Limits {
            bytes: bytes.saturating_add(SPARE_BYTES),
        });
        let mut reader = decoder.read_info()?;
        let length = reader.output_buffer_size().ok_or(FrameError::TooLarge {
            size,
            megapixels: size.pixels() as f64 / 1e6,
            limit: LIMITS.megapixels,
        })?;
        let mut bytes = vec![0; length];
        let info = reader.next_frame(&mut bytes)?;
        let kind = (info.color_type, info.bit_depth);
        let values = match kind {
            (ColorType::Indexed, depth) => Values::Indices {
                indices: unpacked(&bytes, size, info.line_size, depth),
                palette: palette(reader.info().palette.as_deref().unwrap_or_default()),
            },
            (ColorType::Grayscale, BitDepth::Sixteen) => {
                let values = bytes.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]]));
                Values::WideGrey(values.collect())
            }
            (ColorType::Grayscale, depth) => {
                let values = unpacked(&bytes, size, info.line_size, depth);
                if depth == BitDepth::One && values.contains(&1) {
                    return Err(no_label("a picture of black and white, which names no classes,"));
                }
                Values::Grey(values)
            }
            (ColorType::Rgb, BitDepth::Eight) => Values::Colours(palette(&bytes)),
            (ColorType::GrayscaleAlpha, BitDepth::Eight) => {
                let pixels = bytes.chunks_exact(2).map(|p| ([p[0]; 3], p[1]));
                Values::Colours(opaque(pixels, size)?)
            }
            (ColorType::Rgba, BitDepth::Eight) => {
                let pixels = bytes.chunks_exact(4).map(|p| ([p[0], p[1], p[2]], p[3]));
                Values::Colours(opaque(pixels, size)?)
            }
            (colour, depth) => return Err(no_label(&format!("a {}-bit {colour:?} picture", depth as u8))),
        };
        Ok(Self { size, values })
    }

    /// Grey TIFF of 8 and 16 bits as values; every other kind as colours, those of a palette too.
    fn decode_tiff(file: &[u8]) -> Result<Self, LabelPictureError> {
        if let Ok(decoder) = TiffDecoder::new(Cursor::new(file)) {
            let size = decoder.dimensions().into();
            LIMITS.check(size)?;
            match decoder.color_type() {
                image::ColorType::L8 => {
                    let values = Values::Grey(DynamicImage::from_decoder(decoder)?.into_luma8().into_raw());
                    return Ok(Self { size, values });
                }
                image::ColorType::L16 => {
                    let values = Values::WideGrey(DynamicImage::from_decoder(decoder)?.into_luma16().into_raw());
                    return Ok(Self { size, values });
                }
                _ => {}
            }
        }
        let options = DecodeOptions {
            limits: LIMITS,
            apply_orientation: false,
        };
        let picture = Frame::from_file_bytes(file.to_vec(), None)?.decode(&options)?.rgb;
        Ok(Self {
            size: picture.dimensions().into(),
            values: Values::Colours(palette(picture.as_raw())),
        })
    }

    /// Column and row of the pixel at a place in the row-by-row order.
    pub fn place(&self, index: usize) -> (u32, u32) {
        place(self.size, index)
    }
}

fn place(size: Size, index: usize) -> (u32, u32) {
    let width = size.width.max(1) as usize;
    ((index % width) as u32, (index / width) as u32)
}

fn no_label(what: &str) -> LabelPictureError {
    LabelPictureError::NoLabel(what.to_owned())
}

fn palette(bytes: &[u8]) -> Vec<Rgb> {
    bytes.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect()
}

/// Values of less than a byte, which are packed from the left, one a byte.
fn unpacked(bytes: &[u8], size: Size, line: usize, depth: BitDepth) -> Vec<u8> {
    let bits = usize::from((depth as u8).min(8));
    let mask = u8::MAX >> (8 - bits);
    let in_a_byte = 8 / bits;
    let value = |row: &[u8], x: usize| {
        let shift = 8 - bits - (x % in_a_byte) * bits;
        (row[x / in_a_byte] >> shift) & mask
    };
    bytes
        .chunks_exact(line.max(1))
        .flat_map(|row| (0..size.width as usize).map(move |x| value(row, x)))
        .collect()
}

/// Wholly transparent pixels are ground; half transparent ones were blurred and mean nothing.
fn opaque(pixels: impl Iterator<Item = (Rgb, u8)>, size: Size) -> Result<Vec<Rgb>, LabelPictureError> {
    let solid = pixels.enumerate().map(|(i, (colour, alpha))| match alpha {
        u8::MAX => Ok(colour),
        0 => Ok([0; 3]),
        _ => {
            let (x, y) = place(size, i);
            Err(no_label(&format!(
                "a picture that is half transparent at column {x}, row {y},"
            )))
        }
    });
    solid.collect()
}
