//! In which directions a row of ticks may run.

use std::f32::consts::FRAC_PI_2;
use std::f64::consts::PI;

use super::grey::Grey;

/// Bins of the half turn.
const BINS: usize = 180;

/// Directions (radians, clockwise from the right, -45 to 135 degrees) in which brightness changes most, the strongest first: along a row of ticks
/// it changes at every tick. The directions at right angles are among them, since a ruler's edges and letters may be stronger than its ticks.
pub(super) fn directions(grey: &Grey) -> Vec<f64> {
    let (width, height) = grey.size();
    let values = grey.values();
    let mut histogram = [0.0f64; BINS];
    let mut slopes: Vec<(f32, f32)> = Vec::with_capacity(width);
    // Every second row is enough.
    for y in (1..height - 1).step_by(2) {
        let row = |y: usize| &values[y * width..][..width];
        let (above, here, below) = (row(y - 1), row(y), row(y + 1));
        let sides = here.iter().zip(&here[2..]);
        let slopes_of_row = sides.zip(above[1..].iter().zip(&below[1..]));
        slopes.clear();
        slopes.extend(slopes_of_row.map(|((left, right), (above, below))| (right - left, below - above)));
        let strength_of = |(dx, dy): (f32, f32)| dx * dx + dy * dy;
        // Most of a ruler is blank: a stretch without a slope that counts is told at once.
        let stretches = slopes.chunks(8).filter(|slopes| {
            slopes
                .iter()
                .fold(false, |any, slope| any | (strength_of(*slope) >= 100.0))
        });
        for (dx, dy) in stretches.flatten() {
            let strength = strength_of((*dx, *dy));
            if strength < 100.0 {
                continue;
            }
            // Bright edges count no more than clear ones.
            histogram[bin(*dx, *dy)] += f64::from(strength.min(2500.0));
        }
    }
    let smooth = smoothed(&smoothed(&histogram));
    let mut peaks: Vec<usize> = (0..BINS)
        .filter(|i| {
            let around = |d: usize| smooth[(i + d) % BINS].max(smooth[(i + BINS - d) % BINS]);
            smooth[*i] > 0.0 && (1..=4).all(|d| smooth[*i] >= around(d))
        })
        .collect();
    peaks.sort_by(|a, b| smooth[*b].total_cmp(&smooth[*a]));
    peaks.truncate(3);
    let mut found: Vec<f64> = Vec::new();
    for peak in peaks {
        let middle = centre(&smooth, peak);
        for quarter in [0.0, PI / 2.0] {
            let angle = (middle + quarter + PI / 4.0).rem_euclid(PI) - PI / 4.0;
            let near = |a: &f64| {
                let apart = (a - angle).rem_euclid(PI);
                apart.min(PI - apart) < 2.0f64.to_radians()
            };
            if !found.iter().any(near) {
                found.push(angle);
            }
        }
    }
    found
}

/// The bin in which a direction lies.
fn bin(dx: f32, dy: f32) -> usize {
    // Of the angle by a polynomial (Abramowitz and Stegun, 4.4.49), good to 1e-5 radians; what lies nearer to the next bin is worked out exactly.
    const NEAR: f32 = 2e-3;
    let (x, y) = (dx.abs(), dy.abs());
    let (shorter, longer) = (x.min(y), x.max(y));
    let tangent = shorter / longer;
    let square = tangent * tangent;
    let terms = [0.020_835_1, -0.085_133, 0.180_141, -0.330_299_5, 0.999_866];
    let eighth = tangent * terms.iter().fold(0.0, |sum, term| sum * square + term);
    let quarter = if y > x { FRAC_PI_2 - eighth } else { eighth };
    let angle = if (dx < 0.0) == (dy < 0.0) {
        quarter
    } else {
        PI as f32 - quarter
    };
    let place = angle * (BINS as f32 / PI as f32);
    let beyond = place - place as u8 as f32;
    if (NEAR..1.0 - NEAR).contains(&beyond) {
        return usize::from(place as u8);
    }
    let angle = f64::from(dy.atan2(dx));
    let angle = if angle < 0.0 { angle + PI } else { angle };
    (angle / PI * BINS as f64) as usize % BINS
}

fn smoothed(histogram: &[f64; BINS]) -> [f64; BINS] {
    std::array::from_fn(|i| (0..3).map(|d| histogram[(i + BINS + d - 1) % BINS]).sum::<f64>() / 3.0)
}

/// The middle of a peak, in radians.
fn centre(histogram: &[f64; BINS], peak: usize) -> f64 {
    let (mut sum, mut moment) = (0.0, 0.0);
    for d in -3i64..=3 {
        let weight = histogram[(peak as i64 + d).rem_euclid(BINS as i64) as usize];
        sum += weight;
        moment += weight * d as f64;
    }
    (peak as f64 + 0.5 + moment / sum) * PI / BINS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_lies_in_the_bin_of_its_angle() {
        let levels = (-255..=255).map(|level: i16| f32::from(level) / 2.0);
        for (dx, dy) in levels.clone().flat_map(|dx| levels.clone().map(move |dy| (dx, dy))) {
            if (dx, dy) != (0.0, 0.0) {
                let angle = f64::from(dy.atan2(dx)).rem_euclid(PI);
                let expected = (angle / PI * BINS as f64) as usize % BINS;
                assert_eq!(bin(dx, dy), expected, "{dx} {dy}");
            }
        }
    }
}
