//! The ground on which everything lies, as a smooth surface of colour.

use super::plane::Plane;
use super::reduced::Reduced;
use crate::frame::{PixelBox, Size};

/// Every how manyth column and row is looked at while fitting.
const STEP: usize = 5;

/// Terms of a third-order surface.
const TERMS: usize = 10;

/// Distances in levels within which samples take part in one fit after the other.
const TOLERANCES: [f32; 6] = [36.0, 28.0, 22.0, 16.0, 12.0, 9.0];

/// Largest difference between two neighbouring samples of an even ground, in levels.
const SLOPE: f32 = 4.0;

/// Neighbouring pixels of the ground differ at most this much, in levels.
const STEEP: u8 = 5;

/// A light table is brighter than this in all channels.
const LIT: f32 = 200.0;

/// A black ground is darker than this in all channels.
const BLACK: f32 = 50.0;

/// How often the ground is followed along its slopes and fitted anew.
const FOLLOWINGS: usize = 3;

/// How the ground looks: one third-order surface for each channel, which follows the light's fall-off towards the corners.
pub struct Ground {
    size: Size,
    surfaces: [[f32; TERMS]; 3],
    /// Typical deviation of ground pixels, in levels.
    pub noise: f32,
}

#[derive(Clone)]
struct Sample {
    terms: [f32; TERMS],
    colour: [f32; 3],
    smooth: bool,
    border: bool,
}

impl Ground {
    /// Fits the ground in a part of a picture: the commonest smooth colour (pixels at the border count more), then a surface through all pixels near
    /// it, then through all that are reached from these over gentle slopes, which is what uneven light makes and an outline does not.
    pub fn of(picture: &Reduced, within: &PixelBox) -> Self {
        let size = picture.size();
        let (samples, columns) = samples(picture, within);
        let start = commonest_colour(&samples);
        let mut surfaces = start.map(|level| {
            let mut surface = [0.0; TERMS];
            surface[0] = level;
            surface
        });
        let mut members: Vec<bool> = Vec::new();
        for tolerance in TOLERANCES {
            members = samples
                .iter()
                .map(|s| s.smooth && distance(&surfaces, s) < tolerance)
                .collect();
            refit(&mut surfaces, &samples, &members, 6);
        }
        for _ in 0..FOLLOWINGS {
            follow_slopes(&mut members, &samples, columns);
            refit(&mut surfaces, &samples, &members, TERMS);
            for (member, sample) in members.iter_mut().zip(&samples) {
                *member &= distance(&surfaces, sample) < 20.0;
            }
        }
        let mut distances: Vec<f32> = samples
            .iter()
            .zip(&members)
            .filter(|(_, member)| **member)
            .map(|(s, _)| distance(&surfaces, s))
            .collect();
        let middle = distances.len() / 2;
        let noise = if distances.is_empty() {
            3.0
        } else {
            *distances.select_nth_unstable_by(middle, f32::total_cmp).1
        };
        Self {
            size,
            surfaces,
            noise: noise.max(0.5),
        }
    }

    /// Whether thin parts of a fish show the ground through them for certain: on a light table, or on black.
    pub fn shines_through(&self) -> bool {
        self.surfaces.iter().all(|s| s[0] > LIT) || self.surfaces.iter().all(|s| s[0] < BLACK)
    }

    /// How far each pixel is from the ground: the largest difference of its three channels, in levels.
    pub fn distances(&self, picture: &Reduced) -> Plane<u8> {
        let mut distances = Plane::filled(self.size, 0u8);
        let columns: Vec<f32> = (0..self.size.width as usize)
            .map(|x| coordinate(x, self.size.width))
            .collect();
        for y in 0..self.size.height as usize {
            let v = coordinate(y, self.size.height);
            let out = distances.row_mut(y);
            for (surface, channel) in self.surfaces.iter().zip(&picture.channels) {
                // The surface along one row is a polynomial of the column alone.
                let [one, u1, v1, uu, uv, vv, uuu, uuv, uvv, vvv] = *surface;
                let constant = one + v * (v1 + v * (vv + v * vvv));
                let linear = u1 + v * (uv + v * uvv);
                let square = uu + v * uuv;
                for ((out, pixel), u) in out.iter_mut().zip(channel.row(y)).zip(&columns) {
                    let ground = (constant + u * (linear + u * (square + u * uuu))).clamp(0.0, 255.0);
                    *out = (*out).max(((ground - f32::from(*pixel)).abs() + 0.5) as u8);
                }
            }
        }
        distances
    }
}

/// Position in a side of `length` pixels as -1 to 1.
fn coordinate(at: usize, length: u32) -> f32 {
    (at as f32 + 0.5) * (2.0 / length as f32) - 1.0
}

/// Adds every smooth sample that differs little from a neighbouring member, and so on from there.
fn follow_slopes(members: &mut [bool], samples: &[Sample], columns: usize) {
    let mut reached: Vec<usize> = (0..members.len()).filter(|i| members[*i]).collect();
    while let Some(i) = reached.pop() {
        let column = i % columns;
        let neighbours = [
            (column > 0).then(|| i - 1),
            (column + 1 < columns).then(|| i + 1),
            i.checked_sub(columns),
            (i + columns < samples.len()).then(|| i + columns),
        ];
        for n in neighbours.into_iter().flatten() {
            let near = samples[n]
                .colour
                .iter()
                .zip(&samples[i].colour)
                .all(|(a, b)| (a - b).abs() <= SLOPE);
            if !members[n] && samples[n].smooth && near {
                members[n] = true;
                reached.push(n);
            }
        }
    }
}

/// Fits the surfaces anew to the members, with the first `terms` terms; too few members change nothing.
fn refit(surfaces: &mut [[f32; TERMS]; 3], samples: &[Sample], members: &[bool], terms: usize) {
    let near: Vec<&Sample> = samples
        .iter()
        .zip(members)
        .filter(|(_, m)| **m)
        .map(|(s, _)| s)
        .collect();
    if near.len() < 4 * TERMS {
        return;
    }
    if let Some(fitted) = fit(&near, terms) {
        *surfaces = fitted;
    }
}

fn terms(size: Size, x: usize, y: usize) -> [f32; TERMS] {
    let (u, v) = (coordinate(x, size.width), coordinate(y, size.height));
    [
        1.0,
        u,
        v,
        u * u,
        u * v,
        v * v,
        u * u * u,
        u * u * v,
        u * v * v,
        v * v * v,
    ]
}

fn value(surface: &[f32; TERMS], terms: &[f32; TERMS]) -> f32 {
    surface.iter().zip(terms).map(|(a, b)| a * b).sum()
}

fn distance(surfaces: &[[f32; TERMS]; 3], sample: &Sample) -> f32 {
    (0..3)
        .map(|c| (value(&surfaces[c], &sample.terms) - sample.colour[c]).abs())
        .fold(0.0, f32::max)
}

/// Samples on a grid, row by row, and how many make a row.
fn samples(picture: &Reduced, within: &PixelBox) -> (Vec<Sample>, usize) {
    let size = picture.size();
    let rim = within.width().min(within.height()) as usize / 40 + 1 + STEP;
    let (left, right) = (within.left as usize, within.right as usize);
    let (top, bottom) = (within.top as usize, within.bottom as usize);
    let columns = || (left + STEP / 2..right - 1).step_by(STEP);
    let mut samples = Vec::new();
    for y in (top + STEP / 2..bottom - 1).step_by(STEP) {
        for x in columns() {
            let steep = picture.channels.iter().any(|c| {
                let here = c.at(x, y);
                here.abs_diff(c.at(x + 1, y)) > STEEP
                    || here.abs_diff(c.at(x, y + 1)) > STEEP
                    || here.abs_diff(c.at(x - 1, y - 1)) > STEEP
            });
            samples.push(Sample {
                terms: terms(size, x, y),
                colour: [0, 1, 2].map(|c| f32::from(picture.channels[c].at(x, y))),
                smooth: !steep,
                border: x < left + rim || y < top + rim || x + rim >= right || y + rim >= bottom,
            });
        }
    }
    (samples, columns().len())
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

/// Least squares by the normal equations of the first `terms` terms, Gaussian elimination with pivoting; `None` where the samples don't
/// determine the surface.
fn fit(samples: &[&Sample], terms: usize) -> Option<[[f32; TERMS]; 3]> {
    let mut m = [[0f64; TERMS + 3]; TERMS];
    for s in samples {
        let mut t = [0.0; TERMS + 3];
        for (t, value) in t.iter_mut().zip(s.terms.iter().chain(&s.colour)) {
            *t = f64::from(*value);
        }
        for i in 0..terms {
            for j in i..TERMS + 3 {
                m[i][j] += t[i] * t[j];
            }
        }
    }
    let upper = m;
    for (i, row) in m.iter_mut().enumerate().take(terms) {
        for (value, mirrored) in row.iter_mut().zip(&upper).take(i) {
            *value = mirrored[i];
        }
    }
    // A little weight on flatness keeps the surface tame where samples cover only a part of the picture.
    let ridge = samples.len() as f64 * 1e-3;
    for (i, row) in m.iter_mut().enumerate().skip(1) {
        row[i] += ridge;
    }
    for i in 0..terms {
        let pivot = (i..terms).max_by(|a, b| m[*a][i].abs().total_cmp(&m[*b][i].abs()))?;
        m.swap(i, pivot);
        if m[i][i].abs() < 1e-9 {
            return None;
        }
        let row = m[i];
        for (k, other) in m.iter_mut().enumerate().take(terms) {
            if k != i {
                let share = other[i] / row[i];
                for (value, pivot) in other.iter_mut().zip(&row) {
                    *value -= share * pivot;
                }
            }
        }
    }
    let mut surfaces = [[0.0; TERMS]; 3];
    for (c, surface) in surfaces.iter_mut().enumerate() {
        for (i, s) in surface.iter_mut().enumerate().take(terms) {
            *s = (m[i][TERMS + c] / m[i][i]) as f32;
        }
    }
    Some(surfaces)
}
