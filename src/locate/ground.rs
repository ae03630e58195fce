//! The ground on which everything lies, as a smooth surface of colour.

use super::plane::Plane;
use super::reduced::Reduced;
use crate::frame::Size;

/// Every how manyth column and row is looked at while fitting.
const STEP: usize = 4;

/// Terms of a second-order surface.
const TERMS: usize = 6;

/// How the ground looks: one second-order surface for each channel, which follows the light's fall-off towards the corners.
pub struct Ground {
    size: Size,
    surfaces: [[f32; TERMS]; 3],
    /// Typical deviation of ground pixels, in levels.
    pub noise: f32,
}

struct Sample {
    terms: [f32; TERMS],
    colour: [f32; 3],
    smooth: bool,
    border: bool,
}

impl Ground {
    /// Fits the ground of a picture: the commonest smooth colour (pixels at the border count more), then a surface through all pixels near it.
    pub fn of(picture: &Reduced) -> Self {
        let size = picture.size();
        let samples = samples(picture);
        let start = commonest_colour(&samples);
        let mut surfaces = start.map(|level| [level, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let mut noise = 3.0;
        for tolerance in [36.0, 28.0, 22.0, 16.0, 12.0, 9.0, 9.0] {
            let near: Vec<&Sample> = samples
                .iter()
                .filter(|s| s.smooth && distance(&surfaces, s) < tolerance)
                .collect();
            if near.len() < 40 {
                break;
            }
            for (c, surface) in surfaces.iter_mut().enumerate() {
                if let Some(fitted) = fit(&near, c) {
                    *surface = fitted;
                }
            }
            let mut distances: Vec<f32> = near.iter().map(|s| distance(&surfaces, s)).collect();
            let middle = distances.len() / 2;
            noise = *distances.select_nth_unstable_by(middle, f32::total_cmp).1;
        }
        Self {
            size,
            surfaces,
            noise: noise.max(0.5),
        }
    }

    /// The ground's colour at column `x`, row `y` of the small copy.
    pub fn colour(&self, x: usize, y: usize) -> [f32; 3] {
        let terms = terms(self.size, x, y);
        self.surfaces.map(|s| value(&s, &terms).clamp(0.0, 255.0))
    }

    /// How far each pixel is from the ground: the largest difference of its three channels, in levels.
    pub fn distances(&self, picture: &Reduced) -> Plane<u8> {
        let [red, green, blue] = &picture.channels;
        Plane::from_fn(self.size, |x, y| {
            let ground = self.colour(x, y);
            let pixel = [red.at(x, y), green.at(x, y), blue.at(x, y)];
            let far = ground
                .iter()
                .zip(pixel)
                .map(|(g, p)| (g - f32::from(p)).abs())
                .fold(0.0, f32::max);
            far.round() as u8
        })
    }
}

fn terms(size: Size, x: usize, y: usize) -> [f32; TERMS] {
    let u = (x as f32 + 0.5) / size.width as f32 * 2.0 - 1.0;
    let v = (y as f32 + 0.5) / size.height as f32 * 2.0 - 1.0;
    [1.0, u, v, u * u, u * v, v * v]
}

fn value(surface: &[f32; TERMS], terms: &[f32; TERMS]) -> f32 {
    surface.iter().zip(terms).map(|(a, b)| a * b).sum()
}

fn distance(surfaces: &[[f32; TERMS]; 3], sample: &Sample) -> f32 {
    (0..3)
        .map(|c| (value(&surfaces[c], &sample.terms) - sample.colour[c]).abs())
        .fold(0.0, f32::max)
}

fn samples(picture: &Reduced) -> Vec<Sample> {
    let size = picture.size();
    let (width, height) = (size.width as usize, size.height as usize);
    let rim = (width.min(height) / 40).max(1);
    let mut samples = Vec::new();
    for y in (STEP / 2..height - 1).step_by(STEP) {
        for x in (STEP / 2..width - 1).step_by(STEP) {
            let steep = picture.channels.iter().any(|c| {
                let here = c.at(x, y);
                here.abs_diff(c.at(x + 1, y)) > 5
                    || here.abs_diff(c.at(x, y + 1)) > 5
                    || here.abs_diff(c.at(x - 1, y - 1)) > 5
            });
            samples.push(Sample {
                terms: terms(size, x, y),
                colour: [0, 1, 2].map(|c| f32::from(picture.channels[c].at(x, y))),
                smooth: !steep,
                border: x < rim + STEP || y < rim + STEP || x + rim + STEP >= width || y + rim + STEP >= height,
            });
        }
    }
    samples
}

/// Centre of the fullest cube of 24 levels a side; smooth pixels count, at the border four times.
fn commonest_colour(samples: &[Sample]) -> [f32; 3] {
    const CUBES: usize = 32;
    let cube = |level: f32| (level as usize * CUBES / 256).min(CUBES - 1);
    let mut counts = vec![0u32; CUBES * CUBES * CUBES];
    for s in samples.iter().filter(|s| s.smooth) {
        let at = (cube(s.colour[0]) * CUBES + cube(s.colour[1])) * CUBES + cube(s.colour[2]);
        counts[at] += if s.border { 4 } else { 1 };
    }
    let fullest = (0..counts.len())
        .filter(|at| counts[*at] > 0)
        .max_by_key(|at| (neighbours_sum(&counts, *at, CUBES), std::cmp::Reverse(*at)));
    let Some(at) = fullest else {
        return median_colour(samples);
    };
    let side = 256.0 / CUBES as f32;
    [at / (CUBES * CUBES), at / CUBES % CUBES, at % CUBES].map(|i| (i as f32 + 0.5) * side)
}

fn neighbours_sum(counts: &[u32], at: usize, cubes: usize) -> u32 {
    let (r, g, b) = (at / (cubes * cubes), at / cubes % cubes, at % cubes);
    let range = |i: usize| i.saturating_sub(1)..(i + 2).min(cubes);
    let mut sum = 0;
    for r in range(r) {
        for g in range(g) {
            for b in range(b) {
                sum += counts[(r * cubes + g) * cubes + b];
            }
        }
    }
    sum
}

fn median_colour(samples: &[Sample]) -> [f32; 3] {
    [0, 1, 2].map(|c| {
        let mut levels: Vec<f32> = samples.iter().map(|s| s.colour[c]).collect();
        let middle = levels.len() / 2;
        if levels.is_empty() {
            0.0
        } else {
            *levels.select_nth_unstable_by(middle, f32::total_cmp).1
        }
    })
}

/// Least squares by the normal equations, Gaussian elimination with pivoting; `None` where the samples don't determine the surface.
fn fit(samples: &[&Sample], channel: usize) -> Option<[f32; TERMS]> {
    let mut m = [[0f64; TERMS + 1]; TERMS];
    for s in samples {
        let t = s.terms.map(f64::from);
        for i in 0..TERMS {
            for j in 0..TERMS {
                m[i][j] += t[i] * t[j];
            }
            m[i][TERMS] += t[i] * f64::from(s.colour[channel]);
        }
    }
    // A little weight on flatness keeps the surface tame where samples cover only a part of the picture.
    let ridge = samples.len() as f64 * 1e-3;
    for (i, row) in m.iter_mut().enumerate().skip(1) {
        row[i] += ridge;
    }
    for i in 0..TERMS {
        let pivot = (i..TERMS).max_by(|a, b| m[*a][i].abs().total_cmp(&m[*b][i].abs()))?;
        m.swap(i, pivot);
        if m[i][i].abs() < 1e-9 {
            return None;
        }
        for k in 0..TERMS {
            if k != i {
                let share = m[k][i] / m[i][i];
                for j in i..=TERMS {
                    m[k][j] -= share * m[i][j];
                }
            }
        }
    }
    let mut surface = [0.0; TERMS];
    for (i, s) in surface.iter_mut().enumerate() {
        *s = (m[i][TERMS] / m[i][i]) as f32;
    }
    Some(surface)
}
