//! Mirror, shift, size and perspective, as one mapping of the plane.

use image::{Rgb, RgbImage};
use nalgebra::{Matrix3, SMatrix, SVector, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::normal;
use crate::frame::Size;
use crate::traits::{TraitMask, TraitSet};

/// Mirrored one time in two; 0.5 to 1.5 times as large; shifted by a tenth of its sides at most; every other time seen askew.
pub(super) fn at_random(picture: &RgbImage, mask: &TraitMask, rng: &mut ChaCha8Rng) -> (RgbImage, TraitMask) {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let mirror = match rng.random_bool(0.5) {
        true => Matrix3::new(-1.0, 0.0, width, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        false => Matrix3::identity(),
    };
    let factor = rng.random_range(0.5..1.5);
    let shift = [width, height].map(|side| side * rng.random_range(-0.1..0.1));
    let size_and_shift = Matrix3::new(
        factor,
        0.0,
        width / 2.0 * (1.0 - factor) + shift[0],
        0.0,
        factor,
        height / 2.0 * (1.0 - factor) + shift[1],
        0.0,
        0.0,
        1.0,
    );
    let askew = match rng.random_bool(0.5) {
        true => perspective(width, height, rng),
        false => None,
    };
    let mapping = askew.unwrap_or_else(Matrix3::identity) * size_and_shift * mirror;
    // The factor is not 0, and four corners that are moved by a fifth at most span an area: there is a way back.
    let back = mapping.try_inverse().unwrap_or_else(Matrix3::identity);
    (read_picture(picture, &back), read_mask(mask, &back))
}

/// The four corners move inward by 0.05 to 0.1 times a normal deviate of the sides, and what lies between them fills the picture.
fn perspective(width: f64, height: f64, rng: &mut ChaCha8Rng) -> Option<Matrix3<f64>> {
    let spread = rng.random_range(0.05..0.1);
    let mut inward = || (f64::from(normal(rng)).abs() * spread).min(0.2);
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let pairs = corners.map(|(x, y): (f64, f64)| {
        let towards = |at: f64, by: f64| if at == 0.0 { by } else { 1.0 - by };
        let from = [towards(x, inward()) * width, towards(y, inward()) * height];
        (from, [x * width, y * height])
    });
    homography(&pairs)
}

/// The mapping of the plane that takes four points to four points; the eight equations of Hartley and Zisserman, Multiple View Geometry, 4.1, with
/// the last number 1.
fn homography(pairs: &[([f64; 2], [f64; 2]); 4]) -> Option<Matrix3<f64>> {
    let mut equations = SMatrix::<f64, 8, 8>::zeros();
    let mut results = SVector::<f64, 8>::zeros();
    for (k, ([x, y], [u, v])) in pairs.iter().enumerate() {
        equations
            .row_mut(2 * k)
            .copy_from_slice(&[*x, *y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y]);
        equations
            .row_mut(2 * k + 1)
            .copy_from_slice(&[0.0, 0.0, 0.0, *x, *y, 1.0, -v * x, -v * y]);
        results[2 * k] = *u;
        results[2 * k + 1] = *v;
    }
    let h = equations.lu().solve(&results)?;
    Some(Matrix3::new(h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0))
}

/// Where the centre of a pixel was before, in pixels from the picture's corner; `None` for what lies behind the eye.
fn source(back: &Matrix3<f64>, x: u32, y: u32) -> Option<(f64, f64)> {
    let at = back * Vector3::new(f64::from(x) + 0.5, f64::from(y) + 0.5, 1.0);
    (at.z > 1e-9).then(|| (at.x / at.z, at.y / at.z))
}

/// Bilinear between the centres of pixels; black outside.
fn read_picture(picture: &RgbImage, back: &Matrix3<f64>) -> RgbImage {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let pixel = |x: i64, y: i64| match (0..width).contains(&x) && (0..height).contains(&y) {
        true => picture.get_pixel(x as u32, y as u32).0.map(f64::from),
        false => [0.0; 3],
    };
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let Some((sx, sy)) = source(back, x, y) else {
            return Rgb([0; 3]);
        };
        let (sx, sy) = (sx - 0.5, sy - 0.5);
        let (left, top) = (sx.floor(), sy.floor());
        let (fx, fy) = (sx - left, sy - top);
        let (left, top) = (left as i64, top as i64);
        let corners = [
            pixel(left, top),
            pixel(left + 1, top),
            pixel(left, top + 1),
            pixel(left + 1, top + 1),
        ];
        let shares = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let mix = |colour: usize| {
            corners
                .iter()
                .zip(shares)
                .map(|(c, share)| c[colour] * share)
                .sum::<f64>()
        };
        Rgb([0, 1, 2].map(|colour| mix(colour).round() as u8))
    })
}

/// The nearest pixel; no trait outside.
fn read_mask(mask: &TraitMask, back: &Matrix3<f64>) -> TraitMask {
    let size: Size = mask.size();
    let mut out = TraitMask::empty(size);
    let within = |at: f64, side: u32| (at >= 0.0 && at < f64::from(side)).then_some(at as u32);
    for y in 0..size.height {
        for x in 0..size.width {
            let found =
                source(back, x, y).and_then(|(sx, sy)| Some((within(sx, size.width)?, within(sy, size.height)?)));
            let traits = found.map_or(TraitSet::EMPTY, |(sx, sy)| mask.get(sx, sy));
            out.set(x, y, traits);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_points_come_where_they_are_sent() {
        let pairs = [
            ([3.0, 2.0], [0.0, 0.0]),
            ([95.0, 7.0], [100.0, 0.0]),
            ([90.0, 46.0], [100.0, 50.0]),
            ([6.0, 41.0], [0.0, 50.0]),
        ];
        let mapping = homography(&pairs).unwrap();
        for ([x, y], [u, v]) in pairs {
            let at = mapping * Vector3::new(x, y, 1.0);
            assert!((at.x / at.z - u).abs() < 1e-9 && (at.y / at.z - v).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_moved_is_the_same_picture() {
        let picture = RgbImage::from_fn(37, 21, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]));
        assert_eq!(read_picture(&picture, &Matrix3::identity()), picture);
    }
}
