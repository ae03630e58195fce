//! The ruler's part of a frame in grey, reduced where it is large, and turned so that a row of ticks runs level.

use image::RgbImage;

use crate::frame::{PixelBox, Point, Size};

/// The most pixels that are looked at; a larger part is reduced by a whole number.
const PIXELS_MAX: f64 = 2.2e6;

/// A part of a frame in grey, 0 to 255.
pub(super) struct Grey {
    values: Vec<f32>,
    size: (usize, usize),
    /// The frame's place of the middle of the first pixel.
    origin: Point,
    /// Frame pixels to a pixel.
    step: f64,
}

/// A [`Grey`] sampled in rows along a direction; places on it are (u along the direction, v across it), in its own pixels.
pub(super) struct Turned {
    values: Vec<f32>,
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    origin: Point,
    /// Step of u in the frame; v steps at right angles to it, clockwise.
    along: Point,
}

impl Grey {
    /// The mean of red and green, in which both blue and black ink are dark; `None` where `part` is empty.
    pub fn of(picture: &RgbImage, part: PixelBox) -> Option<Self> {
        let part = part.intersection(&PixelBox::whole(Size::from(picture.dimensions())))?;
        let block = ((part.area() as f64 / PIXELS_MAX).sqrt().ceil() as usize).max(1);
        let (width, height) = (part.width() as usize / block, part.height() as usize / block);
        if width < 8 || height < 8 {
            return None;
        }
        let stride = picture.width() as usize * 3;
        let bytes = picture.as_raw();
        let mut values = Vec::with_capacity(width * height);
        let mut sums = vec![0u32; width];
        for y in 0..height {
            sums.fill(0);
            for dy in 0..block {
                let start = (part.top as usize + y * block + dy) * stride + part.left as usize * 3;
                let row = bytes[start..start + width * block * 3].as_chunks::<3>().0;
                if block == 1 {
                    values.extend(
                        row.iter()
                            .map(|[red, green, _]| f32::from(u16::from(*red) + u16::from(*green)) / 2.0),
                    );
                    continue;
                }
                for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(block)) {
                    let pixels = pixels.iter();
                    *sum += pixels
                        .map(|[red, green, _]| u32::from(*red) + u32::from(*green))
                        .sum::<u32>();
                }
            }
            if block == 1 {
                continue;
            }
            let divisor = (2 * block * block) as f32;
            values.extend(sums.iter().map(|sum| *sum as f32 / divisor));
        }
        let middle = (block - 1) as f64 / 2.0;
        Some(Self {
            values,
            size: (width, height),
            origin: Point {
                x: f64::from(part.left) + middle,
                y: f64::from(part.top) + middle,
            },
            step: block as f64,
        })
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Samples rows along the direction of `angle` (radians, clockwise from the right), every `thinning`-th of them.
    pub fn turned(&self, angle: f64, thinning: usize) -> Turned {
        let (sin, cos) = angle.sin_cos();
        let (w, h) = (self.size.0 as f64 - 1.0, self.size.1 as f64 - 1.0);
        let width = (w * cos.abs() + h * sin.abs()).ceil() as usize + 1;
        let height = (w * sin.abs() + h * cos.abs()).ceil() as usize + 1;
        let (u0, v0) = (-(width as f64 - 1.0) / 2.0, -(height as f64 - 1.0) / 2.0);
        let first = Point {
            x: w / 2.0 + u0 * cos - v0 * sin,
            y: h / 2.0 + u0 * sin + v0 * cos,
        };
        let rows = height / thinning;
        let mut values = vec![0.0f32; width * rows];
        for (row, line) in values.chunks_exact_mut(width).enumerate() {
            let v = (row * thinning) as f64;
            self.sample(first.x - v * sin, first.y + v * cos, cos, sin, line);
        }
        Turned {
            values,
            width,
            height: rows,
            origin: Point {
                x: self.origin.x + first.x * self.step,
                y: self.origin.y + first.y * self.step,
            },
            along: Point {
                x: cos * self.step,
                y: sin * self.step,
            },
        }
    }

    /// Bilinear samples along a line; outside the part the nearest value of the line goes on, which makes no marks.
    fn sample(&self, x: f64, y: f64, dx: f64, dy: f64, line: &mut [f32]) {
        let (width, height) = self.size;
        let inside = |start: f64, step: f64, limit: f64| -> (f64, f64) {
            if step.abs() < 1e-12 {
                return if (0.0..=limit).contains(&start) {
                    (0.0, f64::MAX)
                } else {
                    (1.0, 0.0)
                };
            }
            let (a, b) = (-start / step, (limit - start) / step);
            (a.min(b), a.max(b))
        };
        let (a, b) = inside(x, dx, width as f64 - 1.001);
        let (c, d) = inside(y, dy, height as f64 - 1.001);
        let first = a.max(c).max(0.0).ceil();
        let last = b.min(d).min(line.len() as f64 - 1.0).floor();
        if first > last {
            return;
        }
        let (first, last) = (first as usize, last as usize);
        // Places in 2^-32 pixels, since a processor turns floating point numbers into whole ones slowly.
        let unit = (1u64 << 32) as f64;
        let fixed = |place: f64| (place * unit).round() as i64;
        let fraction = |place: i64| place as u32 as f32 * (1.0 / unit as f32);
        let (step_x, step_y) = (fixed(dx), fixed(dy));
        let (mut px, mut py) = (fixed(x + first as f64 * dx), fixed(y + first as f64 * dy));
        let (right_most, lowest) = ((width as i64 - 1) << 32, (height as i64 - 1) << 32);
        for value in &mut line[first..=last] {
            // By rounding alone they may lie outside.
            let (at_x, at_y) = (px.clamp(0, right_most - 1), py.clamp(0, lowest - 1));
            let upper = (at_y >> 32) as usize * width + (at_x >> 32) as usize;
            let four = &self.values[upper..][..width + 2];
            let (fx, fy) = (fraction(at_x), fraction(at_y));
            let above = four[0] + (four[1] - four[0]) * fx;
            let below = four[width] + (four[width + 1] - four[width]) * fx;
            *value = above + (below - above) * fy;
            (px, py) = (px + step_x, py + step_y);
        }
        let (start, end) = (line[first], line[last]);
        line[..first].fill(start);
        line[last + 1..].fill(end);
    }
}

impl Turned {
    /// A row's samples.
    pub fn row(&self, v: usize) -> &[f32] {
        &self.values[v * self.width..][..self.width]
    }

    /// Where a place lies in the frame; holds for turns that were not thinned.
    pub fn to_frame(&self, u: f64, v: f64) -> Point {
        Point {
            x: self.origin.x + u * self.along.x - v * self.along.y,
            y: self.origin.y + u * self.along.y + v * self.along.x,
        }
    }

    /// Frame pixels to a pixel.
    pub fn step(&self) -> f64 {
        self.along.x.hypot(self.along.y)
    }
}
