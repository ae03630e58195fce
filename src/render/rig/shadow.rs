//! Soft shadows on an opaque ground.

use crate::frame::{PixelBox, Size};
use crate::render::light::Light;

/// How much of each pixel of a window is covered by things that throw shadows.
pub(super) struct Cover {
    window: PixelBox,
    share: Vec<f32>,
}

impl Cover {
    pub fn empty(window: PixelBox) -> Self {
        Self {
            window,
            share: vec![0.0; window.area() as usize],
        }
    }

    /// Adds the covered shares of `part`, row by row.
    pub fn add(&mut self, part: PixelBox, shares: impl Iterator<Item = f32>) {
        let width = part.width();
        for (i, share) in shares.enumerate() {
            let (x, y) = (part.left + i as u32 % width, part.top + i as u32 / width);
            if self.window.intersection(&PixelBox::new(x, y, x + 1, y + 1)).is_some() {
                let index =
                    (y - self.window.top) as usize * self.window.width() as usize + (x - self.window.left) as usize;
                self.share[index] = self.share[index].max(share);
            }
        }
    }

    /// Darkens the light by the shadow of all that covers, `offset` pixels away and `radius` pixels soft.
    pub fn shade(mut self, light: &mut [Light], offset: (i64, i64), radius: usize, strength: f32) {
        let size = self.window.size();
        // Three box blurs come close to a Gaussian one.
        for _ in 0..3 {
            self.share = box_blur(&self.share, size, radius);
        }
        let (width, height) = (i64::from(size.width), i64::from(size.height));
        for y in 0..height {
            for x in 0..width {
                let from = (y - offset.1).clamp(0, height - 1) * width + (x - offset.0).clamp(0, width - 1);
                let dark = 1.0 - strength * self.share[from as usize];
                for v in &mut light[(y * width + x) as usize] {
                    *v *= dark;
                }
            }
        }
    }
}

fn box_blur(values: &[f32], size: Size, radius: usize) -> Vec<f32> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut across = vec![0.0; values.len()];
    for y in 0..height {
        line_blur(
            width,
            radius,
            |x| values[y * width + x],
            |x, v| across[y * width + x] = v,
        );
    }
    let mut out = vec![0.0; values.len()];
    for x in 0..width {
        line_blur(height, radius, |y| across[y * width + x], |y, v| out[y * width + x] = v);
    }
    out
}

/// The running mean over `2 * radius + 1` values of a line; beyond its ends lies 0.
fn line_blur(length: usize, radius: usize, value: impl Fn(usize) -> f32, mut put: impl FnMut(usize, f32)) {
    let mut sum: f64 = (0..radius.min(length)).map(|i| f64::from(value(i))).sum();
    for i in 0..length {
        if i + radius < length {
            sum += f64::from(value(i + radius));
        }
        if i > radius {
            sum -= f64::from(value(i - radius - 1));
        }
        put(i, (sum / (2 * radius + 1) as f64) as f32);
    }
}
