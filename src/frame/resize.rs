//! Resampling exactly as Pillow does it, byte for byte.
//!
//! The reference network was trained on, and is run on, pictures that Pillow's antialiased bilinear filter made in 8 bits. OpenCV's or a
//! GPU's bilinear gives other bytes, hence other masks. The algorithm is that of python-pillow/Pillow `src/libImaging/Resample.c`: a
//! triangle filter as wide as the shrinking factor, weights in 22-bit fixed point, a horizontal pass and then a vertical one, rounded to
//! 8 bits after each.

#![allow(
    unsafe_code,
    reason = "calls of functions that are compiled for instructions which the processor was found to have"
)]

use image::RgbImage;

use super::Size;

/// Compiles a function for processors with AVX2 as well, and chooses when it is called: x86-64 without it has no product of 32 bits.
macro_rules! with_avx2 {
    ($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $body:block) => {
        $(#[$doc])*
        fn $name($($argument: $type),*) {
            #[inline(always)]
            fn plain($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) {
                    plain($($argument),*)
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has the instructions.
                    return unsafe { avx2($($argument),*) };
                }
            }
            plain($($argument),*)
        }
    };
}

/// Fixed-point digits of a weight: 32 bits less 8 for the byte and 2 so that overshooting sums do not overflow.
const PRECISION_BITS: u32 = 32 - 8 - 2;

/// The weights with which one output pixel is summed from `weights.len()` input pixels from `first` on.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Pillow's `resize(size, BILINEAR)` on an 8-bit RGB picture.
///
/// `size` needs at least one pixel on each side; a pass whose side does not change is left out, as Pillow does.
pub fn bilinear(picture: &RgbImage, size: Size) -> RgbImage {
    assert!(
        size.pixels() > 0 && picture.width() > 0 && picture.height() > 0,
        "a picture without pixels can't be resized"
    );
    let horizontal = if size.width == picture.width() {
        None
    } else {
        Some(resize_rows(picture, size.width))
    };
    let wide = horizontal.as_ref().unwrap_or(picture);
    if size.height == picture.height() {
        horizontal.unwrap_or_else(|| picture.clone())
    } else {
        resize_columns(wide, size.height)
    }
}

fn resize_rows(picture: &RgbImage, width: u32) -> RgbImage {
    let taps = bilinear_taps(picture.width() as usize, width as usize);
    let row_bytes = picture.width() as usize * 3;
    let out_bytes = width as usize * 3;
    let mut out = vec![0; out_bytes * picture.height() as usize];
    // A fourth value after each pixel's three is read and thrown away: the row needs one byte more.
    let mut longer = vec![0; row_bytes + 1];
    for (row, out) in picture
        .as_raw()
        .chunks_exact(row_bytes)
        .zip(out.chunks_exact_mut(out_bytes))
    {
        longer[..row_bytes].copy_from_slice(row);
        resize_row(&longer, &taps, out);
    }
    RgbImage::from_raw(width, picture.height(), out).expect("three bytes for each pixel")
}

fn resize_columns(picture: &RgbImage, height: u32) -> RgbImage {
    let taps = bilinear_taps(picture.height() as usize, height as usize);
    let row_bytes = picture.width() as usize * 3;
    let mut out = vec![0; row_bytes * height as usize];
    let mut sums = vec![0i32; row_bytes];
    for (tap, out) in taps.iter().zip(out.chunks_exact_mut(row_bytes)) {
        sums.fill(1 << (PRECISION_BITS - 1));
        let rows = picture.as_raw()[tap.first * row_bytes..].chunks_exact(row_bytes);
        for (row, weight) in rows.zip(&tap.weights) {
            add_weighted(row, *weight, &mut sums);
        }
        for (out, sum) in out.iter_mut().zip(&sums) {
            *out = to_byte(*sum);
        }
    }
    RgbImage::from_raw(picture.width(), height, out).expect("three bytes for each pixel")
}

with_avx2! {
    /// One row of pixels in another width; one byte lies after it.
    fn resize_row(row: &[u8], taps: &[Taps], out: &mut [u8]) {
        for (tap, out) in taps.iter().zip(out.chunks_exact_mut(3)) {
            let mut sums = [1i32 << (PRECISION_BITS - 1); 4];
            let pixels = row[tap.first * 3..].windows(4).step_by(3);
            for (pixel, weight) in pixels.zip(&tap.weights) {
                for (sum, byte) in sums.iter_mut().zip(pixel) {
                    // Weights add up to 2^22 and bytes have 8 bits; checks for overflow would cost the vector instructions.
                    *sum = sum.wrapping_add(i32::from(*byte).wrapping_mul(*weight));
                }
            }
            out.copy_from_slice(&[sums[0], sums[1], sums[2]].map(to_byte));
        }
    }
}

with_avx2! {
    /// Adds a row of bytes times their weight.
    fn add_weighted(row: &[u8], weight: i32, sums: &mut [i32]) {
        for (sum, byte) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(i32::from(*byte).wrapping_mul(weight));
        }
    }
}

fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

/// One [`Taps`] for each of `output` pixels out of `input`; after `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow.
fn bilinear_taps(input: usize, output: usize) -> Vec<Taps> {
    let scale = input as f64 / output as f64;
    let filter_scale = scale.max(1.0);
    let support = filter_scale; // the triangle's own support is 1
    let inverse = 1.0 / filter_scale;
    (0..output)
        .map(|i| {
            let centre = (i as f64 + 0.5) * scale;
            let first = ((centre - support + 0.5) as i64).max(0) as usize;
            let end = ((centre + support + 0.5) as usize).min(input);
            let mut weights: Vec<f64> = (first..end)
                .map(|x| triangle((x as f64 - centre + 0.5) * inverse))
                .collect();
            let total: f64 = weights.iter().sum();
            if total != 0.0 {
                for w in &mut weights {
                    *w /= total;
                }
            }
            let fixed = |w: f64| (w * f64::from(1 << PRECISION_BITS) + 0.5f64.copysign(w)) as i32;
            Taps {
                first,
                weights: weights.into_iter().map(fixed).collect(),
            }
        })
        .collect()
}

fn triangle(x: f64) -> f64 {
    (1.0 - x.abs()).max(0.0)
}

/// Pillow's `resize(size, NEAREST)` on one value a pixel: source index `floor((i + 0.5) * input / output)`.
///
/// # Panics
/// If `values` does not hold `from.pixels()` values.
pub fn nearest<T: Copy>(values: &[T], from: Size, to: Size) -> Vec<T> {
    assert_eq!(values.len() as u64, from.pixels(), "one value for each pixel");
    if from == to {
        return values.to_vec();
    }
    let columns = nearest_indices(from.width, to.width);
    let rows = nearest_indices(from.height, to.height);
    let width = from.width as usize;
    let mut out = Vec::with_capacity(to.pixels() as usize);
    for y in rows {
        let row = &values[y * width..(y + 1) * width];
        out.extend(columns.iter().map(|x| row[*x]));
    }
    out
}

fn nearest_indices(input: u32, output: u32) -> Vec<usize> {
    // Pillow steps through its affine transform in floating point: start at half a step, add a step a pixel (Geometry.c, ImagingScaleAffine).
    let step = f64::from(input) / f64::from(output);
    let mut at = step * 0.5;
    (0..output)
        .map(|_| {
            let index = (at as usize).min(input as usize - 1);
            at += step;
            index
        })
        .collect()
}
