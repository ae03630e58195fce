//! A small copy of the picture, on which everything else is found.

use image::RgbImage;

use super::plane::Plane;
use crate::frame::{PixelBox, Size};

/// Pixels that the small copy has at about; a frame of any size costs the same after this step.
const WANTED_PIXELS: f64 = 240_000.0;

/// Rows and columns read of each block at most: the mean of 3 by 3 samples has a third of the noise of one pixel, and more reading would
/// cost more than all the rest.
const SAMPLES: usize = 3;

/// The picture shrunk by a whole factor: each pixel is the mean of samples spread evenly over one square block.
pub struct Reduced {
    /// Side of a block in pixels of the picture.
    pub factor: u32,
    /// Size of the picture.
    pub full: Size,
    /// Red, green and blue, 0 to 255.
    pub channels: [Plane<u8>; 3],
}

impl Reduced {
    /// Shrinks `picture` to about 600 by 400 pixels; a picture of that size or less keeps its own.
    pub fn of(picture: &RgbImage) -> Self {
        let full = Size::from(picture.dimensions());
        let factor = (full.pixels() as f64 / WANTED_PIXELS).sqrt().round().max(1.0) as u32;
        let size = Size::new(full.width.div_ceil(factor), full.height.div_ceil(factor));
        let offsets = sample_offsets(factor as usize);
        let row_bytes = full.width as usize * 3;
        let raw = picture.as_raw();
        let mut channels = [0, 1, 2].map(|_| Plane::filled(size, 0u8));
        let mut sums = vec![[0u16; 3]; size.width as usize];
        for y in 0..size.height as usize {
            sums.fill([0; 3]);
            for offset in &offsets {
                let row = (y * factor as usize + offset).min(full.height as usize - 1);
                add_row(
                    &raw[row * row_bytes..][..row_bytes],
                    factor as usize,
                    &offsets,
                    &mut sums,
                );
            }
            let count = (offsets.len() * offsets.len()) as u16;
            for (c, channel) in channels.iter_mut().enumerate() {
                for (out, sum) in channel.row_mut(y).iter_mut().zip(&sums) {
                    *out = ((sum[c] + count / 2) / count) as u8;
                }
            }
        }
        Self { factor, full, channels }
    }

    /// Size of the small copy.
    pub fn size(&self) -> Size {
        self.channels[0].size()
    }

    /// A rectangle of the small copy as the rectangle of the picture that its blocks cover.
    pub fn to_full(&self, small: PixelBox) -> PixelBox {
        let (w, h, f) = (self.full.width, self.full.height, self.factor);
        PixelBox::new(
            (small.left * f).min(w),
            (small.top * f).min(h),
            (small.right * f).min(w),
            (small.bottom * f).min(h),
        )
    }
}

/// Where in a block of `factor` pixels the samples lie.
fn sample_offsets(factor: usize) -> Vec<usize> {
    let count = factor.min(SAMPLES);
    (0..count).map(|i| (2 * i + 1) * factor / (2 * count)).collect()
}

fn add_row(row: &[u8], factor: usize, offsets: &[usize], sums: &mut [[u16; 3]]) {
    let whole = row.len() / (3 * factor);
    for (block, sum) in row.chunks_exact(3 * factor).zip(sums.iter_mut()) {
        for offset in offsets {
            let pixel = &block[3 * offset..3 * offset + 3];
            for (s, byte) in sum.iter_mut().zip(pixel) {
                *s += u16::from(*byte);
            }
        }
    }
    let rest = &row[whole * 3 * factor..];
    if let Some(sum) = sums.get_mut(whole) {
        for offset in offsets {
            let at = 3 * (*offset).min(rest.len() / 3 - 1);
            for (s, byte) in sum.iter_mut().zip(&rest[at..at + 3]) {
                *s += u16::from(*byte);
            }
        }
    }
}
