//! Light and shade on a surface whose height is known at every sample.

use crate::frame::Size;

/// How a place of a surface takes the lamps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shade {
    /// Share of the lamps' light that falls on it, around 1 where it faces the camera.
    pub diffuse: f32,
    /// Mirror-like shine, 0 to 1.
    pub shine: f32,
}

/// Direction to the main lamp: from the upper left, towards the camera.
const LAMP: [f32; 3] = [-0.36, -0.52, 0.775];

/// Light and shade at sample (`x`, `y`); `height` is in samples, and NaN outside the surface.
pub(super) fn shade(height: &[f32], size: Size, x: u32, y: u32) -> Shade {
    let at = |x: u32, y: u32| height[y as usize * size.width as usize + x as usize];
    let here = at(x, y);
    let slope = |before: f32, after: f32| match (before.is_nan(), after.is_nan()) {
        (false, false) => (after - before) / 2.0,
        (true, false) => after - here,
        (false, true) => here - before,
        (true, true) => 0.0,
    };
    let west = if x > 0 { at(x - 1, y) } else { f32::NAN };
    let east = if x + 1 < size.width { at(x + 1, y) } else { f32::NAN };
    let north = if y > 0 { at(x, y - 1) } else { f32::NAN };
    let south = if y + 1 < size.height { at(x, y + 1) } else { f32::NAN };
    let (dx, dy) = (slope(west, east).clamp(-2.0, 2.0), slope(north, south).clamp(-2.0, 2.0));
    let length = (dx * dx + dy * dy + 1.0).sqrt();
    let facing = (-dx * LAMP[0] - dy * LAMP[1] + LAMP[2]) / length;
    let up = 1.0 / length;
    // Half-way between lamp and camera, for the shine.
    let half = [LAMP[0] / 1.884, LAMP[1] / 1.884, (LAMP[2] + 1.0) / 1.884];
    let mirror = ((-dx * half[0] - dy * half[1] + half[2]) / length).max(0.0);
    Shade {
        diffuse: 0.42 + 0.3 * up + 0.42 * facing.max(0.0),
        shine: mirror.powi(48),
    }
}
