//! Bringing a frame to the size at which it is shown, fast.

use image::RgbImage;

use super::Size;

/// At most this many source pixels along a side are averaged for one pixel; a Pi has no time for all pixels of a large frame.
const MOST_SAMPLES: u32 = 4;

/// The picture in another size for looking at: averages of up to 4x4 evenly spread source pixels where it shrinks, bilinear where it
/// grows. Takes a time that depends on `size`, hardly on the picture's. Both sizes need at least one pixel.
pub fn for_display(picture: &RgbImage, size: Size) -> RgbImage {
    let from = Size::from(picture.dimensions());
    if from == size {
        picture.clone()
    } else if size.width > from.width || size.height > from.height {
        enlarged(picture, size)
    } else {
        reduced(picture, size)
    }
}

fn reduced(picture: &RgbImage, size: Size) -> RgbImage {
    let from = Size::from(picture.dimensions());
    let columns = samples(from.width, size.width);
    let rows = samples(from.height, size.height);
    let weight = (columns.each * rows.each) as u32;
    // Division by multiplication; exact, since a sum of at most 16 bytes has 12 bits.
    let reciprocal = (1u32 << 20).div_ceil(weight);
    let row_bytes = from.width as usize * 3;
    // Rows are added first, all their bytes alike, which the compiler turns into vector instructions.
    let mut added = vec![0u16; row_bytes];
    let mut out = RgbImage::new(size.width, size.height);
    let out_rows = out.chunks_exact_mut(size.width as usize * 3);
    for (out_row, of_row) in out_rows.zip(rows.at.chunks_exact(rows.each)) {
        added.fill(0);
        for y in of_row {
            let row = &picture.as_raw()[*y as usize * row_bytes..][..row_bytes];
            for (sum, byte) in added.iter_mut().zip(row) {
                // Four bytes stay below 16 bits; a check for overflow would cost the vector instructions.
                *sum = sum.wrapping_add(u16::from(*byte));
            }
        }
        for (out_pixel, of_column) in out_row.chunks_exact_mut(3).zip(columns.at.chunks_exact(columns.each)) {
            let mut sums = [weight / 2; 3];
            for x in of_column {
                let pixel = &added[*x as usize * 3..][..3];
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(*value);
                }
            }
            out_pixel.copy_from_slice(&sums.map(|sum| ((sum * reciprocal) >> 20) as u8));
        }
    }
    out
}

fn enlarged(picture: &RgbImage, size: Size) -> RgbImage {
    let columns = places(picture.width(), size.width);
    let rows = places(picture.height(), size.height);
    let row_bytes = picture.width() as usize * 3;
    let row = |y: u32| &picture.as_raw()[y as usize * row_bytes..][..row_bytes];
    // A row between two rows of the picture, as 8.8 binary digits; then each pixel between two of its pixels.
    let mut mixed = vec![0u16; row_bytes];
    let mut out = RgbImage::new(size.width, size.height);
    for (out_row, place) in out.chunks_exact_mut(size.width as usize * 3).zip(&rows) {
        let (share, rest) = (place.share as u16, 256 - place.share as u16);
        for ((to, above), below) in mixed.iter_mut().zip(row(place.before)).zip(row(place.after)) {
            *to = u16::from(*above) * rest + u16::from(*below) * share;
        }
        for (out_pixel, place) in out_row.chunks_exact_mut(3).zip(&columns) {
            let left = &mixed[place.before as usize * 3..][..3];
            let right = &mixed[place.after as usize * 3..][..3];
            for ((to, left), right) in out_pixel.iter_mut().zip(left).zip(right) {
                let sum = u32::from(*left) * (256 - place.share) + u32::from(*right) * place.share;
                *to = ((sum + (1 << 15)) >> 16) as u8;
            }
        }
    }
    out
}

/// A place between two source pixels.
struct Place {
    before: u32,
    after: u32,
    /// How much of the pixel after it is seen, in parts of 256, below 256.
    share: u32,
}

/// The places of the middles of `to` shown pixels; at the edges the outermost pixel is seen alone.
fn places(from: u32, to: u32) -> Vec<Place> {
    let last = i64::from(from) - 1;
    let places = (0..i64::from(to)).map(|i| {
        let position = ((2 * i + 1) * i64::from(from) * 128) / i64::from(to) - 128;
        let position = position.clamp(0, last * 256);
        Place {
            before: (position / 256) as u32,
            after: (position / 256 + 1).min(last) as u32,
            share: (position % 256) as u32,
        }
    });
    places.collect()
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
    use crate::frame::resize;
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
    fn division_by_multiplication_is_exact() {
        for weight in 1u32..=16 {
            for sum in 0..=255 * weight + weight / 2 {
                let reciprocal = (1u32 << 20).div_ceil(weight);
                assert_eq!((sum * reciprocal) >> 20, sum / weight, "{sum} / {weight}");
            }
        }
    }

    #[test]
    fn a_smooth_picture_comes_out_as_with_pillows_filter() {
        let picture = RgbImage::from_fn(1280, 720, |x, y| {
            Rgb([(x / 6) as u8, (y / 3) as u8, ((x + y) / 9) as u8])
        });
        for size in [
            Size::new(2100, 1440),
            Size::new(1281, 721),
            Size::new(1280, 1000),
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
