//! Soft shadows on an opaque ground.

use crate::frame::PixelBox;
use crate::render::light::Light;

/// How a shadow falls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shadow {
    /// Pixels to the right and downwards from what throws it.
    pub offset: (i64, i64),
    /// Radius of each of the three box blurs that soften it, in pixels.
    pub radius: i64,
    /// Darkness, 0 to 1.
    pub strength: f32,
}

impl Shadow {
    /// Darkens the light of `window` by the shadow of something that covers `shares` of the pixels of `part`.
    pub fn cast(self, window: PixelBox, light: &mut [Light], part: PixelBox, shares: impl Iterator<Item = f32>) {
        // Three box blurs come close to a Gaussian one; they reach three radii beyond the part.
        let reach = 3 * self.radius;
        let width = (i64::from(part.width()) + 2 * reach) as usize;
        let height = (i64::from(part.height()) + 2 * reach) as usize;
        let mut cover = vec![0.0; width * height];
        for (i, share) in shares.enumerate() {
            let (x, y) = (i % part.width() as usize, i / part.width() as usize);
            cover[(y + reach as usize) * width + x + reach as usize] = share;
        }
        for _ in 0..3 {
            cover = transposed_blur(&cover, width, self.radius as usize);
            cover = transposed_blur(&cover, height, self.radius as usize);
        }
        let left = i64::from(part.left) - reach + self.offset.0;
        let top = i64::from(part.top) - reach + self.offset.1;
        for (y, row) in (top..).zip(cover.chunks_exact(width)) {
            for (x, share) in (left..).zip(row) {
                let (column, line) = (x - i64::from(window.left), y - i64::from(window.top));
                let inside =
                    (0..i64::from(window.width())).contains(&column) && (0..i64::from(window.height())).contains(&line);
                if inside {
                    let index = line as usize * window.width() as usize + column as usize;
                    light[index] = light[index].map(|v| v * (1.0 - self.strength * share));
                }
            }
        }
    }
}

/// The running mean over `2 * radius + 1` values along each row of `width` values, rows and columns exchanged; beyond the ends lies 0.
fn transposed_blur(values: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let height = values.len() / width;
    let mut out = vec![0.0; values.len()];
    for (y, row) in values.chunks_exact(width).enumerate() {
        let mut sum: f64 = row.iter().take(radius).map(|v| f64::from(*v)).sum();
        for x in 0..width {
            sum += row.get(x + radius).map_or(0.0, |v| f64::from(*v));
            if x > radius {
                sum -= f64::from(row[x - radius - 1]);
            }
            out[x * height + y] = (sum / (2 * radius + 1) as f64) as f32;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_keeps_its_sum_and_moves_by_its_offset() {
        let window = PixelBox::new(0, 0, 60, 40);
        let mut light = vec![[1.0; 3]; 60 * 40];
        let shadow = Shadow {
            offset: (7, 4),
            radius: 2,
            strength: 0.5,
        };
        shadow.cast(window, &mut light, PixelBox::new(20, 15, 21, 16), std::iter::once(1.0));
        let dark: Vec<f32> = light.iter().map(|l| 1.0 - l[0]).collect();
        let sum: f32 = dark.iter().sum();
        assert!((sum - 0.5).abs() < 1e-4, "{sum}");
        let darkest = dark
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1))
            .map(|(i, _)| (i % 60, i / 60));
        assert_eq!(darkest, Some((27, 19)));
    }
}
