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

/// Powers of column and row in each term.
const POWERS: [(usize, usize); TERMS] = [
    (0, 0),
    (1, 0),
    (0, 1),
    (2, 0),
    (1, 1),
    (0, 2),
    (3, 0),
    (2, 1),
    (1, 2),
    (0, 3),
];

/// Powers of a column that products of two terms hold, and an even number of them.
const COLUMN_POWERS: usize = 8;

/// Samples on a grid, row by row.
struct Samples {
    /// Where each column lies, -1 to 1.
    columns: Vec<f32>,
    /// Where each row lies.
    rows: Vec<f32>,
    /// Levels of the three channels.
    colours: [Vec<f32>; 3],
    /// Whether a sample hardly differs from its neighbours.
    smooth: Vec<bool>,
    /// Whether it lies at the border of the part that is looked at.
    border: Vec<bool>,
}

impl Ground {
    /// Fits the ground in a part of a picture: the commonest smooth colour (pixels at the border count more), then a surface through all pixels near
    /// it, then through all that are reached from these over gentle slopes, which is what uneven light makes and an outline does not.
    pub fn of(picture: &Reduced, within: &PixelBox) -> Self {
        let size = picture.size();
        let samples = Samples::of(picture, within);
        let mut surfaces = commonest_colour(&samples).map(|level| {
            let mut surface = [0.0; TERMS];
            surface[0] = level;
            surface
        });
        let mut members = Vec::new();
        let mut distances = Vec::new();
        for tolerance in TOLERANCES {
            samples.distances(&surfaces, &mut distances);
            members = samples.smooth.clone();
            for (member, distance) in members.iter_mut().zip(&distances) {
                *member &= *distance < tolerance;
            }
            refit(&mut surfaces, &samples, &members, 6);
        }
        for _ in 0..FOLLOWINGS {
            follow_slopes(&mut members, &samples);
            refit(&mut surfaces, &samples, &members, TERMS);
            samples.distances(&surfaces, &mut distances);
            for (member, distance) in members.iter_mut().zip(&distances) {
                *member &= *distance < 20.0;
            }
        }
        let mut of_members = members.iter();
        distances.retain(|_| of_members.next() == Some(&true));
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
        let mut furthest = vec![0f32; columns.len()];
        for y in 0..self.size.height as usize {
            let v = coordinate(y, self.size.height);
            furthest.fill(0.0);
            for (surface, channel) in self.surfaces.iter().zip(&picture.channels) {
                let along = Along::of(surface, v);
                for ((furthest, pixel), u) in furthest.iter_mut().zip(channel.row(y)).zip(&columns) {
                    let ground = along.at(*u).clamp(0.0, 255.0);
                    *furthest = furthest.max((ground - f32::from(*pixel)).abs());
                }
            }
            for (out, furthest) in distances.row_mut(y).iter_mut().zip(&furthest) {
                *out = (furthest + 0.5) as u8;
            }
        }
        distances
    }
}

/// Position in a side of `length` pixels as -1 to 1.
fn coordinate(at: usize, length: u32) -> f32 {
    (at as f32 + 0.5) * (2.0 / length as f32) - 1.0
}

/// A surface along one row: a polynomial of the column alone.
struct Along {
    constant: f32,
    linear: f32,
    square: f32,
    cube: f32,
}

impl Along {
    fn of(surface: &[f32; TERMS], v: f32) -> Self {
        let [one, u1, v1, uu, uv, vv, uuu, uuv, uvv, vvv] = *surface;
        Self {
            constant: one + v * (v1 + v * (vv + v * vvv)),
            linear: u1 + v * (uv + v * uvv),
            square: uu + v * uuv,
            cube: uuu,
        }
    }

    fn at(&self, u: f32) -> f32 {
        self.constant + u * (self.linear + u * (self.square + u * self.cube))
    }
}

/// Adds every smooth sample that differs little from a neighbouring member, and so on from there.
fn follow_slopes(members: &mut [bool], samples: &Samples) {
    let columns = samples.columns.len();
    let mut reached: Vec<usize> = (0..members.len()).filter(|i| members[*i]).collect();
    while let Some(i) = reached.pop() {
        let column = i % columns;
        let neighbours = [
            (column > 0).then(|| i - 1),
            (column + 1 < columns).then(|| i + 1),
            i.checked_sub(columns),
            (i + columns < members.len()).then(|| i + columns),
        ];
        for n in neighbours.into_iter().flatten() {
            let is_near = || {
                samples
                    .colours
                    .iter()
                    .all(|levels| (levels[n] - levels[i]).abs() <= SLOPE)
            };
            if !members[n] && samples.smooth[n] && is_near() {
                members[n] = true;
                reached.push(n);
            }
        }
    }
}

/// Fits the surfaces anew to the members, with the first `terms` terms; too few members change nothing.
fn refit(surfaces: &mut [[f32; TERMS]; 3], samples: &Samples, members: &[bool], terms: usize) {
    let count = members.iter().filter(|member| **member).count();
    if count >= 4 * TERMS
        && let Some(fitted) = fit(samples, members, count, terms)
    {
        *surfaces = fitted;
    }
}

impl Samples {
    fn of(picture: &Reduced, within: &PixelBox) -> Self {
        let size = picture.size();
        let rim = within.width().min(within.height()) as usize / 40 + 1 + STEP;
        let (left, right) = (within.left as usize, within.right as usize);
        let (top, bottom) = (within.top as usize, within.bottom as usize);
        let columns = || (left + STEP / 2..right - 1).step_by(STEP);
        let rows = || (top + STEP / 2..bottom - 1).step_by(STEP);
        let (mut smooth, mut border) = (Vec::new(), Vec::new());
        let mut colours = [Vec::new(), Vec::new(), Vec::new()];
        for y in rows() {
            let rows = picture
                .channels
                .each_ref()
                .map(|c| [c.row(y - 1), c.row(y), c.row(y + 1)]);
            for x in columns() {
                smooth.push(rows.iter().all(|[above, row, below]| {
                    let here = row[x];
                    here.abs_diff(row[x + 1]) <= STEEP
                        && here.abs_diff(below[x]) <= STEEP
                        && here.abs_diff(above[x - 1]) <= STEEP
                }));
                border.push(x < left + rim || y < top + rim || x + rim >= right || y + rim >= bottom);
            }
            for (levels, [_, row, _]) in colours.iter_mut().zip(rows) {
                levels.extend(columns().map(|x| f32::from(row[x])));
            }
        }
        Self {
            columns: columns().map(|x| coordinate(x, size.width)).collect(),
            rows: rows().map(|y| coordinate(y, size.height)).collect(),
            colours,
            smooth,
            border,
        }
    }

    /// Writes the largest difference of the three channels from the surfaces for each sample.
    fn distances(&self, surfaces: &[[f32; TERMS]; 3], distances: &mut Vec<f32>) {
        distances.clear();
        distances.resize(self.smooth.len(), 0.0);
        let columns = self.columns.len().max(1);
        for (surface, levels) in surfaces.iter().zip(&self.colours) {
            let rows = distances.chunks_exact_mut(columns).zip(levels.chunks_exact(columns));
            for ((distances, levels), v) in rows.zip(&self.rows) {
                let along = Along::of(surface, *v);
                for ((distance, level), u) in distances.iter_mut().zip(levels).zip(&self.columns) {
                    *distance = distance.max((along.at(*u) - level).abs());
                }
            }
        }
    }
}

/// Centre of the fullest cube of 24 levels a side; smooth pixels count, at the border four times.
fn commonest_colour(samples: &Samples) -> [f32; 3] {
    const CUBES: usize = 32;
    let cube = |level: f32| (level as usize * CUBES / 256).min(CUBES - 1);
    let mut counts = vec![0u32; CUBES * CUBES * CUBES];
    let [red, green, blue] = &samples.colours;
    for i in (0..samples.smooth.len()).filter(|i| samples.smooth[*i]) {
        let at = (cube(red[i]) * CUBES + cube(green[i])) * CUBES + cube(blue[i]);
        counts[at] += if samples.border[i] { 4 } else { 1 };
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

fn median_colour(samples: &Samples) -> [f32; 3] {
    samples.colours.each_ref().map(|levels| {
        let mut levels = levels.clone();
        let middle = levels.len() / 2;
        if levels.is_empty() {
            0.0
        } else {
            *levels.select_nth_unstable_by(middle, f32::total_cmp).1
        }
    })
}

fn powers<const COUNT: usize>(base: f32) -> [f64; COUNT] {
    let mut powers = [1.0; COUNT];
    for i in 1..COUNT {
        powers[i] = powers[i - 1] * f64::from(base);
    }
    powers
}

/// Least squares by the normal equations of the first `terms` terms, Gaussian elimination with pivoting; `None` where the samples don't
/// determine the surface.
fn fit(samples: &Samples, members: &[bool], count: usize, terms: usize) -> Option<[[f32; TERMS]; 3]> {
    let mut m = [[0f64; TERMS + 3]; TERMS];
    let columns: Vec<[f64; COLUMN_POWERS]> = samples.columns.iter().map(|u| powers(*u)).collect();
    for (y, v) in samples.rows.iter().enumerate() {
        // All members of a row share the powers of the row, so only those of the column are added up one by one.
        let mut sums = [0f64; COLUMN_POWERS];
        let mut of_levels = [[0f64; 4]; 3];
        for (x, powers) in columns.iter().enumerate() {
            let i = y * columns.len() + x;
            if !members[i] {
                continue;
            }
            for (sum, power) in sums.iter_mut().zip(powers) {
                *sum += power;
            }
            for (sums, levels) in of_levels.iter_mut().zip(&samples.colours) {
                let level = f64::from(levels[i]);
                for (sum, power) in sums.iter_mut().zip(powers) {
                    *sum += level * power;
                }
            }
        }
        let rows: [f64; COLUMN_POWERS] = powers(*v);
        for (i, (u, v)) in POWERS.iter().enumerate().take(terms) {
            for (j, (other_u, other_v)) in POWERS.iter().enumerate().skip(i) {
                m[i][j] += sums[u + other_u] * rows[v + other_v];
            }
            for (sum, of_level) in m[i][TERMS..].iter_mut().zip(&of_levels) {
                *sum += of_level[*u] * rows[*v];
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
    let ridge = count as f64 * 1e-3;
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
