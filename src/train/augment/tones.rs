//! Noise, brightness, gamma, contrast, colour, and small kernels.

use image::{Rgb, RgbImage};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::normal;

/// Weights of a pixel and its eight neighbours, row by row.
pub(super) type Kernel = [f32; 9];

/// The mean of all nine.
pub(super) const BLUR: Kernel = [1.0 / 9.0; 9];

/// The mean of three pixels in one of four directions.
pub(super) fn motion(direction: usize) -> Kernel {
    let third = |among: [usize; 3]| std::array::from_fn(|k| if among.contains(&k) { 1.0 / 3.0 } else { 0.0 });
    third([[3, 4, 5], [0, 4, 8], [1, 4, 7], [2, 4, 6]][direction % 4])
}

/// The picture mixed with its sharpened form by `share` (imgaug's Sharpen: the middle weighs 8 and the lightness).
pub(super) fn sharpening(share: f32, lightness: f32) -> Kernel {
    std::array::from_fn(|k| match k {
        4 => 1.0 - share + share * (8.0 + lightness),
        _ => -share,
    })
}

/// Outside the picture its border goes on.
pub(super) fn convolved(picture: &RgbImage, kernel: &Kernel) -> RgbImage {
    let (width, height) = picture.dimensions();
    let near = |at: u32, step: u32, side: u32| (at + step).saturating_sub(1).min(side - 1);
    RgbImage::from_fn(width, height, |x, y| {
        let mut sums = [0.0; 3];
        for (k, weight) in kernel.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            let neighbour = picture.get_pixel(near(x, k as u32 % 3, width), near(y, k as u32 / 3, height));
            for (sum, value) in sums.iter_mut().zip(neighbour.0) {
                *sum += weight * f32::from(value);
            }
        }
        Rgb(sums.map(byte))
    })
}

/// The same noise in all three colours, with a deviation of 1 to 5 % of white.
pub(super) fn add_noise(picture: &mut RgbImage, rng: &mut ChaCha8Rng) {
    let deviation = 255.0 * rng.random_range(0.01..0.05);
    for pixel in picture.pixels_mut() {
        let noise = deviation * normal(rng);
        pixel.0 = pixel.0.map(|value| byte(f32::from(value) + noise));
    }
}

/// Everything lighter by a share of white.
pub(super) fn brighten(picture: &mut RgbImage, by: f32) {
    each_value(picture, |value| value + 255.0 * by);
}

/// A power of the values.
pub(super) fn bend(picture: &mut RgbImage, power: f32) {
    each_value(picture, |value| 255.0 * (value / 255.0).powf(power));
}

/// Farther from the middle grey, or nearer.
pub(super) fn contrast(picture: &mut RgbImage, factor: f32) {
    each_value(picture, |value| 127.0 + (value - 127.0) * factor);
}

fn each_value(picture: &mut RgbImage, of: impl Fn(f32) -> f32) {
    let table: [u8; 256] = std::array::from_fn(|value| byte(of(value as f32)));
    for value in picture.iter_mut() {
        *value = table[usize::from(*value)];
    }
}

/// Hue by degrees / 2, saturation and value by parts of 255, as OpenCV counts them for bytes.
pub(super) fn shift_colour(picture: &mut RgbImage, [hue, saturation, value]: [f32; 3]) {
    for pixel in picture.pixels_mut() {
        let [h, s, v] = to_hsv(pixel.0.map(f32::from));
        let h = (h + 2.0 * hue).rem_euclid(360.0);
        let s = (s + saturation / 255.0).clamp(0.0, 1.0);
        let v = (v + value).clamp(0.0, 255.0);
        pixel.0 = from_hsv([h, s, v]).map(byte);
    }
}

/// Degrees, 0 to 1, 0 to 255.
fn to_hsv([r, g, b]: [f32; 3]) -> [f32; 3] {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let span = most - least;
    if span == 0.0 {
        return [0.0, 0.0, most];
    }
    let sixth = match most {
        m if m == r => (g - b) / span,
        m if m == g => (b - r) / span + 2.0,
        _ => (r - g) / span + 4.0,
    };
    [(60.0 * sixth).rem_euclid(360.0), span / most, most]
}

fn from_hsv([h, s, v]: [f32; 3]) -> [f32; 3] {
    // Each colour falls from the value by its distance on the circle (Smith 1978, in its later closed form).
    [5.0, 3.0, 1.0].map(|offset| {
        let k = (offset + h / 60.0).rem_euclid(6.0);
        v - v * s * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn colours_come_back_from_hue_saturation_value(colour: [u8; 3]) {
            prop_assert_eq!(from_hsv(to_hsv(colour.map(f32::from))).map(byte), colour);
        }

        #[test]
        fn kernels_leave_a_plain_picture_as_it_is(colour: [u8; 3], share in 0.2f32..0.5, direction in 0usize..4) {
            let picture = RgbImage::from_pixel(7, 5, Rgb(colour));
            prop_assert_eq!(&convolved(&picture, &BLUR), &picture);
            prop_assert_eq!(&convolved(&picture, &motion(direction)), &picture);
            prop_assert_eq!(&convolved(&picture, &sharpening(share, 1.0)), &picture);
        }
    }
}
