//! Pictures altered as the published network's training altered them.
//!
//! Kinds, order and chances: `Notebook/scripts/augmentation.py` of hdr-bgnn/BGNN-trait-segmentation; how far each goes: the defaults of
//! albumentations 0.5 and imgaug 0.4, which it calls. Moves of the picture (mirror, shift and size, perspective) are one mapping here, read
//! once, so that nothing is interpolated twice; the reference's noise comes between them, ours behind them.

mod equalize;
mod moved;
mod tones;

use image::RgbImage;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::traits::TraitMask;

/// A picture and its mask, altered at random.
pub(super) fn altered(picture: &RgbImage, mask: &TraitMask, rng: &mut ChaCha8Rng) -> (RgbImage, TraitMask) {
    let (mut picture, mask) = moved::at_random(picture, mask, rng);
    if rng.random_bool(0.2) {
        tones::add_noise(&mut picture, rng);
    }
    if rng.random_bool(0.9) {
        match rng.random_range(0..3) {
            0 => equalize::locally(&mut picture, rng.random_range(1.0..4.0)),
            1 => tones::brighten(&mut picture, rng.random_range(-0.2..0.2)),
            _ => tones::bend(&mut picture, rng.random_range(0.8..1.2)),
        }
    }
    if rng.random_bool(0.9) {
        let kernel = match rng.random_range(0..3) {
            0 => tones::sharpening(rng.random_range(0.2..0.5), rng.random_range(0.5..1.0)),
            1 => tones::BLUR,
            _ => tones::motion(rng.random_range(0..4)),
        };
        picture = tones::convolved(&picture, &kernel);
    }
    if rng.random_bool(0.9) {
        match rng.random_range(0..2) {
            0 => tones::contrast(&mut picture, rng.random_range(0.8..1.2)),
            _ => {
                let shift = [20.0, 30.0, 20.0].map(|most: f32| rng.random_range(-most..most));
                tones::shift_colour(&mut picture, shift);
            }
        }
    }
    (picture, mask)
}

/// Normally distributed, mean 0 and variance 1 (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * rng.random_range(f32::MIN_POSITIVE..1.0).ln()).sqrt();
    radius * (rng.random_range(0.0..std::f32::consts::TAU)).cos()
}

#[cfg(test)]
mod tests;
