//! Bringing a frame to the size at which it is shown, fast.

use image::RgbImage;

use crate::frame::{Size, resize};

/// At most this many source pixels along a side are averaged for one pixel; a Pi has no time for all pixels of a large frame.
const MOST_SAMPLES: u32 = 4;

/// The picture in another size for looking at: averages of up to 4x4 evenly spread source pixels where it shrinks, smooth where it
/// grows. Its time depends on `size` only where it shrinks. Both sizes need at least one pixel.
pub fn for_display(picture: &RgbImage, size: Size) -> RgbImage {
    let from = Size::from(picture.dimensions());
    if from == size {
        return picture.clone();
    }
    if size.width > from.width || size.height > from.height {
        return resize::bilinear(picture, size);
    }
    let columns = samples(from.width, size.width);
    let rows = samples(from.height, size.height);
    let weight = (columns.each * rows.each) as u32;
    let row_bytes = from.width as usize * 3;
    let mut sums = vec![0u32; size.width as usize * 3];
    let mut out = Vec::with_capacity(size.pixels() as usize * 3);
    for of_row in rows.at.chunks_exact(rows.each) {
        sums.fill(0);
        for y in of_row {
            let row = &picture.as_raw()[*y as usize * row_bytes..][..row_bytes];
            for (sum, of_column) in sums.chunks_exact_mut(3).zip(columns.at.chunks_exact(columns.each)) {
                for x in of_column {
                    let pixel = &row[*x as usize * 3..][..3];
                    sum[0] += u32::from(pixel[0]);
                    sum[1] += u32::from(pixel[1]);
                    sum[2] += u32::from(pixel[2]);
                }
            }
        }
        out.extend(sums.iter().map(|sum| ((sum + weight / 2) / weight) as u8));
    }
    RgbImage::from_raw(size.width, size.height, out).expect("three bytes for each pixel")
}

/// The source positions of each shown position, `each` of them.
struct Samples {
    at: Vec<u32>,
    each: usize,
}

fn samples(from: u32, to: u32) -> Samples {
    let each = from.div_ceil(to).min(MOST_SAMPLES);
    let steps = u64::from(to) * u64::from(each);
    // The middle of each of `steps` equal parts of the source.
    let at = (0..steps)
        .map(|i| ((2 * i + 1) * u64::from(from) / (2 * steps)) as u32)
        .collect();
    Samples {
        at,
        each: each as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn whole_steps_are_plain_averages() {
        let picture = RgbImage::from_fn(12, 8, |x, y| {
            Rgb([(x * 20) as u8, (y * 30) as u8, ((x * y) % 256) as u8])
        });
        let shown = for_display(&picture, Size::new(6, 4));
        for (x, y, pixel) in shown.enumerate_pixels() {
            for channel in 0..3 {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)]
                    .map(|(dx, dy)| u32::from(picture.get_pixel(2 * x + dx, 2 * y + dy)[channel]));
                let mean = (four.iter().sum::<u32>() as f32 / 4.0).round();
                assert!((f32::from(pixel[channel]) - mean).abs() <= 0.5);
            }
        }
    }

    #[test]
    fn a_smooth_picture_comes_out_as_with_pillows_filter() {
        let picture = RgbImage::from_fn(1280, 720, |x, y| {
            Rgb([(x / 6) as u8, (y / 3) as u8, ((x + y) / 9) as u8])
        });
        for size in [
            Size::new(558, 314),
            Size::new(100, 100),
            Size::new(1279, 719),
            Size::new(1, 1),
        ] {
            let (fast, exact) = (for_display(&picture, size), resize::bilinear(&picture, size));
            let most = fast.iter().zip(exact.iter()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(most <= Some(3), "{size}: {most:?}");
        }
    }
}
