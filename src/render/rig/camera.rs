//! What lens and sensor make of the light.

use image::RgbImage;

use crate::frame::{PixelBox, Size};
use crate::render::dice::{Dice, Generator, generator};
use crate::render::light::{Light, encode};
use crate::render::noise::Noise;

/// Length of the table of noise values.
const GRAINS: usize = 65_536;

/// A camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Camera {
    /// Standard deviation of the lens's blur in pixels.
    pub blur: f32,
    /// Standard deviation of the sensor's noise at mid grey, in parts of full scale.
    pub noise: f32,
    /// Exposure: 1 keeps the ground's white at white.
    pub exposure: f32,
    /// White balance.
    pub balance: Light,
}

impl Camera {
    pub fn random(picture: Size, rng: &mut Generator) -> Self {
        let sharp = f64::from(picture.width) / 1200.0;
        Self {
            blur: (rng.between(0.45, 0.8) * sharp.clamp(0.7, 1.6)) as f32,
            noise: rng.between(0.003, 0.010) as f32,
            exposure: rng.between(0.96, 1.03) as f32,
            balance: [rng.between(0.985, 1.01) as f32, 1.0, rng.between(0.975, 1.02) as f32],
        }
    }

    /// The picture of this light, one value for each pixel of `window`, row by row. The noise depends on `seed` and place alone.
    pub fn take(&self, light: &[Light], window: PixelBox, seed: u64) -> RgbImage {
        let size = window.size();
        let blurred = blur(light, size, self.blur);
        let rng = &mut generator(seed, super::NOISE_STREAM);
        let table: Vec<u8> = (0..=4095)
            .map(|i| (encode(i as f32 / 4095.0) * 255.0).round() as u8)
            .collect();
        // Grains are drawn once and used from another start in each row, which is noise enough for the eye.
        let grains: Vec<f32> = (0..GRAINS + window.right as usize * 3)
            .map(|_| rng.around_zero(1.0) as f32)
            .collect();
        let starts = Noise::new(rng.seed());
        let mut bytes = Vec::with_capacity(light.len() * 3);
        for (row, y) in blurred.chunks_exact(size.width.max(1) as usize).zip(window.top..) {
            let start = (starts.of_cell(y as i32, 0) * GRAINS as f32) as usize + window.left as usize * 3;
            for (pixel, grain) in row.iter().zip(grains[start..].chunks_exact(3)) {
                for c in 0..3 {
                    let v = pixel[c] * self.exposure * self.balance[c];
                    // Photon noise grows with the root of the light; a little of it is common to the three channels.
                    let noise = self.noise * (0.25 + 1.6 * v.max(0.0).sqrt()) * (0.7 * grain[c] + 0.5 * grain[0]);
                    let level = ((v + noise * (0.2 + v.max(0.0).sqrt())).clamp(0.0, 1.0) * 4095.0 + 0.5) as usize;
                    bytes.push(table[level]);
                }
            }
        }
        RgbImage::from_raw(size.width, size.height, bytes).expect("three bytes for each pixel of the window")
    }
}

/// A Gaussian blur, separable, with the border repeated.
fn blur(light: &[Light], size: Size, sigma: f32) -> Vec<Light> {
    let reach = (sigma * 3.0).ceil() as i64;
    let mut kernel: Vec<f32> = (-reach..=reach)
        .map(|k| (-((k as f32 / sigma).powi(2)) / 2.0).exp())
        .collect();
    let total: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|w| *w /= total);
    let (width, height) = (size.width as usize, size.height as usize);
    let clamped = |at: usize, step: i64, length: usize| (at as i64 + step).clamp(0, length as i64 - 1) as usize;
    let mut across = vec![[0.0f32; 3]; light.len()];
    for (out, row) in across.chunks_exact_mut(width).zip(light.chunks_exact(width)) {
        for (x, sum) in out.iter_mut().enumerate() {
            for (step, weight) in (-reach..=reach).zip(&kernel) {
                add(sum, row[clamped(x, step, width)], *weight);
            }
        }
    }
    let mut out = vec![[0.0f32; 3]; light.len()];
    for (y, sums) in out.chunks_exact_mut(width).enumerate() {
        for (step, weight) in (-reach..=reach).zip(&kernel) {
            let row = clamped(y, step, height) * width;
            for (sum, pixel) in sums.iter_mut().zip(&across[row..row + width]) {
                add(sum, *pixel, *weight);
            }
        }
    }
    out
}

fn add(sum: &mut Light, pixel: Light, weight: f32) {
    for (s, p) in sum.iter_mut().zip(pixel) {
        *s += p * weight;
    }
}
