//! A part of a picture in grey, in the size and turn in which a reader looks at it.

use image::RgbImage;

use crate::frame::{PixelBox, Point};

/// Binary digits of a place between pixels.
const FIXED_BITS: u32 = 24;

/// A place in 2^-24 pixels.
fn fixed(place: f64) -> i64 {
    (place * f64::from(1u32 << FIXED_BITS)).round() as i64
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
        let mut sums = vec![0u32; width as usize];
        for row in 0..height {
            sums.fill(0);
            for y in 0..block {
                let start = (part.top + row * block + y) as usize * stride + part.left as usize * 3;
                let pixels = &raw[start..start + (width * block) as usize * 3];
                for (sum, pixels) in sums.iter_mut().zip(pixels.chunks_exact(block as usize * 3)) {
                    for rgb in pixels.chunks_exact(3) {
                        // ITU-R BT.601 luma in 256ths.
                        *sum += (77 * u32::from(rgb[0]) + 150 * u32::from(rgb[1]) + 29 * u32::from(rgb[2])) >> 8;
                    }
                }
            }
            luma.extend(sums.iter().map(|sum| (sum / (block * block)) as u8));
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

    /// The grey values of a row, or of a column; `None` outside of the layer.
    pub fn line(&self, is_row: bool, at: i64) -> Option<Vec<u8>> {
        let at = u32::try_from(at).ok()?;
        let width = self.width as usize;
        if is_row {
            let start = (at < self.height).then_some(at as usize * width)?;
            return Some(self.luma[start..start + width].to_vec());
        }
        (at < self.width).then(|| self.luma.iter().skip(at as usize).step_by(width).copied().collect())
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

    /// The layer whose points lie at `origin + x * along + y * down` of this one.
    fn resampled(&self, (width, height): (u32, u32), origin: Point, along: Point, down: Point) -> Self {
        let mut luma = Vec::with_capacity(width as usize * height as usize);
        let step = (fixed(along.x), fixed(along.y));
        for y in 0..height {
            let start = (
                fixed(origin.x + f64::from(y) * down.x),
                fixed(origin.y + f64::from(y) * down.y),
            );
            luma.extend((0..i64::from(width)).map(|x| self.between(start.0 + x * step.0, start.1 + x * step.1)));
        }
        self.placed(luma, (width, height), origin, along, down)
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
        // In 256ths, which is as fine as eight bits can tell.
        let (fx, fy) = (
            (x >> (FIXED_BITS - 8)) as u32 & 255,
            (y >> (FIXED_BITS - 8)) as u32 & 255,
        );
        let (left, top) = ((x >> FIXED_BITS) as usize, (y >> FIXED_BITS) as usize);
        let width = self.width as usize;
        let right = (left + 1).min(width - 1);
        let bottom = (top + 1).min(self.height as usize - 1);
        let (upper, lower) = (
            &self.luma[top * width..][..width],
            &self.luma[bottom * width..][..width],
        );
        let mixed = |row: &[u8]| u32::from(row[left]) * (256 - fx) + u32::from(row[right]) * fx;
        ((mixed(upper) * (256 - fy) + mixed(lower) * fy + 32_768) >> 16) as u8
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

    /// In twice the size.
    pub fn doubled(&self) -> Self {
        let before = Point { x: -0.25, y: -0.25 };
        self.resampled(
            (self.width * 2, self.height * 2),
            before,
            Point { x: 0.5, y: 0.0 },
            Point { x: 0.0, y: 0.5 },
        )
    }

    /// Turned about its middle, in a size that holds all of it.
    pub fn turned(&self, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (w, h) = (f64::from(self.width), f64::from(self.height));
        let width = (w * cos.abs() + h * sin.abs()).ceil();
        let height = (w * sin.abs() + h * cos.abs()).ceil();
        let along = Point { x: cos, y: sin };
        let down = Point { x: -sin, y: cos };
        let origin = Point {
            x: (w - 1.0) / 2.0 - (width - 1.0) / 2.0 * along.x - (height - 1.0) / 2.0 * down.x,
            y: (h - 1.0) / 2.0 - (width - 1.0) / 2.0 * along.y - (height - 1.0) / 2.0 * down.y,
        };
        self.resampled((width as u32, height as u32), origin, along, down)
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
