//! Palette TIFF files, which the `tiff` crate (0.11) does not read.
//!
//! Their pixels are stored as grey ones are, so the file is read as grey and each value is looked up in the file's own colour map (TIFF 6.0,
//! "Palette-color Images"). Only the 8-bit kind is taken, the one that drawing programs and scanners write.

use image::{DynamicImage, Rgb, RgbImage};

/// TIFF 6.0 tag numbers and values.
const BITS_PER_SAMPLE: u16 = 258;
const PHOTOMETRIC_INTERPRETATION: u16 = 262;
const COLOR_MAP: u16 = 320;
const BLACK_IS_ZERO: u16 = 1;
const RGB_PALETTE: u16 = 3;

/// The colours of a palette TIFF, and the file with its pixels declared grey.
pub(super) struct PaletteTiff {
    pub(super) as_grey: Vec<u8>,
    colours: Vec<Rgb<u8>>,
}

impl PaletteTiff {
    /// The file taken apart, or `None` if its first picture is not an 8-bit palette picture.
    pub(super) fn of(file: &[u8]) -> Option<Self> {
        let directory = Directory::first(file)?;
        let photometric = directory.entry(PHOTOMETRIC_INTERPRETATION)?;
        let is_palette = directory.u16_at(photometric + 8)? == RGB_PALETTE;
        let is_8_bit = directory.u16_at(directory.entry(BITS_PER_SAMPLE)? + 8)? == 8;
        if !is_palette || !is_8_bit {
            return None;
        }
        // All reds, then all greens, then all blues, 16 bits each.
        let map = directory.u32_at(directory.entry(COLOR_MAP)? + 8)? as usize;
        let channel = |index: usize, c: usize| Some((directory.u16_at(map + 2 * (c * 256 + index))? >> 8) as u8);
        let colours = (0..256)
            .map(|i| Some(Rgb([channel(i, 0)?, channel(i, 1)?, channel(i, 2)?])))
            .collect::<Option<_>>()?;
        let mut as_grey = file.to_vec();
        let value = match directory.little_endian {
            true => BLACK_IS_ZERO.to_le_bytes(),
            false => BLACK_IS_ZERO.to_be_bytes(),
        };
        as_grey
            .get_mut(photometric + 8..photometric + 10)?
            .copy_from_slice(&value);
        Some(Self { as_grey, colours })
    }

    /// The picture in its colours, from the picture that the grey file gave.
    pub(super) fn in_colour(&self, indices: DynamicImage) -> DynamicImage {
        let indices = indices.into_luma8();
        RgbImage::from_fn(indices.width(), indices.height(), |x, y| {
            self.colours[usize::from(indices.get_pixel(x, y)[0])]
        })
        .into()
    }
}

/// The first image file directory of a TIFF file.
struct Directory<'a> {
    file: &'a [u8],
    little_endian: bool,
    entries: std::ops::Range<usize>,
}

impl<'a> Directory<'a> {
    fn first(file: &'a [u8]) -> Option<Self> {
        let mut directory = Self {
            file,
            little_endian: file.starts_with(b"II"),
            entries: 0..0,
        };
        let start = directory.u32_at(4)? as usize;
        let count = usize::from(directory.u16_at(start)?);
        directory.entries = start + 2..start + 2 + 12 * count;
        Some(directory)
    }

    /// Where the entry of a tag begins: tag, type, count, then at byte 8 the value or its place.
    fn entry(&self, tag: u16) -> Option<usize> {
        self.entries
            .clone()
            .step_by(12)
            .find(|at| self.u16_at(*at) == Some(tag))
    }

    fn u16_at(&self, at: usize) -> Option<u16> {
        let bytes = self.file.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little_endian {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        let bytes = self.file.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }
}
