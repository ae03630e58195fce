//! The lattice of overlapping scales.

use crate::render::light::smoothstep;
use crate::render::noise::Noise;

/// What a place on the flank has to do with its scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScalePlace {
    /// 1 on the rear edge, 0 inside.
    pub rim: f32,
    /// Height of the scale's bulge, 0 to 1.
    pub bulge: f32,
    /// A number from -1 to 1 that belongs to the scale.
    pub own: f32,
}

/// Half the length of a scale in spacings along the row, and half its height in rows.
const HALF_LENGTH: f32 = 0.98;
const HALF_HEIGHT: f32 = 1.12;

/// The scale on top at `along` (in spacings along the body) and `across` (in rows): the foremost of those that reach there, since each scale
/// covers the front of the next.
pub(super) fn at(along: f32, across: f32, noise: Noise) -> ScalePlace {
    let mut foremost = (f32::MAX, 0.0, 0, 0);
    let first = (across - HALF_HEIGHT).ceil() as i32;
    let last = (across + HALF_HEIGHT).floor() as i32;
    for row in first..=last {
        let away = (across - row as f32) / HALF_HEIGHT;
        let half = HALF_LENGTH * (1.0 - away * away).max(0.0).sqrt();
        let shift = if row.rem_euclid(2) == 1 { 0.5 } else { 0.0 };
        let number = (along - half - shift).ceil();
        let middle = number + shift;
        if middle <= along + half && middle < foremost.0 {
            foremost = (middle, middle + half - along, row, number as i32);
        }
    }
    let (_, to_rim, row, number) = foremost;
    ScalePlace {
        rim: 1.0 - smoothstep(0.05, 0.3, to_rim),
        bulge: smoothstep(0.0, 0.22, to_rim) * (1.0 - 0.55 * (to_rim / 1.2).min(1.0)),
        own: noise.of_cell(number, row) * 2.0 - 1.0,
    }
}
