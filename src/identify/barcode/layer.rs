//! A part of a picture in grey, in the size and turn in which a reader looks at it.

use std::ops::Range;

use image::RgbImage;

use crate::frame::{PixelBox, Point};

/// Binary digits of a place between pixels.
const FIXED_BITS: u32 = 24;

/// A place in 2^-24 pixels.
fn fixed(place: f64) -> i64 {
    (place * f64::from(1u32 << FIXED_BITS)).round() as i64
}

/// The part of a place behind the point, in 256ths, which is as fine as eight bits can tell.
fn fraction(place: i64) -> u32 {
    (place >> (FIXED_BITS - 8)) as u32 & 255
}

/// Grey between two pixels above and two below.
fn mixed(upper: &[u8], lower: &[u8], right: u32, down: u32) -> u8 {
    let along = |row: &[u8]| u32::from(row[0]) * (256 - right) + u32::from(row[1]) * right;
    ((along(upper) * (256 - down) + along(lower) * down + 32_768) >> 16) as u8
}

/// For how many steps of `count` a place remains from 0 to below `limit`.
fn steps_within(start: i64, step: i64, limit: i64, count: i64) -> Range<i64> {
    let (first, end) = match step {
        0 if (0..limit).contains(&start) => (0, count),
        0 => (0, 0),
        1.. => (-start.div_euclid(step), (limit - start + step - 1).div_euclid(step)),
        // Counted from the other end.
        _ => ((start - limit).div_euclid(-step) + 1, start.div_euclid(-step) + 1),
    };
    first.clamp(0, count)..end.clamp(0, count)
}

/// ITU-R BT.601 luma of a row of pixels.
fn write_luma(pixels: &[u8], luma: &mut [u8]) {
    for (luma, [red, green, blue]) in luma.iter_mut().zip(pixels.as_chunks::<3>().0) {
        *luma = ((77 * u32::from(*red) + 150 * u32::from(*green) + 29 * u32::from(*blue)) >> 8) as u8;
    }
}

/// Grey pixels, and how they lie in the picture.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    luma: Vec<u8>,
    width: u32,
    height: u32,
    /// From layer to picture: `picture = origin + x * along + y * down`, between the middles of pixels.
    origin: Point,
    along: Point,
    down: Point,
}

/// A part of a turned layer.
#[derive(Debug, Clone)]
pub(super) struct Turned {
    /// Some of its rows.
    pub layer: Layer,
    /// Rows that lie before them.
    pub before: usize,
    /// All of its rows.
    pub rows: usize,
}

impl Layer {
    /// A part of a picture; of a large one the mean of blocks, so that at most `max_pixels` remain. `part` must lie in the picture.
    pub fn of(picture: &RgbImage, part: PixelBox, max_pixels: u64) -> Self {
        let block = (1..)
            .find(|block| part.area() / (block * block) <= max_pixels)
            .unwrap_or(1) as u32;
        let (width, height) = ((part.width() / block).max(1), (part.height() / block).max(1));
        let stride = picture.width() as usize * 3;
        let raw = picture.as_raw();
        let mut luma = Vec::with_capacity(width as usize * height as usize);
        let mut line = vec![0; (width * block) as usize];
        let mut sums = vec![0u32; width as usize];
        for row in 0..height {
            sums.fill(0);
            for y in 0..block {
                let start = (part.top + row * block + y) as usize * stride + part.left as usize * 3;
                write_luma(&raw[start..start + line.len() * 3], &mut line);
                if block == 1 {
                    luma.extend_from_slice(&line);
                    continue;
                }
                for (sum, levels) in sums.iter_mut().zip(line.chunks_exact(block as usize)) {
                    *sum += levels.iter().map(|level| u32::from(*level)).sum::<u32>();
                }
            }
            if block > 1 {
                luma.extend(sums.iter().map(|sum| (sum / (block * block)) as u8));
            }
        }
        let middle = f64::from(block - 1) / 2.0;
        let block = f64::from(block);
        Self {
            luma,
            width,
            height,
            origin: Point {
                x: f64::from(part.left) + middle,
                y: f64::from(part.top) + middle,
            },
            along: Point { x: block, y: 0.0 },
            down: Point { x: 0.0, y: block },
        }
    }

    pub fn luma(&self) -> &[u8] {
        &self.luma
    }

    pub fn width(&self) -> u32 {
        self.width
    }

    pub fn height(&self) -> u32 {
        self.height
    }

    /// A column's grey values.
    pub fn column(&self, x: usize) -> Vec<u8> {
        self.luma[x..].iter().step_by(self.width as usize).copied().collect()
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Where a point of the layer lies in the picture.
    pub fn in_picture(&self, p: Point) -> Point {
        Point {
            x: self.origin.x + p.x * self.along.x + p.y * self.down.x,
            y: self.origin.y + p.x * self.along.y + p.y * self.down.y,
        }
    }

    /// The layer whose points lie at `origin + x * along + y * down` of this one; rows that are not wanted are black.
    fn resampled(
        &self,
        (width, height): (u32, u32),
        origin: Point,
        along: Point,
        down: Point,
        is_wanted: impl Fn(u32) -> bool,
    ) -> Self {
        let mut luma = Vec::with_capacity(width as usize * height as usize);
        let step = (fixed(along.x), fixed(along.y));
        for y in 0..height {
            if !is_wanted(y) {
                luma.resize(luma.len() + width as usize, 0);
                continue;
            }
            let start = (
                fixed(origin.x + f64::from(y) * down.x),
                fixed(origin.y + f64::from(y) * down.y),
            );
            self.sample(start, step, width, &mut luma);
        }
        self.placed(luma, (width, height), origin, along, down)
    }

    /// Adds the grey values of a line of places in 2^-24 pixels.
    fn sample(&self, start: (i64, i64), step: (i64, i64), count: u32, luma: &mut Vec<u8>) {
        let at = |i: i64| self.between(start.0 + i * step.0, start.1 + i * step.1);
        let count = i64::from(count);
        let along = steps_within(start.0, step.0, i64::from(self.width - 1) << FIXED_BITS, count);
        let down = steps_within(start.1, step.1, i64::from(self.height - 1) << FIXED_BITS, count);
        let inside = along.start.max(down.start)..along.end.min(down.end);
        if inside.is_empty() {
            luma.extend((0..count).map(at));
            return;
        }
        luma.extend((0..inside.start).map(at));
        let width = self.width as usize;
        let (mut x, mut y) = (start.0 + inside.start * step.0, start.1 + inside.start * step.1);
        luma.extend(inside.clone().map(|_| {
            let first = (y >> FIXED_BITS) as usize * width + (x >> FIXED_BITS) as usize;
            let four = &self.luma[first..][..width + 2];
            let level = mixed(&four[..2], &four[width..], fraction(x), fraction(y));
            (x, y) = (x + step.0, y + step.1);
            level
        }));
        luma.extend((inside.end..count).map(at));
    }

    /// A layer of these values, whose points lie at `origin + x * along + y * down` of this one.
    fn placed(&self, luma: Vec<u8>, (width, height): (u32, u32), origin: Point, along: Point, down: Point) -> Self {
        let step = |v: Point| Point {
            x: v.x * self.along.x + v.y * self.down.x,
            y: v.x * self.along.y + v.y * self.down.y,
        };
        Self {
            luma,
            width,
            height,
            origin: self.in_picture(origin),
            along: step(along),
            down: step(down),
        }
    }

    /// Grey between four pixels, for a place in 2^-24 pixels; outside of the layer as at its edge.
    fn between(&self, x: i64, y: i64) -> u8 {
        let x = x.clamp(0, i64::from(self.width - 1) << FIXED_BITS);
        let y = y.clamp(0, i64::from(self.height - 1) << FIXED_BITS);
        let (left, top) = ((x >> FIXED_BITS) as usize, (y >> FIXED_BITS) as usize);
        let width = self.width as usize;
        let right = (left + 1).min(width - 1);
        let bottom = (top + 1).min(self.height as usize - 1);
        let pair = |row: usize| [self.luma[row * width + left], self.luma[row * width + right]];
        mixed(&pair(top), &pair(bottom), fraction(x), fraction(y))
    }

    /// In half the size, each pixel the mean of four.
    pub fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let of = self.width as usize;
        let mut luma = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height as usize {
            let upper = &self.luma[2 * y * of..][..of];
            // A layer of one row, or of one column, is its own neighbour.
            let lower = &self.luma[(2 * y + 1).min(self.height as usize - 1) * of..][..of];
            if of == 1 {
                luma.push((u32::from(upper[0]) + u32::from(lower[0])).div_ceil(2) as u8);
                continue;
            }
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            luma.extend(pairs.map(|(upper, lower)| {
                let sum: u32 = upper.iter().chain(lower).map(|value| u32::from(*value)).sum();
                ((sum + 2) / 4) as u8
            }));
        }
        let (along, down) = (Point { x: 2.0, y: 0.0 }, Point { x: 0.0, y: 2.0 });
        self.placed(luma, (width, height), Point { x: 0.5, y: 0.5 }, along, down)
    }

    /// In twice the size: each pixel lies a quarter of the way between one and its neighbour.
    pub fn doubled(&self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut luma = Vec::with_capacity(4 * self.luma.len());
        let mut column_sums = vec![0; width];
        for y in 0..2 * height {
            let neighbour = if y % 2 == 0 {
                (y / 2).saturating_sub(1)
            } else {
                (y / 2 + 1).min(height - 1)
            };
            let (row, beside) = (
                &self.luma[y / 2 * width..][..width],
                &self.luma[neighbour * width..][..width],
            );
            for ((sum, here), there) in column_sums.iter_mut().zip(row).zip(beside) {
                *sum = 3 * u16::from(*here) + u16::from(*there);
            }
            let between = |here: u16, there: u16| ((3 * here + there + 8) / 16) as u8;
            for x in 0..width {
                let (left, here, right) = (x.saturating_sub(1), column_sums[x], (x + 1).min(width - 1));
                luma.extend([between(here, column_sums[left]), between(here, column_sums[right])]);
            }
        }
        let (along, down) = (Point { x: 0.5, y: 0.0 }, Point { x: 0.0, y: 0.5 });
        self.placed(
            luma,
            (self.width * 2, self.height * 2),
            Point { x: -0.25, y: -0.25 },
            along,
            down,
        )
    }

    /// The rows of the layer turned about its middle, in a size that holds all of it, of those that lie `across` it: so far from the layer's first pixel at
    /// right angles to the rows. Rows between two such ranges are black. `None` where there is none.
    pub fn turned(&self, degrees: f64, across: &[Range<f64>]) -> Option<Turned> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (w, h) = (f64::from(self.width), f64::from(self.height));
        let width = (w * cos.abs() + h * sin.abs()).ceil();
        let height = (w * sin.abs() + h * cos.abs()).ceil();
        let along = Point { x: cos, y: sin };
        let down = Point { x: -sin, y: cos };
        let middle = Point {
            x: (w - 1.0) / 2.0 - (width - 1.0) / 2.0 * along.x,
            y: (h - 1.0) / 2.0 - (width - 1.0) / 2.0 * along.y,
        };
        let uppermost = middle.x * down.x + middle.y * down.y - (height - 1.0) / 2.0;
        let places = across.iter().flat_map(|range| [range.start, range.end]);
        let ends = places.map(|at| at - uppermost).map(|at| (at, at));
        let (lowest, highest) = ends.reduce(|all, at| (all.0.min(at.0), all.1.max(at.1)))?;
        let first = lowest.floor().clamp(0.0, height - 1.0);
        let end = highest.ceil().clamp(first + 1.0, height);
        let to_first = first - (height - 1.0) / 2.0;
        let origin = Point {
            x: middle.x + to_first * down.x,
            y: middle.y + to_first * down.y,
        };
        let is_wanted = |row: u32| {
            let at = uppermost + first + f64::from(row);
            across
                .iter()
                .any(|range| (range.start - 1.0..range.end + 1.0).contains(&at))
        };
        Some(Turned {
            layer: self.resampled((width as u32, (end - first) as u32), origin, along, down, is_wanted),
            before: first as usize,
            rows: height as usize,
        })
    }

    /// Makes the upright rectangle around these points of the layer white.
    pub fn wipe(&mut self, points: &[Point]) {
        let span = |values: &dyn Fn(&Point) -> f64, length: u32| {
            let (least, most) = points
                .iter()
                .map(values)
                .fold((f64::MAX, f64::MIN), |(l, m), v| (l.min(v), m.max(v)));
            // The two ends of a Code 128 are one line: a few rows to each side must go with it.
            let margin = 4.0 + (most - least) * 0.05;
            let clamped = |v: f64| v.clamp(0.0, f64::from(length)) as usize;
            clamped(least - margin)..clamped(most + margin)
        };
        if points.is_empty() {
            self.luma.fill(255);
            return;
        }
        let (mut columns, mut rows) = (span(&|p| p.x, self.width), span(&|p| p.y, self.height));
        if points.len() < 4 {
            // The two ends of a Code 128 tell nothing about how high its bars are.
            match columns.len() >= rows.len() {
                true => rows = 0..self.height as usize,
                false => columns = 0..self.width as usize,
            }
        }
        for row in rows {
            let start = row * self.width as usize;
            self.luma[start + columns.start..start + columns.end].fill(255);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn layer(width: u32, height: u32, seed: u32) -> Layer {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x.wrapping_mul(97) ^ y.wrapping_mul(61) ^ seed.wrapping_mul(x + 7 * y)) as u8; 3])
        });
        Layer::of(&picture, PixelBox::new(0, 0, width, height), u64::MAX)
    }

    proptest! {
        /// Lines that are partly in the layer have the values that each of their places has alone.
        #[test]
        fn a_line_is_sampled_as_its_places_are(
            size in (1u32..30, 1u32..30), seed: u32, start in [-40.0..40.0f64, -40.0..40.0f64], step in [-2.0..2.0f64, -2.0..2.0f64], level: bool,
        ) {
            let layer = layer(size.0, size.1, seed);
            let (start, step) = ((fixed(start[0]), fixed(start[1])), (fixed(step[0]), if level { 0 } else { fixed(step[1]) }));
            let mut line = Vec::new();
            layer.sample(start, step, 60, &mut line);
            let alone: Vec<u8> = (0..60).map(|i| layer.between(start.0 + i * step.0, start.1 + i * step.1)).collect();
            prop_assert_eq!(line, alone);
        }

        #[test]
        fn doubling_samples_between_pixels(size in (1u32..20, 1u32..20), seed: u32) {
            let layer = layer(size.0, size.1, seed);
            let (before, half) = (Point { x: -0.25, y: -0.25 }, 0.5);
            let (along, down) = (Point { x: half, y: 0.0 }, Point { x: 0.0, y: half });
            let sampled = layer.resampled((2 * size.0, 2 * size.1), before, along, down, |_| true);
            let doubled = layer.doubled();
            prop_assert_eq!(doubled.luma(), sampled.luma());
            prop_assert_eq!(doubled.in_picture(before), sampled.in_picture(before));
        }

        #[test]
        fn a_column_is_what_lies_below_its_first_value(size in (1u32..80, 1u32..80), seed: u32) {
            let layer = layer(size.0, size.1, seed);
            for x in 0..size.0 as usize {
                let column: Vec<u8> = (0..size.1 as usize).map(|y| layer.luma()[y * size.0 as usize + x]).collect();
                prop_assert_eq!(layer.column(x), column);
            }
        }
    }
}
