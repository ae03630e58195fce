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
        let means = Means::of(offsets.len() * offsets.len());
        let mut channels = [0, 1, 2].map(|_| Plane::filled(size, 0u8));
        let mut means_of_places = Vec::new();
        let mut column_sums = vec![0u16; row_bytes];
        for y in 0..size.height as usize {
            let sampled = offsets.iter().map(|offset| {
                let row = (y * factor as usize + offset).min(full.height as usize - 1);
                &raw[row * row_bytes..][..row_bytes]
            });
            sum_rows(&sampled.collect::<Vec<_>>(), &mut column_sums);
            let [red, green, blue] = &mut channels;
            let means_of_row = red.row_mut(y).iter_mut().zip(green.row_mut(y)).zip(blue.row_mut(y));
            if factor as usize == SAMPLES {
                write_means_of_nine(
                    &mut column_sums,
                    &mut means_of_places,
                    size.width as usize,
                    means_of_row,
                );
                continue;
            }
            for (((red, green), blue), block) in means_of_row.zip(column_sums.chunks(3 * factor as usize)) {
                let sums = sum_of_samples(block, &offsets);
                (*red, *green, *blue) = (means.at(sums[0]), means.at(sums[1]), means.at(sums[2]));
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

/// Sums of the bytes above each other in at most [`SAMPLES`] rows.
fn sum_rows(rows: &[&[u8]], sums: &mut [u16]) {
    // Three bytes at most; a check would keep these sums from being made many at once.
    if let [upper, middle, lower] = rows {
        for (((sum, upper), middle), lower) in sums.iter_mut().zip(*upper).zip(*middle).zip(*lower) {
            *sum = u16::from(*upper)
                .wrapping_add(u16::from(*middle))
                .wrapping_add(u16::from(*lower));
        }
        return;
    }
    sums.fill(0);
    for row in rows {
        for (sum, byte) in sums.iter_mut().zip(*row) {
            *sum = sum.wrapping_add(u16::from(*byte));
        }
    }
}

/// Writes the means of blocks of three by three pixels, as those of a camera's frame are, from the sums of their columns.
fn write_means_of_nine<'a>(
    column_sums: &mut Vec<u16>,
    means: &mut Vec<u8>,
    blocks: usize,
    rows: impl Iterator<Item = ((&'a mut u8, &'a mut u8), &'a mut u8)>,
) {
    // Where the picture's edge cuts a block its last column stands for what is missing.
    let length = column_sums.len();
    for i in length..9 * blocks {
        column_sums.push(column_sums[length - 3 + i % 3]);
    }
    // At every place, since that is done for many at once; each block takes three of them.
    let beside = column_sums.iter().zip(&column_sums[3..]).zip(&column_sums[6..]);
    means.clear();
    means.extend(beside.map(|((left, middle), right)| mean_of_nine(left.wrapping_add(*middle).wrapping_add(*right))));
    means.resize(column_sums.len(), 0);
    column_sums.truncate(length);
    for (block, ((red, green), blue)) in means.as_chunks::<9>().0.iter().zip(rows) {
        (*red, *green, *blue) = (block[0], block[1], block[2]);
    }
}

/// The mean of nine bytes by their sum, half of nine making it round; the product is exact for all such sums.
fn mean_of_nine(sum: u16) -> u8 {
    (u32::from(sum.wrapping_add(4)).wrapping_mul(7282) >> 16) as u8
}

/// Sums of the three channels over the sampled columns of a block; of one that the picture's edge cuts the last column stands for what is missing.
fn sum_of_samples(block: &[u16], offsets: &[usize]) -> [u16; 3] {
    let pixels = block.as_chunks::<3>().0;
    // Most blocks are whole, and of three by three samples.
    if let ([first, second, third], true) = (offsets, offsets.last().is_some_and(|last| *last < pixels.len())) {
        let (first, second, third) = (&pixels[*first], &pixels[*second], &pixels[*third]);
        return std::array::from_fn(|c| first[c].wrapping_add(second[c]).wrapping_add(third[c]));
    }
    let mut sums = [0u16; 3];
    for offset in offsets {
        let pixel = &pixels[(*offset).min(pixels.len() - 1)];
        for (sum, column) in sums.iter_mut().zip(pixel) {
            *sum = sum.wrapping_add(*column);
        }
    }
    sums
}

/// The mean of so many levels for each sum of them: a table, since dividing takes longer than all the rest.
struct Means(Vec<u8>);

impl Means {
    fn of(count: usize) -> Self {
        Self((0..=255 * count).map(|sum| ((sum + count / 2) / count) as u8).collect())
    }

    fn at(&self, sum: u16) -> u8 {
        self.0[usize::from(sum)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nine_bytes_have_the_mean_of_the_table() {
        let means = Means::of(9);
        assert!((0..=9 * 255).all(|sum| mean_of_nine(sum) == means.at(sum)));
    }

    proptest! {
        /// Blocks at the picture's edges take their last row and column for what is missing.
        #[test]
        fn a_pixel_is_the_mean_of_its_samples(size in (900u32..1700, 560u32..900), seed: u32) {
            let picture = RgbImage::from_fn(size.0, size.1, |x, y| {
                image::Rgb([0, 1, 2].map(|c| (x.wrapping_mul(97 + c) ^ y.wrapping_mul(61) ^ seed.wrapping_mul(x + 7 * y)) as u8))
            });
            let small = Reduced::of(&picture);
            let factor = small.factor;
            let offsets = sample_offsets(factor as usize);
            let count = (offsets.len() * offsets.len()) as u32;
            for (c, plane) in small.channels.iter().enumerate() {
                for (x, y) in (0..plane.width() as u32).flat_map(|x| [0, 100, plane.height() as u32 - 1].map(|y| (x, y))) {
                    let places = offsets.iter().flat_map(|dy| offsets.iter().map(move |dx| (*dx as u32, *dy as u32)));
                    let level = |(dx, dy): (u32, u32)| picture[((x * factor + dx).min(size.0 - 1), (y * factor + dy).min(size.1 - 1))].0[c];
                    let sum: u32 = places.map(level).map(u32::from).sum();
                    prop_assert_eq!(u32::from(plane.at(x as usize, y as usize)), (sum + count / 2) / count);
                }
            }
        }
    }
}
